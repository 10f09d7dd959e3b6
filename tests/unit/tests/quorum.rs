//! The quorum's own logic: members, nonces, what may be called, and the committee's calls of itself.

use alloy_primitives::{Address, Bytes, B256, U256};
use alloy_signer::SignerSync;
use alloy_sol_types::{eip712_domain, sol, SolCall, SolError, SolStruct};
use clay_shared::interfaces::{
    ICommon::{AlreadyInitialized, UnknownFunction, ZeroAddress},
    IOwnable::OnlyOwner,
    IQuorum::*,
    IUpgradeable::OnlyThroughProxy,
};
use motsu::prelude::*;
use quorum::Quorum;
use unit_tests::Deployed;

type Committee = Contract<Deployed<Quorum>>;

sol! {
    /// What members sign.
    struct Execute {
        address target;
        bytes data;
        uint256 nonce;
        uint256 deadline;
    }
}

/// The accounts in ascending order of their addresses.
fn ascending(mut accounts: Vec<Account>) -> Vec<Account> {
    accounts.sort_by_key(Account::address);
    accounts
}

fn addresses(accounts: &[Account]) -> Vec<Address> {
    accounts.iter().map(Account::address).collect()
}

/// The initialiser: a committee of these members that may replace itself.
fn initialize(committee: &Committee, owner: Address, members: Vec<Address>) -> initializeCall {
    initializeCall {
        owner,
        members,
        quorum: U256::from(2),
        targets: vec![committee.address()],
        selectors: vec![setMembersCall::SELECTOR.into()],
    }
}

fn set_up(committee: &Committee, owner: Address, members: &[Account]) {
    committee.sender(owner).behind_proxy();
    let call = initialize(committee, owner, addresses(members));
    committee
        .sender(owner)
        .call(call)
        .expect("the first set-up");
}

fn view<C: SolCall>(committee: &Committee, call: C) -> C::Return {
    let nobody = Address::ZERO;
    committee.sender(nobody).call(call).expect("a view")
}

/// A replacement of the committee's members by themselves, signed by these for a nonce.
fn signed(
    committee: &Committee,
    signers: &[Account],
    replacement: setMembersCall,
    nonce: U256,
) -> executeCall {
    let chain_id: U256 = view(committee, eip712DomainCall {}).chainId;
    let domain = eip712_domain! {
        name: "ClayStack Quorum",
        version: "1",
        chain_id: chain_id.to(),
        verifying_contract: committee.address(),
    };
    let message = Execute {
        target: committee.address(),
        data: replacement.abi_encode().into(),
        nonce,
        deadline: U256::MAX,
    };
    let hash = message.eip712_signing_hash(&domain);
    let signatures = signers.iter().flat_map(|signer| {
        let signature = signer.signer().sign_hash_sync(&hash).expect("a signature");
        let (r, s) = (B256::from(signature.r()), B256::from(signature.s()));
        [&r[..], &s[..], &[27 + u8::from(signature.v())]].concat()
    });
    executeCall {
        target: message.target,
        data: message.data,
        deadline: message.deadline,
        signatures: signatures.collect(),
    }
}

fn replacement(members: &[Account], quorum: u64) -> setMembersCall {
    setMembersCall {
        members: addresses(members),
        quorum: U256::from(quorum),
    }
}

fn first_nonce() -> U256 {
    U256::from(1) << 128
}

#[motsu::test]
fn a_committee_is_set_up_once_behind_a_proxy(
    committee: Committee,
    owner: Address,
    a: Account,
    b: Account,
) {
    let members = ascending(vec![a, b]);
    let call = initialize(&committee, owner, addresses(&members));
    let refusal = committee.sender(owner).refusal(call.clone());
    assert_eq!(refusal, OnlyThroughProxy {}.abi_encode());

    set_up(&committee, owner, &members);
    assert_eq!(view(&committee, membersCall {})._0, addresses(&members));
    assert_eq!(view(&committee, quorumCall {})._0, U256::from(2));
    assert_eq!(view(&committee, nonceCall {})._0, first_nonce());
    let allowed = view(
        &committee,
        isAllowedCall {
            target: committee.address(),
            selector: setMembersCall::SELECTOR.into(),
        },
    );
    assert!(allowed._0);
    let refusal = committee.sender(owner).refusal(call);
    assert_eq!(refusal, AlreadyInitialized {}.abi_encode());
}

