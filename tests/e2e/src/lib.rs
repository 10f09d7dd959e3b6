//! The protocol's real WASM on the embedded chain, for tests.
//!
//! [`Pool::new`] gives the retail pool as `clay deploy` leaves it, [`Pool::institutional`] the institutional one. The
//! deployment of both runs once, over RPC; every pool after it is a copy of that chain, so a test costs no more than
//! its own transactions.

pub mod calls;
pub mod committee;
pub mod operated;
pub mod operators;
pub mod reported;
pub mod rewards;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex},
};

use alloy::{
    eips::BlockId,
    primitives::{address, aliases::U40, Address, Bytes, B256, U256},
    signers::local::PrivateKeySigner,
    sol_types::{SolCall, SolError, SolEvent},
};
pub use clay::bindings::{
    ArbWasm, CsEthToken, FlashExitPool, Gateway, IcsEthToken, KycWhitelist, OperatorRegistry,
    OrderImage, ProtectionPool, Quorum, RewardsDistributor, StakeManager, Timelock, UnstakeQueue,
};
pub use clay::deploy::pool::Pool as Kind;
use clay::{
    bytecode::proxy::IMPLEMENTATION_SLOT,
    client::Client,
    deploy::{
        self,
        pool::{self, Institutional, TransferPolicy},
        record::Deployment,
        roles::{Committee, Roles},
        Options,
    },
    development,
};
use clay_chain::{
    CallOutcome, Chain, Config, ExecStatus, L1Message, Overrides, Receipt, RetryableMessage,
    TxRequest, NITRO_DEV_ACCOUNT, NITRO_DEV_KEY, TEST_ACCOUNTS,
};
use clay_rpc::RpcServer;

/// Owner of everything in the tests.
pub const OWNER: Address = TEST_ACCOUNTS[9];
/// Guardian in the tests.
pub const GUARDIAN: Address = TEST_ACCOUNTS[8];
/// Gets the treasury's part of the fee, and the operators' while there is no rewards-distributor.
pub const TREASURY: Address = TEST_ACCOUNTS[7];
/// Members of the oracle committee, in the order of [`REPORTER_KEYS`].
pub const REPORTERS: [Address; 5] = development::REPORTERS;
/// Their keys.
pub const REPORTER_KEYS: [&str; 5] = development::REPORTER_KEYS;
/// Members of the acknowledger, in the order of [`ACKNOWLEDGER_KEYS`].
pub const ACKNOWLEDGERS: [Address; 3] = development::ACKNOWLEDGERS;
/// Their keys.
pub const ACKNOWLEDGER_KEYS: [&str; 3] = development::ACKNOWLEDGER_KEYS;
/// Members of the Board, in the order of [`BOARD_KEYS`].
pub const BOARD: [Address; 5] = development::BOARD;
/// Their keys.
pub const BOARD_KEYS: [&str; 5] = development::BOARD_KEYS;
/// The compliance officer.
pub const COMPLIANCE_OFFICER: Address = development::COMPLIANCE_OFFICER;
/// Two users.
pub const ALICE: Address = TEST_ACCOUNTS[0];
/// Two users.
pub const BOB: Address = TEST_ACCOUNTS[1];
/// Somebody without any role.
pub const MALLORY: Address = TEST_ACCOUNTS[2];
/// L1 address of the gateway in the tests.
pub const GATEWAY: Address = address!("00000000000000000000000000000000006a7e3a");
/// Who holds the locked shares.
pub const DEAD: Address = address!("000000000000000000000000000000000000dEaD");

/// Arbitrum's precompile for Stylus programs.
pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

/// 1 ETH in wei, and one share in its smallest unit.
pub const ETH: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// Smallest deposit of the retail pool, 0.001 ETH.
pub const SMALLEST: U256 = U256::from_limbs([1_000_000_000_000_000, 0, 0, 0]);

/// Seconds.
const YEAR: u64 = 365 * 24 * 60 * 60;

/// Where the build script puts the programs; `CLAY_PROGRAMS` names another folder.
pub fn programs() -> PathBuf {
    if let Some(folder) = std::env::var_os("CLAY_PROGRAMS") {
        return folder.into();
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target =
        target.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target"));
    target.join("contracts")
}

/// A number from the environment.
///
/// # Panics
/// If what is there is none.
pub fn environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    let number = value.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is no number: {value}")))
}

/// A deployed pool on a chain of its own, which has the other one too.
#[derive(Clone)]
pub struct Pool {
    /// The chain.
    pub chain: Chain,
    /// The stake-manager's proxy.
    pub manager: Address,
    /// The token.
    pub token: Address,
    /// The stake-manager's implementation.
    pub implementation: Address,
    /// The stake-manager's second facet.
    pub facet: Address,
    /// The unstake-queue's proxy.
    pub queue: Address,
    /// The order-image.
    pub image: Address,
    /// The flash-exit-pool's proxy.
    pub flash: Address,
    /// The protection-pool's proxy.
    pub protection: Address,
    /// The operator-registry's proxy.
    pub registry: Address,
    /// The rewards-distributor's proxy.
    pub distributor: Address,
    /// The oracle committee: the proxy of a quorum, 3 of 5.
    pub committee: Address,
    /// The acknowledger: the proxy of a quorum, 2 of 3.
    pub acknowledger: Address,
    /// The kyc-whitelist's proxy, which only the institutional pool asks.
    pub whitelist: Address,
    /// The Board: the proxy of a quorum, 3 of 5.
    pub board: Address,
    /// The timelock: the owner proposes and the guardian cancels. It owns nothing until it is offered something.
    pub timelock: Address,
}

