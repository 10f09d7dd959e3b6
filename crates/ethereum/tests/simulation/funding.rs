//! Messages that fund validators: 1 ETH first, the rest on proof.

use alloy::primitives::{b256, hex, B256};
use clay_ethereum::{deposit_data_root, GatewayEvent, Totals, ETHER, ETHER_GWEI};
use clay_ethereum::{Fate, PublicKey, Refusal, Signature};

use super::world::*;

/// Slot a week after the start.
const WEEK: u64 = 7 * 7_200;

#[test]
fn a_validator_is_funded_in_two_steps_and_activated() {
    let mut world = world(config());
    world.fund(key(1));
    world.run_to(WEEK - 1);
    assert_eq!(world.ethereum.gateway_totals(), Totals::default());
    assert_eq!(world.out(), 32 * ETHER, "all of it is on its way");

    // The message is executed to the second: 1 ETH is deposited, 31 are held.
    world.run(1);
    let held = Totals {
        balance: 31 * ETHER,
        deposited: ETHER,
        held: 31 * ETHER,
        ..Totals::default()
    };
    assert_eq!(world.ethereum.gateway_totals(), held);
    assert_eq!((world.out(), world.terms().left_seen), (32 * ETHER, 0));

    // Epoch 1575 has the deposit, which waits three epochs beyond it: until the start of 1579.
    world.run_to_epoch(1_579);
    assert_eq!(world.balance(key(1)), ETHER_GWEI);
    assert_eq!(
        world.validator(key(1)).credentials,
        world.ethereum.credentials()
    );
    assert_eq!((world.out(), world.gain()), (31 * ETHER, 0));
    assert_eq!(world.ethereum.gateway_totals(), held);

    // One slot later the proof is there, and the rest is deposited.
    world.run(1);
    let done = Totals {
        deposited: 32 * ETHER,
        ..Totals::default()
    };
    assert_eq!(world.ethereum.gateway_totals(), done);
    assert_eq!((world.out(), world.gain()), (31 * ETHER, 0));
    let events = [
        (WEEK, GatewayEvent::Deposited(key(1), ETHER)),
        (1_579 * 32 + 1, GatewayEvent::Deposited(key(1), 31 * ETHER)),
    ];
    assert_eq!(world.ethereum.gateway_events(), events);

    // It is processed at the start of 1583, eligible from 1584, and active four epochs after the queue.
    world.run_to_epoch(1_583);
    assert_eq!((world.balance(key(1)), world.out()), (32 * ETHER_GWEI, 0));
    world.run_to_epoch(1_585);
    let validator = world.validator(key(1));
    assert_eq!(
        (
            validator.activation_eligibility_epoch,
            validator.activation_epoch
        ),
        (1_584, 1_589)
    );
    assert_eq!(world.gain(), 0);
}

#[test]
fn p35_a_key_funded_elsewhere_before_costs_one_ether() {
    let mut world = world(quick());
    world
        .ethereum
        .deposit_elsewhere(key(1), STRANGER, ETHER_GWEI);
    world.run(1);
    world.fund(key(1));
    world.run(300);
    let totals = world.ethereum.gateway_totals();
    assert_eq!(
        (totals.deposited, totals.unused, totals.held),
        (ETHER, 31 * ETHER, 0)
    );
    // 31 ETH go back, and the stranger's validator has 2 ETH.
    assert_eq!(world.balance(key(1)), 2 * ETHER_GWEI);
    let terms = world.terms();
    assert_eq!((world.out(), terms.left_seen), (0, 31 * ETHER));
    assert_eq!(terms.cl_balance_gwei, 0);
    assert_eq!(world.gain(), -(ETHER as i128));
}

#[test]
fn a_bad_signature_costs_one_ether() {
    let mut world = world(quick());
    world.ethereum.spoil_signature(key(1));
    world.fund(key(1));
    world.run(300);
    let totals = world.ethereum.gateway_totals();
    assert_eq!(
        (totals.deposited, totals.unused, totals.held),
        (ETHER, 31 * ETHER, 0)
    );
    assert_eq!(world.ethereum.validator_place(&key(1)), None);
    assert_eq!(world.ethereum.beacon_flows().lost, ETHER_GWEI);
    assert_eq!((world.out(), world.gain()), (0, -(ETHER as i128)));
}

#[test]
fn a_key_that_was_deposited_for_is_not_deposited_for_again() {
    let mut world = world(quick());
    world.fund(key(1));
    world.fund(key(1));
    world.run(160);
    let totals = world.ethereum.gateway_totals();
    assert_eq!(
        (totals.deposited, totals.unused, totals.held),
        (32 * ETHER, 32 * ETHER, 0)
    );
    assert_eq!(world.terms().left_seen, 32 * ETHER);
    assert_eq!((world.out(), world.balance(key(1))), (0, 32 * ETHER_GWEI));
}

