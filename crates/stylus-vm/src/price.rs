//! What activating a program costs once, and starting it costs every time.

use crate::{module::at_most, ProgramError};

/// Gas of a start-up before the program's own part.
const MIN_CACHED_GAS: u64 = 352;
/// Further gas of a start-up that finds the program uncached.
const MIN_INIT_GAS: u64 = 8_832;
/// Gas an activation burns before it looks at the program.
pub const ACTIVATION_GAS: u64 = 1_659_168;

/// Pages of memory a transaction has for nothing.
const FREE_PAGES: u16 = 2;
/// Gas of each further page.
const PAGE_GAS: u64 = 1_000;
/// Pages at which a transaction's memory ends.
const MAX_PAGES: u16 = 128;
/// Gas the ramp reaches at [`MAX_PAGES`].
const RAMP_TOP: f64 = 31_874_000.0;

/// What starting a program costs, fixed when it is activated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Gas a start-up adds when the program is not cached.
    pub init_cost: u16,
    /// Gas a start-up always adds.
    pub cached_cost: u16,
    /// Pages of memory the program starts with.
    pub footprint_pages: u16,
    /// Estimated size of the native code, bytes.
    pub asm_estimate: u32,
}

/// What a program's price is computed from.
pub(crate) struct Size {
    pub functions: u64,
    /// Parameters and results of all functions.
    pub type_arity: u64,
    /// Globals, those of the instrumentation included.
    pub globals: u64,
    pub wasm_bytes: u64,
    /// Bytes of data segments, and of their contents alone.
    pub data_bytes: u64,
    pub data_contents: u64,
    /// Bytes of element segments.
    pub element_bytes: u64,
    pub pages: u16,
}

impl Size {
    /// Gas of validating the program: estimated microseconds, at 28 gas each.
    pub(crate) fn activation_gas(&self, instructions: u64) -> u64 {
        28 * (self.functions * 17_263 / 100_000
            + self.data_contents * 17_376 / 100_000
            + self.element_bytes * 17_376 / 100_000
            + u64::from(self.pages) * 2_217
            + instructions * 535 / 1_000)
    }
}

impl Price {
    /// Prices a program, unless a cost exceeds its field.
    pub(crate) fn of(size: &Size) -> Result<Price, ProgramError> {
        let asm_estimate = 512_000
            + size.functions * 996_829 / 1_000
            + size.type_arity * 11_416 / 1_000
            + size.wasm_bytes * 62_628 / 10_000;
        let cached_cost = size.functions * 13_420 / 100_000
            + size.type_arity * 89 / 100_000
            + size.wasm_bytes * 122 / 100_000
            + size.globals * 1_628 / 1_000
            + (size.data_bytes + size.element_bytes) * 75_244 / 100_000
            + u64::from(size.pages) * 5;
        let init_cost = size.functions * 8_252 / 1_000
            + size.type_arity * 1_059 / 1_000
            + size.wasm_bytes * 1_286 / 10_000;
        at_most(
            "gas to start up",
            init_cost.max(cached_cost),
            u16::MAX.into(),
        )?;
        at_most("bytes of native code", asm_estimate, u32::MAX.into())?;
        Ok(Price {
            init_cost: init_cost as u16,
            cached_cost: cached_cost as u16,
            footprint_pages: size.pages,
            asm_estimate: asm_estimate as u32,
        })
    }

    /// Gas of one start-up, memory pages apart.
    pub fn init_gas(&self, cached: bool) -> u64 {
        let always = MIN_CACHED_GAS + u64::from(self.cached_cost);
        if cached {
            always
        } else {
            always + MIN_INIT_GAS + u64::from(self.init_cost)
        }
    }

    /// The estimate in the unit the chain stores it in: begun kilobytes of 1,024 bytes.
    pub fn asm_estimate_kb(&self) -> u32 {
        self.asm_estimate.div_ceil(1_024)
    }
}

/// Gas for opening `new` pages when the transaction has `open` pages now and never had more than `ever`.
///
/// Linear beyond the free pages, plus a ramp that is paid once for every new maximum. `u64::MAX` beyond 128 pages.
pub fn pages_gas(new: u16, open: u16, ever: u16) -> u64 {
    let now_open = open.saturating_add(new);
    let now_ever = ever.max(now_open);
    if now_ever <= FREE_PAGES {
        return 0;
    }
    if now_ever > MAX_PAGES {
        return u64::MAX;
    }
    let paid = |pages: u16| u64::from(pages.saturating_sub(FREE_PAGES));
    (paid(now_open) - paid(open)) * PAGE_GAS + ramp(now_ever) - ramp(ever)
}

