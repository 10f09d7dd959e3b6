//! A story: the pool on the chain and in the model, step by step.

use std::collections::BTreeMap;

use alloy::{primitives::B256, sol_types::SolCall};
use clay_chain::Receipt;
use e2e::{Kind, Pool as Deployed, StakeManager::silentFromCall};
use model::{
    exact::int, parameters::Parameter, pauses::UNTIL_UNPAUSED, reports::REFERENCE_STANDS, Account,
    Answer, Int, Pool,
};

use crate::{
    dice::Dice,
    numbers::{int as number, short},
    properties::Records,
    real::{Real, REFUSER, USERS},
    steps::{Action, Step},
    tally::Tally,
};

/// A ticket that nobody has redeemed.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Its id.
    pub id: B256,
    /// When it expires, seconds.
    pub timeout: u64,
    /// Wei it carries.
    pub wei: Int,
}

/// A call of a contract.
pub struct Call {
    /// Sender.
    pub from: Account,
    /// Callee.
    pub to: Account,
    /// Wei sent along.
    pub wei: Int,
    /// Calldata.
    pub data: Vec<u8>,
}

impl Call {
    /// A call without ETH.
    pub fn new(from: Account, to: Account, call: impl SolCall) -> Self {
        let data = call.abi_encode();
        Self {
            from,
            to,
            wei: int(0),
            data,
        }
    }

    /// The same with ETH.
    pub fn with(self, wei: Int) -> Self {
        Self { wei, ..self }
    }
}

/// The pool twice, and what has happened to it.
#[derive(Clone)]
pub struct Story {
    /// On the chain.
    pub real: Real,
    /// In the model.
    pub model: Pool,
    /// How steps ended.
    pub tally: Tally,
    /// What happened, a line a call.
    pub told: Vec<String>,
    /// Tickets that wait.
    pub tickets: Vec<Ticket>,
    /// ETH of the users but for what the protocol paid them.
    pub wallets: BTreeMap<Account, Int>,
    /// ETH forced into the queue.
    pub forced_queue: Int,
    /// ETH forced into the flash-exit-pool.
    pub forced_flash: Int,
    /// Shares sent to the queue without a request.
    pub stray_shares: Int,
    /// What properties are checked against.
    pub records: Records,
}

impl Story {
    /// A new pool.
    pub fn of(kind: Kind) -> Self {
        let real = Real::of(kind);
        let Deployed { chain, .. } = &real.pool;
        let mut model = Pool::new(chain.timestamp());
        let silent_from = short(&number(real.ask(Account::Manager, silentFromCall {})));
        model.silent.open_at = silent_from - model.parameters.seconds(Parameter::SilentAfter);
        let wallets = USERS.into_iter().chain([REFUSER]);
        Self {
            wallets: wallets
                .map(|account| (account, real.wei(account)))
                .collect(),
            real,
            model,
            tally: Tally::default(),
            told: Vec::new(),
            tickets: Vec::new(),
            forced_queue: int(0),
            forced_flash: int(0),
            stray_shares: int(0),
            records: Records::default(),
        }
    }

    /// Takes a step and checks everything after it.
    pub fn take(&mut self, step: &Step) {
        let mut dice = Dice::new(step.seed);
        let before = self.model.books.clone();
        match step.action {
            Action::Deposit => self.deposit(&mut dice),
            Action::PlainEth => self.plain_eth(&mut dice),
            Action::Transfer => self.transfer(&mut dice),
            Action::Request => self.request(&mut dice),
            Action::Rush => self.rush(&mut dice),
            Action::Crowd => self.crowd(&mut dice),
            Action::Cancel => self.cancel(&mut dice),
            Action::TransferOrder => self.transfer_order(&mut dice),
            Action::Claim => self.claim(&mut dice),
            Action::ClaimFor => self.claim_for(&mut dice),
            Action::RedeemSilently => self.redeem_silently(&mut dice),
            Action::Report => self.report(&mut dice, false),
            Action::Crash => self.report(&mut dice, true),
            Action::Acknowledge => self.acknowledge(&mut dice),
            Action::Flag => self.flag(&mut dice),
            Action::Autobalance => self.autobalance(&mut dice),
            Action::Return => self.take_back(&mut dice),
            Action::Ticket => self.ticket(&mut dice),
            Action::RedeemTicket => self.redeem_ticket(&mut dice),
            Action::BookReturned => self.book_returned(),
            Action::ForceEth => self.force_eth(&mut dice),
            Action::FlashExit => self.flash_exit(&mut dice),
            Action::ReturnExcess => self.return_excess(&mut dice),
            Action::WithdrawFees => self.withdraw_fees(&mut dice),
            Action::FlashSetting => self.flash_setting(&mut dice),
            Action::Wait => self.wait(dice.within(1..=7_200)),
            Action::Nap => self.wait(dice.within(8 * 3_600..=19 * 3_600)),
            Action::WaitUntil => self.wait_until(&mut dice),
            Action::Sleep => self.wait(dice.within(20 * 3_600..=26 * 3_600)),
            Action::LeaveAlone => self.wait(dice.within(2 * 86_400..=8 * 86_400)),
            Action::Pause => self.pause(&mut dice),
            Action::Unpause => self.unpause(&mut dice),
            Action::Rearm => self.rearm(&mut dice),
            Action::Upgrade => self.upgrade(&mut dice),
            Action::Parameter => self.parameter(&mut dice),
            Action::TightMonthlyCap => self.tight_monthly_cap(),
            Action::Donate => self.donate(&mut dice),
            Action::WithdrawProtection => self.withdraw_protection(&mut dice),
            Action::Validators => self.validators(&mut dice),
            Action::ConfirmExits => self.confirm_exits(&mut dice),
        }
        self.agree(&mut dice);
        self.properties_hold(step.action, &before);
    }

