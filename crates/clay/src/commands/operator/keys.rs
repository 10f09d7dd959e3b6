//! Key ceremonies: what each member posts of one, and what becomes of those that fail.

use std::{fs, path::PathBuf};

use alloy::primitives::{Bytes, U256};
use clap::Args;
use clay_ceremony::{DepositData, Network, Outcome, PublicKeyShare, ResultFile, FIRST_DEPOSIT};
use clay_shared::operators::NodeType;

use super::{done, nodes::Node, Registry, Signing};
use crate::{
    amount::display,
    bindings::OperatorRegistry::{
        clusterCall, clusterReturn, dissolveCall, gatewayCall, nameFailedCall, submitKeyCall,
        CeremonyFailed, ClusterDissolved, ClusterKeyed,
    },
    failure::Failure,
    logs::emitted,
    moment::date,
    numbers::places,
    output::say,
};

/// Posts the result of a key ceremony for your node, after a look at all that can be checked of it. The cluster has its key
/// when all members have posted the same. The manager only.
#[derive(Args, Debug)]
pub(in crate::commands) struct SubmitArgs {
    /// The node's number.
    node: U256,
    /// The result: the file that `clay operator ceremony` writes; for a node that runs its validator alone, also a deposit
    /// data file of a key tool.
    file: PathBuf,
    #[command(flatten)]
    with: Signing,
}

impl SubmitArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.at.open().await?;
        let id = Node::read(&registry, self.node).await?.stored.cluster;
        let cluster = registry.view(clusterCall { id }).await?;
        let (outcome, network) = read_result(&self.file)?;
        require_network(&registry, &network)?;
        check(&registry, &cluster, &outcome, &network).await?;
        let registry = self.with.open().await?;
        submit(&registry, self.node, &outcome).await
    }
}

/// Posts an outcome for a node.
pub(super) async fn submit(
    registry: &Registry,
    node: U256,
    outcome: &Outcome,
) -> Result<(), Failure> {
    let result = Bytes::from(outcome.registry_result());
    let action = format!("posting the key of node {node}");
    let receipt = registry
        .run(&action, U256::ZERO, submitKeyCall { node, result })
        .await?;
    match emitted::<ClusterKeyed>(&receipt, registry.address).next() {
        Some(keyed) => say!(
            "Node {node}: posted. Cluster {} has its key, {}, and waits for ETH.",
            keyed.cluster,
            keyed.publicKey
        ),
        None => say!("Node {node}: posted."),
    }
    Ok(())
}

/// Refuses an outcome that does not fit its cluster, or that the registry, the beacon chain or the other members could not
/// use.
pub(super) async fn check(
    registry: &Registry,
    cluster: &clusterReturn,
    outcome: &Outcome,
    network: &Network,
) -> Result<(), Failure> {
    let of = NodeType::of(cluster.nodeType).unwrap_or(NodeType::Direct);
    let (size, threshold) = (usize::from(of.cluster_size()), u16::from(of.threshold()));
    let (given, others) = (outcome.public_key_shares.len(), outcome.threshold);
    if (given, others) != (size, threshold) {
        return Err(Failure::File(format!(
            "the result is of {given} members of whom {others} sign, and the cluster has {size} of whom {threshold} do."
        )));
    }
    let gateway = registry.view(gatewayCall {}).await?;
    let wrong = |error| Failure::File(format!("the result is of no use: {error}."));
    outcome.check(network, gateway).map_err(wrong)
}

