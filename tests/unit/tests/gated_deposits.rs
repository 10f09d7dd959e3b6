//! Deposits into a pool with a whitelist, which is the real one: who may stake, and for whom.

use alloy_primitives::{address, aliases::U40, Address, B256, U256};
use alloy_sol_types::{SolCall, SolError};
use clay_shared::{
    books::flag,
    interfaces::{
        ICommon::NoCode,
        ICsEthToken::{self, balanceOfCall},
        IKycWhitelist::{self, denyCall, setRightsCall, Denied, RightMissing},
        IStakeManager::*,
    },
    kyc::{ALL, HOLD, OPERATE, REDEEM, STAKE},
    stake_manager::{books, set_books},
    storage::Slot,
};
use cs_eth_token::CsEthToken;
use kyc_whitelist::KycWhitelist;
use motsu::prelude::*;
use stake_manager::StakeManager;
use stake_manager_reports::StakeManagerReports;
use unit_tests::Deployed;

type Facet = Contract<Deployed<StakeManagerReports>>;
type Token = Contract<Deployed<CsEthToken>>;
type Manager = Contract<Deployed<StakeManager>>;
type Whitelist = Contract<Deployed<KycWhitelist>>;

/// motsu's clock stands still here.
const NOW: u64 = 1_735_689_600;
const UNTIL_LIFTED: u64 = (1 << 40) - 1;
/// The smallest deposit, wei.
const SMALLEST: u64 = 1_000_000_000_000_000;

const OWNER: Address = Address::repeat_byte(0x01);
const BOARD: Address = Address::repeat_byte(0x02);
const GATEWAY: Address = Address::repeat_byte(0x6a);
/// The gateway as it calls on this chain.
const ALIAS: Address = address!("7b7b6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a7b7b");

/// May stake and hold.
const ALICE: Address = Address::repeat_byte(0xa1);
/// May stake, but not hold.
const STAKER: Address = Address::repeat_byte(0xb1);
/// May hold, but not stake.
const HOLDER: Address = Address::repeat_byte(0xb2);
/// May neither.
const REDEEMER: Address = Address::repeat_byte(0xb3);
/// Has all rights, and is denied them.
const DENIED: Address = Address::repeat_byte(0xde);
/// Nobody ever heard of it.
const STRANGER: Address = Address::repeat_byte(0x57);
/// A contract of the protocol.
const PROTOCOL: Address = Address::repeat_byte(0xf0);

/// Accounts and the rights they were given.
const ACCOUNTS: [(Address, u8); 7] = [
    (ALICE, STAKE | HOLD),
    (STAKER, STAKE | REDEEM | OPERATE),
    (HOLDER, HOLD | REDEEM | OPERATE),
    (REDEEMER, REDEEM | OPERATE),
    (DENIED, ALL),
    (STRANGER, 0),
    (PROTOCOL, ALL),
];

fn siblings() -> Siblings {
    let account = Address::repeat_byte;
    Siblings {
        unstakeQueue: account(0x51),
        protectionPool: account(0x52),
        operatorRegistry: account(0x53),
        oracleCommittee: account(0x54),
        acknowledger: account(0x55),
        rewardsDistributor: account(0x56),
        treasury: account(0x57),
        flashExitPool: account(0x58),
    }
}

fn initialize(token: Address, facet: Address, whitelist: Address) -> initializeCall {
    initializeCall {
        owner: OWNER,
        guardian: OWNER,
        token,
        gateway: GATEWAY,
        facet,
        whitelist,
        smallestDeposit: U256::from(SMALLEST),
        siblings: siblings(),
    }
}

/// A pool without a whitelist, and a whitelist.
fn set_up(manager: &Manager, facet: &Facet, token: &Token, whitelist: &Whitelist) {
    whitelist.sender(OWNER).behind_proxy();
    let call = IKycWhitelist::initializeCall {
        owner: OWNER,
        board: BOARD,
        complianceOfficer: OWNER,
        protocolContracts: vec![PROTOCOL],
    };
    run(whitelist, OWNER, call);
    for (account, rights) in ACCOUNTS {
        if account == STRANGER || account == PROTOCOL {
            continue;
        }
        let call = setRightsCall {
            accounts: vec![account],
            rights: vec![rights],
            expiries: vec![U40::from(NOW + 1)],
            referenceHashes: vec![B256::repeat_byte(0xf1)],
        };
        run(whitelist, BOARD, call);
    }
    let call = denyCall {
        accounts: vec![DENIED],
        reason: B256::ZERO,
    };
    run(whitelist, BOARD, call);

    manager.sender(OWNER).behind_proxy();
    let account = whitelist.address();
    let call = |whitelist| initialize(token.address(), facet.address(), whitelist);
    // No account has code under motsu, so that no whitelist is taken at the set-up.
    let refusal = manager.sender(OWNER).refusal(call(account));
    assert_eq!(refusal, NoCode { account }.abi_encode());
    run(manager, OWNER, call(Address::ZERO));
    let named = ICsEthToken::initializeCall {
        owner: OWNER,
        stakeManager: manager.address(),
        name: B256::ZERO,
        symbol: B256::ZERO,
    };
    run(token, OWNER, named);
}

/// Writes the whitelist where the storage table has it. The flag says that it is there.
fn write_whitelist(manager: &Manager, whitelist: Address, flag: u32) {
    let _ = run(manager, OWNER, assetCall {});
    Slot::at(29).set(U256::from_be_bytes(whitelist.into_word().0));
    let mut books = books();
    books.flags |= flag;
    set_books(books);
}

#[track_caller]
fn run<P: clay_shared::program::Program + 'static, C: SolCall>(
    contract: &Contract<Deployed<P>>,
    from: Address,
    call: C,
) -> C::Return {
    let answer = contract.sender(from).call(call);
    answer.unwrap_or_else(|data| panic!("{}: {data:02x?}", C::SIGNATURE))
}

