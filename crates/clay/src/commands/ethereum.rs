//! `clay ethereum`: the Ethereum side of a development chain, for demonstrations.

use std::path::PathBuf;

use alloy::primitives::{Address, U256};
use clap::{Args, Subcommand};

use super::{ChainArgs, PoolContracts};
use crate::{
    amount::{self, display, display_eth},
    bindings::StakeManager::gatewayCall,
    deploy::pool::Pool,
    deposit_data::DepositData,
    ethereum::{Controls, Mev, Pass, Slash, Status},
    failure::Failure,
    file,
    output::say,
    table,
};

const GWEI: u64 = 1_000_000_000;

#[derive(Debug, Subcommand)]
pub(super) enum EthereumCommand {
    /// Shows slot, validators, the gateway, and what an honest report would say.
    Status(StatusArgs),
    /// Lets time pass on both chains.
    Pass(PassArgs),
    /// Pays MEV to the gateway.
    Mev(MevArgs),
    /// Slashes a validator.
    Slash(SlashArgs),
    /// Makes keys up, for a beacon chain that verifies no signatures.
    Keys(KeysArgs),
}

/// Where the Ethereum side is.
#[derive(Args, Debug)]
pub(super) struct Place {
    /// Beacon API of a node started with --ethereum.
    #[arg(
        long = "ethereum",
        value_name = "URL",
        env = "CLAY_ETHEREUM",
        default_value = "http://127.0.0.1:8549"
    )]
    url: String,
}

#[derive(Args, Debug)]
pub(super) struct StatusArgs {
    /// Prints JSON: wei as hexadecimal text, gwei as numbers.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(super) struct PassArgs {
    /// How long: 90s, 30m, 12h or 7d.
    #[arg(value_parser = seconds)]
    time: u64,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(super) struct MevArgs {
    /// How much.
    #[arg(value_parser = amount::parse)]
    amount: U256,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(super) struct SlashArgs {
    /// Which of the pool's validators, counted from 0.
    #[arg(default_value_t = 0)]
    validator: usize,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(super) struct KeysArgs {
    /// How many.
    count: u16,
    /// The deposit data file to write, as `clay validators add` reads it.
    file: PathBuf,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
}

impl EthereumCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            EthereumCommand::Status(args) => {
                let status = args.place.controls().status().await?;
                if args.json {
                    say!("{:#}", serde_json::json!(status));
                } else {
                    tell(&status);
                }
            }
            EthereumCommand::Pass(args) => {
                let seconds = args.time;
                let ask = Pass { seconds };
                let controls = args.place.controls();
                let status = controls.ask("letting time pass", "pass", &ask).await?;
                say!("Slot {}, at {} (Unix time).", status.slot, status.time);
            }
            EthereumCommand::Mev(args) => {
                let ask = Mev { wei: args.amount };
                let controls = args.place.controls();
                controls.ask("paying MEV", "mev", &ask).await?;
                say!(
                    "The next block pays {} to the gateway.",
                    display_eth(args.amount)
                );
            }
            EthereumCommand::Slash(args) => {
                let validator = args.validator;
                let ask = Slash { validator };
                let controls = args.place.controls();
                controls.ask("slashing", "slash", &ask).await?;
                say!("The next block slashes validator {validator}.");
            }
            EthereumCommand::Keys(args) => args.run().await?,
        }
        Ok(())
    }
}

impl Place {
    fn controls(&self) -> Controls {
        Controls::new(&self.url)
    }
}

impl KeysArgs {
    async fn run(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        let manager = PoolContracts::find(&client, &self.chain, self.pool)
            .await?
            .manager;
        let gateway: Address = client.view(manager, gatewayCall {}).await?;
        let keys: Vec<_> = (0..self.count)
            .map(|_| DepositData::made_up(gateway))
            .collect();
        file::write(&keys, &self.file)?;
        say!("{} keys written to {}.", keys.len(), self.file.display());
        Ok(())
    }
}

fn tell(status: &Status) {
    let terms = &status.terms;
    let mut rows = vec![
        ("slot".to_owned(), status.slot.to_string()),
        ("time".into(), format!("{} (Unix time)", status.time)),
        ("finalised epoch".into(), status.finalized_epoch.to_string()),
        ("messages on their way".into(), status.waiting.to_string()),
        ("in the gateway".into(), display_eth(status.gateway)),
        ("sent back so far".into(), display_eth(status.sent_back)),
        (
            "an honest report".into(),
            format!(
                "--slot-time {} --cl-balance {} --deposits-seen {} --left-seen {}",
                status.time,
                display(gwei(terms.cl_balance_gwei)),
                display(terms.deposits_seen),
                display(terms.left_seen)
            ),
        ),
    ];
    let validators = status.validators.iter().enumerate();
    rows.extend(validators.map(|(place, validator)| {
        let balance = display_eth(gwei(validator.balance));
        let value = format!("{}, {balance}", validator.status);
        (format!("validator {place}"), value)
    }));
    say!("{}", table::lines(&rows));
}

fn gwei(amount: u64) -> U256 {
    U256::from(amount) * U256::from(GWEI)
}

/// A time with its unit, in seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    let found = units.iter().find_map(|(unit, seconds)| {
        let count: u64 = text.strip_suffix(*unit)?.parse().ok()?;
        count.checked_mul(*seconds)
    });
    found.ok_or_else(|| format!("'{text}' is no time: write for example 90s, 30m, 12h or 7d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("2m"), Ok(120));
        assert_eq!(seconds("1h"), Ok(3_600));
        assert_eq!(seconds("7d"), Ok(604_800));
        for bad in ["", "7", "d", "-1d", "1.5h", "1w"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
