//! Every governed number of a pool, as the chain has it. To add a contract's, add a function below and name it in
//! [`of`].

use alloy::primitives::{Address, U256};
use clay_shared::{
    operators,
    parameters::{self, Unit},
};
use serde_json::{json, Value};

use super::PoolContracts;
use crate::{
    amount::{display, display_eth},
    bindings::{
        FlashExitPool::{
            conversionCall, feesCall, limitsCall, monthlyAllowanceCall, treasuryPartCall,
            whitelistCall,
        },
        OperatorRegistry::targetsCall,
        ProtectionPool::coverCapCall,
        RewardsDistributor::{currentEpochCall, rootDelayCall, termsCall},
        StakeManager::{parameterCall, parameterCountCall},
        Timelock::delayOfCall,
        UnstakeQueue::{cancelCostsCall, orderLimitsCall},
    },
    client::Client,
    deploy,
    failure::Failure,
    governance, table,
};

/// A share, or an ETH.
const ONE: u128 = 1_000_000_000_000_000_000;

/// Smallest and largest value of the unstake-queue's numbers: its setters enforce them, and no view tells them.
const SMALLEST_ORDER: (u128, u128) = (1_000_000_000, ONE);
/// The larger one is what its 40 bits hold, in thousandths of a share.
const LARGEST_ORDER: (u128, u128) = (100 * ONE, ((1 << 40) - 1) * (ONE / 1_000));
const COST_BEFORE_DUE: (u128, u128) = (1, 50);
const COST_AFTER_DUE: (u128, u128) = (5, 100);
/// Likewise of the flash-exit-pool's.
const FEE: (u128, u128) = (1, 500);
const LOW_WATERMARK: (u128, u128) = (0, 9_000);
const PART: (u128, u128) = (0, 10_000);
/// What its 96 bits hold; none without a whitelist.
const ALLOWANCE: (u128, u128) = (0, (1 << 96) - 1);
const NO_ALLOWANCE: (u128, u128) = (0, 0);
/// Likewise of the operator-registry's.
const TARGET: (u128, u128) = (0, 10_000);
/// Likewise of the rewards-distributor's.
const EPOCH_LENGTH: (u128, u128) = (DAY, 28 * DAY);
/// Half an epoch is the largest.
const SHORTEST_ROOT_DELAY: u128 = 60 * 60;
const STANDING: (u128, u128) = (9_000, 9_990);
/// Once a week by half at most.
const SSV_PRICE: (u128, u128) = (1, (1 << 96) - 1);
const DAY: u128 = 24 * 60 * 60;
/// Likewise of the protection-pool's.
const COVER_CAP: (u128, u128) = (0, 10_000);

/// The timelock's delays, in the order of their kinds.
const DELAYS: [&str; 3] = [
    "delay of parameters",
    "delay of upgrades",
    "delay of what replaces the Board",
];

/// The targets by bucket, which add up to the whole.
const BUCKET_TARGETS: [&str; 9] = [
    "target: SSV, home",
    "target: SSV, professional",
    "target: SSV, institution",
    "target: Obol, home",
    "target: Obol, professional",
    "target: Obol, institution",
    "target: direct, home",
    "target: direct, professional",
    "target: direct, institution",
];

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    Wei,
    /// 1e18 a share.
    Shares,
    Seconds,
    BasisPoints,
    /// Whatever its name says.
    Number,
    /// Unknown to this tool.
    Unknown,
}

impl From<Unit> for Counts {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Wei => Self::Wei,
            Unit::Seconds => Self::Seconds,
            Unit::BasisPoints => Self::BasisPoints,
            Unit::Number => Self::Number,
        }
    }
}

impl Counts {
    fn show(self, value: U256) -> String {
        match self {
            Self::Wei => display_eth(value),
            Self::Shares => format!("{} shares", display(value)),
            Self::Seconds => format!("{value} s"),
            Self::BasisPoints => format!("{value} bp"),
            Self::Number | Self::Unknown => value.to_string(),
        }
    }

    /// Its name in JSON.
    fn name(self) -> &'static str {
        match self {
            Self::Wei => "wei",
            Self::Shares => "shares, 1e18 each",
            Self::Seconds => "seconds",
            Self::BasisPoints => "basis points",
            Self::Number => "number",
            Self::Unknown => "unknown",
        }
    }
}

/// A governed number.
pub(super) struct Parameter {
    contract: &'static str,
    /// Its number at the contract, where it has one.
    id: Option<u8>,
    name: &'static str,
    counts: Counts,
    value: U256,
    smallest: U256,
    largest: U256,
}

impl Parameter {
    /// One whose bounds this tool knows.
    fn bounded(
        contract: &'static str,
        name: &'static str,
        counts: Counts,
        value: U256,
        (smallest, largest): (u128, u128),
    ) -> Self {
        Self {
            contract,
            id: None,
            name,
            counts,
            value,
            smallest: U256::from(smallest),
            largest: U256::from(largest),
        }
    }

