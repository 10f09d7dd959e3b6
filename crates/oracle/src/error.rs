//! What keeps a reporter from reporting, each with what to do about it.

use std::path::PathBuf;

use alloy::primitives::{Address, B256};

use crate::{beacon::PublicKey, report::Report};

/// Why there is no report, no signature, or no submission.
#[derive(Debug, thiserror::Error)]
pub enum OracleError {
    /// Nothing answers where the beacon node should be.
    #[error("the beacon node at {url} does not answer {asked} ({cause}).\nStart it, or name another with --beacon.")]
    BeaconUnreachable {
        /// The node, without what may be a key.
        url: String,
        /// The request.
        asked: String,
        /// What the transport says.
        cause: String,
    },
    /// The beacon node refuses a request.
    #[error("the beacon node at {url} refuses {asked} ({status}): {message}")]
    BeaconRefused {
        /// The node, without what may be a key.
        url: String,
        /// The request.
        asked: String,
        /// Status of the answer.
        status: u16,
        /// The node's words.
        message: String,
    },
    /// The beacon node answers something else than the Beacon API says.
    #[error("the beacon node at {url} does not answer {asked} as the Beacon API says ({cause}).\nName another with --beacon.")]
    BeaconMalformed {
        /// The node, without what may be a key.
        url: String,
        /// The request.
        asked: String,
        /// What is wrong with the answer.
        cause: String,
    },
    /// The beacon node has no state of a slot.
    #[error("the beacon node keeps no state of slot {slot}.\nName one that does with --beacon: a report needs states back to the report before.")]
    StateMissing {
        /// The slot.
        slot: u64,
    },
    /// No block in many slots.
    #[error(
        "the beacon node has no block in the {looked} slots up to {slot}.\nIs it synchronised?"
    )]
    NoBlock {
        /// The last slot looked at.
        slot: u64,
        /// How many were looked at.
        looked: u64,
    },
    /// A node is behind, or knows one half of the chain only.
    #[error("{node} is not synchronised ({why}): what it says may be old.\nWait for it, or name another.")]
    NotSynchronised {
        /// Which node.
        node: &'static str,
        /// What it says.
        why: String,
    },
    /// The slot may still be replaced.
    #[error("slot {slot} is not final, the newest final one is {finalized}.\nWait: a report must never be taken back by Ethereum.")]
    NotFinal {
        /// The slot asked for.
        slot: u64,
        /// The newest final slot.
        finalized: u64,
    },
    /// Beacon node and L1 node follow different chains.
    #[error("the beacon node follows chain {beacon}, and the L1 node chain {l1}.\nName nodes of one chain with --beacon and --l1.")]
    DifferentChains {
        /// Chain id of the beacon node's deposit contract.
        beacon: u64,
        /// Chain id of the L1 node.
        l1: u64,
    },
    /// An RPC does not answer, or refuses.
    #[error("{action}: {cause}")]
    Rpc {
        /// What was tried.
        action: String,
        /// What the RPC or the contract says.
        cause: String,
    },
    /// There is no contract where there should be one.
    #[error(
        "{what} {account} has no code on {chain}.\nName another RPC, or another stake-manager."
    )]
    NoContract {
        /// What should be there.
        what: &'static str,
        /// Where.
        account: Address,
        /// On which chain.
        chain: &'static str,
    },
    /// The gateway's numbers contradict each other.
    #[error("the gateway's totals contradict each other at block {block}: {why}.\nDo not report; find out why.")]
    Contradiction {
        /// Block on L1.
        block: B256,
        /// What contradicts what.
        why: String,
    },
    /// A slot's time is outside what the contract takes.
    #[error("slot time {slot_time} is not above {newest}, that of the newest report.\nThere is nothing to report yet.")]
    NotNewer {
        /// Time of the slot, seconds.
        slot_time: u64,
        /// Time of the newest report, applied or parked.
        newest: u64,
    },
    /// The report would be refused as too old or from the future.
    #[error("slot time {slot_time} is outside {oldest} to {now}, which the stake-manager takes.\nReport a newer slot.")]
    OutsideTime {
        /// Time of the slot, seconds.
        slot_time: u64,
        /// Oldest slot time taken.
        oldest: u64,
        /// Time on L2.
        now: u64,
    },
    /// Less has left than was reported.
    #[error("leftSeen is {read} wei, and was reported as {last} wei already.\nIt never falls: one of the nodes errs. Do not report; find out which.")]
    LeftFell {
        /// As read.
        read: u128,
        /// As reported last.
        last: u128,
    },
    /// Less was deposited than was reported.
    #[error("depositsSeen is {read} wei, and was reported as {last} wei already.\nIf the committee wrote ETH off as lost, all members name the keys of its validators with --lost, or of as many others that are still on their way. Else one of the nodes errs: do not report; find out which.")]
    DepositsFell {
        /// As read, and written off.
        read: u128,
        /// As reported last.
        last: u128,
    },
    /// A key is written off for which nothing was sent.
    #[error("key {key} is written off as lost, and the pool had funded no such validator.\nName keys of funded validators with --lost.")]
    NeverFunded {
        /// The key.
        key: PublicKey,
    },
    /// More has arrived than was sent.
    #[error("{deposits_seen} wei were deposited, and only {sent_out} wei were sent out.\nAn RPC errs. Do not report; find out which.")]
    DepositsAboveSent {
        /// Wei deposited.
        deposits_seen: u128,
        /// Wei sent out.
        sent_out: u128,
    },
    /// Balances, and what left, rose by more than rewards and MEV do.
    #[error("balances of validators and leftSeen rose by {rise} gwei beyond deposits and what validators paid out, more than {allowed} gwei, the limit of this reporter.\nCheck with other nodes; if it is true, go on with --allow-jump.")]
    RoseTooMuch {
        /// Gwei.
        rise: i128,
        /// Gwei.
        allowed: i128,
    },
    /// Validators lost more than they do in a day.
    #[error("validators lost {fall} gwei, more than {allowed} gwei, the limit of this reporter.\nCheck with other nodes; if it is true, go on with --allow-jump.")]
    FellTooMuch {
        /// Gwei.
        fall: i128,
        /// Gwei.
        allowed: i128,
    },
    /// An amount does not fit a report.
    #[error(
        "{what} does not fit a report: {amount}.\nAn RPC errs. Do not report; find out which."
    )]
    TooLarge {
        /// Which amount.
        what: &'static str,
        /// The amount.
        amount: String,
    },
    /// The key is no member's.
    #[error(
        "{account} is no member of the oracle committee {committee}.\nSign with a member's key."
    )]
    NotMember {
        /// Whose key it is.
        account: Address,
        /// The committee.
        committee: Address,
    },
    /// Another report for the slot was signed before.
    #[error("another report was signed for slot time {slot_time} already ({} there, {} now), and one slot is never reported twice.\nReport a later slot.", **.signed, **.asked)]
    SignedOther {
        /// Time of the slot.
        slot_time: u64,
        /// What was signed.
        signed: Box<Report>,
        /// What should be signed now.
        asked: Box<Report>,
    },
    /// A report for a later slot was signed before.
    #[error("a report for slot time {newest} was signed already, after {slot_time}.\nReport a later slot.")]
    SignedNewer {
        /// Time of the slot asked for.
        slot_time: u64,
        /// Time of the newest slot signed.
        newest: u64,
    },
    /// The journal cannot be read or written.
    #[error("journal {file}: {cause}.\nNothing is signed without it.")]
    Journal {
        /// The file.
        file: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// A line of the journal is not what was written there.
    #[error("journal {file}, line {line}: {cause}.\nIt was damaged. Find out what this key has signed before you go on: restore the file from a copy, or take a new key.")]
    JournalDamaged {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        cause: String,
    },
    /// The journal is another reporter's.
    #[error("journal {file} is that of {found}, and not of {expected}.\nEach reporter has a journal of its own for each pool.")]
    JournalOfAnother {
        /// The file.
        file: PathBuf,
        /// Who and what it is of.
        found: String,
        /// Who and what it should be of.
        expected: String,
    },
    /// Another process uses the journal.
    #[error("journal {file} is in use by another process.\nStop that one first: two reporters with one key could sign two reports.")]
    JournalInUse {
        /// The file.
        file: PathBuf,
    },
    /// The place where signatures are exchanged does not work.
    #[error("exchange {place}: {cause}")]
    Exchange {
        /// Folder or URL.
        place: String,
        /// What is wrong.
        cause: String,
    },
    /// Not enough members have signed this report.
    #[error("{found} members signed this report, and {needed} are needed.\nThe others sign with `clay oracle sign`.")]
    TooFewSignatures {
        /// Signatures of the same message.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// The signer failed.
    #[error("the key does not sign: {0}")]
    Signing(String),
}

/// What came of an attempt.
pub type Result<T> = std::result::Result<T, OracleError>;
