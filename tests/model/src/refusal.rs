//! Why an action is refused: the name of the error and the numbers it carries.

use crate::{Account, Int};

/// What an action answers.
pub type Answer<T> = Result<T, Refusal>;

/// A typed error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its name in the ABI.
    pub error: &'static str,
    /// Its arguments, in order.
    pub words: Vec<Word>,
}

/// An argument of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// An amount, a time or a number.
    Number(Int),
    /// An account.
    Account(Account),
}

impl From<Account> for Word {
    fn from(account: Account) -> Self {
        Word::Account(account)
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Word {
            fn from(number: $number) -> Self {
                Word::Number(number.clone().into())
            }
        }
    )*};
}

numbers!(Int, &Int, u64, u32, u8);

/// An error by its name, with its arguments.
macro_rules! refusal {
    ($error:ident $(, $word:expr)* $(,)?) => {
        $crate::Refusal { error: stringify!($error), words: vec![$($crate::Word::from($word)),*] }
    };
}

/// Refuses unless a condition holds.
macro_rules! require {
    ($condition:expr, $error:ident $(, $word:expr)* $(,)?) => {
        if !$condition {
            return Err($crate::refusal::refusal!($error $(, $word)*));
        }
    };
}

pub(crate) use {refusal, require};
