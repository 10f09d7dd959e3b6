// SPDX-License-Identifier: MIT
pragma solidity ^0.8.4;

interface IQuorum {
    error AlreadyInitialized();
    error AmountTooLarge(uint256 asked, uint256 allowed);
    error DeadlinePassed(uint256 deadline, uint256 latest);
    error ECDSAInvalidSignature();
    error ECDSAInvalidSignatureS(bytes32 s);
    error ERC1967InvalidImplementation(address implementation);
    error LengthMismatch(uint256 targets, uint256 selectors);
    error MalformedSignatures(uint256 length);
    error MembersNotAscending(address previous, address next);
    error NoCode(address account);
    error NotAllowed(address target, bytes4 selector);
    error NotAnUpgrade(bytes32 asked, bytes32 current);
    error NotMember(address signer);
    error NotThroughProxy();
    error OnlyOwner(address caller, address owner);
    error OnlyPendingOwner(address caller, address pendingOwner);
    error OnlyThroughProxy();
    error QuorumOutOfBounds(uint256 asked, uint256 smallest, uint256 largest);
    error SignersNotAscending(address previous, address next);
    error TooFewSignatures(uint256 given, uint256 needed);
    error TooManyMembers(uint256 asked, uint256 largest);
    error UUPSUnsupportedProxiableUUID(bytes32 slot);
    error UnknownFunction(bytes4 selector);
    error ZeroAddress();

    event AllowedChanged(address indexed target, bytes4 indexed selector, bool allowed);
    event Executed(address indexed target, bytes4 indexed selector, uint256 nonce);
    event MembersChanged(address[] members, uint256 quorum, uint256 nonce);
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event Upgraded(address indexed implementation);

    function DOMAIN_SEPARATOR() external view returns (bytes32);
    function acceptOwnership() external;
    function contractVersion() external view returns (bytes32);
    function digest(address target, bytes memory data, uint256 deadline) external view returns (bytes32);
    function eip712Domain() external view returns (bytes1 fields, string memory name, string memory version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] memory extensions);
    function execute(address target, bytes memory data, uint256 deadline, bytes memory signatures) external returns (bytes memory returned);
    function initialize(address owner, address[] memory members, uint256 quorum, address[] memory targets, bytes4[] memory selectors) external;
    function isAllowed(address target, bytes4 selector) external view returns (bool);
    function isMember(address account) external view returns (bool);
    function members() external view returns (address[] memory);
    function nonce() external view returns (uint256);
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function proxiableUUID() external view returns (bytes32);
    function quorum() external view returns (uint256);
    function setAllowed(address target, bytes4 selector, bool allowed) external;
    function setMembers(address[] memory members, uint256 quorum) external;
    function transferOwnership(address newOwner) external;
    function upgradeToAndCall(address implementation, bytes memory data) external payable;
}