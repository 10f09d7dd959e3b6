//! `clay operator simulate`: what a next node would need, and when it would be chosen.

use alloy::primitives::U256;
use clap::Args;
use clay_shared::operators::{
    bond::{BondTerms, Nodes},
    choice::{class, operator_cap},
    parameters::{BASE_DIRECT, BASE_OBOL, BASE_SSV, CURVE_FLOOR, LARGEST_DISCOUNT, LEVEL_FROM},
    score::{weight, START},
    state::bucket,
    NodeType,
};
use clay_shared::parameters::Parameter;
use serde_json::{json, Value};

use super::{list::Operator, worth, At, Registry};
use crate::{
    allocation::{parameter_id, AtBlock, Contracts, State},
    amount::{self, display_eth},
    bindings::OperatorRegistry::parameterCall,
    failure::Failure,
    numbers::{bucket as bucket_in_words, node_type, Kind, Type},
    output::say,
    table,
};

/// Says what bond the next node of a type needs, how many nodes a bond carries, and when the next would be chosen. Without
/// --live or --operator it asks no chain, and takes the defaults of the governed numbers.
#[derive(Args, Debug)]
pub(in crate::commands) struct SimulateArgs {
    /// The type of the nodes.
    #[arg(long = "type", value_name = "TYPE")]
    of: Type,
    /// How many live nodes of the type there are already.
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..1 << 24), conflicts_with = "operator")]
    nodes: u32,
    /// The operator's score.
    #[arg(long, default_value_t = START, value_parser = clap::value_parser!(u16).range(..=10_000), conflicts_with = "operator")]
    score: u16,
    /// It is not proven: neither vouched for, nor with enough clean epochs.
    #[arg(long, conflicts_with = "operator")]
    unproven: bool,
    /// What kind of operator.
    #[arg(long, default_value = "home", conflicts_with = "operator")]
    kind: Kind,
    /// A bond, in ETH.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse)]
    bond: Option<U256>,
    /// Takes the governed numbers, targets and lines of the pool on chain.
    #[arg(long)]
    live: bool,
    /// Takes an operator of the pool as it stands.
    #[arg(long, value_name = "NUMBER")]
    operator: Option<u32>,
    /// Prints JSON: amounts in wei, as text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

/// Who it is about.
struct Subject {
    of: NodeType,
    kind: u8,
    /// Its number, if it is one of the pool's.
    number: Option<u32>,
    live: Nodes,
    active: u32,
    score: u16,
    proven: bool,
    /// Wei.
    bond: Option<u128>,
}

/// The answers.
struct Answers {
    /// Wei for the live nodes, and with one more.
    required: u128,
    required_next: u128,
    /// Nodes of the type that the bond carries beside those of other types; none without a bond.
    carried: Option<u32>,
    class: u16,
    /// What the pool says, if it was asked.
    pool: Option<InPool>,
}

/// Where it would stand.
struct InPool {
    bucket: usize,
    target: u16,
    /// Buckets that would be tried before its own.
    tried_before: usize,
    /// Nodes that it may have active.
    cap: u32,
    /// For each region, how many stand before it there.
    before: Vec<usize>,
}

impl SimulateArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        if !self.live && self.operator.is_none() {
            let subject = self.described();
            let answers = Answers::new(&subject, &BondTerms::DEFAULT, None);
            self.tell(&subject, &answers);
            return Ok(());
        }
        let registry = self.at.open().await?;
        let block = registry.client.block_number().await?;
        let views = AtBlock {
            client: &registry.client,
            block,
        };
        let contracts = Contracts {
            manager: registry.pool.manager,
            registry: registry.address,
        };
        let state = State::read(&views, contracts).await?;
        let terms = bond_terms(&registry).await?;
        let subject = match self.operator {
            Some(number) => self.standing(&registry, &state, number).await?,
            None => self.described(),
        };
        let answers = Answers::new(&subject, &terms, Some(&state));
        self.tell(&subject, &answers);
        Ok(())
    }

    /// Who the options describe.
    fn described(&self) -> Subject {
        let of = NodeType::from(self.of);
        let mut live = [0; NodeType::ALL.len()];
        live[of as usize] = self.nodes;
        Subject {
            of,
            kind: self.kind as u8,
            number: None,
            live,
            active: self.nodes,
            score: self.score,
            proven: !self.unproven,
            bond: self.bond.map(|wei| wei.saturating_to()),
        }
    }

    /// An operator of the pool, with another bond if one is given.
    async fn standing(
        &self,
        registry: &Registry,
        state: &State,
        number: u32,
    ) -> Result<Subject, Failure> {
        let read = Operator::read(registry, U256::from(number)).await?;
        let bond = worth(state.rate, read.bond.shares);
        let standing = read.standing;
        Ok(Subject {
            of: self.of.into(),
            kind: read.record.kind,
            number: Some(number),
            live: standing.live.map(|nodes| nodes.saturating_to()),
            active: standing.active.saturating_to(),
            score: standing.score.saturating_to(),
            proven: standing.proven,
            bond: Some(self.bond.unwrap_or(bond).saturating_to()),
        })
    }

    fn tell(&self, subject: &Subject, answers: &Answers) {
        if self.json {
            say!("{:#}", answers.json(subject));
        } else {
            say!("{}", table::lines(&answers.rows(subject)));
        }
    }
}

