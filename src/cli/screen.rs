//! `handiwork screen`: a page exactly as a model would see it.

use handiwork::core::action::Navigate;
use handiwork::core::{Action, Context, Receipt, Refusal, Screen, Surface};
use handiwork::tools::browser::Browser;

use super::desktop::DesktopArgs;
use super::paths::Paths;
use super::print::Out;
use super::profile::ProfileArgs;
use super::setup::BrowserArgs;
use super::{Code, Failure, session};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A page to look at once, without a session
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    named: session::Named,
    #[command(flatten)]
    extent: session::Extent,
    #[command(flatten)]
    browser: BrowserArgs,
    #[command(flatten)]
    profile: ProfileArgs,
    #[command(flatten)]
    desktop: DesktopArgs,
}

pub(crate) async fn run(args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    if args.desktop.is_wanted() {
        // What the session shows, unless something else is asked for.
        if args.desktop.is_plain() {
            return session::screen_of_desktop(&args.named, paths, out).await;
        }
        let desktop = args.desktop.open(paths).await?;
        let looked = desktop.observe(&Context::default().within(std::time::Duration::from_mins(1))).await;
        desktop.close().await;
        let screen = looked?;
        out.result(&screen, || screen.render());
        return Ok(());
    }
    let Some(url) = args.url else {
        if args.profile.name().is_some() {
            return Err(Failure::new(Code::Usage, "--profile is for --url; a session is already somebody")
                .hint("handiwork screen --profile NAME --url URL"));
        }
        return session::screen(&args.named, &args.extent, paths, out).await;
    };
    if let handiwork::core::policy::UrlClass::Refused { why } = handiwork::core::policy::classify(&url) {
        return Err(Failure::new(Code::Usage, why));
    }
    let browser = args.profile.launch(&args.browser, paths).await?;
    let looked = look(&browser, &url, args.extent.is_whole()).await;
    args.profile.close(&browser, paths).await;
    let mut screen = looked?;
    args.extent.cut(&mut screen);
    out.result(&screen, || screen.render());
    Ok(())
}

async fn look(browser: &Browser, url: &str, whole: bool) -> Result<Screen, Failure> {
    let cx = Context::default().within(std::time::Duration::from_mins(1));
    let action = Action::from(Navigate { url: url.to_owned() });
    let resolved = browser.resolve(&cx, &action).await.map_err(|refusal| match refusal {
        Refusal::NotDispatched(reason) => Failure::new(Code::NotReached, reason),
        Refusal::Surface(error) => error.into(),
    })?;
    match browser.dispatch(&cx, &resolved).await? {
        Receipt::NotDispatched { reason } => {
            Err(Failure::new(Code::NotReached, reason).hint("check the address, and that its server is running"))
        }
        Receipt::Unknown { why } => Err(Failure::new(Code::Surface, why)),
        Receipt::Verified { .. } | Receipt::NoEffect if whole => Ok(browser.observe_whole(&cx).await?),
        Receipt::Verified { .. } | Receipt::NoEffect => Ok(browser.observe(&cx).await?),
    }
}
