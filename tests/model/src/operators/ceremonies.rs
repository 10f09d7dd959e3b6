//! Key ceremonies, and clusters that come to nothing.

use crate::{
    exact::int,
    refusal::{refusal, require, Answer},
    Account, Int,
};

use super::{
    lines::Unlisted, parameters::Parameter::*, score::Cause, Registry, State, Terms, Type, EPOCH,
};

/// Bytes of a public key, a deposit signature and a deposit data root; and of a share.
const LENGTHS: (u64, u64) = (48 + 96 + 32, 48);
/// Epochs off the lists after a first failure.
const SUSPENDED_EPOCHS: u64 = 4;
/// How often that doubles.
const MOST_DOUBLINGS: u64 = 10;
/// Failures that are counted.
const MOST_FAILURES: u64 = 63;

/// What a member posts of a ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Stands for the public key.
    pub number: u64,
    /// Stands for the shares.
    pub shares: u8,
    /// The deposit data root is that of the deposit.
    pub root_fits: bool,
}

impl Type {
    /// Bytes of a result.
    pub fn result_length(self) -> u64 {
        match self {
            Type::Direct => LENGTHS.0,
            other => LENGTHS.0 + other.size() as u64 * LENGTHS.1,
        }
    }
}

impl Registry {
    /// The cluster and place of a node whose ceremony runs.
    fn own(&self, caller: Account, id: u32) -> Answer<(u32, usize)> {
        let node = self.node(id)?;
        self.only_manager(caller, node.operator)?;
        require!(
            node.state == State::Reserved,
            NotInState,
            node.state.number(),
            State::Reserved.number()
        );
        let cluster = &self.clusters[&node.cluster];
        require!(
            self.now <= cluster.deadline,
            DeadlinePassed,
            cluster.deadline,
            self.now
        );
        Ok((node.cluster, self.place_of(id)))
    }

    pub(crate) fn place_of(&self, node: u32) -> usize {
        let cluster = &self.clusters[&self.nodes[&node].cluster];
        let mut nodes = cluster.nodes.iter();
        nodes.position(|other| *other == node).expect("a member")
    }

    /// Posts a result of so many bytes. The node's manager only.
    pub fn submit_key(&mut self, caller: Account, node: u32, key: Key, length: u64) -> Answer<()> {
        let (id, place) = self.own(caller, node)?;
        let cluster = &self.clusters[&id];
        let expected = cluster.of.result_length();
        require!(length == expected, MalformedResult, length, expected);
        require!(cluster.results[place].is_none(), AlreadyPosted, node);
        if cluster.first_result.is_none() {
            require!(!self.used_keys.contains(&key.number), KeyUsed);
            require!(key.root_fits, DepositDataRootMismatch);
            self.used_keys.insert(key.number);
        }
        let cluster = self.cluster_mut(id);
        cluster.first_result.get_or_insert(key);
        cluster.results[place] = Some(key);
        if cluster.results.iter().all(|result| *result == Some(key)) {
            let nodes = cluster.nodes.clone();
            let deadline = self.now + self.parameters.number(UnfundedAtMost);
            self.enter(id, State::Keyed, deadline);
            for node in nodes {
                self.set_state(node, State::Keyed);
            }
            self.keyed.push(id);
        }
        Ok(())
    }

    /// Names members by the bits of their places. The node's manager only.
    pub fn name_failed(&mut self, caller: Account, node: u32, failed: u8) -> Answer<()> {
        let (id, place) = self.own(caller, node)?;
        let all = (1u8 << self.clusters[&id].nodes.len()) - 1;
        let others = all & !(1 << place);
        require!(
            failed != 0 && failed & !others == 0,
            NamesNobody,
            failed,
            others
        );
        self.cluster_mut(id).named[place] = failed;
        Ok(())
    }

