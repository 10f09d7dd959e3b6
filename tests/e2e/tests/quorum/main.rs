//! The quorum on the real WASM, behind its proxy: calls by signature, what signatures are refused, who may
//! change what.

mod calls;
mod governance;
mod signatures;

use std::sync::{Arc, LazyLock};

use alloy::{
    eips::BlockId,
    primitives::{address, Address, Bytes, B256, U256},
    sol,
    sol_types::{SolCall, SolError},
};
use clay::bytecode::{assembler::assemble, proxy};
use clay_chain::{Chain, Config, ExecStatus, Overrides, Receipt, TxRequest};
use e2e::{
    committee::{Committee, Execute},
    Quorum::*,
    ALICE, MALLORY, OWNER,
};

sol! {
    function note(uint256 number) external returns (address caller, bytes4 firstBytes);
    function refuse(uint256 code) external;
    function nosy() external returns (bool answered);
    error Refused(uint256 code);
}

/// A contract that the committee may call.
const TARGET: Address = address!("00000000000000000000000000000000007a49e7");
/// An account without code, though the committee may call it.
const NOWHERE: Address = address!("000000000000000000000000000000000000dead");

// `note(number)`: keeps the number in slot 0, returns caller and the first 4 bytes of the calldata, 36 bytes
// together. `refuse(code)`: reverts with `Refused(code)`. `nosy()`: asks its caller for its nonce, and returns
// whether it was answered. Anything else stops.
const CALLEE: &str = "
    0 calldataload 0xe0 shr
    dup1 $note eq @note jumpi
    dup1 $refuse eq @refuse jumpi
    $nosy eq @nosy jumpi
    stop
note:
    4 calldataload 0 sstore
    caller 0 mstore  0 calldataload 0x20 mstore
    0x24 0 return
refuse:
    $refused 0xe0 shl 0 mstore  4 calldataload 4 mstore
    0x24 0 revert
nosy:
    $nonce 0xe0 shl 0 mstore
    0 0 4 0 0 caller gas call
    0 mstore
    0x20 0 return
";

/// A committee of five, three of whom must sign, on a chain of its own.
#[derive(Clone)]
struct World {
    chain: Chain,
    implementation: Address,
    quorum: Address,
    committee: Committee,
}

static DEPLOYED: LazyLock<World> = LazyLock::new(|| World::on(Config::default()));

impl World {
    fn new() -> Self {
        DEPLOYED.clone()
    }

    fn on(config: Config) -> Self {
        let mut chain = Chain::new(config);
        let wasm = std::fs::read(e2e::programs().join("quorum.wasm")).expect("built");
        let implementation = chain.deploy_program(OWNER, &wasm).expect("a program");
        let symbols: [(&str, &[u8]); 5] = [
            ("note", &noteCall::SELECTOR),
            ("refuse", &refuseCall::SELECTOR),
            ("nosy", &nosyCall::SELECTOR),
            ("refused", &Refused::SELECTOR),
            ("nonce", &nonceCall::SELECTOR),
        ];
        chain.set_code(TARGET, assemble(CALLEE, &symbols).into());
        let mut world = Self {
            chain,
            implementation,
            quorum: Address::ZERO,
            committee: Committee::new(5),
        };
        world.quorum = world.deploy(world.set_up()).expect("a committee");
        world
    }

    /// The initialiser of the world's committee.
    fn set_up(&self) -> initializeCall {
        let targets = vec![TARGET, TARGET, TARGET, NOWHERE];
        let selectors = [
            noteCall::SELECTOR,
            refuseCall::SELECTOR,
            nosyCall::SELECTOR,
            noteCall::SELECTOR,
        ];
        initializeCall {
            owner: OWNER,
            members: self.committee.members(),
            quorum: U256::from(3),
            targets,
            selectors: selectors.map(Into::into).into(),
        }
    }

