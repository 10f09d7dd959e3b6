//! Who may call what: written by hand from the design and from what the interfaces promise, not from the contracts'
//! code.

use clay_shared::kyc::{OPERATE, REDEEM, STAKE};
use e2e::Kind;

use super::roles::Role::{self, *};

/// Who may make a call.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    /// Open to all, with what is the caller's own.
    Anyone,
    /// Nobody any more, or nobody from outside: when it runs.
    Nobody(&'static str),
    /// These roles.
    Only(&'static [Role]),
}

/// What is expected of some functions of a contract.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Their names, all overloads; with a word behind it, of a call that is made besides the usual one.
    pub functions: &'static [&'static str],
    /// Who may call them.
    pub who: Who,
    /// The error that everybody else gets; empty if there is nobody else.
    pub refusal: &'static str,
    /// The right they need besides in the kyc-whitelist, where there is one, and what the page calls it.
    pub license: Option<(u8, &'static str)>,
    /// In which pool, if not in both.
    pub pool: Option<Kind>,
}

impl Rule {
    const fn new(who: Who, refusal: &'static str, functions: &'static [&'static str]) -> Self {
        Self {
            functions,
            who,
            refusal,
            license: None,
            pool: None,
        }
    }

    const fn with(mut self, right: u8, name: &'static str) -> Self {
        self.license = Some((right, name));
        self
    }

    const fn within(mut self, pool: Kind) -> Self {
        self.pool = Some(pool);
        self
    }

    /// Whether a role lacks a right that is asked of it. The retail pool asks for none, unless a rule is about it alone.
    pub fn is_unlicensed(&self, role: Role, kind: Kind) -> bool {
        let asks = kind == Kind::Institutional || self.pool == Some(kind);
        asks && self
            .license
            .is_some_and(|(right, _)| role.rights(kind) & right == 0)
    }

    /// Whether it is about a function in a pool.
    pub fn is_about(&self, function: &str, kind: Kind) -> bool {
        self.functions.contains(&function) && self.pool.is_none_or(|pool| pool == kind)
    }
}

const fn anyone(functions: &'static [&'static str]) -> Rule {
    Rule::new(Who::Anyone, "", functions)
}

const fn nobody(
    when: &'static str,
    refusal: &'static str,
    functions: &'static [&'static str],
) -> Rule {
    Rule::new(Who::Nobody(when), refusal, functions)
}

const fn only(
    roles: &'static [Role],
    refusal: &'static str,
    functions: &'static [&'static str],
) -> Rule {
    Rule::new(Who::Only(roles), refusal, functions)
}

const fn owner(functions: &'static [&'static str]) -> Rule {
    only(&[Owner], "OnlyOwner", functions)
}

const ONCE: &str = "ran as the contract was created";

/// Set up once, and owned.
const OWNED: &[Rule] = &[
    nobody(ONCE, "AlreadyInitialized", &["initialize"]),
    owner(&["transferOwnership"]),
    only(&[NextOwner], "OnlyPendingOwner", &["acceptOwnership"]),
];

/// Behind a proxy.
const UPGRADEABLE: &[Rule] = &[owner(&["upgradeToAndCall"])];

/// With a guardian.
const PAUSABLE: &[Rule] = &[
    only(&[Owner, Guardian], "OnlyGuardian", &["pause"]),
    owner(&["unpause", "rearmGuardian", "setGuardian"]),
];

const TOKEN: &[Rule] = &[
    anyone(&["transfer", "approve", "permit"]),
    only(&[Spender], "ERC20InsufficientAllowance", &["transferFrom"]),
    only(
        &[Manager],
        "OnlyStakeManager",
        &["mint", "mintMany", "burn"],
    ),
    owner(&["setStakeManager"]),
];

const STAKE_MANAGER: &[Rule] = &[
    anyone(&["deposit"]).with(STAKE, "stake"),
    anyone(&["receive"]).within(Kind::Retail),
    only(&[GatewayAlias], "PlainEthRefused", &["receive"]).within(Kind::Institutional),
    only(
        &[Flash],
        "OnlySibling",
        &["redeemFromReserve", "returnReserve"],
    ),
    only(&[Queue], "OnlySibling", &["burnShares", "redeemSilently"]),
    only(&[Registry, Distributor], "OnlySibling", &["recover"]),
    only(&[Committee], "OnlySibling", &["report"]),
    only(&[Acknowledger, Owner], "OnlySibling", &["acknowledge"]),
    only(
        &[Committee, Guardian],
        "OnlyReporterOrGuardian",
        &["flagSlashing"],
    ),
    anyone(&["autobalance", "bookReturned"]),
    owner(&["setParameter", "setSibling", "upgradeWithFacet"]),
];

