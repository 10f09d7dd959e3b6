//! ArbSys: blocks of this chain, and messages to L1.

use alloy::{
    primitives::{keccak256, Address, Bytes, B256, U256},
    sol_types::SolValue,
};
use revm::context::{Block, Cfg, Transaction};

use super::call::{returns, Answer, Failure, PrecompileCall};
use crate::{
    abi::{
        ArbSys::{self, *},
        ARB_SYS,
    },
    alias, unalias,
};

/// Counts messages.
const MESSAGES: U256 = U256::ZERO;
/// Version of ArbOS as contracts see it: 55 is added to the real one.
const ARB_OS_VERSION: u64 = 55 + 50;
/// Gas of entering a message into the outbox.
const SEND_GAS: u64 = 25_000;

pub(super) fn run(call: &mut PrecompileCall) -> Answer {
    let function = call.decode::<ArbSysCalls>()?;
    if !matches!(
        function,
        ArbSysCalls::withdrawEth(_) | ArbSysCalls::sendTxToL1(_)
    ) {
        call.not_payable()?;
    }
    let number = call.ctx.chain.block_number;
    match function {
        ArbSysCalls::arbBlockNumber(_) => returns::<arbBlockNumberCall>(U256::from(number)),
        ArbSysCalls::arbBlockHash(asked) => block_hash(call, asked.arbBlockNum),
        ArbSysCalls::arbChainID(_) => {
            returns::<arbChainIDCall>(U256::from(call.ctx.cfg.chain_id()))
        }
        ArbSysCalls::arbOSVersion(_) => returns::<arbOSVersionCall>(U256::from(ARB_OS_VERSION)),
        ArbSysCalls::getStorageGasAvailable(_) => returns::<getStorageGasAvailableCall>(U256::ZERO),
        ArbSysCalls::isTopLevelCall(_) => {
            let depth = call.ctx.chain.callers.len();
            returns::<isTopLevelCallCall>(depth <= 2)
        }
        ArbSysCalls::mapL1SenderContractAddressToL2Alias(asked) => {
            returns::<mapL1SenderContractAddressToL2AliasCall>(alias(asked.sender))
        }
        ArbSysCalls::wasMyCallersAddressAliased(_) => {
            let aliased = is_top_level(call) && call.ctx.chain.aliased;
            returns::<wasMyCallersAddressAliasedCall>(aliased)
        }
        ArbSysCalls::myCallersAddressWithoutAliasing(_) => {
            let caller = callers_caller(call);
            let aliased = is_top_level(call) && call.ctx.chain.aliased;
            returns::<myCallersAddressWithoutAliasingCall>(if aliased {
                unalias(caller)
            } else {
                caller
            })
        }
        ArbSysCalls::withdrawEth(asked) => send(call, asked.destination, Bytes::new()),
        ArbSysCalls::sendTxToL1(asked) => send(call, asked.destination, asked.data),
        ArbSysCalls::sendMerkleTreeState(_) => {
            if call.caller != Address::ZERO {
                return Err(Failure::text("method can only be called by address zero"));
            }
            let size = call.load(MESSAGES);
            returns::<sendMerkleTreeStateCall>((size, B256::ZERO, Vec::new()).into())
        }
    }
}

/// Hash of one of the latest 256 blocks.
fn block_hash(call: &PrecompileCall, asked: U256) -> Answer {
    let current = call.ctx.chain.block_number;
    let number = u64::try_from(asked)
        .ok()
        .filter(|number| *number < current && number.saturating_add(256) >= current);
    let block = number.and_then(|number| call.ctx.chain.blocks.get(number as usize));
    match block {
        Some(block) => returns::<arbBlockHashCall>(block.hash),
        None => Err(Failure::error(InvalidBlockNumber {
            requested: asked,
            current: U256::from(current),
        })),
    }
}

/// Who called the contract that calls ArbSys.
fn callers_caller(call: &PrecompileCall) -> Address {
    let callers = &call.ctx.chain.callers;
    match callers.len() {
        0 | 1 => call.caller,
        depth => callers[depth - 2],
    }
}

/// Whether the contract that calls ArbSys was itself called by the transaction's sender.
fn is_top_level(call: &PrecompileCall) -> bool {
    callers_caller(call) == call.ctx.tx.caller()
}

/// Sends a message: its wei leave this chain.
fn send(call: &mut PrecompileCall, destination: Address, data: Bytes) -> Answer {
    call.writes()?;
    call.burn(SEND_GAS + 12 * data.len().div_ceil(32) as u64)?;
    if !call.debit(ARB_SYS, call.value) {
        return Err(Failure::silent());
    }
    let position = call.load(MESSAGES);
    call.store(MESSAGES, position + U256::from(1));

    let block = U256::from(call.ctx.chain.block_number);
    let (l1_block, now) = (call.ctx.block.number(), call.ctx.block.timestamp());
    let content = (
        call.caller,
        destination,
        block,
        l1_block,
        now,
        call.value,
        data.clone(),
    );
    let hash = U256::from_be_bytes(keccak256(content.abi_encode_packed()).0);
    call.emit(L2ToL1Tx {
        caller: call.caller,
        destination,
        hash,
        position,
        arbBlockNum: block,
        ethBlockNum: l1_block,
        timestamp: now,
        callvalue: call.value,
        data,
    })?;
    returns::<ArbSys::sendTxToL1Call>(position)
}
