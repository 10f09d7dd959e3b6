//! `clay stake`: a deposit, signed here.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use clap::Args;
use clay_shared::kyc::{HOLD, STAKE};

use super::{ChainArgs, PoolContracts};
use crate::{
    amount,
    bindings::{
        CsEthToken::symbolCall,
        StakeManager::{deposit_2Call, previewDepositCall, Deposit},
    },
    deploy::pool::Pool,
    failure::Failure,
    keys::KeyOptions,
    logs::{costs, emitted},
    output::say,
    table,
};

/// Stakes ETH and gets the pool's token for it.
#[derive(Args, Debug)]
pub(super) struct StakeArgs {
    /// How much: 1.5, 1.5eth, 20gwei or 1000wei.
    #[arg(value_parser = amount::parse)]
    amount: U256,
    /// Who gets the shares; you, if nobody is named.
    #[arg(long, value_name = "ADDRESS")]
    receiver: Option<Address>,
    /// Refuses to stake for fewer shares than this; what the deposit promises now, if not given.
    #[arg(long, value_name = "SHARES", value_parser = amount::parse)]
    min_shares: Option<U256>,
    /// Who brought you here; only logged.
    #[arg(long, value_name = "ADDRESS", default_value_t = Address::ZERO)]
    referral: Address,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    /// The same as --pool institutional.
    #[arg(long, conflicts_with = "pool")]
    institutional: bool,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl StakeArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        // Ask the chain before asking for a password.
        let reader = self.chain.connect(None).await?;
        let pool = match self.institutional {
            true => Pool::Institutional,
            false => self.pool,
        };
        let pool = PoolContracts::find(&reader, &self.chain, pool).await?;
        let PoolContracts { manager, token, .. } = pool;
        let client = self.chain.connect(Some(self.key.signer()?)).await?;

        let (account, action) = (
            client.account()?,
            format!("staking {}", amount::display_eth(self.amount)),
        );
        let receiver = self.receiver.unwrap_or(account);
        pool.require_rights(&client, &action, [(account, STAKE), (receiver, HOLD)])
            .await?;
        let promised = client
            .view(
                manager,
                previewDepositCall {
                    assets: self.amount,
                },
            )
            .await?;
        let call = deposit_2Call {
            assets: self.amount,
            receiver,
            minShares: self.min_shares.unwrap_or(promised),
            referral: self.referral,
        };
        let receipt = client
            .transact(&action, manager, self.amount, call.abi_encode().into())
            .await?;

        let deposit = emitted::<Deposit>(&receipt, manager).next();
        let deposit = deposit.ok_or_else(|| {
            Failure::Conflict(format!("{manager} took the ETH without a Deposit event."))
        })?;
        let symbol = client.view(token, symbolCall {}).await?;
        let [gas, transaction] = costs(&receipt);
        say!(
            "Staked {}.\n{}",
            amount::display_eth(deposit.assets),
            table::lines(&[
                (
                    "received",
                    format!("{} {symbol}", amount::display(deposit.shares))
                ),
                ("for", receiver.to_string()),
                gas,
                transaction,
            ])
        );
        Ok(())
    }
}
