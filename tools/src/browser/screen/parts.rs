//! A page and the frames of other sites in it, looked at as one.
//!
//! Each part is drawn by a process of its own and walked there; what it shows is put below the line of its frame, in the
//! coordinates of the view. The one decision: a part is asked only for what its parent shows of it, and its parent says what
//! of that is covered, so neither has to know the other's page.

use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use handiwork_core::Verb;
use serde::Serialize;
use serde_json::json;

use super::{Foreign, Line, Walked};
use crate::browser::Browser;
use crate::browser::cdp::{CallError, Until};

/// The longest that a look waits for a frame: one that hangs must not take the page with it.
const FRAME: Duration = Duration::from_secs(2);
/// How often a look is repeated because something about the page was learned meanwhile.
const ROUNDS: usize = 3;
/// Frames in frames that are followed.
const DEEPEST: usize = 12;

/// Left, top, right and bottom, in the coordinates of one part.
type Clip = (f64, f64, f64, f64);

/// How much of a part is asked for.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Extent {
    /// What is out of view too.
    pub(super) whole: bool,
    /// Only what is inside of this element; 0 for the whole document.
    pub(super) inside: u64,
}

/// What a part and all below it show.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) token: String,
    pub(super) walked: Walked,
}

impl Browser {
    /// Looks at a part and the frames in it. `clip` is what its parent shows of it.
    #[allow(clippy::too_many_arguments, reason = "one call of one recursion")]
    pub(super) fn gather<'a>(
        &'a self,
        number: u32,
        key: &'a str,
        give: bool,
        clip: Option<Clip>,
        extent: Extent,
        depth: usize,
        until: Until,
    ) -> BoxFuture<'a, Result<Gathered, CallError>> {
        Box::pin(async move {
            let mut rounds = 0;
            let (token, mut walked) = loop {
                rounds += 1;
                let answer = self
                    .call_in(number, key, None, "look", &json!([give && extent.inside == 0 && !extent.whole, clip, extent]), until)
                    .await?
                    .ok_or(CallError::Detached)?;
                let walked: Walked = serde_json::from_value(answer.value).map_err(|error| CallError::Unreadable(error.to_string()))?;
                if rounds < ROUNDS && self.learn(number, key, &walked, until).await {
                    continue;
                }
                break (answer.token, walked);
            };
            for line in &mut walked.lines {
                line.token.clone_from(&token);
            }
            if depth < DEEPEST && walked.lines.iter().any(|line| line.f.is_some()) {
                self.fill_frames(number, key, &token, &mut walked, give, extent.whole, depth, until).await;
            }
            Ok(Gathered { token, walked })
        })
    }

    /// Learns what the script could not see for itself. True if a new look would show more.
    async fn learn(&self, number: u32, key: &str, walked: &Walked, until: Until) -> bool {
        let until = until.at_most(FRAME);
        let mut news = false;
        if !walked.suspects.is_empty() {
            news |= self.open_closed(number, key, &walked.suspects, until).await.unwrap_or(false);
        }
        let listened = walked.fresh.iter().map(|root| async move {
            let root = format!("globalThis.__hands.root({root})");
            self.listen(number, key, &root, until).await.unwrap_or(false)
        });
        news | join_all(listened).await.into_iter().any(|any| any)
    }

    /// Finds the closed shadow roots of elements, and makes them known to the script.
    pub(crate) async fn open_closed(&self, number: u32, key: &str, suspects: &[u64], until: Until) -> Result<bool, CallError> {
        let (context, _) = self.world(number, key, until).await?;
        let Some(tab) = self.state().tab(number) else { return Ok(false) };
        let Some(part) = tab.part(key) else { return Ok(false) };
        let hosts = format!("globalThis.__hands.elements({})", json!(suspects));
        let roots = part.session.closed_roots(context, hosts, until).await?;
        let opened = roots.iter().map(|root| part.session.with_node(context, *root, "(root) => globalThis.__hands.adopt(root)", until));
        let any = join_all(opened).await.iter().any(Result::is_ok);
        part.session.release();
        Ok(any)
    }

    /// Puts what the frames of other sites show below their lines.
    #[allow(clippy::too_many_arguments, reason = "one call of one recursion")]
    async fn fill_frames(
        &self,
        number: u32,
        key: &str,
        token: &str,
        walked: &mut Walked,
        give: bool,
        whole: bool,
        depth: usize,
        until: Until,
    ) {
        let frames = walked.lines.iter().enumerate().filter_map(|(at, line)| Some((at, line.k, line.f?)));
        let frames: Vec<(usize, u64, Foreign)> = frames.collect();
        let inner = frames.iter().map(|(_, id, foreign)| async {
            let limit = until.at_most(FRAME);
            let looked = self.look_into(number, key, token, *id, *foreign, give, whole, depth, limit);
            tokio::time::timeout_at(limit.end, looked).await.unwrap_or(Err(CallError::TimedOut(FRAME.as_millis() as u64)))
        });
        let inner = join_all(inner).await;
        for ((at, ..), inner) in frames.into_iter().zip(inner).rev() {
            let Some(line) = walked.lines.get_mut(at) else { continue };
            match inner {
                Ok(inner) => {
                    if !inner.more.is_empty() {
                        line.id = line.k;
                        line.vb = vec![Verb::Scroll];
                        line.h = inner.more;
                    }
                    let deeper = line.d + 1;
                    let lines = inner.lines.into_iter().map(|mut line| {
                        line.d += deeper;
                        line
                    });
                    walked.lines.splice((at + 1)..=at, lines);
                }
                Err(CallError::TimedOut(_)) => "this frame does not answer".clone_into(&mut line.h),
                Err(error) => {
                    tracing::debug!(%error, "a frame could not be looked into");
                    "this frame can't be read now".clone_into(&mut line.h);
                }
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one call of one recursion")]
    async fn look_into(
        &self,
        number: u32,
        key: &str,
        token: &str,
        id: u64,
        foreign: Foreign,
        give: bool,
        whole: bool,
        depth: usize,
        until: Until,
    ) -> Result<Walked, CallError> {
        let child = self.part_in(number, key, token, id, until).await?.ok_or(CallError::Detached)?;
        let Foreign { x, y, l, t, r, b } = foreign;
        let clip = (l - x, t - y, r - x, b - y);
        let mut inner = self.gather(number, &child, give, Some(clip), Extent { whole, inside: 0 }, depth + 1, until).await?.walked;
        for line in &mut inner.lines {
            line.b.0 += x;
            line.b.1 += y;
            if let Some(deep) = &mut line.f {
                *deep = Foreign { x: deep.x + x, y: deep.y + y, l: deep.l + x, t: deep.t + y, r: deep.r + x, b: deep.b + y };
            }
        }
        if whole {
            return Ok(inner);
        }
        // What lies over the frame is known to the parent only.
        let points: Vec<[(f64, f64); 3]> = inner.lines.iter().map(|line| points(line, foreign)).collect();
        let answer = self.call_in(number, key, Some(token), "hits", &json!([id, points]), until).await?.ok_or(CallError::Detached)?;
        let hit: Vec<bool> = serde_json::from_value(answer.value).map_err(|error| CallError::Unreadable(error.to_string()))?;
        let mut hit = hit.into_iter();
        let before = inner.lines.len();
        inner.lines.retain(|_| hit.next().unwrap_or(true));
        let covered = before - inner.lines.len();
        if covered > 0 {
            let said = format!("{covered} covered");
            inner.more = if inner.more.is_empty() { said } else { format!("{}, {said}", inner.more) };
        }
        Ok(inner)
    }

    /// The part that stands in a frame's element.
    pub(crate) async fn part_in(&self, number: u32, key: &str, token: &str, id: u64, until: Until) -> Result<Option<String>, CallError> {
        let Some(tab) = self.state().tab(number) else { return Ok(None) };
        let owner = (token.to_owned(), id);
        if let Some((known, _)) = tab.parts.iter().find(|(_, part)| part.owner.as_ref() == Some(&owner)) {
            return Ok(Some(known.clone()));
        }
        let Some(parent) = tab.part(key) else { return Ok(None) };
        let (context, _) = self.world(number, key, until).await?;
        let element = format!("globalThis.__hands.elements([{id}])[0]");
        let frame = parent.session.frame_in(context, element, until).await?;
        parent.session.release();
        Ok(frame.and_then(|frame| self.state().frame_at(number, key, &frame, owner)))
    }
}

/// Points of a line that are looked at by the parent: what is left of it in the frame, in its middle and towards its ends.
fn points(line: &Line, foreign: Foreign) -> [(f64, f64); 3] {
    let (left, right) = (line.b.0.max(foreign.l), (line.b.0 + line.b.2).min(foreign.r));
    let (top, bottom) = (line.b.1.max(foreign.t), (line.b.1 + line.b.3).min(foreign.b));
    let (x, y, quarter) = (f64::midpoint(left, right), f64::midpoint(top, bottom), (right - left) / 4.0);
    [(x, y), (x - quarter, y), (x + quarter, y)]
}
