//! A call of every function that changes something, valid in a prepared pool, from somebody who may make it.
//!
//! Tests of properties about all entry points go through this list, and it is held against the ABIs: a function that is
//! added to a contract needs a call here, or a reason why there is none.

mod registry;
mod rewards;

use std::{collections::BTreeSet, sync::Arc};

use alloy::{
    json_abi::{Function, JsonAbi, StateMutability},
    primitives::{address, aliases::U40, Address, Bytes, B256, U256},
    signers::{local::PrivateKeySigner, SignerSync},
    sol,
    sol_types::{eip712_domain, SolCall, SolStruct},
};
use clay::bindings::ABIS;
use clay_chain::{Receipt, TEST_ACCOUNTS, TEST_KEYS};

use registry::Operators;
use rewards::Rewards;

use crate::{
    committee::Committee,
    reported::{eth, wei, Reported},
    CsEthToken, FlashExitPool, IcsEthToken, Kind, KycWhitelist, Pool, ProtectionPool, Quorum,
    StakeManager, Timelock, UnstakeQueue, ALICE, BOB, COMPLIANCE_OFFICER, ETH, GUARDIAN, MALLORY,
    OWNER, REPORTERS, REPORTER_KEYS, SMALLEST, TREASURY,
};

/// As which the gateway calls.
const GATEWAY_ALIAS: Address = address!("11110000000000000000000000000000006a8f4b");
/// Who is offered ownership of everything.
const HEIR: Address = TEST_ACCOUNTS[6];
/// Whom the whitelist's changes concern.
const CAROL: Address = TEST_ACCOUNTS[3];
/// A contract that takes everything.
const OBEDIENT: Address = address!("000000000000000000000000000000000000Bee5");
/// Stake, hold and redeem.
const RIGHTS: u8 = 7;

const NONE: U256 = U256::ZERO;

sol! {
    /// What an owner of shares signs for a spender (ERC-2612).
    struct Permit { address owner; address spender; uint256 value; uint256 nonce; uint256 deadline; }
}

/// Functions without a call here, and why.
const WITHOUT: &[(&str, &str, &str)] = &[
    ("*", "initialize", "runs once, as a contract is created"),
    (
        "unstake-queue",
        "redeemSilently",
        "only when orders could not be finalised for two weeks",
    ),
    (
        "stake-manager",
        "redeemSilently",
        "only when orders could not be finalised for two weeks",
    ),
    (
        "operator-registry",
        "exitShort",
        "only when a bond was short for four weeks",
    ),
    (
        "operator-registry",
        "exitUnlicensed",
        "only once a right to operate was taken away",
    ),
    ("timelock", "setProposer", BY_OPERATION),
    ("timelock", "setCanceller", BY_OPERATION),
    ("timelock", "setDelay", BY_OPERATION),
    ("timelock", "setKind", BY_OPERATION),
    ("timelock", "upgradeToAndCall", BY_OPERATION),
];

const BY_OPERATION: &str = "only inside of an operation of the timelock";

/// Functions without a call in the institutional pool: csETH is converted by the retail one.
const RETAIL_ONLY: &[&str] = &[
    "convert",
    "setConversion",
    "setConversionTerms",
    "allowConversion",
];

/// Functions that price shares, and so refuse while the rate is not live, or the stake-manager is paused. One contract's stand
/// together.
pub const PRICING: &[(&str, &str)] = &[
    ("stake-manager", "deposit(uint256,address)"),
    ("stake-manager", "deposit(uint256,address,uint256)"),
    ("stake-manager", "deposit(uint256,address,uint256,address)"),
    ("stake-manager", "receive()"),
    (
        "stake-manager",
        "redeemFromReserve(address,uint256,uint256,uint256,uint256,uint256,uint256)",
    ),
    ("flash-exit-pool", "flashExit(uint256,uint256,address)"),
    (
        "flash-exit-pool",
        "flashExitAtFullFee(uint256,uint256,address)",
    ),
    ("flash-exit-pool", "convert(uint256,uint256,address)"),
    ("operator-registry", "bond(uint256)"),
    ("operator-registry", "withdrawBond(uint256,uint256)"),
    ("operator-registry", "checkBond(uint256)"),
    ("operator-registry", "rejoin(uint256)"),
    ("operator-registry", "formCluster()"),
    ("operator-registry", "dissolve(uint256)"),
    ("operator-registry", "requestExit(uint256,bool)"),
    (
        "rewards-distributor",
        "claimAsEth(uint256,uint256,uint256,uint256,uint256,bytes32[],uint256)",
    ),
];

