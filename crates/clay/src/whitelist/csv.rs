//! Tables of comma-separated values (RFC 4180).

/// One line of values, those that need it in quotes.
pub fn line<V: AsRef<str>>(values: impl IntoIterator<Item = V>) -> String {
    let quoted = values.into_iter().map(|value| {
        let value = value.as_ref();
        if value.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", value.replace('"', "\"\""))
        } else {
            value.to_owned()
        }
    });
    quoted.collect::<Vec<_>>().join(",") + "\n"
}

/// The lines of a table with their numbers (from 1), empty ones left out, values without the blanks around them.
///
/// # Errors
/// Says which line has a quote without an end, or text behind one.
pub fn read(text: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        if !line.trim().is_empty() {
            let values = values(line)
                .ok_or_else(|| format!("line {number} has a quotation mark where none can be"))?;
            lines.push((number, values));
        }
    }
    Ok(lines)
}

/// The values of a line. None of ours holds a line break.
fn values(line: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    let mut rest = line;
    loop {
        let begun = rest.trim_start();
        let (value, behind) = match begun.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = begun.find(',').unwrap_or(begun.len());
                let (value, behind) = begun.split_at(end);
                (value.trim_end().to_owned(), behind)
            }
        };
        if value.contains('"') && !begun.starts_with('"') {
            return None;
        }
        values.push(value);
        match behind.trim_start() {
            "" => return Some(values),
            behind => rest = behind.strip_prefix(',')?,
        }
    }
}

/// The value that a quotation mark began, and what stands behind its end.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = quoted;
    loop {
        let (part, behind) = rest.split_once('"')?;
        value.push_str(part);
        match behind.strip_prefix('"') {
            Some(behind) => {
                value.push('"');
                rest = behind;
            }
            None => return Some((value, behind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        let lines = read(text).unwrap().into_iter();
        lines.map(|(_, values)| values).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let values = ["a", "", "b,c", "say \"hi\"", "\"", "d e"];
        let written = line(values);
        assert_eq!(written, "a,,\"b,c\",\"say \"\"hi\"\"\",\"\"\"\",d e\n");
        assert_eq!(rows(&written), [values]);
    }

    #[test]
    fn a_table_from_a_spreadsheet_is_read() {
        let text = "\u{feff}account, rights\r\n\r\n0x1, \"stake, hold\" ,\r\n";
        assert_eq!(
            rows(text),
            [
                vec!["account".to_owned(), "rights".to_owned()],
                vec!["0x1".to_owned(), "stake, hold".to_owned(), String::new()]
            ]
        );
        let numbers: Vec<_> = read(text).unwrap().into_iter().map(|(n, _)| n).collect();
        assert_eq!(numbers, [1, 3]);
    }

    #[test]
    fn quotes_without_an_end_or_with_text_behind_are_refused() {
        for bad in ["\"a", "\"a\" b", "a\"b", "x\n\"a\"b,c"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read("x\na\"").unwrap_err().contains("line 2"));
    }
}