fn balance(token: &Token, account: Address) -> U256 {
    run(token, account, balanceOfCall { account })._0
}

/// Calldata of every way to deposit the smallest amount for somebody.
fn deposits(receiver: Address) -> Vec<Vec<u8>> {
    let (assets, none) = (U256::from(SMALLEST), U256::ZERO);
    vec![
        deposit_0Call { assets, receiver }.abi_encode(),
        deposit_1Call {
            assets,
            receiver,
            minShares: none,
        }
        .abi_encode(),
        deposit_2Call {
            assets,
            receiver,
            minShares: none,
            referral: OWNER,
        }
        .abi_encode(),
    ]
}

/// How a deposit must be refused; none if it must not be.
fn refusal(account: Address, rights: u8, asked: u8) -> Option<Vec<u8>> {
    if account == DENIED {
        let until = U40::from(UNTIL_LIFTED);
        return Some(Denied { account, until }.abi_encode());
    }
    let missing = RightMissing {
        account,
        asked,
        held: rights,
    };
    (rights & asked == 0).then(|| missing.abi_encode())
}

#[motsu::test]
fn who_may_stake_deposits_for_who_may_hold_on_every_path(
    manager: Manager,
    facet: Facet,
    token: Token,
    whitelist: Whitelist,
) {
    set_up(&manager, &facet, &token, &whitelist);
    write_whitelist(&manager, whitelist.address(), flag::GATED);
    let assets = U256::from(SMALLEST);
    // The first deposit locks shares for an account that has no rights.
    assert_eq!(deposit(&manager, ALICE, ALICE), Ok(()));
    for (sender, of_sender) in ACCOUNTS {
        for (receiver, of_receiver) in ACCOUNTS {
            let refused =
                refusal(sender, of_sender, STAKE).or_else(|| refusal(receiver, of_receiver, HOLD));
            for (way, calldata) in deposits(receiver).into_iter().enumerate() {
                let tried = format!("way {way}, from {sender} for {receiver}");
                sender.fund(assets);
                let before = balance(&token, receiver);
                let answer = manager.sender_and_value(sender, assets).call_raw(&calldata);
                match &refused {
                    Some(refused) => assert_eq!(answer.as_ref(), Err(refused), "{tried}"),
                    None => {
                        assert!(answer.is_ok(), "{tried}: {answer:02x?}");
                        assert_eq!(balance(&token, receiver), before + assets, "{tried}");
                    }
                }
            }
        }
    }
}

#[motsu::test]
fn plain_eth_is_nobodys_deposit(
    manager: Manager,
    facet: Facet,
    token: Token,
    whitelist: Whitelist,
) {
    set_up(&manager, &facet, &token, &whitelist);
    write_whitelist(&manager, whitelist.address(), flag::GATED);
    let assets = U256::from(SMALLEST);
    for (sender, _) in ACCOUNTS {
        sender.fund(assets);
        let answer = manager.sender_and_value(sender, assets).call_raw(&[]);
        assert_eq!(answer, Err(PlainEthRefused { sender }.abi_encode()));
    }
}

fn deposit(manager: &Manager, sender: Address, receiver: Address) -> Result<(), Vec<u8>> {
    let assets = U256::from(SMALLEST);
    sender.fund(assets);
    let call = deposit_0Call { assets, receiver };
    let answer = manager.sender_and_value(sender, assets).call(call);
    answer.map(|_| ())
}

#[motsu::test]
fn only_who_may_stake_and_hold_has_a_largest_deposit(
    manager: Manager,
    facet: Facet,
    token: Token,
    whitelist: Whitelist,
) {
    set_up(&manager, &facet, &token, &whitelist);
    let max = |receiver| run(&manager, OWNER, maxDepositCall { receiver })._0;
    let largest = max(STRANGER);
    assert!(largest > U256::ZERO);
    write_whitelist(&manager, whitelist.address(), flag::GATED);
    for (account, rights) in ACCOUNTS {
        let may = rights & STAKE != 0 && rights & HOLD != 0 && account != DENIED;
        let expected = if may { largest } else { U256::ZERO };
        assert_eq!(max(account), expected, "{account}");
    }
}

#[motsu::test]
fn a_pool_without_a_whitelist_asks_none(
    manager: Manager,
    facet: Facet,
    token: Token,
    whitelist: Whitelist,
) {
    set_up(&manager, &facet, &token, &whitelist);
    // Nor does it look whether there is one: the flag says so.
    write_whitelist(&manager, whitelist.address(), 0);
    assert_eq!(run(&manager, OWNER, whitelistCall {})._0, Address::ZERO);
    for account in [DENIED, STRANGER] {
        assert_eq!(deposit(&manager, account, account), Ok(()));
    }
    write_whitelist(&manager, whitelist.address(), flag::GATED);
    let kept = run(&manager, OWNER, whitelistCall {})._0;
    assert_eq!(kept, whitelist.address());
    assert!(deposit(&manager, STRANGER, ALICE).is_err());
}

#[motsu::test]
fn what_comes_back_passes_the_gate_by(
    manager: Manager,
    facet: Facet,
    token: Token,
    whitelist: Whitelist,
) {
    set_up(&manager, &facet, &token, &whitelist);
    write_whitelist(&manager, whitelist.address(), flag::GATED);
    let call = denyCall {
        accounts: vec![ALIAS],
        reason: B256::ZERO,
    };
    run(&whitelist, BOARD, call);
    let sent = U256::from(1);
    ALIAS.fund(sent);
    let answer = manager.sender_and_value(ALIAS, sent).call_raw(&[]);
    assert_eq!(answer, Ok(Vec::new()));
}
