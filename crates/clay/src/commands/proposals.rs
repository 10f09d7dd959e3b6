//! What commands share that handle committees' proposals: showing one, signing it, handing it in.

use std::path::{Path, PathBuf};

use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::SolCall,
};
use clap::Args;

use super::ChainArgs;
use crate::{
    client::Client,
    deploy::{contract::Call, record::Deployment},
    failure::Failure,
    keys::KeyOptions,
    moment,
    output::say,
    proposal::Proposal,
    table,
    whitelist::{self, words::Decision, Whitelist},
};

const HOUR: u64 = 3_600;

/// What a command takes proposals about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// Whatever a committee may call.
    Anything,
    /// What is decided in words: the whitelist, conversion, and who is on the Board.
    Whitelist,
}

/// A call that a committee is to decide on.
pub(super) struct Draft<'a> {
    pub(super) committee: Address,
    pub(super) target: Address,
    pub(super) data: Vec<u8>,
    /// A text that the calldata has the hash of.
    pub(super) reason: Option<String>,
    /// How long it can be handed in, hours of the chain's time.
    pub(super) valid_for: u64,
    /// The file to write.
    pub(super) file: &'a Path,
}

/// A proposal, and the chain it is for.
#[derive(Args, Debug)]
pub(super) struct FileArgs {
    /// The proposal.
    file: PathBuf,
    #[command(flatten)]
    chain: ChainArgs,
}

/// A proposal, and the key of whoever signs it or hands it in.
#[derive(Args, Debug)]
pub(super) struct SignArgs {
    #[command(flatten)]
    proposal: FileArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl Draft<'_> {
    /// Writes the proposal and tells what it says.
    pub(super) async fn write(
        self,
        client: &Client,
        deployment: &Deployment,
    ) -> Result<(), Failure> {
        let deadline = client.now().await?.saturating_add(hours(self.valid_for));
        let (committee, target) = (self.committee, self.target);
        let data = Bytes::from(self.data);
        let mut proposal = Proposal::next(client, committee, target, data, deadline).await?;
        proposal.reason = self.reason;
        if let Some((_, decision)) = decision(client, deployment, &proposal).await? {
            proposal.says = decision.says;
        }
        proposal.write(self.file)?;
        tell(client, deployment, &proposal, About::Anything).await
    }
}

impl FileArgs {
    /// Shows what it says and who has signed it.
    pub(super) async fn show(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        self.open(&client, About::Anything).await.map(|_| ())
    }

    /// Reads the proposal and tells what it does.
    async fn open(&self, client: &Client, about: About) -> Result<Proposal, Failure> {
        let deployment = Deployment::of(client, &self.chain.file(client))?;
        let proposal = Proposal::read(client, &self.file)?;
        tell(client, &deployment, &proposal, about).await?;
        Ok(proposal)
    }
}

impl SignArgs {
    /// Adds a member's signature.
    pub(super) async fn sign(self, about: About) -> Result<(), Failure> {
        let client = self.proposal.chain.connect(None).await?;
        let mut proposal = self.proposal.open(&client, about).await?;
        let signer = self.key.signer()?;
        proposal.sign(&client, &signer).await?;
        proposal.write(&self.proposal.file)?;
        say!(
            "Signed by {}: {} signatures.",
            signer.address(),
            proposal.signatures.len()
        );
        Ok(())
    }

    /// Hands it in.
    pub(super) async fn submit(self, about: About) -> Result<(), Failure> {
        let reader = self.proposal.chain.connect(None).await?;
        let proposal = self.proposal.open(&reader, about).await?;
        let call = proposal.execution(&reader).await?;
        let client = self
            .proposal
            .chain
            .connect(Some(self.key.signer()?))
            .await?;
        let receipt = client
            .transact(
                "handing in a committee's call",
                proposal.committee,
                U256::ZERO,
                call.abi_encode().into(),
            )
            .await?;
        say!(
            "Done, in transaction {} ({} gas).",
            receipt.transaction_hash,
            receipt.gas_used
        );
        Ok(())
    }
}

/// What a proposal to the Board decides about the whitelist, conversion or the Board's members; none for other proposals.
async fn decision(
    client: &Client,
    deployment: &Deployment,
    proposal: &Proposal,
) -> Result<Option<(Whitelist, Decision)>, Failure> {
    if !deployment.contracts.contains_key(whitelist::NAME) {
        return Ok(None);
    }
    let whitelist = Whitelist::find(client, deployment).await?;
    let decision = Decision::read(client, deployment, &whitelist, proposal).await?;
    Ok(decision.map(|decision| (whitelist, decision)))
}

/// Tells what a proposal would do, read from its calldata, and refuses one whose own words say something else.
async fn tell(
    client: &Client,
    deployment: &Deployment,
    proposal: &Proposal,
    about: About,
) -> Result<(), Failure> {
    match decision(client, deployment, proposal).await? {
        Some((whitelist, decision)) => {
            decision.require_said(proposal)?;
            say!("{}\n", decision.says.join("\n"));
            let standing = decision.standing_now(client, &whitelist).await?;
            if !standing.is_empty() {
                say!("As it stands now:\n{}\n", table::lines(&standing));
            }
        }
        None if about == About::Anything && proposal.says.is_empty() => {}
        None => {
            return Err(Failure::Conflict(format!(
                "{} would call {}, which is no decision of the Board about the whitelist, conversion or its own \
                 members.\nThe Board may be another now. `clay committee show` shows what else committees decide.",
                proposal.committee, proposal.target
            )))
        }
    }
    let now = client.now().await?;
    say!("{}", table::lines(&rows(deployment, proposal, now)));
    Ok(())
}

fn rows(deployment: &Deployment, proposal: &Proposal, now: u64) -> Vec<(String, String)> {
    let name = |account: Address| {
        let found = deployment
            .contracts
            .iter()
            .find(|(_, entry)| entry.address == account)
            .map(|(name, _)| format!("{name} ({account})"));
        found.unwrap_or_else(|| format!("{account}, which is no contract of this deployment"))
    };
    let mut rows = vec![
        ("committee".to_owned(), name(proposal.committee)),
        ("calls".to_owned(), name(proposal.target)),
    ];
    match Call::read(&proposal.data) {
        Some(call) => {
            rows.push(("function".into(), call.function));
            rows.extend(call.arguments.into_iter().flat_map(|(name, value)| {
                match value {
                    serde_json::Value::Object(members) => members
                        .into_iter()
                        .map(|(name, value)| (format!("  {name}"), plain(&value)))
                        .collect(),
                    value => vec![(format!("  {name}"), plain(&value))],
                }
            }));
        }
        None => rows.push(("with".into(), proposal.data.to_string())),
    }
    rows.push(("until".into(), moment::told(proposal.deadline, now)));
    let signers = proposal.signatures.keys().map(Address::to_string);
    rows.extend(signers.map(|signer| ("signed by".into(), signer)));
    rows
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// So many hours, in seconds.
pub(super) fn hours(count: u64) -> u64 {
    count.saturating_mul(HOUR)
}
