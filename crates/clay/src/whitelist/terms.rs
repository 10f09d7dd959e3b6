//! Accounts and the rights they are to have, from a table.

use std::path::Path;

use alloy::primitives::{aliases::U40, Address, B256};

use super::{csv, rights::Rights};
use crate::{failure::Failure, moment};

const COLUMNS: [&str; 4] = ["account", "rights", "until", "reference"];

/// An account, and the rights it is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The account.
    pub account: Address,
    /// Its rights.
    pub rights: Rights,
    /// Until when they hold, seconds.
    pub until: U40,
    /// Hash of the off-chain file they rest on.
    pub reference: B256,
}

impl Terms {
    /// Reads a table whose first line names the columns, in any order.
    ///
    /// # Errors
    /// [`Failure::File`] if it cannot be read, with the line that is wrong.
    pub fn read(file: &Path) -> Result<Vec<Self>, Failure> {
        let problem = |words: String| Failure::File(format!("{}: {words}.", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| problem(error.to_string()))?;
        table(&text).map_err(problem)
    }
}

fn table(text: &str) -> Result<Vec<Terms>, String> {
    let mut lines = csv::read(text)?.into_iter();
    let (_, names) = lines.next().ok_or("the table is empty")?;
    let place = |column: &str| {
        let found = names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(column));
        found.ok_or_else(|| {
            format!(
                "the first line names no column '{column}': there are {}",
                COLUMNS.join(", ")
            )
        })
    };
    let mut places = [0; COLUMNS.len()];
    for (slot, column) in places.iter_mut().zip(COLUMNS) {
        *slot = place(column)?;
    }
    if let Some(name) = names
        .iter()
        .find(|name| !COLUMNS.contains(&name.to_lowercase().as_str()))
    {
        return Err(format!("there is no column '{name}'"));
    }
    let mut found: Vec<Terms> = Vec::new();
    for (number, values) in lines {
        let at = |words: String| format!("line {number}: {words}");
        let value = |index: usize| values.get(places[index]).map_or("", String::as_str);
        if values.len() > names.len() {
            return Err(at("it has more values than there are columns".into()));
        }
        let terms = terms([value(0), value(1), value(2), value(3)]).map_err(at)?;
        if found.iter().any(|other| other.account == terms.account) {
            return Err(at(format!("{} is named twice", terms.account)));
        }
        found.push(terms);
    }
    if found.is_empty() {
        return Err("the table names no account".into());
    }
    Ok(found)
}

fn terms([account, rights, until, reference]: [&str; 4]) -> Result<Terms, String> {
    let account = account
        .parse()
        .map_err(|_| format!("'{account}' is no address"))?;
    let rights: Rights = rights.parse()?;
    // Who has no rights needs no end of them, nor a file.
    let needless = |text: &str| rights == Rights::NONE && text.is_empty();
    let until = match needless(until) {
        true => U40::ZERO,
        false => U40::try_from(moment::parse(until)?)
            .map_err(|_| format!("'{until}' is later than the whitelist knows"))?,
    };
    let reference = match needless(reference) {
        true => B256::ZERO,
        false => reference
            .parse()
            .map_err(|_| format!("'{reference}' is no hash of a file"))?,
    };
    Ok(Terms {
        account,
        rights,
        until,
        reference,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: Address = Address::repeat_byte(0xa1);
    const BOB: Address = Address::repeat_byte(0xb0);
    const FILE: B256 = B256::repeat_byte(0xf1);

    #[test]
    fn a_table_is_read_by_the_names_of_its_columns() {
        let text = format!(
            "rights,account,Reference,until\n\"stake, hold\",{ALICE},{FILE},2027-01-31\nnone,{BOB},,\n"
        );
        let terms = table(&text).unwrap();
        let alice = Terms {
            account: ALICE,
            rights: Rights(3),
            until: U40::from(1_801_353_600u64),
            reference: FILE,
        };
        let bob = Terms {
            account: BOB,
            rights: Rights::NONE,
            until: U40::ZERO,
            reference: B256::ZERO,
        };
        assert_eq!(terms, [alice, bob]);
    }

    #[test]
    fn what_is_wrong_in_a_table_is_told_with_its_line() {
        let head = "account,rights,until,reference";
        let wrong = |line: String| table(&format!("{head}\n\n{line}")).unwrap_err();
        for (line, words) in [
            (
                "0x12,stake,2027-01-31,".into(),
                "line 3: '0x12' is no address",
            ),
            (
                format!("{ALICE},steak,2027-01-31,{FILE}"),
                "'steak' is no right",
            ),
            (format!("{ALICE},stake,,{FILE}"), "'' is no date"),
            (format!("{ALICE},stake,2027-01-31,"), "'' is no hash"),
            (format!("{ALICE},stake,2027-01-31"), "'' is no hash"),
            (format!("{ALICE},none,,,more"), "more values"),
            (format!("{ALICE},stake,9999999999999,{FILE}"), "later than"),
            (format!("{ALICE},none,,\n{ALICE},none,,"), "line 4: "),
        ] {
            let told = wrong(line);
            assert!(told.contains(words), "{told}");
        }
        assert!(table("").unwrap_err().contains("empty"));
        assert!(table(head).unwrap_err().contains("no account"));
        let lacking = table("account,rights,until").unwrap_err();
        assert!(lacking.contains("no column 'reference'"), "{lacking}");
        let unknown = table("account,rights,until,reference,note").unwrap_err();
        assert!(unknown.contains("no column 'note'"), "{unknown}");
    }
}
