//! `clay node`: the embedded chain behind JSON-RPC.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use alloy::primitives::U256;
use anyhow::Context;
use clap::{Args, ValueEnum};
use clay_chain::{
    Chain, Clock, Config, StartupRule, NITRO_DEV_ACCOUNT, NITRO_DEV_KEY, TEST_ACCOUNTS, TEST_KEYS,
};
use clay_rpc::{Options, RpcServer};

use crate::{
    deploy::pool::Pool,
    development,
    ethereum::{self, lock},
    output::say,
};

/// How often the state is written to its file, if there was a new block.
const SAVE_EVERY: Duration = Duration::from_secs(10);

/// What is said where blocks should be taken back that Ethereum has seen.
const NO_WAY_BACK: &str =
    "this node plays Ethereum too (--ethereum), which has seen the blocks and cannot go back: \
                           for snapshots, start a node without it";

/// What members of the development committees start with: 10 ETH.
const COMMITTEE_FUNDS: U256 = U256::from_limbs([10_000_000_000_000_000_000, 0, 0, 0]);

/// Starts an Arbitrum chain on this machine that runs the compiled contracts.
#[derive(Args, Debug)]
pub(super) struct NodeArgs {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 picks a free one.
    #[arg(long, default_value_t = 8547)]
    port: u16,
    /// Keeps the chain's state in this file, and takes it up again from there. It is saved every 10 s if there was a
    /// new block, and when the node is stopped: one that is killed loses up to 10 s.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Prints the trace of each transaction that fails, and contracts' debug output.
    #[arg(long)]
    debug: bool,
    /// When programs start at the cached price [default: bid, or what the state file says].
    #[arg(long, value_enum)]
    startup_rule: Option<Rule>,
    /// Mines a block every so many seconds, besides one for each transaction.
    #[arg(long, value_name = "SECONDS")]
    block_time: Option<u64>,
    /// Plays Ethereum too, from when the retail pool is deployed: gateway, bridge, beacon chain, the Beacon API
    /// and L1's JSON-RPC. It is not kept in the state file, and it cannot go back: evm_revert and anvil_reset are
    /// refused. `clay ethereum` says what can be played.
    #[arg(long, conflicts_with = "state")]
    ethereum: bool,
    /// Port of the Beacon API and L1's JSON-RPC.
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 8549,
        requires = "ethereum"
    )]
    ethereum_port: u16,
    /// How long messages, deposits, exits and slashings take on Ethereum.
    #[arg(long, value_enum, default_value = "real", requires = "ethereum")]
    ethereum_delays: Delays,
    /// The deployment file that says which contracts Ethereum plays with.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "deployments/412346.json",
        requires = "ethereum"
    )]
    deployment: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Delays {
    /// As on mainnet: a week for a message.
    Real,
    /// Minutes and hours instead of days.
    Quick,
}

impl From<Delays> for clay_ethereum::Config {
    fn from(delays: Delays) -> Self {
        match delays {
            Delays::Real => Self::default(),
            Delays::Quick => Self::quick(),
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Rule {
    /// While a bid holds them in the cache.
    Bid,
    /// Also when they were called before in the same block (ArbOS 60).
    PerBlock,
    /// Always.
    AllCached,
}

impl From<Rule> for StartupRule {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::Bid => StartupRule::Bid,
            Rule::PerBlock => StartupRule::PerBlock,
            Rule::AllCached => StartupRule::AllCached,
        }
    }
}

impl NodeArgs {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let filter = tracing_subscriber::EnvFilter::try_from_default_env()
            .unwrap_or_else(|_| "warn,clay=info".into());
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .without_time()
            .init();

        let chain = Arc::new(Mutex::new(self.chain()?));
        let options = Options {
            debug: self.debug,
            block_interval: self.block_time,
            no_way_back: self.ethereum.then_some(NO_WAY_BACK),
            ..Default::default()
        };
        let server = RpcServer::start(
            chain.clone(),
            SocketAddr::new(self.host, self.port),
            options,
        )
        .await?;
        print_welcome(&lock(&chain), &server.http_url(), &server.ws_url());

