//! Steps of who leaves: requests, cancellations, order transfers, claims, silent redemptions.

use alloy::{
    primitives::{keccak256, Address, B256, U256},
    signers::SignerSync,
    sol_types::SolValue,
};
use e2e::{
    CsEthToken::{noncesCall, DOMAIN_SEPARATORCall},
    UnstakeQueue::{
        cancelCall, claimCall, claimForCall, claimToCall, claimWithHintsCall, redeemSilentlyCall,
        requestUnstakeCall, requestUnstakeWithPermitCall, transferFromCall,
    },
};
use model::{exact::int, queue::State, Account, Int};

use crate::{
    dice::Dice,
    numbers::word,
    real::{key, PERMITTER, REFUSER, USERS},
    story::{usually, Call, Story},
};

impl Story {
    /// Orders in one of some states.
    fn orders(&self, states: &[State]) -> Vec<u64> {
        let queue = &self.model.queue;
        (1..queue.next_id())
            .filter(|id| states.contains(&queue.state(*id)))
            .collect()
    }

    /// An order in one of some states, or now and then any, and its owner, or now and then somebody else. None,
    /// mostly, if there is no such order.
    fn order(&self, dice: &mut Dice, states: &[State]) -> Option<(u64, Account)> {
        let fitting = self.orders(states);
        let any = dice.within(0..=self.model.queue.next_id());
        let id = match dice.percent(85) {
            true if fitting.is_empty() && dice.percent(85) => return None,
            true => dice.pick_any(&fitting).unwrap_or(any),
            false => any,
        };
        let order = self.model.queue.order(id);
        let owner = order.map_or(Account::User(0), |order| order.owner);
        Some((id, usually(dice, &[owner], 93)))
    }

    fn receiver(&self, dice: &mut Dice, usual: Account) -> Account {
        match dice.within(0..=99) {
            0..=1 => Account::Nobody,
            2..=8 => REFUSER,
            9..=25 => dice.pick(&USERS),
            _ => usual,
        }
    }

    pub fn request(&mut self, dice: &mut Dice) {
        let mut from = usually(dice, &USERS, 95);
        if dice.percent(4) {
            from = REFUSER;
        }
        let balance = self.model.balance(from);
        let [smallest, largest] = self.model.parameters.order_limits.clone();
        let shares = match dice.within(0..=99) {
            0..=3 => &smallest - int(1),
            4..=6 => smallest.clone(),
            7..=9 => &largest + 1,
            10..=12 => balance.clone() + 1,
            13..=40 => balance.clone().min(largest.clone()),
            41..=60 => dice.magnitude(10u64.pow(15), 10u128.pow(18)),
            _ => dice.part(&balance.clone().min(largest.clone())),
        };
        let shares = shares.max(int(0));
        let receiver = self.receiver(dice, from);
        if from == PERMITTER && dice.percent(85) {
            return self.request_with_permit(dice, shares, receiver);
        }
        let allowance = match from {
            PERMITTER => int(0),
            _ => int(2).pow(256) - 1,
        };
        let expected = self
            .model
            .request_unstake(from, shares.clone(), receiver, &allowance);
        let call = requestUnstakeCall {
            shares: word(&shares),
            receiver: self.real.address(receiver),
        };
        self.act(
            "request",
            "done",
            Call::new(from, Account::Queue, call),
            expected.map(|id| vec![int(id)]),
        );
    }

    /// A request of all that a user has, or of the largest order.
    pub fn rush(&mut self, dice: &mut Dice) {
        let from = Account::User(dice.within(0..=2) as u8);
        let [_, largest] = self.model.parameters.order_limits.clone();
        let shares = self.model.balance(from).min(largest);
        self.request_for_oneself("request of all", from, &shares);
    }

    /// A request of a user who approved everything and gets the order.
    fn request_for_oneself(&mut self, what: &'static str, from: Account, shares: &Int) {
        let allowance = int(2).pow(256) - 1;
        let expected = self
            .model
            .request_unstake(from, shares.clone(), from, &allowance);
        let call = requestUnstakeCall {
            shares: word(shares),
            receiver: self.real.address(from),
        };
        let call = Call::new(from, Account::Queue, call);
        self.act(what, "done", call, expected.map(|id| vec![int(id)]));
    }

