//! The pool that a traveller meets: its parameters, and what has happened to it.

use alloy::primitives::{Address, U256};
use e2e::{
    CsEthToken::transferCall,
    FlashExitPool::{
        flashExitCall, setConversionTermsCall, setFeesCall, setLimitsCall, setMonthlyAllowanceCall,
        setTreasuryPartCall,
    },
    ProtectionPool::setCoverCapCall,
    StakeManager::{autobalanceCall, deposit_0Call, lossesCall, setParameterCall},
    UnstakeQueue::{requestUnstakeCall, setCancelCostsCall, setOrderLimitsCall},
    ETH, OWNER,
};

use crate::{
    dice::Dice,
    reporting::{Change, Ended},
    world::{account, allow, part, World, ACCOUNTS, CROWD, HOLDER, HOUR},
};

/// Wei of an ETH.
const ONE: u128 = 1_000_000_000_000_000_000;

// Places of the stake-manager's parameters.
const SMALLEST_DEPOSIT: u8 = 0;
const FRESHNESS_LIMIT: u8 = 1;
const GROWTH_CAP: u8 = 2;
const LOSS_CAP: u8 = 3;
const MONTHLY_LOSS_CAP: u8 = 4;
const REWARD_FEE: u8 = 5;
const FLASH_TARGET: u8 = 11;
const FINALISATION_WINDOW: u8 = 12;

/// Slot of the stake-manager with a reference that stands beside the last one, and the bit where it says until when.
const EARLIER_REFERENCE: U256 = U256::from_limbs([28, 0, 0, 0]);
const STANDS_UNTIL: usize = 200;

impl World {
    /// The pool of a seed.
    pub fn drawn(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut world = Self::new();
        world.draw_parameters(&mut dice);
        world.draw_flash_parameters(&mut dice);
        world.draw_queue_parameters(&mut dice);
        world.draw_holders(&mut dice);
        let reports = dice.weighted(&[(1, 0), (2, 1), (4, 3), (4, 6), (1, 12)]);
        for _ in 0..reports {
            world.draw_day(&mut dice);
        }
        world.draw_last_days(&mut dice);
        world.describe(reports);
        world
    }

    fn set(&mut self, id: u8, value: u128) {
        let call = setParameterCall {
            id,
            value: U256::from(value),
        };
        self.must(OWNER, self.pool.manager, call);
    }

    /// Parameters of the stake-manager and the protection-pool, at an extreme in half of all cases.
    fn draw_parameters(&mut self, dice: &mut Dice) {
        self.set(SMALLEST_DEPOSIT, 1_000_000_000);
        if dice.percent(60) {
            self.growth_cap = dice.pick(&[500, 3_000, 3_000]);
            self.set(GROWTH_CAP, self.growth_cap);
            if self.growth_cap == 3_000 {
                self.is.push("largest growth cap");
            }
        }
        if dice.percent(50) {
            self.loss_cap = dice.pick(&[10, 1_000]);
            self.set(LOSS_CAP, self.loss_cap);
            self.set(MONTHLY_LOSS_CAP, dice.pick(&[50, 2_000]));
            self.is.push(match self.loss_cap {
                10 => "smallest loss cap",
                _ => "largest loss cap",
            });
        }
        if dice.percent(50) {
            let fee = dice.pick(&[0, 0, 2_000]);
            self.set(REWARD_FEE, fee);
            self.is.push(match fee {
                0 => "no reward fee",
                _ => "largest reward fee",
            });
        }
        if dice.percent(40) {
            self.set(FRESHNESS_LIMIT, u128::from(7 * 24 * HOUR));
        }
        if dice.percent(60) {
            self.set(FLASH_TARGET, dice.pick(&[3_000, 3_000, 1, 0]));
        }
        if dice.percent(50) {
            self.set(FINALISATION_WINDOW, u128::from(dice.pick(&[1, 24]) * HOUR));
        }
        if dice.percent(40) {
            let call = setCoverCapCall {
                basisPoints: U256::from(dice.pick(&[0u64, 10_000])),
            };
            self.must(OWNER, self.pool.protection, call);
        }
    }

