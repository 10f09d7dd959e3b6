//! Activation, lifetime and caching of programs, asked of and paid to the chain's precompiles.

use alloy::{
    primitives::{address, Address, Bytes, B256, U256},
    rpc::types::state::StateOverridesBuilder,
    sol_types::{SolCall, SolError},
    transports::TransportError,
};

use crate::{
    bindings::{
        ArbWasm::{
            self, activateProgramCall, codehashKeepaliveCall, codehashVersionCall,
            programTimeLeftCall,
        },
        ArbWasmCache::{allCacheManagersCall, codehashIsCachedCall},
        CacheManager::{getMinBidCall, placeBidCall},
    },
    bytecode::deployer::ARB_WASM,
    client::Client,
    failure::Failure,
};

/// ArbWasmCache, the precompile that keeps the cache.
pub const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

/// A lifetime is renewed when less than this is left, seconds. Arbitrum grants 365 days.
pub const RENEW_BELOW: u64 = 90 * 86_400;

/// Where a program that is not deployed yet is imagined to be, to ask for the fee of its activation.
const IMAGINED: Address = address!("c1a7c1a7c1a7c1a7c1a7c1a7c1a7c1a7c1a7c1a7");

/// Makes sure that the chain runs Stylus programs.
pub(super) async fn require_stylus(client: &Client) -> Result<(), Failure> {
    let version = client.view(ARB_WASM, ArbWasm::stylusVersionCall {}).await;
    match version {
        Ok(_) => Ok(()),
        Err(unreachable @ Failure::Unreachable { .. }) => Err(unreachable),
        Err(_) => Err(Failure::NoStylus {
            url: client.url().to_string(),
            chain: client.chain_id(),
        }),
    }
}

/// Whether a code hash is activated, up to date and not expired: another deployment of the same code may
/// have done it.
pub(super) async fn is_active(client: &Client, codehash: B256) -> Result<bool, Failure> {
    let call = codehashVersionCall { codehash }.abi_encode();
    match client.call(ARB_WASM, call.into(), U256::ZERO).await {
        Ok(_) => Ok(true),
        Err(error) if error.as_error_resp().is_some() => Ok(false),
        Err(error) => Err(client.explain("asking ArbWasm for a program", &error)),
    }
}

/// Value to send with the activation of `code`, wei: the fee and a fifth more, as the fee moves from block to
/// block. What is too much comes back.
pub(super) async fn activation_value(client: &Client, code: &Bytes) -> Result<U256, Failure> {
    let call = activateProgramCall { program: IMAGINED }.abi_encode();
    let overrides = StateOverridesBuilder::default()
        .with_code(IMAGINED, code.clone())
        .build();
    let answer = client.call_with(ARB_WASM, call.into(), overrides).await;
    with_margin(client, "activating a program", answer)
}

/// Seconds until a program expires; none if it has, or needs to be activated again for another reason.
pub(crate) async fn time_left(
    client: &Client,
    program: Address,
    codehash: B256,
) -> Result<Option<u64>, Failure> {
    if !is_active(client, codehash).await? {
        return Ok(None);
    }
    let left = client.view(ARB_WASM, programTimeLeftCall { program });
    left.await.map(Some)
}

/// Something that a program needs: a call, and the wei to send with it.
pub(crate) struct Due {
    pub action: &'static str,
    pub to: Address,
    pub value: U256,
    pub call: Bytes,
}

/// What keeps a program running, if it is due: another activation once it has expired, a renewal when its lifetime nears its end.
pub(crate) async fn upkeep(
    client: &Client,
    program: Address,
    codehash: B256,
) -> Result<Option<Due>, Failure> {
    let Some(left) = time_left(client, program, codehash).await? else {
        let code = client.code(program).await?;
        return Ok(Some(Due {
            action: "activation",
            to: ARB_WASM,
            value: activation_value(client, &code).await?,
            call: activateProgramCall { program }.abi_encode().into(),
        }));
    };
    if left >= RENEW_BELOW {
        return Ok(None);
    }
    let call = Bytes::from(codehashKeepaliveCall { codehash }.abi_encode());
    let answer = client.call(ARB_WASM, call.clone(), U256::ZERO).await;
    Ok(Some(Due {
        action: "renewal",
        to: ARB_WASM,
        value: with_margin(client, "renewing a program", answer)?,
        call,
    }))
}

/// Reads the fee out of ArbWasm's refusal of a call that pays nothing.
fn with_margin(
    client: &Client,
    action: &str,
    answer: Result<Bytes, TransportError>,
) -> Result<U256, Failure> {
    let error = match answer {
        Ok(_) => return Ok(U256::ZERO),
        Err(error) => error,
    };
    let refusal = error
        .as_error_resp()
        .and_then(|response| response.as_revert_data());
    let fee = refusal.and_then(|data| ArbWasm::ProgramInsufficientValue::abi_decode(&data).ok());
    let fee = fee.ok_or_else(|| client.explain(action, &error))?.want;
    Ok(fee + fee / U256::from(5))
}

/// The contract that takes bids for the cache; none where the chain has no cache.
pub(crate) async fn cache_manager(client: &Client) -> Result<Option<Address>, Failure> {
    match client.view(ARB_WASM_CACHE, allCacheManagersCall {}).await {
        Ok(managers) => Ok(managers.last().copied()),
        Err(unreachable @ Failure::Unreachable { .. }) => Err(unreachable),
        Err(_) => Ok(None),
    }
}

/// Where a program stands with the cache.
pub(crate) enum Place {
    /// It is there.
    Taken,
    /// The smallest bid is above the highest that one would make, wei.
    TooDear(U256),
    /// It is not there, and this bid may bring it there.
    Bid(Due),
}

/// Whether a program is in the cache, or can be brought there for so much.
pub(crate) async fn place(
    client: &Client,
    manager: Address,
    program: Address,
    codehash: B256,
    highest: U256,
) -> Result<Place, Failure> {
    let cached = client.view(ARB_WASM_CACHE, codehashIsCachedCall { codehash });
    if cached.await? {
        return Ok(Place::Taken);
    }
    let bid = client.view(manager, getMinBidCall { program }).await?;
    let bid = U256::from(bid);
    if bid > highest {
        return Ok(Place::TooDear(bid));
    }
    Ok(Place::Bid(Due {
        action: "cache",
        to: manager,
        value: bid,
        call: placeBidCall { program }.abi_encode().into(),
    }))
}
