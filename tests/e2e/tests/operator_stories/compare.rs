//! Everything that can be read, on the chain and in the model.

use alloy::primitives::{keccak256, Bytes, B256, U256};
use e2e::{operators::key_material, OperatorRegistry::*};
use model::{
    exact::int,
    operators::{parameters::ALL, Cluster, Node, Operator, Registry, Standing, Type},
    Int,
};

use crate::{
    dice::Dice,
    numbers::{int as number, word},
    story::{id, Story},
};

/// Steps after which everything is compared, changed or not.
const THOROUGH: u64 = 25;

fn numbers<const N: usize>(words: [U256; N]) -> [Int; N] {
    words.map(number)
}

fn ints<const N: usize>(counts: [u64; N]) -> [Int; N] {
    counts.map(int)
}

impl Story {
    /// Panics unless chain and model say the same. What has changed in the model is compared, and some of what has not; now
    /// and then all of it.
    pub fn agree(&mut self, dice: &mut Dice) {
        self.look();
        let thorough = self.steps.is_multiple_of(THOROUGH);
        let before = self.compared.take();
        let before = before.as_deref().filter(|_| !thorough);
        let model = &self.model;
        let priced_alike = before.is_some_and(|before| {
            before.terms == model.terms && before.parameters == model.parameters
        });
        for (id, operator) in &model.operators {
            let old = before.and_then(|before| before.operators.get(id));
            let same = |old: &Operator| format!("{old:?}") == format!("{operator:?}");
            if !old.is_some_and(same) || !priced_alike || dice.percent(30) {
                self.same_operator(*id, operator);
            }
        }
        for (id, node) in &model.nodes {
            let old = before.and_then(|before| before.nodes.get(id));
            let same = |old: &Node| format!("{old:?}") == format!("{node:?}");
            if !old.is_some_and(same) || dice.percent(5) {
                self.same_node(*id, node);
            }
        }
        for (id, cluster) in &model.clusters {
            let old = before.and_then(|before| before.clusters.get(id));
            let same = |old: &Cluster| format!("{old:?}") == format!("{cluster:?}");
            if !old.is_some_and(same) || dice.percent(10) {
                self.same_cluster(*id, cluster);
            }
        }
        for of in Type::ALL {
            for kind in 0..3 {
                for region in 0..8 {
                    for proven in [false, true] {
                        let place = (of, kind, region, proven);
                        let line = |registry: &Registry| {
                            registry
                                .lines
                                .waiting
                                .get(&place)
                                .cloned()
                                .unwrap_or_default()
                        };
                        let old = before.map(line);
                        if old != Some(line(model)) || dice.percent(5) {
                            self.same_line(place);
                        }
                    }
                }
            }
        }
        self.same_counts(dice, thorough);
        self.same_distributor();
        self.compared = Some(Box::new(self.model.clone()));
    }

