//! Deposit data, as the key tools of Ethereum write it: a JSON list with the public key, the deposit signature and the
//! deposit data root of each validator.

use alloy::{
    hex,
    primitives::{Address, B256},
};
use clay_ethereum::{deposit_data_root, withdrawal_credentials, PublicKey, Signature, ETHER_GWEI};
use rand::RngCore;
use serde::{Deserialize, Serialize};

/// Gwei that the gateway deposits first, which the signature and the root are for.
const FIRST_DEPOSIT: u64 = ETHER_GWEI;

/// A validator's key material. Bytes are hexadecimal, with or without 0x.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepositData {
    /// BLS public key, 48 bytes.
    pub pubkey: String,
    /// Where withdrawals go, 32 bytes.
    pub withdrawal_credentials: String,
    /// Gwei that the signature is for.
    pub amount: u64,
    /// BLS signature, 96 bytes.
    pub signature: String,
    /// Root of all of these, 32 bytes.
    pub deposit_data_root: String,
}

impl DepositData {
    /// The 176 bytes the registry takes: public key, signature, root.
    ///
    /// # Errors
    /// In words, if the deposit would fail or go to somebody else than `gateway`: the root is computed here.
    pub fn key(&self, gateway: Address) -> Result<[u8; 176], String> {
        let credentials: B256 = read("withdrawal_credentials", &self.withdrawal_credentials)?;
        let own = withdrawal_credentials(gateway);
        if credentials != own {
            return Err(format!(
                "withdrawals would go to {credentials}, and the gateway's credentials are {own}"
            ));
        }
        if self.amount != FIRST_DEPOSIT {
            return Err(format!(
                "signed for {} gwei, and the gateway's first deposit has {FIRST_DEPOSIT}",
                self.amount
            ));
        }
        let public_key: PublicKey = read("pubkey", &self.pubkey)?;
        let signature: Signature = read("signature", &self.signature)?;
        let root: B256 = read("deposit_data_root", &self.deposit_data_root)?;
        let computed = deposit_data_root(&public_key, credentials, self.amount, &signature);
        if root != computed {
            return Err(format!(
                "deposit_data_root is {root}, and should be {computed}"
            ));
        }
        let mut key = [0; 176];
        key[..48].copy_from_slice(public_key.as_slice());
        key[48..144].copy_from_slice(signature.as_slice());
        key[144..].copy_from_slice(root.as_slice());
        Ok(key)
    }

    /// A key of nobody's, for a beacon chain that verifies no signatures.
    pub fn made_up(gateway: Address) -> Self {
        let (mut public_key, mut signature) = (PublicKey::ZERO, Signature::ZERO);
        rand::thread_rng().fill_bytes(public_key.as_mut_slice());
        rand::thread_rng().fill_bytes(signature.as_mut_slice());
        let credentials = withdrawal_credentials(gateway);
        let root = deposit_data_root(&public_key, credentials, FIRST_DEPOSIT, &signature);
        Self {
            pubkey: hex::encode(public_key),
            withdrawal_credentials: hex::encode(credentials),
            amount: FIRST_DEPOSIT,
            signature: hex::encode(signature),
            deposit_data_root: hex::encode(root),
        }
    }
}

fn read<T: for<'a> TryFrom<&'a [u8]>>(name: &str, text: &str) -> Result<T, String> {
    let bytes = hex::decode(text).map_err(|error| format!("{name}: {error}"))?;
    T::try_from(&bytes).map_err(|_| format!("{name} has {} bytes", bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATEWAY: Address = Address::repeat_byte(0x6a);

    #[test]
    fn a_key_is_public_key_signature_and_root() {
        let data = DepositData::made_up(GATEWAY);
        let key = data.key(GATEWAY).unwrap();
        let expected = [&data.pubkey, &data.signature, &data.deposit_data_root];
        assert_eq!(hex::encode(key), expected.map(String::as_str).concat());
    }

    #[test]
    fn a_key_that_would_fund_somebody_else_is_refused() {
        let data = DepositData::made_up(Address::repeat_byte(1));
        assert!(data
            .key(GATEWAY)
            .unwrap_err()
            .contains("withdrawals would go to"));
        let forged = DepositData {
            withdrawal_credentials: hex::encode(withdrawal_credentials(GATEWAY)),
            ..data
        };
        assert!(forged
            .key(GATEWAY)
            .unwrap_err()
            .contains("deposit_data_root is"));
    }

    #[test]
    fn a_key_for_another_amount_is_refused() {
        let data = DepositData {
            amount: 32 * ETHER_GWEI,
            ..DepositData::made_up(GATEWAY)
        };
        assert!(data
            .key(GATEWAY)
            .unwrap_err()
            .contains("first deposit has 1000000000"));
    }
}
