//! The cache manager: programs get their place in the cache by bids that decay with time.
//!
//! Storage: slot 0 counts the entries, slot 1 the kilobytes they take; entry `i` has its code hash at
//! slot `2 + 2i` and its bid and size at the next.

use alloy::primitives::{aliases::U192, Address, Bytes, B256, U256};

use super::{
    arb_wasm::active_program,
    arb_wasm_cache::set_cached,
    call::{returns, Answer, Failure, PrecompileCall},
};
use crate::abi::{CacheManager::*, CACHE_MANAGER};

/// Bytes of the cache.
const CACHE_SIZE: u64 = 536_870_912;
/// Wei per second by which a bid loses against later ones.
const DECAY: u64 = 10_000_000_000;

const COUNT: U256 = U256::ZERO;
const QUEUE_SIZE: U256 = U256::from_limbs([1, 0, 0, 0]);
/// Gas of changing the queue.
const BID_GAS: u64 = 70_000;

pub(super) fn run(call: &mut PrecompileCall) -> Answer {
    let function = call.decode::<CacheManagerCalls>()?;
    if !matches!(function, CacheManagerCalls::placeBid(_)) {
        call.not_payable()?;
    }
    match function {
        CacheManagerCalls::cacheSize(_) => returns::<cacheSizeCall>(CACHE_SIZE),
        CacheManagerCalls::queueSize(_) => {
            returns::<queueSizeCall>(call.load(QUEUE_SIZE).saturating_to())
        }
        CacheManagerCalls::decay(_) => returns::<decayCall>(DECAY),
        CacheManagerCalls::isPaused(_) => returns::<isPausedCall>(false),
        CacheManagerCalls::getEntries(_) => returns::<getEntriesCall>(entries(call)),
        CacheManagerCalls::getMinBid_0(asked) => {
            let min = plan(call, asked.size)?.min;
            returns::<getMinBid_0Call>(min)
        }
        CacheManagerCalls::getMinBid_1(asked) => {
            let (_, size) = program(call, asked.program)?;
            let min = plan(call, size)?.min;
            returns::<getMinBid_1Call>(min)
        }
        CacheManagerCalls::placeBid(asked) => place_bid(call, asked.program),
    }
}

/// All entries.
fn entries(call: &mut PrecompileCall) -> Vec<Entry> {
    let count: u64 = call.load(COUNT).saturating_to();
    let entry = |index| {
        let slot = U256::from(2 + 2 * index);
        let code = B256::from(call.load(slot));
        let packed = call.load(slot + U256::from(1));
        Entry {
            code,
            size: packed.as_limbs()[0],
            bid: U192::from(packed >> 64),
        }
    };
    (0..count).map(entry).collect()
}

/// Writes all entries.
fn set_entries(call: &mut PrecompileCall, entries: &[Entry]) {
    let former: u64 = call.load(COUNT).saturating_to();
    for index in 0..former.max(entries.len() as u64) {
        let slot = U256::from(2 + 2 * index);
        let entry = entries.get(index as usize);
        call.store(
            slot,
            entry.map(|entry| entry.code.into()).unwrap_or_default(),
        );
        let packed = entry.map(|entry| (U256::from(entry.bid) << 64) | U256::from(entry.size));
        call.store(slot + U256::from(1), packed.unwrap_or_default());
    }
    call.store(COUNT, U256::from(entries.len()));
    call.store(
        QUEUE_SIZE,
        U256::from(entries.iter().map(|entry| entry.size).sum::<u64>()),
    );
}

/// What a bid for some bytes means.
struct Plan {
    /// Least wei to send.
    min: U192,
    /// Entries that stay.
    kept: Vec<Entry>,
    /// Entries that have to go.
    evicted: Vec<Entry>,
}

/// Finds the cheapest entries that make room.
fn plan(call: &mut PrecompileCall, size: u64) -> Result<Plan, Failure> {
    if size > CACHE_SIZE {
        let queue = call.load(QUEUE_SIZE);
        return Err(Failure::error(AsmTooLarge {
            asm: U256::from(size),
            queueSize: queue,
            cacheSize: U256::from(CACHE_SIZE),
        }));
    }
    let mut kept = entries(call);
    kept.sort_by_key(|entry| std::cmp::Reverse(entry.bid));
    let mut evicted = Vec::new();
    let mut total = kept.iter().map(|entry| entry.size).sum::<u64>();
    while total + size > CACHE_SIZE {
        let Some(cheapest) = kept.pop() else { break };
        total -= cheapest.size;
        evicted.push(cheapest);
    }
    let dearest = evicted.last().map(|entry| entry.bid).unwrap_or_default();
    Ok(Plan {
        min: dearest.saturating_sub(head_start(call)),
        kept,
        evicted,
    })
}

/// By how much bids placed now exceed those placed at second zero.
fn head_start(call: &PrecompileCall) -> U192 {
    U192::from(DECAY) * U192::from(call.now())
}

/// Code hash and bytes of a program that can be called.
fn program(call: &mut PrecompileCall, account: Address) -> Result<(B256, u64), Failure> {
    let (code_hash, _) = call.code(account);
    let record =
        active_program(call.ctx, code_hash).map_err(|fault| Failure::Revert(fault.encode()))?;
    Ok((code_hash, u64::from(record.asm_kb) * 1024))
}

/// Takes a bid, evicting cheaper entries where there is no room.
fn place_bid(call: &mut PrecompileCall, account: Address) -> Answer {
    call.writes()?;
    call.burn(BID_GAS)?;
    let (code_hash, size) = program(call, account)?;
    let mut plan = plan(call, size)?;
    if plan
        .kept
        .iter()
        .chain(&plan.evicted)
        .any(|entry| entry.code == code_hash)
    {
        return Err(Failure::error(AlreadyCached {
            codehash: code_hash,
        }));
    }
    let bid = U192::from(call.value);
    if bid < plan.min {
        return Err(Failure::error(BidTooSmall { bid, min: plan.min }));
    }
    for entry in &plan.evicted {
        set_cached(call, CACHE_MANAGER, entry.code, false)?;
        call.emit(DeleteBid {
            codehash: entry.code,
            bid: entry.bid,
            size: entry.size,
        })?;
    }
    let bid = bid + head_start(call);
    plan.kept.push(Entry {
        code: code_hash,
        size,
        bid,
    });
    set_entries(call, &plan.kept);
    set_cached(call, CACHE_MANAGER, code_hash, true)?;
    call.emit(InsertBid {
        codehash: code_hash,
        program: account,
        bid,
        size,
    })?;
    Ok(Bytes::new())
}
