//! Commands over a lasting session: `open`, then `screen`, `act`, `find`, `read`, `shot` as often as wanted, then `close`.
//!
//! The one decision: what keeps the browser is a small process of its own behind a socket that only its user can reach, so each
//! command is a process that comes and goes, in any shell.

mod client;
mod daemon;
mod wire;
mod words;

use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use handiwork::core::action::{Find, Navigate, Read};
use handiwork::core::{Action, Receipt, Screen};
use serde_json::json;

use super::desktop::DesktopArgs;
use super::paths::Paths;
use super::print::Out;
use super::setup::BrowserArgs;
use super::{Code, Failure};
pub(crate) use daemon::{HostArgs, host};
use wire::{Ask, Reply, Scope};

/// Which session.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Named {
    /// The session; several may be open at once
    #[arg(long, short = 's', env = "HANDIWORK_SESSION", value_name = "NAME")]
    session: Option<String>,
}

impl Named {
    /// Its name; that of a desktop is another one by default.
    fn name(&self, desktop: bool) -> &str {
        self.session.as_deref().unwrap_or(if desktop { "desktop" } else { "default" })
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct OpenArgs {
    /// The page
    #[arg(required_unless_present = "desktop", conflicts_with = "desktop")]
    url: Option<String>,
    #[command(flatten)]
    named: Named,
    /// Minutes without a command after which the session ends by itself
    #[arg(long, default_value_t = 15.0, value_name = "MINUTES")]
    idle: f64,
    #[command(flatten)]
    browser: BrowserArgs,
    #[command(flatten)]
    desktop: DesktopArgs,
}

#[derive(Debug, clap::Args)]
#[command(after_help = words::help())]
pub(crate) struct ActArgs {
    #[command(flatten)]
    named: Named,
    /// The session of the desktop, which is begun if there is none
    #[arg(long)]
    desktop: bool,
    /// The action and its arguments, by place or as name=value
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "ACTION")]
    words: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct FindArgs {
    #[command(flatten)]
    named: Named,
    /// The session of the desktop, which is begun if there is none
    #[arg(long)]
    desktop: bool,
    /// The text; upper and lower case are the same
    text: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ReadArgs {
    #[command(flatten)]
    named: Named,
    /// The session of the desktop, which is begun if there is none
    #[arg(long)]
    desktop: bool,
    /// The element [default: the page]
    element: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ShotArgs {
    #[command(flatten)]
    named: Named,
    /// The session of the desktop, which is begun if there is none
    #[arg(long)]
    desktop: bool,
    /// Where to write the PNG
    #[arg(default_value = "shot.png", value_name = "FILE")]
    file: PathBuf,
    /// All of the page, not only what is in view
    #[arg(long)]
    full: bool,
    /// Draw the refs on it
    #[arg(long)]
    refs: bool,
    /// Only this element
    #[arg(long, value_name = "REF", conflicts_with = "full")]
    element: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CloseArgs {
    #[command(flatten)]
    named: Named,
    /// The session of the desktop, which is begun if there is none
    #[arg(long)]
    desktop: bool,
    /// All sessions
    #[arg(long)]
    all: bool,
}

/// How much of the page `screen` shows.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Extent {
    /// All of the page, not only what is in view
    #[arg(long)]
    whole: bool,
    /// Only what can be acted on, on all of the page
    #[arg(long, conflicts_with = "whole")]
    controls: bool,
}

impl Extent {
    pub(crate) const fn is_whole(&self) -> bool {
        self.whole || self.controls
    }

    /// Leaves out what is not asked for.
    pub(crate) fn cut(&self, screen: &mut Screen) {
        if self.controls {
            screen.nodes.retain(|node| node.r#ref.is_some());
            screen.nodes.iter_mut().for_each(|node| node.depth = 0);
        }
    }
}

/// The files of a session.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    home: PathBuf,
    folder: PathBuf,
    name: String,
}

impl Place {
    fn find(paths: &Paths, name: &str) -> Result<Self, Failure> {
        let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 40 || !name.chars().all(is_fine) {
            return Err(
                Failure::new(Code::Usage, format!("{name:?} can't be a session's name")).hint("take letters, digits, - and _, at most 40")
            );
        }
        let folder = paths.sessions();
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|error| io("making its folder", &error))?;
        let place = Self { home: paths.home().to_owned(), folder, name: name.to_owned() };
        // The longest that the system takes.
        if place.socket().as_os_str().len() > 107 {
            return Err(Failure::new(Code::Usage, format!("{} is too long a path for a socket", place.socket().display()))
                .hint("give a shorter folder: --home DIR"));
        }
        Ok(place)
    }

    fn socket(&self) -> PathBuf {
        self.folder.join(format!("{}.sock", self.name))
    }

    fn lock(&self) -> PathBuf {
        self.folder.join(format!("{}.lock", self.name))
    }

    fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }
}

fn io(doing: &str, error: &std::io::Error) -> Failure {
    Failure::new(Code::Store, format!("{doing}: {error}")).hint("see that the folder can be written: handiwork doctor tells which it is")
}

/// `handiwork session-host`, hidden.
pub(crate) async fn serve(args: HostArgs, paths: &Paths) -> Result<(), Failure> {
    let place = Place::find(paths, args.session())?;
    host(args, &place, paths).await
}

pub(crate) async fn open(args: OpenArgs, paths: &Paths, out: Out) -> Result<(), Failure> {
    let desktop = args.desktop.is_wanted();
    let place = Place::find(paths, args.named.name(desktop))?;
    if !(args.idle > 0.0 && args.idle <= 100_000.0) {
        return Err(Failure::new(Code::Usage, format!("{} is no number of minutes", args.idle)).hint("for example: --idle 15"));
    }
    let idle = Duration::from_secs_f64(args.idle * 60.0).max(Duration::from_secs(1));
    let Some(url) = args.url else {
        // What is wrong with the options is told here, not in a log.
        args.desktop.config(paths)?;
        client::start(&place, idle, &args.desktop.words()?).await?;
        return show(&place, Scope::View, out).await;
    };
    if let handiwork::core::policy::UrlClass::Refused { why } = handiwork::core::policy::classify(&url) {
        return Err(Failure::new(Code::Usage, why));
    }
    client::start(&place, idle, &args.browser.words()?).await?;
    did(&place, Navigate { url }.into(), out).await
}

/// The session that is meant. That of a desktop is begun if there is none.
async fn place_of(paths: &Paths, named: &Named, desktop: bool) -> Result<Place, Failure> {
    let place = Place::find(paths, named.name(desktop))?;
    if desktop {
        client::start(&place, Duration::from_mins(15), &DesktopArgs::plain().words()?).await?;
    }
    Ok(place)
}

pub(crate) async fn act(mut args: ActArgs, paths: &Paths, out: Out) -> Result<(), Failure> {
    // All words after the first belong to the action; this one does not.
    if let Some(at) = args.words.iter().position(|word| word == "--desktop") {
        args.words.remove(at);
        args.desktop = true;
    }
    let action = words::action(&args.words).map_err(|problem| Failure::new(Code::Usage, problem).hint("handiwork act --help tells all"))?;
    did(&place_of(paths, &args.named, args.desktop).await?, action, out).await
}

pub(crate) async fn find(args: FindArgs, paths: &Paths, out: Out) -> Result<(), Failure> {
    did(&place_of(paths, &args.named, args.desktop).await?, Find { text: args.text }.into(), out).await
}

pub(crate) async fn read(args: ReadArgs, paths: &Paths, out: Out) -> Result<(), Failure> {
    let r#ref = match args.element.as_deref().map(str::parse) {
        None => None,
        Some(Ok(r)) => Some(r),
        Some(Err(_)) => {
            return Err(Failure::new(Code::Usage, format!("{:?} is no ref", args.element.unwrap_or_default())).hint("a ref looks like e5"));
        }
    };
    did(&place_of(paths, &args.named, args.desktop).await?, Read { r#ref }.into(), out).await
}

/// Does an action and prints its receipt and what changed. What had no effect, or was not done, is a failure.
async fn did(place: &Place, action: Action, out: Out) -> Result<(), Failure> {
    let asks = matches!(action, Action::Find(_) | Action::Read(_) | Action::Expand(_));
    let Reply::Done { receipt, told, screen, delta } = client::ask(place, Ask::Act { action }).await? else { return Err(odd()) };
    let value = json!({ "receipt": receipt, "told": told, "screen": screen, "delta": delta });
    // Who only asked has seen the screen.
    out.result(&value, || if asks { told.clone() } else { format!("{told}\n{screen}") });
    match receipt {
        Receipt::Verified { .. } => Ok(()),
        Receipt::NoEffect => Err(Failure::new(Code::NotReached, "it had no effect").told()),
        Receipt::NotDispatched { .. } => Err(Failure::new(Code::NotReached, "it was not done").told()),
        Receipt::Unknown { .. } => Err(Failure::new(Code::Surface, "it is not known what it did").told()),
    }
}

fn odd() -> Failure {
    Failure::new(Code::Surface, "the session answered something else").hint("open it again: handiwork close, handiwork open URL")
}

pub(crate) async fn screen(named: &Named, extent: &Extent, paths: &Paths, out: Out) -> Result<(), Failure> {
    let scope = match (extent.whole, extent.controls) {
        (true, _) => Scope::Whole,
        (_, true) => Scope::Controls,
        _ => Scope::View,
    };
    show(&Place::find(paths, named.name(false))?, scope, out).await
}

/// The same of the desktop's session, which is begun if there is none.
pub(crate) async fn screen_of_desktop(named: &Named, paths: &Paths, out: Out) -> Result<(), Failure> {
    show(&place_of(paths, named, true).await?, Scope::View, out).await
}

async fn show(place: &Place, scope: Scope, out: Out) -> Result<(), Failure> {
    let Reply::Screen { text } = client::ask(place, Ask::Screen { scope }).await? else { return Err(odd()) };
    out.result(&json!({ "screen": text }), || text.clone());
    Ok(())
}

pub(crate) async fn shot(args: ShotArgs, paths: &Paths, out: Out) -> Result<(), Failure> {
    let place = place_of(paths, &args.named, args.desktop).await?;
    let ask = Ask::Shot { full: args.full, refs: args.refs, element: args.element };
    let Reply::Shot { png, width, height } = client::ask(&place, ask).await? else { return Err(odd()) };
    let Some(png) = png else {
        return Err(Failure::new(Code::NotReached, "no picture: a secret was put into this page").hint("open another page first"));
    };
    let bytes = base64::engine::general_purpose::STANDARD.decode(png).map_err(|_| odd())?;
    std::fs::write(&args.file, bytes).map_err(|error| io(&format!("writing {}", args.file.display()), &error))?;
    let value = json!({ "file": args.file, "width": width, "height": height });
    out.result(&value, || format!("{} ({width}×{height})", args.file.display()));
    Ok(())
}

pub(crate) async fn close(args: CloseArgs, paths: &Paths, out: Out) -> Result<(), Failure> {
    let mut closed = Vec::new();
    for place in if args.all { places(paths)? } else { vec![Place::find(paths, args.named.name(args.desktop))?] } {
        let done = client::ask(&place, Ask::Close).await;
        if !args.all {
            done?;
        }
        // Until its browser is gone.
        for _ in 0..500 {
            if !place.socket().exists() || !client::is_there(&place).await {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let _ = std::fs::remove_file(place.socket());
        closed.push(place.name);
    }
    out.result(&json!({ "closed": closed }), || match closed.len() {
        0 => "no session is open".to_owned(),
        _ => format!("closed: {}", closed.join(", ")),
    });
    Ok(())
}

/// `handiwork sessions`.
pub(crate) async fn list(paths: &Paths, out: Out) -> Result<(), Failure> {
    let mut open = Vec::new();
    for place in places(paths)? {
        if let Ok(Reply::Where { title, url, pid }) = client::ask(&place, Ask::Where).await {
            open.push(json!({ "session": place.name, "title": title, "url": url, "pid": pid }));
        }
    }
    out.result(&open, || {
        let text = |value: &serde_json::Value, key: &str| value.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let lines: Vec<String> =
            open.iter().map(|one| format!("{}  {} — {}", text(one, "session"), text(one, "title"), text(one, "url"))).collect();
        if lines.is_empty() { "no session is open; open one: handiwork open URL".to_owned() } else { lines.join("\n") }
    });
    Ok(())
}

/// All sessions that have a socket.
fn places(paths: &Paths) -> Result<Vec<Place>, Failure> {
    let mut places = Vec::new();
    for entry in std::fs::read_dir(paths.sessions()).into_iter().flatten().flatten() {
        if let Some(name) = entry.file_name().to_str().and_then(|name| name.strip_suffix(".sock")) {
            places.push(Place::find(paths, name)?);
        }
    }
    places.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(places)
}