const UNSTAKE_QUEUE: &[Rule] = &[
    anyone(&["requestUnstake", "requestUnstakeWithPermit"]).with(REDEEM, "redeem"),
    only(
        &[Holder],
        "OnlyOrderOwner",
        &["claim", "claimTo", "claimWithHints"],
    )
    .with(REDEEM, "redeem"),
    only(&[Holder], "OnlyOrderOwner", &["cancel", "redeemSilently"]),
    anyone(&["claimFor"]),
    only(&[Manager], "OnlyStakeManager", &["noteReport", "finalise"]),
    owner(&["setOrderImage", "setOrderLimits", "setCancelCosts"]),
    anyone(&["setApprovalForAll"]),
    only(&[Holder, Delegate], "ERC721InvalidApprover", &["approve"]),
    only(
        &[Holder, Spender, Delegate],
        "ERC721InsufficientApproval",
        &["transferFrom", "safeTransferFrom"],
    ),
];

const FLASH_EXIT_POOL: &[Rule] = &[
    anyone(&["flashExit", "flashExitAtFullFee"]).with(REDEEM, "redeem"),
    only(&[Manager], "OnlyStakeManager", &["topUp"]),
    anyone(&["returnExcess"]),
    only(&[Treasury], "OnlyTreasury", &["withdrawFees"]),
    owner(&[
        "setFees",
        "setLimits",
        "setTreasuryPart",
        "setMonthlyAllowance",
    ]),
    anyone(&["convert"])
        .with(STAKE, "stake")
        .within(Kind::Retail),
    owner(&["setConversion", "setConversionTerms"]).within(Kind::Retail),
    only(&[Owner, Board], "OnlyOwnerOrBoard", &["allowConversion"]).within(Kind::Retail),
];

const PROTECTION_POOL: &[Rule] = &[
    only(&[Manager], "OnlyStakeManager", &["cover"]),
    owner(&["withdraw", "setCoverCap"]),
];

const OPERATOR_REGISTRY: &[Rule] = &[
    anyone(&["register", "bond"]).with(OPERATE, "operate"),
    only(
        &[OperatorManager],
        "OnlyManager",
        &[
            "offerManager",
            "offerPayout",
            "setMetadataHash",
            "announceWithdrawal",
            "addNodes",
            "removeNodes",
            "submitKey",
            "nameFailed",
            "requestExit",
            "postExitPart",
        ],
    ),
    only(
        &[OperatorManager, Payout],
        "OnlyManagerOrPayout",
        &["withdrawBond"],
    ),
    only(
        &[OperatorManager, Payout],
        "OnlyManager",
        &["offerPayout withdrawn"],
    ),
    only(
        &[Offered],
        "OnlyOffered",
        &["acceptManager", "acceptPayout"],
    ),
    only(&[Owner], "OnlyVoucher", &["vouch"]).within(Kind::Retail),
    only(&[Owner, Board], "OnlyVoucher", &["vouch"]).within(Kind::Institutional),
    anyone(&[
        "settle",
        "checkBond",
        "rejoin",
        "formCluster",
        "dissolve",
        "exitShort",
        "exitUnlicensed",
        "forceExit",
    ]),
    only(
        &[Distributor],
        "OnlyRewardsDistributor",
        &["applyLeaf", "creditBond", "noteRoot"],
    ),
    only(&[Manager], "OnlyStakeManager", &["fund", "requestExits"]),
    only(
        &[Committee],
        "OnlyOracleCommittee",
        &["declareFalse", "confirm"],
    ),
    owner(&[
        "setTargets",
        "setParameter",
        "setRewardsDistributor",
        "setRelay",
        "upgradeWithFacets",
    ]),
];

const REWARDS_DISTRIBUTOR: &[Rule] = &[
    only(&[Committee], "OnlyOracleCommittee", &["proposeRoot"]),
    only(&[Owner, Guardian], "OnlyGuardian", &["vetoRoot"]),
    anyone(&["applyRoot", "claim", "claimMany", "sync"]),
    only(
        &[OperatorManager, Payout],
        "OnlyManagerOrPayout",
        &["claimAsEth"],
    ),
    owner(&[
        "rearmVeto",
        "setEpochLength",
        "setRootDelay",
        "setFactors",
        "setStanding",
        "setSsvPrice",
        "setReceiver",
    ]),
];

