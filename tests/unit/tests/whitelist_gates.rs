//! Where a pool has a whitelist: whom the queue and the flash-exit-pool stop, on every path, and whom they do not.
//!
//! The whitelist is the real one; the stake-manager and the token are one stand-in.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{answer, done, Answer, Call, Word},
    host,
    interfaces::{
        ICommon::NoCode,
        ICsEthToken,
        IFlashExitPool::{
            self, flashExitCall, maxFlashExitCall, previewFlashExitCall, setMonthlyAllowanceCall,
            AllowanceWithoutWhitelist,
        },
        IKycWhitelist::{self, denyCall, liftDenialCall, setRightsCall, Denied, RightMissing},
        IStakeManager::{redeemFromReserveCall, shareCall},
        IStakeManagerReports::{redeemSilentlyCall as RedeemCall, reserveTermsCall, siblingCall},
        IUnstakeQueue::*,
    },
    kyc::{HOLD, REDEEM, STAKE, UNDENIED},
    program::Program,
    storage::{uint, whole, Slot},
};
use flash_exit_pool::FlashExitPool;
use kyc_whitelist::KycWhitelist;
use motsu::prelude::*;
use unit_tests::{refuses, run, Deployed};
use unstake_queue::UnstakeQueue;

/// motsu's clock stands still here.
const NOW: u64 = 1_735_689_600;
const ETH: u128 = 1_000_000_000_000_000_000;
const UNTIL_LIFTED: u64 = (1 << 40) - 1;

const OWNER: Address = Address::repeat_byte(0x01);
const BOARD: Address = Address::repeat_byte(0x02);
/// Has all rights that a user can have.
const ALICE: Address = Address::repeat_byte(0xa1);
/// The same.
const BOB: Address = Address::repeat_byte(0xb0);
/// May stake and hold, but not redeem.
const CAROL: Address = Address::repeat_byte(0xca);
/// Never had any.
const STRANGER: Address = Address::repeat_byte(0x57);

/// The stake-manager and the token: agrees to everything, at a wei a share. Everybody has 100 shares, the reserve
/// 1,000 ETH of the pool's 10,000, and the treasury is Alice.
struct Agreeable;

impl Program for Agreeable {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        call.take_value();
        match call.selector {
            shareCall::SELECTOR => answer(&[host::this().word()]),
            siblingCall::SELECTOR => answer(&[ALICE.word()]),
            ICsEthToken::balanceOfCall::SELECTOR => answer(&[(100 * ETH).word()]),
            RedeemCall::SELECTOR => answer(&[call.word(0)?]),
            reserveTermsCall::SELECTOR => {
                let words = [1, 1, 1, 10_000 * ETH, 1_000 * ETH, 1_000 * ETH];
                answer(&words.map(Word::word))
            }
            redeemFromReserveCall::SELECTOR => {
                let words = [1_000 * ETH, 1_000 * ETH, 10_000 * ETH].map(Word::word);
                let [reserve, target, total_assets] = words;
                answer(&[call.word(1)?, 0u64.word(), reserve, target, total_assets])
            }
            _ => done(),
        }
    }

    fn receive(_: U256) -> Answer {
        done()
    }
}

type Queue = Contract<Deployed<UnstakeQueue>>;
type Flash = Contract<Deployed<FlashExitPool>>;
type Whitelist = Contract<Deployed<KycWhitelist>>;
type Peer = Contract<Deployed<Agreeable>>;

fn set_up_whitelist(whitelist: &Whitelist, protocol: Vec<Address>) {
    whitelist.sender(OWNER).behind_proxy();
    let call = IKycWhitelist::initializeCall {
        owner: OWNER,
        board: BOARD,
        complianceOfficer: OWNER,
        protocolContracts: protocol,
    };
    run(whitelist, OWNER, call);
    for (account, rights) in [
        (ALICE, STAKE | HOLD | REDEEM),
        (BOB, STAKE | HOLD | REDEEM),
        (CAROL, STAKE | HOLD),
    ] {
        let call = setRightsCall {
            accounts: vec![account],
            rights: vec![rights],
            expiries: vec![alloy_primitives::aliases::U40::from(NOW + 1)],
            referenceHashes: vec![B256::repeat_byte(0xf1)],
        };
        run(whitelist, BOARD, call);
    }
}

