//! Exits, and the ETH they are paid from.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    call, host,
    interfaces::{
        IFlashExitPool::*,
        IStakeManager::{redeemFromReserveCall, returnReserveCall},
        IStakeManagerReports::{reserveTermsCall, siblingCall},
    },
    kyc::{self, REDEEM, UNDENIED},
    log,
    math::{share, Rounding},
    ownable::{not_zero, only_stake_manager},
    reserve::{Curve, Reserve, Room},
    stake_manager::Sibling,
    storage::{address, uint, whole},
};

use crate::state::{
    allowance, bucket, curve, limits, whitelist, with_bucket, FEES_KEPT, PAUSABLE, PAUSED, STATE,
    TERMS, TREASURY_FEES, TREASURY_PART, WEI,
};

/// Burns the caller's shares and pays for them at once; with its monthly allowance where that counts.
pub(crate) fn flash_exit(call: &Call, with_allowance: bool) -> Answer {
    let (shares, minimum) = (call.uint(0)?, call.uint(1)?);
    let (owner, receiver) = (host::sender(), call.address(2)?);
    let (terms, state) = (TERMS.get(), STATE.get());
    open(state, owner, receiver)?;
    let fees_kept = FEES_KEPT.get(state);
    let allowance = allowance(state, owner).filter(|_| with_allowance);
    let treasury_part = TREASURY_PART.get(terms);
    let left = allowance.map_or(0, |allowance| allowance.left);
    let price = [treasury_part, fees_kept, left];
    let Redeemed {
        assets,
        fee,
        reserve,
        reported_assets,
    } = redeem(address(terms), owner, shares, curve(terms), price)?;
    let paid = assets - fee;
    if paid == 0 || whole(paid) < minimum {
        let words = [paid.word(), minimum.max(whole(1)).word()];
        return Err(revert(AssetsBelowMinimum::SELECTOR, &words));
    }
    let limits = limits(terms);
    let mut bucket = limits.refilled(bucket(state), reported_assets, host::now());
    within(limits.room(bucket, reserve, reported_assets), assets)?;

    bucket.used += assets;
    let treasury_fee = share(fee, treasury_part, Rounding::Down);
    let state = with_bucket(state, bucket);
    STATE.set(FEES_KEPT.set(state, fees_kept + fee - treasury_fee));
    if treasury_fee != 0 {
        let word = WEI.get();
        WEI.set(TREASURY_FEES.set(word, TREASURY_FEES.get(word) + treasury_fee));
    }
    if let Some(allowance) = allowance {
        allowance.spend(assets);
    }
    let topics = [FlashExit::SIGNATURE_HASH, owner.word(), receiver.word()];
    let words = [
        shares.word(),
        assets.word(),
        fee.word(),
        treasury_fee.word(),
    ];
    log::emit(&topics, &words);
    call::pay(receiver, paid)?;
    answer(&[paid.word()])
}

/// Refuses while the pool is paused, and whoever may not take part in an exit.
pub(crate) fn open(state: U256, owner: Address, receiver: Address) -> Reverts<()> {
    not_zero(receiver)?;
    if PAUSED.get(state) != 0 {
        PAUSABLE.not_paused()?;
    }
    let nobody = (Address::ZERO, UNDENIED);
    let asked = [(owner, REDEEM), (receiver, UNDENIED), nobody];
    kyc::check(whitelist(state), asked)
}

/// What the stake-manager answers to an exit. It has done its part before the limits are known; whatever they refuse
/// undoes it.
pub(crate) struct Redeemed {
    /// Wei that the shares are worth.
    pub(crate) assets: u128,
    /// Wei of them that are the fee.
    pub(crate) fee: u128,
    /// The reserve before it.
    pub(crate) reserve: Reserve,
    /// totalAssets as of the last report, in wei.
    pub(crate) reported_assets: u128,
}

/// Has the stake-manager price and burn shares. `price` is made of the treasury's part of the fee, in basis points, and, in
/// wei, the fees kept and what pays the smallest fee.
pub(crate) fn redeem(
    manager: Address,
    owner: Address,
    shares: U256,
    curve: Curve,
    price: [u128; 3],
) -> Reverts<Redeemed> {
    let [treasury_part, fees_kept, allowance] = price;
    let words = [
        owner.word(),
        shares.word(),
        curve.min.word(),
        curve.max.word(),
        treasury_part.word(),
        fees_kept.word(),
        allowance.word(),
    ];
    let answered = call::call(manager, U256::ZERO, redeemFromReserveCall::SELECTOR, &words)?;
    let [assets, fee, held, target, reported_assets] = call::amounts(&answered)?;
    Ok(Redeemed {
        assets,
        fee,
        reserve: Reserve::new(held, fees_kept, target),
        reported_assets,
    })
}

/// Refuses what is more than a limit.
pub(crate) fn within(room: Room, assets: u128) -> Reverts<()> {
    let (error, allowed) = match assets {
        _ if assets > room.largest => (AboveLargestExit::SELECTOR, room.largest),
        _ if assets > room.bucket => (AboveBucket::SELECTOR, room.bucket),
        _ if assets > room.reserve => (BelowLowWatermark::SELECTOR, room.reserve),
        _ => return Ok(()),
    };
    Err(revert(error, &[assets.word(), allowed.word()]))
}

/// Adds ETH of the stake-manager's to the reserve. From now on the fees kept so far count as part of it.
pub(crate) fn top_up(call: &Call) -> Answer {
    let assets = call.take_value();
    only_stake_manager(TERMS.address())?;
    count_fees_in();
    log::emit(&[ToppedUp::SIGNATURE_HASH], &[assets.word()]);
    done()
}

/// Sends what the reserve has above its target back to the stake-manager.
pub(crate) fn return_excess() -> Answer {
    let manager = TERMS.address();
    let answered = call::ask(manager, reserveTermsCall::SELECTOR, &[])?;
    let [.., held, target] = call::amounts::<6>(&answered)?;
    let excess = held.saturating_sub(target);
    if excess == 0 {
        let words = [held.word(), target.word()];
        return Err(revert(NoExcess::SELECTOR, &words));
    }
    count_fees_in();
    log::emit(&[ExcessReturned::SIGNATURE_HASH], &[excess.word()]);
    call::call(manager, whole(excess), returnReserveCall::SELECTOR, &[])?;
    answer(&[excess.word()])
}

fn count_fees_in() {
    STATE.set(FEES_KEPT.set(STATE.get(), 0));
}

/// Pays the treasury what is its own.
pub(crate) fn withdraw_fees(call: &Call) -> Answer {
    let receiver = call.address(0)?;
    not_zero(receiver)?;
    let words = [u64::from(Sibling::Treasury as u8).word()];
    let answered = call::ask(TERMS.address(), siblingCall::SELECTOR, &words)?;
    let treasury = address(uint(call::first_word(answered)?.0));
    let caller = host::sender();
    if caller != treasury {
        let words = [caller.word(), treasury.word()];
        return Err(revert(OnlyTreasury::SELECTOR, &words));
    }
    let nobody = (Address::ZERO, UNDENIED);
    let asked = [(caller, UNDENIED), (receiver, UNDENIED), nobody];
    kyc::check(whitelist(STATE.get()), asked)?;
    let word = WEI.get();
    let assets = TREASURY_FEES.get(word);
    WEI.set(TREASURY_FEES.set(word, 0));
    let topics = [FeesWithdrawn::SIGNATURE_HASH, receiver.word()];
    log::emit(&topics, &[assets.word()]);
    call::pay(receiver, assets)?;
    answer(&[assets.word()])
}
