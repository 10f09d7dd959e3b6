//! The owner of everything: what governance does, everybody sees some time before.

interfaces! {
    /// Makes governance's calls after a delay: proposers schedule them, cancellers may stop them, and once they are due anyone
    /// executes them, for 28 days. It owns the other contracts, and itself: its own settings change by operations too.
    ///
    /// There are three delays: of parameters (kind 1), of upgrades (kind 2, unless a rule says otherwise), and the longest (kind 3),
    /// of what can replace the Board and of what changes the timelock itself. An operation takes the longest one of its calls.
    ///
    /// A rule gives a kind to calls: of a function (`bytes4`), of a contract (`address`), with a first argument (`uint64`, one more
    /// than it), put behind each other in one word in which zero stands for any. Of the rules about a call the first one decides: of
    /// all three; of function and contract; of the contract; of the function.
    interface ITimelock {
        /// A call that governance makes, without ETH.
        struct Call {
            address target;
            bytes data;
        }

        /// Sets the timelock up, once; run by the creation code of the proxy. `kinds[i]` are of the calls that `rules[i]` is about.
        function initialize(address[] calldata proposers, address[] calldata cancellers, bytes32[] calldata rules, uint256[] calldata kinds) external;

        /// Schedules an operation. It can be executed only after another one, `predecessor`, unless that is zero; `salt` tells it
        /// from others with the same calls. Proposers only.
        function schedule(Call[] calldata calls, bytes32 predecessor, bytes32 salt) external returns (bytes32 id);
        /// Stops an operation that was not executed. Cancellers only.
        function cancel(bytes32 id) external;
        /// Makes the calls of an operation that is due, in their order, all of them or none. Open to all.
        function execute(Call[] calldata calls, bytes32 predecessor, bytes32 salt) external;

        /// Says who may propose. The last proposer stays. By an operation only.
        function setProposer(address account, bool may) external;
        /// Says who may cancel. By an operation only.
        function setCanceller(address account, bool may) external;
        /// Changes a delay, in seconds. By an operation only.
        function setDelay(uint256 kind, uint256 delay) external;
        /// Sets the kind of the calls that a rule is about; 0 takes the rule back. By an operation only.
        function setKind(bytes32 rule, uint256 kind) external;

        /// When an operation can be executed from and until (seconds); zeros if it was never scheduled, or cancelled.
        function operation(bytes32 id) external view returns (uint256 due, uint256 until, bool executed);
        /// The number of an operation.
        function operationId(Call[] calldata calls, bytes32 predecessor, bytes32 salt) external view returns (bytes32);
        /// The kind of a call, and the delay that it takes (seconds).
        function kindOf(address target, bytes calldata data) external view returns (uint256 kind, uint256 delay);
        /// The delay of a kind (seconds), and its bounds.
        function delayOf(uint256 kind) external view returns (uint256 delay, uint256 smallest, uint256 largest);
        /// The kind that a rule gives; 0 if there is no such rule.
        function ruleOf(bytes32 rule) external view returns (uint256 kind);
        /// Whether an account may propose.
        function isProposer(address account) external view returns (bool);
        /// Whether an account may cancel.
        function isCanceller(address account) external view returns (bool);

        /// An operation was scheduled; its calls follow.
        event OperationScheduled(bytes32 indexed id, bytes32 predecessor, bytes32 salt, uint256 due);
        event CallScheduled(bytes32 indexed id, uint256 indexed index, address target, bytes data);
        event OperationExecuted(bytes32 indexed id);
        event OperationCancelled(bytes32 indexed id, address by);
        event ProposerChanged(address indexed account, bool may);
        event CancellerChanged(address indexed account, bool may);
        event DelayChanged(uint256 indexed kind, uint256 previous, uint256 current);
        event KindChanged(bytes32 indexed rule, uint256 kind);

        error OnlyProposer(address caller);
        error OnlyCanceller(address caller);
        /// The timelock changes by operations only.
        error OnlyByOperation(address caller);
        error LengthMismatch(uint256 rules, uint256 kinds);
        error NoCalls();
        error AlreadyScheduled(bytes32 id, uint256 due);
        error NotScheduled(bytes32 id);
        error AlreadyExecuted(bytes32 id);
        error NotDue(uint256 due, uint256 latest);
        error OperationLapsed(uint256 until, uint256 latest);
        /// The operation that this one has to follow was not executed.
        error PredecessorNotExecuted(bytes32 predecessor);
        error LastProposer(address account);
        error UnknownKind(uint256 kind, uint256 largest);
        error DelayOutOfBounds(uint256 asked, uint256 smallest, uint256 largest);
    }
}
