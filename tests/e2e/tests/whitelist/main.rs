//! The kyc-whitelist on the real WASM, behind its proxy, with a quorum as its Board: rights and when they end,
//! denials and who lifts them, who may change what, and its history from its logs alone.

mod denials;
mod governance;
mod history;
mod model;
mod rights;

use std::sync::{Arc, LazyLock};

use alloy::{
    eips::BlockId,
    primitives::{address, aliases::U40, b256, Address, Bytes, B256, U256},
    sol_types::{SolCall, SolError},
};
use clay::{bindings::KycWhitelist::*, bytecode::proxy};
use clay_chain::{Chain, Config, ExecStatus, Overrides, Receipt, TxRequest, TEST_ACCOUNTS};
use e2e::{
    committee::Committee,
    Quorum::{self, setMembersCall},
    ALICE, BOB, MALLORY, OWNER,
};

/// The compliance officer.
const OFFICER: Address = TEST_ACCOUNTS[6];
/// A contract of the protocol.
const QUEUE: Address = address!("0000000000000000000000000000000000009e0e");
/// What rights rest on.
const FILE: B256 = b256!("00000000000000000000000000000000000000000000000000000000000f11e0");
/// Why an account is denied, or no longer.
const REASON: B256 = b256!("000000000000000000000000000000000000000000000000000000000000beef");

const DAY: u64 = 24 * 60 * 60;
/// After which a program must be activated anew; no test lives to see it.
const YEAR: u64 = 365 * DAY;
/// When a denial ends that does not end by itself.
const UNTIL_LIFTED: u64 = (1 << 40) - 1;

const STAKE: u8 = 1;
const HOLD: u8 = 2;
const REDEEM: u8 = 4;
const OPERATE: u8 = 8;
const ALL: u8 = 15;

/// What the Board may call of the whitelist.
const OF_THE_BOARD: [[u8; 4]; 5] = [
    acceptCall::SELECTOR,
    turnDownCall::SELECTOR,
    setRightsCall::SELECTOR,
    renewCall::SELECTOR,
    denyCall::SELECTOR,
];

/// A whitelist and its Board of five, three of whom must sign, on a chain of its own.
#[derive(Clone)]
struct World {
    chain: Chain,
    implementation: Address,
    whitelist: Address,
    board: Address,
    members: Committee,
}

static DEPLOYED: LazyLock<World> = LazyLock::new(World::deploy);

impl World {
    fn new() -> Self {
        DEPLOYED.clone()
    }

    fn deploy() -> Self {
        let mut chain = Chain::new(Config::default());
        let mut program = |name: &str| {
            let wasm = std::fs::read(e2e::programs().join(name)).expect("built");
            chain.deploy_program(OWNER, &wasm).expect("a program")
        };
        let quorum = program("quorum.wasm");
        let implementation = program("kyc-whitelist.wasm");
        let mut world = Self {
            chain,
            implementation,
            whitelist: Address::ZERO,
            board: Address::ZERO,
            members: Committee::new(5),
        };
        // Each has to know the other.
        let nonce = world.chain.pending_nonce(OWNER);
        world.board = OWNER.create(nonce);
        world.whitelist = OWNER.create(nonce + 1);
        let of_whitelist = OF_THE_BOARD.map(|selector| (world.whitelist, selector));
        let of_itself = (world.board, setMembersCall::SELECTOR);
        let allowed = || of_whitelist.into_iter().chain([of_itself]);
        let board = Quorum::initializeCall {
            owner: OWNER,
            members: world.members.members(),
            quorum: U256::from(3),
            targets: allowed().map(|(target, _)| target).collect(),
            selectors: allowed().map(|(_, selector)| selector.into()).collect(),
        };
        let created = world.create(quorum, &board).expect("a Board");
        assert_eq!(created, world.board);
        let set_up = world.set_up();
        let created = world.create(implementation, &set_up).expect("a whitelist");
        assert_eq!(created, world.whitelist);
        world
    }

    /// The initialiser of the world's whitelist.
    fn set_up(&self) -> initializeCall {
        initializeCall {
            owner: OWNER,
            board: self.board,
            complianceOfficer: OFFICER,
            protocolContracts: vec![QUEUE],
        }
    }

    /// Deploys a proxy with an initialiser; the revert data if it refuses.
    fn create(&mut self, program: Address, call: &impl SolCall) -> Result<Address, Bytes> {
        let code = proxy::creation_code(program, &call.abi_encode());
        let request = TxRequest::create(OWNER, code);
        let receipt = self.chain.transact(request).expect("a creation");
        if !receipt.success() {
            return Err(receipt.output.clone());
        }
        Ok(receipt.created.expect("a proxy"))
    }

    fn send(&mut self, from: Address, to: Address, data: impl Into<Bytes>) -> Arc<Receipt> {
        let request = TxRequest::call(from, to, data);
        self.chain
            .transact(request)
            .expect("a transaction the chain takes")
    }

