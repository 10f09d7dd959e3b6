// SPDX-License-Identifier: MIT
pragma solidity ^0.8.4;

interface IIcsEthToken {
    error AlreadyInitialized();
    error AmountTooLarge(uint256 asked, uint256 allowed);
    error ECDSAInvalidSignature();
    error ECDSAInvalidSignatureS(bytes32 s);
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    error ERC20InvalidApprover(address approver);
    error ERC20InvalidReceiver(address receiver);
    error ERC20InvalidSender(address sender);
    error ERC20InvalidSpender(address spender);
    error ERC2612ExpiredSignature(uint256 deadline);
    error ERC2612InvalidSigner(address signer, address owner);
    error NoCode(address account);
    error NotAWhitelist(address named);
    error OnlyOwner(address caller, address owner);
    error OnlyPendingOwner(address caller, address pendingOwner);
    error OnlyStakeManager(address caller, address stakeManager);
    error PolicyOutOfBounds(uint8 asked, uint8 smallest, uint8 largest);
    error UnknownFunction(bytes4 selector);
    error ZeroAddress();

    event Approval(address indexed owner, address indexed spender, uint256 value);
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event StakeManagerChanged(address indexed previous, address indexed current);
    event Transfer(address indexed from, address indexed to, uint256 value);
    event TransferPolicyChanged(uint8 previous, uint8 current);
    event WhitelistNamed(address indexed whitelist);

    function DOMAIN_SEPARATOR() external view returns (bytes32);
    function acceptOwnership() external;
    function allowance(address owner, address spender) external view returns (uint256);
    function approve(address spender, uint256 value) external returns (bool);
    function balanceOf(address account) external view returns (uint256);
    function burn(address from, uint256 shares) external;
    function decimals() external view returns (uint8);
    function eip712Domain() external view returns (bytes1 fields, string memory name, string memory version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] memory extensions);
    function initialize(address owner, address stakeManager, bytes32 name, bytes32 symbol, address whitelist, uint8 policy) external;
    function mint(address to, uint256 shares) external;
    function mintMany(address[3] memory to, uint256[3] memory shares) external;
    function name() external view returns (string memory);
    function nonces(address owner) external view returns (uint256);
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
    function setStakeManager(address stakeManager) external;
    function setTransferPolicy(uint8 policy) external;
    function stakeManager() external view returns (address);
    function symbol() external view returns (string memory);
    function totalSupply() external view returns (uint256);
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
    function transferOwnership(address newOwner) external;
    function transferPolicy() external view returns (uint8);
    function whitelist() external view returns (address);
}