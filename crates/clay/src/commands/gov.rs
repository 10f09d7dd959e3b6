//! `clay gov`: what the timelock does, from proposal to execution.

use std::path::PathBuf;

use alloy::{
    hex,
    primitives::{Bytes, B256, U256},
    sol_types::SolCall,
};
use clap::{Args, Subcommand};

use super::ChainArgs;
use crate::{
    client::Client,
    deploy::record::Deployment,
    failure::Failure,
    governance::{self, Governance, Operation, Standing},
    keys::KeyOptions,
    logs, moment,
    output::say,
    table,
};

#[derive(Debug, Subcommand)]
pub(super) enum GovCommand {
    Propose(ProposeArgs),
    /// Shows what an operation does, how long it waits, and where it stands.
    Show(ShowArgs),
    /// Schedules an operation, as a proposer. Its delay begins.
    Schedule(ActArgs),
    /// Stops an operation that was not executed, as a canceller.
    Cancel(ActArgs),
    /// Executes an operation that is due. Anyone may.
    Execute(ActArgs),
    List(ListArgs),
}

/// Builds an operation and writes it to a file.
#[derive(Args, Debug)]
pub(super) struct ProposeArgs {
    /// The file to write.
    file: PathBuf,
    /// A call it makes, and once more for each further one: CONTRACT.FUNCTION(ARGUMENT, ...), with contracts as the
    /// deployment file names them, or CONTRACT:0xCALLDATA.
    #[arg(long = "call", value_name = "CALL", required = true)]
    calls: Vec<String>,
    /// Number of the operation that has to be executed before.
    #[arg(long, value_name = "ID", value_parser = parse_id)]
    after: Option<B256>,
    #[command(flatten)]
    chain: ChainArgs,
}

/// An operation: its file, or its number on the chain.
#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    /// Its file, or its number.
    #[arg(value_name = "FILE or ID")]
    operation: PathBuf,
    #[command(flatten)]
    chain: ChainArgs,
}

/// An operation and the key of whoever acts on it.
#[derive(Args, Debug)]
pub(super) struct ActArgs {
    #[command(flatten)]
    of: ShowArgs,
    #[command(flatten)]
    key: KeyOptions,
}

/// Lists everything that was ever scheduled, and where it stands.
#[derive(Args, Debug)]
pub(super) struct ListArgs {
    #[command(flatten)]
    chain: ChainArgs,
}

/// An operation that was found, and everything around it.
struct Found {
    client: Client,
    governance: Governance,
    operation: Operation,
    id: B256,
    standing: Standing,
}

impl GovCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            GovCommand::Propose(args) => args.run().await,
            GovCommand::Show(args) => args.find().await.map(|_| ()),
            GovCommand::Schedule(args) => {
                let (client, found) = args.open().await?;
                let call = found.operation.schedule().abi_encode();
                act(&client, &found, "scheduling an operation", call).await?;
                let standing = found.governance.standing(&client, found.id).await?;
                say!("Scheduled: {}.", stands(standing, client.now().await?));
                Ok(())
            }
            GovCommand::Cancel(args) => {
                let (client, found) = args.open().await?;
                let call = found.governance.cancel(found.id).abi_encode();
                act(&client, &found, "cancelling an operation", call).await?;
                say!("Cancelled.");
                Ok(())
            }
            GovCommand::Execute(args) => {
                let (client, found) = args.open().await?;
                let call = found.operation.execute().abi_encode();
                act(&client, &found, "executing an operation", call).await?;
                say!("Executed.");
                Ok(())
            }
            GovCommand::List(args) => args.run().await,
        }
    }
}

impl ProposeArgs {
    async fn run(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        let deployment = Deployment::of(&client, &self.chain.file(&client))?;
        let governance = Governance::find(&client, &deployment).await?;
        let calls = self.calls.iter();
        let calls: Result<Vec<_>, _> = calls
            .map(|text| governance::parse_call(&deployment, text))
            .collect();
        let mut operation = governance
            .propose(&client, calls?, self.after.unwrap_or_default())
            .await?;
        let calls = operation.calls.iter();
        operation.says = calls
            .flat_map(|call| governance::say(&deployment, call))
            .collect();
        operation.write(&self.file)?;
        let found = Found::new(client, governance, operation).await?;
        found.tell(&deployment).await?;
        say!(
            "\nWritten to {}. A proposer schedules it with `clay gov schedule`.",
            self.file.display()
        );
        Ok(())
    }
}

impl ShowArgs {
    /// Finds it and tells what it does.
    async fn find(&self) -> Result<Found, Failure> {
        let client = self.chain.connect(None).await?;
        let deployment = Deployment::of(&client, &self.chain.file(&client))?;
        let governance = Governance::find(&client, &deployment).await?;
        let operation = match self.operation.to_str().map(parse_id) {
            Some(Ok(id)) => scheduled(&client, &governance, id).await?,
            _ => Operation::read(&client, &self.operation)?,
        };
        if operation.timelock != governance.timelock {
            return Err(Failure::Conflict(format!(
                "the operation is for the timelock {}, and this deployment's is {}.",
                operation.timelock, governance.timelock
            )));
        }
        let found = Found::new(client, governance, operation).await?;
        found.tell(&deployment).await?;
        Ok(found)
    }
}

