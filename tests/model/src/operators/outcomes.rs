//! Parts of exits' signatures, and what became of validators.

use crate::{
    exact::{ceil, int},
    refusal::{refusal, require, Answer},
    Account, Exact, Int, DAY,
};

use super::{
    nodes::MOST_LANES, parameters::Parameter::*, score::Cause, Cluster, Part, Reason, Registry,
    State,
};

/// Bytes of a signature.
const PART: u64 = 96;

/// What became of a cluster's validator; the interface's numbers.
pub const ACTIVE: u8 = 1;
/// It has left.
pub const EXITED: u8 = 2;
/// The beacon chain makes it leave.
pub const EJECTED: u8 = 3;
/// It was slashed.
pub const SLASHED: u8 = 4;
/// Nothing was ever deposited.
pub const BAD_KEY: u8 = 5;

impl Cluster {
    /// Whether its members are judged by their parts: somebody asked it to leave, and it worked.
    fn is_judged(&self) -> bool {
        self.reason != Some(Reason::Forced) && self.active_since.is_some()
    }
}

impl Registry {
    /// Posts a part of an exit's signature. The node's manager only.
    pub fn post_part(&mut self, caller: Account, id: u32, bytes: u8, length: u64) -> Answer<()> {
        let node = self.node(id)?.clone();
        self.only_manager(caller, node.operator)?;
        require!(
            node.state == State::Exiting,
            NotInState,
            node.state.number(),
            State::Exiting.number()
        );
        require!(length == PART, MalformedPart, length, PART);
        let (place, now) = (self.place_of(id), self.now);
        let cluster = self.cluster_mut(node.cluster);
        let before = &cluster.parts[place];
        require!(
            !before.as_ref().is_some_and(|part| part.stands),
            AlreadyPosted,
            id
        );
        let timely = now <= cluster.deadline;
        cluster.parts[place] = Some(Part {
            bytes,
            at: now,
            timely,
            stands: true,
        });
        Ok(())
    }

    /// Declares parts false, by the bits of their places. Oracle committee only.
    pub fn declare_false(&mut self, caller: Account, id: u32, places: u8) -> Answer<()> {
        self.only(caller, Account::Committee, "OnlyOracleCommittee")?;
        let cluster = self.cluster(id)?.clone();
        // Of a validator that has left, only who was judged to be in time can be judged anew.
        let some_done = cluster
            .nodes
            .iter()
            .any(|node| self.nodes[node].state == State::Done);
        let (state, counted) = match cluster.state {
            State::Exiting => (State::Exiting, self.posted(id)),
            State::Done if !some_done => (State::Settled, 0),
            State::Done if !cluster.is_judged() => (State::Exiting, 0),
            State::Done => (State::Exiting, self.timely(id)),
            other => (other, 0),
        };
        let needed = State::Exiting;
        require!(state == needed, NotInState, state.number(), needed.number());
        let posted = places != 0 && places & !counted == 0;
        require!(posted, PartsNotPosted, places, counted);
        let members = self.members(id);
        for (place, operator) in members.into_iter().enumerate() {
            if places >> place & 1 == 0 {
                continue;
            }
            let part = self.cluster_mut(id).parts[place].as_mut().expect("posted");
            part.stands = false;
            if cluster.state == State::Done {
                self.judge(operator, Cause::LateExit);
                let penalty = self.late_penalty(id, cluster.since);
                self.expect(operator, id, penalty);
            }
        }
        Ok(())
    }

    /// Places of those that were in time, a bit each.
    fn timely(&self, id: u32) -> u8 {
        let cluster = &self.clusters[&id];
        let parts = cluster.parts.iter().enumerate();
        let in_time = |part: &Part| part.stands && part.timely;
        let timely = parts.filter(|(_, part)| part.as_ref().is_some_and(in_time));
        timely.map(|(place, _)| 1 << place).sum()
    }

    /// Places whose parts stand, a bit each.
    pub fn posted(&self, id: u32) -> u8 {
        let parts = self.clusters[&id].parts.iter().enumerate();
        let stands = parts.filter(|(_, part)| part.as_ref().is_some_and(|part| part.stands));
        stands.map(|(place, _)| 1 << place).sum()
    }

    /// Places that have posted what the cluster's state asks for, a bit each.
    pub fn asked_and_posted(&self, id: u32) -> u8 {
        let cluster = &self.clusters[&id];
        let results = cluster.results.iter().enumerate();
        match cluster.state {
            State::Reserved => results
                .filter(|(_, result)| result.is_some())
                .map(|(place, _)| 1 << place)
                .sum(),
            State::Exiting => self.posted(id),
            _ => 0,
        }
    }

    /// The penalty for a part that came at a time: for every day begun after the deadline.
    fn late_penalty(&self, id: u32, at: u64) -> Int {
        let deadline = self.clusters[&id].deadline;
        let days = at.saturating_sub(deadline).div_ceil(DAY);
        self.parameters.get(LatePenalty) * days
    }

    /// Tells that a leaf will charge a penalty, if there is one.
    fn expect(&mut self, operator: u32, id: u32, wei: Int) {
        if wei != int(0) {
            self.expected.push((operator, id, wei));
        }
    }

