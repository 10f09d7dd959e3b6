//! What can be finalised, against a model that adds the orders up one by one; and payouts, against one that
//! remembers every batch.
//!
//! The stake-manager, the token and the owner of all orders are one stand-in here, so that only the queue runs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use alloy_primitives::{keccak256, Address, U256};
use alloy_sol_types::{SolCall, SolError, SolValue};
use clay_shared::{
    abi::{answer, done, Answer, Call, Word},
    interfaces::{
        IStakeManager::convertToAssetsCall, IStakeManagerReports::redeemSilentlyCall as RedeemCall,
        IUnstakeQueue::*,
    },
    program::Program,
    storage::{whole, Slot},
};
use motsu::prelude::*;
use unit_tests::Deployed;
use unstake_queue::UnstakeQueue;

/// motsu's clock stands still here.
const NOW: u64 = 1_735_689_600;
const ETH: u128 = 1_000_000_000_000_000_000;

/// Agrees to everything. It redeems shares for 1 wei each, and prices them at 2 wei each.
struct Agreeable;

impl Program for Agreeable {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        call.take_value();
        match call.selector {
            convertToAssetsCall::SELECTOR => answer(&[(call.uint(0)? + call.uint(0)?).word()]),
            RedeemCall::SELECTOR => answer(&[call.uint(0)?.word()]),
            _ => done(),
        }
    }

    fn receive(_: U256) -> Answer {
        done()
    }
}

type Queue = Contract<Deployed<UnstakeQueue>>;
type Peer = Contract<Deployed<Agreeable>>;

/// xorshift64*: the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % bound
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

/// An order as the model knows it.
#[derive(Clone, Copy)]
struct Order {
    shares: u128,
    withdrawn: bool,
    /// What its batch pays it.
    paid: Option<u128>,
}

/// motsu copies a contract's storage at every call and keeps others waiting meanwhile, which it takes for a
/// deadlock when the storage is large.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The queue and its model.
struct Story<'a> {
    _alone: MutexGuard<'a, ()>,
    queue: &'a Queue,
    peer: Address,
    orders: Vec<Order>,
    finalised: usize,
    due: usize,
    set_aside: u128,
}

impl<'a> Story<'a> {
    fn new(queue: &'a Queue, peer: &Peer) -> Self {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let peer = peer.address();
        queue.sender(peer).behind_proxy();
        let call = initializeCall {
            owner: peer,
            guardian: peer,
            stakeManager: peer,
            token: peer,
            orderImage: peer,
            whitelist: Address::ZERO,
        };
        queue.sender(peer).call(call).expect("the first set-up");
        let limits = setOrderLimitsCall {
            smallest: U256::from(1_000_000_000),
            largest: U256::from(1_000 * ETH),
        };
        queue.sender(peer).call(limits).expect("the owner");
        Self {
            _alone: alone,
            queue,
            peer,
            orders: Vec::new(),
            finalised: 0,
            due: 0,
            set_aside: 0,
        }
    }

    fn run<C: SolCall>(&self, call: C) -> C::Return {
        self.queue.sender(self.peer).call(call).expect(C::SIGNATURE)
    }

    fn request(&mut self, shares: u128) {
        let call = requestUnstakeCall {
            shares: U256::from(shares),
            receiver: self.peer,
        };
        let id = self.run(call).id;
        self.push(shares);
        assert_eq!(id, U256::from(self.orders.len()));
    }

    fn push(&mut self, shares: u128) {
        self.orders.push(Order {
            shares,
            withdrawn: false,
            paid: None,
        });
    }

    /// Takes an order back in one of the two ways.
    fn withdraw(&mut self, id: usize, silently: bool) {
        let id_word = U256::from(id);
        let order = &mut self.orders[id - 1];
        order.withdrawn = true;
        let shares = order.shares;
        if silently {
            let call = redeemSilentlyCall {
                id: id_word,
                minAssets: U256::from(shares),
                receiver: self.peer,
            };
            assert_eq!(self.run(call).assets, U256::from(shares));
        } else {
            let basis_points = if id <= self.due { 25 } else { 5 };
            let cost = (shares * basis_points).div_ceil(10_000);
            let returned = self.run(cancelCall { id: id_word }).shares;
            assert_eq!(returned, U256::from(shares - cost));
        }
    }

    /// All orders made so far are due.
    fn make_due(&mut self) {
        for _ in 0..2 {
            let slot_time = U256::from(NOW + 1);
            self.run(noteReportCall {
                slotTime: slot_time,
            });
        }
        self.due = self.orders.len();
    }

    /// Shares of the orders from `from` up to and including `to` that are not withdrawn.
    fn shares(&self, from: usize, to: usize) -> u128 {
        let orders = &self.orders[from..to];
        orders
            .iter()
            .filter(|order| !order.withdrawn)
            .map(|order| order.shares)
            .sum()
    }

