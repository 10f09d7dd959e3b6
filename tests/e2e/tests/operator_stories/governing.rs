//! What is set by governance, and what the pool around the operators does.

use alloy::primitives::U256;
use e2e::{OperatorRegistry::*, StakeManager, OWNER};
use model::{operators::parameters::ALL, Account, Int};

use crate::{
    dice::Dice,
    numbers::word,
    real::MANAGERS,
    story::{nothing, Call, Story},
};

impl Story {
    pub fn parameter(&mut self, dice: &mut Dice) {
        let from = self.role(dice, Account::Owner);
        let parameter = match dice.within(0..=29) {
            0 => ALL.len() as u8,
            1 => 255,
            _ => dice.within(0..=ALL.len() as u64 - 1) as u8,
        };
        let gwei = Int::from(1_000_000_000u64);
        let value: Int = match ALL.get(usize::from(parameter)) {
            None => Int::from(1u8),
            Some(known) => {
                let [default, smallest, largest] = known.row();
                let in_gwei = default > &gwei * 1_000u64;
                let unit = if in_gwei { gwei } else { 1u8.into() };
                match dice.within(0..=19) {
                    0 if smallest > Int::from(0u8) => smallest - &unit,
                    1 => largest + &unit,
                    2 => smallest,
                    3 => largest,
                    4..=9 => default,
                    _ => {
                        let units = dice.part(&((largest - &smallest) / &unit));
                        smallest + units * unit
                    }
                }
            }
        };
        let call = setParameterCall {
            id: parameter,
            value: word(&value),
        };
        self.act("parameter", Call::new(from, call), |model| {
            nothing(model.set_parameter(from, parameter, &value))
        });
    }

    pub fn targets(&mut self, dice: &mut Dice) {
        let from = self.role(dice, Account::Owner);
        let mut targets = [0; 9];
        let mut left = 10_000;
        while left > 0 {
            let part = dice.within(1..=left).max(left.min(1_000));
            targets[dice.within(0..=8) as usize] += part;
            left -= part;
        }
        if dice.percent(5) {
            targets[0] += 1;
        }
        self.set_targets(from, targets);
    }

    /// Clusters of few kinds, so that there are enough operators for one.
    pub fn focus(&mut self, dice: &mut Dice) {
        let mut targets = [0; 9];
        targets[0] = 3_500;
        targets[dice.pick(&[0, 1, 3])] += 2_000;
        targets[3] += 2_500;
        targets[dice.pick(&[6, 7, 8])] += 2_000;
        self.set_targets(Account::Owner, targets);
        let ahead = setParameterCall {
            id: 10,
            value: U256::from(20),
        };
        self.act("parameter", Call::new(Account::Owner, ahead), |model| {
            nothing(model.set_parameter(Account::Owner, 10, &20u8.into()))
        });
        if dice.percent(85) {
            // Few operators are in few regions.
            let wide = setParameterCall {
                id: 9,
                value: U256::from(10_000),
            };
            self.act("parameter", Call::new(Account::Owner, wide), |model| {
                nothing(model.set_parameter(Account::Owner, 9, &10_000u32.into()))
            });
        }
    }

    fn set_targets(&mut self, from: Account, targets: [u64; 9]) {
        let call = setTargetsCall {
            targets: targets.map(|target| target as u16),
        };
        self.act("targets", Call::new(from, call), |model| {
            nothing(model.set_targets(from, targets))
        });
    }

    pub fn rate(&mut self, dice: &mut Dice) {
        let thousandths = match dice.within(0..=3) {
            0 => dice.within(700..=999),
            1 => dice.within(990..=999),
            _ => dice.within(1_000..=1_150),
        };
        self.told
            .push(format!("the rate times {thousandths} / 1000"));
        self.real.scale_assets(thousandths.into());
        self.look();
    }

    /// Everybody is short, and is told.
    pub fn crash(&mut self) {
        if self.crashed < 1_000 {
            return;
        }
        self.crashed = 150;
        self.told.push("the rate falls to 15 %".into());
        self.real.scale_assets(150);
        self.look();
        let operators: Vec<u32> = self.model.operators.keys().copied().collect();
        for operator in operators {
            if self.model.live(operator) != [0; 3] {
                self.check_bond_of(Account::User(0), operator);
            }
        }
    }

    pub fn recover(&mut self) {
        if self.crashed < 1_000 {
            self.real.scale_assets(1_000_000 / u128::from(self.crashed));
            self.crashed = 1_000;
            self.look();
        }
    }

    pub fn free(&mut self, dice: &mut Dice) {
        let validators = dice.pick(&[0, 0, 1, 2, 5, 20]);
        self.real.free(validators);
        self.look();
    }

    pub fn pause(&mut self) {
        let manager = self.real.pool.manager;
        if self.model.terms.is_ok() {
            let call = StakeManager::pauseCall {};
            self.real.pool.run(OWNER, manager, U256::ZERO, call);
        }
        self.look();
    }

    pub fn unpause(&mut self) {
        let manager = self.real.pool.manager;
        if self.model.terms.is_err() {
            let call = StakeManager::unpauseCall {};
            self.real.pool.run(OWNER, manager, U256::ZERO, call);
        }
        self.look();
    }

    pub fn right(&mut self, dice: &mut Dice) {
        if !self.real.gated {
            return;
        }
        let account = Account::User(dice.within(0..=u64::from(MANAGERS) - 1) as u8);
        self.admit(account, dice.percent(60));
    }

    /// An account gets or loses the right to operate.
    pub fn admit(&mut self, account: Account, right: bool) {
        self.told.push(format!("{account:?} may operate: {right}"));
        self.real.admit(&[account], right);
        self.look();
    }
}
