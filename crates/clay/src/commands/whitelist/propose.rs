//! `clay whitelist propose`: decisions of the Board, each in a file that its members read before they sign.

use std::path::PathBuf;

use alloy::{
    primitives::{aliases::U40, Address, Bytes, FixedBytes, B256, U256},
    sol_types::SolCall,
};
use clap::{Args, Subcommand};

use super::{find, reason, ChainArgs, ReferenceArgs};
use crate::{
    bindings::{
        FlashExitPool::{allowConversionCall, conversionCall},
        KycWhitelist::{acceptCall, denyCall, renewCall, setRightsCall, turnDownCall},
        Quorum::{isAllowedCall, ownerCall, setMembersCall},
    },
    commands::proposals::Draft,
    deploy::{pool::Pool, record::Deployment},
    failure::Failure,
    moment,
    output::say,
    whitelist::{rights::Rights, terms::Terms, words::reason_hash},
};

/// What the Board may decide.
#[derive(Debug, Subcommand)]
pub(in crate::commands) enum Propose {
    Accept(AcceptArgs),
    TurnDown(TurnDownArgs),
    Set(SetArgs),
    Renew(RenewArgs),
    Deny(DenyArgs),
    Members(MembersArgs),
    /// Says for the Board that csETH may be converted to IcsETH, on the terms that the owner has set. It is on while the
    /// owner allows it too.
    AllowConversion(ProposeArgs),
    /// Says for the Board that csETH may not be converted to IcsETH any more.
    ForbidConversion(ProposeArgs),
}

/// Where the proposal goes.
#[derive(Args, Debug)]
pub(in crate::commands) struct ProposeArgs {
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How long it can be handed in, hours of the chain's time.
    #[arg(long, value_name = "HOURS", default_value_t = 168)]
    valid_for: u64,
    #[command(flatten)]
    chain: ChainArgs,
}

/// Until when.
#[derive(Args, Debug)]
pub(in crate::commands) struct UntilArgs {
    /// When the rights end, all but redeem: 2027-01-31 (as that day begins, UTC), RFC 3339, or Unix time.
    #[arg(long, value_name = "DATE", value_parser = expiry)]
    until: U40,
}

/// Accepts applications: gives what was applied for.
#[derive(Args, Debug)]
pub(in crate::commands) struct AcceptArgs {
    /// The applications' numbers.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<U256>,
    #[command(flatten)]
    until: UntilArgs,
    #[command(flatten)]
    propose: ProposeArgs,
}

/// Turns applications down.
#[derive(Args, Debug)]
pub(in crate::commands) struct TurnDownArgs {
    /// The applications' numbers.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<U256>,
    /// Why. The chain keeps its hash (keccak-256), and the proposal the text.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    #[command(flatten)]
    propose: ProposeArgs,
}

/// Sets an account's rights, or those of many in a table; no others remain.
#[derive(Args, Debug)]
pub(in crate::commands) struct SetArgs {
    /// The account.
    #[arg(required_unless_present = "from", value_name = "ADDRESS")]
    account: Option<Address>,
    /// What it may do: stake, hold, redeem and operate, with commas between, or none.
    #[arg(long, value_name = "RIGHT,...", required_unless_present = "from")]
    rights: Option<Rights>,
    /// When the rights end, all but redeem: 2027-01-31 (as that day begins, UTC), RFC 3339, or Unix time.
    #[arg(long, value_name = "DATE", value_parser = expiry)]
    until: Option<U40>,
    #[command(flatten)]
    reference: ReferenceArgs,
    /// A table (CSV) of accounts instead: its first line names the columns account, rights, until and reference.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["account", "rights", "until", "reference", "file"]
    )]
    from: Option<PathBuf>,
    #[command(flatten)]
    propose: ProposeArgs,
}

/// Moves the end of the rights that accounts have.
#[derive(Args, Debug)]
pub(in crate::commands) struct RenewArgs {
    /// The accounts.
    #[arg(required = true, value_name = "ADDRESS")]
    accounts: Vec<Address>,
    #[command(flatten)]
    until: UntilArgs,
    #[command(flatten)]
    propose: ProposeArgs,
}

/// Denies accounts everything until the owner lifts it; confirms an emergency denial.
#[derive(Args, Debug)]
pub(in crate::commands) struct DenyArgs {
    /// The accounts.
    #[arg(required = true, value_name = "ADDRESS")]
    accounts: Vec<Address>,
    /// Why. The chain keeps its hash (keccak-256), and the proposal the text.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    #[command(flatten)]
    propose: ProposeArgs,
}

/// Replaces the Board's members, and how many of them decide.
#[derive(Args, Debug)]
pub(in crate::commands) struct MembersArgs {
    /// All members there are then.
    #[arg(required = true, value_name = "ADDRESS")]
    members: Vec<Address>,
    /// How many of them decide.
    #[arg(long, value_name = "COUNT")]
    quorum: U256,
    #[command(flatten)]
    propose: ProposeArgs,
}

/// A call of the Board.
struct Decision {
    of: Of,
    data: Vec<u8>,
    reason: Option<String>,
}

/// Which contract the Board calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Whitelist,
    /// The flash-exit-pool that converts.
    Converter(Address),
    /// The Board itself.
    Own,
}

impl Propose {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (decision, args) = match self {
            Propose::Accept(args) => (args.decision(), args.propose),
            Propose::TurnDown(args) => (args.decision(), args.propose),
            Propose::Set(args) => (args.decision()?, args.propose),
            Propose::Renew(args) => (args.decision(), args.propose),
            Propose::Deny(args) => (args.decision(), args.propose),
            Propose::Members(args) => (args.decision()?, args.propose),
            Propose::AllowConversion(args) => (args.conversion(true).await?, args),
            Propose::ForbidConversion(args) => (args.conversion(false).await?, args),
        };
        args.write(decision).await
    }
}

