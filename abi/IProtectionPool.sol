// SPDX-License-Identifier: MIT
pragma solidity ^0.8.4;

interface IProtectionPool {
    error AboveBalance(uint256 asked, uint256 balance);
    error AlreadyInitialized();
    error AmountTooLarge(uint256 asked, uint256 allowed);
    error CoverCapOutOfBounds(uint256 asked, uint256 smallest, uint256 largest);
    error ERC1967InvalidImplementation(address implementation);
    error NoCode(address account);
    error NotAnUpgrade(bytes32 asked, bytes32 current);
    error NotThroughProxy();
    error OnlyOwner(address caller, address owner);
    error OnlyPendingOwner(address caller, address pendingOwner);
    error OnlyStakeManager(address caller, address stakeManager);
    error OnlyThroughProxy();
    error UUPSUnsupportedProxiableUUID(bytes32 slot);
    error UnknownFunction(bytes4 selector);
    error ZeroAddress();

    event CoverCapChanged(uint256 previous, uint256 current);
    event Covered(uint256 asked, uint256 covered);
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event Upgraded(address indexed implementation);
    event Withdrawn(address indexed receiver, uint256 shares);

    function acceptOwnership() external;
    function available() external view returns (uint256);
    function balance() external view returns (uint256);
    function contractVersion() external view returns (bytes32);
    function cover(uint256 shares) external returns (uint256 covered);
    function coverCap() external view returns (uint256);
    function initialize(address owner, address stakeManager, address token) external;
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function proxiableUUID() external view returns (bytes32);
    function setCoverCap(uint256 basisPoints) external;
    function stakeManager() external view returns (address);
    function token() external view returns (address);
    function transferOwnership(address newOwner) external;
    function upgradeToAndCall(address implementation, bytes memory data) external payable;
    function withdraw(uint256 shares, address receiver) external;
}