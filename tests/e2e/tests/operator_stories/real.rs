//! The pool on the chain: who is who there, transactions, and refusals by name.

use std::{collections::BTreeMap, sync::LazyLock};

use alloy::{
    eips::BlockId,
    json_abi::JsonAbi,
    primitives::{Address, Bytes, U256},
    sol_types::SolCall,
};
use clay_chain::{CallOutcome, ExecStatus, Overrides, Receipt, TxRequest};
use clay_shared::{
    stake_manager::{CLOSING, EPOCH, FLOWS, FUNDABLE, RATE_ASSETS, RATE_SHARES},
    storage::Field,
};
use e2e::{
    KycWhitelist, OperatorRegistry, Pool,
    StakeManager::{self, deposit_0Call, registryTermsCall},
    ALICE, ETH, GUARDIAN, OWNER, TREASURY,
};
use model::{operators::Terms, Account, Answer, Int, Refusal, Word};

use crate::numbers::{int, word};

/// Slot of the registry that has the whitelist.
const WHITELIST: U256 = U256::from_limbs([5, 0, 0, 0]);
/// Total assets in the stake-manager's first slot.
const TOTAL_ASSETS: Field = Field::new(0, 104);
/// The right to operate.
const OPERATE: u8 = 8;
/// Who manages operators, and who they pay.
pub const MANAGERS: u8 = 14;

/// Names of errors by selector.
static ERRORS: LazyLock<BTreeMap<[u8; 4], String>> = LazyLock::new(|| {
    let mut errors = BTreeMap::new();
    for (_, json) in clay::bindings::ABIS {
        let abi: JsonAbi = serde_json::from_str(json).expect("an ABI");
        for error in abi.errors() {
            errors.insert(error.selector().0, error.name.clone());
        }
    }
    errors
});

/// A refusal as the chain gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The error's name; empty if it has none.
    pub error: String,
    /// Its arguments.
    pub words: Vec<U256>,
}

/// The pool on the chain.
#[derive(Clone)]
pub struct Real {
    /// The deployment.
    pub pool: Pool,
    /// The right to operate is asked for.
    pub gated: bool,
}

impl Real {
    /// A pool with 1,000 ETH.
    pub fn new() -> Self {
        let mut pool = Pool::new();
        let wealth = ETH * U256::from(1_000_000_000u64);
        let senders = [pool.committee, pool.manager, pool.board, pool.distributor];
        for sender in senders {
            pool.chain.impersonate(sender);
        }
        let mut real = Self { pool, gated: false };
        let users = (0..MANAGERS).map(Account::User);
        let roles = [
            Account::Committee,
            Account::Manager,
            Account::Board,
            Account::Operators,
            Account::Owner,
            Account::Guardian,
            // Asked what a deposit of its would bring.
            Account::Registry,
        ];
        for account in users.chain(roles) {
            let address = real.address(account);
            real.pool.chain.set_balance(address, wealth);
        }
        real.pool.chain.set_balance(ALICE, wealth);
        real.pool.deposit(ALICE, ETH * U256::from(1_000));
        // What it withholds.
        let distributor = real.pool.distributor;
        real.pool.deposit(distributor, ETH * U256::from(10_000));
        real
    }

    /// Where an account is.
    pub fn address(&self, account: Account) -> Address {
        match account {
            Account::Nobody => Address::ZERO,
            Account::Manager => self.pool.manager,
            Account::Registry => self.pool.registry,
            Account::Committee => self.pool.committee,
            Account::Board => self.pool.board,
            Account::Operators => self.pool.distributor,
            Account::Owner => OWNER,
            Account::Guardian => GUARDIAN,
            Account::Treasury => TREASURY,
            Account::User(number) => Address::repeat_byte(0x30 + number),
            other => panic!("{other:?} has no part in this"),
        }
    }

    /// Sends a transaction at the time of the latest block.
    pub fn send(&mut self, from: Account, to: Address, value: &Int, data: Vec<u8>) -> Receipt {
        let now = self.pool.chain.timestamp();
        let chain = &mut self.pool.chain;
        chain.set_next_timestamp(now).expect("not earlier");
        let from = self.address(from);
        Receipt::clone(&self.pool.send(from, to, word(value), data))
    }

    /// What a receipt returned, or how it was refused.
    pub fn ended(receipt: &Receipt) -> Result<Bytes, Refused> {
        if receipt.success() {
            return Ok(receipt.output.clone());
        }
        assert_eq!(
            receipt.status,
            ExecStatus::Revert,
            "neither success nor refusal"
        );
        Err(Self::refused(&receipt.output))
    }

    fn refused(output: &[u8]) -> Refused {
        let selector = output.first_chunk();
        let error = selector.and_then(|selector| ERRORS.get(selector));
        let words = output.get(4..).unwrap_or_default().chunks(32);
        Refused {
            error: error.cloned().unwrap_or_default(),
            words: words.map(U256::from_be_slice).collect(),
        }
    }

