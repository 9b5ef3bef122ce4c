//! A desktop that is made again: after a crash of ours, on a display of its own or a person's.
//!
//! The one decision: what a program held and had not saved is lost with it, and that is said. The programs are started again as they were
//! started before, and an element keeps its ref only if its role and name are found on the new screen once, as on the old one.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::Duration;

use handiwork_core::screen::hex;
use handiwork_core::{Checkpoint, Context, Restore, Restored, Screen, SurfaceError};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

use super::eyes::Eyes;
use super::{Desktop, take};
use crate::mark;

/// What is needed to be there again.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    /// Programs with their arguments.
    programs: Vec<Vec<String>>,
}

impl Desktop {
    pub(super) async fn take_checkpoint(&self) -> Option<Checkpoint> {
        let place = self.place().await;
        let state = serde_json::to_vec(&State { programs: place.seat.programs.list() }).ok()?;
        let digest = hex(&Sha256::digest(&state));
        Some(Checkpoint { process: place.seat.server.and_then(mark::of), state, digest })
    }

    pub(super) async fn restore_from(&self, cx: &Context, from: &Restore<'_>) -> Result<Restored, SurfaceError> {
        let end = self.end(cx);
        let mut eyes = self.turn(end).await?;
        let mut out = Restored::default();
        let old = self.place().await;
        let here = old.seat.server.and_then(mark::of);
        let is_own = from.process.is_some() && from.process == here.as_ref();
        if let Some(process) = from.process.filter(|_| !is_own) {
            let process = process.clone();
            let ended = tokio::task::spawn_blocking(move || mark::end(&process, Duration::from_secs(5))).await;
            if !ended.unwrap_or(false) {
                return Err(SurfaceError::NotAvailable {
                    problem: "the display of this run before the break is still there and can't be ended".to_owned(),
                    hint: "end its Xvfb yourself, then resume".to_owned(),
                });
            }
        }
        let alive = old.x.call("looking at the display", end, |x| x.pointer()).await.is_ok_and(|at| at.is_ok());
        let place = if alive { old } else { Arc::new(take(&self.config).await?) };
        *self.place.write().await = Arc::clone(&place);
        let refs = std::mem::take(&mut eyes.refs);
        *eyes = Eyes::new(Arc::clone(&place.x), place.bus.clone(), self.reader.clone());
        eyes.refs = refs;
        eyes.refs.begin_again(from.next_ref);
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let state: Option<State> = from.state.and_then(|bytes| serde_json::from_slice(bytes).ok());
        let running = place.seat.programs.list();
        for words in state.map(|state| state.programs).unwrap_or_default() {
            let name = words.first().cloned().unwrap_or_default();
            if running.contains(&words) && alive {
                if !is_own {
                    out.lost.push(format!("what {name} held and had not saved"));
                }
                continue;
            }
            match super::act::windows::launch(&mut eyes, &place, &words, end).await {
                Ok(_) => out.lost.push(format!("what {name} held and had not saved")),
                Err(problem) => out.lost.push(format!("{name}: {problem}")),
            }
        }
        if let Some(before) = from.screen {
            out.kept = adopt(&mut eyes, before, end).await?;
        }
        Ok(out)
    }
}

/// Gives old refs to what is surely the same.
async fn adopt(eyes: &mut Eyes, before: &Screen, end: tokio::time::Instant) -> Result<Vec<handiwork_core::Ref>, SurfaceError> {
    // Looked at with refs that are thrown away again: those who are the same get their old ones first.
    let look = eyes.look(end).await?;
    let count = |screen: &Screen| {
        let mut seen: HashMap<(String, String), u32> = HashMap::new();
        for node in screen.nodes.iter().filter(|node| node.r#ref.is_some()) {
            *seen.entry((node.role.clone(), node.name.clone())).or_default() += 1;
        }
        seen
    };
    let (old, new) = (count(before), count(&look.screen));
    let found: Vec<(handiwork_core::Ref, super::refs::Known)> = before
        .nodes
        .iter()
        .filter_map(|node| {
            let key = (node.role.clone(), node.name.clone());
            let once = !node.name.is_empty() && old.get(&key) == Some(&1) && new.get(&key) == Some(&1);
            let now = look.screen.nodes.iter().find(|other| once && other.role == node.role && other.name == node.name)?;
            Some((node.r#ref?, eyes.refs.find(now.r#ref?).ok()?))
        })
        .collect();
    eyes.refs.begin_again(0);
    let kept = found.into_iter().filter_map(|(r, known)| eyes.refs.adopt(r, known).then_some(r)).collect();
    Ok(kept)
}
