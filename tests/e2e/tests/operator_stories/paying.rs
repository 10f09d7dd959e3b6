//! Stories in which operators are paid by the rewards-distributor: epochs are computed by `clay-epoch` and by the model, their roots
//! proposed, vetoed and put into effect, and their leaves claimed, early, late or never.

use std::collections::BTreeMap;

use alloy::primitives::{B256, U256};
use clay_chain::Receipt;
use clay_epoch::{Epoch, Factors, NodeType, Terms};
use e2e::{
    rewards::{Alone, Leaf as RealLeaf, Tree},
    CsEthToken::{transferCall, Transfer},
    RewardsDistributor::*,
    ALICE,
};
use model::{
    exact::{eth, int},
    operators::Type,
    rewards::{
        formula::{Inputs, Row},
        Claim, Distributor, Hash, Leaf, Root, Totals,
    },
    Account, Answer, Int, DAY,
};

use crate::{
    dice::Dice,
    numbers::{int as number, word},
    story::{id, nothing, Call, Story},
};

/// What the oracle committee publishes, and what the chain makes of it.
#[derive(Clone)]
pub struct Paying {
    /// The rewards-distributor in the model.
    pub model: Distributor,
    /// The leaves that are right, of the last root in effect that was.
    right: Root,
    /// Every root that was proposed, by hash; and whether it was right.
    proposed: BTreeMap<Hash, (Root, bool)>,
}

impl Story {
    /// From now on the distributor pays operators, out of what it gets from now on.
    pub fn pay(&mut self) {
        let pool = &mut self.real.pool;
        let (distributor, token) = (pool.distributor, pool.token);
        let value = pool.balance(distributor);
        let call = transferCall { to: ALICE, value };
        pool.run(distributor, token, U256::ZERO, call);
        let end = pool.view(
            distributor,
            epochEndCall {
                epoch: U256::from(1),
            },
        );
        let mut model = Distributor::new(end.to::<u64>() - 7 * DAY);
        model.receivers.insert(1, Account::Treasury);
        let call = setReceiverCall {
            account: U256::from(1),
            receiver: self.real.address(Account::Treasury),
        };
        self.real
            .pool
            .run(e2e::OWNER, distributor, U256::ZERO, call);
        self.paying = Some(Paying {
            model,
            right: Root::default(),
            proposed: BTreeMap::new(),
        });
    }

    fn paying(&mut self) -> &mut Paying {
        self.paying.as_mut().expect("a story of payments")
    }

    fn distributor(&self) -> &Distributor {
        &self.paying.as_ref().expect("a story of payments").model
    }

    /// Makes a call of the distributor on the chain and in the model, and compares how both ended and what was sent.
    fn act_paid(
        &mut self,
        kind: &'static str,
        call: Call,
        action: impl FnOnce(&mut Distributor, &mut model::operators::Registry) -> Answer<Vec<Int>>,
    ) -> bool {
        let at = self.real.pool.distributor;
        let done = self.act_at(kind, at, call, |story| {
            let paying = story.paying.as_mut().expect("a story of payments");
            paying.model.attempt(&mut story.model, action)
        });
        let Some(receipt) = done else {
            return false;
        };
        self.same_payments(&receipt);
        self.note_right();
        true
    }

    /// The shares that left the distributor, but for those burned, went where the model says.
    fn same_payments(&mut self, receipt: &Receipt) {
        let pool = &self.real.pool;
        let logs = receipt.logs.iter().filter(|log| log.address == pool.token);
        let transfers = logs.filter_map(|log| alloy::sol_types::SolEvent::decode_log(log).ok());
        let sent: Vec<_> = transfers
            .map(|log: alloy::primitives::Log<Transfer>| log.data)
            .filter(|it| it.from == pool.distributor && !it.to.is_zero())
            .map(|it| (it.to, number(it.value)))
            .collect();
        let model = self.distributor().sent.iter();
        let expected: Vec<_> = model
            .map(|(to, shares)| (self.real.address(*to), shares.clone()))
            .collect();
        assert_eq!(sent, expected, "what the distributor sent");
        let withheld = sent.iter().any(|(to, _)| *to == pool.registry);
        let paid = sent.iter().any(|(to, _)| *to != pool.registry);
        let outcome = match (withheld, paid) {
            (true, true) => "in part withheld",
            (true, false) => "withheld",
            (false, true) => "paid",
            (false, false) => "nothing",
        };
        self.tally.count("payment", outcome);
    }

