//! What is kept of a ceremony.

use std::fs;

use alloy::primitives::{hex, B256};
use clay_ceremony::{combine, verify, CeremonyError, Network, ResultFile, SecretFile, Shape};
use clay_ethereum::{deposit_data_root, withdrawal_credentials};
use serde_json::Value;

use crate::{played, GATEWAY};

#[test]
fn members_sign_with_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("cluster");
    let network = Network::hoodi();
    let ceremony = played(Shape::OBOL, 1);
    let files = ceremony.write(&network, &folder).unwrap();
    let names: Vec<_> = files
        .iter()
        .map(|it| it.strip_prefix(&folder).unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "result.json",
            "member-1.secret.json",
            "member-2.secret.json",
            "member-3.secret.json",
            "member-4.secret.json"
        ]
    );

    let outcome = ResultFile::read(&files[0]).unwrap().outcome();
    assert_eq!(outcome, ceremony.outcome);
    outcome.check(&network, GATEWAY).unwrap();
    let exit = network.voluntary_exit_root(1, 2);
    let part = |file| {
        let secret = SecretFile::read(file).unwrap();
        assert_eq!(secret.public_key, outcome.public_key);
        secret.share().unwrap().sign(exit)
    };
    let parts: Vec<_> = files[2..].iter().map(|file| part(file)).collect();
    assert!(verify(&outcome.public_key, exit, &combine(&parts).unwrap()));
}

#[test]
fn deposit_data_has_the_shape_that_key_tools_read() {
    let network = Network::hoodi();
    let outcome = played(Shape::SSV, 1).outcome;
    let json = serde_json::to_value(ResultFile::new(&outcome, &network)).unwrap();
    let [data] = json["deposit_data"].as_array().unwrap().as_slice() else {
        panic!("{json}");
    };
    let text = |name: &str| data[name].as_str().unwrap();
    assert_eq!(text("pubkey"), hex::encode(outcome.public_key));
    assert_eq!(
        text("withdrawal_credentials"),
        "0100000000000000000000006a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a"
    );
    assert_eq!(data["amount"], 1_000_000_000);
    assert_eq!(text("signature"), hex::encode(outcome.signature));
    let credentials = withdrawal_credentials(GATEWAY);
    let root = deposit_data_root(
        &outcome.public_key,
        credentials,
        1_000_000_000,
        &outcome.signature,
    );
    assert_eq!(text("deposit_data_root"), hex::encode(root));
    assert_eq!(text("deposit_message_root").len(), 64);
    assert_eq!(text("fork_version"), "10000910");
    assert_eq!(text("network_name"), "hoodi");
    assert_eq!(data.as_object().unwrap().len(), 9);
    assert_eq!(json["threshold"], 4);
    let shares = json["public_key_shares"].as_array().unwrap();
    assert_eq!(shares.len(), 5);
    let fifth = outcome.public_key_shares[4].public_key;
    let expected = serde_json::json!({ "member": 5, "public_key": fifth.to_string() });
    assert_eq!(shares[4], expected);
}

#[test]
fn bytes_are_read_with_or_without_0x() {
    let outcome = played(Shape::DIRECT, 1).outcome;
    let file = ResultFile::new(&outcome, &Network::hoodi());
    let mut json = serde_json::to_value(&file).unwrap();
    assert_eq!(
        serde_json::from_value::<ResultFile>(json.clone()).unwrap(),
        file
    );
    for (_, value) in json["deposit_data"][0].as_object_mut().unwrap() {
        let bytes = value.as_str().filter(|it| it.len() >= 8);
        if let Some(bytes) = bytes {
            *value = Value::from(format!("0x{bytes}"));
        }
    }
    assert_eq!(serde_json::from_value::<ResultFile>(json).unwrap(), file);
}

#[cfg(unix)]
#[test]
fn secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let ceremony = played(Shape::SSV, 1);
    let files = ceremony.write(&Network::hoodi(), folder.path()).unwrap();
    for file in &files[1..] {
        let mode = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    // And nothing of them is in the result.
    let result = fs::read_to_string(&files[0]).unwrap();
    for share in &ceremony.secrets {
        assert!(!result.contains(&hex::encode(share.secret())));
    }
}

#[test]
fn no_key_is_ever_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let network = Network::hoodi();
    let files = played(Shape::OBOL, 1)
        .write(&network, folder.path())
        .unwrap();
    let before: Vec<_> = files.iter().map(|it| fs::read(it).unwrap()).collect();
    let refused = played(Shape::OBOL, 2)
        .write(&network, folder.path())
        .unwrap_err();
    let CeremonyError::File { file, .. } = refused else {
        panic!("{refused}");
    };
    assert_eq!(file, files[0]);

    fs::remove_file(&files[0]).unwrap();
    let refused = played(Shape::OBOL, 2)
        .write(&network, folder.path())
        .unwrap_err();
    let CeremonyError::File { file, .. } = refused else {
        panic!("{refused}");
    };
    assert_eq!(file, files[1]);
    assert!(!files[0].exists());
    for (file, content) in files[1..].iter().zip(&before[1..]) {
        assert_eq!(&fs::read(file).unwrap(), content);
    }
}

#[test]
fn a_file_that_holds_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("result.json");
    assert!(matches!(
        ResultFile::read(&file),
        Err(CeremonyError::File { .. })
    ));
    fs::write(&file, "{}").unwrap();
    let refused = ResultFile::read(&file).unwrap_err().to_string();
    assert!(refused.contains("result.json: missing field"), "{refused}");
    let secret = format!(
        r#"{{ "public_key": "{}", "member": 2, "secret_share": "{}" }}"#,
        hex::encode([0; 48]),
        B256::ZERO
    );
    fs::write(&file, secret).unwrap();
    assert!(matches!(
        SecretFile::read(&file).unwrap().share(),
        Err(CeremonyError::MalformedSecret(2))
    ));
}
