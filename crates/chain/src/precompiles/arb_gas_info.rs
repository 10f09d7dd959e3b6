//! ArbGasInfo: gas prices. This chain has one price and no L1 fee.

use alloy::primitives::U256;
use revm::context::Block;

use super::call::{returns, returns_tuple, Answer, PrecompileCall};
use crate::abi::ArbGasInfo::*;

/// Gas of storing a slot, in the words of this interface "storage allocation".
const STORAGE_GAS: u64 = 20_000;
/// Gas per second the chain is meant to sustain.
const SPEED_LIMIT: u64 = 7_000_000;
/// Most gas of a transaction.
const GAS_POOL: u64 = 32_000_000;

pub(super) fn run(call: &mut PrecompileCall) -> Answer {
    call.not_payable()?;
    let price = U256::from(call.ctx.block.basefee());
    let zero = U256::ZERO;
    match call.decode::<ArbGasInfoCalls>()? {
        ArbGasInfoCalls::getPricesInWei(_) | ArbGasInfoCalls::getPricesInWeiWithAggregator(_) => {
            let storage = price * U256::from(STORAGE_GAS);
            returns_tuple((zero, zero, storage, price, zero, price))
        }
        ArbGasInfoCalls::getPricesInArbGas(_)
        | ArbGasInfoCalls::getPricesInArbGasWithAggregator(_) => {
            returns_tuple((zero, zero, U256::from(STORAGE_GAS)))
        }
        ArbGasInfoCalls::getGasAccountingParams(_) => returns_tuple((
            U256::from(SPEED_LIMIT),
            U256::from(GAS_POOL),
            U256::from(GAS_POOL),
        )),
        ArbGasInfoCalls::getMinimumGasPrice(_) => returns::<getMinimumGasPriceCall>(price),
        ArbGasInfoCalls::getL1BaseFeeEstimate(_) => returns::<getL1BaseFeeEstimateCall>(zero),
        ArbGasInfoCalls::getL1GasPriceEstimate(_) => returns::<getL1GasPriceEstimateCall>(zero),
        ArbGasInfoCalls::getL1BaseFeeEstimateInertia(_) => {
            returns::<getL1BaseFeeEstimateInertiaCall>(10)
        }
        ArbGasInfoCalls::getCurrentTxL1GasFees(_) => returns::<getCurrentTxL1GasFeesCall>(zero),
        ArbGasInfoCalls::getGasBacklog(_) => returns::<getGasBacklogCall>(0),
        ArbGasInfoCalls::getPricingInertia(_) => returns::<getPricingInertiaCall>(102),
        ArbGasInfoCalls::getGasBacklogTolerance(_) => returns::<getGasBacklogToleranceCall>(10),
    }
}
