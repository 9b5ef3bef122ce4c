//! Anything with a screen, in three verbs: observe, resolve, dispatch.
//!
//! `resolve` finds the target of an action and says how grave it would be, and changes nothing; policy decides on what it
//! returns; `dispatch` does exactly that, after checking once more that the target still is what was decided on.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::action::{Action, EffectClass};
use crate::context::Context;
use crate::marks::{Found, Marks, Wanted};
use crate::probe::Probe;
use crate::receipt::{Reason, Receipt};
use crate::screen::{Rect, Ref, Screen, hex};

/// What kind of surface it is and what can be done on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurfaceInfo {
    /// One word: "browser", "desktop".
    pub kind: String,
    /// Names of the actions that it takes, in the order in which a model is told of them.
    pub actions: Vec<String>,
}

/// The form that a target belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// GET or POST.
    pub method: String,
    /// Origin that the form is sent to.
    pub origin: String,
    /// Whether acting on the target sends the form.
    pub submits: bool,
}

/// The element that an action is about, as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Its ref.
    pub r#ref: Ref,
    /// Its role.
    pub role: String,
    /// Its name.
    pub name: String,
    /// Origin of the document that it is in.
    pub origin: String,
    /// The form that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
    /// Where it is.
    #[serde(default)]
    pub rect: Rect,
}

/// An action with its target found, ready to be decided on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    /// What to do. Secrets are still placeholders here.
    pub action: Action,
    /// What to do it to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// How grave it is.
    pub effect: EffectClass,
    /// SHA-256 of what is to be done to what: an approval is bound to it.
    pub hash: String,
    /// What the target looks like, for finding it again on another day. Not a part of the hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<Box<Marks>>,
}

impl Resolved {
    /// Binds an action to its target.
    #[must_use]
    pub fn new(action: Action, target: Option<Target>, effect: EffectClass) -> Self {
        // The rectangle is left out: an element that moved by a pixel is still the element that was approved.
        let about = target.as_ref().map(|t| (t.r#ref, &t.role, &t.name, &t.origin, &t.form));
        let bytes = serde_json::to_vec(&(&action, about, effect)).unwrap_or_default();
        let hash = hex(&Sha256::digest(bytes));
        Self { action, target, effect, hash, marks: None }
    }
}

/// Why an action could not be resolved.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It can't be done now; the model is told why.
    #[error("{0}")]
    NotDispatched(Reason),
    /// The surface itself failed.
    #[error(transparent)]
    Surface(#[from] SurfaceError),
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::NotDispatched(reason)
    }
}

/// The surface itself failed; the run can't go on without repairing it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SurfaceError {
    /// The program behind the surface is gone.
    #[error("the {kind} is gone: {detail}; start the run again")]
    Gone {
        /// Which kind of surface.
        kind: &'static str,
        /// What was seen.
        detail: String,
    },
    /// It did not answer in time.
    #[error("{doing} took longer than {limit_ms} ms; the page may be busy: try again, or raise the deadline")]
    TimedOut {
        /// What was being done.
        doing: String,
        /// The deadline, in milliseconds.
        limit_ms: u64,
    },
    /// It could not be started.
    #[error("{problem}; {hint}")]
    NotAvailable {
        /// What is wrong.
        problem: String,
        /// What to do about it.
        hint: String,
    },
    /// It answered something that we do not understand.
    #[error("{doing}: {detail}")]
    Protocol {
        /// What was being done.
        doing: String,
        /// What came back.
        detail: String,
    },
}

/// A process, so that it can't be taken for another one that has got its number since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessMark {
    /// Its id, which is also the id of its group.
    pub pid: u32,
    /// When it began, in the kernel's ticks since the machine's start.
    pub started: u64,
    /// The machine's start that these are counted from.
    pub boot: String,
}

