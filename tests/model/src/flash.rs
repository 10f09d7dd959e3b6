//! The flash-exit-pool: exits at once from a reserve, their fee and their limits.

use std::collections::BTreeMap;

use crate::{
    exact::{basis_points, ceil, floor, int, not_negative},
    parameters::Parameter,
    pauses::Pause,
    pool::{Account, Pool},
    protection::Window,
    refusal::{require, Answer},
    Exact, Int, DAY,
};

/// An allowance is for so many seconds from the first exit counted in it.
const MONTH: u64 = 30 * DAY;

/// The flash-exit-pool's numbers. The reserve itself is a term of the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    /// ETH that its address has, but for what was forced into it.
    pub held: Int,
    /// What the reserve is topped up to, as of the last applied report.
    pub target: Int,
    /// totalAssets as of the last applied report, in whole gwei: what limits of exits are parts of.
    pub reported_assets: Int,
    /// Fees kept in the reserve since it was topped up.
    pub fees_kept: Int,
    /// Fees that are the treasury's.
    pub treasury_fees: Int,
    /// Smallest and largest fee, in basis points.
    pub fees: [Int; 2],
    /// Low watermark, capacity, refill a day and largest exit, in basis points.
    pub limits: [Int; 4],
    /// The treasury's part of a fee, in basis points.
    pub treasury_part: Int,
    /// Wei that an account can exit with in 30 days at the smallest fee.
    pub monthly_allowance: Int,
    /// Its pause.
    pub pause: Pause,
    /// What was taken out of the bucket and has not flowed back, and as of when.
    used: (Int, u64),
    allowances: BTreeMap<Account, Window>,
}

impl Default for Flash {
    fn default() -> Self {
        Self {
            held: int(0),
            target: int(0),
            reported_assets: int(0),
            fees_kept: int(0),
            treasury_fees: int(0),
            fees: [int(50), int(100)],
            limits: [int(1_000), int(100), int(100), int(50)],
            treasury_part: int(0),
            monthly_allowance: int(0),
            pause: Pause::default(),
            used: (int(0), 0),
            allowances: BTreeMap::new(),
        }
    }
}

/// What limits an exit, in wei of its shares' worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Largest exit.
    pub largest: Int,
    /// What the bucket has.
    pub bucket: Int,
    /// What the reserve has above its low watermark.
    pub reserve: Int,
}

impl Room {
    /// The smallest of the three.
    pub fn least(&self) -> Int {
        let least = self.largest.clone().min(self.bucket.clone());
        least.min(self.reserve.clone())
    }
}

/// An exit: what the shares were worth, and of that the fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Wei.
    pub assets: Int,
    /// Wei, the treasury's part included.
    pub fee: Int,
}

impl Pool {
    /// ETH that the fee's curve counts: the reserve without the fees kept since it was topped up.
    pub fn reserve_lent(&self) -> Int {
        &self.books.flash_reserve - &self.flash.fees_kept
    }

    /// The part of the target that is missing once so much is taken.
    fn missing(&self, taken: &Int) -> Int {
        not_negative(&self.flash.target - not_negative(self.reserve_lent() - taken))
    }

    /// The integral of the curve over assets, exactly, in wei.
    pub fn exact_flash_fee(&self, assets: &Int, allowance: &Int) -> Exact {
        let [min, max] = &self.flash.fees;
        let flat = basis_points(assets, min);
        if self.flash.target == int(0) {
            return flat;
        }
        let u = |taken: &Int| Exact::new(self.missing(taken), self.flash.target.clone());
        let cubes = u(assets).pow(3) - u(assets.min(allowance)).pow(3);
        flat + basis_points(&self.flash.target, &(max - min)) * cubes / int(3)
    }

    /// The fee as it is taken: the cubes in three terms, each division rounded up.
    pub fn flash_fee(&self, account: Account, assets: &Int) -> Int {
        let allowance = self.allowance_left(account);
        let (before, after) = (self.missing(assets.min(&allowance)), self.missing(assets));
        let part = |amount: &Int, of: &Int| match self.flash.target == int(0) {
            true => int(0),
            false => ceil(Exact::new(amount * of, self.flash.target.clone())),
        };
        let taken = &after - &before;
        let (by_after, by_before) = (part(&taken, &after), part(&taken, &before));
        let cubes = part(&by_after, &after) + part(&by_after, &before) + part(&by_before, &before);
        let [min, max] = &self.flash.fees;
        let thirds = int(3) * min * assets + (max - min) * cubes;
        ceil(Exact::new(thirds, int(30_000))).min(assets.clone())
    }

    /// Wei that an account can still exit with at the smallest fee.
    pub fn allowance_left(&self, account: Account) -> Int {
        let used = self.flash.allowances.get(&account);
        let used = used.map_or(int(0), |window| window.counted(MONTH, self.now));
        not_negative(&self.flash.monthly_allowance - used)
    }

    /// What was taken out of the bucket and has not flowed back by now.
    fn bucket_used(&self) -> Int {
        let (used, at) = &self.flash.used;
        let a_day = basis_points(&self.flash.reported_assets, &self.flash.limits[2]);
        let back = floor(a_day * Exact::new(int(self.now - at), int(DAY)));
        not_negative(used - back)
    }

