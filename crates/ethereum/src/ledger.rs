//! Where every wei is: nothing arrives or leaves that is not written down.

/// All ETH of the simulated side, in wei. What came in equals what is there or went out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// In: executed messages to the gateway.
    pub arrived: u128,
    /// In: fees, MEV and gifts to the gateway, and strangers' deposits.
    pub from_outside: u128,
    /// In: rewards of validators.
    pub issued: u128,

    /// There: on the gateway's account.
    pub gateway: u128,
    /// There: in the deposit queue.
    pub pending: u128,
    /// There: balances of validators.
    pub validators: u128,

    /// Out: penalties.
    pub burned: u128,
    /// Out: deposits with a bad signature.
    pub lost_deposits: u128,
    /// Out: withdrawn to others than the gateway.
    pub withdrawn_elsewhere: u128,
    /// Out: sent to the stake-manager.
    pub sent_back: u128,

    /// On the bridge, not in the sums: messages to the gateway that are not executed, lost ones included.
    pub messages_under_way: u128,
    /// On the bridge, not in the sums: tickets that have not reached L2.
    pub tickets_under_way: u128,
}

impl Ledger {
    /// All that came in.
    pub fn inflow(&self) -> u128 {
        self.arrived + self.from_outside + self.issued
    }

    /// All that is there or went out.
    pub fn accounted(&self) -> u128 {
        let there = self.gateway + self.pending + self.validators;
        there + self.burned + self.lost_deposits + self.withdrawn_elsewhere + self.sent_back
    }
}
