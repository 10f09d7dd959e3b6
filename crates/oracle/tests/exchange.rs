//! What members find in a shared folder and on a board: others' genuine signatures, whatever else lies there.

use std::{fs, path::Path};

use alloy::{
    primitives::{Address, Bytes, B256, U256},
    signers::{local::PrivateKeySigner, SignerSync},
};
use clay_oracle::{
    message::{Proposal, SignedProposal},
    report::Report,
    Board, Exchange, RunningBoard,
};

const SLOT_TIME: u64 = 1_767_312_000;
const COMMITTEE: Address = Address::repeat_byte(7);

fn proposal(slot_time: u64, cl_balance_gwei: u64) -> Proposal {
    Proposal {
        chain_id: 412_346,
        committee: COMMITTEE,
        stake_manager: Address::repeat_byte(8),
        nonce: U256::from(1) << 128,
        deadline: slot_time + 21_600,
        report: Report {
            slot_time,
            cl_balance_gwei,
            deposits_seen_gwei: 32_000_000_000,
            // More than a number of JSON holds.
            left_seen: 1_234_567_890_123_456_789_012,
            expected_loss: 0,
            recovered: 0,
            epoch: 0,
        },
    }
}

fn key(number: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(number)).unwrap()
}

fn signed(by: u8, proposal: Proposal) -> SignedProposal {
    let signature = key(by).sign_hash_sync(&proposal.digest()).unwrap();
    SignedProposal {
        proposal,
        signer: key(by).address(),
        signature: Bytes::copy_from_slice(&signature.as_bytes()),
    }
}

/// The same signature with s and v turned over: valid for everybody but the contract.
fn high_s(signed: &SignedProposal) -> SignedProposal {
    let order = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    let order: U256 = order.parse().unwrap();
    let mut bytes = signed.signature.to_vec();
    let s = order - U256::from_be_slice(&bytes[32..64]);
    bytes[32..64].copy_from_slice(&s.to_be_bytes::<32>());
    bytes[64] = 55 - bytes[64];
    SignedProposal {
        signature: bytes.into(),
        ..signed.clone()
    }
}

/// What is there for a slot, for members 1 to 3 who look for balance 5.
async fn fetch(exchange: &Exchange, slot_time: u64) -> clay_oracle::Result<Vec<SignedProposal>> {
    let members: Vec<Address> = (1..=3).map(|it| key(it).address()).collect();
    let digest = proposal(slot_time, 5).digest();
    exchange.fetch(slot_time, digest, &members).await
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[tokio::test]
async fn members_find_each_others_signatures_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("shared");
    let exchange = Exchange::new(place.to_str().unwrap()).unwrap();
    assert!(fetch(&exchange, SLOT_TIME).await.unwrap().is_empty());
    let ours = proposal(SLOT_TIME, 5);
    let mut written = vec![
        signed(1, ours.clone()),
        signed(2, ours.clone()),
        signed(2, proposal(SLOT_TIME, 6)),
    ];
    for signed in &written {
        exchange.publish(signed).await.unwrap();
    }
    exchange.publish(&written[0]).await.expect("once more");
    let elsewhere = signed(1, proposal(SLOT_TIME + 12, 5));
    exchange.publish(&elsewhere).await.unwrap();
    let mut found = fetch(&exchange, SLOT_TIME).await.unwrap();
    let order = |it: &SignedProposal| (it.signer, it.proposal.digest());
    found.sort_by_key(order);
    written.sort_by_key(order);
    assert_eq!(found, written);
    // One file a message and signer, and no drafts are left.
    let names = files(&place);
    assert_eq!(names.len(), 4);
    assert!(names.iter().all(|name| name.starts_with("report-")));
}

