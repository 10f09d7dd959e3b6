//! `clay epoch collect`: an epoch's inputs, from the chain and from what the networks tell of their nodes.

use std::{collections::BTreeMap, fs, path::PathBuf};

use alloy::primitives::U256;
use clap::Args;
use clay_epoch::{NodeType, Terms, Totals, Tree, COLUMNS};

use super::{chain::Distributor, told, wrong, At};
use crate::{
    amount,
    bindings::{OperatorRegistry::nodeCall, RewardsDistributor::epochEndCall},
    ethereum::{Controls, NodeDuties},
    failure::Failure,
    file,
    output::say,
};

/// Seconds of a slot, and slots of an epoch of the beacon chain.
const SLOT: u64 = 12;
const BEACON_EPOCH: u64 = 32 * SLOT;

/// Writes an epoch's inputs into a folder: the terms from the chain, and a row for each node with duties. Penalties of exits, losses and
/// SSV tokens are not known to the networks: fill their columns in before computing.
#[derive(Args, Debug)]
pub(in crate::commands) struct CollectArgs {
    /// The folder to write nodes.csv, terms.json and previous.json to.
    folder: PathBuf,
    /// The epoch; the last that a report closed, if none is named.
    #[arg(long, value_name = "NUMBER")]
    epoch: Option<u32>,
    /// The folder of the root in effect, if there is one.
    #[arg(long, value_name = "FOLDER")]
    previous: Option<PathBuf>,
    /// What an SSV token was worth in the epoch, in ETH; the published price, if it is not given.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse)]
    ssv_price: Option<U256>,
    /// The Ethereum side that tells what nodes did.
    #[arg(
        long,
        value_name = "URL",
        env = "CLAY_ETHEREUM",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8549"
    )]
    ethereum: String,
    #[command(flatten)]
    at: At,
}

impl CollectArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let distributor = self.at.open().await?;
        let epoch = match self.epoch {
            Some(epoch) => epoch,
            None => distributor.closed().await?,
        };
        if epoch == 0 {
            let words = "no epoch is over yet: reports close them (see `clay epoch show`).";
            return Err(Failure::Conflict(words.into()));
        }
        let (previous, before) = self.before(&distributor, epoch).await?;
        let closing = distributor.closing(epoch).await?;
        let set = distributor.set(epoch).await?;
        let market = self
            .ssv_price
            .map_or(set.published, |price| price.saturating_to());
        let terms = Terms {
            chain: distributor.client.chain_id(),
            distributor: distributor.address,
            epoch,
            assets: closing.assets,
            shares: closing.shares,
            pot: distributor.pot(closing, before).await?,
            factors: set.factors,
            standing: set.standing,
            published: set.published,
            market,
            before,
        };
        let duties = self.duties(&distributor, epoch).await?;
        let rows = rows(&distributor, &duties).await?;
        let write = |name: &str, text: &str| file::write_text(text, &self.folder.join(name));
        write("nodes.csv", &rows)?;
        write("terms.json", &terms.text())?;
        if let Some(tree) = previous {
            write("previous.json", &tree.text())?;
        }
        say!(
            "Epoch {epoch}: {} nodes with duties, {} shares to give out, in {}.",
            duties.len(),
            amount::display(U256::from(terms.pot)),
            self.folder.display()
        );
        Ok(())
    }

    /// The tree of the root in effect and its totals.
    async fn before(
        &self,
        distributor: &Distributor,
        epoch: u32,
    ) -> Result<(Option<Tree>, Totals), Failure> {
        if let Some((pending, due)) = distributor.pending().await? {
            return Err(Failure::Conflict(format!(
                "the root of epoch {} waits until {due} (Unix time): collect once it is in effect (`clay epoch apply`).",
                pending.epoch
            )));
        }
        let Some(root) = distributor.in_effect().await? else {
            return Ok((None, Totals::default()));
        };
        if root.epoch >= epoch {
            return Err(Failure::Conflict(format!(
                "the root of epoch {} is in effect already.",
                root.epoch
            )));
        }
        let Some(folder) = &self.previous else {
            return Err(Failure::Usage(format!(
                "name the folder of epoch {}'s files with --previous (`clay epoch fetch {}` gets it).",
                root.epoch,
                told(root.content_hash)
            )));
        };
        let file = folder.join("tree.json");
        let tree = Tree::read(&file).map_err(wrong)?;
        if tree.root() != root.root {
            return Err(Failure::Conflict(format!(
                "{}: its root is {}, and the one in effect is {}.",
                file.display(),
                tree.root(),
                root.root
            )));
        }
        Ok((Some(tree), root.totals))
    }

    /// What nodes did in the epochs of the beacon chain that lie in the epoch.
    async fn duties(
        &self,
        distributor: &Distributor,
        epoch: u32,
    ) -> Result<Vec<NodeDuties>, Failure> {
        let end = |epoch| epochEndCall {
            epoch: U256::from(epoch),
        };
        let ends: u64 = distributor.view(end(epoch)).await?.saturating_to();
        let starts: u64 = match epoch {
            1 => 0,
            later => distributor.view(end(later - 1)).await?.saturating_to(),
        };
        let controls = Controls::new(&self.ethereum)?;
        let status = controls.status().await?;
        let genesis = status.time.saturating_sub(status.slot * SLOT);
        let from = starts.saturating_sub(genesis).div_ceil(BEACON_EPOCH);
        let after = ends.saturating_sub(genesis) / BEACON_EPOCH;
        let Some(to) = after.checked_sub(1).filter(|to| *to >= from) else {
            return Ok(Vec::new());
        };
        Ok(controls.duties(from, to).await?.nodes)
    }
}

/// The rows in CSV.
async fn rows(distributor: &Distributor, duties: &[NodeDuties]) -> Result<String, Failure> {
    let registry = distributor
        .pool
        .at(&distributor.client, "operator-registry")
        .await?;
    let mut rows = BTreeMap::new();
    for NodeDuties {
        node, duties, done, ..
    } in duties
    {
        let id: U256 = node
            .parse()
            .map_err(|_| Failure::Conflict(format!("'{node}' is no number of a node.")))?;
        let record = distributor.client.view(registry, nodeCall { id }).await?;
        let of = [NodeType::Ssv, NodeType::Obol, NodeType::Direct]
            .get(usize::from(record.nodeType))
            .map_or("unknown", |of| of.name());
        let row = format!("{node},{},{of},{done},{duties},0,0,0,0,0", record.operator);
        rows.insert(id, row);
    }
    let rows: Vec<String> = rows.into_values().collect();
    Ok([COLUMNS.join(","), rows.join("\n")].join("\n") + "\n")
}

/// Whether a folder has rows in one of the formats, and which file that is.
pub(super) fn nodes_in(folder: &std::path::Path) -> Result<PathBuf, Failure> {
    let names = ["nodes.csv", "nodes.json", "nodes.parquet"].map(|name| folder.join(name));
    let mut found = names
        .into_iter()
        .filter(|file| fs::exists(file).unwrap_or(false));
    match (found.next(), found.next()) {
        (Some(file), None) => Ok(file),
        (None, _) => Err(Failure::File(format!(
            "{}: there is no nodes.csv, nodes.json or nodes.parquet.",
            folder.display()
        ))),
        (Some(one), Some(other)) => Err(Failure::File(format!(
            "{} and {} are both there: which counts?",
            one.display(),
            other.display()
        ))),
    }
}
