// SPDX-License-Identifier: MIT
pragma solidity ^0.8.4;

interface ITimelock {
    struct Call {
        address target;
        bytes data;
    }

    error AlreadyExecuted(bytes32 id);
    error AlreadyInitialized();
    error AlreadyScheduled(bytes32 id, uint256 due);
    error AmountTooLarge(uint256 asked, uint256 allowed);
    error DelayOutOfBounds(uint256 asked, uint256 smallest, uint256 largest);
    error ERC1967InvalidImplementation(address implementation);
    error LastProposer(address account);
    error LengthMismatch(uint256 rules, uint256 kinds);
    error NoCalls();
    error NoCode(address account);
    error NotAnUpgrade(bytes32 asked, bytes32 current);
    error NotDue(uint256 due, uint256 latest);
    error NotScheduled(bytes32 id);
    error NotThroughProxy();
    error OnlyByOperation(address caller);
    error OnlyCanceller(address caller);
    error OnlyProposer(address caller);
    error OnlyThroughProxy();
    error OperationLapsed(uint256 until, uint256 latest);
    error PredecessorNotExecuted(bytes32 predecessor);
    error UUPSUnsupportedProxiableUUID(bytes32 slot);
    error UnknownFunction(bytes4 selector);
    error UnknownKind(uint256 kind, uint256 largest);
    error ZeroAddress();

    event CallScheduled(bytes32 indexed id, uint256 indexed index, address target, bytes data);
    event CancellerChanged(address indexed account, bool may);
    event DelayChanged(uint256 indexed kind, uint256 previous, uint256 current);
    event KindChanged(bytes32 indexed rule, uint256 kind);
    event OperationCancelled(bytes32 indexed id, address by);
    event OperationExecuted(bytes32 indexed id);
    event OperationScheduled(bytes32 indexed id, bytes32 predecessor, bytes32 salt, uint256 due);
    event ProposerChanged(address indexed account, bool may);
    event Upgraded(address indexed implementation);

    function cancel(bytes32 id) external;
    function contractVersion() external view returns (bytes32);
    function delayOf(uint256 kind) external view returns (uint256 delay, uint256 smallest, uint256 largest);
    function execute(Call[] memory calls, bytes32 predecessor, bytes32 salt) external;
    function initialize(address[] memory proposers, address[] memory cancellers, bytes32[] memory rules, uint256[] memory kinds) external;
    function isCanceller(address account) external view returns (bool);
    function isProposer(address account) external view returns (bool);
    function kindOf(address target, bytes memory data) external view returns (uint256 kind, uint256 delay);
    function operation(bytes32 id) external view returns (uint256 due, uint256 until, bool executed);
    function operationId(Call[] memory calls, bytes32 predecessor, bytes32 salt) external view returns (bytes32);
    function proxiableUUID() external view returns (bytes32);
    function ruleOf(bytes32 rule) external view returns (uint256 kind);
    function schedule(Call[] memory calls, bytes32 predecessor, bytes32 salt) external returns (bytes32 id);
    function setCanceller(address account, bool may) external;
    function setDelay(uint256 kind, uint256 delay) external;
    function setKind(bytes32 rule, uint256 kind) external;
    function setProposer(address account, bool may) external;
    function upgradeToAndCall(address implementation, bytes memory data) external payable;
}