    /// Dissolves a cluster that comes to nothing.
    pub fn dissolve(&mut self, caller: Account, id: u32) -> Answer<()> {
        let cluster = self.cluster(id)?.clone();
        if cluster.state == State::Keyed {
            let terms = self.priced()?;
            if self.is_sound(id, &terms) {
                require!(self.now > cluster.deadline, CeremonyRuns, cluster.deadline);
                let members = self.members(id).into_iter();
                let managers: Vec<_> = members.map(|it| self.operators[&it].manager).collect();
                if !managers.contains(&caller) {
                    let last = *managers.last().expect("a member");
                    return Err(refusal!(OnlyManager, caller, last));
                }
            }
            self.end(id);
            return Ok(());
        }
        require!(
            cluster.state == State::Reserved,
            NotInState,
            cluster.state.number(),
            State::Reserved.number()
        );
        let terms = self.priced()?;
        let spoke = |place: usize| cluster.results[place].is_some() || cluster.named[place] != 0;
        let all_spoke = (0..cluster.nodes.len()).all(spoke);
        require!(
            self.now > cluster.deadline || all_spoke,
            CeremonyRuns,
            cluster.deadline
        );
        self.punish(id, &self.failed(id), &terms);
        self.end(id);
        Ok(())
    }

    /// The places of those who have failed: who said nothing, whom a majority names, and whose result a majority contradicts.
    pub fn failed(&self, id: u32) -> Vec<usize> {
        let cluster = &self.clusters[&id];
        let places = 0..cluster.nodes.len();
        let is_majority = |count: usize| count * 2 > cluster.nodes.len();
        let posted = cluster.results.iter().flatten();
        // A result is the first one, or another; the others are not told apart.
        let agree = posted
            .clone()
            .filter(|key| Some(**key) == cluster.first_result)
            .count();
        let differ = posted.count() - agree;
        let has_failed = |place: &usize| {
            let named = cluster
                .named
                .iter()
                .filter(|named| *named >> place & 1 != 0)
                .count();
            let contradicted = match cluster.results[*place] {
                None => cluster.named[*place] == 0 || is_majority(agree),
                Some(key) if Some(key) == cluster.first_result => is_majority(differ),
                Some(_) => is_majority(agree),
            };
            contradicted || is_majority(named)
        };
        places.filter(has_failed).collect()
    }

    /// Takes the cost from those who failed, in equal parts to the others, and suspends them.
    fn punish(&mut self, id: u32, failed: &[usize], terms: &Terms) {
        let members = self.members(id);
        let cost = terms.cost(self.parameters.get(CeremonyCost));
        let others = members.len() - failed.len();
        for place in failed {
            let operator = members[*place];
            let shares = self.operators[&operator].bond.shares.clone();
            let each: Int = match others {
                0 => int(0),
                _ => cost.clone().min(shares) / others,
            };
            self.operator_mut(operator).bond.shares -= &each * others;
            for (place, other) in members.iter().enumerate() {
                if !failed.contains(&place) {
                    self.add_bond(*other, &each);
                }
            }
            let now = self.now;
            let it = self.operator_mut(operator);
            it.suspended_until = now + EPOCH * (SUSPENDED_EPOCHS << it.failed.min(MOST_DOUBLINGS));
            self.unlist(operator, Unlisted::Suspended);
            self.judge(operator, Cause::FailedCeremony);
            let it = self.operator_mut(operator);
            it.failed = (it.failed + 1).min(MOST_FAILURES);
        }
    }

    /// Queues a cluster's members again.
    pub(crate) fn end(&mut self, id: u32) {
        let cluster = &self.clusters[&id];
        if let (State::Reserved, Some(key)) = (cluster.state, cluster.first_result) {
            self.used_keys.remove(&key.number);
        }
        self.keyed.retain(|other| *other != id);
        self.enter(id, State::Dissolved, 0);
        for node in self.clusters[&id].nodes.clone() {
            self.enqueue(node);
        }
    }
}
