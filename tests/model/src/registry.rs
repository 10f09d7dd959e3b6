//! The operator-registry, as far as the books see it: how many validators wait, work and leave. Who runs them is not told
//! here.

use crate::{
    exact::{ceil, eth, int},
    pool::{Account, Pool},
    refusal::{require, Answer},
    Exact, Int,
};

/// Numbers of validators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    /// With a key, and without ETH.
    pub keyed: u64,
    /// Ever funded.
    pub funded: u64,
    /// Ever asked to exit.
    pub asked: u64,
    /// Exited.
    pub exited: u64,
}

impl Registry {
    /// Validators that can be funded now.
    pub fn ready(&self) -> u64 {
        self.keyed
    }

    /// Funds so many of those that can be.
    pub(crate) fn fund(&mut self, count: u64) {
        self.keyed -= count;
        self.funded += count;
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
    /// So many clusters have their keys.
    pub fn run_validators(&mut self, count: u64) {
        self.registry.keyed += count;
    }

    /// Says that so many of the exits asked for are done. Oracle committee only.
    pub fn confirm_exits(&mut self, caller: Account, count: u64) -> Answer<()> {
        require!(
            caller == Account::Committee,
            OnlyOracleCommittee,
            caller,
            Account::Committee
        );
        self.registry.exited += count;
        Ok(())
    }
}