    fn same_operator(&self, operator: u32, ours: &Operator) {
        let (model, real) = (&self.model, &self.real);
        let address = |account| real.address(account);
        let record = real.ask(recordCall {
            operator: id(operator),
        });
        assert_eq!(
            (
                record.kind,
                record.manager,
                record.payout,
                record.metadataHash
            ),
            (
                ours.kind,
                address(ours.manager),
                address(ours.payout),
                B256::repeat_byte(ours.metadata)
            ),
            "record of {operator}"
        );
        assert_eq!(
            (
                record.offeredManager,
                record.offeredPayout,
                record.payoutFrom
            ),
            (
                address(ours.offered_manager),
                address(ours.offered_payout),
                U256::from(ours.payout_from)
            ),
            "offers of {operator}"
        );

        let standing = real.ask(standingCall {
            operator: id(operator),
        });
        let theirs = numbers([
            standing.performance,
            standing.conduct,
            standing.score,
            standing.cleanEpochs,
            standing.failedCeremonies,
            standing.suspendedUntil,
            standing.active,
        ]);
        let counted = ints([
            ours.performance,
            ours.conduct,
            ours.score(),
            ours.clean_epochs,
            ours.failed,
            ours.suspended_until,
            model.load(operator),
        ]);
        assert_eq!(theirs, counted, "standing of {operator}");
        assert_eq!(
            (standing.vouched, standing.proven),
            (ours.vouched, ours.proven),
            "who stands up for {operator}"
        );
        assert_eq!(
            numbers(standing.live),
            ints(model.live(operator)),
            "live nodes of {operator}"
        );

        let bond = real.ask(bondOfCall {
            operator: id(operator),
        });
        let theirs = numbers([
            bond.shares,
            bond.lent,
            bond.debt,
            bond.charged,
            bond.shortSince,
            bond.announced,
            bond.announcedAt,
            bond.appliedEpoch,
        ]);
        let ours = &ours.bond;
        let expected = [
            ours.shares.clone(),
            int(0),
            ours.debt.clone(),
            ours.charged.clone(),
            int(ours.short_since.unwrap_or(0)),
            ours.announced.clone(),
            int(ours.announced_at),
            int(ours.applied),
        ];
        assert_eq!(theirs, expected, "bond of {operator}");

        let required = real.ask(requiredCall {
            operator: id(operator),
        });
        let one_more = Type::ALL.map(|of| model.required(operator, Some(of)));
        assert_eq!(
            number(required.now),
            model.required(operator, None),
            "required of {operator}"
        );
        assert_eq!(
            numbers(required.withOneMore),
            one_more,
            "required of {operator}"
        );

        let (shares, from) = model.withdrawable(operator);
        let withdrawable = real.ask(withdrawableCall {
            operator: id(operator),
        });
        assert_eq!(
            number(withdrawable.shares),
            shares,
            "withdrawable of {operator}"
        );
        assert_eq!(
            withdrawable.from,
            U256::from(from),
            "withdrawable of {operator}"
        );
    }

    fn same_node(&self, node: u32, ours: &Node) {
        let theirs = self.real.ask(nodeCall { id: id(node) });
        let numbers = [
            theirs.nodeType,
            theirs.region,
            theirs.executionClient,
            theirs.consensusClient,
            theirs.state,
        ];
        let expected = [
            ours.of as u8,
            ours.region,
            ours.execution,
            ours.consensus,
            ours.state.number(),
        ];
        assert_eq!(numbers, expected, "node {node}");
        assert_eq!(
            [theirs.operator, theirs.cluster, theirs.since],
            [id(ours.operator), id(ours.cluster), U256::from(ours.since)],
            "node {node}"
        );
    }

    fn same_cluster(&self, cluster: u32, ours: &Cluster) {
        let (model, real) = (&self.model, &self.real);
        let theirs = real.ask(clusterCall { id: id(cluster) });
        assert_eq!(
            (theirs.nodeType, theirs.kind, theirs.state),
            (ours.of as u8, ours.kind, ours.state.number()),
            "cluster {cluster}"
        );
        let mut nodes = ours.nodes.clone();
        nodes.resize(5, 0);
        assert_eq!(
            theirs.nodes.to_vec(),
            nodes.into_iter().map(id).collect::<Vec<_>>()
        );
        assert_eq!(
            [theirs.since, theirs.deadline],
            [ours.since, ours.deadline].map(U256::from),
            "times of cluster {cluster}"
        );
        assert_eq!(
            theirs.posted,
            model.asked_and_posted(cluster),
            "who posted in {cluster}"
        );
        let mut named = ours.named.clone();
        named.resize(5, 0);
        assert_eq!(theirs.named.to_vec(), named, "who named whom in {cluster}");

        let key = real.ask(clusterKeyCall { id: id(cluster) });
        let theirs = [
            &key.publicKey[..],
            &key.signature[..],
            &key.depositDataRoot[..],
        ]
        .concat();
        let expected = match ours.first_result {
            None => vec![0; 176],
            Some(key) => key_material(key.number).to_vec(),
        };
        assert_eq!(
            keccak256(theirs),
            keccak256(expected),
            "key of cluster {cluster}"
        );

        for (place, part) in ours.parts.iter().enumerate() {
            let theirs = real.ask(exitPartCall {
                node: id(ours.nodes[place]),
            });
            let shown = part.as_ref().filter(|part| part.stands);
            let is_last = model.nodes[&ours.nodes[place]].cluster == cluster;
            if !is_last {
                continue;
            }
            let bytes = shown.map_or(vec![], |part| vec![part.bytes; 96]);
            assert_eq!(
                theirs.part,
                Bytes::from(bytes),
                "part at {place} in {cluster}"
            );
            let at = shown.map_or(0, |part| part.at);
            assert_eq!(theirs.at, U256::from(at), "part at {place} in {cluster}");
        }
    }

