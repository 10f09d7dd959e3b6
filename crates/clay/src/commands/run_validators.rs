//! `clay ethereum validators`: an operator of one's own that runs validators alone, on a development chain.

use alloy::{
    primitives::{Address, B256, U256},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use clap::Args;
use clay_shared::operators::{state::FIRST_OPERATOR, NodeType};

use super::{ChainArgs, PoolContracts};
use crate::{
    bindings::OperatorRegistry::{
        addNodesCall, bondCall, clusterCall, countsCall, formClusterCall, gatewayCall,
        parameterCall, recordCall, registerCall, standingCall, submitKeyCall, vouchCall,
        ClusterFormed, OperatorRegistered,
    },
    client::Client,
    deploy::pool::Pool,
    deposit_data::DepositData,
    failure::Failure,
    keys::KeyOptions,
    logs::emitted,
    output::say,
};

/// Institutions may run validators alone in both pools.
const INSTITUTION: u8 = 2;
/// Regions over which the nodes are spread: none may have more than its cap.
const REGIONS: u64 = 4;
/// Place of the bond of a first direct node in the registry's list of parameters.
const BASE_BOND: u8 = 2;

/// Has an operator of yours run validators, with keys made up for a beacon chain that verifies no signatures; the next
/// balancing funds them. The
/// registry's owner vouches for it: at once if that is you, else by an operation of the timelock before. You pay the bond, 4 ETH
/// each.
#[derive(Args, Debug)]
pub(super) struct RunArgs {
    /// How many; no more than free ETH can fund, as the last balancing left it, and a few.
    #[arg(value_parser = clap::value_parser!(u64).range(1..=64))]
    count: u64,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl RunArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        // Ask the chain before asking for a password.
        let reader = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&reader, &self.chain, self.pool).await?;
        let registry = pool.at(&reader, "operator-registry").await?;
        let client = self.chain.connect(Some(self.key.signer()?)).await?;
        let own = Own { client, registry };
        let operator = own.operator().await?;
        own.add_nodes(operator, self.count).await?;
        for _ in 0..self.count {
            own.key_cluster().await?;
        }
        let counts = reader.view(registry, countsCall {}).await?;
        say!(
            "{} validators keyed: {} wait for ETH, {} are funded.",
            self.count,
            counts.keyed,
            counts.funded
        );
        Ok(())
    }
}

/// The registry, for an account that manages an operator.
struct Own {
    client: Client,
    registry: Address,
}

impl Own {
    /// The institution that the account manages, vouched for; a new one, if there is none.
    async fn operator(&self) -> Result<U256, Failure> {
        let operator = match self.managed().await? {
            Some(operator) => operator,
            None => self.register().await?,
        };
        let call = standingCall { operator };
        let standing = self.client.view(self.registry, call).await?;
        if standing.vouched {
            return Ok(operator);
        }
        let vouched = true;
        let call = vouchCall { operator, vouched };
        let vouching = self.transact("vouching", U256::ZERO, call).await;
        vouching.map(|_| operator).map_err(|failure| match failure {
            Failure::Refused { action, reason } => Failure::Refused {
                action,
                reason: format!(
                    "{reason}\nA timelock vouches after two days: clay gov propose FILE --call \
                     \"retail/operator-registry.vouch({operator}, true)\"."
                ),
            },
            other => other,
        })
    }

    async fn managed(&self) -> Result<Option<U256>, Failure> {
        let (client, account) = (&self.client, self.client.account()?);
        let counts = client.view(self.registry, countsCall {}).await?;
        let (first, count) = (u64::from(FIRST_OPERATOR), counts.operators.saturating_to());
        for operator in (first..first.saturating_add(count)).map(U256::from) {
            let call = recordCall { operator };
            let record = client.view(self.registry, call).await?;
            if record.manager == account && record.kind == INSTITUTION {
                return Ok(Some(operator));
            }
        }
        Ok(None)
    }

    async fn register(&self) -> Result<U256, Failure> {
        let call = registerCall {
            kind: INSTITUTION,
            payout: self.client.account()?,
            metadataHash: B256::ZERO,
        };
        let receipt = self.transact("registering", U256::ZERO, call).await?;
        let registered = emitted::<OperatorRegistered>(&receipt, self.registry).next();
        Ok(registered.ok_or_else(|| untold("registered"))?.operator)
    }

    /// Bonds and queues so many nodes, each with the bond of a first one.
    async fn add_nodes(&self, operator: U256, count: u64) -> Result<(), Failure> {
        let call = parameterCall { id: BASE_BOND };
        let base = self.client.view(self.registry, call).await?;
        let bond = base.value * U256::from(count);
        self.transact("bonding", bond, bondCall { operator })
            .await?;
        for region in 0..REGIONS.min(count) {
            let call = addNodesCall {
                operator,
                nodeType: NodeType::Direct as u8,
                region: region as u8,
                executionClient: 0,
                consensusClient: 0,
                identity: Default::default(),
                count: U256::from((count - region).div_ceil(REGIONS)),
            };
            self.transact("adding nodes", U256::ZERO, call).await?;
        }
        Ok(())
    }

    /// Forms a cluster, of one of the nodes, and posts a key for it.
    async fn key_cluster(&self) -> Result<(), Failure> {
        let form = formClusterCall {};
        let receipt = self.transact("forming a cluster", U256::ZERO, form).await?;
        let formed = emitted::<ClusterFormed>(&receipt, self.registry).next();
        let id = formed.ok_or_else(|| untold("formed a cluster"))?.cluster;
        let cluster = self.client.view(self.registry, clusterCall { id }).await?;
        let gateway = self.client.view(self.registry, gatewayCall {}).await?;
        let key = DepositData::made_up(gateway).key(gateway);
        let key = key.map_err(Failure::Conflict)?;
        let call = submitKeyCall {
            node: cluster.nodes[0],
            result: key.into(),
        };
        self.transact("posting a key", U256::ZERO, call).await?;
        Ok(())
    }

    async fn transact(
        &self,
        action: &str,
        value: U256,
        call: impl SolCall,
    ) -> Result<TransactionReceipt, Failure> {
        let data = call.abi_encode().into();
        let client = &self.client;
        client.transact(action, self.registry, value, data).await
    }
}

fn untold(what: &str) -> Failure {
    Failure::Conflict(format!(
        "the operator-registry does not tell that it {what}."
    ))
}
