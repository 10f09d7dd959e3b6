//! Recomputing a folder.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::Path,
};

use alloy::primitives::B256;

use crate::{
    epoch::Epoch,
    error::Error,
    output::{self, MANIFEST, NODES, OPERATORS, PREVIOUS, PROOFS, SUMMARY, TABLE, TERMS, TREE},
    read_nodes,
    terms::Terms,
    tree::Tree,
};

/// Where a folder is not what its inputs give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The file.
    pub file: String,
    /// Number of the line; 0 for the file as a whole.
    pub line: usize,
    /// What it is, and what it should be.
    pub reason: String,
}

/// Recomputes a folder from its inputs, and compares every file with what it should be. Answers the epoch and the content hash.
///
/// # Errors
/// If the inputs cannot be read or do not fit together; or where the folder differs, the first place of each file.
pub fn verify(folder: &Path) -> Result<Result<(Epoch, B256), Vec<Mismatch>>, Error> {
    let previous = folder.join(PREVIOUS);
    let previous = match previous.exists() {
        true => Some(Tree::read(&previous)?),
        false => None,
    };
    let terms = Terms::read(&folder.join(TERMS))?;
    let epoch = Epoch::compute(terms, read_nodes(&folder.join(NODES))?, previous)?;
    let anew = tempfile::tempdir().map_err(Error::io(std::env::temp_dir()))?;
    let hash = output::write_into(anew.path(), &epoch, &|_| {})?;
    let mut mismatches = Vec::new();
    let files = [
        NODES, TERMS, PREVIOUS, TABLE, OPERATORS, TREE, PROOFS, SUMMARY, MANIFEST,
    ];
    for file in files {
        let (is, should) = (folder.join(file), anew.path().join(file));
        if is.exists() != should.exists() {
            let reason = match is.exists() {
                true => "is there, and should not be",
                false => "is missing",
            };
            mismatches.push(Mismatch {
                file: file.into(),
                line: 0,
                reason: reason.into(),
            });
        } else if is.exists() {
            mismatches.extend(compare(file, &is, &should)?);
        }
    }
    let others = fs::read_dir(folder).map_err(Error::io(folder))?;
    for other in others {
        let name = other.map_err(Error::io(folder))?.file_name();
        if !files.iter().any(|file| name == **file) {
            mismatches.push(Mismatch {
                file: name.to_string_lossy().into_owned(),
                line: 0,
                reason: "is no file of an epoch".into(),
            });
        }
    }
    Ok(match mismatches.is_empty() {
        true => Ok((epoch, hash)),
        false => Err(mismatches),
    })
}

/// The first line in which a file differs.
fn compare(name: &str, is: &Path, should: &Path) -> Result<Option<Mismatch>, Error> {
    if same(is, should)? {
        return Ok(None);
    }
    let lines = |path: &Path| -> Result<_, Error> {
        let file = File::open(path).map_err(Error::io(path))?;
        Ok(BufReader::new(file).split(b'\n'))
    };
    let (mut is, mut should) = (lines(is)?, lines(should)?);
    let mut line = 0;
    loop {
        line += 1;
        let pair = (is.next(), should.next());
        let [is, should] = match pair {
            (None, None) => break,
            (is, should) => [is, should].map(|line| match line {
                Some(Ok(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
                _ => String::new(),
            }),
        };
        if is != should {
            return Ok(Some(Mismatch {
                file: name.into(),
                line,
                reason: difference(&is, &should),
            }));
        }
    }
    Ok(Some(Mismatch {
        file: name.into(),
        line: 0,
        reason: "ends differently".into(),
    }))
}

fn same(is: &Path, should: &Path) -> Result<bool, Error> {
    let open = |path: &Path| File::open(path).map_err(Error::io(path));
    let (mut one, mut other) = (open(is)?, open(should)?);
    let length = |file: &File| file.metadata().map(|data| data.len());
    if length(&one).map_err(Error::io(is))? != length(&other).map_err(Error::io(should))? {
        return Ok(false);
    }
    let mut buffers = [vec![0; 1 << 16], vec![0; 1 << 16]];
    let [first, second] = &mut buffers;
    loop {
        let read = one.read(first).map_err(Error::io(is))?;
        if read == 0 {
            return Ok(true);
        }
        other
            .read_exact(&mut second[..read])
            .map_err(Error::io(should))?;
        if first[..read] != second[..read] {
            return Ok(false);
        }
    }
}

/// The first of the fields, between commas, in which two lines differ.
fn difference(is: &str, should: &str) -> String {
    let (mut ours, mut theirs) = (should.split(','), is.split(','));
    let mut field = 0;
    loop {
        field += 1;
        match (theirs.next(), ours.next()) {
            (None, None) => return "differs".into(),
            (is, should) if is == should => {}
            (is, should) => {
                let [is, should] = [is, should].map(|field| field.unwrap_or("nothing"));
                let (is, should) = (short(is), short(should));
                return format!("field {field} is {is}, and should be {should}");
            }
        }
    }
}

/// Of long text only the beginning.
fn short(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.into(),
    }
}
