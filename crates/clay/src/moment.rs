//! Points in time: told from where the chain's clock stands, and as dates (UTC).

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

/// `time` as a date: "2027-01-31 09:30:00 UTC". In seconds.
pub(crate) fn date(time: u64) -> String {
    let (year, month, day) = civil(time / DAY);
    let (hour, minute, second) = (time % DAY / HOUR, time % HOUR / MINUTE, time % MINUTE);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Reads a point in time, in seconds: `2027-01-31` (as it begins, UTC), RFC 3339, what [`date`] writes, or Unix time.
///
/// # Errors
/// Says in words that it is none of them.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let none = || {
        format!(
            "'{text}' is no date: write for example 2027-01-31 (00:00 UTC), 2027-01-31T09:30:00Z, or Unix time"
        )
    };
    if let Some(seconds) = number(text) {
        return Ok(seconds);
    }
    read_date(text).ok_or_else(none)
}

fn read_date(text: &str) -> Option<u64> {
    let (date, clock) = text.split_at_checked(10)?;
    let [year, month, day] = parts(date, '-', [4, 2, 2])?;
    let days = days(year, month, day)?;
    // A day that its month lacks would be one of the next month.
    if civil(days) != (year, month, day) {
        return None;
    }
    let midnight = days * DAY;
    if clock.is_empty() {
        return Some(midnight);
    }
    let clock = clock.strip_prefix(['T', 't', ' '])?;
    let (clock, zone) = clock.split_at_checked(8)?;
    let [hour, minute, second] = parts(clock, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let local = midnight + hour * HOUR + minute * MINUTE + second;
    match zone {
        "Z" | "z" | " UTC" => Some(local),
        _ => {
            let [hours, minutes] = parts(zone.get(1..)?, ':', [2, 2])?;
            let ahead = hours * HOUR + minutes * MINUTE;
            match zone.chars().next()? {
                _ if hours > 23 || minutes > 59 => None,
                '+' => local.checked_sub(ahead),
                '-' => Some(local + ahead),
                _ => None,
            }
        }
    }
}

/// Numbers of so many digits each.
fn parts<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[u64; N]> {
    let mut found = [0; N];
    let mut words = text.split(separator);
    for (part, digits) in found.iter_mut().zip(digits) {
        let word = words.next().filter(|word| word.len() == digits)?;
        *part = number(word)?;
    }
    words.next().is_none().then_some(found)
}

fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// Days in 400 years, after which the calendar repeats itself.
const DAYS_IN_ERA: u64 = 146_097;
/// Days from 1 March of the year 0 to 1 January 1970.
const DAYS_TO_EPOCH: u64 = 719_468;

/// Year, month and day so many days after 1 January 1970, in the Gregorian calendar. Years are counted from 1 March,
/// which puts the leap day at the end.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_TO_EPOCH;
    let (era, day_of_era) = (days / DAYS_IN_ERA, days % DAYS_IN_ERA);
    let leap_days = day_of_era / 1_460 + day_of_era / 146_096 - day_of_era / 36_524;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// Days from 1 January 1970 to a day, the reverse of [`civil`]; none before.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9_999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = year - u64::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * DAYS_IN_ERA + day_of_era - DAYS_TO_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_each_of_its_forms() {
        for text in [
            "2027-01-31T09:30:00Z",
            "2027-01-31t09:30:00z",
            "2027-01-31 09:30:00 UTC",
            "2027-01-31T11:30:00+02:00",
            "2027-01-31T00:00:00-09:30",
            "1801387800",
        ] {
            assert_eq!(parse(text), Ok(1_801_387_800), "{text}");
        }
        assert_eq!(parse("2027-01-31"), Ok(1_801_353_600));
        assert_eq!(parse("1970-01-01"), Ok(0));
        assert_eq!(date(1_801_387_800), "2027-01-31 09:30:00 UTC");
        assert_eq!(date((1 << 40) - 1), "36812-02-20 00:36:15 UTC");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for bad in [
            "",
            "soon",
            "-5",
            "2027-1-31",
            "2027-02-29",
            "2027-13-01",
            "2027-00-10",
            "2027-04-31",
            "1969-12-31",
            "2027-01-31T",
            "2027-01-31T09:30",
            "2027-01-31T24:00:00Z",
            "2027-01-31T09:60:00Z",
            "2027-01-31T09:30:00",
            "2027-01-31T09:30:00+2",
            "2027-01-31T09:30:00+25:00",
            "2027-01-31T09:30:00.5Z",
            "31.01.2027",
            "1970-01-01T00:00:00+01:00",
            "２０２７-01-31",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_day_has_its_date() {
        let mut last = (1969, 12, 31);
        for day in 0..200_000 {
            let found = civil(day);
            let (year, month, _) = found;
            let follows = match found {
                (year, 1, 1) => last == (year - 1, 12, 31),
                (year, month, 1) => (last.0, last.1) == (year, month - 1) && last.2 >= 28,
                (year, month, day) => last == (year, month, day - 1),
            };
            assert!(follows, "{found:?} after {last:?}");
            assert_eq!(days(year, month, found.2), Some(day));
            last = found;
        }
        // Leap years: every fourth but for full centuries, every 400th again.
        assert!(read_date("2028-02-29").is_some() && read_date("2400-02-29").is_some());
        assert!(read_date("2100-02-29").is_none());
    }

    #[test]
    fn the_distance_is_told_in_a_unit_that_fits() {
        assert_eq!(told(1_000, 1_000), "now (Unix time 1000)");
        assert_eq!(told(1_119, 1_000), "in 119 s (Unix time 1119)");
        assert_eq!(told(1_000, 1_180), "3 minutes ago (Unix time 1000)");
        assert_eq!(told(HOUR * 47 + 5, 5), "in 47 hours (Unix time 169205)");
        assert_eq!(told(0, 3 * DAY), "3 days ago (Unix time 0)");
    }
}
