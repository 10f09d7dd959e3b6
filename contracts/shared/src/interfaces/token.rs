//! The pools' tokens, csETH and IcsETH.

interfaces! {
    /// ERC-20 with permit (ERC-2612), minted and burned by the pool's stake-manager alone.
    interface ICsEthToken {
        // ERC-20 (errors: ERC-6093)

        /// Full name, also the name of the EIP-712 domain.
        function name() external view returns (string memory);
        /// Ticker.
        function symbol() external view returns (string memory);
        /// 18.
        function decimals() external view returns (uint8);
        /// Shares in existence.
        function totalSupply() external view returns (uint256);
        /// Shares of an account.
        function balanceOf(address account) external view returns (uint256);
        /// What a spender may still move for an owner.
        function allowance(address owner, address spender) external view returns (uint256);
        /// Moves the caller's shares.
        function transfer(address to, uint256 value) external returns (bool);
        /// Sets what a spender may move for the caller.
        function approve(address spender, uint256 value) external returns (bool);
        /// Moves an owner's shares within the caller's allowance; an allowance of 2^256 - 1 is not used up.
        function transferFrom(address from, address to, uint256 value) external returns (bool);

        // ERC-2612 and ERC-5267

        /// Sets an allowance by the owner's EIP-712 signature.
        function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
        /// Next nonce of an owner's permit.
        function nonces(address owner) external view returns (uint256);
        /// Separator of this token's EIP-712 domain.
        function DOMAIN_SEPARATOR() external view returns (bytes32);
        /// The EIP-712 domain: name, version "1", chain id and this address.
        function eip712Domain() external view returns (bytes1 fields, string memory name, string memory version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] memory extensions);

        // The pool

        /// Sets the token up, once; the deployer calls it in the transaction that creates the token.
        /// Names are at most 31 bytes, left-aligned, padded with zeros.
        function initialize(address owner, address stakeManager, bytes32 name, bytes32 symbol) external;
        /// The only account that mints and burns.
        function stakeManager() external view returns (address);
        /// Points the token at another stake-manager. Owner only.
        function setStakeManager(address stakeManager) external;
        /// Creates shares. Stake-manager only.
        function mint(address to, uint256 shares) external;
        /// Creates shares for up to three accounts in one call; none of zero. Stake-manager only.
        function mintMany(address[3] calldata to, uint256[3] calldata shares) external;
        /// Destroys shares of an account. Stake-manager only.
        function burn(address from, uint256 shares) external;

        event Transfer(address indexed from, address indexed to, uint256 value);
        event Approval(address indexed owner, address indexed spender, uint256 value);
        event StakeManagerChanged(address indexed previous, address indexed current);

        error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
        error ERC20InvalidSender(address sender);
        error ERC20InvalidReceiver(address receiver);
        error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
        error ERC20InvalidApprover(address approver);
        error ERC20InvalidSpender(address spender);
        error ERC2612ExpiredSignature(uint256 deadline);
        error ERC2612InvalidSigner(address signer, address owner);
        error ECDSAInvalidSignature();
        error ECDSAInvalidSignatureS(bytes32 s);
    }

    /// What IcsETH, the institutional pool's token, has besides what csETH has, and instead of its `initialize`.
    ///
    /// Transfers and allowances are checked against the kyc-whitelist, and refused as it refuses (`IKycWhitelist`). Policies:
    /// - 1, open: nothing is checked; also who is denied moves shares.
    /// - 2, deny-list: nobody who is denied initiates, sends or receives a transfer, or gives or gets an allowance.
    /// - 3, allow-list: the same, and who receives a transfer has the right to hold.
    ///
    /// What the stake-manager mints and burns is not checked here: it asks the whitelist itself when somebody deposits.
    interface IIcsEthToken {
        /// Sets the token up, once; the deployer calls it in the transaction that creates the token. Names are at
        /// most 31 bytes, left-aligned, padded with zeros. There is no default policy.
        function initialize(address owner, address stakeManager, bytes32 name, bytes32 symbol, address whitelist, uint8 policy) external;
        /// Who may hold the token (`IKycWhitelist`). It never changes.
        function whitelist() external view returns (address);
        /// What transfers are checked for: 1 open, 2 deny-list, 3 allow-list.
        function transferPolicy() external view returns (uint8);
        /// Changes it. Owner only.
        function setTransferPolicy(uint8 policy) external;

        /// The previous policy is 0 when the token is set up.
        event TransferPolicyChanged(uint8 previous, uint8 current);

        error PolicyOutOfBounds(uint8 asked, uint8 smallest, uint8 largest);
    }
}
