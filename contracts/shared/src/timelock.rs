//! Which delay of the timelock a call takes: its rules, shared with those who plan and explain operations.

use crate::storage::uint;

/// Kind of calls that change a number within its bounds.
pub const PARAMETER: u8 = 1;
/// Kind of all calls of which no rule says anything.
pub const UPGRADE: u8 = 2;
/// Kind of calls that could replace the Board, or change the timelock.
pub const LONGEST: u8 = 3;

const DAY: u64 = 24 * 60 * 60;

/// Default, smallest and largest delay by kind, in seconds (`parameters.md`, timelock).
pub const DELAYS: [[u64; 3]; 3] = [
    [2 * DAY, DAY, 30 * DAY],
    [7 * DAY, 3 * DAY, 60 * DAY],
    [30 * DAY, 14 * DAY, 90 * DAY],
];

/// Seconds for which an operation that is due can be executed: nothing lies in wait for years.
pub const EXECUTABLE: u64 = 28 * DAY;

/// What a rule is about, in one word: a function (4 bytes), a contract (20 bytes), and one more than a first argument
/// (8 bytes). Zero stands for any function, any contract, any argument.
pub fn rule(function: [u8; 4], target: [u8; 20], argument: Option<u64>) -> [u8; 32] {
    let argument = argument.map_or(0, |argument| argument.wrapping_add(1));
    let mut rule = [0; 32];
    let argument = argument.to_be_bytes();
    let bytes = function.iter().chain(&target).chain(&argument);
    for (to, from) in rule.iter_mut().zip(bytes) {
        *to = *from;
    }
    rule
}

/// What rules about a call may be about. The first one there is decides.
pub fn rules_about(target: [u8; 20], data: &[u8]) -> [[u8; 32]; 4] {
    let mut function = [0; 4];
    for (to, from) in function.iter_mut().zip(data) {
        *to = *from;
    }
    let first = data.get(4..).and_then(|arguments| arguments.first_chunk());
    let first = first.and_then(|word| match *uint(*word).as_limbs() {
        [argument, 0, 0, 0] => Some(argument),
        _ => None,
    });
    [
        rule(function, target, first),
        rule(function, target, None),
        rule(ANY_FUNCTION, target, None),
        rule(function, ANY_CONTRACT, None),
    ]
}

/// In a [`rule`], any function.
pub const ANY_FUNCTION: [u8; 4] = [0; 4];
/// In a [`rule`], any contract.
pub const ANY_CONTRACT: [u8; 20] = [0; 20];
