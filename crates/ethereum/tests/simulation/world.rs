//! A chain with a registry that sends what it is told to, and the Ethereum beside it.

use alloy::{
    primitives::{hex, Address, Bytes, B256, U256},
    sol_types::{SolCall, SolEvent},
};
use clay_chain::{
    abi::{ArbSys::sendTxToL1Call, ARB_SYS},
    Chain, TxRequest, TEST_ACCOUNTS,
};
use clay_ethereum::{
    deposit_data_root, epoch_of, start_of, withdrawal_credentials, Config, Contracts, Ethereum,
    PublicKey, Signature, Terms, Validator, ETHER, ETHER_GWEI, GWEI,
};

pub mod abi {
    //! What the registry sends and emits.
    alloy::sol!(
        #[allow(missing_docs)]
        #[sol(rpc)]
        Gateway,
        "../../abi/Gateway.json"
    );
    alloy::sol!(
        #[allow(missing_docs, clippy::too_many_arguments)]
        OperatorRegistry,
        "../../abi/OperatorRegistry.json"
    );
}

use abi::{
    Gateway::{forceExitCall, fundValidatorCall},
    OperatorRegistry::ExitRequested,
};

pub const ALICE: Address = TEST_ACCOUNTS[0];
pub const CONTRACTS: Contracts = Contracts {
    gateway: Address::repeat_byte(0x6a),
    stake_manager: Address::repeat_byte(0x5a),
    registry: Address::repeat_byte(0x0e),
};
/// Somebody's withdrawal credentials.
pub const STRANGER: B256 =
    alloy::primitives::b256!("010000000000000000000000dddddddddddddddddddddddddddddddddddddddd");

/// Of every key's first deposit; no signature is verified.
const SIGNATURE: Signature = Signature::repeat_byte(7);

/// With value it hands its calldata to ArbSys; without, it emits it: two topics, then data.
const REGISTRY_CODE: [u8; 54] = hex!(
    "34 6019 57 6040 36 03 80 6040 6000 37 6020 35 6000 35 82 6000 a2 00"
    "5b 36 6000 6000 37 6000 6000 36 6000 34 6064 5a f1 6034 57 6000 6000 fd 5b 00"
);

pub struct World {
    pub chain: Chain,
    pub ethereum: Ethereum,
    /// Wei sent by the registry so far.
    pub sent: u128,
}

/// A key by a number, which is not zero.
pub fn key(number: u8) -> PublicKey {
    PublicKey::repeat_byte(number)
}

/// Mainnet's delays, 500 validators of 2,048 ETH beside ours.
pub fn config() -> Config {
    Config {
        other_validators: 500,
        proposal_ppm: 0,
        ..Config::default()
    }
}

/// Short delays, no chance, and no sweep for a while.
pub fn quick() -> Config {
    Config {
        proposal_ppm: 0,
        sweep_every: 10_000,
        ..Config::quick()
    }
}

pub fn world(config: Config) -> World {
    let mut chain = Chain::new(Default::default());
    chain.set_code(CONTRACTS.registry, Bytes::from_static(&REGISTRY_CODE));
    let ethereum = Ethereum::new(config, CONTRACTS);
    World {
        chain,
        ethereum,
        sent: 0,
    }
}

impl World {
    /// The registry sends 32 ETH for a key.
    pub fn fund(&mut self, key: PublicKey) {
        self.send_for(key, root(key));
    }

    pub fn send_for(&mut self, key: PublicKey, root: B256) {
        self.send(fund_call(key, root), 32 * ETHER);
        self.sent += 32 * ETHER;
    }

    /// The registry has a validator leave, with wei for the fee.
    pub fn force_exit(&mut self, key: PublicKey, wei: u128) {
        let public_key = Bytes::copy_from_slice(key.as_slice());
        let call = forceExitCall {
            publicKey: public_key,
        };
        self.send(call.abi_encode().into(), wei);
    }

    /// The registry sends a message with wei, of which it needs one at least.
    fn send(&mut self, data: Bytes, wei: u128) {
        let send = sendTxToL1Call {
            destination: CONTRACTS.gateway,
            data,
        };
        let send = TxRequest::call(ALICE, CONTRACTS.registry, send.abi_encode());
        let receipt = self.chain.transact(send.with_value(U256::from(wei)));
        let receipt = receipt.unwrap();
        assert!(receipt.success(), "{:?}", receipt.status);
    }