fn deny(whitelist: &Whitelist, account: Address) {
    let call = denyCall {
        accounts: vec![account],
        reason: B256::ZERO,
    };
    run(whitelist, BOARD, call);
}

fn lift(whitelist: &Whitelist, account: Address) {
    let call = liftDenialCall {
        accounts: vec![account],
        reason: B256::ZERO,
    };
    run(whitelist, OWNER, call);
}

/// Writes a whitelist where the contract's documentation has it, and the flag that there is one. No account has
/// code under motsu, so that none would be taken at the set-up. The contract called last is the one written to.
fn write_whitelist(slot: u64, flag: (u64, usize), whitelist: Address) {
    Slot::at(slot).set(uint(whitelist.into_word().0));
    let (word, bit) = flag;
    Slot::at(word).set(Slot::at(word).get() | whole(1) << bit);
}

fn set_up_queue(queue: &Queue, whitelist: &Whitelist, peer: &Peer) -> [Peer; 2] {
    set_up_whitelist(whitelist, vec![queue.address(), peer.address()]);
    queue.sender(OWNER).behind_proxy();
    let call = |whitelist| initializeCall {
        owner: OWNER,
        guardian: OWNER,
        stakeManager: peer.address(),
        token: peer.address(),
        orderImage: peer.address(),
        whitelist,
    };
    let account = whitelist.address();
    refuses(queue, OWNER, call(account), NoCode { account });
    run(queue, OWNER, call(Address::ZERO));
    assert_eq!(run(queue, OWNER, whitelistCall {})._0, Address::ZERO);
    write_whitelist(15, (0, 225), account);
    assert_eq!(run(queue, OWNER, whitelistCall {})._0, account);
    users()
}

fn set_up_flash(flash: &Flash, whitelist: &Whitelist, peer: &Peer) -> [Peer; 2] {
    set_up_whitelist(whitelist, vec![flash.address(), peer.address()]);
    flash.sender(OWNER).behind_proxy();
    let call = |whitelist| IFlashExitPool::initializeCall {
        owner: OWNER,
        guardian: OWNER,
        stakeManager: peer.address(),
        monthlyAllowance: U256::ZERO,
        whitelist,
    };
    let account = whitelist.address();
    refuses(flash, OWNER, call(account), NoCode { account });
    run(flash, OWNER, call(Address::ZERO));
    let asked = IFlashExitPool::whitelistCall {};
    assert_eq!(run(flash, OWNER, asked.clone())._0, Address::ZERO);
    write_whitelist(7, (1, 226), account);
    assert_eq!(run(flash, OWNER, asked)._0, account);
    flash.fund(whole(1_000 * ETH));
    users()
}

/// Under motsu only contracts are paid.
fn users() -> [Peer; 2] {
    [ALICE, BOB].map(Peer::new_at)
}

fn denied(account: Address) -> Denied {
    Denied {
        account,
        until: alloy_primitives::aliases::U40::from(UNTIL_LIFTED),
    }
}

fn missing(account: Address, asked: u8, held: u8) -> RightMissing {
    RightMissing {
        account,
        asked,
        held,
    }
}

fn request_call(receiver: Address) -> requestUnstakeCall {
    requestUnstakeCall {
        shares: whole(ETH),
        receiver,
    }
}

fn request(queue: &Queue, from: Address, receiver: Address) -> U256 {
    run(queue, from, request_call(receiver)).id
}

fn transfer_call(from: Address, to: Address, id: U256) -> transferFromCall {
    transferFromCall { from, to, id }
}

