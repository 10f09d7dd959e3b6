//! The Ethereum side of the protocol, simulated off chain for tests and demonstrations: the gateway on L1, the
//! bridge with its delays and failures, a beacon chain that activates, earns, sweeps, slashes and exits, and the
//! operators whose nodes run the validators, well or badly, and who sign the exits that the registry asks for.
//!
//! It is deterministic: time is told by the caller and moves in slots of 12 seconds, chance comes from a seed. L2 is
//! an embedded [`clay_chain::Chain`]; its messages are taken from its outbox, and tickets become blocks of it.
//!
//! ```
//! use alloy::primitives::Address;
//! use clay_chain::{Chain, Config as ChainConfig};
//! use clay_ethereum::{Config, Contracts, Simulation};
//!
//! let mut chain = Chain::new(ChainConfig::default());
//! let contracts = Contracts {
//!     gateway: Address::repeat_byte(1),
//!     stake_manager: Address::repeat_byte(2),
//!     registry: Address::repeat_byte(3),
//! };
//! let simulation = Simulation::new(Config::default().starting_at(chain.timestamp()), contracts);
//! simulation.with(|ethereum| ethereum.pay_gateway(5));
//! let tomorrow = chain.timestamp() + 86_400;
//! simulation.advance(&mut chain, tomorrow).unwrap();
//! let terms = simulation.with(|ethereum| ethereum.terms_at(7_200)).unwrap();
//! assert_eq!(terms.left_seen, 5);
//! ```
//!
//! Beside a running node, `tokio::spawn` [`Simulation::follow`] with the node's chain, and [`Simulation::serve`]
//! the APIs that a reporter reads.
//!
//! Which nodes run a validator is learnt from the registry's events; a validator whose nodes it does not tell of misses
//! nothing. Each node does the part of its duties that [`Ethereum::set_node_performance`] or
//! [`Ethereum::set_operator_performance`] says, and a validator attests in an epoch if its threshold of members did
//! theirs. What they did, as the networks' own exports of performance would tell, is [`Ethereum::performance`], and
//! over HTTP `GET /networks/performance?from=EPOCH&to=EPOCH`, both epochs included and over:
//!
//! ```json
//! {
//!   "execution_optimistic": false,
//!   "finalized": true,
//!   "data": {
//!     "from": "1600", "to": "3174",
//!     "nodes": [{ "node": "16", "operator": "18", "duties": "1575", "done": "1571" }],
//!     "validators": [{ "pubkey": "0x93…", "cluster": "16", "due": "1575", "made": "1575" }]
//!   }
//! }
//! ```
//!
//! It answers 400 to a range without epochs, and 404 where the last epoch is not over. The same is told in the formats of
//! those who watch real nodes: a beacon node's rewards for attestations, an SSV exporter's decided duties under
//! `/networks/ssv`, and Charon's counters in a Prometheus under `/networks/charon`.

mod abi;
mod api;
mod beacon;
mod bridge;
pub mod charon;
mod clock;
mod config;
mod ethereum;
mod faults;
mod gateway;
mod history;
mod ledger;
mod nodes;
mod operators;
mod performance;
mod simulation;
mod terms;
mod unit;
mod validator;

pub use beacon::{
    correlation_penalty, deposit_data_root, BeaconError, BeaconFlows, BeaconState, PendingDeposit,
    RestOfNetwork, OTHER_BALANCE,
};
pub use bridge::{Fate, Message};
pub use clock::{
    epoch_of, start_of, HashKind, SlotClock, FAR_FUTURE_EPOCH, SECONDS_PER_SLOT, SLOTS_PER_EPOCH,
};
pub use config::{Config, Contracts};
pub use ethereum::Ethereum;
pub use gateway::{GatewayEvent, Refusal, Totals};
pub use history::Snapshot;
pub use ledger::Ledger;
pub use nodes::ALL_DUTIES_BP;
pub use performance::{Attestations, NodeDuties, Performance, PerformanceError};
pub use simulation::{RunningServer, Simulation};
pub use terms::Terms;
pub use unit::{ETHER, ETHER_GWEI, GWEI};
pub use validator::{
    withdrawal_address, withdrawal_credentials, PublicKey, Signature, Status, Validator,
    ACTIVATION_BALANCE, COMPOUNDING_BALANCE, EFFECTIVE_BALANCE_INCREMENT, EJECTION_BALANCE,
};
