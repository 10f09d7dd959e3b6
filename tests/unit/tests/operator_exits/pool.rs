//! A pool whose registry is the exits facet alone, with operators and funded clusters written to its storage by the
//! functions that all its programs share. The stake-manager, both its facets in one, and the token are the real ones.

use std::sync::{Mutex, MutexGuard, PoisonError};

use alloy_primitives::{Address, Bytes, B256, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, Answer, Call, Word},
    host,
    interfaces::{ICsEthToken, IOperatorExits::*, IStakeManager::*},
    log,
    operators::{
        parameters::{EXITS_DEFAULTS, OPERATORS_DEFAULTS},
        score::START,
        state::{
            bucket, count, exit_line, of_bucket, of_cluster,
            of_operator::{self, ACCOUNT, BOND, HEAD, KIND, LOAD, PAYOUT},
            of_region, parameter,
            state::{FUNDED as FUNDED_STATE, KEYED, RESERVED},
            target_of, word_of, write_bytes, Cluster, List, Node, Operator, BY_BUCKET, BY_REGION,
            CLUSTERS, COMMITTEE, FIRST_OPERATOR, FUNDED, GATEWAY, NODES, OPERATORS, STAKE_MANAGER,
            TARGETS, TOKEN,
        },
        NodeType,
    },
    parameters::Parameter,
    program::Program,
    stake_manager::set_books,
    storage::Field,
};
use cs_eth_token::CsEthToken;
use motsu::prelude::*;
use operator_exits::OperatorExits;
use stake_manager::StakeManager;
use stake_manager_reports::StakeManagerReports;
use unit_tests::Deployed;

pub const ETH: u128 = 1_000_000_000_000_000_000;
pub const DAY: u64 = 24 * 60 * 60;
/// motsu's clock stands still here.
pub const NOW: u64 = 1_735_689_600;

pub const OWNER: Address = Address::repeat_byte(0x0a);
pub const COMMITTEE_KEY: Address = Address::repeat_byte(0x0c);
pub const GATEWAY_L1: Address = Address::repeat_byte(0x6a);
pub const ANYBODY: Address = Address::repeat_byte(0xee);
const ARB_SYS: Address = Address::with_last_byte(0x64);

/// Both facets of the stake-manager as one program, since motsu knows no delegatecall.
pub struct Manager;

impl Program for Manager {
    fn route(call: &Call, calldata: &[u8]) -> Answer {
        match call.selector {
            initializeCall::SELECTOR | deposit_0Call::SELECTOR | registryTermsCall::SELECTOR => {
                StakeManager::route(call, calldata)
            }
            _ => StakeManagerReports::route(call, calldata),
        }
    }
}

/// Logs the message that it is to send to L1, and who pays how much.
pub struct ArbSys;

alloy_sol_types::sol! {
    #[derive(Debug, PartialEq)]
    event Sent(bytes32 indexed sender, uint256 indexed value, bytes message);
}

impl Program for ArbSys {
    fn route(call: &Call, calldata: &[u8]) -> Answer {
        let message = Bytes::copy_from_slice(calldata);
        let sent = Sent {
            sender: host::sender().into_word(),
            value: call.take_value(),
            message,
        };
        let data = sent.encode_log_data();
        let words: Vec<B256> = data.data.chunks(32).map(B256::from_slice).collect();
        log::emit(data.topics(), &words);
        answer(&[0u64.word()])
    }
}

pub type Exits = Contract<Deployed<OperatorExits>>;

/// motsu copies a contract's storage at every call and keeps others waiting meanwhile, which it takes for a deadlock when
/// the storage is large.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

pub struct Pool {
    pub exits: Exits,
    pub manager: Contract<Deployed<Manager>>,
    pub token: Contract<Deployed<CsEthToken>>,
    pub arb_sys: Contract<Deployed<ArbSys>>,
    _facet: Contract<Deployed<StakeManagerReports>>,
    _alone: MutexGuard<'static, ()>,
}

/// What an operator is made of.
#[derive(Clone, Copy)]
pub struct Made {
    pub kind: u8,
    pub proven: bool,
    pub performance: u16,
    pub conduct: u16,
}

pub const MADE: Made = Made {
    kind: 0,
    proven: true,
    performance: START,
    conduct: START,
};

