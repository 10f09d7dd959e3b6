//! The stake-manager and its second facet: one address, two programs.

interfaces! {
    /// Deposits, exchange rate and books of a pool. ERC-7535 shape: ERC-4626 with ETH as the asset and an
    /// external share (ERC-7575). `assets` are wei, `shares` units of the pool's token.
    interface IStakeManager {
        /// Sets the pool up, once; run by the creation code of the proxy.
        function initialize(address owner, address guardian, address token, address gateway, address facet, uint256 smallestDeposit) external;

        /// 0xEeee...EEeE, as ERC-7535 names ETH.
        function asset() external view returns (address);
        /// The pool's token.
        function share() external view returns (address);
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
        /// The largest deposit possible now; 0 while deposits are refused.
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

        /// Stakes exactly the ETH sent and mints shares to `receiver`, rounded down.
        function deposit(uint256 assets, address receiver) external payable returns (uint256 shares);
        /// The same, refused below `minShares` (ERC-5143).
        function deposit(uint256 assets, address receiver, uint256 minShares) external payable returns (uint256 shares);
        /// The same, with an address that is only logged.
        function deposit(uint256 assets, address receiver, uint256 minShares, address referral) external payable returns (uint256 shares);
        /// Plain ETH is a deposit for the sender; from the gateway's alias it is ETH that returns.
        receive() external payable;

        /// The pool was set up. Every parameter but the smallest deposit starts at its default.
        event PoolInitialized(address indexed token, address indexed gateway, uint256 smallestDeposit);
        event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares);
        event Referral(address indexed referral, address indexed owner, uint256 shares);
        event EthReturned(uint256 assets, uint256 cameBack);

        error DepositValueMismatch(uint256 assets, uint256 sent);
        error DepositBelowSmallest(uint256 asked, uint256 smallest);
        error SharesBelowMinimum(uint256 shares, uint256 minimum);
        error RateNotLive(uint8 reason, uint256 since);
        /// Deposits are refused below a rate of 0.1.
        error RateBelowFloor(uint256 rate, uint256 floor);
    }

    /// Second facet of the stake-manager: parameters and the books in full.
    interface IStakeManagerReports {
        /// Every term of the books, in wei; `buffered` is what remains of totalAssets without the others.
        function books() external view returns (int256 totalAssets, uint256 totalShares, int256 buffered, uint256 flashReserve, uint256 sentOut, uint256 depositsSeen, uint256 clBalance, uint256 leftSeen, uint256 cameBack, uint256 expectedLoss, uint256 deferredGain);
        /// L1 address of the gateway, every validator's withdrawal credential. It never changes: what it
        /// sends back is a return for ever.
        function gateway() external view returns (address);
        /// How many parameters there are.
        function parameterCount() external view returns (uint256);
        /// Value of a parameter and the bounds its setter enforces, in the unit of the documentation's table.
        function parameter(uint8 id) external view returns (uint256 value, uint256 smallest, uint256 largest);
        /// Sets a parameter within its bounds. Owner only.
        function setParameter(uint8 id, uint256 value) external;

        event ParameterChanged(uint8 indexed id, uint256 previous, uint256 current);

        error UnknownParameter(uint8 asked, uint256 count);
        /// Operators and protection together would have more than 10,000 basis points of the fee.
        error FeeSplitAboveWhole(uint256 operators, uint256 protection);
        error ParameterOutOfBounds(uint8 id, uint256 asked, uint256 smallest, uint256 largest);
    }
}
