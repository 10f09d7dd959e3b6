//! The pool on the chain: who is who there, transactions, and refusals by name.

use std::{collections::BTreeMap, sync::LazyLock};

use alloy::{
    json_abi::JsonAbi,
    primitives::{keccak256, Address, Bytes, U256},
    signers::local::PrivateKeySigner,
    sol_types::{SolCall, SolValue},
};
use clay_chain::{ExecStatus, Receipt};
use e2e::{
    CsEthToken, FlashExitPool::setMonthlyAllowanceCall, Kind, Pool, StakeManager, DEAD, ETH,
    GUARDIAN, OWNER, TREASURY,
};
use model::{parameters::Parameter, Account, Int, Refusal, Word};

use crate::numbers::{int, word};

/// Users without a role.
pub const USERS: [Account; 4] = [
    Account::User(0),
    Account::User(1),
    Account::User(2),
    Account::User(3),
];
/// A contract that refuses ETH.
pub const REFUSER: Account = Account::Refuser(0);
/// Who may hold shares.
pub const HOLDERS: [Account; 10] = [
    Account::User(0),
    Account::User(1),
    Account::User(2),
    Account::User(3),
    REFUSER,
    Account::Dead,
    Account::Queue,
    Account::Protection,
    Account::Operators,
    Account::Treasury,
];
/// The user that never approves the queue, and uses permits.
pub const PERMITTER: Account = Account::User(3);

/// The right to redeem.
const REDEEM: u8 = 4;
/// To stake, hold, redeem and operate.
const ALL_RIGHTS: u8 = 15;
/// Slot of the token's balances.
const BALANCES: U256 = U256::ZERO;

/// Names of errors by selector.
static ERRORS: LazyLock<BTreeMap<[u8; 4], String>> = LazyLock::new(|| {
    let mut errors = BTreeMap::new();
    for (_, json) in clay::bindings::ABIS {
        let abi: JsonAbi = serde_json::from_str(json).expect("an ABI");
        for error in abi.errors() {
            errors.insert(error.selector().0, error.name.clone());
        }
    }
    errors
});

/// A refusal as the chain gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The error's name; empty if it has none.
    pub error: String,
    /// Its arguments.
    pub words: Vec<U256>,
}

/// The pool on the chain.
#[derive(Clone)]
pub struct Real {
    /// The deployment.
    pub pool: Pool,
    /// Which of the two it is.
    pub kind: Kind,
    /// For each contract that is upgraded in stories, what it runs at first, and another build of it.
    pub programs: [(Account, [Address; 2]); 4],
    /// The manager's second facet, likewise.
    pub facets: [Address; 2],
}

/// The key of a user.
pub fn key(number: u8) -> PrivateKeySigner {
    let secret = keccak256([b"user", &[number][..]].concat());
    PrivateKeySigner::from_bytes(&secret).expect("a key")
}

static USER_ADDRESSES: LazyLock<[Address; 4]> =
    LazyLock::new(|| [0, 1, 2, 3].map(|number| key(number).address()));

impl Real {
    /// A new pool in which every user has ETH, and all but [`PERMITTER`] have approved the queue. In the institutional one
    /// everybody has every right, and the smallest deposit and the allowance of exits are the
    /// retail pool's; but it takes no plain ETH.
    pub fn of(kind: Kind) -> Self {
        static POOLS: [LazyLock<Real>; 2] = [
            LazyLock::new(|| Real::set_up(Kind::Retail)),
            LazyLock::new(|| Real::set_up(Kind::Institutional)),
        ];
        let place = usize::from(kind == Kind::Institutional);
        Self::clone(&POOLS[place])
    }

