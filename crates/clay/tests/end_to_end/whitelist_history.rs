//! What `clay whitelist history` tells is enough: every account's status at every block follows from it alone.

use std::collections::HashMap;

use alloy::{
    eips::BlockId,
    primitives::{aliases::U40, Address, Bytes, B256, U256},
    sol_types::SolCall,
};
use clay::{
    bindings::KycWhitelist::{
        acceptCall, applicationCountCall, applyForCall, denyCall, denyInEmergencyCall,
        liftDenialCall, renewCall, rightsOfCall, setBoardCall, setComplianceOfficerCall,
        setProtocolContractCall, setRightsCall, statusCall, turnDownCall,
    },
    deploy::record::Deployment,
    development::COMPLIANCE_OFFICER,
};
use clay_chain::{Overrides, TxRequest, NITRO_DEV_ACCOUNT, TEST_ACCOUNTS};
use rand::{rngs::StdRng, seq::SliceRandom, Rng, SeedableRng};
use serde_json::Value;

use crate::{chain::TestChain, commands::deployed, whitelist::table};

const CHANGES: usize = 1_000;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const UNTIL_LIFTED: u64 = (1 << 40) - 1;

/// Whoever changes the whitelist, and what is there.
struct World {
    world: TestChain,
    whitelist: Address,
    board: Address,
    officer: Address,
    accounts: Vec<Address>,
    random: StdRng,
}

impl World {
    async fn start() -> Self {
        let world = deployed().await;
        let deployment = Deployment::read(&world.file()).unwrap().unwrap();
        let at = |name: &str| deployment.contracts[name].address;
        let mut accounts = TEST_ACCOUNTS.to_vec();
        // Two that are contracts of the protocol from the beginning.
        accounts.extend([
            at("institutional/unstake-queue"),
            at("retail/flash-exit-pool"),
        ]);
        Self {
            whitelist: at("shared/kyc-whitelist"),
            board: at("shared/board"),
            officer: COMPLIANCE_OFFICER,
            world,
            accounts,
            random: StdRng::seed_from_u64(14),
        }
    }

    /// Some accounts, most often one.
    fn some(&mut self) -> Vec<Address> {
        let count = *[1, 1, 1, 2, 3].choose(&mut self.random).unwrap();
        let some = self.accounts.choose_multiple(&mut self.random, count);
        some.copied().collect()
    }

    fn one(&mut self) -> Address {
        *self.accounts.choose(&mut self.random).unwrap()
    }

    fn now(&self) -> u64 {
        self.world.chain.lock().unwrap().next_timestamp()
    }

    /// An end of rights, most often ahead.
    fn expiry(&mut self) -> U40 {
        let now = self.now();
        U40::from(now + self.random.gen_range(0..40 * DAY))
    }

    fn hash(&mut self) -> B256 {
        B256::from(self.random.gen::<[u8; 32]>())
    }

    fn ids(&mut self) -> Vec<U256> {
        let latest = BlockId::latest();
        let count = self.ask(latest, applicationCountCall {}).to::<u64>();
        let count = count.max(1);
        // The last ones are open most likely.
        let from = count.saturating_sub(4).max(1);
        vec![U256::from(self.random.gen_range(from..=count))]
    }

