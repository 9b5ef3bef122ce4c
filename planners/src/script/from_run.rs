//! A script from a run: what led to the goal, without what did not.
//!
//! Only what was verified is taken. Fields that were filled twice are filled once, and ways that led back to where they began are left
//! out, as long as nothing was changed on them. What came from the goal becomes a variable, and what was to be checked an assertion.

use std::collections::{BTreeMap, BTreeSet};

use handiwork_core::event::Started;
use handiwork_core::marks::Marks;
use handiwork_core::{Action, Change, Condition, EffectClass, Event, Outcome, Receipt, Resolved, Run, Screen, Status};
use serde_json::{Value, json};

use super::format::{About, Around, AssertedEvent, Head, Ours, Pointed, Script, Selector, Step, VERSION};
use super::parts::of_any_row;
use super::variables::Values;
use crate::plan::Ledger;

pub(super) mod words;

/// Why a run gives no script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoScript {
    /// It did not end as done.
    NotDone(String),
    /// Nothing in it can be repeated.
    Nothing,
    /// Words were taken out of it.
    Forgotten,
}

impl std::fmt::Display for NoScript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotDone(how) => write!(f, "only a run that is done gives a script, and this one is not: {how}"),
            Self::Nothing => f.write_str("the run did nothing that could be done again"),
            Self::Forgotten => f.write_str("words were taken out of this run, so it does not tell any more what was done"),
        }
    }
}

impl std::error::Error for NoScript {}

/// Something that was done and had an effect.
struct Act<'a> {
    seq: u64,
    resolved: &'a Resolved,
    changes: &'a [Change],
    /// The screens before and after.
    before: Option<&'a Screen>,
    after: Option<&'a Screen>,
}

/// The script of a run.
pub fn from_run(run: &Run) -> Result<Script, NoScript> {
    let started = run.started().ok_or(NoScript::Nothing)?;
    if started.forgotten.is_some() {
        return Err(NoScript::Forgotten);
    }
    match run.status() {
        Status::Ended(Outcome::Done { .. }) => {}
        Status::Ended(other) => return Err(NoScript::NotDone(other.to_string())),
        Status::Waiting { question } => return Err(NoScript::NotDone(format!("it waits for an answer: {question}"))),
        Status::Running => return Err(NoScript::NotDone("it broke off".to_owned())),
    }
    let acts = straightened(acts(run));
    if acts.is_empty() {
        return Err(NoScript::Nothing);
    }
    let mut draft = Draft { goal: &started.goal, ..Draft::default() };
    for act in &acts {
        draft.learn(act);
    }
    let mut steps = Vec::new();
    let mut due = milestones(run);
    for act in &acts {
        while let Some((_, what, when)) = due.pop_if(|(reached, ..)| *reached < act.seq) {
            steps.push(Ours::Milestone { what, when: draft.condition(&when) }.step());
        }
        steps.extend(draft.steps(act));
    }
    let ends: Vec<Condition> = due.into_iter().rev().map(|(_, _, when)| when).chain(started.checks.iter().cloned()).collect();
    let ends = if ends.is_empty() { acts.last().and_then(ended).into_iter().collect() } else { ends };
    steps.extend(ends.iter().map(|when| Ours::Milestone { what: String::new(), when: draft.condition(when) }.step()));
    Ok(draft.script(run, started, steps))
}

/// What was done and had an effect, with the screens around it.
fn acts(run: &Run) -> Vec<Act<'_>> {
    let (mut acts, mut intent, mut screen): (Vec<Act<'_>>, Option<(&str, &Resolved)>, Option<&Screen>) = (Vec::new(), None, None);
    for entry in run.entries() {
        match &entry.event {
            Event::Observed { screen: now, .. } => {
                screen = Some(now);
                for act in acts.iter_mut().rev().take_while(|act| act.after.is_none()) {
                    act.after = Some(now);
                }
            }
            Event::Intent { call_id, resolved, .. } => intent = Some((call_id, resolved)),
            Event::Receipt { call_id, receipt: Receipt::Verified { changes }, .. } => {
                if let Some((_, resolved)) = intent.take().filter(|(id, _)| id == call_id)
                    && is_repeatable(&resolved.action)
                {
                    acts.push(Act { seq: entry.seq, resolved, changes, before: screen, after: None });
                }
            }
            _ => {}
        }
    }
    acts
}