    fn draw_flash_parameters(&mut self, dice: &mut Dice) {
        let flash = self.pool.flash;
        if dice.percent(60) {
            let (min, max) = dice.pick(&[(1u64, 1u64), (1, 1), (1, 500), (500, 500)]);
            let (least, most) = (U256::from(min), U256::from(max));
            self.must(
                OWNER,
                flash,
                setFeesCall {
                    min: least,
                    max: most,
                },
            );
            if max == 1 {
                self.is.push("smallest flash fee");
            }
        }
        if dice.percent(65) {
            let all = U256::from(10_000);
            let call = setLimitsCall {
                lowWatermark: U256::from(dice.pick(&[0u64, 0, 9_000])),
                capacity: all,
                refill: all,
                largest: all,
            };
            if call.lowWatermark.is_zero() {
                self.is.push("limits wide open");
            }
            self.must(OWNER, flash, call);
        }
        if dice.percent(60) {
            let call = setConversionTermsCall {
                fee: U256::from(1),
                bucket: U256::from(10_000),
            };
            self.must(OWNER, flash, call);
            self.pool.decide(flash, &allow(self.other.0));
            // The chain has gone on by itself.
            self.now = self.pool.chain.timestamp();
            self.is.push("conversion wide open");
        }
        if dice.percent(20) {
            let call = setTreasuryPartCall {
                basisPoints: U256::from(10_000),
            };
            self.must(OWNER, flash, call);
            self.is.push("all flash fees to the treasury");
        }
        if dice.percent(25) {
            let call = setMonthlyAllowanceCall {
                assets: (U256::from(1) << 96) - U256::from(1),
            };
            self.pool.gate_flash_exits();
            self.must(OWNER, flash, call);
            self.is.push("endless allowance");
        }
    }

    fn draw_queue_parameters(&mut self, dice: &mut Dice) {
        let queue = self.pool.queue;
        let limits = setOrderLimitsCall {
            smallest: U256::from(1_000_000_000u64),
            largest: U256::from(1_000_000_000u64) * ETH,
        };
        if dice.percent(80) && self.attempt(OWNER, queue, limits).is_some() {
            self.is.push("orders of any size");
        }
        if dice.percent(50) {
            let call = setCancelCostsCall {
                beforeDue: U256::from(1),
                afterDue: U256::from(5),
            };
            self.must(OWNER, queue, call);
            self.is.push("cheapest cancellations");
        }
    }

    /// Somebody's first deposit, others' part of it, and validators.
    fn draw_holders(&mut self, dice: &mut Dice) {
        let assets = match dice.within(0..=9) {
            0 => dice.magnitude(2_000_000_000, ONE),
            1..=6 => dice.magnitude(ONE, 10_000 * ONE),
            7..=8 => 1_000 * ONE,
            _ => dice.magnitude(10_000 * ONE, 10_000_000 * ONE),
        };
        let manager = self.pool.manager;
        let call = deposit_0Call {
            assets: U256::from(assets),
            receiver: HOLDER,
        };
        let deposited = self.try_paying(HOLDER, manager, assets, call);
        deposited.expect("a first deposit");
        let others = part(self.balance(HOLDER), dice.within(1..=500_000) as u32);
        self.pass(HOLDER, CROWD, others);
        let covered = dice.pick(&[0, 0, 1_000, 50_000]);
        let cover = part(self.balance(HOLDER), covered);
        self.pass(HOLDER, self.pool.protection, cover);
        if dice.percent(55) {
            let validators = dice.within(1..=24);
            self.pool.run_validators(validators);
            // The chain has gone on by itself.
            self.now = self.pool.chain.timestamp();
            if self.balance_pool(dice.within(1..=24) as u32) && self.books().sentOut > U256::ZERO {
                self.last_slot = self.now;
                self.is.push("validators");
            }
        }
    }

    /// Transfers shares.
    pub fn pass(&mut self, from: Address, to: Address, shares: u128) -> bool {
        let call = transferCall {
            to,
            value: U256::from(shares),
        };
        self.attempt(from, self.pool.token, call).is_some()
    }

    fn balance_pool(&mut self, limit: u32) -> bool {
        let call = autobalanceCall {
            limit: U256::from(limit),
        };
        self.attempt(CROWD, self.pool.manager, call).is_some()
    }

    /// A report like any, and what others do around it.
    fn draw_day(&mut self, dice: &mut Dice) {
        self.wait(dice.pick(&[
            60,
            HOUR,
            19 * HOUR,
            21 * HOUR,
            24 * HOUR,
            24 * HOUR,
            24 * HOUR + 7,
            71 * HOUR,
            7 * 24 * HOUR - 60,
        ]));
        let change = match dice.percent(50) {
            true => Change::Gain(dice.magnitude(1, 500) as u32),
            false => Change::draw(dice),
        };
        if self.report(change, dice.pick(&[0, 12, 60])) == Ended::Parked {
            self.acknowledge();
        }
        match dice.within(0..=9) {
            0..=1 => self.others_request(dice),
            2 => {
                let shares = part(self.balance(CROWD), dice.magnitude(1, 20_000) as u32);
                self.flash_exit_of_others(shares);
            }
            3..=7 => {
                self.balance_pool(50);
            }
            _ => {}
        }
    }

