//! Two-column tables.

/// Lines of names and values, the values in one column; no line break at the end.
pub(crate) fn lines<N: AsRef<str>, V: AsRef<str>>(rows: &[(N, V)]) -> String {
    let width = rows
        .iter()
        .map(|(name, _)| name.as_ref().chars().count())
        .max()
        .unwrap_or(0);
    let line = |(name, value): &(N, V)| format!("  {:<width$}  {}", name.as_ref(), value.as_ref());
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_stand_in_one_column() {
        assert_eq!(
            super::lines(&[("a", "1"), ("long", "2")]),
            "  a     1\n  long  2"
        );
    }
}
