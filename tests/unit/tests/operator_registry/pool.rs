//! A pool with its registry. Every contract is the real one; the programs that share a proxy's storage are put together
//! here as one, since motsu knows no delegatecall.

use std::sync::{Mutex, MutexGuard, PoisonError};

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{Answer, Call},
    interfaces::{
        ICsEthToken,
        IOperatorAllocation::{addNodesCall, nodeCall, rejoinCall, totalsCall, waitingCall},
        IOperatorRegistry::*,
        IStakeManager::{
            self, deposit_0Call, deposit_1Call, previewDepositCall, rateCall, registryTermsCall,
            Siblings,
        },
    },
    operators::{
        state::{
            of_operator::{ANNOUNCED_AT, FUNDED_ONCE, HEAD, NOTICE},
            state::{DONE, RESERVED},
            Node, Operator, NODES, ROOT, ROOT_SINCE, STAKE_MANAGER,
        },
        NodeType,
    },
    program::Program,
    stake_manager as manager_state,
    storage::{Field, Slot},
};
use cs_eth_token::CsEthToken;
use motsu::prelude::*;
use operator_allocation::OperatorAllocation;
use operator_exits::OperatorExits;
use operator_registry::OperatorRegistry;
use stake_manager::StakeManager;
use stake_manager_reports::StakeManagerReports;
use unit_tests::{refuses, run, Deployed};

/// motsu's clock stands still here.
pub const NOW: u64 = 1_735_689_600;
pub const DAY: u64 = 24 * 60 * 60;
pub const WEEK: u64 = 7 * DAY;
pub const ETH: u128 = 1_000_000_000_000_000_000;
pub const MILLI: u128 = ETH / 1_000;

pub const OWNER: Address = Address::repeat_byte(0x01);
pub const BOARD: Address = Address::repeat_byte(0x02);
pub const DISTRIBUTOR: Address = Address::repeat_byte(0x03);
pub const COMMITTEE: Address = Address::repeat_byte(0x04);
pub const GATEWAY: Address = Address::repeat_byte(0x6a);
/// Manages an operator.
pub const ALICE: Address = Address::repeat_byte(0xa1);
/// Its payout address.
pub const VAULT: Address = Address::repeat_byte(0xa2);
pub const BOB: Address = Address::repeat_byte(0xb0);
pub const MALLORY: Address = Address::repeat_byte(0x66);

/// Smallest deposit for everybody but the registry.
pub const SMALLEST: u128 = MILLI;

/// The metadata hash of every operator here.
pub const METADATA: B256 = B256::repeat_byte(0x3e);

/// 60 %, 30 % and 10 % for SSV nodes.
pub const TARGETS: [u16; 9] = [6_000, 3_000, 1_000, 0, 0, 0, 0, 0, 0];

/// Where the storage table of nodes has the time since which one is in its state.
const NODE_SINCE: Field = Field::new(168, 40);

/// Both programs of the stake-manager.
pub struct Manager;

impl Program for Manager {
    fn route(call: &Call, calldata: &[u8]) -> Answer {
        match call.selector {
            IStakeManager::initializeCall::SELECTOR
            | deposit_0Call::SELECTOR
            | deposit_1Call::SELECTOR
            | previewDepositCall::SELECTOR
            | rateCall::SELECTOR
            | registryTermsCall::SELECTOR => StakeManager::route(call, calldata),
            _ => StakeManagerReports::route(call, calldata),
        }
    }
}

/// The registry with its first facet.
pub struct Registry;

impl Program for Registry {
    fn route(call: &Call, calldata: &[u8]) -> Answer {
        match call.selector {
            addNodesCall::SELECTOR
            | rejoinCall::SELECTOR
            | nodeCall::SELECTOR
            | totalsCall::SELECTOR
            | waitingCall::SELECTOR => OperatorAllocation::route(call, calldata),
            _ => OperatorRegistry::route(call, calldata),
        }
    }
}

/// motsu copies a contract's storage at every call and keeps others waiting meanwhile, which it takes for a deadlock when
/// the storage is large.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

