//! Envelopes: who signed them, what revm makes of them, and those nobody signed.

use alloy::{
    consensus::{SignableTransaction, Signed, Transaction as _, TxEip1559, TxEip7702, TxEnvelope},
    eips::{eip7702::SignedAuthorization, Typed2718},
    primitives::{keccak256, Address, Signature, B256, U256},
};
use revm::{context::TxEnv, context_interface::either::Either};

use crate::{Config, TxError};

/// The transaction as revm takes it. Tips are not paid on Arbitrum: the price is the base fee.
pub(super) fn tx_env(config: &Config, envelope: &TxEnvelope, from: Address) -> TxEnv {
    let tips = envelope.is_dynamic_fee();
    let authorizations = envelope.authorization_list().unwrap_or_default();
    TxEnv {
        tx_type: envelope.ty(),
        caller: from,
        gas_limit: envelope.gas_limit(),
        gas_price: config.base_fee.into(),
        kind: envelope.kind(),
        value: envelope.value(),
        data: envelope.input().clone(),
        nonce: envelope.nonce(),
        chain_id: envelope.chain_id(),
        access_list: envelope.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: tips.then_some(0),
        authorization_list: authorizations.iter().cloned().map(Either::Left).collect(),
        ..TxEnv::default()
    }
}
/// Who signed a transaction. revm's recovery is several times faster than that of the envelope.
pub(super) fn signer(envelope: &TxEnvelope) -> Result<Address, TxError> {
    let refused = |reason: &str| TxError::InvalidSignature(reason.into());
    let signature = envelope.signature();
    if signature.normalize_s().is_some() {
        return Err(refused("s is in the upper half of the curve's order"));
    }
    let bytes = signature.as_bytes();
    let (Some(compact), parity) = (bytes.first_chunk::<64>(), u8::from(signature.v())) else {
        return Err(refused("too short"));
    };
    let hash = envelope.signature_hash();
    let word = revm::precompile::crypto().secp256k1_ecrecover(compact, parity, &hash.0);
    let word = word.map_err(|_| refused("it belongs to no key"))?;
    Ok(Address::from_word(word.into()))
}

/// An empty signature.
fn nobody() -> Signature {
    Signature::new(U256::ZERO, U256::ZERO, false)
}

/// An envelope nobody signed, with a hash that depends on the sender; and that hash.
pub(super) fn unsigned_envelope(call: TxEip1559, from: Address) -> (TxEnvelope, B256) {
    let hash = keccak256([call.signature_hash().as_slice(), from.as_slice()].concat());
    (
        TxEnvelope::Eip1559(Signed::new_unchecked(call, nobody(), hash)),
        hash,
    )
}

/// The same with EIP-7702 authorisations.
pub(super) fn delegating_envelope(
    call: TxEip1559,
    to: Address,
    list: Vec<SignedAuthorization>,
    from: Address,
) -> TxEnvelope {
    let call = TxEip7702 {
        chain_id: call.chain_id,
        nonce: call.nonce,
        gas_limit: call.gas_limit,
        max_fee_per_gas: call.max_fee_per_gas,
        max_priority_fee_per_gas: call.max_priority_fee_per_gas,
        to,
        value: call.value,
        access_list: call.access_list,
        authorization_list: list,
        input: call.input,
    };
    let hash = keccak256([call.signature_hash().as_slice(), from.as_slice()].concat());
    TxEnvelope::Eip7702(Signed::new_unchecked(call, nobody(), hash))
}

/// An unsigned envelope under another hash.
pub(super) fn with_hash(envelope: TxEnvelope, hash: B256) -> TxEnvelope {
    match envelope {
        TxEnvelope::Eip1559(signed) => TxEnvelope::Eip1559(Signed::new_unchecked(
            signed.strip_signature(),
            nobody(),
            hash,
        )),
        TxEnvelope::Eip7702(signed) => TxEnvelope::Eip7702(Signed::new_unchecked(
            signed.strip_signature(),
            nobody(),
            hash,
        )),
        other => other,
    }
}
