//! The pool on the chain, at a time that only this code moves, and what is read from it.

use std::sync::{Arc, LazyLock};

use alloy::{
    eips::BlockId,
    primitives::{address, keccak256, Address, U256},
    sol_types::{SolCall, SolEvent, SolValue},
};
use clay_chain::Receipt;
use e2e::{
    CsEthToken::approveCall,
    FlashExitPool::{allowConversionCall, setConversionCall},
    Kind, Pool,
    StakeManager::{booksCall, booksReturn, setParameterCall},
    ALICE, BOB, ETH, OWNER,
};

/// Seconds.
pub const HOUR: u64 = 3_600;
/// Holds what others have in the pool.
pub const HOLDER: Address = ALICE;
/// Does what others do.
pub const CROWD: Address = BOB;
/// Accounts that a traveller has.
pub const ACCOUNTS: usize = 5;
/// Where the traveller's ETH goes; it pays for nothing.
pub const PURSE: Address = Address::repeat_byte(0xb0);
/// Multicall3, which the traveller uses for several calls in one transaction.
pub const MULTICALL: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");

/// Millionths, as parts are given.
pub const WHOLE: u32 = 1_000_000;

/// Stake, hold and redeem.
const RIGHTS: u8 = 7;

/// Slot of the token's balances.
const BALANCES: U256 = U256::ZERO;

/// An account of the traveller's.
pub fn account(index: usize) -> Address {
    Address::repeat_byte(0xa0 + index as u8)
}

/// So many millionths of an amount.
pub fn part(of: u128, millionths: u32) -> u128 {
    let scaled = U256::from(of) * U256::from(millionths) / U256::from(WHOLE);
    scaled.to()
}

/// `amount * by / of`, rounded down; zero without an `of`.
pub fn scaled(amount: u128, by: u128, of: u128) -> u128 {
    match of {
        0 => 0,
        _ => (U256::from(amount) * U256::from(by) / U256::from(of)).to(),
    }
}

/// The same, rounded up.
pub fn scaled_up(amount: u128, by: u128, of: u128) -> u128 {
    match of {
        0 => 0,
        _ => (U256::from(amount) * U256::from(by))
            .div_ceil(U256::from(of))
            .to(),
    }
}

/// A pool and everybody's accounts.
#[derive(Clone)]
pub struct World {
    /// The pool.
    pub pool: Pool,
    /// The institutional pool's stake-manager and token: a pool at a rate of one, without reports, to convert to.
    pub other: (Address, Address),
    /// Seconds since the epoch.
    pub now: u64,
    /// The newest slot that was reported.
    pub last_slot: u64,
    /// Growth cap, basis points a year.
    pub growth_cap: u128,
    /// Loss cap of one report, basis points.
    pub loss_cap: u128,
    /// An order of the traveller's from before: its id and shares.
    pub order: Option<(U256, u128)>,
    /// What the pool is like.
    pub is: Vec<&'static str>,
}

static NEW: LazyLock<World> = LazyLock::new(|| {
    let mut pool = Pool::new();
    let wealth = U256::from(1) << 110;
    let (committee, acknowledger) = (pool.committee, pool.acknowledger);
    let travellers = (0..ACCOUNTS).map(account);
    let mut everybody: Vec<Address> = travellers.clone().collect();
    everybody.extend([HOLDER, CROWD, OWNER, committee, acknowledger]);
    for one in everybody {
        pool.chain.impersonate(one);
        pool.chain.set_balance(one, wealth);
    }
    let other = open_conversion(&mut pool);
    let now = pool.chain.timestamp();
    let mut world = World {
        pool,
        other,
        now,
        last_slot: 0,
        growth_cap: 1_000,
        loss_cap: 100,
        order: None,
        is: Vec::new(),
    };
    for owner in travellers.chain([HOLDER, CROWD]) {
        let approve = approveCall {
            spender: world.pool.queue,
            value: U256::MAX,
        };
        world.must(owner, world.pool.token, approve);
    }
    world
});

