//! The token's own logic.

use alloy_primitives::{keccak256, Address, FixedBytes, B256, U256};
use alloy_signer::SignerSync;
use alloy_sol_types::{SolCall, SolError, SolValue};
use clay_shared::interfaces::{
    ICommon, ICsEthToken,
    ICsEthToken::*,
    IManaged::OnlyStakeManager,
    IOwnable::{
        acceptOwnershipCall, ownerCall, transferOwnershipCall, OnlyOwner, OnlyPendingOwner,
    },
};
use cs_eth_token::CsEthToken;
use motsu::prelude::*;
use unit_tests::Deployed;

type Token = Contract<Deployed<CsEthToken>>;

fn short_string(text: &str) -> B256 {
    let mut word = B256::ZERO;
    word[..text.len()].copy_from_slice(text.as_bytes());
    word
}

fn set_up(token: &Token, owner: Address, stake_manager: Address) {
    let initialize = initializeCall {
        owner,
        stakeManager: stake_manager,
        name: short_string("ClayStack Staked Ether"),
        symbol: short_string("csETH"),
    };
    token
        .sender(owner)
        .call(initialize)
        .expect("the first set-up");
}

fn mint(token: &Token, stake_manager: Address, to: Address, shares: u64) -> Result<(), Vec<u8>> {
    let shares = U256::from(shares);
    token
        .sender(stake_manager)
        .call(mintCall { to, shares })
        .map(|_| ())
}

fn balance(token: &Token, account: Address) -> U256 {
    token
        .sender(account)
        .call(balanceOfCall { account })
        .expect("a view")
        ._0
}

#[motsu::test]
fn a_new_token_has_its_name_and_nothing_else(token: Token, owner: Address, manager: Address) {
    set_up(&token, owner, manager);

    let named = token.sender(owner).call(nameCall {}).expect("a view")._0;
    assert_eq!(named, "ClayStack Staked Ether");
    let symbol = token.sender(owner).call(symbolCall {}).expect("a view")._0;
    assert_eq!(symbol, "csETH");
    assert_eq!(
        token
            .sender(owner)
            .call(decimalsCall {})
            .expect("a view")
            ._0,
        18
    );
    assert_eq!(
        token
            .sender(owner)
            .call(totalSupplyCall {})
            .expect("a view")
            ._0,
        U256::ZERO
    );
    assert_eq!(
        token
            .sender(owner)
            .call(stakeManagerCall {})
            .expect("a view")
            ._0,
        manager
    );
}

#[motsu::test]
fn a_token_is_set_up_once(token: Token, owner: Address, manager: Address, mallory: Address) {
    set_up(&token, owner, manager);

    let again = initializeCall {
        owner: mallory,
        stakeManager: mallory,
        name: B256::ZERO,
        symbol: B256::ZERO,
    };
    let refusal = token.sender(mallory).refusal(again);
    assert_eq!(refusal, ICommon::AlreadyInitialized {}.abi_encode());
}

#[motsu::test]
fn only_the_stake_manager_mints_and_burns(
    token: Token,
    owner: Address,
    manager: Address,
    alice: Address,
) {
    set_up(&token, owner, manager);
    mint(&token, manager, alice, 100).expect("the stake-manager mints");
    assert_eq!(balance(&token, alice), U256::from(100));

    for stranger in [owner, alice] {
        let expected = OnlyStakeManager {
            caller: stranger,
            stakeManager: manager,
        }
        .abi_encode();
        assert_eq!(
            mint(&token, stranger, alice, 1).expect_err("a stranger"),
            expected
        );
        let burn = burnCall {
            from: alice,
            shares: U256::from(1),
        };
        assert_eq!(token.sender(stranger).refusal(burn), expected);
    }

    let burn = burnCall {
        from: alice,
        shares: U256::from(40),
    };
    token
        .sender(manager)
        .call(burn)
        .expect("the stake-manager burns");
    assert_eq!(balance(&token, alice), U256::from(60));
    assert_eq!(
        token
            .sender(owner)
            .call(totalSupplyCall {})
            .expect("a view")
            ._0,
        U256::from(60)
    );
}

