//! `clay flash-exit`: shares for ETH at once, for a fee.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use clap::Args;
use clay_shared::kyc::{REDEEM, UNDENIED};

use super::{
    confirmation::confirmed,
    reserve::{fee_in_words, least, percent, FlashReserve, Limit},
    ChainArgs, PoolContracts,
};
use crate::{
    amount::{self, display, display_eth},
    bindings::{
        CsEthToken::{balanceOfCall, symbolCall},
        FlashExitPool::{flashExitCall, maxFlashExitCall, previewFlashExitCall, FlashExit},
    },
    client::Client,
    deploy::pool::Pool,
    failure::Failure,
    keys::KeyOptions,
    logs::{costs, emitted},
    output::say,
    table,
};

/// Leaves the pool at once: burns shares and pays their ETH, less a fee, from the flash reserve. Shows a quote first,
/// and asks. `clay unstake` costs no fee, but takes time.
#[derive(Args, Debug)]
pub(super) struct FlashExitArgs {
    /// How many shares: 1.5 or 1000wei.
    #[arg(value_parser = amount::parse, required_unless_present = "all")]
    shares: Option<U256>,
    /// All the shares you have.
    #[arg(long, conflicts_with = "shares")]
    all: bool,
    /// Refuses to exit for less ETH than this; if not given, for 0.1 % less than quoted, so that others who exit
    /// first cannot make the fee much larger.
    #[arg(long, value_name = "ETH", value_parser = amount::parse)]
    min_out: Option<U256>,
    /// Who gets the ETH; you, if nobody is named.
    #[arg(long, value_name = "ADDRESS")]
    receiver: Option<Address>,
    /// Exits without asking.
    #[arg(long)]
    yes: bool,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl FlashExitArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        // Ask the chain before asking for a password.
        let reader = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&reader, &self.chain, self.pool).await?;
        let symbol = reader.view(pool.token, symbolCall {}).await?;
        let client = self.chain.connect(Some(self.key.signer()?)).await?;

        let account = client.account()?;
        let held = client.view(pool.token, balanceOfCall { account }).await?;
        let quote = Quote {
            shares: self.shares.unwrap_or(held),
            held,
            symbol,
        };
        let receiver = self.receiver.unwrap_or(account);
        let asked = [(account, REDEEM), (receiver, UNDENIED)];
        pool.require_rights(&client, &quote.action(), asked).await?;
        let reserve = FlashReserve::read(&client, &pool).await?;
        let paid = quote.paid(&client, &reserve, account).await?;
        let least = least(self.min_out, paid);
        let mut rows = quote.rows(&reserve, paid);
        rows.push(("at least", display_eth(least)));
        rows.push(("to", receiver.to_string()));
        say!(
            "Exit with {} {} now\n{}",
            display(quote.shares),
            quote.symbol,
            table::lines(&rows)
        );
        if paid < least {
            return Err(quote.refused(format!(
                "it pays {}, less than --min-out {}.\nAsk for less, or leave without a fee by `clay unstake {}`.",
                display_eth(paid),
                display_eth(least),
                display(quote.shares)
            )));
        }
        if !self.yes && !confirmed("Exit")? {
            say!("Nothing was sent.");
            return Ok(());
        }
        let call = flashExitCall {
            shares: quote.shares,
            minAssets: least,
            receiver,
        };
        exit(&client, reserve.pool, call, &quote).await
    }
}

/// Sends the exit, and tells what was paid.
async fn exit(
    client: &Client,
    pool: Address,
    call: flashExitCall,
    quote: &Quote,
) -> Result<(), Failure> {
    let sent = client
        .transact(&quote.action(), pool, U256::ZERO, call.abi_encode().into())
        .await;
    let advice = "\nNothing was paid, and your shares are still yours. Run it again for a new quote, or leave by `clay \
                  unstake`.";
    let receipt = sent.map_err(|failure| failure.advising(advice))?;
    let exit = emitted::<FlashExit>(&receipt, pool).next();
    let exit = exit.ok_or_else(|| {
        Failure::Conflict(format!("{pool} took the shares without a FlashExit event."))
    })?;
    let [gas, transaction] = costs(&receipt);
    say!(
        "Left with {} {}.\n{}",
        display(exit.shares),
        quote.symbol,
        table::lines(&[
            ("paid", display_eth(exit.assets - exit.fee)),
            ("fee", fee_in_words(exit.fee, exit.assets)),
            ("to", exit.receiver.to_string()),
            gas,
            transaction,
        ])
    );
    Ok(())
}

