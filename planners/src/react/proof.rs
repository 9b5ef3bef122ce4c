//! What a `done` must be able to show.
//!
//! Models say that something is done which is not; it is what users of such agents complain about most. The one decision: what is
//! said is weighed against receipts and screens only. What the person has declared to be checked settles it; without that, a goal
//! that asks for a deed needs one, the last deed must have succeeded, and what the goal spells out must have come up.

use handiwork_core::condition::Standing;
use handiwork_core::event::Started;
use handiwork_core::{Action, Change, EffectClass, Event, Node, Probe, Receipt, Run, Screen, State, memory};

use super::{finish, goal};

/// How a refusal of this kind begins; it is counted by that.
pub(crate) const MARK: &str = "not accepted: ";

/// Claims in a row that are answered with what is missing; the next one ends the run.
const CLAIMS: usize = 2;

/// The same in all, whatever was done between them.
const CLAIMS_IN_ALL: usize = 6;

/// What becomes of a claim.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    /// It stands.
    Proven,
    /// It does not; this is missing.
    Missing(String),
    /// The server must be asked first.
    Ask(Probe),
}

/// Weighs the claim that the goal is reached.
pub(crate) fn of(run: &Run, started: &Started) -> Verdict {
    let mut unmet = Vec::new();
    for check in &started.checks {
        match (check.standing(run), check.probe()) {
            (Standing::Met, _) => {}
            (Standing::Ask, Some(probe)) => return Verdict::Ask(probe),
            (Standing::Ask | Standing::Unmet, _) => unmet.push(check.to_string()),
        }
    }
    if !unmet.is_empty() {
        return Verdict::Missing(format!("it must be so that {}, and it is not", unmet.join(", and ")));
    }
    if !started.checks.is_empty() || started.surface.is_none() {
        return Verdict::Proven;
    }
    let missing = Deeds::of(run).lacking(&started.goal).or_else(|| finish::unsent_form(run, &started.goal));
    match missing {
        Some(why) => Verdict::Missing(why),
        None => Verdict::Proven,
    }
}

/// Whether a claim was refused, and nothing was done since.
pub(crate) fn was_refused(run: &Run) -> bool {
    refusals(run) > 0
}

/// Claims that were refused since something was last done.
fn refusals(run: &Run) -> usize {
    let since = run.events().rev().take_while(|event| !matches!(event, Event::Receipt { receipt, .. } if receipt.is_verified()));
    since.filter(|event| is_refusal(event)).count()
}

fn is_refusal(event: &Event) -> bool {
    matches!(event, Event::Dropped { why, .. } if why.starts_with(MARK))
}

/// Whether claims were refused so often that the next one is the last.
pub(crate) fn is_enough(run: &Run) -> bool {
    refusals(run) >= CLAIMS || run.events().filter(|event| is_refusal(event)).count() >= CLAIMS_IN_ALL
}

/// Actions by which something is done, and not only looked at.
const HANDS: [&str; 14] = [
    "click",
    "double_click",
    "right_click",
    "middle_click",
    "click_at",
    "drag",
    "fill",
    "type",
    "press",
    "select",
    "check",
    "paste",
    "upload",
    "download",
];

/// Actions that put something into a field.
const FILLS: [&str; 6] = ["fill", "type", "select", "check", "paste", "upload"];

/// Names of what leaves things as they are. Whoever ends with one of them has not done what was asked, unless the goal says so.
const LEAVES: [&str; 12] =
    ["abort", "back", "cancel", "clear", "close", "discard", "dismiss", "no thanks", "reset", "取消", "关闭", "返回"];

/// Words by which a page says that something went wrong.
const COMPLAINS: [&str; 18] = [
    "can't be",
    "cannot be",
    "could not",
    "declined",
    "denied",
    "error",
    "expired",
    "failed",
    "incorrect",
    "invalid",
    "is missing",
    "is required",
    "must be",
    "not accepted",
    "not found",
    "不能为空",
    "失败",
    "错误",
];

/// The last deed.
#[derive(Debug)]
struct Deed<'a> {
    /// The call.
    call: &'a str,
    /// The element, as it was called.
    name: &'a str,
    /// Why it did not succeed.
    failed: Option<String>,
}

/// What was done in a run.
#[derive(Debug, Default)]
struct Deeds<'a> {
    /// How many deeds had an effect.
    done: usize,
    /// Whatever had an effect, looking included.
    moved: usize,
    last: Option<Deed<'a>>,
    /// Whether something was filled in, and nothing was sent since.
    unsent: bool,
    /// What is about to be done: its target's name and role.
    intent: Option<(&'a str, &'a str)>,
    /// The call of a tool that changes something, until its result is there.
    using: Option<&'a str>,
    /// The newest screen, and the one before the last deed.
    now: Option<&'a Screen>,
    before: Option<&'a Screen>,
    /// What the model put somewhere or acted on, and what it has seen, in lower case.
    words: String,
}

