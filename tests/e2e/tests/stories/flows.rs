//! Steps that move ETH: balancing, returns, tickets, forced ETH, validators and exits.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol,
    sol_types::SolCall,
};
use clay_chain::{L1Message, RetryableMessage, TxRequest};
use e2e::{
    from_gateway, Pool,
    StakeManager::{autobalanceCall, bookReturnedCall, registryTermsCall},
    GATEWAY, OWNER,
};
use model::{
    exact::{int, not_negative},
    floor, Account, Int,
};

use crate::{
    dice::Dice,
    numbers::word,
    real::USERS,
    story::{usually, Call, Story, Ticket},
};

sol! {
    /// Arbitrum's precompile for tickets.
    interface ArbRetryableTx {
        function redeem(bytes32 ticketId) external returns (bytes32);
    }
}

const ARB_RETRYABLE_TX: Address =
    alloy::primitives::address!("000000000000000000000000000000000000006e");

impl Story {
    pub fn autobalance(&mut self, dice: &mut Dice) {
        let from = dice.pick(&USERS);
        let limit = dice.pick(&[0, 1, 1, 1, 2, 3, 10, 10, 1_000, 1_000, 1_000, 1_000]);
        let expected = self.model.autobalance(limit);
        let done = match &expected {
            Ok(done) if done.finalised_up_to > 0 && done.funded > 0 => "finalised and funded",
            Ok(done) if done.finalised_up_to > 0 => "finalised",
            Ok(done) if done.funded > 0 => "funded",
            Ok(done) if done.lent > int(0) => "reserve topped up",
            Ok(done) if done.exits_asked > int(0) => "exits asked",
            Ok(done) if done.open => "nothing to do",
            _ => "not open",
        };
        if let Ok(balanced) = &expected {
            if balanced.funded > 0 || balanced.lent > int(0) {
                // p18
                let reserved = self
                    .model
                    .reserved_for(&self.model.queue.unfinalised_shares());
                assert!(
                    self.model.books.buffered >= reserved,
                    "p18: what orders are worth is kept"
                );
            }
        }
        let words = expected.map(|done| {
            vec![
                int(done.finalised_up_to),
                int(done.funded),
                done.exits_asked,
            ]
        });
        let call = Call::new(
            from,
            Account::Manager,
            autobalanceCall {
                limit: U256::from(limit),
            },
        );
        self.act("autobalance", done, call, words);
    }

    /// Wei that the gateway sends back: what is expected, a part, more than any report has seen, or exactly what
    /// due orders still need.
    fn coming_back(&self, dice: &mut Dice) -> Int {
        let expected = not_negative(self.model.books.on_its_way_back());
        if let Some(missing) = self.missing_for_orders(dice).filter(|_| dice.percent(60)) {
            return missing;
        }
        match dice.within(0..=9) {
            0..=4 if expected > int(0) => expected,
            5..=6 if expected > int(0) => dice.part(&expected),
            7 => int(dice.within(0..=3)),
            _ => dice
                .magnitude(1, 3 * 10u128.pow(19))
                .min(&self.model.books.cl_balance / 3),
        }
    }

    /// What some of the due orders are paid beyond what is buffered, or one wei less.
    fn missing_for_orders(&self, dice: &mut Dice) -> Option<Int> {
        let queue = &self.model.queue;
        let first = queue.finalised_up_to + 1;
        if queue.due_up_to < first {
            return None;
        }
        let last = dice.within(first..=queue.due_up_to);
        let paid = floor(self.model.exit_rate().worth(&queue.shares_of(first..=last)));
        let missing = paid - &self.model.books.buffered - u64::from(dice.percent(25));
        (missing > int(0)).then_some(missing)
    }

    pub fn take_back(&mut self, dice: &mut Dice) {
        let wei = self.coming_back(dice);
        let early = wei > not_negative(self.model.books.on_its_way_back());
        self.tally.count(
            "return",
            if early {
                "before a report saw it"
            } else {
                "after a report saw it"
            },
        );
        self.told
            .push(format!("{} {wei} wei come back", self.model.now));
        self.deliver(from_gateway(&self.real.pool, word(&wei)), true);
        self.model.take_back(&wei);
    }