    /// Calls the whitelist, which must succeed.
    #[track_caller]
    fn run<C: SolCall>(&mut self, from: Address, call: C) -> (C::Return, Arc<Receipt>) {
        let receipt = self.send(from, self.whitelist, call.abi_encode());
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

    /// Calls the whitelist, which must refuse with exactly this error.
    #[track_caller]
    fn refuses(&mut self, from: Address, call: impl SolCall, error: impl SolError) {
        let receipt = self.send(from, self.whitelist, call.abi_encode());
        assert_eq!(receipt.status, ExecStatus::Revert);
        assert_eq!(receipt.output, Bytes::from(error.abi_encode()));
    }

    /// Has three of the Board's members sign a call of the whitelist, and somebody hand it in.
    fn order(&mut self, call: &impl SolCall) -> Arc<Receipt> {
        let order = self
            .members
            .order(&self.chain, self.board, self.whitelist, call);
        self.send(MALLORY, self.board, order.abi_encode())
    }

    /// A decision of the Board, which must be carried out.
    #[track_caller]
    fn decide(&mut self, call: impl SolCall) -> Arc<Receipt> {
        let receipt = self.order(&call);
        assert!(receipt.success(), "{:?} {}", receipt.status, receipt.output);
        receipt
    }

    /// A decision of the Board that the whitelist must refuse with exactly this error.
    #[track_caller]
    fn decision_refused(&mut self, call: impl SolCall, error: impl SolError) {
        let receipt = self.order(&call);
        assert_eq!(receipt.status, ExecStatus::Revert);
        assert_eq!(receipt.output, Bytes::from(error.abi_encode()));
    }

    fn ask(&self, at: BlockId, data: Vec<u8>) -> clay_chain::CallOutcome {
        let request = TxRequest::call(ALICE, self.whitelist, data);
        self.chain
            .call(&request, at, &Overrides::default())
            .expect("a call the chain takes")
    }

    fn view<C: SolCall>(&self, call: C) -> C::Return {
        self.view_at(BlockId::latest(), call)
    }

    #[track_caller]
    fn view_at<C: SolCall>(&self, at: BlockId, call: C) -> C::Return {
        let outcome = self.ask(at, call.abi_encode());
        assert!(outcome.status.is_success(), "{}", C::SIGNATURE);
        C::abi_decode_returns(&outcome.output).expect("the declared return type")
    }

    fn rights_of(&self, account: Address) -> u8 {
        self.view(rightsOfCall { account })
    }

    /// What a check of one account answers now: nothing, or the revert data.
    fn check(&self, account: Address, rights: u8) -> Result<(), Bytes> {
        let call = checkCall {
            accounts: [Address::ZERO, account, Address::ZERO],
            rights: [ALL, rights, ALL],
        };
        let outcome = self.ask(BlockId::latest(), call.abi_encode());
        match outcome.status {
            ExecStatus::Success => Ok(()),
            _ => Err(outcome.output),
        }
    }

    /// The time of the latest block.
    fn now(&self) -> u64 {
        self.chain.timestamp()
    }

    /// Mines a block at this time, so that views are asked then.
    fn wait_until(&mut self, time: u64) {
        self.chain.set_next_timestamp(time).expect("later");
        self.chain.mine(1);
        assert_eq!(self.now(), time);
    }
}

fn time(seconds: u64) -> U40 {
    U40::from(seconds)
}

/// One account's rights until then.
fn rights(account: Address, given: u8, expiry: u64) -> setRightsCall {
    setRightsCall {
        accounts: vec![account],
        rights: vec![given],
        expiries: vec![time(expiry)],
        referenceHashes: vec![FILE],
    }
}

fn renew(account: Address, expiry: u64) -> renewCall {
    renewCall {
        accounts: vec![account],
        expiry: time(expiry),
    }
}

fn apply(account: Address, asked: u8) -> applyForCall {
    applyForCall {
        account,
        rights: asked,
        referenceHash: FILE,
    }
}

fn accept(id: u64, expiry: u64) -> acceptCall {
    acceptCall {
        ids: vec![U256::from(id)],
        expiries: vec![time(expiry)],
    }
}

fn deny(account: Address) -> denyCall {
    denyCall {
        accounts: vec![account],
        reason: REASON,
    }
}

fn deny_in_emergency(account: Address) -> denyInEmergencyCall {
    denyInEmergencyCall {
        accounts: vec![account],
        reason: REASON,
    }
}

fn lift(account: Address) -> liftDenialCall {
    liftDenialCall {
        accounts: vec![account],
        reason: REASON,
    }
}

fn name(account: Address, is_protocol_contract: bool) -> setProtocolContractCall {
    setProtocolContractCall {
        account,
        isProtocolContract: is_protocol_contract,
    }
}

/// The refusal of a denied account.
fn denied(account: Address, until: u64) -> Result<(), Bytes> {
    let until = time(until);
    Err(Denied { account, until }.abi_encode().into())
}

/// The refusal of an account that lacks a right.
fn lacks(account: Address, asked: u8, held: u8) -> Result<(), Bytes> {
    let refusal = RightMissing {
        account,
        asked,
        held,
    };
    Err(refusal.abi_encode().into())
}