    fn row(&self) -> (&'static str, String) {
        let [value, smallest, largest] =
            [self.value, self.smallest, self.largest].map(|value| self.counts.show(value));
        (self.name, format!("{value}  ({smallest} to {largest})"))
    }

    /// As JSON: amounts in wei, as text.
    pub(super) fn json(&self) -> Value {
        json!({
            "contract": self.contract,
            "id": self.id,
            "name": self.name,
            "unit": self.counts.name(),
            "value": self.value.to_string(),
            "smallest": self.smallest.to_string(),
            "largest": self.largest.to_string(),
        })
    }
}

/// Tables, one a contract.
pub(super) fn table(parameters: &[Parameter]) -> String {
    let contracts = parameters.chunk_by(|one, next| one.contract == next.contract);
    let table = |of_contract: &[Parameter]| {
        let rows: Vec<_> = of_contract.iter().map(Parameter::row).collect();
        let contract = of_contract[0].contract;
        format!("Parameters of the {contract}\n{}", table::lines(&rows))
    };
    contracts.map(table).collect::<Vec<_>>().join("\n")
}

/// Every governed number of a pool, one contract after the other.
pub(super) async fn of(client: &Client, pool: &PoolContracts) -> Result<Vec<Parameter>, Failure> {
    let known = parameters::NAMES.into_iter().zip(&parameters::TABLE);
    let mut parameters = numbered(client, "stake-manager", pool.manager, known).await?;
    parameters.extend(of_unstake_queue(client, pool).await?);
    parameters.extend(of_flash_exit_pool(client, pool).await?);
    parameters.extend(of_protection_pool(client, pool).await?);
    parameters.extend(of_operator_registry(client, pool).await?);
    parameters.extend(of_rewards_distributor(client, pool).await?);
    parameters.extend(of_timelock(client, pool).await?);
    Ok(parameters)
}

