//! The report of a run: one HTML file that needs nothing else.
//!
//! [`render`] is pure: the same run and pictures give the same bytes. Everything in a run may come from a hostile page, so the
//! template escapes all of it, the file holds no script, and its content policy allows only its own style sheet and the pictures
//! inside it: opening a report sends nothing anywhere.

mod format;
mod picture;
mod summary;
mod timeline;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use handiwork_core::event::ShotRef;
use handiwork_core::{BlobId, Event, Journal, JournalError, Run};
use minijinja::value::Serde;
use minijinja::{Environment, context};
use sha2::{Digest, Sha256};

const TEMPLATE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");
/// How long the store may take to give one picture.
const PICTURE_WITHIN: Duration = Duration::from_secs(20);
/// How long the disk may take.
const WRITE_WITHIN: Duration = Duration::from_mins(1);

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The run holds nothing yet.
    #[error("run {0} has not started, so there is nothing to report; list all runs with: handiwork runs")]
    Empty(String),
    /// The template failed, which is a fault of handiwork.
    #[error("the report could not be made: {0}; please report this as a fault of handiwork")]
    Template(String),
    /// The store failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The file can't be written.
    #[error("{path} can't be written: {source}; choose another file with -o, or free some space")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The report of `run`, with the pictures that are in `shots`. A picture that is not there is named as missing.
pub fn render(run: &Run, shots: &BTreeMap<BlobId, Vec<u8>>) -> Result<String, ReportError> {
    let started = run.started().ok_or_else(|| ReportError::Empty(run.id.to_string()))?;
    let timeline = timeline::of(run, shots);
    let about = context! {
        css => minijinja::Value::from_safe_string(STYLE.to_owned()),
        css_hash => BASE64.encode(Sha256::digest(STYLE)),
        summary => Serde(summary::of(run, started)),
        steps => timeline.steps.into_iter().map(minijinja::Value::from).collect::<Vec<_>>(),
        bars => Serde(timeline.bars),
        last_screen => timeline.last_screen.map(Serde),
        last_shot => timeline.last_shot,
    };
    let mut environment = Environment::new();
    let failed = |error: minijinja::Error| ReportError::Template(format!("{error:#}"));
    environment.add_template("report.html", TEMPLATE).map_err(failed)?;
    environment.get_template("report.html").and_then(|template| template.render(about)).map_err(failed)
}

/// Writes the report of `run` to `path`, with the pictures that `journal` holds. The file is there in full or not at all.
pub async fn write(run: &Run, journal: &dyn Journal, path: &Path) -> Result<(), ReportError> {
    let mut shots = BTreeMap::new();
    for shot in run.events().filter_map(shot_of) {
        if shots.contains_key(&shot.blob) {
            continue;
        }
        match tokio::time::timeout(PICTURE_WITHIN, journal.get_blob(&shot.blob)).await {
            Ok(Ok(bytes)) => drop(shots.insert(shot.blob.clone(), bytes)),
            // A report without one picture is better than none; the report says that it is missing.
            Ok(Err(JournalError::NoSuchBlob(_) | JournalError::Corrupt { .. })) => {}
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => {
                let detail = format!("no picture within {} s", PICTURE_WITHIN.as_secs());
                return Err(
                    JournalError::Store { doing: "read", detail, hint: "see whether another process holds the store".to_owned() }.into()
                );
            }
        }
    }
    let html = render(run, &shots)?;
    let failed = |source| ReportError::Write { path: path.to_owned(), source };
    let save = save(path.to_owned(), html);
    tokio::time::timeout(WRITE_WITHIN, save).await.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())).map_err(failed)
}

async fn save(path: PathBuf, html: String) -> std::io::Result<()> {
    let work = move || {
        use std::io::Write as _;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".report-").tempfile_in(folder)?;
        file.write_all(html.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path).map(drop).map_err(|error| error.error)
    };
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}

fn shot_of(event: &Event) -> Option<&ShotRef> {
    match event {
        Event::Receipt { shot, .. } | Event::Observed { shot, .. } => shot.as_ref(),
        _ => None,
    }
}
