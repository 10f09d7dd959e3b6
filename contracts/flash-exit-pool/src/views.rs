//! What can be asked of the pool. No view reverts.

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{answer, Answer, Call, Reverts, Word},
    books::Rate,
    call, host,
    interfaces::{
        ICsEthToken::balanceOfCall, IFlashExitPool::*, IStakeManager::shareCall,
        IStakeManagerReports::reserveTermsCall,
    },
    kyc,
    math::{mul_div, narrow, share, Rounding},
    reserve::{Reserve, Room},
    storage::{address, uint},
};

use crate::state::{
    allowance, bucket, curve, limits, whitelist, FEES_KEPT, MONTHLY_ALLOWANCE, PAUSABLE, PAUSED,
    STATE, TERMS, TREASURY_FEES, TREASURY_PART, WEI, WHITELIST,
};

/// Answers a view; none if the selector is not one of them.
pub(crate) fn route(call: &Call) -> Option<Answer> {
    let terms = TERMS.get();
    Some(match call.selector {
        previewFlashExitCall::SELECTOR => preview(call),
        maxFlashExitCall::SELECTOR => max(call),
        currentFeeCall::SELECTOR => current_fee(call),
        allowanceLeftCall::SELECTOR => allowance_left(call),
        liquidityCall::SELECTOR => liquidity(),
        treasuryFeesCall::SELECTOR => answer(&[TREASURY_FEES.get(WEI.get()).word()]),
        feesCall::SELECTOR => {
            let curve = curve(terms);
            answer(&[curve.min.word(), curve.max.word()])
        }
        limitsCall::SELECTOR => {
            let limits = limits(terms);
            answer(&[
                limits.low_watermark.word(),
                limits.capacity.word(),
                limits.refill.word(),
                limits.largest.word(),
            ])
        }
        treasuryPartCall::SELECTOR => answer(&[TREASURY_PART.get(terms).word()]),
        monthlyAllowanceCall::SELECTOR => answer(&[MONTHLY_ALLOWANCE.get(WEI.get()).word()]),
        stakeManagerCall::SELECTOR => answer(&[address(terms).word()]),
        whitelistCall::SELECTOR => answer(&[WHITELIST.address().word()]),
        _ => return None,
    })
}

/// The state an exit meets.
pub(crate) struct Now {
    /// Whether exits are priced.
    pub(crate) open: bool,
    /// The rate at which they are.
    pub(crate) exit: Rate,
    /// In wei.
    pub(crate) reported_assets: u128,
    held: u128,
    /// What there is to exit with.
    pub(crate) reserve: Reserve,
}

impl Now {
    #[inline(never)]
    pub(crate) fn read() -> Reverts<Self> {
        let (terms, state) = (TERMS.get(), STATE.get());
        let answered = call::ask(address(terms), reserveTermsCall::SELECTOR, &[])?;
        let [open, assets, shares, reported_assets, held, target] = call::amounts(&answered)?;
        let reserve = Reserve::new(held, FEES_KEPT.get(state), target);
        let paused = PAUSED.get(state) != 0 && PAUSABLE.paused_until() != 0;
        Ok(Self {
            open: open != 0 && !paused,
            exit: Rate { assets, shares },
            reported_assets,
            held,
            reserve,
        })
    }

    /// What flash exits may be worth.
    fn room(&self) -> Room {
        let limits = limits(TERMS.get());
        let bucket = limits.refilled(bucket(STATE.get()), self.reported_assets, host::now());
        limits.room(bucket, self.reserve, self.reported_assets)
    }

    /// The most of so many shares that are worth no more than so many wei.
    pub(crate) fn most(&self, shares: u128, assets: u128) -> u128 {
        // One less than the fewest that are worth a wei more.
        let above = mul_div(assets + 1, self.exit.shares, self.exit.assets, Rounding::Up);
        above.map_or(shares, |above| shares.min(above - 1))
    }

    /// Wei that an account would be paid for shares that it has.
    fn paid(&self, account: Address, shares: u128) -> u128 {
        let assets = self.exit.to_assets(shares, Rounding::Down);
        let may = || kyc::may(whitelist(STATE.get()), account, kyc::REDEEM).unwrap_or(false);
        match assets {
            Some(assets) if self.open && assets <= self.room().least() && may() => {
                assets - self.fee(account, assets)
            }
            _ => 0,
        }
    }

    fn fee(&self, account: Address, assets: u128) -> u128 {
        let left = allowance(STATE.get(), account).map_or(0, |allowance| allowance.left);
        curve(TERMS.get()).fee(self.reserve, assets, left)
    }
}

fn preview(call: &Call) -> Answer {
    let (account, shares) = (call.address(0)?, call.uint(1)?);
    let assets = match narrow(shares) {
        Some(shares) if shares <= balance(account)? => Now::read()?.paid(account, shares),
        _ => 0,
    };
    answer(&[assets.word()])
}

fn max(call: &Call) -> Answer {
    let account = call.address(0)?;
    let (now, balance) = (Now::read()?, balance(account)?);
    let most = now.most(balance, now.room().least());
    let shares = match now.paid(account, most) {
        0 => 0,
        _ => most,
    };
    answer(&[shares.word()])
}

fn current_fee(call: &Call) -> Answer {
    let (account, assets) = (call.address(0)?, call.uint(1)?);
    let now = Now::read()?;
    // More than there is has no fee; what there is fits.
    let fee = match narrow(assets) {
        Some(assets) if assets <= now.reserve.lent => now.fee(account, assets),
        _ => 0,
    };
    answer(&[fee.word()])
}

fn allowance_left(call: &Call) -> Answer {
    let allowance = allowance(STATE.get(), call.address(0)?);
    answer(&[allowance.map_or(0, |allowance| allowance.left).word()])
}

fn liquidity() -> Answer {
    let (now, limits) = (Now::read()?, limits(TERMS.get()));
    let room = now.room();
    answer(&[
        now.held.word(),
        (now.held - now.reserve.lent).word(),
        now.reserve.target.word(),
        share(now.reserve.target, limits.low_watermark, Rounding::Up).word(),
        share(now.reported_assets, limits.capacity, Rounding::Down).word(),
        room.bucket.word(),
        room.largest.word(),
    ])
}

/// Shares of an account. The token is asked of the stake-manager, as exits do not need it here.
pub(crate) fn balance(account: Address) -> Reverts<u128> {
    let answered = call::ask(TERMS.address(), shareCall::SELECTOR, &[])?;
    let token = address(uint(call::first_word(answered)?.0));
    call::first_amount(call::ask(
        token,
        balanceOfCall::SELECTOR,
        &[account.word()],
    )?)
}
