//! `handiwork screen`: a page exactly as a model would see it.

use handiwork::core::action::Navigate;
use handiwork::core::{Action, Context, Receipt, Refusal, Screen, Surface};

use super::print::Out;
use super::setup::BrowserArgs;
use super::{Code, Failure};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The page
    #[arg(long)]
    url: String,
    #[command(flatten)]
    browser: BrowserArgs,
}

pub(crate) async fn run(args: Args, out: Out) -> Result<(), Failure> {
    if let handiwork::core::policy::UrlClass::Refused { why } = handiwork::core::policy::classify(&args.url) {
        return Err(Failure::new(Code::Usage, why));
    }
    let browser = args.browser.launch().await?;
    let looked = look(&browser, &args.url).await;
    browser.close().await;
    let screen = looked?;
    out.result(&screen, || screen.render());
    Ok(())
}

async fn look(browser: &impl Surface, url: &str) -> Result<Screen, Failure> {
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
        Receipt::Verified { .. } | Receipt::NoEffect => Ok(browser.observe(&cx).await?),
    }
}
