//! Scroll: the page or one of its boxes, by most of what is in view.

use std::time::Duration;

use handiwork_core::action::{Direction, Scroll};
use handiwork_core::{Change, Context, Receipt, Resolved};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::super::Browser;
use super::super::cdp::{CallError, Until};
use super::Halt;

/// How long a page at its end is given to grow.
const GROWS: Duration = Duration::from_millis(600);

#[derive(Deserialize)]
struct Moved {
    from: (f64, f64),
    to: (f64, f64),
}

impl Browser {
    pub(super) async fn scroll(&self, cx: &Context, resolved: &Resolved, args: &Scroll, until: Until) -> Result<Receipt, Halt> {
        let found = self.again(cx, resolved, until).await?;
        let tab = self.tab().map_err(Halt::before)?;
        let direction = match args.direction {
            Direction::Up => "up",
            Direction::Down => "down",
            Direction::Left => "left",
            Direction::Right => "right",
            Direction::Top => "top",
            Direction::Bottom => "bottom",
        };
        let mark = self.state().mark();
        let (token, id) = found.as_ref().map_or((None, 0), |found| (Some(found.token.as_str()), found.id));
        let frame = match &found {
            Some(found) if found.facts.tag == "iframe" || found.facts.tag == "frame" => {
                self.part_in(tab.number, tab.part_of(&found.token), &found.token, id, until).await.map_err(Halt::before)?
            }
            _ => None,
        };
        let began = Instant::now();
        let moved = loop {
            let answer = match &frame {
                Some(part) => self.call_in(tab.number, part, None, "scrollTo", &json!([0, direction]), until).await,
                None => self.call(tab.number, token, "scrollTo", &json!([id, direction]), until).await,
            };
            let moved: Option<Moved> = answer.map_err(Halt::during)?.and_then(|answer| serde_json::from_value(answer.value).ok());
            match moved {
                Some(moved) if (moved.from.0 - moved.to.0).abs() + (moved.from.1 - moved.to.1).abs() >= 1.0 => break moved,
                // A page may be about to grow, for it was scrolled to its end only now.
                Some(_) if began.elapsed() < GROWS && !until.is_over() => tokio::time::sleep(GROWS / 10).await,
                _ => return Ok(Receipt::NoEffect),
            }
        };
        // What is loaded on scrolling belongs to what is seen next.
        match self.settle(mark, until).await {
            Ok(()) | Err(CallError::Detached) => {}
            Err(error) => return Err(Halt::during(error)),
        }
        if let Ok(look) = self.look(cx, false, until).await {
            self.remember(look);
        }
        Ok(Receipt::Verified { changes: vec![Change::Scrolled { x: moved.to.0, y: moved.to.1 }] })
    }
}
