//! Amounts as people write them.

use alloc::vec::Vec;

/// Decimals of wei and of shares.
const DECIMALS: usize = 18;
/// Decimals in the picture.
const SHORT: usize = 6;

/// Appends an integer.
pub(crate) fn append_integer(text: &mut Vec<u8>, mut value: u128) {
    let start = text.len();
    loop {
        text.push(b'0' + (value % 10) as u8);
        value /= 10;
        if value == 0 {
            break;
        }
    }
    text[start..].reverse();
}

/// Appends an amount of 18 decimals exactly, without zeros at its end.
pub(crate) fn append_exact(text: &mut Vec<u8>, amount: u128) {
    append(text, amount, DECIMALS);
}

/// Appends an amount of 18 decimals, cut to six; one that this would make zero is "under 0.000001".
pub(crate) fn append_short(text: &mut Vec<u8>, amount: u128) {
    let unit = 10u128.pow((DECIMALS - SHORT) as u32);
    if amount != 0 && amount < unit {
        text.extend_from_slice(b"under ");
    }
    append(text, amount.max(u128::from(amount != 0) * unit), SHORT);
}

fn append(text: &mut Vec<u8>, amount: u128, decimals: usize) {
    let one = 10u128.pow(DECIMALS as u32);
    append_integer(text, amount / one);
    let point = text.len();
    text.push(b'.');
    // A leading one keeps the zeros behind the point; the point takes its place.
    append_integer(text, one + amount % one);
    text.remove(point + 1);
    text.truncate(point + 1 + decimals);
    while text.last() == Some(&b'0') {
        text.pop();
    }
    if text.last() == Some(&b'.') {
        text.pop();
    }
}
