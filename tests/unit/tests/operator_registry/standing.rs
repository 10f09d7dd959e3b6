//! What leaves say of an operator: its performance, and after enough clean epochs that it is proven.

use alloy_primitives::U256;
use clay_shared::{
    interfaces::IOperatorRegistry::*,
    operators::{
        choice::class,
        score::weight,
        state::of_operator::{CONDUCT, HEAD},
        NodeType::Ssv,
    },
};

use crate::pool::*;

#[motsu::test]
fn an_operator_is_proven_after_twelve_clean_epochs() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    pool.queue(operator, Ssv, 1);
    let clean = || {
        let standing = pool.standing(operator);
        (standing.cleanEpochs.to::<u64>(), standing.proven)
    };
    // Epochs are counted by the leaf: two at once where a root was not applied.
    pool.root(1, NOW);
    pool.leaf(operator, Leaf { epochs: 2, ..LEAF });
    assert_eq!(clean(), (2, false));
    // The penalty rises: the five counted with it are not clean, and those before stay so.
    pool.root(2, NOW);
    let leaf = Leaf {
        epoch: 2,
        penalty: 1,
        epochs: 7,
        ..LEAF
    };
    pool.leaf(operator, leaf);
    assert_eq!(clean(), (2, false));
    pool.root(3, NOW);
    let leaf = Leaf {
        epoch: 3,
        epochs: 16,
        ..leaf
    };
    pool.leaf(operator, leaf);
    assert_eq!(clean(), (11, false));
    assert_eq!(
        (pool.proven(), pool.first_in_line(false).0),
        (0, operator.0)
    );
    // Nothing was counted: nothing is added.
    pool.root(4, NOW);
    pool.leaf(operator, Leaf { epoch: 4, ..leaf });
    assert_eq!(clean(), (11, false));

    pool.root(5, NOW);
    let leaf = Leaf {
        epoch: 5,
        epochs: 17,
        ..leaf
    };
    pool.leaf(operator, leaf);
    assert_eq!(clean(), (12, true));
    assert_eq!(pool.proven(), 1);
    // It waits among the proven now.
    assert_eq!(pool.first_in_line(false).0, 0);
    assert_eq!(pool.first_in_line(true).0, operator.0);
    // Who is proven is not proven twice; what is counted does not run over.
    pool.root(6, NOW);
    let leaf = Leaf {
        epoch: 6,
        epochs: 1_000,
        ..leaf
    };
    pool.leaf(operator, leaf);
    assert_eq!((clean(), pool.proven()), ((255, true), 1));
}

#[motsu::test]
fn another_number_of_epochs_holds_from_the_next_leaf_on() {
    let pool = Pool::new();
    let operator = pool.operator(0);
    pool.root(1, NOW);
    pool.leaf(operator, LEAF);
    let sooner = setParameterCall {
        id: 11,
        value: U256::from(1),
    };
    pool.run(OWNER, sooner);
    assert!(!pool.standing(operator).proven);
    pool.root(2, NOW);
    pool.leaf(operator, Leaf { epoch: 2, ..LEAF });
    assert!(pool.standing(operator).proven);
    assert_eq!(pool.proven(), 1);
}

#[motsu::test]
fn performance_replaces_what_was_and_moves_the_operator_in_its_line() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    pool.queue(operator, Ssv, 1);
    let vouched = true;
    pool.run(
        OWNER,
        vouchCall {
            operator: id(operator),
            vouched,
        },
    );
    assert_eq!(
        pool.first_in_line(true),
        (operator.0, class(0, weight(5_000, true)))
    );
    pool.root(1, NOW);
    let performance = 9_001;
    let leaf = Leaf {
        performance,
        ..LEAF
    };
    pool.leaf(operator, leaf);
    pool.emitted(LeafApplied {
        operator: id(operator),
        epoch: U256::from(1),
        performance: U256::from(9_001),
        cleanEpochs: U256::from(1),
    });
    let standing = pool.standing(operator);
    assert_eq!(standing.performance, U256::from(9_001));
    // The mean of 9,001 and 5,000, rounded down.
    assert_eq!(standing.score, U256::from(7_000));
    assert_eq!(
        pool.first_in_line(true),
        (operator.0, class(0, weight(7_000, true)))
    );
    // A better score needs less: half the way to the largest discount above 5,000 is 20 %.
    pool.live(operator, Ssv, 1);
    assert_eq!(pool.required(operator), 800 * MILLI);
    pool.root(2, NOW);
    let worse = Leaf {
        epoch: 2,
        performance: 0,
        ..LEAF
    };
    pool.leaf(operator, worse);
    assert_eq!(pool.standing(operator).score, U256::from(2_500));
    assert_eq!(pool.required(operator), ETH);
    assert_eq!(pool.inside(|| operator.get(HEAD, CONDUCT)), 5_000);
}
