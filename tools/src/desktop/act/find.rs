//! Finding the target again, and everything that may be wrong with it.

use handiwork_core::screen::State as Word;
use handiwork_core::{Action, Node, Reason, Ref, Refusal, SurfaceError, Target, Verb};
use tokio::time::Instant;

use super::super::eyes::{Eyes, point_of, title};
use super::super::refs::{Known, Thing};
use super::super::tree::bus::CallError;
use super::super::x::Area;
use super::super::{Desktop, Place};
use super::Halt;

impl Desktop {
    /// The target as it is now, if it can be acted on.
    pub(super) async fn find_target(
        &self,
        eyes: &mut Eyes,
        place: &Place,
        r: Ref,
        action: &Action,
        end: Instant,
    ) -> Result<Known, Refusal> {
        match self.target_now(eyes, place, r, action, end).await {
            Ok(known) => Ok(known),
            Err(Halt::Reason(reason)) => Err(Refusal::NotDispatched(reason)),
            Err(Halt::Surface(error)) => Err(Refusal::Surface(error)),
        }
    }

    async fn target_now(&self, eyes: &mut Eyes, place: &Place, r: Ref, action: &Action, end: Instant) -> Result<Known, Halt> {
        let known = current(eyes, eyes.refs.find(r)?);
        let mut node = eyes.last.screen.get(r).cloned();
        if node.is_none() {
            node = self.bring_back(eyes, place, r, &known, end).await?;
        }
        let Some(node) = node else { return Err(Reason::Hidden.into()) };
        self.is_as_shown(r, &node)?;
        accepts(&node, action)?;
        self.stands_still(eyes, place, &known, end).await?;
        Ok(current(eyes, eyes.refs.find(r)?))
    }