/// Whether a script has a step for it. What only looks needs none.
fn is_repeatable(action: &Action) -> bool {
    matches!(
        action,
        Action::Navigate(_)
            | Action::Click(_)
            | Action::DoubleClick(_)
            | Action::RightClick(_)
            | Action::Hover(_)
            | Action::Fill(_)
            | Action::Type(_)
            | Action::Press(_)
            | Action::Select(_)
            | Action::Check(_)
            | Action::Upload(_)
            | Action::Launch(_)
    )
}

/// The same without detours and without what was done over.
fn straightened(acts: Vec<Act<'_>>) -> Vec<Act<'_>> {
    let hash = |screen: Option<&Screen>| screen.map(Screen::hash);
    let mut kept: Vec<Act<'_>> = Vec::new();
    for act in acts {
        // It led back to a screen that had been there, and nothing on the way changed anything.
        let after = hash(act.after);
        kept.push(act);
        let back = kept.iter().position(|earlier| after.is_some() && hash(earlier.before) == after);
        if let Some(from) = back
            && kept.iter().skip(from).all(|one| one.resolved.effect == EffectClass::Read && !sets(&one.resolved.action))
            && from > 0
        {
            kept.truncate(from);
        }
    }
    let mut out: Vec<Act<'_>> = Vec::new();
    for act in kept {
        if let Some(r) =
            act.resolved.action.target().filter(|_| sets(&act.resolved.action) && !matches!(act.resolved.action, Action::Type(_)))
        {
            let since = out.iter().rposition(|one| !sets(&one.resolved.action)).map_or(0, |at| at + 1);
            let before = out.iter().skip(since).position(|one| one.resolved.action.target() == Some(r));
            if let Some(at) = before {
                out.remove(since + at);
            }
        }
        out.push(act);
    }
    out
}

/// Whether it sets a field.
fn sets(action: &Action) -> bool {
    matches!(action, Action::Fill(_) | Action::Type(_) | Action::Select(_) | Action::Check(_) | Action::Upload(_))
}

/// Milestones of the plan that a page or a server showed, last reached first. What names an element is not kept: it may be called
/// otherwise one day.
fn milestones(run: &Run) -> Vec<(u64, String, Condition)> {
    let of_world = |when: &Condition| !matches!(when, Condition::Done { .. } | Condition::Field { .. });
    let ledger = Ledger::of(run);
    let mut all: Vec<(u64, String, Condition)> = ledger
        .milestones
        .into_iter()
        .filter_map(|one| Some((one.reached?, one.what, one.when)))
        .filter(|(_, _, when)| of_world(when))
        .collect();
    all.sort_by_key(|(reached, ..)| std::cmp::Reverse(*reached));
    all
}

/// What shows that the last act was done, if nobody has said what does.
fn ended(last: &Act<'_>) -> Option<Condition> {
    let sent = last.changes.iter().find_map(|change| match change {
        Change::Network { url, .. } => Some(Condition::Sent { url: words::stem(&path_of(url)) }),
        _ => None,
    });
    let moved = || {
        let (before, after) = (last.before?, last.after?);
        (before.url != after.url).then(|| Condition::Url { contains: words::stem(&path_of(&after.url)) })
    };
    sent.or_else(moved)
}

fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
    path.split(['?', '#']).next().unwrap_or(path).to_owned()
}

/// A script in the making.
#[derive(Default)]
struct Draft<'a> {
    goal: &'a str,
    /// Variables by their names: the schema, and the recorded value.
    variables: BTreeMap<String, (Value, String)>,
}

