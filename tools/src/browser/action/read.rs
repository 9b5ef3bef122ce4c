//! Read: the page or an element as Markdown.

use handiwork_core::{Change, Context, Reading, Receipt, Ref, Refusal};

use super::super::Browser;
use super::super::cdp::Until;
use super::Halt;

/// Most characters that a model is given at once.
const MOST: usize = 20_000;

impl Browser {
    pub(super) async fn read_action(&self, cx: &Context, element: Option<Ref>, until: Until) -> Result<Receipt, Halt> {
        let reading = self.read_now(cx, element, until).await.map_err(|refusal| match refusal {
            Refusal::NotDispatched(reason) => Halt::Refused(reason),
            Refusal::Surface(error) => Halt::Failed(error),
        })?;
        Ok(Receipt::Verified { changes: vec![Change::Told { text: told(&reading, element.is_some()) }] })
    }
}

/// What a model is told: all of it, or its beginning and how to get at the rest.
fn told(reading: &Reading, is_element: bool) -> String {
    let (head, left_out) = reading.head(MOST);
    let mut text = format!("{} — {}\n\n{head}", reading.title, reading.url);
    if head.trim().is_empty() {
        text.push_str("(no text)");
    }
    if left_out > 0 {
        let how = if is_element { "read an element inside of it" } else { "read an element by its ref" };
        text.push_str(&format!("\n\n({left_out} more characters are left out: {how} for the rest)"));
    }
    if reading.article {
        text.push_str("\n\n(only the article; what stands around it is on the screen)");
    }
    if reading.incomplete {
        text.push_str("\n\n(some of it was too much, or did not answer, and is missing)");
    }
    text
}