/// A call, to be made by somebody who may.
#[derive(Clone, Debug)]
pub struct ValidCall {
    /// The contract, as the ABIs name it.
    pub contract: &'static str,
    /// The function with its types; `receive()` for plain ETH.
    pub signature: &'static str,
    /// Who makes it.
    pub from: Address,
    /// Where the contract is.
    pub to: Address,
    /// Wei sent.
    pub value: U256,
    /// Calldata.
    pub data: Bytes,
    /// A call of the same contract that must come before it, and who makes that.
    pub first: Option<(Address, Bytes)>,
}

impl ValidCall {
    /// Makes the call that must come before it.
    pub fn prepare(&self, pool: &mut Pool) {
        if let Some((from, data)) = &self.first {
            let receipt = pool.send(*from, self.to, NONE, data.clone());
            let refusal = &receipt.output;
            assert!(receipt.success(), "before {}: {refusal}", self.signature);
        }
    }

    /// Makes it.
    pub fn make(&self, pool: &mut Pool) -> Arc<Receipt> {
        pool.send(self.from, self.to, self.value, self.data.clone())
    }
}

/// A pool in which every call of the list can be made: orders in each state, a reserve above its target, ETH that came
/// back without a call, cover.
#[derive(Clone)]
pub struct Prepared {
    /// Which pool it is.
    pub kind: Kind,
    /// The pool, reported on.
    pub story: Reported,
    /// An order of Alice's that can be claimed.
    pub claimable: U256,
    /// One that is not.
    pub open: U256,
    /// What calls of the registry are about.
    operators: Operators,
    /// What calls of the rewards-distributor are about.
    rewards: Rewards,
}

impl Prepared {
    /// The retail pool, with conversion allowed.
    pub fn retail() -> Self {
        Self::of(Kind::Retail)
    }

    /// The institutional pool; Alice and Bob may stake, hold and redeem.
    pub fn institutional() -> Self {
        Self::of(Kind::Institutional)
    }

