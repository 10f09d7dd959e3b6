//! ArbWasm: activation of Stylus programs and what is known about them.

use alloy::{
    primitives::{keccak256, Address, Bytes, B256, U256},
    sol_types::SolError,
};
use stylus_vm::{DataPricer, ACTIVATION_GAS, STYLUS_PREFIX};

use super::call::{load, returns, returns_tuple, store, Answer, Failure, PrecompileCall};
use crate::{
    abi::{ArbWasm::*, ARB_WASM},
    evm::{prepare, Ctx, ProgramRecord, INK_PRICE, STYLUS_VERSION},
};

/// Seconds an activation lasts.
const EXPIRY: u64 = 365 * DAY;
/// Seconds after which an activation can be renewed.
const KEEPALIVE: u64 = 31 * DAY;
const DAY: u64 = 86_400;
/// Slot of the data pricer's state; slots of records are hashes and never this.
const PRICER: U256 = U256::from_limbs([1, 0, 0, 0]);

/// Why a program cannot be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProgramFault {
    /// Never activated.
    NotActivated,
    /// Activated for another version of Stylus.
    NeedsUpgrade(u16),
    /// Activated too long ago; its age in seconds.
    Expired(u64),
}

impl ProgramFault {
    /// The fault as ArbWasm's error.
    pub fn encode(&self) -> Bytes {
        match *self {
            ProgramFault::NotActivated => ProgramNotActivated {}.abi_encode(),
            ProgramFault::NeedsUpgrade(version) => ProgramNeedsUpgrade {
                version,
                stylusVersion: STYLUS_VERSION,
            }
            .abi_encode(),
            ProgramFault::Expired(age) => ProgramExpired { ageInSeconds: age }.abi_encode(),
        }
        .into()
    }
}

/// What is known about the code with this hash.
pub(super) fn record(ctx: &mut Ctx, code_hash: B256) -> ProgramRecord {
    ProgramRecord::unpack(load(ctx, ARB_WASM, code_hash.into()))
}

/// Notes what is known about the code with this hash.
pub(super) fn set_record(ctx: &mut Ctx, code_hash: B256, record: ProgramRecord) {
    store(ctx, ARB_WASM, code_hash.into(), record.pack());
}

/// The record of a program that can be called now.
pub(crate) fn active_program(
    ctx: &mut Ctx,
    code_hash: B256,
) -> Result<ProgramRecord, ProgramFault> {
    let now: u64 = revm::context::Block::timestamp(&ctx.block).saturating_to();
    let record = record(ctx, code_hash);
    let age = now.saturating_sub(record.activated_at);
    match record.version {
        0 => Err(ProgramFault::NotActivated),
        STYLUS_VERSION if age > EXPIRY => Err(ProgramFault::Expired(age)),
        STYLUS_VERSION => Ok(record),
        other => Err(ProgramFault::NeedsUpgrade(other)),
    }
}

pub(super) fn run(call: &mut PrecompileCall) -> Answer {
    let function = call.decode::<ArbWasmCalls>()?;
    if !matches!(
        function,
        ArbWasmCalls::activateProgram(_) | ArbWasmCalls::codehashKeepalive(_)
    ) {
        call.not_payable()?;
    }
    match function {
        ArbWasmCalls::activateProgram(asked) => activate(call, asked.program),
        ArbWasmCalls::codehashKeepalive(asked) => keep_alive(call, asked.codehash),
        ArbWasmCalls::stylusVersion(_) => returns::<stylusVersionCall>(STYLUS_VERSION),
        ArbWasmCalls::codehashVersion(asked) => {
            returns::<codehashVersionCall>(active(call, asked.codehash)?.version)
        }
        ArbWasmCalls::codehashAsmSize(asked) => {
            returns::<codehashAsmSizeCall>(active(call, asked.codehash)?.asm_kb * 1024)
        }
        ArbWasmCalls::programVersion(asked) => {
            returns::<programVersionCall>(program(call, asked.program)?.version)
        }
        ArbWasmCalls::programInitGas(asked) => {
            let record = program(call, asked.program)?;
            returns_tuple((record.init_gas(false), record.init_gas(true)))
        }
        ArbWasmCalls::programMemoryFootprint(asked) => {
            returns::<programMemoryFootprintCall>(program(call, asked.program)?.footprint)
        }
        ArbWasmCalls::programTimeLeft(asked) => {
            let record = program(call, asked.program)?;
            let age = call.now().saturating_sub(record.activated_at);
            returns::<programTimeLeftCall>(EXPIRY.saturating_sub(age))
        }
        ArbWasmCalls::inkPrice(_) => returns::<inkPriceCall>(INK_PRICE),
        ArbWasmCalls::maxStackDepth(_) => {
            returns::<maxStackDepthCall>(stylus_vm::Options::default().max_depth)
        }
        ArbWasmCalls::freePages(_) => returns::<freePagesCall>(2),
        ArbWasmCalls::pageGas(_) => returns::<pageGasCall>(1_000),
        ArbWasmCalls::pageRamp(_) => returns::<pageRampCall>(620_674_314),
        ArbWasmCalls::pageLimit(_) => returns::<pageLimitCall>(128),
        ArbWasmCalls::minInitGas(_) => returns_tuple((8_832u64, 352u64)),
        ArbWasmCalls::initCostScalar(_) => returns::<initCostScalarCall>(100),
        ArbWasmCalls::expiryDays(_) => returns::<expiryDaysCall>((EXPIRY / DAY) as u16),
        ArbWasmCalls::keepaliveDays(_) => returns::<keepaliveDaysCall>((KEEPALIVE / DAY) as u16),
        ArbWasmCalls::blockCacheSize(_) => returns::<blockCacheSizeCall>(32),
    }
}

