//! Random changes against a plain model of what is known of every account, and the same from the logs alone.

use alloy::rpc::types::Filter;
use rand::{rngs::StdRng, seq::SliceRandom, Rng, SeedableRng};

use super::{
    model::{checked, Change, Known, Model},
    *,
};

impl Change {
    /// Some change, mostly one that could be meant.
    fn random(dice: &mut StdRng, accounts: &[Address], applications: u64, now: u64) -> Self {
        let batch = |dice: &mut StdRng| -> Vec<Address> {
            let length = *[1, 1, 1, 2, 3].choose(dice).expect("some");
            (0..length).map(|_| one(dice, accounts)).collect()
        };
        match dice.gen_range(0..100) {
            0..12 => Self::Apply(one(dice, accounts), some_rights(dice), hash(dice)),
            12..22 => {
                let ids = 1..=dice.gen_range(1..=2);
                let ids =
                    ids.map(|_| (dice.gen_range(0..=applications + 1), some_expiry(dice, now)));
                Self::Accept(ids.collect())
            }
            22..27 => Self::TurnDown(vec![dice.gen_range(0..=applications + 1)]),
            27..50 => {
                let accounts = batch(dice);
                let given = accounts.into_iter().map(|account| {
                    (
                        account,
                        some_rights(dice),
                        some_expiry(dice, now),
                        hash(dice),
                    )
                });
                Self::Rights(given.collect())
            }
            50..60 => Self::Renew(batch(dice), some_expiry(dice, now)),
            60..70 => Self::Deny(batch(dice)),
            70..80 => Self::Emergency(batch(dice)),
            80..92 => Self::Lift(batch(dice)),
            _ => Self::Protocol(one(dice, accounts), dice.gen_bool(0.4)),
        }
    }

    /// Who makes it, and how.
    fn call(&self, board: Address) -> (Address, Vec<u8>) {
        match self.clone() {
            Self::Apply(account, rights, reference) => {
                let call = applyForCall {
                    account,
                    rights,
                    referenceHash: reference,
                };
                (MALLORY, call.abi_encode())
            }
            Self::Accept(batch) => {
                let (ids, expiries): (Vec<u64>, Vec<u64>) = batch.into_iter().unzip();
                let call = acceptCall {
                    ids: ids.into_iter().map(U256::from).collect(),
                    expiries: expiries.into_iter().map(time).collect(),
                };
                (board, call.abi_encode())
            }
            Self::TurnDown(ids) => {
                let call = turnDownCall {
                    ids: ids.into_iter().map(U256::from).collect(),
                    reason: REASON,
                };
                (board, call.abi_encode())
            }
            Self::Rights(batch) => {
                let call = setRightsCall {
                    accounts: batch.iter().map(|given| given.0).collect(),
                    rights: batch.iter().map(|given| given.1).collect(),
                    expiries: batch.iter().map(|given| time(given.2)).collect(),
                    referenceHashes: batch.iter().map(|given| given.3).collect(),
                };
                (board, call.abi_encode())
            }
            Self::Renew(accounts, expiry) => {
                let expiry = time(expiry);
                (board, renewCall { accounts, expiry }.abi_encode())
            }
            Self::Deny(accounts) => {
                let reason = REASON;
                (board, denyCall { accounts, reason }.abi_encode())
            }
            Self::Emergency(accounts) => {
                let reason = REASON;
                let call = denyInEmergencyCall { accounts, reason };
                (OFFICER, call.abi_encode())
            }
            Self::Lift(accounts) => {
                let reason = REASON;
                (OWNER, liftDenialCall { accounts, reason }.abi_encode())
            }
            Self::Protocol(account, named) => (OWNER, name(account, named).abi_encode()),
        }
    }
}

/// Some account, rarely none.
fn one(dice: &mut StdRng, accounts: &[Address]) -> Address {
    match dice.gen_bool(0.02) {
        true => Address::ZERO,
        false => *accounts.choose(dice).expect("some"),
    }
}

fn some_rights(dice: &mut StdRng) -> u8 {
    match dice.gen_range(0..20) {
        0 => dice.gen(),
        1..4 => 0,
        _ => dice.gen_range(1..=ALL),
    }
}

fn hash(dice: &mut StdRng) -> B256 {
    B256::new(dice.gen())
}

/// A time around now.
fn some_expiry(dice: &mut StdRng, now: u64) -> u64 {
    match dice.gen_range(0..20) {
        0 => UNTIL_LIFTED,
        1 => now,
        2 => now + 1,
        3 => now - dice.gen_range(1..DAY),
        _ => now + dice.gen_range(1..20 * DAY),
    }
}

