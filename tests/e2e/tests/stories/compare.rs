//! Chain and model side by side: every number that anybody can ask for.

use alloy::primitives::{I256, U256};
use e2e::{
    CsEthToken::totalSupplyCall,
    FlashExitPool::{
        allowanceLeftCall, currentFeeCall, liquidityCall, maxFlashExitCall, previewFlashExitCall,
        treasuryFeesCall,
    },
    OperatorRegistry::{comingCall, countsCall},
    ProtectionPool::{availableCall, balanceCall},
    StakeManager::{
        acknowledgementCall, booksCall, closingRateCall, convertToAssetsCall, convertToSharesCall,
        entryRateCall, exitRateCall, feeRateCall, finalisationOpenUntilCall, lossesCall,
        maxDepositCall, parkedReportCall, pausedUntilCall, previewDepositCall,
        previewRedeemSilentlyCall, rateCall, rateStatusCall, referenceRateCall,
        reportAppliedAtCall, silentFromCall,
    },
    UnstakeQueue::{
        checkpointCall, claimableCall, estimatedPaymentCall, findCheckpointCall, orderCall,
        totalsCall,
    },
};
use model::{
    exact::{int, not_negative},
    floor,
    losses::WINDOW,
    parameters::Parameter,
    queue::State,
    Account, Int,
};

use crate::{
    dice::Dice,
    numbers::{int as number, signed, word},
    real::{HOLDERS, USERS},
    story::Story,
};

impl Story {
    /// Panics unless chain and model agree on everything.
    pub fn agree(&self, dice: &mut Dice) {
        self.books_agree();
        self.rates_agree(dice);
        self.reports_agree();
        self.queue_agrees(dice);
        self.flash_agrees(dice);
        self.balances_agree();
    }

    fn books_agree(&self) {
        let real = self.real.ask(Account::Manager, booksCall {});
        let books = &self.model.books;
        let sum = |unsigned: U256| -> Int { number(unsigned) };
        let ours = [
            (
                "totalAssets",
                signed(real.totalAssets),
                books.total_assets(),
            ),
            (
                "totalShares",
                sum(real.totalShares),
                books.total_shares.clone(),
            ),
            ("buffered", signed(real.buffered), books.buffered.clone()),
            (
                "flashReserve",
                sum(real.flashReserve),
                books.flash_reserve.clone(),
            ),
            ("sentOut", sum(real.sentOut), books.sent_out.clone()),
            (
                "depositsSeen",
                sum(real.depositsSeen),
                books.deposits_seen.clone(),
            ),
            ("clBalance", sum(real.clBalance), books.cl_balance.clone()),
            ("leftSeen", sum(real.leftSeen), books.left_seen.clone()),
            ("cameBack", sum(real.cameBack), books.came_back.clone()),
            (
                "expectedLoss",
                sum(real.expectedLoss),
                books.expected_loss.clone(),
            ),
            (
                "deferredGain",
                sum(real.deferredGain),
                books.deferred_gain.clone(),
            ),
        ];
        for (term, real, model) in ours {
            assert_eq!(real, model, "p08: {term}");
        }
        assert!(
            real.buffered >= I256::ZERO,
            "p08: more is owed than is here"
        );
    }