    /// Delivers a message from L1, which must be redeemed at once if it should be.
    fn deliver(&mut self, message: L1Message, at_once: bool) -> alloy::primitives::B256 {
        let chain = &mut self.real.pool.chain;
        chain
            .set_next_timestamp(chain.timestamp())
            .expect("not earlier");
        let delivery = chain.deliver(message).expect("a message");
        if at_once {
            let redeemed = delivery.redeem_hash.and_then(|hash| chain.receipt(hash));
            assert!(
                redeemed.is_some_and(|receipt| receipt.success()),
                "p24: nothing stops a return"
            );
        }
        delivery.tx_hash
    }

    /// ETH that comes back in a ticket without gas: it waits, and expires in a week.
    pub fn ticket(&mut self, dice: &mut Dice) {
        let wei = self.coming_back(dice);
        let message = RetryableMessage {
            from: GATEWAY,
            to: self.real.pool.manager,
            value: word(&wei),
            deposit: word(&wei),
            fee_refund_address: Address::repeat_byte(1),
            beneficiary: self.real.pool.manager,
            data: Bytes::new(),
            ..RetryableMessage::default()
        };
        self.told
            .push(format!("{} a ticket with {wei} wei", self.model.now));
        let id = self.deliver(L1Message::Retryable(message), false);
        let timeout = self.model.now + 7 * 86_400;
        self.tally.count("ticket", "sent");
        self.tickets.push(Ticket { id, timeout, wei });
    }

    pub fn redeem_ticket(&mut self, dice: &mut Dice) {
        if self.tickets.is_empty() {
            return;
        }
        let index = dice.within(0..=self.tickets.len() as u64 - 1) as usize;
        let Ticket { id, wei, .. } = self.tickets.remove(index);
        let chain = &mut self.real.pool.chain;
        chain
            .set_next_timestamp(chain.timestamp())
            .expect("not earlier");
        let call = ArbRetryableTx::redeemCall { ticketId: id };
        let owner = self.real.address(Account::Owner);
        let receipt = self
            .real
            .pool
            .send(owner, ARB_RETRYABLE_TX, U256::ZERO, call.abi_encode());
        assert!(receipt.success(), "a ticket that waits can be redeemed");
        self.tally.count("ticket", "redeemed late");
        self.told.push(format!(
            "{} the ticket with {wei} wei is redeemed",
            self.model.now
        ));
        self.model.take_back(&wei);
    }

    pub fn book_returned(&mut self) {
        let expected = self.model.book_returned();
        let call = Call::new(USERS[0], Account::Manager, bookReturnedCall {});
        self.act("bookReturned", "done", call, expected.map(|wei| vec![wei]));
    }

    /// ETH that nobody can refuse, as a contract that destroys itself sends it.
    pub fn force_eth(&mut self, dice: &mut Dice) {
        let to = dice.pick(&[
            Account::Manager,
            Account::Manager,
            Account::Queue,
            Account::Flash,
            Account::Protection,
            Account::Registry,
            Account::Token,
        ]);
        let wei = dice.magnitude(1, 40 * 10u128.pow(18));
        let address = self.real.address(to);
        let held = self.real.pool.chain.balance_now(address);
        self.real.pool.chain.set_balance(address, held + word(&wei));
        match to {
            Account::Manager => self.model.force_eth(wei.clone()),
            Account::Queue => self.forced_queue += &wei,
            Account::Flash => self.forced_flash += &wei,
            _ => {}
        }
        self.told
            .push(format!("{} {wei} wei forced into {to:?}", self.model.now));
        self.tally.count("forced ETH", "done");
    }

    /// Clusters form and have their keys, while shares have a price.
    pub fn validators(&mut self, dice: &mut Dice) {
        let count = dice.within(1..=12);
        let pool = &mut self.real.pool;
        let terms = TxRequest::call(OWNER, pool.manager, registryTermsCall {}.abi_encode());
        if !pool.call(terms).status.is_success() {
            self.tally.count("validators", "not priced");
            return;
        }
        pool.run_validators(count);
        self.model.run_validators(count);
        self.tally.count("validators", "keyed");
        self.told
            .push(format!("{} {count} validators keyed", self.model.now));
    }

    pub fn confirm_exits(&mut self, dice: &mut Dice) {
        let from = usually(dice, &[Account::Committee], 92);
        let open = self.real.pool.exiting_clusters();
        let count = dice.within(0..=open.len() as u64);
        let expected = self.model.confirm_exits(from, count);
        let call = Pool::exited(&open[..count as usize]);
        self.act(
            "exits confirmed",
            "done",
            Call::new(from, Account::Registry, call),
            expected.map(|()| vec![]),
        );
    }
}
