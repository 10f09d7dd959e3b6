//! `clay status`: rate, books and supply of the pools, and their parameters.

use clap::Args;
use serde_json::{Map, Value};

use super::{
    lines::{self, Line},
    parameters::{self, Parameter},
    ChainArgs, PoolContracts,
};
use crate::{
    bindings::{
        CsEthToken::{self, nameCall, symbolCall, totalSupplyCall},
        IcsEthToken,
        KycWhitelist::{accountCountCall, boardCall, complianceOfficerCall},
        OperatorRegistry::countsCall,
        ProtectionPool::{availableCall, balanceCall},
        RewardsDistributor::{currentEpochCall, totalsCall as rewardTotalsCall, unpromisedCall},
        StakeManager::{
            booksCall, booksReturn, entryRateCall, exitRateCall, gatewayCall, guardianCall,
            lossesCall, maxDepositCall, ownerCall, pausedCall, pausedUntilCall, rateCall,
            rateStatusCall, rateStatusReturn, siblingCall, silentFromCall, whitelistCall,
        },
        UnstakeQueue::totalsCall,
    },
    client::Client,
    deploy::{
        pool::{Pool, TransferPolicy},
        record::Deployment,
    },
    failure::Failure,
    output::say,
};

/// What is shown of a pool if none was asked for, by keys of [`status`].
const BRIEF: [&str; 11] = [
    "token",
    "tokenSymbol",
    "totalSupply",
    "totalAssets",
    "rate",
    "live",
    "notLiveBecause",
    "lastReport",
    "paused",
    "unfinalisedShares",
    "transferPolicy",
];

/// Shows the pools' rate, books and supply.
#[derive(Args, Debug)]
pub(super) struct StatusArgs {
    /// Shows everything about this pool, not only the most important about each.
    #[arg(long)]
    pool: Option<Pool>,
    /// Also shows every governed number of the pool, with its bounds.
    #[arg(long, requires = "pool")]
    parameters: bool,
    /// Prints JSON: amounts in wei, as text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    chain: ChainArgs,
}

impl StatusArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        match self.pool {
            Some(pool) => self.of_one(&client, pool).await,
            None => self.of_each(&client).await,
        }
    }

    async fn of_one(&self, client: &Client, pool: Pool) -> Result<(), Failure> {
        let contracts = PoolContracts::find(client, &self.chain, pool).await?;
        let lines = status(client, &contracts).await?;
        let parameters = if self.parameters {
            parameters::of(client, &contracts).await?
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
            say!("The {} pool on chain {}", pool.name(), client.chain_id());
            say!("{}", lines::table(&lines));
            if self.parameters {
                say!("{}", parameters::table(&parameters));
            }
        }
        Ok(())
    }

    async fn of_each(&self, client: &Client) -> Result<(), Failure> {
        let deployment = Deployment::of(client, &self.chain.file(client))?;
        let mut pools = deployment.pools();
        if pools.is_empty() {
            // Then it is the usual one that is missing.
            pools.push(Pool::Retail);
        }
        let mut json = Map::new();
        json.insert("chainId".into(), client.chain_id().into());
        for pool in &pools {
            let contracts = PoolContracts::of(client, deployment.clone(), *pool).await?;
            let mut lines = status(client, &contracts).await?;
            lines.retain(|line| BRIEF.contains(&line.key()));
            if self.json {
                json.insert(pool.name().into(), lines::json(&lines).into());
            } else {
                say!("The {} pool on chain {}", pool.name(), client.chain_id());
                say!("{}", lines::table(&lines));
            }
        }
        if self.json {
            say!("{:#}", Value::Object(json));
        } else {
            let options = pools
                .iter()
                .map(|pool| format!("`clay status --pool {}`", pool.name()));
            say!("More: {}.", options.collect::<Vec<_>>().join(", "));
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
    lines.extend(rewards(client, pool).await?);
    lines.extend(roles(client, pool).await?);
    if pool.pool == Pool::Institutional {
        lines.extend(institutions(client, pool).await?);
    }
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
    // One that may hold in either pool.
    let receiver = pool.at(client, "unstake-queue").await?;
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
        Line::count("operators", "  operators", counts.operators),
        Line::count("nodes", "  nodes", counts.nodes),
        Line::count(
            "clustersReserved",
            "  clusters without a key",
            counts.reserved,
        ),
        Line::count("clustersKeyed", "  clusters with a key", counts.keyed),
        Line::count("validatorsFunded", "  funded", counts.funded),
        Line::count("exitsAsked", "  asked to exit", counts.asked),
        Line::count("exited", "  exited", counts.exited),
    ])
}

/// The rewards-distributor in numbers.
async fn rewards(client: &Client, pool: &PoolContracts) -> Result<Vec<Line>, Failure> {
    let distributor = pool.at(client, "rewards-distributor").await?;
    let epoch = client.view(distributor, currentEpochCall {}).await?;
    let totals = client.view(distributor, rewardTotalsCall {}).await?;
    let unpromised = client.view(distributor, unpromisedCall {}).await?;
    Ok(vec![
        Line::address("rewardsDistributor", "rewards-distributor", distributor),
        Line::count("epoch", "  epoch", epoch.epoch),
        Line::decimal("rewards", "  shares promised", totals.rewards),
        Line::decimal("rewardsPaid", "  of them paid", totals.paid),
        Line::decimal("unpromised", "  not promised yet", unpromised),
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
            pool.shared(client, "oracle-committee").await?,
        ),
        Line::address(
            "acknowledger",
            "acknowledger",
            pool.shared(client, "acknowledger").await?,
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

/// Who may be in the institutional pool, as its contracts ask, and who decides about it.
async fn institutions(client: &Client, pool: &PoolContracts) -> Result<Vec<Line>, Failure> {
    let policy = IcsEthToken::transferPolicyCall {};
    let policy = client.view(pool.token, policy).await?;
    let whitelist = client.view(pool.manager, whitelistCall {}).await?;
    let board = client.view(whitelist, boardCall {}).await?;
    let officer = client.view(whitelist, complianceOfficerCall {}).await?;
    let accounts = client.view(whitelist, accountCountCall {}).await?;
    Ok(vec![
        Line::text("transferPolicy", "transfers", in_words(policy)),
        Line::address("kycWhitelist", "kyc-whitelist", whitelist),
        Line::count("accounts", "  accounts it knows", accounts),
        Line::address("board", "  Board", board),
        Line::address("complianceOfficer", "  compliance officer", officer),
    ])
}

/// A transfer policy by the number the token gives.
fn in_words(policy: u8) -> String {
    match TransferPolicy::of_number(policy) {
        Some(policy) => policy.name().into(),
        None => format!("policy {policy}"),
    }
}