/// Compares everything the whitelist says at a block with what is known.
fn compare(world: &World, block: BlockId, model: &Model, accounts: &[Address]) {
    let now = world.chain.block(block).expect("mined").header.timestamp;
    for account in accounts {
        let (account, known) = (*account, model.known(*account));
        let status = world.view_at(block, statusCall { account });
        let expected = statusReturn {
            rights: known.rights,
            expiry: time(known.expiry),
            referenceHash: known.reference,
            deniedUntil: time(known.denied_until(now)),
            emergencyFrom: time(known.emergency_from),
            protocolContract: known.protocol,
        };
        assert_eq!(
            statusCall::abi_encode_returns(&status),
            statusCall::abi_encode_returns(&expected),
            "{account} at {now}: {known:?}"
        );
        let usable = world.view_at(block, rightsOfCall { account });
        assert_eq!(usable, known.usable(now), "{account} at {now}: {known:?}");
        let is_denied = world.view_at(block, isDeniedCall { account });
        assert_eq!(is_denied, known.denied_until(now) != 0);
    }
}

/// So many random changes of a few accounts, from a seed.
fn random_history(seed: u64, steps: usize) -> [usize; 2] {
    let mut world = World::new();
    let mut dice = StdRng::seed_from_u64(seed);
    // What the Board decides is not at issue here.
    let board = BOB;
    world.run(OWNER, setBoardCall { board });
    let accounts: Vec<Address> = (1..=6u64)
        .map(|number| Address::from_word(U256::from(0xacc0 + number).into()))
        .chain([QUEUE])
        .collect();
    let mut model = Model::default();
    model.note(
        QUEUE,
        Known {
            protocol: true,
            ..Known::default()
        },
    );
    let first = world.chain.block_number();
    let mut snapshots = vec![model.clone()];
    let (mut made, mut refused) = (0, 0);
    for _ in 0..steps {
        // Within the year after which a program must be activated anew.
        let wait = match dice.gen_range(0..3) {
            0 => 0,
            1 => dice.gen_range(1..DAY),
            _ => dice.gen_range(0..5 * DAY),
        };
        let now = world.now() + wait;
        let change = Change::random(&mut dice, &accounts, model.filed.len() as u64, now);
        world.chain.set_next_timestamp(now).expect("later");
        let (from, data) = change.call(board);
        let receipt = world.send(from, world.whitelist, data);
        assert_eq!(world.now(), now);
        match model.after(&change, now) {
            Ok(next) => {
                assert!(receipt.success(), "{change:?}: {}", receipt.output);
                model = next;
                made += 1;
            }
            Err(refusal) => {
                assert_eq!(receipt.status, ExecStatus::Revert, "{change:?}");
                assert_eq!(receipt.output, Bytes::from(refusal), "{change:?}");
                refused += 1;
            }
        }
        compare(&world, BlockId::latest(), &model, &accounts);
        let asked = [(); 3].map(|()| (one(&mut dice, &accounts), dice.gen_range(0..=ALL)));
        let call = checkCall {
            accounts: asked.map(|(account, _)| account),
            rights: asked.map(|(_, right)| right & dice.gen_range(0..=ALL)),
        };
        let asked = [0, 1, 2].map(|index| (call.accounts[index], call.rights[index]));
        let outcome = world.ask(BlockId::latest(), call.abi_encode());
        let answer = match outcome.status {
            ExecStatus::Success => Ok(()),
            _ => Err(outcome.output.to_vec()),
        };
        assert_eq!(answer, checked(&model, now, asked));
        snapshots.push(model.clone());
    }
    for (id, filed) in (1..).zip(&model.filed) {
        let id = U256::from(id);
        let known = world.view(applicationCall { id });
        let told = (
            known.account,
            known.rights,
            known.referenceHash,
            known.state,
        );
        assert_eq!(told, *filed);
    }
    let all = accountsCall {
        from: U256::ZERO,
        count: U256::MAX,
    };
    assert_eq!(world.view(all), model.order);

    // Now from the logs alone, block by block, against what it was then and against the chain at that block.
    let filter = Filter::new().address(world.whitelist).from_block(0);
    let mut logs = world.chain.logs(&filter).into_iter().peekable();
    let mut replayed = Model::default();
    for (block, expected) in (first..).zip(&snapshots) {
        while let Some(log) = logs.next_if(|log| log.block_number.expect("mined") <= block) {
            replayed.replay(&log.inner);
        }
        assert_eq!(replayed, *expected, "at block {block}");
        if (block - first).is_multiple_of(10) {
            compare(&world, block.into(), &replayed, &accounts);
        }
    }
    assert!(logs.next().is_none());
    [made, refused]
}

#[test]
fn p32_random_changes_leave_what_a_plain_model_says_and_logs_alone_tell_it() {
    let tallies = [1, 2, 3].map(|seed| random_history(seed, 300));
    for [made, refused] in tallies {
        println!("{made} changes made, {refused} refused");
        // Enough of both to mean something.
        assert!(made > 100 && refused > 50);
    }
}