/// The parameters of a contract that numbers them; the names and units of those that are known, in the order of their ids.
async fn numbered(
    client: &Client,
    contract: &'static str,
    at: Address,
    known: impl Iterator<Item = (&'static str, &parameters::Parameter)>,
) -> Result<Vec<Parameter>, Failure> {
    let known: Vec<_> = known.collect();
    let count = client.view(at, parameterCountCall {}).await?;
    let count = count.saturating_to::<u8>();
    let mut parameters = Vec::with_capacity(count.into());
    for id in 0..count {
        let read = client.view(at, parameterCall { id }).await?;
        // A newer contract may know more parameters than this tool.
        let known = known.get(usize::from(id));
        parameters.push(Parameter {
            contract,
            id: Some(id),
            name: known.map_or("(unknown to this tool)", |(name, _)| name),
            counts: known.map_or(Counts::Unknown, |(_, known)| known.unit.into()),
            value: read.value,
            smallest: read.smallest,
            largest: read.largest,
        });
    }
    Ok(parameters)
}

async fn of_operator_registry(
    client: &Client,
    pool: &PoolContracts,
) -> Result<Vec<Parameter>, Failure> {
    const NAME: &str = "operator-registry";
    let registry = pool.at(client, NAME).await?;
    let known = operators::parameters::NAMES.into_iter();
    let known = known.zip(&operators::parameters::TABLE);
    let mut parameters = numbered(client, NAME, registry, known).await?;
    let targets = client.view(registry, targetsCall {}).await?;
    let targets = BUCKET_TARGETS.into_iter().zip(targets);
    parameters.extend(
        targets.map(|(name, value)| {
            Parameter::bounded(NAME, name, Counts::BasisPoints, value, TARGET)
        }),
    );
    Ok(parameters)
}

async fn of_rewards_distributor(
    client: &Client,
    pool: &PoolContracts,
) -> Result<[Parameter; 7], Failure> {
    const NAME: &str = "rewards-distributor";
    let distributor = pool.at(client, NAME).await?;
    let epoch = client.view(distributor, currentEpochCall {}).await?;
    let delay = client.view(distributor, rootDelayCall {}).await?;
    // What was changed last counts from the next epoch on.
    let next = termsCall {
        epoch: epoch.epoch + U256::from(1),
    };
    let terms = client.view(distributor, next).await?;
    let seconds =
        |name, value, bounds| Parameter::bounded(NAME, name, Counts::Seconds, value, bounds);
    let part =
        |name, value, bounds| Parameter::bounded(NAME, name, Counts::BasisPoints, value, bounds);
    let price = terms.ssvPrice;
    // The delay stays within half an epoch.
    let twice: u128 = delay.saturating_to::<u128>().saturating_mul(2);
    let lengths = (EPOCH_LENGTH.0.max(twice), EPOCH_LENGTH.1);
    let half: u128 = epoch.length.saturating_to::<u128>() / 2;
    let delays = (SHORTEST_ROOT_DELAY, half);
    Ok([
        seconds("length of an epoch", epoch.length, lengths),
        seconds("root delay", delay, delays),
        part("factor: SSV", terms.ssv, PART),
        part("factor: Obol", terms.obol, PART),
        part("factor: direct", terms.direct, PART),
        part(
            "standing, of expected attestations",
            terms.standing,
            STANDING,
        ),
        Parameter::bounded(NAME, "price of an SSV token", Counts::Wei, price, SSV_PRICE),
    ])
}

async fn of_unstake_queue(
    client: &Client,
    pool: &PoolContracts,
) -> Result<[Parameter; 4], Failure> {
    const NAME: &str = "unstake-queue";
    let queue = pool.at(client, NAME).await?;
    let limits = client.view(queue, orderLimitsCall {}).await?;
    let costs = client.view(queue, cancelCostsCall {}).await?;
    let shares =
        |name, value, bounds| Parameter::bounded(NAME, name, Counts::Shares, value, bounds);
    let cost =
        |name, value, bounds| Parameter::bounded(NAME, name, Counts::BasisPoints, value, bounds);
    Ok([
        shares("smallest order", limits.smallest, SMALLEST_ORDER),
        shares("largest order", limits.largest, LARGEST_ORDER),
        cost("cancel cost before due", costs.beforeDue, COST_BEFORE_DUE),
        cost("cancel cost after due", costs.afterDue, COST_AFTER_DUE),
    ])
}

async fn of_flash_exit_pool(
    client: &Client,
    pool: &PoolContracts,
) -> Result<Vec<Parameter>, Failure> {
    const NAME: &str = "flash-exit-pool";
    let flash = pool.at(client, NAME).await?;
    let fees = client.view(flash, feesCall {}).await?;
    let limits = client.view(flash, limitsCall {}).await?;
    let treasury_part = client.view(flash, treasuryPartCall {}).await?;
    let allowance = client.view(flash, monthlyAllowanceCall {}).await?;
    let allowances = match client.view(flash, whitelistCall {}).await?.is_zero() {
        true => NO_ALLOWANCE,
        false => ALLOWANCE,
    };
    let conversion = client.view(flash, conversionCall {}).await?;
    let part =
        |name, value, bounds| Parameter::bounded(NAME, name, Counts::BasisPoints, value, bounds);
    let mut parameters = vec![
        part("smallest fee", fees.min, FEE),
        part("largest fee", fees.max, FEE),
        part(
            "low watermark, of the target",
            limits.lowWatermark,
            LOW_WATERMARK,
        ),
        part("bucket capacity, of totalAssets", limits.capacity, PART),
        part("bucket refill a day", limits.refill, PART),
        part("largest exit, of totalAssets", limits.largest, PART),
        part("treasury's part of fees", treasury_part, PART),
        Parameter::bounded(
            NAME,
            "monthly allowance",
            Counts::Wei,
            allowance,
            allowances,
        ),
    ];
    // It has no terms before it is to a pool.
    if !conversion.stakeManager.is_zero() {
        parameters.extend([
            part("conversion fee", conversion.fee, FEE),
            part("conversions a day, of totalAssets", conversion.bucket, PART),
        ]);
    }
    Ok(parameters)
}

/// Both pools' delays; none where the pools are not governed by a timelock.
async fn of_timelock(client: &Client, pool: &PoolContracts) -> Result<Vec<Parameter>, Failure> {
    let name = deploy::pool::shared(governance::NAME);
    if !pool.deployment.contracts.contains_key(&name) {
        return Ok(Vec::new());
    }
    let timelock = pool.deployment.contract(client, &name).await?;
    let mut parameters = Vec::with_capacity(DELAYS.len());
    for (kind, name) in (1..).zip(DELAYS) {
        let kind = U256::from(kind);
        let read = client.view(timelock, delayOfCall { kind }).await?;
        parameters.push(Parameter {
            contract: governance::NAME,
            id: None,
            name,
            counts: Counts::Seconds,
            value: read.delay,
            smallest: read.smallest,
            largest: read.largest,
        });
    }
    Ok(parameters)
}

async fn of_protection_pool(
    client: &Client,
    pool: &PoolContracts,
) -> Result<[Parameter; 1], Failure> {
    const NAME: &str = "protection-pool";
    let protection = pool.at(client, NAME).await?;
    let cap = client.view(protection, coverCapCall {}).await?;
    let counts = Counts::BasisPoints;
    Ok([Parameter::bounded(
        NAME,
        "cover in 30 days",
        counts,
        cap,
        COVER_CAP,
    )])
}
