//! The simulated Ethereum: it moves in slots, and in each slot everything happens in the same order.

use alloy::primitives::{Address, B256};
use clay_chain::{Chain, Clock, TxError};
use rand::{rngs::StdRng, Rng, SeedableRng};

use crate::{
    beacon::{Beacon, BeaconFlows, BeaconState, PendingDeposit},
    bridge::{Bridge, Fate, Message},
    clock::{epoch_of, SlotClock, SLOTS_PER_EPOCH},
    gateway::{Gateway, GatewayEvent, Totals},
    history::{History, Snapshot},
    ledger::Ledger,
    operators::Operators,
    unit::wei,
    validator::PublicKey,
    Config, Contracts,
};

/// Something that happens in the next block.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    /// The gateway gets wei.
    Payment(u128),
    /// A stranger deposits.
    Deposit(PendingDeposit),
    /// A validator is slashed, if it can be.
    Slashing(PublicKey),
    /// So many of the rest of the network are slashed.
    OtherSlashings(u64),
    /// A validator exits of its own will, if it can.
    Exit(PublicKey),
}

/// The Ethereum side: L1 with the gateway, the bridge, the beacon chain and the operators.
#[derive(Clone, Debug)]
pub struct Ethereum {
    pub(crate) config: Config,
    pub(crate) contracts: Contracts,
    pub(crate) clock: SlotClock,
    pub(crate) beacon: Beacon,
    pub(crate) gateway: Gateway,
    pub(crate) bridge: Bridge,
    pub(crate) operators: Operators,
    history: History,
    random: StdRng,
    pub(crate) happenings: Vec<Happening>,
    /// So many of the next slots have no block.
    pub(crate) slots_to_miss: u64,
    /// Whether epochs are no longer finalised.
    pub(crate) finality_stalled: bool,
    finalized_epoch: u64,
    sweep_due: bool,
    send_back_due: bool,
    /// Wei that came from outside.
    from_outside: u128,
    /// Wei withdrawn to others than the gateway.
    withdrawn_elsewhere: u128,
    /// Wei of executed messages.
    arrived: u128,
}

impl Ethereum {
    /// Starts at slot 0.
    pub fn new(config: Config, contracts: Contracts) -> Self {
        let beacon = Beacon::new(&config);
        let first = Snapshot {
            beacon: beacon.state.clone(),
            gateway: Totals::default(),
            finalized_epoch: 0,
        };
        Self {
            clock: SlotClock::new(&config),
            beacon,
            gateway: Gateway::new(contracts),
            bridge: Bridge::default(),
            operators: Operators::default(),
            history: History::new(config.history_slots, first),
            random: StdRng::seed_from_u64(config.seed),
            happenings: Vec::new(),
            slots_to_miss: 0,
            finality_stalled: false,
            finalized_epoch: 0,
            sweep_due: false,
            send_back_due: false,
            from_outside: 0,
            withdrawn_elsewhere: 0,
            arrived: 0,
            config,
            contracts,
        }
    }

    /// Runs all slots up to a time, in seconds. Reads the chain's messages and events first; tickets that arrive
    /// on the way become blocks of their time. A chain whose clock stands still is moved to the time.
    ///
    /// An error is the chain's, at a ticket it cannot take; what was done before stays.
    pub fn advance_to(&mut self, chain: &mut Chain, timestamp: u64) -> Result<(), TxError> {
        self.bridge
            .collect(chain, &self.config, self.contracts.gateway);
        self.operators.listen(chain, &self.config, &self.contracts);
        while self.clock.time(self.clock.slot() + 1) <= timestamp {
            self.step();
            let now = self.clock.time(self.clock.slot());
            self.bridge.deliver(chain, &self.contracts, now)?;
        }
        if chain.config().clock == Clock::Manual && chain.next_timestamp() < timestamp {
            chain.set_next_timestamp(timestamp)?;
        }
        Ok(())
    }