impl ProposeArgs {
    /// The Board's word on conversion to the pool, and on the terms, that the owner has named.
    async fn conversion(&self, allowed: bool) -> Result<Decision, Failure> {
        let client = self.chain.connect(None).await?;
        let deployment = Deployment::of(&client, &self.chain.file(&client))?;
        let name = Pool::Retail.contract("flash-exit-pool");
        let converter = deployment.contract(&client, &name).await?;
        let terms = client.view(converter, conversionCall {}).await?;
        if terms.stakeManager.is_zero() {
            return Err(Failure::Conflict(format!(
                "the owner of the flash-exit-pool {converter} has named no pool to convert to."
            )));
        }
        let call = allowConversionCall {
            stakeManager: terms.stakeManager,
            smallestFee: terms.fee,
            largestBucket: terms.bucket,
            allowed,
        };
        Ok(Decision {
            of: Of::Converter(converter),
            ..Decision::of(&call)
        })
    }

    async fn write(self, decision: Decision) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        let (deployment, whitelist) = find(&client, &self.chain).await?;
        let committee = whitelist.board(&client).await?;
        let target = match decision.of {
            Of::Whitelist => whitelist.address,
            Of::Converter(converter) => converter,
            Of::Own => committee,
        };
        // What would be refused in the end is refused before anybody signs.
        let selector = FixedBytes::from_slice(&decision.data[..4]);
        if !client
            .view(committee, isAllowedCall { target, selector })
            .await?
        {
            return Err(Failure::Conflict(format!(
                "the Board {committee} may not decide this: the owner has not allowed it."
            )));
        }
        // A committee's call of itself is none to the outside; the owner may make the same.
        let caller = match decision.of {
            Of::Own => client.view(committee, ownerCall {}).await?,
            Of::Whitelist | Of::Converter(_) => committee,
        };
        let data = Bytes::from(decision.data.clone());
        client
            .try_as("what is proposed", caller, target, data)
            .await?;
        let draft = Draft {
            committee,
            target,
            data: decision.data,
            reason: decision.reason,
            valid_for: self.valid_for,
            file: &self.out,
        };
        draft.write(&client, &deployment).await?;
        say!(
            "Written to {}. Members of the Board sign it with `clay whitelist sign`.",
            self.out.display()
        );
        Ok(())
    }
}

impl AcceptArgs {
    fn decision(&self) -> Decision {
        Decision::of(&acceptCall {
            ids: self.ids.clone(),
            expiries: vec![self.until.until; self.ids.len()],
        })
    }
}

impl TurnDownArgs {
    fn decision(&self) -> Decision {
        let call = turnDownCall {
            ids: self.ids.clone(),
            reason: reason_hash(&self.reason),
        };
        Decision::of(&call).because(&self.reason)
    }
}

impl SetArgs {
    fn decision(&self) -> Result<Decision, Failure> {
        let terms = self.terms()?;
        Ok(Decision::of(&setRightsCall {
            accounts: terms.iter().map(|terms| terms.account).collect(),
            rights: terms.iter().map(|terms| terms.rights.0).collect(),
            expiries: terms.iter().map(|terms| terms.until).collect(),
            referenceHashes: terms.iter().map(|terms| terms.reference).collect(),
        }))
    }

    fn terms(&self) -> Result<Vec<Terms>, Failure> {
        if let Some(file) = &self.from {
            return Terms::read(file);
        }
        let missing = |what: &str| Failure::Usage(format!("rights need {what}."));
        let account = self.account.ok_or_else(|| missing("an account"))?;
        let rights = self.rights.ok_or_else(|| missing("to be named"))?;
        // Who has none needs no end of them.
        let (until, reference) = if rights == Rights::NONE {
            let reference = self.reference.hash()?;
            (
                self.until.unwrap_or_default(),
                reference.unwrap_or(B256::ZERO),
            )
        } else {
            let until = self
                .until
                .ok_or_else(|| missing("an end: name it with --until"))?;
            (until, self.reference.require()?)
        };
        Ok(vec![Terms {
            account,
            rights,
            until,
            reference,
        }])
    }
}

impl RenewArgs {
    fn decision(&self) -> Decision {
        Decision::of(&renewCall {
            accounts: self.accounts.clone(),
            expiry: self.until.until,
        })
    }
}

impl DenyArgs {
    fn decision(&self) -> Decision {
        let call = denyCall {
            accounts: self.accounts.clone(),
            reason: reason_hash(&self.reason),
        };
        Decision::of(&call).because(&self.reason)
    }
}

impl MembersArgs {
    fn decision(&self) -> Result<Decision, Failure> {
        let mut members = self.members.clone();
        // The contract takes them in this order.
        members.sort_unstable();
        if let Some(pair) = members.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Failure::Usage(format!("{} is named twice.", pair[0])));
        }
        let call = setMembersCall {
            members,
            quorum: self.quorum,
        };
        Ok(Decision {
            of: Of::Own,
            ..Decision::of(&call)
        })
    }
}

impl Decision {
    fn of<C: SolCall>(call: &C) -> Self {
        Self {
            of: Of::Whitelist,
            data: call.abi_encode(),
            reason: None,
        }
    }

    fn because(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_owned());
        self
    }
}

/// An end of rights as an argument.
fn expiry(text: &str) -> Result<U40, String> {
    let time = moment::parse(text)?;
    U40::try_from(time).map_err(|_| format!("'{text}' is later than the whitelist knows"))
}
