//! What a report does to the books, as pure rules. `docs/books.md` tells them in words.

use clay_shared::{
    books::{Books, Deferred, Rate, MAX_ASSETS, MAX_SHARES},
    math::{mul_div, share, Rounding},
};

/// Seconds of a year, as the growth cap counts them: 365 days.
const YEAR: u128 = 365 * 24 * 60 * 60;
/// A gain is booked for at most this long at once: 7 days (`parameters.md`, growth cap).
const LONGEST_GROWTH: u64 = 7 * 24 * 60 * 60;

/// The terms of the books that a report brings, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Balances of all validators.
    pub cl_balance: u128,
    /// Counter of deposits that are in clBalance, unused or lost.
    pub deposits_seen: u128,
    /// Counter of what the gateway received.
    pub left_seen: u128,
    /// Penalties known and not charged yet.
    pub expected_loss: u128,
}

impl Terms {
    /// What the terms add to totalAssets.
    fn net(self) -> i128 {
        // Each is below 2^97, as `Reported::check` sees to.
        (self.cl_balance + self.left_seen) as i128
            - (self.deposits_seen + self.expected_loss) as i128
    }
}

/// A report, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// Time of the slot, seconds.
    pub slot_time: u64,
    /// What it brings.
    pub terms: Terms,
    /// Part of the change that makes up for earlier losses.
    pub recovered: u128,
    /// The epoch it ends, or 0.
    pub epoch: u32,
}

/// What losses have left behind, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Borne {
    /// By holders.
    pub holders: u128,
    /// By the protection-pool.
    pub protection: u128,
}

/// Takes up to `loss` of deferred gains away, and returns how much that was and how much of it was fee-free: what
/// is left is fee-free first.
fn absorb(deferred: &mut Deferred, loss: u128) -> (u128, u128) {
    let before = *deferred;
    deferred.gain -= loss.min(deferred.gain);
    deferred.fee_free = deferred.fee_free.min(deferred.gain);
    (
        before.gain - deferred.gain,
        before.fee_free - deferred.fee_free,
    )
}

/// A report held against the books, before anybody has to bear a fall.
#[derive(Clone, Copy, Debug)]
pub struct Assessment {
    /// The books, with what the protection-pool gets back counted in.
    pub books: Books,
    /// Deferred gains, with what holders get back and less what took part of a fall.
    pub deferred: Deferred,
    /// Borne losses, less what is given back.
    pub borne: Borne,
    /// Wei given back to holders and the protection-pool.
    pub given_back: u128,
    /// Shares to mint to the protection-pool for what it gets back.
    pub returned_shares: u128,
    /// The change besides what is given back: a gain or a fall.
    pub change: i128,
    /// What is left of a fall after deferred gains.
    pub fall: u128,
    /// What deferred gains took of it that had made up for earlier losses.
    pub lost_again: u128,
    /// What an earlier report gave back to holders, and this one books.
    pub returned: u128,
}

/// What is given back for earlier losses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GivenBack {
    /// Wei, through deferred gains and without a fee.
    pub to_holders: u128,
    /// Wei, in shares.
    pub to_protection: u128,
    /// The shares.
    pub shares: u128,
}

/// Gives what was recovered of earlier losses back, as far as they go: first to holders, then to the protection-pool.
pub fn give_back(
    books: &mut Books,
    deferred: &mut Deferred,
    borne: &mut Borne,
    recovered: u128,
) -> GivenBack {
    let to_holders = recovered.min(borne.holders);
    let to_protection = (recovered - to_holders).min(borne.protection);
    borne.holders -= to_holders;
    borne.protection -= to_protection;
    deferred.gain += to_holders;
    deferred.fee_free += to_holders;
    // Priced as any entry, so that the pool does not share in what holders get back.
    let entry = books.entry_rate(*deferred);
    let shares = mul_div(to_protection, entry.shares, entry.assets, Rounding::Down)
        .unwrap_or(0)
        .min(MAX_SHARES - books.total_shares);
    books.total_assets += to_protection as i128;
    books.total_shares += shares;
    GivenBack {
        to_holders,
        to_protection,
        shares,
    }
}

