//! `clay balance`: what an account holds.

use alloy::primitives::Address;
use clap::Args;

use super::{ChainArgs, PoolContracts};
use crate::{
    amount::{display, display_eth},
    bindings::{
        CsEthToken::{balanceOfCall, symbolCall},
        StakeManager::convertToAssetsCall,
    },
    deploy::pool::Pool,
    failure::Failure,
    keys::KeyOptions,
    output::say,
    table,
};

/// Shows an account's shares, what they are worth, and its ETH.
#[derive(Args, Debug)]
pub(super) struct BalanceArgs {
    /// The account; that of your key, if none is named.
    address: Option<Address>,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl BalanceArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let account = match (self.address, self.key.signer_without_asking()?) {
            (Some(account), _) => account,
            (None, Some(signer)) => signer.address(),
            (None, None) => return Err(Failure::Key("Name an address, or give a key.".into())),
        };
        let client = self.chain.connect(None).await?;
        let PoolContracts { manager, token, .. } =
            PoolContracts::find(&client, &self.chain, self.pool).await?;
        let symbol = client.view(token, symbolCall {}).await?;
        let shares = client.view(token, balanceOfCall { account }).await?;
        let worth = client.view(manager, convertToAssetsCall { shares }).await?;
        let eth = client.balance(account).await?;
        say!(
            "{account}\n{}",
            table::lines(&[
                (symbol.as_str(), display(shares)),
                ("worth", display_eth(worth)),
                ("ETH", display(eth)),
            ])
        );
        Ok(())
    }
}