pub struct Pool {
    pub registry: Contract<Deployed<Registry>>,
    pub manager: Contract<Deployed<Manager>>,
    pub token: Contract<Deployed<CsEthToken>>,
    pub allocation: Contract<Deployed<OperatorAllocation>>,
    pub exits: Contract<Deployed<OperatorExits>>,
    reports: Contract<Deployed<StakeManagerReports>>,
    _alone: MutexGuard<'static, ()>,
}

impl Pool {
    /// A pool with 1,000 ETH for 800 shares, so that a share is worth 1.25 ETH, and a registry without operators.
    pub fn new() -> Self {
        let pool = Self::bare();
        pool.registry.sender(OWNER).behind_proxy();
        run(&pool.registry, OWNER, pool.initialization());
        pool
    }

    /// The same, before the registry is set up.
    pub fn bare() -> Self {
        let alone = ONE_AT_A_TIME.lock();
        let pool = Self {
            registry: Contract::random(),
            manager: Contract::random(),
            token: Contract::random(),
            allocation: Contract::random(),
            exits: Contract::random(),
            reports: Contract::random(),
            _alone: alone.unwrap_or_else(PoisonError::into_inner),
        };
        pool.set_up_manager();
        pool
    }

    pub fn initialization(&self) -> initializeCall {
        initializeCall {
            owner: OWNER,
            stakeManager: self.manager.address(),
            token: self.token.address(),
            oracleCommittee: COMMITTEE,
            gateway: GATEWAY,
            rewardsDistributor: DISTRIBUTOR,
            whitelist: Address::ZERO,
            allocation: self.allocation.address(),
            exits: self.exits.address(),
            targets: TARGETS,
        }
    }

    fn set_up_manager(&self) {
        let account = Address::repeat_byte;
        let initialize = IStakeManager::initializeCall {
            owner: OWNER,
            guardian: OWNER,
            token: self.token.address(),
            gateway: GATEWAY,
            facet: self.reports.address(),
            whitelist: Address::ZERO,
            smallestDeposit: U256::from(SMALLEST),
            siblings: Siblings {
                unstakeQueue: account(0x51),
                protectionPool: account(0x52),
                operatorRegistry: self.registry.address(),
                oracleCommittee: COMMITTEE,
                acknowledger: account(0x55),
                rewardsDistributor: DISTRIBUTOR,
                treasury: account(0x57),
                flashExitPool: account(0x58),
            },
        };
        self.manager.sender(OWNER).behind_proxy();
        run(&self.manager, OWNER, initialize);
        let named = ICsEthToken::initializeCall {
            owner: OWNER,
            stakeManager: self.manager.address(),
            name: B256::ZERO,
            symbol: B256::ZERO,
        };
        run(&self.token, OWNER, named);
        self.deposit(BOB, 800 * ETH).expect("large enough");
        self.set_rate(1_000 * ETH, 800 * ETH);
    }

    /// Deposits into the pool for oneself; answers the shares.
    pub fn deposit(&self, from: Address, assets: u128) -> Result<u128, Vec<u8>> {
        let assets = U256::from(assets);
        from.fund(assets);
        let receiver = from;
        let call = deposit_0Call { assets, receiver };
        let answer = self.manager.sender_and_value(from, assets).call(call)?;
        Ok(answer.shares.to())
    }

    /// Makes the pool have so many wei for so many shares.
    pub fn set_rate(&self, assets: u128, shares: u128) {
        self.manager.sender(OWNER).inside(|| {
            let mut books = manager_state::books();
            books.total_assets = assets as i128;
            books.total_shares = shares;
            manager_state::set_books(books);
        });
    }

    /// Sets or clears a flag of the pool's books: what stops its pricing.
    pub fn flag(&self, flag: u32, on: bool) {
        self.manager.sender(OWNER).inside(|| {
            let mut books = manager_state::books();
            match on {
                true => books.flags |= flag,
                false => books.flags &= !flag,
            }
            manager_state::set_books(books);
        });
    }

    /// The pool's wei, what it has deferred, and its shares.
    pub fn books(&self) -> (i128, u128, u128) {
        self.manager.sender(OWNER).inside(|| {
            let books = manager_state::books();
            let deferred = manager_state::deferred(books).gain;
            (books.total_assets, deferred, books.total_shares)
        })
    }