static DEPLOYED: LazyLock<(Chain, Deployment)> = LazyLock::new(|| {
    // On a thread of its own, because a test may be inside a runtime already.
    let deployment = std::thread::spawn(|| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(deploy_pools()).expect("a deployment")
    });
    deployment.join().expect("a deployment")
});

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

impl Pool {
    /// A new retail pool.
    pub fn new() -> Self {
        Self::on(DEPLOYED.0.clone(), Kind::Retail)
    }

    /// A new institutional pool; its shares move by the allow-list. Nobody has rights yet.
    pub fn institutional() -> Self {
        Self::on(DEPLOYED.0.clone(), Kind::Institutional)
    }

    /// The same chain, and one of its pools.
    pub fn turned_to(self, kind: Kind) -> Self {
        Self::on(self.chain, kind)
    }

    fn on(chain: Chain, kind: Kind) -> Self {
        let at = |name: &str| DEPLOYED.1.contracts[name].address;
        let of_pool = |name| at(&kind.contract(name));
        let shared = |name| at(&pool::shared(name));
        Self {
            chain,
            manager: of_pool("stake-manager"),
            token: of_pool(kind.token()),
            implementation: at("implementation/stake-manager"),
            facet: at("implementation/stake-manager-reports"),
            queue: of_pool("unstake-queue"),
            image: at("implementation/order-image"),
            flash: of_pool("flash-exit-pool"),
            protection: of_pool("protection-pool"),
            registry: of_pool("operator-registry"),
            distributor: of_pool("rewards-distributor"),
            committee: shared("oracle-committee"),
            acknowledger: shared("acknowledger"),
            whitelist: shared("kyc-whitelist"),
            board: shared("board"),
            timelock: shared("timelock"),
        }
    }

    /// Has the Board give rights to accounts for a year, by three members' signatures.
    pub fn admit(&mut self, accounts: &[Address], rights: u8) {
        let expiry = U40::from(self.chain.timestamp() + YEAR);
        let call = KycWhitelist::setRightsCall {
            accounts: accounts.to_vec(),
            rights: vec![rights; accounts.len()],
            expiries: vec![expiry; accounts.len()],
            referenceHashes: vec![B256::ZERO; accounts.len()],
        };
        self.decide(self.whitelist, &call);
    }

    /// Has the Board make a call, by three members' signatures.
    pub fn decide(&mut self, target: Address, call: &impl SolCall) -> Arc<Receipt> {
        let board = committee::Committee::of_keys(&BOARD_KEYS);
        let order = board.order(&self.chain, self.board, target, call);
        self.run(BOB, self.board, U256::ZERO, order).1
    }

    /// Sends a transaction, which may fail.
    pub fn send(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
        data: impl Into<Bytes>,
    ) -> Arc<Receipt> {
        let request = TxRequest::call(from, to, data).with_value(value);
        self.chain
            .transact(request)
            .expect("a transaction the chain takes")
    }

