//! All that the choice of the next cluster depends on.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::{Address, U256};
use clay_shared::{
    books::Rate,
    kyc::OPERATE,
    operators::{
        choice::{BUCKETS, KINDS as REGIONS},
        parameters::{self, FORMED_AHEAD, LEAST_CLIENTS, LEAST_REGIONS, OPERATOR_CAP, REGION_CAP},
        state::{bucket, KINDS},
        NodeType,
    },
    parameters::Parameter,
};

use super::{choice::MOST_LOOKS, Views};
use crate::{
    bindings::{
        KycWhitelist::rightsOfCall,
        OperatorRegistry::{
            bondOfCall, countsCall, parameterCall, recordCall, requiredCall, standingCall,
            targetsCall, totalsCall, waitingCall, waitingReturn, whitelistCall,
        },
        StakeManager::registryTermsCall,
    },
    failure::Failure,
};

/// Operators that are read of a line. The choice looks at so many at most in a bucket, and while it looked at the two others
/// of a kind it can have taken as many each off the lists.
const MOST_READ: usize = 3 * MOST_LOOKS;

/// Whom to ask.
#[derive(Clone, Copy, Debug)]
pub struct Contracts {
    /// The pool's stake-manager.
    pub manager: Address,
    /// Its operator-registry.
    pub registry: Address,
}

/// All that the choice of the next cluster depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The governed numbers.
    pub parameters: Parameters,
    /// Basis points of the pool's nodes that each bucket should have.
    pub targets: [u16; BUCKETS],
    /// Active nodes of each bucket.
    pub by_bucket: [u32; BUCKETS],
    /// Active nodes of each region.
    pub by_region: [u32; REGIONS as usize],
    /// Operators that are proven.
    pub proven: u32,
    /// Clusters in a key ceremony with an operator that was unproven when they were formed.
    pub newcomers: u32,
    /// Wei for shares, which prices bonds.
    pub rate: Rate,
    /// Validators that free ETH can fund.
    pub fundable: u128,
    /// Clusters without a key.
    pub reserved: u32,
    /// Clusters that wait for ETH.
    pub keyed: u32,
    /// Lines that have anybody, of buckets whose target is not zero: by bucket, region, and the unproven one first.
    pub lines: Vec<Line>,
    /// The operators in them, by number.
    pub operators: BTreeMap<u32, Standing>,
}

/// The governed numbers that the choice depends on, those of bonds aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Regions in a cluster at least.
    pub least_regions: u8,
    /// Consensus clients in a cluster at least.
    pub least_clients: u8,
    /// Part of the active nodes that one operator may have, basis points.
    pub operator_cap: u16,
    /// Part of the active nodes that one region may have, basis points.
    pub region_cap: u16,
    /// Clusters that may stand formed beyond those that can be funded.
    pub formed_ahead: u128,
}

/// Operators of a bucket with queued nodes in a region, proven or not, in the order in which they wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Type of the nodes.
    pub of: NodeType,
    /// Kind of the operators.
    pub kind: u8,
    /// The region.
    pub region: u8,
    /// Whether the operators are proven.
    pub proven: bool,
    /// Who waits, the first one first.
    pub waiting: Vec<Waiting>,
    /// Whether there are more, which the choice cannot reach.
    pub more: bool,
}

/// Who waits in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Number of the operator.
    pub operator: u32,
    /// Its class: load against weight.
    pub class: u16,
    /// Its first node there.
    pub node: u32,
    /// That node's consensus client.
    pub client: u8,
}

/// How an operator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its active nodes.
    pub active: u32,
    /// Shares of its bond.
    pub bond: u128,
    /// Shares that it owes.
    pub debt: u128,
    /// Wei that its live nodes require with one more of each type.
    pub with_one_more: [u128; NodeType::ALL.len()],
    /// Whether it has the right to operate, where that is asked.
    pub right: bool,
}

