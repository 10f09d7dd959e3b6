//! Contracts' interfaces, from the ABIs under `abi/`.

// The macro's expansions of ABI files carry no documentation of their own.
#![allow(missing_docs, clippy::too_many_arguments)]

use alloy::sol;

sol!(Gateway, "../../abi/Gateway.json");
sol!(OperatorRegistry, "../../abi/OperatorRegistry.json");
