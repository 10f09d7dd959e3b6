//! Bonds: what nodes require, what a bond carries, and how shares come and go.

use crate::{
    exact::{exact, int},
    refusal::{require, Answer},
    Account, Exact, Int,
};

use super::{lines::Unlisted, parameters::Parameter::*, Parameters, Registry, Terms, Type, EPOCH};

/// What an operator has put in, and owes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bond {
    /// All of it, in shares.
    pub shares: Int,
    /// Owed, in shares.
    pub debt: Int,
    /// The cumulative penalty of the last leaf, in shares.
    pub charged: Int,
    /// Seconds: since when it is known to be short.
    pub short_since: Option<u64>,
    /// Shares to be withdrawn.
    pub announced: Int,
    /// Seconds.
    pub announced_at: u64,
    /// Epoch of the last leaf.
    pub applied: u64,
}

impl Parameters {
    /// Wei that so many nodes of each type require at a score; rounded up.
    pub fn required(&self, nodes: [u64; 3], score: u64) -> Int {
        let bases = [BaseSsv, BaseObol, BaseDirect].map(|base| exact(self.get(base)));
        let mut sum = exact(&int(0));
        for (base, count) in bases.into_iter().zip(nodes) {
            for node in 1..=count {
                sum += &base * self.curve(node);
            }
        }
        crate::ceil(sum * (exact(&int(1)) - self.discount(score)))
    }

    /// The part of the base that a node takes, counted from 1: one, then in a straight line to the floor.
    fn curve(&self, node: u64) -> Exact {
        let (one, floor) = (
            exact(&int(1)),
            Exact::new(self.get(CurveFloor).clone(), int(10_000)),
        );
        let level_from = self.number(LevelFrom);
        if node >= level_from {
            return floor;
        }
        let fallen = Exact::new(int(node - 1), int(level_from - 1));
        &one - (&one - floor) * fallen
    }

    fn discount(&self, score: u64) -> Exact {
        let largest = Exact::new(self.get(LargestDiscount).clone(), int(10_000));
        let above = score.clamp(5_000, 10_000) - 5_000;
        largest * Exact::new(int(above), int(5_000))
    }
}

impl Registry {
    /// What nodes are priced with, or the refusal.
    pub(crate) fn priced(&self) -> Answer<Terms> {
        self.terms.clone()
    }

    /// Wei that an operator's live nodes require, and one more of a type.
    pub fn required(&self, operator: u32, more: Option<Type>) -> Int {
        let mut nodes = self.live(operator);
        if let Some(of) = more {
            nodes[of as usize] += 1;
        }
        self.parameters
            .required(nodes, self.operators[&operator].score())
    }

    /// Whether a bond carries the live nodes, and one more of a type. Nothing carries while anything is owed.
    pub fn carries(&self, operator: u32, terms: &Terms, more: Option<Type>) -> bool {
        let bond = &self.operators[&operator].bond;
        bond.debt == int(0) && terms.worth(&bond.shares) >= self.required(operator, more)
    }

    /// Wei that the live nodes require with one more of the dearest type that is queued; none without any.
    pub fn required_queued(&self, operator: u32) -> Option<Int> {
        let queued = Type::ALL
            .into_iter()
            .filter(|of| self.lanes(operator).iter().any(|(queued, _)| queued == of));
        queued.map(|of| self.required(operator, Some(of))).max()
    }

    /// Whether a bond lets its operator stand in the lines.
    pub fn carries_queued(&self, operator: u32, terms: &Terms) -> bool {
        let bond = &self.operators[&operator].bond;
        let required = self.required_queued(operator);
        bond.debt == int(0) && required.is_some_and(|it| terms.worth(&bond.shares) >= it)
    }

    /// Takes what is owed out of a bond, and so much more; the rest is owed. What is taken is burned.
    pub(crate) fn charge(&mut self, operator: u32, more: &Int) {
        let bond = &mut self.operator_mut(operator).bond;
        let owed = &bond.debt + more;
        let taken = owed.clone().min(bond.shares.clone());
        bond.shares -= &taken;
        bond.debt = owed - &taken;
        self.burned += taken;
    }

    /// Adds shares to a bond, of which debt is paid first.
    pub(crate) fn add_bond(&mut self, operator: u32, shares: &Int) {
        self.operator_mut(operator).bond.shares += shares;
        self.charge(operator, &int(0));
    }

    /// Whether anything of an operator depends on the rate: it has nodes, or is known to be short.
    fn concerns_rate(&self, operator: u32) -> bool {
        let short = self.operators[&operator].bond.short_since.is_some();
        short || self.live(operator) != [0; 3] || !self.lanes(operator).is_empty()
    }

    /// What follows from a bond that has grown: whether it is short is noted, and whoever can be chosen with it stands in the
    /// lines again.
    pub(crate) fn bond_grew(
        &mut self,
        operator: u32,
        terms: impl Fn(&Self) -> Answer<Terms>,
    ) -> Answer<()> {
        if self.concerns_rate(operator) {
            let terms = terms(self)?;
            self.note_short(operator, &terms);
            self.list_if_sound(operator, &terms);
        }
        Ok(())
    }

