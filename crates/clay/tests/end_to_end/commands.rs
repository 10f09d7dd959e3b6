//! The command as users run it: what it prints, and its exit codes.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use alloy::{eips::BlockId, primitives::U256};
use clay_chain::{Config, NITRO_DEV_KEY, TEST_ACCOUNTS, TEST_KEYS};
use serde_json::Value;

use crate::chain::{programs, TestChain};

/// Runs `clay` with a key in the environment and waits for it, off the runtime that serves the chain.
pub async fn clay(key: Option<&str>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clay"));
    command
        .args(arguments)
        .env_remove("CLAY_RPC")
        .env_remove("CLAY_PRIVATE_KEY");
    command.stdin(Stdio::null());
    if let Some(key) = key {
        command.env("CLAY_PRIVATE_KEY", key);
    }
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A chain with the protocol on it.
pub async fn deployed() -> TestChain {
    let world = TestChain::start().await;
    world.deploy(&mut |_| Ok(())).await.unwrap();
    world
}

impl TestChain {
    /// Runs a command on this chain and its deployment file.
    async fn clay(&self, key: Option<&str>, arguments: &[&str]) -> Output {
        let file = self.file();
        let place = ["--rpc", &self.url, "--deployment", file.to_str().unwrap()];
        clay(key, &[arguments, &place].concat()).await
    }

    /// Runs a command that must fail with this exit code; returns what it says.
    pub async fn refused(&self, code: i32, key: Option<&str>, arguments: &[&str]) -> String {
        let output = self.clay(key, arguments).await;
        let words = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words}");
        words
    }

    /// Runs a command that must succeed; returns what it prints.
    pub async fn accepted(&self, key: Option<&str>, arguments: &[&str]) -> String {
        let output = self.clay(key, arguments).await;
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_deployment_to_a_balance() {
    let world = TestChain::start().await;
    let folder = programs();
    let printed = world
        .accepted(
            Some(NITRO_DEV_KEY),
            &[
                "deploy",
                "--transfer-policy",
                "allow-list",
                "--contracts",
                folder.to_str().unwrap(),
            ],
        )
        .await;
    assert!(
        printed.contains("retail/stake-manager") && printed.contains("activation 0."),
        "{printed}"
    );

    // The first deposit locks 1,000 shares for good.
    let printed = world.accepted(Some(TEST_KEYS[0]), &["stake", "1.5"]).await;
    assert!(
        printed.contains("received     1.499999999999999 csETH"),
        "{printed}"
    );
    let bob = TEST_ACCOUNTS[1].to_string();
    let printed = world
        .accepted(
            Some(TEST_KEYS[0]),
            &["stake", "0.25eth", "--receiver", &bob],
        )
        .await;
    assert!(printed.contains("received     0.25 csETH"), "{printed}");
    assert!(
        printed.contains(&format!("for          {bob}\n")),
        "{printed}"
    );

    let printed = world.accepted(None, &["balance", &bob]).await;
    assert!(
        printed.contains("csETH  0.25\n") && printed.contains("worth  0.25 ETH\n"),
        "{printed}"
    );

    let status = world
        .accepted(
            None,
            &["status", "--pool", "retail", "--json", "--parameters"],
        )
        .await;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["chainId"], 412_346);
    assert_eq!(status["totalSupply"], "1750000000000000000");
    assert_eq!(status["totalAssets"], "1750000000000000000");
    assert_eq!(status["rate"], "1000000000000000000");
    assert_eq!(status["live"], true);
    assert_eq!(status["parameters"][0]["name"], "smallest deposit");
    assert_eq!(status["parameters"][0]["value"], "1000000000000000");
    let table = world
        .accepted(None, &["status", "--pool", "retail", "--parameters"])
        .await;
    assert!(
        table.contains("growth cap a year      1000 bp  (500 bp to 3000 bp)"),
        "{table}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_deposit_is_explained_and_the_next_succeeds() {
    let world = deployed().await;
    let words = world
        .refused(7, Some(TEST_KEYS[0]), &["stake", "1000wei"])
        .await;
    assert!(
        words.contains("deposit below smallest: asked 1000, smallest 1000000000000000"),
        "{words}"
    );
    let words = world
        .refused(7, Some(TEST_KEYS[0]), &["stake", "1", "--min-shares", "2"])
        .await;
    assert!(words.contains("shares below minimum"), "{words}");
    world.accepted(Some(TEST_KEYS[0]), &["stake", "1"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfunded_account_learns_what_it_needs() {
    let world = deployed().await;
    world
        .chain
        .lock()
        .unwrap()
        .set_balance(TEST_ACCOUNTS[0], U256::from(5));
    let words = world.refused(5, Some(TEST_KEYS[0]), &["stake", "2"]).await;
    assert!(
        words.contains("has 5 wei") && words.contains("needs up to 2.0"),
        "{words}"
    );

    let fresh = TestChain::start().await;
    fresh
        .chain
        .lock()
        .unwrap()
        .set_balance(TEST_ACCOUNTS[0], U256::ZERO);
    let folder = programs();
    let words = fresh
        .refused(
            5,
            Some(TEST_KEYS[0]),
            &[
                "deploy",
                "--transfer-policy",
                "allow-list",
                "--contracts",
                folder.to_str().unwrap(),
            ],
        )
        .await;
    assert!(words.contains("has 0 ETH"), "{words}");
    assert_eq!(
        fresh
            .chain
            .lock()
            .unwrap()
            .nonce(TEST_ACCOUNTS[0], BlockId::latest())
            .unwrap(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_deployed_is_said_with_how_to_deploy_it() {
    let world = TestChain::start().await;
    let words = world.refused(6, None, &["status"]).await;
    assert!(words.contains("clay deploy"), "{words}");

    // A chain started anew has lost what the file tells of.
    let other = deployed().await;
    world.write(
        "deployment.json",
        &std::fs::read_to_string(other.file()).unwrap(),
    );
    let words = world.refused(6, None, &["status"]).await;
    assert!(
        words.contains("retail/stake-manager is not deployed"),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_another_chain_is_not_used() {
    let world = deployed().await;
    let json = std::fs::read_to_string(world.file())
        .unwrap()
        .replace("412346", "42161");
    world.write("deployment.json", &json);
    let words = world.refused(4, None, &["status"]).await;
    assert!(
        words.contains("is for chain 42161") && words.contains("is chain 412346"),
        "{words}"
    );
    let deploy = ["deploy", "--transfer-policy", "allow-list"];
    world.refused(4, Some(NITRO_DEV_KEY), &deploy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_rpc_that_does_not_answer_is_said_with_how_to_start_one() {
    let output = clay(None, &["status", "--rpc", "http://127.0.0.1:9"]).await;
    assert_eq!(output.status.code(), Some(3));
    let words = text(&output.stderr);
    assert!(
        words.contains("no chain answers at http://127.0.0.1:9") && words.contains("clay node"),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_rpcs_address_is_not_shown() {
    for (url, code) in [
        ("http://127.0.0.1:9/v2/s3cr3tkey", 3),
        ("http://me:s3cr3tkey@127.0.0.1:9", 3),
        ("ws://127.0.0.1:9/?key=s3cr3tkey", 3),
        ("ftp://127.0.0.1/s3cr3tkey", 2),
        ("http://[s3cr3tkey", 2),
    ] {
        let output = clay(None, &["status", "--rpc", url]).await;
        assert_eq!(output.status.code(), Some(code), "{url}");
        let words = text(&output.stderr);
        assert!(!words.contains("s3cr3tkey"), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_url_is_a_wrong_argument() {
    for arguments in [
        ["status", "--rpc", "htp:/x"].as_slice(),
        &["ethereum", "status", "--ethereum", "htp:/x"],
    ] {
        let output = clay(None, arguments).await;
        let words = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(words.contains("is no URL"), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_on_the_command_line_is_refused_and_not_shown() {
    let key = TEST_KEYS[0];
    let receiver = format!("--receiver={key}");
    for arguments in [
        ["stake", "1", "--private-key-env", key].as_slice(),
        &["stake", "1", "--receiver", key],
        &["stake", "1", &receiver],
        &["stake", key],
        &["balance", &key[2..]],
        &["status", "--rpc", key],
        &["deploy", "--reporters", key],
        &[key],
    ] {
        let output = clay(None, arguments).await;
        let words = [text(&output.stdout), text(&output.stderr)].concat();
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(words.contains("looks like a private key"), "{words}");
        assert!(!words.contains(&key[2..10]), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_a_missing_password_is_said() {
    let world = TestChain::start().await;
    let keystore = world.file().with_file_name("keys.json");
    let keystore = keystore.to_str().unwrap();
    for arguments in [
        ["keys", "new", keystore].as_slice(),
        &[
            "deploy",
            "--transfer-policy",
            "allow-list",
            "--rpc",
            &world.url,
            "--keystore",
            keystore,
        ],
    ] {
        let output = clay(None, arguments).await;
        let words = text(&output.stderr);
        assert_eq!(output.status.code(), Some(8), "{words}");
        assert!(words.contains("password is missing"), "{words}");
        assert!(words.contains("--password-file FILE"), "{words}");
        assert!(!words.contains("No key"), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_is_no_trouble() {
    let world = deployed().await;
    let file = world.file();
    let mut command = Command::new(env!("CARGO_BIN_EXE_clay"));
    command.args(["status", "--rpc", &world.url, "--deployment"]);
    command
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    drop(process.stdout.take());
    let output = tokio::task::spawn_blocking(move || process.wait_with_output().unwrap());
    let output = output.await.unwrap();
    assert_eq!(text(&output.stderr), "");
    assert!(output.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_from_files_and_variables_and_are_not_shown() {
    let world = deployed().await;
    let password = world.write("password", "correct horse\n");
    let password = password.to_str().unwrap();
    let keystore = password.replace("password", "keys.json");
    let created = clay(
        None,
        &["keys", "new", &keystore, "--password-file", password],
    )
    .await;
    assert!(created.status.success(), "{}", text(&created.stderr));
    let account = text(&created.stdout)
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();

    let eth = U256::from(10).pow(U256::from(18));
    world
        .chain
        .lock()
        .unwrap()
        .set_balance(account.parse().unwrap(), eth * U256::from(2));
    let printed = world
        .accepted(
            None,
            &[
                "stake",
                "1",
                "--keystore",
                &keystore,
                "--password-file",
                password,
            ],
        )
        .await;
    assert!(printed.contains(&account), "{printed}");

    let wrong = world.write("wrong", "tr0ub4dor");
    let words = world
        .refused(
            8,
            None,
            &[
                "stake",
                "1",
                "--keystore",
                &keystore,
                "--password-file",
                wrong.to_str().unwrap(),
            ],
        )
        .await;
    assert!(words.contains("keys.json"), "{words}");
    let words = world.refused(8, None, &["stake", "1"]).await;
    assert!(words.contains("--keystore"), "{words}");
    let words = world.refused(8, Some("0xdeadbeef"), &["stake", "1"]).await;
    assert!(!words.contains("deadbeef"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_line_is_refused_before_anything_happens() {
    let world = TestChain::start().await;
    for arguments in [
        &["stake", "1.5.5"][..],
        &["stake", "-1"],
        &["balance", "0x12"],
        &["deploy", "--pool", "other"],
    ] {
        world.refused(2, Some(TEST_KEYS[0]), arguments).await;
    }
    let words = world
        .refused(
            9,
            Some(TEST_KEYS[0]),
            &[
                "deploy",
                "--transfer-policy",
                "allow-list",
                "--contracts",
                "/nowhere",
            ],
        )
        .await;
    assert!(words.contains("build-contracts.sh"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn off_the_development_chain_every_role_is_named() {
    let world = TestChain::start_with(Config {
        chain_id: 42_161,
        ..Config::default()
    })
    .await;
    let (folder, account) = (programs(), TEST_ACCOUNTS[1].to_string());
    let deploy = [
        "deploy",
        "--transfer-policy",
        "allow-list",
        "--contracts",
        folder.to_str().unwrap(),
    ];
    let some = [&deploy[..], &["--owner", &account]].concat();
    let words = world.refused(2, Some(TEST_KEYS[0]), &some).await;
    let missing =
        "with --guardian, --gateway, --reporters with --reporter-quorum, --acknowledgers with \
                   --acknowledger-quorum, --board with --board-quorum, --compliance-officer.";
    assert!(words.contains(missing), "{words}");

    let [board, reporters, acknowledgers] = [0, 3, 6].map(|first| {
        let members = TEST_ACCOUNTS[first..first + 3].iter();
        let members: Vec<_> = members.map(ToString::to_string).collect();
        members.join(",")
    });
    let committees = [
        ["--board", &board, "--board-quorum", "2"],
        ["--reporters", &reporters, "--reporter-quorum", "2"],
        [
            "--acknowledgers",
            &acknowledgers,
            "--acknowledger-quorum",
            "3",
        ],
    ]
    .concat();
    let governed = [
        ["--guardian", &account],
        ["--gateway", &account],
        ["--compliance-officer", &account],
    ]
    .concat();
    let all = [&some[..], &governed, &committees].concat();
    let without_quorum = &all[..all.len() - 2];
    world.refused(2, Some(TEST_KEYS[0]), without_quorum).await;
    let impossible = [without_quorum, &["--acknowledger-quorum", "4"]].concat();
    let words = world.refused(2, Some(TEST_KEYS[0]), &impossible).await;
    assert!(words.contains("a quorum of 4 is not possible"), "{words}");

    world.accepted(Some(TEST_KEYS[0]), &all).await;
    let file = std::fs::read_to_string(world.file()).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    let committee = &file["contracts"]["shared/acknowledger"];
    assert_eq!(committee["arguments"]["quorum"], "3");
    let members = committee["arguments"]["members"].as_array().unwrap();
    assert!(members.contains(&TEST_ACCOUNTS[7].to_string().into()));
    let board = &file["contracts"]["shared/board"]["arguments"];
    assert_eq!(board["quorum"], "2");
    let whitelist = &file["contracts"]["shared/kyc-whitelist"]["arguments"];
    assert_eq!(whitelist["complianceOfficer"], account);
    // The owner, for want of a --treasury.
    let siblings = &file["contracts"]["retail/stake-manager"]["arguments"]["siblings"];
    assert_eq!(siblings["treasury"], account);
    let named = siblings["acknowledger"].as_str().unwrap();
    assert_eq!(named.to_lowercase(), committee["address"]);
}

/// A `clay node` of the test's own; killed if the test ends before it.
pub struct Node {
    process: Child,
    log: PathBuf,
    pub url: String,
}

impl Node {
    /// Starts it on a free port, with a state file, and waits until it serves.
    async fn start(state: &Path) -> Self {
        let file = state.to_str().unwrap();
        Self::start_with(state.with_extension("log"), &["--state", file]).await
    }

    /// Starts it on a free port with these options and waits until it serves.
    pub async fn start_with(log: PathBuf, options: &[&str]) -> Self {
        let mut node = Self::spawn(log, &[&["node", "--port", "0"], options].concat());
        node.wait_for("Stop it").await;
        node.url = node.printed_url("Chain").unwrap();
        node
    }

    /// Starts any command that serves until it is stopped; its URL is not known yet.
    pub fn spawn(log: PathBuf, arguments: &[&str]) -> Self {
        Self {
            process: Command::new(env!("CARGO_BIN_EXE_clay"))
                .args(arguments)
                .stdout(File::create(&log).unwrap())
                .spawn()
                .unwrap(),
            url: String::new(),
            log,
        }
    }

    /// Waits until it has printed something.
    pub async fn wait_for(&self, words: &str) {
        for _ in 0..100 {
            if std::fs::read_to_string(&self.log).unwrap().contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the node does not print '{words}'");
    }

    /// The first URL in the line that begins so.
    pub fn printed_url(&self, beginning: &str) -> Option<String> {
        let printed = std::fs::read_to_string(&self.log).unwrap();
        let mut lines = printed.lines();
        let line = lines.find(|line| line.starts_with(beginning))?;
        let mut words = line.split_whitespace();
        let url = words.find(|word| word.starts_with("http"))?;
        Some(url.trim_end_matches([':', '.']).to_owned())
    }

    /// Runs a command that must succeed on it; the deployment file is beside the state.
    async fn clay(&self, state: &Path, arguments: &[&str]) -> String {
        let file = state.with_extension("json");
        let place = ["--rpc", &self.url, "--deployment", file.to_str().unwrap()];
        let output = clay(Some(TEST_KEYS[0]), &[arguments, &place].concat()).await;
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Stops it as a service manager does.
    fn stop(mut self) {
        let signalled = Command::new("kill")
            .arg(self.process.id().to_string())
            .status();
        assert!(signalled.unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Fails if it has stopped already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_takes_its_state_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let programs = programs();

    let first = Node::start(&state).await;
    let deploy = [
        "deploy",
        "--transfer-policy",
        "allow-list",
        "--contracts",
        programs.to_str().unwrap(),
    ];
    first.clay(&state, &deploy).await;
    first.clay(&state, &["stake", "3"]).await;
    first.stop();

    let second = Node::start(&state).await;
    let balance = second.clay(&state, &["balance"]).await;
    assert!(balance.contains("csETH  2.999999999999999\n"), "{balance}");
    second.clay(&state, &["stake", "1"]).await;
    second.stop();
}
