//! What people write down themselves: `HANDIWORK.md` in a project, and one file per site in their settings.
//!
//! The nearest file counts: the one in this folder or the closest folder above it, up to where the project ends. It stands above
//! whatever was learned, and it is read at the start of a run only.

use std::path::{Path, PathBuf};

use handiwork::core::event::Instructions;

use super::paths::Paths;
use super::{Code, Failure};

/// Name of the file.
pub(crate) const FILE: &str = "HANDIWORK.md";

/// Most characters of one file: it is part of every request.
const LONGEST: usize = 8_000;

/// All that is written down here: the project's, then each site's.
pub(crate) fn all(paths: &Paths) -> Result<Vec<Instructions>, Failure> {
    let mut found = Vec::new();
    let here = std::env::current_dir().ok();
    if let Some(file) = here.as_deref().and_then(nearest) {
        found.extend(read(&file, None)?);
    }
    let mut sites: Vec<PathBuf> = std::fs::read_dir(paths.sites()).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    sites.sort();
    for file in sites.into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "md")) {
        let host = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        found.extend(read(&file, Some(host))?);
    }
    Ok(found)
}

/// The project's file, if there is one.
fn nearest(folder: &Path) -> Option<PathBuf> {
    for folder in folder.ancestors() {
        let file = folder.join(FILE);
        if file.is_file() {
            return Some(file);
        }
        // A project ends where its repository begins.
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

fn read(file: &Path, site: Option<String>) -> Result<Option<Instructions>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(Code::Usage, format!("{} can't be read: {error}", file.display())).hint("make it readable text, or move it away")
    })?;
    let length = text.chars().count();
    if length > LONGEST {
        return Err(Failure::new(Code::Usage, format!("{} has {length} characters and may have {LONGEST}", file.display()))
            .hint("it is part of every request to the model: say it shorter"));
    }
    let from = file.display().to_string();
    Ok((!text.trim().is_empty()).then_some(Instructions { from, site, text }))
}
