//! Taking in transactions, and signing for the development accounts.

use alloy::consensus::TxEnvelope;
use alloy::eips::eip2718::Encodable2718;
use alloy::eips::BlockId;
use alloy::primitives::{Address, Bytes, TxKind, B256};
use alloy::rpc::types::TransactionRequest;
use alloy_dyn_abi::eip712::TypedData;
use clay_chain::{Chain, Overrides, TxRequest};
use serde::Serialize;

use super::calls::{checked, estimate_failure};
use crate::error::{invalid_params, refused, RpcResult};
use crate::node::Node;
use crate::params::Args;
use crate::registry::Registry;

/// The default fee cap in base fees, as wallets set it.
const FEE_CAP_BASE_FEES: u128 = 2;

pub(crate) fn register(registry: &mut Registry) {
    registry
        .add(&["eth_sendRawTransaction"], 1, send_raw)
        .add(&["eth_sendTransaction"], 1, send)
        .add(&["eth_signTransaction"], 1, sign_transaction)
        .add(&["eth_sign"], 2, |node, args| {
            let account: Address = args.required("address")?;
            let message: Bytes = args.required("message")?;
            node.signers.sign_message(account, &message)
        })
        // The same with the arguments the other way round.
        .add(&["personal_sign"], 3, |node, args| {
            let message: Bytes = args.required("message")?;
            node.signers
                .sign_message(args.required("address")?, &message)
        })
        .add(
            &["eth_signTypedData_v4", "eth_signTypedData"],
            2,
            sign_typed_data,
        );
}

/// Takes in a signed transaction. One that fails when it runs is mined all the same: its hash is the answer.
fn send_raw(node: &Node, args: &mut Args<'_>) -> RpcResult<B256> {
    let raw: Bytes = args.required("transaction")?;
    node.chain(|chain| take_in(node, chain, &raw))
}

fn take_in(node: &Node, chain: &mut Chain, raw: &[u8]) -> RpcResult<B256> {
    let hash = chain.send_raw(raw).map_err(refused)?;
    node.announce_transaction(hash);
    Ok(hash)
}

/// Takes in a transaction of an account the node signs for, or of one that is impersonated.
fn send(node: &Node, args: &mut Args<'_>) -> RpcResult<B256> {
    let request = checked(args.required("transaction")?)?;
    node.chain(|chain| {
        let from = sender(node, &request);
        if node.signers.has(from) {
            let request = fill(chain, from, request)?;
            let signed = node.signers.sign_transaction(from, request)?;
            return take_in(node, chain, &signed.encoded_2718());
        }
        if !chain.is_impersonated(from) {
            return Err(refused(format!("unknown account {from}")));
        }
        let request = fill(chain, from, request)?;
        let hash = chain.submit(request.into()).map_err(refused)?;
        node.announce_transaction(hash);
        Ok(hash)
    })
}

/// A signed transaction, as bytes and as JSON.
#[derive(Clone, Serialize)]
struct SignedTransaction {
    raw: Bytes,
    tx: TxEnvelope,
}

fn sign_transaction(node: &Node, args: &mut Args<'_>) -> RpcResult<SignedTransaction> {
    let request = checked(args.required("transaction")?)?;
    let from = sender(node, &request);
    let request = node.chain(|chain| fill(chain, from, request))?;
    let tx = node.signers.sign_transaction(from, request)?;
    Ok(SignedTransaction {
        raw: tx.encoded_2718().into(),
        tx,
    })
}

/// Who a transaction is from: by default the first account the node signs for.
fn sender(node: &Node, request: &TransactionRequest) -> Address {
    let first = node.signers.accounts().first().copied();
    request.from.or(first).unwrap_or_default()
}

/// Fills in what a wallet leaves to its node: nonce, gas, fees, chain id.
fn fill(
    chain: &Chain,
    from: Address,
    mut request: TransactionRequest,
) -> RpcResult<TransactionRequest> {
    request.normalize_input();
    request.from = Some(from);
    if request.to.is_none() && request.input.input().is_none_or(|code| code.is_empty()) {
        return Err(invalid_params(
            "contract creation without any data provided",
        ));
    }
    request.to.get_or_insert(TxKind::Create);
    request.chain_id.get_or_insert(chain.config().chain_id);
    if request.gas.is_none() {
        let estimated = TxRequest {
            nonce: None,
            ..request.clone().into()
        };
        let gas = chain.estimate_gas(&estimated, BlockId::latest(), &Overrides::default());
        request.gas = Some(gas.map_err(estimate_failure)?);
    }
    request
        .nonce
        .get_or_insert_with(|| chain.pending_nonce(from));
    if request.gas_price.is_none() {
        let tip = *request.max_priority_fee_per_gas.get_or_insert(0);
        let base_fee = u128::from(chain.config().base_fee);
        let cap = (base_fee * FEE_CAP_BASE_FEES).saturating_add(tip);
        request.max_fee_per_gas.get_or_insert(cap);
    }
    Ok(request)
}

fn sign_typed_data(node: &Node, args: &mut Args<'_>) -> RpcResult<Bytes> {
    let account: Address = args.required("address")?;
    let data: TypedData = args.required("typed data")?;
    let hash = data
        .eip712_signing_hash()
        .map_err(|error| invalid_params(format!("invalid argument 1 (typed data): {error}")))?;
    node.signers.sign_hash(account, hash)
}