impl ActArgs {
    /// Finds it, tells what it does, and connects with the key.
    async fn open(&self) -> Result<(Client, Found), Failure> {
        let found = self.of.find().await?;
        let signer = self.key.signer()?;
        Ok((self.of.chain.connect(Some(signer)).await?, found))
    }
}

impl ListArgs {
    async fn run(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        let deployment = Deployment::of(&client, &self.chain.file(&client))?;
        let governance = Governance::find(&client, &deployment).await?;
        let (operations, now) = (governance.operations(&client).await?, client.now().await?);
        if operations.is_empty() {
            say!("Nothing was ever scheduled.");
        }
        for (id, operation) in operations {
            let standing = governance.standing(&client, id).await?;
            say!("{}: {}", told(id), stands(standing, now));
            for call in &operation.calls {
                let words = governance::say(&deployment, call);
                say!("  {}", words.join("\n  "));
            }
        }
        Ok(())
    }
}

impl Found {
    async fn new(
        client: Client,
        governance: Governance,
        operation: Operation,
    ) -> Result<Self, Failure> {
        let id = governance.id(&client, &operation).await?;
        let standing = governance.standing(&client, id).await?;
        Ok(Self {
            client,
            governance,
            operation,
            id,
            standing,
        })
    }

    /// Tells what it does, read from its calldata.
    async fn tell(&self, deployment: &Deployment) -> Result<(), Failure> {
        let Self {
            client, operation, ..
        } = self;
        let mut longest = (0, 0);
        let mut own = false;
        for (number, call) in (1..).zip(&operation.calls) {
            let words = governance::say(deployment, call);
            say!("{number}. {}", words.join("\n   "));
            let (kind, delay) = self.governance.delay(client, call).await?;
            longest = longest.max((delay, kind));
            own |= call.target == operation.timelock;
        }
        say!("");
        let (delay, kind) = longest;
        let mut rows = vec![
            ("operation", told(self.id)),
            (
                "waits",
                format!(
                    "{} days, as a call of kind '{}' does",
                    delay / 86_400,
                    governance::kind(kind)
                ),
            ),
            ("stands", stands(self.standing, client.now().await?)),
        ];
        if !operation.predecessor.is_zero() {
            rows.push(("only after", told(operation.predecessor)));
        }
        say!("{}", table::lines(&rows));
        // Its own settings it changes by itself, which nobody else can try.
        if self.standing != Standing::Executed && !own {
            self.try_calls().await;
        }
        Ok(())
    }

    /// Tells which of its calls would be refused if it were executed now.
    async fn try_calls(&self) {
        for (number, call) in (1..).zip(&self.operation.calls) {
            let action = format!("call {number}");
            let (from, data) = (self.operation.timelock, call.data.clone());
            let tried = self.client.try_as(&action, from, call.target, data).await;
            if let Err(Failure::Refused { reason, .. }) = tried {
                say!("  note: by itself and now, call {number} would be refused: {reason}");
            }
        }
    }
}

/// An operation's number as people pass it on; a bare one looks like a private key.
fn told(id: B256) -> String {
    format!("op:{}", hex::encode(id))
}

/// Reads a number as [`told`] writes it.
fn parse_id(text: &str) -> Result<B256, String> {
    let digits = text.strip_prefix("op:").unwrap_or_default();
    digits
        .parse()
        .map_err(|_| "an operation's number is op: and 64 digits".to_owned())
}

async fn scheduled(
    client: &Client,
    governance: &Governance,
    id: B256,
) -> Result<Operation, Failure> {
    let operations = governance.operations(client).await?;
    let found = operations.into_iter().find(|(it, _)| *it == id);
    let (_, operation) = found.ok_or_else(|| {
        Failure::Conflict(format!(
            "the timelock was never told of an operation {}.\n`clay gov list` shows all that were scheduled.",
            told(id)
        ))
    })?;
    Ok(operation)
}

async fn act(client: &Client, found: &Found, action: &str, call: Vec<u8>) -> Result<(), Failure> {
    let timelock = found.governance.timelock;
    let receipt = client
        .transact(action, timelock, U256::ZERO, Bytes::from(call))
        .await?;
    say!("\n{}", table::lines(&logs::costs(&receipt)));
    Ok(())
}

/// Where an operation stands, in words.
fn stands(standing: Standing, now: u64) -> String {
    match standing {
        Standing::Unknown => "not scheduled".into(),
        Standing::Waits(due) => format!("waits; due {}", moment::told(due, now)),
        Standing::Due(until) => format!("due; lapses {}", moment::told(until, now)),
        Standing::Lapsed(until) => format!("lapsed {}", moment::told(until, now)),
        Standing::Executed => "executed".into(),
    }
}