    /// Has the gateway force an exit. Anybody.
    pub fn force_exit(&mut self, id: u32) -> Answer<()> {
        let cluster = self.cluster(id)?;
        require!(
            cluster.state == State::Exiting,
            NotInState,
            cluster.state.number(),
            State::Exiting.number()
        );
        let deadline = cluster.deadline;
        require!(self.now > deadline, DeadlineNotPassed, self.now, deadline);
        Ok(())
    }

    /// Says what became of clusters' validators. Oracle committee only.
    pub fn confirm(&mut self, caller: Account, told: &[(u32, u8, Int)]) -> Answer<()> {
        self.only(caller, Account::Committee, "OnlyOracleCommittee")?;
        for (cluster, outcome, loss) in told {
            self.confirm_one(*cluster, *outcome, loss)?;
        }
        Ok(())
    }

    fn confirm_one(&mut self, id: u32, outcome: u8, loss: &Int) -> Answer<()> {
        let cluster = self.cluster(id)?.clone();
        let state = cluster.state;
        require!((1..=5).contains(&outcome), UnknownOutcome, outcome, 5u8);
        let works = [State::Active, State::Funded].contains(&state);
        let exits = state == State::Exiting;
        let never_active = cluster.active_since.is_none();
        let (fits, usual) = match outcome {
            ACTIVE | BAD_KEY => (
                state == State::Funded || exits && never_active,
                State::Funded,
            ),
            EXITED => (exits, State::Exiting),
            EJECTED => {
                let told = cluster.reason == Some(Reason::Forced);
                (works || exits && !told, State::Active)
            }
            _ => (works || exits, State::Active),
        };
        if !fits {
            return Err(refusal!(NotInState, state.number(), usual.number()));
        }
        let leaves = works && outcome != ACTIVE;
        let gone = [EXITED, BAD_KEY].contains(&outcome);
        self.asked += u64::from(leaves);
        self.exited += u64::from(gone);

        let part = ceil(Exact::new(loss.clone(), int(cluster.nodes.len())));
        let after = match outcome {
            ACTIVE => State::Active,
            EXITED | BAD_KEY => State::Done,
            _ => State::Exiting,
        };
        for (place, node) in cluster.nodes.iter().enumerate() {
            let operator = self.nodes[node].operator;
            if leaves {
                self.leave(*node);
            }
            if works || gone {
                self.set_state(*node, after);
                self.place(operator);
            }
            let more = match outcome {
                EXITED => {
                    let more = self.judge_exit(id, place, operator);
                    // Unless it ended otherwise than it began.
                    let forced = cluster.reason == Some(Reason::Forced);
                    if !forced && cluster.because_of.is_some_and(|of| of != *node) {
                        self.renew(*node);
                    }
                    more
                }
                EJECTED => {
                    self.judge(operator, Cause::ForcedExit);
                    self.parameters.get(LatePenalty).clone()
                }
                SLASHED => {
                    self.judge(operator, Cause::Slashing);
                    int(0)
                }
                _ => int(0),
            };
            self.expect(operator, id, &part + more);
        }
        let now = self.now;
        match outcome {
            ACTIVE => {
                let signed_by = now + self.parameters.number(ExitDeadline);
                if works {
                    self.enter(id, State::Active, 0);
                }
                let cluster = self.cluster_mut(id);
                cluster.active_since = Some(now);
                if exits {
                    cluster.deadline = cluster.deadline.max(signed_by);
                }
            }
            // Parts that were late are still told by the deadline.
            EXITED => self.enter(id, State::Done, cluster.deadline),
            BAD_KEY => self.enter(id, State::Done, 0),
            _ if works => self.enter(id, State::Exiting, now),
            _ => {}
        }
        if [EJECTED, SLASHED].contains(&outcome) {
            self.cluster_mut(id).reason = Some(Reason::Forced);
        }
        Ok(())
    }

    /// Judges a member's part in an exit that was asked for; answers what it pays for being late.
    fn judge_exit(&mut self, id: u32, place: usize, operator: u32) -> Int {
        let cluster = self.clusters[&id].clone();
        if !cluster.is_judged() {
            return int(0);
        }
        match cluster.parts[place].clone().filter(|part| part.stands) {
            Some(part) if part.timely => {
                self.judge(operator, Cause::TimelyExit);
                int(0)
            }
            late => {
                let at = late.map_or(self.now, |part| part.at);
                // Nobody is late whose part was not needed before its time was over.
                if at <= cluster.deadline {
                    return int(0);
                }
                self.judge(operator, Cause::LateExit);
                self.late_penalty(id, at)
            }
        }
    }

    /// Queues a node like one whose validator was left by somebody else, unless that would be a line too many.
    fn renew(&mut self, like: u32) {
        let mut node = self.nodes[&like].clone();
        let lanes = self.lanes(node.operator);
        if lanes.len() >= MOST_LANES && !lanes.contains(&(node.of, node.region)) {
            return;
        }
        let id = self.nodes.len() as u32 + 1;
        node.cluster = 0;
        self.nodes.insert(id, node);
        self.enqueue(id);
    }
}
