//! What can happen next. A step is an action and a seed; what exactly it does depends on these and on the
//! state it meets, so any steps can be left out of a story.

use crate::dice::Dice;

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The right to operate is asked for from now on, and everybody gets it.
    Gate,
    /// Operators are paid by the rewards-distributor from now on: what follows about roots and leaves goes through it.
    Pay,
    /// The targets are those of few buckets.
    Focus,
    /// An operator registers with a bond and nodes, and mostly is vouched for.
    Found,
    Register,
    Record,
    Vouch,
    Bond,
    Announce,
    Withdraw,
    CheckBond,
    AddNodes,
    RemoveNodes,
    Rejoin,
    Form,
    /// All members of a cluster post the same.
    Ceremony,
    /// One of them posts something.
    Submit,
    NameFailed,
    Dissolve,
    Fund,
    RequestExits,
    RequestExit,
    ExitShort,
    ExitUnlicensed,
    PostPart,
    /// Several members post their parts.
    PostParts,
    DeclareFalse,
    ForceExit,
    /// The committee says what became of a validator or several.
    Confirm,
    /// A validator's next step in the usual course.
    Advance,
    NoteRoot,
    ApplyLeaf,
    /// A root, and the leaves of most operators.
    Epoch,
    Credit,
    Settle,
    Parameter,
    Targets,
    /// The pool's rate changes.
    Rate,
    /// The rate falls so far that bonds are short, and everybody is told.
    Crash,
    /// The rate is what it was before.
    Recover,
    /// So much ETH is free.
    Free,
    Pause,
    Unpause,
    /// Somebody gets or loses the right to operate.
    Right,
    /// Hours.
    Wait,
    /// Days.
    Sleep,
    /// Weeks.
    LeaveAlone,
    /// To a second at which something ends or begins, or the one before or after.
    WaitUntil,
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

const USUAL: &[(u32, Action)] = &[
    (3, Found),
    (1, Register),
    (3, Record),
    (4, Vouch),
    (12, Bond),
    (3, Announce),
    (4, Withdraw),
    (3, CheckBond),
    (9, AddNodes),
    (3, RemoveNodes),
    (5, Rejoin),
    (20, Form),
    (12, Ceremony),
    (10, Submit),
    (5, NameFailed),
    (8, Dissolve),
    (10, Fund),
    (4, RequestExits),
    (7, RequestExit),
    (3, ExitShort),
    (3, ExitUnlicensed),
    (4, PostPart),
    (5, PostParts),
    (3, DeclareFalse),
    (2, ForceExit),
    (8, Confirm),
    (44, Advance),
    (1, NoteRoot),
    (4, ApplyLeaf),
    (5, Epoch),
    (2, Credit),
    (5, Settle),
    (4, Parameter),
    (2, Targets),
    (3, Rate),
    (1, Free),
    (1, Pause),
    (6, Unpause),
    (3, Right),
    (5, Wait),
    (5, Sleep),
    (2, LeaveAlone),
    (6, WaitUntil),
];

/// The steps of a story.
pub fn story(seed: u64, length: usize) -> Vec<Step> {
    let mut dice = Dice::new(seed);
    let mut actions = Vec::new();
    if dice.percent(40) {
        actions.push(Gate);
    }
    let pays = dice.percent(50);
    if pays {
        actions.push(Pay);
    }
    actions.push(Focus);
    for _ in 0..dice.within(8..=13) {
        actions.push(Found);
    }
    for _ in 0..dice.within(0..=6) {
        actions.push(Form);
    }
    while actions.len() < length {
        match dice.within(0..=99) {
            0..=2 => actions.extend([Fund, Advance, Advance, RequestExits, PostParts, PostParts]),
            3..=5 => actions.extend([
                Advance,
                RequestExit,
                PostParts,
                WaitUntil,
                PostParts,
                Confirm,
            ]),
            6..=8 => actions.extend([Form, Submit, Submit, NameFailed, WaitUntil, Dissolve]),
            9..=10 => actions.extend([Epoch, Settle, Announce, Sleep, Withdraw]),
            11..=12 => {
                actions.extend([Advance, Advance, Crash, Fund, Dissolve, Form, CheckBond]);
                actions.extend([LeaveAlone, LeaveAlone, ExitShort, ExitShort, Recover]);
            }
            13 => actions.extend([Fund, ExitUnlicensed, ExitUnlicensed, Confirm, Right]),
            14..=19 if pays => actions.extend([Epoch, ApplyLeaf, Credit]),
            20..=22 if pays => {
                actions.extend([NoteRoot, NoteRoot, WaitUntil, NoteRoot, ApplyLeaf, Credit])
            }
            _ => actions.push(dice.weighted(USUAL)),
        }
    }
    actions.truncate(length);
    let step = |action| Step {
        action,
        seed: dice.seed(),
    };
    actions.into_iter().map(step).collect()
}
