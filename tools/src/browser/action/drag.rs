//! Drag: the mouse is pressed on an element, moved, and released.
//!
//! A page may follow the mouse itself, or leave the drag to the browser (HTML drag and drop). Which of the two it is shows
//! only after the first moves: then the browser hands the drag over to us, and it goes on by drag events.

use std::time::Duration;

use handiwork_core::action::{Button, Drag};
use handiwork_core::{Action, Change, Context, Reason, Receipt, Ref, Resolved};
use serde_json::Value;

use super::super::Browser;
use super::super::cdp::{CallError, Dragged, Mouse, Session, Until};
use super::super::watch::Counts;
use super::{Halt, verdict};

/// Moves between two points of the way.
const STEPS: u32 = 8;
/// Between two moves, as a hand has them: what follows the mouse may look only once a frame.
const PACE: Duration = Duration::from_millis(16);

/// How far beyond the middle of an element something is dropped on it, as a part of its size.
const BEYOND: f64 = 0.15;

impl Browser {
    pub(super) async fn drag(&self, cx: &Context, resolved: &Resolved, args: &Drag, until: Until) -> Result<Receipt, Halt> {
        let found = self.again_found(cx, resolved, until).await?;
        let tab = self.state().tab(found.tab).ok_or(CallError::Detached).map_err(Halt::before)?;
        let (place, middle) = (found.facts.place(), found.facts.point.ok_or(Halt::Refused(Reason::Hidden))?);
        let start = args.grab.map_or(middle, |grab| (place.x + grab.x, place.y + grab.y));
        let way: Vec<(f64, f64)> = match (args.to, args.dx.or(args.dy)) {
            (Some(to), _) => vec![self.spot(cx, to, start, until).await?],
            (None, Some(_)) => vec![(start.0 + args.dx.unwrap_or(0.0), start.1 + args.dy.unwrap_or(0.0))],
            (None, None) => args.path.iter().map(|point| (start.0 + point.x, start.1 + point.y)).collect(),
        };
        let (width, height) = self.viewport();
        let outside = |(x, y): &(f64, f64)| *x < 0.0 || *y < 0.0 || *x > f64::from(width) || *y > f64::from(height);
        if way.iter().any(outside) {
            return Err(Reason::OutOfView { width: f64::from(width), height: f64::from(height) }.into());
        }
        let counts = Counts { place: true, picture: true, ..Counts::default() };
        let act = async {
            tab.session.intercept_drags(true, until).await?;
            let dragged = self.along(found.tab, &tab.session, start, &way, until).await;
            tab.session.intercept_drags(false, until).await?;
            dragged.map(|()| Vec::<Change>::new())
        };
        let changes = self.acting(cx, Some((found.r#ref, found.id)), counts, until, act).await?;
        Ok(verdict(changes))
    }

    /// What is wrong with the arguments, if anything.
    pub(super) fn misled(args: &Drag) -> Option<String> {
        let ways = [args.to.is_some(), args.dx.is_some() || args.dy.is_some(), !args.path.is_empty()];
        (ways.into_iter().filter(|given| *given).count() != 1)
            .then(|| "say where to: by the ref of an element (to), or by an offset (dx, dy), or along a path".to_owned())
    }

    /// The point in the view at which something is dropped on an element: a little beyond its middle, for a list makes room
    /// before or after an item by the half that is reached.
    async fn spot(&self, cx: &Context, r: Ref, start: (f64, f64), until: Until) -> Result<(f64, f64), Halt> {
        // Looked for as the target of a hover: it must be in view, and nothing may be asked of it.
        let hover = Action::Hover(handiwork_core::action::Hover { r#ref: r });
        let target = self.resolve_here(cx, &hover, until).await?;
        let (x, y) = (target.x + target.w / 2.0, target.y + target.h / 2.0);
        let (dx, dy) = (x - start.0, y - start.1);
        Ok(if dx.abs() > dy.abs() { (x + BEYOND * target.w * dx.signum(), y) } else { (x, y + BEYOND * target.h * dy.signum()) })
    }

    async fn along(&self, number: u32, session: &Session, start: (f64, f64), way: &[(f64, f64)], until: Until) -> Result<(), CallError> {
        self.state().update(number, |tab| tab.drag = None);
        session.mouse(Mouse::Move, start, until).await?;
        session.mouse(Mouse::Press(Button::Left, 1), start, until).await?;
        let (mut at, mut handed): ((f64, f64), Option<Value>) = (start, None);
        for to in way {
            for step in 1..=STEPS {
                let part = f64::from(step) / f64::from(STEPS);
                let point = (at.0 + (to.0 - at.0) * part, at.1 + (to.1 - at.1) * part);
                match &handed {
                    Some(data) => session.drag(Dragged::Over, point, data, until).await?,
                    None => session.mouse(Mouse::Drag, point, until).await?,
                }
                tokio::time::sleep(PACE).await;
                if handed.is_none()
                    && let Some(data) = self.state().tab(number).and_then(|tab| tab.drag)
                {
                    session.drag(Dragged::Enter, point, &data, until).await?;
                    session.drag(Dragged::Over, point, &data, until).await?;
                    handed = Some(data);
                }
            }
            at = *to;
        }
        match &handed {
            Some(data) => {
                session.drag(Dragged::Over, at, data, until).await?;
                let dropped = session.drag(Dragged::Drop, at, data, until).await;
                if dropped.is_err() {
                    session.drag(Dragged::Cancel, at, data, until).await?;
                }
                session.mouse(Mouse::Release(Button::Left, 1), at, until).await?;
                dropped
            }
            None => session.mouse(Mouse::Release(Button::Left, 1), at, until).await,
        }
    }
}
