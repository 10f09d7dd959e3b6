//! Pools in which each role is one account, and in them a call of every function.

use alloy::{
    dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier},
    eips::BlockId,
    json_abi::{Function, JsonAbi, StateMutability},
    primitives::{Address, Bytes, B256, U256},
    rpc::types::state::{AccountOverride, StateOverride},
    sol_types::SolCall,
};
use clay::bindings::ABIS;
use clay_chain::{CallOutcome, Overrides, TxRequest};
use e2e::{
    calls::{Prepared, ValidCall},
    operators::OPERATOR,
    reported::DAY,
    CsEthToken, Kind,
    KycWhitelist::{rightsOfCall, setRightsCall},
    OperatorRegistry::{exitShortCall, exitUnlicensedCall, facetsCall, offerPayoutCall},
    Pool, StakeManager, UnstakeQueue, ALICE, ETH,
};

use super::{
    roles::Role,
    setup::{give_all, give_roles, make_short, name_proposers, operator},
    table::{rule, Who},
};

const NONE: U256 = U256::ZERO;

/// A call that each role makes, and where it is made.
pub struct Probe {
    /// The contract, as the ABIs name it.
    pub contract: &'static str,
    /// The function's name; with a word behind it, of a call besides the usual one.
    pub function: String,
    pool: Pool,
    to: Address,
    value: U256,
    data: Bytes,
}

impl Probe {
    /// Makes the call as an account, in a copy of the pool, with ETH enough.
    pub fn made_by(&self, account: Address) -> CallOutcome {
        let balance = self.pool.chain.balance_now(account) + self.value;
        let mut state = StateOverride::default();
        let rich = AccountOverride::default().with_balance(balance);
        state.insert(account, rich);
        let overrides = Overrides {
            state: Some(state),
            block: None,
        };
        let request = TxRequest::call(account, self.to, self.data.clone()).with_value(self.value);
        let made = self
            .pool
            .chain
            .call(&request, BlockId::latest(), &overrides);
        made.expect("a call the chain takes")
    }
}

/// A prepared pool of a kind in which each role is one account.
pub struct Situation {
    /// Which pool it is.
    pub kind: Kind,
    /// The roles' accounts.
    pub roles: Vec<(Role, Address)>,
    prepared: Prepared,
    calls: Vec<ValidCall>,
}

impl Situation {
    /// The pool of a kind.
    pub fn of(kind: Kind) -> Self {
        let (mut prepared, other) = match kind {
            Kind::Retail => (Prepared::retail(), Kind::Institutional),
            Kind::Institutional => (Prepared::institutional(), Kind::Retail),
        };
        let pool = &prepared.story.pool;
        let other = pool.clone().turned_to(other);
        let accounts = Role::ALL.iter();
        let roles: Vec<_> = accounts
            .map(|role| (*role, role.account(pool, &other)))
            .collect();
        give_all(&mut prepared, &roles);
        let calls = prepared.calls();
        give_roles(&mut prepared, &calls);
        Self {
            kind,
            roles,
            prepared,
            calls,
        }
    }

    fn pool(&self) -> &Pool {
        &self.prepared.story.pool
    }

    /// Where a contract is; none if this pool has none such.
    fn address(&self, contract: &str) -> Option<Address> {
        let mut calls = self.calls.iter();
        let image = (contract == "order-image").then_some(self.pool().image);
        let found = calls.find(|call| call.contract == contract);
        found.map(|call| call.to).or(image)
    }

    /// The contracts of this pool that are on this chain, and their ABIs.
    pub fn contracts(&self) -> impl Iterator<Item = (&'static str, Address, JsonAbi)> + '_ {
        let all = ABIS.iter();
        all.filter_map(|(name, json)| Some((*name, self.address(name)?, abi(json))))
    }

    /// Each role's rights in the whitelist, as it answers.
    pub fn rights(&self) -> impl Iterator<Item = (Role, u8)> + '_ {
        let whitelist = self.pool().whitelist;
        let ask = move |account| self.pool().view(whitelist, rightsOfCall { account });
        self.roles
            .iter()
            .map(move |(role, account)| (*role, ask(*account)))
    }

