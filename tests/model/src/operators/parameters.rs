//! Every governed number of the registry, with its bounds; ids are those of the setter.

use crate::{
    exact::{eth, int},
    refusal::{require, Answer},
    Account, Int, DAY,
};

use super::Registry;

/// One number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Parameter {
    /// Wei.
    BaseSsv,
    /// Wei.
    BaseObol,
    /// Wei.
    BaseDirect,
    /// Basis points.
    CurveFloor,
    /// A node's number.
    LevelFrom,
    /// Basis points.
    LargestDiscount,
    /// Regions in a cluster.
    LeastRegions,
    /// Consensus clients in a cluster.
    LeastClients,
    /// Basis points.
    OperatorCap,
    /// Basis points.
    RegionCap,
    /// Clusters.
    FormedAhead,
    /// Epochs.
    ProvenAfter,
    /// Seconds.
    UnfundedAtMost,
    /// Wei.
    CeremonyCost,
    /// Wei.
    EarlyExitCost,
    /// Seconds.
    KeyDeadline,
    /// Seconds.
    ShortGrace,
    /// Exits a day.
    ExitSlots,
    /// Basis points of 32 ETH.
    FastTrackFee,
    /// Seconds.
    ExitDeadline,
    /// Wei a day.
    LatePenalty,
    /// Seconds.
    SettledWithoutRoot,
}

use Parameter::*;

/// All of them, by id.
pub const ALL: [Parameter; 22] = [
    BaseSsv,
    BaseObol,
    BaseDirect,
    CurveFloor,
    LevelFrom,
    LargestDiscount,
    LeastRegions,
    LeastClients,
    OperatorCap,
    RegionCap,
    FormedAhead,
    ProvenAfter,
    UnfundedAtMost,
    CeremonyCost,
    EarlyExitCost,
    KeyDeadline,
    ShortGrace,
    ExitSlots,
    FastTrackFee,
    ExitDeadline,
    LatePenalty,
    SettledWithoutRoot,
];

impl Parameter {
    /// Default, smallest and largest.
    pub fn row(self) -> [Int; 3] {
        let plain = |row: [u64; 3]| row.map(int);
        let days = |row: [u64; 3]| row.map(|days| int(days * DAY));
        let hundredths = |row: [u64; 3]| row.map(|part| eth(1) * part / 100);
        match self {
            BaseSsv => hundredths([100, 10, 3_200]),
            BaseObol => hundredths([200, 10, 3_200]),
            BaseDirect => hundredths([400, 10, 3_200]),
            CurveFloor => plain([5_000, 1_000, 10_000]),
            LevelFrom => plain([50, 2, 1_000]),
            LargestDiscount => plain([5_000, 0, 8_000]),
            LeastRegions => plain([3, 1, 4]),
            LeastClients => plain([2, 1, 4]),
            OperatorCap => plain([500, 100, 2_000]),
            RegionCap => plain([4_000, 3_400, 10_000]),
            FormedAhead => plain([2, 0, 20]),
            ProvenAfter => plain([12, 1, 52]),
            UnfundedAtMost => days([30, 7, 90]),
            CeremonyCost => hundredths([5, 0, 50]),
            EarlyExitCost => hundredths([16, 0, 50]),
            KeyDeadline => days([7, 1, 30]),
            ShortGrace => days([28, 7, 90]),
            ExitSlots => plain([10, 1, 1_000]),
            FastTrackFee => plain([50, 0, 500]),
            ExitDeadline => days([3, 1, 14]),
            LatePenalty => hundredths([1, 0, 10]),
            SettledWithoutRoot => days([56, 28, 182]),
        }
    }
}

/// Values by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters([Int; 22]);

impl Default for Parameters {
    fn default() -> Self {
        let defaults = ALL.map(Parameter::row);
        Self(defaults.map(|[default, ..]| default))
    }
}

impl Parameters {
    /// A value.
    pub fn get(&self, parameter: Parameter) -> &Int {
        &self.0[parameter as usize]
    }

    /// A value that is no amount.
    pub fn number(&self, parameter: Parameter) -> u64 {
        u64::try_from(self.get(parameter)).expect("a small number")
    }
}

impl Registry {
    /// Sets a number. Owner only.
    pub fn set_parameter(&mut self, caller: Account, id: u8, value: &Int) -> Answer<()> {
        self.only(caller, Account::Owner, "OnlyOwner")?;
        require!(
            usize::from(id) < ALL.len(),
            UnknownParameter,
            id,
            ALL.len() as u64
        );
        let [_, smallest, largest] = ALL[usize::from(id)].row();
        require!(
            &smallest <= value && value <= &largest,
            ParameterOutOfBounds,
            id,
            value,
            smallest,
            largest
        );
        self.parameters.0[usize::from(id)] = value.clone();
        Ok(())
    }

    /// Sets the targets. Owner only.
    pub fn set_targets(&mut self, caller: Account, targets: [u64; 9]) -> Answer<()> {
        self.only(caller, Account::Owner, "OnlyOwner")?;
        let sum: u64 = targets.iter().sum();
        require!(sum == 10_000, TargetsNotWhole, sum, 10_000u64);
        self.targets = targets;
        Ok(())
    }
}
