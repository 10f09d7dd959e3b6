//! What several contracts have in common: ownership, guardian, upgrades, and the errors of any call.

interfaces! {
    /// Errors any contract of the protocol may answer with.
    interface ICommon {
        /// No function has this selector.
        error UnknownFunction(bytes4 selector);
        /// A sum or product left the range that the contract can hold.
        error AmountTooLarge(uint256 asked, uint256 allowed);
        /// An address that must be set is zero.
        error ZeroAddress();
        /// The contract has been set up before.
        error AlreadyInitialized();
        /// An account that must be a contract has no code.
        error NoCode(address account);
    }

    /// A contract with functions that only the pool's stake-manager may call.
    interface IManaged {
        error OnlyStakeManager(address caller, address stakeManager);
    }

    /// A contract that may have a whitelist, which it asks who may do what (`IKycWhitelist`).
    interface IGated {
        /// The contract was set up with a whitelist. It never changes; without this event there is none.
        event WhitelistNamed(address indexed whitelist);

        /// What was named as the whitelist is a contract, but does not answer as a whitelist does.
        error NotAWhitelist(address named);
    }

    /// A contract that pays ETH out to receivers of its callers' choice.
    interface IPayer {
        /// The receiver did not take the ETH; nothing has changed.
        error PayoutRefused(address receiver, uint256 assets);
    }

    /// Ownership in two steps. The owner is the timelock.
    interface IOwnable {
        /// Who governs this contract.
        function owner() external view returns (address);
        /// Who may take ownership over.
        function pendingOwner() external view returns (address);
        /// Offers ownership; nothing changes until it is accepted. Zero withdraws an offer. Owner only.
        function transferOwnership(address newOwner) external;
        /// Takes an offered ownership over. Pending owner only.
        function acceptOwnership() external;

        event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
        event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

        error OnlyOwner(address caller, address owner);
        error OnlyPendingOwner(address caller, address pendingOwner);
    }

    /// A guardian who can stop a contract for a while, but neither start it again nor move funds.
    interface IPausable {
        /// Who may pause besides the owner.
        function guardian() external view returns (address);
        /// Appoints a guardian and re-arms its pause. Owner only.
        function setGuardian(address guardian) external;
        /// Lets the guardian pause once more. Owner only.
        function rearmGuardian() external;
        /// Stops the contract: by the owner until unpaused, by the guardian for 14 days and only once until
        /// the owner re-arms it.
        function pause() external;
        /// Ends a pause. Owner only.
        function unpause() external;
        /// Whether the contract is paused now.
        function paused() external view returns (bool);
        /// When the pause ends, in seconds since the epoch; zero without one.
        function pausedUntil() external view returns (uint256);

        event GuardianChanged(address indexed previous, address indexed current);
        event GuardianRearmed();
        event Paused(address indexed account, uint256 until);
        event Unpaused(address indexed account);

        error OnlyGuardian(address caller, address guardian, address owner);
        /// The guardian has paused before, and the owner has not re-armed it.
        error GuardianPauseSpent();
        error EnforcedPause(uint256 until);
        error ExpectedPause();
    }

    /// ERC-1822 upgrades of a contract behind an ERC-1967 proxy.
    interface IUpgradeable {
        /// ERC-1822: the slot that holds the implementation. Only on the implementation itself.
        function proxiableUUID() external view returns (bytes32);
        /// Which contract this is, and which version of it: its name in the first 24 bytes, the number in the last 8.
        function contractVersion() external view returns (bytes32);
        /// Moves to another implementation of the same contract, of no lower version, and calls it with `data` unless that is
        /// empty. Owner only.
        function upgradeToAndCall(address implementation, bytes calldata data) external payable;

        event Upgraded(address indexed implementation);

        error ERC1967InvalidImplementation(address implementation);
        error UUPSUnsupportedProxiableUUID(bytes32 slot);
        /// Another contract's implementation, or a lower version of this one's.
        error NotAnUpgrade(bytes32 asked, bytes32 current);
        /// Only a proxy may run this function.
        error OnlyThroughProxy();
        /// Only the implementation itself answers this, not a proxy.
        error NotThroughProxy();
    }

    /// An upgradeable contract of two programs: a facet shares its storage.
    interface IFaceted {
        /// Moves to another implementation and another facet in one step. Owner only.
        function upgradeWithFacet(address implementation, address facet, bytes calldata data) external payable;
        /// The program that answers what the implementation does not know.
        function facet() external view returns (address);

        event FacetChanged(address indexed previous, address indexed current);

        /// A facet must be a program made for this contract.
        error InvalidFacet(address facet);
    }

    /// An upgradeable contract of three programs: two facets share its storage. The other events and errors are those of
    /// `IFaceted`.
    interface ITwoFaceted {
        /// Moves to another implementation and other facets in one step. Owner only.
        function upgradeWithFacets(address implementation, address firstFacet, address secondFacet, bytes calldata data) external payable;
        /// The programs that answer what the implementation does not know.
        function facets() external view returns (address first, address second);

        event FacetChanged(address indexed previous, address indexed current);

        /// A facet must be a program made for this contract.
        error InvalidFacet(address facet);
    }
}
