//! Conversion of csETH to IcsETH: its terms and who allows it, in words.

use alloy::primitives::{utils::format_units, Address, U256};

use crate::{
    bindings::FlashExitPool::{allowConversionCall, conversionCall, conversionReturn},
    client::Client,
    deploy::{pool::Pool, record::Deployment},
    failure::Failure,
};

/// The flash-exit-pool that converts; none without the retail pool.
pub fn converter(deployment: &Deployment) -> Option<Address> {
    let name = Pool::Retail.contract("flash-exit-pool");
    Some(deployment.contracts.get(&name)?.address)
}

/// Why conversion is off; none while it is on.
pub fn off(terms: &conversionReturn) -> Option<String> {
    if terms.stakeManager.is_zero() {
        return Some("the owner of the flash-exit-pool has named no pool to convert to".into());
    }
    let board = terms.board;
    match (terms.allowedByOwner, terms.allowedByBoard) {
        (true, true) => None,
        (true, false) => Some(format!(
            "the owner of the flash-exit-pool allows it, and the Board {board} does not"
        )),
        (false, true) => Some(format!(
            "the Board {board} allows it, and the owner of the flash-exit-pool does not"
        )),
        (false, false) => Some(format!(
            "neither the owner of the flash-exit-pool nor the Board {board} allows it"
        )),
    }
}

/// Whether conversion is on, in words.
pub fn standing(terms: &conversionReturn) -> String {
    match off(terms) {
        None => "on".into(),
        Some(why) => format!("off: {why}"),
    }
}

/// What the Board says with a call to the flash-exit-pool: a line on what it allows or forbids, and for what it allows the
/// terms.
pub(super) async fn words(
    client: &Client,
    deployment: &Deployment,
    flash_exit_pool: Address,
    call: &allowConversionCall,
) -> Result<Vec<String>, Failure> {
    let terms = client.view(flash_exit_pool, conversionCall {}).await?;
    let (asked, named) = (call.stakeManager, terms.stakeManager);
    if asked != named {
        return Err(Failure::Conflict(format!(
            "the proposal is about conversion to the pool of the stake-manager {asked}, and the flash-exit-pool \
             {flash_exit_pool} converts to {}.",
            match named.is_zero() {
                true => "none".into(),
                false => format!("that of {named}"),
            }
        )));
    }
    let name = Pool::Institutional.contract("stake-manager");
    let pool = match deployment.contracts.get(&name) {
        Some(entry) if entry.address == asked => "the institutional pool",
        _ => "a pool that is not of this deployment",
    };
    let to = format!("to IcsETH of {pool} (stake-manager {asked})");
    if !call.allowed {
        return Ok(vec![format!(
            "Conversion of csETH {to} is forbidden: nobody can convert until the Board allows it again."
        )]);
    }
    Ok(vec![
        format!(
            "Conversion of csETH {to} is allowed, for a fee of at least {}, up to {} of what the retail pool owns a day, for \
             accounts of the whitelist {}. It is on while the owner of the flash-exit-pool allows it too.",
            part(call.smallestFee),
            part(call.largestBucket),
            terms.whitelist
        ),
        "With better terms than these it is refused, and afterwards a smaller fee, more a day or another pool needs the \
         Board anew."
            .into(),
    ])
}

/// Basis points in words: `0.1 % (10 basis points)`.
fn part(basis_points: U256) -> String {
    // Two decimals are known to it.
    let percent = format_units(basis_points, 2).unwrap_or_default();
    let percent = percent.trim_end_matches('0').trim_end_matches('.');
    format!("{percent} % ({basis_points} basis points)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_told_in_percent_and_basis_points() {
        assert_eq!(part(U256::from(10)), "0.1 % (10 basis points)");
        assert_eq!(part(U256::from(10_000)), "100 % (10000 basis points)");
        assert_eq!(part(U256::ZERO), "0 % (0 basis points)");
    }

    #[test]
    fn it_is_on_only_while_both_allow_it() {
        let terms = |named: u8, owner, board| conversionReturn {
            stakeManager: Address::with_last_byte(named),
            whitelist: Address::ZERO,
            board: Address::with_last_byte(0xb0),
            fee: U256::ZERO,
            bucket: U256::ZERO,
            allowedByOwner: owner,
            allowedByBoard: board,
        };
        assert_eq!(standing(&terms(1, true, true)), "on");
        for (named, owner, board, part) in [
            (0, true, true, "has named no pool"),
            (1, false, false, "neither the owner"),
            (1, true, false, "00B0 does not"),
            (1, false, true, "the owner of the flash-exit-pool does not"),
        ] {
            let told = standing(&terms(named, owner, board));
            assert!(
                told.starts_with("off: ") && told.to_lowercase().contains(&part.to_lowercase()),
                "{told}"
            );
        }
    }
}
