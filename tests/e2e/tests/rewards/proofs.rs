//! What a root has, and what it has not.

use alloy::primitives::{Address, B256, U256};
use e2e::{
    reported::DAY,
    rewards::{pair, Alone, Leaf, Rewarded, Tree},
    RewardsDistributor::*,
    BOB, OWNER,
};

const NONE: U256 = U256::ZERO;
const HOUR: u64 = 60 * 60;

fn world() -> (Rewarded, Tree) {
    let mut world = Rewarded::new();
    for account in world.operators() {
        world.earns(account, Rewarded::shares(5));
    }
    let tree = world.take_effect();
    (world, tree)
}

#[track_caller]
fn not_in_root(world: &mut Rewarded, call: claimCall) {
    let refusal = NotInRoot {
        account: call.account,
    };
    let distributor = world.story.pool.distributor;
    world.pool().refuses(BOB, distributor, NONE, call, refusal);
}

#[test]
fn p38_only_a_leaf_as_the_root_has_it_is_served() {
    let (mut world, tree) = world();
    let accounts = world.operators();
    let good = tree.claim(accounts[0]).alone();
    let one = U256::from(1);
    for change in [
        |call: &mut claimCall, one| call.account += one,
        |call: &mut claimCall, one| call.rewards += one,
        |call: &mut claimCall, one| call.penalties += one,
        |call: &mut claimCall, one| call.performance -= one,
        |call: &mut claimCall, one| call.epochs += one,
        |call: &mut claimCall, _| call.proof.clear(),
        |call: &mut claimCall, _| {
            call.proof.pop();
        },
        |call: &mut claimCall, _| call.proof.push(B256::ZERO),
        |call: &mut claimCall, _| call.proof[0] = B256::ZERO,
        |call: &mut claimCall, _| call.proof.reverse(),
    ] {
        let mut call = good.clone();
        change(&mut call, one);
        not_in_root(&mut world, call);
    }
    // Another operator's leaf or proof.
    let other = tree.claim(accounts[1]).alone();
    let call = claimCall {
        account: other.account,
        ..good.clone()
    };
    not_in_root(&mut world, call);
    let call = claimCall {
        proof: other.proof,
        ..good.clone()
    };
    not_in_root(&mut world, call);
    assert_eq!(world.run(BOB, good), Rewarded::shares(5));
}

#[test]
fn p38_the_tree_of_another_chain_or_contract_is_not_served() {
    let (mut world, _) = world();
    let accounts = world.operators();
    world.week();
    let pool = &world.story.pool;
    let (chain, distributor) = (pool.chain.config().chain_id, pool.distributor);
    for (chain, distributor) in [(chain + 1, distributor), (chain, Address::repeat_byte(1))] {
        let tree = Tree::new(chain, distributor, &world.leaves);
        let mut proposal = world.proposal();
        proposal.root = tree.root();
        let committee = world.story.pool.committee;
        let mut other = world.clone();
        other.run(committee, proposal);
        other.pool().chain.increase_time(DAY + HOUR);
        other.run(BOB, applyRootCall {});
        other.pool().chain.increase_time(HOUR);
        not_in_root(&mut other, tree.claim(accounts[0]).alone());
    }
}

/// Two words that are the sorted pair under the root cannot be passed as a leaf: a leaf is of seven words, and hashed twice.
#[test]
fn p38_an_inner_node_is_not_a_leaf() {
    let (mut world, tree) = world();
    let claim = tree.claim(world.operators()[0]).alone();
    // One level up: the node above the leaf, had the leaf been hashed like one, with the rest of the proof.
    let values = [
        claim.account,
        claim.rewards,
        claim.penalties,
        claim.performance,
        claim.epochs,
    ];
    let above = pair(values[0].into(), values[1].into());
    let call = claimCall {
        account: U256::from_be_bytes(above.0),
        proof: claim.proof[1..].to_vec(),
        ..claim.clone()
    };
    not_in_root(&mut world, call);
    let mut proof = claim.proof.clone();
    proof.insert(0, tree.root());
    not_in_root(&mut world, claimCall { proof, ..claim });
}