#[motsu::test]
fn a_committee_that_signs_its_own_replacement_is_replaced(
    committee: Committee,
    owner: Address,
    relayer: Address,
    a: Account,
    b: Account,
    c: Account,
    d: Account,
) {
    let all = ascending(vec![a, b, c, d]);
    let (old, new) = (&all[..3], &all[1..]);
    set_up(&committee, owner, old);

    let call = signed(&committee, &old[..2], replacement(new, 3), first_nonce());
    let returned = committee.sender(relayer).call(call.clone());
    assert!(returned.expect("two of three signed").returned.is_empty());
    committee.assert_emitted(&Executed {
        target: committee.address(),
        selector: setMembersCall::SELECTOR.into(),
        nonce: first_nonce(),
    });
    let nonce = U256::from(2) << 128;
    committee.assert_emitted(&MembersChanged {
        members: addresses(new),
        quorum: U256::from(3),
        nonce,
    });
    assert_eq!(view(&committee, membersCall {})._0, addresses(new));
    assert_eq!(view(&committee, nonceCall {})._0, nonce);
    let left = view(
        &committee,
        isMemberCall {
            account: old[0].address(),
        },
    );
    assert!(!left._0);

    // Signed again by the old two: one is no member, and two are too few.
    let call = signed(&committee, &old[..2], replacement(old, 1), nonce);
    let refusal = committee.sender(relayer).refusal(call);
    let expected = TooFewSignatures {
        given: U256::from(2),
        needed: U256::from(3),
    };
    assert_eq!(refusal, expected.abi_encode());
    let call = signed(&committee, old, replacement(old, 1), nonce);
    let refusal = committee.sender(relayer).refusal(call);
    let signer = old[0].address();
    assert_eq!(refusal, NotMember { signer }.abi_encode());
}

#[motsu::test]
fn signers_are_counted_once_and_in_order(
    committee: Committee,
    owner: Address,
    a: Account,
    b: Account,
) {
    let members = ascending(vec![a, b]);
    set_up(&committee, owner, &members);
    let next = replacement(&members[..1], 1);
    for (first, second) in [(0, 0), (1, 0)] {
        let signers = [members[first], members[second]];
        let call = signed(&committee, &signers, next.clone(), first_nonce());
        let refusal = committee.sender(owner).refusal(call);
        let expected = SignersNotAscending {
            previous: signers[0].address(),
            next: signers[1].address(),
        };
        assert_eq!(refusal, expected.abi_encode());
    }
    let call = signed(&committee, &members, next, first_nonce());
    let mut short = call.clone();
    short.signatures = call.signatures[..129].to_vec().into();
    let refusal = committee.sender(owner).refusal(short);
    let length = U256::from(129);
    assert_eq!(refusal, MalformedSignatures { length }.abi_encode());
    let mut late = call.clone();
    late.deadline = U256::from(7);
    let refusal = committee.sender(owner).refusal(late);
    assert_eq!(refusal[..4], DeadlinePassed::SELECTOR);
    committee.sender(owner).call(call).expect("both signed");
}

