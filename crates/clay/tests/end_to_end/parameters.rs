//! Every governed number: bounds that its setter enforces, the delay it changes with, and the page that says so.
//!
//! The committed `docs/parameters.md` must be what the chain says. After a change, write it anew:
//! `CLAY_UPDATE_PARAMETERS=1 cargo test -p clay --test end_to_end parameters`.

use std::{fmt::Write, fs, path::Path};

use alloy::{
    primitives::U256,
    providers::Provider,
    rpc::types::{TransactionInput, TransactionRequest},
};
use clay::{
    amount::{display, display_eth},
    client::Client,
    deploy::record::Deployment,
    governance::{kind, parse_call, Call, Governance},
};
use clay_chain::TxRequest;
use serde_json::Value;

use crate::{chain::TestChain, governance::governed};

/// How each number without an id is set, `{}` standing for it; what is set along with it does not stand in its way.
const SETTERS: [(&str, &str); 34] = [
    (
        "smallest order",
        "setOrderLimits({}, 100000000000000000000)",
    ),
    ("largest order", "setOrderLimits(1000000000, {})"),
    ("cancel cost before due", "setCancelCosts({}, 100)"),
    ("cancel cost after due", "setCancelCosts(1, {})"),
    ("smallest fee", "setFees({}, 500)"),
    ("largest fee", "setFees(1, {})"),
    ("low watermark, of the target", "setLimits({}, 0, 0, 0)"),
    ("bucket capacity, of totalAssets", "setLimits(0, {}, 0, 0)"),
    ("bucket refill a day", "setLimits(0, 0, {}, 0)"),
    ("largest exit, of totalAssets", "setLimits(0, 0, 0, {})"),
    ("treasury's part of fees", "setTreasuryPart({})"),
    ("monthly allowance", "setMonthlyAllowance({})"),
    ("conversion fee", "setConversionTerms({}, 0)"),
    (
        "conversions a day, of totalAssets",
        "setConversionTerms(1, {})",
    ),
    ("cover in 30 days", "setCoverCap({})"),
    (
        "target: SSV, home",
        "setTargets([{}, REST, 0, 0, 0, 0, 0, 0, 0])",
    ),
    (
        "target: SSV, professional",
        "setTargets([REST, {}, 0, 0, 0, 0, 0, 0, 0])",
    ),
    (
        "target: SSV, institution",
        "setTargets([REST, 0, {}, 0, 0, 0, 0, 0, 0])",
    ),
    (
        "target: Obol, home",
        "setTargets([REST, 0, 0, {}, 0, 0, 0, 0, 0])",
    ),
    (
        "target: Obol, professional",
        "setTargets([REST, 0, 0, 0, {}, 0, 0, 0, 0])",
    ),
    (
        "target: Obol, institution",
        "setTargets([REST, 0, 0, 0, 0, {}, 0, 0, 0])",
    ),
    (
        "target: direct, home",
        "setTargets([REST, 0, 0, 0, 0, 0, {}, 0, 0])",
    ),
    (
        "target: direct, professional",
        "setTargets([REST, 0, 0, 0, 0, 0, 0, {}, 0])",
    ),
    (
        "target: direct, institution",
        "setTargets([REST, 0, 0, 0, 0, 0, 0, 0, {}])",
    ),
    ("length of an epoch", "setEpochLength({})"),
    ("root delay", "setRootDelay({})"),
    ("factor: SSV", "setFactors({}, 0, 0)"),
    ("factor: Obol", "setFactors(0, {}, 0)"),
    ("factor: direct", "setFactors(0, 0, {})"),
    ("standing, of expected attestations", "setStanding({})"),
    ("price of an SSV token", "setSsvPrice({})"),
    ("delay of parameters", "setDelay(1, {})"),
    ("delay of upgrades", "setDelay(2, {})"),
    ("delay of what replaces the Board", "setDelay(3, {})"),
];

/// Numbers whose setters this cannot try, and why.
const ELSEWHERE: [(&str, &str); 4] = [
    (
        "price of an SSV token",
        "moves by half at most, from the one before",
    ),
    ("delay of parameters", BY_ITSELF),
    ("delay of upgrades", BY_ITSELF),
    ("delay of what replaces the Board", BY_ITSELF),
];

const BY_ITSELF: &str = "only the timelock itself sets it, within an operation";

const POOLS: [&str; 2] = ["retail", "institutional"];

/// Both pools, and what governs them.
struct World {
    chain: TestChain,
    deployment: Deployment,
    client: Client,
    governance: Governance,
}

impl World {
    /// With conversion set up, which gives it terms.
    async fn new() -> Self {
        let chain = governed().await;
        let deployment = Deployment::read(&chain.file()).unwrap().unwrap();
        let client = Client::connect(&chain.url, None).await.unwrap();
        let governance = Governance::find(&client, &deployment).await.unwrap();
        let world = Self {
            chain,
            deployment,
            client,
            governance,
        };
        world.set("retail/flash-exit-pool.setConversion(institutional/stake-manager, shared/kyc-whitelist)");
        world
    }

    fn call(&self, text: &str) -> Call {
        parse_call(&self.deployment, text).unwrap()
    }

    /// Makes a call as the owner.
    fn set(&self, text: &str) {
        let Call { target, data } = self.call(text);
        let timelock = self.governance.timelock;
        let mut chain = self.chain.chain.lock().unwrap();
        chain.set_balance(timelock, U256::from(u64::MAX));
        let request = TxRequest::call(timelock, target, data);
        let receipt = chain.transact(request).unwrap();
        assert!(receipt.success(), "{text}: {}", receipt.output);
    }

