//! A pool on the embedded chain, a simulated Ethereum beside it, and reporters who know both by their APIs only.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use alloy::{
    network::EthereumWallet,
    primitives::{B256, U256},
    providers::{Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
    sol_types::SolEvent,
};
use clay_chain::Chain;
use clay_ethereum::{Config, Contracts, PublicKey, RunningServer, Simulation, Terms};
use clay_oracle::{
    beacon::BeaconNode, execution::ExecutionNode, observation::Nodes, pool::Pool as Reported,
    schedule::Schedule, Exchange, Progress, Reporter, Settings, Sources,
};
use clay_rpc::{RpcServer, RunningServer as RunningRpc};
use e2e::{
    reported::{eth, DAY},
    OperatorRegistry, Pool, StakeManager, ALICE, BOB, ETH, GATEWAY, REPORTERS, REPORTER_KEYS,
};

/// How long after its time a report's slot is final: three epochs at most.
const FINAL_AFTER: u64 = 20 * 60;

/// Everything a committee reports on.
pub struct World {
    pool: Pool,
    chain: Arc<Mutex<Chain>>,
    pub simulation: Simulation,
    l2: RunningRpc,
    l1: RunningServer,
    folder: tempfile::TempDir,
}

/// Delays of hours instead of days; nothing comes by chance.
pub fn config() -> Config {
    Config {
        proposal_ppm: 0,
        slashed_participation_bp: 0,
        // Two days from a slashing to its correlation penalty.
        slashings_vector_epochs: 900,
        ..Config::quick()
    }
}

/// Reports at midnight, by members who do not wait for each other. Messages take hours, so a day is long.
pub fn settings() -> Settings {
    Settings {
        schedule: Schedule::daily(0),
        patience: Duration::ZERO,
        overdue: DAY,
        ..Settings::default()
    }
}

