//! The command as people run it: the real binary, with an environment of its own.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends where it fails, in its helpers too")]

mod cassette;
mod claim;
#[cfg(all(feature = "desktop", target_os = "linux"))]
mod desktop;
mod errors;
mod known;
mod login;
mod memory;
mod mind;
mod resume;
mod session;
mod store;
mod talk;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.out.trim()).unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"))
    }
}

/// The command with nothing of our environment but a path, and everything that it keeps in `home`.
pub(crate) fn handiwork(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handiwork"));
    command.args(args);
    isolate(&mut command, home);
    command
}

fn isolate(command: &mut Command, home: &Path) {
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("HANDIWORK_HOME", home.join("data"))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
}

pub(crate) async fn run(mut command: Command) -> Ran {
    let output = tokio::time::timeout(Duration::from_mins(2), command.output()).await.expect("it ends").expect("it starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}
