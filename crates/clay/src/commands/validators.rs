//! `clay validators`: the validators of a pool, as its registry knows them.

use alloy::primitives::{Address, Bytes, U256};
use clap::Args;
use serde_json::{json, Value};

use super::{ChainArgs, PoolContracts};
use crate::{
    bindings::OperatorRegistry::{
        clusterCall, clusterKeyCall, countsCall, fundedClusterCall, nodeCall,
    },
    client::Client,
    deploy::pool::Pool,
    failure::Failure,
    moment::told,
    numbers::{cluster_state, node_type},
    output::say,
    table,
};

/// Shows the validators that were funded, oldest first: their keys, who runs them, and how they stand.
#[derive(Args, Debug)]
pub(super) struct ValidatorsArgs {
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    /// Leaves out so many of the first.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    skip: u64,
    /// Shows so many at most.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: u64,
    /// Prints JSON: times in Unix seconds.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    chain: ChainArgs,
}

/// A validator that was funded.
struct Validator {
    /// Its place in the order of funding, from 0.
    place: u64,
    cluster: U256,
    node_type: u8,
    state: u8,
    since: U256,
    /// Numbers of the operators, by their places in the cluster.
    operators: Vec<U256>,
    public_key: Bytes,
}

impl ValidatorsArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&client, &self.chain, self.pool).await?;
        let registry = pool.at(&client, "operator-registry").await?;
        let funded = client.view(registry, countsCall {}).await?.funded;
        let funded: u64 = funded.saturating_to();
        let end = self.skip.saturating_add(self.limit).min(funded);
        let mut validators = Vec::new();
        for place in self.skip..end {
            validators.push(Validator::read(&client, registry, place).await?);
        }
        if self.json {
            let list: Vec<Value> = validators.iter().map(Validator::json).collect();
            say!("{:#}", json!({ "funded": funded, "validators": list }));
            return Ok(());
        }
        let now = client.now().await?;
        let rows: Vec<_> = validators.iter().flat_map(|it| it.rows(now)).collect();
        if !rows.is_empty() {
            say!("{}", table::lines(&rows));
        }
        say!("{funded} validators funded, {} shown.", validators.len());
        Ok(())
    }
}

impl Validator {
    async fn read(client: &Client, registry: Address, place: u64) -> Result<Self, Failure> {
        let index = U256::from(place);
        let id = client.view(registry, fundedClusterCall { index }).await?;
        let cluster = client.view(registry, clusterCall { id }).await?;
        let key = client.view(registry, clusterKeyCall { id }).await?;
        let mut operators = Vec::new();
        for id in cluster.nodes.into_iter().filter(|node| !node.is_zero()) {
            operators.push(client.view(registry, nodeCall { id }).await?.operator);
        }
        Ok(Self {
            place,
            cluster: id,
            node_type: cluster.nodeType,
            state: cluster.state,
            since: cluster.since,
            operators,
            public_key: key.publicKey,
        })
    }

    fn rows(&self, now: u64) -> [(String, String); 3] {
        let since = told(self.since.saturating_to(), now);
        let state = format!("{}, {since}", cluster_state(self.state));
        let operators: Vec<_> = self.operators.iter().map(U256::to_string).collect();
        let operators = format!(
            "{} cluster {}, of operators {}",
            node_type(self.node_type),
            self.cluster,
            operators.join(", ")
        );
        [
            (
                format!("validator {}", self.place),
                self.public_key.to_string(),
            ),
            (String::new(), state),
            (String::new(), operators),
        ]
    }

    fn json(&self) -> Value {
        let operators: Vec<_> = self.operators.iter().map(U256::to_string).collect();
        json!({
            "place": self.place,
            "cluster": self.cluster.to_string(),
            "type": node_type(self.node_type),
            "state": cluster_state(self.state),
            "since": self.since.to_string(),
            "operators": operators,
            "publicKey": self.public_key.to_string(),
        })
    }
}
