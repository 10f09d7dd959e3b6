//! The whitelist as of a block, in tables from which an auditor can recompute it.

use std::path::Path;

use alloy::{
    eips::BlockId,
    primitives::{Address, B256, U256},
    providers::Provider,
};

use super::{
    csv,
    event::Event,
    register::{Application, Register, Standing},
    Whitelist,
};
use crate::{
    bindings::KycWhitelist::{
        accountCountCall, accountsCall, applicationCall, applicationCountCall, boardCall,
        complianceOfficerCall, ownerCall, statusCall,
    },
    client::Client,
    failure::Failure,
    file,
    moment::date,
};

/// How many accounts the chain is asked for at once.
const PAGE: usize = 200;

/// Columns of the history that tell what happened, each empty where an event does not tell it.
const TOLD: [&str; 13] = [
    "id",
    "account",
    "applicant",
    "rights",
    "expiry",
    "reference",
    "by",
    "until",
    "reason",
    "protocolContract",
    "previous",
    "current",
    "implementation",
];

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time, seconds.
    pub time: u64,
}

/// The whitelist as of a block.
pub struct Export {
    chain_id: u64,
    whitelist: Address,
    /// As of when.
    pub block: Block,
    /// Everything that happened until then, that block included.
    pub events: Vec<Event>,
    /// What follows from it.
    pub register: Register,
}

impl Export {
    /// Rebuilds the whitelist as of a block, the latest if none is named, from its events.
    ///
    /// # Errors
    /// [`Failure::Conflict`] if the chain's own answer is another, or the chain changed meanwhile; if the RPC does not
    /// answer, or has forgotten the state of that block.
    pub async fn read(
        client: &Client,
        whitelist: &Whitelist,
        block: Option<u64>,
    ) -> Result<Self, Failure> {
        let id = block.map_or(BlockId::latest(), BlockId::from);
        let block = read_block(client, id).await?;
        let events = whitelist.history(client, block.number).await?;
        let export = Self {
            chain_id: client.chain_id(),
            whitelist: whitelist.address,
            block,
            register: Register::of(&events),
            events,
        };
        export.compare(client).await?;
        let still = read_block(client, block.number.into()).await?;
        if still != block {
            return Err(Failure::Conflict(format!(
                "block {} was {} and is now {}: the chain has changed.\nExport an older block.",
                block.number, block.hash, still.hash
            )));
        }
        Ok(export)
    }

    /// Refuses where the chain answers something else than follows from the events.
    async fn compare(&self, client: &Client) -> Result<(), Failure> {
        let (at, to, register) = (self.block.number, self.whitelist, &self.register);
        let roles = [
            (
                "owner",
                register.owner,
                client.view_at(at, to, ownerCall {}).await?,
            ),
            (
                "Board",
                register.board,
                client.view_at(at, to, boardCall {}).await?,
            ),
            (
                "compliance officer",
                register.compliance_officer,
                client.view_at(at, to, complianceOfficerCall {}).await?,
            ),
        ];
        for (role, rebuilt, answered) in roles {
            self.require_same(role, &rebuilt, &answered)?;
        }
        let count = client.view_at(at, to, accountCountCall {}).await?;
        self.require_same(
            "number of accounts",
            &U256::from(register.accounts.len()),
            &count,
        )?;
        for (page, accounts) in register.accounts.chunks(PAGE).enumerate() {
            let asked = accountsCall {
                from: U256::from(page * PAGE),
                count: U256::from(PAGE),
            };
            let answered = client.view_at(at, to, asked).await?;
            self.require_same("accounts", &accounts, &answered.as_slice())?;
            for &account in accounts {
                let answered = client.view_at(at, to, statusCall { account }).await?;
                let rebuilt = register.of_account(account).at(self.block.time);
                let what = format!("status of {account}");
                self.require_same(&what, &rebuilt, &Standing::from(answered))?;
            }
        }
        let count = client.view_at(at, to, applicationCountCall {}).await?;
        let applications = &register.applications;
        self.require_same(
            "number of applications",
            &U256::from(applications.len()),
            &count,
        )?;
        for (&id, application) in applications {
            let answered = client.view_at(at, to, applicationCall { id }).await?;
            let answered = Application::of_answer(answered);
            self.require_same(&format!("application {id}"), &Some(*application), &answered)?;
        }
        Ok(())
    }