/// Reads a result and the network it is for: from a ceremony's file, or from a deposit data file with one key.
fn read_result(file: &PathBuf) -> Result<(Outcome, Network), Failure> {
    let problem =
        |error: &dyn std::fmt::Display| Failure::File(format!("{}: {error}.", file.display()));
    let json = fs::read(file).map_err(|error| problem(&error))?;
    let (outcome, data) = match serde_json::from_slice::<[DepositData; 1]>(&json) {
        Ok([data]) => {
            let share = PublicKeyShare {
                member: 1,
                public_key: data.pubkey,
            };
            let outcome = Outcome {
                public_key: data.pubkey,
                signature: data.signature,
                withdrawal_credentials: data.withdrawal_credentials,
                deposit_data_root: data.deposit_data_root,
                threshold: 1,
                public_key_shares: vec![share],
            };
            (outcome, data)
        }
        Err(_) => {
            let result = serde_json::from_slice::<ResultFile>(&json);
            let result = result.map_err(|error| problem(&error))?;
            let outcome = result.outcome();
            let [data] = result.deposit_data;
            (outcome, data)
        }
    };
    if data.amount != FIRST_DEPOSIT {
        let amount = data.amount;
        return Err(problem(&format!(
            "it is signed for {amount} gwei, and the gateway's first deposit has {FIRST_DEPOSIT}"
        )));
    }
    // Deposits are signed for the version at genesis; the rest is for exits.
    let network = Network {
        name: data.network_name,
        genesis_fork_version: data.fork_version,
        capella_fork_version: Default::default(),
        genesis_validators_root: Default::default(),
    };
    Ok((outcome, network))
}

/// Refuses a key for another network than the one whose ETH the chain carries, where that is known.
fn require_network(registry: &Registry, network: &Network) -> Result<(), Failure> {
    let expected = match registry.client.chain_id() {
        42_161 => Network::mainnet(),
        421_614 => Network::sepolia(),
        _ => return Ok(()),
    };
    if network.genesis_fork_version == expected.genesis_fork_version {
        return Ok(());
    }
    Err(Failure::File(format!(
        "the key is for the network {} (version {}), and this chain's validators are on {} (version {}).",
        network.name, network.genesis_fork_version, expected.name, expected.genesis_fork_version
    )))
}

/// Names members that have failed the key ceremony, for your node. The manager only.
#[derive(Args, Debug)]
pub(in crate::commands) struct NameArgs {
    /// The number of your node.
    node: U256,
    /// Who has failed: the numbers of their operators.
    #[arg(required = true)]
    operators: Vec<U256>,
    #[command(flatten)]
    with: Signing,
}

impl NameArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let id = Node::read(&registry, self.node).await?.stored.cluster;
        let members = members(&registry, &registry.view(clusterCall { id }).await?).await?;
        let mut failed = 0;
        for operator in &self.operators {
            let is = |member: &Node| member.stored.operator == *operator;
            let place = members.iter().position(is).ok_or_else(|| {
                Failure::Usage(format!(
                    "operator {operator} takes no part in cluster {id}."
                ))
            })?;
            failed |= 1 << place;
        }
        let node = self.node;
        let call = nameFailedCall { node, failed };
        let receipt = registry.run("naming who failed", U256::ZERO, call).await?;
        let names: Vec<_> = self.operators.iter().map(U256::to_string).collect();
        let what = format!("Node {node} has named operators {}.", names.join(", "));
        done(&what, Vec::new(), &receipt);
        Ok(())
    }
}

/// The nodes of a cluster, in their places.
pub(super) async fn members(
    registry: &Registry,
    cluster: &clusterReturn,
) -> Result<Vec<Node>, Failure> {
    let mut members = Vec::new();
    for id in cluster.nodes.into_iter().filter(|node| !node.is_zero()) {
        members.push(Node::read(registry, id).await?);
    }
    Ok(members)
}

/// Dissolves a cluster whose key ceremony failed, or that nobody funds: its nodes are queued again, and who failed pays.
/// Anyone may.
#[derive(Args, Debug)]
pub(in crate::commands) struct DissolveArgs {
    /// The cluster's number.
    cluster: U256,
    #[command(flatten)]
    with: Signing,
}

impl DissolveArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let cluster = self.cluster;
        let receipt = registry
            .run("dissolving", U256::ZERO, dissolveCall { cluster })
            .await?;
        let dissolved: ClusterDissolved = registry.told(&receipt)?;
        let failed = places(dissolved.failed).len();
        done(
            &format!("Cluster {cluster} is dissolved; {failed} of its members failed."),
            Vec::new(),
            &receipt,
        );
        for failed in emitted::<CeremonyFailed>(&receipt, registry.address) {
            say!(
                "Operator {} pays {} shares to the others, and cannot be chosen before {}.",
                failed.operator,
                display(failed.paid),
                date(failed.suspendedUntil.saturating_to())
            );
        }
        Ok(())
    }
}
