//! `clay convert`: csETH for IcsETH in one call.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use clap::Args;
use clay_shared::kyc::{HOLD, STAKE};

use super::{
    confirmation::confirmed,
    conversion::Conversion,
    reserve::{closed, fee_in_words, least, FlashReserve},
    ChainArgs, PoolContracts,
};
use crate::{
    amount::{self, display, display_eth},
    bindings::{
        CsEthToken::{balanceOfCall, symbolCall},
        FlashExitPool::{convertCall, maxConvertCall, Converted},
        StakeManager::parameterCall,
    },
    client::Client,
    deploy::pool::Pool,
    failure::Failure,
    keys::KeyOptions,
    logs::{costs, emitted},
    output::say,
    table,
};

/// The parameter of a stake-manager that is its smallest deposit.
const SMALLEST_DEPOSIT: u8 = 0;

/// Turns csETH into IcsETH: its ETH, less a fee, moves from the retail pool's reserve into the institutional pool. Shows a
/// quote first, and asks. Possible while the owner and the Board both allow it, for accounts with the right to stake.
#[derive(Args, Debug)]
pub(super) struct ConvertArgs {
    /// How many shares of csETH: 1.5 or 1000wei.
    #[arg(value_parser = amount::parse, required_unless_present = "all")]
    shares: Option<U256>,
    /// All the shares you have.
    #[arg(long, conflicts_with = "shares")]
    all: bool,
    /// Refuses to convert for fewer shares of IcsETH than this; if not given, for 0.1 % fewer than quoted.
    #[arg(long, value_name = "SHARES", value_parser = amount::parse)]
    min_out: Option<U256>,
    /// Who gets the IcsETH; you, if nobody is named.
    #[arg(long, value_name = "ADDRESS")]
    receiver: Option<Address>,
    /// Converts without asking.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl ConvertArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        // Ask the chain before asking for a password.
        let reader = self.chain.connect(None).await?;
        let retail = PoolContracts::find(&reader, &self.chain, Pool::Retail).await?;
        let other = PoolContracts::find(&reader, &self.chain, Pool::Institutional).await?;
        let symbols = [
            reader.view(retail.token, symbolCall {}).await?,
            reader.view(other.token, symbolCall {}).await?,
        ];
        let reserve = FlashReserve::read(&reader, &retail).await?;
        let conversion = Conversion::read(&reader, reserve.pool).await?;
        let client = self.chain.connect(Some(self.key.signer()?)).await?;

        let account = client.account()?;
        let held = client.view(retail.token, balanceOfCall { account }).await?;
        let shares = self.shares.unwrap_or(held);
        let worth = reserve.worth(shares);
        let quote = Quote {
            shares,
            worth,
            fee: conversion.fee(worth),
            reserve,
            conversion,
            symbols,
        };
        quote.require_on(&other)?;
        let receiver = self.receiver.unwrap_or(account);
        let asked = [(account, STAKE), (receiver, HOLD)];
        other
            .require_rights(&client, &quote.action(), asked)
            .await?;
        if held < shares || held.is_zero() {
            let reason = format!("{account} has {} {}.", display(held), quote.symbols[0]);
            return Err(quote.refused(reason));
        }
        let minted = quote.minted(&client, &other, receiver).await?;
        let least = least(self.min_out, minted);
        quote.show(minted, least, receiver);
        if minted < least {
            return Err(quote.refused(format!(
                "it mints {}, fewer than --min-out {}.\nAsk for fewer, or wait: the fee is the same for any amount, \
                 and rates change with reports.",
                display(minted),
                display(least)
            )));
        }
        if !self.yes && !confirmed("Convert")? {
            say!("Nothing was sent.");
            return Ok(());
        }
        let call = convertCall {
            shares,
            minShares: least,
            receiver,
        };
        quote.convert(&client, call).await
    }
}

/// A conversion that is asked about. Amounts are wei.
struct Quote {
    /// Shares that leave.
    shares: U256,
    /// ETH that they are worth.
    worth: U256,
    /// ETH of it that stays in the retail pool.
    fee: U256,
    reserve: FlashReserve,
    conversion: Conversion,
    /// Of what leaves and of what is minted.
    symbols: [String; 2],
}

impl Quote {
    fn action(&self) -> String {
        let [from, _] = &self.symbols;
        format!("a conversion of {} {from}", display(self.shares))
    }

    fn refused(&self, reason: String) -> Failure {
        let action = self.action();
        Failure::Refused { action, reason }
    }

    /// Refuses while conversion is off, and where it is to another pool than the deployment's.
    fn require_on(&self, other: &PoolContracts) -> Result<(), Failure> {
        if let Some(why) = self.conversion.off() {
            return Err(self.refused(format!(
                "conversion is off: {why}.\nIt needs both. Meanwhile, leave with `clay unstake` and stake with `clay \
                 stake --institutional`."
            )));
        }
        let named = self.conversion.terms.stakeManager;
        if named == other.manager {
            return Ok(());
        }
        Err(Failure::Conflict(format!(
            "conversion is to the pool of the stake-manager {named}, and that of this deployment's institutional pool is \
             {}.",
            other.manager
        )))
    }

