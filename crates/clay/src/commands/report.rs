//! `clay report`: what the oracle committee has reported.

use alloy::{primitives::U256, rpc::types::Filter, sol_types::SolEvent};
use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    lines::{self, Line},
    status::why_not_live,
    ChainArgs, PoolContracts,
};
use crate::{
    bindings::StakeManager::{
        acknowledgementCall, booksCall, closingRateCall, feeRateCall, lossesCall, parkedReportCall,
        rateStatusCall, referenceRateCall, reportAppliedAtCall, silentFromCall, RateReported,
        ReportApplied, ReportParked,
    },
    client::Client,
    deploy::pool::Pool,
    failure::Failure,
    logs::Logs,
    output::say,
};

#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    Show(ShowArgs),
}

impl ReportCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let ReportCommand::Show(args) = self;
        args.run().await
    }
}

/// Shows the last report and what it did, and one that waits for acknowledgement.
#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    /// Prints JSON: amounts in wei, as text.
    #[arg(long)]
    json: bool,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
}

impl ShowArgs {
    async fn run(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&client, &self.chain, self.pool).await?;
        let mut lines = freshness(&client, &pool).await?;
        lines.extend(applied(&client, &pool).await?);
        lines.extend(parked(&client, &pool).await?);
        lines.extend(kept(&client, &pool).await?);
        if self.json {
            say!("{:#}", Value::Object(lines::json(&lines)));
        } else {
            say!(
                "Reports to the {} pool on chain {}",
                self.pool.name(),
                client.chain_id()
            );
            say!("{}", lines::table(&lines));
        }
        Ok(())
    }
}

async fn freshness(client: &Client, pool: &PoolContracts) -> Result<Vec<Line>, Failure> {
    let status = client.view(pool.manager, rateStatusCall {}).await?;
    let applied_at = client.view(pool.manager, reportAppliedAtCall {}).await?;
    let mut lines = vec![
        Line::time("slotTime", "last report read at", status.lastReport),
        Line::time("appliedAt", "applied at", applied_at),
        Line::bool("live", "rate is live", status.live),
    ];
    if !status.live {
        let why = why_not_live(status.reason);
        lines.push(Line::text("notLiveBecause", "not live because", why));
        lines.push(Line::time("notLiveSince", "not live since", status.since));
    }
    Ok(lines)
}

/// The last applied report's terms, and what they changed; nothing before the first.
async fn applied(client: &Client, pool: &PoolContracts) -> Result<Vec<Line>, Failure> {
    let Some(terms) = last::<ReportApplied>(client, pool).await? else {
        return Ok(vec![Line::text("report", "report", "none yet")]);
    };
    let mut lines = vec![
        Line::eth("clBalance", "with validators", terms.clBalance),
        Line::eth("depositsSeen", "deposits seen so far", terms.depositsSeen),
        Line::eth("leftSeen", "left them so far", terms.leftSeen),
        Line::eth("expectedLoss", "expected loss", terms.expectedLoss),
    ];
    if let Some(did) = last::<RateReported>(client, pool).await? {
        let after = did.assetsAfter.max(Default::default()).into_raw();
        lines.extend([
            Line::signed("change", "gain or loss", did.change),
            Line::eth("recovered", "recovered", did.recovered),
            Line::eth("deferredGain", "deferred gain", did.deferredGain),
            Line::eth("covered", "borne by protection", did.covered),
            Line::decimal("coverShares", "  by shares burned", did.coverShares),
            Line::decimal("feeShares", "fee in shares", did.feeShares),
            Line::decimal(
                "rateBefore",
                "rate before",
                rate(did.assetsBefore, did.sharesBefore),
            ),
            Line::decimal("rateAfter", "rate after", rate(after, did.sharesAfter)),
        ]);
    }
    Ok(lines)
}

