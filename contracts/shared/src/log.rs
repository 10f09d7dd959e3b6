//! Writing logs in words.

use alloy_primitives::{Address, B256};

use crate::{
    abi::{concat, Word},
    host,
};

/// Emits a log with up to four topics (the first is the event's signature hash) and data in words.
#[inline(never)]
pub fn emit(topics: &[B256], data: &[B256]) {
    let mut bytes = concat(&[], topics);
    for word in data {
        bytes.extend_from_slice(word.as_slice());
    }
    host::emit(&bytes, topics.len());
}

/// Emits an event of two indexed addresses, such as a previous and a current one.
#[inline(never)]
pub fn changed(event: B256, previous: Address, current: Address) {
    emit(&[event, previous.word(), current.word()], &[]);
}
