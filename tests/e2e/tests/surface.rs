//! Any calldata and value to every function of every contract, in pools with live state: success, a typed error, or empty data
//! where it does not decode; never a trap, nor all of the gas.
//!
//! Half of the calls are made from the list of valid ones, with words replaced, moved or cut; the others from the ABI's types.
//!
//!     CLAY_FUZZ_CALLS=10000000 cargo test -p e2e --test surface -- --nocapture    # also prints what became of each function

use std::{
    collections::{BTreeMap, HashSet},
    thread,
};

use alloy::{
    dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier},
    eips::BlockId,
    json_abi::{Function, JsonAbi},
    primitives::{Address, B256, I256, U256},
};
use clay::bindings::ABIS;
use clay_chain::{Chain, ExecStatus, Overrides, TxRequest};
use e2e::{
    calls::{Prepared, ValidCall},
    environment, Kind, ALICE, BOB, COMPLIANCE_OFFICER, DEAD, GUARDIAN, MALLORY, OWNER, REPORTERS,
    TREASURY,
};
use rand::{rngs::StdRng, seq::SliceRandom, Rng, SeedableRng};

/// More than any call of the list needs.
const GAS: u64 = 20_000_000;

/// Functions that need not have succeeded once, and why.
const NEVER: [(&str, &str); 10] = [
    ("initialize", "runs once, as a contract is created"),
    ("proxiableUUID", "answers on the implementation only"),
    (
        "redeemSilently",
        "only when orders could not be finalised for two weeks",
    ),
    ("exitShort", "only when a bond was short for four weeks"),
    (
        "exitUnlicensed",
        "only once a right to operate was taken away",
    ),
    ("setProposer", BY_OPERATION),
    ("setCanceller", BY_OPERATION),
    ("setDelay", BY_OPERATION),
    ("setKind", BY_OPERATION),
    ("upgradeToAndCall", BY_OPERATION),
];

const BY_OPERATION: &str = "of the timelock: only inside of an operation";

/// A function, where it is, and how to call it.
struct Target {
    contract: &'static str,
    signature: String,
    to: Address,
    /// None for plain ETH.
    function: Option<Function>,
    valid: Option<ValidCall>,
    /// The chain on which the valid call can be made.
    chain: Chain,
}

/// What became of a function's calls.
#[derive(Clone, Copy, Default)]
struct Outcomes {
    success: u64,
    typed: u64,
    empty: u64,
}

impl Outcomes {
    fn all(&self) -> u64 {
        self.success + self.typed + self.empty
    }

    fn add(&mut self, other: Self) {
        self.success += other.success;
        self.typed += other.typed;
        self.empty += other.empty;
    }
}

