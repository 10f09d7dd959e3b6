//! Steps around the flash-exit-pool: exits at once, excess that goes back, the treasury's fees, settings.

use e2e::FlashExitPool::{
    flashExitCall, maxFlashExitCall, returnExcessCall, setFeesCall, setLimitsCall,
    setMonthlyAllowanceCall, setTreasuryPartCall, withdrawFeesCall,
};
use model::{
    exact::{eth, exact, int},
    flash::Exit,
    Account, Exact, Int,
};

use crate::{
    dice::Dice,
    numbers::{int as number, word},
    real::{REFUSER, USERS},
    story::{usually, Call, Story},
};

impl Story {
    /// Shares for an exit: the most that are possible, one more, what one has, or any part.
    fn leaving(&self, dice: &mut Dice, from: Account) -> Int {
        let balance = self.model.balance(from);
        let account = self.real.address(from);
        let most = || number(self.real.ask(Account::Flash, maxFlashExitCall { account }));
        match dice.within(0..=19) {
            0 => int(dice.within(0..=3)),
            1 => &balance + 1,
            2 => balance,
            3..=5 => most() + 1,
            6..=10 => most(),
            11..=15 => dice.part(&most()),
            _ => dice.part(&balance),
        }
    }

    pub fn flash_exit(&mut self, dice: &mut Dice) {
        let from = usually(dice, &USERS, 95);
        let shares = self.leaving(dice, from);
        let most = self.model.max_flash_exit(from);
        let preview = self.model.preview_flash_exit(from, &shares);
        let min = match dice.within(0..=9) {
            0 => &preview + 1,
            1..=3 => preview.clone(),
            _ => int(0),
        };
        let receiver = match dice.within(0..=99) {
            0..=2 => Account::Nobody,
            3..=10 => REFUSER,
            11..=20 => dice.pick(&USERS),
            _ => from,
        };
        let before = self.model.clone();
        let expected = self.model.flash_exit(from, &shares, &min, receiver);
        let mut done = "done";
        if let Ok(Exit { assets, fee }) = &expected {
            let paid = assets - fee;
            assert_eq!(paid, preview, "p10: a preview is what it previews");
            assert!(shares <= most, "p10: no more than the most");
            assert!(paid >= min, "p20: the least that was asked for");
            // p17
            let room = before.flash_room();
            assert!(*assets <= room.least(), "p17: limits hold");
            let (low, capacity) = self.model.flash_bounds();
            assert!(
                self.model.reserve_lent() >= low,
                "p17: the low watermark holds"
            );
            assert!(
                room.bucket <= capacity.max(before.flash_bounds().1),
                "p17: the bucket"
            );
            // The integral, rounded up: never less, and less than a wei and a tenth more.
            let allowance = before.allowance_left(from);
            let integral = before.exact_flash_fee(assets, &allowance);
            let over = exact(fee) - integral;
            let most = Exact::new(int(11), int(10));
            assert!(
                over >= exact(&int(0)) && over < most,
                "the fee is the integral"
            );
            self.parts_cost_the_same(dice, &before, from, &shares);
            if *assets == room.reserve {
                done = "done, to the low watermark";
            } else if *assets == room.bucket {
                done = "done, all of the bucket";
            } else if *assets == room.largest {
                done = "done, the largest";
            }
        }
        let call = flashExitCall {
            shares: word(&shares),
            minAssets: word(&min),
            receiver: self.real.address(receiver),
        };
        self.act(
            "flash exit",
            done,
            Call::new(from, Account::Flash, call),
            expected.map(|Exit { assets, fee }| vec![assets - fee]),
        );
    }

