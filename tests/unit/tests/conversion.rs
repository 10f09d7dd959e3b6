//! Conversion of the retail pool's shares to the institutional pool's: who switches it, what it costs, what limits
//! it, and who is refused.
//!
//! The flash-exit-pool and the whitelist are the real ones; the two stake-managers are stand-ins.

use alloy_primitives::{aliases::U40, Address, B256, U256};
use alloy_sol_types::{SolCall, SolError};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Word},
    host,
    interfaces::{
        ICommon::ZeroAddress,
        ICsEthToken::balanceOfCall,
        IFlashExitPool::*,
        IKycWhitelist::{
            self, denyCall, liftDenialCall, setBoardCall, setRightsCall, Denied, RightMissing,
        },
        IOwnable::OnlyOwner,
        IPausable::{pauseCall, unpauseCall, EnforcedPause},
        IStakeManager::{
            self, deposit_1Call, maxDepositCall, previewDepositCall, redeemFromReserveCall,
            shareCall, DepositBelowSmallest, SharesBelowMinimum,
        },
        IStakeManagerReports::{parameterCall, reserveTermsCall},
    },
    kyc::{HOLD, STAKE},
    math::narrow,
    program::Program,
    reserve::{Curve, Reserve},
    storage::{low_half, uint, whole, Slot},
};
use flash_exit_pool::FlashExitPool;
use kyc_whitelist::KycWhitelist;
use motsu::prelude::*;
use unit_tests::{refuses, run, Deployed};

/// motsu's clock stands still here.
const NOW: u64 = 1_735_689_600;
const ETH: u128 = 1_000_000_000_000_000_000;
const MILLI: u128 = ETH / 1_000;

const OWNER: Address = Address::repeat_byte(0x01);
const BOARD: Address = Address::repeat_byte(0x02);
/// May stake and hold.
const ALICE: Address = Address::repeat_byte(0xa1);
/// May hold.
const BOB: Address = Address::repeat_byte(0xb0);
/// May stake.
const CAROL: Address = Address::repeat_byte(0xca);
const MALLORY: Address = Address::repeat_byte(0x04);

/// Stands in the retail stake-manager: whether nothing is priced, and what is missing in the reserve.
const CLOSED: Slot = Slot::at(0);
const MISSING: Slot = Slot::at(1);
/// Stands in the institutional one: its whitelist, and whether it takes nothing.
const ITS_WHITELIST: Slot = Slot::at(0);
const TAKES_NOTHING: Slot = Slot::at(1);

const TOTAL_ASSETS: u128 = 20_000 * ETH;
const TARGET: u128 = 1_000 * ETH;
const BALANCE: u128 = 1_000 * ETH;
const SMALLEST: u128 = 32 * ETH;

/// The retail stake-manager and its token: a share leaves for 2 wei, and everybody has 1,000 of them.
struct Retail;

impl Program for Retail {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        let held = TARGET - low_half(MISSING.get());
        match call.selector {
            shareCall::SELECTOR => answer(&[host::this().word()]),
            balanceOfCall::SELECTOR => answer(&[BALANCE.word()]),
            reserveTermsCall::SELECTOR => {
                let open = u128::from(CLOSED.get().is_zero());
                let words = [open, 2, 1, TOTAL_ASSETS, held, TARGET];
                answer(&words.map(Word::word))
            }
            redeemFromReserveCall::SELECTOR => {
                let amount = |index| Ok::<_, Vec<u8>>(narrow(call.uint(index)?).unwrap());
                let assets = 2 * amount(1)?;
                let curve = Curve {
                    min: amount(2)?,
                    max: amount(3)?,
                };
                let reserve = Reserve::new(held, amount(5)?, TARGET);
                let fee = curve.fee(reserve, assets, amount(6)?);
                let left = held - (assets - fee);
                MISSING.set(whole(TARGET - left));
                answer(&[assets, fee, held, TARGET, TOTAL_ASSETS].map(Word::word))
            }
            _ => done(),
        }
    }
}

/// The institutional stake-manager: a share costs 4 wei, and the smallest deposit is 32 ETH.
struct Institutional;

