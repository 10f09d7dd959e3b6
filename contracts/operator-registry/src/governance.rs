//! What the owner sets, and who vouches for operators.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{done, revert, Answer, Call, Reverts, Word},
    call, host,
    interfaces::{IKycWhitelist::boardCall, IOperatorRegistry::*},
    log,
    math::narrow,
    operators::{
        choice::BUCKETS,
        parameters::TABLE,
        state::{
            of_operator::*, target_of, word_of, DISTRIBUTOR, OWNABLE, RELAYS, TARGETS, WHITELIST,
        },
    },
    ownable::not_zero,
    parameters::find,
    storage::{address, uint, whole},
};

use crate::{leaves::judge_proven, operator, refusal, tell};

/// What targets add up to, in basis points.
const WHOLE: u128 = 10_000;

/// Answers what governs; none if the selector is another's.
#[inline(never)]
pub(crate) fn route(call: &Call) -> Option<Answer> {
    Some(match call.selector {
        vouchCall::SELECTOR => vouch(call),
        setTargetsCall::SELECTOR => set_targets(call),
        setParameterCall::SELECTOR => set_parameter(call),
        setRewardsDistributorCall::SELECTOR => set_distributor(call),
        setRelayCall::SELECTOR => set_relay(call),
        _ => return None,
    })
}

fn vouch(call: &Call) -> Answer {
    let vouched = call.boolean(1)?;
    let (caller, owner) = (host::sender(), OWNABLE.owner());
    if caller != owner {
        let board = board();
        if caller != board {
            let words = [caller, owner, board].map(Word::word);
            return Err(revert(OnlyVoucher::SELECTOR, &words));
        }
    }
    let operator = operator(call)?;
    operator.set(HEAD, VOUCHED, u128::from(vouched));
    let words = [vouched.word(), caller.word()];
    tell(Vouched::SIGNATURE_HASH, operator, &words);
    judge_proven(operator);
    done()
}

/// The Board of the whitelist; zero, which nobody is, without one.
fn board() -> Address {
    let whitelist = WHITELIST.address();
    if whitelist.is_zero() {
        return Address::ZERO;
    }
    let asked = call::ask(whitelist, boardCall::SELECTOR, &[]);
    address(uint(asked.and_then(call::first_word).unwrap_or_default().0))
}

fn set_targets(call: &Call) -> Answer {
    OWNABLE.only_owner()?;
    take_targets(call, 0)?;
    done()
}

/// Sets the targets that a call names from an argument on.
#[inline(never)]
pub(crate) fn take_targets(call: &Call, first: usize) -> Reverts<()> {
    let mut word = TARGETS.get();
    let mut sum = 0;
    let mut words = Vec::with_capacity(BUCKETS);
    for bucket in 0..BUCKETS {
        let asked = call.uint(first + bucket)?;
        // What is no `uint16` does not decode.
        let target = narrow(asked).filter(|target| *target <= 0xffff);
        let target = target.ok_or_else(Vec::new)?;
        sum += target;
        // Cut to the field where the sum refuses it anyway.
        let field = target_of(bucket);
        word = field.set(word, target & field.max());
        words.push(asked.word());
    }
    if sum != WHOLE {
        return Err(refusal(TargetsNotWhole::SELECTOR, whole(sum), WHOLE));
    }
    TARGETS.set(word);
    log::emit(&[TargetsChanged::SIGNATURE_HASH], &words);
    Ok(())
}

fn set_parameter(call: &Call) -> Answer {
    let (id, value) = (call.uint8(0)?, call.uint(1)?);
    OWNABLE.only_owner()?;
    let parameter = find(&TABLE, id)?;
    let slot = word_of(parameter);
    let previous = slot.get();
    let current = parameter.set(id, previous, value)?;
    slot.set(current);
    let topics = [ParameterChanged::SIGNATURE_HASH, u64::from(id).word()];
    let words = [
        parameter.get(previous).word(),
        parameter.get(current).word(),
    ];
    log::emit(&topics, &words);
    done()
}

fn set_distributor(call: &Call) -> Answer {
    let distributor = call.address(0)?;
    OWNABLE.only_owner()?;
    name_distributor(distributor)?;
    done()
}

/// Says who applies leaves.
#[inline(never)]
pub(crate) fn name_distributor(current: Address) -> Reverts<()> {
    not_zero(current)?;
    let previous = DISTRIBUTOR.address();
    DISTRIBUTOR.set_address(current);
    log::changed(RewardsDistributorChanged::SIGNATURE_HASH, previous, current);
    Ok(())
}

fn set_relay(call: &Call) -> Answer {
    let (relay, allowed) = (call.word(0)?, call.boolean(1)?);
    OWNABLE.only_owner()?;
    RELAYS.entry(relay).set(whole(u128::from(allowed)));
    let topics = [RelayChanged::SIGNATURE_HASH, relay];
    log::emit(&topics, &[allowed.word()]);
    done()
}

/// Whether a relay is allowed.
pub(crate) fn is_allowed(relay: B256) -> bool {
    RELAYS.entry(relay).get() != U256::ZERO
}
