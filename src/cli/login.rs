//! `handiwork login`: a window in which a person logs in, and what comes of it kept as a profile.

use std::io::IsTerminal as _;

use handiwork::core::policy::{UrlClass, classify};
use handiwork::tools::browser::BrowserConfig;
use handiwork::tools::browser::profile::{Login, ProfileError};
use serde_json::json;

use super::paths::Paths;
use super::print::{self, Out};
use super::setup::BrowserArgs;
use super::{Code, Failure, profile};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The page to log in at
    url: String,
    /// The name to keep it under; what is already there is loaded first
    #[arg(long, value_name = "NAME")]
    profile: String,
    #[command(flatten)]
    browser: BrowserArgs,
}

pub(crate) async fn run(args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    if let UrlClass::Refused { why } = classify(&args.url) {
        return Err(Failure::new(Code::Usage, why));
    }
    // What is wrong with the name or the key is said before anybody logs in.
    let before = match profile::profiles(paths)?.load(&args.profile) {
        Ok(state) => Some(state),
        Err(ProfileError::NoSuch { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let config = BrowserConfig { storage: before, ..args.browser.with_window()? };
    let login = Login::open(config, &args.url).await?;
    print::note("Log in in the window that has opened. When you are done, close it, or press Enter here.");
    tokio::select! {
        () = login.closed() => {}
        () = enter() => {}
        _ = tokio::signal::ctrl_c() => {
            return Err(Failure::new(Code::Interrupted, "interrupted; nothing was saved"));
        }
    }
    let state = login.finish().await?;
    if state.is_empty() {
        return Err(Failure::new(Code::NotReached, "no site has stored anything, so no profile was saved")
            .hint("log in before you close the window"));
    }
    profile::save(&args.profile, &state, paths)?;
    let told = json!({ "profile": args.profile, "cookies": state.cookies(), "sites": state.sites(), "origins": state.origins().collect::<Vec<_>>() });
    out.result(&told, || {
        let sites = state.sites().join(", ");
        format!(
            "saved profile {} ({} cookies of {sites})\nuse it: handiwork run --profile {} GOAL",
            args.profile,
            state.cookies(),
            args.profile
        )
    });
    Ok(())
}

/// Comes back when the person presses Enter. With no terminal and nothing to read there is nobody who could.
async fn enter() {
    let pressed = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line).unwrap_or(0);
        read > 0 || std::io::stdin().is_terminal()
    });
    if !pressed.await.unwrap_or(false) {
        std::future::pending::<()>().await;
    }
}