    fn same_line(&self, place: Standing) {
        let (of, kind, region, proven) = place;
        let empty = Vec::new();
        let line = self.model.lines.waiting.get(&place).unwrap_or(&empty);
        let mut after = 0;
        for (class, operator) in line {
            let theirs = self.real.ask(waitingCall {
                nodeType: of as u8,
                kind,
                region,
                proven,
                after_: id(after),
            });
            let node = self.model.queues[&(*operator, of, region)][0];
            let client = self.model.nodes[&node].consensus;
            assert_eq!(
                (
                    theirs.operator,
                    theirs.class,
                    theirs.node,
                    theirs.consensusClient
                ),
                (id(*operator), U256::from(*class), id(node), client),
                "after {after} in the line {place:?}: {line:?}"
            );
            after = *operator;
        }
        let theirs = self.real.ask(waitingCall {
            nodeType: of as u8,
            kind,
            region,
            proven,
            after_: id(after),
        });
        assert_eq!(
            theirs.operator,
            U256::ZERO,
            "the end of the line {place:?}: {line:?}"
        );
    }

    fn same_counts(&self, dice: &mut Dice, thorough: bool) {
        let (model, real) = (&self.model, &self.real);
        let counts = real.ask(countsCall {});
        let theirs = numbers([
            counts.operators,
            counts.nodes,
            counts.clusters,
            counts.reserved,
            counts.keyed,
            counts.funded,
            counts.asked,
            counts.exited,
        ]);
        let lengths = [
            model.operators.len(),
            model.nodes.len(),
            model.clusters.len(),
            model.reserved(),
            model.keyed.len(),
            model.funded.len(),
        ];
        let [a, b, c, d, e, f] = lengths.map(|length| length as u64);
        let expected = ints([a, b, c, d, e, f, model.asked, model.exited]);
        assert_eq!(theirs, expected, "counts");

        let totals = real.ask(totalsCall {});
        assert_eq!(
            numbers(totals.byBucket),
            ints(model.by_bucket()),
            "active by bucket"
        );
        assert_eq!(
            numbers(totals.byRegion),
            ints(model.by_region()),
            "active by region"
        );
        assert_eq!(
            number(totals.proven),
            int(model.proven()),
            "proven operators"
        );
        assert_eq!(
            number(totals.newcomers),
            int(model.newcomers() as u64),
            "ceremonies of newcomers"
        );
        let root = real.ask(currentRootCall {});
        let root = numbers([root.epoch, root.endsAt, root.since]);
        let ours = model.root;
        assert_eq!(root, ints([ours.epoch, ours.ends_at, ours.since]), "root");
        assert_eq!(number(real.ask(comingCall {})), model.coming(), "coming");
        let slots = real.ask(exitSlotsCall {});
        let (day, used) = model.next_slot();
        assert_eq!(numbers([slots.day, slots.used]), ints([day, used]), "slots");
        if let Some((place, cluster)) = model.funded.iter().enumerate().next_back() {
            let index = U256::from(place);
            assert_eq!(
                real.ask(fundedClusterCall { index }),
                id(*cluster),
                "order of funding"
            );
        }
        if let Ok(terms) = &model.terms {
            let limit = dice.within(0..=4);
            let call = readyCall {
                limit: U256::from(limit),
                rateAssets: word(&terms.assets),
                rateShares: word(&terms.shares),
            };
            assert_eq!(
                real.ask(call),
                U256::from(model.ready(limit, terms)),
                "ready"
            );
        }
        if thorough {
            assert_eq!(
                numbers(real.ask(targetsCall {})),
                ints(model.targets),
                "targets"
            );
            for (id, parameter) in (0..).zip(ALL) {
                let [_, smallest, largest] = parameter.row();
                let theirs = real.ask(parameterCall { id });
                let theirs = numbers([theirs.value, theirs.smallest, theirs.largest]);
                let value = model.parameters.get(parameter).clone();
                assert_eq!(theirs, [value, smallest, largest], "{parameter:?}");
            }
        }
    }
}