    fn rates_agree(&self, dice: &mut Dice) {
        let (ask, model) = (&self.real, &self.model);
        let manager = Account::Manager;
        let (rate, entry, exit) = (
            model.books.rate(),
            model.books.entry_rate(),
            model.exit_rate(),
        );
        assert_eq!(number(ask.ask(manager, rateCall {})), rate.scaled(), "rate");
        assert_eq!(
            number(ask.ask(manager, entryRateCall {})),
            entry.scaled(),
            "entryRate"
        );
        assert_eq!(
            number(ask.ask(manager, exitRateCall {})),
            exit.scaled(),
            "exitRate"
        );

        let status = ask.ask(manager, rateStatusCall {});
        let last = model.reports.last.unwrap_or(0);
        let (reason, since) = model
            .not_live()
            .map_or((0, last), |(reason, since)| (reason as u8, since));
        let ours = (reason == 0, reason, U256::from(since), U256::from(last));
        assert_eq!(
            (status.live, status.reason, status.since, status.lastReport),
            ours,
            "rateStatus"
        );
        let paused = model.pause.not_paused(model.now).is_err();
        let until = ask.ask(manager, pausedUntilCall {});
        assert_eq!(until > U256::ZERO, paused, "pausedUntil");

        let amount = dice.magnitude(1, 10u128.pow(21));
        let assets = word(&amount);
        let preview = ask.ask(manager, previewDepositCall { assets });
        assert_eq!(
            number(preview),
            model.preview_deposit(&amount),
            "p10: previewDeposit"
        );
        let shares = ask.ask(manager, convertToSharesCall { assets });
        let worth = match rate.assets > int(0) || rate.shares == int(0) {
            true => floor(rate.shares_for(&amount)),
            false => int(0),
        };
        assert_eq!(number(shares), worth, "convertToShares");
        let assets = ask.ask(manager, convertToAssetsCall { shares: assets });
        assert_eq!(
            number(assets),
            floor(rate.worth(&amount)),
            "convertToAssets"
        );
        let receiver = self.real.address(Account::User(0));
        let most = ask.ask(manager, maxDepositCall { receiver });
        assert_eq!(most > U256::ZERO, model.takes_deposits(), "p10: maxDeposit");
        let smallest = model.parameters.get(Parameter::SmallestDeposit);
        assert!(
            most.is_zero() || number(most) >= *smallest,
            "maxDeposit is possible"
        );

        let shares = dice.magnitude(1, 10u128.pow(21));
        let preview = ask.ask(
            manager,
            previewRedeemSilentlyCall {
                shares: word(&shares),
            },
        );
        let ours = model.silent_price(&shares).unwrap_or_default();
        assert_eq!(number(preview), ours, "p10: previewRedeemSilently");
        let from = ask.ask(manager, silentFromCall {});
        assert_eq!(from, U256::from(model.silent_from()), "silentFrom");
        let until = ask.ask(manager, finalisationOpenUntilCall {});
        let ours = model.finalisation_open_until().unwrap_or(0);
        assert_eq!(until, U256::from(ours), "finalisationOpenUntil");
    }

    fn reports_agree(&self) {
        let (ask, reports) = (&self.real, &self.model.reports);
        let manager = Account::Manager;
        let reference = ask.ask(manager, referenceRateCall {});
        let real = (
            number(reference.assets),
            number(reference.shares),
            number(reference.setAt),
        );
        let set_at = reports.reference.as_ref().map_or(0, |(_, at)| *at);
        let rate = reports
            .reference_rate(self.model.now)
            .map(|rate| (rate.assets.clone(), rate.shares.clone()));
        let (assets, shares) = rate.unwrap_or_default();
        let ours = (assets, shares, int(set_at));
        assert_eq!(real, ours, "referenceRate");
        let applied = ask.ask(manager, reportAppliedAtCall {});
        assert_eq!(
            applied,
            U256::from(reports.applied_at.unwrap_or(0)),
            "reportAppliedAt"
        );

        let parked = ask.ask(manager, parkedReportCall {});
        let (report, at) = match &reports.parked {
            Some(parked) => (parked.report.clone(), parked.at),
            None => Default::default(),
        };
        let real = parked.report;
        assert_eq!(real.slotTime, report.slot_time, "parked slot");
        assert_eq!(parked.parkedAt, U256::from(at), "parkedAt");
        let real_terms = [
            int(real.clBalanceGwei),
            int(real.depositsSeenGwei),
            int(real.leftSeen),
            int(real.expectedLoss),
            int(real.recovered),
            int(real.epoch),
        ];
        let terms = [
            report.cl_balance_gwei,
            report.deposits_seen_gwei,
            report.left_seen,
            report.expected_loss,
            report.recovered,
            int(report.epoch),
        ];
        assert_eq!(real_terms, terms, "parked report");

        let agreed = ask.ask(manager, acknowledgementCall {});
        let real = (
            number(agreed.lowestRate),
            number(agreed.highestRate),
            number(agreed.deadline),
        );
        let ours = reports
            .acknowledgement
            .as_ref()
            .map_or_else(Default::default, |agreed| {
                (
                    agreed.lowest.clone(),
                    agreed.highest.clone(),
                    int(agreed.deadline),
                )
            });
        assert_eq!(real, ours, "acknowledgement");

        let real = ask.ask(manager, lossesCall {});
        let losses = &self.model.losses;
        let last = reports.last.unwrap_or(0);
        let ours = [
            losses.holders_borne.clone(),
            losses.protection_borne.clone(),
            losses.window.counted(WINDOW, last),
            int(losses.window.since(WINDOW, last).unwrap_or(0)),
        ];
        let real = [
            real.holdersBorne,
            real.protectionBorne,
            real.counted,
            real.since,
        ]
        .map(number);
        assert_eq!(real, ours, "losses");

        let real = ask.ask(manager, feeRateCall {});
        let mark = self.model.fee_mark.as_ref();
        let ours = mark.map_or((int(1), int(1)), |mark| {
            (mark.assets.clone(), mark.shares.clone())
        });
        assert_eq!((number(real.assets), number(real.shares)), ours, "feeRate");
        let real = ask.ask(manager, closingRateCall {});
        let real = (number(real.epoch), number(real.assets), number(real.shares));
        let ours = reports
            .closing
            .as_ref()
            .map_or_else(Default::default, |(epoch, rate)| {
                (int(*epoch), rate.assets.clone(), rate.shares.clone())
            });
        assert_eq!(real, ours, "closingRate");
    }

