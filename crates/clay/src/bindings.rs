//! What the tool calls: the protocol's contracts, from the ABIs under `abi/`, and Arbitrum's precompiles.

use alloy::sol;

/// JSON ABIs of the protocol, to explain calls and refusals.
pub const ABIS: &[(&str, &str)] = &[
    ("cs-eth-token", include_str!("../../../abi/CsEthToken.json")),
    (
        "ics-eth-token",
        include_str!("../../../abi/IcsEthToken.json"),
    ),
    (
        "stake-manager",
        include_str!("../../../abi/StakeManager.json"),
    ),
    (
        "unstake-queue",
        include_str!("../../../abi/UnstakeQueue.json"),
    ),
    (
        "flash-exit-pool",
        include_str!("../../../abi/FlashExitPool.json"),
    ),
    ("order-image", include_str!("../../../abi/OrderImage.json")),
    (
        "protection-pool",
        include_str!("../../../abi/ProtectionPool.json"),
    ),
    (
        "operator-registry",
        include_str!("../../../abi/OperatorRegistry.json"),
    ),
    (
        "rewards-distributor",
        include_str!("../../../abi/RewardsDistributor.json"),
    ),
    ("quorum", include_str!("../../../abi/Quorum.json")),
    (
        "kyc-whitelist",
        include_str!("../../../abi/KycWhitelist.json"),
    ),
    ("timelock", include_str!("../../../abi/Timelock.json")),
    ("gateway", include_str!("../../../abi/Gateway.json")),
];

// The macro's expansions of ABI files carry no documentation of their own.
#[allow(missing_docs, clippy::too_many_arguments)]
mod protocol {
    use alloy::sol;

    sol!(CsEthToken, "../../abi/CsEthToken.json");
    sol!(IcsEthToken, "../../abi/IcsEthToken.json");
    // One address, two programs: the facet's functions are among them.
    sol!(StakeManager, "../../abi/StakeManager.json");
    sol!(UnstakeQueue, "../../abi/UnstakeQueue.json");
    sol!(FlashExitPool, "../../abi/FlashExitPool.json");
    sol!(OrderImage, "../../abi/OrderImage.json");
    sol!(ProtectionPool, "../../abi/ProtectionPool.json");
    sol!(OperatorRegistry, "../../abi/OperatorRegistry.json");
    sol!(RewardsDistributor, "../../abi/RewardsDistributor.json");
    // The oracle committee, the acknowledger and the Board.
    sol!(Quorum, "../../abi/Quorum.json");
    sol!(KycWhitelist, "../../abi/KycWhitelist.json");
    sol!(Timelock, "../../abi/Timelock.json");
    sol!(Gateway, "../../abi/Gateway.json");
}

pub use protocol::{
    CsEthToken, FlashExitPool, Gateway, IcsEthToken, KycWhitelist, OperatorRegistry, OrderImage,
    ProtectionPool, Quorum, RewardsDistributor, StakeManager, Timelock, UnstakeQueue,
};

sol! {
    /// Activation and lifetime of Stylus programs, at 0x71.
    #[sol(abi)]
    interface ArbWasm {
        /// Version of Stylus the chain runs.
        function stylusVersion() external view returns (uint16 version);
        /// Version a code hash is activated for; reverts unless it can run now.
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        /// Seconds until a program expires.
        function programTimeLeft(address program) external view returns (uint64 seconds_);
        /// Activates a program; the value pays the fee.
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        /// Starts a program's lifetime anew; the value pays the fee.
        function codehashKeepalive(bytes32 codehash) external payable;
        /// A program was activated.
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        /// The value does not pay for the activation.
        error ProgramInsufficientValue(uint256 have, uint256 want);
        /// No program with this code hash is activated.
        error ProgramNotActivated();
        /// The program was activated for an older version of Stylus.
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        /// The program's lifetime is over.
        error ProgramExpired(uint64 ageInSeconds);
        /// The program is activated already.
        error ProgramUpToDate();
        /// The program's lifetime was started anew not long ago.
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        /// There is no program at the address.
        error ProgramNotWasm();
    }

    /// The program cache, at 0x72.
    interface ArbWasmCache {
        /// Contracts that may put programs into the cache.
        function allCacheManagers() external view returns (address[] managers);
        /// Whether a program is in the cache.
        function codehashIsCached(bytes32 codehash) external view returns (bool cached);
    }

    /// A cache manager: it sells places in the cache.
    interface CacheManager {
        /// The smallest bid that would be taken for a program now, in wei.
        function getMinBid(address program) external view returns (uint192 min);
        /// Bids for a place.
        function placeBid(address program) external payable;
    }
}
