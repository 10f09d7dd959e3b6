//! The rewards-distributor: what may be proposed, what proves a leaf, and what counts in an epoch. Its claims that go through an
//! operator-registry are in the end-to-end tests, as motsu's clock stands still.

use alloy_primitives::{keccak256, Address, Bytes, B256, U256};
use alloy_sol_types::{SolCall, SolValue};
use clay_shared::{
    abi::{Answer, Call},
    interfaces::{
        ICommon, ICsEthToken, IOwnable,
        IPausable::OnlyGuardian,
        IRewardsDistributor::*,
        IStakeManager::{self, deposit_0Call, rateCall, Siblings},
    },
    program::Program,
    stake_manager::{CLOSING, EPOCH, RATE_ASSETS, RATE_SHARES},
    storage::{Field, Slot},
};
use cs_eth_token::CsEthToken;
use motsu::prelude::*;
use rewards_distributor::RewardsDistributor;
use stake_manager::StakeManager;
use stake_manager_reports::StakeManagerReports;
use unit_tests::{refuses, run, Deployed};

/// motsu's clock stands still here.
const NOW: u64 = 1_735_689_600;
const DAY: u64 = 24 * 60 * 60;
const WEEK: u64 = 7 * DAY;
const ETH: u128 = 1_000_000_000_000_000_000;

const OWNER: Address = Address::repeat_byte(0x01);
const GUARDIAN: Address = Address::repeat_byte(0x02);
const COMMITTEE: Address = Address::repeat_byte(0x03);
const ALICE: Address = Address::repeat_byte(0xa1);
const MALLORY: Address = Address::repeat_byte(0x66);

/// Both programs of the stake-manager, which motsu cannot put behind one proxy.
struct Manager;

impl Program for Manager {
    fn route(call: &Call, calldata: &[u8]) -> Answer {
        match call.selector {
            IStakeManager::initializeCall::SELECTOR
            | deposit_0Call::SELECTOR
            | rateCall::SELECTOR => StakeManager::route(call, calldata),
            _ => StakeManagerReports::route(call, calldata),
        }
    }
}

/// A distributor that holds ten shares, three weeks after its first epoch began; reports have closed two of them.
struct World {
    distributor: Contract<Deployed<RewardsDistributor>>,
    manager: Contract<Deployed<Manager>>,
    token: Contract<Deployed<CsEthToken>>,
    reports: Contract<Deployed<StakeManagerReports>>,
}

impl World {
    fn new() -> Self {
        let world = Self {
            distributor: Contract::random(),
            manager: Contract::random(),
            token: Contract::random(),
            reports: Contract::random(),
        };
        let account = Address::repeat_byte;
        let manager = IStakeManager::initializeCall {
            owner: OWNER,
            guardian: GUARDIAN,
            token: world.token.address(),
            gateway: account(0x6a),
            facet: world.reports.address(),
            whitelist: Address::ZERO,
            smallestDeposit: U256::from(1_000_000_000),
            siblings: Siblings {
                unstakeQueue: account(0x51),
                protectionPool: account(0x52),
                operatorRegistry: account(0x53),
                oracleCommittee: COMMITTEE,
                acknowledger: account(0x55),
                rewardsDistributor: world.distributor.address(),
                treasury: account(0x57),
                flashExitPool: account(0x58),
            },
        };
        world.manager.sender(OWNER).behind_proxy();
        run(&world.manager, OWNER, manager);
        let token = ICsEthToken::initializeCall {
            owner: OWNER,
            stakeManager: world.manager.address(),
            name: B256::ZERO,
            symbol: B256::ZERO,
        };
        run(&world.token, OWNER, token);
        world.deposit(ALICE, 1_000 * ETH);
        world.deposit(world.distributor.address(), 10 * ETH);
        world.close(2);
        world.distributor.sender(OWNER).behind_proxy();
        world.run(OWNER, world.initialization());
        world
    }

