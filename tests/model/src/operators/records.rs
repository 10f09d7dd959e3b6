//! Operators as they register, and who acts for them.

use crate::{
    exact::int,
    refusal::{refusal, require, Answer},
    Account, Int, DAY,
};

use super::{Bond, Operator, Registry, FIRST_OPERATOR};

/// Seconds until an offered payout address may accept.
const PAYOUT_DELAY: u64 = 3 * DAY;

impl Registry {
    /// Registers an operator. ETH sent along buys so many shares; none without any.
    pub fn register(
        &mut self,
        caller: Account,
        kind: u8,
        payout: Account,
        metadata: u8,
        shares: Option<Answer<Int>>,
    ) -> Answer<u32> {
        require!(kind <= 2, UnknownKind, kind, 2u8);
        require!(payout != Account::Nobody, ZeroAddress);
        self.check_right(caller)?;
        let shares = shares.transpose()?;
        let id = FIRST_OPERATOR + self.operators.len() as u32;
        let operator = Operator {
            kind,
            manager: caller,
            payout,
            metadata,
            offered_manager: Account::Nobody,
            offered_payout: Account::Nobody,
            payout_from: 0,
            bond: Bond::default(),
            performance: 5_000,
            conduct: 5_000,
            clean_epochs: 0,
            counted_epochs: 0,
            vouched: false,
            proven: false,
            failed: 0,
            suspended_until: 0,
            stands: false,
            funded_once: false,
        };
        self.operators.insert(id, operator);
        if let Some(shares) = shares {
            self.add_bond(id, &shares);
        }
        Ok(id)
    }

    /// Offers a record to another manager. Manager only.
    pub fn offer_manager(&mut self, caller: Account, operator: u32, to: Account) -> Answer<()> {
        self.operator(operator)?;
        self.only_manager(caller, operator)?;
        self.operator_mut(operator).offered_manager = to;
        Ok(())
    }

    /// Takes a record over. Whom it was offered to, with the right to operate.
    pub fn accept_manager(&mut self, caller: Account, operator: u32) -> Answer<()> {
        let offered = self.operator(operator)?.offered_manager;
        require!(caller == offered, OnlyOffered, caller, offered);
        self.check_right(caller)?;
        let it = self.operator_mut(operator);
        it.manager = caller;
        it.offered_manager = Account::Nobody;
        Ok(())
    }

    /// Offers another payout address. Manager only; the present payout address may withdraw an offer.
    pub fn offer_payout(&mut self, caller: Account, operator: u32, to: Account) -> Answer<()> {
        let it = self.operator(operator)?;
        let withdraws = to == Account::Nobody && caller == it.payout;
        if !withdraws {
            self.only_manager(caller, operator)?;
        }
        let from = match to {
            Account::Nobody => 0,
            _ => self.now + PAYOUT_DELAY,
        };
        let it = self.operator_mut(operator);
        it.offered_payout = to;
        it.payout_from = from;
        Ok(())
    }

    /// Becomes the payout address. Whom it was offered to.
    pub fn accept_payout(&mut self, caller: Account, operator: u32) -> Answer<()> {
        let it = self.operator(operator)?;
        require!(
            caller == it.offered_payout,
            OnlyOffered,
            caller,
            it.offered_payout
        );
        require!(
            self.now >= it.payout_from,
            TooEarly,
            self.now,
            it.payout_from
        );
        let it = self.operator_mut(operator);
        it.payout = caller;
        it.offered_payout = Account::Nobody;
        it.payout_from = 0;
        Ok(())
    }

    /// Changes the hash of what an operator publishes. Manager only.
    pub fn set_metadata(&mut self, caller: Account, operator: u32, metadata: u8) -> Answer<()> {
        self.operator(operator)?;
        self.only_manager(caller, operator)?;
        self.operator_mut(operator).metadata = metadata;
        Ok(())
    }

    /// Says that an operator is known, or not any more. Owner, or the Board where there is a whitelist.
    pub fn vouch(&mut self, caller: Account, operator: u32, vouched: bool) -> Answer<()> {
        let board = match self.may_operate {
            Some(_) => Account::Board,
            None => Account::Nobody,
        };
        if caller != Account::Owner && caller != board {
            return Err(refusal!(OnlyVoucher, caller, Account::Owner, board));
        }
        self.operator(operator)?;
        self.operator_mut(operator).vouched = vouched;
        self.prove(operator);
        Ok(())
    }

    /// Asks anew whether an operator is proven.
    pub(crate) fn prove(&mut self, operator: u32) {
        let needed = self.parameters.number(super::Parameter::ProvenAfter);
        let it = self.operator_mut(operator);
        it.proven = it.vouched || it.clean_epochs >= needed;
        self.place(operator);
    }

    /// Shares of all bonds.
    pub fn bonds(&self) -> Int {
        let bonds = self.operators.values().map(|it| &it.bond.shares);
        bonds.fold(int(0), |sum, shares| sum + shares)
    }
}
