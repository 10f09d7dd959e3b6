//! The flash-exit-pool.

interfaces! {
    /// Exits at once, for a fee, from a reserve of ETH that the stake-manager lends. What an account can exit with
    /// is limited by the largest exit, a bucket that refills, and a low watermark of the reserve. While the rate is
    /// not live or anything is paused it is closed.
    interface IFlashExitPool {
        /// Sets the pool up, once; run by the creation code of the proxy. Everything but the allowance starts at its
        /// default.
        function initialize(address owner, address guardian, address stakeManager, uint256 monthlyAllowance) external;

        /// Burns shares of the caller, worth `assets` at exitRate, and pays `assets` less the fee to `receiver` at
        /// once. Refused below `minAssets`, and by a receiver that refuses. No approval is needed.
        function flashExit(uint256 shares, uint256 minAssets, address receiver) external returns (uint256 assets);

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
        /// Changes it. Owner only.
        function setMonthlyAllowance(uint256 assets) external;
        /// The pool's stake-manager.
        function stakeManager() external view returns (address);

        /// `assets` are what the shares were worth; paid were `assets` less `fee`.
        event FlashExit(address indexed owner, address indexed receiver, uint256 shares, uint256 assets, uint256 fee, uint256 treasuryFee);
        event ToppedUp(uint256 assets);
        event ExcessReturned(uint256 assets);
        event FeesWithdrawn(address indexed receiver, uint256 assets);
        event FeesChanged(uint256 min, uint256 max);
        event LimitsChanged(uint256 lowWatermark, uint256 capacity, uint256 refill, uint256 largest);
        event TreasuryPartChanged(uint256 previous, uint256 current);
        event MonthlyAllowanceChanged(uint256 previous, uint256 current);

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
    }
}
