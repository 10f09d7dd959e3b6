//! `clay liquidity`: the flash reserve, what limits an exit from it, and what one costs.

use alloy::primitives::{utils::Unit, U256};
use clap::Args;
use serde_json::{json, Value};

use super::{
    conversion::Conversion,
    fee_plot::plot,
    reserve::{percent, FlashReserve, Limit},
    ChainArgs, PoolContracts,
};
use crate::{
    amount::display_eth,
    bindings::FlashExitPool::{monthlyAllowanceCall, treasuryFeesCall, treasuryPartCall},
    client::Client,
    deploy::pool::Pool,
    failure::Failure,
    output::say,
    table,
};

/// Points of the curve in JSON, besides the first.
const POINTS: u64 = 10;

/// Shows the reserve that exits at once are paid from, what limits them, and what they cost.
#[derive(Args, Debug)]
pub(super) struct LiquidityArgs {
    /// Prints JSON: amounts in wei, as text; fees in wei per ETH that exits, as text.
    #[arg(long)]
    json: bool,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
}

impl LiquidityArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&client, &self.chain, self.pool).await?;
        let reserve = FlashReserve::read(&client, &pool).await?;
        let terms = Terms::read(&client, &reserve).await?;
        let conversion = Conversion::read(&client, reserve.pool).await?;
        // Only csETH is converted.
        let conversion = (self.pool == Pool::Retail || conversion.is_named()).then_some(conversion);
        if self.json {
            let conversion = conversion.map(|it| conversion_json(&it, &reserve));
            say!("{:#}", json(&reserve, &terms, conversion));
            return Ok(());
        }
        let mut rows = rows(&reserve, &terms);
        if let Some(conversion) = &conversion {
            rows.extend(conversion_rows(conversion, &reserve));
        }
        say!(
            "The flash reserve of the {} pool on chain {}\n{}",
            self.pool.name(),
            client.chain_id(),
            table::lines(&rows)
        );
        let (missing, furthest) = (reserve.missing_share(), reserve.furthest_share());
        let plot = plot(reserve.curve, missing, furthest);
        say!("Fee of the next wei, by how much of the target is missing\n{plot}");
        Ok(())
    }
}

/// What is agreed besides the curve and the limits.
struct Terms {
    /// Of a fee, in basis points.
    treasury_part: U256,
    /// Wei that the treasury has not taken yet.
    treasury_fees: U256,
    /// Wei an account can exit with in 30 days at the smallest fee.
    monthly_allowance: U256,
}

impl Terms {
    async fn read(client: &Client, reserve: &FlashReserve) -> Result<Self, Failure> {
        let pool = reserve.pool;
        Ok(Self {
            treasury_part: client.view(pool, treasuryPartCall {}).await?,
            treasury_fees: client.view(pool, treasuryFeesCall {}).await?,
            monthly_allowance: client.view(pool, monthlyAllowanceCall {}).await?,
        })
    }
}

fn rows(reserve: &FlashReserve, terms: &Terms) -> Vec<(&'static str, String)> {
    let (liquidity, curve) = (&reserve.liquidity, reserve.curve);
    let (ether, missing) = (Unit::ETHER.wei(), reserve.missing());
    let tightest = reserve.tightest();
    let possible = match &reserve.closed {
        Some(why) => format!("none: {why}"),
        None => format!(
            "{}, limited by {}",
            display_eth(reserve.room(tightest)),
            tightest.name()
        ),
    };
    let fee = |missing_share| percent(curve.at(missing_share), ether);
    let mut rows = vec![
        ("reserve", display_eth(liquidity.reserve)),
        ("  of it fees kept", display_eth(liquidity.feesKept)),
        ("target", target(liquidity.target)),
        (
            "  missing",
            format!(
                "{} ({})",
                display_eth(missing),
                percent(missing, liquidity.target)
            ),
        ),
        ("low watermark", display_eth(liquidity.lowWatermark)),
        ("  above it", display_eth(reserve.room(Limit::LowWatermark))),
        (
            "bucket",
            format!(
                "{} of {}",
                display_eth(liquidity.bucket),
                display_eth(liquidity.bucketCapacity)
            ),
        ),
        ("  full", reserve.bucket().full_in_words()),
        ("largest exit", display_eth(liquidity.largest)),
        ("possible now", possible),
        ("fee now", fee(reserve.missing_share())),
        ("  reserve full", fee(U256::ZERO)),
        ("  reserve empty", fee(ether)),
    ];
    if !terms.treasury_part.is_zero() || !terms.treasury_fees.is_zero() {
        let part = percent(terms.treasury_part, U256::from(10_000));
        let fees = display_eth(terms.treasury_fees);
        let told = format!("{part} of fees, {fees} not taken yet");
        rows.push(("treasury's part", told));
    }
    if !terms.monthly_allowance.is_zero() {
        let told = format!("{} in 30 days", display_eth(terms.monthly_allowance));
        rows.push(("at smallest fee", told));
    }
    rows
}

