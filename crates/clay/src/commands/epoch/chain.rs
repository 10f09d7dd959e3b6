//! What the chain says of an epoch.

use alloy::{
    primitives::{Address, B256, U256},
    rpc::types::Filter,
    sol_types::{SolCall, SolEvent},
};
use clay_epoch::{Factors, Totals};

use super::{At, PoolContracts};
use crate::{
    bindings::{
        CsEthToken::{balanceOfCall, Transfer},
        RewardsDistributor::{pendingRootCall, previousRootCall, rootCall, termsCall, totalsCall},
        StakeManager::{closingRateCall, EpochClosed},
    },
    client::Client,
    failure::Failure,
    logs::Logs,
};

/// A pool's rewards-distributor, on a connection.
pub(super) struct Distributor {
    pub(super) client: Client,
    pub(super) pool: PoolContracts,
    pub(super) address: Address,
}

/// A root that the chain knows, and what it declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) epoch: u32,
    pub(super) root: B256,
    pub(super) content_hash: B256,
    pub(super) totals: Totals,
}

/// How an epoch was closed: the rate, and the block of the report.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closing {
    pub(super) assets: u128,
    pub(super) shares: u128,
    pub(super) block: u64,
}

/// What was set for an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Set {
    pub(super) factors: Factors,
    pub(super) standing: u16,
    pub(super) published: u128,
}

impl Distributor {
    pub(super) async fn of(client: Client, at: &At) -> Result<Self, Failure> {
        let pool = PoolContracts::find(&client, &at.chain, at.pool).await?;
        let address = pool.at(&client, "rewards-distributor").await?;
        Ok(Self {
            client,
            pool,
            address,
        })
    }

    pub(super) async fn view<C: SolCall>(&self, call: C) -> Result<C::Return, Failure> {
        self.client.view(self.address, call).await
    }

    /// The last epoch that a report closed; 0 before there is one.
    pub(super) async fn closed(&self) -> Result<u32, Failure> {
        let closed = self
            .client
            .view(self.pool.manager, closingRateCall {})
            .await?;
        Ok(closed.epoch.saturating_to())
    }

    /// How an epoch was closed.
    pub(super) async fn closing(&self, epoch: u32) -> Result<Closing, Failure> {
        let filter = Filter::new()
            .address(self.pool.manager)
            .event_signature(EpochClosed::SIGNATURE_HASH)
            .topic1(B256::from(U256::from(epoch)));
        let first = self.pool.since(&self.client, "stake-manager").await?;
        let mut logs = Logs::search(&self.client, filter, first).await?;
        while let Some(found) = logs.next().await? {
            let Some(log) = found.first() else { continue };
            let closed = EpochClosed::decode_log(&log.inner)
                .map_err(|error| Failure::Conflict(error.to_string()))?;
            return Ok(Closing {
                assets: closed.assets.saturating_to(),
                shares: closed.shares.saturating_to(),
                block: log.block_number.unwrap_or_default(),
            });
        }
        Err(Failure::Conflict(format!(
            "no report has closed epoch {epoch}: the last one closed is {}.",
            self.closed().await?
        )))
    }

    /// Shares that the distributor held when an epoch was closed, that the root before it had not promised. Nothing but what it
    /// received since has changed their sum.
    pub(super) async fn pot(&self, closing: Closing, before: Totals) -> Result<u128, Failure> {
        let account = self.address;
        let held = self
            .client
            .view(self.pool.token, balanceOfCall { account })
            .await?;
        let totals = self.view(totalsCall {}).await?;
        let mut received = held + totals.paid + totals.recovered;
        let filter = Filter::new()
            .address(self.pool.token)
            .event_signature(Transfer::SIGNATURE_HASH)
            .topic2(account.into_word());
        let mut logs = Logs::search(&self.client, filter, closing.block + 1).await?;
        while let Some(found) = logs.next().await? {
            for log in found {
                let later = Transfer::decode_log(&log.inner)
                    .map_err(|error| Failure::Conflict(error.to_string()))?;
                received = received.saturating_sub(later.value);
            }
        }
        let promised = U256::from(before.rewards) + U256::from(before.recovered);
        Ok(received.saturating_sub(promised).saturating_to())
    }

    /// What was set for an epoch.
    pub(super) async fn set(&self, epoch: u32) -> Result<Set, Failure> {
        let epoch = U256::from(epoch);
        let terms = self.view(termsCall { epoch }).await?;
        Ok(Set {
            factors: Factors {
                ssv: terms.ssv.saturating_to(),
                obol: terms.obol.saturating_to(),
                direct: terms.direct.saturating_to(),
            },
            standing: terms.standing.saturating_to(),
            published: terms.ssvPrice.saturating_to(),
        })
    }

    /// The root in effect; none before there is one.
    pub(super) async fn in_effect(&self) -> Result<Option<Declared>, Failure> {
        let root = self.view(rootCall {}).await?;
        let totals = self.view(totalsCall {}).await?;
        Ok((root.root != B256::ZERO).then_some(Declared {
            epoch: root.epoch.saturating_to(),
            root: root.root,
            content_hash: root.contentHash,
            totals: Totals {
                rewards: totals.rewards.saturating_to(),
                penalties: totals.penalties.saturating_to(),
                recovered: totals.recovered.saturating_to(),
            },
        }))
    }

    /// The root that waits, and until when.
    pub(super) async fn pending(&self) -> Result<Option<(Declared, u64)>, Failure> {
        let root = self.view(pendingRootCall {}).await?;
        let declared = Declared {
            epoch: root.epoch.saturating_to(),
            root: root.root,
            content_hash: root.contentHash,
            totals: Totals {
                rewards: root.rewards.saturating_to(),
                penalties: root.penalties.saturating_to(),
                recovered: root.recovered.saturating_to(),
            },
        };
        Ok((root.root != B256::ZERO).then_some((declared, root.due.saturating_to())))
    }

    /// The root before the one in effect; zero if there is none.
    pub(super) async fn previous(&self) -> Result<B256, Failure> {
        Ok(self.view(previousRootCall {}).await?.root)
    }
}
