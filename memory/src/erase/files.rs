//! What is in the files themselves.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::claim::beside;
use crate::error::{Doing, Failure};

use super::words::Needle;

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

/// Bytes of the piece before that are looked at again: words may stand across two.
const OVERLAP: usize = 16 << 10;

/// Whether the database itself holds the words, and which files of it that a repair has kept.
pub(super) fn holding(database: &Path, needle: &Needle) -> Result<(bool, Vec<PathBuf>), Failure> {
    let failed = |path: &Path, error: &std::io::Error| Failure::io(Doing::Reading, path, error);
    let mut own = false;
    for part in ["", "-wal"] {
        let path = beside(database, part);
        own |= path.exists() && is_in(&path, needle).map_err(|error| failed(&path, &error))?;
    }
    let mut others = Vec::new();
    let name = database.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for entry in database.parent().and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten() {
        let kept = entry.file_name().to_string_lossy().starts_with(&format!("{name}.damaged-"));
        if kept && is_in(&entry.path(), needle).unwrap_or(true) {
            others.push(entry.path());
        }
    }
    others.sort();
    Ok((own, others))
}

fn is_in(path: &Path, needle: &Needle) -> std::io::Result<bool> {
    let mut file = std::fs::File::open(path)?;
    let mut piece: Vec<u8> = Vec::with_capacity(PIECE + OVERLAP);
    loop {
        let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece)?;
        if needle.is_in_bytes(&piece) {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        let keep = piece.len().saturating_sub(OVERLAP);
        piece.drain(..keep);
    }
}
