//! How validators leave: by request, by order, and by force.

use std::path::{Path, PathBuf};

use alloy::{
    primitives::{Bytes, FixedBytes, U256},
    rpc::types::Filter,
    sol_types::{SolCall, SolEvent},
};
use clap::Args;
use clay_ceremony::{CeremonyError, SecretFile};

use super::{done, network::BeaconArgs, nodes::Node, Registry, Signing};
use crate::{
    amount::{self, display, display_eth},
    bindings::OperatorRegistry::{
        exitShortCall, exitUnlicensedCall, forceExitCall, postExitPartCall, requestExitCall,
        ExitPaid, ExitPartPosted, ExitRequested,
    },
    failure::Failure,
    logs::{emitted, Logs},
    moment::told,
};

/// Asks for the exit of your node's validator, on the next day with a free slot. The manager only.
#[derive(Args, Debug)]
pub(in crate::commands) struct ExitArgs {
    /// The node's number.
    node: U256,
    /// At once, for a fee from the bond.
    #[arg(long)]
    fast_track: bool,
    #[command(flatten)]
    with: Signing,
}

impl ExitArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let call = requestExitCall {
            node: self.node,
            fastTrack: self.fast_track,
        };
        let receipt = registry.run("asking for an exit", U256::ZERO, call).await?;
        let asked: ExitRequested = registry.told(&receipt)?;
        let mut rows = times(&registry, &asked).await?;
        for paid in emitted::<ExitPaid>(&receipt, registry.address) {
            let words = format!(
                "{} shares to the pool, {} to the other members",
                display(paid.toPool),
                display(paid.toMembers)
            );
            rows.push(("cost", words));
        }
        let what = format!(
            "Cluster {}, that of node {}, is asked to exit.",
            asked.cluster, self.node
        );
        done(&what, rows, &receipt);
        Ok(())
    }
}

/// When an exit may start, and until when its members have time.
async fn times(
    registry: &Registry,
    asked: &ExitRequested,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let now = registry.client.now().await?;
    Ok(vec![
        ("validator", asked.publicKey.to_string()),
        ("starts", told(asked.from.saturating_to(), now)),
        ("parts until", told(asked.deadline.saturating_to(), now)),
    ])
}

/// Posts your part of the signature on an exit, made here with your share of the key or given as it is. The manager only.
#[derive(Args, Debug)]
pub(in crate::commands) struct PartArgs {
    /// The node's number.
    node: U256,
    /// The file with your share, as a played ceremony writes it: the part is made with it.
    #[arg(long, value_name = "FILE", required_unless_present = "part")]
    secret: Option<PathBuf>,
    /// The part itself, 96 bytes in hexadecimal.
    #[arg(long, value_name = "HEX", conflicts_with = "secret")]
    part: Option<FixedBytes<96>>,
    #[command(flatten)]
    beacon: BeaconArgs,
    #[command(flatten)]
    with: Signing,
}

impl PartArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let part = match (&self.part, &self.secret) {
            (Some(part), _) => *part,
            (None, Some(secret)) => self.signed(&registry, secret).await?,
            (None, None) => return Err(Failure::Usage("name --secret or --part.".into())),
        };
        let call = postExitPartCall {
            node: self.node,
            part: Bytes::copy_from_slice(part.as_slice()),
        };
        let action = "posting a part of an exit";
        let receipt = registry.run(action, U256::ZERO, call).await?;
        let posted: ExitPartPosted = registry.told(&receipt)?;
        let time = match posted.timely {
            true => "in time",
            false => "late",
        };
        let what = format!(
            "Node {}: its part of the exit of cluster {} is posted, {time}.",
            self.node, posted.cluster
        );
        done(&what, Vec::new(), &receipt);
        Ok(())
    }

    /// The part that a share makes. All members sign the same: the first epoch that begins when the exit may start.
    async fn signed(&self, registry: &Registry, secret: &Path) -> Result<FixedBytes<96>, Failure> {
        let problem = |error: CeremonyError| Failure::File(format!("{error}."));
        let secret = SecretFile::read(secret).map_err(problem)?;
        let cluster = Node::read(registry, self.node).await?.stored.cluster;
        let asked = last_request(registry, cluster).await?;
        if asked.publicKey.as_ref() != secret.public_key.as_slice() {
            return Err(Failure::File(format!(
                "the share is of the key {}, and the validator has {}.",
                secret.public_key, asked.publicKey
            )));
        }
        let genesis = self.beacon.genesis().await?;
        let epoch = genesis.epoch_from(asked.from.saturating_to());
        let index = self.beacon.validator_index(&secret.public_key).await?;
        let message = self
            .beacon
            .network()
            .await?
            .voluntary_exit_root(epoch, index);
        let share = secret.share().map_err(problem)?;
        Ok(share.sign(message).signature)
    }
}