#[test]
fn somebody_who_deposits_first_for_our_validator_makes_us_a_present() {
    let mut world = world(quick());
    let ours = world.ethereum.credentials();
    world
        .ethereum
        .deposit_elsewhere(key(1), ours, 3 * ETHER_GWEI);
    world.run(1);
    world.fund(key(1));
    world.run(160);
    assert_eq!(world.ethereum.gateway_totals().deposited, 32 * ETHER);
    assert_eq!((world.out(), world.gain()), (0, 3 * ETHER as i128));
}

#[test]
fn a_strangers_deposit_for_our_key_does_not_lower_deposits_seen() {
    let mut world = world(quick());
    world.fund(key(1));
    world.run(160);
    let before = world.terms();
    assert_eq!(before.deposits_seen, 32 * ETHER);
    world
        .ethereum
        .deposit_elsewhere(key(1), STRANGER, 5 * ETHER_GWEI);
    world.run(1);
    assert_eq!(world.ethereum.beacon_state().pending_gwei(), 5 * ETHER_GWEI);
    assert_eq!(world.terms(), before);
}

#[test]
fn only_the_registry_funds_and_only_with_32_ether() {
    let mut world = world(quick());
    world.send_as_stranger(fund_call(key(1), B256::ZERO), 32 * ETHER);
    world.send_as_stranger(vec![1, 2, 3, 4].into(), 0);
    world.send_as_stranger(Default::default(), 3);
    world.run(20);
    let caller = ALICE;
    let registry = CONTRACTS.registry;
    let fates: Vec<Fate> = world.ethereum.messages().iter().map(|it| it.fate).collect();
    assert_eq!(
        fates,
        [
            Fate::Refused(Refusal::OnlyRegistry { caller, registry }),
            Fate::Refused(Refusal::UnknownCall),
            Fate::Executed,
        ]
    );
    // Plain ETH is taken from anyone: it was received, and is no deposit.
    let terms = world.terms();
    assert_eq!((terms.left_seen, terms.deposits_seen), (3, 0));
    assert_eq!(world.ethereum.ledger().messages_under_way, 32 * ETHER);
}

#[test]
fn what_came_with_a_wrong_deposit_data_root_goes_back() {
    let mut world = world(quick());
    world.send_for(key(1), root(key(1)));
    world.send_for(key(2), root(key(1)));
    world.run(200);
    let totals = world.ethereum.gateway_totals();
    assert_eq!((totals.deposited, totals.unused), (32 * ETHER, 32 * ETHER));
    assert_eq!(world.ethereum.validator_place(&key(2)), None);
}

/// Deposit data made by the staking deposit CLI for test networks.
#[test]
fn deposit_data_roots_are_those_of_the_deposit_contract() {
    let data = [
        (
            hex!("b0210e4333812d669b178443b77e1674329e2eeeae17e6b9d7ef6cb8723c8b269de7e152b42445d5ea8d5f582ca45cd7"),
            b256!("010000000000000000000000f0179dec45a37423ead4fad5fcb136197872ead9"),
            hex!("96b504aec4ced4d680a01a2cde40632809744f967657f4aa31d4bc77701dbeb68e86441999b3559c505e5644eed9c350091af39e3e319befe4a76e796856095912938046ce567ed39a56df13b8f31e9e83b93ca774a9f983b9c0eb673c7f7a4a"),
            b256!("aa9bb085dc0410d2013cff51e98ae2a41a81512a0676fbe0397c3cd997f1fb87"),
        ),
        (
            hex!("9080aebef302c8f30c90d6b9e6dfe8249179c5f61e7b99df323f535927ef5ee3e83a4fa87bbe87dcf5c77baaac3a23ca"),
            b256!("010000000000000000000000000a0660fc6c21b6c8638c56f7a8bbe22dcc9000"),
            hex!("b55ccc58ae59450bee99ba39b43ab820509f30944b91d6fb225eb6329537ad2f39a0b5708e692d13b26270e7980ad7f105de2c7630f757154840423858366cc51c2b5da57e7b6142816deecd2f3e35dcfb50a79c73558294c428af97c0178f90"),
            b256!("046d9ad74df0cb689cf830ea6a4350920440a5f113a1c5c18ca3c0e351766a05"),
        ),
    ];
    for (key, credentials, signature, root) in data {
        let (key, signature) = (PublicKey::from(key), Signature::from(signature));
        let computed = deposit_data_root(&key, credentials, 32 * ETHER_GWEI, &signature);
        assert_eq!(computed, root);
    }
}