    /// Shares that would be minted now; if none, why, and what is possible instead.
    async fn minted(
        &self,
        client: &Client,
        other: &PoolContracts,
        receiver: Address,
    ) -> Result<U256, Failure> {
        // Not previewConvert, which asks what an account would be minted itself.
        let call = convertCall {
            shares: self.shares,
            minShares: U256::ZERO,
            receiver,
        };
        let pool = self.reserve.pool;
        let answer = client.call(pool, call.abi_encode().into(), U256::ZERO);
        let error = match answer.await {
            Ok(answer) => {
                return convertCall::abi_decode_returns(&answer).map_err(|_| {
                    Failure::Conflict(format!("{pool} does not answer convert as it should."))
                })
            }
            Err(error) => error,
        };
        match self.why_none(client, other).await? {
            Some(why) => Err(self.refused(why)),
            None => Err(client.explain(&self.action(), &error)),
        }
    }

    /// Why nothing would be minted, and what to do; none if that is for the contracts to say.
    async fn why_none(
        &self,
        client: &Client,
        other: &PoolContracts,
    ) -> Result<Option<String>, Failure> {
        if let Some(why) = &self.reserve.closed {
            return Ok(Some(format!(
                "the retail pool is closed: {why}.\nTry again when pricing goes on."
            )));
        }
        let pausable = [("its stake-manager", other.manager)];
        let closed = closed(client, other.manager, &pausable, self.reserve.now).await?;
        if let Some(why) = closed {
            return Ok(Some(format!(
                "the institutional pool takes no deposits: {why}.\nTry again when it does."
            )));
        }
        let exceeded = self.exceeded();
        if !exceeded.is_empty() {
            let account = client.account()?;
            let most = client
                .view(self.reserve.pool, maxConvertCall { account })
                .await?;
            let possible = match most.is_zero() {
                true => String::new(),
                false => format!("\nPossible now: `clay convert {}`.", display(most)),
            };
            return Ok(Some(format!(
                "the shares are worth {}, which is more than\n{}{possible}",
                display_eth(self.worth),
                exceeded.join("\n")
            )));
        }
        let id = SMALLEST_DEPOSIT;
        let smallest = client.view(other.manager, parameterCall { id }).await?;
        let (smallest, deposited) = (smallest.value, self.worth - self.fee);
        Ok((deposited < smallest).then(|| {
            format!(
                "less the fee the shares are worth {}, and the institutional pool takes no less than {}.",
                display_eth(deposited),
                display_eth(smallest)
            )
        }))
    }

    /// The limits that the conversion exceeds, and when they allow more.
    fn exceeded(&self) -> Vec<String> {
        let Self {
            worth,
            reserve,
            conversion,
            ..
        } = self;
        let (bucket, above) = (
            conversion.bucket(reserve),
            conversion.above_low_watermark(reserve),
        );
        let mut exceeded = Vec::new();
        if *worth > bucket.left {
            let enough = bucket.enough_in_words("this conversion", *worth);
            let left = display_eth(bucket.left);
            exceeded.push(format!("  {left}, what is in its bucket: {enough}"));
        }
        if *worth > above {
            exceeded.push(format!(
                "  {}, what the reserve of {} has above the {} that conversions leave in it: `clay autobalance`, by anybody, \
                 tops it up to {} from what no order needs",
                display_eth(above),
                display_eth(reserve.liquidity.reserve),
                display_eth(conversion.liquidity.lowWatermark),
                display_eth(reserve.liquidity.target)
            ));
        }
        exceeded
    }

    /// Shows what it does.
    fn show(&self, minted: U256, least: U256, receiver: Address) {
        let [from, to] = &self.symbols;
        let (possible, limit) = self.conversion.possible(&self.reserve);
        let rows = [
            ("worth", display_eth(self.worth)),
            ("fee", fee_in_words(self.fee, self.worth)),
            ("deposited", display_eth(self.worth - self.fee)),
            ("minted", format!("{} {to}", display(minted))),
            ("at least", format!("{} {to}", display(least))),
            ("to", receiver.to_string()),
            (
                "possible now",
                format!("up to {}, limited by {limit}", display_eth(possible)),
            ),
        ];
        say!(
            "Convert {} {from} to {to} now\n{}",
            display(self.shares),
            table::lines(&rows)
        );
    }

    /// Sends it, and tells what was minted.
    async fn convert(&self, client: &Client, call: convertCall) -> Result<(), Failure> {
        let [from, to] = &self.symbols;
        let pool = self.reserve.pool;
        let sent = client
            .transact(&self.action(), pool, U256::ZERO, call.abi_encode().into())
            .await;
        let advice = format!(
            "\nNothing was converted, and your {from} is still yours. Run it again for a new quote."
        );
        let receipt = sent.map_err(|failure| failure.advising(&advice))?;
        let told = emitted::<Converted>(&receipt, pool).next();
        let told = told.ok_or_else(|| {
            Failure::Conflict(format!("{pool} took the shares without a Converted event."))
        })?;
        let [gas, transaction] = costs(&receipt);
        say!(
            "Converted {} {from}.\n{}",
            display(told.shares),
            table::lines(&[
                ("received", format!("{} {to}", display(told.minted))),
                ("fee", fee_in_words(told.fee, told.assets)),
                ("for", told.receiver.to_string()),
                gas,
                transaction,
            ])
        );
        Ok(())
    }
}
