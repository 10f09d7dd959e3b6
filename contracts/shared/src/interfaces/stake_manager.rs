//! The stake-manager and its second facet: one address, two programs.

interfaces! {
    /// Deposits, exchange rate and books of a pool. ERC-7535 shape: ERC-4626 with ETH as the asset and an
    /// external share (ERC-7575). `assets` are wei, `shares` units of the pool's token.
    interface IStakeManager {
        /// The contracts and accounts a pool's stake-manager works with. An id is a place in this list.
        struct Siblings {
            /// 0: orders to leave, and the ETH set aside for them.
            address unstakeQueue;
            /// 1: bears losses before holders do.
            address protectionPool;
            /// 2: validators to fund and to exit.
            address operatorRegistry;
            /// 3: the quorum that reports.
            address oracleCommittee;
            /// 4: the quorum that agrees to losses above the cap.
            address acknowledger;
            /// 5: gets the operators' part of the fee.
            address rewardsDistributor;
            /// 6: gets the treasury's part of the fee.
            address treasury;
            /// 7: pays exits at once.
            address flashExitPool;
        }

        /// Sets the pool up, once; run by the creation code of the proxy. Without a whitelist (zero) anyone may
        /// stake; one that is set must have code, and never changes.
        function initialize(address owner, address guardian, address token, address gateway, address facet, address whitelist, uint256 smallestDeposit, Siblings siblings) external;

        /// 0xEeee...EEeE, as ERC-7535 names ETH.
        function asset() external view returns (address);
        /// The pool's token.
        function share() external view returns (address);
        /// Who may stake in the pool and hold its token (`IKycWhitelist`); zero if anyone may.
        function whitelist() external view returns (address);
        /// ERC-165.
        function supportsInterface(bytes4 interfaceId) external view returns (bool);

        /// What the pool owns for its holders, in wei; zero if it owes more than it owns.
        function totalAssets() external view returns (uint256);
        /// Shares in existence, as the books count them.
        function totalShares() external view returns (uint256);
        /// Shares for assets at the rate, rounded down.
        function convertToShares(uint256 assets) external view returns (uint256);
        /// Assets for shares at the rate, rounded down.
        function convertToAssets(uint256 shares) external view returns (uint256);
        /// Exactly the shares that `deposit` would mint now.
        function previewDeposit(uint256 assets) external view returns (uint256);
        /// The largest deposit possible now; 0 while deposits are refused, and for a receiver who lacks the right
        /// to stake or to hold.
        function maxDeposit(address receiver) external view returns (uint256);
        /// Wei per 1e18 shares, rounded down.
        function rate() external view returns (uint256);
        /// The rate with which deposits are priced.
        function entryRate() external view returns (uint256);
        /// The rate with which exits are priced.
        function exitRate() external view returns (uint256);
        /// Whether anything is priced now; why not (1 report parked, 2 slashing flagged, 3 report overdue);
        /// since when; time of the last report (0 before the first placement). Times are seconds.
        function rateStatus() external view returns (bool live, uint8 reason, uint256 since, uint256 lastReport);

        /// What the operator-registry prices bonds with, and refused while nothing is priced: the rate as assets for shares, and
        /// how many validators free ETH could fund when the last autobalance was done.
        function registryTerms() external view returns (uint256 rateAssets, uint256 rateShares, uint256 fundable);

        /// Stakes exactly the ETH sent and mints shares to `receiver`, rounded down. The operator-registry, whose callers' rights it
        /// has looked at, may deposit any amount above zero and hold what it gets.
        function deposit(uint256 assets, address receiver) external payable returns (uint256 shares);
        /// The same, refused below `minShares` (ERC-5143).
        function deposit(uint256 assets, address receiver, uint256 minShares) external payable returns (uint256 shares);
        /// The same, with an address that is only logged.
        function deposit(uint256 assets, address receiver, uint256 minShares, address referral) external payable returns (uint256 shares);
        /// Plain ETH is a deposit for the sender, but refused where there is a whitelist; from the gateway's alias it is ETH
        /// that returns.
        receive() external payable;

        /// Burns shares of `owner` at exitRate for ETH of the flash reserve, and takes what leaves it off the books. The
        /// fee follows a curve (`minFee`, `maxFee`, basis points), of which `treasuryPart` (basis points) leaves too;
        /// `feesKept` wei of the reserve are not counted for the curve, and `allowance` wei pay the smallest fee.
        /// Answers what the shares are worth, rounded down, and of it the fee, rounded up; and from before the exit the
        /// reserve, its target, and totalAssets as of the last report, down to gwei. Flash-exit-pool only, which holds the
        /// reserve.
        function redeemFromReserve(address owner, uint256 shares, uint256 minFee, uint256 maxFee, uint256 treasuryPart, uint256 feesKept, uint256 allowance) external returns (uint256 assets, uint256 fee, uint256 reserve, uint256 target, uint256 reportedAssets);
        /// Takes ETH of the flash reserve back. Flash-exit-pool only; no pause stops it.
        function returnReserve() external payable;

        /// The pool was set up. Every parameter but the smallest deposit starts at its default.
        event PoolInitialized(address indexed token, address indexed gateway, uint256 smallestDeposit);
        event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares);
        event Referral(address indexed referral, address indexed owner, uint256 shares);
        event EthReturned(uint256 assets, uint256 cameBack);
        event ReserveReturned(uint256 assets, uint256 reserve);

        /// Only one contract may call this.
        error OnlySibling(address caller, address allowed);
        /// The flash reserve has less.
        error AboveReserve(uint256 asked, uint256 reserve);
        error DepositValueMismatch(uint256 assets, uint256 sent);
        /// Where there is a whitelist, deposits name their receiver.
        error PlainEthRefused(address sender);
        error DepositBelowSmallest(uint256 asked, uint256 smallest);
        error SharesBelowMinimum(uint256 shares, uint256 minimum);
        error RateNotLive(uint8 reason, uint256 since);
        /// Deposits are refused below a rate of 0.1.
        error RateBelowFloor(uint256 rate, uint256 floor);
    }

    /// Second facet of the stake-manager: reports, balancing, the silent-committee path, parameters, books.
    interface IStakeManagerReports {
        /// What the oracle committee read at one slot of the beacon chain. Counters never fall.
        struct Report {
            /// Time of the slot, in seconds since the epoch; it names the slot.
            uint64 slotTime;
            /// Balances of all validators, in gwei.
            uint64 clBalanceGwei;
            /// Counter, in gwei: ETH sent out that is in clBalance, that the gateway gives back unused, or that
            /// is lost.
            uint64 depositsSeenGwei;
            /// Counter, in wei: ETH the gateway received (sweeps, exits, fees, MEV) or gives back unused.
            uint128 leftSeen;
            /// Penalties that are known and not charged yet, in wei.
            uint128 expectedLoss;
            /// Part of this report's change that makes up for losses reported earlier, in wei: expected ones
            /// that did not come, and compensation received.
            uint128 recovered;
            /// Number of the epoch that this report ends; 0 if it ends none.
            uint32 epoch;
        }

        /// Applies a report, or parks it if the fall is beyond a loss cap. Oracle committee only; no pause stops
        /// it.
        function report(Report calldata report) external;
        /// Agrees to a fall beyond the caps whose resulting rate, before cover, is within bounds (wei per 1e18
        /// shares): of the parked report or, until the deadline, of the first newer one inside them. Acknowledger
        /// or owner.
        function acknowledge(uint256 lowestRate, uint256 highestRate, uint256 deadline) external;
        /// Stops pricing until a report read later is applied. Oracle committee, or for at most 3 days and once
        /// until it is re-armed the guardian.
        function flagSlashing() external;

        /// Finalises due orders, then tops the flash reserve up and funds validators from what no order needs, then
        /// asks for exits if due orders need more than is at hand and coming. Open to all. `limit` bounds the groups of cancelled
        /// orders looked at, the validators funded and those asked to exit.
        function autobalance(uint256 limit) external returns (uint256 finalisedUpTo, uint256 funded, uint256 exitsAsked);
        /// Books ETH that came back without a call (an expired ticket), up to what is still expected. Open to all.
        function bookReturned() external returns (uint256 assets);
        /// Burns shares of the caller, and books what they are worth as a recovery: it makes holders whole, then the
        /// protection-pool, and the rest is a gain. Operator-registry and rewards-distributor only; no pause stops it.
        function recover(uint256 shares) external;
        /// Burns shares of the unstake-queue: the cost of a cancelled order. Unstake-queue only.
        function burnShares(uint256 shares) external;
        /// Pays an order out at a discount while orders cannot be finalised. Unstake-queue only; no pause stops
        /// it.
        function redeemSilently(uint256 shares, address receiver) external returns (uint256 assets);
        /// What `redeemSilently` would pay now; 0 where it would refuse.
        function previewRedeemSilently(uint256 shares) external view returns (uint256 assets);
        /// When orders may be redeemed silently, unless they can be finalised before: seconds since the epoch.
        function silentFrom() external view returns (uint256);
        /// Until when orders that are due can be finalised, in seconds since the epoch; 0 while they cannot.
        function finalisationOpenUntil() external view returns (uint256);

        /// What exits from the flash reserve depend on: whether they are priced now, exitRate as assets for shares,
        /// totalAssets as of the last report, down to gwei, the reserve and what it is topped up to.
        function reserveTerms() external view returns (bool open, uint256 exitAssets, uint256 exitShares, uint256 reportedAssets, uint256 reserve, uint256 target);

        /// Every term of the books, in wei; `buffered` is what remains of totalAssets without the others.
        function books() external view returns (int256 totalAssets, uint256 totalShares, int256 buffered, uint256 flashReserve, uint256 sentOut, uint256 depositsSeen, uint256 clBalance, uint256 leftSeen, uint256 cameBack, uint256 expectedLoss, uint256 deferredGain);
        /// The rate before the last report that set it, and when it did: the ceiling of every exit's price.
        function referenceRate() external view returns (uint256 assets, uint256 shares, uint256 setAt);
        /// When the last report was applied, in seconds; orders are finalised for a while after.
        function reportAppliedAt() external view returns (uint256);
        /// The report that waits for acknowledgement, and since when; zeros if there is none.
        function parkedReport() external view returns (Report memory report, uint256 parkedAt);
        /// Bounds that are agreed to and not used up; zeros if there are none.
        function acknowledgement() external view returns (uint256 lowestRate, uint256 highestRate, uint256 deadline);
        /// Losses, in wei: what holders and the protection-pool have borne and not got back; what the loss caps
        /// count, and since when.
        function losses() external view returns (uint256 holdersBorne, uint256 protectionBorne, uint256 counted, uint256 since);
        /// The highest rate after which a fee was taken, as assets for shares.
        function feeRate() external view returns (uint256 assets, uint256 shares);
        /// The rate that closed the last epoch, as assets for shares.
        function closingRate() external view returns (uint256 epoch, uint256 assets, uint256 shares);
        /// A contract or account the pool works with, by its place in `Siblings`.
        function sibling(uint8 id) external view returns (address);
        /// Changes it; all but the treasury must have code. Owner only.
        function setSibling(uint8 id, address current) external;
        /// L1 address of the gateway, every validator's withdrawal credential. It never changes: what it
        /// sends back is a return for ever.
        function gateway() external view returns (address);
        /// How many parameters there are.
        function parameterCount() external view returns (uint256);
        /// Value of a parameter and the bounds its setter enforces, in the unit of the documentation's table.
        function parameter(uint8 id) external view returns (uint256 value, uint256 smallest, uint256 largest);
        /// Sets a parameter within its bounds. Owner only.
        function setParameter(uint8 id, uint256 value) external;

        /// A report was applied: its terms, in wei.
        event ReportApplied(uint256 indexed slotTime, uint256 clBalance, uint256 depositsSeen, uint256 leftSeen, uint256 expectedLoss);
        /// What an applied report did: the change it brought besides what it gave back for earlier losses
        /// (`recovered`), what stays deferred, what the protection-pool bore in wei and shares, fee shares, and
        /// the rate before and after.
        event RateReported(int256 change, uint256 recovered, uint256 deferredGain, uint256 covered, uint256 coverShares, uint256 feeShares, uint256 assetsBefore, uint256 sharesBefore, int256 assetsAfter, uint256 sharesAfter);
        /// A fall beyond a cap waits for acknowledgement: `fall` is what is left of it after deferred gains,
        /// `allowed` what could have been booked. The rest is the report itself.
        event ReportParked(uint256 indexed slotTime, uint256 fall, uint256 allowed, uint256 rateBeforeCover, uint256 clBalance, uint256 depositsSeen, uint256 leftSeen, uint256 expectedLoss, uint256 recovered, uint256 epoch);
        event Acknowledged(address indexed by, uint256 lowestRate, uint256 highestRate, uint256 deadline);
        event SlashingFlagged(address indexed by, uint256 until);
        event SlashingCleared(uint256 slotTime);
        event EpochClosed(uint256 indexed epoch, uint256 assets, uint256 shares);
        /// Orders were paid: their shares are burned, their ETH set aside in the queue.
        event OrdersFinalised(uint256 indexed upTo, uint256 assets, uint256 shares);
        /// Orders could be finalised at this time; silence is counted from it.
        event FinalisationOpened(uint256 at);
        /// ETH was lent to the flash-exit-pool, which has `reserve` now.
        event ReserveToppedUp(uint256 assets, uint256 reserve);
        event ValidatorsFunded(uint256 count, uint256 sentOut);
        event ExitsAsked(uint256 assets);
        /// A contract that balancing needs failed; the other steps were taken all the same.
        event BalancingFailed(address indexed callee);
        event SharesBurned(uint256 shares);
        /// Shares of an operator were burned, worth `assets`: of that, what holders and the protection-pool got back for earlier
        /// losses, and what was deferred as a gain.
        event Recovered(uint256 shares, uint256 assets, uint256 toHolders, uint256 toProtection, uint256 gain);
        event RedeemedSilently(address indexed receiver, uint256 assets, uint256 shares);
        event SiblingChanged(uint8 indexed id, address previous, address current);
        event ParameterChanged(uint8 indexed id, uint256 previous, uint256 current);

        /// A report must be read later than the last one, applied or parked.
        error ReportNotNewer(uint256 slotTime, uint256 last);
        error ReportTooOld(uint256 slotTime, uint256 oldest);
        error ReportFromFuture(uint256 slotTime, uint256 latest);
        /// depositsSeen or leftSeen fell.
        error CounterFell(uint256 asked, uint256 last);
        error DepositsAboveSent(uint256 depositsSeen, uint256 sentOut);
        /// More is said to be recovered than expected losses fell and ETH arrived.
        error RecoveredAboveSource(uint256 recovered, uint256 allowed);
        error EpochNotNewer(uint256 epoch, uint256 last);
        error BoundsOutOfOrder(uint256 lowestRate, uint256 highestRate);
        error DeadlinePassed(uint256 deadline, uint256 latest);
        /// The guardian has flagged before, and the owner has not re-armed it.
        error GuardianFlagSpent();
        error OnlyReporterOrGuardian(address caller, address oracleCommittee, address guardian);
        error LimitTooSmall(uint256 asked, uint256 smallest);
        /// No ETH is here that the books do not know and still expect.
        error NothingReturned(uint256 unbooked, uint256 expected);
        /// Orders were finalised not long ago.
        error NotSilent(uint256 latest, uint256 silentFrom);
        /// Orders can be finalised now, until a time.
        error FinalisationOpen(uint256 until);
        error AboveSilentLimit(uint256 shares, uint256 allowed);
        error NotEnoughBuffered(uint256 asked, uint256 buffered);
        /// The flash-exit-pool holds ETH of the books, which it must give back before another takes its place.
        error ReserveLent(uint256 reserve);
        error UnknownSibling(uint8 asked, uint256 count);
        error UnknownParameter(uint8 asked, uint256 count);
        /// Operators and protection together would have more than 10,000 basis points of the fee.
        error FeeSplitAboveWhole(uint256 operators, uint256 protection);
        error ParameterOutOfBounds(uint8 id, uint256 asked, uint256 smallest, uint256 largest);
    }
}
