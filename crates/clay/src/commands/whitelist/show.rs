//! `clay whitelist show`: how accounts stand now.

use alloy::primitives::{Address, U256};
use clap::Args;
use serde_json::{json, Value};

use super::{find, ChainArgs};
use crate::{
    bindings::KycWhitelist::{accountCountCall, accountsCall, statusCall},
    client::Client,
    failure::Failure,
    moment::{date, told},
    output::say,
    table,
    whitelist::{
        register::{Application, Register, Standing},
        Whitelist, UNTIL_LIFTED,
    },
};

/// Shows what an account may do, until when and why, or all accounts in a table, page by page; and applications that the
/// Board has not decided on.
#[derive(Args, Debug)]
pub(in crate::commands) struct ShowArgs {
    /// The account; all of them, if none is named.
    account: Option<Address>,
    /// Which page of all accounts.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "account")]
    page: u64,
    /// How many accounts a page has.
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1_000), conflicts_with = "account")]
    per_page: u64,
    /// Prints JSON: times in seconds, rights as lists of names.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    chain: ChainArgs,
}

/// An account, how it stands, and what was applied for.
struct Shown {
    account: Address,
    standing: Standing,
    open: Vec<(U256, Application)>,
}

impl ShowArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        let (_, whitelist) = find(&client, &self.chain).await?;
        let now = client.now().await?;
        let open = open_applications(&client, &whitelist).await?;
        match self.account {
            Some(account) => {
                let shown = Shown::read(&client, &whitelist, account, &open).await?;
                if self.json {
                    say!("{:#}", shown.json(now));
                } else {
                    say!("{}", table::lines(&shown.rows(now)));
                }
                Ok(())
            }
            None => self.all(&client, &whitelist, &open, now).await,
        }
    }

    async fn all(
        &self,
        client: &Client,
        whitelist: &Whitelist,
        open: &[(U256, Application)],
        now: u64,
    ) -> Result<(), Failure> {
        let from = (self.page - 1).saturating_mul(self.per_page);
        let total = client.view(whitelist.address, accountCountCall {}).await?;
        let page = accountsCall {
            from: U256::from(from),
            count: U256::from(self.per_page),
        };
        let accounts = client.view(whitelist.address, page).await?;
        let mut page = Vec::with_capacity(accounts.len());
        for account in accounts {
            page.push(Shown::read(client, whitelist, account, open).await?);
        }
        if self.json {
            let listed: Value = page.iter().map(|shown| shown.json(now)).collect();
            let open: Value = open.iter().map(application_json).collect();
            let all = json!({
                "total": total.saturating_to::<u64>(),
                "accounts": listed,
                "openApplications": open,
            });
            say!("{all:#}");
            return Ok(());
        }
        if page.is_empty() {
            say!("No accounts on page {}: there are {total}.", self.page);
        } else {
            let last = from.saturating_add(page.len() as u64);
            say!("Accounts {} to {last} of {total}:", from + 1);
        }
        for shown in &page {
            say!("  {}  {}", shown.account, shown.in_a_line(now));
        }
        if !open.is_empty() {
            say!("\nOpen applications:");
        }
        for (id, application) in open {
            say!("  {id:<6}  {}  {}", application.account, asked(application));
        }
        Ok(())
    }
}

/// Applications that the Board has not decided on, oldest first.
async fn open_applications(
    client: &Client,
    whitelist: &Whitelist,
) -> Result<Vec<(U256, Application)>, Failure> {
    let latest = client.block_number().await?;
    let events = whitelist.history(client, latest).await?;
    let register = Register::of(&events);
    let open = register.open().map(|(id, application)| (*id, *application));
    Ok(open.collect())
}

impl Shown {
    async fn read(
        client: &Client,
        whitelist: &Whitelist,
        account: Address,
        open: &[(U256, Application)],
    ) -> Result<Self, Failure> {
        let status = client
            .view(whitelist.address, statusCall { account })
            .await?;
        let open = open.iter().filter(|(_, filed)| filed.account == account);
        Ok(Self {
            account,
            standing: status.into(),
            open: open.copied().collect(),
        })
    }

    fn rows(&self, now: u64) -> Vec<(&'static str, String)> {
        let standing = &self.standing;
        let when = |time: u64| format!("{}, {}", date(time), told(time, now));
        let mut rows = vec![
            ("account", self.account.to_string()),
            ("now", standing.in_words(now)),
            ("rights given", standing.rights.in_words()),
            (
                "until",
                match standing.expiry {
                    0 => "never given".into(),
                    expiry => when(expiry),
                },
            ),
            ("resting on", standing.reference.to_string()),
            (
                "denied",
                match standing.denied_until {
                    0 => "no".into(),
                    UNTIL_LIFTED => "until it is lifted".into(),
                    until => format!("until {}", when(until)),
                },
            ),
            (
                "emergency denial",
                match standing.emergency_from {
                    from if from > now => format!("not again before {}", when(from)),
                    _ => "possible".into(),
                },
            ),
            (
                "protocol contract",
                if standing.protocol_contract {
                    "yes"
                } else {
                    "no"
                }
                .into(),
            ),
        ];
        rows.extend(self.open.iter().map(|(id, application)| {
            let words = format!("{id} by {}: {}", application.applicant, asked(application));
            ("application", words)
        }));
        rows
    }

    fn in_a_line(&self, now: u64) -> String {
        let standing = &self.standing;
        let words = standing.in_words(now);
        match standing.denied_until {
            UNTIL_LIFTED => format!("{words} until it is lifted"),
            until if until > now => format!("{words} until {}", date(until)),
            _ if standing.protocol_contract || standing.expiry <= now => words,
            _ => format!("{words} until {}", date(standing.expiry)),
        }
    }

    fn json(&self, now: u64) -> Value {
        let standing = &self.standing;
        json!({
            "account": self.account.to_string(),
            "words": standing.in_words(now),
            "rightsNow": standing.rights_at(now).names().collect::<Vec<_>>(),
            "rights": standing.rights.names().collect::<Vec<_>>(),
            "expiry": standing.expiry,
            "reference": standing.reference.to_string(),
            "deniedUntil": standing.denied_until,
            "emergencyFrom": standing.emergency_from,
            "protocolContract": standing.protocol_contract,
            "openApplications": self.open.iter().map(application_json).collect::<Vec<_>>(),
        })
    }
}

fn asked(application: &Application) -> String {
    format!(
        "wants to {} (file {})",
        application.rights.in_words(),
        application.reference
    )
}

fn application_json((id, application): &(U256, Application)) -> Value {
    json!({
        "id": id.to_string(),
        "account": application.account.to_string(),
        "applicant": application.applicant.to_string(),
        "rights": application.rights.names().collect::<Vec<_>>(),
        "reference": application.reference.to_string(),
    })
}
