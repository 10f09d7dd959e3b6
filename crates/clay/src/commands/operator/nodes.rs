//! An operator's nodes: queued, shown, taken off the queue.

use alloy::{
    primitives::{Bytes, U256},
    rpc::types::Filter,
    sol_types::SolEvent,
};
use clap::Args;
use serde_json::{json, Value};

use super::{done, At, Registry, Signing};
use crate::{
    bindings::OperatorRegistry::{
        addNodesCall, nodeCall, nodeReturn, rejoinCall, removeNodesCall, NodeRemoved, NodesAdded,
        OperatorListed, OperatorUnlisted,
    },
    failure::Failure,
    logs::{emitted, Logs},
    moment::told,
    numbers::{node_state, node_type, unlisted, Type},
    output::say,
};

/// Queues nodes of one machine, each for a seat in a validator. That promises none. The manager only.
#[derive(Args, Debug)]
pub(in crate::commands) struct AddArgs {
    /// The operator's number.
    operator: U256,
    /// How they take part in validators.
    #[arg(long = "type", value_name = "TYPE")]
    of: Type,
    /// Number of the region they stand in.
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..8))]
    region: u8,
    /// Number of their execution client.
    #[arg(long, value_name = "NUMBER", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..8))]
    execution_client: u8,
    /// Number of their consensus client.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(0..8))]
    consensus_client: u8,
    /// The machine's identity in its network, which is only logged: the SSV operator's id, or Charon's ENR.
    #[arg(long, value_name = "TEXT", default_value = "")]
    identity: String,
    /// How many.
    #[arg(long, default_value_t = 1)]
    count: u64,
    #[command(flatten)]
    with: Signing,
}

impl AddArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let call = addNodesCall {
            operator: self.operator,
            nodeType: self.of as u8,
            region: self.region,
            executionClient: self.execution_client,
            consensusClient: self.consensus_client,
            identity: Bytes::from(self.identity.into_bytes()),
            count: U256::from(self.count),
        };
        let receipt = registry.run("adding nodes", U256::ZERO, call).await?;
        let added: NodesAdded = registry.told(&receipt)?;
        let at = registry.address;
        let mut rows = vec![
            ("type", node_type(added.nodeType)),
            ("region", added.region.to_string()),
        ];
        if emitted::<OperatorListed>(&receipt, at).next().is_some() {
            rows.push(("chosen", "the operator can be, from now on".into()));
        }
        if let Some(left) = emitted::<OperatorUnlisted>(&receipt, at).next() {
            let why = unlisted(left.reason);
            rows.push(("chosen", format!("the operator cannot be: {why}")));
        }
        let last = added.first + added.count - U256::from(1);
        let what = match added.count == U256::from(1) {
            true => format!("Node {last} of operator {}.", added.operator),
            false => format!(
                "Nodes {} to {last} of operator {}.",
                added.first, added.operator
            ),
        };
        done(&what, rows, &receipt);
        Ok(())
    }
}

/// Shows an operator's nodes and how each stands.
#[derive(Args, Debug)]
pub(in crate::commands) struct NodesArgs {
    /// The operator's number.
    operator: U256,
    /// Prints JSON: times in Unix seconds.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

impl NodesArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.at.open().await?;
        let nodes = Node::all_of(&registry, self.operator).await?;
        if self.json {
            say!("{:#}", nodes.iter().map(Node::json).collect::<Value>());
        } else if nodes.is_empty() {
            say!("No nodes.");
        } else {
            let now = registry.client.now().await?;
            say!("{}", table(&nodes, now));
        }
        Ok(())
    }
}

/// A node as the registry has it.
pub(super) struct Node {
    pub(super) id: U256,
    pub(super) stored: nodeReturn,
}

impl Node {
    /// Reads a node.
    pub(super) async fn read(registry: &Registry, id: U256) -> Result<Self, Failure> {
        let stored = registry.view(nodeCall { id }).await?;
        Ok(Self { id, stored })
    }