/// The last request that a cluster exits.
async fn last_request(registry: &Registry, cluster: U256) -> Result<ExitRequested, Failure> {
    let asked = Filter::new()
        .address(registry.address)
        .event_signature(ExitRequested::SIGNATURE_HASH)
        .topic1(cluster);
    let client = &registry.client;
    let since = registry.pool.since(client, "operator-registry").await?;
    let mut logs = Logs::search(client, asked, since).await?;
    while let Some(batch) = logs.next().await? {
        let mut requests = batch.iter();
        let decoded = requests.find_map(|log| ExitRequested::decode_log(&log.inner).ok());
        if let Some(asked) = decoded {
            return Ok(asked.data);
        }
    }
    Err(Failure::Conflict(format!(
        "cluster {cluster} was not asked to exit."
    )))
}

/// Asks for the exit of the oldest node of an operator whose bond has been short for longer than it may be. Anyone may.
#[derive(Args, Debug)]
pub(in crate::commands) struct ShortArgs {
    /// The operator's number.
    operator: U256,
    #[command(flatten)]
    with: Signing,
}

impl ShortArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let operator = self.operator;
        let why = format!("the bond of operator {operator} is short");
        ask(&self.with, exitShortCall { operator }, &why).await
    }
}

/// Asks for the exit of the oldest node of an operator whose manager key lost the right to operate. Anyone may.
#[derive(Args, Debug)]
pub(in crate::commands) struct UnlicensedArgs {
    /// The operator's number.
    operator: U256,
    #[command(flatten)]
    with: Signing,
}

impl UnlicensedArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let operator = self.operator;
        let why = format!("operator {operator} lost the right to operate");
        ask(&self.with, exitUnlicensedCall { operator }, &why).await
    }
}

/// Asks for the exit of somebody's node, and says why.
async fn ask(with: &Signing, call: impl SolCall, why: &str) -> Result<(), Failure> {
    let registry = with.open().await?;
    let receipt = registry.run("asking for an exit", U256::ZERO, call).await?;
    let asked: ExitRequested = registry.told(&receipt)?;
    let rows = times(&registry, &asked).await?;
    let what = format!("Cluster {} is asked to exit: {why}.", asked.cluster);
    done(&what, rows, &receipt);
    Ok(())
}

/// Sends the gateway a message that forces an exit whose deadline has passed (EIP-7002). Anyone may.
#[derive(Args, Debug)]
pub(in crate::commands) struct ForceArgs {
    /// The cluster's number.
    cluster: U256,
    /// ETH for the fee that Ethereum asks; what is left of it stays with the pool.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse, default_value = "1gwei")]
    fee: U256,
    #[command(flatten)]
    with: Signing,
}

impl ForceArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let cluster = self.cluster;
        let call = forceExitCall { cluster };
        let receipt = registry.run("forcing an exit", self.fee, call).await?;
        let what = format!(
            "A message with {} forces the exit of cluster {cluster}.",
            display_eth(self.fee)
        );
        done(&what, Vec::new(), &receipt);
        Ok(())
    }
}
