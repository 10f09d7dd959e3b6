//! `clay epoch collect`: an epoch's inputs, from the chain and from what the networks tell of their nodes.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use alloy::primitives::U256;
use clap::Args;
use clay_epoch::{NodeType, Terms, Totals, Tree, COLUMNS};

use super::{
    chain::{Closing, Distributor},
    nodes::Registry,
    performance::Sources,
    told, wrong, At,
};
use crate::{
    amount,
    bindings::{OperatorRegistry::gatewayCall, RewardsDistributor::epochEndCall},
    failure::Failure,
    file,
    output::say,
};

/// Writes an epoch's inputs into a folder: the terms from the chain, and a row for each node with duties or a penalty that the registry
/// told of since the last root. SSV tokens and adjustments are known to neither: fill their columns in before computing.
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
    #[command(flatten)]
    sources: Sources,
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
        let (rows, nodes) = self.rows(&distributor, epoch, closing).await?;
        let write = |name: &str, text: &str| file::write_text(text, &self.folder.join(name));
        write("nodes.csv", &rows)?;
        write("terms.json", &terms.text())?;
        if let Some(tree) = previous {
            write("previous.json", &tree.text())?;
        }
        say!(
            "Epoch {epoch}: {nodes} nodes with duties or penalties, {} shares to give out, in {}.",
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

    /// The rows in CSV, and how many there are.
    async fn rows(
        &self,
        distributor: &Distributor,
        epoch: u32,
        closing: Closing,
    ) -> Result<(String, usize), Failure> {
        let registry = Registry::of(distributor).await?;
        let clusters = registry.clusters().await?;
        let end = |epoch| epochEndCall {
            epoch: U256::from(epoch),
        };
        let ends: u64 = distributor.view(end(epoch)).await?.saturating_to();
        let starts: u64 = match epoch {
            1 => 0,
            later => distributor.view(end(later - 1)).await?.saturating_to(),
        };
        let gateway = distributor
            .client
            .view(registry.address, gatewayCall {})
            .await?;
        let sources = &self.sources;
        let done = sources
            .performance(&clusters, gateway, [starts, ends])
            .await?;
        // Nothing that was told after the last root's report is left out, whichever epochs were skipped.
        let since = match distributor.in_effect().await? {
            Some(root) => distributor.closing(root.epoch).await?.block + 1,
            None => 0,
        };
        let penalties = registry
            .penalties(&clusters, [since, closing.block])
            .await?;
        let mut rows = BTreeMap::new();
        for cluster in &clusters {
            for member in &cluster.members {
                let (done, penalty) = (done.get(&member.node), penalties.get(&member.node));
                if done.is_none() && penalty.is_none() {
                    continue;
                }
                let (done, penalty) = (done.copied(), penalty.copied());
                let (done, penalty) = (done.unwrap_or_default(), penalty.unwrap_or_default());
                let of = NodeType::ALL[cluster.of as usize].name();
                let row = format!(
                    "{},{},{of},{},{},{},{},0,0,0",
                    member.node,
                    member.operator,
                    done.made,
                    done.expected,
                    penalty.exit,
                    penalty.loss
                );
                rows.insert(member.node, row);
            }
        }
        let mut text = COLUMNS.join(",") + "\n";
        for row in rows.values() {
            // Text takes everything.
            let _ = writeln!(text, "{row}");
        }
        Ok((text, rows.len()))
    }
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
