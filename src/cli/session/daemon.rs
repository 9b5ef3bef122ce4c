//! The process that keeps a browser open between commands. It ends when nobody has asked it for anything for a while, and its
//! browser ends with it, however it ends.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use base64::Engine as _;
use handiwork::core::{Action, Context, Receipt, Ref, Refusal, Screen, Surface};
use handiwork::tools::browser::Browser;
use handiwork::tools::browser::shot::{Scope as ShotScope, ShotOptions};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};

use super::super::desktop::{self, Desktop, DesktopArgs};
use super::super::paths::Paths;
use super::super::setup::BrowserArgs;
use super::super::{Code, Failure};
use super::wire::{Ask, Reply, Request, Scope, VERSION};
use super::{Place, io};

/// The longest that one command may take.
pub(super) const LONGEST: Duration = Duration::from_mins(2);
/// Largest request, in bytes.
const LARGEST: u64 = 4 << 20;

/// Arguments of the hidden command that is the daemon.
#[derive(Debug, clap::Args)]
pub(crate) struct HostArgs {
    #[arg(long)]
    session: String,
    /// Seconds without a command after which it ends.
    #[arg(long)]
    idle: u64,
    #[command(flatten)]
    browser: BrowserArgs,
    #[command(flatten)]
    desktop: DesktopArgs,
}

impl HostArgs {
    pub(super) fn session(&self) -> &str {
        &self.session
    }
}

/// What is kept open.
enum Held {
    Browser(Box<Browser>),
    Desktop(Box<Desktop>),
}

impl Held {
    fn surface(&self) -> &dyn Surface {
        match self {
            Self::Browser(browser) => &**browser,
            Self::Desktop(desktop) => &**desktop,
        }
    }
}

struct Host {
    held: Held,
    /// The screen that was shown last: what is told next is told as a change of it.
    shown: Option<Screen>,
}

pub(crate) async fn host(args: HostArgs, place: &Place, paths: &Paths) -> Result<(), Failure> {
    let doing = |error: std::io::Error| io("keeping the session", &error);
    let lock = File::create(place.lock()).map_err(doing)?;
    if lock.try_lock().is_err() {
        // Another one is there, or starts right now; who asked for this one will find it.
        return Ok(());
    }
    let held = if args.desktop.is_wanted() {
        Held::Desktop(Box::new(args.desktop.open(paths).await?))
    } else {
        Held::Browser(Box::new(args.browser.launch().await?))
    };
    let _ = std::fs::remove_file(place.socket());
    let listener = UnixListener::bind(place.socket()).map_err(doing)?;
    std::fs::set_permissions(place.socket(), Permissions::from_mode(0o600)).map_err(doing)?;
    let served = serve(&listener, held, Duration::from_secs(args.idle)).await;
    // In this order: who finds no socket starts a new session, and that waits for the lock.
    let _ = std::fs::remove_file(place.socket());
    drop(lock);
    served.map_err(doing)
}

async fn serve(listener: &UnixListener, held: Held, idle: Duration) -> std::io::Result<()> {
    let (mut end, mut gone) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    let mut host = Host { held, shown: None };
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted?.0,
            () = tokio::time::sleep(idle) => break,
            _ = end.recv() => break,
            _ = gone.recv() => break,
            _ = tokio::signal::ctrl_c() => break,
        };
        if stream.peer_cred()?.uid() != rustix::process::geteuid().as_raw() {
            continue;
        }
        if host.converse(stream).await {
            break;
        }
    }
    host.held.surface().close().await;
    Ok(())
}

impl Host {
    /// Answers one command. True if it was the last one.
    async fn converse(&mut self, mut stream: UnixStream) -> bool {
        let (read, mut write) = stream.split();
        let mut line = String::new();
        let mut reader = BufReader::new(read.take(LARGEST));
        // Who says nothing holds up nobody for long.
        let said = tokio::time::timeout(Duration::from_secs(5), reader.read_line(&mut line)).await;
        if !matches!(said, Ok(Ok(length)) if length > 0) {
            return false;
        }
        let request: Request = match serde_json::from_str(&line) {
            Ok(request) => request,
            Err(error) => return Self::answer(&mut write, &failed(Code::Usage, format!("not understood: {error}"), None)).await,
        };
        let last = matches!(request.ask, Ask::Close);
        let reply = if request.version == VERSION || last {
            match tokio::time::timeout(LONGEST, self.reply(request.ask)).await {
                Ok(Ok(reply)) => reply,
                Ok(Err(failure)) => failure,
                Err(_) => failed(
                    Code::Surface,
                    format!("it took more than {} seconds", LONGEST.as_secs()),
                    Some("see where it is: handiwork screen"),
                ),
            }
        } else {
            let hint = "end it, and open it again: handiwork close, handiwork open URL";
            failed(Code::Usage, format!("the session was opened by handiwork {VERSION}, this is {}", request.version), Some(hint))
        };
        Self::answer(&mut write, &reply).await;
        last
    }