impl Draft<'_> {
    /// Learns which of the values of an act came from the goal.
    fn learn(&mut self, act: &Act<'_>) {
        let resolved = act.resolved;
        let marks = resolved.marks.as_deref().cloned().unwrap_or_default();
        let name = resolved.target.as_ref().map(|target| target.name.as_str()).unwrap_or_default();
        match &resolved.action {
            Action::Fill(args) => self.variable(&marks, name, &args.text),
            Action::Type(args) => self.variable(&marks, name, &args.text),
            Action::Select(args) => self.variable(&marks, name, &args.option),
            Action::Click(_) if Self::is_one_of_many(act, &marks) => {
                if let Some(text) = words::shared(&marks.row, self.goal) {
                    self.variable(&Marks::default(), "row", &text);
                }
            }
            Action::Click(_) | Action::DoubleClick(_) | Action::Check(_) if matches!(marks.role.as_str(), "link" | "radio") => {
                // What is chosen by its own name.
                let of = Marks { name: String::new(), ..marks.clone() };
                self.variable(&of, if marks.field.is_empty() { "choice" } else { &marks.field }, name);
            }
            _ => {}
        }
    }

    /// Whether other elements on the screen are called the same: then it is the row that tells it.
    fn is_one_of_many(act: &Act<'_>, marks: &Marks) -> bool {
        let like = |screen: &Screen| screen.nodes.iter().filter(|node| node.role == marks.role && node.name == marks.name).count();
        !marks.row.is_empty() && act.before.is_some_and(|screen| like(screen) > 1)
    }

    fn variable(&mut self, marks: &Marks, name: &str, value: &str) {
        let value = value.trim();
        if value.contains("{{secret:") || !words::is_said(self.goal, value) || self.variables.values().any(|(_, known)| known == value) {
            return;
        }
        let stem = words::slug(if marks.field.is_empty() || marks.field.contains('=') { name } else { &marks.field });
        let mut free = stem.clone();
        let mut number = 2;
        while self.variables.contains_key(&free) {
            free = format!("{stem}_{number}");
            number += 1;
        }
        let mut schema = json!({ "type": "string", "default": value });
        if let (Some(map), false) = (schema.as_object_mut(), name.is_empty()) {
            map.insert("title".to_owned(), Value::from(name.trim_end_matches(['*', ' ', ':'])));
        }
        self.variables.insert(free, (schema, value.to_owned()));
    }

    /// A text with the recorded values replaced by their variables, the longest first.
    fn general(&self, text: &str) -> String {
        let mut known: Vec<(&String, &String)> = self.variables.iter().map(|(name, (_, value))| (name, value)).collect();
        known.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        known.into_iter().fold(text.to_owned(), |text, (name, value)| words::replace(&text, value, &format!("{{{{{name}}}}}")))
    }

    fn exactly(&self, text: &str) -> Option<String> {
        let known = self.variables.iter().find(|(_, (_, value))| value == text.trim());
        known.map(|(name, _)| format!("{{{{{name}}}}}"))
    }

    fn value(&self, text: &str) -> String {
        self.exactly(text).unwrap_or_else(|| text.to_owned())
    }

    fn condition(&self, condition: &Condition) -> Condition {
        let value = serde_json::to_value(condition).unwrap_or_default();
        let general = match &value {
            Value::Object(map) => map
                .iter()
                .map(|(key, one)| {
                    let kept = key == "kind" || key == "name";
                    (key.clone(), one.as_str().filter(|_| !kept).map_or_else(|| one.clone(), |text| Value::from(self.general(text))))
                })
                .collect(),
            _ => value.clone(),
        };
        serde_json::from_value(general).unwrap_or_else(|_| condition.clone())
    }

    /// The steps of an act: what it is about, and itself.
    fn steps(&self, act: &Act<'_>) -> Vec<Step> {
        let resolved = act.resolved;
        let around = Self::around(act);
        match &resolved.action {
            Action::Navigate(args) => return vec![Step::Navigate { url: args.url.clone(), around }],
            // A desktop says which window gets the keys.
            Action::Press(args) if resolved.target.as_ref().is_none_or(|target| target.role == "window") => {
                return vec![Ours::Press { keys: args.keys.clone() }.step()];
            }
            Action::Type(args) if args.r#ref.is_none() => return vec![Ours::Type { text: self.value(&args.text) }.step()],
            Action::Launch(args) => return vec![Ours::Launch { program: self.general(&args.program) }.step()],
            _ => {}
        }
        let (about, selectors) = self.about(act);
        let pointed = |selectors: Vec<Selector>| {
            let rect = resolved.target.as_ref().map(|target| target.rect).unwrap_or_default();
            let (offset_x, offset_y) = ((rect.w / 2.0).round().max(1.0), (rect.h / 2.0).round().max(1.0));
            Pointed { selectors, offset_x, offset_y, button: None, around: around.clone() }
        };
        let step = match &resolved.action {
            Action::Fill(args) => Step::Change { selectors, value: self.value(&args.text), around },
            Action::Type(args) => Step::Change { selectors, value: self.value(&args.text), around },
            Action::Select(args) => Step::Change { selectors, value: self.value(&args.option), around },
            Action::Upload(args) => Ours::Upload { selectors, path: args.path.clone(), frame: around.frame }.step(),
            Action::DoubleClick(_) => Step::DoubleClick(pointed(selectors)),
            Action::Hover(_) => Step::Hover(pointed(selectors)),
            Action::RightClick(_) => Step::Click(Pointed { button: Some("secondary".to_owned()), ..pointed(selectors) }),
            Action::Press(args) => {
                return vec![about.step(), Step::Click(pointed(selectors)), Ours::Press { keys: args.keys.clone() }.step()];
            }
            _ => Step::Click(pointed(selectors)),
        };
        vec![about.step(), step]
    }

    /// What the next step is about, and the ways to its element.
    fn about(&self, act: &Act<'_>) -> (Ours, Vec<Selector>) {
        let resolved = act.resolved;
        let mut marks = resolved.marks.as_deref().cloned().unwrap_or_default();
        let (name, role) = resolved.target.as_ref().map(|target| (target.name.as_str(), target.role.as_str())).unwrap_or_default();
        let mut row = String::new();
        if Self::is_one_of_many(act, &marks)
            && let Some(said) = words::shared(&marks.row, self.goal)
        {
            row = self.value(&said);
            marks = of_any_row(&marks);
        }
        if let Some(chosen) = self.exactly(name).filter(|_| matches!(role, "link" | "radio")) {
            // Another value leads to another element: only what is called so is meant.
            marks =
                Marks { name: chosen.clone(), field: marks.field.split('=').next().unwrap_or_default().to_owned(), ..of_any_row(&marks) };
            marks.selectors = vec![format!("aria/{chosen}[role=\"{role}\"]")];
        }
        let selectors = std::mem::take(&mut marks.selectors).into_iter().map(|one| Selector::Through(vec![one])).collect();
        let checked = match &resolved.action {
            Action::Check(args) => Some(args.checked),
            _ => None,
        };
        let verb = resolved.action.name().replace('_', " ");
        let intent = format!("{verb} {role} {:?}", self.general(name));
        (Ours::Next(Box::new(About { intent, row, checked, marks: Some(marks) })), selectors)
    }

    fn around(act: &Act<'_>) -> Around {
        let frame = act.resolved.marks.as_ref().map(|marks| marks.frame.clone()).filter(|frame| !frame.is_empty());
        let moved = act.changes.iter().any(|change| matches!(change, Change::Navigated { .. }));
        let event = act
            .after
            .filter(|_| moved)
            .map(|screen| AssertedEvent::Navigation { url: Some(screen.url.clone()), title: Some(screen.title.clone()) });
        Around { target: None, frame, timeout: None, asserted_events: event.into_iter().collect(), rest: serde_json::Map::new() }
    }

    fn script(self, run: &Run, started: &Started, steps: Vec<Step>) -> Script {
        let used = steps.iter().map(|step| serde_json::to_string(step).unwrap_or_default()).collect::<String>();
        let goal = self.general(&started.goal);
        let variables = self.variables.iter().filter(|(name, _)| used.contains(&format!("{{{{{name}}}}}")));
        let head = Head {
            version: VERSION,
            goal,
            variables: variables.map(|(name, (schema, _))| (name.clone(), schema.clone())).collect(),
            run: Some(run.id.0.clone()),
            record: None,
        };
        let secrets: BTreeSet<&(String, String)> =
            started.secrets.iter().filter(|(name, _)| used.contains(&format!("{{{{secret:{name}}}}}"))).collect();
        let mut all = vec![Ours::Script(head).step()];
        all.extend(secrets.into_iter().map(|(secret, origin)| Ours::Secret { secret: secret.clone(), origin: origin.clone() }.step()));
        all.extend(started.probes.iter().map(|probe| Ours::Probe(probe.clone()).step()));
        // A desktop is as large as whoever starts it says.
        if !run.events().any(|event| matches!(event, Event::Observed { screen, .. } if screen.url.starts_with("app://"))) {
            all.push(Step::viewport(1280, 800));
        }
        all.extend(steps);
        Script { title: words::title(&started.goal), timeout: None, steps: all, rest: serde_json::Map::new() }
    }
}

impl Ours {
    /// Values of a recording: those that its variables had.
    #[must_use]
    pub fn recorded(script: &Script) -> Values {
        let value = |schema: &Value| schema.get("default").and_then(Value::as_str).map(str::to_owned);
        script.head().variables.iter().filter_map(|(name, schema)| Some((name.clone(), value(schema)?))).collect()
    }
}