    /// Many small orders at once, some of them taken back.
    pub fn crowd(&mut self, dice: &mut Dice) {
        let from = Account::User(dice.within(0..=2) as u8);
        let [smallest, _] = self.model.parameters.order_limits.clone();
        let shares = smallest.max(int(1_000_000_000));
        let first = self.model.queue.next_id();
        for _ in 0..dice.within(20..=90) {
            self.request_for_oneself("request in a crowd", from, &shares);
        }
        let some = dice.pick(&[0, 5, 30, 90]);
        for id in first..self.model.queue.next_id() {
            if dice.percent(some) {
                let expected = self.model.cancel(from, id);
                let call = Call::new(from, Account::Queue, cancelCall { id: U256::from(id) });
                self.act(
                    "cancel in a crowd",
                    "done",
                    call,
                    expected.map(|shares| vec![shares]),
                );
            }
        }
    }

    fn request_with_permit(&mut self, dice: &mut Dice, shares: Int, receiver: Account) {
        let (owner, spender) = (
            self.real.address(PERMITTER),
            self.real.address(Account::Queue),
        );
        let value = word(&shares);
        let deadline = U256::from(self.model.now + dice.within(0..=600));
        let nonce = self.real.ask(Account::Token, noncesCall { owner });
        // Somebody else's signature, now and then.
        let signer = if dice.percent(8) { 0 } else { 3 };
        let permit = Permit {
            owner,
            spender,
            value,
            nonce,
            deadline,
        };
        let (v, r, s) = permit.sign(
            signer,
            self.real.ask(Account::Token, DOMAIN_SEPARATORCall {}),
        );
        let allowance = if signer == 3 { shares.clone() } else { int(0) };
        // Handed in by somebody else before: it does no harm.
        if signer == 3 && dice.percent(15) {
            let call = e2e::CsEthToken::permitCall {
                owner,
                spender,
                value,
                deadline,
                v,
                r,
                s,
            };
            self.act(
                "permit handed in",
                "done",
                Call::new(Account::User(0), Account::Token, call),
                Ok(vec![]),
            );
        }
        let expected = self
            .model
            .request_unstake(PERMITTER, shares, receiver, &allowance);
        let refused = expected.is_err();
        let call = requestUnstakeWithPermitCall {
            shares: value,
            receiver: self.real.address(receiver),
            deadline,
            v,
            r,
            s,
        };
        self.act(
            "request with permit",
            "done",
            Call::new(PERMITTER, Account::Queue, call),
            expected.map(|id| vec![int(id)]),
        );
        if refused {
            // A permit that was handed in alone is taken back.
            let call = e2e::CsEthToken::approveCall {
                spender,
                value: U256::ZERO,
            };
            self.act(
                "approval",
                "done",
                Call::new(PERMITTER, Account::Token, call),
                Ok(vec![int(1)]),
            );
        }
    }

    pub fn cancel(&mut self, dice: &mut Dice) {
        let Some((id, from)) = self.order(dice, &[State::Pending, State::Due]) else {
            return;
        };
        let due = self.model.queue.state(id) == State::Due;
        let expected = self.model.cancel(from, id);
        let call = Call::new(from, Account::Queue, cancelCall { id: U256::from(id) });
        let done = if due {
            "done after due"
        } else {
            "done before due"
        };
        self.act("cancel", done, call, expected.map(|shares| vec![shares]));
    }

    pub fn transfer_order(&mut self, dice: &mut Dice) {
        let Some((id, from)) = self.order(dice, &[State::Pending, State::Due, State::Claimable])
        else {
            return;
        };
        let to = self.receiver(dice, USERS[0]);
        let owner = self
            .model
            .queue
            .order(id)
            .map_or(Account::User(0), |order| order.owner);
        let expected = self.model.transfer_order(from, owner, id, to);
        let call = transferFromCall {
            from: self.real.address(owner),
            to: self.real.address(to),
            id: U256::from(id),
        };
        self.act(
            "order transfer",
            "done",
            Call::new(from, Account::Queue, call),
            expected.map(|()| vec![]),
        );
    }

    pub fn redeem_silently(&mut self, dice: &mut Dice) {
        let Some((id, from)) = self.order(dice, &[State::Pending, State::Due]) else {
            return;
        };
        let shares = self
            .model
            .queue
            .order(id)
            .map_or(int(0), |order| order.shares.clone());
        let preview = self.model.silent_price(&shares).unwrap_or_default();
        let min = match dice.within(0..=9) {
            0 => &preview + 1,
            1..=3 => preview,
            _ => int(0),
        };
        let receiver = self.receiver(dice, from);
        let parked = self.model.reports.parked.is_some();
        let large = shares > self.model.silent_daily();
        let expected = self.model.redeem_silently(from, id, &min, receiver);
        let call = redeemSilentlyCall {
            id: U256::from(id),
            minAssets: word(&min),
            receiver: self.real.address(receiver),
        };
        let done = match (parked, large) {
            (true, _) => "done while a report is parked",
            (_, true) => "done with many days' shares",
            _ => "done",
        };
        self.act(
            "silent redemption",
            done,
            Call::new(from, Account::Queue, call),
            expected.map(|wei| vec![wei]),
        );
    }