/// The manager key of an operator.
pub fn key(operator: Operator) -> Address {
    Address::from_word(B256::from(U256::from(0xaa_0000 + operator.0)))
}

/// The bytes of a cluster's public key.
pub fn public_key(cluster: Cluster) -> [u8; 48] {
    std::array::from_fn(|index| cluster.0 as u8 ^ index as u8)
}

impl Pool {
    /// A pool with 1,000 ETH at a rate of 1.25, and a registry with default parameters and these targets.
    pub fn new(targets: [u16; 9]) -> Self {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = Self {
            exits: Contract::random(),
            manager: Contract::random(),
            token: Contract::random(),
            arb_sys: Contract::new_at(ARB_SYS),
            _facet: Contract::random(),
            _alone: alone,
        };
        pool.set_up_manager();
        let manager = pool.manager.address();
        pool.exits.sender(OWNER).behind_proxy();
        pool.inside(|| {
            STAKE_MANAGER.set_address(manager);
            COMMITTEE.set_address(COMMITTEE_KEY);
            GATEWAY.set_address(GATEWAY_L1);
            TOKEN.set_address(pool.token.address());
            word_of(&clay_shared::operators::parameters::BASE_SSV).set(OPERATORS_DEFAULTS);
            word_of(&clay_shared::operators::parameters::EXIT_SLOTS).set(EXITS_DEFAULTS);
            for (bucket, target) in targets.into_iter().enumerate() {
                TARGETS.set(target_of(bucket).set(TARGETS.get(), target.into()));
            }
        });
        pool
    }

    fn set_up_manager(&self) {
        let account = Address::repeat_byte;
        let initialize = initializeCall {
            owner: OWNER,
            guardian: account(0x60),
            token: self.token.address(),
            gateway: GATEWAY_L1,
            facet: self._facet.address(),
            whitelist: Address::ZERO,
            smallestDeposit: U256::from(1_000_000_000_000_000u64),
            siblings: Siblings {
                unstakeQueue: account(0x51),
                protectionPool: account(0x52),
                operatorRegistry: self.exits.address(),
                oracleCommittee: COMMITTEE_KEY,
                acknowledger: account(0x55),
                rewardsDistributor: account(0x56),
                treasury: account(0x57),
                flashExitPool: account(0x58),
            },
        };
        self.manager.sender(OWNER).behind_proxy();
        unit_tests::run(&self.manager, OWNER, initialize);
        let named = ICsEthToken::initializeCall {
            owner: OWNER,
            stakeManager: self.manager.address(),
            name: Default::default(),
            symbol: Default::default(),
        };
        unit_tests::run(&self.token, OWNER, named);
        self.deposit(1_000 * ETH, ANYBODY);
        self.manager.sender(OWNER).inside(|| {
            let mut books = clay_shared::stake_manager::books();
            books.total_assets = books.total_assets / 4 * 5;
            set_books(books);
        });
    }

    /// Deposits ETH; answers the shares.
    fn deposit(&self, assets: u128, receiver: Address) -> u128 {
        let assets = U256::from(assets);
        ANYBODY.fund(assets);
        let call = deposit_0Call { assets, receiver };
        let answer = self
            .manager
            .sender_and_value(ANYBODY, assets)
            .call(call)
            .expect("a deposit");
        answer.shares.to()
    }

    /// Runs code on the registry's storage.
    pub fn inside<T>(&self, code: impl FnOnce() -> T) -> T {
        self.exits.sender(OWNER).inside(code)
    }

    pub fn set_parameter(&self, of: &Parameter, value: u128) {
        self.inside(|| {
            let slot = word_of(of);
            let word = of.set(0, slot.get(), U256::from(value));
            slot.set(word.expect("within its bounds"));
        });
    }

    pub fn parameter(&self, of: &Parameter) -> u128 {
        self.inside(|| parameter(of))
    }

