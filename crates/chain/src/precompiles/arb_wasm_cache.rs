//! ArbWasmCache: which programs start at the cached price.

use alloy::primitives::{Address, Bytes, B256};

use super::{
    arb_wasm::{active_program, record, set_record},
    call::{returns, Answer, Failure, PrecompileCall},
};
use crate::abi::{ArbWasmCache::*, ARB_WASM_CACHE, CACHE_MANAGER};

pub(super) fn run(call: &mut PrecompileCall) -> Answer {
    call.not_payable()?;
    match call.decode::<ArbWasmCacheCalls>()? {
        ArbWasmCacheCalls::isCacheManager(asked) => {
            returns::<isCacheManagerCall>(asked.manager == CACHE_MANAGER)
        }
        ArbWasmCacheCalls::allCacheManagers(_) => {
            returns::<allCacheManagersCall>(vec![CACHE_MANAGER])
        }
        ArbWasmCacheCalls::codehashIsCached(asked) => {
            returns::<codehashIsCachedCall>(record(call.ctx, asked.codehash).cached)
        }
        ArbWasmCacheCalls::cacheCodehash(asked) => change(call, asked.codehash, true),
        ArbWasmCacheCalls::cacheProgram(asked) => {
            let (code_hash, _) = call.code(asked.program);
            change(call, code_hash, true)
        }
        ArbWasmCacheCalls::evictCodehash(asked) => change(call, asked.codehash, false),
    }
}

/// Caches or evicts, for a cache manager only.
fn change(call: &mut PrecompileCall, code_hash: B256, cached: bool) -> Answer {
    call.writes()?;
    if call.caller != CACHE_MANAGER {
        return Err(Failure::silent());
    }
    set_cached(call, CACHE_MANAGER, code_hash, cached)?;
    Ok(Bytes::new())
}

/// Caches a program that can be called, or evicts any; pays for loading it.
pub(super) fn set_cached(
    call: &mut PrecompileCall,
    manager: Address,
    code_hash: B256,
    cached: bool,
) -> Result<(), Failure> {
    let mut known = record(call.ctx, code_hash);
    if cached {
        active_program(call.ctx, code_hash).map_err(|fault| Failure::Revert(fault.encode()))?;
    }
    if known.cached == cached {
        return Ok(());
    }
    if cached {
        call.burn(known.init_gas(false))?;
    }
    known.cached = cached;
    set_record(call.ctx, code_hash, known);
    let emitter = std::mem::replace(&mut call.address, ARB_WASM_CACHE);
    let emitted = call.emit(UpdateProgramCache {
        manager,
        codehash: code_hash,
        cached,
    });
    call.address = emitter;
    emitted
}