    fn initialization(&self) -> initializeCall {
        initializeCall {
            owner: OWNER,
            guardian: GUARDIAN,
            token: self.token.address(),
            stakeManager: self.manager.address(),
            operatorRegistry: Address::repeat_byte(0x53),
            flashExitPool: Address::repeat_byte(0x58),
            oracleCommittee: COMMITTEE,
            whitelist: Address::ZERO,
            genesis: U256::from(NOW - 3 * WEEK),
        }
    }

    fn deposit(&self, receiver: Address, assets: u128) {
        let assets = U256::from(assets);
        ALICE.fund(assets);
        let call = deposit_0Call { assets, receiver };
        let answer = self.manager.sender_and_value(ALICE, assets).call(call);
        assert!(answer.is_ok());
    }

    /// Closes an epoch at a rate of one.
    fn close(&self, epoch: u128) {
        self.manager.sender(OWNER).inside(|| {
            let word = RATE_ASSETS.set(U256::ZERO, ETH);
            CLOSING.set(EPOCH.set(RATE_SHARES.set(word, ETH), epoch));
        });
    }

    fn run<C: SolCall>(&self, from: Address, call: C) -> C::Return {
        run(&self.distributor, from, call)
    }

    #[track_caller]
    fn refuses(&self, from: Address, call: impl SolCall, error: impl alloy_sol_types::SolError) {
        refuses(&self.distributor, from, call, error);
    }

    /// Has a root in effect, of the second epoch, that promises ten shares.
    fn in_effect(&self, root: B256) {
        self.distributor.sender(OWNER).inside(|| {
            let head = Slot::at(0);
            head.set(Field::new(160, 32).set(head.get(), 2));
            Slot::at(2).set(root.into());
            Slot::at(4).set(U256::from(10 * ETH));
        });
        self.run(
            OWNER,
            setReceiverCall {
                account: U256::from(1),
                receiver: ALICE,
            },
        );
    }

    fn shares_of(&self, account: Address) -> U256 {
        run(&self.token, account, ICsEthToken::balanceOfCall { account })._0
    }

    /// The hash of the leaf of an account that earned so much.
    fn leaf(&self, account: u64, rewards: u128) -> B256 {
        let chain = B256::from(U256::from(self.chain()));
        let numbers = [account.into(), rewards, 0, 5_000, 0].map(U256::from);
        let this = self.distributor.address();
        keccak256(keccak256((chain, this, numbers).abi_encode()))
    }

    fn chain(&self) -> u64 {
        self.distributor
            .sender(OWNER)
            .inside(clay_shared::host::chain_id)
    }
}

fn pair(left: B256, right: B256) -> B256 {
    keccak256([left.min(right), left.max(right)].concat())
}

fn claim(account: u64, rewards: u128, proof: Vec<B256>) -> claimCall {
    claimCall {
        account: U256::from(account),
        rewards: U256::from(rewards),
        penalties: U256::ZERO,
        performance: U256::from(5_000),
        epochs: U256::ZERO,
        proof,
    }
}

fn proposal(epoch: u64) -> proposeRootCall {
    proposeRootCall {
        epoch: U256::from(epoch),
        root: B256::repeat_byte(7),
        contentHash: B256::repeat_byte(8),
        rewards: U256::from(6 * ETH),
        penalties: U256::from(ETH),
        recovered: U256::from(4 * ETH),
        uri: "ipfs://epoch".into(),
    }
}