type Histogram = BTreeMap<(&'static str, String), Outcomes>;

fn abi(json: &str) -> JsonAbi {
    serde_json::from_str(json).expect("an ABI")
}

/// Every function of a pool's contracts.
fn targets(prepared: &Prepared) -> Vec<Target> {
    let pool = &prepared.story.pool;
    let calls = prepared.calls();
    let address = |contract: &str| {
        let found = calls.iter().find(|call| call.contract == contract);
        let image = (contract == "order-image").then_some(pool.image);
        found.map(|call| call.to).or(image)
    };
    let mut targets = Vec::new();
    for (contract, json) in ABIS {
        // The gateway is on L1; a pool has one token.
        let Some(to) = address(contract) else {
            continue;
        };
        let abi = abi(json);
        let functions = abi.functions().cloned().map(Some);
        let plain = abi.receive.is_some().then_some(None);
        for function in functions.chain(plain) {
            let signature = function
                .as_ref()
                .map_or("receive()".into(), Function::signature);
            let of = |call: &&ValidCall| call.contract == *contract && call.signature == signature;
            let valid = calls.iter().find(of).cloned();
            let mut pool = pool.clone();
            if let Some(call) = &valid {
                call.prepare(&mut pool);
            }
            targets.push(Target {
                contract,
                signature,
                to,
                function,
                valid,
                chain: pool.chain,
            });
        }
    }
    targets
}

/// What random calls are made of.
struct Dice {
    dice: StdRng,
    accounts: Vec<Address>,
}

impl Dice {
    fn new(seed: u64, targets: &[Target]) -> Self {
        let mut accounts = vec![
            ALICE,
            BOB,
            MALLORY,
            OWNER,
            GUARDIAN,
            TREASURY,
            COMPLIANCE_OFFICER,
            DEAD,
            REPORTERS[0],
            Address::ZERO,
        ];
        accounts.extend(targets.iter().map(|target| target.to));
        accounts.sort_unstable();
        accounts.dedup();
        let dice = StdRng::seed_from_u64(seed);
        Self { dice, accounts }
    }

    fn account(&mut self) -> Address {
        *self.accounts.choose(&mut self.dice).expect("some")
    }

    /// A number that something may depend on.
    fn number(&mut self) -> U256 {
        let bits = self.dice.gen_range(0..256);
        match self.dice.gen_range(0..9) {
            0 => U256::ZERO,
            1 => U256::from(self.dice.gen_range(0..40)),
            2 => U256::from(self.dice.gen_range(0..8) * 32),
            3 => U256::from(10).pow(U256::from(self.dice.gen_range(0..26))),
            4 => U256::from(self.dice.gen::<u64>()),
            5 => U256::from(1) << bits,
            6 => (U256::from(1) << bits) - U256::from(1),
            7 => U256::MAX - U256::from(self.dice.gen_range(0..3)),
            _ => U256::from_be_bytes(self.dice.gen::<[u8; 32]>()),
        }
    }

    fn word(&mut self) -> B256 {
        match self.dice.gen_range(0..4) {
            0 => self.account().into_word(),
            _ => self.number().into(),
        }
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = *[0, 1, 4, 20, 32, 64, 65, 130, 325]
            .choose(&mut self.dice)
            .expect("some");
        (0..length).map(|_| self.dice.gen()).collect()
    }

    /// A value of a type.
    fn value(&mut self, of: &DynSolType) -> DynSolValue {
        match of {
            DynSolType::Bool => DynSolValue::Bool(self.dice.gen()),
            DynSolType::Address => DynSolValue::Address(self.account()),
            DynSolType::Uint(bits) => DynSolValue::Uint(self.number() >> (256 - bits), *bits),
            DynSolType::Int(bits) => {
                let value = I256::from_raw(self.number() >> (257 - bits));
                DynSolValue::Int(value, *bits)
            }
            DynSolType::FixedBytes(size) => {
                let mut word = self.word();
                word[*size..].fill(0);
                DynSolValue::FixedBytes(word, *size)
            }
            DynSolType::Bytes => DynSolValue::Bytes(self.bytes()),
            DynSolType::String => DynSolValue::String("text".into()),
            DynSolType::Array(of) => {
                let length = self.dice.gen_range(0..4);
                DynSolValue::Array((0..length).map(|_| self.value(of)).collect())
            }
            DynSolType::FixedArray(of, length) => {
                DynSolValue::FixedArray((0..*length).map(|_| self.value(of)).collect())
            }
            DynSolType::Tuple(of) | DynSolType::CustomStruct { tuple: of, .. } => {
                DynSolValue::Tuple(of.iter().map(|of| self.value(of)).collect())
            }
            other => panic!("no values of {other}"),
        }
    }

    /// Calldata from the types alone.
    fn typed(&mut self, function: &Function) -> Vec<u8> {
        let inputs = function
            .inputs
            .iter()
            .map(|input| input.resolve().expect("a type"));
        let values: Vec<_> = inputs.map(|of| self.value(&of)).collect();
        function.abi_encode_input(&values).expect("of these types")
    }

    /// Calldata, no longer what it was.
    fn bend(&mut self, data: &mut Vec<u8>) {
        let words = data.len().saturating_sub(4) / 32;
        let at = |place: usize| 4 + 32 * place..36 + 32 * place;
        match self.dice.gen_range(0..10) {
            0 => data.truncate(self.dice.gen_range(0..=data.len())),
            1 => {
                let more = self.bytes();
                data.extend(more);
            }
            2 if !data.is_empty() => {
                let place = self.dice.gen_range(0..data.len());
                data[place] ^= 1 << self.dice.gen_range(0..8);
            }
            3 | 4 if words > 0 => {
                let place = at(self.dice.gen_range(0..words));
                let value = U256::from_be_slice(&data[place.clone()]);
                let one = U256::from(self.dice.gen_range(1..3));
                let moved = match self.dice.gen() {
                    true => value.wrapping_add(one),
                    false => value.wrapping_sub(one),
                };
                data[place].copy_from_slice(&moved.to_be_bytes::<32>());
            }
            5 if words > 1 => {
                let (from, to) = (self.dice.gen_range(0..words), self.dice.gen_range(0..words));
                data.copy_within(at(from), at(to).start);
            }
            _ if words > 0 => {
                let place = at(self.dice.gen_range(0..words));
                let word = self.word();
                data[place].copy_from_slice(word.as_slice());
            }
            _ => {}
        }
    }

    fn wei(&mut self) -> U256 {
        match self.dice.gen_range(0..12) {
            0 => U256::from(1),
            1 => U256::from(10).pow(U256::from(18)),
            2 => self.number() >> 160,
            _ => U256::ZERO,
        }
    }

    fn request(&mut self, target: &Target) -> TxRequest {
        let function = target.function.as_ref();
        let (mut from, mut value, mut data) = match (&target.valid, function) {
            (Some(call), _) if function.is_none() || self.dice.gen_bool(0.6) => {
                (call.from, call.value, call.data.to_vec())
            }
            (call, Some(function)) => {
                let from = call.as_ref().map_or(ALICE, |call| call.from);
                (from, self.wei(), self.typed(function))
            }
            (_, None) => (ALICE, self.wei(), Vec::new()),
        };
        if self.dice.gen_bool(0.2) {
            from = self.account();
        }
        if self.dice.gen_bool(0.1) {
            value = self.wei();
        }
        for _ in 0..*[0, 0, 1, 1, 2, 3].choose(&mut self.dice).expect("some") {
            self.bend(&mut data);
        }
        TxRequest::call(from, target.to, data)
            .with_value(value)
            .with_gas(GAS)
    }
}

/// What a call came to.
fn outcome(target: &Target, request: &TxRequest, errors: &HashSet<[u8; 4]>) -> Outcomes {
    let overrides = Overrides::default();
    let called = target.chain.call(request, BlockId::latest(), &overrides);
    let Ok(called) = called else {
        // More ETH than there is.
        return Outcomes {
            empty: 1,
            ..Outcomes::default()
        };
    };
    let what = format!("{}.{}: {request:?}", target.contract, target.signature);
    let mut outcomes = Outcomes::default();
    match called.status {
        ExecStatus::Success => outcomes.success = 1,
        ExecStatus::Revert if called.output.is_empty() => {
            no_trap(target, request, &what);
            outcomes.empty = 1;
        }
        ExecStatus::Revert => {
            let selector = called.output.first_chunk().expect("a selector");
            assert!(errors.contains(selector), "{what}: {}", called.output);
            outcomes.typed = 1;
        }
        ExecStatus::Halt(why) => panic!("{what}: {why}"),
    }
    outcomes
}

/// A contract below that traps would end in empty data too.
fn no_trap(target: &Target, request: &TxRequest, what: &str) {
    let traced = target
        .chain
        .trace_call(request, BlockId::latest(), &Overrides::default());
    let trace = traced.expect("a call").trace.expect("asked for");
    for frame in trace.frames() {
        let error = frame.error.as_deref().unwrap_or("execution reverted");
        assert_eq!(error, "execution reverted", "{what}");
    }
}

fn fuzz(kind: Kind, seed: u64, calls: u64) -> Histogram {
    let prepared = match kind {
        Kind::Retail => Prepared::retail(),
        Kind::Institutional => Prepared::institutional(),
    };
    let targets = targets(&prepared);
    let errors = ABIS.iter().flat_map(|(_, json)| {
        let errors = abi(json).errors.into_values().flatten();
        errors.map(|error| error.selector().0).collect::<Vec<_>>()
    });
    let errors: HashSet<[u8; 4]> = errors.collect();
    let mut dice = Dice::new(seed, &targets);
    let mut histogram = Histogram::new();
    for target in &targets {
        let outcomes = histogram
            .entry((target.contract, target.signature.clone()))
            .or_default();
        for _ in 0..calls.div_ceil(targets.len() as u64) {
            let request = dice.request(target);
            outcomes.add(outcome(target, &request, &errors));
        }
    }
    histogram
}

#[test]
fn p43_any_call_gets_success_a_typed_error_or_empty_data() {
    let calls = environment("CLAY_FUZZ_CALLS").unwrap_or(40_000);
    let seed = environment("CLAY_SEED").unwrap_or(1);
    let kinds = [Kind::Retail, Kind::Institutional];
    let runs = kinds.map(|kind| thread::spawn(move || fuzz(kind, seed, calls / 2)));
    let mut histogram = Histogram::new();
    for run in runs {
        for (function, outcomes) in run.join().expect("every call ends as promised") {
            histogram.entry(function).or_default().add(outcomes);
        }
    }
    let mut sum = Outcomes::default();
    println!(
        "{:>9} {:>9} {:>9} {:>9}",
        "calls", "success", "typed", "empty"
    );
    for ((contract, signature), outcomes) in &histogram {
        let Outcomes {
            success,
            typed,
            empty,
        } = outcomes;
        println!(
            "{:>9} {success:>9} {typed:>9} {empty:>9}  {contract}.{signature}",
            outcomes.all()
        );
        sum.add(*outcomes);
    }
    let fewest = histogram.values().map(Outcomes::all).min();
    let never: Vec<_> = histogram
        .iter()
        .filter(|(_, it)| it.success == 0)
        .map(|(name, _)| name)
        .collect();
    println!(
        "{} functions, {} calls, at least {} each; {} succeeded, {} with a typed error, {} with empty data",
        histogram.len(),
        sum.all(),
        fewest.unwrap_or_default(),
        sum.success,
        sum.typed,
        sum.empty
    );
    println!("never succeeded: {never:?}");
    // The run means something only if much of it succeeded.
    assert!(
        sum.success * 20 > sum.all() && sum.typed * 20 > sum.all() && sum.empty * 50 > sum.all()
    );
    let missing: Vec<_> = never
        .iter()
        .filter(|(_, signature)| !may_never(signature))
        .collect();
    match calls {
        0..1_000_000 => assert!(missing.len() <= 15, "{missing:?}"),
        _ => assert!(missing.is_empty(), "{missing:?}"),
    }
}

fn may_never(signature: &str) -> bool {
    let name = signature.split('(').next();
    NEVER.iter().any(|(never, _)| name == Some(*never))
}
