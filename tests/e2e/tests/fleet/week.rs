//! A week: events, choices, ceremonies, funding, exits, reports, leaves.

use alloy::primitives::{Bytes, U256};
use e2e::{operated::*, OperatorRegistry::*, StakeManager, ALICE, ETH};
use rand::Rng;

use crate::{fleet::Fleet, measure::Row};

/// Of a hundred validators so many leave a week for orders to be paid.
const LEAVE_A_WEEK: u64 = 1;
/// Of a thousand validators so many leave a week because a member wants to.
const WANT_TO_LEAVE: u64 = 2;
/// Weight of a week in an operator's performance: one in eight.
const PAST: u64 = 7;

impl Fleet {
    /// Runs a week.
    pub fn week(&mut self) {
        self.events();
        let assets = U256::from(self.plan.staked) * ETH;
        self.operated.pool.deposit(ALICE, assets);
        self.fund();
        let chosen = self.off_target();
        self.exits();
        self.operated.pool.chain.increase_time(3 * DAY + DAY / 2);
        self.report_on();
        self.operated.pool.chain.increase_time(3 * DAY + DAY / 2);
        self.confirm();
        self.report_on();
        self.dissolve();
        self.come_back();
        self.leaves();
        self.top_up();
        self.weeks += 1;
        let row = Row::of(self, chosen);
        self.rows.push(row);
    }

    /// Forms clusters as free ETH demands, lets them run their ceremonies, and has them funded.
    fn fund(&mut self) {
        loop {
            let mut keyed = 0;
            while let Some(cluster) = self.operated.form() {
                if cluster.is_zero() {
                    continue;
                }
                self.check_formed(cluster);
                keyed += u64::from(self.ceremony(cluster));
            }
            let funded: u64 = self.operated.autobalance().funded.to();
            if keyed == 0 && funded == 0 {
                return;
            }
        }
    }

    /// Runs a cluster's ceremony; whether it ends with a key.
    fn ceremony(&mut self, cluster: U256) -> bool {
        let members = self.operated.members(cluster);
        let operators = self.operated.operators_of(cluster);
        let people: Vec<_> = operators
            .iter()
            .map(|operator| self.person(*operator))
            .collect();
        let willing: Vec<bool> = people.iter().map(|person| person.takes_part()).collect();
        let of_crowd = people.iter().any(|person| person.of_crowd);
        if willing.iter().all(|willing| *willing) {
            self.operated.ceremony(cluster);
            return true;
        }
        self.refused_by_crowd += u64::from(of_crowd);
        let result = self.operated.result(members.len());
        for (node, willing) in members.into_iter().zip(willing) {
            if willing {
                self.operated.submit(node, &result);
            }
        }
        self.refused.push(cluster);
        false
    }

    /// Ends the ceremonies whose time is over.
    fn dissolve(&mut self) {
        let now = U256::from(self.operated.pool.chain.timestamp());
        for cluster in std::mem::take(&mut self.refused) {
            if self.operated.cluster(cluster).deadline < now {
                self.operated.anybody(dissolveCall { cluster });
            } else {
                self.refused.push(cluster);
            }
        }
    }

    /// Orders make some leave by the rule, and a few leave by themselves.
    fn exits(&mut self) {
        let counts = self.operated.view(countsCall {});
        let running: u64 = (counts.funded - counts.asked).to();
        let leaving = (running * LEAVE_A_WEEK).div_ceil(100);
        let assets = U256::from(leaving) * U256::from(32) * ETH;
        let (manager, registry) = (self.operated.pool.manager, self.operated.pool.registry);
        let call = requestExitsCall { assets };
        self.operated.pool.run(manager, registry, U256::ZERO, call);
        for _ in 0..running * WANT_TO_LEAVE / 1_000 {
            let funded: u64 = counts.funded.to();
            let index = U256::from(self.dice.gen_range(0..funded));
            let cluster = self.operated.view(fundedClusterCall { index });
            if self.operated.cluster(cluster).state != FUNDED {
                continue;
            }
            let node = self.operated.members(cluster)[0];
            let operator = self.operated.node(node).operator;
            // Its bond may not pay for leaving early.
            let _ = self.operated.try_act(
                operator,
                requestExitCall {
                    node,
                    fastTrack: false,
                },
            );
        }
    }