    /// A right root that took effect is what the next one goes on from.
    fn note_right(&mut self) {
        let paying = self.paying();
        let hash = paying.model.root.hash;
        if let Some((root, true)) = paying.proposed.get(&hash) {
            if root.epoch == paying.model.root.epoch {
                paying.right = root.clone();
            }
        }
    }

    /// Something about roots.
    pub fn root(&mut self, dice: &mut Dice) {
        match dice.within(0..=19) {
            0..=3 => self.apply_root(dice),
            4..=6 => self.veto(dice),
            7 => {
                let call = Call::new(Account::Owner, rearmVetoCall {});
                self.act_paid("rearm", call, |model, _| {
                    model.rearm();
                    Ok(Vec::new())
                });
            }
            8 => {
                let receiver = self.anybody(dice);
                let call = setReceiverCall {
                    account: U256::from(1),
                    receiver: self.real.address(receiver),
                };
                self.act_paid("receiver", Call::new(Account::Owner, call), |model, _| {
                    model.set_receiver(1, receiver);
                    Ok(Vec::new())
                });
            }
            9..=10 => {
                // The root that is proposed next need not have been made for it.
                let epoch = self.distributor().root.epoch;
                let epoch = epoch + dice.within(0..=3);
                self.propose(dice, epoch);
            }
            _ => {
                let epoch = self.distributor().over();
                self.propose(dice, epoch);
            }
        }
    }

    fn apply_root(&mut self, dice: &mut Dice) {
        let from = self.anybody(dice);
        self.act_paid(
            "apply root",
            Call::new(from, applyRootCall {}),
            |model, others| nothing(model.apply(others)),
        );
    }

    fn veto(&mut self, dice: &mut Dice) {
        let from = match dice.within(0..=9) {
            0 => self.anybody(dice),
            1..=3 => Account::Owner,
            _ => Account::Guardian,
        };
        self.act_paid("veto", Call::new(from, vetoRootCall {}), |model, _| {
            nothing(model.veto(from))
        });
    }

    /// The operators' part of a week's fees comes in, and a report closes the epoch.
    fn close(&mut self, dice: &mut Dice, epoch: u64) {
        let most = dice.pick(&[0, 1, 5, 20]);
        let fees = dice.part(&eth(most));
        let pool = &mut self.real.pool;
        let call = transferCall {
            to: pool.distributor,
            value: word(&fees),
        };
        let token = pool.token;
        pool.run(ALICE, token, U256::ZERO, call);
        self.paying().model.held += fees;
        self.real.close(epoch);
        self.paying().model.closed = epoch;
        self.look();
    }

    /// Computes an epoch and proposes its root, or one that somebody tampered with.
    fn propose(&mut self, dice: &mut Dice, epoch: u64) -> bool {
        let closes = epoch > self.distributor().closed && epoch <= self.distributor().over();
        if closes && !dice.percent(5) {
            self.close(dice, epoch);
        }
        let right = self.computed(dice, epoch);
        let Some(right) = right else {
            return false;
        };
        let is_tampered = dice.percent(15);
        let root = match is_tampered {
            true => self.tampered(dice, right),
            false => right,
        };
        let from = self.role(dice, Account::Committee);
        let call = proposeRootCall {
            epoch: U256::from(epoch),
            root: root.hash.into(),
            contentHash: B256::repeat_byte(1),
            rewards: word(&root.totals.rewards),
            penalties: word(&root.totals.penalties),
            recovered: word(&root.totals.recovered),
            uri: "ipfs://epoch".into(),
        };
        let copy = root.clone();
        let proposed = self.act_paid("propose", Call::new(from, call), |model, others| {
            nothing(model.propose(others, from, copy))
        });
        if proposed {
            let proposed = &mut self.paying().proposed;
            proposed.insert(root.hash, (root, !is_tampered));
        }
        proposed
    }

