//! `clay whitelist apply`: asks the Board for rights.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use clap::Args;

use super::{find, ChainArgs, ReferenceArgs};
use crate::{
    bindings::KycWhitelist::{applyForCall, ApplicationFiled},
    failure::Failure,
    keys::KeyOptions,
    logs,
    output::say,
    whitelist::rights::Rights,
};

/// Files an application for rights, for yourself or another account. Anyone may.
#[derive(Args, Debug)]
pub(in crate::commands) struct ApplyArgs {
    /// What is applied for: stake, hold, redeem and operate, with commas between.
    #[arg(long, value_name = "RIGHT,...")]
    rights: Rights,
    /// Whose rights they would be; yours, if nobody is named.
    #[arg(long, value_name = "ADDRESS")]
    account: Option<Address>,
    #[command(flatten)]
    reference: ReferenceArgs,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl ApplyArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let hash = self.reference.require()?;
        // Ask the chain before asking for a password.
        let reader = self.chain.connect(None).await?;
        let (_, whitelist) = find(&reader, &self.chain).await?;
        let client = self.chain.connect(Some(self.key.signer()?)).await?;
        let account = match self.account {
            Some(account) => account,
            None => client.account()?,
        };
        let call = applyForCall {
            account,
            rights: self.rights.0,
            referenceHash: hash,
        };
        let to = whitelist.address;
        let data = call.abi_encode().into();
        let receipt = client.transact("applying", to, U256::ZERO, data).await?;
        let filed = logs::emitted::<ApplicationFiled>(&receipt, to).next();
        let filed = filed.ok_or_else(|| {
            Failure::Conflict(format!("{to} tells of no application in its answer."))
        })?;
        say!(
            "Application {}: {account} wants to {}, resting on the file with the hash {hash}.",
            filed.id,
            self.rights.in_words()
        );
        say!(
            "The Board decides on it: `clay whitelist propose accept {}`.",
            filed.id
        );
        Ok(())
    }
}
