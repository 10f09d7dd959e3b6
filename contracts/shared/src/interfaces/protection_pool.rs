//! The protection-pool.

interfaces! {
    /// Holds shares that are burned when a loss is reported, so that holders keep their rate. Funded by its part
    /// of the fee and by anyone: every share it holds is cover.
    interface IProtectionPool {
        /// Sets the pool up, once; run by the creation code of the proxy.
        function initialize(address owner, address stakeManager, address token) external;

        /// Gives up to `shares` for burning, within the cap of 30 days. Stake-manager only, which burns them in the
        /// same transaction.
        function cover(uint256 shares) external returns (uint256 covered);
        /// Takes shares out. Owner only.
        function withdraw(uint256 shares, address receiver) external;

        /// Shares held.
        function balance() external view returns (uint256);
        /// Shares that can be burned now.
        function available() external view returns (uint256);
        /// Part of what it holds that can be burned in 30 days, in basis points.
        function coverCap() external view returns (uint256);
        /// Changes that part. Owner only.
        function setCoverCap(uint256 basisPoints) external;
        /// The pool's stake-manager.
        function stakeManager() external view returns (address);
        /// The pool's token.
        function token() external view returns (address);

        event Covered(uint256 asked, uint256 covered);
        event Withdrawn(address indexed receiver, uint256 shares);
        event CoverCapChanged(uint256 previous, uint256 current);

        error CoverCapOutOfBounds(uint256 asked, uint256 smallest, uint256 largest);
        error AboveBalance(uint256 asked, uint256 balance);
    }
}
