//! The traveller's orders, and the calls of autobalance that pay them.

use alloy::primitives::U256;
use e2e::{
    StakeManager::{autobalanceCall, OrdersFinalised, ReserveToppedUp},
    UnstakeQueue::{cancelCall, requestUnstakeCall, transferFromCall},
};

use crate::{
    accounts::{finalised, Given, Order},
    travel::Journey,
    world::{account, events, part, scaled},
};

/// How others leave something behind when their orders are paid.
const DISCOUNT: &str = "orders paid below the rate";

impl Journey {
    pub(crate) fn request(&mut self, one: usize, of: u32) {
        let (owner, queue) = (account(one), self.world.pool.queue);
        let shares = part(self.world.balance(owner), of);
        if shares == 0 {
            return;
        }
        let call = requestUnstakeCall {
            shares: U256::from(shares),
            receiver: owner,
        };
        if let Some((id, _)) = self.world.attempt(owner, queue, call) {
            let order = Order {
                id,
                owner: one,
                shares,
            };
            self.accounts.orders.push(order);
            self.tell(format!(
                "account {one} requests {shares} shares, order {id}"
            ));
        }
    }

    fn latest_order(&self, one: usize) -> Option<Order> {
        let mut own = self.accounts.orders.iter().rev();
        own.find(|order| order.owner == one).copied()
    }

    pub(crate) fn cancel(&mut self, one: usize) {
        let Some(order) = self.latest_order(one) else {
            return;
        };
        let (queue, call) = (self.world.pool.queue, cancelCall { id: order.id });
        if let Some((shares, _)) = self.world.attempt(account(one), queue, call) {
            self.accounts.orders.retain(|other| other.id != order.id);
            self.labels.insert(("route", "cancelled an order"));
            self.tell(format!(
                "order {} is cancelled for {shares} shares",
                order.id
            ));
        }
    }

    pub(crate) fn pass_order(&mut self, from: usize, to: usize) {
        let Some(order) = self.latest_order(from) else {
            return;
        };
        let call = transferFromCall {
            from: account(from),
            to: account(to),
            id: order.id,
        };
        let queue = self.world.pool.queue;
        if self.world.attempt(account(from), queue, call).is_some() {
            let mut orders = self.accounts.orders.iter_mut();
            let passed = orders.find(|other| other.id == order.id);
            passed.expect("the order").owner = to;
            self.labels.insert(("route", "passed an order on"));
        }
    }

    /// Calls autobalance. Orders of others that are paid below the rate leave the rest behind.
    pub(crate) fn balance(&mut self, limit: u32) {
        let finalised = finalised(&self.world);
        let call = autobalanceCall {
            limit: U256::from(limit),
        };
        let manager = self.world.pool.manager;
        let Some((done, receipt)) = self.world.attempt(account(0), manager, call) else {
            return;
        };
        if events::<ReserveToppedUp>(&receipt).next().is_some() {
            self.labels.insert(("route", "topped the reserve up"));
        }
        let Some(paid) = events::<OrdersFinalised>(&receipt).next() else {
            return;
        };
        let up_to = done.finalisedUpTo;
        let own = self.accounts.orders.iter();
        let own = own.filter(|order| order.id > finalised && order.id <= up_to);
        let own: u128 = own.map(|order| order.shares).sum();
        let (assets, shares): (u128, u128) = (paid.assets.to(), paid.shares.to());
        self.tell(format!(
            "orders up to {up_to} are paid {assets} wei for {shares} shares"
        ));
        let others = shares - own;
        if others != 0 && self.entered.is_some() {
            let (all_assets, all_shares) = self.world.totals();
            let before = (all_assets + assets, all_shares + shares);
            let gave = Given::Shares {
                shares: others,
                for_assets: scaled(others, assets, shares),
            };
            self.accounts
                .others_left(&self.world, DISCOUNT, before, gave);
        }
    }

    pub(crate) fn claim(&mut self) {
        let claimed = self.accounts.claim(&mut self.world);
        if claimed != 0 {
            self.claims += claimed;
            self.tell(format!("{claimed} orders are claimed"));
        }
    }
}
