//! What starting and activating a program costs.

/// What starting a program costs, fixed when it is activated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Part of the start-up gas paid only when the program is not cached.
    pub init_cost: u16,
    /// Part of the start-up gas that is always paid.
    pub cached_cost: u16,
    /// Pages of memory the program starts with.
    pub footprint_pages: u16,
    /// Estimated size of the native code, bytes.
    pub asm_estimate: u32,
}

impl Price {
    /// Gas of one start-up.
    pub fn init_gas(&self, cached: bool) -> u64 {
        let base = 352 + u64::from(self.cached_cost);
        if cached {
            base
        } else {
            base + 8_832 + u64::from(self.init_cost)
        }
    }
}

/// Gas for opening `new` pages when the transaction has `open` pages now and has had at most `ever`.
pub fn pages_gas(_new: u16, _open: u16, _ever: u16) -> u64 {
    0
}
