//! Finding the target of an action, and refusing what can't be done to it.
//!
//! What may pass (a cover that fades, a button that is being enabled) is waited for; what won't is refused at once. The same
//! check runs again right before the action, then without waiting, and must find exactly what was decided on.

use std::time::Duration;

use handiwork_core::policy::{UrlClass, classify};
use handiwork_core::{Action, Context, EffectClass, Form, Reason, Rect, Ref, Refusal, Resolved, Target, Verb};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::super::Browser;
use super::super::cdp::{CallError, Until};
use super::super::dialog::is_of_dialog;
use super::super::screen::refs::Known;
use super::facts::Facts;
use super::{Found, Halt, effect, keys};

/// How long a passing obstacle is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where a point of a frame is in the page around it.
#[derive(Deserialize)]
struct Way {
    x: f64,
    y: f64,
    hit: bool,
    hidden: bool,
    cover: String,
}

impl From<Halt> for Refusal {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Refused(reason) | Halt::Dialog(reason) => Self::NotDispatched(reason),
            Halt::Failed(error) => Self::Surface(error),
            // Nothing is done while resolving, so nothing can be unknown.
            Halt::Unknown(problem) => Self::NotDispatched(Reason::BadArguments { problem }),
        }
    }
}

impl Browser {
    pub(crate) async fn resolve_action(&self, cx: &Context, action: &Action, until: Until) -> Result<Resolved, Refusal> {
        let known = action.target().and_then(|r| self.refs().get(r).cloned());
        if let Some(known) = known.filter(is_of_dialog) {
            return Ok(self.resolve_in_dialog(action, &known)?);
        }
        self.can_be_used(cx, action)?;
        match action {
            Action::Navigate(_) | Action::OpenTab(_) => {
                if let Some(UrlClass::Refused { why }) = action.url().map(classify) {
                    return Err(Reason::BadArguments { problem: why }.into());
                }
            }
            Action::Forward(_) => {
                self.way_forward(until).await?;
            }
            Action::CloseTab(args) => {
                self.known_tab(args.tab)?;
            }
            Action::Drag(args) => {
                if let Some(problem) = Self::misled(args) {
                    return Err(Reason::BadArguments { problem }.into());
                }
            }
            Action::Resize(args) if !(100..=8000).contains(&args.width) || !(100..=8000).contains(&args.height) => {
                return Err(Reason::BadArguments { problem: "width and height must be from 100 to 8000 pixels".to_owned() }.into());
            }
            Action::Back(_) => {
                self.way_back(until).await?;
            }
            Action::SwitchTab(args) => {
                self.known_tab(args.tab)?;
            }
            Action::Wait(args) => {
                if let Some(problem) = super::wait::misled(args) {
                    return Err(Reason::BadArguments { problem }.into());
                }
            }
            Action::Press(args) => {
                keys::parse(&args.keys).map_err(|problem| Reason::BadArguments { problem })?;
            }
            Action::SelectText(args) if args.r#ref.is_none() && args.text.is_none() => {
                return Err(Reason::BadArguments { problem: "say which text to select, or give the ref of an element".to_owned() }.into());
            }
            Action::Tool(call) => return Err(Reason::Unsupported { action: call.tool.clone() }.into()),
            _ => {}
        }
        let (mut resolved, found) = self.locate(cx, action, Instant::now() + PATIENCE, until).await?;
        // Where it was found by what was recorded, that says what it looks like.
        if let Some(found) = found.filter(|found| !until.brisk || !self.is_as_recorded(found.r#ref)) {
            resolved.marks = self.marks_of(found.tab, &found.token, found.id, until).await;
        }
        Ok(resolved)
    }

    /// Refuses what can't be done to the page in front as it is.
    fn can_be_used(&self, cx: &Context, action: &Action) -> Result<(), Reason> {
        let Some(tab) = self.state().active() else { return Ok(()) };
        match action {
            Action::OpenTab(_) | Action::CloseTab(_) | Action::SwitchTab(_) => Ok(()),
            _ if let Some(dialog) = &tab.dialog => Err(super::redacted(cx, dialog.reason())),
            Action::Navigate(_) | Action::Reload(_) | Action::Back(_) | Action::Forward(_) => Ok(()),
            _ if tab.crashed => Err(Reason::Crashed),
            _ => Ok(()),
        }
    }

