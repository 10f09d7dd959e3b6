//! Conversion: shares of this pool for shares of the institutional one, in one call.
//!
//! The shares leave like an exit, at exitRate for ETH of the reserve, and that ETH enters the institutional pool like a
//! deposit, at its entryRate; so nobody gains who converts what a report is about to change. The fee is flat and stays in
//! this pool. A bucket of its own and half of the reserve's target limit it. The institutional stake-manager takes the
//! deposit from this contract, which its whitelist knows as one of the protocol's.
//!
//! It brings ETH into the institutional pool's ring-fence, so it is off until the owner and the Board of that pool's
//! whitelist have both allowed it, and again whenever the owner names another pool. What they
//! allow are terms no better than those they name, and better ones need the Board anew.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    call, host,
    interfaces::{
        IFlashExitPool::*, IKycWhitelist::boardCall, IStakeManager,
        IStakeManagerReports::parameterCall,
    },
    kyc::{self, HOLD, REDEEM, STAKE, UNDENIED},
    log,
    math::{narrow, share, Rounding},
    ownable::not_zero,
    reserve::{Bucket, Curve, Limits, Reserve, Room},
    storage::{address, uint, whole, Field},
};

use crate::{
    exits::{open, redeem, within, Redeemed},
    governance::{basis_points, WHOLE},
    state::{
        bucket, whitelist, with_bucket, BY_BOARD, BY_OWNER, CONVERSION, CONVERSION_A_DAY,
        CONVERSION_BUCKET, CONVERSION_FEE, CONVERSION_WHITELIST, FEES_KEPT, LOW_WATERMARK, OWNABLE,
        STATE, TERMS,
    },
    views::{balance, Now},
};

// Defaults and bounds, in basis points: `parameters.md`, conversion.
const FEE_DEFAULT: u128 = 10;
const SMALLEST_FEE: u128 = 1;
const LARGEST_FEE: u128 = 500;
const A_DAY_DEFAULT: u128 = 20;
/// Of the reserve's target: what conversions leave in it (`protocol.md`, section 6).
const LEFT_IN_RESERVE: u128 = 5_000;

/// The parameter of a stake-manager that is its smallest deposit.
const SMALLEST_DEPOSIT: u64 = 0;

/// Answers what concerns conversion; none if the selector is another's.
#[inline(never)]
pub(crate) fn route(call: &Call) -> Option<Answer> {
    Some(match call.selector {
        convertCall::SELECTOR => convert(call),
        previewConvertCall::SELECTOR => preview(call),
        maxConvertCall::SELECTOR => max(call),
        conversionCall::SELECTOR => conversion(),
        conversionLiquidityCall::SELECTOR => liquidity(),
        setConversionCall::SELECTOR => set_conversion(call),
        setConversionTermsCall::SELECTOR => set_terms(call),
        allowConversionCall::SELECTOR => allow(call),
        _ => return None,
    })
}

/// Burns the caller's shares and deposits what they are worth, less the fee, for the receiver.
fn convert(call: &Call) -> Answer {
    let (shares, minimum, receiver) = (call.uint(0)?, call.word(1)?, call.address(2)?);
    let (owner, state, terms) = (host::sender(), STATE.get(), CONVERSION.get());
    if !allowed(terms) {
        return Err(revert(ConversionNotAllowed::SELECTOR, &allowances(terms)));
    }
    open(state, owner, receiver)?;
    let nobody = (Address::ZERO, UNDENIED);
    let asked = [(owner, STAKE), (receiver, HOLD), nobody];
    kyc::check(CONVERSION_WHITELIST.address(), asked)?;

    let fees_kept = FEES_KEPT.get(state);
    let manager = TERMS.address();
    let Redeemed {
        assets,
        fee,
        reserve,
        reported_assets,
    } = redeem(manager, owner, shares, curve(terms), [0, fees_kept, 0])?;
    let mut bucket = refilled(terms, reported_assets);
    within(room(terms, bucket, reserve, reported_assets), assets)?;
    bucket.used += assets;
    CONVERSION_BUCKET.set(with_bucket(U256::ZERO, bucket));
    STATE.set(FEES_KEPT.set(state, fees_kept + fee));

    let deposited = assets - fee;
    let deposit = IStakeManager::deposit_1Call::SELECTOR;
    let words = [deposited.word(), receiver.word(), minimum];
    let answered = call::call(address(terms), whole(deposited), deposit, &words)?;
    let minted = call::first_word(answered)?;
    let topics = [Converted::SIGNATURE_HASH, owner.word(), receiver.word()];
    let words = [shares.word(), assets.word(), fee.word(), minted];
    log::emit(&topics, &words);
    answer(&[minted])
}

/// The fee: the same share of any amount.
fn curve(terms: U256) -> Curve {
    let fee = CONVERSION_FEE.get(terms);
    Curve { min: fee, max: fee }
}

