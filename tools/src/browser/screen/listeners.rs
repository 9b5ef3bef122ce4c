//! Which elements the page listens to.
//!
//! A list whose items react to a click may show it by nothing but that. The one decision: listeners are asked of the debugger
//! for a whole document or shadow root at once, and each element is told to our script once; so a look costs two short calls
//! more, and a page that is slow to answer is shown without.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;

use crate::browser::Browser;
use crate::browser::cdp::{CallError, Until};

/// Events that a click sets off.
const CLICKS: [&str; 6] = ["click", "mousedown", "mouseup", "pointerdown", "pointerup", "touchstart"];
/// The longest that a look waits for this.
const LONGEST: Duration = Duration::from_millis(400);
/// On a page with more elements that listen, they are cells of something larger.
const MOST: usize = 400;

impl Browser {
    /// Tells the script of a part of the elements that it listens to below `root` (an expression), as far as it does not know
    /// them. True if there were any.
    pub(crate) async fn listen(&self, number: u32, key: &str, root: &str, until: Until) -> Result<bool, CallError> {
        let (context, _) = self.world(number, key, until).await?;
        let until = until.at_most(LONGEST);
        let Some(tab) = self.state().tab(number) else { return Ok(false) };
        let Some(part) = tab.part(key) else { return Ok(false) };
        let nodes = part.session.listening(context, root, &CLICKS, until).await?;
        let mut told = 0;
        if !nodes.is_empty() && nodes.len() <= MOST {
            // A page that is slow to answer this is not a page that hangs, so it is asked past [`Browser::call`].
            let answer = self.try_call(number, key, None, "unheard", &json!([nodes]), until).await?;
            let fresh: Vec<i64> = answer.and_then(|answer| serde_json::from_value(answer.value).ok()).unwrap_or_default();
            told = fresh.len();
            let told = fresh.into_iter().map(|node| async move {
                part.session.with_node(context, node, &format!("(e) => globalThis.__hands.hear(e, {node})"), until).await
            });
            join_all(told).await;
        }
        part.session.release();
        Ok(told > 0)
    }
}