    fn queue_agrees(&self, dice: &mut Dice) {
        let (ask, queue) = (&self.real, &self.model.queue);
        let real = ask.ask(Account::Queue, totalsCall {});
        let real = [
            ("nextId", real.nextId, int(queue.next_id())),
            ("dueUpTo", real.dueUpTo, int(queue.due_up_to)),
            (
                "finalisedUpTo",
                real.finalisedUpTo,
                int(queue.finalised_up_to),
            ),
            (
                "checkpoints",
                real.checkpoints,
                int(queue.checkpoints.len()),
            ),
            ("setAside", real.setAside, queue.set_aside.clone()),
            (
                "unfinalisedShares",
                real.unfinalisedShares,
                queue.unfinalised_shares(),
            ),
            ("dueShares", real.dueShares, queue.due_shares()),
        ];
        for (what, real, ours) in real {
            assert_eq!(number(real), ours, "queue: {what}");
        }
        // Any order, those that do not exist among them.
        let any = dice.within(0..=queue.next_id());
        let id = U256::from(any);
        let order = ask.ask(Account::Queue, orderCall { id });
        let state = queue.state(any);
        assert_eq!(order.state, state as u8, "state of order {any}");
        let known = queue.order(any);
        let shares = known.map_or(int(0), |order| order.shares.clone());
        assert_eq!(number(order.shares), shares, "shares of order {any}");
        let gone = matches!(state, State::None | State::Claimed | State::Withdrawn);
        let owner = known
            .filter(|_| !gone)
            .map_or(Account::Nobody, |order| order.owner);
        assert_eq!(
            order.owner,
            self.real.address(owner),
            "owner of order {any}"
        );
        assert_eq!(
            number(order.assets),
            self.model.value_of(any),
            "worth of order {any}"
        );
        let claimable = ask.ask(Account::Queue, claimableCall { id });
        assert_eq!(
            number(claimable),
            queue.claimable(any),
            "p10: claimable of order {any}"
        );
        let hint = ask.ask(Account::Queue, findCheckpointCall { id });
        let checkpoint = queue.order(any).and_then(|_| queue.checkpoint_of(any));
        assert_eq!(
            hint,
            U256::from(checkpoint.unwrap_or(0)),
            "checkpoint of order {any}"
        );
        let estimate = ask.ask(Account::Queue, estimatedPaymentCall { id });
        let waits = matches!(state, State::Pending | State::Due);
        assert_eq!(estimate > U256::ZERO, waits, "estimate for order {any}");
        if let Some(index) = checkpoint {
            let real = ask.ask(
                Account::Queue,
                checkpointCall {
                    index: U256::from(index),
                },
            );
            let ours = &queue.checkpoints[index - 1];
            let real = (number(real.upTo), number(real.assets), number(real.shares));
            let rate = ours.rate.clone();
            assert_eq!(
                real,
                (int(ours.up_to), rate.assets, rate.shares),
                "checkpoint {index}"
            );
        }
    }