    fn set_up(kind: Kind) -> Self {
        let mut pool = match kind {
            Kind::Retail => Pool::new(),
            Kind::Institutional => Pool::institutional(),
        };
        let programs = [
            (Account::Manager, pool.manager, "stake-manager"),
            (Account::Queue, pool.queue, "unstake-queue"),
            (Account::Flash, pool.flash, "flash-exit-pool"),
            (Account::Protection, pool.protection, "protection-pool"),
        ]
        .map(|(account, proxy, contract)| {
            let runs = pool.program_of(proxy);
            (account, [runs, pool.deploy_variant(contract)])
        });
        let facets = [pool.facet, pool.deploy_variant("stake-manager-reports")];
        let mut real = Self {
            pool,
            kind,
            programs,
            facets,
        };
        let wealth = ETH * U256::from(1_000_000_000u64);
        let roles = [
            Account::Committee,
            Account::Acknowledger,
            Account::Owner,
            Account::Guardian,
            Account::Treasury,
        ];
        for account in USERS.into_iter().chain([REFUSER]).chain(roles) {
            let address = real.address(account);
            real.pool.chain.set_balance(address, wealth);
        }
        // PUSH1 0 PUSH1 0 REVERT
        let refuser = real.address(REFUSER);
        real.pool
            .chain
            .set_code(refuser, Bytes::from_static(&[0x60, 0, 0x60, 0, 0xfd]));
        if kind == Kind::Institutional {
            let everybody = USERS.into_iter().chain([REFUSER]).chain(roles);
            let everybody: Vec<_> = everybody.map(|account| real.address(account)).collect();
            real.pool.admit(&everybody, ALL_RIGHTS);
            let smallest = StakeManager::setParameterCall {
                id: Parameter::SmallestDeposit as u8,
                value: word(&Parameter::SmallestDeposit.row()[0]),
            };
            real.pool
                .run(OWNER, real.pool.manager, U256::ZERO, smallest);
            let allowance = setMonthlyAllowanceCall { assets: U256::ZERO };
            real.pool.run(OWNER, real.pool.flash, U256::ZERO, allowance);
        }
        let operators = StakeManager::setSiblingCall {
            id: 5,
            current: real.address(Account::Operators),
        };
        real.pool
            .run(OWNER, real.pool.manager, U256::ZERO, operators);
        for account in USERS
            .into_iter()
            .chain([REFUSER])
            .filter(|account| *account != PERMITTER)
        {
            let approve = CsEthToken::approveCall {
                spender: real.pool.queue,
                value: U256::MAX,
            };
            real.pool
                .run(real.address(account), real.pool.token, U256::ZERO, approve);
        }
        // For the time from the first allowance on, which needs a whitelist.
        let users = USERS.map(|user| real.address(user));
        if kind == Kind::Retail {
            real.pool.admit(&users, REDEEM);
        }
        real
    }

    /// Where an account is.
    pub fn address(&self, account: Account) -> Address {
        match account {
            Account::Nobody => Address::ZERO,
            Account::Dead => DEAD,
            Account::Token => self.pool.token,
            Account::Manager => self.pool.manager,
            Account::Queue => self.pool.queue,
            Account::Flash => self.pool.flash,
            Account::Protection => self.pool.protection,
            Account::Registry => self.pool.registry,
            Account::Committee => self.pool.committee,
            Account::Acknowledger => self.pool.acknowledger,
            Account::Board => self.pool.board,
            Account::Operators => self.pool.distributor,
            Account::Treasury => TREASURY,
            Account::Owner => OWNER,
            Account::Guardian => GUARDIAN,
            Account::User(number) => USER_ADDRESSES[usize::from(number)],
            Account::Refuser(number) => Address::repeat_byte(0xe0 + number),
        }
    }

    /// Sends a transaction at the time of the latest block.
    pub fn send(&mut self, from: Account, to: Account, value: &Int, data: Vec<u8>) -> Receipt {
        let now = self.pool.chain.timestamp();
        self.pool
            .chain
            .set_next_timestamp(now)
            .expect("not earlier");
        let (from, to) = (self.address(from), self.address(to));
        Receipt::clone(&self.pool.send(from, to, word(value), data))
    }

    /// What a receipt returned, or how it was refused.
    pub fn ended(receipt: &Receipt) -> Result<Bytes, Refused> {
        if receipt.success() {
            return Ok(receipt.output.clone());
        }
        assert_eq!(
            receipt.status,
            ExecStatus::Revert,
            "neither success nor refusal"
        );
        let output = &receipt.output;
        let error = output
            .first_chunk()
            .and_then(|selector| ERRORS.get(selector));
        let words = output.get(4..).unwrap_or_default().chunks(32);
        Err(Refused {
            error: error.cloned().unwrap_or_default(),
            words: words.map(U256::from_be_slice).collect(),
        })
    }

    /// A refusal as the chain should give it.
    pub fn refused(&self, refusal: &Refusal) -> Refused {
        let words = refusal.words.iter().map(|argument| match argument {
            Word::Number(number) => word(number),
            Word::Account(account) => self.address(*account).into_word().into(),
        });
        Refused {
            error: refusal.error.into(),
            words: words.collect(),
        }
    }

    /// Shares of an account, from the token's storage.
    pub fn balance(&self, account: Account) -> Int {
        let slot = keccak256((self.address(account), BALANCES).abi_encode());
        let stored =
            self.pool
                .chain
                .storage(self.pool.token, slot.into(), alloy::eips::BlockId::latest());
        int(stored.expect("the latest block").into())
    }

    /// ETH of an account.
    pub fn wei(&self, account: Account) -> Int {
        int(self.pool.chain.balance_now(self.address(account)))
    }

    /// Asks a view of a contract.
    pub fn ask<C: SolCall>(&self, to: Account, call: C) -> C::Return {
        self.pool.view(self.address(to), call)
    }
}
