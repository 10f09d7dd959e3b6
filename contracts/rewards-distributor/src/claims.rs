//! Claims: what an account earned goes to its own address, whoever calls, and its leaf to the operator-registry.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    call, host,
    interfaces::{
        ICsEthToken::transferCall,
        IFlashExitPool::flashExitAtFullFeeCall,
        IOperatorRegistry::{applyLeafCall, creditBondCall},
        IRewardsDistributor::*,
    },
    kyc::{self, REDEEM, UNDENIED},
    log,
    storage::{address, uint},
};

use crate::{
    leaf::Leaf,
    roots::{roll, two},
    state::{
        paid_to, receiver_of, whitelist, FIRST_OPERATOR, FLASH_EXIT_POOL, HEAD, PAID, PAUSABLE,
        PAUSED, REGISTRY, REWARDS, SHARES,
    },
};

/// What an account has coming, and whom it goes to.
struct Payment {
    account: u128,
    /// Shares that were paid before.
    paid: u128,
    /// Shares that are paid now, to the account.
    shares: u128,
    /// Shares that go into its bond.
    withheld: u128,
    manager: Address,
    payout: Address,
}

impl Payment {
    /// Of a leaf, once that is handed on.
    #[inline(never)]
    fn of(call: &Call) -> Reverts<Self> {
        let leaf = Leaf::proven(call)?;
        let paid = PAID.get(paid_to(leaf.account).get());
        let Some(new) = leaf.rewards.checked_sub(paid) else {
            return Err(two(RewardsFell::SELECTOR, leaf.rewards, paid));
        };
        let (withheld, manager, payout) = hand_on(&leaf)?;
        let withheld = new.min(withheld);
        Ok(Self {
            account: leaf.account,
            paid,
            shares: new - withheld,
            withheld,
            manager,
            payout,
        })
    }

    /// Writes down that shares were paid, those withheld among them, and sends those on into the bond.
    #[inline(never)]
    fn settle(&self, shares: u128) -> Reverts<()> {
        let shares = shares + self.withheld;
        if shares == 0 {
            return Ok(());
        }
        let word = SHARES.get();
        let (paid, declared) = (PAID.get(word) + shares, REWARDS.get(word));
        if paid > declared {
            return Err(two(AboveDeclared::SELECTOR, paid, declared));
        }
        SHARES.set(PAID.set(word, paid));
        // What a leaf promises fits the field.
        paid_to(self.account).set(PAID.set(U256::ZERO, self.paid + shares));
        if self.withheld == 0 {
            return Ok(());
        }
        let topics = [Withheld::SIGNATURE_HASH, self.account.word()];
        log::emit(&topics, &[self.withheld.word()]);
        let registry = REGISTRY.address();
        send(registry, self.withheld)?;
        let words = [self.account.word(), self.withheld.word()];
        call::call(registry, U256::ZERO, creditBondCall::SELECTOR, &words).map(|_| ())
    }
}

/// Has the registry apply a leaf. Answers what is to be withheld, the manager, and whom the account is paid to.
#[inline(never)]
fn hand_on(leaf: &Leaf) -> Reverts<(u128, Address, Address)> {
    if leaf.account < FIRST_OPERATOR {
        let receiver = receiver_of(leaf.account).address();
        if receiver.is_zero() {
            return Err(revert(NoReceiver::SELECTOR, &[leaf.account.word()]));
        }
        return Ok((0, receiver, receiver));
    }
    let [penalties, performance, epochs] = leaf.others;
    let words = [
        leaf.account.word(),
        leaf.epoch.word(),
        penalties,
        performance,
        epochs,
    ];
    let answered = call::call(
        REGISTRY.address(),
        U256::ZERO,
        applyLeafCall::SELECTOR,
        &words,
    )?;
    let (words, _) = answered.as_chunks::<32>();
    let who = |index: usize| words.get(index).map(|word| address(uint(*word)));
    let (Some(manager), Some(payout)) = (who(1), who(2)) else {
        return Err(Default::default());
    };
    Ok((call::first_amount(answered)?, manager, payout))
}

/// Pays a leaf's rewards.
pub(crate) fn claim(call: &Call) -> Answer {
    open()?;
    answer(&[pay(call)?.word()])
}

/// Pays many leaves' rewards.
pub(crate) fn claim_many(call: &Call) -> Answer {
    open()?;
    for claim in call.structs(0)? {
        pay(&claim?)?;
    }
    done()
}

/// Refuses while paused; first puts a root that is due into effect.
#[inline(never)]
fn open() -> Reverts<()> {
    if PAUSED.get(HEAD.get()) != 0 {
        PAUSABLE.not_paused()?;
    }
    roll()
}

#[inline(never)]
fn pay(call: &Call) -> Reverts<u128> {
    let payment = Payment::of(call)?;
    allowed(&payment, UNDENIED)?;
    payment.settle(payment.shares)?;
    if payment.shares != 0 {
        let (account, payout) = (payment.account.word(), payment.payout);
        let topics = [Claimed::SIGNATURE_HASH, account, payout.word()];
        log::emit(&topics, &[payment.shares.word()]);
        send(payout, payment.shares)?;
    }
    Ok(payment.shares)
}

/// Refuses while somebody is denied who calls, manages or is paid, and a payout address without the right asked.
#[inline(never)]
fn allowed(payment: &Payment, right: u8) -> Reverts<()> {
    let caller = (host::sender(), UNDENIED);
    let asked = [caller, (payment.manager, UNDENIED), (payment.payout, right)];
    kyc::check(whitelist(), asked)
}

/// Pays a leaf's rewards in ETH.
pub(crate) fn claim_as_eth(call: &Call) -> Answer {
    let minimum = call.word(6)?;
    open()?;
    let payment = Payment::of(call)?;
    let (caller, payout) = (host::sender(), payment.payout);
    if caller != payment.manager && caller != payout {
        let words = [caller, payment.manager, payout].map(Word::word);
        return Err(revert(OnlyManagerOrPayout::SELECTOR, &words));
    }
    allowed(&payment, REDEEM)?;
    payment.settle(payment.shares)?;
    let words = [payment.shares.word(), minimum, payout.word()];
    let selector = flashExitAtFullFeeCall::SELECTOR;
    let answered = call::call(FLASH_EXIT_POOL.address(), U256::ZERO, selector, &words)?;
    let assets = call::first_amount(answered)?;
    let topics = [
        ClaimedAsEth::SIGNATURE_HASH,
        payment.account.word(),
        payout.word(),
    ];
    log::emit(&topics, &[payment.shares.word(), assets.word()]);
    answer(&[assets.word()])
}

/// Hands leaves on without paying anybody.
pub(crate) fn sync(call: &Call) -> Answer {
    roll()?;
    for leaf in call.structs(0)? {
        Payment::of(&leaf?)?.settle(0)?;
    }
    done()
}

/// Sends shares.
fn send(to: Address, shares: u128) -> Reverts<()> {
    let words = [to.word(), shares.word()];
    call::call(HEAD.address(), U256::ZERO, transferCall::SELECTOR, &words).map(|_| ())
}
