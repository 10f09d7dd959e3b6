//! Contracts' interfaces, from the ABIs under `abi/`.

// The macro's expansions of ABI files carry no documentation of their own.
#![allow(missing_docs, clippy::too_many_arguments)]

use alloy::sol;

sol!(Gateway, "../../abi/Gateway.json");
sol!(OperatorRegistry, "../../abi/OperatorRegistry.json");
sol!(
    #[derive(Debug)]
    Quorum,
    "../../abi/Quorum.json"
);
sol!(
    #[derive(Debug)]
    StakeManager,
    "../../abi/StakeManager.json"
);

/// The contract's typed error that a revert carries, in words; none if it is none of the protocol's.
pub(crate) fn refusal(data: &[u8]) -> Option<String> {
    use alloy::sol_types::SolInterface;
    if let Ok(error) = StakeManager::StakeManagerErrors::abi_decode(data) {
        return Some(format!("{error:?}"));
    }
    let error = Quorum::QuorumErrors::abi_decode(data).ok()?;
    Some(format!("{error:?}"))
}