    /// Deploys a proxy with this initialiser; the revert data if it refuses.
    fn deploy(&mut self, initializer: initializeCall) -> Result<Address, Bytes> {
        let code = proxy::creation_code(self.implementation, &initializer.abi_encode());
        let request = TxRequest::create(OWNER, code);
        let receipt = self.chain.transact(request).expect("a creation");
        if !receipt.success() {
            return Err(receipt.output.clone());
        }
        Ok(receipt.created.expect("a proxy"))
    }

    fn send(&mut self, from: Address, to: Address, data: impl Into<Bytes>) -> Arc<Receipt> {
        let request = TxRequest::call(from, to, data);
        self.chain
            .transact(request)
            .expect("a transaction the chain takes")
    }

    /// Calls the committee's contract, which must succeed.
    #[track_caller]
    fn run<C: SolCall>(&mut self, from: Address, call: C) -> (C::Return, Arc<Receipt>) {
        let receipt = self.send(from, self.quorum, call.abi_encode());
        assert!(
            receipt.success(),
            "{}: {:?} {}",
            C::SIGNATURE,
            receipt.status,
            receipt.output
        );
        let returned = C::abi_decode_returns(&receipt.output).expect("the declared return type");
        (returned, receipt)
    }

    /// Calls the committee's contract, which must refuse with exactly this error and keep its nonce.
    #[track_caller]
    fn refuses(&mut self, from: Address, call: impl SolCall, error: impl SolError) {
        let nonce = self.nonce();
        let receipt = self.send(from, self.quorum, call.abi_encode());
        assert_eq!(receipt.status, ExecStatus::Revert);
        assert_eq!(receipt.output, Bytes::from(error.abi_encode()));
        assert_eq!(self.nonce(), nonce);
    }

    fn view<C: SolCall>(&self, call: C) -> C::Return {
        let request = TxRequest::call(ALICE, self.quorum, call.abi_encode());
        let outcome = self
            .chain
            .call(&request, BlockId::latest(), &Overrides::default())
            .expect("a call the chain takes");
        assert!(outcome.status.is_success(), "{}", C::SIGNATURE);
        C::abi_decode_returns(&outcome.output).expect("the declared return type")
    }

    fn nonce(&self) -> U256 {
        self.view(nonceCall {})
    }

    fn chain_id(&self) -> u64 {
        self.chain.config().chain_id
    }

    /// What the target noted last.
    fn noted(&self) -> U256 {
        let word = self
            .chain
            .storage(TARGET, U256::ZERO, BlockId::latest())
            .expect("a slot");
        U256::from_be_bytes(word.0)
    }

    /// A message about `note(number)` under the next nonce, without a deadline.
    fn message(&self, number: u64) -> Execute {
        let number = U256::from(number);
        Execute {
            target: TARGET,
            data: noteCall { number }.abi_encode().into(),
            nonce: self.nonce(),
            deadline: U256::MAX,
        }
    }

    /// A message signed by the first three members.
    fn signed(&self, message: Execute) -> executeCall {
        self.signed_by(3, message)
    }

    /// A message signed by so many members.
    fn signed_by(&self, count: usize, message: Execute) -> executeCall {
        let signatures = self
            .committee
            .sign(count, self.quorum, self.chain_id(), &message);
        message.with(signatures)
    }

    /// Hands in what must be refused because the signatures are of another hash: what they recover from this
    /// one is no member.
    #[track_caller]
    fn refuses_signatures_of_another_hash(&mut self, call: executeCall) {
        let hash: B256 = self.view(digestCall {
            target: call.target,
            data: call.data.clone(),
            deadline: call.deadline,
        });
        let first = alloy::primitives::Signature::from_raw(&call.signatures[..65]);
        let signer = first
            .and_then(|signature| signature.recover_address_from_prehash(&hash))
            .expect("recovers somebody");
        assert!(!self.committee.members().contains(&signer));
        let noted = self.noted();
        self.refuses(MALLORY, call, NotMember { signer });
        assert_eq!(self.noted(), noted);
    }
}

fn version(nonce: U256) -> U256 {
    nonce >> 128
}