    fn of(kind: Kind) -> Self {
        let mut pool = Pool::institutional();
        pool.admit(&[ALICE, BOB, CAROL], RIGHTS);
        let smallest = StakeManager::setParameterCall {
            id: 0,
            value: SMALLEST,
        };
        pool.run(OWNER, pool.manager, NONE, smallest);
        let (institutional, whitelist, board) = (pool.manager, pool.whitelist, pool.board);
        let apply = KycWhitelist::applyForCall {
            account: CAROL,
            rights: RIGHTS,
            referenceHash: B256::ZERO,
        };
        pool.run(MALLORY, whitelist, NONE, apply);
        let mut story = Reported::of(pool.turned_to(kind));
        // Due by the time the last day has passed.
        let schedule = Timelock::scheduleCall {
            calls: operation(),
            predecessor: B256::ZERO,
            salt: B256::ZERO,
        };
        let stop = Bytes::from_static(&[0]);
        story.pool.chain.set_code(OBEDIENT, stop);
        let timelock = story.pool.timelock;
        story.pool.run(OWNER, timelock, NONE, schedule);
        let mut operators = Operators::early(&mut story);
        let Pool {
            manager,
            token,
            queue,
            flash,
            protection,
            registry,
            distributor,
            committee,
            acknowledger,
            ..
        } = story.pool;
        let approve = CsEthToken::approveCall {
            spender: queue,
            value: U256::MAX,
        };
        story.pool.run(ALICE, token, NONE, approve);
        let cover = CsEthToken::transferCall {
            to: protection,
            value: ETH,
        };
        story.pool.run(ALICE, token, NONE, cover);
        let fees = CsEthToken::transferCall {
            to: distributor,
            value: ETH,
        };
        story.pool.run(ALICE, token, NONE, fees);
        let balance = || StakeManager::autobalanceCall {
            limit: U256::from(1),
        };
        let claimable = request(&mut story);
        story.day(|_| {});
        story.day(|_| {});
        story.pool.deposit(ALICE, eth(100));
        story.pool.run(MALLORY, manager, NONE, balance());
        // The target falls below what the reserve has, an ETH comes back in a ticket that expires, and another order
        // becomes due.
        request(&mut story);
        let target = StakeManager::setParameterCall {
            id: 11,
            value: U256::from(100),
        };
        story.pool.run(OWNER, manager, NONE, target);
        story.day(|_| {});
        story.day(|report| {
            report.leftSeen += wei(ETH);
            report.epoch = 3;
        });
        let held = story.pool.chain.balance_now(manager);
        story.pool.chain.set_balance(manager, held + ETH);
        let open = request(&mut story);
        let rewards = operators.finish(&mut story);
        for contract in [
            manager,
            token,
            queue,
            flash,
            protection,
            registry,
            distributor,
            committee,
            whitelist,
        ] {
            story.pool.chain.impersonate(contract);
            let offer = StakeManager::transferOwnershipCall { newOwner: HEIR };
            story.pool.run(OWNER, contract, NONE, offer);
        }
        for caller in [
            acknowledger,
            board,
            registry,
            COMPLIANCE_OFFICER,
            GATEWAY_ALIAS,
        ] {
            story.pool.chain.impersonate(caller);
            story.pool.chain.set_balance(caller, eth(10));
        }
        if kind == Kind::Retail {
            let name = FlashExitPool::setConversionCall {
                stakeManager: institutional,
                whitelist,
            };
            story.pool.run(OWNER, flash, NONE, name);
            for caller in [OWNER, board] {
                let allow = FlashExitPool::allowConversionCall {
                    stakeManager: institutional,
                    smallestFee: U256::ZERO,
                    largestBucket: U256::from(10_000),
                    allowed: true,
                };
                story.pool.run(caller, flash, NONE, allow);
            }
        }
        Self {
            kind,
            story,
            claimable,
            open,
            operators,
            rewards,
        }
    }

    /// A valid call of every function of every contract, but for those that have none; held against the ABIs.
    pub fn calls(&self) -> Vec<ValidCall> {
        let mut list = List {
            at: self,
            calls: Vec::new(),
        };
        list.deposits_and_reports();
        list.reserve_and_balancing();
        list.queue();
        list.flash();
        list.token();
        list.committee();
        list.timelock();
        list.registry();
        list.rewards();
        list.cover();
        list.governance();
        match self.kind {
            Kind::Retail => list.conversion(),
            Kind::Institutional => list.whitelist(),
        }
        list.is_whole();
        list.calls
    }
}

/// What the timelock does in the list: a call with the delay of parameters, of a contract that takes everything.
fn operation() -> Vec<Timelock::Call> {
    vec![Timelock::Call {
        target: OBEDIENT,
        data: StakeManager::pauseCall {}.abi_encode().into(),
    }]
}

fn request(story: &mut Reported) -> U256 {
    let call = UnstakeQueue::requestUnstakeCall {
        shares: eth(2),
        receiver: ALICE,
    };
    story.pool.run(ALICE, story.pool.queue, NONE, call).0
}

struct List<'a> {
    at: &'a Prepared,
    calls: Vec<ValidCall>,
}

