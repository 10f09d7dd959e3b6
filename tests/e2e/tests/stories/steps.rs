//! What can happen next. A step is an action and a seed; what exactly it does depends on these and on the
//! state it meets, so any steps can be left out of a story.

use crate::dice::Dice;

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Deposit,
    PlainEth,
    Transfer,
    Request,
    /// A request of all that a user has.
    Rush,
    /// Many requests, and cancellations of them.
    Crowd,
    Cancel,
    TransferOrder,
    Claim,
    ClaimFor,
    RedeemSilently,
    Report,
    /// A report that brings a fall, if it can.
    Crash,
    Acknowledge,
    Flag,
    Autobalance,
    Return,
    Ticket,
    RedeemTicket,
    BookReturned,
    ForceEth,
    FlashExit,
    ReturnExcess,
    WithdrawFees,
    /// Fees, limits, the treasury's part, the allowance.
    FlashSetting,
    /// Seconds to hours.
    Wait,
    /// Half a day.
    Nap,
    /// To a second at which something ends or begins, or the one before or after.
    WaitUntil,
    /// About a day.
    Sleep,
    /// Days to weeks.
    LeaveAlone,
    Pause,
    Unpause,
    Rearm,
    /// To another build of a contract, or back.
    Upgrade,
    Parameter,
    /// Losses that a report may book are bounded by those of 30 days.
    TightMonthlyCap,
    Donate,
    WithdrawProtection,
    Validators,
    ConfirmExits,
}

use Action::*;

/// An action and the seed of its draws.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What it is about.
    pub action: Action,
    /// What it draws.
    pub seed: u64,
}

/// What users and others do between reports.
const BY_DAY: &[(u32, Action)] = &[
    (18, Deposit),
    (5, PlainEth),
    (6, Transfer),
    (20, Request),
    (1, Crowd),
    (7, Cancel),
    (4, TransferOrder),
    (9, Claim),
    (4, ClaimFor),
    (2, RedeemSilently),
    (5, Autobalance),
    (8, Return),
    (3, Ticket),
    (2, RedeemTicket),
    (5, BookReturned),
    (2, ForceEth),
    (9, FlashExit),
    (2, ReturnExcess),
    (1, WithdrawFees),
    (2, FlashSetting),
    (8, Wait),
    (3, WaitUntil),
    (2, Flag),
    (2, Pause),
    (3, Unpause),
    (2, Rearm),
    (1, Upgrade),
    (5, Parameter),
    (3, Donate),
    (2, WithdrawProtection),
    (3, Validators),
    (3, ConfirmExits),
    (3, Acknowledge),
    (3, Report),
];

/// What owners of orders do while nothing is finalised.
const IN_SILENCE: &[(u32, Action)] = &[
    (30, RedeemSilently),
    (14, Request),
    (5, Cancel),
    (3, Claim),
    (3, Transfer),
    (4, Wait),
    (3, WaitUntil),
    (5, Autobalance),
    (3, Return),
    (2, Deposit),
    (2, Pause),
    (1, BookReturned),
];

/// The steps of a story.
pub fn story(seed: u64, length: usize) -> Vec<Step> {
    let mut dice = Dice::new(seed);
    let mut actions = vec![
        Deposit,
        Deposit,
        Deposit,
        Deposit,
        Deposit,
        Validators,
        Validators,
        Autobalance,
    ];
    // Once in a while reports come before anybody has deposited.
    if dice.percent(5) {
        actions = vec![Sleep, Report];
    }
    while actions.len() < length {
        match dice.within(0..=99) {
            0..=6 => silence(&mut dice, &mut actions),
            7..=17 => crisis(&mut dice, &mut actions),
            18..=21 => rush(&mut dice, &mut actions),
            22..=26 => drain(&mut dice, &mut actions),
            _ => day(&mut dice, &mut actions),
        }
    }
    actions.truncate(length);
    let step = |action| Step {
        action,
        seed: dice.seed(),
    };
    actions.into_iter().map(step).collect()
}

fn day(dice: &mut Dice, actions: &mut Vec<Action>) {
    for _ in 0..dice.within(1..=9) {
        actions.push(dice.weighted(BY_DAY));
    }
    actions.push(dice.weighted(&[(9, Sleep), (2, Wait), (3, Nap), (1, LeaveAlone)]));
    actions.push(dice.weighted(&[(8, Report), (1, Crash)]));
    if dice.percent(10) {
        actions.push(Return);
    }
    if dice.percent(90) {
        actions.push(Autobalance);
    }
    for _ in 0..dice.within(0..=3) {
        actions.push(dice.weighted(&[(3, Claim), (1, ClaimFor), (1, Autobalance)]));
    }
}

/// More is asked for than is at hand.
fn rush(dice: &mut Dice, actions: &mut Vec<Action>) {
    actions.extend([Validators, Autobalance]);
    for _ in 0..dice.within(2..=6) {
        actions.push(Rush);
    }
    for _ in 0..2 {
        actions.extend([Sleep, Report, Autobalance]);
    }
    actions.extend([Return, Autobalance, ConfirmExits]);
}

/// One exit after the other, until a limit stops them.
fn drain(dice: &mut Dice, actions: &mut Vec<Action>) {
    actions.extend([FlashSetting, FlashSetting, Sleep, Report, Autobalance]);
    for _ in 0..dice.within(3..=9) {
        actions.push(dice.weighted(&[(14, FlashExit), (1, Wait), (1, FlashSetting), (1, Deposit)]));
    }
}

/// A loss, agreed to before, after, or not at all.
fn crisis(dice: &mut Dice, actions: &mut Vec<Action>) {
    if dice.percent(30) {
        actions.push(Flag);
    }
    if dice.percent(50) {
        actions.push(Donate);
    }
    if dice.percent(15) {
        actions.push(TightMonthlyCap);
    }
    actions.push(dice.weighted(&[(4, Sleep), (1, Wait)]));
    if dice.percent(45) {
        actions.push(Acknowledge);
    }
    actions.push(Crash);
    for _ in 0..dice.within(0..=2) {
        actions.push(dice.weighted(BY_DAY));
    }
    if dice.percent(70) {
        actions.push(Acknowledge);
    }
    if dice.percent(50) {
        actions.push(Wait);
        actions.push(dice.weighted(&[(1, Crash), (1, Report)]));
    }
    if dice.percent(60) {
        actions.push(Acknowledge);
    }
}

fn silence(dice: &mut Dice, actions: &mut Vec<Action>) {
    for _ in 0..dice.within(1..=3) {
        actions.push(Request);
    }
    if dice.percent(30) {
        actions.push(Pause);
    }
    if dice.percent(60) {
        actions.extend([Sleep, Crash]);
    }
    actions.extend([LeaveAlone, LeaveAlone]);
    if dice.percent(60) {
        actions.push(LeaveAlone);
    }
    if dice.percent(30) {
        // Reported on while paused, it opens with the end of the pause.
        actions.extend([Pause, Pause, Pause, Report, Unpause, Unpause]);
        actions.extend([RedeemSilently; 3]);
    }
    for _ in 0..dice.within(4..=20) {
        actions.push(dice.weighted(IN_SILENCE));
        if dice.percent(10) {
            actions.push(Sleep);
        }
    }
    actions.extend([Unpause, Report, Autobalance]);
}
