//! A browser that has grown too large is started again, between two actions.
//!
//! The one decision: nobody's work is lost for it. While a dialog is open, or something is typed and not sent, it goes on as it is;
//! a system that runs out of memory ends it harder, and that can be survived too.

use std::sync::PoisonError;
use std::time::Duration;

use futures::future::join_all;
use handiwork_core::{Context, SurfaceError};
use serde_json::Value;
use tokio::time::Instant;

use super::super::Browser;
use super::super::cdp::{CallError, Until};
use super::super::place::Place;
use super::super::tab::Tab;

/// It is not started again within this time: if it has grown as large by then, that would not help.
const PAUSE: Duration = Duration::from_mins(1);
/// How long a page may take to say whether something is typed in it.
const ASKING: Duration = Duration::from_millis(500);
/// Whether a field differs from how it came.
const TYPED: &str = r"[...document.querySelectorAll('input,textarea,select,[contenteditable=true]')].some((e) => {
  if (e.localName === 'select') return [...e.options].some((o) => o.defaultSelected) ? [...e.options].some((o) => o.selected !== o.defaultSelected) : e.selectedIndex > 0;
  if (e.isContentEditable) return document.activeElement === e;
  if (/^(hidden|submit|button|reset|image)$/.test(e.type)) return false;
  return /^(checkbox|radio)$/.test(e.type) ? e.checked !== e.defaultChecked : e.value !== e.defaultValue;
})";

impl Browser {
    /// Starts the browser again if it has more memory than it may, and nothing is lost by that.
    pub(crate) async fn renew_if_large(&self, cx: &Context, until: Until) -> Result<(), SurfaceError> {
        let Some(limit) = self.config.memory_limit else { return Ok(()) };
        let renewed = *self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        if renewed.is_some_and(|at| at.elapsed() < PAUSE) {
            return Ok(());
        }
        let seat = self.seat();
        let Some(process) = seat.host.process.clone().filter(|_| matches!(seat.place, Place::Whole)) else { return Ok(()) };
        let memory = tokio::task::spawn_blocking(move || process.memory()).await.ok().flatten();
        let Some(memory) = memory.filter(|memory| *memory > limit) else { return Ok(()) };
        let tabs = seat.state.tabs();
        let asked = join_all(tabs.iter().map(|tab| is_busy(tab, until.at_most(ASKING)))).await;
        if asked.into_iter().any(|busy| busy) {
            return Ok(());
        }
        tracing::info!(memory, limit, "the browser is started again, for it has grown too large");
        let doing = |error: CallError| error.surface("starting the browser again");
        let kept = self.keep(cx, &seat).await.map_err(doing)?;
        let screen = self.baseline().screen;
        let next = self.refs().next();
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        drop(seat);
        self.start_again(None).await?;
        let restored = self.put_back(cx, kept, next, Some(&screen), until).await.map_err(doing)?;
        let mut note = format!("the browser had grown to {} MB and was started again; its pages were loaded anew", memory >> 20);
        for lost in restored.lost {
            note.push_str("; ");
            note.push_str(&lost);
        }
        self.state().tell_later(note);
        Ok(())
    }
}

/// Whether something would be lost with a page, or can't be known.
async fn is_busy(tab: &Tab, until: Until) -> bool {
    if tab.dialog.is_some() {
        return true;
    }
    if tab.crashed || tab.hung || !tab.url.starts_with("http") {
        return false;
    }
    let asked = async {
        let world = tab.session.world(tab.frame(), until).await?;
        tab.session.evaluate(world, TYPED.to_owned(), until).await
    };
    asked.await.unwrap_or(Value::Bool(true)) != Value::Bool(false)
}