    /// A change that somebody may try to make, and who.
    fn change(&mut self) -> (Address, Vec<u8>) {
        let (board, officer, owner) = (self.board, self.officer, NITRO_DEV_ACCOUNT);
        match self.random.gen_range(0..22) {
            0..=4 => {
                let accounts = self.some();
                let call = setRightsCall {
                    rights: accounts
                        .iter()
                        .map(|_| self.random.gen_range(0..16))
                        .collect(),
                    expiries: accounts.iter().map(|_| self.expiry()).collect(),
                    referenceHashes: accounts.iter().map(|_| self.hash()).collect(),
                    accounts,
                };
                (board, call.abi_encode())
            }
            5..=6 => {
                let (accounts, expiry) = (self.some(), self.expiry());
                (board, renewCall { accounts, expiry }.abi_encode())
            }
            7..=8 => {
                let (accounts, reason) = (self.some(), self.hash());
                (board, denyCall { accounts, reason }.abi_encode())
            }
            9..=10 => {
                let (accounts, reason) = (self.some(), self.hash());
                (
                    officer,
                    denyInEmergencyCall { accounts, reason }.abi_encode(),
                )
            }
            11..=14 => {
                let (accounts, reason) = (vec![self.one()], self.hash());
                (owner, liftDenialCall { accounts, reason }.abi_encode())
            }
            15..=16 => {
                let call = applyForCall {
                    account: self.one(),
                    rights: self.random.gen_range(0..16),
                    referenceHash: self.hash(),
                };
                (self.one(), call.abi_encode())
            }
            17..=18 => {
                let (ids, expiries) = (self.ids(), vec![self.expiry()]);
                (board, acceptCall { ids, expiries }.abi_encode())
            }
            19 => {
                let (ids, reason) = (self.ids(), self.hash());
                (board, turnDownCall { ids, reason }.abi_encode())
            }
            20 => {
                let call = setProtocolContractCall {
                    account: self.one(),
                    isProtocolContract: self.random.gen_bool(0.4),
                };
                (owner, call.abi_encode())
            }
            _ => {
                let current = TEST_ACCOUNTS[self.random.gen_range(0..3)];
                if self.random.gen_bool(0.5) {
                    let call = setComplianceOfficerCall {
                        complianceOfficer: current,
                    };
                    (owner, call.abi_encode())
                } else {
                    (owner, setBoardCall { board: current }.abi_encode())
                }
            }
        }
    }

    /// Tries a change after some time; says whether it was made.
    fn step(&mut self) -> bool {
        // Some changes in the same second, some most of a day apart; all within the year that programs live.
        let passes = *[0, 0, 1, HOUR, 2 * HOUR, 16 * HOUR]
            .choose(&mut self.random)
            .unwrap();
        let (from, data) = self.change();
        let mut chain = self.world.chain.lock().unwrap();
        chain.increase_time(passes);
        if self.random.gen_bool(0.05) {
            // A block without any change.
            chain.mine(1);
        }
        chain.impersonate(from);
        chain.set_balance(from, U256::from(10).pow(U256::from(18)));
        let request = TxRequest::call(from, self.whitelist, data.clone());
        let made = chain.transact(request).unwrap().success();
        drop(chain);
        if let (true, Ok(call)) = (made, setBoardCall::abi_decode(&data)) {
            self.board = call.board;
        }
        if let (true, Ok(call)) = (made, setComplianceOfficerCall::abi_decode(&data)) {
            self.officer = call.complianceOfficer;
        }
        made
    }

    /// What the whitelist answers as of a block.
    fn ask<C: SolCall>(&self, at: BlockId, call: C) -> C::Return {
        let request = TxRequest::call(Address::ZERO, self.whitelist, call.abi_encode());
        let chain = self.world.chain.lock().unwrap();
        let outcome = chain.call(&request, at, &Overrides::default()).unwrap();
        let answer: &Bytes = &outcome.output;
        assert!(outcome.status.is_success(), "{answer} {:?}", outcome.status);
        C::abi_decode_returns(answer).unwrap()
    }
}

/// An account's standing, rebuilt from what the command prints and nothing of its own code.
#[derive(Clone, Default)]
struct Rebuilt {
    rights: u8,
    expiry: u64,
    reference: B256,
    denied_until: u64,
    emergency_from: u64,
    protocol_contract: bool,
}

impl Rebuilt {
    fn hear(&mut self, event: &Value) {
        let number = |name: &str| event[name].as_u64().unwrap();
        match event["event"].as_str().unwrap() {
            "RightsChanged" => {
                self.rights = bits(&event["rights"]);
                self.expiry = number("expiry");
                self.reference = event["reference"].as_str().unwrap().parse().unwrap();
            }
            "AccountDenied" => {
                self.denied_until = number("until");
                if self.denied_until != UNTIL_LIFTED {
                    self.emergency_from = number("time") + 30 * DAY;
                }
            }
            "DenialLifted" => self.denied_until = 0,
            "ProtocolContractChanged" => {
                self.protocol_contract = event["protocolContract"].as_bool().unwrap();
            }
            other => assert_eq!(other, "ApplicationFiled"),
        }
    }