    fn flash_agrees(&self, dice: &mut Dice) {
        let (ask, model) = (&self.real, &self.model);
        let flash = Account::Flash;
        let real = ask.ask(flash, liquidityCall {});
        let real = [
            real.reserve,
            real.feesKept,
            real.target,
            real.lowWatermark,
            real.bucketCapacity,
            real.bucket,
            real.largest,
        ];
        let (low, capacity) = model.flash_bounds();
        let room = model.flash_room();
        let ours = [
            model.books.flash_reserve.clone(),
            model.flash.fees_kept.clone(),
            model.flash.target.clone(),
            low,
            capacity,
            room.bucket,
            room.largest,
        ];
        assert_eq!(real.map(number), ours, "liquidity");
        assert_eq!(
            number(ask.ask(flash, treasuryFeesCall {})),
            model.flash.treasury_fees,
            "treasury's fees"
        );
        let from = dice.pick(&USERS);
        let account = ask.address(from);
        let most = number(ask.ask(flash, maxFlashExitCall { account }));
        assert_eq!(most, model.max_flash_exit(from), "p10: maxFlashExit");
        let shares = dice.part(&(&most + &most / 8));
        let call = previewFlashExitCall {
            account,
            shares: word(&shares),
        };
        let preview = number(ask.ask(flash, call));
        let ours = model.preview_flash_exit(from, &shares);
        assert_eq!(preview, ours, "p10: previewFlashExit");
        let assets = dice.part(&model.reserve_lent());
        let call = currentFeeCall {
            account,
            assets: word(&assets),
        };
        let fee = number(ask.ask(flash, call));
        assert_eq!(fee, model.flash_fee(from, &assets), "p10: currentFee");
        let left = number(ask.ask(flash, allowanceLeftCall { account }));
        assert_eq!(left, model.allowance_left(from), "allowanceLeft");
    }

    fn balances_agree(&self) {
        let (real, model) = (&self.real, &self.model);
        for account in HOLDERS {
            assert_eq!(
                real.balance(account),
                model.balance(account),
                "shares of {account:?}"
            );
        }
        let supply = number(real.ask(Account::Token, totalSupplyCall {}));
        assert_eq!(supply, model.books.total_shares, "p07: supply and books");
        for (account, wei) in &self.wallets {
            let paid = model.paid.get(account).cloned().unwrap_or_default();
            assert_eq!(real.wei(*account), wei + paid, "ETH of {account:?}");
        }
        assert_eq!(real.wei(Account::Manager), model.held, "ETH of the manager");
        let queue = &model.queue.set_aside + &self.forced_queue;
        assert_eq!(real.wei(Account::Queue), queue, "ETH of the queue");
        let flash = &model.flash.held + &self.forced_flash;
        assert_eq!(
            real.wei(Account::Flash),
            flash,
            "ETH of the flash-exit-pool"
        );
        let owed = &model.books.flash_reserve + &model.flash.treasury_fees;
        assert!(
            model.flash.held >= owed,
            "p08: the ETH held covers the reserve"
        );
        let cover = number(real.ask(Account::Protection, availableCall {}));
        assert_eq!(cover, model.cover_available_now(), "cover available");
        let held = number(real.ask(Account::Protection, balanceCall {}));
        assert_eq!(held, model.balance(Account::Protection), "cover held");
        let counts = real.ask(Account::Registry, countsCall {});
        let registry = &model.registry;
        let ours = [
            registry.keyed,
            registry.funded,
            registry.asked,
            registry.exited,
        ]
        .map(U256::from);
        assert_eq!(
            [counts.keyed, counts.funded, counts.asked, counts.exited],
            ours,
            "registry"
        );
        let coming = number(real.ask(Account::Registry, comingCall {}));
        assert_eq!(coming, not_negative(registry.coming()), "coming");
    }
}
