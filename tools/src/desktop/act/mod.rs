//! Acting: find the target again, do it, see what came of it.

mod choose;
pub(crate) mod effects;
mod fields;
mod find;
mod grave;
mod pointer;
mod texts;
pub(crate) mod windows;

use std::time::Duration;

use handiwork_core::action::Wait;
use handiwork_core::{Action, Change, Context, Reason, Receipt, Refusal, Resolved, SurfaceError, Target};
use tokio::time::Instant;

use super::eyes::{Eyes, Look};
use super::hands::{Failed, Hands};
use super::refs::{Known, Thing};
use super::x::windows::{Win, Windows};
use super::{Desktop, Place};
use effects::Effects;

/// Why an act did not come about.
#[derive(Debug)]
pub(crate) enum Halt {
    Reason(Reason),
    Surface(SurfaceError),
}

impl From<Reason> for Halt {
    fn from(reason: Reason) -> Self {
        Self::Reason(reason)
    }
}

impl From<SurfaceError> for Halt {
    fn from(error: SurfaceError) -> Self {
        Self::Surface(error)
    }
}

/// What is being done, and with what.
pub(crate) struct Deed<'a> {
    pub(crate) desktop: &'a Desktop,
    pub(crate) place: &'a Place,
    pub(crate) eyes: &'a mut Eyes,
    pub(crate) cx: &'a Context,
    pub(crate) end: Instant,
    /// The target, if there is one.
    pub(crate) known: Option<Known>,
    /// Its ref.
    pub(crate) r: Option<handiwork_core::Ref>,
    /// The last look before it.
    pub(crate) before: Look,
}