    /// The root of an epoch in which nodes did what chance has them do, as `clay-epoch` and the model compute it.
    fn computed(&mut self, dice: &mut Dice, epoch: u64) -> Option<Root> {
        let terms = self.epoch_terms(dice, epoch);
        let (rows, plain) = self.rows(dice);
        let right = self.paying().right.clone();
        let inputs = Inputs {
            assets: terms.assets.into(),
            shares: terms.shares.into(),
            pot: terms.pot.into(),
            factors: [10_000, 9_500, 9_000],
            standing: terms.standing.into(),
            published: terms.published.into(),
            market: terms.market.into(),
        };
        let outcome = inputs.outcome(&plain, &right.leaves);
        let penalties =
            |leaves: &BTreeMap<u32, Leaf>| -> Int { leaves.values().map(|it| &it.penalties).sum() };
        for (name, is_so) in [
            ("all", true),
            (
                "charges",
                penalties(&outcome.leaves) > penalties(&right.leaves),
            ),
            ("recovers", outcome.recovered > int(0)),
            ("skips", epoch > right.epoch + 1),
        ] {
            if is_so {
                self.tally.count("epoch", name);
            }
        }
        if outcome.leaves.is_empty() {
            return None;
        }
        let previous = (!right.leaves.is_empty()).then(|| self.epoch_tree(&right.leaves));
        let computed = Epoch::compute(terms, rows, previous).expect("an epoch");
        let ours = computed.tree.leaves().iter().map(|(account, leaf)| {
            let leaf = Leaf {
                rewards: leaf.rewards.into(),
                penalties: leaf.penalties.into(),
                performance: leaf.performance.into(),
                epochs: leaf.epochs.into(),
            };
            (*account, leaf)
        });
        let ours: BTreeMap<u32, Leaf> = ours.collect();
        assert_eq!(ours, outcome.leaves, "leaves of epoch {epoch}");
        let root = self.root_of(
            epoch,
            outcome.leaves,
            &right.totals.recovered + outcome.recovered,
        );
        let Totals {
            rewards,
            penalties,
            recovered,
        } = &root.totals;
        assert_eq!(
            [rewards, penalties, recovered],
            [
                &computed.totals.rewards.into(),
                &computed.totals.penalties.into(),
                &computed.totals.recovered.into()
            ],
            "totals of epoch {epoch}"
        );
        if computed.positive > computed.pot - computed.recovered {
            self.tally.count("epoch", "scales");
        }
        assert_eq!(root.hash, computed.tree.root().0, "root of epoch {epoch}");
        Some(root)
    }

    fn epoch_terms(&mut self, dice: &mut Dice, epoch: u64) -> Terms {
        let pool = &self.real.pool;
        let closing = pool.view(pool.manager, e2e::StakeManager::closingRateCall {});
        let paying = self.paying.as_ref().expect("a story of payments");
        let narrow = |amount: &Int| u128::try_from(amount).expect("an amount");
        let before = &paying.right.totals;
        // With a pending root, or after one that was tampered with, what is left is not what the committee would count.
        let received =
            &paying.model.held + paying.model.paid() + &paying.model.root.totals.recovered;
        let promised = &before.rewards + &before.recovered;
        let pot = received - promised;
        Terms {
            chain: pool.chain.config().chain_id,
            distributor: pool.distributor,
            epoch: epoch as u32,
            // Before the first report nothing is closed, and the root will be refused.
            assets: closing.assets.to::<u128>().max(1),
            shares: closing.shares.to::<u128>().max(1),
            pot: narrow(&pot.max(int(0))),
            factors: Factors {
                ssv: 10_000,
                obol: 9_500,
                direct: 9_000,
            },
            standing: 9_700,
            published: 3_000_000_000_000_000,
            market: 3_000_000_000_000_000 + u128::from(dice.within(0..=10)) * 100_000_000_000_000
                - 500_000_000_000_000,
            before: clay_epoch::Totals {
                rewards: narrow(&before.rewards),
                penalties: narrow(&before.penalties),
                recovered: narrow(&before.recovered),
            },
        }
    }

