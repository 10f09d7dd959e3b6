//! What a contract must answer once it stands.

use alloy::{
    primitives::{Address, Bytes},
    sol_types::SolCall,
};

use super::contract::{readable_answer, readable_arguments};

/// A view, and what it must answer.
#[derive(Clone, Debug)]
pub struct Wire {
    /// Contract that is asked, by name and address.
    pub of: (String, Address),
    /// The view with its arguments, for people to read: `owner()`, `sibling(3)`.
    pub view: String,
    /// The calldata.
    pub call: Bytes,
    /// What it must answer.
    pub answer: Bytes,
    /// Name of the ABI that explains both.
    abi: &'static str,
}

impl Wire {
    /// The view `call` of a contract with the ABI `abi`, which must answer `answer`.
    pub fn new<C: SolCall>(
        of: (&str, Address),
        abi: &'static str,
        call: C,
        answer: &C::Return,
    ) -> Self {
        let data = call.abi_encode();
        let name = C::SIGNATURE.split('(').next().unwrap_or_default();
        Self {
            of: (of.0.to_owned(), of.1),
            view: format!("{name}({})", readable_arguments(abi, &data)),
            call: data.into(),
            answer: C::abi_encode_returns(answer).into(),
            abi,
        }
    }

    /// An answer of this view, for people to read.
    pub fn readable(&self, answer: &[u8]) -> String {
        readable_answer(self.abi, &self.call, answer)
    }
}
