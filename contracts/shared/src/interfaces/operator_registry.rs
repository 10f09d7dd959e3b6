//! Validators: what the stake-manager asks of the registry, and what the registry sends to Ethereum.

interfaces! {
    /// The operator-registry, as far as it stands: a list of keys kept by the owner, funded first in, first out
    /// and asked to exit in the same order.
    interface IOperatorRegistry {
        /// Sets the registry up, once; run by the creation code of the proxy.
        function initialize(address owner, address stakeManager, address oracleCommittee, address gateway) external;

        /// Adds keys: 176 bytes each (public key 48, deposit signature 96, deposit data root 32). Owner only. A
        /// key is used once.
        function addKeys(bytes calldata keys) external;
        /// Drops so many of the keys that are not funded yet, the last first. Owner only.
        function dropKeys(uint256 count) external;

        /// Validators that can be funded now.
        function ready() external view returns (uint256);
        /// Sends 32 ETH and the key material of so many validators to the gateway on L1. Stake-manager only.
        function fund(uint256 count) external payable;
        /// Wei that exits asked for will still bring.
        function coming() external view returns (uint256);
        /// Asks for exits that bring at least so many wei; answers what those it could ask for will bring.
        /// Stake-manager only.
        function requestExits(uint256 assets) external returns (uint256 asked);
        /// Says that so many of the exits asked for are done: their ETH is in leftSeen. Oracle committee only.
        function confirmExits(uint256 count) external;

        /// A key by its place in the list.
        function key(uint256 index) external view returns (bytes memory publicKey, bytes memory signature, bytes32 depositDataRoot);
        /// Numbers of keys: in the list, funded, asked to exit, exited.
        function counts() external view returns (uint256 keys, uint256 funded, uint256 asked, uint256 exited);

        /// The pool's stake-manager.
        function stakeManager() external view returns (address);
        /// The quorum that confirms exits.
        function oracleCommittee() external view returns (address);
        /// L1 address of the gateway.
        function gateway() external view returns (address);

        event KeyAdded(uint256 indexed index, bytes publicKey);
        event KeysDropped(uint256 from, uint256 to);
        event ValidatorFunded(uint256 indexed index, bytes publicKey);
        event ExitRequested(uint256 indexed index, bytes publicKey);
        event ExitsConfirmed(uint256 exited);

        error OnlyOracleCommittee(address caller, address oracleCommittee);
        /// Keys are 176 bytes each.
        error MalformedKeys(uint256 length);
        error KeyUsed(bytes32 publicKeyHash);
        error FundingMismatch(uint256 asked, uint256 sent);
        error NotEnoughKeys(uint256 asked, uint256 ready);
        error AboveAsked(uint256 asked, uint256 allowed);
    }

    /// Arbitrum's precompile at 0x64, as far as it is used.
    interface IArbSys {
        /// Sends a message, with the call's ETH, that anybody can execute on L1 after about a week.
        function sendTxToL1(address destination, bytes calldata data) external payable returns (uint256);
    }

    /// The gateway on L1: withdrawal credential and fee recipient of every validator.
    interface IGateway {
        /// Deposits 1 ETH for the key, and the other 31 once it is proven that the validator carries the
        /// gateway's credentials.
        function fundValidator(bytes calldata publicKey, bytes calldata signature, bytes32 depositDataRoot) external payable;

        /// Counters, in wei, that never fall, and what is held. With the gateway's balance at the same block a report
        /// follows: leftSeen = balance + sentBack - held, depositsSeen = deposited - pending + unused, where pending
        /// are the gateway's own deposits that the beacon chain has not processed. `deposited` went to the deposit
        /// contract; `unused` was to be deposited and goes back instead; `held` came with messages and is still to
        /// be deposited or given back; `sentBack` was sent to the stake-manager.
        function totals() external view returns (uint256 deposited, uint256 unused, uint256 held, uint256 sentBack);

        /// ETH went to the deposit contract for a key. Strangers can deposit for the same key, even with the same
        /// bytes: only what these events say, block by block, is the gateway's.
        event Deposited(bytes publicKey, uint256 assets);
        /// ETH that came for a key is not deposited but goes back.
        event GivenBack(bytes publicKey, uint256 assets);
        /// ETH was sent to the stake-manager.
        event SentBack(uint256 assets, uint256 sentBack);
    }
}
