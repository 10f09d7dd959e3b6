//! A question before something that cannot be undone.

use std::io::{stdin, stdout, BufRead, IsTerminal, Write};

use crate::failure::Failure;

/// Asks at the terminal whether to do what was shown; `act` names it: "Exit".
pub(super) fn confirmed(act: &str) -> Result<bool, Failure> {
    // Who cannot read the quote cannot agree to it.
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(Failure::Usage(format!(
            "Nothing was sent: there is no terminal to ask at.\nGive --yes to {} without being asked.",
            act.to_lowercase()
        )));
    }
    let trouble = |error: std::io::Error| {
        Failure::Usage(format!(
            "Nothing was sent: the terminal does not answer ({error})."
        ))
    };
    let mut terminal = stdout();
    write!(terminal, "{act}? [y/N] ").map_err(trouble)?;
    terminal.flush().map_err(trouble)?;
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer).map_err(trouble)?;
    Ok(agrees(&answer))
}

/// Whether an answer is a yes; everything else, silence too, is a no.
fn agrees(answer: &str) -> bool {
    let answer = answer.trim();
    ["y", "yes"]
        .iter()
        .any(|yes| answer.eq_ignore_ascii_case(yes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        for yes in ["y\n", " Yes \n", "YES"] {
            assert!(agrees(yes), "{yes}");
        }
        for no in ["", "\n", "n\n", "no\n", "yesterday\n", "y n\n"] {
            assert!(!agrees(no), "{no}");
        }
    }
}
