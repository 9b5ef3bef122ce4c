//! A surface that is a small state machine: screens, and what an action leads to.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::action::Action;
use crate::context::Context;
use crate::marks::{Candidate, Found, Marks, Wanted, likeness};
use crate::receipt::{Change, Reason, Receipt};
use crate::screen::{Node, Ref, Screen, State, Verb, diff};
use crate::surface::{Form, Refusal, Resolved, Surface, SurfaceError, SurfaceInfo, Target};

/// What an action does to the screen: it gets the screen as it is and changes it.
type Rule = dyn Fn(&mut Screen, &Action) + Send + Sync;

/// A surface whose actions change a [`Screen`] by a rule. Receipts come from comparing the screens, as on a real one.
/// Clones share their screen, so a test can look at what an agent did.
#[derive(Clone)]
pub struct ScriptedSurface {
    screen: Arc<Mutex<Screen>>,
    done: Arc<Mutex<Vec<Action>>>,
    rule: Arc<Rule>,
    in_form: bool,
}

impl std::fmt::Debug for ScriptedSurface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedSurface").field("done", &self.done().len()).finish_non_exhaustive()
    }
}

/// A button.
#[must_use]
pub fn button(r: u32, name: &str) -> Node {
    Node { r#ref: Some(Ref(r)), role: "button".to_owned(), name: name.to_owned(), verbs: vec![Verb::Click], ..Node::default() }
}

/// A link.
#[must_use]
pub fn link(r: u32, name: &str) -> Node {
    Node { role: "link".to_owned(), ..button(r, name) }
}

/// A text field with its value.
#[must_use]
pub fn textbox(r: u32, name: &str, value: &str) -> Node {
    Node {
        r#ref: Some(Ref(r)),
        role: "textbox".to_owned(),
        name: name.to_owned(),
        value: Some(value.to_owned()),
        verbs: vec![Verb::Click, Verb::Fill],
        ..Node::default()
    }
}

/// Plain text.
#[must_use]
pub fn text(text: &str) -> Node {
    Node { role: "text".to_owned(), name: text.to_owned(), ..Node::default() }
}

impl ScriptedSurface {
    /// A surface that shows `screen`; `fill` sets values, everything else is what `rule` does.
    pub fn new(screen: Screen, rule: impl Fn(&mut Screen, &Action) + Send + Sync + 'static) -> Self {
        Self { screen: Arc::new(Mutex::new(screen)), done: Arc::default(), rule: Arc::new(rule), in_form: false }
    }

    /// The same with its fields in one form.
    #[must_use]
    pub fn in_form(mut self) -> Self {
        self.in_form = true;
        self
    }

    /// The screen as it is.
    pub fn screen(&self) -> Screen {
        self.locked().clone()
    }

    /// What was done, in order.
    pub fn done(&self) -> Vec<Action> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Surface for ScriptedSurface {
    fn info(&self) -> SurfaceInfo {
        SurfaceInfo { kind: "scripted".to_owned(), actions: Action::NAMES.iter().map(|name| (*name).to_owned()).collect() }
    }

    async fn observe(&self, cx: &Context) -> Result<Screen, SurfaceError> {
        let mut screen = self.screen();
        for node in &mut screen.nodes {
            node.value = node.value.as_ref().map(|value| cx.secrets().redact(value));
        }
        Ok(screen)
    }

    async fn resolve(&self, _: &Context, action: &Action) -> Result<Resolved, Refusal> {
        let Some(r) = action.target() else { return Ok(Resolved::new(action.clone(), None, action.effect())) };
        let screen = self.locked();
        let node = screen.get(r).ok_or(Reason::Stale { r#ref: r })?;
        if let Some(verb) = Action::verb_of(action.name()).filter(|verb| !node.verbs.contains(verb)) {
            return Err(Reason::WrongKind { role: node.role.clone(), wanted: format!("{verb:?}") }.into());
        }
        let origin = crate::secret::origin_of(&screen.url);
        let in_form = self.in_form && node.verbs.contains(&Verb::Fill);
        let form = in_form.then(|| Form { method: "POST".to_owned(), origin: origin.clone(), submits: false });
        let target = Target { r#ref: r, role: node.role.clone(), name: node.name.clone(), origin, form, rect: node.rect };
        Ok(Resolved::new(action.clone(), Some(target), action.effect()))
    }

    async fn seek(&self, _: &Context, wanted: &Wanted) -> Result<Vec<Found>, SurfaceError> {
        let screen = self.screen();
        let candidates: Vec<Candidate> = screen
            .nodes
            .iter()
            .filter(|node| node.r#ref.is_some())
            .map(|node| Candidate {
                r#ref: node.r#ref,
                marks: Marks {
                    role: node.role.clone(),
                    name: node.name.clone(),
                    closed: node.states.contains(&State::Collapsed),
                    ..Marks::default()
                },
                // Here a selector is a name.
                by: wanted.selectors.iter().position(|parts| parts.contains(&node.name)).map(|at| at as u32),
            })
            .collect();
        Ok(likeness::verdict(wanted, &candidates))
    }

    async fn dispatch(&self, cx: &Context, resolved: &Resolved) -> Result<Receipt, SurfaceError> {
        let before = self.screen();
        let mut screen = self.locked();
        if let Action::Fill(fill) = &resolved.action {
            let origin = resolved.target.as_ref().map(|target| target.origin.as_str()).unwrap_or_default();
            let value = match cx.secrets().reveal(&fill.text, origin) {
                Ok(value) => value,
                Err(error) => {
                    return Ok(Receipt::refused(Reason::SecretNotAllowed { name: fill.text.clone(), problem: error.to_string() }));
                }
            };
            if let Some(node) = screen.nodes.iter_mut().find(|node| node.r#ref == Some(fill.r#ref)) {
                node.value = Some(value);
            }
        }
        (self.rule)(&mut screen, &resolved.action);
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push(resolved.action.clone());
        let lines = diff(&before, &screen).len();
        let mut changes = Vec::new();
        for node in &screen.nodes {
            let (Some(r), Some(to)) = (node.r#ref, &node.value) else { continue };
            let from = before.get(r).and_then(|old| old.value.as_ref()).filter(|from| *from != to);
            changes.extend(from.map(|from| Change::Value { r#ref: r, from: cx.secrets().redact(from), to: cx.secrets().redact(to) }));
        }
        if before.url != screen.url {
            changes.push(Change::Navigated { from: before.url.clone(), to: screen.url.clone() });
        }
        if lines > 0 {
            changes.push(Change::Lines { added: 0, changed: lines, removed: 0 });
        }
        Ok(if changes.is_empty() { Receipt::NoEffect } else { Receipt::Verified { changes } })
    }
}
