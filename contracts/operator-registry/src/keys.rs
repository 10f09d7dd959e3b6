//! Key material of a validator: public key (48 bytes), deposit signature (96), deposit data root (32).

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{concat, Word},
    host,
    interfaces::{IArbSys::sendTxToL1Call, IGateway::fundValidatorCall},
    storage::{bytes_of, uint, Slot},
};

const USED: Slot = Slot::at(5);
const KEYS: Slot = Slot::at(6);

/// Words a key takes in storage: the last is half full.
const WORDS: usize = 6;

/// See the module.
pub(crate) struct Key(pub(crate) [u8; Key::LENGTH]);

impl Key {
    /// Bytes of a key.
    pub(crate) const LENGTH: usize = 48 + 96 + 32;

    fn public_key(&self) -> &[u8] {
        &self.0[..48]
    }

    fn signature(&self) -> &[u8] {
        &self.0[48..144]
    }

    fn deposit_data_root(&self) -> &[u8] {
        &self.0[144..]
    }

    /// Hash of the public key.
    pub(crate) fn hash(&self) -> B256 {
        host::keccak(self.public_key())
    }

    /// Whether the key is in the list or was funded.
    pub(crate) fn is_used(&self) -> bool {
        !USED.entry(self.hash()).get().is_zero()
    }

    /// Notes that the key is used, or free again.
    pub(crate) fn set_used(&self, used: bool) {
        USED.entry(self.hash())
            .set(U256::from_limbs([u64::from(used), 0, 0, 0]));
    }

    /// Writes the key to a place of the list.
    pub(crate) fn store(&self, place: u128) {
        for (word, bytes) in (0..).zip(self.0.chunks(32)) {
            let mut padded = [0; 32];
            padded[..bytes.len()].copy_from_slice(bytes);
            slot(place, word).set(uint(padded));
        }
    }

    /// Reads the key at a place of the list.
    pub(crate) fn load(place: u128) -> Self {
        let mut key = [0; Self::LENGTH];
        for (word, bytes) in (0..).zip(key.chunks_mut(32)) {
            let padded = bytes_of(slot(place, word).get());
            bytes.copy_from_slice(&padded[..bytes.len()]);
        }
        Self(key)
    }

    /// Emits an event of a place in the list (indexed) and the public key.
    pub(crate) fn tell(&self, event: B256, place: u128) {
        let head = concat(&[], &[event, place.word(), 32u64.word(), 48u64.word()]);
        let data = [&head, self.public_key(), &[0; 16]].concat();
        host::emit(&data, 2);
    }

    /// The message to L1 that makes the gateway fund the validator.
    pub(crate) fn message(&self, gateway: Address) -> Vec<u8> {
        let call = [&fundValidatorCall::SELECTOR[..], &self.answer()].concat();
        let words = [gateway.word(), 64u64.word(), (call.len() as u64).word()];
        // Padded to whole words.
        [
            concat(&sendTxToL1Call::SELECTOR, &words),
            call,
            [0; 28].to_vec(),
        ]
        .concat()
    }

    /// The key as `(bytes publicKey, bytes signature, bytes32 depositDataRoot)`.
    pub(crate) fn answer(&self) -> Vec<u8> {
        let mut data = concat(&[], &[96u64.word(), 192u64.word()]);
        data.extend_from_slice(self.deposit_data_root());
        data.extend_from_slice(&bytes_of(U256::from_limbs([48, 0, 0, 0])));
        data.extend_from_slice(self.public_key());
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&bytes_of(U256::from_limbs([96, 0, 0, 0])));
        data.extend_from_slice(self.signature());
        data
    }
}

/// A word of the key at a place of the list.
fn slot(place: u128, word: u64) -> Slot {
    let entry = KEYS.entry(place.word());
    debug_assert!(word < WORDS as u64, "a key has six words");
    entry.plus(word)
}
