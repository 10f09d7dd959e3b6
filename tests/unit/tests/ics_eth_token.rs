//! IcsETH's transfer policies, with the real whitelist: every policy with everybody in every role.

use alloy_primitives::{aliases::U40, keccak256, Address, B256, U256};
use alloy_signer::SignerSync;
use alloy_sol_types::{SolCall, SolError, SolValue};
use clay_shared::{
    interfaces::{
        ICommon::{AlreadyInitialized, NoCode, UnknownFunction, ZeroAddress},
        ICsEthToken::{
            self, approveCall, balanceOfCall, burnCall, mintCall, noncesCall, permitCall,
            stakeManagerCall, symbolCall, transferCall, transferFromCall, DOMAIN_SEPARATORCall,
            ERC20InsufficientAllowance, ERC2612InvalidSigner,
        },
        IIcsEthToken::*,
        IKycWhitelist::{self, denyCall, liftDenialCall, setRightsCall, RightMissing},
        IOwnable::OnlyOwner,
    },
    kyc::{ALL, HOLD, REDEEM, STAKE},
    storage::Slot,
};
use ics_eth_token::IcsEthToken;
use kyc_whitelist::KycWhitelist;
use motsu::prelude::*;
use unit_tests::Deployed;

type Token = Contract<Deployed<IcsEthToken>>;
type Whitelist = Contract<Deployed<KycWhitelist>>;

/// motsu's clock stands still here.
const NOW: u64 = 1_735_689_600;
const UNTIL_LIFTED: u64 = (1 << 40) - 1;

const OPEN: u8 = 1;
const DENY_LIST: u8 = 2;
const ALLOW_LIST: u8 = 3;
const POLICIES: [u8; 3] = [OPEN, DENY_LIST, ALLOW_LIST];

const OWNER: Address = Address::repeat_byte(0x01);
const BOARD: Address = Address::repeat_byte(0x02);
const MANAGER: Address = Address::repeat_byte(0x03);
const MALLORY: Address = Address::repeat_byte(0x04);

/// What an account is to the whitelist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Has all rights, and is denied them.
    Denied,
    /// Nobody ever heard of it.
    Unlisted,
    /// May do everything but hold.
    NotHolder,
    /// May hold and nothing else.
    Holder,
    /// A contract of the protocol.
    Protocol,
}

use Standing::*;

const STANDINGS: [Standing; 5] = [Denied, Unlisted, NotHolder, Holder, Protocol];

/// What an account does in a transfer.
#[derive(Clone, Copy)]
enum Role {
    Sender = 0x10,
    Receiver = 0x20,
    /// A spender who moves somebody else's shares.
    Initiator = 0x30,
}

/// The account with a role and a standing.
fn account(role: Role, standing: Standing) -> Address {
    Address::repeat_byte(role as u8 + standing as u8)
}

/// How an account must be refused; none if it must not be.
fn refusal(account: Address, standing: Standing, must_hold: bool) -> Option<Vec<u8>> {
    let missing = |held| RightMissing {
        account,
        asked: HOLD,
        held,
    };
    match standing {
        Denied => {
            let until = U40::from(UNTIL_LIFTED);
            Some(IKycWhitelist::Denied { account, until }.abi_encode())
        }
        Unlisted if must_hold => Some(missing(0).abi_encode()),
        NotHolder if must_hold => Some(missing(STAKE | REDEEM).abi_encode()),
        _ => None,
    }
}

#[track_caller]
fn run<C: SolCall>(token: &Token, from: Address, call: C) -> C::Return {
    let answer = token.sender(from).call(call);
    answer.unwrap_or_else(|data| panic!("{}: {data:02x?}", C::SIGNATURE))
}

#[track_caller]
fn refuses(token: &Token, from: Address, call: impl SolCall, error: impl SolError) {
    assert_eq!(token.sender(from).refusal(call), error.abi_encode());
}

/// Makes a call that must succeed, or be refused as expected, and says what was tried if it is not so.
#[track_caller]
fn expect(
    token: &Token,
    from: Address,
    call: impl SolCall,
    expected: Option<Vec<u8>>,
    tried: &str,
) {
    match expected {
        None => {
            let answer = token.sender(from).call(call);
            assert!(answer.is_ok(), "{tried}: {:02x?}", answer.err());
        }
        Some(expected) => assert_eq!(token.sender(from).refusal(call), expected, "{tried}"),
    }
}

/// Gives accounts their standing.
fn list(whitelist: &Whitelist, accounts: &[(Address, Standing)]) {
    for &(account, standing) in accounts {
        let rights = match standing {
            Denied => ALL,
            NotHolder => STAKE | REDEEM,
            Holder => HOLD,
            Unlisted | Protocol => continue,
        };
        let call = setRightsCall {
            accounts: vec![account],
            rights: vec![rights],
            expiries: vec![U40::from(NOW + 1)],
            referenceHashes: vec![B256::repeat_byte(0xf1)],
        };
        whitelist.sender(BOARD).call(call).expect("the Board");
        if standing == Denied {
            let call = denyCall {
                accounts: vec![account],
                reason: B256::ZERO,
            };
            whitelist.sender(BOARD).call(call).expect("the Board");
        }
    }
}