#[tokio::test]
async fn what_is_no_genuine_signature_in_a_folder_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let exchange = Exchange::new(folder.path().to_str().unwrap()).unwrap();
    let good = signed(1, proposal(SLOT_TIME, 5));
    exchange.publish(&good).await.unwrap();

    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let forged = |name: &str, signed: &SignedProposal| {
        let name = format!("report-{SLOT_TIME}-{name}.json");
        write(&name, &serde_json::to_vec(signed).unwrap());
    };
    write("notes.txt", b"hello");
    write(&format!("report-{SLOT_TIME}-a.json"), b"no JSON");
    write(&format!("report-{SLOT_TIME}-b.json"), b"");
    write(&format!("report-{SLOT_TIME}-c.json"), &[b' '; 100_000]);
    fs::create_dir(folder.path().join(format!("report-{SLOT_TIME}-d.json"))).unwrap();
    let json = serde_json::to_vec(&good).unwrap();
    write(
        &format!("report-{SLOT_TIME}-e.json"),
        &json[..json.len() - 1],
    );
    // Somebody else's name, another amount, another slot's message, a form the contract refuses, cut short.
    let other_name = SignedProposal {
        signer: key(2).address(),
        ..good.clone()
    };
    forged("f", &other_name);
    let mut other_amount = good.clone();
    other_amount.proposal.report.cl_balance_gwei += 1;
    forged("g", &other_amount);
    forged("h", &signed(2, proposal(SLOT_TIME + 12, 5)));
    assert!(!high_s(&good).is_genuine());
    forged("i", &high_s(&good));
    let mut short = good.clone();
    short.signature = short.signature.slice(..64);
    forged("j", &short);

    assert_eq!(fetch(&exchange, SLOT_TIME).await.unwrap(), [good]);
}

/// A board whose members are keys 1 to 3.
async fn board() -> (RunningBoard, Exchange) {
    let members = (1..=3).map(|number| key(number).address()).collect();
    let board = Board::new(412_346, COMMITTEE, members);
    let running = board.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let exchange = Exchange::new(&running.url()).unwrap();
    (running, exchange)
}