    /// Whether the chain refused as the model did. A model that knows no numbers compares names alone.
    pub fn is_refused(&self, refused: &Refused, refusal: &Refusal) -> bool {
        let words = refusal.words.iter().map(|argument| match argument {
            Word::Number(number) => word(number),
            Word::Account(account) => self.address(*account).into_word().into(),
        });
        let words: Vec<U256> = words.collect();
        refused.error == refusal.error && (words.is_empty() || refused.words == words)
    }

    /// Asks a view of the registry.
    pub fn ask<C: SolCall>(&self, call: C) -> C::Return {
        self.pool.view(self.pool.registry, call)
    }

    fn outcome(&self, request: TxRequest) -> CallOutcome {
        let chain = &self.pool.chain;
        let overrides = Overrides::default();
        let outcome = chain.call(&request, BlockId::latest(), &overrides);
        outcome.expect("a call the chain takes")
    }

    /// The words that a call of the stake-manager answers, or its refusal.
    fn answer(&self, request: TxRequest) -> Answer<Vec<Int>> {
        let outcome = self.outcome(request);
        if outcome.status.is_success() {
            let words = outcome.output.chunks(32);
            return Ok(words.map(|it| int(U256::from_be_slice(it))).collect());
        }
        let refused = Self::refused(&outcome.output);
        Err(Refusal {
            error: Box::leak(refused.error.into_boxed_str()),
            words: refused.words.into_iter().map(|it| int(it).into()).collect(),
        })
    }

    /// What the stake-manager tells the registry.
    pub fn terms(&self) -> Answer<Terms> {
        let data = registryTermsCall {}.abi_encode();
        let words = self.answer(TxRequest::call(ALICE, self.pool.manager, data))?;
        let [assets, shares, fundable] = <[Int; 3]>::try_from(words).expect("three words");
        Ok(Terms {
            assets,
            shares,
            fundable: u64::try_from(&fundable).expect("a small number"),
        })
    }

    /// The rate that is told at any time.
    pub fn last_terms(&self) -> Terms {
        let rate = self.pool.view(self.pool.manager, StakeManager::rateCall {});
        Terms {
            assets: int(rate),
            shares: int(ETH),
            fundable: 0,
        }
    }

    /// Shares that a deposit by the registry buys.
    pub fn bought(&self, wei: &Int) -> Answer<Int> {
        let registry = self.pool.registry;
        let call = deposit_0Call {
            assets: word(wei),
            receiver: registry,
        };
        let request = TxRequest::call(registry, self.pool.manager, call.abi_encode());
        let words = self.answer(request.with_value(word(wei)))?;
        Ok(words.into_iter().next().expect("a word"))
    }

    /// Who has the right to operate, among who could manage; none where that is not asked.
    pub fn rights(&self) -> Option<std::collections::BTreeSet<Account>> {
        let has = |account: &Account| {
            let call = KycWhitelist::rightsOfCall {
                account: self.address(*account),
            };
            self.pool.view(self.pool.whitelist, call) & OPERATE != 0
        };
        let users = (0..MANAGERS).map(Account::User);
        self.gated.then(|| users.filter(has).collect())
    }

    /// Has the Board give the right to operate, or take it.
    pub fn admit(&mut self, accounts: &[Account], right: bool) {
        let accounts: Vec<_> = accounts.iter().map(|it| self.address(*it)).collect();
        self.pool.admit(&accounts, if right { OPERATE } else { 0 });
    }

    /// Writes the whitelist into the registry, as if it had been set up with it.
    pub fn gate(&mut self) {
        let whitelist = self.pool.whitelist.into_word();
        let registry = self.pool.registry;
        self.pool.chain.set_storage(registry, WHITELIST, whitelist);
        assert_eq!(
            self.ask(OperatorRegistry::whitelistCall {}),
            self.pool.whitelist
        );
        self.gated = true;
    }

    /// Makes the pool own so many thousandths of what it owns.
    pub fn scale_assets(&mut self, thousandths: u128) {
        let manager = self.pool.manager;
        let assets = self.pool.view(manager, StakeManager::totalAssetsCall {});
        let scaled = assets.to::<u128>() * thousandths / 1_000;
        self.pool.write(manager, U256::ZERO, TOTAL_ASSETS, scaled);
    }

    /// Closes an epoch at the rate of now, as a report does.
    pub fn close(&mut self, epoch: u64) {
        let manager = self.pool.manager;
        let assets = self.pool.view(manager, StakeManager::totalAssetsCall {});
        let shares = self.pool.view(manager, StakeManager::totalSharesCall {});
        let closing = [
            (RATE_ASSETS, assets.to()),
            (RATE_SHARES, shares.to()),
            (EPOCH, u128::from(epoch)),
        ];
        for (field, value) in closing {
            self.pool.write(manager, CLOSING.number(), field, value);
        }
    }

    /// Lets free ETH fund so many validators.
    pub fn free(&mut self, validators: u64) {
        let manager = self.pool.manager;
        let value = u128::from(validators);
        self.pool.write(manager, FLOWS.number(), FUNDABLE, value);
    }
}