    /// What chance has nodes do in an epoch, for both.
    fn rows(&self, dice: &mut Dice) -> (Vec<clay_epoch::Row>, Vec<Row>) {
        let hard = dice.percent(20);
        let works = |dice: &mut Dice| dice.percent(60);
        let nodes = self.model.nodes.iter();
        let nodes: Vec<_> = nodes.filter(|_| works(dice)).collect();
        let rows = nodes.into_iter().map(|(number, node)| {
            let expected = dice.pick(&[0, 1_575, 1_575, 1_575, 1_000, 17]);
            let attestations = match dice.within(0..=9) {
                0 => 0,
                1 => expected * 97 / 100,
                2 => expected * 4 / 5,
                3 => dice.within(0..=expected),
                _ => expected - expected / dice.within(20..=200),
            };
            let milliether = |dice: &mut Dice, percent, most: u64| match dice.percent(percent) {
                true => u128::from(dice.within(0..=most * 1_000_000)) * 1_000_000_000,
                false => 0,
            };
            let (often, most) = if hard { (40, 500) } else { (10, 20) };
            let adjustment = milliether(dice, often, most) as i128;
            clay_epoch::Row {
                node: *number,
                operator: node.operator,
                of: [NodeType::Ssv, NodeType::Obol, NodeType::Direct][node.of as usize],
                attestations,
                expected,
                exit: milliether(dice, 5, 50),
                loss: milliether(
                    dice,
                    if hard { 40 } else { 4 },
                    if hard { 3_000 } else { 300 },
                ),
                ssv: milliether(dice, 30, 2_000),
                adjustment: if dice.percent(40) {
                    -adjustment
                } else {
                    adjustment
                },
                funded: if dice.percent(10) {
                    dice.within(0..=10_000) as u16
                } else {
                    0
                },
            }
        });
        let rows: Vec<_> = rows.collect();
        let plain = rows.iter().map(|row| Row {
            operator: row.operator,
            of: Type::ALL[row.of as usize],
            made: row.attestations,
            expected: row.expected,
            exit: row.exit.into(),
            loss: row.loss.into(),
            ssv: row.ssv.into(),
            adjustment: row.adjustment.into(),
            funded: row.funded.into(),
        });
        let plain = plain.collect();
        (rows, plain)
    }

    fn epoch_tree(&self, leaves: &BTreeMap<u32, Leaf>) -> clay_epoch::Tree {
        let pool = &self.real.pool;
        let narrow = |amount: &Int| u128::try_from(amount).expect("an amount");
        let leaves = leaves.iter().map(|(account, leaf)| {
            let leaf = clay_epoch::Leaf {
                rewards: narrow(&leaf.rewards),
                penalties: narrow(&leaf.penalties),
                performance: leaf.performance as u16,
                epochs: leaf.epochs as u32,
            };
            (*account, leaf)
        });
        let chain = pool.chain.config().chain_id;
        clay_epoch::Tree::new(chain, pool.distributor, leaves.collect())
    }

    /// The standard tree over leaves, by the tests' own code.
    fn tree(&self, leaves: &BTreeMap<u32, Leaf>) -> Tree {
        let pool = &self.real.pool;
        let leaves = leaves.iter().map(|(account, leaf)| {
            let leaf = RealLeaf {
                rewards: word(&leaf.rewards),
                penalties: word(&leaf.penalties),
                performance: leaf.performance,
                epochs: leaf.epochs,
            };
            (u64::from(*account), leaf)
        });
        Tree::new(
            pool.chain.config().chain_id,
            pool.distributor,
            &leaves.collect(),
        )
    }

    fn root_of(&self, epoch: u64, leaves: BTreeMap<u32, Leaf>, recovered: Int) -> Root {
        Root {
            epoch,
            hash: self.tree(&leaves).root().0,
            totals: Totals {
                rewards: leaves.values().map(|leaf| &leaf.rewards).sum(),
                penalties: leaves.values().map(|leaf| &leaf.penalties).sum(),
                recovered,
            },
            leaves,
        }
    }

    /// A root that no epoch gives.
    fn tampered(&self, dice: &mut Dice, right: Root) -> Root {
        let mut leaves = right.leaves.clone();
        let accounts: Vec<u32> = leaves.keys().copied().collect();
        let account = dice.pick(&accounts);
        let largest = self.model.largest_operator();
        let leaf = leaves.get_mut(&account).expect("a leaf");
        let some = dice.part(&eth(1));
        match dice.within(0..=9) {
            0..=1 => leaf.rewards += some,
            2 => leaf.rewards -= some.min(leaf.rewards.clone()),
            3 => leaf.penalties -= some.min(leaf.penalties.clone()),
            4 => leaf.performance = 10_001,
            5 => leaf.epochs = leaf.epochs.saturating_sub(1),
            6 => {
                leaves.insert(largest + 1, Leaf::default());
            }
            7 => {
                leaves.remove(&account);
            }
            8 => {
                let mut root = right;
                match dice.within(0..=5) {
                    0 => root.totals.rewards += some,
                    1 => root.totals.recovered += some,
                    2 => root.totals.rewards -= some.min(root.totals.rewards.clone()),
                    3 => root.totals.penalties = int(0),
                    4 => root.totals.recovered = int(0),
                    _ => root.totals.rewards += eth(10_000),
                }
                return root;
            }
            _ => {
                return Root {
                    hash: Hash::default(),
                    ..right
                }
            }
        }
        if leaves.is_empty() {
            return right;
        }
        let root = self.root_of(right.epoch, leaves, right.totals.recovered.clone());
        match dice.percent(50) {
            true => root,
            // The leaves alone.
            false => Root {
                totals: right.totals,
                ..root
            },
        }
    }