impl Program for Institutional {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        match call.selector {
            IStakeManager::whitelistCall::SELECTOR => answer(&[ITS_WHITELIST.get().word()]),
            parameterCall::SELECTOR => {
                assert!(call.uint(0)?.is_zero(), "the smallest deposit");
                answer(&[SMALLEST, 1, u128::MAX].map(Word::word))
            }
            maxDepositCall::SELECTOR => {
                let largest = match TAKES_NOTHING.get().is_zero() {
                    true => 1_000_000 * ETH,
                    false => 0,
                };
                answer(&[largest.word()])
            }
            previewDepositCall::SELECTOR => answer(&[(narrow(call.uint(0)?).unwrap() / 4).word()]),
            deposit_1Call::SELECTOR => {
                let assets = narrow(call.uint(0)?).unwrap();
                assert_eq!(call.take_value(), whole(assets));
                if assets < SMALLEST {
                    let words = [assets.word(), SMALLEST.word()];
                    return Err(revert(DepositBelowSmallest::SELECTOR, &words));
                }
                let (shares, minimum) = (assets / 4, call.uint(2)?);
                if whole(shares) < minimum {
                    let words = [shares.word(), minimum.word()];
                    return Err(revert(SharesBelowMinimum::SELECTOR, &words));
                }
                answer(&[shares.word()])
            }
            _ => done(),
        }
    }
}

type Flash = Contract<Deployed<FlashExitPool>>;
type Whitelist = Contract<Deployed<KycWhitelist>>;
type Manager = Contract<Deployed<Retail>>;
type Other = Contract<Deployed<Institutional>>;

/// Writes a slot of a stand-in.
fn write<P: Program + 'static>(contract: &Contract<Deployed<P>>, slot: Slot, word: U256) {
    // Slots are those of the contract called last; stand-ins have nothing to say to this.
    run(contract, OWNER, pauseCall {});
    slot.set(word);
}

/// Conversion from a pool to another, named but allowed by nobody.
struct Pools<'a> {
    flash: &'a Flash,
    whitelist: &'a Whitelist,
    other: &'a Other,
}

impl<'a> Pools<'a> {
    fn new(
        flash: &'a Flash,
        whitelist: &'a Whitelist,
        retail: &'a Manager,
        other: &'a Other,
    ) -> Self {
        whitelist.sender(OWNER).behind_proxy();
        let call = IKycWhitelist::initializeCall {
            owner: OWNER,
            board: BOARD,
            complianceOfficer: OWNER,
            protocolContracts: vec![flash.address()],
        };
        run(whitelist, OWNER, call);
        let rights = setRightsCall {
            accounts: vec![ALICE, BOB, CAROL],
            rights: vec![STAKE | HOLD, HOLD, STAKE],
            expiries: vec![U40::from(NOW + 1); 3],
            referenceHashes: vec![B256::repeat_byte(0xf1); 3],
        };
        run(whitelist, BOARD, rights);
        flash.sender(OWNER).behind_proxy();
        let call = initializeCall {
            owner: OWNER,
            guardian: OWNER,
            stakeManager: retail.address(),
            monthlyAllowance: U256::ZERO,
            whitelist: Address::ZERO,
        };
        run(flash, OWNER, call);
        flash.fund(whole(TARGET));
        write(
            other,
            ITS_WHITELIST,
            uint(whitelist.address().into_word().0),
        );
        let pools = Self {
            flash,
            whitelist,
            other,
        };
        run(flash, OWNER, pools.named());
        pools
    }

    /// The same, allowed by both.
    fn allowed(self) -> Self {
        for from in [OWNER, BOARD] {
            run(self.flash, from, self.allow(true));
        }
        self
    }

    fn named(&self) -> setConversionCall {
        setConversionCall {
            stakeManager: self.other.address(),
            whitelist: self.whitelist.address(),
        }
    }

    fn allow(&self, allowed: bool) -> allowConversionCall {
        allowConversionCall {
            stakeManager: self.other.address(),
            smallestFee: U256::ZERO,
            largestBucket: U256::from(10_000),
            allowed,
        }
    }

    /// The Board agrees to whatever they are.
    fn set_terms(&self, fee: u64, bucket: u64) {
        run(self.flash, OWNER, terms(fee, bucket));
        run(self.flash, BOARD, self.allow(true));
    }