fn set_up(token: &Token, whitelist: &Whitelist, policy: u8) {
    let everyone: Vec<_> = [Role::Sender, Role::Receiver, Role::Initiator]
        .into_iter()
        .flat_map(|role| STANDINGS.map(|standing| (account(role, standing), standing)))
        .collect();
    let protocol = everyone
        .iter()
        .filter(|(_, standing)| *standing == Protocol);
    whitelist.sender(OWNER).behind_proxy();
    let call = IKycWhitelist::initializeCall {
        owner: OWNER,
        board: BOARD,
        complianceOfficer: OWNER,
        protocolContracts: protocol.map(|(account, _)| *account).collect(),
    };
    whitelist
        .sender(OWNER)
        .call(call)
        .expect("the first set-up");
    list(whitelist, &everyone);
    // No account has code under motsu, so that no whitelist would be taken at the set-up: what that writes, by hand, to
    // the contract called last.
    assert_eq!(run(token, OWNER, transferPolicyCall {})._0, 0);
    let word = |account: Address| U256::from_be_bytes(account.into_word().0);
    Slot::at(5).set(U256::from_be_bytes(name("IcsETH").0));
    Slot::at(6).set(word(MANAGER));
    Slot::at(7).set(word(OWNER));
    Slot::at(9).set(word(whitelist.address()) | U256::from(policy) << 160);
}

fn initialize(whitelist: Address, policy: u8) -> initializeCall {
    initializeCall {
        owner: OWNER,
        stakeManager: MANAGER,
        name: name("ClayStack Institutional ETH"),
        symbol: name("IcsETH"),
        whitelist,
        policy,
    }
}

fn name(text: &str) -> B256 {
    let mut word = B256::ZERO;
    word[..text.len()].copy_from_slice(text.as_bytes());
    word
}

fn mint(token: &Token, to: Address) {
    let shares = U256::from(1_000);
    run(token, MANAGER, mintCall { to, shares });
}

fn balance(token: &Token, account: Address) -> U256 {
    run(token, account, balanceOfCall { account })._0
}

#[motsu::test]
fn a_transfer_is_allowed_by_policy_and_standing(token: Token, whitelist: Whitelist) {
    set_up(&token, &whitelist, OPEN);
    let value = U256::from(1);
    for standing in STANDINGS {
        mint(&token, account(Role::Sender, standing));
    }
    for policy in POLICIES {
        run(&token, OWNER, setTransferPolicyCall { policy });
        for (of_sender, of_receiver) in pairs() {
            let from = account(Role::Sender, of_sender);
            let to = account(Role::Receiver, of_receiver);
            let expected = match policy {
                OPEN => None,
                _ => refusal(from, of_sender, false)
                    .or_else(|| refusal(to, of_receiver, policy == ALLOW_LIST)),
            };
            let before = balance(&token, to);
            let moved = U256::from(u8::from(expected.is_none()));
            let tried = format!("policy {policy}: {of_sender:?} to {of_receiver:?}");
            expect(&token, from, transferCall { to, value }, expected, &tried);
            assert_eq!(balance(&token, to), before + moved, "{tried}");
        }
    }
}

#[motsu::test]
fn a_transfer_by_a_spender_asks_for_three_standings(token: Token, whitelist: Whitelist) {
    set_up(&token, &whitelist, OPEN);
    let value = U256::from(1);
    for (of_sender, of_spender) in pairs() {
        let approve = approveCall {
            spender: account(Role::Initiator, of_spender),
            value: U256::MAX,
        };
        run(&token, account(Role::Sender, of_sender), approve);
    }
    for standing in STANDINGS {
        mint(&token, account(Role::Sender, standing));
    }
    for policy in POLICIES {
        run(&token, OWNER, setTransferPolicyCall { policy });
        for ((of_sender, of_receiver), of_spender) in triples() {
            let from = account(Role::Sender, of_sender);
            let to = account(Role::Receiver, of_receiver);
            let spender = account(Role::Initiator, of_spender);
            let expected = match policy {
                OPEN => None,
                _ => refusal(spender, of_spender, false)
                    .or_else(|| refusal(from, of_sender, false))
                    .or_else(|| refusal(to, of_receiver, policy == ALLOW_LIST)),
            };
            let before = balance(&token, to);
            let moved = U256::from(u8::from(expected.is_none()));
            let tried =
                format!("policy {policy}: {of_spender:?} from {of_sender:?} to {of_receiver:?}");
            let call = transferFromCall { from, to, value };
            expect(&token, spender, call, expected, &tried);
            assert_eq!(balance(&token, to), before + moved, "{tried}");
        }
    }
}