    /// Whether the owner could make a call.
    async fn takes(&self, text: &str) -> bool {
        let Call { target, data } = self.call(text);
        let request = TransactionRequest::default()
            .from(self.governance.timelock)
            .to(target)
            .input(TransactionInput::new(data));
        self.client.provider().call(request).await.is_ok()
    }

    async fn parameters(&self, pool: &str) -> Vec<Parameter> {
        let shown = ["status", "--pool", pool, "--json", "--parameters"];
        let status: Value = serde_json::from_str(&self.chain.accepted(None, &shown).await).unwrap();
        let parameters = status["parameters"].as_array().unwrap();
        parameters
            .iter()
            .map(|it| Parameter::of(it, pool))
            .collect()
    }
}

/// One of those that `clay status --parameters` shows.
struct Parameter {
    contract: String,
    name: String,
    /// The call that sets it, to `{}`.
    setter: String,
    unit: String,
    value: U256,
    smallest: U256,
    largest: U256,
}

impl Parameter {
    fn of(json: &Value, pool: &str) -> Self {
        let text = |field: &str| json[field].as_str().unwrap().to_owned();
        let number = |field| text(field).parse().unwrap();
        let (contract, name) = (text("contract"), text("name"));
        let setter = match json["id"].as_u64() {
            Some(id) => format!("setParameter({id}, {{}})"),
            None => {
                let found = SETTERS.iter().find(|(of, _)| *of == name);
                let (_, setter) = found.unwrap_or_else(|| panic!("{name}: no setter"));
                (*setter).to_owned()
            }
        };
        let folder = if contract == "timelock" {
            "shared"
        } else {
            pool
        };
        Self {
            setter: format!("{folder}/{contract}.{setter}"),
            contract,
            name,
            unit: text("unit"),
            value: number("value"),
            smallest: number("smallest"),
            largest: number("largest"),
        }
    }

    /// The call that sets it to a value.
    fn set_to(&self, value: U256) -> String {
        let rest = U256::from(10_000).saturating_sub(value);
        let setter = self.setter.replace("REST", &rest.to_string());
        setter.replace("{}", &value.to_string())
    }

    fn show(&self, value: U256) -> String {
        const HOUR: u64 = 60 * 60;
        match self.unit.as_str() {
            "wei" if value == (U256::from(1) << 96) - U256::from(1) => "2^96 - 1 wei".into(),
            "wei" => display_eth(value),
            "shares, 1e18 each" => format!("{} shares", display(value)),
            "seconds" => match value.to::<u64>() / HOUR {
                24 => "1 day".into(),
                hours if hours % 24 == 0 => format!("{} days", hours / 24),
                hours => format!("{hours} h"),
            },
            "basis points" => format!("{value} bp"),
            _ => value.to_string(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_setter_refuses_what_is_outside_its_bounds() {
    let world = World::new().await;
    for pool in POOLS {
        // Together they are at most the whole fee.
        for id in [6, 7] {
            world.set(&format!("{pool}/stake-manager.setParameter({id}, 0)"));
        }
        let mut tried = 0;
        for parameter in world.parameters(pool).await {
            if ELSEWHERE.iter().any(|(name, _)| *name == parameter.name) {
                continue;
            }
            let (smallest, largest) = (parameter.smallest, parameter.largest);
            let one = U256::from(1);
            let below = smallest.checked_sub(one).map(|value| (value, false));
            let within = [(smallest, true), (largest, true), (largest + one, false)];
            for (value, expected) in within.into_iter().chain(below) {
                let call = parameter.set_to(value);
                assert_eq!(world.takes(&call).await, expected, "{call}");
            }
            tried += 1;
        }
        assert!(tried >= 60, "{tried}");
    }
}

const HEAD: &str = "# Parameters

Every governed number, as a new deployment has it on the chain. Written by `cargo test -p clay --test end_to_end parameters`,
which holds each setter against its bounds, and fails when this page does not hold. `clay status --pool POOL --parameters`
shows what they are now, and `clay gov propose` writes the operation that changes one.

*Delay* is how long everybody sees a change coming before it can be made. Where the pools differ, the institutional one's
numbers stand behind the stroke.

| contract | parameter | set by | default | bounds | delay |
|---|---|---|---|---|---|
";

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_page_holds() {
    let world = World::new().await;
    let [retail, institutional] = [
        world.parameters(POOLS[0]).await,
        world.parameters(POOLS[1]).await,
    ];
    let mut page = HEAD.to_owned();
    for parameter in &retail {
        let other = institutional.iter().find(|it| it.name == parameter.name);
        let both = |told: fn(&Parameter) -> String| {
            let own = told(parameter);
            let other = other.map(told).filter(|other| *other != own);
            other.map_or(own.clone(), |other| format!("{own} / {other}"))
        };
        let default = both(|it| it.show(it.value));
        let bounds = both(|it| format!("{} to {}", it.show(it.smallest), it.show(it.largest)));
        let call = world.call(&parameter.set_to(parameter.value));
        let (kind_of, seconds) = world.governance.delay(&world.client, &call).await.unwrap();
        let setter = parameter.setter.rsplit('.').next().unwrap_or_default();
        let function = setter.split('(').next().unwrap_or_default();
        let id = setter
            .strip_prefix("setParameter(")
            .and_then(|rest| rest.split(',').next());
        let set_by = id.map_or(format!("`{function}`"), |id| format!("`{function}`, {id}"));
        let days = seconds / 86_400;
        writeln!(
            page,
            "| {} | {} | {set_by} | {default} | {bounds} | {days} days ({}) |",
            parameter.contract,
            parameter.name,
            kind(kind_of)
        )
        .unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/parameters.md");
    if std::env::var_os("CLAY_UPDATE_PARAMETERS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        committed, page,
        "docs/parameters.md: see the head of this test"
    );
}
