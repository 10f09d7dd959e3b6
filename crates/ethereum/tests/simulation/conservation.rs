//! Whatever happens, every wei is in exactly one place, and the terms of the books say so.

use alloy::{primitives::U256, sol_types::SolCall};
use clay_ethereum::{Config, Fate, ETHER_GWEI, GWEI};
use proptest::prelude::*;

use super::world::{abi::Gateway::fundValidatorCall, *};

#[derive(Clone, Debug)]
enum Action {
    Fund(u8),
    FundWithLoss(u8),
    SendAsStranger(u64),
    DepositElsewhere { key: u8, ours: bool, gwei: u64 },
    SpoilSignature(u8),
    Pay(u64),
    Slash(u8),
    SlashOthers(u64),
    AskForExit(u8),
    ForceExit(u8, u32),
    IgnoreExits(u8, bool),
    Exit(u8),
    Participation(u8, i32),
    Inactivity(Option<i32>),
    FailTicket,
    MissSlots(u64),
    Run(u64),
}

fn action() -> impl Strategy<Value = Action> {
    let key = 1..9u8;
    prop_oneof![
        4 => key.clone().prop_map(Action::Fund),
        1 => key.clone().prop_map(Action::FundWithLoss),
        1 => (0..3u64).prop_map(Action::SendAsStranger),
        2 => (key.clone(), any::<bool>(), 1..40 * ETHER_GWEI)
            .prop_map(|(key, ours, gwei)| Action::DepositElsewhere { key, ours, gwei }),
        1 => key.clone().prop_map(Action::SpoilSignature),
        2 => any::<u64>().prop_map(Action::Pay),
        1 => key.clone().prop_map(Action::Slash),
        1 => (0..20u64).prop_map(Action::SlashOthers),
        2 => key.clone().prop_map(Action::AskForExit),
        1 => (key.clone(), 1..1_000u32).prop_map(|(key, wei)| Action::ForceExit(key, wei)),
        1 => (key.clone(), any::<bool>()).prop_map(|(key, on)| Action::IgnoreExits(key, on)),
        1 => key.clone().prop_map(Action::Exit),
        1 => (key, -30_000..20_000i32).prop_map(|(key, bp)| Action::Participation(key, bp)),
        1 => prop::option::of(-100_000_000..0i32).prop_map(Action::Inactivity),
        1 => Just(Action::FailTicket),
        1 => (1..40u64).prop_map(Action::MissSlots),
        8 => (1..400u64).prop_map(Action::Run),
    ]
}

fn act(world: &mut World, action: Action) {
    let ethereum = &mut world.ethereum;
    match action {
        Action::Fund(number) => world.fund(key(number)),
        Action::FundWithLoss(number) => {
            ethereum.lose_next_message();
            world.fund(key(number));
        }
        Action::SendAsStranger(wei) => world.send_as_stranger(Default::default(), wei.into()),
        Action::DepositElsewhere {
            key: number,
            ours,
            gwei,
        } => {
            let credentials = if ours {
                ethereum.credentials()
            } else {
                STRANGER
            };
            ethereum.deposit_elsewhere(key(number), credentials, gwei);
        }
        Action::SpoilSignature(number) => ethereum.spoil_signature(key(number)),
        Action::Pay(wei) => ethereum.pay_gateway(wei.into()),
        // Refused where there is nothing to slash.
        Action::Slash(number) => drop(ethereum.slash(key(number))),
        Action::SlashOthers(count) => ethereum.slash_others(count),
        Action::AskForExit(number) => world.ask_for_exit(key(number)),
        Action::ForceExit(number, wei) => world.force_exit(key(number), wei.into()),
        Action::IgnoreExits(number, on) => ethereum.ignore_exits(key(number), on),
        Action::Exit(number) => ethereum.exit(key(number)),
        Action::Participation(number, bp) => ethereum.set_participation(key(number), bp),
        Action::Inactivity(bp) => ethereum.set_participation_of_all(bp),
        Action::FailTicket => ethereum.fail_next_ticket(),
        Action::MissSlots(count) => ethereum.miss_slots(count),
        Action::Run(slots) => world.run(slots),
    }
}