    /// Right before the event: it must be what was decided on, and a click must reach it.
    pub(super) async fn still_there(
        &self,
        eyes: &mut Eyes,
        place: &Place,
        target: &Target,
        action: &Action,
        end: Instant,
    ) -> Result<Known, Halt> {
        let mut known = current(eyes, eyes.refs.find(target.r#ref)?);
        if let (Thing::Element { bus, path }, Some(connection)) = (&known.thing, &place.bus) {
            let basics = match connection.basics_of(bus, path).await {
                Ok(basics) => basics,
                Err(CallError::Refused(_)) => return Err(Reason::Stale { r#ref: target.r#ref }.into()),
                Err(CallError::Silent) => return Err(silent(&known).into()),
            };
            let app = eyes.apps.get(bus);
            let was = app.and_then(|app| app.items.get(path)).map(|item| (item.role, item.name.clone()));
            if let Some((role, name)) = was
                && (role, name.as_str()) != (basics.role, basics.name.as_str())
            {
                let was = format!("{} {name:?}", known.role);
                return Err(Reason::Changed { was, now: format!("{} {:?}", basics.role.name(), basics.name) }.into());
            }
            let windows = eyes.last.windows.clone();
            if let Some(app) = app
                && let Some(area) = connection
                    .place_of(app, path, &|app, top| super::super::eyes::window_of(app, top, &windows).map(|win| (win.area.x, win.area.y)))
                    .await
            {
                let clip = eyes.last.windows.get(known.window).map(|win| win.area);
                let visible = clip.map_or(area, |clip| area.within(clip));
                // What is scrolled half out of view keeps the part that was seen.
                known.area = if visible.within(known.area).is_empty() { visible } else { known.area.within(visible) };
                if known.area.is_empty() {
                    known.area = visible;
                }
            }
        }
        let windows = place.x.call("looking at the windows", end, super::super::x::X::windows).await?;
        let windows = windows.map_err(|error| super::super::x::worker::gone(error.to_string()))?;
        let Some(win) = windows.get(known.window) else { return Err(Reason::Stale { r#ref: target.r#ref }.into()) };
        if needs_point(action) && !matches!(known.thing, Thing::Window { .. }) && point_of(known.area, win, &windows, true).is_none() {
            let (x, y) = known.area.middle();
            let by = windows.at(x, y).map_or_else(|| "nothing".to_owned(), |top| format!("window {:?}", title(top)));
            return Err(Reason::Covered { by }.into());
        }
        Ok(known)
    }

    /// What has no ref goes to a window: it must be the one that was decided on.
    pub(super) async fn still_in_front(
        &self,
        eyes: &mut Eyes,
        place: &Place,
        target: &Target,
        action: &Action,
        end: Instant,
    ) -> Result<(), Halt> {
        let known = eyes.refs.find(target.r#ref)?;
        let windows = place.x.call("looking at the windows", end, super::super::x::X::windows).await?;
        let windows = windows.map_err(|error| super::super::x::worker::gone(error.to_string()))?;
        let now = super::window_for(eyes, &windows, action);
        if now.is_some_and(|win| win.id == known.window) {
            return Ok(());
        }
        let now = now.map_or_else(|| "no window".to_owned(), |win| format!("window {:?}", title(win)));
        Err(Reason::Changed { was: format!("window {:?}", target.name), now }.into())
    }

    /// An element that is not on the screen: gone, covered, or out of view. What is out of view is scrolled to.
    async fn bring_back(&self, eyes: &mut Eyes, place: &Place, r: Ref, known: &Known, end: Instant) -> Result<Option<Node>, Halt> {
        let Some(win) = eyes.last.windows.get(known.window).cloned() else { return Err(Reason::Stale { r#ref: r }.into()) };
        match &known.thing {
            Thing::Window { .. } => Err(Reason::Covered { by: covering(eyes, win.area) }.into()),
            Thing::Seen { number, .. } => {
                let there = eyes.seen.get(&known.window).is_some_and(|seen| seen.lines.iter().any(|(n, _)| n == number));
                Err(if there { Reason::Covered { by: covering(eyes, known.area) } } else { Reason::Stale { r#ref: r } }.into())
            }
            Thing::Element { bus, path } => {
                let Some(connection) = &place.bus else { return Err(Reason::Stale { r#ref: r }.into()) };
                if eyes.apps.get(bus).is_some_and(|app| app.silent) {
                    return Err(silent(known).into());
                }
                let basics = match connection.basics_of(bus, path).await {
                    Ok(basics) => basics,
                    Err(CallError::Refused(_)) => return Err(Reason::Stale { r#ref: r }.into()),
                    Err(CallError::Silent) => return Err(silent(known).into()),
                };
                let defunct = basics.states & atspi::State::Defunct as u64 != 0;
                let Some(item) = eyes.apps.get(bus).and_then(|app| app.items.get(path)).filter(|_| !defunct) else {
                    return Err(Reason::Stale { r#ref: r }.into());
                };
                let shown = item.is_shown();
                let clipped = item.area.is_some_and(|area| area.within(win.area).is_empty());
                if shown && item.area.is_some_and(|area| !area.within(win.area).is_empty()) {
                    let area = item.area.unwrap_or_default().within(win.area);
                    if point_of(area, &win, &eyes.last.windows, true).is_none() {
                        return Err(Reason::Covered { by: covering(eyes, area) }.into());
                    }
                }
                // 6: anywhere in view will do.
                let _: Result<bool, CallError> = connection.call((bus, path), "org.a11y.atspi.Component", "ScrollTo", &(6_u32,)).await;
                let look = eyes.look(end).await?;
                let found = look.screen.get(r).cloned();
                if found.is_none() && !shown && !clipped {
                    return Err(Reason::Hidden.into());
                }
                Ok(found)
            }
        }
    }

    /// Whether it still is what the caller was shown.
    fn is_as_shown(&self, r: Ref, node: &Node) -> Result<(), Halt> {
        let shown = self.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&r).cloned();
        let Some((role, name)) = shown else { return Ok(()) };
        // A window's title tells what it holds, and changes with every letter.
        if matches!(role.as_str(), "window" | "dialog") || (role == node.role && name == node.name) {
            return Ok(());
        }
        Err(Reason::Changed { was: format!("{role} {name:?}"), now: format!("{} {:?}", node.role, node.name) }.into())
    }

    async fn stands_still(&self, eyes: &mut Eyes, place: &Place, known: &Known, end: Instant) -> Result<(), Halt> {
        let (Thing::Element { bus, path }, Some(connection)) = (&known.thing, &place.bus) else { return Ok(()) };
        let mut last: Option<Area> = eyes.apps.get(bus).and_then(|app| app.items.get(path)).and_then(|item| item.area);
        for _ in 0..12 {
            let windows = eyes.last.windows.clone();
            let Some(app) = eyes.apps.get(bus) else { return Ok(()) };
            let now = connection
                .place_of(app, path, &|app, top| super::super::eyes::window_of(app, top, &windows).map(|win| (win.area.x, win.area.y)))
                .await;
            if now == last || now.is_none() {
                return Ok(());
            }
            last = now;
            tokio::time::sleep(std::time::Duration::from_millis(60)).await;
            eyes.look_now(end).await?;
        }
        Err(Reason::Moving.into())
    }
}

/// The same with the path that its program knows it by now.
fn current(eyes: &Eyes, mut known: Known) -> Known {
    if let Thing::Element { bus, path } = &mut known.thing
        && let Some(now) = eyes.apps.get(bus).and_then(|app| app.current(path))
    {
        *path = now;
    }
    known
}

/// Whether the action is done by the mouse at the target.
fn needs_point(action: &Action) -> bool {
    matches!(
        action,
        Action::Click(_)
            | Action::DoubleClick(_)
            | Action::RightClick(_)
            | Action::MiddleClick(_)
            | Action::Hover(_)
            | Action::ClickAt(_)
            | Action::Drag(_)
    )
}

fn covering(eyes: &Eyes, area: Area) -> String {
    let (x, y) = area.middle();
    eyes.last.windows.at(x, y).map_or_else(|| "something".to_owned(), |top| format!("window {:?}", title(top)))
}

pub(super) fn silent(known: &Known) -> SurfaceError {
    SurfaceError::TimedOut {
        doing: format!(
            "asking {} about its elements (it does not answer: it has hung, or was stopped)",
            known.origin.trim_start_matches("app://")
        ),
        limit_ms: 1_500,
    }
}

/// Whether the element does this kind of thing.
fn accepts(node: &Node, action: &Action) -> Result<(), Halt> {
    let wrong = |wanted: &str| Reason::WrongKind { role: node.role.clone(), wanted: wanted.to_owned() };
    let disabled = node.states.contains(&Word::Disabled);
    match action {
        Action::Fill(_)
            if !node.verbs.contains(&Verb::Fill) && !matches!(node.role.as_str(), "window" | "combobox" | "cell" | "document") =>
        {
            Err(Reason::NotEditable { role: node.role.clone() }.into())
        }
        Action::Check(_) if !node.verbs.contains(&Verb::Check) && node.role != "button" => Err(wrong("a checkbox, radio or switch").into()),
        Action::Select(_) if !matches!(node.role.as_str(), "combobox" | "listbox" | "tree" | "table" | "tablist" | "menuitem") => {
            Err(wrong("a combobox, list or tree").into())
        }
        Action::Click(_) | Action::DoubleClick(_) | Action::Fill(_) | Action::Check(_) | Action::Select(_) | Action::Drag(_)
            if disabled =>
        {
            Err(Reason::Disabled.into())
        }
        _ => Ok(()),
    }
}
