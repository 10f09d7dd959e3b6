//! Every governed number, with its bounds; ids are those of the setters.

use crate::{
    exact::{eth, int},
    pool::{Account, Pool},
    refusal::{require, Answer},
    Int, DAY, HOUR,
};

/// One number of the stake-manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Parameter {
    /// Wei.
    SmallestDeposit,
    /// Seconds.
    FreshnessLimit,
    /// Basis points a year.
    GrowthCap,
    /// Basis points a report.
    LossCap,
    /// Basis points in 30 days.
    MonthlyLossCap,
    /// Basis points of gains.
    RewardFee,
    /// Basis points of the fee.
    OperatorsSplit,
    /// Basis points of the fee.
    ProtectionSplit,
    /// Basis points.
    SilentDiscount,
    /// Basis points.
    SilentMost,
    /// Basis points of the supply.
    SilentDaily,
    /// Basis points of totalAssets.
    FlashTarget,
    /// Seconds.
    FinalisationWindow,
    /// Seconds.
    SilentAfter,
}

use Parameter::*;

/// All of them, by id.
pub const ALL: [Parameter; 14] = [
    SmallestDeposit,
    FreshnessLimit,
    GrowthCap,
    LossCap,
    MonthlyLossCap,
    RewardFee,
    OperatorsSplit,
    ProtectionSplit,
    SilentDiscount,
    SilentMost,
    SilentDaily,
    FlashTarget,
    FinalisationWindow,
    SilentAfter,
];

impl Parameter {
    /// Value of a new retail pool, then the smallest and the largest that the setter takes.
    pub fn row(self) -> [Int; 3] {
        let gwei = int(10).pow(9);
        let seconds =
            |value: u64, smallest: u64, largest: u64| [int(value), int(smallest), int(largest)];
        let points = seconds;
        match self {
            SmallestDeposit => [eth(1) / 1_000, gwei, eth(1_000)],
            FreshnessLimit => seconds(3 * DAY, DAY, 7 * DAY),
            GrowthCap => points(1_000, 500, 3_000),
            LossCap => points(100, 10, 1_000),
            MonthlyLossCap => points(500, 50, 2_000),
            RewardFee => points(1_000, 0, 2_000),
            OperatorsSplit => points(6_000, 0, 10_000),
            ProtectionSplit => points(2_000, 0, 10_000),
            SilentDiscount => points(100, 0, 500),
            SilentMost => points(2_000, 500, 3_000),
            SilentDaily => points(100, 10, 500),
            FlashTarget => points(500, 0, 3_000),
            FinalisationWindow => seconds(12 * HOUR, HOUR, 24 * HOUR),
            SilentAfter => seconds(14 * DAY, 7 * DAY, 30 * DAY),
        }
    }
}

/// The numbers of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    manager: Vec<Int>,
    /// Part of what the protection-pool holds that is given in 30 days, in basis points.
    pub cover_cap: Int,
    /// Smallest and largest order, in shares.
    pub order_limits: [Int; 2],
    /// What cancelling costs before and after an order is due, in basis points of its shares.
    pub cancel_costs: [Int; 2],
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            manager: ALL.map(|parameter| parameter.row()[0].clone()).to_vec(),
            cover_cap: int(5_000),
            order_limits: [eth(1) / 1_000, eth(1_000)],
            cancel_costs: [int(5), int(25)],
        }
    }
}

impl Parameters {
    /// An amount or a part.
    pub fn get(&self, parameter: Parameter) -> &Int {
        &self.manager[parameter as usize]
    }

    /// A time in seconds.
    pub fn seconds(&self, parameter: Parameter) -> u64 {
        u64::try_from(self.get(parameter)).expect("a time within its bounds")
    }
}

impl Pool {
    /// Sets one of the stake-manager's parameters. Owner only.
    pub fn set_parameter(
        &mut self,
        caller: Account,
        parameter: Parameter,
        value: Int,
    ) -> Answer<()> {
        self.only_owner(caller)?;
        let [_, smallest, largest] = parameter.row();
        let id = parameter as u8;
        require!(
            value >= smallest && value <= largest,
            ParameterOutOfBounds,
            id,
            value,
            smallest,
            largest
        );
        let mut changed = self.parameters.clone();
        // Storage counts ETH in gwei, rounded down.
        changed.manager[id as usize] = match parameter {
            SmallestDeposit => &value - &value % 1_000_000_000,
            _ => value,
        };
        let (operators, protection) = (changed.get(OperatorsSplit), changed.get(ProtectionSplit));
        require!(
            operators + protection <= int(10_000),
            FeeSplitAboveWhole,
            operators,
            protection
        );
        self.parameters = changed;
        Ok(())
    }

    /// Sets the protection-pool's cap. Owner only.
    pub fn set_cover_cap(&mut self, caller: Account, points: Int) -> Answer<()> {
        self.only_owner(caller)?;
        require!(
            points <= int(10_000),
            CoverCapOutOfBounds,
            points,
            0u64,
            10_000u64
        );
        self.parameters.cover_cap = points;
        Ok(())
    }

    /// Sets smallest and largest order, in whole billionths and thousandths of a share. Owner only.
    pub fn set_order_limits(&mut self, caller: Account, smallest: Int, largest: Int) -> Answer<()> {
        self.only_owner(caller)?;
        let (billionth, thousandth) = (int(10).pow(9), int(10).pow(15));
        require!(
            smallest >= billionth && smallest <= eth(1) && largest >= eth(100),
            LimitsOutOfBounds,
            smallest,
            eth(1),
            largest,
            eth(100)
        );
        let whole = |shares: Int, unit: &Int| &shares - &shares % unit;
        self.parameters.order_limits = [whole(smallest, &billionth), whole(largest, &thousandth)];
        Ok(())
    }

    /// Sets what cancelling costs. Owner only.
    pub fn set_cancel_costs(&mut self, caller: Account, before: Int, after: Int) -> Answer<()> {
        self.only_owner(caller)?;
        let within = before >= int(1) && before <= int(50) && after >= int(5) && after <= int(100);
        require!(within, CostsOutOfBounds, before, after);
        self.parameters.cancel_costs = [before, after];
        Ok(())
    }
}