/// Holds a report against the books: what it recovers, and what is left of a fall after deferred gains.
pub fn assess(
    mut books: Books,
    mut deferred: Deferred,
    mut borne: Borne,
    last: Terms,
    reported: &Reported,
) -> Assessment {
    let given_before = deferred.fee_free;
    let given = give_back(&mut books, &mut deferred, &mut borne, reported.recovered);
    let given_back = given.to_holders + given.to_protection;
    let change = reported.terms.net() - last.net() - given_back as i128;

    let loss = change.min(0).unsigned_abs();
    let (absorbed, lost_again) = absorb(&mut deferred, loss);
    Assessment {
        books,
        deferred,
        borne,
        given_back,
        returned_shares: given.shares,
        change,
        fall: loss - absorbed,
        lost_again,
        returned: given_before.min(deferred.fee_free),
    }
}

impl Assessment {
    /// The rate that the fall leads to if nobody covers it, in wei per 1e18 shares, rounded down.
    pub fn rate_before_cover(&self) -> u128 {
        let mut books = self.books;
        books.total_assets -= self.fall as i128;
        books.rate().scaled()
    }

    /// Shares that must be burned to keep the rate, rounded up: all of them if the fall takes everything, none
    /// if nothing was left to take.
    pub fn shares_to_cover(&self) -> u128 {
        let Rate { assets, shares } = self.books.rate();
        let burned = mul_div(self.fall, shares, assets, Rounding::Up);
        burned.unwrap_or(0).min(shares)
    }

    /// Books the fall, of which the protection-pool bears what `given` of the shares asked for are worth, and
    /// returns that in wei.
    pub fn book_fall(&mut self, asked: u128, given: u128) -> u128 {
        let Rate { assets, shares } = self.books.rate();
        let covered = match given {
            0 => 0,
            _ if given == asked => self.fall,
            _ => mul_div(given, assets, shares, Rounding::Down).unwrap_or(0),
        };
        self.books.total_assets -= self.fall as i128;
        self.books.total_shares -= given;
        // All but what was covered. Of what deferred gains took only what had been given back was the holders'.
        self.borne.holders += self.fall - covered + self.lost_again;
        self.borne.protection += covered;
        covered
    }

    /// Books what an earlier report gave back to holders, in full, as it is no growth.
    pub fn book_returned(&mut self) {
        let room = MAX_ASSETS - self.books.rate().assets;
        let booked = self.returned.min(room);
        self.deferred.gain -= booked;
        self.deferred.fee_free -= booked;
        self.books.total_assets += booked as i128;
    }

    /// Books gains up to the growth cap, `growth_cap` basis points a year, and returns what was booked.
    pub fn book_gain(&mut self, growth_cap: u128, slot_time: u64) -> u128 {
        if self.change < 0 {
            return 0;
        }
        self.deferred.gain += self.change as u128;
        let elapsed = match self.books.last_report {
            0 => 0,
            last => (slot_time - last).min(LONGEST_GROWTH),
        };
        let assets = self.books.rate().assets;
        let cap = mul_div(
            assets,
            growth_cap * u128::from(elapsed),
            10_000 * YEAR,
            Rounding::Down,
        );
        let cap = cap.unwrap_or(0).min(MAX_ASSETS - assets);
        let booked = cap.min(self.deferred.gain - self.deferred.fee_free);
        self.deferred.gain -= booked;
        self.books.total_assets += booked as i128;
        booked
    }
}

/// Shares to mint for a fee of `reward_fee` basis points on what of `taxed` wei lifts the books above
/// `highest`, the rate at which the last fee left them. The gain is in the books already.
pub fn fee_shares(books: Books, taxed: u128, highest: Rate, reward_fee: u128) -> u128 {
    let Rate { assets, shares } = books.rate();
    // None is above all assets there can be.
    let untaxed = mul_div(shares, highest.assets, highest.shares, Rounding::Up);
    let above = assets.saturating_sub(untaxed.unwrap_or(u128::MAX));
    let fee = share(taxed.min(above), reward_fee, Rounding::Down);
    let minted = mul_div(fee, shares, assets - fee, Rounding::Down);
    minted.unwrap_or(0).min(MAX_SHARES - shares)
}

/// Parts of the operators, the protection-pool and the treasury in fee shares.
pub fn split(shares: u128, operators: u128, protection: u128) -> [u128; 3] {
    let operators = share(shares, operators, Rounding::Down);
    let protection = share(shares, protection, Rounding::Down);
    [operators, protection, shares - operators - protection]
}
