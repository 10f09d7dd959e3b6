//! What is read of Ethereum at one slot: the pool's validators, deposits that wait, and the gateway.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use alloy::primitives::{Address, B256};

use crate::{
    beacon::{BeaconNode, ChainRules, PendingDeposit, PublicKey, ValidatorState},
    error::{OracleError, Result},
    execution::{ExecutionNode, GatewayTotals},
    schedule::DAY,
    slashing::{charge_epoch, is_to_be_charged, Network, Rounding},
};

/// Gwei that a validator of the pool has without its rewards.
pub(crate) const PRINCIPAL: u64 = 32_000_000_000;
/// How long after it may leave the principal of a validator is paid out at the latest, seconds: the beacon chain comes by
/// every ten days at most.
const SWEPT_WITHIN: u64 = 14 * DAY;

/// What was read at a slot. Amounts of the beacon chain are gwei, those of the gateway wei.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The slot; it has a block.
    pub slot: u64,
    /// Its time, seconds since the epoch.
    pub slot_time: u64,
    /// Hash of its L1 block.
    pub block_hash: B256,
    /// Number of its L1 block.
    pub block_number: u64,
    /// Balances of the pool's validators.
    pub cl_balance: u64,
    /// How many validators that are.
    pub validators: usize,
    /// Principal that may have left validators for the gateway lately.
    pub leaving: u64,
    /// The gateway's own deposits that wait, by key.
    pub pending: BTreeMap<PublicKey, u64>,
    /// Keys without a validator of the pool's, and without a deposit of the gateway's that waits.
    pub unseen: BTreeSet<PublicKey>,
    /// The gateway.
    pub gateway: GatewayTotals,
    /// Correlation penalties that are still to be charged.
    pub expected_loss: u64,
    /// What the last report expected, beyond what was charged since and what is expected of the same validators now.
    pub spared: u64,
}

/// The nodes that are asked.
#[derive(Clone, Debug)]
pub struct Nodes {
    /// A beacon node.
    pub beacon: BeaconNode,
    /// A node of L1.
    pub execution: ExecutionNode,
}

/// What a report was about that is to be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Previous {
    /// Slot of the last report.
    pub slot: u64,
    /// Whether it expected any loss.
    pub expected: bool,
}

impl Nodes {
    /// Makes sure that both nodes know the newest blocks, of the same chain.
    ///
    /// # Errors
    /// [`OracleError::NotSynchronised`], [`OracleError::DifferentChains`], or that a node does not answer.
    pub async fn require_sound(&self, rules: &ChainRules) -> Result<()> {
        self.beacon.require_synchronised().await?;
        self.execution.require_synchronised().await?;
        let (beacon, l1) = (rules.chain_id, self.execution.chain_id().await?);
        if beacon != l1 {
            return Err(OracleError::DifferentChains { beacon, l1 });
        }
        Ok(())
    }

    /// Reads everything about the newest block that is not after a slot.
    ///
    /// # Errors
    /// [`OracleError::NotFinal`] unless the slot is final; otherwise if a node does not answer, or no longer
    /// keeps a state.
    pub async fn observe(
        &self,
        rules: &ChainRules,
        gateway: Address,
        slot: u64,
        keys: &[PublicKey],
        previous: Option<Previous>,
    ) -> Result<Observation> {
        let finalized = self.beacon.finalized_slot(rules).await?;
        if slot > finalized {
            return Err(OracleError::NotFinal { slot, finalized });
        }
        let block = self.beacon.block_at_or_before(slot).await?;
        let slot = block.slot;
        let own = self.own_validators(slot, gateway, keys).await?;
        let pending = self.own_pending(gateway, slot, keys).await?;
        let totals = self.execution.gateway(gateway, block.block_hash).await?;
        let expected = self.expected(rules, slot, &own).await?;
        let spared = match previous {
            Some(previous) if previous.expected => {
                self.spared(rules, gateway, keys, previous.slot, slot, &expected)
                    .await?
            }
            _ => 0,
        };
        let mut unseen: BTreeSet<PublicKey> = keys.iter().copied().collect();
        for known in own.iter().map(|it| &it.public_key).chain(pending.keys()) {
            unseen.remove(known);
        }
        Ok(Observation {
            slot,
            slot_time: rules.time(slot),
            block_hash: block.block_hash,
            block_number: block.block_number,
            cl_balance: own.iter().map(|it| it.balance).sum(),
            validators: own.len(),
            leaving: leaving(&own, rules.epoch(slot), rules),
            pending,
            unseen,
            gateway: totals,
            expected_loss: expected.values().sum(),
            spared,
        })
    }

    /// The validators of these keys that pay out to the gateway: the others are somebody else's.
    async fn own_validators(
        &self,
        slot: u64,
        gateway: Address,
        keys: &[PublicKey],
    ) -> Result<Vec<ValidatorState>> {
        let mut found = self.beacon.validators(slot, keys).await?;
        let own = credentials(gateway);
        found.retain(|validator| validator.credentials == own);
        Ok(found)
    }