    /// Notes that a bond is short, or is not any more.
    pub(crate) fn note_short(&mut self, operator: u32, terms: &Terms) {
        let carries = self.carries(operator, terms, None);
        let now = self.now;
        let since = &mut self.operator_mut(operator).bond.short_since;
        match carries {
            true => *since = None,
            false => {
                since.get_or_insert(now);
            }
        }
    }

    /// What a bond lacks for the live nodes, in shares; whether it is short is noted.
    pub(crate) fn lacking(&mut self, operator: u32, terms: &Terms) -> Int {
        if !self.concerns_rate(operator) {
            return int(0);
        }
        self.note_short(operator, terms);
        let needed = terms.cost(&self.required(operator, None));
        crate::exact::not_negative(needed - &self.operators[&operator].bond.shares)
    }

    /// ETH for a bond, which buys so many shares. Who has the right to operate.
    pub fn bond(&mut self, caller: Account, operator: u32, shares: Answer<Int>) -> Answer<Int> {
        self.operator(operator)?;
        self.check_right(caller)?;
        let shares = shares?;
        self.add_bond(operator, &shares);
        self.bond_grew(operator, Self::priced)?;
        Ok(shares)
    }

    /// Announces a withdrawal. Manager only.
    pub fn announce(&mut self, caller: Account, operator: u32, shares: &Int) -> Answer<()> {
        self.operator(operator)?;
        self.only_manager(caller, operator)?;
        let now = self.now;
        let bond = &mut self.operator_mut(operator).bond;
        require!(shares <= &bond.shares, AmountTooLarge, shares, &bond.shares);
        bond.announced = shares.clone();
        bond.announced_at = if shares == &int(0) { 0 } else { now };
        Ok(())
    }

    /// Shares that live nodes leave over.
    pub fn surplus(&self, operator: u32, terms: &Terms) -> Int {
        let bond = &self.operators[&operator].bond;
        let needed = terms.cost(&self.required(operator, None));
        crate::exact::not_negative(&bond.shares - needed)
    }

    /// Shares that could be withdrawn now, were they announced long ago: none while anything else is in the way; and from
    /// when on what is announced can be.
    pub fn withdrawable(&self, operator: u32) -> (Int, u64) {
        let bond = &self.operators[&operator].bond;
        let live = self.live(operator) != [0; 3];
        let refused = bond.debt != int(0) || live && self.judged(operator).is_err();
        let shares = match &self.terms {
            Ok(terms) if !refused => self.surplus(operator, terms),
            _ => int(0),
        };
        let from = match self.announced(operator) == int(0) {
            true => 0,
            false => self.notice_over(operator),
        };
        (shares, from)
    }

    /// What is announced, unless that was too long ago.
    fn announced(&self, operator: u32) -> Int {
        match self.now <= self.notice_over(operator) + EPOCH {
            true => self.operators[&operator].bond.announced.clone(),
            false => int(0),
        }
    }

    /// Seconds: when what is announced can be withdrawn. As long as there never was a root, whoever has leaves waits as long
    /// as one may fail to appear.
    fn notice_over(&self, operator: u32) -> u64 {
        let it = &self.operators[&operator];
        let wait = match it.funded_once && self.root.epoch == 0 {
            true => self.parameters.number(SettledWithoutRoot),
            false => EPOCH,
        };
        it.bond.announced_at + wait
    }

    /// Refuses until the current root is applied to whoever has leaves; long after it, it counts as applied.
    fn judged(&self, operator: u32) -> Answer<()> {
        let it = &self.operators[&operator];
        let (applied, current) = (it.bond.applied, self.root.epoch);
        let patience = self.parameters.number(SettledWithoutRoot);
        let counts =
            !it.funded_once || applied == current || self.now >= self.root.since + patience;
        require!(counts, RootNotApplied, applied, current);
        Ok(())
    }

    /// Sends shares of a bond to the payout address; not while nothing is priced. Manager or payout address.
    pub fn withdraw(&mut self, caller: Account, operator: u32, shares: &Int) -> Answer<()> {
        let it = self.operator(operator)?.clone();
        let either = [it.manager, it.payout];
        require!(
            either.contains(&caller),
            OnlyManagerOrPayout,
            caller,
            it.manager,
            it.payout
        );
        let terms = self.priced()?;
        require!(it.bond.debt == int(0), InDebt, &it.bond.debt);
        let live = self.live(operator) != [0; 3];
        let surplus = self.surplus(operator, &terms);
        let announced = self.announced(operator);
        let fits = !live || shares <= &announced;
        require!(
            shares <= &surplus && fits,
            AboveWithdrawable,
            shares,
            surplus,
            announced
        );
        if live {
            let from = self.notice_over(operator);
            require!(self.now >= from, TooEarly, self.now, from);
            self.judged(operator)?;
        }
        let bond = &mut self.operator_mut(operator).bond;
        bond.shares -= shares;
        bond.announced = crate::exact::not_negative(announced - shares);
        if bond.announced == int(0) {
            bond.announced_at = 0;
        }
        if it.stands && !self.carries_queued(operator, &terms) {
            self.unlist(operator, Unlisted::Bond);
        }
        Ok(())
    }

    /// Notes whether a bond is short. Anybody.
    pub fn check_bond(&mut self, operator: u32) -> Answer<()> {
        self.operator(operator)?;
        let terms = self.priced()?;
        self.note_short(operator, &terms);
        Ok(())
    }
}
