//! A chain of two programs and a few accounts, just large enough to answer the requests of a program with the
//! EVM's prices.

use std::collections::{BTreeMap, HashMap, HashSet};

use alloy::primitives::{address, keccak256, Address, Bytes, B256, U256};
use stylus_vm::{
    pages_gas, Answer, CallKind, Env, Execution, HostUse, Outcome, Profile, Program, Refusal,
    Request, Status, Step,
};

/// Ink per gas.
pub const INK_PRICE: u32 = 10_000;
/// Sender of every transaction.
pub const SENDER: Address = address!("1111111111111111111111111111111111111111");
const SHA256: Address = address!("0000000000000000000000000000000000000002");

/// State that outlives a transaction.
#[derive(Default)]
pub struct Chain {
    pub programs: HashMap<Address, Program>,
    pub codes: HashMap<Address, Bytes>,
    pub balances: HashMap<Address, U256>,
    storage: HashMap<(Address, B256), B256>,
    pub logs: Vec<(Vec<B256>, Bytes)>,
    pub lines: Vec<String>,
}

/// One transaction: what is warm, what was there before, and what its frames used.
pub struct Transaction<'a> {
    chain: &'a mut Chain,
    before: HashMap<(Address, B256), B256>,
    transient: HashMap<(Address, B256), B256>,
    warm_slots: HashSet<(Address, B256)>,
    warm_accounts: HashSet<Address>,
    started: HashSet<Address>,
    pages: (u16, u16),
    /// Profiles of the frames in the order in which they ended.
    pub frames: Vec<Profile>,
    /// Use of host functions in all frames together.
    pub hostio: BTreeMap<&'static str, HostUse>,
}

impl Chain {
    /// Adds a program and makes its WASM the account's code.
    pub fn deploy(&mut self, account: Address, wasm: &[u8], program: Program) {
        self.codes.insert(account, stylus_vm::compress(wasm).into());
        self.programs.insert(account, program);
    }

    /// Starts a transaction to an account.
    pub fn transaction(&mut self, to: Address) -> Transaction<'_> {
        Transaction {
            before: self.storage.clone(),
            chain: self,
            transient: HashMap::new(),
            warm_slots: HashSet::new(),
            warm_accounts: [SENDER, to, SHA256].into(),
            started: [to].into(),
            pages: (0, 0),
            frames: Vec::new(),
            hostio: BTreeMap::new(),
        }
    }
}