    fn preview(&self, account: Address, shares: u128) -> u128 {
        let shares = whole(shares);
        let call = previewConvertCall { account, shares };
        low_half(run(self.flash, OWNER, call).minted)
    }

    fn most(&self, account: Address) -> u128 {
        let call = maxConvertCall { account };
        low_half(run(self.flash, OWNER, call).shares)
    }

    #[track_caller]
    fn closed(&self, account: Address) {
        assert_eq!(self.preview(account, 20 * ETH), 0);
        assert_eq!(self.most(account), 0);
    }

    /// Converts for oneself, as previewed.
    #[track_caller]
    fn convert(&self, from: Address, shares: u128) -> u128 {
        let promised = self.preview(from, shares);
        let minted = low_half(run(self.flash, from, convert(shares, from)).minted);
        assert_eq!(minted, promised);
        minted
    }

    #[track_caller]
    fn refuses(&self, from: Address, call: impl SolCall, error: impl SolError) {
        refuses(self.flash, from, call, error);
    }
}

fn convert(shares: u128, receiver: Address) -> convertCall {
    convertCall {
        shares: whole(shares),
        minShares: U256::ZERO,
        receiver,
    }
}

fn terms(fee: u64, bucket: u64) -> setConversionTermsCall {
    setConversionTermsCall {
        fee: U256::from(fee),
        bucket: U256::from(bucket),
    }
}

fn not_allowed(by_owner: bool, by_board: bool) -> ConversionNotAllowed {
    ConversionNotAllowed {
        allowedByOwner: by_owner,
        allowedByBoard: by_board,
    }
}

fn denied(account: Address) -> Denied {
    Denied {
        account,
        until: U40::from((1u64 << 40) - 1),
    }
}

fn missing(account: Address, asked: u8, held: u8) -> RightMissing {
    RightMissing {
        account,
        asked,
        held,
    }
}

#[motsu::test]
fn it_is_off_until_the_owner_and_the_board_allow_it(
    flash: Flash,
    whitelist: Whitelist,
    retail: Manager,
    other: Other,
) {
    let pools = Pools::new(&flash, &whitelist, &retail, &other);
    let call = || convert(20 * ETH, ALICE);
    let owner_only = OnlyOwnerOrBoard {
        caller: MALLORY,
        owner: OWNER,
        board: BOARD,
    };
    pools.refuses(MALLORY, pools.allow(true), owner_only);
    pools.closed(ALICE);
    pools.refuses(ALICE, call(), not_allowed(false, false));
    run(&flash, BOARD, pools.allow(true));
    pools.refuses(ALICE, call(), not_allowed(false, true));
    run(&flash, BOARD, pools.allow(false));
    run(&flash, OWNER, pools.allow(true));
    pools.closed(ALICE);
    pools.refuses(ALICE, call(), not_allowed(true, false));
    run(&flash, BOARD, pools.allow(true));
    flash.assert_emitted(&ConversionAllowed {
        by: BOARD,
        allowedByOwner: true,
        allowedByBoard: true,
    });
    assert!(pools.convert(ALICE, 17 * ETH) > 0);
    // The Board's word is for one pool, and for terms no better than those it knew.
    let elsewhere = allowConversionCall {
        stakeManager: retail.address(),
        ..pools.allow(true)
    };
    let refusal = NotTheNamedPool {
        asked: retail.address(),
        named: other.address(),
    };
    pools.refuses(BOARD, elsewhere, refusal);
    // The defaults are 10 basis points, and 20 a day.
    for (fee, bucket) in [(11, 20), (10, 19)] {
        let [smallest, largest] = [fee, bucket].map(U256::from);
        let agreed = |allowed| allowConversionCall {
            smallestFee: smallest,
            largestBucket: largest,
            ..pools.allow(allowed)
        };
        let refusal = || ConversionTermsNotAgreed {
            fee: U256::from(10),
            smallestFee: smallest,
            bucket: U256::from(20),
            largestBucket: largest,
        };
        pools.refuses(BOARD, agreed(true), refusal());
        pools.refuses(OWNER, agreed(true), refusal());
        // It may be ended whatever they are.
        run(&flash, BOARD, agreed(false));
        pools.refuses(ALICE, call(), not_allowed(true, false));
    }
    let exactly = allowConversionCall {
        smallestFee: U256::from(10),
        largestBucket: U256::from(20),
        ..pools.allow(true)
    };
    run(&flash, BOARD, exactly);
    assert!(run(&flash, OWNER, conversionCall {}).allowedByBoard);
    for (fee, bucket, kept) in [
        (11, 20, true),
        (11, 19, true),
        (10, 19, false),
        (10, 20, false),
    ] {
        run(&flash, BOARD, pools.allow(true));
        run(&flash, OWNER, terms(fee, bucket));
        let set = run(&flash, OWNER, conversionCall {});
        assert_eq!((set.allowedByOwner, set.allowedByBoard), (true, kept));
    }
    run(&flash, BOARD, pools.allow(true));
    // Another Board speaks for itself.
    run(&whitelist, OWNER, setBoardCall { board: CAROL });
    let dismissed = OnlyOwnerOrBoard {
        caller: BOARD,
        owner: OWNER,
        board: CAROL,
    };
    pools.refuses(BOARD, pools.allow(true), dismissed);
    run(&whitelist, OWNER, setBoardCall { board: BOARD });
    // Either ends it, and so does another name.
    run(&flash, OWNER, pools.allow(false));
    pools.refuses(ALICE, call(), not_allowed(false, true));
    run(&flash, OWNER, pools.allow(true));
    run(&flash, OWNER, pools.named());
    pools.refuses(ALICE, call(), not_allowed(false, false));
    pools.closed(ALICE);
}

