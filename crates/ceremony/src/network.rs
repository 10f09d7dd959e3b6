//! What signatures name of the network they are for, so that no other takes them.

use alloy::primitives::{b256, fixed_bytes, Address, FixedBytes, B256};
use clay_ethereum::{withdrawal_credentials, PublicKey};

use crate::{
    ceremony::FIRST_DEPOSIT,
    signing_root::{deposit_domain, deposit_message_root, signing_root, voluntary_exit_domain},
};

/// A network of Ethereum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its name, as key tools write it.
    pub name: String,
    /// Version at genesis. Deposits are signed with it for ever, so that they stay good across forks.
    pub genesis_fork_version: FixedBytes<4>,
    /// Version of Capella. Exits are signed with it for ever (EIP-7044).
    pub capella_fork_version: FixedBytes<4>,
    /// Root of the validators at genesis, as `/eth/v1/beacon/genesis` answers it.
    pub genesis_validators_root: B256,
}

impl Network {
    /// Ethereum's mainnet.
    pub fn mainnet() -> Self {
        Self {
            name: "mainnet".into(),
            genesis_fork_version: fixed_bytes!("00000000"),
            capella_fork_version: fixed_bytes!("03000000"),
            genesis_validators_root: b256!(
                "4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95"
            ),
        }
    }

    /// The test network Hoodi.
    pub fn hoodi() -> Self {
        Self {
            name: "hoodi".into(),
            genesis_fork_version: fixed_bytes!("10000910"),
            capella_fork_version: fixed_bytes!("40000910"),
            genesis_validators_root: b256!(
                "212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f"
            ),
        }
    }

    /// The test network Sepolia.
    pub fn sepolia() -> Self {
        Self {
            name: "sepolia".into(),
            genesis_fork_version: fixed_bytes!("90000069"),
            capella_fork_version: fixed_bytes!("90000072"),
            genesis_validators_root: b256!(
                "d8ea171f3c94aea21ebc42a1ed61052acf3f9209c00e4efbaaddac09ed9b8078"
            ),
        }
    }

    /// What a key signs so that the gateway's first deposit, [`FIRST_DEPOSIT`], makes it a validator whose withdrawals
    /// go to the gateway.
    pub fn deposit_root(&self, public_key: &PublicKey, gateway: Address) -> B256 {
        let credentials = withdrawal_credentials(gateway);
        let message = deposit_message_root(public_key, credentials, FIRST_DEPOSIT);
        signing_root(message, deposit_domain(self.genesis_fork_version))
    }

    /// What a key signs so that its validator leaves, at an epoch at the earliest.
    pub fn voluntary_exit_root(&self, epoch: u64, validator_index: u64) -> B256 {
        let exit = crate::signing_root::voluntary_exit_root(epoch, validator_index);
        let domain = voluntary_exit_domain(self.capella_fork_version, self.genesis_validators_root);
        signing_root(exit, domain)
    }
}
