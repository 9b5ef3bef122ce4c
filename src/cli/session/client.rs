//! The command's side: finds the session, starts it if it may, asks, and waits for the answer.

use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::time::Instant;

use super::super::{Code, Failure};
use super::wire::{Ask, Reply, Request, VERSION};
use super::{Place, daemon, io};

/// How long a browser may take to start.
const STARTING: Duration = Duration::from_mins(1);

/// Asks the session. Its failure is ours.
pub(super) async fn ask(place: &Place, ask: Ask) -> Result<Reply, Failure> {
    let Ok(stream) = UnixStream::connect(place.socket()).await else {
        return Err(none(place));
    };
    // A little longer than the daemon takes at most, so that it is the one to tell.
    let limit = daemon::LONGEST + Duration::from_secs(10);
    let said = tokio::time::timeout(limit, converse(stream, ask)).await;
    match said {
        Ok(Ok(Some(Reply::Failed { message, hint, code }))) => {
            let failure = Failure::new(Code::of(code), message);
            Err(match hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            })
        }
        Ok(Ok(Some(reply))) => Ok(reply),
        Ok(Ok(None) | Err(_)) => Err(Failure::new(Code::Surface, format!("session {:?} ended while it was asked", place.name))
            .hint(format!("what it last said is in {}; open it again: handiwork open URL", place.log().display()))),
        Err(_) => Err(Failure::new(Code::Surface, format!("session {:?} does not answer", place.name))
            .hint(format!("end it: kill the process that holds {}", place.lock().display()))),
    }
}

async fn converse(mut stream: UnixStream, ask: Ask) -> std::io::Result<Option<Reply>> {
    let mut line = serde_json::to_string(&Request { version: VERSION.to_owned(), ask }).map_err(std::io::Error::other)?;
    line.push('\n');
    stream.write_all(line.as_bytes()).await?;
    let mut reply = String::new();
    BufReader::new(stream).read_line(&mut reply).await?;
    if reply.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(&reply).map(Some).map_err(std::io::Error::other)
}

fn none(place: &Place) -> Failure {
    Failure::new(Code::Usage, format!("there is no session {:?}", place.name)).hint("open one first: handiwork open URL")
}

/// Whether somebody answers there.
pub(super) async fn is_there(place: &Place) -> bool {
    UnixStream::connect(place.socket()).await.is_ok()
}

/// Starts the session if it is not there. `options` are the browser's.
pub(super) async fn start(place: &Place, idle: Duration, options: &[String]) -> Result<(), Failure> {
    if is_there(place).await {
        return Ok(());
    }
    let doing = |error: std::io::Error| io("starting the session", &error);
    let log = std::fs::File::create(place.log()).map_err(doing)?;
    let program = std::env::current_exe().map_err(doing)?;
    let mut command = Command::new(program);
    command
        .arg("--home")
        .arg(&place.home)
        .arg("session-host")
        .args(["--session", &place.name])
        .arg("--idle")
        .arg(idle.as_secs().to_string());
    command.args(options).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    // In a group of its own: Ctrl+C in the shell is not meant for it.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(doing)?;
    let end = Instant::now() + STARTING;
    loop {
        if is_there(place).await {
            return Ok(());
        }
        // One that finds another before it ends well, and the other is waited for.
        if let Ok(Some(status)) = child.try_wait()
            && !status.success()
        {
            let said = std::fs::read_to_string(place.log()).unwrap_or_default();
            let code = status.code().and_then(|code| u8::try_from(code).ok()).map_or(Code::Surface, Code::of);
            return Err(Failure::new(code, format!("the session did not start: {}", said.trim())));
        }
        if Instant::now() > end {
            let _ = child.kill();
            return Err(Failure::new(Code::Surface, format!("no browser within {} seconds", STARTING.as_secs()))
                .hint(format!("what it said is in {}", place.log().display())));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
