//! Everybody who could call: one account a role, which has that role alone.

use alloy::primitives::{address, Address};
use clay_chain::TEST_ACCOUNTS;
use clay_shared::kyc::{ALL, HOLD, OPERATE, REDEEM, STAKE};
use e2e::{
    operators::OPERATOR, Kind, Pool, ALICE, BOARD, BOB, COMPLIANCE_OFFICER, GATEWAY, GUARDIAN,
    MALLORY, OWNER, REPORTERS, TREASURY,
};

/// Is offered ownership of every contract.
pub const NEXT_OWNER: Address = Address::repeat_byte(0xa1);
/// Proposes at the timelock.
pub const PROPOSER: Address = Address::repeat_byte(0xa2);
/// Cancels at the timelock.
pub const CANCELLER: Address = Address::repeat_byte(0xa3);
/// Is paid for the operators that `OPERATOR` manages.
pub const PAYOUT: Address = TEST_ACCOUNTS[3];
/// May move all of Alice's orders.
pub const DELEGATE: Address = TEST_ACCOUNTS[5];
/// Was offered an operator's record, and to be paid for another.
const OFFERED: Address = TEST_ACCOUNTS[6];
/// As which the gateway calls: its address and 0x1111000000000000000000000000000000001111.
const GATEWAY_ALIAS: Address = address!("11110000000000000000000000000000006a8f4b");

/// Declares the roles, with what the page calls each, and its account in terms of a pool and the other one.
macro_rules! roles {
    (($pool:ident, $other:ident) $($role:ident = $name:literal, $account:expr;)*) => {
        /// A role.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Role { $(#[doc = $name] $role,)* }

        impl Role {
            /// Every role.
            pub const ALL: &[Self] = &[$(Self::$role,)*];

            /// What the page calls it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name,)* }
            }

            /// Its account, given its pool and the other one on the same chain.
            pub fn account(self, $pool: &Pool, $other: &Pool) -> Address {
                match self { $(Self::$role => $account,)* }
            }
        }
    };
}

roles! { (pool, other)
    Owner = "owner", OWNER;
    NextOwner = "next owner", NEXT_OWNER;
    Guardian = "guardian", GUARDIAN;
    Proposer = "proposer", PROPOSER;
    Canceller = "canceller", CANCELLER;
    Treasury = "treasury", TREASURY;
    Officer = "compliance officer", COMPLIANCE_OFFICER;
    Committee = "oracle committee", pool.committee;
    Acknowledger = "acknowledger", pool.acknowledger;
    Board = "Board", pool.board;
    Reporter = "one member of the oracle committee", REPORTERS[0];
    BoardMember = "one member of the Board", BOARD[0];
    GatewayAlias = "gateway's alias", GATEWAY_ALIAS;
    GatewayItself = "gateway's own address", GATEWAY;
    Manager = "stake-manager", pool.manager;
    Queue = "unstake-queue", pool.queue;
    Flash = "flash-exit-pool", pool.flash;
    Protection = "protection-pool", pool.protection;
    Registry = "operator-registry", pool.registry;
    Distributor = "rewards-distributor", pool.distributor;
    Token = "token", pool.token;
    Whitelist = "kyc-whitelist", pool.whitelist;
    Timelock = "timelock, where it is not the owner", pool.timelock;
    Image = "order-image", pool.image;
    Implementation = "implementation of the stake-manager", pool.implementation;
    Facet = "facet of the stake-manager", pool.facet;
    OtherManager = "the other pool's stake-manager", other.manager;
    OtherQueue = "the other pool's unstake-queue", other.queue;
    OtherFlash = "the other pool's flash-exit-pool", other.flash;
    OtherProtection = "the other pool's protection-pool", other.protection;
    OtherRegistry = "the other pool's operator-registry", other.registry;
    OtherDistributor = "the other pool's rewards-distributor", other.distributor;
    OtherToken = "the other pool's token", other.token;
    OperatorManager = "the operator's manager key", OPERATOR;
    Payout = "its payout address", PAYOUT;
    Offered = "whom it was offered to", OFFERED;
    Holder = "its owner", ALICE;
    Spender = "whom its owner approved", BOB;
    Delegate = "whom its owner approved for all", DELEGATE;
    Stranger = "anybody", MALLORY;
}

impl Role {
    /// Its rights in the kyc-whitelist. The institutional pool's contracts that hold or move shares have all of them,
    /// and the retail flash-exit-pool, which converts.
    pub fn rights(self, kind: Kind) -> u8 {
        use Role::*;
        let (retail, institutional) = (kind == Kind::Retail, kind == Kind::Institutional);
        match self {
            Holder | Spender | Payout => STAKE | HOLD | REDEEM,
            OperatorManager if institutional => OPERATE | HOLD | REDEEM,
            Offered if institutional => OPERATE,
            Manager | Queue | Protection | Registry | Distributor if institutional => ALL,
            OtherManager | OtherQueue | OtherProtection | OtherRegistry | OtherDistributor
                if retail =>
            {
                ALL
            }
            Flash | OtherFlash => ALL,
            _ => 0,
        }
    }
}