    /// The nodes of an operator, oldest first. They are found by the events that tell of them.
    pub(super) async fn all_of(registry: &Registry, operator: U256) -> Result<Vec<Self>, Failure> {
        let added = Filter::new()
            .address(registry.address)
            .event_signature(NodesAdded::SIGNATURE_HASH)
            .topic1(operator);
        let client = &registry.client;
        let since = registry.pool.since(client, "operator-registry").await?;
        let mut logs = Logs::search(client, added, since).await?;
        let mut nodes = Vec::new();
        while let Some(batch) = logs.next().await? {
            for log in batch {
                let Ok(added) = NodesAdded::decode_log(&log.inner) else {
                    continue;
                };
                let first: u64 = added.first.saturating_to();
                for id in first..first.saturating_add(added.count.saturating_to()) {
                    nodes.push(Self::read(registry, U256::from(id)).await?);
                }
            }
        }
        nodes.sort_by_key(|node| node.id);
        Ok(nodes)
    }

    fn row(&self, now: u64) -> String {
        let node = &self.stored;
        let cluster = match node.cluster.is_zero() {
            true => "-".into(),
            false => node.cluster.to_string(),
        };
        format!(
            "  {:>7}  {:<6}  {:>6}  {:>9}  {:>9}  {:<8}  {cluster:>7}  {}",
            self.id,
            node_type(node.nodeType),
            node.region,
            node.executionClient,
            node.consensusClient,
            node_state(node.state),
            told(node.since.saturating_to(), now)
        )
    }

    /// As JSON: times in Unix seconds.
    pub(super) fn json(&self) -> Value {
        let node = &self.stored;
        let cluster = (!node.cluster.is_zero()).then(|| node.cluster.to_string());
        json!({
            "node": self.id.to_string(),
            "type": node_type(node.nodeType),
            "region": node.region,
            "executionClient": node.executionClient,
            "consensusClient": node.consensusClient,
            "state": node_state(node.state),
            "cluster": cluster,
            "since": node.since.to_string(),
        })
    }
}

/// Nodes, one a line, under a heading.
pub(super) fn table(nodes: &[Node], now: u64) -> String {
    let heading = format!(
        "  {:>7}  {:<6}  {:>6}  {:>9}  {:>9}  {:<8}  {:>7}  since",
        "node", "type", "region", "execution", "consensus", "state", "cluster"
    );
    let rows = nodes.iter().map(|node| node.row(now));
    std::iter::once(heading)
        .chain(rows)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Takes queued nodes off the queue. The manager only.
#[derive(Args, Debug)]
pub(in crate::commands) struct RemoveArgs {
    /// Numbers of the nodes.
    #[arg(required = true)]
    nodes: Vec<u32>,
    #[command(flatten)]
    with: Signing,
}

impl RemoveArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let call = removeNodesCall { nodes: self.nodes };
        let receipt = registry.run("removing nodes", U256::ZERO, call).await?;
        for removed in emitted::<NodeRemoved>(&receipt, registry.address) {
            say!(
                "Node {} of operator {} is off the queue.",
                removed.node,
                removed.operator
            );
        }
        Ok(())
    }
}

/// Puts an operator back on the lists of those who can be chosen, if its bond, right and suspension allow it. Anyone may.
#[derive(Args, Debug)]
pub(in crate::commands) struct RejoinArgs {
    /// The operator's number.
    operator: U256,
    #[command(flatten)]
    with: Signing,
}

impl RejoinArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let operator = self.operator;
        let call = rejoinCall { operator };
        let receipt = registry.run("rejoining", U256::ZERO, call).await?;
        let listed = emitted::<OperatorListed>(&receipt, registry.address).next();
        let what = match listed {
            Some(_) => format!("Operator {operator} can be chosen again."),
            None => format!("Operator {operator} can be chosen already."),
        };
        done(&what, Vec::new(), &receipt);
        Ok(())
    }
}
