//! Wait: until a text is on the screen, an element is gone, the address is another, or the page is at rest.

use std::time::Duration;

use handiwork_core::action::Wait;
use handiwork_core::{Change, Context, Node, Progress, Reason, Receipt, Screen};
use tokio::time::Instant;

use super::super::Browser;
use super::super::cdp::{CallError, Until};
use super::Halt;

/// Kept back from the deadline, so that the verdict is "not seen" and not "no answer".
const MARGIN: Duration = Duration::from_millis(300);

/// What is wrong with the arguments, if anything.
pub(super) fn misled(args: &Wait) -> Option<String> {
    let text = args.text.as_deref().is_some_and(|text| !text.trim().is_empty());
    let url = args.url.as_deref().is_some_and(|url| !url.trim().is_empty());
    (!text && !url && args.gone.is_none() && args.idle != Some(true))
        .then(|| "say what to wait for: a text that appears, a ref that is gone, a part of the address (url), or idle: true".to_owned())
}

impl Browser {
    /// Waits until all that was asked for is so.
    pub(super) async fn wait_for(&self, cx: &Context, args: &Wait, until: Until) -> Result<Receipt, Halt> {
        let began = Instant::now();
        let wanted = args.text.as_deref().map(fold).filter(|text| !text.is_empty());
        let mut bell = self.state().bell();
        cx.report(Progress::Waiting(told(args)));
        if args.idle == Some(true) {
            // Here it is the rest itself that is waited for.
            self.settle(self.state().mark(), Until { brisk: false, ..until }).await.map_err(Halt::before)?;
        }
        loop {
            match self.look(cx, false, until).await {
                Ok(look) => {
                    let appeared = wanted.as_ref().is_none_or(|wanted| shows(&look.screen, wanted));
                    let gone = args.gone.is_none_or(|r| !look.screen.nodes.iter().any(|node| node.r#ref == Some(r)));
                    let arrived = args.url.as_ref().is_none_or(|url| look.screen.url.contains(url.as_str()));
                    if appeared && gone && arrived {
                        let changes = observed(args, &look.screen.url);
                        self.remember(look);
                        return Ok(Receipt::Verified { changes });
                    }
                }
                Err(CallError::Detached) => {}
                Err(CallError::TimedOut(_)) => break,
                Err(error) => return Err(Halt::before(error)),
            }
            if Instant::now() + MARGIN >= until.end {
                break;
            }
            let _ = tokio::time::timeout(Duration::from_millis(100), bell.changed()).await;
        }
        Err(Reason::TimedOut { waited_ms: began.elapsed().as_millis() as u64 }.into())
    }
}

fn told(args: &Wait) -> String {
    let parts = [
        args.text.as_ref().map(|text| format!("for {text:?} to appear")),
        args.gone.map(|r| format!("for {r} to go")),
        args.url.as_ref().map(|url| format!("for the address {url:?}")),
        args.idle.map(|_| "for the page to rest".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

fn observed(args: &Wait, url: &str) -> Vec<Change> {
    let parts = [
        args.text.as_ref().map(|text| Change::Appeared { text: text.clone() }),
        args.gone.map(|r#ref| Change::Gone { r#ref }),
        args.url.as_ref().map(|_| Change::Told { text: format!("the address is {url}") }),
        args.idle.filter(|idle| *idle).map(|_| Change::Idle),
    ];
    parts.into_iter().flatten().collect()
}

/// Text as it is compared: a person does not see how many spaces there are, nor care for capitals.
pub(super) fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn shows(screen: &Screen, wanted: &str) -> bool {
    let told = |node: &Node| {
        let parts = [node.name.as_str(), node.hint.as_str(), node.value.as_deref().unwrap_or_default()];
        parts.iter().any(|part| fold(part).contains(wanted))
    };
    fold(&screen.title).contains(wanted) || screen.nodes.iter().any(told)
}
