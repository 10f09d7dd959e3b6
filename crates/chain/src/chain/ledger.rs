//! Changes of balances and tickets that no transaction makes.

use alloy::primitives::{Address, B256, U256};

use crate::{
    abi::ARB_RETRYABLE_TX,
    precompiles::ticket_slot,
    state::{AccountChange, State},
};

/// Changes collected on a copy of the state.
pub(super) struct Ledger {
    pub state: State,
    pub changes: Vec<AccountChange>,
}

impl Ledger {
    pub fn new(state: &State) -> Self {
        Ledger {
            state: state.clone(),
            changes: Vec::new(),
        }
    }

    fn push(&mut self, change: AccountChange) {
        self.state.apply(&change);
        self.changes.push(change);
    }

    pub fn credit(&mut self, account: Address, wei: U256) {
        let change = self.state.unchanged(account);
        let balance = change.balance.saturating_add(wei);
        self.push(AccountChange { balance, ..change });
    }

    /// Takes up to `wei`, as much as there is; returns how much that was.
    pub fn debit(&mut self, account: Address, wei: U256) -> U256 {
        let change = self.state.unchanged(account);
        let taken = change.balance.min(wei);
        let balance = change.balance - taken;
        self.push(AccountChange { balance, ..change });
        taken
    }

    /// Moves up to `wei`, as much as there is.
    pub fn transfer(&mut self, from: Address, to: Address, wei: U256) {
        let taken = self.debit(from, wei);
        self.credit(to, taken);
    }

    /// Opens a ticket until `timeout`, or closes it with 0.
    pub fn set_timeout(&mut self, id: B256, timeout: u64) {
        let change = self.state.unchanged(ARB_RETRYABLE_TX);
        self.push(AccountChange {
            slots: vec![(ticket_slot(id), U256::from(timeout))],
            ..change
        });
    }
}