/// Finalises all orders at a wei a share.
fn finalise(queue: &Queue, peer: &Peer) {
    let peer = peer.address();
    for _ in 0..2 {
        let slot_time = U256::from(NOW + 1);
        run(
            queue,
            peer,
            noteReportCall {
                slotTime: slot_time,
            },
        );
    }
    let totals = run(queue, peer, totalsCall {});
    let call = finaliseCall {
        upTo: totals.nextId - U256::from(1),
        finalShares: totals.unfinalisedShares,
        assets: U256::from(1),
        shares: U256::from(1),
    };
    peer.fund(totals.unfinalisedShares);
    let value = totals.unfinalisedShares;
    queue.sender_and_value(peer, value).call(call).unwrap();
}

#[motsu::test]
fn a_request_asks_its_caller_and_its_receiver_to_redeem(
    queue: Queue,
    whitelist: Whitelist,
    peer: Peer,
) {
    let _users = set_up_queue(&queue, &whitelist, &peer);
    request(&queue, ALICE, BOB);
    let held = STAKE | HOLD;
    let refusal = || missing(CAROL, REDEEM, held);
    refuses(&queue, ALICE, request_call(CAROL), refusal());
    refuses(&queue, CAROL, request_call(ALICE), refusal());
    let nothing = missing(STRANGER, REDEEM, 0);
    refuses(&queue, ALICE, request_call(STRANGER), nothing);
    deny(&whitelist, BOB);
    refuses(&queue, ALICE, request_call(BOB), denied(BOB));
    refuses(&queue, BOB, request_call(ALICE), denied(BOB));
    let permit = requestUnstakeWithPermitCall {
        shares: whole(ETH),
        receiver: ALICE,
        deadline: U256::MAX,
        v: 27,
        r: B256::ZERO,
        s: B256::ZERO,
    };
    refuses(&queue, BOB, permit, denied(BOB));
    lift(&whitelist, BOB);
    request(&queue, BOB, BOB);
}

#[motsu::test]
fn an_order_moves_only_to_who_may_redeem_and_by_nobody_denied(
    queue: Queue,
    whitelist: Whitelist,
    peer: Peer,
) {
    let _users = set_up_queue(&queue, &whitelist, &peer);
    let id = request(&queue, ALICE, ALICE);
    let held = STAKE | HOLD;
    let to = |to| transfer_call(ALICE, to, id);
    refuses(&queue, ALICE, to(CAROL), missing(CAROL, REDEEM, held));
    let safely = safeTransferFrom_0Call {
        from: ALICE,
        to: CAROL,
        id,
    };
    refuses(&queue, ALICE, safely, missing(CAROL, REDEEM, held));
    // An operator needs no right, but must not be denied.
    let approved = |operator| setApprovalForAllCall {
        operator,
        approved: true,
    };
    run(&queue, ALICE, approved(STRANGER));
    deny(&whitelist, STRANGER);
    refuses(&queue, STRANGER, to(BOB), denied(STRANGER));
    refuses(&queue, ALICE, approved(STRANGER), denied(STRANGER));
    refuses(&queue, STRANGER, approved(ALICE), denied(STRANGER));
    let approve = |to| approveCall { to, id };
    refuses(&queue, ALICE, approve(STRANGER), denied(STRANGER));
    refuses(&queue, STRANGER, approve(BOB), denied(STRANGER));
    lift(&whitelist, STRANGER);
    run(&queue, STRANGER, approve(BOB));
    // Its owner keeps it while denied, whoever has an approval.
    deny(&whitelist, ALICE);
    for caller in [ALICE, STRANGER, BOB] {
        refuses(&queue, caller, to(BOB), denied(ALICE));
        if caller != BOB {
            refuses(&queue, caller, approve(BOB), denied(ALICE));
        }
    }
    lift(&whitelist, ALICE);
    deny(&whitelist, BOB);
    refuses(&queue, STRANGER, to(BOB), denied(BOB));
    lift(&whitelist, BOB);
    run(&queue, BOB, to(BOB));
    assert_eq!(run(&queue, BOB, ownerOfCall { id })._0, BOB);
}