#[motsu::test]
fn its_settings_are_the_owners_and_within_bounds(
    flash: Flash,
    whitelist: Whitelist,
    retail: Manager,
    other: Other,
) {
    let pools = Pools::new(&flash, &whitelist, &retail, &other);
    let set = run(&flash, MALLORY, conversionCall {});
    assert_eq!(set.stakeManager, other.address());
    assert_eq!((set.whitelist, set.board), (whitelist.address(), BOARD));
    assert_eq!((set.fee, set.bucket), (U256::from(10), U256::from(20)));
    assert!(!set.allowedByOwner && !set.allowedByBoard);
    for stranger in [MALLORY, BOARD] {
        let only = || OnlyOwner {
            caller: stranger,
            owner: OWNER,
        };
        pools.refuses(stranger, pools.named(), only());
        pools.refuses(stranger, terms(10, 20), only());
    }
    let zero = Address::ZERO;
    for call in [
        setConversionCall {
            stakeManager: zero,
            ..pools.named()
        },
        setConversionCall {
            whitelist: zero,
            ..pools.named()
        },
    ] {
        pools.refuses(OWNER, call, ZeroAddress {});
    }
    // Deposits would be checked by another whitelist than conversions; the retail one has none.
    let call = setConversionCall {
        whitelist: BOB,
        ..pools.named()
    };
    let mismatch = WhitelistMismatch {
        asked: BOB,
        stakeManagers: whitelist.address(),
    };
    pools.refuses(OWNER, call, mismatch);
    let call = setConversionCall {
        stakeManager: retail.address(),
        ..pools.named()
    };
    let mismatch = WhitelistMismatch {
        asked: whitelist.address(),
        stakeManagers: zero,
    };
    pools.refuses(OWNER, call, mismatch);
    for (fee, bucket) in [(0, 20), (501, 20), (10, 10_001)] {
        let refusal = ConversionTermsOutOfBounds {
            fee: U256::from(fee),
            smallestFee: U256::from(1),
            largestFee: U256::from(500),
            bucket: U256::from(bucket),
            largestBucket: U256::from(10_000),
        };
        pools.refuses(OWNER, terms(fee, bucket), refusal);
    }
    // Terms outlive the names.
    pools.set_terms(500, 10_000);
    flash.assert_emitted(&ConversionTermsChanged {
        fee: U256::from(500),
        bucket: U256::from(10_000),
    });
    run(&flash, OWNER, pools.named());
    assert_eq!(run(&flash, OWNER, conversionCall {}).fee, U256::from(500));
}

