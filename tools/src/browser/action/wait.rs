//! Wait: until a text is on the screen.

use std::time::Duration;

use handiwork_core::{Change, Context, Node, Progress, Reason, Receipt, Screen};
use tokio::time::Instant;

use super::super::Browser;
use super::super::cdp::{CallError, Until};
use super::Halt;

/// Kept back from the deadline, so that the verdict is "not seen" and not "no answer".
const MARGIN: Duration = Duration::from_millis(300);

impl Browser {
    pub(super) async fn wait_for(&self, cx: &Context, text: &str, until: Until) -> Result<Receipt, Halt> {
        let began = Instant::now();
        let wanted = fold(text);
        let mut bell = self.state.bell();
        cx.report(Progress::Waiting(format!("for {text:?} to appear")));
        loop {
            match self.look(cx, false, until).await {
                Ok(look) if shows(&look.screen, &wanted) => {
                    self.remember(look);
                    return Ok(Receipt::Verified { changes: vec![Change::Appeared { text: text.to_owned() }] });
                }
                Ok(_) | Err(CallError::Detached) => {}
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

/// Text as it is compared: a person does not see how many spaces there are, nor care for capitals.
fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn shows(screen: &Screen, wanted: &str) -> bool {
    let told = |node: &Node| {
        let parts = [node.name.as_str(), node.hint.as_str(), node.value.as_deref().unwrap_or_default()];
        parts.iter().any(|part| fold(part).contains(wanted))
    };
    fold(&screen.title).contains(wanted) || screen.nodes.iter().any(told)
}
