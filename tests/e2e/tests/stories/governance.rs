//! Steps of the owner and the guardian: pauses and parameters.

use alloy::primitives::U256;
use e2e::{
    ProtectionPool::setCoverCapCall,
    StakeManager::{
        pauseCall, rearmGuardianCall, setParameterCall, unpauseCall, upgradeToAndCallCall,
        upgradeWithFacetCall,
    },
    UnstakeQueue::{setCancelCostsCall, setOrderLimitsCall},
};
use model::{
    exact::{eth, int},
    parameters::{Parameter, ALL},
    pauses::Paused,
    Account, Int,
};

use crate::{
    dice::Dice,
    numbers::word,
    story::{usually, Call, Story},
};

fn contract(what: Paused) -> Account {
    match what {
        Paused::Manager => Account::Manager,
        Paused::Queue => Account::Queue,
        Paused::Flash => Account::Flash,
    }
}

const WHAT: [Paused; 5] = [
    Paused::Manager,
    Paused::Manager,
    Paused::Manager,
    Paused::Queue,
    Paused::Flash,
];

impl Story {
    pub fn pause(&mut self, dice: &mut Dice) {
        let what = dice.pick(&WHAT);
        let from = usually(
            dice,
            &[Account::Guardian, Account::Guardian, Account::Owner],
            90,
        );
        let expected = self.model.pause(what, from);
        let done = if from == Account::Owner {
            "by the owner"
        } else {
            "by the guardian"
        };
        self.act(
            "pause",
            done,
            Call::new(from, contract(what), pauseCall {}),
            expected.map(|()| vec![]),
        );
    }

    pub fn unpause(&mut self, dice: &mut Dice) {
        // Mostly what is paused.
        let what = match self.model.pause.until.is_some() {
            true => Paused::Manager,
            false if self.model.queue_pause.until.is_some() => Paused::Queue,
            false if self.model.flash.pause.until.is_some() => Paused::Flash,
            false => dice.pick(&WHAT),
        };
        let from = usually(
            dice,
            &[
                Account::Owner,
                Account::Owner,
                Account::Owner,
                Account::Guardian,
            ],
            95,
        );
        let expected = self.model.unpause(what, from);
        self.act(
            "unpause",
            "done",
            Call::new(from, contract(what), unpauseCall {}),
            expected.map(|()| vec![]),
        );
    }

    pub fn rearm(&mut self, dice: &mut Dice) {
        let what = dice.pick(&WHAT);
        let from = usually(dice, &[Account::Owner], 90);
        let expected = self.model.rearm(what, from);
        self.act(
            "rearm",
            "done",
            Call::new(from, contract(what), rearmGuardianCall {}),
            expected.map(|()| vec![]),
        );
    }

    /// Another build of a contract takes over its state in the middle of everything, or the first one takes it back.
    pub fn upgrade(&mut self, dice: &mut Dice) {
        let from = usually(dice, &[Account::Owner], 93);
        let expected = self.model.upgrade(from).map(|()| vec![]);
        let (contract, programs) = dice.pick(&self.real.programs);
        let (implementation, data) = (dice.pick(&programs), Default::default());
        let call = match contract {
            Account::Manager => {
                let facet = dice.pick(&self.real.facets);
                let call = upgradeWithFacetCall {
                    implementation,
                    facet,
                    data,
                };
                Call::new(from, contract, call)
            }
            _ => {
                let call = upgradeToAndCallCall {
                    implementation,
                    data,
                };
                Call::new(from, contract, call)
            }
        };
        self.act("upgrade", "done", call, expected);
    }

    pub fn parameter(&mut self, dice: &mut Dice) {
        let from = usually(dice, &[Account::Owner], 93);
        match dice.within(0..=9) {
            0 => self.cover_cap(dice, from),
            1 => self.order_limits(dice, from),
            2 => self.cancel_costs(dice, from),
            _ => self.manager_parameter(dice, from),
        }
    }

    fn manager_parameter(&mut self, dice: &mut Dice, from: Account) {
        let parameter = dice.pick(&ALL);
        let [default, smallest, largest] = parameter.row();
        let value = match dice.within(0..=9) {
            0 if smallest > int(0) => smallest - 1,
            1 => largest + 1,
            2 => smallest,
            // So large a deposit would end the story.
            3 if parameter != Parameter::SmallestDeposit => largest,
            4 if parameter != Parameter::SmallestDeposit => {
                &smallest + dice.part(&(largest - &smallest))
            }
            _ => default,
        };
        self.set_parameter(from, parameter, value);
    }

    /// The loss cap of 30 days below that of one report.
    pub fn tight_monthly_cap(&mut self) {
        let [_, smallest, _] = Parameter::MonthlyLossCap.row();
        self.set_parameter(Account::Owner, Parameter::MonthlyLossCap, smallest);
    }

    fn set_parameter(&mut self, from: Account, parameter: Parameter, value: Int) {
        let expected = self.model.set_parameter(from, parameter, value.clone());
        let call = setParameterCall {
            id: parameter as u8,
            value: word(&value),
        };
        self.act(
            "parameter",
            "done",
            Call::new(from, Account::Manager, call),
            expected.map(|()| vec![]),
        );
    }

    fn cover_cap(&mut self, dice: &mut Dice, from: Account) {
        let points: Int = int(dice.pick(&[0, 10_000, 10_001, 5_000, 5_000, 2_500]));
        let expected = self.model.set_cover_cap(from, points.clone());
        let call = setCoverCapCall {
            basisPoints: word(&points),
        };
        self.act(
            "cover cap",
            "done",
            Call::new(from, Account::Protection, call),
            expected.map(|()| vec![]),
        );
    }

    fn order_limits(&mut self, dice: &mut Dice, from: Account) {
        let smallest = dice.pick(&[
            0,
            1,
            10u64.pow(15),
            10u64.pow(15),
            10u64.pow(18),
            10u64.pow(18) + 1,
        ]);
        let largest = dice.pick(&[99, 100, 1_000, 1_000, 100_000]);
        let (smallest, largest) = (int(smallest), eth(largest));
        let expected = self
            .model
            .set_order_limits(from, smallest.clone(), largest.clone());
        let call = setOrderLimitsCall {
            smallest: word(&smallest),
            largest: word(&largest),
        };
        self.act(
            "order limits",
            "done",
            Call::new(from, Account::Queue, call),
            expected.map(|()| vec![]),
        );
    }

    fn cancel_costs(&mut self, dice: &mut Dice, from: Account) {
        let before = dice.pick(&[0, 1, 5, 5, 50, 51]);
        let after = dice.pick(&[4, 5, 25, 25, 100, 101]);
        let expected = self.model.set_cancel_costs(from, int(before), int(after));
        let call = setCancelCostsCall {
            beforeDue: U256::from(before),
            afterDue: U256::from(after),
        };
        self.act(
            "cancel costs",
            "done",
            Call::new(from, Account::Queue, call),
            expected.map(|()| vec![]),
        );
    }
}
