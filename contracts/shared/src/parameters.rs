//! Governed numbers: default, bounds and place, and those of the stake-manager. The operator-registry's are in
//! `operators/parameters.rs`.

use alloy_primitives::U256;
use alloy_sol_types::SolError;

use crate::{
    abi::{revert, Reverts, Word},
    host::divide,
    interfaces::IStakeManagerReports::{ParameterOutOfBounds, UnknownParameter},
    math::narrow,
    storage::{low_half, whole, Field},
};

const GWEI_AN_ETH: u64 = 1_000_000_000;
const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

/// What a parameter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Wei, stored in whole gwei.
    Wei,
    /// Seconds.
    Seconds,
    /// Hundredths of a percent.
    BasisPoints,
    /// Whatever there are so many of.
    Number,
}

impl Unit {
    /// How many units one unit of storage stands for.
    pub const fn scale(self) -> u128 {
        match self {
            Unit::Wei => 1_000_000_000,
            Unit::Seconds | Unit::BasisPoints | Unit::Number => 1,
        }
    }
}

/// Which word of its contract's storage a parameter is packed into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The word a deposit reads.
    Entry,
    /// The word only reports and exits read.
    Limits,
    /// Of the operator-registry: the word that bonds and choices read.
    Operators,
    /// Of the operator-registry: the word that ceremonies and exits read.
    Exits,
}

/// One governed number. `default`, `smallest` and `largest` are in units of storage ([`Unit::scale`]).
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// What it counts.
    pub unit: Unit,
    /// Value of a new pool.
    pub default: u64,
    /// Smallest value that the setter takes.
    pub smallest: u64,
    /// Largest value that the setter takes.
    pub largest: u64,
    /// The word it is stored in.
    pub place: Place,
    /// The bits it is stored in.
    pub field: Field,
}

impl Parameter {
    const fn basis_points(index: usize, default: u64, smallest: u64, largest: u64) -> Self {
        let field = Field::new(index * 14, 14);
        Self::new(
            Unit::BasisPoints,
            default,
            smallest,
            largest,
            Place::Limits,
            field,
        )
    }

    /// A parameter in units of storage ([`Unit::scale`]).
    pub const fn new(
        unit: Unit,
        default: u64,
        smallest: u64,
        largest: u64,
        place: Place,
        field: Field,
    ) -> Self {
        Self {
            unit,
            default,
            smallest,
            largest,
            place,
            field,
        }
    }

    /// Reads the parameter from its word.
    pub fn get(&self, word: U256) -> u128 {
        self.field.get(word) * self.unit.scale()
    }

    /// The word with the parameter set. What storage cannot hold is rounded down.
    ///
    /// # Errors
    ///
    /// `ParameterOutOfBounds` with the bounds.
    pub fn set(&self, id: u8, word: U256, value: U256) -> Reverts<U256> {
        let (smallest, largest) = self.bounds();
        match narrow(value) {
            Some(value) if value >= smallest && value <= largest => {
                let stored = divide(whole(value), whole(self.unit.scale()));
                Ok(self.field.set(word, low_half(stored)))
            }
            _ => Err(revert(
                ParameterOutOfBounds::SELECTOR,
                &[
                    u64::from(id).word(),
                    value.word(),
                    smallest.word(),
                    largest.word(),
                ],
            )),
        }
    }

    /// Smallest and largest value that the setter takes.
    pub fn bounds(&self) -> (u128, u128) {
        let scale = self.unit.scale();
        (
            u128::from(self.smallest) * scale,
            u128::from(self.largest) * scale,
        )
    }
}

/// Smallest deposit. The deployment sets it: 0.001 ETH for csETH, 32 ETH for IcsETH.
pub const SMALLEST_DEPOSIT: Parameter = Parameter::new(
    Unit::Wei,
    GWEI_AN_ETH / 1_000,
    1,
    1_000 * GWEI_AN_ETH,
    Place::Entry,
    Field::new(160, 40),
);

/// Age at which a report prices nothing any more.
pub const FRESHNESS_LIMIT: Parameter = Parameter::new(
    Unit::Seconds,
    3 * DAY,
    DAY,
    7 * DAY,
    Place::Entry,
    Field::new(200, 20),
);