    /// Low watermark and the bucket's capacity, in wei.
    pub fn flash_bounds(&self) -> (Int, Int) {
        let [low, capacity, ..] = &self.flash.limits;
        let low = ceil(basis_points(&self.flash.target, low));
        (
            low,
            floor(basis_points(&self.flash.reported_assets, capacity)),
        )
    }

    /// What limits an exit now.
    pub fn flash_room(&self) -> Room {
        let (low, capacity) = self.flash_bounds();
        Room {
            largest: floor(basis_points(
                &self.flash.reported_assets,
                &self.flash.limits[3],
            )),
            bucket: not_negative(capacity - self.bucket_used()),
            reserve: not_negative(self.reserve_lent() - low),
        }
    }

    /// Wei paid to an account for shares; zero where they would be refused.
    pub fn preview_flash_exit(&self, account: Account, shares: &Int) -> Int {
        let open = self.not_live().is_none()
            && self.not_paused().is_ok()
            && self.flash.pause.not_paused(self.now).is_ok();
        let assets = floor(self.exit_rate().worth(shares));
        match open && *shares <= self.balance(account) && assets <= self.flash_room().least() {
            true => &assets - self.flash_fee(account, &assets),
            false => int(0),
        }
    }

    /// Most shares that an account can exit with.
    pub fn max_flash_exit(&self, account: Account) -> Int {
        let price = self.exit_rate().price();
        if price == Exact::from_integer(int(0)) {
            return int(0);
        }
        let too_much = Exact::from_integer(self.flash_room().least() + 1);
        let most: Int = ceil(too_much / price) - 1;
        let most = most.min(self.balance(account));
        match self.preview_flash_exit(account, &most) > int(0) {
            true => most,
            false => int(0),
        }
    }

    /// Burns shares and pays for them at once.
    pub fn flash_exit(
        &mut self,
        caller: Account,
        shares: &Int,
        min: &Int,
        receiver: Account,
    ) -> Answer<Exit> {
        require!(receiver != Account::Nobody, ZeroAddress);
        self.flash.pause.not_paused(self.now)?;
        self.not_paused()?;
        self.live()?;
        let (assets, lent) = (floor(self.exit_rate().worth(shares)), self.reserve_lent());
        require!(assets <= lent, AboveReserve, assets, lent);
        let (balance, total) = (self.balance(caller), self.books.total_shares.clone());
        require!(*shares <= total, AmountTooLarge, shares, total);
        require!(
            *shares <= balance,
            ERC20InsufficientBalance,
            caller,
            balance,
            shares
        );
        let fee = self.flash_fee(caller, &assets);
        let (paid, min) = (&assets - &fee, min.clone().max(int(1)));
        require!(paid >= min, AssetsBelowMinimum, paid, min);
        let room = self.flash_room();
        let Room {
            largest,
            bucket,
            reserve,
        } = &room;
        require!(assets <= *largest, AboveLargestExit, assets, largest);
        require!(assets <= *bucket, AboveBucket, assets, bucket);
        require!(assets <= *reserve, BelowLowWatermark, assets, reserve);
        require!(receiver.takes_eth(), PayoutRefused, receiver, paid);

        let spent = assets.clone().min(self.allowance_left(caller));
        if spent > int(0) {
            let window = self.flash.allowances.entry(caller).or_default();
            window.count(&spent, MONTH, self.now);
        }
        self.flash.used = (self.bucket_used() + &assets, self.now);
        let treasury = floor(basis_points(&fee, &self.flash.treasury_part));
        self.flash.fees_kept += &fee - &treasury;
        self.flash.treasury_fees += &treasury;
        self.flash.held -= &paid;
        self.books.flash_reserve -= &paid + &treasury;
        self.burn(caller, shares);
        self.pay(receiver, &paid);
        Ok(Exit { assets, fee })
    }

    /// Step 3 of balancing: lends what the reserve lacks, as far as no order needs it. Answers what was lent.
    pub(crate) fn top_up(&mut self) -> Int {
        let reserved = self.reserved_for(&self.queue.unfinalised_shares());
        let free = not_negative(&self.books.buffered - reserved);
        let lacks = not_negative(&self.flash.target - &self.books.flash_reserve);
        let lent = lacks.min(free);
        if lent > int(0) {
            self.lend(&lent);
        }
        lent
    }

    /// Gives back what the reserve has above its target.
    pub fn return_excess(&mut self) -> Answer<Int> {
        let (reserve, target) = (&self.books.flash_reserve, &self.flash.target);
        require!(reserve > target, NoExcess, reserve, target);
        let excess = reserve - target;
        self.lend(&-&excess);
        Ok(excess)
    }

    /// Moves ETH between buffer and reserve. From then on the fees kept are a part of it like any other.
    fn lend(&mut self, wei: &Int) {
        self.books.buffered -= wei;
        self.held -= wei;
        self.books.flash_reserve += wei;
        self.flash.held += wei;
        self.flash.fees_kept = int(0);
    }

