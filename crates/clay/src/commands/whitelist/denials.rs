//! `clay whitelist deny-now` and `lift`: what one alone decides about denials, in one transaction each.

use alloy::{
    primitives::{Address, U256},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use clap::Args;

use super::{find, reason, ChainArgs};
use crate::{
    bindings::KycWhitelist::{denyInEmergencyCall, liftDenialCall, AccountDenied, DenialLifted},
    failure::Failure,
    keys::KeyOptions,
    logs,
    moment::date,
    output::say,
    whitelist::words::reason_hash,
};

/// Who is meant, and why.
#[derive(Args, Debug)]
struct AccountsArgs {
    /// The accounts.
    #[arg(required = true, value_name = "ADDRESS")]
    accounts: Vec<Address>,
    /// Why. The chain keeps its hash (keccak-256), and you the text.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

/// Denies accounts everything for 7 days, within which the Board confirms it or not; the same account not again within 30
/// days. The compliance officer only.
#[derive(Args, Debug)]
pub(in crate::commands) struct DenyNowArgs {
    #[command(flatten)]
    accounts: AccountsArgs,
}

/// Lifts denials: accounts have the rights again that they had. The owner only.
#[derive(Args, Debug)]
pub(in crate::commands) struct LiftArgs {
    #[command(flatten)]
    accounts: AccountsArgs,
}

impl AccountsArgs {
    async fn transact(
        &self,
        action: &str,
        call: impl SolCall,
    ) -> Result<(Address, TransactionReceipt), Failure> {
        // Ask the chain before asking for a password.
        let reader = self.chain.connect(None).await?;
        let (_, whitelist) = find(&reader, &self.chain).await?;
        let client = self.chain.connect(Some(self.key.signer()?)).await?;
        let to = whitelist.address;
        let data = call.abi_encode().into();
        let receipt = client.transact(action, to, U256::ZERO, data).await?;
        Ok((to, receipt))
    }

    fn tell_reason(&self) {
        let hash = reason_hash(&self.reason);
        say!("The reason (hash {hash}): {}", self.reason);
    }
}

impl DenyNowArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let call = denyInEmergencyCall {
            accounts: self.accounts.accounts.clone(),
            reason: reason_hash(&self.accounts.reason),
        };
        let (whitelist, receipt) = self
            .accounts
            .transact("denying in an emergency", call)
            .await?;
        let denied: Vec<_> = logs::emitted::<AccountDenied>(&receipt, whitelist).collect();
        for account in &self.accounts.accounts {
            match denied.iter().find(|event| event.account == *account) {
                Some(event) => say!(
                    "{account} is denied everything until {}, or for longer if the Board confirms it.",
                    date(event.until.to())
                ),
                None => say!("{account} was denied by the Board already, which stays so."),
            }
        }
        self.accounts.tell_reason();
        Ok(())
    }
}

impl LiftArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let call = liftDenialCall {
            accounts: self.accounts.accounts.clone(),
            reason: reason_hash(&self.accounts.reason),
        };
        let (whitelist, receipt) = self.accounts.transact("lifting a denial", call).await?;
        for event in logs::emitted::<DenialLifted>(&receipt, whitelist) {
            say!("{} is no longer denied.", event.account);
        }
        self.accounts.tell_reason();
        Ok(())
    }
}
