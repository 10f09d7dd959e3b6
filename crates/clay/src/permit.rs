//! ERC-2612: an allowance by signature instead of a transaction.

use alloy::{
    primitives::{Address, B256, U256},
    signers::{local::PrivateKeySigner, SignerSync},
    sol,
    sol_types::{Eip712Domain, SolStruct},
};

use crate::{
    bindings::CsEthToken::{nameCall, noncesCall},
    client::Client,
    failure::Failure,
};

/// How long a permit may wait for its transaction to be mined, seconds.
const VALID_FOR: u64 = 3_600;

sol! {
    /// What is signed.
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }
}

/// A signed permit, as contracts take it.
pub(crate) struct Signed {
    pub(crate) deadline: U256,
    pub(crate) v: u8,
    pub(crate) r: B256,
    pub(crate) s: B256,
}

/// Lets `spender` move `value` shares of the signer's, once, within the hour.
pub(crate) async fn sign(
    client: &Client,
    signer: &PrivateKeySigner,
    token: Address,
    spender: Address,
    value: U256,
) -> Result<Signed, Failure> {
    let owner = signer.address();
    let deadline = U256::from(client.now().await? + VALID_FOR);
    let permit = Permit {
        owner,
        spender,
        value,
        nonce: client.view(token, noncesCall { owner }).await?,
        deadline,
    };
    // Put together here: a hash that the RPC names could be of anything.
    let domain = Eip712Domain::new(
        Some(client.view(token, nameCall {}).await?.into()),
        Some("1".into()),
        Some(U256::from(client.chain_id())),
        Some(token),
        None,
    );
    let signature = signer
        .sign_hash_sync(&permit.eip712_signing_hash(&domain))
        .map_err(|error| Failure::Key(error.to_string()))?;
    Ok(Signed {
        deadline,
        v: 27 + u8::from(signature.v()),
        r: signature.r().into(),
        s: signature.s().into(),
    })
}
