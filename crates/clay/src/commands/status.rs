//! `clay status`: rate, books and supply of a pool, and its parameters.

use clap::Args;
use serde_json::Value;

use super::{
    lines::{self, Line},
    parameters::{self, Parameter},
    ChainArgs, PoolContracts,
};
use crate::{
    bindings::{
        CsEthToken::{self, nameCall, symbolCall, totalSupplyCall},
        OperatorRegistry::countsCall,
        ProtectionPool::{availableCall, balanceCall},
        StakeManager::{
            booksCall, booksReturn, entryRateCall, exitRateCall, gatewayCall, guardianCall,
            lossesCall, maxDepositCall, ownerCall, pausedCall, pausedUntilCall, rateCall,
            rateStatusCall, rateStatusReturn, siblingCall, silentFromCall,
        },
        UnstakeQueue::totalsCall,
    },
    client::Client,
    deploy::pool::Pool,
    failure::Failure,
    output::say,
};

/// Shows a pool's rate, books and supply.
#[derive(Args, Debug)]
pub(super) struct StatusArgs {
    /// Also shows every governed number, with its bounds.
    #[arg(long)]
    parameters: bool,
    /// Prints JSON: amounts in wei, as text.
    #[arg(long)]
    json: bool,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
}

impl StatusArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&client, &self.chain, self.pool).await?;
        let lines = status(&client, &pool).await?;
        let parameters = if self.parameters {
            parameters::of(&client, &pool).await?
        } else {
            Vec::new()
        };
        if self.json {
            let mut status = lines::json(&lines);
            status.insert("chainId".into(), client.chain_id().into());
            if self.parameters {
                let parameters = parameters.iter().map(Parameter::json).collect();
                status.insert("parameters".into(), parameters);
            }
            say!("{:#}", Value::Object(status));
        } else {
            say!(
                "The {} pool on chain {}",
                self.pool.name(),
                client.chain_id()
            );
            say!("{}", lines::table(&lines));
            if self.parameters {
                say!("{}", parameters::table(&parameters));
            }
        }
        Ok(())
    }
}

/// Everything but the parameters.
async fn status(client: &Client, pool: &PoolContracts) -> Result<Vec<Line>, Failure> {
    let mut lines = pricing(client, pool).await?;
    let books = client.view(pool.manager, booksCall {}).await?;
    lines.extend(self::books(books));
    lines.extend(orders(client, pool).await?);
    lines.extend(protection(client, pool).await?);
    lines.extend(validators(client, pool).await?);
    lines.extend(roles(client, pool).await?);
    Ok(lines)
}

/// The token, and what a share costs.
async fn pricing(client: &Client, pool: &PoolContracts) -> Result<Vec<Line>, Failure> {
    let (manager, token) = (pool.manager, pool.token);
    let rateStatusReturn {
        live,
        reason,
        since,
        lastReport,
    } = client.view(manager, rateStatusCall {}).await?;
    let paused = client.view(manager, pausedCall {}).await?;
    let supply = client.view(token, totalSupplyCall {}).await?;
    let entry = client.view(manager, entryRateCall {}).await?;
    let exit = client.view(manager, exitRateCall {}).await?;
    let mut lines = vec![
        Line::address("token", "token", token),
        Line::text("tokenName", "name", client.view(token, nameCall {}).await?),
        Line::text(
            "tokenSymbol",
            "symbol",
            client.view(token, symbolCall {}).await?,
        ),
        Line::decimal("totalSupply", "supply", supply),
        Line::address("stakeManager", "stake-manager", manager),
        Line::decimal("rate", "rate", client.view(manager, rateCall {}).await?),
        Line::decimal("entryRate", "rate of entries", entry),
        Line::decimal("exitRate", "rate of exits", exit),
        Line::bool("live", "rate is live", live),
        Line::time("lastReport", "last report", lastReport),
        Line::bool("paused", "paused", paused),
    ];
    if !live {
        lines.push(Line::text(
            "notLiveBecause",
            "not live because",
            why_not_live(reason),
        ));
        lines.push(Line::time("notLiveSince", "not live since", since));
    }
    if paused {
        let until = client.view(manager, pausedUntilCall {}).await?;
        lines.push(Line::time("pausedUntil", "paused until", until));
    }
    let receiver = token;
    let largest = client.view(manager, maxDepositCall { receiver }).await?;
    lines.push(Line::eth("maxDeposit", "largest deposit", largest));
    Ok(lines)
}

