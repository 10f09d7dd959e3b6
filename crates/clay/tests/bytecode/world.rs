//! A plain EVM with the helpers, two accounts and a stand-in for ArbWasm.

use alloy::{
    primitives::{address, b256, Address, Bytes, B256, U256},
    sol,
    sol_types::{SolCall, SolError},
};
use clay::bytecode::{
    assembler::assemble,
    deployer::{self, ClayDeployer, ARB_WASM},
    factory, program,
};
use revm::{
    context::{result::ExecutionResult, TxEnv},
    database::{CacheDB, EmptyDB},
    primitives::{Log, TxKind},
    state::{AccountInfo, Bytecode},
    Context, DatabaseRef, ExecuteCommitEvm, MainBuilder, MainContext,
};

pub const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
pub const BOB: Address = address!("0000000000000000000000000000000000000b0b");
pub const IMPLEMENTATION: Address = address!("00000000000000000000000000000000000001c0");
pub const SALT: B256 = b256!("5a17000000000000000000000000000000000000000000000000000000000001");
pub const ACTIVATION_FEE: u64 = 100;

sol! {
    error InsufficientValue();
    error Refused(uint256 code);
    function refuse(uint256 code);
    function echo();
}

// Plain ETH: notes the value in slot 0. `refuse(code)`: reverts with `Refused(code)`. Else: notes the value
// in slot 1 and returns sender, value, own address and selector.
const ECHO: &str = "
    calldatasize @called jumpi  callvalue 0 sstore  stop
called:
    0 calldataload 0xe0 shr $refuse eq @refuse jumpi
    callvalue 1 sstore
    caller 0 mstore  callvalue 0x20 mstore  address 0x40 mstore  0 calldataload 0x60 mstore
    0x80 0 return
refuse:
    $refused 0xe0 shl 0 mstore  4 calldataload 4 mstore
    0x24 0 revert
";

// Keeps the fee and gives the rest of the value back; notes the program it activated.
const ARB_WASM_STAND_IN: &str = "
    callvalue @paid jumpi  $insufficient 0xe0 shl 0 mstore  4 0 revert
paid:
    1 4 calldataload sstore
    0 0 0 0 $fee callvalue sub caller gas call pop
";

pub fn echo_code() -> Vec<u8> {
    assemble(
        ECHO,
        &[
            ("refuse", &refuseCall::SELECTOR),
            ("refused", &Refused::SELECTOR),
        ],
    )
}

/// A chain with the CREATE2 factory, the deployer, two funded accounts and a stand-in for ArbWasm.
pub struct World {
    state: CacheDB<EmptyDB>,
}

#[derive(Debug)]
pub struct Outcome {
    pub result: Result<Bytes, Bytes>,
    pub logs: Vec<Log>,
}

impl World {
    pub fn new() -> Self {
        let mut world = Self {
            state: CacheDB::new(EmptyDB::new()),
        };
        for account in [ALICE, BOB, factory::PRESIGNED_SENDER] {
            let balance = U256::from(10).pow(U256::from(18));
            world.state.insert_account_info(
                account,
                AccountInfo {
                    balance,
                    ..Default::default()
                },
            );
        }
        world.install(IMPLEMENTATION, echo_code());
        let arb_wasm = assemble(
            ARB_WASM_STAND_IN,
            &[
                ("insufficient", &InsufficientValue::SELECTOR),
                ("fee", &[ACTIVATION_FEE as u8]),
            ],
        );
        world.install(ARB_WASM, arb_wasm);

        // The factory comes from the creation code inside its presigned transaction.
        let transaction = factory::PRESIGNED_TRANSACTION;
        let creation = transaction[17..17 + 0x53].to_vec();
        let factory = world
            .send(factory::PRESIGNED_SENDER, TxKind::Create, 0, creation)
            .result
            .unwrap();
        assert_eq!(factory.len(), 69);
        let call = factory::create_call(B256::ZERO, &deployer::creation_code());
        let created = world.call(ALICE, factory::FACTORY, 0, call).result.unwrap();
        assert_eq!(created[..], *deployer::deployer_address().as_slice());
        world
    }

    fn install(&mut self, account: Address, code: Vec<u8>) {
        let code = Bytecode::new_legacy(code.into());
        let info = AccountInfo {
            code_hash: code.hash_slow(),
            code: Some(code),
            ..Default::default()
        };
        self.state.insert_account_info(account, info);
    }

    fn send(
        &mut self,
        caller: Address,
        kind: TxKind,
        value: u64,
        data: impl Into<Bytes>,
    ) -> Outcome {
        let nonce = self
            .state
            .basic_ref(caller)
            .unwrap()
            .unwrap_or_default()
            .nonce;
        let mut evm = Context::mainnet().with_db(&mut self.state).build_mainnet();
        let transaction = TxEnv::builder()
            .caller(caller)
            .kind(kind)
            .value(U256::from(value))
            .data(data.into())
            .nonce(nonce)
            .gas_limit(5_000_000)
            .gas_price(0)
            .build()
            .unwrap();
        match evm.transact_commit(transaction).unwrap() {
            ExecutionResult::Success { output, logs, .. } => Outcome {
                result: Ok(output.into_data()),
                logs,
            },
            ExecutionResult::Revert { output, .. } => Outcome {
                result: Err(output),
                logs: vec![],
            },
            halt => panic!("{halt:?}"),
        }
    }

    pub fn call(
        &mut self,
        caller: Address,
        to: Address,
        value: u64,
        data: impl Into<Bytes>,
    ) -> Outcome {
        self.send(caller, TxKind::Call(to), value, data)
    }

    pub fn deploy(
        &mut self,
        caller: Address,
        value: u64,
        request: ClayDeployer::deployCall,
    ) -> Outcome {
        self.call(
            caller,
            deployer::deployer_address(),
            value,
            request.abi_encode(),
        )
    }

    pub fn code(&self, account: Address) -> Bytes {
        let info = self.state.basic_ref(account).unwrap().unwrap_or_default();
        info.code
            .map(|code| code.original_bytes())
            .unwrap_or_default()
    }

    pub fn balance(&self, account: Address) -> U256 {
        self.state
            .basic_ref(account)
            .unwrap()
            .unwrap_or_default()
            .balance
    }

    pub fn slot(&self, account: Address, slot: U256) -> U256 {
        self.state.storage_ref(account, slot).unwrap()
    }
}

pub fn request(
    init_code: impl Into<Bytes>,
    activate: bool,
    call: impl Into<Bytes>,
) -> ClayDeployer::deployCall {
    ClayDeployer::deployCall {
        salt: SALT,
        initCode: init_code.into(),
        activate,
        call: call.into(),
    }
}

pub fn plain() -> ClayDeployer::deployCall {
    request(program::creation_code(&echo_code()), false, vec![])
}

pub fn predicted(caller: Address) -> Address {
    deployer::predict(deployer::deployer_address(), caller, SALT)
}
