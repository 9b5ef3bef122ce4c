//! Anything with a screen, in three verbs: observe, resolve, dispatch.
//!
//! `resolve` finds the target of an action and says how grave it would be, and changes nothing; policy decides on what it
//! returns; `dispatch` does exactly that, after checking once more that the target still is what was decided on.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::action::{Action, EffectClass};
use crate::context::Context;
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
}

impl Resolved {
    /// Binds an action to its target.
    #[must_use]
    pub fn new(action: Action, target: Option<Target>, effect: EffectClass) -> Self {
        // The rectangle is left out: an element that moved by a pixel is still the element that was approved.
        let about = target.as_ref().map(|t| (t.r#ref, &t.role, &t.name, &t.origin, &t.form));
        let bytes = serde_json::to_vec(&(&action, about, effect)).unwrap_or_default();
        let hash = hex(&Sha256::digest(bytes));
        Self { action, target, effect, hash }
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

    /// A picture of it, when it has one and no secret could be on it.
    async fn screenshot(&self, _cx: &Context) -> Result<Option<Shot>, SurfaceError> {
        Ok(None)
    }

    /// Ends it and waits until nothing of it is left.
    async fn close(&self) {}
}
