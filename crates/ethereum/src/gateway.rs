//! The gateway on L1, as a state machine: every validator's withdrawal credential and fee recipient.
//!
//! Only the registry's messages fund validators and force exits. For each validator it deposits 1 ETH and holds 31; when the beacon chain
//! shows the validator it deposits them if the validator carries the gateway's credentials, else they go back
//! unused, as they do when no validator appears (its deposit was badly signed). A forced exit is a request of the
//! execution layer (EIP-7002), which the beacon chain obeys or ignores; the ETH sent with it stays here. ETH from anyone is
//! taken, and what is not held goes back to the stake-manager.

use std::collections::{BTreeMap, HashSet};

use alloy::{
    primitives::{Address, B256},
    sol_types::SolInterface,
};
use clay_chain::L2ToL1Message;

use crate::{
    abi::Gateway::{forceExitCall, fundValidatorCall, GatewayCalls},
    beacon::{deposit_data_root, Beacon, PendingDeposit},
    clock::epoch_of,
    unit::{wei, ETHER_GWEI},
    validator::{withdrawal_credentials, PublicKey, Signature},
    Config, Contracts,
};

/// Gwei deposited to see whose validator it becomes.
const FIRST_DEPOSIT: u64 = ETHER_GWEI;
/// Gwei deposited on proof.
const SECOND_DEPOSIT: u64 = 31 * ETHER_GWEI;
/// Wei that come for a validator.
const FUNDING: u128 = (FIRST_DEPOSIT + SECOND_DEPOSIT) as u128 * crate::unit::GWEI;

/// Counters of the gateway, in wei, and its balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// ETH of the gateway's account.
    pub balance: u128,
    /// Given to the deposit contract so far.
    pub deposited: u128,
    /// Came for a key and goes back instead, so far.
    pub unused: u128,
    /// Came with messages and is still to be deposited or given back.
    pub held: u128,
    /// Sent to the stake-manager so far.
    pub sent_back: u128,
}

impl Totals {
    /// What a report calls `leftSeen`: all that was received, or is given back.
    pub fn left_seen(&self) -> u128 {
        self.balance + self.sent_back - self.held
    }
}

/// Something the gateway did, as its events tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayEvent {
    /// Wei went to the deposit contract for a key.
    Deposited(PublicKey, u128),
    /// Wei that came for a key go back.
    GivenBack(PublicKey, u128),
    /// Wei were sent to the stake-manager; all together so far.
    SentBack(u128, u128),
}

/// Why the gateway reverts a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only the registry funds validators.
    #[error("{caller} is not the registry {registry}")]
    OnlyRegistry {
        /// Who sent the message on L2.
        caller: Address,
        /// Who may.
        registry: Address,
    },
    /// A validator is funded with 32 ETH.
    #[error("{sent} wei came for a validator instead of {needed}")]
    WrongValue {
        /// Wei sent.
        sent: u128,
        /// Wei needed.
        needed: u128,
    },
    /// The calldata is no call of the gateway.
    #[error("the calldata is no call of the gateway")]
    UnknownCall,
}

/// A key whose second deposit waits for a proof.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    signature: Signature,
    /// Slot the validator was first seen in, or its deposit was found gone.
    seen: Option<u64>,
}

/// The gateway.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    contracts: Contracts,
    credentials: B256,
    pub totals: Totals,
    /// What it did, with the slots.
    pub events: Vec<(u64, GatewayEvent)>,
    /// Every key it ever deposited for.
    keys: HashSet<PublicKey>,
    waiting: BTreeMap<PublicKey, Waiting>,
}

impl Gateway {
    pub fn new(contracts: Contracts) -> Self {
        Self {
            contracts,
            credentials: withdrawal_credentials(contracts.gateway),
            totals: Totals::default(),
            events: Vec::new(),
            keys: HashSet::new(),
            waiting: BTreeMap::new(),
        }
    }

    /// Takes ETH: withdrawals, fees, MEV, gifts.
    pub fn receive(&mut self, wei: u128) {
        self.totals.balance += wei;
    }

    /// Executes a message from L2. What it refuses stays with the bridge.
    pub fn execute(
        &mut self,
        config: &Config,
        beacon: &mut Beacon,
        slot: u64,
        message: &L2ToL1Message,
    ) -> Result<(), Refusal> {
        let sent: u128 = message.value.saturating_to();
        if message.data.is_empty() {
            self.receive(sent);
            return Ok(());
        }
        let call = GatewayCalls::abi_decode(&message.data).map_err(|_| Refusal::UnknownCall)?;
        let registry = self.contracts.registry;
        if message.from != registry {
            let caller = message.from;
            return Err(Refusal::OnlyRegistry { caller, registry });
        }
        match call {
            GatewayCalls::fundValidator(call) => self.fund(beacon, slot, sent, &call),
            GatewayCalls::forceExit(call) => self.force_exit(config, beacon, slot, sent, &call),
            _ => Err(Refusal::UnknownCall),
        }
    }

