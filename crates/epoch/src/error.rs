//! Why there is no result.

use std::{fmt, path::PathBuf};

/// A row that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Where it is: the number of the line, or of the row in a file that has no lines.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// Why an epoch cannot be computed, written or checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not what it should be as a whole.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Rows of a file cannot be taken: all of them are here.
    #[error("{}", Listed(path, rows))]
    BadRows {
        /// The file.
        path: PathBuf,
        /// Each of them.
        rows: Vec<BadRow>,
    },
    /// The inputs do not fit together.
    #[error("{0}")]
    Inconsistent(String),
    /// A number left the range in which the formula is exact.
    #[error("{0} is too large to be computed exactly")]
    TooLarge(String),
    /// The folder that would be written is there.
    #[error("{} is there already; nothing was written", .0.display())]
    Exists(PathBuf),
}

/// So many bad rows are told of one by one.
const LISTED: usize = 50;

struct Listed<'a>(&'a PathBuf, &'a [BadRow]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(path, rows) = self;
        let path = path.display();
        writeln!(f, "{path}: {} bad rows; nothing was written.", rows.len())?;
        for BadRow { line, reason } in rows.iter().take(LISTED) {
            writeln!(f, "{path}:{line}: {reason}")?;
        }
        match rows.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => writeln!(f, "and {more} more."),
        }
    }
}

impl Error {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn malformed(path: impl Into<PathBuf>, reason: impl fmt::Display) -> Self {
        Self::Malformed {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}
