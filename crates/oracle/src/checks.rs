//! What is checked before a key signs: the stake-manager's rules, and limits of the reporter's own.

use crate::{
    error::{OracleError, Result},
    pool::Standing,
    report::{Report, GWEI},
};

/// Gwei of rewards and MEV that never stop a reporter: a present must not be able to, however small the pool is.
const LEAST_RISE: i128 = 1_000_000_000;
/// All of something, in basis points.
const WHOLE: i128 = 10_000;

/// A reporter's own limits: what goes beyond them is more likely an error of a node than the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How much balances may rise beyond deposits, and `leftSeen` beyond principal that validators paid out, in basis
    /// points of all that is out; but always 1 ETH.
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

/// Refuses a report that the stake-manager would refuse, or that is beyond the reporter's own limits. `principal` is the gwei
/// that may have left validators for the gateway since the last report, or been given back unused, apart from rewards.
///
/// # Errors
/// Which rule or limit, with numbers.
pub fn check(report: &Report, principal: u64, standing: &Standing, limits: &Limits) -> Result<()> {
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
    jumps(report, principal, standing, limits)
}

fn jumps(report: &Report, principal: u64, standing: &Standing, limits: &Limits) -> Result<()> {
    let gwei = |wei: u128| (wei / GWEI) as i128;
    let change = |now: u128, before: u128| gwei(now) - gwei(before);
    let part = |of: i128, basis_points: u32| of * i128::from(basis_points) / WHOLE;
    let balance = i128::from(report.cl_balance_gwei);
    let deposits = change(report.deposits_seen(), standing.deposits_seen);
    let before = gwei(standing.cl_balance) + deposits;
    let left = change(report.left_seen, standing.left_seen);

    // What validators lost and the gateway got is no loss, but only as far as principal could leave: else one node
    // could hide with a number of its own what another one tells.
    let moved = left.min(before - balance).min(principal.into()).max(0);
    let fall = before - balance - moved;
    let gain = left - moved;

    let rise = (-fall).max(0) + gain;
    let out = before + change(standing.sent_out, report.deposits_seen());
    let allowed = part(out, limits.rise).max(LEAST_RISE);
    if rise > allowed {
        return Err(OracleError::RoseTooMuch { rise, allowed });
    }
    let fall = fall + change(report.expected_loss, standing.expected_loss);
    let allowed = part(before, limits.fall);
    if fall > allowed {
        return Err(OracleError::FellTooMuch { fall, allowed });
    }
    Ok(())
}
