//! A trip as it is planned: drawn, and changed.

use crate::{
    dice::Dice,
    reporting::Change,
    world::{ACCOUNTS, HOUR, WHOLE},
};

/// Seconds in which a trip ends once a report was applied: just less than 20 hours.
pub const LONGEST: u64 = 20 * HOUR - 1;

/// What is done. Accounts are the traveller's, parts are in millionths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    /// Deposits wei.
    Enter(usize, u128),
    /// A report, read so many seconds before.
    Report(Change, u64),
    /// The acknowledger agrees to what is parked.
    Acknowledge,
    /// Exits with a part of the most that is possible.
    Flash(usize, u32),
    /// Converts a part of the most that is possible.
    Convert(usize, u32),
    /// Requests the payment of a part of the balance.
    Request(usize, u32),
    /// Cancels the account's latest order.
    Cancel(usize),
    /// Hands a part of the balance to another account.
    Pass(usize, usize, u32),
    /// Hands the account's latest order to another.
    PassOrder(usize, usize),
    /// Calls autobalance with a limit.
    Balance(u32),
    /// Has the reserve give back what is above its target.
    ReturnExcess,
    /// Claims all orders that are paid.
    Claim,
    /// Others do something.
    Others(Others),
    /// In one transaction: deposits wei, hands in two signed reports, and exits with a part of what was bought, in so
    /// many parts.
    Together(u128, Change, Change, u32, u32),
}

/// What others do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Others {
    /// Deposit a part of the pool.
    Deposit(u32),
    /// Exit with a part of the most possible.
    Flash(u32),
    /// Request the payment of a part of their shares.
    Request(u32),
    /// Cancel their latest order.
    Cancel,
}

/// An act, so many seconds after the one before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move {
    /// Seconds.
    pub wait: u64,
    /// What is done then.
    pub act: Act,
}

/// A whole trip.
#[derive(Clone, Debug, PartialEq)]
pub struct Trip {
    /// Shares that accounts have at the start, as parts of what the holder has.
    pub held: Vec<(usize, u32)>,
    /// In order.
    pub moves: Vec<Move>,
}

/// A wait of any kind.
fn wait(dice: &mut Dice) -> u64 {
    let exact = dice.pick(&[
        0,
        0,
        1,
        12,
        61,
        300,
        HOUR,
        11 * HOUR,
        12 * HOUR,
        19 * HOUR,
        LONGEST,
    ]);
    match dice.percent(75) {
        true => exact,
        false => dice.magnitude(1, u128::from(LONGEST)) as u64,
    }
}

/// Wei to enter with, by the size of the pool.
fn wei(dice: &mut Dice, pool: u128) -> u128 {
    let pool = pool.max(1_000_000_000_000);
    let drawn = match dice.within(0..=9) {
        0 => dice.magnitude(1_000_000_000, 10_000_000_000_000_000),
        1..=4 => dice.magnitude(pool / 1_000, pool),
        5..=7 => dice.magnitude(pool, 100 * pool),
        _ => dice.magnitude(100 * pool, 100_000 * pool),
    };
    drawn.clamp(1_000_000_000, 1 << 93)
}

impl Trip {
    /// A trip into a pool of so many wei.
    pub fn draw(dice: &mut Dice, pool: u128) -> Self {
        let accounts = dice.weighted(&[(5, 1), (3, 2), (2, ACCOUNTS)]);
        let mut trip = Self {
            held: Vec::new(),
            moves: Vec::new(),
        };
        if dice.percent(25) {
            for _ in 0..dice.within(1..=2) {
                let to = dice.within(0..=accounts as u64 - 1) as usize;
                trip.held.push((to, dice.part() / 2));
            }
        }
        let route = dice.weighted(&[(4, "flash"), (5, "queue"), (4, "mixed"), (2, "together")]);
        if route == "together" {
            let act = Act::Together(
                wei(dice, pool),
                Change::draw(dice),
                Change::draw(dice),
                dice.part(),
                dice.within(1..=4) as u32,
            );
            trip.push(dice.pick(&[0, HOUR]), act);
        } else {
            for index in 0..accounts {
                trip.push(
                    if index == 0 {
                        0
                    } else {
                        dice.pick(&[0, 0, 60])
                    },
                    Act::Enter(index, wei(dice, pool)),
                );
            }
        }
        if dice.percent(15) {
            let others = Self::others(dice);
            trip.push(0, Act::Others(others));
        }
        if route != "flash" {
            for index in 0..accounts {
                if dice.percent(80) {
                    trip.push(0, Act::Request(index, dice.part()));
                }
            }
        }
        if dice.percent(20) {
            trip.push(dice.pick(&[0, 60, HOUR]), Act::Balance(100));
        }
        let reports = dice.weighted(&[(3, 1), (5, 2), (2, 3), (1, 5)]);
        for index in 0..reports {
            let before = match index {
                0 => dice.pick(&[0, 1, 60, 300, HOUR, 6 * HOUR, 12 * HOUR, 23 * HOUR]),
                _ => dice.pick(&[0, 0, 1, 120, 300, HOUR, 6 * HOUR, 11 * HOUR, 18 * HOUR]),
            };
            let age = dice.pick(&[0, 0, 12, 60, 384]);
            trip.push(before, Act::Report(Change::draw(dice), age));
            if dice.percent(70) {
                trip.push(dice.pick(&[0, 0, 600]), Act::Acknowledge);
            }
            if dice.percent(30) {
                let act = Self::act(dice, pool, accounts);
                trip.push(wait(dice), act);
            }
        }
        for _ in 0..dice.within(0..=5) {
            let act = match route {
                "flash" => {
                    let one = dice.within(0..=accounts as u64 - 1) as usize;
                    match dice.percent(25) {
                        true => Act::Convert(one, dice.part()),
                        false => Act::Flash(one, dice.part()),
                    }
                }
                "queue" => dice.pick(&[Act::Balance(100), Act::Claim]),
                _ => Self::act(dice, pool, accounts),
            };
            trip.push(wait(dice), act);
        }
        if dice.percent(50) {
            trip.push(
                dice.pick(&[0, 600, 11 * HOUR, LONGEST, LONGEST]),
                Act::Claim,
            );
        }
        trip
    }