    /// A call of every function that changes something.
    pub fn probes(&self) -> Vec<Probe> {
        let listed = self.calls.iter().map(|call| {
            let mut pool = self.pool().clone();
            call.prepare(&mut pool);
            let (name, _) = call.signature.split_once('(').expect("a signature");
            if (call.contract, name) == (self.kind.token(), "transferFrom") {
                // Alice has approved the queue too.
                let (spender, value) = (pool.queue, NONE);
                let approve = CsEthToken::approveCall { spender, value };
                pool.run(ALICE, pool.token, NONE, approve);
            }
            self.probe(call.contract, name, pool, call.value, call.data.clone())
        });
        let mut probes: Vec<_> = listed.collect();
        probes.extend(self.closed());
        probes.extend(self.silent());
        probes.extend(self.of_operators());
        probes
    }

    /// What a program must refuse when it is called itself, without the proxy that has its storage: to be set up or
    /// upgraded, and a facet everything.
    pub fn programs(&self) -> Vec<Probe> {
        let mut probes = Vec::new();
        for (contract, proxy, abi) in self.contracts() {
            let mut add = |program, function| {
                let probe = self.with_zeros(contract, function);
                probes.push(Probe {
                    to: program,
                    ..probe
                });
            };
            for function in abi.functions().filter(|function| changes(function)) {
                for facet in self.facets(contract) {
                    add(facet, function);
                }
                // The timelock refuses everybody anyway.
                let upgrade = function.name.starts_with("upgrade") && contract != "timelock";
                let implementation = self.implementation(proxy).into_iter();
                implementation
                    .filter(|_| upgrade || function.name == "initialize")
                    .for_each(|program| add(program, function));
            }
        }
        probes
    }

    /// The program behind a proxy; none if it is none.
    fn implementation(&self, proxy: Address) -> Option<Address> {
        let address = self.pool().program_of(proxy);
        (!address.is_zero()).then_some(address)
    }

    fn facets(&self, contract: &str) -> Vec<Address> {
        match contract {
            "stake-manager" => vec![self.pool().facet],
            "operator-registry" => {
                let facets = self.pool().view(self.pool().registry, facetsCall {});
                vec![facets.first, facets.second]
            }
            _ => Vec::new(),
        }
    }

    fn probe(
        &self,
        contract: &'static str,
        function: &str,
        mut pool: Pool,
        value: U256,
        data: impl Into<Bytes>,
    ) -> Probe {
        let to = self.address(contract).expect("a contract of this pool");
        name_proposers(&mut pool);
        Probe {
            contract,
            function: function.to_owned(),
            pool,
            to,
            value,
            data: data.into(),
        }
    }

    /// A call with zeros for arguments.
    fn with_zeros(&self, contract: &'static str, function: &Function) -> Probe {
        let pool = self.pool().clone();
        self.probe(contract, &function.name, pool, NONE, zeros(function))
    }

    /// What nobody may do: the refusal comes before the arguments are looked at.
    fn closed(&self) -> Vec<Probe> {
        let mut probes = Vec::new();
        for (contract, _, abi) in self.contracts() {
            let closed = abi.functions().filter(|function| {
                let rule = rule(contract, &function.name, self.kind);
                rule.is_some_and(|rule| matches!(rule.who, Who::Nobody(_)))
            });
            probes.extend(closed.map(|function| self.with_zeros(contract, function)));
        }
        probes
    }

