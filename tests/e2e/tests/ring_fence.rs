//! What happens in one pool does not touch the other. That a denial does not is in `entry_points.rs`.

use alloy::{
    primitives::{Bytes, U256},
    sol_types::SolCall,
};
use clay_chain::TxRequest;
use e2e::{
    reported::{eth, wei, Reported},
    CsEthToken::totalSupplyCall,
    FlashExitPool, Kind, Pool,
    StakeManager::{booksCall, lossesCall, pauseCall, rateCall, rateStatusCall, totalAssetsCall},
    UnstakeQueue::{self, totalsCall},
    ALICE, BOB, ETH, GUARDIAN,
};

const NONE: U256 = U256::ZERO;
/// Stake, hold and redeem.
const RIGHTS: u8 = 7;

/// Both pools, with deposits in each; reported on is the one that is asked for.
fn both(kind: Kind) -> Reported {
    let mut pool = Pool::institutional();
    pool.admit(&[ALICE, BOB], RIGHTS);
    pool.chain.set_balance(BOB, eth(1_000));
    let other = match kind {
        Kind::Retail => Kind::Institutional,
        Kind::Institutional => Kind::Retail,
    };
    pool = pool.turned_to(other);
    pool.deposit(BOB, eth(100));
    Reported::of(pool.turned_to(kind))
}

/// Everything that a pool says of itself, and the ETH its contracts hold.
fn other(story: &Reported, kind: Kind) -> (Vec<Bytes>, Vec<U256>) {
    let pool = story.pool.clone().turned_to(kind);
    let Pool {
        manager,
        queue,
        token,
        ..
    } = pool;
    let asked = [
        (manager, booksCall {}.abi_encode()),
        (manager, lossesCall {}.abi_encode()),
        (manager, rateStatusCall {}.abi_encode()),
        (manager, rateCall {}.abi_encode()),
        (queue, totalsCall {}.abi_encode()),
        (token, totalSupplyCall {}.abi_encode()),
    ];
    let answers = asked.map(|(to, call)| pool.call(TxRequest::call(ALICE, to, call)).output);
    let held = [manager, queue, pool.flash, pool.registry];
    let held = held.map(|contract| pool.chain.balance_now(contract));
    (answers.to_vec(), held.to_vec())
}

/// A loss, a parked report and a pause in one pool.
fn leaves_alone(kind: Kind, alone: Kind) {
    let mut story = both(kind);
    let before = other(&story, alone);
    let assets = story.view(totalAssetsCall {});
    story.day(|report| report.leftSeen += wei(ETH));
    story.day(|report| report.expectedLoss = wei(eth(5)));
    assert!(story.view(totalAssetsCall {}) < assets, "a loss");
    let parked = story.next(|report| report.expectedLoss = wei(eth(200)));
    story.park(&parked);
    let Pool {
        manager,
        queue,
        flash,
        ..
    } = story.pool;
    story.pool.run(GUARDIAN, manager, NONE, pauseCall {});
    let pause = UnstakeQueue::pauseCall {};
    story.pool.run(GUARDIAN, queue, NONE, pause);
    let pause = FlashExitPool::pauseCall {};
    story.pool.run(GUARDIAN, flash, NONE, pause);
    assert_eq!(before, other(&story, alone));

    // There everything goes on.
    let mut pool = story.pool.turned_to(alone);
    let minted = pool.deposit(BOB, eth(50));
    assert_eq!(minted, eth(50));
    let approve = e2e::CsEthToken::approveCall {
        spender: pool.queue,
        value: ETH,
    };
    pool.run(BOB, pool.token, NONE, approve);
    let request = UnstakeQueue::requestUnstakeCall {
        shares: ETH,
        receiver: BOB,
    };
    pool.run(BOB, pool.queue, NONE, request);
    pool.check_books();
}

#[test]
fn a_loss_and_a_pause_of_the_institutional_pool_leave_the_retail_one_alone() {
    leaves_alone(Kind::Institutional, Kind::Retail);
}

#[test]
fn a_loss_and_a_pause_of_the_retail_pool_leave_the_institutional_one_alone() {
    leaves_alone(Kind::Retail, Kind::Institutional);
}
