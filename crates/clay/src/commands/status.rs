//! `clay status`: rate, books and supply of a pool, and its parameters.

use alloy::primitives::{Address, I256, U256};
use clap::Args;
use clay_shared::parameters::{Unit, NAMES, TABLE};
use serde_json::{json, Map, Value};

use super::{ChainArgs, PoolContracts};
use crate::{
    amount::{display, display_eth},
    bindings::{
        CsEthToken::{self, nameCall, symbolCall, totalSupplyCall},
        StakeManager::{
            booksCall, booksReturn, entryRateCall, exitRateCall, gatewayCall, guardianCall,
            maxDepositCall, ownerCall, parameterCall, parameterCountCall, parameterReturn,
            pausedCall, pausedUntilCall, rateCall, rateStatusCall, rateStatusReturn,
        },
    },
    client::Client,
    deploy::pool::Pool,
    failure::Failure,
    output::say,
    table,
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

/// One value of the status: its key in JSON, its name in the table, and what it is.
struct Line {
    key: &'static str,
    name: &'static str,
    value: Shown,
}

enum Shown {
    /// Wei.
    Eth(I256),
    /// Wei per 1e18 shares, or shares.
    Decimal(U256),
    Address(Address),
    Text(String),
    Bool(bool),
    /// Seconds since the epoch, zero for never.
    Time(U256),
}

impl Shown {
    fn text(&self) -> String {
        match self {
            Shown::Eth(wei) if wei.is_negative() => format!("-{}", display_eth(wei.unsigned_abs())),
            Shown::Eth(wei) => display_eth(wei.unsigned_abs()),
            Shown::Decimal(number) => display(*number),
            Shown::Address(account) => account.to_string(),
            Shown::Text(text) => text.clone(),
            Shown::Bool(yes) => if *yes { "yes" } else { "no" }.into(),
            Shown::Time(time) if time.is_zero() => "never".into(),
            Shown::Time(time) => format!("{time} (Unix time)"),
        }
    }

    fn json(&self) -> Value {
        match self {
            Shown::Eth(wei) => wei.to_string().into(),
            Shown::Decimal(number) => number.to_string().into(),
            Shown::Address(account) => account.to_string().into(),
            Shown::Text(text) => text.clone().into(),
            Shown::Bool(yes) => (*yes).into(),
            Shown::Time(time) => time.saturating_to::<u64>().into(),
        }
    }
}

impl StatusArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&client, &self.chain, self.pool).await?;
        let lines = status(&client, &pool).await?;
        let parameters = if self.parameters {
            parameters(&client, pool.manager).await?
        } else {
            Vec::new()
        };
        if self.json {
            say!(
                "{:#}",
                to_json(
                    client.chain_id(),
                    &lines,
                    self.parameters.then_some(&parameters)
                )
            );
        } else {
            say!(
                "The {} pool on chain {}",
                self.pool.name(),
                client.chain_id()
            );
            let rows: Vec<_> = lines
                .iter()
                .map(|line| (line.name, line.value.text()))
                .collect();
            say!("{}", table::lines(&rows));
            if self.parameters {
                say!("Parameters");
                let rows: Vec<_> = parameters.iter().map(Parameter::row).collect();
                say!("{}", table::lines(&rows));
            }
        }
        Ok(())
    }
}

/// Everything but the parameters.
async fn status(client: &Client, pool: &PoolContracts) -> Result<Vec<Line>, Failure> {
    let &PoolContracts { manager, token } = pool;
    let rateStatusReturn {
        live,
        reason,
        since,
        lastReport,
    } = client.view(manager, rateStatusCall {}).await?;
    let paused = client.view(manager, pausedCall {}).await?;
    let mut lines = vec![
        Line {
            key: "token",
            name: "token",
            value: Shown::Address(token),
        },
        Line {
            key: "tokenName",
            name: "name",
            value: Shown::Text(client.view(token, nameCall {}).await?),
        },
        Line {
            key: "tokenSymbol",
            name: "symbol",
            value: Shown::Text(client.view(token, symbolCall {}).await?),
        },
        Line {
            key: "totalSupply",
            name: "supply",
            value: Shown::Decimal(client.view(token, totalSupplyCall {}).await?),
        },
        Line {
            key: "stakeManager",
            name: "stake-manager",
            value: Shown::Address(manager),
        },
        Line {
            key: "rate",
            name: "rate",
            value: Shown::Decimal(client.view(manager, rateCall {}).await?),
        },
        Line {
            key: "entryRate",
            name: "rate of entries",
            value: Shown::Decimal(client.view(manager, entryRateCall {}).await?),
        },
        Line {
            key: "exitRate",
            name: "rate of exits",
            value: Shown::Decimal(client.view(manager, exitRateCall {}).await?),
        },
        Line {
            key: "live",
            name: "rate is live",
            value: Shown::Bool(live),
        },
        Line {
            key: "lastReport",
            name: "last report",
            value: Shown::Time(lastReport),
        },
        Line {
            key: "paused",
            name: "paused",
            value: Shown::Bool(paused),
        },
    ];
    if !live {
        lines.push(Line {
            key: "notLiveBecause",
            name: "not live because",
            value: Shown::Text(why_not_live(reason)),
        });
        lines.push(Line {
            key: "notLiveSince",
            name: "not live since",
            value: Shown::Time(since),
        });
    }
    if paused {
        let until = client.view(manager, pausedUntilCall {}).await?;
        lines.push(Line {
            key: "pausedUntil",
            name: "paused until",
            value: Shown::Time(until),
        });
    }
    let largest = client
        .view(manager, maxDepositCall { receiver: token })
        .await?;
    let largest = I256::try_from(largest).unwrap_or(I256::MAX);
    lines.push(Line {
        key: "maxDeposit",
        name: "largest deposit",
        value: Shown::Eth(largest),
    });
    lines.extend(books(client.view(manager, booksCall {}).await?));
    let owner = client.view(manager, ownerCall {}).await?;
    let token_owner = client.view(token, CsEthToken::ownerCall {}).await?;
    if token_owner != owner {
        lines.push(Line {
            key: "tokenOwner",
            name: "owner of the token",
            value: Shown::Address(token_owner),
        });
    }
    let roles = [
        ("owner", "owner", owner),
        (
            "guardian",
            "guardian",
            client.view(manager, guardianCall {}).await?,
        ),
        (
            "gateway",
            "gateway on L1",
            client.view(manager, gatewayCall {}).await?,
        ),
    ];
    lines.extend(roles.map(|(key, name, account)| Line {
        key,
        name,
        value: Shown::Address(account),
    }));
    Ok(lines)
}