#[motsu::test]
fn it_deposits_what_the_shares_are_worth_less_the_fee(
    flash: Flash,
    whitelist: Whitelist,
    retail: Manager,
    other: Other,
) {
    let pools = Pools::new(&flash, &whitelist, &retail, &other).allowed();
    // 20 shares are worth 40 ETH, the fee is 0.1 %, and a share costs 4 ETH.
    let promised = pools.preview(ALICE, 20 * ETH);
    assert_eq!(promised, 9_990 * MILLI);
    let call = convert(20 * ETH, BOB);
    let minted = run(&flash, ALICE, call).minted;
    assert_eq!(minted, whole(promised));
    flash.assert_emitted(&Converted {
        owner: ALICE,
        receiver: BOB,
        shares: whole(20 * ETH),
        assets: whole(40 * ETH),
        fee: whole(40 * MILLI),
        minted,
    });
    assert_eq!(other.balance(), whole(39_960 * MILLI));
    assert_eq!(flash.balance(), whole(TARGET - 39_960 * MILLI));
    let liquidity = run(&flash, OWNER, liquidityCall {});
    assert_eq!(liquidity.feesKept, whole(40 * MILLI));
    assert_eq!(liquidity.reserve, whole(TARGET - 39_960 * MILLI));
    // The bucket of flash exits is another, and the treasury has no part in the fee.
    assert_eq!(liquidity.bucket, liquidity.bucketCapacity);
    assert_eq!(run(&flash, OWNER, treasuryFeesCall {})._0, U256::ZERO);
}

#[motsu::test]
fn a_fee_of_part_of_a_wei_is_a_wei(
    flash: Flash,
    whitelist: Whitelist,
    retail: Manager,
    other: Other,
) {
    let pools = Pools::new(&flash, &whitelist, &retail, &other).allowed();
    let shares = 17 * ETH + 1;
    let assets = 2 * shares;
    let fee = assets.div_ceil(1_000);
    assert_eq!(pools.convert(ALICE, shares), (assets - fee) / 4);
    assert_eq!(other.balance(), whole(assets - fee));
}

#[motsu::test]
fn its_bucket_holds_a_days_part_of_the_pool(
    flash: Flash,
    whitelist: Whitelist,
    retail: Manager,
    other: Other,
) {
    let pools = Pools::new(&flash, &whitelist, &retail, &other).allowed();
    // 0.2 % of 20,000 ETH.
    let above = |assets, bucket| AboveBucket {
        assets: whole(assets),
        bucket: whole(bucket),
    };
    assert_eq!(pools.most(ALICE), 20 * ETH);
    assert_eq!(pools.preview(ALICE, 20 * ETH + 1), 0);
    let call = || convert(20 * ETH + 1, ALICE);
    pools.refuses(ALICE, call(), above(40 * ETH + 2, 40 * ETH));
    pools.convert(ALICE, 20 * ETH);
    pools.closed(ALICE);
    pools.refuses(ALICE, convert(17 * ETH, ALICE), above(34 * ETH, 0));
    // Resized, what was taken stays taken; nothing has flowed back.
    pools.set_terms(10, 40);
    assert_eq!(pools.most(ALICE), 20 * ETH);
    pools.set_terms(10, 30);
    pools.refuses(ALICE, convert(17 * ETH, ALICE), above(34 * ETH, 20 * ETH));
    pools.set_terms(10, 0);
    pools.closed(ALICE);
    // What is left is too little for a deposit: the most is nothing.
    pools.set_terms(10, 35);
    pools.closed(ALICE);
}

#[motsu::test]
fn half_of_the_reserves_target_stays(
    flash: Flash,
    whitelist: Whitelist,
    retail: Manager,
    other: Other,
) {
    let pools = Pools::new(&flash, &whitelist, &retail, &other).allowed();
    pools.set_terms(10, 10_000);
    let below = |assets, available| BelowLowWatermark {
        assets: whole(assets),
        available: whole(available),
    };
    assert_eq!(pools.most(ALICE), 250 * ETH);
    let call = convert(250 * ETH + 1, ALICE);
    pools.refuses(ALICE, call, below(500 * ETH + 2, 500 * ETH));
    // So does a low watermark of exits above it.
    let limits = |low: u64| setLimitsCall {
        lowWatermark: U256::from(low),
        capacity: U256::from(100),
        refill: U256::from(100),
        largest: U256::from(50),
    };
    run(&flash, OWNER, limits(9_000));
    assert_eq!(pools.most(ALICE), 50 * ETH);
    run(&flash, OWNER, limits(4_000));
    pools.convert(ALICE, 250 * ETH);
    // The fee that stayed does not count until the reserve is topped up.
    let fees = run(&flash, OWNER, liquidityCall {}).feesKept;
    assert_eq!(fees, whole(500 * MILLI));
    let call = convert(16 * ETH, ALICE);
    pools.refuses(ALICE, call, below(32 * ETH, 0));
    pools.closed(ALICE);
    write(&retail, MISSING, whole(460 * ETH));
    assert_eq!(pools.most(ALICE), (40 * ETH - 500 * MILLI) / 2);
}