/// The exponential through 1 at no page and [`RAMP_TOP`] at the last.
fn ramp(pages: u16) -> u64 {
    (RAMP_TOP.ln() / f64::from(MAX_PAGES))
        .exp()
        .powi(pages.into()) as u64
}

/// The price of the space activated programs take, which rises with demand and falls with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataPricer {
    /// Bytes activated and not yet forgotten.
    pub demand: u32,
    /// Second of the last activation.
    pub last_update: u64,
}

impl Default for DataPricer {
    fn default() -> Self {
        DataPricer {
            demand: 0,
            last_update: 1_421_388_000,
        }
    }
}

impl DataPricer {
    /// Bytes of demand forgotten each second (1 TiB a year).
    const BYTES_PER_SECOND: u32 = 34_865;
    /// Wei per byte without demand.
    const MIN_PRICE: u64 = 82_928_201;
    /// Bytes of demand that multiply the price by e.
    const INERTIA: u64 = 21_360_419;

    /// Wei due for activating a program of `bytes` estimated bytes at second `now`; counts it into the demand.
    pub fn charge(&mut self, bytes: u32, now: u64) -> u64 {
        let passed = u32::try_from(now.saturating_sub(self.last_update)).unwrap_or(u32::MAX);
        let forgotten = Self::BYTES_PER_SECOND.saturating_mul(passed);
        self.demand = self.demand.saturating_sub(forgotten).saturating_add(bytes);
        self.last_update = now;

        let multiplier = exp_basis_points(10_000 * u64::from(self.demand) / Self::INERTIA);
        Self::MIN_PRICE
            .saturating_mul(multiplier)
            .saturating_mul(bytes.into())
            / 10_000
    }
}

/// e to the power of `x`, both in basis points, by twelve terms of the series.
fn exp_basis_points(x: u64) -> u64 {
    (1..12).rev().fold(10_000 + x / 12, |sum, term| {
        10_000 + sum.saturating_mul(x) / (term * 10_000)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pages_are_free_and_further_ones_cost_1000_and_the_ramp() {
        assert_eq!(pages_gas(0, 0, 0), 0);
        assert_eq!(pages_gas(2, 0, 0), 0);
        assert_eq!(pages_gas(1, 1, 1), 0);
        assert_eq!(pages_gas(1, 2, 2), 1_000);
        // From 1 to 31 pages: 29 beyond the free ones; the ramp goes from 1 to 65.
        assert_eq!(pages_gas(30, 1, 1), 29_064);
        // Pages that were open before are paid for again, their ramp is not.
        assert_eq!(pages_gas(30, 1, 31), 29_000);
        // Within the free pages nothing is due, yet once the maximum is beyond them the linear part starts at 2.
        assert_eq!(pages_gas(1, 1, 31), 0);
    }

    #[test]
    fn the_ramp_ends_at_the_last_page() {
        assert_eq!(ramp(0), 1);
        assert_eq!(
            (ramp(1), ramp(64), ramp(127), ramp(128)),
            (1, 5_645, 27_849_408, 31_873_999)
        );
        assert_eq!(pages_gas(128, 0, 0), 126_000 + 31_873_998);
        assert_eq!(pages_gas(129, 0, 0), u64::MAX);
        assert_eq!(pages_gas(u16::MAX, 1, 1), u64::MAX);
    }

    #[test]
    fn growing_in_steps_costs_as_much_as_at_once() {
        for step in 1..=64 {
            let (mut open, mut gas) = (0, 0);
            while open < 128 {
                let new = step.min(128 - open);
                gas += pages_gas(new, open, open);
                open += new;
            }
            assert_eq!(gas, pages_gas(128, 0, 0), "in steps of {step}");
        }
    }

    #[test]
    fn data_gets_dearer_with_demand_and_cheaper_with_time() {
        let mut pricer = DataPricer::default();
        let first = pricer.charge(1_000_000, 1_700_000_000);
        // 468 basis points of demand: e^0.0468 = 1.0479.
        assert_eq!(first, 82_928_201 * 10_479 * 100);
        let second = pricer.charge(1_000_000, 1_700_000_000);
        assert!(second > first);
        assert_eq!(pricer.charge(1_000_000, 1_700_001_000), first);
    }
}
