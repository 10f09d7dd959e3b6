//! The pool as a whole: who is there, and what each of them holds.

use std::collections::BTreeMap;

use crate::{
    books::{Books, Rate},
    exact::int,
    flash::Flash,
    gains::FeeMark,
    liveness::Slashing,
    losses::Losses,
    parameters::Parameters,
    pauses::Pause,
    protection::Protection,
    queue::Queue,
    refusal::{require, Answer},
    registry::Registry,
    reports::Reports,
    silent::Silent,
    Int,
};

/// Who acts, holds shares or is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// The zero address.
    Nobody,
    /// Holds the locked shares.
    Dead,
    /// The pool's token.
    Token,
    /// The stake-manager.
    Manager,
    /// The unstake-queue, with the shares in escrow.
    Queue,
    /// The flash-exit-pool.
    Flash,
    /// The protection-pool.
    Protection,
    /// The operator-registry.
    Registry,
    /// The oracle committee.
    Committee,
    /// The acknowledger.
    Acknowledger,
    /// Gets the operators' part of the fee.
    Operators,
    /// Gets the treasury's part of the fee.
    Treasury,
    /// Says who may operate, where that is asked.
    Board,
    /// Governs everything.
    Owner,
    /// May pause and flag.
    Guardian,
    /// Somebody without a role.
    User(u8),
    /// A user that refuses ETH.
    Refuser(u8),
}

impl Account {
    /// Whether it takes ETH that is sent to it.
    pub fn takes_eth(self) -> bool {
        !matches!(self, Account::Refuser(_))
    }
}

/// One deployment of the protocol, as far as books and queue go.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Seconds since the epoch.
    pub now: u64,
    /// See [`Books`].
    pub books: Books,
    /// Shares of each account.
    pub balances: BTreeMap<Account, Int>,
    /// ETH that each account was paid since the beginning.
    pub paid: BTreeMap<Account, Int>,
    /// ETH that the stake-manager's address has, whether the books know it or not.
    pub held: Int,
    /// See [`Reports`].
    pub reports: Reports,
    /// A slashing that is flagged.
    pub slashing: Option<Slashing>,
    /// The guardian has flagged since it was armed.
    pub flag_spent: bool,
    /// See [`Losses`].
    pub losses: Losses,
    /// The highest rate after which a fee was taken.
    pub fee_mark: Option<FeeMark>,
    /// See [`Protection`].
    pub protection: Protection,
    /// See [`Queue`].
    pub queue: Queue,
    /// See [`Flash`].
    pub flash: Flash,
    /// See [`Registry`].
    pub registry: Registry,
    /// See [`Silent`].
    pub silent: Silent,
    /// The stake-manager's pause.
    pub pause: Pause,
    /// The queue's pause.
    pub queue_pause: Pause,
    /// See [`Parameters`].
    pub parameters: Parameters,
}

impl Pool {
    /// An empty pool, set up at a time.
    pub fn new(now: u64) -> Self {
        Self {
            now,
            books: Books::default(),
            balances: BTreeMap::new(),
            paid: BTreeMap::new(),
            held: int(0),
            reports: Reports::default(),
            slashing: None,
            flag_spent: false,
            losses: Losses::default(),
            fee_mark: None,
            protection: Protection::default(),
            queue: Queue::default(),
            flash: Flash::default(),
            registry: Registry::default(),
            silent: Silent::new(now),
            pause: Pause::default(),
            queue_pause: Pause::default(),
            parameters: Parameters::default(),
        }
    }

    /// Shares of an account.
    pub fn balance(&self, account: Account) -> Int {
        self.balances.get(&account).cloned().unwrap_or_default()
    }

    /// The rate of every exit.
    pub fn exit_rate(&self) -> Rate {
        self.books.exit_rate(self.reports.reference_rate(self.now))
    }

    /// Moves shares. What the token refuses: the zero address, and more than there is.
    pub fn transfer(&mut self, from: Account, to: Account, shares: Int) -> Answer<()> {
        require!(to != Account::Nobody, ERC20InvalidReceiver, to);
        let balance = self.balance(from);
        require!(
            balance >= shares,
            ERC20InsufficientBalance,
            from,
            balance,
            shares
        );
        *self.balances.entry(from).or_default() -= &shares;
        *self.balances.entry(to).or_default() += shares;
        Ok(())
    }

    /// Forces ETH into the stake-manager's address without a call: the books do not see it.
    pub fn force_eth(&mut self, wei: Int) {
        self.held += wei;
    }

    /// Moves a contract to another build of its code, which changes nothing here. Owner only.
    pub fn upgrade(&self, caller: Account) -> Answer<()> {
        self.only_owner(caller)
    }

    pub(crate) fn mint(&mut self, to: Account, shares: &Int) {
        *self.balances.entry(to).or_default() += shares;
        self.books.total_shares += shares;
    }

    pub(crate) fn burn(&mut self, from: Account, shares: &Int) {
        let balance = self.balances.entry(from).or_default();
        assert!(*balance >= *shares, "more is burned than is there");
        *balance -= shares;
        self.books.total_shares -= shares;
    }

    pub(crate) fn pay(&mut self, to: Account, wei: &Int) {
        *self.paid.entry(to).or_default() += wei;
    }

    pub(crate) fn only_owner(&self, caller: Account) -> Answer<()> {
        require!(caller == Account::Owner, OnlyOwner, caller, Account::Owner);
        Ok(())
    }
}