#[test]
fn p38_the_previous_root_serves_for_an_hour_and_older_ones_do_not() {
    let (mut world, first) = world();
    let accounts = world.operators();
    world.week();
    world.earns(accounts[0], Rewarded::shares(1));
    let second = world.take_effect();
    let at = world.pool().chain.timestamp();
    // In flight: the first one's leaf pays what it says.
    let claim = |tree: &Tree, place: usize| tree.claim(accounts[place]).alone();
    assert_eq!(world.run(BOB, claim(&first, 0)), Rewarded::shares(5));
    // And then the second one's pays the rest; after which the first one's is less than was paid.
    assert_eq!(world.run(BOB, claim(&second, 0)), Rewarded::shares(1));
    let refusal = RewardsFell {
        rewards: Rewarded::shares(5),
        paid: Rewarded::shares(6),
    };
    let distributor = world.story.pool.distributor;
    world
        .pool()
        .refuses(BOB, distributor, NONE, claim(&first, 0), refusal);
    let chain = &mut world.pool().chain;
    chain.set_next_timestamp(at + HOUR - 1).expect("later");
    assert_eq!(world.run(BOB, claim(&first, 1)), Rewarded::shares(5));
    let chain = &mut world.pool().chain;
    chain.set_next_timestamp(at + HOUR).expect("later");
    not_in_root(&mut world, claim(&first, 0));
    // Two roots later it is gone at once.
    world.week();
    world.earns(accounts[0], Rewarded::shares(1));
    world.take_effect();
    not_in_root(&mut world, claim(&first, 2));
    assert_eq!(world.run(BOB, claim(&second, 2)), Rewarded::shares(5));
}

#[test]
fn p38_a_cumulative_that_falls_is_refused() {
    let (mut world, tree) = world();
    let account = world.operators()[0];
    world.run(BOB, tree.claim(account).alone());
    world.week();
    world.leaves.entry(account).or_default().rewards -= U256::from(1);
    let other = world.operators()[1];
    world.earns(other, U256::from(1));
    let tree = world.take_effect();
    let refusal = RewardsFell {
        rewards: Rewarded::shares(5) - U256::from(1),
        paid: Rewarded::shares(5),
    };
    let distributor = world.story.pool.distributor;
    let call = tree.claim(account).alone();
    world.pool().refuses(BOB, distributor, NONE, call, refusal);
}

#[test]
fn p39_claims_never_exceed_what_was_declared() {
    let mut world = Rewarded::new();
    let accounts = world.operators();
    for account in &accounts {
        world.earns(*account, Rewarded::shares(5));
    }
    let mut proposal = world.proposal();
    proposal.rewards -= U256::from(1);
    let (declared, committee) = (proposal.rewards, world.story.pool.committee);
    world.run(committee, proposal);
    world.pool().chain.increase_time(DAY);
    let tree = world.tree();
    let (last, others) = accounts.split_last().expect("operators");
    for account in others {
        world.run(BOB, tree.claim(*account).alone());
    }
    let refusal = AboveDeclared {
        paid: declared + U256::from(1),
        declared,
    };
    let distributor = world.story.pool.distributor;
    let call = tree.claim(*last).alone();
    world.pool().refuses(BOB, distributor, NONE, call, refusal);
}

#[test]
fn a_tree_of_one_leaf_has_an_empty_proof() {
    let mut world = Rewarded::new();
    let account = world.operators()[0];
    let leaf = Leaf {
        rewards: Rewarded::shares(1),
        ..Leaf::default()
    };
    world.leaves.insert(account, leaf);
    let tree = world.take_effect();
    let claim = tree.claim(account);
    assert!(claim.proof.is_empty());
    assert_eq!(world.run(OWNER, claim.alone()), Rewarded::shares(1));
}