        let saver = self
            .state
            .clone()
            .map(|file| tokio::spawn(save_regularly(chain.clone(), file)));
        let ethereum = self
            .ethereum
            .then(|| tokio::spawn(self.play(chain.clone())));
        wait_for_signal().await?;
        server.stop().await;
        if let Some(ethereum) = ethereum {
            ethereum.abort();
        }
        if let Some(saver) = saver {
            saver.abort();
        }
        if let Some(file) = &self.state {
            save(&lock(&chain), file)?;
            say!("State kept in {}.", file.display());
        }
        Ok(())
    }

    /// Plays Ethereum once a pool is deployed.
    fn play(&self, chain: Arc<Mutex<Chain>>) -> impl std::future::Future<Output = ()> {
        let options = ethereum::Options {
            address: SocketAddr::new(self.host, self.ethereum_port),
            file: self.deployment.clone(),
            pool: Pool::Retail.name(),
            config: self.ethereum_delays.into(),
        };
        say!(
            "\nEthereum begins when {} tells of a pool.",
            options.file.display()
        );
        let begun = |address| say!("Ethereum at http://{address}: Beacon API and JSON-RPC.");
        async move {
            if let Err(error) = ethereum::play(chain, options, begun).await {
                tracing::error!("the Ethereum side cannot be served: {error}");
            }
        }
    }

    /// The chain of the state file, or a new one.
    fn chain(&self) -> anyhow::Result<Chain> {
        let mut chain = match &self.state {
            Some(file) if file.exists() => Chain::load(file)
                .with_context(|| format!("cannot take up the state in {}", file.display()))?,
            _ => {
                let mut config = Config {
                    clock: Clock::Wall,
                    debug: self.debug,
                    ..Default::default()
                };
                // Whoever hands in what a committee signed pays for gas.
                let committees = development::REPORTERS
                    .iter()
                    .chain(&development::ACKNOWLEDGERS)
                    .chain(&development::BOARD)
                    .chain([&development::COMPLIANCE_OFFICER]);
                config
                    .accounts
                    .extend(committees.map(|member| (*member, COMMITTEE_FUNDS)));
                Chain::new(config)
            }
        };
        if let Some(rule) = self.startup_rule {
            chain.set_startup_rule(rule.into());
        }
        Ok(chain)
    }
}

fn print_welcome(chain: &Chain, http: &str, ws: &str) {
    say!(
        "Chain {} at {http} and {ws}, block {}.",
        chain.config().chain_id,
        chain.block_number()
    );
    say!("\nDevelopment accounts, with keys that everybody knows:");
    let accounts = std::iter::once(NITRO_DEV_ACCOUNT).chain(TEST_ACCOUNTS);
    for (account, key) in accounts.zip(std::iter::once(NITRO_DEV_KEY).chain(TEST_KEYS)) {
        say!("  {account}  {key}");
    }
    let committees = [
        (
            "Reporters",
            &development::REPORTERS[..],
            &development::REPORTER_KEYS[..],
        ),
        (
            "Acknowledgers",
            &development::ACKNOWLEDGERS,
            &development::ACKNOWLEDGER_KEYS,
        ),
        ("Board", &development::BOARD, &development::BOARD_KEYS),
        (
            "Compliance officer",
            &[development::COMPLIANCE_OFFICER],
            &[development::COMPLIANCE_OFFICER_KEY],
        ),
    ];
    for (name, members, keys) in committees {
        say!("\n{name}, likewise:");
        for (account, key) in members.iter().zip(keys) {
            say!("  {account}  {key}");
        }
    }
    say!("\nStop it with Ctrl-C.");
}

async fn wait_for_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{signal, SignalKind};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

async fn save_regularly(chain: Arc<Mutex<Chain>>, file: PathBuf) {
    let mut saved = lock(&chain).block_number();
    loop {
        tokio::time::sleep(SAVE_EVERY).await;
        let chain = lock(&chain);
        if chain.block_number() == saved {
            continue;
        }
        match save(&chain, &file) {
            Ok(()) => saved = chain.block_number(),
            Err(error) => tracing::warn!("{error:#}"),
        }
    }
}

fn save(chain: &Chain, file: &Path) -> anyhow::Result<()> {
    chain
        .save(file)
        .with_context(|| format!("cannot keep the state in {}", file.display()))
}