/// Most that a report may book as a gain, annualised.
pub const GROWTH_CAP: Parameter = Parameter::basis_points(0, 1_000, 500, 3_000);
/// Most that one report may book as a loss.
pub const LOSS_CAP: Parameter = Parameter::basis_points(1, 100, 10, 1_000);
/// Most that the reports of 30 days may book as losses.
pub const MONTHLY_LOSS_CAP: Parameter = Parameter::basis_points(2, 500, 50, 2_000);
/// Part of a gain that is minted as fee shares.
pub const REWARD_FEE: Parameter = Parameter::basis_points(3, 1_000, 0, 2_000);
/// Part of the fee that goes to the operators.
pub const OPERATORS_SPLIT: Parameter = Parameter::basis_points(4, 6_000, 0, 10_000);
/// Part of the fee that goes to the protection-pool; the treasury has the rest.
pub const PROTECTION_SPLIT: Parameter = Parameter::basis_points(5, 2_000, 0, 10_000);
/// What a silent redemption leaves in the pool at least.
pub const SILENT_DISCOUNT: Parameter = Parameter::basis_points(6, 100, 0, 500);
/// What a silent redemption leaves in the pool at most.
pub const SILENT_MOST: Parameter = Parameter::basis_points(7, 2_000, 500, 3_000);
/// Part of the supply that can be redeemed silently in a day.
pub const SILENT_DAILY: Parameter = Parameter::basis_points(8, 100, 10, 500);
/// Part of totalAssets that the flash reserve is topped up to.
pub const FLASH_TARGET: Parameter = Parameter::basis_points(9, 500, 0, 3_000);
/// Time after a report in which orders are finalised.
pub const FINALISATION_WINDOW: Parameter = Parameter::new(
    Unit::Seconds,
    12 * HOUR,
    HOUR,
    24 * HOUR,
    Place::Limits,
    Field::new(140, 20),
);
/// Time without finalisation after which orders can be redeemed silently.
pub const SILENT_AFTER: Parameter = Parameter::new(
    Unit::Seconds,
    14 * DAY,
    7 * DAY,
    30 * DAY,
    Place::Limits,
    Field::new(160, 24),
);

/// All parameters of the stake-manager; an id is a place in this table.
pub static TABLE: [Parameter; 14] = [
    SMALLEST_DEPOSIT,
    FRESHNESS_LIMIT,
    GROWTH_CAP,
    LOSS_CAP,
    MONTHLY_LOSS_CAP,
    REWARD_FEE,
    OPERATORS_SPLIT,
    PROTECTION_SPLIT,
    SILENT_DISCOUNT,
    SILENT_MOST,
    SILENT_DAILY,
    FLASH_TARGET,
    FINALISATION_WINDOW,
    SILENT_AFTER,
];

/// Ids of the parameters that change after the delay of an upgrade (`parameters.md`): what the silent-committee path gives.
pub const WITH_DELAY_OF_UPGRADES: [u8; 4] = [8, 9, 10, 13];

/// Names of the parameters, in the order of their ids. Not in any contract.
#[cfg(not(target_arch = "wasm32"))]
pub const NAMES: [&str; TABLE.len()] = [
    "smallest deposit",
    "freshness limit",
    "growth cap a year",
    "loss cap, one report",
    "loss cap, 30 days",
    "reward fee",
    "fee split: operators",
    "fee split: protection",
    "silent: discount",
    "silent: at most",
    "silent: daily share",
    "flash reserve target",
    "finalisation window",
    "silent after",
];

/// Word of a new pool's defaults.
pub const ENTRY_DEFAULTS: U256 = defaults(&TABLE, Place::Entry);
/// Word of a new pool's defaults.
pub const LIMITS_DEFAULTS: U256 = defaults(&TABLE, Place::Limits);

/// The word of a table's defaults, computed when the contract is compiled, so that no table of them is shipped.
pub const fn defaults(table: &[Parameter], place: Place) -> U256 {
    let mut limbs = [0u64; 4];
    let mut id = 0;
    while id < table.len() {
        let Parameter { default, field, .. } = table[id];
        if table[id].place as u8 == place as u8 {
            let (limb, bit) = (field.offset / 64, field.offset % 64);
            let shifted = (default as u128) << bit;
            limbs[limb] |= shifted as u64;
            if shifted >> 64 != 0 {
                limbs[limb + 1] |= (shifted >> 64) as u64;
            }
        }
        id += 1;
    }
    U256::from_limbs(limbs)
}

/// The parameter of a table with an id.
///
/// # Errors
///
/// `UnknownParameter` with how many there are.
pub fn find(table: &'static [Parameter], id: u8) -> Reverts<&'static Parameter> {
    table.get(usize::from(id)).ok_or_else(|| {
        let count = table.len() as u64;
        let words = [u64::from(id).word(), count.word()];
        revert(UnknownParameter::SELECTOR, &words)
    })
}
