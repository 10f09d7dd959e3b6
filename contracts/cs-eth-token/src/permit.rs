//! Permit (ERC-2612) on OpenZeppelin's ERC-20, nonces and EIP-712 hashing.
//!
//! The function itself is ours. OpenZeppelin's 0.3.0 reads 32 bytes of what the `ecrecover` precompile
//! returns, which is nothing for a signature that recovers nobody, so it panics where a typed error is due.

use alloc::vec::Vec;

use alloy_primitives::{b256, uint, Address, B256, U256};
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{concat, done, revert, Answer, Call, Reverts, Word},
    host::{self, CallKind},
    interfaces::ICsEthToken::*,
    log,
    storage::{address, uint as number, Slot},
};
use openzeppelin_stylus::utils::{cryptography::eip712::to_typed_data_hash, nonces::Nonces};

use crate::domain;

/// keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)")
const PERMIT_TYPE_HASH: B256 =
    b256!("6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9");

/// Where OpenZeppelin's ERC-20, which starts at slot 0, keeps its allowances.
const ALLOWANCES: Slot = Slot::at(1);

const ECRECOVER: Address = Address::with_last_byte(1);

/// Half of the curve's order: the other half of the signatures are these mirrored (EIP-2).
const LARGEST_S: U256 =
    uint!(0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0_U256);

/// Sets an allowance by the owner's signature. Anyone may hand it in.
pub(crate) fn permit(nonces: &mut Nonces, call: &Call) -> Answer {
    let (owner, spender) = (call.address(0)?, call.address(1)?);
    let (value, deadline) = (call.uint(2)?, call.uint(3)?);
    let (v, r, s) = (call.uint8(4)?, call.word(5)?, call.word(6)?);
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
    let signer = recover(to_typed_data_hash(&domain::separator(), &message), v, r, s)?;
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

/// The account that signed a hash. Refuses what recovers nobody, and a mirrored signature.
fn recover(hash: B256, v: u8, r: B256, s: B256) -> Reverts<Address> {
    if number(s.0) > LARGEST_S {
        return Err(revert(ECDSAInvalidSignatureS::SELECTOR, &[s]));
    }
    let calldata = concat(&[], &[hash, u64::from(v).word(), r, s]);
    let recovered: Vec<u8> = host::call(CallKind::Static, ECRECOVER, &calldata)?;
    match recovered.first_chunk() {
        Some(signer) => Ok(address(number(*signer))),
        None => Err(revert(ECDSAInvalidSignature::SELECTOR, &[])),
    }
}