impl List<'_> {
    fn add<C: SolCall>(
        &mut self,
        (contract, to): (&'static str, Address),
        from: Address,
        value: U256,
        call: C,
    ) {
        self.calls.push(ValidCall {
            contract,
            signature: C::SIGNATURE,
            from,
            to,
            value,
            data: call.abi_encode().into(),
            first: None,
        });
    }

    /// After another call of the same contract.
    fn add_after<C: SolCall>(
        &mut self,
        first: (Address, impl SolCall),
        at: (&'static str, Address),
        from: Address,
        call: C,
    ) {
        self.add(at, from, NONE, call);
        if let Some(last) = self.calls.last_mut() {
            last.first = Some((first.0, first.1.abi_encode().into()));
        }
    }

    fn pool(&self) -> &Pool {
        &self.at.story.pool
    }

    fn deposits_and_reports(&mut self) {
        use StakeManager::*;
        let at = ("stake-manager", self.pool().manager);
        let (committee, acknowledger) = (self.pool().committee, self.pool().acknowledger);
        let deposit = deposit_0Call {
            assets: ETH,
            receiver: ALICE,
        };
        self.add(at, ALICE, ETH, deposit);
        let deposit = deposit_1Call {
            assets: ETH,
            receiver: ALICE,
            minShares: NONE,
        };
        self.add(at, ALICE, ETH, deposit);
        let deposit = deposit_2Call {
            assets: ETH,
            receiver: ALICE,
            minShares: NONE,
            referral: BOB,
        };
        self.add(at, ALICE, ETH, deposit);
        // A deposit, or where there is a whitelist only what returns.
        let from = match self.at.kind {
            Kind::Retail => ALICE,
            Kind::Institutional => GATEWAY_ALIAS,
        };
        self.calls.push(ValidCall {
            contract: at.0,
            signature: "receive()",
            from,
            to: at.1,
            value: ETH,
            data: Bytes::new(),
            first: None,
        });
        let mut report = self.at.story.last.clone();
        report.slotTime = self.pool().chain.timestamp();
        report.epoch = 0;
        self.add(at, committee, NONE, reportCall { report });
        let acknowledge = acknowledgeCall {
            lowestRate: NONE,
            highestRate: U256::from(u64::MAX),
            deadline: U256::from(u32::MAX),
        };
        self.add(at, acknowledger, NONE, acknowledge);
        self.add(at, committee, NONE, flagSlashingCall {});
    }

    fn reserve_and_balancing(&mut self) {
        use StakeManager::*;
        let at = ("stake-manager", self.pool().manager);
        let (flash, queue) = (self.pool().flash, self.pool().queue);
        let redeem = redeemFromReserveCall {
            owner: ALICE,
            shares: ETH,
            minFee: U256::from(50),
            maxFee: U256::from(100),
            treasuryPart: NONE,
            feesKept: NONE,
            allowance: NONE,
        };
        self.add(at, flash, NONE, redeem);
        self.add(at, flash, ETH, returnReserveCall {});
        let limit = U256::from(100);
        self.add(at, MALLORY, NONE, autobalanceCall { limit });
        self.add(at, MALLORY, NONE, bookReturnedCall {});
        let shares = U256::from(1_000_000_000);
        self.add(at, queue, NONE, burnSharesCall { shares });
        let registry = self.pool().registry;
        self.add(at, registry, NONE, recoverCall { shares });
    }

    fn queue(&mut self) {
        use UnstakeQueue::*;
        let at = ("unstake-queue", self.pool().queue);
        let manager = self.pool().manager;
        let (claimable, open) = (self.at.claimable, self.at.open);
        let ids = || vec![claimable];
        let shares = ETH;
        let request = requestUnstakeCall {
            shares,
            receiver: ALICE,
        };
        self.add(at, ALICE, NONE, request);
        // A permit that is used up or none: the allowance is there.
        let request = requestUnstakeWithPermitCall {
            shares,
            receiver: ALICE,
            deadline: NONE,
            v: 27,
            r: Default::default(),
            s: Default::default(),
        };
        self.add(at, ALICE, NONE, request);
        self.add(at, ALICE, NONE, cancelCall { id: open });
        self.add(at, ALICE, NONE, claimCall { ids: ids() });
        let claim = claimToCall {
            ids: ids(),
            receiver: ALICE,
        };
        self.add(at, ALICE, NONE, claim);
        let claim = claimWithHintsCall {
            ids: ids(),
            hints: vec![U256::from(1)],
            receiver: ALICE,
        };
        self.add(at, ALICE, NONE, claim);
        self.add(at, MALLORY, NONE, claimForCall { ids: ids() });
        let slot_time = U256::from(self.pool().chain.timestamp());
        let note = noteReportCall {
            slotTime: slot_time,
        };
        self.add(at, manager, NONE, note);
        let can = self.pool().view(
            at.1,
            finalisableCall {
                assets: ETH,
                shares: ETH,
                available: eth(1_000),
                limit: U256::from(10),
            },
        );
        let finalise = finaliseCall {
            upTo: can.upTo,
            finalShares: can.finalShares,
            assets: ETH,
            shares: ETH,
        };
        self.add(at, manager, can.finalShares, finalise);
        let approve = approveCall { to: BOB, id: open };
        self.add(at, ALICE, NONE, approve);
        let approve = setApprovalForAllCall {
            operator: BOB,
            approved: true,
        };
        self.add(at, ALICE, NONE, approve);
        let (from, to, id) = (ALICE, BOB, open);
        self.add(at, ALICE, NONE, transferFromCall { from, to, id });
        self.add(at, ALICE, NONE, safeTransferFrom_0Call { from, to, id });
        let data = Bytes::new();
        let transfer = safeTransferFrom_1Call { from, to, id, data };
        self.add(at, ALICE, NONE, transfer);
        let image = setOrderImageCall {
            orderImage: self.pool().image,
        };
        self.add(at, OWNER, NONE, image);
        let limits = setOrderLimitsCall {
            smallest: SMALLEST,
            largest: eth(1_000),
        };
        self.add(at, OWNER, NONE, limits);
        let costs = setCancelCostsCall {
            beforeDue: U256::from(5),
            afterDue: U256::from(25),
        };
        self.add(at, OWNER, NONE, costs);
    }

    fn flash(&mut self) {
        use FlashExitPool::*;
        let at = ("flash-exit-pool", self.pool().flash);
        let exit = flashExitCall {
            shares: ETH,
            minAssets: NONE,
            receiver: ALICE,
        };
        self.add(at, ALICE, NONE, exit);
        let exit = flashExitAtFullFeeCall {
            shares: ETH,
            minAssets: NONE,
            receiver: ALICE,
        };
        self.add(at, ALICE, NONE, exit);
        self.add(at, self.pool().manager, ETH, topUpCall {});
        self.add(at, MALLORY, NONE, returnExcessCall {});
        let receiver = TREASURY;
        self.add(at, TREASURY, NONE, withdrawFeesCall { receiver });
        let fees = setFeesCall {
            min: U256::from(50),
            max: U256::from(100),
        };
        self.add(at, OWNER, NONE, fees);
        let limits = setLimitsCall {
            lowWatermark: U256::from(1_000),
            capacity: U256::from(100),
            refill: U256::from(100),
            largest: U256::from(50),
        };
        self.add(at, OWNER, NONE, limits);
        let part = setTreasuryPartCall {
            basisPoints: U256::from(100),
        };
        self.add(at, OWNER, NONE, part);
        // Without a whitelist there is none.
        let assets = match self.at.kind {
            Kind::Retail => NONE,
            Kind::Institutional => ETH,
        };
        self.add(at, OWNER, NONE, setMonthlyAllowanceCall { assets });
    }

    fn conversion(&mut self) {
        use FlashExitPool::*;
        let at = ("flash-exit-pool", self.pool().flash);
        let convert = convertCall {
            shares: ETH,
            minShares: NONE,
            receiver: ALICE,
        };
        self.add(at, ALICE, NONE, convert);
        let named = self.pool().view(at.1, conversionCall {});
        let name = setConversionCall {
            stakeManager: named.stakeManager,
            whitelist: named.whitelist,
        };
        self.add(at, OWNER, NONE, name);
        let terms = setConversionTermsCall {
            fee: U256::from(10),
            bucket: U256::from(20),
        };
        self.add(at, OWNER, NONE, terms);
        let allow = allowConversionCall {
            stakeManager: named.stakeManager,
            smallestFee: U256::ZERO,
            largestBucket: U256::from(10_000),
            allowed: true,
        };
        self.add(at, OWNER, NONE, allow);
    }

    fn whitelist(&mut self) {
        use KycWhitelist::*;
        let at = ("kyc-whitelist", self.pool().whitelist);
        let board = self.pool().board;
        let expiry = U40::from(u32::MAX);
        let (accounts, ids) = (|| vec![CAROL], || vec![U256::from(1)]);
        let hash = B256::ZERO;
        let apply = applyForCall {
            account: CAROL,
            rights: RIGHTS,
            referenceHash: hash,
        };
        self.add(at, MALLORY, NONE, apply);
        let accept = acceptCall {
            ids: ids(),
            expiries: vec![expiry],
        };
        self.add(at, board, NONE, accept);
        let turn_down = turnDownCall {
            ids: ids(),
            reason: hash,
        };
        self.add(at, board, NONE, turn_down);
        let set = setRightsCall {
            accounts: accounts(),
            rights: vec![RIGHTS],
            expiries: vec![expiry],
            referenceHashes: vec![hash],
        };
        self.add(at, board, NONE, set);
        let renew = renewCall {
            accounts: accounts(),
            expiry,
        };
        self.add(at, board, NONE, renew);
        let deny = denyCall {
            accounts: accounts(),
            reason: hash,
        };
        self.add(at, board, NONE, deny.clone());
        let deny_now = denyInEmergencyCall {
            accounts: accounts(),
            reason: hash,
        };
        self.add(at, COMPLIANCE_OFFICER, NONE, deny_now);
        let lift = liftDenialCall {
            accounts: accounts(),
            reason: hash,
        };
        self.add_after((board, deny), at, OWNER, lift);
        self.add(at, OWNER, NONE, setBoardCall { board });
        let set = setComplianceOfficerCall {
            complianceOfficer: COMPLIANCE_OFFICER,
        };
        self.add(at, OWNER, NONE, set);
        let set = setProtocolContractCall {
            account: CAROL,
            isProtocolContract: true,
        };
        self.add(at, OWNER, NONE, set);
        self.behind_proxy(at);
        self.owned(at);
        let at = ("ics-eth-token", self.pool().token);
        let policy = IcsEthToken::setTransferPolicyCall { policy: 3 };
        self.add(at, OWNER, NONE, policy);
    }

    fn token(&mut self) {
        use CsEthToken::*;
        let at = (self.at.kind.token(), self.pool().token);
        let manager = self.pool().manager;
        let (spender, value) = (BOB, ETH);
        let approve = approveCall { spender, value };
        self.add(at, ALICE, NONE, approve.clone());
        let (from, to) = (ALICE, BOB);
        self.add(at, ALICE, NONE, transferCall { to, value });
        let transfer = transferFromCall { from, to, value };
        self.add_after((ALICE, approve), at, BOB, transfer);
        self.add(at, MALLORY, NONE, self.permit());
        let shares = ETH;
        self.add(at, manager, NONE, mintCall { to, shares });
        let mint = mintManyCall {
            to: [ALICE, BOB, TREASURY],
            shares: [ETH; 3],
        };
        self.add(at, manager, NONE, mint);
        self.add(at, manager, NONE, burnCall { from, shares });
        let set = setStakeManagerCall {
            stakeManager: manager,
        };
        self.add(at, OWNER, NONE, set);
    }

    /// A permit of Alice's.
    fn permit(&self) -> CsEthToken::permitCall {
        let signer: PrivateKeySigner = TEST_KEYS[0].parse().expect("a key");
        let permit = Permit {
            owner: signer.address(),
            spender: BOB,
            value: ETH,
            nonce: NONE,
            deadline: U256::MAX,
        };
        let token = self.pool().token;
        let domain = eip712_domain! {
            name: self.pool().view(token, CsEthToken::nameCall {}),
            version: "1",
            chain_id: self.pool().chain.config().chain_id,
            verifying_contract: token,
        };
        let hash = permit.eip712_signing_hash(&domain);
        let signature = signer.sign_hash_sync(&hash).expect("a signature");
        CsEthToken::permitCall {
            owner: permit.owner,
            spender: permit.spender,
            value: permit.value,
            deadline: permit.deadline,
            v: 27 + u8::from(signature.v()),
            r: signature.r().into(),
            s: signature.s().into(),
        }
    }

    fn committee(&mut self) {
        use Quorum::*;
        let at = ("quorum", self.pool().committee);
        let flag = StakeManager::flagSlashingCall {};
        let members = Committee::of_keys(&REPORTER_KEYS);
        let execute = members.order(&self.pool().chain, at.1, self.pool().manager, &flag);
        self.add(at, MALLORY, NONE, execute);
        let set = setMembersCall {
            members: members.members(),
            quorum: U256::from(REPORTERS.len()),
        };
        self.add(at, OWNER, NONE, set);
        let set = setAllowedCall {
            target: self.pool().manager,
            selector: StakeManager::reportCall::SELECTOR.into(),
            allowed: false,
        };
        self.add(at, OWNER, NONE, set);
    }

    fn timelock(&mut self) {
        use Timelock::*;
        let at = ("timelock", self.pool().timelock);
        let schedule = |salt: u8| scheduleCall {
            calls: operation(),
            predecessor: B256::ZERO,
            salt: B256::with_last_byte(salt),
        };
        let (first, second) = (schedule(1), schedule(2));
        let id = operationIdCall {
            calls: operation(),
            predecessor: B256::ZERO,
            salt: B256::with_last_byte(2),
        };
        let id = self.pool().view(at.1, id);
        self.add(at, OWNER, NONE, first);
        self.add_after((OWNER, second), at, GUARDIAN, cancelCall { id });
        let execute = executeCall {
            calls: operation(),
            predecessor: B256::ZERO,
            salt: B256::ZERO,
        };
        self.add(at, MALLORY, NONE, execute);
    }

    fn cover(&mut self) {
        let manager = self.pool().manager;
        use ProtectionPool::*;
        let at = ("protection-pool", self.pool().protection);
        let (shares, receiver) = (U256::from(1), BOB);
        self.add(at, manager, NONE, coverCall { shares });
        self.add(at, OWNER, NONE, withdrawCall { shares, receiver });
        let cap = setCoverCapCall {
            basisPoints: U256::from(5_000),
        };
        self.add(at, OWNER, NONE, cap);
    }

    /// What the owner and the guardian may do with several contracts.
    fn governance(&mut self) {
        use StakeManager::*;
        let Pool {
            manager,
            token,
            queue,
            flash,
            protection,
            registry,
            distributor,
            committee,
            facet,
            ..
        } = *self.pool();
        let at = ("stake-manager", manager);
        let value = SMALLEST;
        self.add(at, OWNER, NONE, setParameterCall { id: 0, value });
        // The treasury.
        let current = TREASURY;
        self.add(at, OWNER, NONE, setSiblingCall { id: 6, current });
        let implementation = self.pool().program_of(manager);
        let data = Bytes::new();
        let upgrade = upgradeWithFacetCall {
            implementation,
            facet,
            data,
        };
        self.add(at, OWNER, NONE, upgrade);
        let pausable = [
            at,
            ("unstake-queue", queue),
            ("flash-exit-pool", flash),
            ("rewards-distributor", distributor),
        ];
        for at in pausable {
            self.add(at, GUARDIAN, NONE, pauseCall {});
            self.add_after((OWNER, pauseCall {}), at, OWNER, unpauseCall {});
            self.add(at, OWNER, NONE, rearmGuardianCall {});
            let guardian = GUARDIAN;
            self.add(at, OWNER, NONE, setGuardianCall { guardian });
        }
        let behind_proxies = [
            ("protection-pool", protection),
            ("operator-registry", registry),
            ("quorum", committee),
        ];
        for at in pausable.into_iter().chain(behind_proxies) {
            self.behind_proxy(at);
            self.owned(at);
        }
        self.owned((self.at.kind.token(), token));
    }

    fn behind_proxy(&mut self, at: (&'static str, Address)) {
        let upgrade = StakeManager::upgradeToAndCallCall {
            implementation: self.pool().program_of(at.1),
            data: Bytes::new(),
        };
        self.add(at, OWNER, NONE, upgrade);
    }

    fn owned(&mut self, at: (&'static str, Address)) {
        use StakeManager::*;
        let offer = transferOwnershipCall { newOwner: HEIR };
        self.add(at, OWNER, NONE, offer);
        self.add(at, HEIR, NONE, acceptOwnershipCall {});
    }

    /// Nothing is missing, and nothing is there that no ABI has.
    fn is_whole(&self) {
        let listed: BTreeSet<(&str, String)> = self
            .calls
            .iter()
            .map(|call| (call.contract, call.signature.to_owned()))
            .collect();
        assert_eq!(listed.len(), self.calls.len(), "a function is listed twice");
        let known = entry_points(self.at.kind);
        let missing: Vec<_> = known.difference(&listed).collect();
        let unknown: Vec<_> = listed.difference(&known).collect();
        assert!(missing.is_empty(), "no valid call of: {missing:?}");
        assert!(unknown.is_empty(), "in no ABI: {unknown:?}");
    }
}

/// The function of a contract with a signature.
///
/// # Panics
/// If there is none.
pub fn function(contract: &str, signature: &str) -> Function {
    let mut functions = abi(contract).functions.into_values().flatten();
    let found = functions.find(|function| function.signature() == signature);
    found.unwrap_or_else(|| panic!("no {signature} in {contract}"))
}

fn abi(contract: &str) -> JsonAbi {
    let (_, json) = ABIS
        .iter()
        .find(|(name, _)| *name == contract)
        .expect("an ABI");
    serde_json::from_str(json).expect("an ABI")
}

/// Every function of a pool's contracts that can change something, by the ABIs, but for those without a call.
fn entry_points(kind: Kind) -> BTreeSet<(&'static str, String)> {
    // The gateway is on L1.
    let elsewhere = match kind {
        Kind::Retail => ["gateway", "ics-eth-token", "kyc-whitelist"].as_slice(),
        Kind::Institutional => &["gateway", "cs-eth-token"],
    };
    let mut found = BTreeSet::new();
    for (contract, _) in ABIS.iter().filter(|(name, _)| !elsewhere.contains(name)) {
        let abi = abi(contract);
        let changing = abi.functions().filter(|function| {
            let name = function.name.as_str();
            let without = WITHOUT
                .iter()
                .any(|(of, without, _)| (*of == "*" || of == contract) && *without == name);
            let retail_only = kind == Kind::Institutional && RETAIL_ONLY.contains(&name);
            let view = [StateMutability::View, StateMutability::Pure];
            !without && !retail_only && !view.contains(&function.state_mutability)
        });
        let signatures = changing.map(|function| function.signature());
        let receive = abi.receive.iter().map(|_| "receive()".to_owned());
        found.extend(
            signatures
                .chain(receive)
                .map(|signature| (*contract, signature)),
        );
    }
    found
}