    /// Somebody claims, or has leaves handed on.
    pub fn claims(&mut self, dice: &mut Dice) {
        let count = dice.pick(&[1, 1, 1, 2, 4]);
        let claims: Vec<Claim> = (0..count).filter_map(|_| self.any_claim(dice)).collect();
        self.make_claims(dice, claims);
    }

    /// The claim of somebody who is in debt, or short.
    pub fn claim_withheld(&mut self, dice: &mut Dice) {
        let operators = self.model.operators.iter();
        let short =
            operators.filter(|(_, it)| it.bond.debt > int(0) || it.bond.short_since.is_some());
        let short: Vec<u32> = short.map(|(number, _)| *number).collect();
        let claim = dice.pick_any(&short).and_then(|account| {
            let root = &self.distributor().root;
            let leaf = root.leaves.get(&account)?.clone();
            Some(Claim {
                account,
                leaf,
                root: root.hash,
            })
        });
        match claim {
            Some(claim) => self.make_claims(dice, vec![claim]),
            None => self.claims(dice),
        }
    }

    /// A leaf of some root; seldom one that is in none.
    fn any_claim(&self, dice: &mut Dice) -> Option<Claim> {
        let paying = self.paying.as_ref().expect("a story of payments");
        let proposed: Vec<Hash> = paying.proposed.keys().copied().collect();
        let model = &paying.model;
        let pending = model.pending.as_ref().map(|(root, _)| root);
        let root = match dice.within(0..=19) {
            0..=1 => &model.previous,
            2 => pending.unwrap_or(&model.root),
            3 => &paying.proposed[&dice.pick_any(&proposed)?].0,
            _ => &model.root,
        };
        let accounts: Vec<u32> = root.leaves.keys().copied().collect();
        let account = dice.pick_any(&accounts)?;
        let mut claim = Claim {
            account,
            leaf: root.leaves[&account].clone(),
            root: root.hash,
        };
        if dice.percent(3) {
            match dice.within(0..=4) {
                0 => claim.account += 1,
                1 => claim.leaf.rewards += 1u64,
                2 => claim.leaf.penalties += 1u64,
                3 => claim.leaf.performance += 1,
                _ => claim.leaf.epochs += 1,
            }
        }
        Some(claim)
    }

    fn make_claims(&mut self, dice: &mut Dice, claims: Vec<Claim>) {
        // What is burned with a root changes the rate at which the registry judges bonds, which the model is told between calls.
        let burned = self.distributor().burned_next();
        if burned > int(0) {
            self.apply_root(dice);
        }
        let from = self.anybody(dice);
        let with_proofs: Vec<_> = claims.iter().map(|claim| self.proven(claim)).collect();
        let kind = if claims.len() == 1 {
            dice.within(0..=2)
        } else {
            dice.within(1..=2)
        };
        match kind {
            0 => {
                let call = with_proofs.into_iter().next().expect("one").alone();
                self.act_paid("claim", Call::new(from, call), |model, others| {
                    model.claim(others, &claims)
                });
            }
            1 => {
                let call = claimManyCall {
                    claims: with_proofs,
                };
                self.act_paid("claim many", Call::new(from, call), |model, others| {
                    nothing(model.claim(others, &claims))
                });
            }
            _ => {
                let call = syncCall {
                    claims: with_proofs,
                };
                self.act_paid("sync", Call::new(from, call), |model, others| {
                    nothing(model.sync(others, &claims))
                });
            }
        }
    }