    /// Sends a transaction that must succeed, and decodes what it returned.
    pub fn run<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
        call: C,
    ) -> (C::Return, Arc<Receipt>) {
        let receipt = self.send(from, to, value, call.abi_encode());
        assert!(
            receipt.success(),
            "{}: {:?} {}",
            C::SIGNATURE,
            receipt.status,
            receipt.output
        );
        let returned = C::abi_decode_returns(&receipt.output).expect("the declared return type");
        (returned, receipt)
    }

    /// Asks a view.
    pub fn view<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        let outcome = self.call(TxRequest::call(ALICE, to, call.abi_encode()));
        assert!(
            outcome.status.is_success(),
            "{}: {:?} {}",
            C::SIGNATURE,
            outcome.status,
            outcome.output
        );
        C::abi_decode_returns(&outcome.output).expect("the declared return type")
    }

    /// Runs a call without a transaction.
    pub fn call(&self, request: TxRequest) -> CallOutcome {
        self.chain
            .call(&request, BlockId::latest(), &Overrides::default())
            .expect("a call the chain takes")
    }

    /// Sends a transaction that must revert with exactly this error.
    #[track_caller]
    pub fn refuses(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
        call: impl SolCall,
        error: impl SolError,
    ) {
        let receipt = self.send(from, to, value, call.abi_encode());
        assert_eq!(receipt.status, ExecStatus::Revert);
        assert_eq!(receipt.output, Bytes::from(error.abi_encode()));
    }

    /// Deposits, minting to the sender.
    pub fn deposit(&mut self, from: Address, assets: U256) -> U256 {
        let call = StakeManager::deposit_0Call {
            assets,
            receiver: from,
        };
        self.run(from, self.manager, assets, call).0
    }

    /// Deploys and activates a program that differs from a contract's only by a custom section, and so in
    /// its code hash.
    pub fn deploy_variant(&mut self, contract: &str) -> Address {
        let mut wasm = std::fs::read(programs().join(format!("{contract}.wasm"))).expect("built");
        wasm.extend([0, 4, 3, b'n', b'e', b'w']);
        let code = clay_chain::init_code(&stylus_vm::compress(&wasm));
        let created = self
            .chain
            .transact(TxRequest::create(OWNER, code))
            .expect("a creation");
        let program = created.created.expect("created");
        self.run(
            OWNER,
            ARB_WASM,
            ETH,
            ArbWasm::activateProgramCall { program },
        );
        program
    }

    /// What a proxy runs; zero where there is no proxy.
    pub fn program_of(&self, proxy: Address) -> Address {
        let slot = IMPLEMENTATION_SLOT.into();
        let word = self.chain.storage(proxy, slot, BlockId::latest());
        Address::from_word(word.expect("the latest block"))
    }

    /// Shares of an account.
    pub fn balance(&self, account: Address) -> U256 {
        self.view(self.token, CsEthToken::balanceOfCall { account })
    }

    /// The token's supply.
    pub fn supply(&self) -> U256 {
        self.view(self.token, CsEthToken::totalSupplyCall {})
    }

    /// totalAssets and totalShares.
    pub fn totals(&self) -> (U256, U256) {
        (
            self.view(self.manager, StakeManager::totalAssetsCall {}),
            self.view(self.manager, StakeManager::totalSharesCall {}),
        )
    }

    /// What must hold at any time: supply and books agree, and the ETH held covers what the books say is here.
    #[track_caller]
    pub fn check_books(&self) {
        let books = self.view(self.manager, StakeManager::booksCall {});
        assert_eq!(self.supply(), books.totalShares, "supply and books");
        let held = self.chain.balance_now(self.manager);
        assert!(!books.buffered.is_negative(), "more is owed than is here");
        assert!(
            held >= books.buffered.into_raw(),
            "the ETH held covers the books"
        );
    }
}

/// The one event of a kind that a receipt has.
#[track_caller]
pub fn event<E: SolEvent>(receipt: &Receipt, of: Address) -> E {
    let mut found = events(receipt, of);
    let event = found.pop().unwrap_or_else(|| panic!("no {}", E::SIGNATURE));
    assert!(found.is_empty(), "more than one {}", E::SIGNATURE);
    event
}

/// All events of a contract's of a kind, in their order.
pub fn events<E: SolEvent>(receipt: &Receipt, of: Address) -> Vec<E> {
    let logs = receipt.logs.iter().filter(|log| log.address == of);
    let decoded = logs.filter_map(|log| E::decode_log(log).ok());
    decoded.map(|event| event.data).collect()
}

/// ETH that the gateway on L1 sends back, in a ticket that is redeemed at once.
pub fn from_gateway(pool: &Pool, value: U256) -> L1Message {
    let gas = 1_000_000;
    let max_fee_per_gas = 1_000_000_000;
    L1Message::Retryable(RetryableMessage {
        from: GATEWAY,
        to: pool.manager,
        value,
        deposit: value + U256::from(gas) * U256::from(max_fee_per_gas),
        fee_refund_address: DEAD,
        beneficiary: DEAD,
        gas,
        max_fee_per_gas,
        ..RetryableMessage::default()
    })
}

async fn deploy_pools() -> Result<(Chain, Deployment), Box<dyn std::error::Error>> {
    let chain = Arc::new(Mutex::new(Chain::new(Config::default())));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = RpcServer::start(chain.clone(), address, clay_rpc::Options::default()).await?;
    let signer: PrivateKeySigner = NITRO_DEV_KEY.parse()?;
    assert_eq!(signer.address(), NITRO_DEV_ACCOUNT);
    let client = Client::connect(&server.http_url(), Some(signer)).await?;
    let folder = tempfile::tempdir()?;
    let options = Options {
        retail: true,
        institutional: Some(Institutional {
            board: Committee::new(BOARD.into(), development::BOARD_QUORUM),
            compliance_officer: COMPLIANCE_OFFICER,
            transfer_policy: TransferPolicy::AllowList,
        }),
        roles: Roles {
            owner: OWNER,
            guardian: GUARDIAN,
            gateway: GATEWAY,
            treasury: TREASURY,
            reporters: Committee::new(REPORTERS.into(), development::REPORTER_QUORUM),
            acknowledgers: Committee::new(ACKNOWLEDGERS.into(), development::ACKNOWLEDGER_QUORUM),
        },
        timelock: Some(deploy::Timelock {
            proposers: vec![OWNER],
            cancellers: vec![GUARDIAN],
        }),
        programs: programs(),
        file: folder.path().join("deployment.json"),
        namespace: "claystack".into(),
        version: "v1".into(),
        highest_bid: U256::ZERO,
        commit: None,
    };
    let deployment = deploy::deploy(&client, &options, &mut |_| Ok(())).await?;
    server.stop().await;
    let chain = chain.lock().expect("no test has panicked yet").clone();
    Ok((chain, deployment))
}
