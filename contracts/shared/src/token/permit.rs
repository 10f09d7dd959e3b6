//! Permit (ERC-2612) on OpenZeppelin's ERC-20 and nonces. The function itself is ours: see
//! [`crate::ecdsa`].

use alloc::vec::Vec;

use crate::{
    abi::{concat, done, revert, Answer, Call, Word},
    ecdsa::{recover, BadSignature},
    host,
    interfaces::ICsEthToken::*,
    log,
    storage::Slot,
};
use alloy_primitives::{b256, B256, U256};
use alloy_sol_types::{SolError, SolEvent};
use openzeppelin_stylus::utils::nonces::Nonces;

use super::{Gate, Token, NAME};

/// keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)")
const PERMIT_TYPE_HASH: B256 =
    b256!("6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9");

/// Where OpenZeppelin's ERC-20, which starts at slot 0, keeps its allowances.
const ALLOWANCES: Slot = Slot::at(1);

/// Sets an allowance by the owner's signature. Anyone may hand it in.
pub(super) fn permit<G: Gate>(nonces: &mut Nonces, call: &Call) -> Answer {
    let (owner, spender) = (call.address(0)?, call.address(1)?);
    let (value, deadline) = (call.uint(2)?, call.uint(3)?);
    let (v, r, s) = (call.uint8(4)?, call.word(5)?, call.word(6)?);
    G::allow(Some(owner), spender, value)?;
    if U256::from_limbs([host::now(), 0, 0, 0]) > deadline {
        return Err(revert(
            ERC2612ExpiredSignature::SELECTOR,
            &[deadline.word()],
        ));
    }
    let message = host::keccak(&concat(
        &[],
        &[
            PERMIT_TYPE_HASH,
            owner.word(),
            spender.word(),
            value.word(),
            nonces.use_nonce(owner).word(),
            deadline.word(),
        ],
    ));
    let digest = Token::<G>::domain(&Token::<G>::text(NAME)).digest(message);
    let signer = recover(digest, v, r, s).map_err(refusal)?;
    if signer != owner {
        let words = [signer.word(), owner.word()];
        return Err(revert(ERC2612InvalidSigner::SELECTOR, &words));
    }
    if spender.is_zero() {
        return Err(revert(ERC20InvalidSpender::SELECTOR, &[spender.word()]));
    }
    ALLOWANCES
        .entry(owner.word())
        .entry(spender.word())
        .set(value);
    let topics = [Approval::SIGNATURE_HASH, owner.word(), spender.word()];
    log::emit(&topics, &[value.word()]);
    done()
}

/// The token's own errors for a signature that names nobody.
fn refusal(bad: BadSignature) -> Vec<u8> {
    match bad {
        BadSignature::Invalid => revert(ECDSAInvalidSignature::SELECTOR, &[]),
        BadSignature::Mirrored(s) => revert(ECDSAInvalidSignatureS::SELECTOR, &[s]),
    }
}
