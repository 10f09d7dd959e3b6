//! `clay operator ceremony`: a cluster's key, made here for tests and demonstrations; or how to make it with the networks'
//! own tools.

use std::path::{Path, PathBuf};

use alloy::{
    primitives::{Address, U256},
    signers::local::PrivateKeySigner,
};
use clap::{Args, ValueEnum};
use clay_ceremony::{
    instructions, Ceremony, CeremonyError, Network, Outcome, ResultFile, Shape, Tool,
};
use clay_chain::{NITRO_DEV_KEY, TEST_KEYS};
use clay_shared::operators::{state::state::RESERVED, NodeType};

use super::{
    keys::{check, members, submit},
    network::NetworkArgs,
    At, Registry,
};
use crate::{
    bindings::OperatorRegistry::{clusterCall, clusterReturn, gatewayCall, recordCall},
    development,
    failure::Failure,
    keys::KeyOptions,
    numbers::{cluster_state, node_type},
    output::say,
};

/// What a real ceremony is run with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum With {
    /// SSV's ssv-dkg.
    Ssv,
    /// Obol's charon.
    Obol,
    /// Ethereum's own key tool.
    Direct,
}

impl From<With> for Tool {
    fn from(with: With) -> Self {
        match with {
            With::Ssv => Self::SsvDkg,
            With::Obol => Self::Charon,
            With::Direct => Self::DepositCli,
        }
    }
}

/// Plays the key ceremony of a cluster, with real BLS keys and signatures, and writes its result and each member's share. This
/// process knows the key while it runs: for development chains. With --instructions it says how members run a real one.
#[derive(Args, Debug)]
pub(in crate::commands) struct CeremonyArgs {
    /// The cluster's number.
    #[arg(
        long,
        required_unless_present = "instructions",
        requires = "keys_folder"
    )]
    cluster: Option<U256>,
    /// Where the files go: into a folder named after the cluster. What is there already is used again.
    #[arg(long, value_name = "FOLDER")]
    keys_folder: Option<PathBuf>,
    /// Posts the result for every member whose manager key is here: yours, or one of the development accounts.
    #[arg(long, requires = "cluster")]
    submit: bool,
    /// Says how a real ceremony is run with a network's own tools, and makes none.
    #[arg(long, value_name = "TOOL", conflicts_with = "cluster")]
    instructions: Option<With>,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    key: KeyOptions,
}

impl CeremonyArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.at.open().await?;
        let gateway = registry.view(gatewayCall {}).await?;
        let network = self.network.find().await?;
        if let Some(with) = self.instructions {
            say!(
                "{}",
                instructions(with.into(), &network, gateway).trim_end()
            );
            return Ok(());
        }
        let (Some(id), Some(folder)) = (self.cluster, &self.keys_folder) else {
            let words = "name a cluster with --cluster, and --keys-folder.";
            return Err(Failure::Usage(words.into()));
        };
        let cluster = registry.view(clusterCall { id }).await?;
        let of = NodeType::of(cluster.nodeType).ok_or_else(|| {
            Failure::Conflict(format!(
                "cluster {id} is of a type this tool does not know."
            ))
        })?;
        let folder = folder.join(format!("cluster-{id}"));
        let waits = cluster.state == RESERVED;
        let outcome = match existing(&folder)? {
            Some(result) => result.outcome(),
            None if waits => play(of, &network, gateway, &folder)?,
            None => {
                let state = cluster_state(cluster.state);
                let words = format!("cluster {id} is {state}: it waits for no key.");
                return Err(Failure::Conflict(words));
            }
        };
        check(&registry, &cluster, &outcome, &network).await?;
        say!(
            "The key of cluster {id}, {} and {}, is {}.\nIts files are in {}.",
            node_type(cluster.nodeType),
            cluster_state(cluster.state),
            outcome.public_key,
            folder.display()
        );
        if self.submit && waits {
            self.submit_for_all(&registry, &cluster, &outcome).await?;
        }
        Ok(())
    }

    /// Posts an outcome for the members whose manager keys are here, and tells what is left for the others to do.
    async fn submit_for_all(
        &self,
        registry: &Registry,
        cluster: &clusterReturn,
        outcome: &Outcome,
    ) -> Result<(), Failure> {
        let own = self.key.signer_without_asking()?;
        let signers = known_signers(own);
        let members = members(registry, cluster).await?;
        for (place, member) in members.iter().enumerate() {
            if cluster.posted >> place & 1 != 0 {
                say!("Node {}: posted before.", member.id);
                continue;
            }
            let operator = member.stored.operator;
            let manager = registry.view(recordCall { operator }).await?.manager;
            let mut keys = signers.iter();
            match keys.find(|signer| signer.address() == manager) {
                Some(signer) => {
                    let registry = self.signing(signer).await?;
                    submit(&registry, member.id, outcome).await?;
                }
                None => say!(
                    "Node {}: {manager}, who manages operator {operator}, posts it with `clay operator submit-key {} \
                     FILE`.",
                    member.id,
                    member.id
                ),
            }
        }
        Ok(())
    }

    /// The registry, for another account.
    async fn signing(&self, signer: &PrivateKeySigner) -> Result<Registry, Failure> {
        let mut registry = self.at.open().await?;
        registry.client = self.at.chain.connect(Some(signer.clone())).await?;
        Ok(registry)
    }
}

/// The result that a folder holds; none without one.
fn existing(folder: &Path) -> Result<Option<ResultFile>, Failure> {
    let file = folder.join(ResultFile::NAME);
    match file.exists() {
        true => ResultFile::read(&file).map(Some).map_err(problem),
        false => Ok(None),
    }
}

/// Plays a ceremony, and writes its files.
fn play(
    of: NodeType,
    network: &Network,
    gateway: Address,
    folder: &Path,
) -> Result<Outcome, Failure> {
    let ceremony = Ceremony::play(Shape::of(of), network, gateway, &mut rand::thread_rng());
    let ceremony = ceremony.map_err(problem)?;
    ceremony.write(network, folder).map_err(problem)?;
    Ok(ceremony.outcome)
}

fn problem(error: CeremonyError) -> Failure {
    Failure::File(format!("{error}."))
}

/// Keys that members may be managed with: one's own, and those that everybody knows.
fn known_signers(own: Option<PrivateKeySigner>) -> Vec<PrivateKeySigner> {
    let known = [NITRO_DEV_KEY]
        .into_iter()
        .chain(TEST_KEYS)
        .chain(development::REPORTER_KEYS)
        .chain(development::ACKNOWLEDGER_KEYS)
        .chain(development::BOARD_KEYS);
    own.into_iter()
        .chain(known.filter_map(|key| key.parse().ok()))
        .collect()
}