fn is_for_a_validator(data: &[u8]) -> bool {
    data.starts_with(&fundValidatorCall::SELECTOR)
}

/// Everything that holds after every step.
fn check(world: &World) -> Result<(), TestCaseError> {
    let ethereum = &world.ethereum;
    let ledger = ethereum.ledger();
    prop_assert_eq!(ledger.inflow(), ledger.accounted(), "{:?}", ledger);

    // L2 to L1: what left the chain arrived or is on its way.
    let sent: u128 = ethereum
        .messages()
        .iter()
        .map(|it| it.message.value.to::<u128>())
        .sum();
    prop_assert_eq!(sent, ledger.arrived + ledger.messages_under_way);
    // L1 to L2: what was sent back arrived, waits in a ticket, or is on its way.
    let arrived = world.chain.balance_now(CONTRACTS.stake_manager);
    let waiting: U256 = world.chain.tickets().iter().map(|it| it.value).sum();
    let received = arrived + waiting + U256::from(ledger.tickets_under_way);
    prop_assert_eq!(U256::from(ledger.sent_back), received);

    // What came with messages for validators was deposited, goes back, or is held; nothing was made up.
    let totals = ethereum.gateway_totals();
    let for_validators: u128 = ethereum
        .messages()
        .iter()
        .filter(|it| it.fate == Fate::Executed && is_for_a_validator(&it.message.data))
        .map(|it| it.message.value.to::<u128>())
        .sum();
    prop_assert_eq!(
        for_validators,
        totals.deposited + totals.unused + totals.held
    );
    prop_assert!(totals.held <= totals.balance);

    // The books' terms: what the pool has there beyond what it sent is all that came in less all that was lost
    // and what is strangers'.
    let state = ethereum.beacon_state();
    let ours = ethereum.credentials();
    let terms = world.terms();
    let strangers: u64 = state
        .validators
        .iter()
        .zip(&state.balances)
        .filter(|(validator, _)| !counts(world, validator, ours))
        .map(|(_, balance)| balance)
        .sum();
    let all = u128::from(state.balance_gwei()) * GWEI;
    prop_assert_eq!(
        u128::from(terms.cl_balance_gwei) * GWEI,
        all - u128::from(strangers) * GWEI
    );
    let own_pending = totals.deposited + totals.unused + terms.lost - terms.deposits_seen;
    let strangers_pending = ledger.pending - own_pending;
    let gifts_by_message = ledger.arrived - for_validators;
    let gain = (ledger.from_outside + ledger.issued + gifts_by_message) as i128
        - (ledger.burned + ledger.lost_deposits + ledger.withdrawn_elsewhere + terms.lost) as i128
        - (strangers_pending + u128::from(strangers) * GWEI) as i128;
    prop_assert_eq!(world.gain(), gain);
    prop_assert!(terms.deposits_seen <= world.sent);
    Ok(())
}

/// Whether a validator is the pool's: the registry sent ETH for it, and it carries the gateway's credentials.
fn counts(
    world: &World,
    validator: &clay_ethereum::Validator,
    ours: alloy::primitives::B256,
) -> bool {
    let call = fund_call(validator.public_key, root(validator.public_key));
    let mut messages = world.ethereum.messages().iter();
    validator.credentials == ours && messages.any(|it| it.message.data == call)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn every_wei_is_in_one_place_and_counters_never_fall(
        seed in any::<u64>(),
        actions in prop::collection::vec(action(), 1..80),
    ) {
        let mut world = world(Config {
            seed,
            proposal_ppm: 100_000,
            ticket_failure_bp: 2_000,
            ..Config::quick()
        });
        let mut last = world.terms();
        for action in actions {
            act(&mut world, action);
            check(&world)?;
            let terms = world.terms();
            prop_assert!(terms.deposits_seen >= last.deposits_seen);
            prop_assert!(terms.left_seen >= last.left_seen);
            last = terms;
        }
    }
}