/// Why a rate is not live, by the number the contract gives.
pub(super) fn why_not_live(reason: u8) -> String {
    match reason {
        1 => "a report is parked".into(),
        2 => "a slashing is flagged".into(),
        3 => "the report is overdue".into(),
        other => format!("reason {other}"),
    }
}

/// Every term of the books.
pub(super) fn books(books: booksReturn) -> [Line; 11] {
    [
        Line::signed("totalAssets", "assets", books.totalAssets),
        Line::decimal("totalShares", "shares in the books", books.totalShares),
        Line::signed("buffered", "  buffered", books.buffered),
        Line::eth("flashReserve", "  flash reserve", books.flashReserve),
        Line::eth("sentOut", "  sent out so far", books.sentOut),
        Line::eth("depositsSeen", "  of it seen", books.depositsSeen),
        Line::eth("clBalance", "  with validators", books.clBalance),
        Line::eth("leftSeen", "  left them so far", books.leftSeen),
        Line::eth("cameBack", "  of it came back", books.cameBack),
        Line::eth("expectedLoss", "  expected loss", books.expectedLoss),
        Line::eth("deferredGain", "  deferred gain", books.deferredGain),
    ]
}

/// The unstake-queue in numbers.
async fn orders(client: &Client, pool: &PoolContracts) -> Result<Vec<Line>, Failure> {
    let queue = pool.at(client, "unstake-queue").await?;
    let totals = client.view(queue, totalsCall {}).await?;
    let silent_from = client.view(pool.manager, silentFromCall {}).await?;
    Ok(vec![
        Line::address("unstakeQueue", "unstake-queue", queue),
        Line::decimal(
            "unfinalisedShares",
            "  shares in orders",
            totals.unfinalisedShares,
        ),
        Line::decimal("dueShares", "  of them due", totals.dueShares),
        Line::eth("setAside", "  set aside for claims", totals.setAside),
        Line::time("silentFrom", "  silent exits from", silent_from),
    ])
}

/// The protection-pool, and what it and holders have borne.
async fn protection(client: &Client, pool: &PoolContracts) -> Result<Vec<Line>, Failure> {
    let protection = pool.at(client, "protection-pool").await?;
    let held = client.view(protection, balanceCall {}).await?;
    let available = client.view(protection, availableCall {}).await?;
    let losses = client.view(pool.manager, lossesCall {}).await?;
    Ok(vec![
        Line::address("protectionPool", "protection-pool", protection),
        Line::decimal("protection", "  shares held", held),
        Line::decimal("cover", "  can be burned now", available),
        Line::eth(
            "protectionBorne",
            "  borne, not got back",
            losses.protectionBorne,
        ),
        Line::eth("holdersBorne", "borne by holders", losses.holdersBorne),
    ])
}

/// The operator-registry in numbers.
async fn validators(client: &Client, pool: &PoolContracts) -> Result<Vec<Line>, Failure> {
    let registry = pool.at(client, "operator-registry").await?;
    let counts = client.view(registry, countsCall {}).await?;
    Ok(vec![
        Line::address("operatorRegistry", "operator-registry", registry),
        Line::count("keys", "  keys", counts.keys),
        Line::count("validatorsFunded", "  funded", counts.funded),
        Line::count("exitsAsked", "  asked to exit", counts.asked),
        Line::count("exited", "  exited", counts.exited),
    ])
}

async fn roles(client: &Client, pool: &PoolContracts) -> Result<Vec<Line>, Failure> {
    let (manager, token) = (pool.manager, pool.token);
    let owner = client.view(manager, ownerCall {}).await?;
    let token_owner = client.view(token, CsEthToken::ownerCall {}).await?;
    let guardian = client.view(manager, guardianCall {}).await?;
    let gateway = client.view(manager, gatewayCall {}).await?;
    let treasury = client.view(manager, siblingCall { id: 6 }).await?;
    let mut lines = vec![
        Line::address("owner", "owner", owner),
        Line::address("guardian", "guardian", guardian),
        Line::address("gateway", "gateway on L1", gateway),
        Line::address("treasury", "treasury", treasury),
        Line::address(
            "oracleCommittee",
            "oracle committee",
            pool.at(client, "oracle-committee").await?,
        ),
        Line::address(
            "acknowledger",
            "acknowledger",
            pool.at(client, "acknowledger").await?,
        ),
    ];
    if token_owner != owner {
        lines.push(Line::address(
            "tokenOwner",
            "owner of the token",
            token_owner,
        ));
    }
    Ok(lines)
}