#[tokio::test]
async fn members_find_each_others_signatures_on_a_board() {
    let (_running, exchange) = board().await;
    assert!(fetch(&exchange, SLOT_TIME).await.unwrap().is_empty());
    let ours = [1, 2].map(|by| signed(by, proposal(SLOT_TIME, 5)));
    for signed in &ours {
        exchange.publish(signed).await.unwrap();
        exchange.publish(signed).await.expect("once more");
    }
    let mut found = fetch(&exchange, SLOT_TIME).await.unwrap();
    found.sort_by_key(|it| it.signer != ours[0].signer);
    assert_eq!(found, ours);
    assert!(fetch(&exchange, SLOT_TIME + 12).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_board_keeps_only_what_members_signed_and_not_without_end() {
    let (running, exchange) = board().await;
    let good = signed(1, proposal(SLOT_TIME, 5));
    let elsewhere = Proposal {
        chain_id: 1,
        ..proposal(SLOT_TIME, 5)
    };
    let forged = SignedProposal {
        signer: key(2).address(),
        ..good.clone()
    };
    for (signed, why) in [
        (signed(1, elsewhere), "another committee"),
        (signed(4, proposal(SLOT_TIME, 5)), "no member"),
        (forged, "not the signer's"),
        (high_s(&good), "not the signer's"),
    ] {
        let refused = exchange.publish(&signed).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    let client = reqwest::Client::new();
    let post = client.post(format!("{}/reports", running.url()));
    let large = post.body(vec![b' '; 100_000]);
    let large = large.header("content-type", "application/json");
    assert_eq!(large.send().await.unwrap().status(), 413);

    // 16 messages of one member a slot, and its newest 16 slots.
    for balance in 0..16 {
        let message = signed(1, proposal(SLOT_TIME, balance));
        exchange.publish(&message).await.unwrap();
    }
    let refused = exchange.publish(&signed(1, proposal(SLOT_TIME, 16))).await;
    assert!(refused.unwrap_err().to_string().contains("too much"));
    exchange
        .publish(&signed(2, proposal(SLOT_TIME, 5)))
        .await
        .expect("nobody is crowded out");
    for slot in 1..=16 {
        let message = signed(1, proposal(SLOT_TIME + slot * 12, 5));
        exchange.publish(&message).await.unwrap();
    }
    let there = fetch(&exchange, SLOT_TIME).await.unwrap();
    assert_eq!(there, [signed(2, proposal(SLOT_TIME, 5))]);
    let late = exchange.publish(&signed(1, proposal(SLOT_TIME, 5))).await;
    assert!(late.unwrap_err().to_string().contains("newer slots"));
    assert_eq!(fetch(&exchange, SLOT_TIME + 12).await.unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_empties_a_board_with_slots_to_come() {
    let members = (1..=3).map(|number| key(number).address()).collect();
    let board = Board::new(412_346, COMMITTEE, members);
    let clock = board.clone();
    let running = board.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let exchange = Exchange::new(&running.url()).unwrap();
    let future = u64::MAX / 2;
    let early = exchange.publish(&signed(2, proposal(future, 5))).await;
    assert!(early.unwrap_err().to_string().contains("yet to come"));
    // Even if its clock is wrong, a member only crowds out itself.
    clock.tell_time(u64::MAX);
    let good = signed(1, proposal(SLOT_TIME, 5));
    exchange.publish(&good).await.unwrap();
    for slot in 0..20 {
        let message = signed(2, proposal(future + slot * 12, 5));
        exchange.publish(&message).await.unwrap();
    }
    let there = fetch(&exchange, SLOT_TIME).await.unwrap();
    assert_eq!(there, std::slice::from_ref(&good));
    exchange.publish(&good).await.unwrap();
    assert_eq!(fetch(&exchange, SLOT_TIME).await.unwrap(), [good]);
}

#[tokio::test]
async fn a_crowd_in_a_folder_hides_no_member() {
    let folder = tempfile::tempdir().unwrap();
    let exchange = Exchange::new(folder.path().to_str().unwrap()).unwrap();
    let good = [1, 2].map(|by| signed(by, proposal(SLOT_TIME, 5)));
    for signed in &good {
        exchange.publish(signed).await.unwrap();
    }
    let write = |name: String| fs::write(folder.path().join(name), b"junk").unwrap();
    for number in 0..1_500 {
        write(format!("report-{SLOT_TIME}-{number:04}.json"));
        let member = key(1).address();
        write(format!("report-{SLOT_TIME}-{number:04}-{member}.json"));
    }
    let found = fetch(&exchange, SLOT_TIME).await.unwrap();
    assert_eq!(found.len(), 2);
    assert!(good.iter().all(|it| found.contains(it)));
}

#[cfg(unix)]
#[tokio::test]
async fn only_regular_files_are_opened_and_no_link_is_followed() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("shared");
    let exchange = Exchange::new(place.to_str().unwrap()).unwrap();
    let (ours, theirs) = (
        signed(1, proposal(SLOT_TIME, 5)),
        signed(2, proposal(SLOT_TIME, 5)),
    );
    exchange.publish(&theirs).await.unwrap();
    let name = |of: &SignedProposal| {
        let digest = of.proposal.digest();
        format!("report-{SLOT_TIME}-{digest}-{}.json", of.signer)
    };
    // A pipe that nobody writes into, where a member's signature would be.
    let third = signed(3, proposal(SLOT_TIME, 5));
    let mut pipe = std::process::Command::new("mkfifo");
    assert!(pipe
        .arg(place.join(name(&third)))
        .status()
        .unwrap()
        .success());
    // A link where ours would be, or its draft, to a file that matters.
    let journal = folder.path().join("journal");
    fs::write(&journal, b"precious").unwrap();
    symlink(&journal, place.join(name(&ours))).unwrap();
    symlink(&journal, place.join(format!(".{}.new", name(&ours)))).unwrap();
    // A directory where a draft could be, and a link to a genuine signature elsewhere.
    fs::create_dir(place.join(format!(".{}.new", name(&third)))).unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::write(
        &elsewhere,
        serde_json::to_vec(&signed(3, proposal(SLOT_TIME, 6))).unwrap(),
    )
    .unwrap();
    symlink(&elsewhere, place.join(format!("report-{SLOT_TIME}-a.json"))).unwrap();

    let wait = std::time::Duration::from_secs(20);
    let found = tokio::time::timeout(wait, fetch(&exchange, SLOT_TIME));
    let found = found.await.expect("no waiting").unwrap();
    assert_eq!(found, std::slice::from_ref(&theirs));
    exchange.publish(&ours).await.unwrap();
    exchange.publish(&third).await.unwrap();
    assert_eq!(fs::read(&journal).unwrap(), b"precious");
    let mut found = fetch(&exchange, SLOT_TIME).await.unwrap();
    found.sort_by_key(|it| it.signer);
    let mut all = vec![ours, theirs, third];
    all.sort_by_key(|it| it.signer);
    assert_eq!(found, all);
}
