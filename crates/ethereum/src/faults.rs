//! What can go wrong, or be brought about. What happens on Ethereum happens in the next block, so that states
//! that were read stay as they were.

use alloy::primitives::B256;

use crate::{
    beacon::{BeaconError, PendingDeposit},
    clock::epoch_of,
    ethereum::Happening,
    validator::{PublicKey, Signature},
    Ethereum,
};

impl Ethereum {
    /// Loses the next message to the gateway that leaves L2.
    pub fn lose_next_message(&mut self) {
        self.bridge.lose += 1;
    }

    /// Leaves the next ticket unredeemed on arrival: anyone may redeem it on L2, or it expires after 7 days.
    pub fn fail_next_ticket(&mut self) {
        self.bridge.fail += 1;
    }

    /// Pays MEV or fees, or gives a present, of so many wei to the gateway.
    pub fn pay_gateway(&mut self, wei: u128) {
        self.happenings.push(Happening::Payment(wei));
    }

    /// Lets a stranger deposit gwei for a key, well signed, with any credentials: before the gateway does, it
    /// makes the validator the stranger's; later it is a present to whoever owns the validator.
    pub fn deposit_elsewhere(&mut self, public_key: PublicKey, credentials: B256, gwei: u64) {
        self.happenings.push(Happening::Deposit(PendingDeposit {
            public_key,
            credentials,
            amount: gwei,
            signature: Signature::ZERO,
            slot: 0,
            signed: true,
            from_gateway: false,
        }));
    }

    /// Makes all deposits for a key badly signed: they never become a validator.
    pub fn spoil_signature(&mut self, key: PublicKey) {
        self.beacon.spoil_signature(key);
    }

    /// Slashes a validator.
    pub fn slash(&mut self, key: PublicKey) -> Result<(), BeaconError> {
        let place = self.beacon.place(&key);
        let place = place.ok_or(BeaconError::UnknownValidator(key))?;
        let epoch = epoch_of(self.clock.slot() + 1);
        if !self.beacon.state.validators[place].is_slashable(epoch) {
            return Err(BeaconError::NotSlashable { key, epoch });
        }
        self.happenings.push(Happening::Slashing(key));
        Ok(())
    }

    /// Slashes so many validators of the rest of the network, as far as there are so many.
    pub fn slash_others(&mut self, count: u64) {
        self.happenings.push(Happening::OtherSlashings(count));
    }

    /// Lets a validator exit of its own will, or by force of the execution layer.
    pub fn exit(&mut self, key: PublicKey) {
        self.happenings.push(Happening::Exit(key));
    }

    /// Sets what a validator earns when it attests, in basis points of the full reward; below zero it is penalised.
    pub fn set_participation(&mut self, key: PublicKey, basis_points: i32) {
        self.beacon.set_participation(key, basis_points);
    }

    /// Sets the participation of all validators, until taken back with none; below zero all lose, as when the
    /// beacon chain is inactive.
    pub fn set_participation_of_all(&mut self, basis_points: Option<i32>) {
        self.beacon.set_participation_of_all(basis_points);
    }

    /// Sets the part of its duties that a node does, in basis points, from the epoch on that runs; [`ALL_DUTIES_BP`] are
    /// all of them, and more are no more. It goes before what is set for its operator; none takes it back.
    ///
    /// [`ALL_DUTIES_BP`]: crate::ALL_DUTIES_BP
    pub fn set_node_performance(&mut self, node: u64, basis_points: Option<u32>) {
        self.operators.nodes.set_performance_of(node, basis_points);
    }

    /// Sets the same for all nodes of an operator, those it will add included.
    pub fn set_operator_performance(&mut self, operator: u64, basis_points: Option<u32>) {
        let nodes = &mut self.operators.nodes;
        nodes.set_performance_of_operator(operator, basis_points);
    }

    /// Lets the operators of a validator ignore, or no longer ignore, requests to exit.
    pub fn ignore_exits(&mut self, key: PublicKey, ignore: bool) {
        if ignore {
            self.operators.silent.insert(key);
        } else {
            self.operators.silent.remove(&key);
        }
    }

    /// Lets all operators ignore, or no longer ignore, requests to exit.
    pub fn ignore_all_exits(&mut self, ignore: bool) {
        self.operators.all_silent = ignore;
    }

    /// Leaves the next slots without a block.
    pub fn miss_slots(&mut self, count: u64) {
        self.slots_to_miss += count;
    }

    /// Stops, or starts again, the finalisation of epochs.
    pub fn stall_finality(&mut self, stalled: bool) {
        self.finality_stalled = stalled;
    }
}
