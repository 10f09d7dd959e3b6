//! The stand-in registry: a list of keys, funded and asked to exit in order.

use crate::{
    exact::{ceil, eth, int},
    pool::{Account, Pool},
    refusal::{require, Answer},
    Exact, Int,
};

/// Numbers of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    /// In the list.
    pub keys: u64,
    /// Funded, from the start of the list.
    pub funded: u64,
    /// Asked to exit, from the start of the list.
    pub asked: u64,
    /// Exited.
    pub exited: u64,
}

impl Registry {
    /// Validators that can be funded now.
    pub fn ready(&self) -> u64 {
        self.keys - self.funded
    }

    /// Wei that exits asked for will still bring.
    pub fn coming(&self) -> Int {
        eth(32) * (self.asked - self.exited)
    }

    /// Asks for exits that bring at least so much, as far as there are validators; answers what they bring.
    pub(crate) fn request_exits(&mut self, wei: &Int) -> Int {
        let needed = ceil(Exact::new(wei.clone(), eth(32)));
        let asked = needed.min(int(self.funded - self.asked));
        self.asked += u64::try_from(&asked).expect("a number of validators");
        asked * eth(32)
    }
}

impl Pool {
    /// Adds keys that were never used. Owner only.
    pub fn add_keys(&mut self, caller: Account, count: u64) -> Answer<()> {
        self.only_owner(caller)?;
        self.registry.keys += count;
        Ok(())
    }

    /// Drops the last keys that are not funded. Owner only.
    pub fn drop_keys(&mut self, caller: Account, count: u64) -> Answer<()> {
        self.only_owner(caller)?;
        let ready = self.registry.ready();
        require!(count <= ready, NotEnoughKeys, count, ready);
        self.registry.keys -= count;
        Ok(())
    }

    /// Says that exits are done. Oracle committee only.
    pub fn confirm_exits(&mut self, caller: Account, count: u64) -> Answer<()> {
        require!(
            caller == Account::Committee,
            OnlyOracleCommittee,
            caller,
            Account::Committee
        );
        let open = self.registry.asked - self.registry.exited;
        require!(count <= open, AboveAsked, count, open);
        self.registry.exited += count;
        Ok(())
    }
}
