//! The hash that the hub gave for a file, kept beside it in the form that `sha256sum --check` reads.

use std::io;
use std::path::{Path, PathBuf};

/// Where the record of a model's file is.
pub(super) fn path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sha256");
    PathBuf::from(name)
}

/// The recorded hash, in lower-case hex.
pub(super) fn read(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path(file)).ok()?;
    let hash = text.split_whitespace().next()?.to_ascii_lowercase();
    (hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(hash)
}

pub(super) fn write(file: &Path, sha256: &str) -> io::Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    std::fs::write(path(file), format!("{sha256}  {name}\n"))
}