    fn require_same<T: PartialEq + std::fmt::Debug>(
        &self,
        what: &str,
        rebuilt: &T,
        answered: &T,
    ) -> Result<(), Failure> {
        if rebuilt == answered {
            return Ok(());
        }
        Err(Failure::Conflict(format!(
            "{what}: the events of {} up to block {} make it {rebuilt:?}, and the chain answers {answered:?}.\nNothing \
             is exported. The node may have lost events.",
            self.whitelist, self.block.number
        )))
    }

    /// Writes the tables to a folder, each whole or not at all.
    ///
    /// # Errors
    /// [`Failure::File`] if they cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        let tables = [
            ("history.csv", self.history_table()),
            ("applications.csv", self.applications_table()),
            ("accounts.csv", self.accounts_table()),
            // Last, so that a folder with it has all of them.
            ("block.csv", self.block_table()),
        ];
        for (name, table) in tables {
            file::write_text(&table, &folder.join(name))?;
        }
        Ok(())
    }

    /// As of when, of which contract, and who decides.
    fn block_table(&self) -> String {
        let (block, register) = (&self.block, &self.register);
        let columns = [
            ("chain", self.chain_id.to_string()),
            ("whitelist", self.whitelist.to_string()),
            ("block", block.number.to_string()),
            ("blockHash", block.hash.to_string()),
            ("time", block.time.to_string()),
            ("date", date(block.time)),
            ("owner", register.owner.to_string()),
            ("board", register.board.to_string()),
            ("complianceOfficer", register.compliance_officer.to_string()),
            ("accounts", register.accounts.len().to_string()),
            ("applications", register.applications.len().to_string()),
            ("events", self.events.len().to_string()),
        ];
        let names = csv::line(columns.iter().map(|(name, _)| name));
        names + &csv::line(columns.iter().map(|(_, value)| value))
    }

    fn accounts_table(&self) -> String {
        let mut table = csv::line([
            "block",
            "blockHash",
            "account",
            "rightsNow",
            "rights",
            "expiry",
            "expiryDate",
            "reference",
            "deniedUntil",
            "emergencyFrom",
            "protocolContract",
        ]);
        let Block { number, hash, time } = self.block;
        for &account in &self.register.accounts {
            let standing = self.register.of_account(account).at(time);
            table += &csv::line([
                number.to_string(),
                hash.to_string(),
                account.to_string(),
                standing.rights_at(time).to_string(),
                standing.rights.to_string(),
                standing.expiry.to_string(),
                date(standing.expiry),
                standing.reference.to_string(),
                standing.denied_until.to_string(),
                standing.emergency_from.to_string(),
                standing.protocol_contract.to_string(),
            ]);
        }
        table
    }

    fn applications_table(&self) -> String {
        let mut table = csv::line([
            "block",
            "blockHash",
            "id",
            "account",
            "applicant",
            "rights",
            "reference",
            "state",
        ]);
        for (id, application) in &self.register.applications {
            table += &csv::line([
                self.block.number.to_string(),
                self.block.hash.to_string(),
                id.to_string(),
                application.account.to_string(),
                application.applicant.to_string(),
                application.rights.to_string(),
                application.reference.to_string(),
                application.state.name().to_owned(),
            ]);
        }
        table
    }

    fn history_table(&self) -> String {
        let place = [
            "block",
            "blockHash",
            "time",
            "date",
            "transaction",
            "logIndex",
            "event",
        ];
        let mut table = csv::line(place.iter().chain(&TOLD));
        for event in &self.events {
            let (name, told) = event.told();
            let mut values = vec![
                event.block.to_string(),
                event.block_hash.to_string(),
                event.time.unwrap_or_default().to_string(),
                event.time.map(date).unwrap_or_default(),
                event.transaction.to_string(),
                event.index.to_string(),
                name.to_owned(),
            ];
            values.extend(TOLD.map(|column| {
                let value = told.iter().find(|(name, _)| *name == column);
                value.map(|(_, value)| value.value()).unwrap_or_default()
            }));
            table += &csv::line(values);
        }
        table
    }
}

async fn read_block(client: &Client, id: BlockId) -> Result<Block, Failure> {
    let block = client.provider().get_block(id).await;
    let block = block.map_err(|error| client.explain("reading a block", &error))?;
    let none = || Failure::Usage(format!("{} has no block {id:?} yet.", client.url()));
    let header = block.ok_or_else(none)?.header;
    Ok(Block {
        number: header.number,
        hash: header.hash,
        time: header.timestamp,
    })
}
