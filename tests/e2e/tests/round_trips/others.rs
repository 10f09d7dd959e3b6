//! What others do while the traveller is there.

use alloy::primitives::U256;
use e2e::{
    FlashExitPool::{flashExitCall, maxFlashExitCall, FlashExit},
    StakeManager::deposit_0Call,
    UnstakeQueue::{cancelCall, requestUnstakeCall},
};

use crate::{
    accounts::Given,
    travel::Journey,
    trip::Others,
    world::{events, part, CROWD},
};

impl Journey {
    /// Lets others do something, and counts what they leave behind.
    pub(crate) fn others(&mut self, others: Others) {
        let before = self.world.totals();
        let (manager, flash, queue) = (
            self.world.pool.manager,
            self.world.pool.flash,
            self.world.pool.queue,
        );
        let gave = match others {
            Others::Deposit(of) => {
                let assets = part(before.0, of).max(1_000_000_000);
                let call = deposit_0Call {
                    assets: U256::from(assets),
                    receiver: CROWD,
                };
                let done = self.world.try_paying(CROWD, manager, assets, call);
                done.map(|(shares, _)| Given::Assets {
                    assets,
                    for_shares: shares.to(),
                })
            }
            Others::Flash(of) => {
                let most = maxFlashExitCall { account: CROWD };
                let most: u128 = self.world.pool.view(flash, most).to();
                let shares = part(most, of);
                let call = flashExitCall {
                    shares: U256::from(shares),
                    minAssets: U256::ZERO,
                    receiver: CROWD,
                };
                let done = self.world.attempt(CROWD, flash, call);
                done.map(|(paid, receipt)| {
                    let told: Option<FlashExit> = events(&receipt).next();
                    let treasury: u128 = told.expect("the exit").treasuryFee.to();
                    Given::Shares {
                        shares,
                        for_assets: paid.to::<u128>() + treasury,
                    }
                })
            }
            Others::Request(of) => {
                let shares = part(self.world.balance(CROWD), of);
                let call = requestUnstakeCall {
                    shares: U256::from(shares),
                    receiver: CROWD,
                };
                if let Some((id, _)) = self.world.attempt(CROWD, queue, call) {
                    self.others_order = Some(id);
                }
                None
            }
            Others::Cancel => {
                let order = self.others_order.take();
                let done = order.and_then(|id| self.world.attempt(CROWD, queue, cancelCall { id }));
                done.map(|_| Given::Shares {
                    shares: before.1 - self.world.totals().1,
                    for_assets: 0,
                })
            }
        };
        if let Some(gave) = gave {
            self.tell(format!("others: {others:?}, {gave:?}"));
            let how = match others {
                Others::Deposit(_) => "premiums of deposits",
                Others::Cancel => "costs of cancellations",
                _ => "fees of flash exits, and their discount",
            };
            self.accounts.others_left(&self.world, how, before, gave);
        }
    }
}