/// A report that waits, and bounds that were agreed to.
async fn parked(client: &Client, pool: &PoolContracts) -> Result<Vec<Line>, Failure> {
    let mut lines = Vec::new();
    let parked = client.view(pool.manager, parkedReportCall {}).await?;
    lines.push(Line::bool(
        "parked",
        "a report is parked",
        !parked.parkedAt.is_zero(),
    ));
    if !parked.parkedAt.is_zero() {
        let report = parked.report;
        lines.extend([
            Line::time("parkedAt", "  since", parked.parkedAt),
            Line::time("parkedSlotTime", "  read at", U256::from(report.slotTime)),
            Line::eth(
                "parkedClBalance",
                "  with validators",
                gwei(report.clBalanceGwei),
            ),
            Line::eth(
                "parkedDepositsSeen",
                "  deposits seen so far",
                gwei(report.depositsSeenGwei),
            ),
            Line::eth(
                "parkedLeftSeen",
                "  left them so far",
                U256::from(report.leftSeen),
            ),
            Line::eth(
                "parkedExpectedLoss",
                "  expected loss",
                U256::from(report.expectedLoss),
            ),
        ]);
        if let Some(why) = last::<ReportParked>(client, pool).await? {
            lines.extend([
                Line::eth("parkedFall", "  loss", why.fall),
                Line::eth("parkedAllowed", "  allowed without asking", why.allowed),
                Line::decimal("parkedRate", "  rate before cover", why.rateBeforeCover),
            ]);
        }
    }
    let bounds = client.view(pool.manager, acknowledgementCall {}).await?;
    if !bounds.deadline.is_zero() {
        lines.extend([
            Line::decimal(
                "acknowledgedFrom",
                "acknowledged from rate",
                bounds.lowestRate,
            ),
            Line::decimal("acknowledgedTo", "  to rate", bounds.highestRate),
            Line::time("acknowledgedUntil", "  until", bounds.deadline),
        ]);
    }
    Ok(lines)
}

/// What stays from reports.
async fn kept(client: &Client, pool: &PoolContracts) -> Result<Vec<Line>, Failure> {
    let manager = pool.manager;
    let losses = client.view(manager, lossesCall {}).await?;
    let books = client.view(manager, booksCall {}).await?;
    let reference = client.view(manager, referenceRateCall {}).await?;
    let fee = client.view(manager, feeRateCall {}).await?;
    let closing = client.view(manager, closingRateCall {}).await?;
    Ok(vec![
        Line::eth("stillDeferred", "still deferred", books.deferredGain),
        Line::eth("holdersBorne", "borne by holders", losses.holdersBorne),
        Line::eth(
            "protectionBorne",
            "borne by protection",
            losses.protectionBorne,
        ),
        Line::eth("lossesCounted", "losses the cap counts", losses.counted),
        Line::time("lossesSince", "  since", losses.since),
        Line::decimal(
            "referenceRate",
            "ceiling of exits",
            rate(reference.assets, reference.shares),
        ),
        Line::time("referenceSetAt", "  set at", reference.setAt),
        Line::decimal(
            "feeRate",
            "fee was taken up to",
            rate(fee.assets, fee.shares),
        ),
        Line::count("closedEpoch", "last closed epoch", closing.epoch),
        Line::decimal(
            "closingRate",
            "  its closing rate",
            rate(closing.assets, closing.shares),
        ),
        Line::time(
            "silentFrom",
            "silent exits from",
            client.view(manager, silentFromCall {}).await?,
        ),
    ])
}

/// The manager's newest event of a kind.
async fn last<E: SolEvent>(client: &Client, pool: &PoolContracts) -> Result<Option<E>, Failure> {
    let filter = Filter::new()
        .address(pool.manager)
        .event_signature(E::SIGNATURE_HASH);
    let since = pool.since(client, "stake-manager").await?;
    let mut logs = Logs::search(client, filter, since).await?;
    while let Some(batch) = logs.next().await? {
        let mut events = batch
            .iter()
            .filter_map(|log| E::decode_log(&log.inner).ok());
        if let Some(event) = events.next() {
            return Ok(Some(event.data));
        }
    }
    Ok(None)
}

/// Wei per 1e18 shares, rounded down; zero without shares.
fn rate(assets: U256, shares: U256) -> U256 {
    let whole = U256::from(10).pow(U256::from(18));
    let assets = assets.checked_mul(whole).unwrap_or(U256::MAX);
    assets.checked_div(shares).unwrap_or_default()
}

fn gwei(amount: u64) -> U256 {
    U256::from(amount) * U256::from(1_000_000_000)
}