    async fn answer(write: &mut (impl tokio::io::AsyncWrite + Unpin), reply: &Reply) -> bool {
        let mut line = serde_json::to_string(reply).unwrap_or_default();
        line.push('\n');
        // One who has gone needs no answer.
        let _ = tokio::time::timeout(Duration::from_secs(10), write.write_all(line.as_bytes())).await;
        false
    }

    async fn reply(&mut self, ask: Ask) -> Result<Reply, Reply> {
        let cx = Context::default().within(LONGEST);
        match ask {
            Ask::Act { action } => self.act(&cx, action).await,
            Ask::Screen { scope } => {
                let screen = match (scope, &self.held) {
                    (Scope::Whole | Scope::Controls, Held::Browser(browser)) => browser.observe_whole(&cx).await,
                    _ => self.held.surface().observe(&cx).await,
                };
                let mut screen = screen.map_err(broken)?;
                super::Extent { whole: false, controls: matches!(scope, Scope::Controls) }.cut(&mut screen);
                let text = screen.render();
                if matches!(scope, Scope::View) {
                    self.shown = Some(screen);
                }
                Ok(Reply::Screen { text })
            }
            Ask::Shot { full, refs, element } => {
                let element = match element.map(|text| (text.parse::<Ref>(), text)) {
                    Some((Ok(r), _)) => Some(r),
                    Some((Err(_), text)) => return Err(failed(Code::Usage, format!("{text:?} is no ref"), Some("a ref looks like e5"))),
                    None => None,
                };
                let browser = match &self.held {
                    Held::Browser(browser) => browser,
                    Held::Desktop(desktop) => return picture(desktop, &cx, element).await,
                };
                let scope = element.map_or(if full { ShotScope::Full } else { ShotScope::View }, ShotScope::Element);
                let options = ShotOptions { scope, refs, ..ShotOptions::default() };
                let picture = browser.shot(&cx, options).await.map_err(refused)?;
                let size =
                    picture.as_ref().map_or((0, 0), |picture| (picture.shot.size.0.round() as u32, picture.shot.size.1.round() as u32));
                let png = picture.map(|picture| base64::engine::general_purpose::STANDARD.encode(&picture.shot.bytes));
                Ok(Reply::Shot { png, width: size.0, height: size.1 })
            }
            Ask::Where => {
                let screen = self.held.surface().observe(&cx).await.map_err(broken)?;
                Ok(Reply::Where { title: screen.title, url: screen.url, pid: std::process::id() })
            }
            Ask::Close => Ok(Reply::Closed),
        }
    }

    async fn act(&mut self, cx: &Context, action: Action) -> Result<Reply, Reply> {
        if let Some(url) = action.url()
            && let handiwork::core::policy::UrlClass::Refused { why } = handiwork::core::policy::classify(url)
        {
            return Err(failed(Code::Usage, why, None));
        }
        let receipt = match self.held.surface().resolve(cx, &action).await {
            Ok(resolved) => self.held.surface().dispatch(cx, &resolved).await.map_err(broken)?,
            Err(Refusal::NotDispatched(reason)) => Receipt::refused(reason),
            Err(Refusal::Surface(error)) => return Err(broken(error)),
        };
        let told = receipt.to_string();
        let screen = self.held.surface().observe(cx).await.map_err(broken)?;
        let delta = self.shown.as_ref().and_then(|shown| screen.delta(shown));
        let reply = match delta {
            Some(text) => Reply::Done { receipt, told, screen: text, delta: true },
            None => Reply::Done { receipt, told, screen: screen.render(), delta: false },
        };
        self.shown = Some(screen);
        Ok(reply)
    }
}

async fn picture(desktop: &Desktop, cx: &Context, element: Option<Ref>) -> Result<Reply, Reply> {
    let picture = desktop::picture(desktop, cx, element).await.map_err(refused)?;
    let (width, height) = picture.as_ref().map_or((0, 0), |picture| picture.size);
    let png = picture.map(|picture| base64::engine::general_purpose::STANDARD.encode(&picture.png));
    Ok(Reply::Shot { png, width, height })
}

#[allow(clippy::needless_pass_by_value, reason = "an error that is done with")]
fn broken(error: handiwork::core::SurfaceError) -> Reply {
    failed(Code::Surface, error.to_string(), Some("if it does not come back: handiwork close, handiwork open URL"))
}

fn refused(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::NotDispatched(reason) => failed(Code::NotReached, reason.to_string(), None),
        Refusal::Surface(error) => broken(error),
    }
}

fn failed(code: Code, message: impl Into<String>, hint: Option<&str>) -> Reply {
    Reply::Failed { message: message.into(), hint: hint.map(str::to_owned), code: code as u8 }
}
