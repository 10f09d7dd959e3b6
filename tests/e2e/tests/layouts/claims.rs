//! What is known of the layouts, as `claims.txt` has it: which bits of which word a view answers with.

use alloy::{
    dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier},
    primitives::{keccak256, Address, Bytes, B256, U256},
};
use clay::bindings::ABIS;
use clay_chain::TEST_ACCOUNTS;
use e2e::{ALICE, BOB, GUARDIAN, OWNER, REPORTERS};

use crate::append::{Item, Space};

/// Accounts by the names they have in the file. Carol has rights in the institutional pool, and an application.
const ACCOUNTS: [(&str, Address); 6] = [
    ("alice", ALICE),
    ("bob", BOB),
    ("carol", TEST_ACCOUNTS[3]),
    ("owner", OWNER),
    ("guardian", GUARDIAN),
    ("reporter", REPORTERS[0]),
];

/// That a view answers what is stored at some bits.
pub struct Claim {
    /// Whose.
    pub program: &'static str,
    /// The word and the bits, as the file names them, and the view.
    pub text: &'static str,
    word: &'static str,
    bits: &'static str,
    view: &'static str,
    /// Which word of its answer.
    pub output: usize,
    /// How many units of the answer one unit of storage stands for.
    pub scale: u64,
    /// What is written, if not another last bit.
    pub written: Option<u64>,
    /// A flag of the books with which alone the word is read.
    pub flag: Option<u64>,
    /// Of the institutional pool.
    pub institutional: bool,
}

/// All claims of the file.
pub fn claims() -> Vec<Claim> {
    let mut program = "";
    let mut claims = Vec::new();
    for line in include_str!("claims.txt").lines() {
        match line.split('|').map(str::trim).collect::<Vec<_>>()[..] {
            [word, bits, view] => claims.push(Claim::new(program, line, [word, bits, view], "")),
            [word, bits, view, notes] => {
                claims.push(Claim::new(program, line, [word, bits, view], notes))
            }
            [name] if !name.is_empty() && !name.starts_with('#') => program = name,
            _ => {}
        }
    }
    claims
}

impl Claim {
    fn new(
        program: &'static str,
        text: &'static str,
        of: [&'static str; 3],
        notes: &'static str,
    ) -> Self {
        let [word, bits, view] = of;
        let (view, output) = match view.split_once(" word ") {
            Some((view, output)) => (view, output.parse().expect("a place")),
            None => (view, 0),
        };
        let note = |name: &str| {
            let mut found = notes.split(", ").filter_map(|note| note.strip_prefix(name));
            found
                .next()
                .map(|number| number.trim().parse::<u64>().expect("a number"))
        };
        let institutional = notes.contains("institutional");
        let only_there = ["kyc-whitelist", "ics-eth-token"].contains(&program);
        Self {
            program,
            text,
            word,
            bits,
            view,
            output,
            scale: note("times").unwrap_or(1),
            written: note("written"),
            flag: note("with flag"),
            institutional: institutional || only_there,
        }
    }

    /// The slot that it is about.
    pub fn slot(&self, items: &[Item]) -> U256 {
        slot(items, self.word)
    }

    /// First bit and number of bits.
    pub fn range(&self, items: &[Item]) -> (usize, usize) {
        match self.bits {
            "word" => (0, 256),
            "address" => (0, 160),
            name => range(items, name),
        }
    }

    /// The call that asks the view.
    pub fn call(&self) -> Bytes {
        let (name, arguments) = self.view.split_once('(').expect("a view");
        let arguments = arguments.trim_end_matches(')').split(", ");
        let abi = ABIS.iter().find(|(contract, _)| *contract == self.program);
        let abi: alloy::json_abi::JsonAbi =
            serde_json::from_str(abi.expect("an ABI").1).expect("an ABI");
        let [function] = &abi.functions[name][..] else {
            panic!("more than one {name}");
        };
        let types = function
            .inputs
            .iter()
            .map(|input| input.resolve().expect("a type"));
        let values = types
            .zip(arguments)
            .map(|(of, argument)| value(&of, argument));
        let encoded = function.abi_encode_input(&values.collect::<Vec<_>>());
        encoded.expect("its types").into()
    }
}

/// The first bit of a field, and how many it has.
pub fn range(items: &[Item], name: &str) -> (usize, usize) {
    let item = find(items, name);
    let in_bits = matches!(item.space, Space::Word(_) | Space::BitsOfSlot(_));
    assert!(in_bits, "{item} is no field");
    (item.from as usize, (item.until - item.from) as usize)
}

/// The item of a layout with a name, or the end of one.
#[track_caller]
pub fn find<'a>(items: &'a [Item], name: &str) -> &'a Item {
    let end = format!("::{name}");
    let mut found = items
        .iter()
        .filter(|item| item.name == name || item.name.ends_with(&end));
    match (found.next(), found.next()) {
        (Some(item), None) => item,
        (None, _) => panic!("no {name}"),
        (Some(first), Some(second)) => panic!("{name}: {first} or {second}"),
    }
}

/// The slot of a mapping's value.
pub fn entry(mapping: U256, key: B256) -> U256 {
    let hashed = [key.as_slice(), &mapping.to_be_bytes::<32>()].concat();
    keccak256(hashed).into()
}

/// The slot of an item.
pub fn slot_of(item: &Item) -> U256 {
    match item.space {
        Space::Slots => U256::from(item.from),
        Space::Arrays => U256::from(item.from) << 128,
        _ => panic!("{item} is no slot"),
    }
}

/// The slot that the file names.
#[track_caller]
pub fn slot(items: &[Item], word: &str) -> U256 {
    let number = |text: &str| U256::from(text.parse::<u64>().expect("a number"));
    if let Some((array, place)) = word.split_once(" from ") {
        let first = slot_of(find(items, array));
        return match place.split_once(" at ") {
            Some((record, place)) => first + number(record) + U256::from(find(items, place).from),
            None => first + number(place),
        };
    }
    let (word, further) = word.split_once(" + ").unwrap_or((word, "0"));
    let mut parts = word.split(" of ");
    let mapping = slot_of(find(items, parts.next().unwrap_or_default()));
    parts.fold(mapping, |slot, of| entry(slot, key(of))) + number(further)
}

/// An account or a number as a key.
fn key(text: &str) -> B256 {
    match ACCOUNTS.iter().find(|(name, _)| *name == text) {
        Some((_, account)) => account.into_word(),
        None => U256::from(text.parse::<u64>().expect("a number")).into(),
    }
}

fn value(of: &DynSolType, text: &str) -> DynSolValue {
    let word = key(text);
    match of {
        DynSolType::Address => DynSolValue::Address(Address::from_word(word)),
        DynSolType::Uint(bits) => DynSolValue::Uint(word.into(), *bits),
        DynSolType::FixedBytes(size) => DynSolValue::FixedBytes(word, *size),
        other => panic!("no {other} here"),
    }
}