#[motsu::test]
fn claims_ask_their_owner_to_redeem_and_no_denied_receiver(
    queue: Queue,
    whitelist: Whitelist,
    peer: Peer,
) {
    let _users = set_up_queue(&queue, &whitelist, &peer);
    let ids = vec![request(&queue, ALICE, ALICE)];
    let later = request(&queue, ALICE, ALICE);
    finalise(&queue, &peer);
    let hints = vec![U256::from(1)];
    let to = |receiver| claimToCall {
        ids: ids.clone(),
        receiver,
    };
    let hinted = |receiver| claimWithHintsCall {
        ids: ids.clone(),
        hints: hints.clone(),
        receiver,
    };
    let claim = || claimCall { ids: ids.clone() };
    deny(&whitelist, STRANGER);
    refuses(&queue, ALICE, to(STRANGER), denied(STRANGER));
    refuses(&queue, ALICE, hinted(STRANGER), denied(STRANGER));
    let id = ids[0];
    let claimable = || run(&queue, BOB, claimableCall { id })._0;
    assert_eq!(claimable(), whole(ETH));
    deny(&whitelist, ALICE);
    assert_eq!(claimable(), U256::ZERO);
    refuses(&queue, ALICE, claim(), denied(ALICE));
    refuses(&queue, ALICE, to(BOB), denied(ALICE));
    refuses(&queue, ALICE, hinted(BOB), denied(ALICE));
    lift(&whitelist, ALICE);
    // Whoever lost the right to redeem keeps the order, and its claim.
    let rights = |rights| setRightsCall {
        accounts: vec![ALICE],
        rights: vec![rights],
        expiries: vec![alloy_primitives::aliases::U40::from(NOW + 1)],
        referenceHashes: vec![B256::ZERO],
    };
    run(&whitelist, BOARD, rights(HOLD));
    refuses(&queue, ALICE, claim(), missing(ALICE, REDEEM, HOLD));
    assert_eq!(claimable(), U256::ZERO);
    run(&whitelist, BOARD, rights(REDEEM));
    assert_eq!(run(&queue, ALICE, claim()).assets, whole(ETH));
    // A receiver needs no right.
    let anybody = claimToCall {
        ids: vec![later],
        receiver: peer.address(),
    };
    assert_eq!(run(&queue, ALICE, anybody).assets, whole(ETH));
}

#[motsu::test]
fn a_claim_for_others_passes_over_who_may_not_redeem(
    queue: Queue,
    whitelist: Whitelist,
    peer: Peer,
) {
    let _users = set_up_queue(&queue, &whitelist, &peer);
    let ids = vec![request(&queue, ALICE, ALICE), request(&queue, BOB, BOB)];
    finalise(&queue, &peer);
    deny(&whitelist, ALICE);
    deny(&whitelist, STRANGER);
    let call = || claimForCall { ids: ids.clone() };
    refuses(&queue, STRANGER, call(), denied(STRANGER));
    assert_eq!(run(&queue, CAROL, call()).assets, whole(ETH));
    queue.assert_emitted(&ClaimSkipped {
        id: ids[0],
        owner: ALICE,
    });
    // It is as it was, and so is what is set aside for it.
    let order = run(&queue, CAROL, orderCall { id: ids[0] });
    assert_eq!(
        (order.owner, order.state, order.assets),
        (ALICE, 3, whole(ETH))
    );
    assert_eq!(run(&queue, CAROL, totalsCall {}).setAside, whole(ETH));
    assert_eq!(
        run(&queue, CAROL, balanceOfCall { owner: ALICE })._0,
        U256::from(1)
    );
    lift(&whitelist, ALICE);
    assert_eq!(run(&queue, CAROL, call()).assets, whole(ETH));
}

