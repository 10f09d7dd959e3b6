//! Orders as ERC-721 tokens.

use alloy::{
    primitives::{fixed_bytes, Address, Bytes, U256},
    sol_types::SolCall,
};
use clay_chain::ExecStatus;
use e2e::{event, UnstakeQueue::*, ALICE, BOB, ETH, MALLORY};

use crate::{
    claims::{caller, noted},
    world::{World, REFUSER},
};

fn transfer(from: Address, to: Address, id: U256) -> transferFromCall {
    transferFromCall { from, to, id }
}

fn safe_transfer(from: Address, to: Address, id: U256) -> safeTransferFrom_0Call {
    safeTransferFrom_0Call { from, to, id }
}

#[test]
fn an_order_is_moved_by_its_owner_and_by_whom_the_owner_approved() {
    let mut world = World::new();
    let id = world.request(ALICE, ETH);
    let insufficient = ERC721InsufficientApproval {
        operator: MALLORY,
        tokenId: id,
    };
    world.refuses(MALLORY, transfer(ALICE, MALLORY, id), insufficient.clone());
    let to_nobody = ERC721InvalidReceiver {
        receiver: Address::ZERO,
    };
    world.refuses(ALICE, transfer(ALICE, Address::ZERO, id), to_nobody);
    let error = ERC721IncorrectOwner {
        sender: BOB,
        tokenId: id,
        owner: ALICE,
    };
    world.refuses(ALICE, transfer(BOB, BOB, id), error);

    // By approval of the one order, which ends with the transfer.
    let approve = approveCall { to: MALLORY, id };
    let error = ERC721InvalidApprover { approver: MALLORY };
    world.refuses(MALLORY, approve.clone(), error);
    let receipt = world.receipt(ALICE, approve);
    let approval: Approval = event(&receipt, world.pool.queue);
    assert_eq!((approval.owner, approval.approved), (ALICE, MALLORY));
    assert_eq!(world.view(getApprovedCall { id }), MALLORY);
    let receipt = world.receipt(MALLORY, transfer(ALICE, BOB, id));
    let moved: Transfer = event(&receipt, world.pool.queue);
    assert_eq!((moved.from, moved.to, moved.tokenId), (ALICE, BOB, id));
    assert_eq!(world.view(getApprovedCall { id }), Address::ZERO);
    assert_eq!(world.view(ownerOfCall { id }), BOB);
    let balances = [ALICE, BOB].map(|owner| world.view(balanceOfCall { owner }));
    assert_eq!(balances, [U256::ZERO, U256::from(1)]);
    world.refuses(MALLORY, transfer(BOB, MALLORY, id), insufficient);

    // By an operator, until the owner takes it back.
    let operator = |approved| setApprovalForAllCall {
        operator: ALICE,
        approved,
    };
    world.call(BOB, operator(true));
    assert!(world.view(isApprovedForAllCall {
        owner: BOB,
        operator: ALICE
    }));
    world.call(ALICE, approveCall { to: MALLORY, id });
    world.call(ALICE, transfer(BOB, BOB, id));
    assert_eq!(world.view(balanceOfCall { owner: BOB }), U256::from(1));
    world.call(BOB, operator(false));
    let error = ERC721InsufficientApproval {
        operator: ALICE,
        tokenId: id,
    };
    world.refuses(ALICE, transfer(BOB, ALICE, id), error);
    let error = ERC721InvalidOperator {
        operator: Address::ZERO,
    };
    let nobody = setApprovalForAllCall {
        operator: Address::ZERO,
        approved: true,
    };
    world.refuses(BOB, nobody, error);
    let error = ERC721InvalidOwner {
        owner: Address::ZERO,
    };
    let owner = Address::ZERO;
    world.refuses(BOB, balanceOfCall { owner }, error);
}

#[test]
fn what_is_gone_is_no_token() {
    let mut world = World::new();
    let ids = [(); 2].map(|_| world.request(ALICE, ETH));
    for id in ids {
        world.call(ALICE, approveCall { to: BOB, id });
    }
    world.call(ALICE, cancelCall { id: ids[0] });
    world.finalise_all();
    world.claim(ALICE, &[ids[1]]);
    for id in [ids[0], ids[1], U256::ZERO, U256::from(3), U256::MAX] {
        let error = ERC721NonexistentToken { tokenId: id };
        world.refuses(ALICE, ownerOfCall { id }, error.clone());
        world.refuses(ALICE, getApprovedCall { id }, error.clone());
        world.refuses(ALICE, approveCall { to: BOB, id }, error.clone());
        world.refuses(BOB, transfer(ALICE, BOB, id), error.clone());
        world.refuses(BOB, transfer(Address::ZERO, BOB, id), error);
    }
    assert_eq!(world.view(balanceOfCall { owner: ALICE }), U256::ZERO);
}

#[test]
fn a_safe_transfer_asks_a_receiver_that_is_a_contract() {
    let mut world = World::new();
    let id = world.request(ALICE, ETH);
    world.call(ALICE, safe_transfer(ALICE, BOB, id));
    assert_eq!(world.view(ownerOfCall { id }), BOB);

    let invalid = |receiver| ERC721InvalidReceiver { receiver };
    // Reverts without data; answers something else; answers too little.
    let other = [0x60, 0x20, 0x5f, 0xf3];
    for code in [REFUSER, &other, &[0x00]] {
        let receiver = world.contract(code);
        world.refuses(BOB, safe_transfer(BOB, receiver, id), invalid(receiver));
    }
    // What a receiver reverts with is handed on: here the one byte 0x2a.
    let angry = world.contract(&[0x60, 0x2a, 0x5f, 0x53, 0x60, 0x01, 0x5f, 0xfd]);
    let queue = world.pool.queue;
    let data = safe_transfer(BOB, angry, id).abi_encode();
    let receipt = world.pool.send(BOB, queue, U256::ZERO, data);
    assert_eq!(receipt.status, ExecStatus::Revert);
    assert_eq!(receipt.output, Bytes::from_static(&[0x2a]));
    assert_eq!(world.view(ownerOfCall { id }), BOB);
}

#[test]
fn p41_an_erc721_receiver_that_calls_back_is_refused_and_gains_nothing() {
    let mut world = World::new();
    let id = world.request(ALICE, ETH);
    let queue = world.pool.queue;
    let back = cancelCall { id }.abi_encode();
    let receiver = world.contract(&caller(queue, &back));
    let call = safeTransferFrom_1Call {
        from: ALICE,
        to: receiver,
        id,
        data: Bytes::from_static(b"thirty-three bytes of odd length."),
    };
    world.call(ALICE, call);
    assert_eq!(noted(&world, receiver), U256::from(1), "refused");
    assert_eq!(world.view(ownerOfCall { id }), receiver);
    world.check();
}

#[test]
fn the_queue_says_what_it_is() {
    let world = World::new();
    assert_eq!(world.view(nameCall {}), "ClayStack Unstake Order");
    assert_eq!(world.view(symbolCall {}), "clayUNSTAKE");
    let supports = |id| world.view(supportsInterfaceCall { interfaceId: id });
    assert!(supports(fixed_bytes!("01ffc9a7")));
    assert!(supports(fixed_bytes!("80ac58cd")));
    assert!(supports(fixed_bytes!("5b5e139f")));
    assert!(!supports(fixed_bytes!("ffffffff")));
    assert!(!supports(fixed_bytes!("780e9d63")));
}