    pub fn shares_of(&self, account: Address) -> u128 {
        let call = ICsEthToken::balanceOfCall { account };
        run(&self.token, account, call)._0.to()
    }

    pub fn run<C: SolCall>(&self, from: Address, call: C) -> C::Return {
        run(&self.registry, from, call)
    }

    #[track_caller]
    pub fn refuses(&self, from: Address, call: impl SolCall, error: impl SolError) {
        refuses(&self.registry, from, call, error);
    }

    /// Calls with ETH.
    pub fn pay<C: SolCall>(&self, from: Address, assets: u128, call: C) -> C::Return {
        let assets = U256::from(assets);
        from.fund(assets);
        let answer = self.registry.sender_and_value(from, assets).call(call);
        answer.unwrap_or_else(|data| panic!("{}: {data:02x?}", C::SIGNATURE))
    }

    /// Calls with ETH what must refuse with exactly this error.
    #[track_caller]
    pub fn refuses_paid(
        &self,
        from: Address,
        assets: u128,
        call: impl SolCall,
        error: impl SolError,
    ) {
        let assets = U256::from(assets);
        from.fund(assets);
        let refusal = self.registry.sender_and_value(from, assets).refusal(call);
        assert_eq!(refusal, error.abi_encode());
    }

    /// Runs code on the registry's storage.
    pub fn inside<T>(&self, code: impl FnOnce() -> T) -> T {
        self.registry.sender(OWNER).inside(code)
    }

    /// Registers a home operator of Alice's with a bond in wei.
    pub fn operator(&self, bond: u128) -> Operator {
        let call = registerCall {
            kind: 0,
            payout: VAULT,
            metadataHash: METADATA,
        };
        Operator(self.pay(ALICE, bond, call).operator.to())
    }

    /// Queues nodes of an operator of Alice's; answers their numbers.
    pub fn queue(&self, operator: Operator, of: NodeType, count: u32) -> Vec<u32> {
        let call = addNodesCall {
            operator: id(operator),
            nodeType: of as u8,
            region: 1,
            executionClient: 2,
            consensusClient: 3,
            identity: Default::default(),
            count: U256::from(count),
        };
        let first: u32 = self.run(ALICE, call).first.to();
        (first..first + count).collect()
    }

    /// New nodes that stand in clusters without keys.
    pub fn live(&self, operator: Operator, of: NodeType, count: u32) -> Vec<u32> {
        let nodes = self.queue(operator, of, count);
        self.inside(|| {
            for id in &nodes {
                let mut node = Node::load(*id);
                node.dequeue(RESERVED, 0);
                operator.count_live(of, 1);
                node.count_active(1);
            }
        });
        nodes
    }

    /// New nodes whose validators have been funded.
    pub fn funded(&self, operator: Operator, of: NodeType, count: u32) -> Vec<u32> {
        let nodes = self.live(operator, of, count);
        self.inside(|| {
            operator.set(HEAD, FUNDED_ONCE, 1);
            nodes.iter().for_each(|id| Node::load(*id).fund());
        });
        nodes
    }

    /// Says of funded nodes that their validators are gone since a time.
    pub fn finish(&self, nodes: &[u32], since: u64) {
        self.inside(|| {
            for id in nodes {
                let mut node = Node::load(*id);
                node.exit();
                node.move_to(DONE);
                let record = Slot::array(2).plus((*id).into());
                record.set(NODE_SINCE.set(record.get(), since.into()));
            }
        });
    }

    pub fn state_of(&self, node: u32) -> u8 {
        let id = U256::from(node);
        self.run(MALLORY, nodeCall { id }).state
    }

    /// How many nodes there ever were.
    pub fn nodes(&self) -> u32 {
        self.inside(|| NODES.get(STAKE_MANAGER.get()) as u32)
    }

    pub fn announce(&self, operator: Operator, shares: u128) {
        let (operator, shares) = (id(operator), U256::from(shares));
        self.run(ALICE, announceWithdrawalCall { operator, shares });
    }

