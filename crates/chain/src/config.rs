//! What a chain is started with.

use alloy::primitives::{address, Address, U256};
use serde::{Deserialize, Serialize};

/// Nitro's well-known development account, whose key is [`NITRO_DEV_KEY`].
pub const NITRO_DEV_ACCOUNT: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");

/// Private key of [`NITRO_DEV_ACCOUNT`]. Public knowledge; never hold anything of value there.
pub const NITRO_DEV_KEY: &str =
    "0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";

/// Private keys of the ten accounts of the usual test mnemonic ("test test ... junk").
pub const TEST_KEYS: [&str; 10] = [
    "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
    "0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
    "0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    "0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
    "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
];

/// Addresses of [`TEST_KEYS`], in the same order.
pub const TEST_ACCOUNTS: [Address; 10] = [
    address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
    address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
    address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
    address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
    address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
    address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
    address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
];

/// When a program's start-up is charged at the cached price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartupRule {
    /// Only while a cache bid holds it in the cache (before ArbOS 60).
    #[default]
    Bid,
    /// Also when the program was called before in the same block (from ArbOS 60 on).
    PerBlock,
    /// Always; what a well-kept deployment sees.
    AllCached,
}

/// Where block timestamps come from. Seconds, never decreasing from block to block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// Time stands still until a control moves it: the same run gives the same blocks.
    Manual,
    /// Wall-clock time, shifted by the time controls.
    Wall,
}

/// Everything a chain is started with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Chain id; 412346 is that of Nitro's development node.
    pub chain_id: u64,
    /// Wei per gas, constant.
    pub base_fee: u64,
    /// Most gas of one block, and so of one transaction.
    pub block_gas_limit: u64,
    /// Timestamp of the genesis block, seconds.
    pub timestamp: u64,
    /// Where timestamps of later blocks come from.
    pub clock: Clock,
    /// L1 block number at genesis; contracts see it as `block.number`.
    pub l1_block_number: u64,
    /// Accounts funded at genesis, wei.
    pub accounts: Vec<(Address, U256)>,
    /// How program start-up is charged.
    pub startup: StartupRule,
    /// Allows programs with `console` imports and collects console output.
    pub debug: bool,
}

impl Default for Config {
    fn default() -> Self {
        let funds = U256::from(10_000_000u64) * U256::from(10u64).pow(U256::from(18));
        Config {
            chain_id: 412_346,
            base_fee: 100_000_000,
            block_gas_limit: 1 << 50,
            timestamp: 1_767_225_600,
            clock: Clock::Manual,
            l1_block_number: 24_000_000,
            accounts: std::iter::once(NITRO_DEV_ACCOUNT)
                .chain(TEST_ACCOUNTS)
                .map(|account| (account, funds))
                .collect(),
            startup: StartupRule::default(),
            debug: false,
        }
    }
}