    /// Deposits 1 ETH for a key and holds 31, or lets all go back.
    fn fund(
        &mut self,
        beacon: &mut Beacon,
        slot: u64,
        sent: u128,
        call: &fundValidatorCall,
    ) -> Result<(), Refusal> {
        if sent != FUNDING {
            return Err(Refusal::WrongValue {
                sent,
                needed: FUNDING,
            });
        }
        let key = PublicKey::try_from(call.publicKey.as_ref());
        let signature = Signature::try_from(call.signature.as_ref());
        let (Ok(key), Ok(signature)) = (key, signature) else {
            return Err(Refusal::UnknownCall);
        };
        self.receive(sent);
        self.totals.held += sent;
        // The deposit contract compares the root.
        let root = deposit_data_root(&key, self.credentials, FIRST_DEPOSIT, &signature);
        if root != call.depositDataRoot || !self.keys.insert(key) {
            self.give_back(slot, key, FUNDING);
            return Ok(());
        }
        self.deposit(beacon, slot, key, signature, FIRST_DEPOSIT);
        let seen = None;
        self.waiting.insert(key, Waiting { signature, seen });
        Ok(())
    }

    /// Lets a validator leave, whether or not its operators answer. The beacon chain ignores a request about a validator
    /// with other credentials, or one that may not leave.
    fn force_exit(
        &mut self,
        config: &Config,
        beacon: &mut Beacon,
        slot: u64,
        sent: u128,
        call: &forceExitCall,
    ) -> Result<(), Refusal> {
        let key = PublicKey::try_from(call.publicKey.as_ref());
        let key = key.map_err(|_| Refusal::UnknownCall)?;
        self.receive(sent);
        if beacon.credentials(&key) == Some(self.credentials) {
            if let Err(ignored) = beacon.exit(config, key, epoch_of(slot)) {
                tracing::debug!(slot, "{ignored}");
            }
        }
        Ok(())
    }

    /// Looks for proofs about the keys that wait: deposits the rest, or gives it back. True if it did anything.
    pub fn prove(&mut self, config: &Config, beacon: &mut Beacon, slot: u64) -> bool {
        let mut proven = Vec::new();
        for (key, waiting) in &mut self.waiting {
            let credentials = beacon.credentials(key);
            if waiting.seen.is_none() && (credentials.is_some() || !is_pending(beacon, key)) {
                waiting.seen = Some(slot);
            }
            let since = |seen| slot >= seen + config.proof_delay_slots;
            if waiting.seen.is_some_and(since) {
                proven.push((*key, waiting.signature, credentials));
            }
        }
        for (key, signature, credentials) in &proven {
            self.waiting.remove(key);
            if *credentials == Some(self.credentials) {
                self.deposit(beacon, slot, *key, *signature, SECOND_DEPOSIT);
            } else {
                self.give_back(slot, *key, wei(SECOND_DEPOSIT));
            }
        }
        !proven.is_empty()
    }

    /// Sends all that is not held, if it is enough; answers how much.
    pub fn send_back(&mut self, config: &Config, slot: u64) -> Option<u128> {
        let free = self.totals.balance - self.totals.held;
        if free == 0 || free < config.send_back_from {
            return None;
        }
        self.totals.balance -= free;
        self.totals.sent_back += free;
        let event = GatewayEvent::SentBack(free, self.totals.sent_back);
        self.events.push((slot, event));
        Some(free)
    }

    /// Deposits what is held for a key.
    fn deposit(
        &mut self,
        beacon: &mut Beacon,
        slot: u64,
        public_key: PublicKey,
        signature: Signature,
        amount: u64,
    ) {
        self.totals.balance -= wei(amount);
        self.totals.held -= wei(amount);
        self.totals.deposited += wei(amount);
        let event = GatewayEvent::Deposited(public_key, wei(amount));
        self.events.push((slot, event));
        beacon.deposit(PendingDeposit {
            public_key,
            credentials: self.credentials,
            amount,
            signature,
            slot,
            signed: true,
            from_gateway: true,
        });
    }

    /// Lets what is held for a key go back.
    fn give_back(&mut self, slot: u64, key: PublicKey, wei: u128) {
        self.totals.held -= wei;
        self.totals.unused += wei;
        self.events.push((slot, GatewayEvent::GivenBack(key, wei)));
    }
}

/// Whether a deposit for a key waits.
fn is_pending(beacon: &Beacon, key: &PublicKey) -> bool {
    let mut pending = beacon.state.pending.iter();
    pending.any(|deposit| deposit.public_key == *key)
}