#[motsu::test]
fn nobody_moves_more_than_they_have_or_may(
    token: Token,
    owner: Address,
    manager: Address,
    alice: Address,
    bob: Address,
) {
    set_up(&token, owner, manager);
    mint(&token, manager, alice, 100).expect("the stake-manager mints");

    let too_much = transferCall {
        to: bob,
        value: U256::from(101),
    };
    let refusal = token.sender(alice).refusal(too_much);
    let expected = ICsEthToken::ERC20InsufficientBalance {
        sender: alice,
        balance: U256::from(100),
        needed: U256::from(101),
    };
    assert_eq!(refusal, expected.abi_encode());

    let approve = approveCall {
        spender: bob,
        value: U256::from(30),
    };
    token.sender(alice).call(approve).expect("an approval");
    let beyond = transferFromCall {
        from: alice,
        to: bob,
        value: U256::from(31),
    };
    let refusal = token.sender(bob).refusal(beyond);
    let expected = ICsEthToken::ERC20InsufficientAllowance {
        spender: bob,
        allowance: U256::from(30),
        needed: U256::from(31),
    };
    assert_eq!(refusal, expected.abi_encode());

    let within = transferFromCall {
        from: alice,
        to: bob,
        value: U256::from(30),
    };
    token.sender(bob).call(within).expect("what he may");
    assert_eq!(balance(&token, bob), U256::from(30));
}

#[motsu::test]
fn a_permit_signed_by_the_owner_sets_the_allowance(
    token: Token,
    owner: Address,
    manager: Address,
    alice: Account,
    bob: Address,
) {
    set_up(&token, owner, manager);
    let holder = alice.address();
    let (value, deadline) = (U256::from(7), U256::MAX);
    let separator = token
        .sender(bob)
        .call(DOMAIN_SEPARATORCall {})
        .expect("a view")
        ._0;
    let type_hash = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)",
    );
    let message = (type_hash, holder, bob, value, U256::ZERO, deadline).abi_encode();
    let digest = keccak256(
        [
            b"\x19\x01",
            separator.as_slice(),
            keccak256(message).as_slice(),
        ]
        .concat(),
    );
    let signature = alice.signer().sign_hash_sync(&digest).expect("a signature");
    let permit = permitCall {
        owner: holder,
        spender: bob,
        value,
        deadline,
        v: 27 + u8::from(signature.v()),
        r: signature.r().into(),
        s: signature.s().into(),
    };

    token
        .sender(bob)
        .call(permit.clone())
        .expect("the owner signed it");
    let allowance = allowanceCall {
        owner: holder,
        spender: bob,
    };
    assert_eq!(token.sender(bob).call(allowance).expect("a view")._0, value);

    // Its nonce is used up: the same signature now recovers somebody else.
    let refusal = token.sender(bob).refusal(permit);
    assert_eq!(refusal[..4], ERC2612InvalidSigner::SELECTOR);
    let nonce = token
        .sender(bob)
        .call(noncesCall { owner: holder })
        .expect("a view")
        ._0;
    assert_eq!(nonce, U256::from(1));
}

#[motsu::test]
fn ownership_moves_in_two_steps(token: Token, owner: Address, manager: Address, next: Address) {
    set_up(&token, owner, manager);
    let offer = transferOwnershipCall { newOwner: next };
    let refusal = token.sender(next).refusal(offer.clone());
    assert_eq!(
        refusal,
        OnlyOwner {
            caller: next,
            owner
        }
        .abi_encode()
    );
    token.sender(owner).call(offer).expect("the owner's offer");
    assert_eq!(
        token.sender(owner).call(ownerCall {}).expect("a view")._0,
        owner
    );

    let refusal = token.sender(owner).refusal(acceptOwnershipCall {});
    let expected = OnlyPendingOwner {
        caller: owner,
        pendingOwner: next,
    };
    assert_eq!(refusal, expected.abi_encode());
    token
        .sender(next)
        .call(acceptOwnershipCall {})
        .expect("offered to her");
    assert_eq!(
        token.sender(owner).call(ownerCall {}).expect("a view")._0,
        next
    );
}

#[motsu::test]
fn unknown_functions_and_broken_calldata_are_refused(
    token: Token,
    owner: Address,
    manager: Address,
) {
    set_up(&token, owner, manager);
    let unknown = ICommon::UnknownFunction {
        selector: FixedBytes([0xde, 0xad, 0xbe, 0xef]),
    };
    let refusal = token
        .sender(owner)
        .call_raw(&[0xde, 0xad, 0xbe, 0xef])
        .expect_err("no such function");
    assert_eq!(refusal, unknown.abi_encode());

    // Too short for a selector, no arguments, and an address with something in its upper bytes.
    let dirty = [&balanceOfCall::SELECTOR[..], &[0xff; 32]].concat();
    for broken in [&[0x70, 0xa0][..], &transferCall::SELECTOR[..], &dirty[..]] {
        assert_eq!(
            token
                .sender(owner)
                .call_raw(broken)
                .expect_err("undecodable"),
            Vec::<u8>::new()
        );
    }
}