    /// Gwei of the gateway's own deposits that wait, by key. Anybody can deposit for its keys, so only as much counts of a
    /// block, key and amount as the gateway's events of that block say.
    async fn own_pending(
        &self,
        gateway: Address,
        slot: u64,
        keys: &[PublicKey],
    ) -> Result<BTreeMap<PublicKey, u64>> {
        let keys: HashSet<&PublicKey> = keys.iter().collect();
        let waiting = self.beacon.pending_deposits(slot).await?;
        let mut by_slot: BTreeMap<u64, Vec<PendingDeposit>> = BTreeMap::new();
        for deposit in waiting {
            if keys.contains(&deposit.public_key) {
                by_slot.entry(deposit.slot).or_default().push(deposit);
            }
        }
        let mut own: BTreeMap<PublicKey, u64> = BTreeMap::new();
        for (slot, deposits) in by_slot {
            // Deposits of before Electra have slot 0: the gateway has none of those.
            if slot == 0 {
                continue;
            }
            let block = self.beacon.block(slot).await?;
            let block = block.ok_or(OracleError::NoBlock { slot, looked: 1 })?;
            let mut made: HashMap<(PublicKey, u64), u64> = HashMap::new();
            for deposit in self.execution.deposits(gateway, block.block_hash).await? {
                *made.entry(deposit).or_default() += 1;
            }
            for deposit in deposits {
                if let Some(left @ 1..) = made.get_mut(&(deposit.public_key, deposit.amount)) {
                    *left -= 1;
                    let sum = own.entry(deposit.public_key).or_default();
                    *sum = sum.saturating_add(deposit.amount);
                }
            }
        }
        Ok(own)
    }

    /// Correlation penalties still to be charged to validators, gwei.
    async fn expected(
        &self,
        rules: &ChainRules,
        slot: u64,
        own: &[ValidatorState],
    ) -> Result<BTreeMap<PublicKey, u64>> {
        let epoch = rules.epoch(slot);
        let open = own.iter().filter(|it| is_to_be_charged(it, epoch, rules));
        let open: Vec<&ValidatorState> = open.collect();
        if open.is_empty() {
            return Ok(BTreeMap::new());
        }
        // All validators of the chain, which takes a while: only when it matters.
        let network = Network::new(&self.beacon.active_and_slashed(slot).await?, rules);
        let penalty = |it: &ValidatorState| network.penalty(it, rules, Rounding::Predicted);
        Ok(open.iter().map(|it| (it.public_key, penalty(it))).collect())
    }

    /// Gwei by which what was expected at an earlier slot exceeds what came of it: what was charged since, and what is
    /// expected of the same validators now.
    async fn spared(
        &self,
        rules: &ChainRules,
        gateway: Address,
        keys: &[PublicKey],
        earlier: u64,
        slot: u64,
        expected_now: &BTreeMap<PublicKey, u64>,
    ) -> Result<u64> {
        let before = self.own_validators(earlier, gateway, keys).await?;
        let expected_before = self.expected(rules, earlier, &before).await?;
        let (mut expected, mut came) = (0, 0);
        let mut by_epoch: BTreeMap<u64, Vec<PublicKey>> = BTreeMap::new();
        for (key, gwei) in &expected_before {
            expected += gwei;
            match expected_now.get(key) {
                Some(still) => came += still,
                None => {
                    let validator = before.iter().find(|it| it.public_key == *key);
                    let charged_in = validator.map(|it| charge_epoch(it, rules));
                    by_epoch
                        .entry(charged_in.unwrap_or_default())
                        .or_default()
                        .push(*key);
                }
            }
        }
        for (charged_in, keys) in by_epoch {
            // The state before the epoch's end, from which the chain computes the penalty.
            let last = (charged_in + 1) * rules.slots_per_epoch - 1;
            let last = self.beacon.block_at_or_before(last.min(slot)).await?.slot;
            let network = Network::new(&self.beacon.active_and_slashed(last).await?, rules);
            for validator in self.own_validators(last, gateway, &keys).await? {
                came += network.penalty(&validator, rules, Rounding::Charged);
            }
        }
        Ok(expected.saturating_sub(came))
    }

    /// Which of the pool's validators are slashed in the newest state, final or not, and were not yet in that of an
    /// earlier slot.
    ///
    /// # Errors
    /// If the node does not answer, or no longer keeps the earlier state.
    pub async fn slashed_since(
        &self,
        gateway: Address,
        keys: &[PublicKey],
        earlier: Option<u64>,
    ) -> Result<Vec<PublicKey>> {
        let head = self.beacon.head_slot().await?;
        let mut slashed = self.slashed(head, gateway, keys).await?;
        if let (false, Some(earlier)) = (slashed.is_empty(), earlier) {
            let known = self.slashed(earlier, gateway, keys).await?;
            slashed.retain(|key| !known.contains(key));
        }
        Ok(slashed)
    }

    async fn slashed(
        &self,
        slot: u64,
        gateway: Address,
        keys: &[PublicKey],
    ) -> Result<Vec<PublicKey>> {
        let own = self.own_validators(slot, gateway, keys).await?;
        let slashed = own.iter().filter(|it| it.slashed);
        Ok(slashed.map(|it| it.public_key).collect())
    }
}

/// Gwei of principal that may have been paid out by an epoch, or less than two weeks before.
fn leaving(own: &[ValidatorState], epoch: u64, rules: &ChainRules) -> u64 {
    let lately = epoch.saturating_sub(SWEPT_WITHIN / rules.epoch_seconds());
    let withdrawable = |it: &&ValidatorState| (lately..=epoch).contains(&it.withdrawable_epoch);
    let left = own.iter().filter(withdrawable);
    left.map(|it| PRINCIPAL.saturating_sub(it.balance)).sum()
}

/// Withdrawal credentials of an address.
pub(crate) fn credentials(address: Address) -> B256 {
    let mut credentials = address.into_word();
    credentials[0] = 1;
    credentials
}
