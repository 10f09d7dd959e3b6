//! JSON-RPC for the embedded chain.
