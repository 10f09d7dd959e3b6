//! `clay whitelist history`: everything that ever happened.

use std::collections::HashSet;

use alloy::primitives::Address;
use clap::Args;
use serde_json::Value;

use super::{find, ChainArgs};
use crate::{failure::Failure, moment::date, output::say, whitelist::event::Event};

/// Shows every event of the whitelist, or of one account, oldest first, with its block and time. They tell every account's
/// status at any block.
#[derive(Args, Debug)]
pub(in crate::commands) struct HistoryArgs {
    /// The account; all of them, and who decides about them, if none is named.
    account: Option<Address>,
    /// Prints JSON: times in seconds, rights as lists of names.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    chain: ChainArgs,
}

impl HistoryArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        let (_, whitelist) = find(&client, &self.chain).await?;
        let latest = client.block_number().await?;
        let mut events = whitelist.history(&client, latest).await?;
        if let Some(account) = self.account {
            events = of_account(events, account);
        }
        if self.json {
            say!("{:#}", events.iter().map(Event::json).collect::<Value>());
        } else if events.is_empty() {
            say!("Nothing happened.");
        } else {
            for event in &events {
                say!("{}", row(event));
            }
        }
        Ok(())
    }
}

/// What is about an account: its standing, and applications for it, whose end is told by their number only.
fn of_account(events: Vec<Event>, account: Address) -> Vec<Event> {
    let mut applications = HashSet::new();
    let mut is_about = |event: &Event| {
        let about = event.account() == Some(account);
        match event.application() {
            Some(id) if about => applications.insert(id),
            Some(id) => applications.contains(&id),
            None => about,
        }
    };
    // In order, so an application is filed before it is decided on.
    events.into_iter().filter(|event| is_about(event)).collect()
}

fn row(event: &Event) -> String {
    let (name, told) = event.told();
    let told = told.iter();
    let told = told.map(|(name, value)| format!("{name} {}", value.in_words()));
    format!(
        "  {:>10}  {}  {name}: {}",
        event.block,
        event.time.map(date).unwrap_or_default(),
        told.collect::<Vec<_>>().join(", ")
    )
}