impl Desktop {
    pub(super) async fn resolve_action(&self, eyes: &mut Eyes, cx: &Context, action: &Action, end: Instant) -> Result<Resolved, Refusal> {
        let place = self.place().await;
        let look = eyes.look_now(end).await?;
        let names = action.secrets();
        let mut known = None;
        let target = match action.target() {
            // A window that is waited for to go may have gone.
            Some(r) if !matches!(action, Action::Wait(_)) => {
                let found = self.find_target(eyes, &place, r, action, end).await?;
                let node = eyes.last.screen.get(r).cloned().unwrap_or_default();
                let target = Target {
                    r#ref: r,
                    role: found.role.clone(),
                    name: cx.secrets().redact(&found.name),
                    origin: found.origin.clone(),
                    form: None,
                    rect: node.rect,
                };
                known = Some(found);
                Some(target)
            }
            _ => window_target(eyes, &look, action),
        };
        for name in &names {
            let origin = target.as_ref().map_or("null", |target| target.origin.as_str());
            cx.secrets()
                .reveal(&format!("{{{{secret:{name}}}}}"), origin)
                .map_err(|problem| Reason::SecretNotAllowed { name: name.clone(), problem: problem.to_string() })?;
        }
        let effect = grave::of(action, target.as_ref(), &eyes.last, &place);
        let mut resolved = Resolved::new(action.clone(), target, effect);
        let r = resolved.target.as_ref().map(|target| target.r#ref);
        resolved.marks = known.as_ref().zip(r).map(|(known, r)| Box::new(super::seek::marks_of(eyes, known, r)));
        Ok(resolved)
    }

    pub(super) async fn dispatch_action(
        &self,
        eyes: &mut Eyes,
        cx: &Context,
        resolved: &Resolved,
        end: Instant,
    ) -> Result<Receipt, SurfaceError> {
        let place = self.place().await;
        if let Some(guard) = &place.guard
            && let Err(reason) = guard.may(end).await
        {
            return Ok(Receipt::refused(reason));
        }
        let known = match &resolved.target {
            Some(target) if resolved.action.target().is_some() => match self.still_there(eyes, &place, target, &resolved.action, end).await
            {
                Ok(known) => Some(known),
                Err(Halt::Reason(reason)) => return Ok(Receipt::refused(reason)),
                Err(Halt::Surface(error)) => return Err(error),
            },
            Some(target) => match self.still_in_front(eyes, &place, target, &resolved.action, end).await {
                Ok(()) => None,
                Err(Halt::Reason(reason)) => return Ok(Receipt::refused(reason)),
                Err(Halt::Surface(error)) => return Err(error),
            },
            None => None,
        };
        // Before: also an act that breaks off may have left it there.
        if let Some(target) = resolved.target.as_ref().filter(|_| !resolved.action.secrets().is_empty()) {
            self.keep_secret(eyes, target);
        }
        let before = eyes.last.clone();
        let r = resolved.target.as_ref().map(|target| target.r#ref).filter(|_| known.is_some());
        let mut deed = Deed { desktop: self, place: &place, eyes, cx, end, known, r, before };
        match deed.perform(&resolved.action).await {
            Ok(receipt) => Ok(receipt),
            Err(Halt::Reason(reason)) => Ok(Receipt::refused(reason)),
            Err(Halt::Surface(error)) => Err(error),
        }
    }
}

/// What an action without a ref is about: the window that gets it.
fn window_target(eyes: &mut Eyes, look: &Look, action: &Action) -> Option<Target> {
    let about_window = matches!(
        action,
        Action::Press(_)
            | Action::Type(_)
            | Action::Paste(_)
            | Action::Copy(_)
            | Action::Hold(_)
            | Action::Mouse(_)
            | Action::ClickAt(_)
            | Action::CloseTab(_)
    );
    if !about_window {
        return None;
    }
    let win = window_for(eyes, &look.windows, action)?;
    let origin = super::eyes::origin(win);
    let r = eyes.refs.of(&Thing::Window { id: win.id })?;
    Some(Target { r#ref: r, role: "window".to_owned(), name: super::eyes::title(win), origin, form: None, rect: win.area.rect() })
}

/// The window that an action without a ref goes to.
fn window_for<'a>(eyes: &Eyes, windows: &'a Windows, action: &Action) -> Option<&'a Win> {
    let point = match action {
        Action::Mouse(mouse) => mouse.x.zip(mouse.y),
        Action::ClickAt(at) => Some((at.x, at.y)),
        _ => None,
    };
    match (point, action) {
        (Some((x, y)), _) => windows.at(x as i32, y as i32),
        (None, Action::CloseTab(close)) => windows.all.iter().find(|win| eyes.numbers.get(&win.id) == Some(&close.tab)),
        (None, _) => windows.front(),
    }
}

impl Deed<'_> {
    /// Does it, and tells what came of it.
    async fn perform(&mut self, action: &Action) -> Result<Receipt, Halt> {
        match action {
            Action::Click(_) => self.click(1, enigo::Button::Left).await,
            Action::DoubleClick(_) => self.click(2, enigo::Button::Left).await,
            Action::RightClick(_) => self.click(1, enigo::Button::Right).await,
            Action::MiddleClick(_) => self.click(1, enigo::Button::Middle).await,
            Action::Hover(_) => self.hover().await,
            Action::ClickAt(at) => self.click_at(at).await,
            Action::Drag(drag) => self.drag(drag).await,
            Action::Mouse(mouse) => self.mouse(mouse).await,
            Action::Scroll(scroll) => self.scroll(scroll).await,
            Action::Fill(fill) => self.fill(&fill.text).await,
            Action::Type(typed) => self.type_text(&typed.text).await,
            Action::Press(press) => self.press(&press.keys, Duration::ZERO).await,
            Action::Hold(hold) => {
                if !(0.0..=10.0).contains(&hold.seconds) {
                    return Err(Reason::BadArguments { problem: "seconds must be from 0 to 10".to_owned() }.into());
                }
                self.press(&hold.keys, Duration::from_secs_f64(hold.seconds)).await
            }
            Action::Select(select) => self.select(&select.option).await,
            Action::Check(check) => self.check(check.checked).await,
            Action::SelectText(select) => self.select_text(select.text.as_deref()).await,
            Action::Copy(_) => self.copy().await,
            Action::Paste(_) => self.paste().await,
            Action::Wait(wait) => self.wait(wait).await,
            Action::SwitchTab(switch) => self.switch(switch.tab).await,
            Action::CloseTab(close) => self.close_window(close.tab).await,
            Action::Find(find) => self.find(&find.text).await,
            Action::Read(_) | Action::Expand(_) => self.read().await,
            Action::Launch(launch) => self.launch(&launch.program).await,
            other => Err(Reason::Unsupported { action: other.name().to_owned() }.into()),
        }
    }

    /// Has the hands do something.
    async fn hands<F>(&self, work: F) -> Result<(), Halt>
    where
        F: FnOnce(&mut Hands) -> Result<(), Failed> + Send + 'static,
    {
        if let Some(guard) = &self.place.guard {
            guard.may(self.end).await?;
            guard.working(true, None);
        }
        let done = self.place.hands.call("moving the hands", self.end, move |hands| {
            let done = work(hands);
            (done, hands.put)
        });
        let done = done.await;
        if let Some(guard) = &self.place.guard {
            guard.working(false, done.as_ref().ok().and_then(|(_, put)| *put));
        }
        match done? {
            (Ok(()), _) => Ok(()),
            (Err(problem), _) => Err(super::x::worker::gone(problem).into()),
        }
    }

    /// Waits for an effect, and tells what it was.
    async fn effects(&mut self, effects: Effects) -> Result<Receipt, Halt> {
        let limit = self.end.min(Instant::now() + self.desktop.config.effect_wait);
        loop {
            let look = self.eyes.look_now(self.end).await?;
            if effects.any(self, &look) {
                // The rest of it comes at the same time, or a moment later.
                let look = self.eyes.look(self.end).await?;
                let changes = effects.of(self, &look);
                if !changes.is_empty() {
                    return Ok(Receipt::Verified { changes });
                }
            }
            if Instant::now() >= limit {
                return Ok(Receipt::NoEffect);
            }
            if let Some(guard) = &self.place.guard {
                guard.is_stopped()?;
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    async fn wait(&mut self, wait: &Wait) -> Result<Receipt, Halt> {
        let began = Instant::now();
        let limit = self.end.min(began + Duration::from_secs(10));
        loop {
            let look = self.eyes.look(self.end).await?;
            let mut changes = Vec::new();
            if let Some(text) = &wait.text {
                let there = look.screen.nodes.iter().any(|node| {
                    node.name.contains(text.as_str()) || node.value.as_ref().is_some_and(|value| value.contains(text.as_str()))
                });
                if there
                    || look.screen.tabs.iter().any(|tab| tab.title.contains(text.as_str()))
                    || look.screen.title.contains(text.as_str())
                {
                    changes.push(Change::Appeared { text: text.clone() });
                }
            }
            if let Some(gone) = wait.gone
                && look.screen.get(gone).is_none()
            {
                changes.push(Change::Gone { r#ref: gone });
            }
            if wait.idle == Some(true) || wait.text.is_none() && wait.gone.is_none() {
                changes.push(Change::Idle);
            }
            if !changes.is_empty() {
                return Ok(Receipt::Verified { changes });
            }
            if Instant::now() >= limit {
                return Err(Reason::TimedOut { waited_ms: began.elapsed().as_millis() as u64 }.into());
            }
            tokio::time::sleep(Duration::from_millis(80)).await;
        }
    }
}
