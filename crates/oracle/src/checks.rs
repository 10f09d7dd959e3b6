//! What is checked before a key signs: the stake-manager's rules, and limits of the reporter's own.

use crate::{
    error::{OracleError, Result},
    pool::Standing,
    report::{Report, GWEI},
};

/// All of something, in basis points.
const WHOLE: i128 = 10_000;

/// A reporter's own limits: what goes beyond them is more likely an error of a node than the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How much balances may rise beyond deposits, in basis points of what they were.
    pub rise: u32,
    /// How much validators may lose, expected penalties included, in basis points of what they had.
    pub fall: u32,
    /// Whether these limits are lifted.
    pub lifted: bool,
}

impl Default for Limits {
    /// 1 % up, which takes four months of rewards, and 5 % down, all that is allowed in 30 days.
    fn default() -> Self {
        Self {
            rise: 100,
            fall: 500,
            lifted: false,
        }
    }
}

/// Refuses a report that the stake-manager would refuse, or that is beyond the reporter's own limits.
///
/// # Errors
/// Which rule or limit, with numbers.
pub fn check(report: &Report, standing: &Standing, limits: &Limits) -> Result<()> {
    let slot_time = report.slot_time;
    if slot_time <= standing.newest {
        return Err(OracleError::NotNewer {
            slot_time,
            newest: standing.newest,
        });
    }
    let oldest = standing.now.saturating_sub(standing.freshness_limit);
    if slot_time < oldest || slot_time > standing.now {
        return Err(OracleError::OutsideTime {
            slot_time,
            oldest,
            now: standing.now,
        });
    }
    let (read, last) = (report.deposits_seen(), standing.deposits_seen);
    if read < last {
        return Err(OracleError::DepositsFell { read, last });
    }
    let (read, last) = (report.left_seen, standing.left_seen);
    if read < last {
        return Err(OracleError::LeftFell { read, last });
    }
    if report.deposits_seen() > standing.sent_out {
        return Err(OracleError::DepositsAboveSent {
            deposits_seen: report.deposits_seen(),
            sent_out: standing.sent_out,
        });
    }
    if limits.lifted {
        return Ok(());
    }
    jumps(report, standing, limits)
}

fn jumps(report: &Report, standing: &Standing, limits: &Limits) -> Result<()> {
    let change = |now: u128, before: u128| (now as i128 - before as i128) / GWEI as i128;
    let balance = i128::from(report.cl_balance_gwei);
    let deposits = change(report.deposits_seen(), standing.deposits_seen);
    let before = (standing.cl_balance / GWEI) as i128 + deposits;

    let rise = balance - before;
    let allowed = before * i128::from(limits.rise) / WHOLE;
    if rise > allowed {
        return Err(OracleError::RoseTooMuch { rise, allowed });
    }
    let left = change(report.left_seen, standing.left_seen);
    let expected = change(report.expected_loss, standing.expected_loss);
    let fall = before - balance - left + expected;
    let allowed = before * i128::from(limits.fall) / WHOLE;
    if fall > allowed {
        return Err(OracleError::FellTooMuch { fall, allowed });
    }
    Ok(())
}