    /// Somebody who is not the registry sends a message to the gateway.
    pub fn send_as_stranger(&mut self, data: Bytes, wei: u128) {
        let send = sendTxToL1Call {
            destination: CONTRACTS.gateway,
            data,
        };
        let send = TxRequest::call(ALICE, ARB_SYS, send.abi_encode());
        let receipt = self.chain.transact(send.with_value(U256::from(wei)));
        assert!(receipt.unwrap().success());
    }

    /// The registry asks for an exit, from now on.
    pub fn ask_for_exit(&mut self, key: PublicKey) {
        self.ask_for_exit_from(key, self.chain.next_timestamp());
    }

    /// The registry asks for an exit from a time on, in seconds.
    pub fn ask_for_exit_from(&mut self, key: PublicKey, from: u64) {
        let event = ExitRequested {
            cluster: U256::from(1),
            publicKey: Bytes::copy_from_slice(key.as_slice()),
            reason: 0,
            from: U256::from(from),
            deadline: U256::from(from + 3 * 86_400),
        };
        self.tell(&event);
    }

    /// The registry tells of something, by an event with one indexed field.
    pub fn tell(&mut self, event: &impl SolEvent) {
        let log = event.encode_log_data();
        let topics = log.topics().concat();
        let input = [&topics[..], &log.data].concat();
        let tell = TxRequest::call(ALICE, CONTRACTS.registry, input);
        assert!(self.chain.transact(tell).unwrap().success());
    }

    pub fn slot(&self) -> u64 {
        self.ethereum.clock().slot()
    }

    /// Runs up to and with a slot.
    pub fn run_to(&mut self, slot: u64) {
        let time = self.ethereum.clock().time(slot);
        self.ethereum.advance_to(&mut self.chain, time).unwrap();
        assert_eq!(self.slot(), slot);
    }

    pub fn run(&mut self, slots: u64) {
        self.run_to(self.slot() + slots);
    }

    /// Runs to the first slot of an epoch.
    pub fn run_to_epoch(&mut self, epoch: u64) {
        self.run_to(start_of(epoch));
    }

    pub fn epoch(&self) -> u64 {
        epoch_of(self.slot())
    }

    /// Runs until the validator is active, and answers the epoch.
    pub fn run_until_active(&mut self, key: PublicKey) -> u64 {
        for _ in 0..10_000 {
            self.run_to_epoch(self.epoch() + 1);
            let active = self.ethereum.validator_place(&key).is_some()
                && self.validator(key).is_active(self.epoch());
            if active {
                return self.epoch();
            }
        }
        panic!("never active: {key}");
    }

    pub fn validator(&self, key: PublicKey) -> Validator {
        let place = self.ethereum.validator_place(&key).expect("a validator");
        let validators = &self.ethereum.beacon_state().validators;
        Validator::clone(&validators[place])
    }

    /// Gwei.
    pub fn balance(&self, key: PublicKey) -> u64 {
        let place = self.ethereum.validator_place(&key).expect("a validator");
        self.ethereum.beacon_state().balances[place]
    }

    /// What an honest report of the latest slot says.
    pub fn terms(&self) -> Terms {
        self.ethereum.terms_at(self.slot()).unwrap()
    }

    /// Wei on their way to the beacon chain, as the books count them.
    pub fn out(&self) -> u128 {
        self.sent - self.terms().deposits_seen
    }

    /// What the pool has on Ethereum beyond what it sent there, in wei, as the books count it.
    pub fn gain(&self) -> i128 {
        let terms = self.terms();
        let balance = u128::from(terms.cl_balance_gwei) * GWEI;
        (balance + terms.left_seen) as i128 - terms.deposits_seen as i128
    }
}

/// The deposit data root of a key's first deposit.
pub fn root(key: PublicKey) -> B256 {
    let credentials = withdrawal_credentials(CONTRACTS.gateway);
    deposit_data_root(&key, credentials, ETHER_GWEI, &SIGNATURE)
}

pub fn fund_call(key: PublicKey, root: B256) -> Bytes {
    let call = fundValidatorCall {
        publicKey: Bytes::copy_from_slice(key.as_slice()),
        signature: Bytes::copy_from_slice(SIGNATURE.as_slice()),
        depositDataRoot: root,
    };
    call.abi_encode().into()
}