impl Transaction<'_> {
    /// Runs a frame of the program at `code` on the storage of `env.contract_address`.
    pub fn run(
        &mut self,
        code: Address,
        env: Env,
        input: Bytes,
        ink: u64,
        read_only: bool,
    ) -> Outcome {
        let account = env.contract_address;
        let (open, storage) = (self.pages.0, self.chain.storage.clone());
        let mut execution = Execution::new(&self.chain.programs[&code], env.clone(), input, ink);
        let mut step = execution.start();
        let outcome = loop {
            match step {
                Step::Request(request) => {
                    let answer = self.answer(account, &env, read_only, request);
                    step = execution.resume(answer);
                }
                Step::Done(outcome) => break outcome,
            }
        };
        self.pages.0 = open;
        if outcome.status != Status::Success {
            self.chain.storage = storage;
        }
        for (name, used) in &execution.profile().hostio {
            let total = self.hostio.entry(name).or_default();
            total.n += used.n;
            total.ink += used.ink;
        }
        self.frames.push(execution.profile().clone());
        outcome
    }

    fn answer(&mut self, account: Address, env: &Env, read_only: bool, request: Request) -> Answer {
        let done = |gas| Answer::Done {
            gas,
            result: Ok(()),
        };
        match request {
            _ if read_only && changes_state(&request) => Answer::Done {
                gas: 0,
                result: Err(Refusal::WriteProtection),
            },
            Request::StorageLoad { key } => {
                let gas = if self.warm_slots.insert((account, key)) {
                    2_100
                } else {
                    100
                };
                Answer::Word {
                    value: slot(&self.chain.storage, account, key),
                    gas,
                }
            }
            Request::StorageFlush { writes, gas_left } => {
                let gas = writes
                    .into_iter()
                    .map(|(key, value)| self.store(account, key, value))
                    .sum();
                if gas > gas_left {
                    return Answer::Done {
                        gas: gas_left,
                        result: Err(Refusal::OutOfGas),
                    };
                }
                done(gas)
            }
            Request::TransientLoad { key } => Answer::Word {
                value: slot(&self.transient, account, key),
                gas: 100,
            },
            Request::TransientStore { key, value } => {
                self.transient.insert((account, key), value);
                done(100)
            }
            Request::Call {
                kind,
                to,
                input,
                value,
                gas_left,
                gas_requested,
            } => self.call(
                env,
                read_only,
                kind,
                to,
                input,
                value,
                gas_left.min(gas_requested),
            ),
            Request::Create { code, .. } => {
                let address = (!code.is_empty()).then(|| Address::repeat_byte(0xCC));
                let output = if address.is_some() {
                    Bytes::new()
                } else {
                    Bytes::from_static(b"no code")
                };
                Answer::Create {
                    address,
                    gas: 32_000,
                    output,
                }
            }
            Request::EmitLog { topics, data } => {
                let gas = 375 * (1 + topics.len() as u64) + 8 * data.len() as u64;
                self.chain.logs.push((topics, data));
                done(gas)
            }
            Request::AccountBalance { account } => Answer::Word {
                gas: self.touch(account),
                value: self.balance(account).into(),
            },
            Request::AccountCodeHash { account } => {
                // No account here has a balance or a nonce and no code: without code, it is empty.
                let value = self
                    .chain
                    .codes
                    .get(&account)
                    .map(keccak256)
                    .unwrap_or_default();
                Answer::Word {
                    gas: self.touch(account),
                    value,
                }
            }
            Request::AccountCode { account, .. } => {
                let code = self.chain.codes.get(&account).cloned().unwrap_or_default();
                Answer::Code {
                    gas: self.touch(account) + 700,
                    code,
                }
            }
            Request::AddPages { pages } => {
                let (open, ever) = self.pages;
                self.pages = (open + pages, ever.max(open + pages));
                Answer::Gas {
                    gas: pages_gas(pages, open, ever),
                }
            }
            Request::Console { line } => {
                self.chain.lines.push(line);
                Answer::Gas { gas: 0 }
            }
        }
    }

    /// SSTORE as of EIP-2200 and EIP-2929.
    fn store(&mut self, account: Address, key: B256, value: B256) -> u64 {
        let current = slot(&self.chain.storage, account, key);
        let original = slot(&self.before, account, key);
        self.chain.storage.insert((account, key), value);
        let cold = if self.warm_slots.insert((account, key)) {
            2_100
        } else {
            0
        };
        cold + match () {
            _ if value == current || current != original => 100,
            _ if original == B256::ZERO => 20_000,
            _ => 2_900,
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn call(
        &mut self,
        env: &Env,
        read_only: bool,
        kind: CallKind,
        to: Address,
        input: Bytes,
        value: U256,
        gas: u64,
    ) -> Answer {
        let mut cost = self.touch(to);
        if value > U256::ZERO {
            cost += 9_000;
            let held = self.balance(env.contract_address);
            if held < value {
                return Answer::Call {
                    success: false,
                    gas: cost,
                    output: Bytes::new(),
                };
            }
            if self.balance(to).is_zero() && !self.chain.codes.contains_key(&to) {
                cost += 25_000;
            }
            self.chain
                .balances
                .insert(env.contract_address, held - value);
            *self.chain.balances.entry(to).or_default() += value;
        }
        if to == SHA256 {
            // Of aabbcc, the only thing anyone hashes here.
            let output = Bytes::from(alloy::hex!(
                "fa22dfe1da9013b3c1145040acae9089e0c08bc1c1a0719614f4b73add6f6ef5"
            ));
            return Answer::Call {
                success: true,
                gas: cost + 72,
                output,
            };
        }
        let Some(program) = self.chain.programs.get(&to) else {
            return Answer::Call {
                success: true,
                gas: cost,
                output: Bytes::new(),
            };
        };
        let start = program.price().init_gas(!self.started.insert(to));
        let inner = match kind {
            CallKind::Delegate => env.clone(),
            _ => Env {
                contract_address: to,
                msg_sender: env.contract_address,
                msg_value: value,
                ..env.clone()
            },
        };
        let ink = (gas - cost) * 63 / 64 * u64::from(INK_PRICE);
        let outcome = self.run(to, inner, input, ink, read_only || kind == CallKind::Static);
        let used = (ink - outcome.ink_left).div_ceil(INK_PRICE.into());
        Answer::Call {
            success: outcome.status == Status::Success,
            gas: cost + start + used,
            output: outcome.output,
        }
    }

    fn touch(&mut self, account: Address) -> u64 {
        if self.warm_accounts.insert(account) {
            2_600
        } else {
            100
        }
    }

    fn balance(&self, account: Address) -> U256 {
        self.chain
            .balances
            .get(&account)
            .copied()
            .unwrap_or_default()
    }
}

fn slot(storage: &HashMap<(Address, B256), B256>, account: Address, key: B256) -> B256 {
    storage.get(&(account, key)).copied().unwrap_or_default()
}

fn changes_state(request: &Request) -> bool {
    matches!(
        request,
        Request::StorageFlush { .. }
            | Request::TransientStore { .. }
            | Request::Create { .. }
            | Request::EmitLog { .. }
    )
}
