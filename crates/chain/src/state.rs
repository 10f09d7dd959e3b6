//! Accounts and storage, in persistent maps: cloning a state is free, and clones share what they agree on.

use std::{convert::Infallible, sync::Arc};

use alloy::primitives::{keccak256, map::DefaultHashBuilder, Address, Bytes, B256, U256};
use imbl::{shared_ptr::DefaultSharedPtr, GenericHashMap};
use revm::{
    bytecode::Bytecode,
    state::{AccountInfo, EvmState},
    Database,
};
use serde::{Deserialize, Serialize};

/// A persistent hash map.
pub(crate) type PMap<K, V> = GenericHashMap<K, V, DefaultHashBuilder, DefaultSharedPtr>;

/// An account with its storage.
#[derive(Clone, Debug, Default)]
pub(crate) struct AccountState {
    /// Balance, nonce and code.
    pub info: AccountInfo,
    /// Slots that are not zero.
    pub storage: PMap<U256, U256>,
}

/// All accounts at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Shared one by one, so that a change copies few bytes of the map beside them.
    accounts: PMap<Address, Arc<AccountState>>,
}

/// What happened to one account. Blocks keep these, so that a saved chain can be played back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccountChange {
    /// Account.
    pub address: Address,
    /// Whether its former storage is gone (destruction).
    pub wiped: bool,
    /// Balance in wei after the change.
    pub balance: U256,
    /// Nonce after the change.
    pub nonce: u64,
    /// Code, where it changed.
    pub code: Option<Bytes>,
    /// Slots written, with their values after the change.
    pub slots: Vec<(U256, U256)>,
}

impl State {
    /// An account, if it exists.
    pub fn account(&self, address: &Address) -> Option<&AccountState> {
        self.accounts.get(address).map(Arc::as_ref)
    }

    /// Balance in wei.
    pub fn balance(&self, address: &Address) -> U256 {
        self.account(address)
            .map(|account| account.info.balance)
            .unwrap_or_default()
    }

    /// Next nonce.
    pub fn nonce(&self, address: &Address) -> u64 {
        self.account(address)
            .map(|account| account.info.nonce)
            .unwrap_or_default()
    }

    /// Code.
    pub fn code(&self, address: &Address) -> Bytes {
        let code = self
            .account(address)
            .and_then(|account| account.info.code.as_ref());
        code.map(Bytecode::original_bytes).unwrap_or_default()
    }

    /// A storage slot.
    pub fn slot(&self, address: &Address, slot: &U256) -> U256 {
        self.account(address)
            .and_then(|account| account.storage.get(slot))
            .copied()
            .unwrap_or_default()
    }

    /// The change that leaves an account as it is: a start for changing single fields.
    pub fn unchanged(&self, address: Address) -> AccountChange {
        AccountChange {
            address,
            wiped: false,
            balance: self.balance(&address),
            nonce: self.nonce(&address),
            code: None,
            slots: Vec::new(),
        }
    }

    /// Carries out a change. Accounts left empty disappear (EIP-161).
    pub fn apply(&mut self, change: &AccountChange) {
        let mut account = self.account(&change.address).cloned().unwrap_or_default();
        if change.wiped {
            account = AccountState::default();
        }
        account.info.balance = change.balance;
        account.info.nonce = change.nonce;
        if let Some(code) = &change.code {
            let code = bytecode(code.clone());
            account.info.code_hash = code.hash_slow();
            account.info.code = Some(code);
        }
        self.store(change, account);
    }

    /// Writes the slots of a change and puts the account in its place.
    fn store(&mut self, change: &AccountChange, mut account: AccountState) {
        for (slot, value) in &change.slots {
            if value.is_zero() {
                account.storage.remove(slot);
            } else {
                account.storage.insert(*slot, *value);
            }
        }
        if account.info.is_empty() && account.storage.is_empty() {
            self.accounts.remove(&change.address);
        } else {
            self.accounts.insert(change.address, Arc::new(account));
        }
    }

    /// Takes over what a transaction did, and says it as changes.
    pub fn commit(&mut self, evm_state: EvmState) -> Vec<AccountChange> {
        let mut changes = Vec::new();
        for (address, touched) in evm_state {
            if !touched.is_touched() {
                continue;
            }
            let mut change = self.unchanged(address);
            let mut account = self.account(&address).cloned().unwrap_or_default();
            if touched.is_selfdestructed() {
                change.wiped = true;
                (change.balance, change.nonce) = (U256::ZERO, 0);
                account = AccountState::default();
            } else {
                (change.balance, change.nonce) = (touched.info.balance, touched.info.nonce);
                if touched.info.code_hash != account.info.code_hash {
                    change.code = touched.info.code.as_ref().map(Bytecode::original_bytes);
                }
                let code = touched.info.code.or(account.info.code);
                account.info = AccountInfo {
                    code,
                    ..touched.info
                };
                let written = touched.storage.iter().filter(|(_, slot)| slot.is_changed());
                change.slots = written
                    .map(|(key, slot)| (*key, slot.present_value))
                    .collect();
            }
            let same =
                self.balance(&address) == change.balance && self.nonce(&address) == change.nonce;
            if same && !change.wiped && change.code.is_none() && change.slots.is_empty() {
                continue;
            }
            self.store(&change, account);
            changes.push(change);
        }
        changes
    }
}

/// Code as revm wants it. Only a well-formed EIP-7702 designation is anything but plain code.
fn bytecode(code: Bytes) -> Bytecode {
    Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code))
}

/// The pretended hash of an L1 block.
pub(crate) fn l1_block_hash(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

impl Database for State {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.account(&address).map(|account| account.info.clone()))
    }

    /// Never needed: accounts come with their code.
    fn code_by_hash(&mut self, _hash: B256) -> Result<Bytecode, Infallible> {
        Ok(Bytecode::default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.slot(&address, &slot))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(l1_block_hash(number))
    }
}
