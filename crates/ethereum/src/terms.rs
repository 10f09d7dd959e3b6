//! What an honest report of a slot says, from what only the simulation knows: the measure for reporters.

use std::collections::HashSet;

use alloy::sol_types::SolCall;
use clay_chain::L2ToL1Message;

use crate::{
    abi::Gateway::fundValidatorCall, bridge::Fate, unit::wei, validator::PublicKey, Ethereum,
};

/// The terms of the books that come from Ethereum, at a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Balances of the pool's validators that carry the gateway's credentials, in gwei.
    pub cl_balance_gwei: u64,
    /// Wei that the pool sent out and that are in the validators' balances, given back unused, or lost.
    pub deposits_seen: u128,
    /// Wei that the gateway received, or gives back unused.
    pub left_seen: u128,
    /// Wei of `deposits_seen` that are lost: of messages that would have been executed by then, had they not been
    /// lost, or had the gateway not refused them, so that they stay with the bridge for good.
    pub lost: u128,
}

impl Ethereum {
    /// The terms after a slot; none for slots to come and for those no longer kept.
    pub fn terms_at(&self, slot: u64) -> Option<Terms> {
        let snapshot = self.at(slot)?;
        let keys = self.funded_keys(self.clock.time(slot));
        let state = &snapshot.beacon;
        let own = state.validators.iter().zip(&state.balances);
        let own = own.filter(|(validator, _)| {
            validator.credentials == self.credentials() && keys.contains(&validator.public_key)
        });
        let pending = state.pending.iter().filter(|it| it.from_gateway);
        let pending: u64 = pending.map(|deposit| deposit.amount).sum();
        let gateway = snapshot.gateway;
        let lost = self.lost(self.clock.time(slot));
        Some(Terms {
            cl_balance_gwei: own.map(|(_, balance)| balance).sum(),
            deposits_seen: gateway.deposited + gateway.unused - wei(pending) + lost,
            left_seen: gateway.left_seen(),
            lost,
        })
    }

    /// Wei of the pool's messages for validators that should have been executed by a time, and never will be.
    fn lost(&self, until: u64) -> u128 {
        let own = self.bridge.messages.iter();
        own.filter(|it| self.funded_by(&it.message).is_some())
            .filter(|it| matches!(it.fate, Fate::Lost | Fate::Refused(_)))
            .filter(|it| it.message.timestamp + self.config.message_delay <= until)
            .map(|it| it.message.value.saturating_to::<u128>())
            .sum()
    }

    /// Keys that the registry had funded on L2 at a time, whether or not the message has arrived.
    fn funded_keys(&self, until: u64) -> HashSet<PublicKey> {
        let messages = self.bridge.messages.iter().map(|it| &it.message);
        messages
            .filter(|message| message.timestamp <= until)
            .filter_map(|message| self.funded_by(message))
            .collect()
    }

    /// The key that a message of the pool's funds; none if it is another message.
    fn funded_by(&self, message: &L2ToL1Message) -> Option<PublicKey> {
        let own = message.from == self.contracts.registry && message.to == self.contracts.gateway;
        let call = fundValidatorCall::abi_decode(&message.data).ok()?;
        let key = PublicKey::try_from(call.publicKey.as_ref()).ok()?;
        own.then_some(key)
    }
}
