//! Every governed number of the operator-registry: default, bounds and place. `parameters.md` in code.

use alloy_primitives::U256;

use crate::{
    parameters::{defaults, Parameter, Place, Unit},
    storage::Field,
};

const ETH: u64 = 1_000_000_000;
const DAY: u64 = 24 * 60 * 60;

const fn wei(default: u64, smallest: u64, largest: u64, place: Place, field: Field) -> Parameter {
    Parameter::new(Unit::Wei, default, smallest, largest, place, field)
}

const fn days(default: u64, smallest: u64, largest: u64, field: Field) -> Parameter {
    let (default, smallest, largest) = (default * DAY, smallest * DAY, largest * DAY);
    Parameter::new(
        Unit::Seconds,
        default,
        smallest,
        largest,
        Place::Exits,
        field,
    )
}

const fn basis_points(
    default: u64,
    smallest: u64,
    largest: u64,
    place: Place,
    field: Field,
) -> Parameter {
    Parameter::new(Unit::BasisPoints, default, smallest, largest, place, field)
}

const fn number(
    default: u64,
    smallest: u64,
    largest: u64,
    place: Place,
    field: Field,
) -> Parameter {
    Parameter::new(Unit::Number, default, smallest, largest, place, field)
}

use Place::{Exits, Operators};

/// Bond of an operator's first SSV node.
pub const BASE_SSV: Parameter = wei(ETH, ETH / 10, 32 * ETH, Operators, Field::new(0, 40));
/// Bond of an operator's first Obol node.
pub const BASE_OBOL: Parameter = wei(
    2 * ETH,
    ETH / 10,
    32 * ETH,
    Operators,
    BASE_SSV.field.then(40),
);
/// Bond of an operator's first direct node.
pub const BASE_DIRECT: Parameter = wei(
    4 * ETH,
    ETH / 10,
    32 * ETH,
    Operators,
    BASE_OBOL.field.then(40),
);
/// What the bond of a further node falls to, in parts of the first's.
pub const CURVE_FLOOR: Parameter =
    basis_points(5_000, 1_000, 10_000, Operators, BASE_DIRECT.field.then(14));
/// Node at which the curve reaches its floor.
pub const LEVEL_FROM: Parameter = number(50, 2, 1_000, Operators, CURVE_FLOOR.field.then(10));
/// Discount on bonds at a score of 10,000.
pub const LARGEST_DISCOUNT: Parameter =
    basis_points(5_000, 0, 8_000, Operators, LEVEL_FROM.field.then(14));
/// Regions in a cluster at least.
pub const LEAST_REGIONS: Parameter = number(3, 1, 4, Operators, LARGEST_DISCOUNT.field.then(3));
/// Consensus clients in a cluster at least.
pub const LEAST_CLIENTS: Parameter = number(2, 1, 4, Operators, LEAST_REGIONS.field.then(3));
/// Part of the active nodes that one operator may have.
pub const OPERATOR_CAP: Parameter =
    basis_points(500, 100, 2_000, Operators, LEAST_CLIENTS.field.then(14));
/// Part of the active nodes that one region may have.
pub const REGION_CAP: Parameter =
    basis_points(4_000, 3_400, 10_000, Operators, OPERATOR_CAP.field.then(14));
/// Clusters that may stand formed beyond what free ETH can fund.
pub const FORMED_AHEAD: Parameter = number(2, 0, 20, Operators, REGION_CAP.field.then(5));
/// Clean epochs after which an operator is proven.
pub const PROVEN_AFTER: Parameter = number(12, 1, 52, Operators, FORMED_AHEAD.field.then(6));

/// How long a keyed cluster may wait for its ETH before a member can have it dissolved.
pub const UNFUNDED_AT_MOST: Parameter = days(30, 7, 90, Field::new(0, 24));
/// What a failed key ceremony costs.
pub const CEREMONY_COST: Parameter =
    wei(ETH / 20, 0, ETH / 2, Exits, UNFUNDED_AT_MOST.field.then(30));
/// What a voluntary exit soon after activation costs.
pub const EARLY_EXIT_COST: Parameter = wei(
    ETH / 100 * 16,
    0,
    ETH / 2,
    Exits,
    CEREMONY_COST.field.then(30),
);
/// Time for a key ceremony.
pub const KEY_DEADLINE: Parameter = days(7, 1, 30, EARLY_EXIT_COST.field.then(24));
/// Time in which a short bond has to be made whole.
pub const SHORT_GRACE: Parameter = days(28, 7, 90, KEY_DEADLINE.field.then(24));
/// Voluntary exits a day.
pub const EXIT_SLOTS: Parameter = number(10, 1, 1_000, Exits, SHORT_GRACE.field.then(10));
/// Fee for an exit today, as a part of a validator's 32 ETH.
pub const FAST_TRACK_FEE: Parameter = basis_points(50, 0, 500, Exits, EXIT_SLOTS.field.then(9));
/// Time for the parts of an exit's signature.
pub const EXIT_DEADLINE: Parameter = days(3, 1, 14, FAST_TRACK_FEE.field.then(24));
/// Penalty for a part that is late, a day.
pub const LATE_PENALTY: Parameter =
    wei(ETH / 100, 0, ETH / 10, Exits, EXIT_DEADLINE.field.then(30));

/// Where no root took effect for so long, older epochs count as settled.
pub const SETTLED_WITHOUT_ROOT: Parameter = days(56, 28, 182, LATE_PENALTY.field.then(24));

/// All parameters; an id is a place in this table.
pub static TABLE: [Parameter; 22] = [
    BASE_SSV,
    BASE_OBOL,
    BASE_DIRECT,
    CURVE_FLOOR,
    LEVEL_FROM,
    LARGEST_DISCOUNT,
    LEAST_REGIONS,
    LEAST_CLIENTS,
    OPERATOR_CAP,
    REGION_CAP,
    FORMED_AHEAD,
    PROVEN_AFTER,
    UNFUNDED_AT_MOST,
    CEREMONY_COST,
    EARLY_EXIT_COST,
    KEY_DEADLINE,
    SHORT_GRACE,
    EXIT_SLOTS,
    FAST_TRACK_FEE,
    EXIT_DEADLINE,
    LATE_PENALTY,
    SETTLED_WITHOUT_ROOT,
];

/// Ids of the parameters that change after the delay of an upgrade (`parameters.md`).
pub const WITH_DELAY_OF_UPGRADES: [u8; 1] = [21];

/// Names of the parameters, in the order of their ids. Not in any contract.
#[cfg(not(target_arch = "wasm32"))]
pub const NAMES: [&str; 22] = [
    "base bond: SSV",
    "base bond: Obol",
    "base bond: direct",
    "bond curve: floor",
    "bond curve: level from node",
    "largest discount",
    "cluster minimum: regions",
    "cluster minimum: consensus clients",
    "cap: one operator",
    "cap: one region",
    "clusters formed ahead",
    "proven after epochs",
    "unfunded at most",
    "failed ceremony",
    "early exit",
    "key deadline",
    "short-bond grace",
    "voluntary exit slots a day",
    "fast-track fee",
    "requested exit deadline",
    "late penalty a day",
    "settled without a root after",
];

/// Word of a new registry's defaults.
pub const OPERATORS_DEFAULTS: U256 = defaults(&TABLE, Operators);
/// Word of a new registry's defaults.
pub const EXITS_DEFAULTS: U256 = defaults(&TABLE, Exits);