const KYC_WHITELIST: &[Rule] = &[
    anyone(&["applyFor"]),
    only(
        &[Board],
        "OnlyBoard",
        &["accept", "turnDown", "setRights", "renew", "deny"],
    ),
    only(&[Officer], "OnlyComplianceOfficer", &["denyInEmergency"]),
    owner(&[
        "liftDenial",
        "setBoard",
        "setComplianceOfficer",
        "setProtocolContract",
    ]),
];

const QUORUM: &[Rule] = &[anyone(&["execute"]), owner(&["setMembers", "setAllowed"])];

const TIMELOCK: &[Rule] = &[
    nobody(ONCE, "AlreadyInitialized", &["initialize"]),
    only(&[Proposer], "OnlyProposer", &["schedule"]),
    only(&[Canceller], "OnlyCanceller", &["cancel"]),
    anyone(&["execute"]),
    nobody(
        "inside an operation",
        "OnlyByOperation",
        &[
            "setProposer",
            "setCanceller",
            "setDelay",
            "setKind",
            "upgradeToAndCall",
        ],
    ),
];

/// Every contract, and what is expected of its functions.
pub const CONTRACTS: &[(&str, &[&[Rule]])] = &[
    ("cs-eth-token", &[TOKEN, OWNED]),
    (
        "ics-eth-token",
        &[TOKEN, &[owner(&["setTransferPolicy"])], OWNED],
    ),
    (
        "stake-manager",
        &[STAKE_MANAGER, PAUSABLE, OWNED, UPGRADEABLE],
    ),
    (
        "unstake-queue",
        &[UNSTAKE_QUEUE, PAUSABLE, OWNED, UPGRADEABLE],
    ),
    ("order-image", &[]),
    (
        "flash-exit-pool",
        &[FLASH_EXIT_POOL, PAUSABLE, OWNED, UPGRADEABLE],
    ),
    ("protection-pool", &[PROTECTION_POOL, OWNED, UPGRADEABLE]),
    (
        "operator-registry",
        &[OPERATOR_REGISTRY, OWNED, UPGRADEABLE],
    ),
    (
        "rewards-distributor",
        &[REWARDS_DISTRIBUTOR, PAUSABLE, OWNED, UPGRADEABLE],
    ),
    ("quorum", &[QUORUM, OWNED, UPGRADEABLE]),
    ("kyc-whitelist", &[KYC_WHITELIST, OWNED, UPGRADEABLE]),
    ("timelock", &[TIMELOCK]),
];

/// Functions that are not tried in a pool, or in none, and why.
pub const NOT_TRIED: &[(&str, &[&str], Option<Kind>, &str)] = &[
    (
        "gateway",
        &["fundValidator", "forceExit"],
        None,
        "it is on Ethereum, where it hears the operator-registry's messages alone; here a simulator plays it",
    ),
    (
        "flash-exit-pool",
        &[
            "convert",
            "setConversion",
            "setConversionTerms",
            "allowConversion",
        ],
        Some(Kind::Institutional),
        "csETH is converted by the retail pool",
    ),
];

/// Calls that can succeed in one pool only: what the other one refuses them with.
pub const NEVER: &[(&str, &str, Kind, &str)] = &[(
    "operator-registry",
    "exitUnlicensed",
    Kind::Retail,
    "MayOperate",
)];

/// The rule about a function in a pool; the only one, as another test sees to.
pub fn rule(contract: &str, function: &str, kind: Kind) -> Option<&'static Rule> {
    rules(contract).find(|rule| rule.is_about(function, kind))
}

/// All rules about a contract.
pub fn rules(contract: &str) -> impl Iterator<Item = &'static Rule> + '_ {
    let of = CONTRACTS.iter().filter(move |(name, _)| *name == contract);
    of.flat_map(|(_, parts)| parts.iter().copied().flatten())
}

/// Whether a function is not tried in a pool.
pub fn is_not_tried(contract: &str, function: &str, kind: Kind) -> bool {
    NOT_TRIED.iter().any(|(of, functions, pool, _)| {
        *of == contract && functions.contains(&function) && pool.is_none_or(|pool| pool == kind)
    })
}

/// The error that a pool has even for those who may make a call.
pub fn never(contract: &str, function: &str, kind: Kind) -> Option<&'static str> {
    let found = NEVER
        .iter()
        .find(|(of, name, pool, _)| (*of, *name, *pool) == (contract, function, kind));
    found.map(|(.., error)| *error)
}