/// The record of code that can be called.
fn active(call: &mut PrecompileCall, code_hash: B256) -> Result<ProgramRecord, Failure> {
    active_program(call.ctx, code_hash).map_err(|fault| Failure::Revert(fault.encode()))
}

/// The record of an account's code that can be called.
fn program(call: &mut PrecompileCall, account: Address) -> Result<ProgramRecord, Failure> {
    let (code_hash, _) = call.code(account);
    active(call, code_hash)
}

/// Validates and prices a program, takes the data fee and gives back what was sent too much.
fn activate(call: &mut PrecompileCall, program: Address) -> Answer {
    call.writes()?;
    call.burn(ACTIVATION_GAS)?;
    let (code_hash, code) = call.code(program);
    if !code.starts_with(&STYLUS_PREFIX) {
        return Err(Failure::error(ProgramNotWasm {}));
    }
    let former = record(call.ctx, code_hash);
    if active_program(call.ctx, code_hash).is_ok() {
        return Err(Failure::error(ProgramUpToDate {}));
    }
    let debug = call.ctx.chain.debug;
    let prepared =
        prepare(code_hash, &code, debug).map_err(|error| Failure::text(error.to_string()))?;
    let price = prepared.price();
    let fee = take_fee(call, price.asm_estimate)?;
    let now = call.now();
    let record = ProgramRecord {
        version: STYLUS_VERSION,
        activated_at: now,
        init_cost: price.init_cost,
        cached_cost: price.cached_cost,
        footprint: price.footprint_pages,
        asm_kb: price.asm_estimate_kb(),
        cached: former.cached,
    };
    set_record(call.ctx, code_hash, record);
    let module_hash = keccak256(&code);
    call.emit(ProgramActivated {
        codehash: code_hash,
        moduleHash: module_hash,
        program,
        dataFee: fee,
        version: STYLUS_VERSION,
    })?;
    returns_tuple((STYLUS_VERSION, fee))
}

/// Renews an activation that is old enough.
fn keep_alive(call: &mut PrecompileCall, code_hash: B256) -> Answer {
    call.writes()?;
    let mut record = active(call, code_hash)?;
    let age = call.now().saturating_sub(record.activated_at);
    if age < KEEPALIVE {
        return Err(Failure::error(ProgramKeepaliveTooSoon {
            ageInSeconds: age,
        }));
    }
    let fee = take_fee(call, record.asm_kb * 1024)?;
    record.activated_at = call.now();
    set_record(call.ctx, code_hash, record);
    call.emit(ProgramLifetimeExtended {
        codehash: code_hash,
        dataFee: fee,
    })?;
    Ok(Bytes::new())
}

/// Takes the fee for storing `bytes` from the wei sent and gives back the rest.
fn take_fee(call: &mut PrecompileCall, bytes: u32) -> Result<U256, Failure> {
    let [demand, last_update, ..] = *call.load(PRICER).as_limbs();
    let mut pricer = match last_update {
        0 => DataPricer::default(),
        _ => DataPricer {
            demand: demand as u32,
            last_update,
        },
    };
    let fee = U256::from(pricer.charge(bytes, call.now()));
    call.store(
        PRICER,
        U256::from_limbs([pricer.demand.into(), pricer.last_update, 0, 0]),
    );
    let Some(change) = call.value.checked_sub(fee) else {
        return Err(Failure::error(ProgramInsufficientValue {
            have: call.value,
            want: fee,
        }));
    };
    call.debit(ARB_WASM, call.value);
    call.credit(call.caller, change);
    Ok(fee)
}