    /// p03: in two parts an exit pays no more than the fee that stays lets the rest gain, and its fee is that of the
    /// whole to a wei a part.
    fn parts_cost_the_same(
        &self,
        dice: &mut Dice,
        before: &model::Pool,
        from: Account,
        shares: &Int,
    ) {
        let mut other = before.clone();
        let first = dice.part(shares);
        let mut exit = |shares: &Int| other.flash_exit(from, shares, &int(0), from).ok();
        let (Some(one), Some(two)) = (exit(&first), exit(&(shares - &first))) else {
            return;
        };
        let worth = &one.assets + &two.assets;
        let allowance = before.allowance_left(from);
        let whole = before.exact_flash_fee(&worth, &allowance);
        let fees = exact(&(one.fee + two.fee)) - whole;
        let bound = Exact::new(int(22), int(10));
        assert!(
            fees >= exact(&int(0)) && fees < bound,
            "p03: the fee of parts"
        );
    }

    pub fn return_excess(&mut self, dice: &mut Dice) {
        let from = dice.pick(&USERS);
        let expected = self.model.return_excess();
        let call = Call::new(from, Account::Flash, returnExcessCall {});
        self.act("excess", "returned", call, expected.map(|wei| vec![wei]));
    }

    pub fn withdraw_fees(&mut self, dice: &mut Dice) {
        let from = usually(dice, &[Account::Treasury], 85);
        let receiver = match dice.within(0..=19) {
            0 => Account::Nobody,
            1 => REFUSER,
            _ => dice.pick(&USERS),
        };
        let expected = self.model.withdraw_fees(from, receiver);
        let call = withdrawFeesCall {
            receiver: self.real.address(receiver),
        };
        self.act(
            "treasury's fees",
            "withdrawn",
            Call::new(from, Account::Flash, call),
            expected.map(|wei| vec![wei]),
        );
    }

    /// One of the flash-exit-pool's settings.
    pub fn flash_setting(&mut self, dice: &mut Dice) {
        let from = usually(dice, &[Account::Owner], 93);
        let to = Account::Flash;
        let (expected, call) = match dice.within(0..=9) {
            0..=1 => {
                let pairs = [
                    (50, 100),
                    (50, 100),
                    (1, 500),
                    (500, 500),
                    (1, 1),
                    (0, 100),
                    (50, 501),
                    (60, 50),
                ];
                let (min, max): (u64, u64) = dice.pick(&pairs);
                let call = setFeesCall {
                    min: word(&int(min)),
                    max: word(&int(max)),
                };
                let expected = self.model.set_fees(from, int(min), int(max));
                (expected, Call::new(from, to, call))
            }
            2..=7 => {
                // As deployed; the reserve alone, the bucket alone, a bit of each; closed; out of bounds.
                let limits: [u64; 4] = dice.pick(&[
                    [1_000, 100, 100, 50],
                    [1_000, 10_000, 10_000, 10_000],
                    [1_000, 10_000, 10_000, 10_000],
                    [5_000, 10_000, 10_000, 10_000],
                    [9_000, 10_000, 10_000, 10_000],
                    [0, 100, 1_000, 10_000],
                    [0, 300, 0, 10_000],
                    [2_000, 200, 100, 150],
                    [1_000, 0, 100, 50],
                    [9_001, 100, 100, 50],
                    [1_000, 100, 100, 10_001],
                ]);
                let [low, capacity, refill, largest] = limits.map(|limit| word(&int(limit)));
                let call = setLimitsCall {
                    lowWatermark: low,
                    capacity,
                    refill,
                    largest,
                };
                let expected = self.model.set_flash_limits(from, limits.map(int));
                (expected, Call::new(from, to, call))
            }
            8 => {
                let points: u64 = dice.pick(&[0, 0, 2_500, 10_000, 10_001]);
                let call = setTreasuryPartCall {
                    basisPoints: word(&int(points)),
                };
                let expected = self.model.set_treasury_part(from, int(points));
                (expected, Call::new(from, to, call))
            }
            _ => {
                let wei = eth(dice.pick(&[0, 0, 1, 100]));
                if wei > int(0) {
                    // Without a whitelist there is no allowance; the model knows of neither.
                    self.real.pool.gate_flash_exits();
                }
                let call = setMonthlyAllowanceCall { assets: word(&wei) };
                let expected = self.model.set_monthly_allowance(from, wei);
                (expected, Call::new(from, to, call))
            }
        };
        self.act("flash setting", "done", call, expected.map(|()| vec![]));
    }
}