    fn denied_until(&self, now: u64) -> u64 {
        let over = self.denied_until != UNTIL_LIFTED && self.denied_until <= now;
        if over {
            0
        } else {
            self.denied_until
        }
    }

    fn rights_now(&self, now: u64) -> u8 {
        match (self.denied_until(now), self.protocol_contract) {
            (0, true) => 15,
            (0, false) if now < self.expiry => self.rights,
            (0, false) => self.rights & 4,
            _ => 0,
        }
    }
}

fn bits(names: &Value) -> u8 {
    let bit = |name: &Value| match name.as_str().unwrap() {
        "stake" => 1,
        "hold" => 2,
        "redeem" => 4,
        "operate" => 8,
        other => panic!("there is no right '{other}'"),
    };
    names.as_array().unwrap().iter().map(bit).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_alone_tells_every_status_at_every_block() {
    let mut world = World::start().await;
    let mut made = 0;
    while made < CHANGES {
        made += usize::from(world.step());
    }
    let history = world.world.json(&["whitelist", "history"]).await;
    let mut events = history.as_array().unwrap().iter().peekable();
    let mut rebuilt: HashMap<Address, Rebuilt> = HashMap::new();
    let first = events.peek().unwrap()["block"].as_u64().unwrap();
    let last = world.world.chain.lock().unwrap().block_number();
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    for block in first..=last {
        let now = world
            .world
            .chain
            .lock()
            .unwrap()
            .block(block.into())
            .unwrap();
        let now = now.header.timestamp;
        while let Some(event) = events.next_if(|event| event["block"] == block) {
            assert_eq!(event["time"], now);
            *kinds.entry(event["event"].as_str().unwrap()).or_default() += 1;
            if let Some(account) = event["account"].as_str() {
                let account = account.parse().unwrap();
                rebuilt.entry(account).or_default().hear(event);
            }
        }
        for &account in &world.accounts {
            let told = rebuilt.get(&account).cloned().unwrap_or_default();
            let status = world.ask(block.into(), statusCall { account });
            let at = format!("{account} at block {block}");
            assert_eq!(status.rights, told.rights, "{at}");
            assert_eq!(status.expiry.to::<u64>(), told.expiry, "{at}");
            assert_eq!(status.referenceHash, told.reference, "{at}");
            let denied_until = told.denied_until(now);
            assert_eq!(status.deniedUntil.to::<u64>(), denied_until, "{at}");
            let emergency_from = status.emergencyFrom.to::<u64>();
            assert_eq!(emergency_from, told.emergency_from, "{at}");
            assert_eq!(status.protocolContract, told.protocol_contract, "{at}");
            let rights = world.ask(block.into(), rightsOfCall { account });
            assert_eq!(rights, told.rights_now(now), "{at}");
        }
    }
    assert_eq!(events.next(), None);
    // Every kind of change was among them.
    for kind in [
        "RightsChanged",
        "AccountDenied",
        "DenialLifted",
        "ProtocolContractChanged",
        "ApplicationFiled",
        "ApplicationAccepted",
        "ApplicationTurnedDown",
        "BoardChanged",
        "ComplianceOfficerChanged",
    ] {
        assert!(
            kinds.get(kind).is_some_and(|count| *count >= 5),
            "{kind}: {kinds:?}"
        );
    }

    // And what the auditor gets is the same: the export compares it with the chain, at any block.
    let folder = world.world.file().with_file_name("export");
    for block in [first, (first + last) / 2, last] {
        let block = block.to_string();
        let export = ["whitelist", "export", folder.to_str().unwrap()];
        let export = [&export[..], &["--block", &block]].concat();
        world.world.accepted(None, &export).await;
    }
    // Its tables tell the same history.
    let rows = table(&folder.join("history.csv"));
    let events = history.as_array().unwrap();
    assert_eq!(rows.len(), events.len());
    for (row, event) in rows.iter().zip(events) {
        for (name, value) in event.as_object().unwrap() {
            assert_eq!(row[name], in_a_table(value), "{event}");
        }
    }
}

fn in_a_table(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(names) if names.is_empty() => "none".into(),
        Value::Array(names) => {
            let names = names.iter().map(|name| name.as_str().unwrap());
            names.collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}