/// An exit that is asked about.
struct Quote {
    shares: U256,
    /// All the shares of the account.
    held: U256,
    symbol: String,
}

impl Quote {
    fn action(&self) -> String {
        format!("an exit with {} {}", display(self.shares), self.symbol)
    }

    fn refused(&self, reason: String) -> Failure {
        let action = self.action();
        Failure::Refused { action, reason }
    }

    /// Wei that would be paid now; if none, why, and what is possible instead.
    async fn paid(
        &self,
        client: &Client,
        reserve: &FlashReserve,
        account: Address,
    ) -> Result<U256, Failure> {
        let Self {
            shares,
            held,
            symbol,
        } = self;
        let (shares, held) = (*shares, *held);
        if held < shares || held.is_zero() {
            let reason = format!("{account} has {} {symbol}.", display(held));
            return Err(self.refused(reason));
        }
        let (pool, preview) = (reserve.pool, previewFlashExitCall { account, shares });
        let paid = client.view(pool, preview).await?;
        if !paid.is_zero() {
            return Ok(paid);
        }
        let most = client.view(pool, maxFlashExitCall { account }).await?;
        Err(self.refused(self.why_nothing(reserve, most)))
    }

    /// Why nothing would be paid, and what to do; `most` are the shares that could leave.
    fn why_nothing(&self, reserve: &FlashReserve, most: U256) -> String {
        let orders = format!("`clay unstake {}`", display(self.shares));
        if let Some(why) = &reserve.closed {
            return format!(
                "exits at once are closed: {why}.\nLeave by {orders} instead, which is paid when pricing goes on."
            );
        }
        let worth = reserve.worth(self.shares);
        let exceeded = Limit::ALL
            .into_iter()
            .filter(|limit| reserve.room(*limit) < worth);
        let mut reasons: Vec<String> = exceeded
            .map(|limit| format!("  {}", over(reserve, limit, worth)))
            .collect();
        if reasons.is_empty() {
            return format!(
                "the shares are worth {}, of which the fee leaves nothing.\nAsk for more.",
                display_eth(worth)
            );
        }
        reasons.push(match most.is_zero() {
            true => format!("No exit is possible now. Leave by {orders} instead, without a fee."),
            false => format!(
                "Possible now: `clay flash-exit {}`. Leave with the rest later, or by `clay unstake {}`, without a fee.",
                display(most),
                display(self.shares - most)
            ),
        });
        format!(
            "the shares are worth {}, which is more than\n{}",
            display_eth(worth),
            reasons.join("\n")
        )
    }

    fn rows(&self, reserve: &FlashReserve, paid: U256) -> Vec<(&'static str, String)> {
        let worth = reserve.worth(self.shares);
        let tightest = reserve.tightest();
        vec![
            ("worth", display_eth(worth)),
            ("fee", fee_in_words(worth.saturating_sub(paid), worth)),
            ("paid", display_eth(paid)),
            (
                "possible now",
                format!(
                    "up to {}, limited by {}",
                    display_eth(reserve.room(tightest)),
                    tightest.name()
                ),
            ),
        ]
    }
}

/// A limit that an exit worth so much exceeds, and when it allows more.
fn over(reserve: &FlashReserve, limit: Limit, worth: U256) -> String {
    let room = display_eth(reserve.room(limit));
    match limit {
        Limit::Largest => format!(
            "{room}, the largest exit ({} of what the pool owns); several may follow each other",
            percent(reserve.limits.largest, U256::from(10_000))
        ),
        Limit::Bucket => format!("{room}, what is in the bucket: {}", reserve.bucket().enough_in_words("this exit", worth)),
        Limit::LowWatermark if reserve.liquidity.target.is_zero() => {
            format!("{room}, what is in the reserve, which the next report gives a target")
        }
        Limit::LowWatermark => format!(
            "{room}, what the reserve of {} has above its low watermark of {}: `clay autobalance`, by anybody, tops it \
             up to {} from what no order needs",
            display_eth(reserve.liquidity.reserve),
            display_eth(reserve.liquidity.lowWatermark),
            display_eth(reserve.liquidity.target)
        ),
    }
}
