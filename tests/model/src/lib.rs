//! The reference model of a pool's books and its queue: what every action does, to the wei, or why it is
//! refused, with which numbers.
//!
//! It is written from `docs/books.md` and the design, and shares no arithmetic with the contracts: prices are
//! exact rationals, and a result is rounded once, where the text says so. Nothing is packed, nothing can
//! overflow, and `buffered` and totalAssets are kept the other way round than on chain: here `buffered` is
//! counted, and totalAssets is the sum of its terms. So a term that the contracts forget, or an amount they
//! round the other way, shows as a difference.
//!
//! | file | concept |
//! |---|---|
//! | `exact` | integers, rationals, rounding |
//! | `books` | terms, total assets, the three rates |
//! | `entry` | deposits, and ETH that comes back |
//! | `liveness` | is the rate live; slashing flags |
//! | `reports` | a report from its refusals to its last effect; acknowledgements |
//! | `losses` | who bears a fall, the loss caps, who gets a recovery |
//! | `gains` | what is booked, what is deferred, the fee |
//! | `protection` | the protection-pool and its cap |
//! | `queue` | orders, notes, checkpoints, claims |
//! | `autobalance` | finalisation, placements, exits |
//! | `flash` | exits at once, their fee and limits |
//! | `silent` | silent redemption |
//! | `operators` | operators of a pool: bonds, clusters, exits; from `docs/operators.md` |
//! | `rewards` | what operators earn: the formula, roots, claims; from `docs/rewards.md` |
//! | `pauses` | guardian and owner |
//! | `parameters` | every governed number and its bounds |
//!
//! An action takes the caller and what they ask for, and answers what they get or a [`Refusal`]; after a
//! refusal nothing has changed. Time is [`Pool::now`], which the caller moves.

pub mod autobalance;
pub mod books;
pub mod entry;
pub mod exact;
pub mod flash;
pub mod gains;
pub mod liveness;
pub mod losses;
pub mod operators;
pub mod parameters;
pub mod pauses;
pub mod pool;
pub mod protection;
pub mod queue;
pub mod refusal;
pub mod registry;
pub mod reports;
pub mod rewards;
pub mod silent;

pub use exact::{ceil, exact, floor, int, Exact, Int};
pub use pool::{Account, Pool};
pub use refusal::{Answer, Refusal, Word};

/// Seconds of an hour.
pub const HOUR: u64 = 3_600;
/// Seconds of a day.
pub const DAY: u64 = 24 * HOUR;
