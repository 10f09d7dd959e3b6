//! What the pool stores, and an exit's terms made of it.

use alloy_primitives::{Address, U256};
use clay_shared::{
    abi::Word,
    host,
    ownable::Ownable,
    pausable::Pausable,
    reserve::{Bucket, Curve, Limits},
    storage::{Field, Slot},
    window::{Place, Window},
};

/// Stake-manager, in the lower 160 bits; [`MIN_FEE`] and the fields after it.
pub(crate) const TERMS: Slot = Slot::at(0);
/// [`BUCKET_USED`] and the fields after it.
pub(crate) const STATE: Slot = Slot::at(1);
/// [`MONTHLY_ALLOWANCE`], [`TREASURY_FEES`].
pub(crate) const WEI: Slot = Slot::at(2);
/// Guardian and pause. [`PAUSED`] is kept in step, so that an exit need not read this slot.
pub(crate) const PAUSABLE: Pausable = Pausable::at(3);
/// Owner and pending owner.
pub(crate) const OWNABLE: Ownable = Ownable::at(4);
const USED_ALLOWANCES: Slot = Slot::at(6);
/// The pool's whitelist; zero if everybody may exit.
pub(crate) const WHITELIST: Slot = Slot::at(7);

/// Basis points.
pub(crate) const MIN_FEE: Field = Field::new(160, 9);
/// Basis points.
pub(crate) const MAX_FEE: Field = MIN_FEE.then(9);
/// Basis points of the target.
pub(crate) const LOW_WATERMARK: Field = MAX_FEE.then(14);
/// Basis points of totalAssets.
pub(crate) const CAPACITY: Field = LOW_WATERMARK.then(14);
/// Basis points of totalAssets a day.
pub(crate) const REFILL: Field = CAPACITY.then(14);
/// Basis points of totalAssets.
pub(crate) const LARGEST: Field = REFILL.then(14);
/// Basis points of a fee.
pub(crate) const TREASURY_PART: Field = LARGEST.then(14);

/// Wei.
pub(crate) const BUCKET_USED: Field = Field::new(0, 96);
/// Seconds.
pub(crate) const BUCKET_AT: Field = BUCKET_USED.then(32);
/// Wei.
pub(crate) const FEES_KEPT: Field = BUCKET_AT.then(96);
/// Whether somebody paused the pool; it stays set when a pause lapses by itself, as a view may not write.
pub(crate) const PAUSED: Field = FEES_KEPT.then(1);
/// Whether there is a monthly allowance.
pub(crate) const HAS_ALLOWANCE: Field = PAUSED.then(1);
/// Whether there is a whitelist, so that without one its slot is not read.
pub(crate) const GATED: Field = HAS_ALLOWANCE.then(1);

/// Of conversion: the institutional pool's stake-manager, in the lower 160 bits; [`CONVERSION_FEE`] and the fields
/// after it.
pub(crate) const CONVERSION: Slot = Slot::at(8);
/// The institutional pool's whitelist.
pub(crate) const CONVERSION_WHITELIST: Slot = Slot::at(9);
/// [`BUCKET_USED`] and [`BUCKET_AT`] of conversion.
pub(crate) const CONVERSION_BUCKET: Slot = Slot::at(10);

/// Basis points.
pub(crate) const CONVERSION_FEE: Field = Field::new(160, 9);
/// Basis points of totalAssets a day, and at once.
pub(crate) const CONVERSION_A_DAY: Field = CONVERSION_FEE.then(14);
/// Whether the owner allows conversion.
pub(crate) const BY_OWNER: Field = CONVERSION_A_DAY.then(1);
/// Whether the Board does.
pub(crate) const BY_BOARD: Field = BY_OWNER.then(1);

/// Wei.
pub(crate) const MONTHLY_ALLOWANCE: Field = Field::new(0, 96);
/// Wei.
pub(crate) const TREASURY_FEES: Field = MONTHLY_ALLOWANCE.then(96);

/// Where an account's word keeps what it used of its allowance.
const USED: Place = Place::new(0);
/// An allowance is for 30 days from the first exit counted in it (`parameters.md`, monthly allowance).
const MONTH: u64 = 30 * 24 * 60 * 60;

/// Who may exit; zero if everybody may.
pub(crate) fn whitelist(state: U256) -> Address {
    match GATED.get(state) {
        0 => Address::ZERO,
        _ => WHITELIST.address(),
    }
}

/// The fee curve.
pub(crate) fn curve(terms: U256) -> Curve {
    Curve {
        min: MIN_FEE.get(terms),
        max: MAX_FEE.get(terms),
    }
}

/// The limits of exits.
pub(crate) fn limits(terms: U256) -> Limits {
    Limits {
        low_watermark: LOW_WATERMARK.get(terms),
        capacity: CAPACITY.get(terms),
        refill: REFILL.get(terms),
        largest: LARGEST.get(terms),
    }
}

/// The bucket as it was last written.
pub(crate) fn bucket(state: U256) -> Bucket {
    Bucket {
        used: BUCKET_USED.get(state),
        at: BUCKET_AT.get(state) as u64,
    }
}

/// The state with a bucket written down.
pub(crate) fn with_bucket(state: U256, bucket: Bucket) -> U256 {
    let state = BUCKET_USED.set(state, bucket.used.min(BUCKET_USED.max()));
    BUCKET_AT.set(state, u128::from(bucket.at))
}

/// What an account may exit with at the smallest fee.
#[derive(Clone, Copy)]
pub(crate) struct Allowance {
    account: Slot,
    used: Window,
    /// Wei that are left.
    pub(crate) left: u128,
}

/// An account's allowance; none where there are no allowances.
#[inline(never)]
pub(crate) fn allowance(state: U256, account: Address) -> Option<Allowance> {
    if HAS_ALLOWANCE.get(state) == 0 {
        return None;
    }
    let monthly = MONTHLY_ALLOWANCE.get(WEI.get());
    let account = USED_ALLOWANCES.entry(account.word());
    let used = USED.get(account.get(), MONTH, host::now());
    Some(Allowance {
        account,
        used,
        left: used.room(monthly),
    })
}

impl Allowance {
    /// Counts an exit, up to what is left.
    pub(crate) fn spend(self, assets: u128) {
        let spent = assets.min(self.left);
        if spent != 0 {
            let used = self.used.with(spent, host::now());
            self.account.set(USED.set(U256::ZERO, used));
        }
    }
}