    /// Runs the next slot.
    fn step(&mut self) {
        let has_block = self.slots_to_miss == 0;
        self.slots_to_miss -= u64::from(!has_block);
        self.clock.tick(has_block);
        let slot = self.clock.slot();
        let mut changed = false;
        if slot.is_multiple_of(SLOTS_PER_EPOCH) {
            self.end_epoch(epoch_of(slot) - 1);
            changed = true;
        }
        self.sweep_due |= slot.is_multiple_of(self.config.sweep_every);
        self.send_back_due |= slot.is_multiple_of(self.config.send_back_every);
        if has_block {
            changed |= self.run_block(slot);
        }
        if changed {
            let snapshot = Snapshot {
                beacon: self.beacon.state.clone(),
                gateway: self.gateway.totals,
                finalized_epoch: self.finalized_epoch,
            };
            self.history.push(slot, snapshot);
        }
    }

    fn end_epoch(&mut self, ended: u64) {
        let nodes = &mut self.operators.nodes;
        let missed = nodes.do_duties(&self.config, &self.beacon.state, ended);
        self.beacon.end_epoch(&self.config, ended, &missed);
        if !self.finality_stalled {
            self.finalized_epoch = (ended + 1).saturating_sub(2);
        }
        for validator in &self.beacon.state.validators {
            if !validator.is_active(ended) {
                continue;
            }
            if self.random.gen_range(0..1_000_000) < self.config.proposal_ppm {
                let (from, to) = self.config.proposal_fees;
                let fees = self.random.gen_range(from..=to);
                self.happenings.push(Happening::Payment(fees));
            }
        }
    }

    /// Everything in a block, in order; true if it changed anything.
    fn run_block(&mut self, slot: u64) -> bool {
        let now = self.clock.time(slot);
        let mut changed = self
            .operators
            .act(&self.config, &mut self.beacon, slot, now);
        for happening in std::mem::take(&mut self.happenings) {
            self.let_happen(slot, happening);
            changed = true;
        }
        changed |= self.execute_messages(slot, now);
        changed |= self.gateway.prove(&self.config, &mut self.beacon, slot);
        if std::mem::take(&mut self.send_back_due) {
            if let Some(wei) = self.gateway.send_back(&self.config, slot) {
                let by_chance = self.random.gen_range(0..10_000) < self.config.ticket_failure_bp;
                let arrival = now + self.config.ticket_delay;
                self.bridge.send(wei, arrival, by_chance);
                changed = true;
            }
        }
        // Withdrawals come last in a block.
        if std::mem::take(&mut self.sweep_due) {
            changed |= self.sweep(slot);
        }
        changed
    }

    fn let_happen(&mut self, slot: u64, happening: Happening) {
        let epoch = epoch_of(slot);
        let done = match happening {
            Happening::Payment(wei) => {
                self.from_outside += wei;
                self.gateway.receive(wei);
                Ok(())
            }
            Happening::Deposit(deposit) => {
                self.from_outside += wei(deposit.amount);
                self.beacon.deposit(PendingDeposit { slot, ..deposit });
                Ok(())
            }
            Happening::Slashing(key) => self.beacon.slash(&self.config, key, epoch),
            Happening::OtherSlashings(count) => {
                self.beacon.state.others.slash(count, epoch);
                Ok(())
            }
            Happening::Exit(key) => self.beacon.exit(&self.config, key, epoch),
        };
        if let Err(error) = done {
            tracing::warn!(slot, "{error}");
        }
    }

    fn execute_messages(&mut self, slot: u64, now: u64) -> bool {
        let mut executed = false;
        while let Some(due) = self.bridge.next_due(now) {
            if due.message.to != self.contracts.gateway {
                due.fate = Fate::Executed;
                continue;
            }
            let done = self
                .gateway
                .execute(&self.config, &mut self.beacon, slot, &due.message);
            due.fate = match done {
                Ok(()) => {
                    self.arrived += due.message.value.saturating_to::<u128>();
                    executed = true;
                    Fate::Executed
                }
                Err(refusal) => Fate::Refused(refusal),
            };
        }
        executed
    }

