//! `clay operator form`: the next cluster.

use alloy::primitives::U256;
use clap::Args;

use super::{done, nodes::Node, Signing};
use crate::{
    bindings::OperatorRegistry::{formClusterCall, ClusterFormed, OperatorUnlisted},
    failure::Failure,
    logs::emitted,
    moment::told,
    numbers::{kind, node_type, unlisted},
    output::say,
};

/// Forms the next cluster, of whom the registry chooses: `clay allocation next` tells beforehand. Anyone may.
#[derive(Args, Debug)]
pub(in crate::commands) struct FormArgs {
    #[command(flatten)]
    with: Signing,
}

impl FormArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let receipt = registry
            .run("forming a cluster", U256::ZERO, formClusterCall {})
            .await?;
        for left in emitted::<OperatorUnlisted>(&receipt, registry.address) {
            let why = unlisted(left.reason);
            say!(
                "Operator {} cannot be chosen any more: {why}.",
                left.operator
            );
        }
        let Some(formed) = emitted::<ClusterFormed>(&receipt, registry.address).next() else {
            say!("No cluster: whoever cannot be chosen is off the lists now, so try again.");
            return Ok(());
        };
        let now = registry.client.now().await?;
        let mut rows = vec![
            ("type", node_type(formed.nodeType)),
            ("kind", kind(formed.kind)),
            ("key until", told(formed.deadline.saturating_to(), now)),
        ];
        for id in formed.nodes.into_iter().filter(|node| !node.is_zero()) {
            let Node { stored, .. } = Node::read(&registry, id).await?;
            let words = format!(
                "{id} of operator {}, region {}, consensus client {}",
                stored.operator, stored.region, stored.consensusClient
            );
            rows.push(("node", words));
        }
        done(&format!("Cluster {}.", formed.cluster), rows, &receipt);
        Ok(())
    }
}
