//! Putting a file into the folder: under a harmless name, never over another, readable by its owner only.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use handiwork_core::Change;
use sha2::{Digest, Sha256};

/// Longest name, in bytes.
const LONGEST: usize = 120;
/// Longest ending that is kept when a name is cut.
const ENDING: usize = 16;
/// How many files may bear one name.
const SAME: u32 = 1000;
/// For its owner, and not to be executed.
const MODE: u32 = 0o600;

/// A file in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Its name there.
    pub(crate) file: String,
    pub(crate) bytes: u64,
    /// SHA-256, in hex.
    pub(crate) sha256: String,
    /// Whether it begins as a PDF does.
    pub(crate) is_pdf: bool,
}

impl Kept {
    pub(super) fn change(&self, url: &str) -> Change {
        Change::Downloaded { file: self.file.clone(), url: url.to_owned(), bytes: self.bytes, sha256: self.sha256.clone() }
    }
}

/// A name for a file after the one that a server or a page suggested: no path, no hidden file, nothing that a terminal, a shell or
/// another system could take for something else.
pub(super) fn harmless(suggested: &str) -> String {
    let last = suggested.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_bad =
        |c: char| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let plain: String = last
        .chars()
        .filter(|c| !is_bad(*c))
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '$' | '`' | ';' | '&') { '_' } else { c })
        .collect();
    let plain = plain.trim_matches(|c: char| c.is_whitespace());
    // What begins with a dot is hidden, with a dash an option; browsers write what was a path with underlines.
    let lead = plain.len() - plain.trim_start_matches(['.', '-', '~', '_', ' ']).len();
    let (lead, rest) = plain.split_at(lead);
    let plain = if lead.contains(['.', '-', '~']) { rest } else { plain };
    let plain = plain.trim_end_matches(|c: char| c.is_whitespace() || c == '.');
    let (stem, ending) = split(plain);
    let stem = shorten(stem, LONGEST - ending.len());
    let reserved = ["con", "prn", "aux", "nul"].iter().any(|name| stem.eq_ignore_ascii_case(name));
    match (stem, reserved) {
        ("", _) => format!("download{ending}"),
        (stem, true) => format!("_{stem}{ending}"),
        (stem, false) => format!("{stem}{ending}"),
    }
}

/// A name and its ending, with the dot. Of `a.tar.gz` that is `.gz`.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= ENDING => name.split_at(at),
        _ => (name, ""),
    }
}

fn shorten(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// `name`, or with a number if there is such a file already.
fn numbered(name: &str, number: u32) -> String {
    let (stem, ending) = split(name);
    if number == 1 { name.to_owned() } else { format!("{stem} ({number}){ending}") }
}

/// Moves a file that has arrived into the folder.
pub(super) fn put(staged: &Path, folder: &Path, name: &str, limit: u64) -> Result<Kept, String> {
    let outcome = moved(staged, folder, name, limit);
    // Whatever came of it, it is not needed here any more.
    let _ = std::fs::remove_file(staged);
    outcome
}

fn moved(staged: &Path, folder: &Path, name: &str, limit: u64) -> Result<Kept, String> {
    let failed = |error: std::io::Error| format!("it could not be kept: {error}");
    let mut file = File::open(staged).map_err(failed)?;
    file.set_permissions(Permissions::from_mode(MODE)).map_err(failed)?;
    let (mut hash, mut bytes, mut head) = (Sha256::new(), 0_u64, Vec::new());
    let mut buffer = vec![0_u8; 64 * 1024];
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        let piece = buffer.get(..read).unwrap_or_default();
        if piece.is_empty() {
            break;
        }
        if head.len() < 5 {
            head.extend(piece.iter().take(5));
        }
        hash.update(piece);
        bytes += read as u64;
    }
    if bytes > limit {
        return Err(format!("it is larger than {limit} bytes, the most that is allowed"));
    }
    for number in 1..=SAME {
        let file = numbered(name, number);
        // A link can't replace what is there, as a renaming would.
        let linked = match std::fs::hard_link(staged, folder.join(&file)) {
            Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied | ErrorKind::CrossesDevices) => {
                copied(staged, &folder.join(&file))
            }
            other => other,
        };
        match linked {
            Ok(()) => return Ok(Kept { file, bytes, sha256: hex(&hash.finalize()), is_pdf: head.starts_with(b"%PDF-") }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(format!("there are {SAME} files of that name already"))
}

fn new_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)
}

fn copied(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut target = new_file(to)?;
    std::io::copy(&mut File::open(from)?, &mut target).map(|_| ())
}

/// Writes a new file into the folder.
pub(super) fn store(folder: &Path, name: &str, bytes: &[u8]) -> Result<Kept, String> {
    for number in 1..=SAME {
        let file = numbered(name, number);
        match new_file(&folder.join(&file)).and_then(|mut target| target.write_all(bytes)) {
            Ok(()) => {
                let sha256 = hex(&Sha256::digest(bytes));
                return Ok(Kept { file, bytes: bytes.len() as u64, sha256, is_pdf: bytes.starts_with(b"%PDF-") });
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("it could not be written: {error}")),
        }
    }
    Err(format!("there are {SAME} files of that name already"))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