    /// Announces as of a time.
    pub fn announced(&self, operator: Operator, shares: u128, at: u64) {
        self.announce(operator, shares);
        self.inside(|| operator.set(NOTICE, ANNOUNCED_AT, at.into()));
    }

    pub fn withdraw(&self, operator: Operator, shares: u128) {
        self.run(ALICE, withdrawal(operator, shares));
    }

    /// A root takes effect, for an epoch that ended at a time.
    pub fn root(&self, epoch: u32, ends_at: u64) {
        let call = noteRootCall {
            epoch: U256::from(epoch),
            endsAt: U256::from(ends_at),
        };
        self.run(DISTRIBUTOR, call);
    }

    /// Makes the current root have taken effect at a time.
    pub fn root_since(&self, at: u64) {
        self.inside(|| ROOT.set(ROOT_SINCE.set(ROOT.get(), at.into())));
    }

    /// Applies a leaf; answers what is withheld.
    pub fn leaf(&self, operator: Operator, leaf: Leaf) -> u128 {
        self.run(DISTRIBUTOR, leaf.of(operator)).withheld.to()
    }

    pub fn bond_of(&self, operator: Operator) -> bondOfReturn {
        let operator = id(operator);
        self.run(MALLORY, bondOfCall { operator })
    }

    pub fn shares(&self, operator: Operator) -> u128 {
        self.bond_of(operator).shares.to()
    }

    pub fn standing(&self, operator: Operator) -> standingReturn {
        let operator = id(operator);
        self.run(MALLORY, standingCall { operator })
    }

    pub fn required(&self, operator: Operator) -> u128 {
        let operator = id(operator);
        self.run(MALLORY, requiredCall { operator }).now.to()
    }

    /// Shares that could be withdrawn, and from when.
    pub fn withdrawable(&self, operator: Operator) -> (u128, u64) {
        let operator = id(operator);
        let answer = self.run(MALLORY, withdrawableCall { operator });
        (answer.shares.to(), answer.from.to())
    }

    /// How many operators are proven.
    pub fn proven(&self) -> u64 {
        self.run(MALLORY, totalsCall {}).proven.to()
    }

    /// Who is first in a line of SSV nodes of home operators in the region that they all are in, and its class.
    pub fn first_in_line(&self, proven: bool) -> (u32, u16) {
        let call = waitingCall {
            nodeType: NodeType::Ssv as u8,
            kind: 0,
            region: 1,
            proven,
            after_: U256::ZERO,
        };
        let answer = self.run(MALLORY, call);
        (answer.operator.to(), answer.class.to())
    }

    pub fn emitted<E: SolEvent + std::fmt::Debug>(&self, event: E) {
        self.registry.assert_emitted(&event);
    }

    /// Every event of a kind so far, in order.
    pub fn events<E: SolEvent>(&self) -> Vec<E> {
        let all = self.registry.all_events();
        let decoded = all.iter().map(|log| E::decode_log_data(log, true));
        decoded.filter_map(Result::ok).collect()
    }
}

/// An operator's number as calls have it.
pub fn id(operator: Operator) -> U256 {
    U256::from(operator.0)
}

pub fn withdrawal(operator: Operator, shares: u128) -> withdrawBondCall {
    let (operator, shares) = (id(operator), U256::from(shares));
    withdrawBondCall { operator, shares }
}

/// What the distributor hands on.
#[derive(Clone, Copy)]
pub struct Leaf {
    pub epoch: u32,
    /// Shares, cumulative.
    pub penalty: u128,
    pub performance: u64,
    /// Epochs counted, cumulative.
    pub epochs: u64,
}

/// Nothing to say about an operator in the first epoch.
pub const LEAF: Leaf = Leaf {
    epoch: 1,
    penalty: 0,
    performance: 5_000,
    epochs: 1,
};

impl Leaf {
    pub fn of(self, operator: Operator) -> applyLeafCall {
        applyLeafCall {
            operator: id(operator),
            epoch: U256::from(self.epoch),
            cumulativePenalty: U256::from(self.penalty),
            performance: U256::from(self.performance),
            epochs: U256::from(self.epochs),
        }
    }
}
