//! The fee curve as a plot of characters.

use alloy::primitives::{utils::Unit, U256};

use super::reserve::{percent, FeeCurve};

/// Columns besides the first: 2 % of the target each.
const COLUMNS: usize = 50;
/// Lines besides the lowest.
const LINES: usize = 8;
/// Where the reserve is.
const MARK: char = 'O';
/// Where exits can lead.
const CURVE: char = '*';
/// Where the low watermark does not let them.
const BEYOND: char = '.';

/// A plot of the curve, with a mark where this part of the target, times 1e18, is missing, and another character
/// beyond `furthest`, where the low watermark stops exits.
pub(super) fn plot(curve: FeeCurve, missing: U256, furthest: U256) -> String {
    let ether = Unit::ETHER.wei();
    let (marked, last) = (column(missing), column(furthest));
    // A flat curve has one line.
    let highest = if curve.min == curve.max { 0 } else { LINES };
    let character = |place, line| match place {
        _ if height(place, highest) != line => ' ',
        _ if place == marked => MARK,
        _ if place <= last => CURVE,
        _ => BEYOND,
    };
    let mut drawn = Vec::with_capacity(LINES + 5);
    for line in (0..=highest).rev() {
        let characters: String = (0..=COLUMNS).map(|place| character(place, line)).collect();
        let label = percent(fee_of(curve, line, highest), ether);
        drawn.push(format!("  {label:>8} |{}", characters.trim_end()));
    }
    drawn.push(format!("  {:>8} +{}", "", "-".repeat(COLUMNS + 1)));
    let ticks: String = (20..=100)
        .step_by(20)
        .map(|tick| format!("{tick:>10}"))
        .collect();
    drawn.push(format!("  {:>8}  0{ticks} % of the target missing", ""));
    drawn.push(format!(
        "  {MARK} now: {} missing, fee {}",
        percent(missing, ether),
        percent(curve.at(missing), ether)
    ));
    if last < COLUMNS {
        drawn.push(format!(
            "  {BEYOND} below the low watermark, where no exit leads: above {} missing",
            percent(furthest, ether)
        ));
    }
    drawn.join("\n")
}

/// The line that the curve has in a column: the square of the missing part, to the nearest line.
fn height(place: usize, highest: usize) -> usize {
    const WHOLE: usize = COLUMNS * COLUMNS;
    (2 * place * place * highest + WHOLE) / (2 * WHOLE)
}

/// The fee that a line stands for, in wei per ETH.
fn fee_of(curve: FeeCurve, line: usize, highest: usize) -> U256 {
    let (empty, full) = (curve.at(Unit::ETHER.wei()), curve.at(U256::ZERO));
    let above = empty.saturating_sub(full) * U256::from(line);
    full + above.checked_div(U256::from(highest)).unwrap_or_default()
}

/// The column nearest to a part of the target, times 1e18.
fn column(part: U256) -> usize {
    let ether = Unit::ETHER.wei();
    let place = (part * U256::from(COLUMNS) + ether / U256::from(2)) / ether;
    place.saturating_to::<usize>().min(COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(percent: u64) -> U256 {
        Unit::ETHER.wei() * U256::from(percent) / U256::from(100)
    }

    fn curve(min: u64, max: u64) -> FeeCurve {
        let (min, max) = (U256::from(min), U256::from(max));
        FeeCurve { min, max }
    }

    #[test]
    fn the_curve_is_drawn_with_a_mark_where_the_reserve_is() {
        let expected = "
       1 % |                                                 ..
  0.9375 % |                                              ...
   0.875 % |                                          ****
  0.8125 % |                                      ****
    0.75 % |                                  ****
  0.6875 % |                            *****O
   0.625 % |                      ******
  0.5625 % |             *********
     0.5 % |*************
           +---------------------------------------------------
            0        20        40        60        80       100 % of the target missing
  O now: 66 % missing, fee 0.7178 %
  . below the low watermark, where no exit leads: above 90 % missing";
        let drawn = plot(curve(50, 100), part(66), part(90));
        assert_eq!(format!("\n{drawn}"), expected);
    }

    #[test]
    fn the_ends_of_the_curve_can_be_marked_and_a_flat_one_is_one_line() {
        let full = plot(curve(1, 500), U256::ZERO, part(100));
        assert!(full.contains("    0.01 % |O***"), "{full}");
        assert!(!full.contains("watermark"), "{full}");
        let empty = plot(curve(1, 500), part(100), part(100));
        assert!(empty.lines().next().unwrap().ends_with("*O"), "{empty}");

        let flat = plot(curve(50, 50), part(10), part(90));
        let first = flat.lines().next().unwrap();
        assert!(first.starts_with("     0.5 % |*****O***"), "{flat}");
        assert_eq!(flat.lines().count(), 5);
    }
}
