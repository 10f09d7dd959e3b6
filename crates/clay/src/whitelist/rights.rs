//! Rights by their names.

use std::{fmt, str::FromStr};

use clay_shared::kyc::{ALL, HOLD, OPERATE, REDEEM, STAKE};

const NAMES: [(u8, &str); 4] = [
    (STAKE, "stake"),
    (HOLD, "hold"),
    (REDEEM, "redeem"),
    (OPERATE, "operate"),
];

/// What an account may do in the institutional pool: bits, as the contract has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rights(pub u8);

impl Rights {
    /// None at all.
    pub const NONE: Self = Self(0);
    /// All there are.
    pub const ALL: Self = Self(ALL);
    /// What expiry does not end.
    pub const AFTER_EXPIRY: Self = Self(REDEEM);

    /// Those that both have.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Names, in the order of their bits.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let has = move |(bit, _): &(u8, &str)| self.0 & bit != 0;
        NAMES.into_iter().filter(has).map(|(_, name)| name)
    }

    /// In a sentence: "stake, hold and redeem"; "nothing" without any.
    pub fn in_words(self) -> String {
        let names: Vec<_> = self.names().collect();
        match names.split_last() {
            None => "nothing".into(),
            Some((last, [])) => (*last).into(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
        }
    }
}

/// Names with blanks between, as in tables; "none" without any.
impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return f.pad("none");
        }
        f.pad(&self.names().collect::<Vec<_>>().join(" "))
    }
}

/// Names with commas, blanks or plus signs between; "none" or "all".
impl FromStr for Rights {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "none" => return Ok(Self::NONE),
            "all" => return Ok(Self::ALL),
            _ => {}
        }
        let words = text.split([',', '+', ' ']).filter(|word| !word.is_empty());
        let mut rights = None;
        for word in words {
            let known = NAMES.iter().find(|(_, name)| *name == word);
            let (bit, _) = known.ok_or_else(|| {
                format!("'{word}' is no right: there are stake, hold, redeem and operate")
            })?;
            rights = Some(rights.unwrap_or(0) | bit);
        }
        rights
            .map(Self)
            .ok_or_else(|| "name rights, as in stake,hold,redeem, or none".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_as_people_write_them() {
        let all_but_operate = Ok(Rights(STAKE | HOLD | REDEEM));
        assert_eq!("stake,hold,redeem".parse(), all_but_operate);
        assert_eq!("redeem + hold+stake".parse(), all_but_operate);
        assert_eq!("none".parse(), Ok(Rights::NONE));
        assert_eq!("all".parse(), Ok(Rights(15)));
        for bad in ["", ",", "steak", "stake,none", "15"] {
            assert!(bad.parse::<Rights>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for bits in 0..=15 {
            let rights = Rights(bits);
            assert_eq!(rights.to_string().parse(), Ok(rights));
        }
        assert_eq!(Rights(7).in_words(), "stake, hold and redeem");
        assert_eq!(Rights(HOLD).in_words(), "hold");
        assert_eq!(Rights::NONE.in_words(), "nothing");
    }
}