fn why_not_live(reason: u8) -> String {
    match reason {
        1 => "a report is parked".into(),
        2 => "a slashing is flagged".into(),
        3 => "the report is overdue".into(),
        other => format!("reason {other}"),
    }
}

fn books(books: booksReturn) -> [Line; 11] {
    let signed = |key, name, wei| Line {
        key,
        name,
        value: Shown::Eth(wei),
    };
    let eth = |key, name, wei: U256| signed(key, name, I256::try_from(wei).unwrap_or(I256::MAX));
    [
        signed("totalAssets", "assets", books.totalAssets),
        Line {
            key: "totalShares",
            name: "shares in the books",
            value: Shown::Decimal(books.totalShares),
        },
        signed("buffered", "  buffered", books.buffered),
        eth("flashReserve", "  flash reserve", books.flashReserve),
        eth("sentOut", "  sent out so far", books.sentOut),
        eth("depositsSeen", "  of it seen", books.depositsSeen),
        eth("clBalance", "  with validators", books.clBalance),
        eth("leftSeen", "  left them so far", books.leftSeen),
        eth("cameBack", "  of it came back", books.cameBack),
        eth("expectedLoss", "  expected loss", books.expectedLoss),
        eth("deferredGain", "  deferred gain", books.deferredGain),
    ]
}

/// A governed number as the chain has it.
struct Parameter {
    id: u8,
    name: &'static str,
    unit: Option<Unit>,
    value: parameterReturn,
}

impl Parameter {
    fn row(&self) -> (&'static str, String) {
        let shown = |value: U256| match self.unit {
            Some(Unit::Wei) => display_eth(value),
            Some(Unit::Seconds) => format!("{value} s"),
            Some(Unit::BasisPoints) => format!("{value} bp"),
            None => value.to_string(),
        };
        let parameterReturn {
            value,
            smallest,
            largest,
        } = &self.value;
        (
            self.name,
            format!(
                "{}  ({} to {})",
                shown(*value),
                shown(*smallest),
                shown(*largest)
            ),
        )
    }

    fn json(&self) -> Value {
        let unit = match self.unit {
            Some(Unit::Wei) => "wei",
            Some(Unit::Seconds) => "seconds",
            Some(Unit::BasisPoints) => "basis points",
            None => "unknown",
        };
        let parameterReturn {
            value,
            smallest,
            largest,
        } = &self.value;
        json!({
            "id": self.id,
            "name": self.name,
            "unit": unit,
            "value": value.to_string(),
            "smallest": smallest.to_string(),
            "largest": largest.to_string(),
        })
    }
}

async fn parameters(client: &Client, manager: Address) -> Result<Vec<Parameter>, Failure> {
    let count = client
        .view(manager, parameterCountCall {})
        .await?
        .saturating_to::<u8>();
    let mut parameters = Vec::with_capacity(count.into());
    for id in 0..count {
        let value = client.view(manager, parameterCall { id }).await?;
        let place = usize::from(id);
        // A newer contract may know more parameters than this tool.
        let name = NAMES
            .get(place)
            .copied()
            .unwrap_or("(unknown to this tool)");
        parameters.push(Parameter {
            id,
            name,
            unit: TABLE.get(place).map(|parameter| parameter.unit),
            value,
        });
    }
    Ok(parameters)
}

fn to_json(chain_id: u64, lines: &[Line], parameters: Option<&Vec<Parameter>>) -> Value {
    let mut status: Map<String, Value> = lines
        .iter()
        .map(|line| (line.key.to_owned(), line.value.json()))
        .collect();
    status.insert("chainId".into(), chain_id.into());
    if let Some(parameters) = parameters {
        status.insert(
            "parameters".into(),
            parameters.iter().map(Parameter::json).collect(),
        );
    }
    Value::Object(status)
}
