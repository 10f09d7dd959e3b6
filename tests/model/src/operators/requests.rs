//! Exits that are asked for: by the pool, by a member, or for a bond that is short.

use crate::{
    exact::{ceil, eth, int},
    refusal::{refusal, require, Answer},
    Account, Exact, Int, DAY,
};

use super::{parameters::Parameter::*, Reason, Registry, State, Terms, Type, VALIDATOR};

/// Days ahead that a slot may be.
const MOST_DAYS_AHEAD: u64 = 7;

/// Seconds after activation within which an exit costs more.
const EARLY: u64 = 180 * DAY;

impl Registry {
    /// Wei that exits asked for will still bring.
    pub fn coming(&self) -> Int {
        eth(VALIDATOR) * (self.asked - self.exited)
    }

    /// Takes a node out of those that work, to exit.
    pub(crate) fn leave(&mut self, node: u32) {
        let (operator, of) = (self.nodes[&node].operator, self.nodes[&node].of);
        let working = self.working.entry((operator, of)).or_default();
        working.retain(|other| *other != node);
        self.set_state(node, State::Exiting);
        self.place(operator);
    }

    fn begin(&mut self, id: u32, reason: Reason, from: u64) {
        self.asked += 1;
        let deadline = from + self.parameters.number(ExitDeadline);
        self.enter(id, State::Exiting, deadline);
        self.cluster_mut(id).reason = Some(reason);
        for node in self.clusters[&id].nodes.clone() {
            self.leave(node);
        }
    }

    /// Asks for exits that bring at least so much; answers what those will bring. Stake-manager only.
    pub fn request_exits(&mut self, caller: Account, wei: &Int) -> Answer<Int> {
        self.only(caller, Account::Manager, "OnlyStakeManager")?;
        let needed = ceil(Exact::new(wei.clone(), eth(VALIDATOR)));
        let mut asked = int(0);
        while asked < needed {
            let Some(bucket) = self.exit_bucket() else {
                break;
            };
            let (of, kind) = (Type::ALL[bucket / 3], (bucket % 3) as u8);
            let line = &self.lines.leaving[&(of, kind)];
            let highest = line.last().expect("somebody").0;
            let first = line.iter().find(|(class, _)| *class == highest);
            let (_, operator) = *first.expect("somebody");
            let node = self.working[&(operator, of)][0];
            let cluster = self.nodes[&node].cluster;
            self.begin(cluster, Reason::Orders, self.now);
            asked += 1;
        }
        Ok(asked * eth(VALIDATOR))
    }

    /// The day of the next slot, and slots used of it.
    pub fn next_slot(&self) -> (u64, u64) {
        let today = self.now / DAY;
        let (day, used) = self.slots;
        if day < today {
            (today, 0)
        } else if used >= self.parameters.number(ExitSlots) {
            (day + 1, 0)
        } else {
            (day, used)
        }
    }

    /// Asks for the exit of one's own node; answers from when. Manager only.
    pub fn request_exit(&mut self, caller: Account, id: u32, fast: bool) -> Answer<u64> {
        let node = self.node(id)?.clone();
        self.only_manager(caller, node.operator)?;
        let works = [State::Funded, State::Active].contains(&node.state);
        require!(
            works,
            NotInState,
            node.state.number(),
            State::Active.number()
        );
        let cluster = self.clusters[&node.cluster].clone();
        let began = cluster.active_since.unwrap_or(cluster.funded_at);
        let early = self.now < began + EARLY;
        if fast || early {
            let terms = self.priced()?;
            let fee = match fast {
                true => eth(VALIDATOR) * self.parameters.get(FastTrackFee) / 10_000,
                false => int(0),
            };
            let fee = terms.cost(&fee);
            let early_cost = match early {
                true => terms.cost(self.parameters.get(EarlyExitCost)),
                false => int(0),
            };
            let bond = self.operators[&node.operator].bond.shares.clone();
            let cost = &fee + &early_cost;
            require!(cost <= bond, BondBelowCost, bond, cost);
            let members = self.members(node.cluster);
            let others: Vec<u32> = members
                .into_iter()
                .filter(|member| *member != node.operator)
                .collect();
            let each = match others.len() {
                0 => int(0),
                count => &early_cost / 2 / count,
            };
            self.operator_mut(node.operator).bond.shares -= &cost;
            for other in &others {
                self.add_bond(*other, &each);
            }
            self.burned += cost - each * others.len();
        }
        let from = match fast {
            true => self.now,
            false => {
                let (day, used) = self.next_slot();
                let latest = self.now / DAY + MOST_DAYS_AHEAD;
                require!(day <= latest, NoExitSlot, day, latest);
                self.slots = (day, used + 1);
                self.now.max(day * DAY)
            }
        };
        self.begin(node.cluster, Reason::Member, from);
        self.cluster_mut(node.cluster).because_of = Some(id);
        Ok(from)
    }

    /// Asks for the exit of the oldest node of an operator whose bond has been short for too long. Anybody.
    pub fn exit_short(&mut self, operator: u32) -> Answer<()> {
        let it = self.operator(operator)?.clone();
        let Some(since) = it.bond.short_since else {
            return Err(refusal!(BondNotShort, operator));
        };
        let until = since + self.parameters.number(ShortGrace);
        require!(self.now > until, GraceNotOver, self.now, until);
        let terms = self.priced()?;
        require!(
            !self.carries_staying(operator, &terms),
            BondNotShort,
            operator
        );
        self.begin_oldest(operator, Reason::Short)
    }

    /// Asks for the exit of the oldest node of an operator that lost the right to operate. Anybody.
    pub fn exit_unlicensed(&mut self, operator: u32) -> Answer<()> {
        let manager = self.operator(operator)?.manager;
        require!(!self.has_right(manager), MayOperate, operator);
        self.begin_oldest(operator, Reason::Unlicensed)
    }

    /// Whether a bond carries the nodes that nobody asked to leave yet.
    fn carries_staying(&self, operator: u32, terms: &Terms) -> bool {
        let it = &self.operators[&operator];
        let mut staying = self.live(operator);
        for node in self.nodes.values() {
            let leaves = [State::Exiting, State::Done].contains(&node.state);
            if node.operator == operator && leaves {
                staying[node.of as usize] -= 1;
            }
        }
        let required = self.parameters.required(staying, it.score());
        it.bond.debt == int(0) && terms.worth(&it.bond.shares) >= required
    }

    fn begin_oldest(&mut self, operator: u32, reason: Reason) -> Answer<()> {
        let working = Type::ALL.map(|of| self.working.get(&(operator, of)));
        let oldest = working
            .into_iter()
            .flatten()
            .find_map(|nodes| nodes.first());
        let Some(&node) = oldest else {
            return Err(refusal!(NoFundedNode, operator));
        };
        let cluster = self.nodes[&node].cluster;
        self.begin(cluster, reason, self.now);
        self.cluster_mut(cluster).because_of = Some(node);
        Ok(())
    }
}
