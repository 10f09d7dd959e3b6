//! `clay epoch show`: roots, totals and terms.

use alloy::primitives::U256;
use clap::Args;

use super::{chain::Declared, told as content_hash, At};
use crate::{
    amount::display,
    bindings::RewardsDistributor::{currentEpochCall, rootDelayCall, totalsCall, unpromisedCall},
    failure::Failure,
    moment::date,
    output::say,
    table,
};

/// Shows the epoch that runs and its terms, the roots, and what is promised and paid.
#[derive(Args, Debug)]
pub(in crate::commands) struct ShowArgs {
    #[command(flatten)]
    at: At,
}

impl ShowArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let distributor = self.at.open().await?;
        let now = distributor.view(currentEpochCall {}).await?;
        let epoch: u32 = now.epoch.saturating_to();
        let ends = date((now.start + now.length).saturating_to());
        let set = distributor.set(epoch).await?;
        let factors = set.factors;
        let mut rows = vec![
            ("epoch".to_owned(), format!("{epoch}, until {ends}")),
            (
                "last closed".into(),
                distributor.closed().await?.to_string(),
            ),
            (
                "factors".into(),
                format!(
                    "SSV {}, Obol {}, direct {} bp",
                    factors.ssv, factors.obol, factors.direct
                ),
            ),
            (
                "standing".into(),
                format!("{} bp of expected attestations", set.standing),
            ),
            (
                "SSV price".into(),
                format!("{} ETH", display(U256::from(set.published))),
            ),
        ];
        if let Some(root) = distributor.in_effect().await? {
            rows.extend(told("root", &root));
        }
        if let Some((root, due)) = distributor.pending().await? {
            rows.extend(told("pending", &root));
            rows.push(("  in effect from".into(), date(due)));
        }
        let totals = distributor.view(totalsCall {}).await?;
        let delay = distributor.view(rootDelayCall {}).await?;
        let shares = |amount: U256| format!("{} shares", display(amount));
        rows.extend([
            (
                "root delay".into(),
                format!("{} hours", delay / U256::from(3_600)),
            ),
            ("promised".into(), shares(totals.rewards)),
            ("paid".into(), shares(totals.paid)),
            ("recovered".into(), shares(totals.recovered)),
            (
                "not promised".into(),
                shares(distributor.view(unpromisedCall {}).await?),
            ),
        ]);
        say!("{}", table::lines(&rows));
        Ok(())
    }
}

fn told(name: &str, root: &Declared) -> [(String, String); 2] {
    [
        (
            name.to_owned(),
            format!("of epoch {}: {}", root.epoch, root.root),
        ),
        ("  content hash".into(), content_hash(root.content_hash)),
    ]
}