/// The bucket holds what flows into it in a day, and a low watermark above half of the target holds here too.
fn limits(terms: U256) -> Limits {
    let a_day = CONVERSION_A_DAY.get(terms);
    Limits {
        low_watermark: LOW_WATERMARK.get(TERMS.get()).max(LEFT_IN_RESERVE),
        capacity: a_day,
        refill: a_day,
        largest: WHOLE,
    }
}

/// The bucket as it is now.
fn refilled(terms: U256, reported_assets: u128) -> Bucket {
    let bucket = bucket(CONVERSION_BUCKET.get());
    limits(terms).refilled(bucket, reported_assets, host::now())
}

/// What conversions may be worth now.
fn room(terms: U256, bucket: Bucket, reserve: Reserve, reported_assets: u128) -> Room {
    limits(terms).room(bucket, reserve, reported_assets)
}

/// In words, whether the owner allows it, and whether the Board does.
#[inline(never)]
fn allowances(terms: U256) -> [B256; 2] {
    [BY_OWNER.get(terms).word(), BY_BOARD.get(terms).word()]
}

fn allowed(terms: U256) -> bool {
    BY_OWNER.get(terms) & BY_BOARD.get(terms) != 0
}

/// What an account meets that converts for itself.
struct Offer {
    now: Now,
    terms: U256,
    /// Most wei that its shares may be worth.
    largest: u128,
    /// Least wei that the institutional pool takes.
    smallest: u128,
}

impl Offer {
    /// None while every conversion of the account is refused.
    fn read(account: Address) -> Reverts<Option<Self>> {
        let terms = CONVERSION.get();
        if !allowed(terms) {
            return Ok(None);
        }
        let now = Now::read()?;
        let may = |whitelist, rights| kyc::may(whitelist, account, rights).unwrap_or(false);
        if !now.open
            || !may(whitelist(STATE.get()), REDEEM)
            || !may(CONVERSION_WHITELIST.address(), STAKE | HOLD)
        {
            return Ok(None);
        }
        let bucket = refilled(terms, now.reported_assets);
        let room = room(terms, bucket, now.reserve, now.reported_assets);
        // This contract is who deposits; the receiver's rights are known already.
        let this = host::this().word();
        let taken = asked(terms, IStakeManager::maxDepositCall::SELECTOR, this);
        Ok(Some(Self {
            now,
            terms,
            largest: room.least().min(taken),
            smallest: asked(terms, parameterCall::SELECTOR, SMALLEST_DEPOSIT.word()),
        }))
    }

    /// Shares that it would be minted for shares of its own; 0 if it would be refused.
    fn minted(&self, shares: u128) -> u128 {
        let worth = self.now.exit.to_assets(shares, Rounding::Down);
        let Some(assets) = worth.filter(|assets| *assets <= self.largest) else {
            return 0;
        };
        let deposited = assets - curve(self.terms).fee(self.now.reserve, assets, 0);
        match deposited >= self.smallest {
            true => {
                let preview = IStakeManager::previewDepositCall::SELECTOR;
                asked(self.terms, preview, deposited.word())
            }
            false => 0,
        }
    }
}

/// What the institutional stake-manager answers to a question; 0 where it has no answer.
fn asked(terms: U256, selector: [u8; 4], word: B256) -> u128 {
    let answered = call::ask(address(terms), selector, &[word]);
    answered.and_then(call::first_amount).unwrap_or(0)
}

fn preview(call: &Call) -> Answer {
    let (account, shares) = (call.address(0)?, call.uint(1)?);
    let minted = match (Offer::read(account)?, narrow(shares)) {
        (Some(offer), Some(shares)) if shares <= balance(account)? => offer.minted(shares),
        _ => 0,
    };
    answer(&[minted.word()])
}

fn max(call: &Call) -> Answer {
    let account = call.address(0)?;
    let shares = match Offer::read(account)? {
        Some(offer) => {
            let most = offer.now.most(balance(account)?, offer.largest);
            match offer.minted(most) {
                0 => 0,
                _ => most,
            }
        }
        None => 0,
    };
    answer(&[shares.word()])
}

fn conversion() -> Answer {
    let terms = CONVERSION.get();
    let [by_owner, by_board] = allowances(terms);
    let board = board();
    answer(&[
        address(terms).word(),
        CONVERSION_WHITELIST.address().word(),
        board.word(),
        CONVERSION_FEE.get(terms).word(),
        CONVERSION_A_DAY.get(terms).word(),
        by_owner,
        by_board,
    ])
}

fn liquidity() -> Answer {
    let (now, terms) = (Now::read()?, CONVERSION.get());
    let limits = limits(terms);
    let bucket = refilled(terms, now.reported_assets);
    let low = share(now.reserve.target, limits.low_watermark, Rounding::Up);
    let capacity = share(now.reported_assets, limits.capacity, Rounding::Down);
    let room = room(terms, bucket, now.reserve, now.reported_assets);
    answer(&[low.word(), capacity.word(), room.bucket.word()])
}

