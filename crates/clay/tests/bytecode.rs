//! The proxy and the deployer on a plain EVM, with a stand-in for ArbWasm.

use alloy::{
    primitives::{address, b256, keccak256, Address, Bytes, B256, U256},
    sol,
    sol_types::{SolCall, SolError, SolEvent},
};
use clay::bytecode::{
    assembler::assemble,
    deployer::{self, ClayDeployer, ARB_WASM},
    factory, program,
    proxy::{self, ERC1967InvalidImplementation, Upgraded, IMPLEMENTATION_SLOT},
};
use revm::{
    context::{result::ExecutionResult, TxEnv},
    database::{CacheDB, EmptyDB},
    primitives::{Log, TxKind},
    state::{AccountInfo, Bytecode},
    Context, DatabaseRef, ExecuteCommitEvm, MainBuilder, MainContext,
};

const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
const BOB: Address = address!("0000000000000000000000000000000000000b0b");
const IMPLEMENTATION: Address = address!("00000000000000000000000000000000000001c0");
const SALT: B256 = b256!("5a17000000000000000000000000000000000000000000000000000000000001");
const ACTIVATION_FEE: u64 = 100;

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

fn echo_code() -> Vec<u8> {
    assemble(
        ECHO,
        &[
            ("refuse", &refuseCall::SELECTOR),
            ("refused", &Refused::SELECTOR),
        ],
    )
}

/// A chain with the CREATE2 factory, the deployer, two funded accounts and a stand-in for ArbWasm.
struct World {
    state: CacheDB<EmptyDB>,
}

#[derive(Debug)]
struct Outcome {
    result: Result<Bytes, Bytes>,
    logs: Vec<Log>,
}