#[motsu::test]
fn an_allowance_needs_nobody_denied(token: Token, whitelist: Whitelist) {
    set_up(&token, &whitelist, OPEN);
    for policy in POLICIES {
        run(&token, OWNER, setTransferPolicyCall { policy });
        for (of_owner, of_spender) in pairs() {
            let owner = account(Role::Sender, of_owner);
            let spender = account(Role::Initiator, of_spender);
            let expected = match policy {
                OPEN => None,
                _ => {
                    refusal(owner, of_owner, false).or_else(|| refusal(spender, of_spender, false))
                }
            };
            let tried = format!("policy {policy}: {of_owner:?} approves {of_spender:?}");
            let value = U256::from(policy);
            expect(
                &token,
                owner,
                approveCall { spender, value },
                expected,
                &tried,
            );
        }
    }
}

#[motsu::test]
fn a_permit_needs_nobody_denied(
    token: Token,
    whitelist: Whitelist,
    denied: Account,
    unlisted: Account,
    not_holder: Account,
    holder: Account,
) {
    set_up(&token, &whitelist, OPEN);
    let owners = [
        (&denied, Denied),
        (&unlisted, Unlisted),
        (&not_holder, NotHolder),
        (&holder, Holder),
    ];
    list(
        &whitelist,
        &owners.map(|(owner, standing)| (owner.address(), standing)),
    );
    for policy in POLICIES {
        run(&token, OWNER, setTransferPolicyCall { policy });
        for (signer, of_owner) in owners {
            for (of_spender, of_caller) in pairs() {
                let owner = signer.address();
                let spender = account(Role::Initiator, of_spender);
                let caller = account(Role::Sender, of_caller);
                let expected = match policy {
                    OPEN => None,
                    _ => refusal(caller, of_caller, false)
                        .or_else(|| refusal(owner, of_owner, false))
                        .or_else(|| refusal(spender, of_spender, false)),
                };
                let nonce = run(&token, owner, noncesCall { owner })._0;
                let used = U256::from(u8::from(expected.is_none()));
                let tried = format!(
                    "policy {policy}: {of_caller:?} permits {of_spender:?} for {of_owner:?}"
                );
                let call = permit(&token, signer, spender, nonce);
                expect(&token, caller, call, expected, &tried);
                let after = run(&token, owner, noncesCall { owner })._0;
                assert_eq!(after, nonce + used, "{tried}");
            }
        }
    }
    // Nor does another's signature become valid by the gate.
    let (holder, spender) = (holder.address(), account(Role::Initiator, Holder));
    let forged = permitCall {
        owner: holder,
        ..permit(&token, &unlisted, spender, U256::ZERO)
    };
    let refused = token.sender(MALLORY).refusal(forged);
    assert_eq!(refused[..4], ERC2612InvalidSigner::SELECTOR);
}

#[motsu::test]
fn the_gate_grants_nothing_that_the_token_refuses(token: Token, whitelist: Whitelist) {
    set_up(&token, &whitelist, ALLOW_LIST);
    let from = account(Role::Sender, Holder);
    let to = account(Role::Receiver, Holder);
    let spender = account(Role::Initiator, Holder);
    mint(&token, from);
    let value = U256::from(7);
    let none = ERC20InsufficientAllowance {
        spender,
        allowance: U256::ZERO,
        needed: value,
    };
    refuses(&token, spender, transferFromCall { from, to, value }, none);
    let nowhere = ICsEthToken::ERC20InvalidReceiver {
        receiver: Address::ZERO,
    };
    let to = Address::ZERO;
    refuses(&token, from, transferCall { to, value }, nowhere);
    let nobody = ICsEthToken::ERC20InvalidSpender {
        spender: Address::ZERO,
    };
    let spender = Address::ZERO;
    refuses(&token, from, approveCall { spender, value }, nobody);
}

#[motsu::test]
fn a_lifted_denial_gives_back_what_was_allowed_before(token: Token, whitelist: Whitelist) {
    set_up(&token, &whitelist, ALLOW_LIST);
    let (from, to) = (
        account(Role::Sender, Denied),
        account(Role::Receiver, Denied),
    );
    mint(&token, from);
    let value = U256::from(5);
    let until = U40::from(UNTIL_LIFTED);
    let call = transferCall { to, value };
    let refused = IKycWhitelist::Denied {
        account: from,
        until,
    };
    refuses(&token, from, call.clone(), refused);
    let lift = liftDenialCall {
        accounts: vec![from, to],
        reason: B256::ZERO,
    };
    whitelist.sender(OWNER).call(lift).expect("the owner");
    run(&token, from, call);
    assert_eq!(balance(&token, to), value);
}

