//! Commands whose shape is kept as JSON: what a newer browser adds to an answer is then not lost, and can't break it either.

use std::borrow::Cow;

use chromiumoxide::types::{Command, Method};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A command by name.
pub(super) struct Raw {
    pub(super) method: &'static str,
    pub(super) params: Value,
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.params.serialize(serializer)
    }
}

impl Method for Raw {
    fn identifier(&self) -> Cow<'static, str> {
        Cow::Borrowed(self.method)
    }
}

impl Command for Raw {
    type Response = Value;
}
