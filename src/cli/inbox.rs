//! `handiwork tell`: a word to a run that another process drives.
//!
//! What is said is a file in the run's inbox, written whole under a name that sorts by time. The one decision: whoever drives the run
//! takes it out only when the run's journal has it, and the journal takes each number once. So a word is neither lost by a crash nor
//! heard twice.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use handiwork::core::run::Status;
use handiwork::core::{Event, Run, RunId, Said};
use handiwork::memory::Store;
use serde_json::json;

use super::paths::Paths;
use super::print::Out;
use super::{Code, Failure};

/// How often the folder is looked at.
const EVERY: Duration = Duration::from_millis(300);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run's id, or the beginning of it
    run: String,
    /// What to say
    text: String,
}

pub(crate) async fn tell(args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    let text = args.text.trim();
    if text.is_empty() {
        return Err(Failure::new(Code::Usage, "there is nothing to say").hint("handiwork tell RUN \"TEXT\""));
    }
    let store = Store::open(&paths.database()).await?;
    let id = store.find_run(&args.run).await?;
    let run = store.load_run(&id).await?;
    store.close().await;
    if run.started().is_some_and(|started| started.forgotten.is_some()) {
        return Err(Failure::new(Code::Usage, format!("words were taken out of run {id}, so it can't go on")));
    }
    let folder = folder(paths, &id);
    put(&folder, text).map_err(|error| Failure::new(Code::Store, format!("{}: {error}", folder.display())))?;
    let hint = match run.status() {
        Status::Ended(_) => format!("the run is over; it goes on with that by: handiwork resume {id}"),
        Status::Waiting { question } => format!("the run waits for an answer ({question}): handiwork resume {id} --answer …"),
        Status::Running => format!("it hears that with its next turn; if it was cut off: handiwork resume {id}"),
    };
    out.result(&json!({ "run": id, "said": text }), || hint);
    Ok(())
}

fn folder(paths: &Paths, id: &RunId) -> PathBuf {
    paths.inboxes().join(&id.0)
}

/// Writes a message whole or not at all. Its number is the time, and larger than those that are there.
fn put(folder: &Path, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let now = jiff::Timestamp::now().as_microsecond();
    let number = messages(folder).last().map_or(now, |(last, _)| now.max(last + 1));
    let part = folder.join(format!("{number}.part"));
    std::fs::write(&part, text)?;
    std::fs::rename(part, folder.join(format!("{number}.txt")))
}

/// What is in a folder, oldest first.
fn messages(folder: &Path) -> Vec<(i64, PathBuf)> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(i64, PathBuf)> = files
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .filter_map(|path| Some((path.file_stem()?.to_str()?.parse().ok()?, path)))
        .collect();
    found.sort();
    found
}

/// Whether something was said to a run that it has not heard.
pub(super) fn is_waiting(paths: &Paths, id: &RunId) -> bool {
    !messages(&folder(paths, id)).is_empty()
}

/// What is said to a run, as it comes. Ends with whoever listens.
pub(super) fn listen(paths: &Paths, id: &RunId) -> UnboundedReceiver<Said> {
    let (said, heard) = unbounded();
    let folder = folder(paths, id);
    let mut sent = 0;
    // At once what is there already: a run that is resumed hears it before it goes on.
    send(&folder, &mut sent, &said);
    tokio::spawn(async move {
        while !said.is_closed() {
            tokio::time::sleep(EVERY).await;
            send(&folder, &mut sent, &said);
        }
    });
    heard
}

fn send(folder: &Path, sent: &mut i64, said: &futures::channel::mpsc::UnboundedSender<Said>) {
    for (number, file) in messages(folder).into_iter().filter(|(number, _)| *number > *sent).collect::<Vec<_>>() {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        *sent = number;
        let _ = said.unbounded_send(Said { text, message: Some(number) });
    }
}

/// Takes out what the run has heard.
pub(super) fn clear(paths: &Paths, run: &Run) {
    let folder = folder(paths, &run.id);
    for (number, file) in messages(&folder) {
        if run.events().any(|event| matches!(event, Event::Said { message: Some(known), .. } if *known == number)) {
            // One that stays is not heard twice.
            let _ = std::fs::remove_file(file);
        }
    }
    let _ = std::fs::remove_dir(&folder);
}
