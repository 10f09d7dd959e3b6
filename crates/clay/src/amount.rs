//! Amounts of ETH and shares as people write them.

use alloy::primitives::{
    utils::{format_ether, ParseUnits, Unit},
    U256,
};

/// Parses an amount into wei: `1.5`, `1.5eth`, `20gwei` or `1000wei`; without a unit, ETH is meant.
///
/// # Errors
/// Says in words what is wrong: not a number, finer than a wei, or too large.
pub fn parse(text: &str) -> Result<U256, String> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text
        .trim_end_matches(|c: char| c.is_ascii_alphabetic())
        .trim_end();
    let unit = match text[digits.len()..].trim_start() {
        "" | "eth" | "ether" => Unit::ETHER,
        "gwei" => Unit::GWEI,
        "wei" => Unit::WEI,
        other => return Err(format!("unknown unit '{other}': use eth, gwei or wei")),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) || digits.ends_with('.') {
        return Err(format!(
            "'{text}' is not an amount: write for example 1.5 or 1000wei"
        ));
    }
    if fraction.len() > usize::from(unit.get()) {
        return Err(format!("'{text}' is finer than one wei"));
    }
    match ParseUnits::parse_units(digits, unit) {
        Ok(ParseUnits::U256(wei)) => Ok(wei),
        _ => Err(format!("'{text}' is too large")),
    }
}

/// An amount of 18 decimals without trailing zeros: `1.5`.
pub fn display(wei: U256) -> String {
    let text = format_ether(wei);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// An amount in ETH with its unit; below 1e9 wei, in wei.
pub fn display_eth(wei: U256) -> String {
    if wei != U256::ZERO && wei < U256::from(1_000_000_000) {
        return format!("{wei} wei");
    }
    format!("{} ETH", display(wei))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_in_eth_unless_they_say_otherwise() {
        let eth = U256::from(10).pow(U256::from(18));
        assert_eq!(parse("2"), Ok(eth * U256::from(2)));
        assert_eq!(parse("1.5"), Ok(eth * U256::from(3) / U256::from(2)));
        assert_eq!(parse("0.5 ETH"), Ok(eth / U256::from(2)));
        assert_eq!(parse("1.5gwei"), Ok(U256::from(1_500_000_000)));
        assert_eq!(parse("1000wei"), Ok(U256::from(1000)));
        assert_eq!(parse("0.000000000000000001"), Ok(U256::from(1)));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for bad in [
            "", ".", "1.", ".5", "-1", "+1", "1e3", "1_0", "0x10", "eth", "1 btc", "1.5wei",
            "1.2.3",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse("0.0000000000000000001")
            .unwrap_err()
            .contains("finer"));
        assert!(parse(&"9".repeat(80)).unwrap_err().contains("too large"));
    }

    #[test]
    fn amounts_are_shown_short() {
        assert_eq!(display_eth(parse("1.50").unwrap()), "1.5 ETH");
        assert_eq!(display_eth(parse("100").unwrap()), "100 ETH");
        assert_eq!(display_eth(U256::ZERO), "0 ETH");
        assert_eq!(display_eth(U256::from(12)), "12 wei");
    }
}
