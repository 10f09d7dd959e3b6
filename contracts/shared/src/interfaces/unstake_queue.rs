//! Standard unstaking.

interfaces! {
    /// Orders to leave a pool. Shares wait here, still earning and bearing losses, until the stake-manager
    /// finalises them first in, first out; then their ETH waits here to be claimed. An order is an ERC-721 token,
    /// minted without a receiver callback.
    ///
    /// Where there is a whitelist, who requests, claims, or is given an order needs the right to redeem, and nobody who is
    /// denied has any part in what happens to an order.
    interface IUnstakeQueue {
        /// Sets the queue up, once; run by the creation code of the proxy. Without a whitelist (zero) everybody may leave.
        function initialize(address owner, address guardian, address stakeManager, address token, address orderImage, address whitelist) external;

        // For holders

        /// Escrows the caller's shares (it must have approved them) and mints an order to `receiver`.
        function requestUnstake(uint256 shares, address receiver) external returns (uint256 id);
        /// The same, with the caller's permit for exactly these shares. A permit that was used already does no
        /// harm if the allowance stands.
        function requestUnstakeWithPermit(uint256 shares, address receiver, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external returns (uint256 id);
        /// Takes an order that is not finalised back into shares, less a cost that is burned. Its owner only.
        function cancel(uint256 id) external returns (uint256 shares);
        /// Pays finalised orders of the caller to the caller.
        function claim(uint256[] calldata ids) external returns (uint256 assets);
        /// Pays finalised orders of the caller to a receiver.
        function claimTo(uint256[] calldata ids, address receiver) external returns (uint256 assets);
        /// The same with the checkpoint of each order (`findCheckpoint`), which saves the search.
        function claimWithHints(uint256[] calldata ids, uint256[] calldata hints, address receiver) external returns (uint256 assets);
        /// Pays finalised orders to their owners. Open to all. An order that is not claimable, or whose owner
        /// refuses or may not redeem, is skipped and stays as it is.
        function claimFor(uint256[] calldata ids) external returns (uint256 assets);
        /// Redeems an order that is not finalised, at a discount, while orders cannot be finalised. Its owner
        /// only; no pause stops it.
        function redeemSilently(uint256 id, uint256 minAssets, address receiver) external returns (uint256 assets);

        /// An order: owner (zero once it is claimed or withdrawn), shares, state (0 none, 1 pending, 2 due,
        /// 3 claimable, 4 claimed, 5 withdrawn: cancelled or redeemed silently), and the wei it is paid, or
        /// would be at the current rate (0 once it is gone).
        function order(uint256 id) external view returns (address owner, uint256 shares, uint8 state, uint256 assets);
        /// Wei that can be claimed for an order now; 0 while its owner may not redeem.
        function claimable(uint256 id) external view returns (uint256);
        /// The checkpoint that pays an order; 0 while it is not finalised.
        function findCheckpoint(uint256 id) external view returns (uint256 hint);
        /// A checkpoint: last order it pays, and its rate as assets for shares.
        function checkpoint(uint256 index) external view returns (uint256 upTo, uint256 assets, uint256 shares);
        /// When an order will probably be paid, in seconds since the epoch; 0 if it is finalised or gone.
        function estimatedPayment(uint256 id) external view returns (uint256);
        /// The queue in numbers: the next order's id, last order that is due and last that is finalised,
        /// checkpoints, wei set aside for claims, shares not finalised, and those of them due.
        function totals() external view returns (uint256 nextId, uint256 dueUpTo, uint256 finalisedUpTo, uint256 checkpoints, uint256 setAside, uint256 unfinalisedShares, uint256 dueShares);

        // For the stake-manager

        /// Notes that a report read at a slot was applied: orders below the latest note from before that slot
        /// become due, and a new note is written.
        function noteReport(uint256 slotTime) external;
        /// What can be finalised at a rate (assets for shares) with so many wei: the last order (0 if none can)
        /// and the shares up to it. Also all shares not finalised, and those of them due. Looks at `limit` groups
        /// of cancelled orders at most.
        function finalisable(uint256 assets, uint256 shares, uint256 available, uint256 limit) external view returns (uint256 upTo, uint256 finalShares, uint256 unfinalisedShares, uint256 dueShares);
        /// Sets the ETH sent aside for the orders up to `upTo`, which hold `finalShares`, at a rate.
        function finalise(uint256 upTo, uint256 finalShares, uint256 assets, uint256 shares) external payable;

        // Governance

        function stakeManager() external view returns (address);
        function token() external view returns (address);
        function orderImage() external view returns (address);
        /// The pool's whitelist; zero where everybody may leave.
        function whitelist() external view returns (address);
        /// Replaces the picture. Owner only.
        function setOrderImage(address orderImage) external;
        /// Smallest and largest order, in shares.
        function orderLimits() external view returns (uint256 smallest, uint256 largest);
        /// Changes them: at most 1, and at least 100 shares. Owner only.
        function setOrderLimits(uint256 smallest, uint256 largest) external;
        /// What a cancellation costs before and after the order is due, in basis points of its shares.
        function cancelCosts() external view returns (uint256 beforeDue, uint256 afterDue);
        /// Changes them: 1 to 50, and 5 to 100. Owner only.
        function setCancelCosts(uint256 beforeDue, uint256 afterDue) external;

        // ERC-721 (errors: ERC-6093)

        function name() external view returns (string memory);
        function symbol() external view returns (string memory);
        /// Picture and data of an order, as a data URI; for orders of any state.
        function tokenURI(uint256 id) external view returns (string memory);
        function supportsInterface(bytes4 interfaceId) external view returns (bool);
        function balanceOf(address owner) external view returns (uint256);
        function ownerOf(uint256 id) external view returns (address);
        function approve(address to, uint256 id) external;
        function getApproved(uint256 id) external view returns (address);
        function setApprovalForAll(address operator, bool approved) external;
        function isApprovedForAll(address owner, address operator) external view returns (bool);
        function transferFrom(address from, address to, uint256 id) external;
        function safeTransferFrom(address from, address to, uint256 id) external;
        function safeTransferFrom(address from, address to, uint256 id, bytes calldata data) external;

        event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);
        event Approval(address indexed owner, address indexed approved, uint256 indexed tokenId);
        event ApprovalForAll(address indexed owner, address indexed operator, bool approved);
        event UnstakeRequested(uint256 indexed id, address indexed sender, address indexed receiver, uint256 shares);
        event OrderCancelled(uint256 indexed id, address indexed owner, uint256 returned, uint256 burned);
        event OrderRedeemedSilently(uint256 indexed id, address indexed owner, address receiver, uint256 assets);
        event ReportNoted(uint256 slotTime, uint256 nextId, uint256 dueUpTo);
        event BatchFinalised(uint256 indexed checkpoint, uint256 from, uint256 upTo, uint256 finalShares, uint256 setAside, uint256 assets, uint256 shares);
        event OrderClaimed(uint256 indexed id, address indexed owner, address indexed receiver, uint256 assets);
        /// An owner refused its ETH, or may not redeem; the order stays as it is.
        event ClaimSkipped(uint256 indexed id, address indexed owner);
        event OrderImageChanged(address indexed previous, address indexed current);
        event OrderLimitsChanged(uint256 smallest, uint256 largest);
        event CancelCostsChanged(uint256 beforeDue, uint256 afterDue);

        error OnlyOrderOwner(uint256 id, address caller, address owner);
        error OrderBelowSmallest(uint256 shares, uint256 smallest);
        error OrderAboveLargest(uint256 shares, uint256 largest);
        /// There is no such order, or it was claimed or withdrawn.
        error NoSuchOrder(uint256 id);
        error NotFinalised(uint256 id, uint256 finalisedUpTo);
        error AlreadyFinalised(uint256 id, uint256 finalisedUpTo);
        error NotDue(uint256 id, uint256 dueUpTo);
        /// The ETH sent does not pay the orders finalised.
        error SetAsideTooLittle(uint256 sent, uint256 owed);
        error WrongHint(uint256 id, uint256 hint);
        error LengthMismatch(uint256 ids, uint256 hints);
        error AssetsBelowMinimum(uint256 assets, uint256 minimum);
        error LimitsOutOfBounds(uint256 smallest, uint256 highestSmallest, uint256 largest, uint256 lowestLargest);
        error CostsOutOfBounds(uint256 beforeDue, uint256 afterDue);
        error ERC721InvalidOwner(address owner);
        error ERC721NonexistentToken(uint256 tokenId);
        error ERC721IncorrectOwner(address sender, uint256 tokenId, address owner);
        error ERC721InvalidReceiver(address receiver);
        error ERC721InsufficientApproval(address operator, uint256 tokenId);
        error ERC721InvalidApprover(address approver);
        error ERC721InvalidOperator(address operator);
    }

    /// Draws an order. It keeps nothing and calls nobody.
    interface IOrderImage {
        /// Metadata and picture (SVG) as `data:application/json;base64,...`. `symbol` is the pool token's, padded
        /// with zeros; `state` and `assets` are those of `IUnstakeQueue.order`.
        function tokenURI(uint256 id, uint256 shares, uint8 state, uint256 assets, bytes32 symbol) external pure returns (string memory);
    }
}
