//! Steps of holders: deposits, transfers, and gifts to the protection-pool.

use e2e::{
    CsEthToken::transferCall,
    Kind,
    ProtectionPool::withdrawCall,
    StakeManager::{deposit_0Call, deposit_1Call, deposit_2Call, previewDepositCall},
};
use model::{
    exact::{eth, int},
    parameters::Parameter,
    Account, Int, Refusal,
};

use crate::{
    dice::Dice,
    numbers::{int as number, word},
    real::{REFUSER, USERS},
    story::{usually, Call, Story},
};

impl Story {
    /// Wei for a deposit: of any size, around the smallest now and then.
    fn stake(&self, dice: &mut Dice) -> Int {
        let smallest = self
            .model
            .parameters
            .get(Parameter::SmallestDeposit)
            .clone();
        match dice.within(0..=99) {
            0..=3 => int(dice.within(0..=2)),
            4..=7 => smallest - 1,
            8..=11 => smallest,
            12..=20 => dice.magnitude(1, 10u128.pow(18)),
            21..=40 => dice.magnitude(10u64.pow(15), 100 * 10u128.pow(18)),
            _ => dice.magnitude(10u64.pow(19), 500 * 10u128.pow(18)),
        }
    }

    pub fn deposit(&mut self, dice: &mut Dice) {
        let from = usually(dice, &USERS, 90);
        let receiver = match dice.within(0..=99) {
            0..=1 => Account::Nobody,
            2..=11 => REFUSER,
            12..=30 => dice.pick(&USERS),
            _ => from,
        };
        let wei = self.stake(dice);
        let preview = number(
            self.real
                .ask(Account::Manager, previewDepositCall { assets: word(&wei) }),
        );
        let min = match dice.within(0..=9) {
            0 => &preview + 1,
            1..=3 => preview.clone(),
            _ => int(0),
        };
        let asked = match dice.percent(3) {
            true => &wei + 1,
            false => wei.clone(),
        };
        let form = dice.within(0..=2);
        let min = if form == 0 { int(0) } else { min };
        let assets = word(&asked);
        let (to, min_shares) = (self.real.address(receiver), word(&min));
        let call = match form {
            0 => Call::new(
                from,
                Account::Manager,
                deposit_0Call {
                    assets,
                    receiver: to,
                },
            ),
            1 => Call::new(
                from,
                Account::Manager,
                deposit_1Call {
                    assets,
                    receiver: to,
                    minShares: min_shares,
                },
            ),
            _ => {
                let referral = self.real.address(dice.pick(&USERS));
                let call = deposit_2Call {
                    assets,
                    receiver: to,
                    minShares: min_shares,
                    referral,
                };
                Call::new(from, Account::Manager, call)
            }
        };
        let parts = self.deposited_in_parts(dice, &wei);
        let expected = self.model.deposit(&wei, &asked, receiver, &min);
        if let Ok(shares) = &expected {
            assert_eq!(*shares, preview, "p10: a preview is what it previews");
            assert!(*shares > int(0), "p04: a deposit mints something");
            // p02: priced as any exit would be, now and as it was before.
            let out = model::floor(self.model.exit_rate().worth(shares));
            assert!(out <= wei, "p02: {wei} wei in, {out} out");
            if let Some(parts) = parts {
                assert!(parts <= *shares, "p03: in parts {parts}, at once {shares}");
            }
        }
        self.act(
            "deposit",
            "done",
            call.with(wei),
            expected.map(|shares| vec![shares]),
        );
    }

    /// Shares of the same deposit in two parts.
    fn deposited_in_parts(&self, dice: &mut Dice, wei: &Int) -> Option<Int> {
        if self.model.books.total_shares == int(0) {
            return None;
        }
        let mut other = self.model.clone();
        let first = dice.part(wei);
        let rest = wei - &first;
        let mut deposit = |part: &Int| other.deposit(part, part, Account::User(0), &int(0)).ok();
        Some(deposit(&first)? + deposit(&rest)?)
    }

    pub fn plain_eth(&mut self, dice: &mut Dice) {
        let from = dice.pick(&USERS);
        let exact = self.missing_for_validator(dice);
        let balances = exact.is_some();
        let wei = exact.unwrap_or_else(|| self.stake(dice));
        let expected = match self.real.kind {
            Kind::Retail => self.model.deposit(&wei, &wei, from, &int(0)),
            Kind::Institutional => Err(Refusal {
                error: "PlainEthRefused",
                words: vec![from.into()],
            }),
        };
        let call = Call {
            from,
            to: Account::Manager,
            wei,
            data: Vec::new(),
        };
        self.act("plain ETH", "done", call, expected.map(|_| vec![]));
        if balances {
            self.autobalance(dice);
        }
    }

    /// Half of the time while orders wait: wei after which exactly one more validator can be funded, or one wei
    /// less.
    fn missing_for_validator(&self, dice: &mut Dice) -> Option<Int> {
        let waiting = self.model.queue.unfinalised_shares();
        if waiting == int(0) || self.model.registry.ready() == 0 || dice.percent(50) {
            return None;
        }
        let reserved = self.model.reserved_for(&waiting);
        let over = (&self.model.books.buffered - reserved) % eth(32);
        let missing = eth(32) - over - u64::from(dice.percent(50));
        Some(missing % eth(32))
    }

    pub fn transfer(&mut self, dice: &mut Dice) {
        let from = usually(dice, &USERS, 90);
        let to = match dice.within(0..=99) {
            0..=2 => Account::Nobody,
            3..=7 => Account::Queue,
            8..=15 => REFUSER,
            _ => dice.pick(&USERS),
        };
        let balance = self.model.balance(from);
        let shares = match dice.within(0..=9) {
            0 => &balance + 1,
            1 => balance,
            _ => dice.part(&balance),
        };
        let expected = self.model.transfer(from, to, shares.clone());
        if expected.is_ok() && to == Account::Queue {
            self.stray_shares += &shares;
        }
        let call = transferCall {
            to: self.real.address(to),
            value: word(&shares),
        };
        self.act(
            "transfer",
            "done",
            Call::new(from, Account::Token, call),
            expected.map(|()| vec![int(1)]),
        );
    }

    /// Anyone may add to the protection-pool.
    pub fn donate(&mut self, dice: &mut Dice) {
        let from = dice.pick(&USERS);
        let shares = (self.model.balance(from) / dice.within(5..=50)).min(eth(dice.within(1..=20)));
        let expected = self
            .model
            .transfer(from, Account::Protection, shares.clone());
        let call = transferCall {
            to: self.real.address(Account::Protection),
            value: word(&shares),
        };
        self.act(
            "gift to protection",
            "done",
            Call::new(from, Account::Token, call),
            expected.map(|()| vec![int(1)]),
        );
    }

    pub fn withdraw_protection(&mut self, dice: &mut Dice) {
        let from = usually(dice, &[Account::Owner], 85);
        let held = self.model.balance(Account::Protection);
        let shares: Int = match dice.percent(15) {
            true => &held + 1,
            false => dice.part(&held) / 4,
        };
        let receiver = match dice.percent(5) {
            true => Account::Nobody,
            false => dice.pick(&USERS),
        };
        let expected = self
            .model
            .withdraw_protection(from, shares.clone(), receiver);
        let call = withdrawCall {
            shares: word(&shares),
            receiver: self.real.address(receiver),
        };
        self.act(
            "protection withdrawn",
            "done",
            Call::new(from, Account::Protection, call),
            expected.map(|()| vec![]),
        );
    }
}
