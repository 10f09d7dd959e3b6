// SPDX-License-Identifier: MIT
pragma solidity ^0.8.4;

interface IKycWhitelist {
    error AlreadyInitialized();
    error AmountTooLarge(uint256 asked, uint256 allowed);
    error Denied(address account, uint40 until);
    error ERC1967InvalidImplementation(address implementation);
    error EmergencyTooSoon(address account, uint40 from);
    error ExpiryPassed(uint40 asked, uint40 now);
    error LengthMismatch(uint256 asked, uint256 given);
    error NotDenied(address account);
    error NotOpen(uint256 id, uint8 state);
    error NotThroughProxy();
    error NothingToRenew(address account);
    error OnlyBoard(address caller, address board);
    error OnlyComplianceOfficer(address caller, address complianceOfficer);
    error OnlyOwner(address caller, address owner);
    error OnlyPendingOwner(address caller, address pendingOwner);
    error OnlyThroughProxy();
    error RightMissing(address account, uint8 asked, uint8 held);
    error UUPSUnsupportedProxiableUUID(bytes32 slot);
    error Undeniable(address account);
    error UnknownFunction(bytes4 selector);
    error UnknownRights(uint8 asked, uint8 all);
    error ZeroAddress();

    event AccountDenied(address indexed account, address indexed by, uint40 until, bytes32 reason);
    event ApplicationAccepted(uint256 indexed id);
    event ApplicationFiled(uint256 indexed id, address indexed account, address indexed applicant, uint8 rights, bytes32 referenceHash);
    event ApplicationTurnedDown(uint256 indexed id, bytes32 reason);
    event BoardChanged(address indexed previous, address indexed current);
    event ComplianceOfficerChanged(address indexed previous, address indexed current);
    event DenialLifted(address indexed account, bytes32 reason);
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event ProtocolContractChanged(address indexed account, bool isProtocolContract);
    event RightsChanged(address indexed account, uint8 rights, uint40 expiry, bytes32 referenceHash);
    event Upgraded(address indexed implementation);

    function accept(uint256[] memory ids, uint40[] memory expiries) external;
    function acceptOwnership() external;
    function accountCount() external view returns (uint256);
    function accounts(uint256 from, uint256 count) external view returns (address[] memory);
    function application(uint256 id) external view returns (address account, address applicant, uint8 rights, bytes32 referenceHash, uint8 state);
    function applicationCount() external view returns (uint256);
    function applyFor(address account, uint8 rights, bytes32 referenceHash) external returns (uint256 id);
    function board() external view returns (address);
    function check(address[3] memory accounts, uint8[3] memory rights) external view;
    function complianceOfficer() external view returns (address);
    function deny(address[] memory accounts, bytes32 reason) external;
    function denyInEmergency(address[] memory accounts, bytes32 reason) external;
    function initialize(address owner, address board, address complianceOfficer, address[] memory protocolContracts) external;
    function isDenied(address account) external view returns (bool);
    function liftDenial(address[] memory accounts, bytes32 reason) external;
    function owner() external view returns (address);
    function pendingOwner() external view returns (address);
    function proxiableUUID() external view returns (bytes32);
    function renew(address[] memory accounts, uint40 expiry) external;
    function rightsOf(address account) external view returns (uint8);
    function setBoard(address board) external;
    function setComplianceOfficer(address complianceOfficer) external;
    function setProtocolContract(address account, bool isProtocolContract) external;
    function setRights(address[] memory accounts, uint8[] memory rights, uint40[] memory expiries, bytes32[] memory referenceHashes) external;
    function status(address account) external view returns (uint8 rights, uint40 expiry, bytes32 referenceHash, uint40 deniedUntil, uint40 emergencyFrom, bool protocolContract);
    function transferOwnership(address newOwner) external;
    function turnDown(uint256[] memory ids, bytes32 reason) external;
    function upgradeToAndCall(address implementation, bytes memory data) external payable;
}