    /// A new operator with a bond of so many wei, as the pool's shares.
    pub fn operator(&self, made: Made, bond: u128) -> Operator {
        let shares = match bond {
            0 => 0,
            _ => self.deposit(bond, self.exits.address()),
        };
        self.inside(|| {
            let count = OPERATORS.get(STAKE_MANAGER.get()) as u32;
            clay_shared::operators::state::count(STAKE_MANAGER, OPERATORS, 1);
            let operator = Operator(FIRST_OPERATOR + count);
            operator.slot(HEAD).set_address(key(operator));
            operator.set(HEAD, KIND, made.kind.into());
            operator.set(HEAD, of_operator::PROVEN, made.proven.into());
            operator.set(HEAD, of_operator::PERFORMANCE, made.performance.into());
            operator.set(HEAD, of_operator::CONDUCT, made.conduct.into());
            operator.set(BOND, of_operator::SHARES, shares);
            operator
        })
    }

    pub fn operators(&self, count: usize, made: Made, bond: u128) -> Vec<Operator> {
        (0..count).map(|_| self.operator(made, bond)).collect()
    }

    /// A new cluster of these operators, a new node each, up to a state.
    pub fn cluster_in(&self, of: NodeType, operators: &[Operator], state: u8) -> Cluster {
        assert_eq!(operators.len(), usize::from(of.cluster_size()));
        self.inside(|| {
            count(STAKE_MANAGER, CLUSTERS, 1);
            let cluster = Cluster(CLUSTERS.get(STAKE_MANAGER.get()) as u32);
            cluster.set(of_cluster::TYPE, of as u128);
            cluster.set(of_cluster::KIND, operators[0].kind().into());
            write_bytes(cluster.slot(of_cluster::KEY), &public_key(cluster));
            let mut members = U256::ZERO;
            for (place, operator) in operators.iter().enumerate() {
                count(STAKE_MANAGER, NODES, 1);
                let id = NODES.get(STAKE_MANAGER.get()) as u32;
                Node::add(id, *operator, of, place as u8, 1, 2);
                let mut node = Node::load(id);
                node.dequeue(RESERVED, cluster.0);
                node.count_active(1);
                operator.count_live(of, 1);
                if state >= KEYED {
                    node.move_to(KEYED);
                }
                if state >= FUNDED_STATE {
                    node.fund();
                }
                members |= U256::from(id) << (32 * place);
            }
            cluster.slot(of_cluster::MEMBERS).set(members);
            cluster.move_to(state.min(FUNDED_STATE), 0);
            if state >= FUNDED_STATE {
                count(COMMITTEE, FUNDED, 1);
            }
            cluster
        })
    }

    pub fn funded(&self, of: NodeType, operators: &[Operator]) -> Cluster {
        self.cluster_in(of, operators, FUNDED_STATE)
    }

    /// A cluster whose validator has been active since a time.
    pub fn active(&self, of: NodeType, operators: &[Operator], since: u64) -> Cluster {
        let cluster = self.funded(of, operators);
        self.confirm(cluster, 1, 0);
        self.inside(|| {
            cluster
                .slot(of_cluster::ACTIVE_SINCE)
                .set(U256::from(since))
        });
        cluster
    }

    pub fn run<C: SolCall>(&self, from: Address, call: C) -> C::Return {
        unit_tests::run(&self.exits, from, call)
    }

    #[track_caller]
    pub fn refuses(&self, from: Address, call: impl SolCall, error: impl SolError) {
        unit_tests::refuses(&self.exits, from, call, error);
    }

    pub fn confirm(&self, cluster: Cluster, outcome: u8, loss: u128) {
        self.run(COMMITTEE_KEY, confirmed(cluster, outcome, loss));
    }

    /// Asks for as many exits as bring so many wei, as the stake-manager does; answers what they bring.
    pub fn request_exits(&self, assets: U256) -> u128 {
        let call = requestExitsCall { assets };
        self.run(self.manager.address(), call).asked.to()
    }

    /// A voluntary exit of an operator's node in a cluster; answers when it may start.
    pub fn request_exit(&self, cluster: Cluster, by: Operator, fast_track: bool) -> u64 {
        let call = requestExitCall {
            node: U256::from(self.node_of(cluster, by)),
            fastTrack: fast_track,
        };
        self.run(key(by), call).from.to()
    }

    /// The node of an operator in a cluster.
    pub fn node_of(&self, cluster: Cluster, operator: Operator) -> u32 {
        let members = self.members(cluster);
        let node = members.iter().find(|node| node.operator() == operator);
        node.expect("a member").id
    }