/// The governed numbers of bonds, as the chain has them.
async fn bond_terms(registry: &Registry) -> Result<BondTerms, Failure> {
    let read = async |parameter: &Parameter| {
        let id = parameter_id(parameter);
        let read = registry.view(parameterCall { id }).await?;
        Ok::<u128, Failure>(read.value.saturating_to())
    };
    Ok(BondTerms {
        base: [
            read(&BASE_SSV).await?,
            read(&BASE_OBOL).await?,
            read(&BASE_DIRECT).await?,
        ],
        level_from: read(&LEVEL_FROM).await? as u32,
        floor: read(&CURVE_FLOOR).await? as u16,
        largest_discount: read(&LARGEST_DISCOUNT).await? as u16,
    })
}

impl Answers {
    fn new(subject: &Subject, terms: &BondTerms, state: Option<&State>) -> Self {
        let Subject {
            of, live, score, ..
        } = *subject;
        let mut next = live;
        next[of as usize] += 1;
        let class = class(subject.active, weight(score, subject.proven));
        let carried = subject
            .bond
            .map(|bond| terms.largest(bond, live, of, score).unwrap_or(0));
        Self {
            required: terms.required(live, score),
            required_next: terms.required(next, score),
            carried,
            class,
            pool: state.map(|state| InPool::new(subject, class, state)),
        }
    }

    fn rows(&self, subject: &Subject) -> Vec<(&'static str, String)> {
        let of = node_type(subject.of as u8);
        let live = subject.live[subject.of as usize];
        let eth = |wei: u128| display_eth(U256::from(wei));
        let next = self.required_next - self.required;
        let mut rows = vec![
            (
                "required now",
                format!("{}, with {live} live {of} nodes", eth(self.required)),
            ),
            (
                "with the next",
                format!("{}, {} more", eth(self.required_next), eth(next)),
            ),
        ];
        if let (Some(bond), Some(carried)) = (subject.bond, self.carried) {
            let missing = self.required_next.saturating_sub(bond);
            let words = match missing {
                0 => "the next is carried".into(),
                missing => format!("{} are missing for the next", eth(missing)),
            };
            rows.push((
                "the bond",
                format!("{} carries {carried} {of} nodes: {words}", eth(bond)),
            ));
        }
        let standing = if subject.proven { "proven" } else { "unproven" };
        rows.push((
            "class",
            format!(
                "{}, of {standing} operators: (active + 1) / weight, the lowest is chosen first",
                self.class
            ),
        ));
        if !subject.proven && subject.of.cluster_size() == 1 {
            rows.push((
                "chosen",
                "never: nobody unproven runs a validator alone".into(),
            ));
        }
        if let Some(pool) = &self.pool {
            rows.extend(pool.rows(subject));
        }
        rows
    }

    fn json(&self, subject: &Subject) -> Value {
        json!({
            "type": node_type(subject.of as u8),
            "kind": subject.kind,
            "score": subject.score,
            "proven": subject.proven,
            "live": subject.live,
            "active": subject.active,
            "bond": subject.bond.map(|wei| wei.to_string()),
            "required": self.required.to_string(),
            "requiredWithNext": self.required_next.to_string(),
            "carried": self.carried,
            "class": self.class,
            "pool": self.pool.as_ref().map(InPool::json),
        })
    }
}

impl InPool {
    fn new(subject: &Subject, class: u16, state: &State) -> Self {
        let Subject {
            of, kind, proven, ..
        } = *subject;
        let bucket = bucket(of, kind);
        let missing = state.missing();
        let own = missing.get(&bucket).copied();
        // Of equals the first one.
        let goes_before = |(other, lacks): &(&usize, &i64)| {
            own.is_some_and(|own| **lacks > own || **lacks == own && **other < bucket)
        };
        let active: u32 = state.by_bucket.iter().sum();
        let after = active + u32::from(of.cluster_size());
        let before = (0..8).map(|region| {
            let line = state.line(of, kind, region, proven);
            let waiting = line.map(|line| &line.waiting[..]).unwrap_or_default();
            let own = waiting
                .iter()
                .position(|other| Some(other.operator) == subject.number);
            // Who joins a class stands behind all of it.
            own.unwrap_or_else(|| waiting.iter().filter(|other| other.class <= class).count())
        });
        Self {
            bucket,
            target: state.targets[bucket],
            tried_before: missing.iter().filter(goes_before).count(),
            cap: operator_cap(after, state.parameters.operator_cap, state.proven),
            before: before.collect(),
        }
    }

    fn rows(&self, subject: &Subject) -> Vec<(&'static str, String)> {
        let name = bucket_in_words(self.bucket);
        if self.target == 0 {
            let words = format!("never: the target of {name} is zero");
            return vec![("chosen", words)];
        }
        let tried = match self.tried_before {
            0 => "tried first".into(),
            1 => "tried after one other".into(),
            others => format!("tried after {others} others"),
        };
        let before: Vec<_> = (0..)
            .zip(&self.before)
            .map(|(region, before): (u8, &usize)| format!("{region}: {before}"))
            .collect();
        let cap = match subject.active < self.cap {
            true => format!("{} active nodes, and it has {}", self.cap, subject.active),
            false => format!(
                "{} active nodes: with {} it is passed over",
                self.cap, subject.active
            ),
        };
        vec![
            ("bucket", format!("{name}, {tried}")),
            (
                "stand before it",
                format!("by region, {}", before.join(", ")),
            ),
            ("it may have", cap),
        ]
    }

    fn json(&self) -> Value {
        json!({
            "bucket": bucket_in_words(self.bucket),
            "target": self.target,
            "bucketsTriedBefore": self.tried_before,
            "operatorCap": self.cap,
            "standBeforeByRegion": self.before,
        })
    }
}
