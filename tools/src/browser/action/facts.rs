//! What is known of an element right now, as the page tells it.

use handiwork_core::{Rect, Verb};
use serde::Deserialize;

/// The form of an element.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FormFacts {
    pub(crate) method: String,
    pub(crate) origin: String,
    /// Whether acting on the element sends it.
    pub(crate) submits: bool,
    /// Whether it just asks for something: a search.
    pub(crate) plain: bool,
    /// Name of the button that would be pressed by Enter.
    pub(crate) button: String,
}

/// An element now.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    /// `stale` or `there`.
    pub(crate) state: String,
    pub(crate) role: String,
    pub(crate) name: String,
    pub(crate) tag: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) origin: String,
    pub(crate) verbs: Vec<Verb>,
    pub(crate) disabled: bool,
    pub(crate) readonly: bool,
    pub(crate) editable: bool,
    pub(crate) href: String,
    pub(crate) scripted: bool,
    /// Opens or closes something on the page.
    pub(crate) opens: bool,
    pub(crate) multiple: bool,
    pub(crate) options: Vec<String>,
    pub(crate) checked: String,
    /// Its value is not to be told.
    pub(crate) password: bool,
    pub(crate) form: Option<FormFacts>,
    pub(crate) moving: bool,
    pub(crate) hidden: bool,
    /// What would get a click instead.
    pub(crate) cover: String,
    pub(crate) point: Option<(f64, f64)>,
    pub(crate) rect: Option<(f64, f64, f64, f64)>,
}

impl Facts {
    pub(crate) fn place(&self) -> Rect {
        self.rect.map_or_else(Rect::default, |(x, y, w, h)| Rect { x, y, w, h })
    }

    /// Role and name, as told to a model.
    pub(crate) fn describe(role: &str, name: &str) -> String {
        if name.is_empty() { format!("{role} without a name") } else { format!("{role} {name:?}") }
    }
}