    /// The largest batch whose worth is within so many wei, found order by order.
    fn largest_batch(&self, rate: (u128, u128), available: u128) -> (usize, u128) {
        let (mut last, mut shares, mut sum) = (self.finalised, 0, 0u128);
        for id in self.finalised + 1..=self.due {
            let order = self.orders[id - 1];
            if !order.withdrawn {
                sum += order.shares;
            }
            let worth = U256::from(sum) * U256::from(rate.0) / U256::from(rate.1);
            if worth > U256::from(available) {
                break;
            }
            (last, shares) = (id, sum);
        }
        (last, shares)
    }

    fn ask(&self, rate: (u128, u128), available: u128, limit: u64) -> finalisableReturn {
        self.run(finalisableCall {
            assets: U256::from(rate.0),
            shares: U256::from(rate.1),
            available: U256::from(available),
            limit: U256::from(limit),
        })
    }

    /// Asks with no limit to speak of: the answer is the model's.
    fn check(&self, rate: (u128, u128), available: u128) {
        let found = self.ask(rate, available, 1 << 40);
        let (last, shares) = self.largest_batch(rate, available);
        let expected = if last == self.finalised { 0 } else { last };
        assert_eq!(
            (found.upTo, found.finalShares),
            (U256::from(expected), U256::from(shares))
        );
        let waiting = self.shares(self.finalised, self.orders.len());
        assert_eq!(found.unfinalisedShares, U256::from(waiting));
        let due = self.shares(self.finalised, self.due);
        assert_eq!(found.dueShares, U256::from(due));
    }

    /// Finalises in steps of a limit until nothing is left to finalise: as far as the model, in whatever steps.
    fn finalise(&mut self, rate: (u128, u128), available: u128, limit: u64) -> usize {
        let (last, _) = self.largest_batch(rate, available);
        let (mut left, mut steps) = (available, 0);
        loop {
            let found = self.ask(rate, left, limit);
            let due = self.shares(self.finalised, self.due);
            assert!(found.dueShares <= U256::from(due), "a lower bound");
            assert!(found.dueShares >= found.finalShares);
            if found.upTo.is_zero() {
                break;
            }
            let (up_to, shares): (usize, u128) = (found.upTo.to(), found.finalShares.to());
            assert_eq!(shares, self.shares(self.finalised, up_to));
            let worth = U256::from(shares) * U256::from(rate.0) / U256::from(rate.1);
            let worth: u128 = worth.to();
            assert!(worth <= left);
            let call = finaliseCall {
                upTo: found.upTo,
                finalShares: found.finalShares,
                assets: U256::from(rate.0),
                shares: U256::from(rate.1),
            };
            self.peer.fund(U256::from(worth));
            self.queue
                .sender_and_value(self.peer, U256::from(worth))
                .call(call)
                .expect("a batch");
            for order in &mut self.orders[self.finalised..up_to] {
                if !order.withdrawn {
                    let paid = U256::from(order.shares) * U256::from(rate.0) / U256::from(rate.1);
                    order.paid = Some(paid.to());
                }
            }
            self.set_aside += worth;
            self.finalised = up_to;
            left -= worth;
            steps += 1;
        }
        // Not before the model's; beyond it by what rounding each step down has left over.
        assert!(self.finalised >= last);
        steps
    }

    /// Every payout is what its batch promised.
    fn check_payouts(&self) {
        for (index, order) in self.orders.iter().enumerate() {
            let id = U256::from(index + 1);
            let state = self.run(orderCall { id });
            let expected = match (order.withdrawn, order.paid) {
                (true, _) => (5, 0),
                (false, Some(paid)) => (3, paid),
                (false, None) if index < self.due => (2, 2 * order.shares),
                (false, None) => (1, 2 * order.shares),
            };
            assert_eq!(
                (state.state, state.assets),
                (expected.0, U256::from(expected.1))
            );
            assert_eq!(state.shares, U256::from(order.shares));
        }
    }
}

/// Shares from dust to thousands, so that rounding and size both matter.
fn some_shares(dice: &mut Dice) -> u128 {
    let magnitude = dice.below(12) as u32;
    u128::from(1_000_000_000 + dice.below(9_000_000_000)) * 10u128.pow(magnitude)
}

fn some_rate(dice: &mut Dice) -> (u128, u128) {
    match dice.below(8) {
        0 => (1, 1),
        1 => (0, ETH),
        2 => (1, 3),
        3 => (3, 1),
        _ => {
            let (assets, shares) = (1 + dice.below(u64::MAX - 1), 1 + dice.below(u64::MAX - 1));
            (u128::from(assets), u128::from(shares))
        }
    }
}

/// ETH for about a part of what is due, exactly enough for some order, or a wei less.
fn some_wei(dice: &mut Dice, story: &Story, rate: (u128, u128)) -> u128 {
    if dice.percent(10) {
        return 0;
    }
    let waiting = story.due - story.finalised;
    let last = story.finalised + dice.below(waiting as u64 + 1) as usize;
    let shares = story.shares(story.finalised, last);
    let worth = U256::from(shares) * U256::from(rate.0) / U256::from(rate.1);
    let worth: u128 = worth.to();
    match dice.below(3) {
        0 => worth.saturating_sub(1),
        1 => worth + u128::from(dice.below(1_000_000_000)),
        _ => worth,
    }
}

