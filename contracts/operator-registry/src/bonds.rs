//! Bonds: what is added to them, what is charged to them, and whether they are short.
//!
//! A bond is shares of the pool's token, which this contract holds; what is required of it is wei, at the pool's rate. What
//! an operator owes is burned from whatever comes in, before it counts as bond.

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolEvent};
use clay_shared::{
    abi::{answer, done, Answer, Call, Reverts, Word},
    books::Rate,
    call, host,
    interfaces::{IOperatorRegistry::*, IStakeManager::deposit_0Call},
    operators::state::{bond_terms, of_operator::*, recover, Operator, PoolTerms, STAKE_MANAGER},
};

use crate::{operator, records::only_with_right, tell};

/// Turns the ETH sent into shares and adds them. Open to all; where there is a whitelist the stake-manager leaves it to
/// this contract to look at the caller's rights, and it takes ETH only from whoever may operate.
pub(crate) fn bond(call: &Call) -> Answer {
    let (operator, sent) = (operator(call)?, call.take_value());
    only_with_right()?;
    answer(&[deposit(operator, sent)?.word()])
}

/// Deposits wei for this contract and adds the shares to a bond; answers them.
pub(crate) fn deposit(operator: Operator, assets: U256) -> Reverts<u128> {
    let words = [assets.word(), host::this().word()];
    let deposit = deposit_0Call::SELECTOR;
    let answered = call::call(STAKE_MANAGER.address(), assets, deposit, &words)?;
    let shares = call::first_amount(answered)?;
    recover(operator.add_bond(shares))?;
    if concerns_rate(operator) {
        look_at(operator, PoolTerms::ask()?.rate);
    }
    Ok(shares)
}

/// Whether anything of an operator depends on the rate: it has nodes, or is known to be short.
pub(crate) fn concerns_rate(operator: Operator) -> bool {
    !operator.slot(LOAD).get().is_zero() || operator.get(PAYOUT, SHORT_SINCE) != 0
}

/// What follows from a bond that has grown: notes whether it is still short, and puts the operator back into the lines if
/// nothing else keeps it out.
pub(crate) fn look_at(operator: Operator, rate: Rate) {
    note(operator, rate);
    let suspended = operator.get(PAYOUT, SUSPENDED_UNTIL) > u128::from(host::now());
    if operator.get(HEAD, STANDS) == 0
        && !suspended
        && operator.carries_queued(&bond_terms(), rate)
        && operator.may_operate()
    {
        operator.list();
    }
}

/// Notes whether a bond carries the live nodes: since when it does not, or that it does again.
pub(crate) fn note(operator: Operator, rate: Rate) {
    let is_whole = operator.carries(&bond_terms(), rate, None);
    let was_whole = operator.get(PAYOUT, SHORT_SINCE) == 0;
    if is_whole == was_whole {
        return;
    }
    if is_whole {
        operator.set(PAYOUT, SHORT_SINCE, 0);
        tell(BondWhole::SIGNATURE_HASH, operator, &[]);
    } else {
        let now = host::now();
        operator.set(PAYOUT, SHORT_SINCE, u128::from(now));
        tell(BondShort::SIGNATURE_HASH, operator, &[now.word()]);
    }
}

pub(crate) fn check(call: &Call) -> Answer {
    let operator = operator(call)?;
    note(operator, PoolTerms::ask()?.rate);
    done()
}