#[motsu::test]
fn a_root_is_the_committees_of_a_closed_epoch_and_waits() {
    let world = World::new();
    world.refuses(
        MALLORY,
        proposal(2),
        OnlyOracleCommittee {
            caller: MALLORY,
            oracleCommittee: COMMITTEE,
        },
    );
    world.refuses(
        COMMITTEE,
        proposal(0),
        EpochNotNewer {
            epoch: U256::ZERO,
            last: U256::ZERO,
        },
    );
    world.refuses(
        COMMITTEE,
        proposal(3),
        EpochNotClosed {
            epoch: U256::from(3),
            closed: U256::from(2),
        },
    );
    world.refuses(
        COMMITTEE,
        proposal(4),
        EpochNotOver {
            epoch: U256::from(4),
            endsAt: U256::from(NOW + WEEK),
        },
    );
    for zero in [
        proposeRootCall {
            root: B256::ZERO,
            ..proposal(2)
        },
        proposeRootCall {
            contentHash: B256::ZERO,
            ..proposal(2)
        },
    ] {
        world.refuses(COMMITTEE, zero, ZeroRoot {});
    }
    let uri = "x".repeat(257);
    let (length, largest) = (U256::from(257), U256::from(256));
    world.refuses(
        COMMITTEE,
        proposeRootCall { uri, ..proposal(2) },
        UriTooLong { length, largest },
    );
    world.run(COMMITTEE, proposal(2));
    let due = U256::from(NOW + DAY);
    let pending = world.run(ALICE, pendingRootCall {});
    assert_eq!((pending.epoch, pending.due), (U256::from(2), due));
    assert_eq!(world.run(ALICE, rootCall {}).epoch, U256::ZERO);
    let latest = U256::from(NOW);
    world.refuses(ALICE, applyRootCall {}, RootNotDue { due, latest });
    world.refuses(
        COMMITTEE,
        proposal(2),
        RootPending {
            epoch: U256::from(2),
            due,
        },
    );
}

#[motsu::test]
fn p38_no_root_promises_and_recovers_more_than_is_held() {
    let world = World::new();
    let one_more = proposeRootCall {
        recovered: U256::from(4 * ETH + 1),
        ..proposal(2)
    };
    world.refuses(
        COMMITTEE,
        one_more,
        AboveHeld {
            promised: U256::from(10 * ETH + 1),
            held: U256::from(10 * ETH),
        },
    );
    world.run(COMMITTEE, proposal(2));
    assert_eq!(world.run(ALICE, unpromisedCall {})._0, U256::ZERO);
}

#[motsu::test]
fn the_guardian_vetoes_once() {
    let world = World::new();
    world.refuses(GUARDIAN, vetoRootCall {}, NoRootPending {});
    world.run(COMMITTEE, proposal(2));
    world.refuses(
        MALLORY,
        vetoRootCall {},
        OnlyGuardian {
            caller: MALLORY,
            guardian: GUARDIAN,
            owner: OWNER,
        },
    );
    world.run(GUARDIAN, vetoRootCall {});
    assert_eq!(world.run(ALICE, pendingRootCall {}).due, U256::ZERO);
    world.run(COMMITTEE, proposal(1));
    world.refuses(GUARDIAN, vetoRootCall {}, VetoSpent {});
    world.run(OWNER, vetoRootCall {});
    world.run(OWNER, rearmVetoCall {});
    world.run(COMMITTEE, proposal(2));
    world.run(GUARDIAN, vetoRootCall {});
}

#[motsu::test]
fn a_leaf_is_paid_once_and_only_with_its_proof() {
    let world = World::new();
    let sibling = B256::repeat_byte(0x21);
    world.in_effect(pair(world.leaf(1, 3 * ETH), sibling));
    let refused = || NotInRoot {
        account: U256::from(1),
    };
    world.refuses(MALLORY, claim(1, 3 * ETH, vec![]), refused());
    world.refuses(MALLORY, claim(1, 3 * ETH + 1, vec![sibling]), refused());
    world.refuses(
        MALLORY,
        claim(1, 3 * ETH, vec![sibling, sibling]),
        refused(),
    );
    let before = world.shares_of(ALICE);
    let paid = world.run(MALLORY, claim(1, 3 * ETH, vec![sibling])).shares;
    assert_eq!(paid, U256::from(3 * ETH));
    assert_eq!(world.shares_of(ALICE), before + paid);
    let again = world.run(MALLORY, claim(1, 3 * ETH, vec![sibling])).shares;
    assert_eq!(again, U256::ZERO);
    assert_eq!(world.shares_of(ALICE), before + paid);
    // A later root that promises less pays nothing back, and nothing out.
    world.in_effect(world.leaf(1, 2 * ETH));
    world.refuses(
        MALLORY,
        claim(1, 2 * ETH, vec![]),
        RewardsFell {
            rewards: U256::from(2 * ETH),
            paid,
        },
    );
}