/// Names the pool to convert to. What the owner and the Board allowed, they allowed for the one before.
fn set_conversion(call: &Call) -> Answer {
    let (manager, whitelist) = (call.address(0)?, call.address(1)?);
    OWNABLE.only_owner()?;
    for named in [manager, whitelist] {
        not_zero(named)?;
    }
    // The one that this contract asks must be the one that the deposit is checked by.
    let asked = call::ask(manager, IStakeManager::whitelistCall::SELECTOR, &[]);
    let managers = asked.and_then(call::first_word).unwrap_or_default();
    if managers != whitelist.word() {
        let words = [whitelist.word(), managers];
        return Err(revert(WhitelistMismatch::SELECTOR, &words));
    }
    CONVERSION.set_address(manager);
    CONVERSION_WHITELIST.set_address(whitelist);
    let terms = BY_BOARD.set(BY_OWNER.set(CONVERSION.get(), 0), 0);
    CONVERSION.set(terms);
    let topics = [
        ConversionChanged::SIGNATURE_HASH,
        manager.word(),
        whitelist.word(),
    ];
    log::emit(&topics, &[]);
    if CONVERSION_FEE.get(terms) == 0 {
        change_terms(FEE_DEFAULT, A_DAY_DEFAULT)?;
    }
    done()
}

fn set_terms(call: &Call) -> Answer {
    let (fee, a_day) = (basis_points(call, 0)?, basis_points(call, 1)?);
    OWNABLE.only_owner()?;
    // What flowed back so far did so at the part of then; what was taken stays taken.
    let before = CONVERSION.get();
    let bucket = refilled(before, Now::read()?.reported_assets);
    CONVERSION_BUCKET.set(with_bucket(U256::ZERO, bucket));
    change_terms(fee, a_day)?;
    // The Board has agreed to no more than that.
    if fee < CONVERSION_FEE.get(before) || a_day > CONVERSION_A_DAY.get(before) {
        set_allowance(BY_BOARD, false);
    }
    done()
}

fn change_terms(fee: u128, a_day: u128) -> Reverts<()> {
    if !(SMALLEST_FEE..=LARGEST_FEE).contains(&fee) || a_day > WHOLE {
        let words = [fee, SMALLEST_FEE, LARGEST_FEE, a_day, WHOLE].map(Word::word);
        return Err(revert(ConversionTermsOutOfBounds::SELECTOR, &words));
    }
    let terms = CONVERSION_FEE.set(CONVERSION.get(), fee);
    CONVERSION.set(CONVERSION_A_DAY.set(terms, a_day));
    let words = [fee.word(), a_day.word()];
    log::emit(&[ConversionTermsChanged::SIGNATURE_HASH], &words);
    Ok(())
}

/// Takes down what the caller says of the pool and the terms that it names. Whoever should be both owner and Board speaks as the owner.
fn allow(call: &Call) -> Answer {
    let (manager, smallest_fee, largest_bucket) = (call.address(0)?, call.uint(1)?, call.uint(2)?);
    let allows = call.boolean(3)?;
    let named = CONVERSION.address();
    let (caller, owner, board) = (host::sender(), OWNABLE.owner(), board());
    let field = match caller {
        _ if caller == owner => BY_OWNER,
        _ if caller == board => BY_BOARD,
        _ => {
            let words = [caller, owner, board].map(Word::word);
            return Err(revert(OnlyOwnerOrBoard::SELECTOR, &words));
        }
    };
    not_zero(manager)?;
    if manager != named {
        let words = [manager.word(), named.word()];
        return Err(revert(NotTheNamedPool::SELECTOR, &words));
    }
    // Between the signing of a word and the day it is handed in, the owner may have changed the terms.
    let terms = CONVERSION.get();
    let [fee, a_day] = [CONVERSION_FEE, CONVERSION_A_DAY].map(|field| whole(field.get(terms)));
    if allows && (fee < smallest_fee || a_day > largest_bucket) {
        let words = [fee, smallest_fee, a_day, largest_bucket].map(Word::word);
        return Err(revert(ConversionTermsNotAgreed::SELECTOR, &words));
    }
    set_allowance(field, allows);
    done()
}

fn set_allowance(field: Field, allows: bool) {
    let terms = field.set(CONVERSION.get(), u128::from(allows));
    CONVERSION.set(terms);
    let topics = [ConversionAllowed::SIGNATURE_HASH, host::sender().word()];
    log::emit(&topics, &allowances(terms));
}

/// The Board of the institutional pool's whitelist; nobody before there is one.
fn board() -> Address {
    let asked = call::ask(CONVERSION_WHITELIST.address(), boardCall::SELECTOR, &[]);
    address(uint(asked.and_then(call::first_word).unwrap_or_default().0))
}