/// What of it converts csETH to IcsETH.
fn conversion_rows(conversion: &Conversion, reserve: &FlashReserve) -> Vec<(&'static str, String)> {
    let mut rows = vec![("conversion", conversion.in_words())];
    if conversion.is_named() {
        let bucket = conversion.bucket(reserve);
        let (possible, limit) = conversion.possible(reserve);
        let (left, capacity) = (display_eth(bucket.left), display_eth(bucket.capacity));
        rows.extend([
            ("  fee", conversion.fee_in_percent()),
            ("  bucket", format!("{left} of {capacity}")),
            ("  full", bucket.full_in_words()),
            (
                "  leaves",
                format!(
                    "{} in the reserve",
                    display_eth(conversion.liquidity.lowWatermark)
                ),
            ),
        ]);
        if conversion.off().is_none() {
            let possible = match &reserve.closed {
                Some(why) => format!("none: {why}"),
                None => format!("{}, limited by {limit}", display_eth(possible)),
            };
            rows.push(("  possible now", possible));
        }
    }
    rows
}

fn target(wei: U256) -> String {
    match wei.is_zero() {
        true => "none: the next report fixes it".into(),
        false => display_eth(wei),
    }
}

fn json(reserve: &FlashReserve, terms: &Terms, conversion: Option<Value>) -> Value {
    let (liquidity, limits, curve) = (&reserve.liquidity, &reserve.limits, reserve.curve);
    let text = |number: U256| number.to_string();
    let points = (0..=POINTS).map(|point| {
        let part = |whole: U256| whole * U256::from(point) / U256::from(POINTS);
        json!({
            "missing": text(part(liquidity.target)),
            "missingBasisPoints": text(part(U256::from(10_000))),
            "fee": text(curve.at(part(Unit::ETHER.wei()))),
        })
    });
    let tightest = reserve.tightest();
    let possible = match reserve.closed {
        Some(_) => U256::ZERO,
        None => reserve.room(tightest),
    };
    json!({
        "flashExitPool": reserve.pool.to_string(),
        "open": reserve.closed.is_none(),
        "closedBecause": reserve.closed,
        "reportedAssets": text(reserve.terms.reportedAssets),
        "reserve": text(liquidity.reserve),
        "feesKept": text(liquidity.feesKept),
        "target": text(liquidity.target),
        "missing": text(reserve.missing()),
        "lowWatermark": text(liquidity.lowWatermark),
        "aboveLowWatermark": text(reserve.room(Limit::LowWatermark)),
        "bucket": text(liquidity.bucket),
        "bucketCapacity": text(liquidity.bucketCapacity),
        "bucketFullAt": reserve.bucket().full(),
        "largest": text(liquidity.largest),
        "possible": text(possible),
        "limitedBy": tightest.key(),
        "fee": text(curve.at(reserve.missing_share())),
        "smallestFee": text(curve.at(U256::ZERO)),
        "largestFee": text(curve.at(Unit::ETHER.wei())),
        "curve": points.collect::<Vec<_>>(),
        "treasuryFees": text(terms.treasury_fees),
        "monthlyAllowance": text(terms.monthly_allowance),
        "conversion": conversion,
        "basisPoints": {
            "smallestFee": text(curve.min),
            "largestFee": text(curve.max),
            "lowWatermark": text(limits.lowWatermark),
            "bucketCapacity": text(limits.capacity),
            "bucketRefillADay": text(limits.refill),
            "largest": text(limits.largest),
            "treasuryPart": text(terms.treasury_part),
        },
    })
}

fn conversion_json(conversion: &Conversion, reserve: &FlashReserve) -> Value {
    let (terms, bucket) = (&conversion.terms, conversion.bucket(reserve));
    let (possible, _) = conversion.possible(reserve);
    let possible = match reserve.closed.is_none() && conversion.off().is_none() {
        true => possible,
        false => U256::ZERO,
    };
    let text = |number: U256| number.to_string();
    json!({
        "on": conversion.off().is_none(),
        "offBecause": conversion.off(),
        "stakeManager": terms.stakeManager.to_string(),
        "whitelist": terms.whitelist.to_string(),
        "board": terms.board.to_string(),
        "allowedByOwner": terms.allowedByOwner,
        "allowedByBoard": terms.allowedByBoard,
        "bucket": text(bucket.left),
        "bucketCapacity": text(bucket.capacity),
        "bucketFullAt": bucket.full(),
        "lowWatermark": text(conversion.liquidity.lowWatermark),
        "possible": text(possible),
        "basisPoints": {
            "fee": text(terms.fee),
            "bucketADay": text(terms.bucket),
        },
    })
}