    fn others_request(&mut self, dice: &mut Dice) {
        let shares = part(self.balance(CROWD), dice.magnitude(1_000, 300_000) as u32);
        let call = requestUnstakeCall {
            shares: U256::from(shares),
            receiver: CROWD,
        };
        if self.attempt(CROWD, self.pool.queue, call).is_some() {
            self.is.push("others' orders");
        }
    }

    fn flash_exit_of_others(&mut self, shares: u128) {
        let call = flashExitCall {
            shares: U256::from(shares),
            minAssets: U256::ZERO,
            receiver: CROWD,
        };
        self.attempt(CROWD, self.pool.flash, call);
    }

    /// What makes a pool interesting just before somebody enters.
    fn draw_last_days(&mut self, dice: &mut Dice) {
        if dice.percent(30) {
            self.traveller_requests(dice);
        }
        let kind = dice.within(0..=9);
        match kind {
            // Everything stands still.
            0..=2 => {}
            3..=4 => {
                self.wait(24 * HOUR);
                self.report(Change::Jackpot(dice.magnitude(500, 5_000_000) as u32), 12);
            }
            5..=6 => {
                self.wait(24 * HOUR);
                let fall = dice.pick(&[
                    Change::Crash(300_000),
                    Change::Crash(9_000),
                    Change::Fall(1_000_000),
                ]);
                if self.report(fall, 12) == Ended::Parked {
                    self.acknowledge();
                }
                if dice.percent(60) {
                    self.wait(dice.pick(&[60, 19 * HOUR, 24 * HOUR]));
                    self.report(Change::Recovery(dice.part()), 12);
                }
            }
            _ => {
                // Reports that leave a reference standing beside a newer one.
                for (wait, change) in [
                    (24 * HOUR, Change::Gain(50)),
                    (19 * HOUR, Change::draw(dice)),
                    (2 * HOUR, Change::AllowedGain(0)),
                ] {
                    self.wait(wait);
                    if self.report(change, 12) == Ended::Parked {
                        self.acknowledge();
                    }
                }
            }
        }
        if dice.percent(60) {
            self.balance_pool(50);
        }
        if dice.percent(25) {
            self.others_request(dice);
        }
        self.wait(dice.pick(&[0, 60, HOUR, 13 * HOUR, 20 * HOUR, 24 * HOUR, 70 * HOUR]));
        if self.now - self.last_slot > 60 * HOUR && self.last_slot != 0 {
            self.is.push("long silence");
        }
    }

    /// An order that the traveller has from before, and that a report has noted.
    fn traveller_requests(&mut self, dice: &mut Dice) {
        let owner = account(ACCOUNTS - 1);
        let shares = part(self.balance(HOLDER), dice.part() / 2);
        self.pass(HOLDER, owner, shares);
        let call = requestUnstakeCall {
            shares: U256::from(shares),
            receiver: owner,
        };
        if let Some((id, _)) = self.attempt(owner, self.pool.queue, call) {
            self.order = Some((id, shares));
            self.is.push("order from before");
        }
        if dice.percent(50) {
            self.wait(60);
            self.report(Change::AllowedGain(0), 12);
        }
    }

    fn describe(&mut self, reports: u32) {
        let books = self.books();
        self.is.push(match reports {
            0 => "never reported on",
            1 => "young",
            _ => "old",
        });
        if books.deferredGain > U256::ZERO {
            self.is.push("deferred gain");
        }
        if books.flashReserve > U256::ZERO {
            self.is.push("reserve");
        }
        let losses = self.view(lossesCall {});
        if losses.holdersBorne + losses.protectionBorne > U256::ZERO {
            self.is.push("losses borne");
        }
        let earlier = self.storage(self.pool.manager, EARLIER_REFERENCE);
        let stands_until: u64 = (earlier >> STANDS_UNTIL & U256::from(u32::MAX)).to();
        if stands_until > self.now {
            self.is.push("second reference");
        }
        self.is.sort_unstable();
        self.is.dedup();
    }
}