#[motsu::test]
fn members_are_some_ascending_and_at_most_32(
    committee: Committee,
    owner: Address,
    a: Account,
    b: Account,
) {
    let members = ascending(vec![a, b]);
    set_up(&committee, owner, &members);
    let numbered =
        |count: u8| -> Vec<Address> { (1..=count).map(Address::with_last_byte).collect() };
    let (one, two) = (Address::with_last_byte(1), Address::with_last_byte(2));
    let cases = [
        (
            vec![],
            1,
            QuorumOutOfBounds {
                asked: U256::from(1),
                smallest: U256::from(1),
                largest: U256::ZERO,
            }
            .abi_encode(),
        ),
        (
            numbered(3),
            4,
            QuorumOutOfBounds {
                asked: U256::from(4),
                smallest: U256::from(1),
                largest: U256::from(3),
            }
            .abi_encode(),
        ),
        (
            numbered(33),
            3,
            TooManyMembers {
                asked: U256::from(33),
                largest: U256::from(32),
            }
            .abi_encode(),
        ),
        (vec![Address::ZERO, one], 1, ZeroAddress {}.abi_encode()),
        (
            vec![one, one],
            1,
            MembersNotAscending {
                previous: one,
                next: one,
            }
            .abi_encode(),
        ),
        (
            vec![two, one],
            1,
            MembersNotAscending {
                previous: two,
                next: one,
            }
            .abi_encode(),
        ),
    ];
    for (members, quorum, expected) in cases {
        let quorum = U256::from(quorum);
        let refusal = committee
            .sender(owner)
            .refusal(setMembersCall { members, quorum });
        assert_eq!(refusal, expected);
    }
    assert_eq!(view(&committee, membersCall {})._0, addresses(&members));
    let most = setMembersCall {
        members: numbered(32),
        quorum: U256::from(32),
    };
    committee.sender(owner).call(most).expect("32 at most");
    assert_eq!(view(&committee, membersCall {})._0, numbered(32));
}

#[motsu::test]
fn only_the_owner_says_who_is_a_member_and_what_is_allowed(
    committee: Committee,
    owner: Address,
    target: Address,
    mallory: Address,
    a: Account,
    b: Account,
) {
    let members = ascending(vec![a, b]);
    set_up(&committee, owner, &members);
    let selector = [1, 2, 3, 4].into();
    let allow = setAllowedCall {
        target,
        selector,
        allowed: true,
    };
    for stranger in [mallory, members[0].address(), committee.address()] {
        let expected = OnlyOwner {
            caller: stranger,
            owner,
        }
        .abi_encode();
        let refusal = committee.sender(stranger).refusal(allow.clone());
        assert_eq!(refusal, expected);
        let refusal = committee.sender(stranger).refusal(replacement(&members, 1));
        assert_eq!(refusal, expected);
    }
    let is_allowed = isAllowedCall { target, selector };
    assert!(!view(&committee, is_allowed.clone())._0);
    committee.sender(owner).call(allow).expect("the owner");
    assert!(view(&committee, is_allowed)._0);

    // Of its own contract a committee is never allowed more than to replace its members.
    let own = setAllowedCall {
        target: committee.address(),
        selector: setAllowedCall::SELECTOR.into(),
        allowed: true,
    };
    let expected = NotAllowed {
        target: committee.address(),
        selector: setAllowedCall::SELECTOR.into(),
    };
    let refusal = committee.sender(owner).refusal(own);
    assert_eq!(refusal, expected.abi_encode());
}

#[motsu::test]
fn unknown_functions_and_broken_calldata_are_refused(
    committee: Committee,
    owner: Address,
    a: Account,
    b: Account,
) {
    set_up(&committee, owner, &ascending(vec![a, b]));
    let unknown = committee.sender(owner).call_raw(&[1, 2, 3, 4]);
    let selector = [1, 2, 3, 4].into();
    assert_eq!(unknown, Err(UnknownFunction { selector }.abi_encode()));
    // An array of more items than memory could hold, in 100 bytes of calldata.
    let huge = [
        &setMembersCall::SELECTOR[..],
        &U256::from(64).to_be_bytes::<32>(),
        &U256::from(1).to_be_bytes::<32>(),
        &U256::from(u64::MAX).to_be_bytes::<32>(),
    ]
    .concat();
    for broken in [&executeCall::SELECTOR[..], &[1], &huge] {
        let refusal = committee.sender(owner).call_raw(broken);
        assert_eq!(refusal, Err(Vec::new()));
    }
    let nothing = executeCall {
        target: owner,
        data: Bytes::new(),
        deadline: U256::MAX,
        signatures: Bytes::new(),
    };
    let refusal = committee.sender(owner).refusal(nothing);
    let expected = NotAllowed {
        target: owner,
        selector: [0; 4].into(),
    };
    assert_eq!(refusal, expected.abi_encode());
}