    pub fn claim(&mut self, dice: &mut Dice) {
        let Some((first, from)) = self.order(dice, &[State::Claimable]) else {
            return;
        };
        let mut ids = vec![first];
        let others = self.orders(&[State::Claimable]);
        let own = |id: &u64| {
            self.model
                .queue
                .order(*id)
                .is_some_and(|order| order.owner == from)
        };
        let own: Vec<u64> = others.into_iter().filter(own).collect();
        for _ in 0..dice.pick(&[0, 0, 1, 3]) {
            ids.extend(dice.pick_any(&own));
        }
        if dice.percent(80) {
            ids.sort();
            ids.dedup();
        }
        let words: Vec<U256> = ids.iter().map(|id| U256::from(*id)).collect();
        let receiver = match dice.percent(50) {
            true => from,
            false => self.receiver(dice, from),
        };
        let to = self.real.address(receiver);
        let right = |id: &u64| self.model.queue.checkpoint_of(*id).unwrap_or(0) as u64;
        let form = dice.within(0..=3);
        let (kind, call, expected) = match form {
            0 => {
                let expected = self.model.claim(from, &ids, None, from);
                (
                    "claim",
                    Call::new(from, Account::Queue, claimCall { ids: words }),
                    expected,
                )
            }
            1 => {
                let expected = self.model.claim(from, &ids, None, receiver);
                (
                    "claim to",
                    Call::new(
                        from,
                        Account::Queue,
                        claimToCall {
                            ids: words,
                            receiver: to,
                        },
                    ),
                    expected,
                )
            }
            _ => {
                let mut hints: Vec<u64> = ids.iter().map(right).collect();
                match dice.within(0..=19) {
                    0..=1 => hints[0] += 1,
                    2..=3 => hints[0] = hints[0].saturating_sub(1),
                    4 => hints.push(1),
                    _ => {}
                }
                let expected = self.model.claim(from, &ids, Some(&hints), receiver);
                let hints = hints.into_iter().map(U256::from).collect();
                let call = claimWithHintsCall {
                    ids: words,
                    hints,
                    receiver: to,
                };
                (
                    "claim with hints",
                    Call::new(from, Account::Queue, call),
                    expected,
                )
            }
        };
        self.act(kind, "done", call, expected.map(|wei| vec![wei]));
    }

    pub fn claim_for(&mut self, dice: &mut Dice) {
        let from = dice.pick(&USERS);
        let claimable = self.orders(&[State::Claimable]);
        let mut ids = Vec::new();
        for _ in 0..dice.within(1..=4) {
            let any = dice.within(0..=self.model.queue.next_id());
            ids.push(match dice.percent(80) {
                true => dice.pick_any(&claimable).unwrap_or(any),
                false => any,
            });
        }
        let wei = self.model.claim_for(&ids);
        let done = if wei > int(0) { "done" } else { "all skipped" };
        let ids = ids.into_iter().map(U256::from).collect();
        self.act(
            "claim for",
            done,
            Call::new(from, Account::Queue, claimForCall { ids }),
            Ok(vec![wei]),
        );
    }
}

/// An EIP-2612 permit.
struct Permit {
    owner: Address,
    spender: Address,
    value: U256,
    nonce: U256,
    deadline: U256,
}

impl Permit {
    fn sign(&self, signer: u8, domain: B256) -> (u8, B256, B256) {
        let kind = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)",
        );
        let Self {
            owner,
            spender,
            value,
            nonce,
            deadline,
        } = self;
        let message = keccak256((kind, *owner, *spender, *value, *nonce, *deadline).abi_encode());
        let digest = keccak256([&[0x19, 0x01][..], domain.as_slice(), message.as_slice()].concat());
        let signature = key(signer).sign_hash_sync(&digest).expect("a signature");
        (
            27 + u8::from(signature.v()),
            signature.r().into(),
            signature.s().into(),
        )
    }
}