    fn sweep(&mut self, slot: u64) -> bool {
        let withdrawals = self.beacon.sweep(epoch_of(slot));
        for withdrawal in &withdrawals {
            if withdrawal.address == self.contracts.gateway {
                self.gateway.receive(wei(withdrawal.amount));
            } else {
                self.withdrawn_elsewhere += wei(withdrawal.amount);
            }
        }
        !withdrawals.is_empty()
    }
}

/// What can be asked of it.
impl Ethereum {
    /// What it was started with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The contracts it plays with.
    pub fn contracts(&self) -> &Contracts {
        &self.contracts
    }

    /// Slots, blocks and their hashes.
    pub fn clock(&self) -> &SlotClock {
        &self.clock
    }

    /// The beacon state now.
    pub fn beacon_state(&self) -> &BeaconState {
        &self.beacon.state
    }

    /// Gwei that came into being or went out on the beacon chain.
    pub fn beacon_flows(&self) -> BeaconFlows {
        self.beacon.flows
    }

    /// The gateway's counters and balance now.
    pub fn gateway_totals(&self) -> Totals {
        self.gateway.totals
    }

    /// What the gateway did, with the slots, oldest first.
    pub fn gateway_events(&self) -> &[(u64, GatewayEvent)] {
        &self.gateway.events
    }

    /// Messages from L2 and what became of them.
    pub fn messages(&self) -> &[Message] {
        &self.bridge.messages
    }

    /// Place of a validator among those of this simulation.
    pub fn validator_place(&self, key: &PublicKey) -> Option<usize> {
        self.beacon.place(key)
    }

    /// The epoch that is finalised now.
    pub fn finalized_epoch(&self) -> u64 {
        self.finalized_epoch
    }

    /// The epoch that is justified now.
    pub fn justified_epoch(&self) -> u64 {
        justified(self.finalized_epoch, epoch_of(self.clock.slot()))
    }

    /// Everything as it was after a slot; none for slots to come and for those no longer kept.
    pub fn at(&self, slot: u64) -> Option<&Snapshot> {
        if slot > self.clock.slot() || slot + self.config.history_slots < self.clock.slot() {
            return None;
        }
        self.history.at(slot)
    }

    /// Withdrawal credentials of the gateway.
    pub fn credentials(&self) -> B256 {
        crate::validator::withdrawal_credentials(self.contracts.gateway)
    }

    /// ETH of an account on L1, in wei, after a slot: the gateway is the only one that is known.
    pub(crate) fn balance(&self, account: Address, snapshot: &Snapshot) -> u128 {
        if account == self.contracts.gateway {
            snapshot.gateway.balance
        } else {
            0
        }
    }

    /// Where every wei is.
    pub fn ledger(&self) -> Ledger {
        let flows = self.beacon.flows;
        let open = |message: &&Message| {
            message.message.to == self.contracts.gateway && message.fate != Fate::Executed
        };
        let messages = self.bridge.messages.iter().filter(open);
        Ledger {
            arrived: self.arrived,
            from_outside: self.from_outside,
            issued: wei(flows.issued),
            gateway: self.gateway.totals.balance,
            pending: wei(self.beacon.state.pending_gwei()),
            validators: wei(self.beacon.state.balance_gwei()),
            burned: wei(flows.burned),
            lost_deposits: wei(flows.lost),
            withdrawn_elsewhere: self.withdrawn_elsewhere,
            sent_back: self.gateway.totals.sent_back,
            messages_under_way: messages
                .map(|it| it.message.value.saturating_to::<u128>())
                .sum(),
            tickets_under_way: self.bridge.tickets_under_way(),
        }
    }
}

/// The justified epoch: the one after the finalised, but none that has not begun.
pub(crate) fn justified(finalized: u64, current: u64) -> u64 {
    (finalized + 1)
        .min(current.saturating_sub(1))
        .max(finalized)
}
