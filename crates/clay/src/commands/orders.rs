//! `clay orders`: an account's orders to leave the pool.

use alloy::{
    primitives::{Address, U256},
    rpc::types::Filter,
    sol_types::SolEvent,
};
use clap::Args;
use serde_json::{json, Value};

use super::{ChainArgs, PoolContracts};
use crate::{
    amount::{display, display_eth},
    bindings::UnstakeQueue::{
        balanceOfCall, estimatedPaymentCall, orderCall, orderReturn, Transfer,
    },
    client::Client,
    deploy::pool::Pool,
    failure::Failure,
    keys::KeyOptions,
    logs::Logs,
    moment,
    output::say,
};

/// States of an order, by the number the contract gives.
const STATES: [&str; 6] = [
    "none",
    "pending",
    "due",
    "claimable",
    "claimed",
    "withdrawn",
];

/// The state in which an order can be claimed.
pub(super) const CLAIMABLE: u8 = 3;

/// Shows an account's orders: what they are worth, and when they will probably be paid.
#[derive(Args, Debug)]
pub(super) struct OrdersArgs {
    /// The account; that of your key, if none is named.
    account: Option<Address>,
    /// These orders instead, of whomever: also where the node does not search events.
    #[arg(
        long,
        value_name = "ID,...",
        value_delimiter = ',',
        conflicts_with = "account"
    )]
    ids: Vec<U256>,
    /// Prints JSON: amounts in wei, as text.
    #[arg(long)]
    json: bool,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl OrdersArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let account = match (self.account, self.ids.is_empty()) {
            (Some(account), _) => Some(account),
            (None, false) => None,
            (None, true) => match self.key.signer_without_asking()? {
                Some(signer) => Some(signer.address()),
                None => return Err(Failure::Key("Name an address, or give a key.".into())),
            },
        };
        let client = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&client, &self.chain, self.pool).await?;
        let queue = pool.at(&client, "unstake-queue").await?;
        let orders = match account {
            Some(account) => of_account(&client, &pool, queue, account).await?,
            None => read_all(&client, queue, &self.ids).await?,
        };
        if self.json {
            say!("{:#}", orders.iter().map(Order::json).collect::<Value>());
        } else if orders.is_empty() {
            say!("No orders.");
        } else {
            let now = client.now().await?;
            say!("  order       state                      shares                   worth  paid");
            for order in &orders {
                say!("{}", order.row(now));
            }
        }
        Ok(())
    }
}

/// An order as the queue has it.
pub(super) struct Order {
    pub(super) id: U256,
    pub(super) owner: Address,
    pub(super) shares: U256,
    pub(super) state: u8,
    /// Wei it is paid, or would be now.
    pub(super) assets: U256,
    /// When it will probably be paid, in seconds; zero if it is finalised or gone.
    pub(super) estimate: U256,
}

impl Order {
    /// Reads an order.
    pub(super) async fn read(client: &Client, queue: Address, id: U256) -> Result<Self, Failure> {
        let orderReturn {
            owner,
            shares,
            state,
            assets,
        } = client.view(queue, orderCall { id }).await?;
        Ok(Self {
            id,
            owner,
            shares,
            state,
            assets,
            estimate: client.view(queue, estimatedPaymentCall { id }).await?,
        })
    }

    fn state(&self) -> &'static str {
        STATES.get(usize::from(self.state)).unwrap_or(&"unknown")
    }

    fn row(&self, now: u64) -> String {
        let paid = if self.estimate.is_zero() {
            "-".into()
        } else {
            moment::told(self.estimate.saturating_to(), now)
        };
        format!(
            "  {:<10}  {:<10}  {:>20}  {:>22}  {paid}",
            self.id,
            self.state(),
            display(self.shares),
            display_eth(self.assets)
        )
    }

    fn json(&self) -> Value {
        let estimate = (!self.estimate.is_zero()).then(|| self.estimate.saturating_to::<u64>());
        json!({
            "id": self.id.to_string(),
            "owner": self.owner.to_string(),
            "shares": self.shares.to_string(),
            "state": self.state(),
            "assets": self.assets.to_string(),
            "estimatedPayment": estimate,
        })
    }
}

/// Orders by their ids.
pub(super) async fn read_all(
    client: &Client,
    queue: Address,
    ids: &[U256],
) -> Result<Vec<Order>, Failure> {
    let mut orders = Vec::with_capacity(ids.len());
    for &id in ids {
        orders.push(Order::read(client, queue, id).await?);
    }
    Ok(orders)
}

/// The orders an account owns, oldest first. They are found by the events that gave them to it, newest first, until
/// there are as many as it owns.
pub(super) async fn of_account(
    client: &Client,
    pool: &PoolContracts,
    queue: Address,
    account: Address,
) -> Result<Vec<Order>, Failure> {
    let owner = account;
    let owned = client.view(queue, balanceOfCall { owner }).await?;
    let owned: usize = owned.saturating_to();
    let given = Filter::new()
        .address(queue)
        .event_signature(Transfer::SIGNATURE_HASH)
        .topic2(account.into_word());
    let mut orders: Vec<Order> = Vec::with_capacity(owned);
    if owned == 0 {
        return Ok(orders);
    }
    let since = pool.since(client, "unstake-queue").await?;
    let mut logs = Logs::search(client, given, since).await?;
    while orders.len() < owned {
        let Some(batch) = logs.next().await? else {
            break;
        };
        for log in batch {
            let Ok(transfer) = Transfer::decode_log(&log.inner) else {
                continue;
            };
            let id = transfer.tokenId;
            if orders.iter().any(|order| order.id == id) {
                continue;
            }
            let order = Order::read(client, queue, id).await?;
            if order.owner == account {
                orders.push(order);
            }
            if orders.len() == owned {
                break;
            }
        }
    }
    orders.sort_by_key(|order| order.id);
    Ok(orders)
}
