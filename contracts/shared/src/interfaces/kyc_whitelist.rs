//! The kyc-whitelist.

interfaces! {
    /// Who may stake, hold, redeem and operate in the institutional pool, and who is denied everything.
    ///
    /// Rights are bits: 1 stake, 2 hold, 4 redeem, 8 operate. They are given with a time until which they hold, which ends
    /// all of them but redeem, and with the hash of the off-chain file they rest on. A denial overrides all rights
    /// and leaves them as they are. What holds until a time is over in that second. Times are seconds since the
    /// epoch. Batches change all or nothing, as if each account was given in a call of its own. The Board is an
    /// instance of `IQuorum`.
    ///
    /// Events and the times of their blocks tell every account's `status` at any block.
    interface IKycWhitelist {
        /// Sets the whitelist up, once; run by the creation code of the proxy.
        function initialize(address owner, address board, address complianceOfficer, address[] calldata protocolContracts) external;

        // Applications

        /// Applies for rights of an account, or with none for having none. Anyone; ids start at 1. `referenceHash`
        /// is that of the off-chain file.
        function applyFor(address account, uint8 rights, bytes32 referenceHash) external returns (uint256 id);
        /// Gives what was applied for, and that only, until `expiries[i]`; otherwise as `setRights`. Board only.
        function accept(uint256[] calldata ids, uint40[] calldata expiries) external;
        /// Turns applications down. Board only.
        function turnDown(uint256[] calldata ids, bytes32 reason) external;
        /// An application. State: 0 none, 1 open, 2 accepted, 3 turned down.
        function application(uint256 id) external view returns (address account, address applicant, uint8 rights, bytes32 referenceHash, uint8 state);
        /// How many applications were ever made; the last one's id.
        function applicationCount() external view returns (uint256);

        // Rights and denials

        /// Sets accounts' rights, until when they hold, and what they rest on; no rights take all away, with any
        /// expiry. Lifts no denial. Board only.
        function setRights(address[] calldata accounts, uint8[] calldata rights, uint40[] calldata expiries, bytes32[] calldata referenceHashes) external;
        /// Moves the expiry of accounts that have rights. Board only.
        function renew(address[] calldata accounts, uint40 expiry) external;
        /// Denies accounts everything until it is lifted; confirms an emergency denial. Board only.
        function deny(address[] calldata accounts, bytes32 reason) external;
        /// Denies accounts everything for 7 days, and the same account not again within 30 days. Where a denial by
        /// the Board stands, it changes nothing. Compliance officer only.
        function denyInEmergency(address[] calldata accounts, bytes32 reason) external;
        /// Lifts denials; rights are what they were. Owner only: who approves cannot.
        function liftDenial(address[] calldata accounts, bytes32 reason) external;

        // Governance

        /// Who gives rights and denies.
        function board() external view returns (address);
        /// Appoints a Board. Owner only.
        function setBoard(address board) external;
        /// Who denies in an emergency.
        function complianceOfficer() external view returns (address);
        /// Appoints a compliance officer. Owner only.
        function setComplianceOfficer(address complianceOfficer) external;
        /// Says whether an account is a contract of the protocol, which has all rights and cannot be denied. Owner
        /// only.
        function setProtocolContract(address account, bool isProtocolContract) external;

        // Questions

        /// Refuses unless every account, zero addresses aside, has the rights asked of it now and is not denied. No
        /// rights ask that it is not denied.
        function check(address[3] calldata accounts, uint8[3] calldata rights) external view;
        /// Rights that an account can use now: none while it is denied, all for a contract of the protocol.
        function rightsOf(address account) external view returns (uint8);
        /// Whether an account is denied now.
        function isDenied(address account) external view returns (bool);
        /// What is known of an account: its rights as they were given, until when, and what they rest on; until when
        /// it is denied (0 not, 2^40 - 1 until it is lifted); from when on the compliance officer may deny it again
        /// (0 if that never happened); whether it is a contract of the protocol.
        function status(address account) external view returns (uint8 rights, uint40 expiry, bytes32 referenceHash, uint40 deniedUntil, uint40 emergencyFrom, bool protocolContract);
        /// Accounts whose rights or denial ever changed, or of which it was said whether they are contracts of the
        /// protocol: those that events of an account name.
        function accountCount() external view returns (uint256);
        /// So many of them, from an index on, in the order in which they came; fewer at the end.
        function accounts(uint256 from, uint256 count) external view returns (address[] memory);

        event ApplicationFiled(uint256 indexed id, address indexed account, address indexed applicant, uint8 rights, bytes32 referenceHash);
        event ApplicationAccepted(uint256 indexed id);
        event ApplicationTurnedDown(uint256 indexed id, bytes32 reason);
        event RightsChanged(address indexed account, uint8 rights, uint40 expiry, bytes32 referenceHash);
        /// `until` is 2^40 - 1 until it is lifted. A denial that ends by itself is an emergency denial, and the next
        /// one of the account can come 23 days after `until`.
        event AccountDenied(address indexed account, address indexed by, uint40 until, bytes32 reason);
        event DenialLifted(address indexed account, bytes32 reason);
        event ProtocolContractChanged(address indexed account, bool isProtocolContract);
        event BoardChanged(address indexed previous, address indexed current);
        event ComplianceOfficerChanged(address indexed previous, address indexed current);

        error OnlyBoard(address caller, address board);
        error OnlyComplianceOfficer(address caller, address complianceOfficer);
        /// The account is denied until then; 2^40 - 1 until it is lifted.
        error Denied(address account, uint40 until);
        /// The account lacks a right that is asked of it, or that right has expired.
        error RightMissing(address account, uint8 asked, uint8 held);
        /// There are four rights.
        error UnknownRights(uint8 asked, uint8 all);
        error ExpiryPassed(uint40 asked, uint40 now);
        /// The account has no rights that could be renewed.
        error NothingToRenew(address account);
        error NotOpen(uint256 id, uint8 state);
        /// An emergency denial cannot be repeated before then.
        error EmergencyTooSoon(address account, uint40 from);
        error NotDenied(address account);
        /// Contracts of the protocol cannot be denied.
        error Undeniable(address account);
        error LengthMismatch(uint256 asked, uint256 given);
    }
}