    /// Finds the target once more and makes sure that it is what was decided on.
    pub(crate) async fn again(&self, cx: &Context, resolved: &Resolved, until: Until) -> Result<Option<Found>, Halt> {
        let (now, found) = self.locate(cx, &resolved.action, Instant::now(), until).await?;
        if now.hash == resolved.hash {
            return Ok(found);
        }
        let told = |resolved: &Resolved| {
            resolved.target.as_ref().map_or("nothing".to_owned(), |target| {
                let form = target.form.as_ref().filter(|form| form.submits);
                let form = form.map_or(String::new(), |form| format!(" that sends a {} form to {}", form.method, form.origin));
                format!("{}{form} ({:?})", Facts::describe(&target.role, &target.name), resolved.effect).to_lowercase()
            })
        };
        Err(Reason::Changed { was: told(resolved), now: told(&now) }.into())
    }

    /// The same for an action that must have a target.
    pub(crate) async fn again_found(&self, cx: &Context, resolved: &Resolved, until: Until) -> Result<Found, Halt> {
        let found = self.again(cx, resolved, until).await?;
        found.ok_or_else(|| Reason::BadArguments { problem: format!("{} needs the ref of an element", resolved.action.name()) }.into())
    }

    async fn locate(&self, cx: &Context, action: &Action, patience: Instant, until: Until) -> Result<(Resolved, Option<Found>), Halt> {
        let r = match (action, action.target()) {
            // What is to go away need not be there any more.
            (Action::Wait(args), Some(r)) => {
                self.refs().find(r)?;
                return Ok((Resolved::new(Action::Wait(args.clone()), None, action.effect()), None));
            }
            (_, Some(r)) => r,
            (Action::Type(_) | Action::Paste(_), None) => {
                let focused = self.focused_ref(until).await?;
                focused.ok_or_else(|| Reason::BadArguments { problem: format!("no field has the focus; give {} a ref", action.name()) })?
            }
            (Action::Press(args), None) => match self.focused_ref(until).await? {
                Some(r) => r,
                None => return Ok((Resolved::new(action.clone(), None, effect::of_press(&args.keys, None)), None)),
            },
            _ => return Ok((Resolved::new(action.clone(), None, action.effect()), None)),
        };
        let known = self.refs().find(r)?;
        let facts = loop {
            match self.facts(cx, action, r, &known, until).await {
                Ok(facts) => break facts,
                Err(Halt::Refused(Reason::Disabled | Reason::Hidden | Reason::Moving | Reason::Covered { .. }))
                    if Instant::now() < patience && !until.is_over() =>
                {
                    tokio::time::sleep(Duration::from_millis(60)).await;
                }
                Err(halt) => return Err(halt),
            }
        };
        self.fits(cx, action, &known, &facts, until).await?;
        let form = facts.form.as_ref().map(|form| Form { method: form.method.clone(), origin: form.origin.clone(), submits: form.submits });
        let target = Target {
            r#ref: r,
            role: known.role.clone(),
            name: known.name.clone(),
            origin: facts.origin.clone(),
            form,
            rect: facts.place(),
        };
        let effect = match action {
            Action::Click(_) | Action::DoubleClick(_) | Action::RightClick(_) | Action::MiddleClick(_) | Action::ClickAt(_) => {
                effect::of_click(&facts)
            }
            Action::Hover(_) | Action::SelectText(_) | Action::Expand(_) | Action::Read(_) | Action::Scroll(_) => EffectClass::Read,
            Action::Press(args) => effect::of_press(&args.keys, Some(&facts)),
            // In a menu it is a click on what is called so.
            Action::Select(args) if facts.tag != "select" && crate::grave::is_grave(args.option.rsplit('>').next().unwrap_or_default()) => {
                EffectClass::Irreversible
            }
            Action::Select(_) if facts.tag != "select" => effect::of_click(&facts).max(EffectClass::Write),
            _ => EffectClass::Write,
        };
        let found = Found { r#ref: r, id: known.id, tab: known.tab, token: known.token, facts };
        Ok((Resolved::new(action.clone(), Some(target), effect), Some(found)))
    }

    /// Where an element is, for an action that has it as its second target.
    pub(super) async fn resolve_here(&self, cx: &Context, action: &Action, until: Until) -> Result<Rect, Halt> {
        let (resolved, _) = self.locate(cx, action, Instant::now(), until).await?;
        Ok(resolved.target.map(|target| target.rect).unwrap_or_default())
    }

    /// The ref of the element that has the focus, if the model was shown it.
    async fn focused_ref(&self, until: Until) -> Result<Option<Ref>, Halt> {
        let tab = self.tab().map_err(Halt::before)?;
        let Some(answer) = self.call(tab.number, None, "focused", &json!([]), until).await.map_err(Halt::before)? else { return Ok(None) };
        let (mut token, mut id) = (answer.token, answer.value.as_u64().unwrap_or(0));
        // The focus of a page may be on a frame, which has a focus of its own.
        while let Some(part) = self.part_in(tab.number, tab.part_of(&token), &token, id, until).await.map_err(Halt::before)? {
            let answer = self.call_in(tab.number, &part, None, "focused", &json!([]), until).await.map_err(Halt::before)?;
            let Some(answer) = answer else { break };
            (token, id) = (answer.token, answer.value.as_u64().unwrap_or(0));
        }
        Ok(self.refs().of(&token, id))
    }

    /// What the element is now, when it is there, unchanged and can be acted on.
    async fn facts(&self, cx: &Context, action: &Action, r: Ref, known: &Known, until: Until) -> Result<Facts, Halt> {
        let stale = || Halt::Refused(Reason::Stale { r#ref: r });
        let tab = self.front_with(known)?;
        if tab.crashed {
            return Err(Reason::Crashed.into());
        }
        if tab.number != known.tab {
            return Err(stale());
        }
        // These don't need a place for a click; an upload field is often hidden behind the button that opens it.
        let free = matches!(action, Action::Upload(_) | Action::Scroll(_) | Action::Expand(_) | Action::Read(_) | Action::SelectText(_));
        let looks = matches!(action, Action::Hover(_) | Action::SelectText(_) | Action::Expand(_) | Action::Read(_));
        let enter = matches!(action, Action::Press(_));
        let typed = match action {
            Action::Fill(_) | Action::Type(_) | Action::Paste(_) => "text",
            Action::Select(_) => "select",
            _ => "",
        };
        let args = json!([known.id, { "scroll": true, "still": true, "enter": enter, "free": free, "typed": typed }]);
        let answer = match self.call(tab.number, Some(&known.token), "inspect", &args, until).await {
            Ok(answer) => answer.ok_or_else(stale)?,
            Err(CallError::Detached) => return Err(stale()),
            Err(error) => return Err(Halt::before(error)),
        };
        let facts: Facts = serde_json::from_value(answer.value).map_err(|error| Halt::before(CallError::Unreadable(error.to_string())))?;
        let facts = self.lift(tab.number, &known.token, facts, until).await.map_err(Halt::before)?.ok_or_else(stale)?;
        if facts.state != "there" {
            return Err(stale());
        }
        let name = cx.secrets().redact(&facts.name);
        if facts.hidden && !matches!(action, Action::Press(_)) {
            // Told before any change: what is not drawn has no name either.
            return Err(Reason::Hidden.into());
        }
        let scrolled_box = matches!(action, Action::Scroll(_) | Action::Expand(_) | Action::Read(_));
        if !scrolled_box && (facts.role != known.role || name != known.name) {
            let (was, now) = (Facts::describe(&known.role, &known.name), Facts::describe(&facts.role, &name));
            return Err(Reason::Changed { was, now }.into());
        }
        if scrolled_box {
            return Ok(facts);
        }
        if facts.disabled && !looks {
            return Err(Reason::Disabled.into());
        }
        if free || matches!(action, Action::Press(_)) {
            return Ok(facts);
        }
        if facts.moving {
            return Err(Reason::Moving.into());
        }
        if facts.point.is_none() {
            return Err(Reason::Covered { by: cx.secrets().redact(&facts.cover) }.into());
        }
        Ok(facts)
    }

    /// The same with its place in the view, when the element is in a frame of another site: each page around it says where the
    /// frame is, brings it into view and tells whether something lies over it. `None` if a frame is gone.
    pub(crate) async fn lift(&self, number: u32, token: &str, mut facts: Facts, until: Until) -> Result<Option<Facts>, CallError> {
        let Some(tab) = self.state().tab(number) else { return Ok(None) };
        let mut part = tab.part(tab.part_of(token));
        while let Some(inner) = part {
            let Some(outer) = inner.parent.as_deref() else { return Ok(Some(facts)) };
            let Some((of, owner)) = &inner.owner else { return Ok(None) };
            let (left, top, width, height) = facts.rect.unwrap_or_default();
            let (x, y) = facts.point.unwrap_or((left + width / 2.0, top + height / 2.0));
            let Some(answer) = self.call_in(number, outer, Some(of), "through", &json!([owner, x, y]), until).await? else {
                return Ok(None);
            };
            let way: Option<Way> = serde_json::from_value(answer.value).map_err(|error| CallError::Unreadable(error.to_string()))?;
            let Some(way) = way else { return Ok(None) };
            facts.rect = facts.rect.map(|(left, top, width, height)| (left + way.x - x, top + way.y - y, width, height));
            facts.hidden |= way.hidden;
            facts.point = facts.point.filter(|_| way.hit).map(|_| (way.x, way.y));
            if !way.cover.is_empty() {
                facts.cover = way.cover;
            }
            part = tab.part(outer);
        }
        Ok(None)
    }

    /// Whether the action is one for this element, with arguments that it can take.
    async fn fits(&self, cx: &Context, action: &Action, known: &Known, facts: &Facts, until: Until) -> Result<(), Halt> {
        let wrong = |wanted: &str| Err(Halt::Refused(Reason::WrongKind { role: facts.role.clone(), wanted: wanted.to_owned() }));
        match action {
            Action::Click(_) if facts.kind == "file" => wrong("something to click; use upload to give it a file"),
            Action::Click(_) if facts.tag == "select" => wrong("something to click; use select to choose one of its options"),
            // What is no text field may be a slider, a date picker, a list: that shows when it is used.
            Action::Fill(args) if (!facts.editable || facts.readonly) && !args.text.contains("{{secret:") => {
                let answer = self.call(known.tab, Some(&known.token), "settable", &json!([known.id]), until).await.map_err(Halt::before)?;
                match answer.is_some_and(|answer| answer.value == serde_json::Value::Bool(true)) {
                    true => Ok(()),
                    false if facts.readonly => Err(Reason::NotEditable { role: format!("readonly {}", facts.role) }.into()),
                    false => Err(Reason::NotEditable { role: facts.role.clone() }.into()),
                }
            }
            Action::Fill(_) | Action::Type(_) | Action::Paste(_) if !facts.editable => {
                Err(Reason::NotEditable { role: facts.role.clone() }.into())
            }
            Action::Fill(_) | Action::Type(_) | Action::Paste(_) if facts.readonly => {
                Err(Reason::NotEditable { role: format!("readonly {}", facts.role) }.into())
            }
            Action::Fill(args) => {
                may_reveal(cx, &args.text, &facts.origin)?;
                if !args.text.contains("{{secret:") {
                    let answer = self.call(known.tab, Some(&known.token), "misfit", &json!([known.id, args.text]), until).await;
                    let answer = answer.map_err(Halt::before)?;
                    if let Some(problem) = answer.and_then(|answer| Some(answer.value.as_str()?.to_owned())).filter(|text| !text.is_empty())
                    {
                        return Err(Reason::BadArguments { problem }.into());
                    }
                }
                Ok(())
            }
            Action::Type(args) => may_reveal(cx, &args.text, &facts.origin),
            Action::Select(args) if args.option.trim().is_empty() => {
                Err(Reason::BadArguments { problem: "say which option to choose, by its label".to_owned() }.into())
            }
            Action::Select(_) if facts.tag != "select" => {
                let cannot = !facts.checked.is_empty() || matches!(facts.kind.as_str(), "file" | "password" | "number" | "range" | "color");
                if cannot { wrong("something with a list to choose from") } else { Ok(()) }
            }
            Action::Select(args) => {
                let answer = self.call(known.tab, Some(&known.token), "chosen", &json!([known.id, args.option]), until).await;
                match answer.map_err(Halt::before)? {
                    Some(answer) if answer.value.is_null() => {
                        let options = facts.options.iter().map(|option| cx.secrets().redact(option)).collect();
                        Err(Reason::NoSuchOption { options }.into())
                    }
                    _ => Ok(()),
                }
            }
            Action::Check(_) if facts.checked.is_empty() => wrong("a checkbox, radio or switch"),
            Action::Check(args) if !args.checked && facts.role == "radio" && facts.checked == "checked" => {
                Err(Reason::BadArguments { problem: "a radio is switched off by choosing another one of its group".to_owned() }.into())
            }
            Action::Upload(_) if facts.kind != "file" => wrong("an upload field"),
            Action::Upload(args) => self.allowed_file(&args.path).await.map(|_| ()).map_err(Halt::Refused),
            Action::Click(_) if !facts.verbs.iter().any(|verb| *verb != Verb::Scroll) => wrong("something to click"),
            _ => Ok(()),
        }
    }
}

/// Whether the page may get the secrets that `text` asks for. Their values go no further than this.
fn may_reveal(cx: &Context, text: &str, origin: &str) -> Result<(), Halt> {
    super::fill::reveal(cx, text, origin).map(|_| ()).map_err(Halt::Refused)
}