#[motsu::test]
fn mints_and_burns_pass_the_gate_by(token: Token, whitelist: Whitelist) {
    set_up(&token, &whitelist, ALLOW_LIST);
    for standing in [Denied, Unlisted] {
        let treasury = account(Role::Receiver, standing);
        mint(&token, treasury);
        let call = ICsEthToken::mintManyCall {
            to: [treasury; 3],
            shares: [1, 2, 3].map(U256::from),
        };
        run(&token, MANAGER, call);
        let call = burnCall {
            from: treasury,
            shares: U256::from(1_006),
        };
        run(&token, MANAGER, call);
        assert_eq!(balance(&token, treasury), U256::ZERO);
    }
}

#[motsu::test]
fn the_owner_alone_changes_the_policy_within_its_bounds(token: Token, whitelist: Whitelist) {
    set_up(&token, &whitelist, DENY_LIST);
    assert_eq!(run(&token, MALLORY, transferPolicyCall {})._0, DENY_LIST);
    for caller in [MALLORY, MANAGER, BOARD] {
        let only = OnlyOwner {
            caller,
            owner: OWNER,
        };
        refuses(&token, caller, setTransferPolicyCall { policy: OPEN }, only);
    }
    for asked in [0, 4, 255] {
        let bounds = PolicyOutOfBounds {
            asked,
            smallest: OPEN,
            largest: ALLOW_LIST,
        };
        let call = setTransferPolicyCall { policy: asked };
        refuses(&token, OWNER, call, bounds);
    }
    for policy in [ALLOW_LIST, OPEN] {
        let previous = run(&token, MALLORY, transferPolicyCall {})._0;
        run(&token, OWNER, setTransferPolicyCall { policy });
        token.assert_emitted(&TransferPolicyChanged {
            previous,
            current: policy,
        });
        assert_eq!(run(&token, MALLORY, transferPolicyCall {})._0, policy);
        let kept = run(&token, MALLORY, whitelistCall {})._0;
        assert_eq!(kept, whitelist.address());
    }
}

#[motsu::test]
fn a_token_needs_a_policy_and_a_whitelist(token: Token) {
    for asked in [0, 4] {
        let bounds = PolicyOutOfBounds {
            asked,
            smallest: OPEN,
            largest: ALLOW_LIST,
        };
        refuses(&token, OWNER, initialize(MALLORY, asked), bounds);
    }
    let nowhere = initialize(Address::ZERO, OPEN);
    refuses(&token, OWNER, nowhere, ZeroAddress {});
    let no_code = NoCode { account: MALLORY };
    refuses(&token, OWNER, initialize(MALLORY, OPEN), no_code);
}

#[motsu::test]
fn a_token_that_was_set_up_is_not_again(token: Token, whitelist: Whitelist) {
    set_up(&token, &whitelist, ALLOW_LIST);
    assert_eq!(run(&token, MALLORY, symbolCall {})._0, "IcsETH");
    assert_eq!(run(&token, MALLORY, stakeManagerCall {})._0, MANAGER);
    let again = initialize(whitelist.address(), OPEN);
    refuses(&token, OWNER, again, AlreadyInitialized {});
    // csETH's set-up, which would leave the token without a gate.
    let of_cs_eth = ICsEthToken::initializeCall {
        owner: MALLORY,
        stakeManager: MALLORY,
        name: B256::ZERO,
        symbol: B256::ZERO,
    };
    let unknown = UnknownFunction {
        selector: ICsEthToken::initializeCall::SELECTOR.into(),
    };
    refuses(&token, MALLORY, of_cs_eth, unknown);
}

/// A permit for 7 shares, signed by its owner.
fn permit(token: &Token, owner: &Account, spender: Address, nonce: U256) -> permitCall {
    let (holder, value, deadline) = (owner.address(), U256::from(7), U256::MAX);
    let separator = run(token, holder, DOMAIN_SEPARATORCall {})._0;
    let type_hash = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)",
    );
    let message = (type_hash, holder, spender, value, nonce, deadline).abi_encode();
    let message = keccak256(message);
    let digest = keccak256([b"\x19\x01", separator.as_slice(), message.as_slice()].concat());
    let signature = owner.signer().sign_hash_sync(&digest).expect("a signature");
    permitCall {
        owner: holder,
        spender,
        value,
        deadline,
        v: 27 + u8::from(signature.v()),
        r: signature.r().into(),
        s: signature.s().into(),
    }
}

fn pairs() -> impl Iterator<Item = (Standing, Standing)> {
    STANDINGS
        .into_iter()
        .flat_map(|one| STANDINGS.map(|other| (one, other)))
}

fn triples() -> impl Iterator<Item = ((Standing, Standing), Standing)> {
    pairs().flat_map(|pair| STANDINGS.map(|third| (pair, third)))
}