impl State {
    /// Reads it.
    ///
    /// # Errors
    /// If a view cannot be asked; or refuses, as the manager does while nothing is priced.
    pub async fn read(views: &impl Views, of: Contracts) -> Result<Self, Failure> {
        let Contracts { manager, registry } = of;
        let terms = views.ask(manager, registryTermsCall {}).await?;
        let counts = views.ask(registry, countsCall {}).await?;
        let totals = views.ask(registry, totalsCall {}).await?;
        let targets = views.ask(registry, targetsCall {}).await?;
        let mut state = Self {
            parameters: Parameters::read(views, registry).await?,
            targets: targets.map(|target| target.saturating_to()),
            by_bucket: totals.byBucket.map(|nodes| nodes.saturating_to()),
            by_region: totals.byRegion.map(|nodes| nodes.saturating_to()),
            proven: totals.proven.saturating_to(),
            newcomers: totals.newcomers.saturating_to(),
            rate: Rate {
                assets: terms.rateAssets.saturating_to(),
                shares: terms.rateShares.saturating_to(),
            },
            fundable: terms.fundable.saturating_to(),
            reserved: counts.reserved.saturating_to(),
            keyed: counts.keyed.saturating_to(),
            lines: Vec::new(),
            operators: BTreeMap::new(),
        };
        for of in NodeType::ALL {
            for kind in (0..KINDS).filter(|kind| targets[bucket(of, *kind)] != U256::ZERO) {
                for place in 0..2 * REGIONS {
                    let (region, proven) = (place / 2, place % 2 == 1);
                    let line = Line::read(views, registry, (of, kind, region, proven)).await?;
                    state.lines.extend(line);
                }
            }
        }
        let whitelist = views.ask(registry, whitelistCall {}).await?;
        for operator in state.waiting_operators() {
            let standing = Standing::read(views, registry, whitelist, operator).await?;
            state.operators.insert(operator, standing);
        }
        Ok(state)
    }

    /// The line of a bucket, region and standing, if anybody stands there.
    pub fn line(&self, of: NodeType, kind: u8, region: u8, proven: bool) -> Option<&Line> {
        let place = (of, kind, region, proven);
        let at = |line: &&Line| (line.of, line.kind, line.region, line.proven) == place;
        self.lines.iter().find(at)
    }

    fn waiting_operators(&self) -> BTreeSet<u32> {
        let waiting = self.lines.iter().flat_map(|line| &line.waiting);
        waiting.map(|waiting| waiting.operator).collect()
    }
}

impl Parameters {
    async fn read(views: &impl Views, registry: Address) -> Result<Self, Failure> {
        let read = async |parameter: &Parameter| {
            let id = parameter_id(parameter);
            let read = views.ask(registry, parameterCall { id }).await?;
            Ok::<u128, Failure>(read.value.saturating_to())
        };
        Ok(Self {
            least_regions: read(&LEAST_REGIONS).await? as u8,
            least_clients: read(&LEAST_CLIENTS).await? as u8,
            operator_cap: read(&OPERATOR_CAP).await? as u16,
            region_cap: read(&REGION_CAP).await? as u16,
            formed_ahead: read(&FORMED_AHEAD).await?,
        })
    }
}

/// A parameter's number at the registry: its place in the table.
pub fn parameter_id(parameter: &Parameter) -> u8 {
    let (place, field) = (parameter.place, parameter.field.offset);
    let is = |other: &Parameter| (other.place, other.field.offset) == (place, field);
    parameters::TABLE.iter().position(is).unwrap_or_default() as u8
}

impl Line {
    /// Reads a line; none if nobody waits there.
    async fn read(
        views: &impl Views,
        registry: Address,
        (of, kind, region, proven): (NodeType, u8, u8, bool),
    ) -> Result<Option<Self>, Failure> {
        let mut line = Self {
            of,
            kind,
            region,
            proven,
            waiting: Vec::new(),
            more: false,
        };
        let mut after = U256::ZERO;
        loop {
            let call = waitingCall {
                nodeType: of as u8,
                kind,
                region,
                proven,
                after_: after,
            };
            let waitingReturn {
                operator,
                class,
                node,
                consensusClient,
            } = views.ask(registry, call).await?;
            if operator.is_zero() {
                break;
            }
            if line.waiting.len() == MOST_READ {
                line.more = true;
                break;
            }
            line.waiting.push(Waiting {
                operator: operator.saturating_to(),
                class: class.saturating_to(),
                node: node.saturating_to(),
                client: consensusClient,
            });
            after = operator;
        }
        Ok((!line.waiting.is_empty()).then_some(line))
    }
}

impl Standing {
    async fn read(
        views: &impl Views,
        registry: Address,
        whitelist: Address,
        operator: u32,
    ) -> Result<Self, Failure> {
        let operator = U256::from(operator);
        let standing = views.ask(registry, standingCall { operator }).await?;
        let bond = views.ask(registry, bondOfCall { operator }).await?;
        let required = views.ask(registry, requiredCall { operator }).await?;
        let right = match whitelist.is_zero() {
            true => true,
            false => {
                let record = views.ask(registry, recordCall { operator }).await?;
                let account = record.manager;
                let held = views.ask(whitelist, rightsOfCall { account }).await?;
                held & OPERATE != 0
            }
        };
        Ok(Self {
            active: standing.active.saturating_to(),
            bond: bond.shares.saturating_to(),
            debt: bond.debt.saturating_to(),
            with_one_more: required.withOneMore.map(|wei| wei.saturating_to()),
            right,
        })
    }
}