#[motsu::test]
fn p38_all_claims_together_are_no_more_than_was_declared() {
    let world = World::new();
    world.in_effect(world.leaf(1, 10 * ETH + 1));
    world.refuses(
        MALLORY,
        claim(1, 10 * ETH + 1, vec![]),
        AboveDeclared {
            paid: U256::from(10 * ETH + 1),
            declared: U256::from(10 * ETH),
        },
    );
}

#[motsu::test]
fn an_account_of_the_pool_needs_a_receiver() {
    let world = World::new();
    world.in_effect(world.leaf(2, ETH));
    let account = U256::from(2);
    world.refuses(MALLORY, claim(2, ETH, vec![]), NoReceiver { account });
    let receiver = ALICE;
    let call = setReceiverCall { account, receiver };
    world.refuses(
        MALLORY,
        call.clone(),
        IOwnable::OnlyOwner {
            caller: MALLORY,
            owner: OWNER,
        },
    );
    world.run(OWNER, call);
    world.run(MALLORY, claim(2, ETH, vec![]));
}

#[motsu::test]
fn what_counts_changes_from_the_next_epoch_on() {
    let world = World::new();
    let factors = |ssv: u64| setFactorsCall {
        ssv: U256::from(ssv),
        obol: U256::from(9_000),
        direct: U256::from(8_000),
    };
    let out = |asked: u64, smallest: u64, largest: u64| OutOfBounds {
        asked: U256::from(asked),
        smallest: U256::from(smallest),
        largest: U256::from(largest),
    };
    world.refuses(OWNER, factors(10_001), out(10_001, 0, 10_000));
    world.run(OWNER, factors(9_900));
    let standing = |points: u64| setStandingCall {
        basisPoints: U256::from(points),
    };
    world.refuses(OWNER, standing(8_999), out(8_999, 9_000, 9_990));
    world.run(OWNER, standing(9_500));
    let terms = |epoch: u64| {
        let epoch = U256::from(epoch);
        let told = world.run(ALICE, termsCall { epoch });
        [told.ssv, told.obol, told.direct, told.standing].map(|it| it.to::<u64>())
    };
    assert_eq!(terms(4), [10_000, 9_500, 9_000, 9_700], "the one that runs");
    assert_eq!(terms(5), [9_900, 9_000, 8_000, 9_500]);

    let price = |wei: u64| setSsvPriceCall {
        price: U256::from(wei),
    };
    world.run(OWNER, price(1_000));
    world.refuses(
        OWNER,
        price(1_000),
        PriceTooSoon {
            latest: U256::from(NOW),
            from: U256::from(NOW + WEEK),
        },
    );
    let length = |seconds: u64| setEpochLengthCall {
        length: U256::from(seconds),
    };
    world.refuses(OWNER, length(29 * DAY), out(29 * DAY, 2 * DAY, 28 * DAY));
    world.run(OWNER, length(2 * WEEK));
    let end = |epoch: u64| {
        let epoch = U256::from(epoch);
        world.run(ALICE, epochEndCall { epoch })._0.to::<u64>()
    };
    assert_eq!([end(3), end(4), end(5)], [NOW, NOW + WEEK, NOW + 3 * WEEK]);
    let delay = setRootDelayCall {
        delay: U256::from(4 * DAY),
    };
    world.refuses(OWNER, delay, out(4 * DAY, 60 * 60, WEEK / 2));
}

#[motsu::test]
fn it_is_set_up_once_and_an_amount_has_to_fit() {
    let world = World::new();
    world.refuses(
        OWNER,
        world.initialization(),
        ICommon::AlreadyInitialized {},
    );
    let amount = U256::from(1u128 << 96);
    let too_large = proposeRootCall {
        rewards: amount,
        ..proposal(2)
    };
    let refusal = world.distributor.sender(COMMITTEE).refusal(too_large);
    let largest = amount - U256::from(1);
    let words: Bytes = (amount, largest).abi_encode().into();
    assert_eq!(refusal[4..], words[..]);
}