    /// Makes a call that the model has made already, and compares how both ended: the words returned, or the
    /// refusal with its arguments.
    pub fn act(
        &mut self,
        kind: &'static str,
        done: &'static str,
        call: Call,
        expected: Answer<Vec<Int>>,
    ) -> Receipt {
        let Call {
            from,
            to,
            wei,
            data,
        } = call;
        let receipt = self.real.send(from, to, &wei, data);
        if let Some(wallet) = self.wallets.get_mut(&from) {
            *wallet -= int(receipt.gas_used) * receipt.effective_gas_price;
            if receipt.success() {
                *wallet -= &wei;
            }
        }
        let outcome = match &expected {
            Ok(_) => done,
            Err(refusal) => refusal.error,
        };
        self.tally.count(kind, outcome);
        self.told.push(format!(
            "{} {kind} by {from:?}: {expected:?}",
            self.model.now
        ));
        match (Real::ended(&receipt), &expected) {
            (Ok(returned), Ok(words)) => {
                let returned: Vec<Int> = returned
                    .chunks(32)
                    .map(|word| Int::from_bytes_be(num_bigint::Sign::Plus, word))
                    .collect();
                assert_eq!(&returned, words, "{kind} by {from:?} returned");
            }
            (Err(refused), Err(refusal)) => {
                assert_eq!(
                    refused,
                    self.real.refused(refusal),
                    "{kind} by {from:?} was refused"
                );
            }
            (ended, _) => panic!("{kind} by {from:?}: {ended:?} instead of {expected:?}"),
        }
        receipt
    }

    /// Waits for a second at which something ends or begins, or the one before or after.
    fn wait_until(&mut self, dice: &mut Dice) {
        let model = &self.model;
        let seconds = |parameter| model.parameters.seconds(parameter);
        let reports = &model.reports;
        let times = [
            reports
                .last
                .map(|last| last + seconds(Parameter::FreshnessLimit)),
            reports
                .applied_at
                .map(|at| at + seconds(Parameter::FinalisationWindow)),
            reports
                .reference
                .as_ref()
                .map(|(_, at)| at + REFERENCE_STANDS),
            reports.earlier.as_ref().map(|(_, until)| *until),
            model
                .slashing
                .as_ref()
                .and_then(|slashing| slashing.lapses_at),
            model.pause.until.filter(|until| *until != UNTIL_UNPAUSED),
            Some(model.silent_from()),
        ];
        let ahead: Vec<u64> = times
            .into_iter()
            .flatten()
            .filter(|time| *time > model.now + 1)
            .collect();
        let time = dice.pick_any(&ahead).unwrap_or(model.now + 2);
        self.wait(time - model.now + dice.pick(&[0, 0, 1, 2]) - 1);
    }

    /// Moves the clock on, which may let tickets expire.
    pub fn wait(&mut self, seconds: u64) {
        let now = self.model.now + seconds;
        self.told.push(format!("{now} after {seconds} s"));
        self.real.pool.chain.set_next_timestamp(now).expect("later");
        self.real.pool.chain.mine(1);
        self.model.now = now;
        let expired = self.tickets.extract_if(.., |ticket| ticket.timeout <= now);
        for ticket in expired {
            self.model.force_eth(ticket.wei);
            self.tally.count("ticket", "expired");
        }
    }
}

/// An account: one of these, or now and then somebody else.
pub fn usually(dice: &mut Dice, one: &[Account], percent: u32) -> Account {
    match dice.percent(percent) {
        true => dice.pick(one),
        false => dice.pick(&USERS),
    }
}