    pub fn members(&self, cluster: Cluster) -> Vec<Node> {
        self.inside(|| cluster.members())
    }

    pub fn states(&self, cluster: Cluster) -> (u8, Vec<u8>) {
        self.inside(|| {
            let nodes = cluster.members();
            (cluster.state(), nodes.iter().map(Node::state).collect())
        })
    }

    pub fn of_cluster(&self, cluster: Cluster, field: Field) -> u128 {
        self.inside(|| cluster.get(field))
    }

    pub fn set_cluster(&self, cluster: Cluster, field: Field, value: u128) {
        self.inside(|| cluster.set(field, value));
    }

    pub fn bond(&self, operator: Operator) -> u128 {
        self.inside(|| operator.get(BOND, of_operator::SHARES))
    }

    pub fn conduct(&self, operator: Operator) -> u128 {
        self.inside(|| operator.get(HEAD, of_operator::CONDUCT))
    }

    pub fn active_nodes(&self, operator: Operator) -> u128 {
        self.inside(|| operator.get(LOAD, of_operator::ACTIVE))
    }

    pub fn owes(&self, operator: Operator, shares: u128) {
        self.inside(|| operator.set(ACCOUNT, of_operator::DEBT, shares));
    }

    pub fn short_since(&self, operator: Operator, since: u64) {
        self.inside(|| operator.set(PAYOUT, of_operator::SHORT_SINCE, since.into()));
    }

    /// Shares that the registry holds.
    pub fn held(&self) -> u128 {
        let call = ICsEthToken::balanceOfCall {
            account: self.exits.address(),
        };
        unit_tests::run(&self.token, ANYBODY, call)._0.to()
    }

    pub fn coming(&self) -> u128 {
        self.run(ANYBODY, comingCall {})._0.to()
    }

    pub fn slots(&self) -> (u64, u64) {
        let slots = self.run(ANYBODY, exitSlotsCall {});
        (slots.day.to(), slots.used.to())
    }

    /// Every event of a kind so far, in order.
    pub fn events<E: SolEvent>(&self) -> Vec<E> {
        let all = self.exits.all_events();
        let decoded = all.iter().map(|log| E::decode_log_data(log, true));
        decoded.filter_map(Result::ok).collect()
    }

    /// Penalties expected for a cluster so far: operator and wei.
    pub fn penalties(&self, cluster: Cluster) -> Vec<(u32, u128)> {
        let all = self.events::<PenaltyExpected>().into_iter();
        let of_cluster = all.filter(|event| event.cluster == U256::from(cluster.0));
        let numbers = |event: PenaltyExpected| (event.operator.to(), event.assets.to());
        of_cluster.map(numbers).collect()
    }

    /// Clusters asked to exit so far, in order.
    pub fn asked(&self) -> Vec<u32> {
        let all = self.events::<ExitRequested>().into_iter();
        all.map(|event| event.cluster.to()).collect()
    }

    /// Active nodes by bucket and region, and in which exit lines anybody stands.
    pub fn totals(&self) -> ([u128; 9], [u128; 8], [bool; 9]) {
        self.inside(|| {
            let (by_bucket, by_region) = (BY_BUCKET.get(), BY_REGION.get());
            let mut stands = [false; 9];
            for of in NodeType::ALL {
                for kind in 0..3 {
                    let line = exit_line(of, kind);
                    assert_eq!(line.is_empty(), line.first().is_none());
                    stands[bucket(of, kind)] = !line.is_empty();
                }
            }
            (
                std::array::from_fn(|bucket| of_bucket(bucket).get(by_bucket)),
                std::array::from_fn(|region| of_region(region as u8).get(by_region)),
                stands,
            )
        })
    }

    /// Nodes of an operator that can be asked to exit, of any type.
    pub fn first_funded(&self, operator: Operator) -> [u32; 3] {
        self.inside(|| NodeType::ALL.map(|of| List::funded(operator, of).first()))
    }
}

pub fn confirmed(cluster: Cluster, outcome: u8, loss: u128) -> confirmCall {
    confirmCall {
        clusters: vec![U256::from(cluster.0)],
        outcomes: vec![outcome],
        losses: vec![U256::from(loss)],
    }
}