    /// Those asked to exit sign, unless they are gone, and the committee confirms what has left.
    fn confirm(&mut self) {
        let exiting = self.operated.pool.exiting_clusters();
        if exiting.is_empty() {
            return;
        }
        for cluster in &exiting {
            for node in self.operated.members(*cluster) {
                let operator = self.operated.node(node).operator;
                if !self.person(operator).gone {
                    let part = Bytes::from(vec![0x33; 96]);
                    self.operated.act(operator, postExitPartCall { node, part });
                }
                self.done.push(node);
            }
        }
        let committee = self.operated.pool.committee;
        let registry = self.operated.pool.registry;
        let call = e2e::Pool::exited(&exiting);
        self.operated
            .pool
            .run(committee, registry, U256::ZERO, call);
    }

    /// Reports what is on the beacon chain: all that was sent out has arrived, less what was lost. Exits are left out of the
    /// books here: what leaves is taken as still there.
    fn report_on(&mut self) {
        let manager = self.operated.pool.manager;
        let books = self.operated.pool.view(manager, StakeManager::booksCall {});
        if books.sentOut.is_zero() {
            return;
        }
        let sent: u64 = (books.sentOut / U256::from(1_000_000_000)).to();
        let falls = self.weeks == self.plan.fall && self.lost == 0;
        if falls {
            let assets: u64 = (books.totalAssets.into_raw() / U256::from(5_000_000_000u64)).to();
            self.lost = assets;
        }
        self.operated.pool.chain.mine(1);
        self.report.slotTime = self.operated.pool.chain.timestamp() - 60;
        self.report.depositsSeenGwei = sent;
        self.report.clBalanceGwei = sent - self.lost;
        let call = StakeManager::reportCall {
            report: self.report.clone(),
        };
        let committee = self.operated.pool.committee;
        self.operated.pool.run(committee, manager, U256::ZERO, call);
        if falls {
            let call = StakeManager::acknowledgeCall {
                lowestRate: U256::ZERO,
                highestRate: ETH,
                deadline: U256::from(self.operated.pool.chain.timestamp() + DAY),
            };
            let acknowledger = self.operated.pool.acknowledger;
            self.operated
                .pool
                .run(acknowledger, manager, U256::ZERO, call);
        }
    }

    /// The epoch's root takes effect, every operator's leaf is applied, and what is settled needs no bond any more.
    fn leaves(&mut self) {
        let (registry, distributor) = (self.operated.pool.registry, self.operated.pool.distributor);
        let epoch = U256::from(self.weeks + 1);
        let call = noteRootCall {
            epoch,
            endsAt: U256::from(self.operated.pool.chain.timestamp()),
        };
        self.operated
            .pool
            .run(distributor, registry, U256::ZERO, call);
        for place in 0..self.people.len() {
            let operator = self.people[place].operator;
            let standing = self.operated.view(standingCall { operator });
            let spread = self.dice.gen_range(0..600);
            // Leaves are cumulative: who once ran a validator has one for ever, and who never did has none.
            let person = &mut self.people[place];
            let runs = standing.live.iter().any(|live| !live.is_zero()) && !person.of_crowd;
            if !runs && person.epochs == 0 {
                continue;
            }
            let now = match person.gone {
                true => 0,
                false => (person.quality + spread).saturating_sub(300).min(10_000),
            };
            if runs {
                person.performance = (person.performance * PAST + now) / (PAST + 1);
            }
            person.epochs += u64::from(runs);
            let call = applyLeafCall {
                operator,
                epoch,
                cumulativePenalty: U256::ZERO,
                performance: U256::from(person.performance),
                epochs: U256::from(person.epochs),
            };
            self.operated
                .pool
                .run(distributor, registry, U256::ZERO, call);
        }
        let nodes = self.done.iter().map(|node| node.to()).collect();
        self.done.clear();
        self.operated.anybody(settleCall { nodes });
    }

    /// Who is short of bond tops it up, if it is one of the strong; the weak do not bother.
    fn top_up(&mut self) {
        let manager = self.operated.pool.manager;
        let shares = self.operated.pool.view(manager, StakeManager::rateCall {});
        for place in 0..self.people.len() {
            let person = self.people[place].clone();
            if !person.is_strong() || person.gone {
                continue;
            }
            let operator = person.operator;
            let required = self.operated.view(requiredCall { operator });
            let most = required
                .withOneMore
                .iter()
                .max()
                .copied()
                .unwrap_or_default();
            let worth = self.operated.shares(operator) * shares / ETH;
            if worth < most && !required.now.is_zero() {
                self.operated.bond(operator, most - worth + milli(1));
            }
        }
    }
}