/// Lets the traveller's accounts convert to the institutional pool, and gives that its first deposit.
fn open_conversion(pool: &mut Pool) -> (Address, Address) {
    let travellers = (0..ACCOUNTS).map(account);
    let admitted: Vec<Address> = travellers.chain([HOLDER, CROWD]).collect();
    pool.admit(&admitted, RIGHTS);
    let mut other = pool.clone().turned_to(Kind::Institutional);
    let smallest = setParameterCall {
        id: 0,
        value: U256::from(1_000_000_000u64),
    };
    other.run(OWNER, other.manager, U256::ZERO, smallest);
    other.deposit(HOLDER, ETH);
    let (manager, token) = (other.manager, other.token);
    *pool = other.turned_to(Kind::Retail);
    let name = setConversionCall {
        stakeManager: manager,
        whitelist: pool.whitelist,
    };
    pool.run(OWNER, pool.flash, U256::ZERO, name);
    pool.run(OWNER, pool.flash, U256::ZERO, allow(manager));
    pool.decide(pool.flash, &allow(manager));
    (manager, token)
}

/// Allows conversion to a pool.
pub fn allow(manager: Address) -> allowConversionCall {
    allowConversionCall {
        stakeManager: manager,
        smallestFee: U256::ZERO,
        largestBucket: U256::from(10_000),
        allowed: true,
    }
}

impl World {
    /// A pool that nobody has used.
    pub fn new() -> Self {
        NEW.clone()
    }

    /// Sends a transaction now.
    pub fn send(&mut self, from: Address, to: Address, wei: u128, data: Vec<u8>) -> Arc<Receipt> {
        let set = self.pool.chain.set_next_timestamp(self.now);
        set.expect("time does not go back");
        self.pool.send(from, to, U256::from(wei), data)
    }

    /// Makes a call that may be refused.
    pub fn try_paying<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        wei: u128,
        call: C,
    ) -> Option<(C::Return, Arc<Receipt>)> {
        let receipt = self.send(from, to, wei, call.abi_encode());
        let returned = C::abi_decode_returns(&receipt.output);
        receipt
            .success()
            .then(|| (returned.expect("what it declares"), receipt))
    }

    /// The same, without ETH.
    pub fn attempt<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: C,
    ) -> Option<(C::Return, Arc<Receipt>)> {
        self.try_paying(from, to, 0, call)
    }

    /// Makes a call that is not refused.
    pub fn must<C: SolCall>(&mut self, from: Address, to: Address, call: C) -> C::Return {
        let done = self.attempt(from, to, call);
        done.unwrap_or_else(|| panic!("{} was refused", C::SIGNATURE))
            .0
    }

    /// Lets time pass.
    pub fn wait(&mut self, seconds: u64) {
        self.now += seconds;
    }

    /// Asks the stake-manager.
    pub fn view<C: SolCall>(&self, call: C) -> C::Return {
        self.pool.view(self.pool.manager, call)
    }

    /// The books.
    pub fn books(&self) -> booksReturn {
        self.view(booksCall {})
    }

    /// totalAssets and totalShares; what is owed more than owned counts as nothing.
    pub fn totals(&self) -> (u128, u128) {
        let books = self.books();
        let assets = books.totalAssets;
        let assets = match assets.is_negative() {
            true => 0,
            false => assets.into_raw().to(),
        };
        (assets, books.totalShares.to())
    }

    /// Shares of an account, from the token's storage.
    pub fn balance(&self, owner: Address) -> u128 {
        self.balance_of(self.pool.token, owner)
    }

    /// What an account has of a token.
    pub fn balance_of(&self, token: Address, owner: Address) -> u128 {
        let slot = keccak256((owner, BALANCES).abi_encode());
        self.storage(token, slot.into()).to()
    }

    /// A word of a contract's storage.
    pub fn storage(&self, contract: Address, slot: U256) -> U256 {
        let stored = self.pool.chain.storage(contract, slot, BlockId::latest());
        stored.expect("the latest block").into()
    }
}

/// The events of a kind that a receipt has.
pub fn events<E: SolEvent>(receipt: &Receipt) -> impl Iterator<Item = E> + '_ {
    let decoded = receipt
        .logs
        .iter()
        .filter_map(|log| E::decode_log(log).ok());
    decoded.map(|event| event.data)
}
