//! Points in time, told from where the chain's clock stands.

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// `time` as people read it, `now` being the chain's: "in 2 days (Unix time 1767225600)". Both in seconds.
pub(crate) fn told(time: u64, now: u64) -> String {
    let distance = match time.abs_diff(now) {
        0 => return format!("now (Unix time {time})"),
        seconds if seconds < 2 * MINUTE => format!("{seconds} s"),
        seconds if seconds < 2 * HOUR => format!("{} minutes", seconds / MINUTE),
        seconds if seconds < 2 * DAY => format!("{} hours", seconds / HOUR),
        seconds => format!("{} days", seconds / DAY),
    };
    if time > now {
        format!("in {distance} (Unix time {time})")
    } else {
        format!("{distance} ago (Unix time {time})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_told_in_a_unit_that_fits() {
        assert_eq!(told(1_000, 1_000), "now (Unix time 1000)");
        assert_eq!(told(1_119, 1_000), "in 119 s (Unix time 1119)");
        assert_eq!(told(1_000, 1_180), "3 minutes ago (Unix time 1000)");
        assert_eq!(told(HOUR * 47 + 5, 5), "in 47 hours (Unix time 169205)");
        assert_eq!(told(0, 3 * DAY), "3 days ago (Unix time 0)");
    }
}
