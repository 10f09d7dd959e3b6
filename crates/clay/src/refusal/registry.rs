//! What the operator-registry refuses, and what can be done about it.

use alloy::{primitives::U256, sol_types::SolInterface};

use crate::{
    amount::{display, display_eth},
    bindings::OperatorRegistry::OperatorRegistryErrors::{self as Error, *},
    moment::date,
    numbers::{node_state, places},
};

/// The one state that is another of a cluster than of a node.
const DISSOLVED: u8 = clay_shared::operators::state::state::DISSOLVED;

/// A refusal with its remedy; none for those whose name and numbers say all.
pub(super) fn in_words(data: &[u8]) -> Option<String> {
    Some(match Error::abi_decode(data).ok()? {
        UnknownOperator(e) => format!(
            "there is no operator {}: they are numbered from {} to {}. `clay operator list` shows them.",
            e.asked, e.smallest, e.largest
        ),
        UnknownNode(e) => format!("there is no node {}: they are numbered from 1 to {}.", e.asked, e.largest),
        UnknownCluster(e) => format!(
            "there is no cluster {}: they are numbered from 1 to {}.",
            e.asked, e.largest
        ),
        OnlyManager(e) => format!(
            "{} is not the operator's manager key, which is {}.\nThe manager hands the record over with `clay operator \
             manager offer`.",
            e.caller, e.manager
        ),
        OnlyManagerOrPayout(e) => format!(
            "{} is neither the operator's manager key, which is {}, nor its payout address, {}.",
            e.caller, e.manager, e.payout
        ),
        OnlyOffered(e) if e.offered.is_zero() => "nothing is offered to anybody.".into(),
        OnlyOffered(e) => format!("it is offered to {}, not to {}.", e.offered, e.caller),
        TooEarly(e) => format!("it is possible from {} on.", time(e.from)),
        AboveWithdrawable(e) => format!(
            "{} shares are asked for; beyond what live nodes require there are {}, and {} are announced.\nAnnounce more \
             with `clay operator announce-withdrawal`, a week ahead; `clay operator show` says what the nodes require.",
            display(e.asked),
            display(e.surplus),
            display(e.announced)
        ),
        RootNotApplied(e) => format!(
            "the operator's leaf of epoch {}, the current one, is not applied yet: the last one applied is of epoch {}.\nClaim \
             its rewards, which applies it.",
            e.current, e.applied
        ),
        InDebt(e) => format!(
            "the operator owes {} shares: pay them with `clay operator bond`.",
            display(e.shares)
        ),
        NodeNotDone(e) => format!("node {} is {}, and only one that is done is settled.", e.node, node_state(e.state)),
        NotSettled(e) => format!(
            "node {} is done since {}, and roots cover the time up to {} only: the next one settles it.",
            e.node,
            time(e.doneAt),
            time(e.settledUpTo)
        ),
        NotInState(e) => format!(
            "it is {}, and would have to be {}.",
            state(e.state),
            state(e.needed)
        ),
        EnoughFormed(e) => format!(
            "{} clusters stand without a key or wait for ETH, and no more than {} may: as many as free ETH can fund, and a \
             few ahead.\nThey are formed as ETH comes: `clay autobalance` counts it.",
            e.formed, e.allowed
        ),
        NoClusterPossible(_) => {
            "no bucket has operators that make a cluster.\n`clay allocation next` says who was looked at, and why they do not."
                .into()
        }
        BondTooSmall(e) => format!(
            "the bond is worth {}, and with one more node {} are required: add {} with `clay operator bond`.",
            display_eth(e.bond),
            display_eth(e.required),
            display_eth(e.required.saturating_sub(e.bond))
        ),
        Suspended(e) => format!(
            "the operator failed a key ceremony and cannot be chosen before {}.",
            time(e.until)
        ),
        CeremonyRuns(e) => format!(
            "it cannot be dissolved yet: its time ends {}, and not every member has spoken before.",
            time(e.until)
        ),
        DeadlinePassed(e) => format!(
            "the time for the key ceremony ended {}: anyone can dissolve the cluster with `clay operator dissolve`.",
            time(e.deadline)
        ),
        MalformedResult(e) => format!(
            "the result has {} bytes, and one of this cluster has {}: public key, deposit signature, deposit data root, \
             and a public key share a member.",
            e.length, e.expected
        ),
        DepositDataRootMismatch(e) => format!(
            "the deposit data root is {}, and with 1 ETH and the gateway's withdrawal credentials it is {}.",
            e.asked, e.expected
        ),
        NamesNobody(e) => format!(
            "members are named by their places, a bit each, and nobody names itself: of {:?}, {:?} can be named.",
            places(e.failed),
            places(e.largest)
        ),
        GraceNotOver(e) => format!("its operator has time until {} to make its bond whole.", time(e.until)),
        DeadlineNotPassed(e) => format!("its members have time until {}.", time(e.deadline)),
        BondBelowCost(e) => format!(
            "the exit costs {} shares of the bond, which has {}.",
            display(e.cost),
            display(e.shares)
        ),
        _ => return None,
    })
}

/// The state of a node or a cluster, whichever it is about.
fn state(number: u8) -> String {
    match number {
        DISSOLVED => "settled or, if it is a cluster, dissolved".into(),
        other => node_state(other),
    }
}

fn time(seconds: U256) -> String {
    date(seconds.saturating_to())
}
