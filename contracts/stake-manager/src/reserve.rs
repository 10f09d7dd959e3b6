//! The flash reserve: ETH of the books that the flash-exit-pool holds, and exits that it pays.

use alloc::vec::Vec;

use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Word},
    interfaces::IStakeManager::*,
    log,
    math::{share, Rounding},
    reserve::{Curve, Reserve},
    stake_manager::{
        amount, books, burn, exit_rate, live, not_paused, only, set_books, take_shares,
        FLASH_RESERVE, GWEI, LAST_REPORT_REST, REPORTED_ASSETS, RESERVE, RESERVE_TARGET,
    },
    storage::address,
};

/// Burns shares for ETH of the reserve. The curve is the flash-exit-pool's, the books are ours, so the fee is
/// reckoned here and one call is enough.
pub(crate) fn redeem(call: &Call) -> Answer {
    let (owner, shares) = (call.address(0)?, amount(call.uint(1)?)?);
    let argument = |index| amount(call.uint(index)?);
    let curve = Curve {
        min: argument(2)?,
        max: argument(3)?,
    };
    let (treasury_part, fees_kept, allowance) = (argument(4)?, argument(5)?, argument(6)?);
    let word = RESERVE.get();
    only(address(word))?;
    let mut books = books();
    not_paused(books)?;
    live(books)?;
    let assets = exit_rate(books).to_assets(shares, Rounding::Down);
    let assets = assets.unwrap_or(u128::MAX);
    let (held, rest) = (FLASH_RESERVE.get(word), LAST_REPORT_REST.get());
    let target = RESERVE_TARGET.get(rest);
    let reserve = Reserve::new(held, fees_kept, target);
    if assets > reserve.lent {
        return Err(above_reserve(assets, reserve.lent));
    }
    let fee = curve.fee(reserve, assets, allowance);
    let leaves = assets - fee + share(fee, treasury_part, Rounding::Down);
    take_shares(&mut books, shares)?;
    books.total_assets -= leaves as i128;
    set_books(books);
    RESERVE.set(FLASH_RESERVE.set(word, held - leaves));
    burn(owner, shares)?;
    answer(&[
        assets.word(),
        fee.word(),
        held.word(),
        target.word(),
        (REPORTED_ASSETS.get(rest) * GWEI).word(),
    ])
}

/// Takes ETH of the reserve back. It prices nothing, calls nobody and cannot be paused.
pub(crate) fn take_back(call: &Call) -> Answer {
    let word = RESERVE.get();
    only(address(word))?;
    let (assets, held) = (amount(call.take_value())?, FLASH_RESERVE.get(word));
    let Some(left) = held.checked_sub(assets) else {
        return Err(above_reserve(assets, held));
    };
    RESERVE.set(FLASH_RESERVE.set(word, left));
    let words = [assets.word(), left.word()];
    log::emit(&[ReserveReturned::SIGNATURE_HASH], &words);
    done()
}

fn above_reserve(asked: u128, reserve: u128) -> Vec<u8> {
    revert(AboveReserve::SELECTOR, &[asked.word(), reserve.word()])
}