/// What a surface needs to be again as it was, in another process.
#[derive(Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The program behind the surface.
    pub process: Option<ProcessMark>,
    /// Its state, in a form of its own: cookies and the like, so always encrypted. Empty where there is no key to do so.
    pub state: Vec<u8>,
    /// Two checkpoints with the same digest stand for the same state. Tells nothing about it.
    pub digest: String,
}

impl std::fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Checkpoint({:?}, {} bytes)", self.process, self.state.len())
    }
}

/// Where a surface is to go on from.
#[derive(Debug, Clone, Default)]
pub struct Restore<'a> {
    /// The program that was behind it: it must have ended before anything else is done.
    pub process: Option<&'a ProcessMark>,
    /// The state of the newest checkpoint.
    pub state: Option<&'a [u8]>,
    /// What was on the screen last. What is found again on the new one, by role and name and without any doubt, keeps its ref.
    pub screen: Option<&'a Screen>,
    /// The first ref that was never given in this run.
    pub next_ref: u32,
}

/// What could be restored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// Refs that stand for what they stood for. All others of the run are stale.
    pub kept: Vec<Ref>,
    /// What could not be restored, a sentence each.
    pub lost: Vec<String>,
}

/// A picture of the screen.
#[derive(Clone)]
pub struct Shot {
    /// The picture.
    pub bytes: Vec<u8>,
    /// Its media type, such as `image/webp`.
    pub media_type: &'static str,
    /// Size of the viewport in CSS pixels, the unit of [`Rect`].
    pub size: (f64, f64),
}

impl std::fmt::Debug for Shot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shot({}, {} bytes)", self.media_type, self.bytes.len())
    }
}

/// Anything with a screen. Every method ends by the deadline of its context, whatever the screen does.
#[async_trait]
pub trait Surface: Send + Sync + std::fmt::Debug {
    /// What it is and can do. Fixed for the life of the surface.
    fn info(&self) -> SurfaceInfo;

    /// What a person could see and use now.
    async fn observe(&self, cx: &Context) -> Result<Screen, SurfaceError>;

    /// Finds the target of an action. May wait and scroll, changes nothing else.
    async fn resolve(&self, cx: &Context, action: &Action) -> Result<Resolved, Refusal>;

    /// Does it, and observes what came of it.
    async fn dispatch(&self, cx: &Context, resolved: &Resolved) -> Result<Receipt, SurfaceError>;

    /// Finds an element that was recorded. May wait and scroll, changes nothing else. What may be it, best first; the one that
    /// certainly is it says so.
    async fn seek(&self, _cx: &Context, _wanted: &Wanted) -> Result<Vec<Found>, SurfaceError> {
        Err(SurfaceError::NotAvailable {
            problem: format!("on a {} surface nothing can be looked for that was recorded", self.info().kind),
            hint: "run the goal again with a model".to_owned(),
        })
    }

    /// A picture of it, when it has one and no secret could be on it.
    async fn screenshot(&self, _cx: &Context) -> Result<Option<Shot>, SurfaceError> {
        Ok(None)
    }

    /// What it would need to be as it is now in another process. None if it can't be restored.
    async fn checkpoint(&self, _cx: &Context) -> Result<Option<Checkpoint>, SurfaceError> {
        Ok(None)
    }

    /// Makes it again as it was, whether it is new or its program has died. The old program is ended first, if it is still there.
    async fn restore(&self, _cx: &Context, _from: &Restore<'_>) -> Result<Restored, SurfaceError> {
        Err(SurfaceError::NotAvailable {
            problem: format!("a {} surface can't be restored", self.info().kind),
            hint: "start the run again".to_owned(),
        })
    }

    /// Whether what a probe asks for is the case: looked up beside what is on the screen, which stays as it is.
    async fn probe(&self, _cx: &Context, _probe: &Probe) -> Result<bool, SurfaceError> {
        Err(SurfaceError::NotAvailable {
            problem: format!("a {} surface can't be probed", self.info().kind),
            hint: "look yourself, and answer the question".to_owned(),
        })
    }

    /// Ends it and waits until nothing of it is left.
    async fn close(&self) {}
}