impl<'a> Deeds<'a> {
    fn of(run: &'a Run) -> Self {
        let mut deeds = Self::default();
        for event in run.events() {
            match event {
                Event::Observed { screen, .. } => {
                    deeds.saw(screen);
                    deeds.now = Some(screen);
                }
                Event::Intent { call_id, resolved, .. } => {
                    let changes = matches!(&resolved.action, Action::Tool(used) if !memory::is_tool(&used.tool))
                        && resolved.effect != EffectClass::Read;
                    deeds.using = changes.then_some(call_id.as_str());
                    let target = resolved.target.as_ref();
                    deeds.intent = target.map(|target| (target.name.as_str(), target.role.as_str()));
                    deeds.word(resolved.action.value());
                    deeds.word(resolved.action.url());
                    deeds.word(target.map(|target| target.name.as_str()));
                    if let Action::Upload(upload) = &resolved.action {
                        deeds.word(Some(&upload.path));
                    }
                }
                Event::Receipt { call_id, receipt, .. } => {
                    deeds.take(run.call(call_id).map_or("", |call| Action::called(&call.name, &call.args).0), receipt);
                }
                Event::ToolResult { call_id, result: Ok(_), .. } => {
                    deeds.done += usize::from(deeds.using.take() == Some(call_id.as_str()));
                    deeds.moved += 1;
                }
                _ => {}
            }
        }
        deeds
    }

    fn take(&mut self, call: &'a str, receipt: &Receipt) {
        let (name, role) = self.intent.take().unwrap_or_default();
        self.moved += usize::from(receipt.is_verified());
        if !HANDS.contains(&call) {
            return;
        }
        let failed = match receipt {
            Receipt::Verified { changes } => changes.iter().find_map(|change| match change {
                Change::HttpError { status, url } => Some(format!("the server answered {status} for {url}")),
                _ => None,
            }),
            Receipt::NoEffect => Some("it had no effect".to_owned()),
            Receipt::NotDispatched { reason } => Some(format!("it was not done: {reason}")),
            Receipt::Unknown { why } => Some(why.clone()),
        };
        if let Receipt::Verified { changes } = receipt {
            self.done += 1;
            let sent = changes.iter().any(|change| matches!(change, Change::Network { .. }));
            self.unsent = if FILLS.contains(&call) { !sent } else { self.unsent && role == "link" && !sent };
        }
        self.before = self.now;
        self.last = Some(Deed { call, name, failed });
    }

    fn saw(&mut self, screen: &Screen) {
        self.word(Some(&screen.title));
        self.word(Some(&screen.url));
        for node in &screen.nodes {
            self.word(Some(&node.name));
            self.word(node.value.as_deref());
        }
    }

    fn word(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            self.words.push(' ');
            self.words.push_str(&flat(text));
        }
    }

    /// What is missing for the goal to be believed reached.
    fn lacking(&self, goal: &str) -> Option<String> {
        let asks = goal::asks_for(goal);
        if asks == goal::Asks::Deed && self.done == 0 {
            return Some("nothing was done yet that had an effect".to_owned());
        }
        if asks == goal::Asks::Move && self.moved == 0 {
            return Some("nothing was opened or done yet".to_owned());
        }
        if asks == goal::Asks::Answer {
            return None;
        }
        if let Some(Deed { call, failed: Some(why), .. }) = &self.last {
            return Some(format!("the last thing that was tried ({call}) did not succeed: {why}"));
        }
        if let Some(name) = self.last.as_ref().map(|deed| deed.name).filter(|name| leaves(name) && !flat(goal).contains(&flat(name))) {
            return Some(format!("the last thing that was done was {name:?}, which leaves things as they were"));
        }
        if let Some(says) = self.complaint() {
            return Some(format!("after the last thing that was done the screen says {says:?}"));
        }
        if self.unsent && goal::asks_to_send(goal) {
            return Some("something was filled in, and nothing was sent after that".to_owned());
        }
        let never: Vec<&str> = goal::literals(goal).into_iter().filter(|literal| !self.has(literal)).collect();
        (!never.is_empty()).then(|| format!("the goal says {}, and that has not come up anywhere", never.join(", ")))
    }

    /// What has come onto the screen since the last deed and says that something went wrong.
    fn complaint(&self) -> Option<&'a str> {
        let (before, now) = self.before.zip(self.now)?;
        let is_new = |node: &&Node| !before.nodes.iter().any(|old| old.name == node.name && old.states == node.states);
        let complains = |node: &&Node| {
            let text = flat(&node.name);
            node.states.contains(&State::Invalid) || (text.chars().count() < 200 && COMPLAINS.iter().any(|word| text.contains(word)))
        };
        now.nodes.iter().filter(is_new).find(complains).map(|node| node.name.as_str())
    }

    fn has(&self, literal: &str) -> bool {
        let literal = flat(literal);
        // A page may write 42.50 as 42.5, and 1,000 as 1000.
        let plain = literal.replace(',', "");
        let short = if plain.contains('.') { plain.trim_end_matches('0').trim_end_matches('.') } else { plain.as_str() };
        [literal.as_str(), plain.as_str(), short].into_iter().any(|form| !form.is_empty() && self.words.contains(form))
    }
}

fn leaves(name: &str) -> bool {
    let name = flat(name);
    LEAVES.iter().any(|word| name == *word || name.starts_with(&format!("{word} ")))
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
