// SPDX-License-Identifier: MIT
pragma solidity ^0.8.4;

interface IOperatorRegistry {
    error AboveAsked(uint256 asked, uint256 allowed);
    error AlreadyInitialized();
    error AmountTooLarge(uint256 asked, uint256 allowed);
    error ERC1967InvalidImplementation(address implementation);
    error FundingMismatch(uint256 asked, uint256 sent);
    error KeyUsed(bytes32 publicKeyHash);
    error MalformedKeys(uint256 length);
    error NoCode(address account);
    error NotEnoughKeys(uint256 asked, uint256 ready);
    error NotThroughProxy();
    error OnlyOracleCommittee(address caller, address oracleCommittee);
    error OnlyOwner(address caller, address owner);
    error OnlyPendingOwner(address caller, address pendingOwner);
    error OnlyStakeManager(address caller, address stakeManager);
    error OnlyThroughProxy();
    error UUPSUnsupportedProxiableUUID(bytes32 slot);
    error UnknownFunction(bytes4 selector);
    error ZeroAddress();

    event ExitRequested(uint256 indexed index, bytes publicKey);
    event ExitsConfirmed(uint256 exited);
    event KeyAdded(uint256 indexed index, bytes publicKey);
    event KeysDropped(uint256 from, uint256 to);
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event Upgraded(address indexed implementation);
    event ValidatorFunded(uint256 indexed index, bytes publicKey);

    function acceptOwnership() external;
    function addKeys(bytes memory keys) external;
    function coming() external view returns (uint256);
    function confirmExits(uint256 count) external;
    function counts() external view returns (uint256 keys, uint256 funded, uint256 asked, uint256 exited);
    function dropKeys(uint256 count) external;
    function fund(uint256 count) external payable;
    function gateway() external view returns (address);
    function initialize(address owner, address stakeManager, address oracleCommittee, address gateway) external;
    function key(uint256 index) external view returns (bytes memory publicKey, bytes memory signature, bytes32 depositDataRoot);
    function oracleCommittee() external view returns (address);
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function proxiableUUID() external view returns (bytes32);
    function ready() external view returns (uint256);
    function requestExits(uint256 assets) external returns (uint256 asked);
    function stakeManager() external view returns (address);
    function transferOwnership(address newOwner) external;
    function upgradeToAndCall(address implementation, bytes memory data) external payable;
}