impl World {
    fn new() -> Self {
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

    fn call(
        &mut self,
        caller: Address,
        to: Address,
        value: u64,
        data: impl Into<Bytes>,
    ) -> Outcome {
        self.send(caller, TxKind::Call(to), value, data)
    }

    fn deploy(
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

    fn code(&self, account: Address) -> Bytes {
        let info = self.state.basic_ref(account).unwrap().unwrap_or_default();
        info.code
            .map(|code| code.original_bytes())
            .unwrap_or_default()
    }

    fn balance(&self, account: Address) -> U256 {
        self.state
            .basic_ref(account)
            .unwrap()
            .unwrap_or_default()
            .balance
    }

    fn slot(&self, account: Address, slot: U256) -> U256 {
        self.state.storage_ref(account, slot).unwrap()
    }
}

fn request(
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

fn plain() -> ClayDeployer::deployCall {
    request(program::creation_code(&echo_code()), false, vec![])
}

fn predicted(caller: Address) -> Address {
    deployer::predict(deployer::deployer_address(), caller, SALT)
}

#[test]
fn sizes_are_as_small_as_documented() {
    assert_eq!(proxy::runtime().len(), 58);
    assert!(
        deployer::runtime().len() < 512,
        "{}",
        deployer::runtime().len()
    );
}

#[test]
fn the_address_depends_on_caller_and_salt_and_not_on_the_code() {
    let mut world = World::new();
    let deployed = world.deploy(ALICE, 0, plain()).result.unwrap();
    assert_eq!(
        Address::from_word(B256::from_slice(&deployed)),
        predicted(ALICE)
    );
    assert_eq!(world.code(predicted(ALICE)), echo_code());

    // The same salt of another caller, with other code, is another address.
    let other = request(program::creation_code(&[0x5b]), false, vec![]);
    world.deploy(BOB, 0, other).result.unwrap();
    assert_ne!(predicted(BOB), predicted(ALICE));
    assert_eq!(world.code(predicted(BOB))[..], [0x5b]);

    for caller in [ALICE, BOB] {
        let view = ClayDeployer::addressOfCall { caller, salt: SALT };
        let answer = world
            .call(BOB, deployer::deployer_address(), 0, view.abi_encode())
            .result
            .unwrap();
        assert_eq!(
            Address::from_word(B256::from_slice(&answer)),
            predicted(caller)
        );
    }
}

#[test]
fn a_salt_serves_once() {
    let mut world = World::new();
    world.deploy(ALICE, 0, plain()).result.unwrap();
    let again = world.deploy(ALICE, 0, plain()).result.unwrap_err();
    assert_eq!(
        again,
        ClayDeployer::AlreadyDeployed { salt: SALT }.abi_encode()
    );
}

#[test]
fn a_deployment_is_announced() {
    let mut world = World::new();
    let logs = world.deploy(ALICE, 0, plain()).logs;
    let event = ClayDeployer::Deployed::decode_log(&logs[0]).unwrap();
    assert_eq!(
        (event.caller, event.salt, event.deployed),
        (ALICE, SALT, predicted(ALICE))
    );
}

#[test]
fn activation_is_paid_and_the_rest_of_the_value_comes_back() {
    let mut world = World::new();
    let before = world.balance(ALICE);
    world
        .deploy(
            ALICE,
            1_000,
            ClayDeployer::deployCall {
                activate: true,
                ..plain()
            },
        )
        .result
        .unwrap();
    assert_eq!(before - world.balance(ALICE), U256::from(ACTIVATION_FEE));
    assert_eq!(world.balance(ARB_WASM), U256::from(ACTIVATION_FEE));
    assert_eq!(world.balance(deployer::deployer_address()), U256::ZERO);
    assert_eq!(
        world.slot(ARB_WASM, predicted(ALICE).into_word().into()),
        U256::from(1)
    );
}

#[test]
fn value_without_activation_comes_back_whole() {
    let mut world = World::new();
    let before = world.balance(ALICE);
    world.deploy(ALICE, 1_000, plain()).result.unwrap();
    assert_eq!(world.balance(ALICE), before);
}

#[test]
fn the_call_reaches_the_new_contract_from_the_deployer() {
    let mut world = World::new();
    // Remembers its first argument, to see that the calldata arrives whole.
    let code = assemble("4 calldataload 7 sstore", &[]);
    let call = refuseCall {
        code: U256::from(42),
    }
    .abi_encode();
    world
        .deploy(
            ALICE,
            0,
            request(program::creation_code(&code), false, call),
        )
        .result
        .unwrap();
    assert_eq!(world.slot(predicted(ALICE), U256::from(7)), U256::from(42));
}

#[test]
fn a_failure_of_any_part_undoes_all_and_says_why() {
    let mut world = World::new();
    let refusal = refuseCall {
        code: U256::from(7),
    }
    .abi_encode();
    let refused = Refused {
        code: U256::from(7),
    }
    .abi_encode();

    let call = request(program::creation_code(&echo_code()), false, refusal);
    assert_eq!(world.deploy(ALICE, 0, call).result.unwrap_err(), refused);

    let creation = assemble("$code 0 mstore 0x20 0 revert", &[("code", &[7])]);
    let creation = world
        .deploy(ALICE, 0, request(creation, false, vec![]))
        .result
        .unwrap_err();
    assert_eq!(U256::from_be_slice(&creation), U256::from(7));

    let unpaid = world.deploy(
        ALICE,
        0,
        ClayDeployer::deployCall {
            activate: true,
            ..plain()
        },
    );
    assert_eq!(
        unpaid.result.unwrap_err(),
        InsufficientValue {}.abi_encode()
    );

    for nothing in [vec![], assemble("stop", &[])] {
        let empty = world
            .deploy(ALICE, 0, request(nothing, false, vec![]))
            .result
            .unwrap_err();
        assert_eq!(empty, ClayDeployer::NothingDeployed {}.abi_encode());
    }

    assert!(world.code(predicted(ALICE)).is_empty());
    world.deploy(ALICE, 0, plain()).result.unwrap();
}

#[test]
fn an_unknown_function_is_refused_and_plain_eth_goes_to_the_next_caller() {
    let mut world = World::new();
    let unknown = world.call(ALICE, deployer::deployer_address(), 0, vec![1, 2, 3, 4]);
    assert!(unknown.result.unwrap_err().is_empty());
    world
        .call(BOB, deployer::deployer_address(), 5, vec![])
        .result
        .unwrap();
    let before = world.balance(ALICE);
    world.deploy(ALICE, 0, plain()).result.unwrap();
    assert_eq!(world.balance(ALICE) - before, U256::from(5));
}

fn with_proxy() -> (World, Address) {
    let mut world = World::new();
    let creation = proxy::creation_code(IMPLEMENTATION, &echoCall {}.abi_encode());
    let created = world.deploy(ALICE, 0, request(creation, false, vec![]));
    let upgraded = Upgraded::decode_log(&created.logs[0]).unwrap();
    assert_eq!(
        (upgraded.address, upgraded.implementation),
        (predicted(ALICE), IMPLEMENTATION)
    );
    (world, predicted(ALICE))
}

#[test]
fn a_proxy_points_to_its_implementation_and_has_the_known_code() {
    let (world, proxy) = with_proxy();
    assert_eq!(keccak256(world.code(proxy)), proxy::code_hash());
    assert_eq!(
        B256::from(world.slot(proxy, IMPLEMENTATION_SLOT.into())),
        IMPLEMENTATION.into_word()
    );
}

#[test]
fn a_call_through_the_proxy_keeps_sender_value_and_address() {
    let (mut world, proxy) = with_proxy();
    let answer = world
        .call(BOB, proxy, 9, echoCall {}.abi_encode())
        .result
        .unwrap();
    assert_eq!(answer[..32], *BOB.into_word());
    assert_eq!(U256::from_be_slice(&answer[32..64]), U256::from(9));
    assert_eq!(answer[64..96], *proxy.into_word());
    assert_eq!(answer[96..100], echoCall::SELECTOR);
    assert_eq!(world.balance(proxy), U256::from(9));
    assert_eq!(world.slot(proxy, U256::from(1)), U256::from(9));
    assert_eq!(world.slot(IMPLEMENTATION, U256::from(1)), U256::ZERO);
}

#[test]
fn plain_eth_reaches_the_implementation() {
    let (mut world, proxy) = with_proxy();
    world.call(BOB, proxy, 11, vec![]).result.unwrap();
    assert_eq!(world.slot(proxy, U256::ZERO), U256::from(11));
}

#[test]
fn a_revert_comes_through_the_proxy_as_it_is() {
    let (mut world, proxy) = with_proxy();
    let refused = world.call(
        BOB,
        proxy,
        1,
        refuseCall {
            code: U256::from(3),
        }
        .abi_encode(),
    );
    assert_eq!(
        refused.result.unwrap_err(),
        Refused {
            code: U256::from(3)
        }
        .abi_encode()
    );
    assert_eq!(world.balance(proxy), U256::ZERO);
}

#[test]
fn a_proxy_whose_initialiser_fails_is_not_created() {
    let mut world = World::new();
    let creation = proxy::creation_code(
        IMPLEMENTATION,
        &refuseCall {
            code: U256::from(5),
        }
        .abi_encode(),
    );
    let refused = world
        .deploy(ALICE, 0, request(creation, false, vec![]))
        .result
        .unwrap_err();
    assert_eq!(
        refused,
        Refused {
            code: U256::from(5)
        }
        .abi_encode()
    );
    assert!(world.code(predicted(ALICE)).is_empty());
}

#[test]
fn a_proxy_needs_an_implementation_with_code() {
    let mut world = World::new();
    let creation = proxy::creation_code(BOB, &echoCall {}.abi_encode());
    let refused = world
        .deploy(ALICE, 0, request(creation, false, vec![]))
        .result
        .unwrap_err();
    assert_eq!(
        refused,
        ERC1967InvalidImplementation {
            implementation: BOB
        }
        .abi_encode()
    );
}
