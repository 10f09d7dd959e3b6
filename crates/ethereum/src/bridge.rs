//! The bridge between L2 and L1: messages that can be executed on L1 after a delay, and retryable tickets.

use std::collections::VecDeque;

use alloy::primitives::{Address, U256};
use clay_chain::{Chain, L1Message, L2ToL1Message, RetryableMessage, TxError};

use crate::{Config, Contracts};

/// Gas of a ticket's automatic redemption, enough for the stake-manager to book a return.
const REDEEM_GAS: u64 = 1_000_000;

/// What becomes of a message from L2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It can be executed from this time on, in seconds.
    Due(u64),
    /// It never will be.
    Lost,
    /// The gateway reverts it.
    Refused(crate::Refusal),
    /// It was executed.
    Executed,
}

/// A message from L2 and what becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The message.
    pub message: L2ToL1Message,
    /// Its fate.
    pub fate: Fate,
}

/// A ticket on its way to L2.
#[derive(Clone, Copy, Debug)]
struct Ticket {
    wei: u128,
    /// When it arrives, seconds.
    due: u64,
    /// Whether it is redeemed on arrival.
    redeemed: bool,
}

/// Everything between the two chains.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bridge {
    /// All messages of the outbox so far, in order.
    pub messages: Vec<Message>,
    /// How many of them are settled, one way or another.
    settled: usize,
    tickets: VecDeque<Ticket>,
    /// So many of the next messages are lost.
    pub lose: u64,
    /// So many of the next tickets are not redeemed on arrival.
    pub fail: u64,
}

impl Bridge {
    /// Takes new messages out of the chain's outbox.
    pub fn collect(&mut self, chain: &Chain, config: &Config, gateway: Address) {
        for message in chain.messages_to_l1().into_iter().skip(self.messages.len()) {
            let lost = message.to == gateway && self.lose > 0;
            let fate = if lost {
                self.lose -= 1;
                Fate::Lost
            } else {
                Fate::Due(message.timestamp + config.message_delay)
            };
            self.messages.push(Message { message, fate });
        }
    }

    /// The next message that can be executed at a time, with its fate still open. Whoever takes it settles it.
    pub fn next_due(&mut self, now: u64) -> Option<&mut Message> {
        // All wait equally long, so they come due in the order they were sent in.
        let settled = |message: &Message| !matches!(message.fate, Fate::Due(_));
        while self.messages.get(self.settled).is_some_and(settled) {
            self.settled += 1;
        }
        let next = self.messages.get_mut(self.settled)?;
        matches!(next.fate, Fate::Due(at) if at <= now).then_some(next)
    }

    /// Sends a ticket on its way.
    pub fn send(&mut self, wei: u128, due: u64, by_chance: bool) {
        let told = self.fail > 0;
        self.fail -= u64::from(told);
        let redeemed = !told && !by_chance;
        self.tickets.push_back(Ticket { wei, due, redeemed });
    }

    /// Wei of tickets on their way.
    pub fn tickets_under_way(&self) -> u128 {
        self.tickets.iter().map(|ticket| ticket.wei).sum()
    }

    /// Delivers the tickets that arrive at a time, in blocks of that time or later.
    pub fn deliver(
        &mut self,
        chain: &mut Chain,
        contracts: &Contracts,
        now: u64,
    ) -> Result<(), TxError> {
        while let Some(ticket) = self.tickets.front().filter(|ticket| ticket.due <= now) {
            if chain.timestamp() < now {
                chain.set_next_timestamp(now)?;
            }
            let message = retryable(chain, contracts, ticket);
            chain.deliver(L1Message::Retryable(message))?;
            self.tickets.pop_front();
        }
        Ok(())
    }
}

/// The ticket as the gateway makes it: no call data, and the stake-manager as the beneficiary, so that it is
/// credited even if the ticket expires. The gas is paid by whoever had the gateway send it.
fn retryable(chain: &Chain, contracts: &Contracts, ticket: &Ticket) -> RetryableMessage {
    let price = chain.config().base_fee;
    let gas = if ticket.redeemed { REDEEM_GAS } else { 0 };
    let value = U256::from(ticket.wei);
    RetryableMessage {
        from: contracts.gateway,
        to: contracts.stake_manager,
        value,
        deposit: value + U256::from(gas) * U256::from(price),
        beneficiary: contracts.stake_manager,
        gas,
        max_fee_per_gas: price.into(),
        ..Default::default()
    }
}
