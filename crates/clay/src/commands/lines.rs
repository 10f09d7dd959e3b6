//! Named values, for people as a table and for programs as JSON.

use alloy::primitives::{Address, I256, U256};
use serde_json::{Map, Value};

use crate::{
    amount::{display, display_eth},
    table,
};

/// One value: its key in JSON, its name in the table, and what it is.
pub(super) struct Line {
    key: &'static str,
    name: &'static str,
    value: Shown,
}

/// What a value is.
enum Shown {
    /// Wei.
    Eth(I256),
    /// Wei per 1e18 shares, or shares.
    Decimal(U256),
    Address(Address),
    Text(String),
    Bool(bool),
    Count(U256),
    /// Seconds since the epoch, zero for never.
    Time(U256),
}

impl Line {
    /// Its key in JSON.
    pub(super) fn key(&self) -> &'static str {
        self.key
    }

    /// Wei, which may be owed.
    pub(super) fn signed(key: &'static str, name: &'static str, wei: I256) -> Self {
        let value = Shown::Eth(wei);
        Self { key, name, value }
    }

    /// Wei.
    pub(super) fn eth(key: &'static str, name: &'static str, wei: U256) -> Self {
        Self::signed(key, name, I256::try_from(wei).unwrap_or(I256::MAX))
    }

    /// Shares, or wei per 1e18 of them.
    pub(super) fn decimal(key: &'static str, name: &'static str, number: U256) -> Self {
        let value = Shown::Decimal(number);
        Self { key, name, value }
    }

    /// An account.
    pub(super) fn address(key: &'static str, name: &'static str, account: Address) -> Self {
        let value = Shown::Address(account);
        Self { key, name, value }
    }

    /// Words.
    pub(super) fn text(key: &'static str, name: &'static str, text: impl Into<String>) -> Self {
        let value = Shown::Text(text.into());
        Self { key, name, value }
    }

    /// Yes or no.
    pub(super) fn bool(key: &'static str, name: &'static str, yes: bool) -> Self {
        let value = Shown::Bool(yes);
        Self { key, name, value }
    }

    /// A number of things.
    pub(super) fn count(key: &'static str, name: &'static str, count: U256) -> Self {
        let value = Shown::Count(count);
        Self { key, name, value }
    }

    /// Seconds since the epoch, zero for never.
    pub(super) fn time(key: &'static str, name: &'static str, time: U256) -> Self {
        let value = Shown::Time(time);
        Self { key, name, value }
    }
}

impl Shown {
    fn text(&self) -> String {
        match self {
            Shown::Eth(wei) if wei.is_negative() => format!("-{}", display_eth(wei.unsigned_abs())),
            Shown::Eth(wei) => display_eth(wei.unsigned_abs()),
            Shown::Decimal(number) => display(*number),
            Shown::Address(account) => account.to_string(),
            Shown::Text(text) => text.clone(),
            Shown::Bool(yes) => if *yes { "yes" } else { "no" }.into(),
            Shown::Count(count) => count.to_string(),
            Shown::Time(time) if time.is_zero() => "never".into(),
            Shown::Time(time) => format!("{time} (Unix time)"),
        }
    }

    fn json(&self) -> Value {
        match self {
            Shown::Eth(wei) => wei.to_string().into(),
            Shown::Decimal(number) => number.to_string().into(),
            Shown::Address(account) => account.to_string().into(),
            Shown::Text(text) => text.clone().into(),
            Shown::Bool(yes) => (*yes).into(),
            Shown::Count(number) | Shown::Time(number) => number.saturating_to::<u64>().into(),
        }
    }
}

/// The lines as a table.
pub(super) fn table(lines: &[Line]) -> String {
    let rows: Vec<_> = lines
        .iter()
        .map(|line| (line.name, line.value.text()))
        .collect();
    table::lines(&rows)
}

/// The lines as a JSON object: amounts in wei, as text.
pub(super) fn json(lines: &[Line]) -> Map<String, Value> {
    let members = lines
        .iter()
        .map(|line| (line.key.to_owned(), line.value.json()));
    members.collect()
}
