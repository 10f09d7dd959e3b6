//! The flash-exit-pool.

interfaces! {
    /// Exits at once, for a fee, from a reserve of ETH that the stake-manager lends. What an account can exit with
    /// is limited by the largest exit, a bucket that refills, and a low watermark of the reserve. While the rate is
    /// not live or anything is paused it is closed.
    ///
    /// The retail pool's also converts: csETH for IcsETH in one call, off until the owner and the Board of the
    /// institutional pool allow it.
    interface IFlashExitPool {
        /// Sets the pool up, once; run by the creation code of the proxy. Everything but the allowance starts at its
        /// default. Without a whitelist (zero) everybody may exit.
        function initialize(address owner, address guardian, address stakeManager, uint256 monthlyAllowance, address whitelist) external;

        /// Burns shares of the caller, worth `assets` at exitRate, and pays `assets` less the fee to `receiver` at
        /// once. Refused below `minAssets`, and by a receiver that refuses. No approval is needed. Where there is a
        /// whitelist the caller needs the right to redeem, and the receiver must not be denied.
        function flashExit(uint256 shares, uint256 minAssets, address receiver) external returns (uint256 assets);
        /// The same without the monthly allowance, for a contract that exits for others. Open to all.
        function flashExitAtFullFee(uint256 shares, uint256 minAssets, address receiver) external returns (uint256 assets);

        /// Wei that `flashExit` would pay an account for shares now; 0 where it would refuse them.
        function previewFlashExit(address account, uint256 shares) external view returns (uint256 assets);
        /// Most shares that an account could exit with now; 0 while exits are refused.
        function maxFlashExit(address account) external view returns (uint256 shares);
        /// Fee, in wei, of an account's exit with shares worth so many wei now, rounded up; limits aside.
        function currentFee(address account, uint256 assets) external view returns (uint256 fee);
        /// Wei that an account can still exit with at the smallest fee, in the 30 days that run.
        function allowanceLeft(address account) external view returns (uint256 assets);
        /// The reserve, what of it is fees kept since it was topped up, what it is topped up to, and what limits an
        /// exit now: the low watermark, the bucket's capacity and what is in it, and the largest exit. All in wei.
        function liquidity() external view returns (uint256 reserve, uint256 feesKept, uint256 target, uint256 lowWatermark, uint256 bucketCapacity, uint256 bucket, uint256 largest);

        /// Adds to the reserve. Stake-manager only.
        function topUp() external payable;
        /// Gives the stake-manager back what the reserve has above its target. Open to all.
        function returnExcess() external returns (uint256 assets);

        /// Pays the treasury its part of the fees, to a receiver of its choice. Treasury only.
        function withdrawFees(address receiver) external returns (uint256 assets);
        /// Wei of fees that are the treasury's.
        function treasuryFees() external view returns (uint256);

        /// Smallest and largest fee, in basis points.
        function fees() external view returns (uint256 min, uint256 max);
        /// Changes them. Owner only.
        function setFees(uint256 min, uint256 max) external;
        /// Low watermark in basis points of the target; bucket's capacity, its refill a day, and the largest exit in basis
        /// points of totalAssets.
        function limits() external view returns (uint256 lowWatermark, uint256 capacity, uint256 refill, uint256 largest);
        /// Changes them; what was taken out of the bucket stays taken. Owner only.
        function setLimits(uint256 lowWatermark, uint256 capacity, uint256 refill, uint256 largest) external;
        /// The treasury's part of a fee, in basis points; the rest stays with the holders.
        function treasuryPart() external view returns (uint256);
        /// Changes it. Owner only.
        function setTreasuryPart(uint256 basisPoints) external;
        /// Wei that each account can exit with in 30 days at the smallest fee; 0 where accounts are not whitelisted.
        function monthlyAllowance() external view returns (uint256);
        /// Changes it; without a whitelist it stays 0. Owner only.
        function setMonthlyAllowance(uint256 assets) external;
        /// The pool's stake-manager.
        function stakeManager() external view returns (address);
        /// The pool's whitelist; zero where everybody may exit.
        function whitelist() external view returns (address);

        // Conversion

        /// Burns shares of the caller at exitRate and deposits their ETH, less a fee that stays in this pool, in the
        /// institutional one for `receiver`. Refused below `minShares` of that one's token. The caller needs the right to stake,
        /// the receiver that to hold. No approval is needed.
        function convert(uint256 shares, uint256 minShares, address receiver) external returns (uint256 minted);
        /// Shares of the institutional pool that `convert` would mint to an account for shares of its own now; 0 where
        /// it would refuse them.
        function previewConvert(address account, uint256 shares) external view returns (uint256 minted);
        /// Most shares that an account could convert now, to itself; 0 while conversions are refused.
        function maxConvert(address account) external view returns (uint256 shares);
        /// What converts, on which terms, and who allows it: the institutional pool's stake-manager and whitelist, its Board,
        /// the fee in basis points, and what can be converted a day in basis points of totalAssets. It is on when both allow it.
        function conversion() external view returns (address stakeManager, address whitelist, address board, uint256 fee, uint256 bucket, bool allowedByOwner, bool allowedByBoard);
        /// What limits a conversion now, in wei: what conversions leave in the reserve, the capacity of their bucket and what
        /// is in it.
        function conversionLiquidity() external view returns (uint256 lowWatermark, uint256 bucketCapacity, uint256 bucket);
        /// Names the institutional pool's stake-manager and its whitelist, whose Board is asked. Nobody allows it from then
        /// on; the terms are kept, and start at their defaults. Owner only.
        function setConversion(address stakeManager, address whitelist) external;
        /// Changes the terms; what was taken out of the bucket stays taken. A smaller fee or a larger bucket needs the Board
        /// anew. Owner only.
        function setConversionTerms(uint256 fee, uint256 bucket) external;
        /// Says for the caller whether conversion to this pool is allowed. Who allows it names, in basis points, the smallest fee
        /// and the most a day that it agrees to, and is refused where the terms are less than that by now; who forbids it is
        /// heard whatever they are. Owner and Board only, each for itself.
        function allowConversion(address stakeManager, uint256 smallestFee, uint256 largestBucket, bool allowed) external;

        /// `assets` are what the shares were worth; paid were `assets` less `fee`.
        event FlashExit(address indexed owner, address indexed receiver, uint256 shares, uint256 assets, uint256 fee, uint256 treasuryFee);
        event ToppedUp(uint256 assets);
        event ExcessReturned(uint256 assets);
        event FeesWithdrawn(address indexed receiver, uint256 assets);
        event FeesChanged(uint256 min, uint256 max);
        event LimitsChanged(uint256 lowWatermark, uint256 capacity, uint256 refill, uint256 largest);
        event TreasuryPartChanged(uint256 previous, uint256 current);
        event MonthlyAllowanceChanged(uint256 previous, uint256 current);
        /// `assets` are what the shares were worth; `assets` less `fee` were deposited for `minted` shares.
        event Converted(address indexed owner, address indexed receiver, uint256 shares, uint256 assets, uint256 fee, uint256 minted);
        /// Nobody allows it from now on.
        event ConversionChanged(address indexed stakeManager, address indexed whitelist);
        event ConversionTermsChanged(uint256 fee, uint256 bucket);
        event ConversionAllowed(address indexed by, bool allowedByOwner, bool allowedByBoard);

        error OnlyTreasury(address caller, address treasury);
        error AssetsBelowMinimum(uint256 assets, uint256 minimum);
        error AboveLargestExit(uint256 assets, uint256 largest);
        error AboveBucket(uint256 assets, uint256 bucket);
        error BelowLowWatermark(uint256 assets, uint256 available);
        error NoExcess(uint256 reserve, uint256 target);
        error FeesOutOfBounds(uint256 min, uint256 max, uint256 smallest, uint256 largest);
        /// One of them is above this.
        error LimitsOutOfBounds(uint256 asked, uint256 largest);
        error TreasuryPartOutOfBounds(uint256 asked, uint256 largest);
        /// An allowance is an account's, and without a whitelist anybody has as many accounts as they like.
        error AllowanceWithoutWhitelist(uint256 asked);
        /// Conversion is off until both allow it.
        error ConversionNotAllowed(bool allowedByOwner, bool allowedByBoard);
        error OnlyOwnerOrBoard(address caller, address owner, address board);
        /// Conversion is to another pool, or to none.
        error NotTheNamedPool(address asked, address named);
        /// The terms are not what was agreed to: the fee is smaller, or the bucket larger.
        error ConversionTermsNotAgreed(uint256 fee, uint256 smallestFee, uint256 bucket, uint256 largestBucket);
        /// The stake-manager asks another whitelist.
        error WhitelistMismatch(address asked, address stakeManagers);
        error ConversionTermsOutOfBounds(uint256 fee, uint256 smallestFee, uint256 largestFee, uint256 bucket, uint256 largestBucket);
    }
}
