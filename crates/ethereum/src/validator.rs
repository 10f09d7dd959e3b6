//! A validator as the beacon state has it, and what its status is.

use alloy::primitives::{Address, FixedBytes, B256};

use crate::{clock::FAR_FUTURE_EPOCH, unit::ETHER_GWEI};

/// BLS public key.
pub type PublicKey = FixedBytes<48>;
/// BLS signature.
pub type Signature = FixedBytes<96>;

/// Effective balances are whole ethers, in gwei.
pub const EFFECTIVE_BALANCE_INCREMENT: u64 = ETHER_GWEI;
/// Gwei it takes to be activated, and the most that counts without compounding credentials.
pub const ACTIVATION_BALANCE: u64 = 32 * ETHER_GWEI;
/// Most gwei that count with compounding credentials.
pub const COMPOUNDING_BALANCE: u64 = 2_048 * ETHER_GWEI;
/// At this effective balance, in gwei, a validator is ejected.
pub const EJECTION_BALANCE: u64 = 16 * ETHER_GWEI;

/// A validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validator {
    /// Public key.
    pub public_key: PublicKey,
    /// Withdrawal credentials.
    pub credentials: B256,
    /// Balance that counts, in gwei.
    pub effective_balance: u64,
    /// Whether it was slashed.
    pub slashed: bool,
    /// Epoch from which it waits for activation.
    pub activation_eligibility_epoch: u64,
    /// First epoch it is active in.
    pub activation_epoch: u64,
    /// First epoch it is no longer active in.
    pub exit_epoch: u64,
    /// First epoch its balance can be withdrawn in.
    pub withdrawable_epoch: u64,
}

impl Validator {
    /// A validator as a first deposit makes it.
    pub(crate) fn new(public_key: PublicKey, credentials: B256) -> Self {
        Self {
            public_key,
            credentials,
            effective_balance: 0,
            slashed: false,
            activation_eligibility_epoch: FAR_FUTURE_EPOCH,
            activation_epoch: FAR_FUTURE_EPOCH,
            exit_epoch: FAR_FUTURE_EPOCH,
            withdrawable_epoch: FAR_FUTURE_EPOCH,
        }
    }

    /// Whether it has duties in an epoch.
    pub fn is_active(&self, epoch: u64) -> bool {
        self.activation_epoch <= epoch && epoch < self.exit_epoch
    }

    /// Whether it can be slashed in an epoch.
    pub fn is_slashable(&self, epoch: u64) -> bool {
        !self.slashed && self.activation_epoch <= epoch && epoch < self.withdrawable_epoch
    }

    /// Whether an exit is on its way or done.
    pub fn is_leaving(&self) -> bool {
        self.exit_epoch != FAR_FUTURE_EPOCH
    }

    /// Most gwei that count for it.
    pub fn max_effective_balance(&self) -> u64 {
        if self.credentials[0] == 2 {
            COMPOUNDING_BALANCE
        } else {
            ACTIVATION_BALANCE
        }
    }

    /// Status in an epoch, with a balance in gwei, as the Beacon API defines it.
    pub fn status(&self, epoch: u64, balance: u64) -> Status {
        if epoch < self.activation_epoch {
            return if self.activation_eligibility_epoch == FAR_FUTURE_EPOCH {
                Status::PendingInitialized
            } else {
                Status::PendingQueued
            };
        }
        if epoch < self.exit_epoch {
            return match (self.is_leaving(), self.slashed) {
                (false, _) => Status::ActiveOngoing,
                (true, true) => Status::ActiveSlashed,
                (true, false) => Status::ActiveExiting,
            };
        }
        if epoch < self.withdrawable_epoch {
            return if self.slashed {
                Status::ExitedSlashed
            } else {
                Status::ExitedUnslashed
            };
        }
        if balance == 0 {
            Status::WithdrawalDone
        } else {
            Status::WithdrawalPossible
        }
    }
}

/// Status of a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Deposited, with less than it takes to be activated.
    PendingInitialized,
    /// Waits for activation.
    PendingQueued,
    /// Active.
    ActiveOngoing,
    /// Active, and about to exit.
    ActiveExiting,
    /// Active, slashed, and about to exit.
    ActiveSlashed,
    /// Exited, not withdrawable yet.
    ExitedUnslashed,
    /// Slashed and exited, not withdrawable yet.
    ExitedSlashed,
    /// Withdrawable.
    WithdrawalPossible,
    /// Withdrawn.
    WithdrawalDone,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 9] = [
        Status::PendingInitialized,
        Status::PendingQueued,
        Status::ActiveOngoing,
        Status::ActiveExiting,
        Status::ActiveSlashed,
        Status::ExitedUnslashed,
        Status::ExitedSlashed,
        Status::WithdrawalPossible,
        Status::WithdrawalDone,
    ];

    /// Its name in the Beacon API. What stands before the first `_` names the group.
    pub fn name(self) -> &'static str {
        match self {
            Status::PendingInitialized => "pending_initialized",
            Status::PendingQueued => "pending_queued",
            Status::ActiveOngoing => "active_ongoing",
            Status::ActiveExiting => "active_exiting",
            Status::ActiveSlashed => "active_slashed",
            Status::ExitedUnslashed => "exited_unslashed",
            Status::ExitedSlashed => "exited_slashed",
            Status::WithdrawalPossible => "withdrawal_possible",
            Status::WithdrawalDone => "withdrawal_done",
        }
    }

    /// The statuses that a name, or the name of a group, stands for; none for an unknown one.
    pub fn named(name: &str) -> Vec<Status> {
        let matches = |status: &Status| {
            let own = status.name();
            own == name || own.split('_').next() == Some(name)
        };
        Status::ALL.into_iter().filter(matches).collect()
    }
}

/// Withdrawal credentials of type 0x01 for an address.
pub fn withdrawal_credentials(address: Address) -> B256 {
    let mut credentials = address.into_word();
    credentials[0] = 1;
    credentials
}

/// The address withdrawals go to; none for credentials of a BLS key.
pub fn withdrawal_address(credentials: B256) -> Option<Address> {
    matches!(credentials[0], 1 | 2).then(|| Address::from_word(credentials))
}