    /// Pays the treasury its fees.
    pub fn withdraw_fees(&mut self, caller: Account, receiver: Account) -> Answer<Int> {
        require!(receiver != Account::Nobody, ZeroAddress);
        let treasury = Account::Treasury;
        require!(caller == treasury, OnlyTreasury, caller, treasury);
        let wei = self.flash.treasury_fees.clone();
        require!(receiver.takes_eth(), PayoutRefused, receiver, wei);
        self.flash.treasury_fees = int(0);
        self.flash.held -= &wei;
        self.pay(receiver, &wei);
        Ok(wei)
    }

    /// Notes what a report leads to for exits.
    pub(crate) fn set_flash_target(&mut self) {
        let part = self.parameters.get(Parameter::FlashTarget);
        let assets = self.books.rate().assets;
        self.flash.target = floor(basis_points(&assets, part));
        self.flash.reported_assets = &assets - &assets % int(1_000_000_000);
    }

    /// Sets the fees. Owner only.
    pub fn set_fees(&mut self, caller: Account, min: Int, max: Int) -> Answer<()> {
        self.only_owner(caller)?;
        let within = min >= int(1) && max <= int(500) && min <= max;
        require!(within, FeesOutOfBounds, min, max, 1u64, 500u64);
        self.flash.fees = [min, max];
        Ok(())
    }

    /// Sets the limits; what was taken out of the bucket stays taken. Owner only.
    pub fn set_flash_limits(&mut self, caller: Account, limits: [Int; 4]) -> Answer<()> {
        self.only_owner(caller)?;
        for (asked, largest) in limits.iter().zip([9_000u64, 10_000, 10_000, 10_000]) {
            require!(*asked <= int(largest), LimitsOutOfBounds, asked, largest);
        }
        self.flash.used = (self.bucket_used(), self.now);
        self.flash.limits = limits;
        Ok(())
    }

    /// Sets the treasury's part of fees. Owner only.
    pub fn set_treasury_part(&mut self, caller: Account, points: Int) -> Answer<()> {
        self.only_owner(caller)?;
        require!(
            points <= int(10_000),
            TreasuryPartOutOfBounds,
            points,
            10_000u64
        );
        self.flash.treasury_part = points;
        Ok(())
    }

    /// Sets the monthly allowance. Owner only.
    pub fn set_monthly_allowance(&mut self, caller: Account, wei: Int) -> Answer<()> {
        self.only_owner(caller)?;
        self.flash.monthly_allowance = wei;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::eth;

    /// 1,000 ETH for as many shares, 50 of them in a full reserve.
    fn pool() -> Pool {
        let mut pool = Pool::new(1_000_000);
        pool.mint(Account::User(0), &eth(1_000));
        pool.books.buffered = eth(950);
        pool.books.flash_reserve = eth(50);
        (pool.held, pool.flash.held) = (eth(950), eth(50));
        pool.flash.target = eth(50);
        pool.flash.reported_assets = eth(1_000);
        pool
    }

    fn exit(pool: &mut Pool, shares: Int) -> Answer<Exit> {
        pool.flash_exit(Account::User(0), &shares, &int(0), Account::User(1))
    }

    #[test]
    fn an_exit_pays_its_worth_less_the_fee_which_stays() {
        let mut pool = pool();
        let Exit { assets, fee } = exit(&mut pool, eth(5)).unwrap();
        // 0.5 % of 5, and 0.5 % of 50 * 0.1^3 / 3.
        assert_eq!(assets, eth(5));
        assert_eq!(
            fee,
            eth(25) / 1_000 + ceil(Exact::new(eth(25), int(300_000)))
        );
        assert_eq!(pool.paid[&Account::User(1)], eth(5) - &fee);
        assert_eq!(pool.books.total_assets(), eth(995) + &fee);
        assert_eq!(pool.reserve_lent(), eth(45));
    }

    #[test]
    fn every_limit_refuses() {
        let mut pool = pool();
        let error = |pool: &mut Pool, shares| exit(pool, shares).unwrap_err().error;
        assert_eq!(error(&mut pool, eth(5) + 1), "AboveLargestExit");
        assert_eq!(error(&mut pool, int(1)), "AssetsBelowMinimum");
        assert_eq!(error(&mut pool, eth(51)), "AboveReserve");
        exit(&mut pool, eth(4)).unwrap();
        exit(&mut pool, eth(4)).unwrap();
        assert_eq!(error(&mut pool, eth(3)), "AboveBucket");
        // In half a day half of the bucket is back.
        pool.now += DAY / 2;
        exit(&mut pool, eth(4)).unwrap();
        pool.set_flash_limits(Account::Owner, [9_000, 10_000, 100, 10_000].map(int))
            .unwrap();
        assert_eq!(error(&mut pool, eth(1)), "BelowLowWatermark");
    }

    #[test]
    fn the_most_is_possible_and_a_share_more_is_not() {
        let mut pool = pool();
        pool.books.buffered += eth(1) / 7;
        let most = pool.max_flash_exit(Account::User(0));
        assert!(most < pool.balance(Account::User(0)));
        assert!(exit(&mut pool.clone(), &most + 1).is_err());
        exit(&mut pool, most).unwrap();
    }
}
