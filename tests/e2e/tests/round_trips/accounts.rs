//! What a traveller put in, what it has, and what others left it.

use std::collections::BTreeMap;

use alloy::primitives::U256;
use e2e::{
    StakeManager::reserveTermsCall,
    UnstakeQueue::{claimToCall, totalsCall},
};

use crate::world::{account, scaled, scaled_up, World, ACCOUNTS, MULTICALL, PURSE};

/// An order of the traveller's that is not claimed and not cancelled.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Its id.
    pub id: U256,
    /// Which account has it.
    pub owner: usize,
    /// Its shares.
    pub shares: u128,
}

/// All accounts of a traveller together. Amounts in wei.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    /// ETH deposited.
    pub spent: u128,
    /// What shares from before were worth at the start, rounded up.
    pub held: u128,
    /// What others left behind for the traveller's shares, rounded up, by how it came.
    pub left_by_others: BTreeMap<&'static str, u128>,
    /// Orders, oldest first.
    pub orders: Vec<Order>,
}

impl Accounts {
    /// ETH put in.
    pub fn put(&self) -> u128 {
        self.spent + self.held
    }

    /// Shares that the traveller has, in orders that are not finalised too.
    pub fn shares(&self, world: &World) -> u128 {
        let own: u128 = (0..ACCOUNTS).map(|one| world.balance(account(one))).sum();
        own + world.balance(MULTICALL) + self.waiting(world)
    }

    /// Shares in orders that are not finalised.
    fn waiting(&self, world: &World) -> u128 {
        if self.orders.is_empty() {
            return 0;
        }
        let finalised = finalised(world);
        let waiting = self.orders.iter().filter(|order| order.id > finalised);
        waiting.map(|order| order.shares).sum()
    }

    /// What is not out yet, at the exact exitRate, rounded down.
    pub fn left(&self, world: &World) -> u128 {
        let terms = world.view(reserveTermsCall {});
        let (assets, of) = (terms.exitAssets.to(), terms.exitShares.to());
        scaled(self.shares(world), assets, of) + converted(world)
    }

    /// ETH that is out.
    pub fn got(&self, world: &World) -> u128 {
        world.pool.chain.balance_now(PURSE).to()
    }

    /// Claims what is paid, and returns how many orders that were.
    pub fn claim(&mut self, world: &mut World) -> usize {
        if self.orders.is_empty() {
            return 0;
        }
        let (queue, finalised) = (world.pool.queue, finalised(world));
        let mut claimed = 0;
        for owner in 0..ACCOUNTS {
            let due = |order: &&Order| order.owner == owner && order.id <= finalised;
            let ids: Vec<U256> = self
                .orders
                .iter()
                .filter(due)
                .map(|order| order.id)
                .collect();
            if ids.is_empty() {
                continue;
            }
            let call = claimToCall {
                ids: ids.clone(),
                receiver: PURSE,
            };
            world.must(account(owner), queue, call);
            self.orders.retain(|order| !ids.contains(&order.id));
            claimed += ids.len();
        }
        claimed
    }

    /// Counts what others left in the pool by giving something for less than it was worth. `assets` and `shares` are
    /// totalAssets and totalShares before.
    pub fn others_left(
        &mut self,
        world: &World,
        how: &'static str,
        (assets, shares): (u128, u128),
        gave: Given,
    ) {
        let left = match gave {
            Given::Shares {
                shares: gone,
                for_assets,
            } => scaled_up(gone, assets, shares).saturating_sub(for_assets),
            Given::Assets {
                assets: paid,
                for_shares,
            } => paid.saturating_sub(scaled(for_shares, assets, shares)),
        };
        let (_, remain) = world.totals();
        let own = scaled_up(left, self.shares(world), remain);
        *self.left_by_others.entry(how).or_default() += own;
    }
}

/// What others gave.
#[derive(Clone, Copy, Debug)]
pub enum Given {
    /// Shares for ETH.
    Shares {
        /// Shares.
        shares: u128,
        /// Wei, treasury's fees included.
        for_assets: u128,
    },
    /// ETH for shares.
    Assets {
        /// Wei.
        assets: u128,
        /// Shares.
        for_shares: u128,
    },
}

/// What the traveller has in the institutional pool, at its exact exitRate, rounded down.
pub fn converted(world: &World) -> u128 {
    let (manager, token) = world.other;
    let own = (0..ACCOUNTS).map(|one| world.balance_of(token, account(one)));
    let shares: u128 = own.sum();
    if shares == 0 {
        return 0;
    }
    let terms = world.pool.view(manager, reserveTermsCall {});
    scaled(shares, terms.exitAssets.to(), terms.exitShares.to())
}

/// The last order that is paid.
pub fn finalised(world: &World) -> U256 {
    world
        .pool
        .view(world.pool.queue, totalsCall {})
        .finalisedUpTo
}
