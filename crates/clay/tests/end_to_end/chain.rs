//! A chain of the test's own, on a free port.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use alloy::{
    primitives::{Address, U256},
    signers::local::PrivateKeySigner,
};
use clay::{
    client::Client,
    deploy::{
        deploy,
        pool::{Institutional, TransferPolicy},
        record::Deployment,
        roles::{Committee, Roles},
        Observer, Options,
    },
    development,
    failure::Failure,
};
use clay_chain::{Chain, Config, NITRO_DEV_KEY};
use clay_rpc::RpcServer;
use tempfile::TempDir;

/// A new chain, a folder for deployment files, and the account that deploys.
pub struct TestChain {
    pub chain: Arc<Mutex<Chain>>,
    pub url: String,
    folder: TempDir,
}

impl TestChain {
    pub async fn start() -> Self {
        Self::start_with(Config::default()).await
    }

    pub async fn start_with(config: Config) -> Self {
        let chain = Arc::new(Mutex::new(Chain::new(config)));
        let options = clay_rpc::Options::default();
        let server = RpcServer::start(chain.clone(), ([127, 0, 0, 1], 0).into(), options)
            .await
            .unwrap();
        Self {
            chain,
            url: server.http_url(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The deployment file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("deployment.json")
    }

    /// A file of the test's own, with this text.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    }

    /// Wei of an account.
    pub fn balance(&self, account: Address) -> U256 {
        self.chain.lock().unwrap().balance_now(account)
    }

    /// Deploys with the key of the usual account.
    pub async fn deploy(&self, observer: &mut Observer<'_>) -> Result<Deployment, Failure> {
        self.deploy_at(&self.url, NITRO_DEV_KEY, observer).await
    }

    /// Deploys through an RPC of one's choice, with another key.
    pub async fn deploy_at(
        &self,
        url: &str,
        key: &str,
        observer: &mut Observer<'_>,
    ) -> Result<Deployment, Failure> {
        let account = signer(key).address();
        self.deploy_for(url, key, roles(account), observer).await
    }

    /// Deploys for others to govern.
    pub async fn deploy_for(
        &self,
        url: &str,
        key: &str,
        roles: Roles,
        observer: &mut Observer<'_>,
    ) -> Result<Deployment, Failure> {
        self.deploy_with(url, key, &self.options(roles), observer)
            .await
    }

    /// Deploys what these options say.
    pub async fn deploy_with(
        &self,
        url: &str,
        key: &str,
        options: &Options,
        observer: &mut Observer<'_>,
    ) -> Result<Deployment, Failure> {
        let client = Client::connect(url, Some(signer(key))).await?;
        deploy(&client, options, observer).await
    }

    /// What a deployment of both pools for these roles is told.
    pub fn options(&self, roles: Roles) -> Options {
        Options {
            retail: true,
            institutional: Some(institutional()),
            roles,
            timelock: None,
            programs: programs(),
            file: self.file(),
            namespace: "claystack".into(),
            version: "v1".into(),
            highest_bid: U256::MAX,
            commit: None,
        }
    }
}

/// One account in every role; the committees are those of the development chain.
pub fn roles(account: Address) -> Roles {
    Roles {
        owner: account,
        guardian: account,
        gateway: account,
        treasury: account,
        reporters: Committee::new(development::REPORTERS.into(), development::REPORTER_QUORUM),
        acknowledgers: Committee::new(
            development::ACKNOWLEDGERS.into(),
            development::ACKNOWLEDGER_QUORUM,
        ),
    }
}

/// The Board and the compliance officer of the development chain.
pub fn institutional() -> Institutional {
    Institutional {
        board: Committee::new(development::BOARD.into(), development::BOARD_QUORUM),
        compliance_officer: development::COMPLIANCE_OFFICER,
        transfer_policy: TransferPolicy::AllowList,
    }
}

pub fn signer(key: &str) -> PrivateKeySigner {
    key.parse().unwrap()
}

/// The compiled contracts.
pub fn programs() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or(root.join("target"), |target| root.join(target));
    let folder = target.join("contracts");
    assert!(
        folder.is_dir(),
        "build the contracts first: scripts/build-contracts.sh"
    );
    folder
}