impl World {
    /// 1,000 ETH are staked, and 960 of them sent to 30 validators.
    pub async fn new(config: Config) -> Self {
        let mut pool = Pool::new();
        pool.chain.set_balance(ALICE, eth(10_000));
        for reporter in REPORTERS {
            pool.chain.set_balance(reporter, ETH);
        }
        // Midnight, so that days are told easily.
        let midnight = (pool.chain.next_timestamp() / DAY + 1) * DAY;
        pool.chain.set_next_timestamp(midnight).unwrap();
        pool.deposit(ALICE, eth(1_000));
        pool.run_validators(40);
        let limit = U256::from(30);
        let balance = StakeManager::autobalanceCall { limit };
        let (balanced, _) = pool.run(BOB, pool.manager, U256::ZERO, balance);
        assert_eq!(balanced.funded, limit);

        let contracts = Contracts {
            gateway: GATEWAY,
            stake_manager: pool.manager,
            registry: pool.registry,
        };
        let simulation = Simulation::new(config.starting_at(midnight), contracts);
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let l1 = simulation.serve(any).await.unwrap();
        let chain = Arc::new(Mutex::new(pool.chain.clone()));
        let options = clay_rpc::Options::default();
        let l2 = RpcServer::start(chain.clone(), any, options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self {
            pool,
            chain,
            simulation,
            l2,
            l1,
            folder,
        }
    }

    /// Uses the pool on the chain that is served.
    pub fn pool<R>(&mut self, work: impl FnOnce(&mut Pool) -> R) -> R {
        let mut chain = self.chain.lock().unwrap();
        std::mem::swap(&mut *chain, &mut self.pool.chain);
        let result = work(&mut self.pool);
        std::mem::swap(&mut *chain, &mut self.pool.chain);
        result
    }

    /// Lets time pass on both chains until the slot before the next midnight is final.
    pub fn next_day(&mut self) {
        let mut chain = self.chain.lock().unwrap();
        let midnight = (chain.next_timestamp() / DAY + 1) * DAY;
        let until = midnight + FINAL_AFTER;
        self.simulation.advance(&mut chain, until).unwrap();
        chain.mine(1);
    }

    /// Where the committee exchanges signatures, by default.
    pub fn exchange(&self) -> String {
        self.folder.path().join("shared").display().to_string()
    }

    /// The journal of a member.
    pub fn journal(&self, member: usize) -> PathBuf {
        self.folder.path().join(format!("journal-{member}.jsonl"))
    }

    /// What a member reads from.
    pub async fn sources(&self, member: usize) -> Sources {
        let signer: PrivateKeySigner = REPORTER_KEYS[member].parse().unwrap();
        let provider = ProviderBuilder::default()
            .wallet(EthereumWallet::from(signer))
            .connect_http(self.l2.http_url().parse().unwrap());
        let pool = Reported::new(provider.erased(), self.pool.manager).await;
        Sources {
            nodes: Nodes {
                beacon: BeaconNode::new(&self.l1.url()).unwrap(),
                execution: ExecutionNode::new(&self.l1.url()).unwrap(),
            },
            pool: pool.unwrap(),
        }
    }

    /// A member, as it starts, or starts again.
    pub async fn reporter(&self, member: usize) -> Reporter {
        self.reporter_at(member, &self.exchange()).await
    }

    /// A member that exchanges signatures at a place.
    pub async fn reporter_at(&self, member: usize, exchange: &str) -> Reporter {
        self.reporter_with(member, exchange, settings()).await
    }

    /// A member that works by these settings.
    pub async fn reporter_with(
        &self,
        member: usize,
        exchange: &str,
        settings: Settings,
    ) -> Reporter {
        Reporter::new(
            self.sources(member).await,
            settings,
            Exchange::new(exchange).unwrap(),
            &self.journal(member),
            REPORTER_KEYS[member].parse().unwrap(),
        )
        .unwrap()
    }

    /// What the books say.
    pub fn books(&mut self) -> StakeManager::booksReturn {
        self.pool(|pool| pool.view(pool.manager, StakeManager::booksCall {}))
    }

    /// Slot time of the last applied report.
    pub fn last_report(&mut self) -> u64 {
        let status = StakeManager::rateStatusCall {};
        self.pool(|pool| pool.view(pool.manager, status))
            .lastReport
            .to()
    }

    /// The event that the last applied report left.
    pub fn rate_reported(&mut self) -> StakeManager::RateReported {
        self.pool(|pool| {
            let filter = alloy::rpc::types::Filter::new()
                .address(pool.manager)
                .event_signature(StakeManager::RateReported::SIGNATURE_HASH)
                .select(0u64..);
            let logs = pool.chain.logs(&filter);
            let last = logs.last().expect("a report");
            StakeManager::RateReported::decode_log(&last.inner)
                .unwrap()
                .data
        })
    }

    /// What an honest report of the last reported slot says, as only the simulation knows.
    pub fn honest(&mut self) -> Terms {
        let time = self.last_report();
        self.simulation.with(|ethereum| {
            let slot = (time - ethereum.clock().time(0)) / 12;
            ethereum.terms_at(slot).unwrap()
        })
    }

    /// The slot that the newest due report is about.
    pub fn last_slot(&mut self) -> u64 {
        self.simulation.with(|ethereum| {
            let clock = ethereum.clock();
            let midnight = clock.time(clock.slot()) / DAY * DAY;
            (midnight - clock.time(0)) / 12 - 1
        })
    }

    /// Public key of a validator, by its place in the order of funding.
    pub fn key(&mut self, index: u64) -> PublicKey {
        let index = U256::from(index);
        let key = self.pool(|pool| {
            let call = OperatorRegistry::fundedClusterCall { index };
            let id = pool.view(pool.registry, call);
            pool.view(pool.registry, OperatorRegistry::clusterKeyCall { id })
        });
        PublicKey::try_from(key.publicKey.as_ref()).unwrap()
    }
}

/// Three members work until the report is in; answers its transaction.
pub async fn report(members: &mut [Reporter]) -> B256 {
    let count = members.len();
    for (place, member) in members.iter_mut().enumerate() {
        let found = place + 1;
        match member.step().await.unwrap() {
            Progress::Signed {
                found: there,
                needed: 3,
                ..
            } if there == found && found < 3 => {}
            Progress::Submitted { transaction, .. } if found == count => return transaction,
            other => panic!("member {place}: {other:?}"),
        }
    }
    panic!("the report is not in");
}
