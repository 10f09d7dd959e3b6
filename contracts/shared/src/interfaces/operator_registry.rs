//! Operators and their validators: what users, the stake-manager and the oracle committee ask of the registry, and what
//! the registry sends to Ethereum.

interfaces! {
    /// The operator-registry: records of operators, their bonds and their scores. It has one storage with
    /// `IOperatorAllocation` and `IOperatorExits`.
    interface IOperatorRegistry {
        /// Sets the registry up, once; run by the creation code of the proxy. `targets` as in `setTargets`.
        function initialize(address owner, address stakeManager, address token, address oracleCommittee, address gateway, address rewardsDistributor, address whitelist, address allocation, address exits, uint16[9] calldata targets) external;

        /// Registers an operator of a kind (0 home, 1 professional, 2 institution), managed by the caller. ETH sent along
        /// is its first bond. Where there is a whitelist, the caller needs the right to operate. Open to all.
        function register(uint8 kind, address payout, bytes32 metadataHash) external payable returns (uint256 operator);
        /// Offers the record to another manager key; zero withdraws the offer. Manager only.
        function offerManager(uint256 operator, address manager) external;
        /// Takes an offered record over. Offered manager only, who needs the right to operate where there is a whitelist.
        function acceptManager(uint256 operator) external;
        /// Offers another payout address, which may accept 3 days later; zero withdraws the offer, as the present payout
        /// address may too. Manager only.
        function offerPayout(uint256 operator, address payout) external;
        /// Becomes the payout address. Offered payout address only.
        function acceptPayout(uint256 operator) external;
        /// Changes the hash of what the operator publishes about itself. Manager only.
        function setMetadataHash(uint256 operator, bytes32 metadataHash) external;
        /// Says that an operator is known and reliable, or not any more. Owner, or the Board of the whitelist.
        function vouch(uint256 operator, bool vouched) external;

        /// Turns the ETH sent into shares of the pool and adds them to an operator's bond. Debt is paid first. Open to all; where
        /// there is a whitelist, to whoever has the right to operate.
        function bond(uint256 operator) external payable returns (uint256 shares);
        /// Announces that so many shares of the bond will be withdrawn, at most all; anew, or none. Manager only.
        function announceWithdrawal(uint256 operator, uint256 shares) external;
        /// Sends shares of the bond to the payout address. An operator without live nodes may take all; any other what it
        /// announced 7 days ago, down to what its nodes require, with the current root applied. Manager or payout address.
        function withdrawBond(uint256 operator, uint256 shares) external;
        /// Says that nodes are done and their last epoch is settled, so that they need no bond any more. Open to all.
        function settle(uint32[] calldata nodes) external;
        /// Notes whether a bond is short, which starts or ends the time it has to be made whole. Open to all.
        function checkBond(uint256 operator) external;

        /// Applies an operator's leaf of a root, unless one of the same or a later epoch is: charges what its cumulative penalty
        /// (shares) rose by and takes its performance over. Answers the shares of its rewards to be withheld for debt and a short
        /// bond, and who manages and is paid. Rewards-distributor only.
        function applyLeaf(uint256 operator, uint256 epoch, uint256 cumulativePenalty, uint256 performance, uint256 epochs) external returns (uint256 withheld, address manager, address payout);
        /// Adds shares that the distributor has just sent to a bond; debt is paid first. Rewards-distributor only.
        function creditBond(uint256 operator, uint256 shares) external;
        /// A root took effect, for an epoch that ended at a time (seconds). Rewards-distributor only.
        function noteRoot(uint256 epoch, uint256 endsAt) external;

        /// Sets the part of the pool that each bucket should have, in basis points that add up to 10,000: SSV nodes of home
        /// operators, professionals, institutions, then Obol nodes, then direct ones. Owner only.
        function setTargets(uint16[9] calldata targets) external;
        /// Sets a parameter within its bounds. Owner only.
        function setParameter(uint8 id, uint256 value) external;
        /// Changes who applies leaves. Owner only.
        function setRewardsDistributor(address rewardsDistributor) external;
        /// Allows a relay for MEV, or not any more, by the hash of its URL. Owner only.
        function setRelay(bytes32 relay, bool allowed) external;

        /// A record: kind, manager key, payout address, metadata hash, and who the first two were offered to, and from when
        /// the payout address may change (seconds).
        function record(uint256 operator) external view returns (uint8 kind, address manager, address payout, bytes32 metadataHash, address offeredManager, address offeredPayout, uint256 payoutFrom);
        /// How an operator stands: performance, conduct and score (0 to 10,000), clean epochs, whether it is vouched for and
        /// proven, ceremonies it failed, until when it is off the lists, and its live and active nodes.
        function standing(uint256 operator) external view returns (uint256 performance, uint256 conduct, uint256 score, uint256 cleanEpochs, bool vouched, bool proven, uint256 failedCeremonies, uint256 suspendedUntil, uint256[3] memory live, uint256 active);
        /// A bond, in shares: all of it, what others lent, debt and all penalties charged so far; since when it is short (0 if it
        /// is not known to be), what is announced to be withdrawn, since when, and the epoch of the last leaf applied.
        function bondOf(uint256 operator) external view returns (uint256 shares, uint256 lent, uint256 debt, uint256 charged, uint256 shortSince, uint256 announced, uint256 announcedAt, uint256 appliedEpoch);
        /// Wei that an operator's live nodes require, and with one more node of each type.
        function required(uint256 operator) external view returns (uint256 now, uint256[3] memory withOneMore);
        /// Shares that could be withdrawn now, were they announced long enough ago; and from when on what is announced can be.
        function withdrawable(uint256 operator) external view returns (uint256 shares, uint256 from);
        /// The current root: its epoch, when that ended and when it took effect.
        function currentRoot() external view returns (uint256 epoch, uint256 endsAt, uint256 since);
        /// Basis points by bucket.
        function targets() external view returns (uint256[9] memory basisPoints);
        /// How many parameters there are.
        function parameterCount() external view returns (uint256);
        /// Value of a parameter and the bounds its setter enforces, in the unit of the documentation's table.
        function parameter(uint8 id) external view returns (uint256 value, uint256 smallest, uint256 largest);
        /// Whether a relay is allowed.
        function relayAllowed(bytes32 relay) external view returns (bool);
        /// The pool's stake-manager.
        function stakeManager() external view returns (address);
        /// The pool's token, in which bonds are held.
        function token() external view returns (address);
        /// The quorum that confirms what happens to validators.
        function oracleCommittee() external view returns (address);
        /// L1 address of the gateway: withdrawal credential and fee recipient of every validator.
        function gateway() external view returns (address);
        /// Who applies leaves.
        function rewardsDistributor() external view returns (address);
        /// Whom operators need the right to operate of; zero without one.
        function whitelist() external view returns (address);

        event OperatorRegistered(uint256 indexed operator, address indexed manager, uint8 kind, address payout, bytes32 metadataHash);
        event ManagerOffered(uint256 indexed operator, address indexed manager);
        event ManagerChanged(uint256 indexed operator, address indexed previous, address indexed current);
        event PayoutOffered(uint256 indexed operator, address indexed payout, uint256 from);
        event PayoutChanged(uint256 indexed operator, address indexed previous, address indexed current);
        event MetadataChanged(uint256 indexed operator, bytes32 metadataHash);
        event Vouched(uint256 indexed operator, bool vouched, address by);
        event BondAdded(uint256 indexed operator, uint256 shares, uint256 total);
        event WithdrawalAnnounced(uint256 indexed operator, uint256 shares);
        event BondWithdrawn(uint256 indexed operator, address indexed receiver, uint256 shares, uint256 left);
        event BondShort(uint256 indexed operator, uint256 since);
        event BondWhole(uint256 indexed operator);
        event NodeSettled(uint256 indexed node, uint256 indexed operator);
        /// A penalty was charged: shares of the bond burned, and what is owed now.
        event PenaltyCharged(uint256 indexed operator, uint256 shares, uint256 debt);
        event LeafApplied(uint256 indexed operator, uint256 indexed epoch, uint256 performance, uint256 cleanEpochs);
        /// Conduct changed, by a cause: 0 timely exit, 1 late exit, 2 forced exit, 3 slashing, 4 failed ceremony.
        event ConductChanged(uint256 indexed operator, uint256 conduct, uint8 cause);
        event RootNoted(uint256 indexed epoch, uint256 endsAt);
        event TargetsChanged(uint16[9] targets);
        event ParameterChanged(uint8 indexed id, uint256 previous, uint256 current);
        event RewardsDistributorChanged(address indexed previous, address indexed current);
        event RelayChanged(bytes32 indexed relay, bool allowed);

        error UnknownOperator(uint256 asked, uint256 smallest, uint256 largest);
        error UnknownKind(uint8 asked, uint8 largest);
        error OnlyManager(address caller, address manager);
        error OnlyManagerOrPayout(address caller, address manager, address payout);
        error OnlyOffered(address caller, address offered);
        error OnlyVoucher(address caller, address owner, address board);
        error OnlyRewardsDistributor(address caller, address rewardsDistributor);
        error TooEarly(uint256 latest, uint256 from);
        /// Shares asked for, what the live nodes leave over, and what was announced.
        error AboveWithdrawable(uint256 asked, uint256 surplus, uint256 announced);
        /// The current root must be applied to the operator first.
        error RootNotApplied(uint256 applied, uint256 current);
        error InDebt(uint256 shares);
        error NodeNotDone(uint256 node, uint8 state);
        /// The node's last epoch is not settled: no root covers the time it was done at.
        error NotSettled(uint256 node, uint256 doneAt, uint256 settledUpTo);
        error EpochNotNewer(uint256 epoch, uint256 last);
        error NotCurrentEpoch(uint256 epoch, uint256 current);
        error PenaltyFell(uint256 asked, uint256 last);
        error PerformanceOutOfBounds(uint256 asked, uint256 largest);
        error TargetsNotWhole(uint256 sum, uint256 whole);
        error UnknownParameter(uint8 asked, uint256 count);
        error ParameterOutOfBounds(uint8 id, uint256 asked, uint256 smallest, uint256 largest);
    }

    /// First facet of the operator-registry: nodes, clusters, their key ceremonies, and their funding.
    interface IOperatorAllocation {
        /// Queues so many nodes of one machine: a type (0 SSV, 1 Obol, 2 direct), a region, an execution and a consensus
        /// client (numbers below 8), and its identity in its network (SSV operator id, Charon ENR), which is only logged. A
        /// node does not promise a validator. Manager only.
        function addNodes(uint256 operator, uint8 nodeType, uint8 region, uint8 executionClient, uint8 consensusClient, bytes calldata identity, uint256 count) external returns (uint256 first);
        /// Takes queued nodes off the queue. Manager only.
        function removeNodes(uint32[] calldata nodes) external;
        /// Puts an operator back on the lists if its bond, right and suspension allow it. Open to all.
        function rejoin(uint256 operator) external;

        /// Forms the next cluster; answers its number, or 0 if none could be formed but somebody who cannot be chosen was
        /// taken off the lists on the way. Open to all.
        function formCluster() external returns (uint256 cluster);
        /// Posts the result of a key ceremony for one's node: public key (48 bytes), deposit signature (96), deposit data root
        /// for 1 ETH (32), and a public key share (48) for each member. The cluster is keyed when all have posted the same.
        /// The node's manager only.
        function submitKey(uint256 node, bytes calldata result) external;
        /// Names members that have failed the key ceremony, by the bits of their places. The node's manager only.
        function nameFailed(uint256 node, uint8 failed) external;
        /// Dissolves a cluster whose ceremony failed: its deadline has passed, or every member has spoken. Who posted nothing
        /// or is named or contradicted by a majority pays the others and is suspended; the others are queued again. Or one that
        /// nobody funded for long. Open to all.
        function dissolve(uint256 cluster) external;

        /// Validators that can be funded now, counted up to `limit`, at a rate of the pool.
        function ready(uint256 limit, uint256 rateAssets, uint256 rateShares) external view returns (uint256);
        /// Sends 32 ETH and the key material of so many validators to the gateway on L1, first in, first out. Clusters that fail
        /// a check are dissolved and passed over. Stake-manager only.
        function fund(uint256 count, uint256 rateAssets, uint256 rateShares) external payable;

        /// A node: its operator, type, region, clients, state (0 none, 1 queued, 2 reserved, 3 keyed, 4 funded, 5 active,
        /// 6 exiting, 7 done, 8 settled, 9 removed), cluster, and since when it is in that state.
        function node(uint256 id) external view returns (uint256 operator, uint8 nodeType, uint8 region, uint8 executionClient, uint8 consensusClient, uint8 state, uint256 cluster, uint256 since);
        /// A cluster: its type, kind, state (2 to 7 as a node's, 8 dissolved), nodes, since when it is in that state, until when
        /// its state asks for something, who has posted its part of what is asked, and who named whom.
        function cluster(uint256 id) external view returns (uint8 nodeType, uint8 kind, uint8 state, uint256[5] memory nodes, uint256 since, uint256 deadline, uint8 posted, uint8[5] memory named);
        /// Public key, deposit signature and deposit data root of a cluster; zeros before the first result.
        function clusterKey(uint256 id) external view returns (bytes memory publicKey, bytes memory signature, bytes32 depositDataRoot);
        /// The cluster that was funded at a place in the order of funding.
        function fundedCluster(uint256 index) external view returns (uint256 cluster);
        /// Numbers of operators, nodes and clusters ever; of clusters reserved and keyed now; and of validators ever funded, asked
        /// to exit and exited.
        function counts() external view returns (uint256 operators, uint256 nodes, uint256 clusters, uint256 reserved, uint256 keyed, uint256 funded, uint256 asked, uint256 exited);
        /// Active nodes by bucket, as in `setTargets`, and by region; how many operators are proven; and how many clusters are in a
        /// key ceremony with an operator that was not: one in four of those that may stand formed, and one at least.
        function totals() external view returns (uint256[9] memory byBucket, uint256[8] memory byRegion, uint256 proven, uint256 newcomers);
        /// Who comes after an operator (0: who is first) in the line of a bucket, region and standing; 0 if nobody. And its class,
        /// its first node there and that one's consensus client.
        function waiting(uint8 nodeType, uint8 kind, uint8 region, bool proven, uint256 after_) external view returns (uint256 operator, uint256 class, uint256 node, uint8 consensusClient);

        event NodesAdded(uint256 indexed operator, uint256 first, uint256 count, uint8 nodeType, uint8 region, uint8 executionClient, uint8 consensusClient, bytes identity);
        event NodeRemoved(uint256 indexed node, uint256 indexed operator);
        event OperatorListed(uint256 indexed operator);
        /// An operator left the lists: 0 bond short, 1 right lost, 2 suspended.
        event OperatorUnlisted(uint256 indexed operator, uint8 reason);
        event ClusterFormed(uint256 indexed cluster, uint8 nodeType, uint8 kind, uint256[5] nodes, uint256 deadline);
        event KeySubmitted(uint256 indexed cluster, uint256 indexed node, bytes32 result);
        event FailedNamed(uint256 indexed cluster, uint256 indexed node, uint8 failed);
        event ClusterKeyed(uint256 indexed cluster, bytes publicKey, bytes result);
        /// A cluster dissolved; `failed` are the places of the members that pay for it.
        event ClusterDissolved(uint256 indexed cluster, uint8 failed);
        event CeremonyFailed(uint256 indexed cluster, uint256 indexed operator, uint256 paid, uint256 suspendedUntil);
        event ValidatorFunded(uint256 indexed index, uint256 indexed cluster, bytes publicKey);

        error UnknownNode(uint256 asked, uint256 largest);
        error UnknownCluster(uint256 asked, uint256 largest);
        error UnknownType(uint8 asked, uint8 largest);
        error NumberOutOfBounds(uint8 asked, uint8 largest);
        error CountOutOfBounds(uint256 asked, uint256 largest);
        error IdentityTooLong(uint256 length, uint256 largest);
        /// An operator stands in so many lines at most.
        error TooManyLines(uint256 largest);
        error NotInState(uint8 state, uint8 needed);
        /// As many clusters stand formed as the free ETH can fund, and those formed ahead.
        error EnoughFormed(uint256 formed, uint256 allowed);
        /// No bucket has operators that make a cluster.
        error NoClusterPossible();
        error MalformedResult(uint256 length, uint256 expected);
        error DepositDataRootMismatch(bytes32 asked, bytes32 expected);
        error KeyUsed(bytes32 publicKeyHash);
        error AlreadyPosted(uint256 node);
        error NamesNobody(uint8 failed, uint8 largest);
        error CeremonyRuns(uint256 until);
        error DeadlinePassed(uint256 deadline, uint256 latest);
        error FundingMismatch(uint256 asked, uint256 sent);
        error NotEnoughKeyed(uint256 asked, uint256 ready);
        /// The operator cannot be listed: its bond in wei, and what one more node requires.
        error BondTooSmall(uint256 bond, uint256 required);
        error Suspended(uint256 until);
    }

    /// Second facet of the operator-registry: exits and what they cost.
    interface IOperatorExits {
        /// Wei that exits asked for will still bring.
        function coming() external view returns (uint256);
        /// Asks for exits that bring at least so many wei; answers what those it could ask for will bring. The bucket furthest
        /// above its target goes first, and in it the operator with the most load for its score. Stake-manager only.
        function requestExits(uint256 assets) external returns (uint256 asked);
        /// Asks for the exit of one's own node. It has the next free slot, a week ahead at most, or today's with `fastTrack`, which
        /// costs a fee. Both that and the cost of an exit soon after activation are taken from the bond. Manager only.
        function requestExit(uint256 node, bool fastTrack) external returns (uint256 from);
        /// Asks for the exit of the oldest node of an operator whose bond has been short for longer than it may be, as long as it does
        /// not carry those that stay. Open to all.
        function exitShort(uint256 operator) external;
        /// Asks for the exit of the oldest node of an operator whose manager key has no right to operate any more. Open to all.
        function exitUnlicensed(uint256 operator) external;
        /// Posts one's part of the signature on the exit (96 bytes), in time or late. It is stored, not verified. The node's manager
        /// only.
        function postExitPart(uint256 node, bytes calldata part) external;
        /// Declares that parts posted in an exit are no signatures by the members' key shares, by the bits of their places.
        /// Oracle committee only, until the nodes are settled.
        function declareFalse(uint256 cluster, uint8 places) external;
        /// Sends the gateway a message that forces an exit whose deadline has passed (EIP-7002). Open to all; the ETH sent along pays
        /// the fee that Ethereum asks.
        function forceExit(uint256 cluster) external payable;
        /// Says what became of clusters' validators: 1 active, 2 exited, 3 made to exit, 4 slashed, 5 never deposited because
        /// of a bad key; and for each the loss in wei that its members will be charged. Oracle committee only.
        function confirm(uint256[] calldata clusters, uint8[] calldata outcomes, uint256[] calldata losses) external;

        /// The part of an exit's signature that a node has posted, and when; empty before.
        function exitPart(uint256 node) external view returns (bytes memory part, uint256 at);
        /// The day (since the epoch) that the next voluntary exit gets, and the exits it has already.
        function exitSlots() external view returns (uint256 day, uint256 used);

        /// An exit is asked for: why (0 for orders, 1 by a member, 2 for a short bond, 4 for a right lost), when it may start, and
        /// until when parts of the signature are timely.
        event ExitRequested(uint256 indexed cluster, bytes publicKey, uint8 reason, uint256 from, uint256 deadline);
        event ExitPartPosted(uint256 indexed cluster, uint256 indexed node, bytes part, bool timely);
        event ExitPartFalse(uint256 indexed cluster, uint256 indexed node);
        event ExitForced(uint256 indexed cluster, address by);
        /// A voluntary exit cost its operator shares: for the pool, and for the other members.
        event ExitPaid(uint256 indexed node, uint256 toPool, uint256 toMembers);
        event ValidatorConfirmed(uint256 indexed cluster, uint8 outcome, uint256 loss);
        /// A penalty that the epoch's root will charge to an operator, in wei.
        event PenaltyExpected(uint256 indexed operator, uint256 indexed cluster, uint256 assets);

        error OnlyOracleCommittee(address caller, address oracleCommittee);
        error MalformedPart(uint256 length, uint256 expected);
        error DeadlineNotPassed(uint256 latest, uint256 deadline);
        /// Parts are declared false, by the bits of their places, that are not there.
        error PartsNotPosted(uint8 places, uint8 posted);
        /// The bond carries what it has to, or all that stays of it.
        error BondNotShort(uint256 operator);
        /// The operator's manager key has the right to operate.
        error MayOperate(uint256 operator);
        /// The next free slot is too far ahead: its day and the latest, since the epoch.
        error NoExitSlot(uint256 day, uint256 latest);
        error NoFundedNode(uint256 operator);
        error GraceNotOver(uint256 latest, uint256 until);
        error UnknownOutcome(uint8 asked, uint8 largest);
        error LengthsDiffer(uint256 clusters, uint256 outcomes, uint256 losses);
        /// The bond has less than the exit costs, in shares.
        error BondBelowCost(uint256 shares, uint256 cost);
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
        /// Makes the validator leave (EIP-7002). What is left of the ETH sent after the fee stays with the gateway.
        function forceExit(bytes calldata publicKey) external payable;

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