#[motsu::test]
fn it_asks_its_caller_to_stake_and_its_receiver_to_hold(
    flash: Flash,
    whitelist: Whitelist,
    retail: Manager,
    other: Other,
) {
    let pools = Pools::new(&flash, &whitelist, &retail, &other).allowed();
    let to = |receiver| convert(17 * ETH, receiver);
    for account in [BOB, CAROL, MALLORY, Address::ZERO] {
        pools.closed(account);
    }
    pools.refuses(BOB, to(ALICE), missing(BOB, STAKE, HOLD));
    pools.refuses(MALLORY, to(ALICE), missing(MALLORY, STAKE, 0));
    pools.refuses(ALICE, to(CAROL), missing(CAROL, HOLD, STAKE));
    pools.refuses(ALICE, to(Address::ZERO), ZeroAddress {});
    let accounts = vec![ALICE];
    let reason = B256::ZERO;
    let call = denyCall {
        accounts: accounts.clone(),
        reason,
    };
    run(&whitelist, BOARD, call);
    pools.closed(ALICE);
    pools.refuses(ALICE, to(BOB), denied(ALICE));
    pools.refuses(CAROL, to(ALICE), denied(ALICE));
    run(&whitelist, OWNER, liftDenialCall { accounts, reason });
    run(&flash, CAROL, to(ALICE));
}

#[motsu::test]
fn a_minimum_is_honoured_and_so_is_the_smallest_deposit(
    flash: Flash,
    whitelist: Whitelist,
    retail: Manager,
    other: Other,
) {
    let pools = Pools::new(&flash, &whitelist, &retail, &other).allowed();
    let promised = pools.preview(ALICE, 20 * ETH);
    let at_least = |minimum| convertCall {
        minShares: whole(minimum),
        ..convert(20 * ETH, ALICE)
    };
    let refusal = SharesBelowMinimum {
        shares: whole(promised),
        minimum: whole(promised + 1),
    };
    pools.refuses(ALICE, at_least(promised + 1), refusal);
    assert_eq!(other.balance(), U256::ZERO);
    // Worth 32 ETH before the fee.
    let refusal = DepositBelowSmallest {
        asked: whole(31_968 * MILLI),
        smallest: whole(SMALLEST),
    };
    pools.refuses(ALICE, convert(16 * ETH, ALICE), refusal);
    assert_eq!(pools.preview(ALICE, 16 * ETH), 0);
    assert_eq!(pools.preview(ALICE, 0), 0);
    // More than it has, or than there is.
    assert_eq!(pools.preview(ALICE, BALANCE + 1), 0);
    assert_eq!(pools.preview(ALICE, u128::MAX), 0);
    let minted = run(&flash, ALICE, at_least(promised)).minted;
    assert_eq!(minted, whole(promised));
}

#[motsu::test]
fn a_pause_or_a_rate_that_is_not_live_in_either_pool_closes_it(
    flash: Flash,
    whitelist: Whitelist,
    retail: Manager,
    other: Other,
) {
    let pools = Pools::new(&flash, &whitelist, &retail, &other).allowed();
    run(&flash, OWNER, pauseCall {});
    let until = U256::from(u32::MAX);
    let refusal = EnforcedPause { until };
    pools.refuses(ALICE, convert(20 * ETH, ALICE), refusal);
    pools.closed(ALICE);
    run(&flash, OWNER, unpauseCall {});
    assert!(pools.most(ALICE) > 0);
    write(&retail, CLOSED, whole(1));
    pools.closed(ALICE);
    write(&retail, CLOSED, U256::ZERO);
    write(&other, TAKES_NOTHING, whole(1));
    pools.closed(ALICE);
}
