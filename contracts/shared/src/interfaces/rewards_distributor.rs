//! What operators earn: an epoch's root, and claims of its leaves.

interfaces! {
    /// The rewards-distributor: holds operators' rewards in the pool's token, and pays them by one Merkle root an epoch.
    interface IRewardsDistributor {
        /// A leaf of a root, and its proof. All but the account and the performance are since the beginning. Amounts are shares.
        struct Claim {
            uint256 account;
            uint256 rewards;
            uint256 penalties;
            /// 0 to 10,000.
            uint256 performance;
            uint256 epochs;
            bytes32[] proof;
        }

        /// Sets the distributor up, once; run by the creation code of the proxy. Epoch 1 begins at `genesis`, in seconds; at 0
        /// it begins now.
        function initialize(address owner, address guardian, address token, address stakeManager, address operatorRegistry, address flashExitPool, address oracleCommittee, address whitelist, uint256 genesis) external;

        /// Proposes the root of an epoch that is over and closed by a report, with the shares that it and all before it promise,
        /// charge and recover, and where the files are whose manifest has a hash. It takes effect after the root delay. Oracle
        /// committee only.
        function proposeRoot(uint256 epoch, bytes32 root, bytes32 contentHash, uint256 rewards, uint256 penalties, uint256 recovered, string calldata uri) external;
        /// Throws the pending root away: by the guardian once, until the owner re-arms it; by the owner.
        function vetoRoot() external;
        /// Lets the guardian veto once more. Owner only.
        function rearmVeto() external;
        /// Puts the pending root into effect once its delay is over, and burns what it recovers. Claims do so too. Open to all.
        function applyRoot() external;

        /// Pays what an account has not been paid yet of its rewards to its payout address, less what is withheld for debt or a
        /// short bond, and hands the leaf to the operator-registry. Open to all: the payout address is the operator's.
        function claim(uint256 account, uint256 rewards, uint256 penalties, uint256 performance, uint256 epochs, bytes32[] calldata proof) external returns (uint256 shares);
        /// The same for many accounts.
        function claimMany(Claim[] calldata claims) external;
        /// The same in ETH, by a flash exit at the usual fee, refused below `minAssets` wei. The operator's manager or its payout
        /// address only; where there is a whitelist, the latter needs the right to redeem.
        function claimAsEth(uint256 account, uint256 rewards, uint256 penalties, uint256 performance, uint256 epochs, bytes32[] calldata proof, uint256 minAssets) external returns (uint256 assets);
        /// Hands leaves to the operator-registry, and pays what is withheld of their rewards into bonds; the rest stays to be claimed.
        /// Open to all; no pause stops it.
        function sync(Claim[] calldata claims) external;

        /// Changes how long epochs are, in seconds, from the next one on. Owner only.
        function setEpochLength(uint256 length) external;
        /// Changes after how many seconds a root takes effect. Owner only.
        function setRootDelay(uint256 delay) external;
        /// Changes which part of an even share a node of each type earns, in basis points, from the next epoch on: SSV, Obol, direct.
        /// Owner only.
        function setFactors(uint256 ssv, uint256 obol, uint256 direct) external;
        /// Changes the part of its attestations below which a node pays for what it missed, in basis points, from the next epoch
        /// on. Owner only.
        function setStanding(uint256 basisPoints) external;
        /// Publishes the price of one SSV token in wei from the next epoch on: once a week, at most half as much up or down.
        /// Owner only.
        function setSsvPrice(uint256 price) external;
        /// Says whom one of the pools' own accounts, which are below 16, is paid to. Owner only.
        function setReceiver(uint256 account, address receiver) external;

        /// The root in effect, its epoch, when it took effect (seconds), and the hash of its manifest. A pending root that is due
        /// takes effect with the next call.
        function root() external view returns (uint256 epoch, bytes32 root, uint256 since, bytes32 contentHash);
        /// The root before, which serves claims until a time.
        function previousRoot() external view returns (uint256 epoch, bytes32 root, uint256 until);
        /// The root that waits, and until when; zeros without one.
        function pendingRoot() external view returns (uint256 epoch, bytes32 root, uint256 due, bytes32 contentHash, uint256 rewards, uint256 penalties, uint256 recovered);
        /// Shares that the root in effect and all before it promise, charge and recover; and what of the first was paid.
        function totals() external view returns (uint256 rewards, uint256 penalties, uint256 recovered, uint256 paid);
        /// Shares held that no root promises or recovers, the pending one included: what the next one can give out.
        function unpromised() external view returns (uint256);
        /// Shares of an account that were paid, to it or into its bond.
        function paid(uint256 account) external view returns (uint256);
        /// Whether the guardian used its veto.
        function vetoSpent() external view returns (bool);
        /// The epoch that runs now, when it began, and how long it is (seconds).
        function currentEpoch() external view returns (uint256 epoch, uint256 start, uint256 length);
        /// When an epoch ends, or ended (seconds).
        function epochEnd(uint256 epoch) external view returns (uint256);
        /// What counts in an epoch: factors of SSV, Obol and direct nodes and the standing, in basis points, and wei for an SSV
        /// token.
        function terms(uint256 epoch) external view returns (uint256 ssv, uint256 obol, uint256 direct, uint256 standing, uint256 ssvPrice);
        /// Seconds after which a root takes effect.
        function rootDelay() external view returns (uint256);
        /// Whom one of the pools' own accounts is paid to.
        function receiverOf(uint256 account) external view returns (address);
        /// The pool's token.
        function token() external view returns (address);
        /// The pool's stake-manager.
        function stakeManager() external view returns (address);
        /// Where leaves are applied.
        function operatorRegistry() external view returns (address);
        /// Where rewards are turned into ETH.
        function flashExitPool() external view returns (address);
        /// Who proposes roots.
        function oracleCommittee() external view returns (address);
        /// Who must not be denied to be paid; zero without one.
        function whitelist() external view returns (address);

        event RootProposed(uint256 indexed epoch, bytes32 root, bytes32 contentHash, uint256 rewards, uint256 penalties, uint256 recovered, uint256 due, string uri);
        event RootVetoed(uint256 indexed epoch, bytes32 root, address by);
        event VetoRearmed();
        /// A root took effect; `recovered` shares were burned.
        event RootApplied(uint256 indexed epoch, bytes32 root, uint256 endsAt, uint256 recovered);
        event Claimed(uint256 indexed account, address indexed receiver, uint256 shares);
        /// Shares of a claim left by a flash exit that paid so many wei.
        event ClaimedAsEth(uint256 indexed account, address indexed receiver, uint256 shares, uint256 assets);
        /// Shares of an operator's rewards went into its bond.
        event Withheld(uint256 indexed account, uint256 shares);
        event EpochLengthChanged(uint256 indexed fromEpoch, uint256 start, uint256 length);
        event RootDelayChanged(uint256 previous, uint256 current);
        event TermsChanged(uint256 indexed fromEpoch, uint256 ssv, uint256 obol, uint256 direct, uint256 standing, uint256 ssvPrice);
        event ReceiverChanged(uint256 indexed account, address indexed receiver);

        error OnlyOracleCommittee(address caller, address oracleCommittee);
        error OnlyManagerOrPayout(address caller, address manager, address payout);
        error ZeroRoot();
        error UriTooLong(uint256 length, uint256 largest);
        /// A root waits already.
        error RootPending(uint256 epoch, uint256 due);
        error NoRootPending();
        error RootNotDue(uint256 due, uint256 latest);
        /// The veto came too late: the root is in effect.
        error RootDue(uint256 due, uint256 latest);
        error VetoSpent();
        error EpochNotNewer(uint256 epoch, uint256 last);
        error EpochNotOver(uint256 epoch, uint256 endsAt);
        /// No report has closed the epoch.
        error EpochNotClosed(uint256 epoch, uint256 closed);
        /// Epochs before a change of their length that was followed by another are not known any more.
        error EpochForgotten(uint256 epoch, uint256 first);
        error TotalsFell(uint256 rewards, uint256 lastRewards, uint256 penalties, uint256 lastPenalties, uint256 recovered, uint256 lastRecovered);
        /// More is promised and recovered than is held, was paid and was burned.
        error AboveHeld(uint256 promised, uint256 held);
        /// The leaf is in no root that serves claims.
        error NotInRoot(uint256 account);
        /// More was paid to the account than the leaf promises.
        error RewardsFell(uint256 rewards, uint256 paid);
        /// All claims together would be more than the root promises.
        error AboveDeclared(uint256 paid, uint256 declared);
        error NoReceiver(uint256 account);
        /// Accounts of the pools are below 16, and those of operators are not.
        error NotReserved(uint256 account, uint256 largest);
        error OutOfBounds(uint256 asked, uint256 smallest, uint256 largest);
        /// A price was published less than a week ago.
        error PriceTooSoon(uint256 latest, uint256 from);
    }
}