#[motsu::test]
fn who_is_denied_takes_no_order_back(queue: Queue, whitelist: Whitelist, peer: Peer) {
    let _users = set_up_queue(&queue, &whitelist, &peer);
    let id = request(&queue, ALICE, ALICE);
    let silently = |receiver| redeemSilentlyCall {
        id,
        minAssets: U256::ZERO,
        receiver,
    };
    deny(&whitelist, ALICE);
    refuses(&queue, ALICE, cancelCall { id }, denied(ALICE));
    refuses(&queue, ALICE, silently(BOB), denied(ALICE));
    lift(&whitelist, ALICE);
    deny(&whitelist, BOB);
    refuses(&queue, ALICE, silently(BOB), denied(BOB));
    assert_eq!(run(&queue, ALICE, silently(ALICE)).assets, whole(ETH));
    // A cancellation asks for no right here: the token says who may hold.
    let id = request(&queue, ALICE, ALICE);
    let none = setRightsCall {
        accounts: vec![ALICE],
        rights: vec![UNDENIED],
        expiries: vec![alloy_primitives::aliases::U40::from(NOW + 1)],
        referenceHashes: vec![B256::ZERO],
    };
    run(&whitelist, BOARD, none);
    refuses(&queue, ALICE, silently_of(id), missing(ALICE, REDEEM, 0));
    run(&queue, ALICE, cancelCall { id });
}

fn silently_of(id: U256) -> redeemSilentlyCall {
    redeemSilentlyCall {
        id,
        minAssets: U256::ZERO,
        receiver: ALICE,
    }
}

#[motsu::test]
fn a_flash_exit_asks_its_caller_to_redeem_and_no_denied_receiver(
    flash: Flash,
    whitelist: Whitelist,
    peer: Peer,
) {
    let _users = set_up_flash(&flash, &whitelist, &peer);
    let to = |receiver| flashExitCall {
        shares: whole(ETH),
        minAssets: U256::ZERO,
        receiver,
    };
    let preview = |account| {
        let shares = whole(ETH);
        let preview = previewFlashExitCall { account, shares };
        let most = maxFlashExitCall { account };
        (
            run(&flash, OWNER, preview).assets,
            run(&flash, OWNER, most).shares,
        )
    };
    assert!(preview(ALICE).0 > U256::ZERO);
    // 0.5 % of totalAssets.
    assert_eq!(preview(ALICE).1, whole(50 * ETH));
    let closed = (U256::ZERO, U256::ZERO);
    assert_eq!(preview(CAROL), closed);
    let held = STAKE | HOLD;
    refuses(&flash, CAROL, to(ALICE), missing(CAROL, REDEEM, held));
    deny(&whitelist, BOB);
    assert_eq!(preview(BOB), closed);
    refuses(&flash, BOB, to(ALICE), denied(BOB));
    refuses(&flash, ALICE, to(BOB), denied(BOB));
    // A receiver needs no right.
    assert_eq!(run(&flash, ALICE, to(peer.address())).assets, whole(ETH));
}

#[motsu::test]
fn an_allowance_needs_a_whitelist(flash: Flash, whitelist: Whitelist, peer: Peer) {
    flash.sender(OWNER).behind_proxy();
    let alone = |wei| IFlashExitPool::initializeCall {
        owner: OWNER,
        guardian: OWNER,
        stakeManager: peer.address(),
        monthlyAllowance: wei,
        whitelist: Address::ZERO,
    };
    let asked = whole(ETH);
    let refusal = || AllowanceWithoutWhitelist { asked };
    refuses(&flash, OWNER, alone(asked), refusal());
    run(&flash, OWNER, alone(U256::ZERO));
    let set = |assets| setMonthlyAllowanceCall { assets };
    refuses(&flash, OWNER, set(asked), refusal());
    run(&flash, OWNER, set(U256::ZERO));
    write_whitelist(7, (1, 226), whitelist.address());
    run(&flash, OWNER, set(asked));
    let kept = run(&flash, OWNER, IFlashExitPool::monthlyAllowanceCall {})._0;
    assert_eq!(kept, asked);
}

#[motsu::test]
fn a_denied_treasury_withdraws_no_fees(flash: Flash, whitelist: Whitelist, peer: Peer) {
    let _users = set_up_flash(&flash, &whitelist, &peer);
    let to = |receiver| IFlashExitPool::withdrawFeesCall { receiver };
    deny(&whitelist, BOB);
    refuses(&flash, ALICE, to(BOB), denied(BOB));
    run(&flash, ALICE, to(peer.address()));
    deny(&whitelist, ALICE);
    refuses(&flash, ALICE, to(peer.address()), denied(ALICE));
}
