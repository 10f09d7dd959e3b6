//! What a failed request is answered with: the codes and texts that client libraries recognise.

use alloy::primitives::Bytes;
use alloy::sol_types::{GenericContractError, SolInterface};
use jsonrpsee::types::error::{INTERNAL_ERROR_CODE, INVALID_PARAMS_CODE};
use jsonrpsee::types::ErrorObjectOwned;

/// Code of a call or estimate that reverted; its data are the revert bytes.
pub const REVERTED: i32 = 3;

/// Code of a request that was understood and could not be carried out: a refused transaction, a frame
/// that ran out of gas, an unknown block.
pub const REFUSED: i32 = -32000;

/// Code for what this chain does not know or does not offer.
pub const NOT_FOUND: i32 = -32001;

/// Code of a query with more results than the server hands out.
pub const TOO_MUCH: i32 = -32005;

/// Result of every method.
pub(crate) type RpcResult<T> = Result<T, ErrorObjectOwned>;

/// -32602 with a text naming the argument and what is wrong with it.
pub(crate) fn invalid_params(message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(INVALID_PARAMS_CODE, message, None::<()>)
}

/// -32000 with the text of the refusal.
pub(crate) fn refused(message: impl ToString) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(REFUSED, message.to_string(), None::<()>)
}

/// -32001 for a block, transaction or filter that does not exist, where null would not tell.
pub(crate) fn not_found(message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(NOT_FOUND, message, None::<()>)
}

/// -32603: a fault of this program.
pub(crate) fn internal(message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(INTERNAL_ERROR_CODE, message, None::<()>)
}

/// Code 3 with the revert bytes, so that clients decode typed errors themselves.
pub(crate) fn reverted(output: &Bytes) -> ErrorObjectOwned {
    let message = match revert_reason(output) {
        Some(reason) => format!("execution reverted: {reason}"),
        None => "execution reverted".to_owned(),
    };
    ErrorObjectOwned::owned(REVERTED, message, Some(output))
}

/// The words of `Error(string)` or the meaning of `Panic(uint256)`, if the revert bytes are one of them.
pub(crate) fn revert_reason(output: &[u8]) -> Option<String> {
    match GenericContractError::abi_decode(output).ok()? {
        GenericContractError::Revert(revert) => Some(revert.reason),
        GenericContractError::Panic(panic) => Some(panic.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::sol_types::{Panic, PanicKind, Revert, SolError};

    #[test]
    fn a_revert_carries_its_reason_and_its_bytes() {
        let output: Bytes = Revert::from("paused").abi_encode().into();
        let error = reverted(&output);
        assert_eq!(
            (error.code(), error.message()),
            (3, "execution reverted: paused")
        );
        assert_eq!(error.data().unwrap().get(), format!("\"{output}\""));
    }

    #[test]
    fn a_typed_error_is_left_to_the_client() {
        let error = reverted(&Bytes::from_static(&[0x12, 0x34, 0x56, 0x78]));
        assert_eq!(error.message(), "execution reverted");
        assert_eq!(error.data().unwrap().get(), "\"0x12345678\"");
        assert_eq!(reverted(&Bytes::new()).data().unwrap().get(), "\"0x\"");
    }

    #[test]
    fn a_panic_is_put_in_words() {
        let output = Panic::from(PanicKind::UnderOverflow).abi_encode();
        assert!(revert_reason(&output)
            .unwrap()
            .contains("underflow or overflow"));
    }
}