    /// A claim with the proof that its account has in its root.
    fn proven(&self, claim: &Claim) -> e2e::RewardsDistributor::Claim {
        let paying = self.paying.as_ref().expect("a story of payments");
        let (root, _) = &paying.proposed[&claim.root];
        let proof = match root.leaves.contains_key(&claim.account) {
            true => self.tree(&root.leaves).proof(u64::from(claim.account)),
            false => Vec::new(),
        };
        let Leaf {
            rewards,
            penalties,
            performance,
            epochs,
        } = &claim.leaf;
        e2e::RewardsDistributor::Claim {
            account: id(claim.account),
            rewards: word(rewards),
            penalties: word(penalties),
            performance: U256::from(*performance),
            epochs: U256::from(*epochs),
            proof,
        }
    }

    /// An epoch from its end to the claims of most operators.
    pub fn paid_epoch(&mut self, dice: &mut Dice) {
        let model = self.distributor();
        if model.over() <= model.root.epoch {
            let end = model.end(model.root.epoch + 1);
            self.wait(end - model.now + dice.within(0..=DAY));
        }
        let epoch = self.distributor().over();
        if self.propose(dice, epoch) && dice.percent(4) {
            self.veto(dice);
        }
        let pending = self.distributor().pending.as_ref().map(|(_, due)| *due);
        if let Some(due) = pending {
            let now = self.distributor().now;
            if due > now {
                self.wait(due - now + dice.pick(&[0, 0, 0, 1, 3_599, 100_000]));
            }
            if dice.percent(70) {
                self.apply_root(dice);
            }
        }
        let root = self.distributor().root.clone();
        let mut claims = Vec::new();
        for (account, leaf) in root.leaves {
            if dice.percent(60) {
                claims.push(Claim {
                    account,
                    leaf,
                    root: root.hash,
                });
            }
        }
        for some in claims.chunks(3) {
            self.make_claims(dice, some.to_vec());
        }
    }

    /// Panics unless the distributor is on the chain what it is in the model, and can pay what it promised.
    pub fn same_distributor(&self) {
        let Some(Paying { model, .. }) = &self.paying else {
            return;
        };
        let pool = &self.real.pool;
        let at = pool.distributor;
        assert_eq!(number(pool.balance(at)), model.held, "shares held");
        let totals = pool.view(at, totalsCall {});
        let ours = &model.root.totals;
        assert_eq!(
            [
                totals.rewards,
                totals.penalties,
                totals.recovered,
                totals.paid
            ]
            .map(number),
            [
                ours.rewards.clone(),
                ours.penalties.clone(),
                ours.recovered.clone(),
                model.paid()
            ],
            "totals"
        );
        let root = pool.view(at, rootCall {});
        assert_eq!(
            (root.epoch, root.root.0, root.since),
            (
                U256::from(model.root.epoch),
                model.root.hash,
                U256::from(model.since)
            ),
            "the root"
        );
        let previous = pool.view(at, previousRootCall {});
        assert_eq!(
            (previous.epoch, previous.root.0),
            (U256::from(model.previous.epoch), model.previous.hash),
            "the previous root"
        );
        let pending = pool.view(at, pendingRootCall {});
        let (ours, due) = model.pending.clone().unwrap_or_default();
        assert_eq!(
            (pending.epoch, pending.root.0, pending.due),
            (U256::from(ours.epoch), ours.hash, U256::from(due)),
            "the pending root"
        );
        assert_eq!(
            [pending.rewards, pending.penalties, pending.recovered].map(number),
            [
                ours.totals.rewards,
                ours.totals.penalties,
                ours.totals.recovered
            ],
            "its totals"
        );
        assert_eq!(
            number(pool.view(at, unpromisedCall {})),
            model.unpromised(),
            "unpromised"
        );
        assert_eq!(pool.view(at, vetoSpentCall {}), model.veto_spent, "veto");
        let accounts = model.root.leaves.keys().chain(model.paid.keys());
        for account in accounts {
            let paid = pool.view(
                at,
                paidCall {
                    account: id(*account),
                },
            );
            let ours = model.paid.get(account).cloned().unwrap_or_default();
            assert_eq!(number(paid), ours, "paid to {account}");
        }
        let owed = &model.root.totals.rewards - model.paid();
        assert!(owed >= int(0), "more was paid than declared");
        assert!(
            model.held >= owed,
            "{owed} is owed, and {} held",
            model.held
        );
    }
}
