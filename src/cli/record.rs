//! `handiwork record`: a window in which a person does something once, and the script of it.

use std::path::PathBuf;

use handiwork::core::marks::Recorded;
use handiwork::core::policy::{UrlClass, classify};
use handiwork::planners::script::by_hand::script_of;
use handiwork::tools::browser::Recorder;

use super::paths::Paths;
use super::print::{self, Out};
use super::setup::BrowserArgs;
use super::{Code, Failure, profile, script};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The page to begin on
    #[arg(long)]
    url: String,
    /// What it is for, in plain words: values that stand in it become variables. Without it all that is filled in may vary
    #[arg(long, value_name = "TEXT", default_value = "")]
    goal: String,
    /// Who to be logged in as
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Where to write the script [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    browser: BrowserArgs,
}

pub(crate) async fn run(args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    if let UrlClass::Refused { why } = classify(&args.url) {
        return Err(Failure::new(Code::Usage, why));
    }
    let mut config = args.browser.with_window()?;
    if let Some(name) = &args.profile {
        config.storage = Some(profile::profiles(paths)?.load(name)?);
    }
    let mut recorder = Recorder::open(config, &args.url).await?;
    print::note("Do it in the window that has opened. When you are done, close it, or press Ctrl-C here.");
    let hear = |one: &Recorded| {
        if let Recorded::Deed(deed) = one {
            print::note(&format!("{:?} {} {:?}", deed.did, deed.marks.role, deed.marks.name).to_lowercase());
        }
    };
    tokio::select! {
        () = recorder.recorded(hear) => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    let seen = recorder.finish().await;
    let made = script_of(&args.url, args.goal.trim(), &seen).ok_or_else(|| {
        Failure::new(Code::NotReached, "nothing was done, so there is no script").hint("do it in the window before you close it")
    })?;
    script::written(&made, args.output.as_deref(), out)
}
