//! Commands: one file each. A command returns a [`Failure`] or nothing; what it prints on stdout is its result, what it prints
//! on stderr is for the person watching.

#[cfg(all(feature = "desktop", target_os = "linux"))]
mod computer;
mod desktop;
mod doctor;
mod drive;
mod facts;
mod failure;
mod inbox;
mod inspect;
mod instructions;
mod known;
mod learn;
mod live;
mod login;
mod memory;
mod mind;
mod model;
mod models;
mod paths;
mod print;
mod profile;
mod prune;
mod record;
mod remote;
mod replay;
mod run;
mod screen;
mod script;
mod session;
mod setup;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use failure::{Code, Failure};

/// Gives a DeepSeek model hands: it sees any screen as text, acts on it, and checks that each action had its effect.
#[derive(Debug, Parser)]
#[command(name = "handiwork", version, max_term_width = 100, after_help = failure::EXIT_CODES)]
pub(crate) struct Cli {
    /// Folder for the database, pictures and models [default: the user's data folder]
    #[arg(long, global = true, env = "HANDIWORK_HOME", value_name = "DIR")]
    home: Option<std::path::PathBuf>,
    /// Print one JSON object on stdout instead of text
    #[arg(long, global = true)]
    json: bool,
    /// Write what happens inside to stderr; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Work towards a goal
    Run(Box<run::Args>),
    /// Go on with a run that was interrupted, waits for an answer, or broke; nothing is done twice
    Resume(run::ResumeArgs),
    /// Say something to a run that is under way, or was: it hears it with its next turn
    Tell(inbox::Args),
    /// Do again what a script tells, without a model
    Replay(Box<replay::Args>),
    /// Do something once in a window, and get the script of it
    Record(record::Args),
    /// Scripts: from a run, list, check, export for Chrome, their JSON Schema
    #[command(subcommand)]
    Script(script::Args),
    /// Open a page in a session that lasts until it is closed, or is not used any more
    Open(session::OpenArgs),
    /// Print a page exactly as a model would see it: of the session, or of --url
    Screen(screen::Args),
    /// Do something in the session; prints whether it had its effect, and what changed
    Act(session::ActArgs),
    /// Find text on the session's page, also out of view
    Find(session::FindArgs),
    /// Read the session's page, or an element of it, as Markdown
    Read(session::ReadArgs),
    /// Take a picture of the session's page
    Shot(session::ShotArgs),
    /// Let a computer-use model drive a desktop: its calls as JSON lines in, receipts and pictures out
    #[cfg(all(feature = "desktop", target_os = "linux"))]
    Computer(Box<computer::Args>),
    /// End the session and its browser
    Close(session::CloseArgs),
    /// List the sessions that are open
    Sessions,
    #[command(hide = true)]
    SessionHost(session::HostArgs),
    /// Log in by hand, in a window, and keep that as a profile
    Login(login::Args),
    /// Profiles: list, delete
    #[command(subcommand)]
    Profile(profile::Args),
    /// List runs, newest first
    Runs(inspect::RunsArgs),
    /// Print what happened in a run
    Show(inspect::ShowArgs),
    /// Write a run as one self-contained HTML file
    Report(inspect::ReportArgs),
    /// What is known beyond one run: add, recall, list, show, forget, gather, export, import, audit, compact
    Memory(memory::Args),
    /// Delete runs that ended long ago, with their pictures
    Prune(prune::Args),
    /// Models: list (here, or --remote), pull, check
    Model(model::Args),
    /// Say what is missing or damaged, and how to get it or repair it
    Doctor(doctor::Args),
}

/// Reads the command line, runs the command, and turns its result into an exit code.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    trace(cli.verbose);
    let json = cli.json;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::new(Code::Missing, format!("no threads can be started: {error}")).exit(json),
    };
    let result = runtime.block_on(command(cli));
    // Nothing may keep the process alive once its command is over.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit(json),
    }
}

async fn command(cli: Cli) -> Result<(), Failure> {
    let paths = paths::Paths::find(cli.home)?;
    let out = print::Out { json: cli.json };
    match cli.command {
        Command::Run(args) => run::run(*args, &paths, out).await,
        Command::Resume(args) => run::resume(args, &paths, out).await,
        Command::Tell(args) => inbox::tell(args, &paths, out).await,
        Command::Replay(args) => replay::run(*args, &paths, out).await,
        Command::Record(args) => record::run(args, &paths, out).await,
        Command::Script(args) => script::run(args, &paths, out).await,
        Command::Open(args) => session::open(args, &paths, out).await,
        Command::Screen(args) => screen::run(args, &paths, out).await,
        Command::Act(args) => session::act(args, &paths, out).await,
        Command::Find(args) => session::find(args, &paths, out).await,
        Command::Read(args) => session::read(args, &paths, out).await,
        Command::Shot(args) => session::shot(args, &paths, out).await,
        #[cfg(all(feature = "desktop", target_os = "linux"))]
        Command::Computer(args) => computer::run(*args, &paths).await,
        Command::Close(args) => session::close(args, &paths, out).await,
        Command::Sessions => session::list(&paths, out).await,
        Command::SessionHost(args) => session::serve(args, &paths).await,
        Command::Login(args) => login::run(args, &paths, out).await,
        Command::Profile(args) => profile::run(args, &paths, out),
        Command::Runs(args) => inspect::runs(args, &paths, out).await,
        Command::Show(args) => inspect::show(args, &paths, out).await,
        Command::Report(args) => inspect::report(args, &paths, out).await,
        Command::Memory(args) => memory::run(args, &paths, out).await,
        Command::Prune(args) => prune::run(args, &paths, out).await,
        Command::Model(args) => model::run(args, &paths, out).await,
        Command::Doctor(args) => doctor::run(args, &paths, out).await,
    }
}

fn trace(verbose: u8) {
    let level = match verbose {
        0 => "warn,enigo=error",
        1 => "handiwork=debug,handiwork_core=debug,handiwork_tools=debug,handiwork_memory=debug,info",
        _ => "handiwork=trace,handiwork_core=trace,handiwork_tools=trace,debug",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("HANDIWORK_LOG").unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour).try_init();
}
