//! Calls made by signature: what is signed, who signed it, and the call itself.

use alloc::vec::Vec;

use alloy_primitives::{b256, Address, B256, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer_bytes, concat, revert, Answer, Call, Reverts, Word},
    ecdsa::{recover, BadSignature},
    eip712::Domain,
    host::{self, CallKind},
    interfaces::{ICommon, IQuorum::*},
    log,
};

use crate::{
    allowance::{self, Selector},
    members,
};

/// Under what the members sign.
pub(crate) const DOMAIN: Domain = Domain {
    name: b"ClayStack Quorum",
    version: b"1",
};

/// keccak256("Execute(address target,bytes data,uint256 nonce,uint256 deadline)")
const EXECUTE_TYPE_HASH: B256 =
    b256!("58d5fb4cda300932d65c46f2a4f045fdcf1daad55d84d040cd3c870488f0e454");

/// Bytes of a signature: r, s, v.
const SIGNATURE: usize = 65;

/// Makes a call that enough members signed. Open to all.
pub(crate) fn execute(call: &Call) -> Answer {
    let (target, data) = (call.address(0)?, call.bytes(1)?);
    let (deadline, signatures) = (call.uint(2)?, call.bytes(3)?);
    let now = host::now();
    if U256::from_limbs([now, 0, 0, 0]) > deadline {
        let words = [deadline.word(), now.word()];
        return Err(revert(DeadlinePassed::SELECTOR, &words));
    }
    let selector = selector_of(data);
    // Without a whole selector it would be a call of whatever the target does with none.
    if data.len() < 4 || !allowance::is_allowed(target, selector) {
        return Err(allowance::refusal(target, selector));
    }
    let state = members::state();
    let nonce = state.nonce();
    let signed = digest(target, data, nonce, deadline);
    check(signatures, signed, state.quorum())?;

    // The nonce is used before the callee runs, and given back by the revert if it refuses.
    state.use_nonce();
    let topics = [Executed::SIGNATURE_HASH, target.word(), selector.word()];
    log::emit(&topics, &[nonce.word()]);
    answer_bytes(&make(target, selector, data)?)
}

/// The hash that members sign.
pub(crate) fn digest(target: Address, data: &[u8], nonce: U256, deadline: U256) -> B256 {
    let words = [
        EXECUTE_TYPE_HASH,
        target.word(),
        host::keccak(data),
        nonce.word(),
        deadline.word(),
    ];
    DOMAIN.digest(host::keccak(&concat(&[], &words)))
}

/// Refuses unless these are signatures of at least `needed` members. In ascending order of the signers, so that
/// nobody is counted twice; a superfluous one must be as good as the others.
fn check(signatures: &[u8], digest: B256, needed: u128) -> Reverts<()> {
    let (signatures, rest) = signatures.as_chunks::<SIGNATURE>();
    let given = signatures.len() as u64;
    if !rest.is_empty() {
        let length = given * SIGNATURE as u64 + rest.len() as u64;
        return Err(revert(MalformedSignatures::SELECTOR, &[length.word()]));
    }
    if u128::from(given) < needed {
        let words = [given.word(), needed.word()];
        return Err(revert(TooFewSignatures::SELECTOR, &words));
    }
    let mut previous = Address::ZERO;
    for signature in signatures {
        let signer = signer(digest, signature)?;
        if signer <= previous {
            let words = [previous.word(), signer.word()];
            return Err(revert(SignersNotAscending::SELECTOR, &words));
        }
        if !members::is_member(signer) {
            return Err(revert(NotMember::SELECTOR, &[signer.word()]));
        }
        previous = signer;
    }
    Ok(())
}

/// Who made a signature.
fn signer(digest: B256, signature: &[u8; SIGNATURE]) -> Reverts<Address> {
    let (words, v) = signature.as_chunks::<32>();
    let ([r, s], [v]) = (words, v) else {
        return Err(Vec::new());
    };
    recover(digest, *v, B256::new(*r), B256::new(*s)).map_err(|bad| match bad {
        BadSignature::Invalid => revert(ECDSAInvalidSignature::SELECTOR, &[]),
        BadSignature::Mirrored(s) => revert(ECDSAInvalidSignatureS::SELECTOR, &[s]),
    })
}

/// Calls the target and returns what it answers, or its revert data. A call of this contract is not one: no
/// contract can be called while it runs, so its one function that may be reached is run here.
fn make(target: Address, selector: Selector, data: &[u8]) -> Answer {
    if target == host::this() {
        return replace_members(target, selector, data);
    }
    if !host::has_code(target) {
        return Err(revert(ICommon::NoCode::SELECTOR, &[target.word()]));
    }
    host::call(CallKind::Value(U256::ZERO), target, data)
}

fn replace_members(target: Address, selector: Selector, data: &[u8]) -> Answer {
    if selector != setMembersCall::SELECTOR {
        return Err(allowance::refusal(target, selector));
    }
    let arguments = data.get(4..).unwrap_or_default();
    let call = Call::new(selector.0, arguments, U256::ZERO);
    members::replace(call.array(0)?, call.uint(1)?)?;
    Ok(Vec::new())
}

/// The first four bytes of calldata, filled up with zeros.
fn selector_of(data: &[u8]) -> Selector {
    let mut selector = Selector::ZERO;
    for (to, from) in selector.iter_mut().zip(data) {
        *to = *from;
    }
    selector
}