    fn push(&mut self, wait: u64, act: Act) {
        self.moves.push(Move { wait, act });
    }

    fn others(dice: &mut Dice) -> Others {
        let part = dice.part();
        dice.pick(&[
            Others::Deposit(part),
            Others::Flash(part),
            Others::Request(part),
            Others::Cancel,
        ])
    }

    fn act(dice: &mut Dice, pool: u128, accounts: usize) -> Act {
        let one = dice.within(0..=accounts as u64 - 1) as usize;
        let other = dice.within(0..=ACCOUNTS as u64 - 1) as usize;
        match dice.within(0..=20) {
            20 => Act::Convert(one, dice.part()),
            0..=1 => Act::Enter(one, wei(dice, pool)),
            2..=5 => Act::Report(Change::draw(dice), dice.pick(&[0, 12, 60])),
            6 => Act::Acknowledge,
            7..=9 => Act::Flash(one, dice.part()),
            10..=11 => Act::Request(one, dice.part()),
            12 => Act::Cancel(one),
            13 => Act::Pass(one, other, dice.part()),
            14 => Act::PassOrder(one, other),
            15..=16 => Act::Balance(dice.pick(&[1, 100])),
            17 => Act::ReturnExcess,
            18 => Act::Claim,
            _ => Act::Others(Self::others(dice)),
        }
    }

    /// The same with one thing or a few changed.
    pub fn changed(&self, dice: &mut Dice, pool: u128) -> Self {
        let mut trip = self.clone();
        for _ in 0..dice.pick(&[1, 1, 2, 3]) {
            trip.change(dice, pool);
        }
        trip
    }

    fn change(&mut self, dice: &mut Dice, pool: u128) {
        let count = self.moves.len() as u64;
        if count == 0 {
            return self.push(0, Act::Enter(0, wei(dice, pool)));
        }
        let at = dice.within(0..=count - 1) as usize;
        match dice.within(0..=11) {
            0..=2 => self.moves[at].wait = wait(dice),
            3..=6 => self.moves[at].act = self.moves[at].act.changed(dice, pool),
            7..=8 => {
                let act = Self::act(dice, pool, ACCOUNTS);
                let wait = dice.pick(&[0, 0, 60, HOUR]);
                self.moves.insert(at, Move { wait, act });
            }
            9 => {
                self.moves.remove(at);
            }
            10 => {
                let other = dice.within(0..=count - 1) as usize;
                self.moves.swap(at, other);
            }
            _ => match self.held.is_empty() || dice.percent(60) {
                true => self
                    .held
                    .push((dice.within(0..=1) as usize, dice.part() / 2)),
                false => {
                    self.held.pop();
                }
            },
        }
    }
}

impl Act {
    /// The same act with another amount, or what a report says instead.
    fn changed(self, dice: &mut Dice, pool: u128) -> Self {
        let part = match dice.percent(50) {
            true => WHOLE,
            false => dice.part(),
        };
        let other = |wei: u128, dice: &mut Dice| {
            let wei = match dice.within(0..=4) {
                0 => wei + 1,
                1 => wei - 1,
                2 => wei / dice.magnitude(2, 1_000),
                3 => wei.saturating_mul(dice.magnitude(2, 1_000)),
                _ => self::wei(dice, pool),
            };
            wei.clamp(1_000_000_000, 1 << 93)
        };
        match self {
            Act::Enter(account, wei) => Act::Enter(account, other(wei, dice)),
            Act::Report(_, age) if dice.percent(80) => Act::Report(Change::draw(dice), age),
            Act::Report(change, _) => Act::Report(change, dice.pick(&[0, 1, 12, 60, HOUR])),
            Act::Flash(account, _) => Act::Flash(account, part),
            Act::Convert(account, _) => Act::Convert(account, part),
            Act::Request(account, _) => Act::Request(account, part),
            Act::Pass(from, to, _) => Act::Pass(from, to, part),
            Act::Together(wei, first, second, of, times) => match dice.within(0..=2) {
                0 => Act::Together(other(wei, dice), first, second, of, times),
                1 => Act::Together(wei, Change::draw(dice), Change::draw(dice), of, times),
                _ => Act::Together(wei, first, second, part, dice.within(1..=4) as u32),
            },
            Act::Others(_) => Act::Others(Trip::others(dice)),
            Act::Balance(_) => Act::Balance(dice.pick(&[1, 100])),
            same => same,
        }
    }
}
