//! A committee that acts by signatures.

interfaces! {
    /// M-of-N committee: members sign a call (EIP-712), anyone hands it in. Instances: the oracle committee, the
    /// acknowledger, the Board.
    ///
    /// Signed is `Execute(address target,bytes data,uint256 nonce,uint256 deadline)` under the domain
    /// (name "ClayStack Quorum", version "1", chain id, this contract).
    interface IQuorum {
        /// Sets the committee up, once; run by the creation code of the proxy. `targets[i]` may be called with
        /// `selectors[i]`.
        function initialize(address owner, address[] calldata members, uint256 quorum, address[] calldata targets, bytes4[] calldata selectors) external;

        /// Makes a call that enough members signed. Open to all. `signatures` are 65 bytes each (r, s, v), in
        /// ascending order of their signers; every one must be a member's. What the callee refuses is handed on
        /// and uses no nonce. A call of this contract itself reaches `setMembers` only.
        function execute(address target, bytes calldata data, uint256 deadline, bytes calldata signatures) external returns (bytes memory returned);
        /// Replaces members and quorum, and voids everything signed so far. Owner, or the committee itself where
        /// the owner allowed it.
        function setMembers(address[] calldata members, uint256 quorum) external;
        /// Says whether the committee may call a function of a contract; of this contract never more than
        /// `setMembers`. Owner only.
        function setAllowed(address target, bytes4 selector, bool allowed) external;

        /// The members, in ascending order.
        function members() external view returns (address[] memory);
        /// Whether an account is a member.
        function isMember(address account) external view returns (bool);
        /// How many signatures a call needs.
        function quorum() external view returns (uint256);
        /// The nonce the next call must be signed with. The upper 128 bits count changes of membership or quorum,
        /// the set-up being the first; the lower 128 bits count executions since the last one.
        function nonce() external view returns (uint256);
        /// Whether the committee may call a function of a contract.
        function isAllowed(address target, bytes4 selector) external view returns (bool);
        /// The hash members sign for a call with the next nonce.
        function digest(address target, bytes calldata data, uint256 deadline) external view returns (bytes32);
        /// Separator of the EIP-712 domain.
        function DOMAIN_SEPARATOR() external view returns (bytes32);
        /// The EIP-712 domain (ERC-5267).
        function eip712Domain() external view returns (bytes1 fields, string memory name, string memory version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] memory extensions);

        event MembersChanged(address[] members, uint256 quorum, uint256 nonce);
        event AllowedChanged(address indexed target, bytes4 indexed selector, bool allowed);
        event Executed(address indexed target, bytes4 indexed selector, uint256 nonce);

        error QuorumOutOfBounds(uint256 asked, uint256 smallest, uint256 largest);
        error TooManyMembers(uint256 asked, uint256 largest);
        /// Members are given in strictly ascending order.
        error MembersNotAscending(address previous, address next);
        error LengthMismatch(uint256 targets, uint256 selectors);
        error NotAllowed(address target, bytes4 selector);
        error DeadlinePassed(uint256 deadline, uint256 latest);
        error TooFewSignatures(uint256 given, uint256 needed);
        /// Signatures are 65 bytes each.
        error MalformedSignatures(uint256 length);
        error SignersNotAscending(address previous, address next);
        error NotMember(address signer);
        error ECDSAInvalidSignature();
        error ECDSAInvalidSignatureS(bytes32 s);
    }
}