    /// Redemptions when no order could be finalised for 15 days.
    fn silent(&self) -> [Probe; 2] {
        let mut pool = self.pool().clone();
        pool.chain.increase_time(15 * DAY);
        pool.chain.mine(1);
        let of_order = UnstakeQueue::redeemSilentlyCall {
            id: self.prepared.open,
            minAssets: NONE,
            receiver: ALICE,
        };
        let of_shares = StakeManager::redeemSilentlyCall {
            shares: ETH,
            receiver: ALICE,
        };
        let name = "redeemSilently";
        let data = of_order.abi_encode();
        let of_order = self.probe("unstake-queue", name, pool.clone(), NONE, data);
        let data = of_shares.abi_encode();
        [
            of_order,
            self.probe("stake-manager", name, pool, NONE, data),
        ]
    }

    /// Exits of operators whose bond is short, or whose right was taken away; and an offer that is withdrawn.
    fn of_operators(&self) -> [Probe; 3] {
        let at = "operator-registry";
        let operator = operator(&self.calls);
        let withdrawn = offerPayoutCall {
            operator,
            payout: Address::ZERO,
        };
        let withdrawn = withdrawn.abi_encode();
        let (mut short, mut unlicensed) = (self.pool().clone(), self.pool().clone());
        make_short(&mut short, operator);
        if self.kind == Kind::Institutional {
            let none = setRightsCall {
                accounts: vec![OPERATOR],
                rights: vec![0],
                expiries: vec![Default::default()],
                referenceHashes: vec![B256::ZERO],
            };
            let (board, whitelist) = (unlicensed.board, unlicensed.whitelist);
            unlicensed.run(board, whitelist, NONE, none);
        }
        let of_unlicensed = exitUnlicensedCall { operator }.abi_encode();
        let of_short = exitShortCall { operator }.abi_encode();
        let now = self.pool().clone();
        [
            self.probe(at, "exitUnlicensed", unlicensed, NONE, of_unlicensed),
            self.probe(at, "exitShort", short, NONE, of_short),
            self.probe(at, "offerPayout withdrawn", now, NONE, withdrawn),
        ]
    }

    /// A call of every view, with zeros for arguments.
    pub fn views(&self) -> Vec<Probe> {
        let mut views = Vec::new();
        for (contract, _, abi) in self.contracts() {
            let answers = abi.functions().filter(|function| !changes(function));
            views.extend(answers.map(|function| self.with_zeros(contract, function)));
        }
        views
    }
}

/// An ABI.
pub fn abi(json: &str) -> JsonAbi {
    serde_json::from_str(json).expect("an ABI")
}

/// Whether a function can change something.
pub fn changes(function: &Function) -> bool {
    let view = [StateMutability::View, StateMutability::Pure];
    !view.contains(&function.state_mutability)
}

/// The calldata of a function with zeros for arguments.
fn zeros(function: &Function) -> Vec<u8> {
    let arguments = function.inputs.iter();
    let zeros: Vec<_> = arguments
        .map(|argument| zero(&argument.resolve().expect("a type")))
        .collect();
    function.abi_encode_input(&zeros).expect("its arguments")
}

/// The zero of a type.
fn zero(of: &DynSolType) -> DynSolValue {
    match of {
        DynSolType::Bool => DynSolValue::Bool(false),
        DynSolType::Address => DynSolValue::Address(Address::ZERO),
        DynSolType::Uint(bits) => DynSolValue::Uint(NONE, *bits),
        DynSolType::FixedBytes(length) => DynSolValue::FixedBytes(B256::ZERO, *length),
        DynSolType::Bytes => DynSolValue::Bytes(Vec::new()),
        DynSolType::String => DynSolValue::String(String::new()),
        DynSolType::Array(_) => DynSolValue::Array(Vec::new()),
        DynSolType::FixedArray(item, length) => DynSolValue::FixedArray(vec![zero(item); *length]),
        DynSolType::Tuple(items) => DynSolValue::Tuple(items.iter().map(zero).collect()),
        DynSolType::CustomStruct { tuple, .. } => zero(&DynSolType::Tuple(tuple.clone())),
        other => panic!("no zero of {other:?}"),
    }
}