fn tell(queue: &Queue, peer: &Peer, seed: u64) {
    let mut dice = Dice(seed);
    let mut story = Story::new(queue, peer);
    for _ in 0..12 {
        for _ in 0..dice.below(120) {
            let shares = some_shares(&mut dice);
            story.request(shares);
        }
        if dice.percent(70) {
            story.make_due();
        }
        let chance = [0, 3, 20, 60, 100][dice.below(5) as usize];
        for id in story.finalised + 1..=story.orders.len() {
            if !story.orders[id - 1].withdrawn && dice.percent(chance) {
                let silently = dice.percent(50);
                story.withdraw(id, silently);
            }
        }
        for _ in 0..6 {
            let rate = some_rate(&mut dice);
            let available = some_wei(&mut dice, &story, rate);
            story.check(rate, available);
        }
        let rate = some_rate(&mut dice);
        let available = some_wei(&mut dice, &story, rate);
        let limit = [1, 1, 2, 5, 1 << 40][dice.below(5) as usize];
        story.finalise(rate, available, limit);
        let set_aside = story.run(totalsCall {}).setAside;
        assert_eq!(set_aside, U256::from(story.set_aside));
    }
    story.check_payouts();
}

#[motsu::test]
fn what_can_be_finalised_is_what_a_sum_order_by_order_says(queue: Queue, peer: Peer) {
    tell(&queue, &peer, 0x5eed_0001);
}

#[motsu::test]
fn what_can_be_finalised_is_what_a_sum_says_again(queue: Queue, peer: Peer) {
    tell(&queue, &peer, 0x5eed_0002);
}

#[motsu::test]
fn what_can_be_finalised_is_what_a_sum_says_once_more(queue: Queue, peer: Peer) {
    tell(&queue, &peer, 0x5eed_0003);
}

/// Writes an order where the layout in the queue's documentation has it.
fn write_order(id: u64, cumulative: u128, owner: Address) {
    let slot = keccak256((U256::from(id), U256::from(8)).abi_encode());
    let owner = U256::from_be_bytes(owner.into_word().0);
    Slot::at_hash(slot).set(owner | whole(cumulative) << 160);
}

#[motsu::test]
fn withdrawn_orders_far_apart_are_found_across_summaries(queue: Queue, peer: Peer) {
    let mut story = Story::new(&queue, &peer);
    // 100,000 orders of a share: three summaries of 32,768 and a part of the fourth.
    let count = 100_000;
    story.run(totalsCall {});
    for id in 1..=count {
        write_order(id, u128::from(id) * ETH, peer.address());
        story.push(ETH);
    }
    let balance = keccak256((peer.address(), U256::from(9)).abi_encode());
    Slot::at_hash(balance).set(U256::from(count));
    Slot::at(0).set(U256::from(count + 1));
    story.make_due();
    story.request(ETH);
    // Ends and beginnings of groups and summaries, and a lonely one far behind an empty summary.
    for id in [127, 128, 255, 256, 32_767, 32_768, 98_304, 100_000] {
        story.withdraw(id, true);
    }
    let rate = (1, 1);
    for (available, up_to) in [
        (126 * ETH, 128),
        (127 * ETH, 129),
        (252 * ETH, 256),
        (252 * ETH - 1, 253),
        (32_762 * ETH, 32_768),
        (98_297 * ETH, 98_304),
        (99_991 * ETH, 99_998),
        (99_992 * ETH, 100_000),
    ] {
        let found = story.ask(rate, available, 100);
        let shares = story.shares(0, up_to);
        assert_eq!(found.upTo, U256::from(up_to), "{available}");
        assert_eq!(found.finalShares, U256::from(shares));
        assert_eq!(found.dueShares, U256::from(99_992 * ETH));
    }
    // One at a time: groups 0, 1, 255, 256 of the first two summaries, the third, then the last.
    let steps = story.finalise(rate, 99_992 * ETH, 1);
    assert!(steps <= 8, "{steps}");
    assert_eq!(story.finalised, 100_000);
}

#[motsu::test]
fn a_batch_must_fit_the_queue_it_is_for(queue: Queue, peer: Peer) {
    let mut story = Story::new(&queue, &peer);
    story.request(ETH);
    story.make_due();
    let call = |assets: U256, shares: U256| finaliseCall {
        upTo: U256::from(1),
        finalShares: U256::from(ETH),
        assets,
        shares,
    };
    let refusal = |assets, shares| queue.sender(peer.address()).refusal(call(assets, shares));
    // No rate: what is owed is out of reach.
    let owed = U256::from(u128::MAX);
    let sent = U256::ZERO;
    let none = SetAsideTooLittle { sent, owed }.abi_encode();
    assert_eq!(refusal(U256::from(1), U256::ZERO), none);
    assert_eq!(refusal(U256::MAX, U256::from(1)), none);
    let owed = U256::from(ETH);
    let one = SetAsideTooLittle { sent, owed }.abi_encode();
    assert_eq!(refusal(U256::from(1), U256::from(1)), one);
}
