//! Reading and writing the file, and its head.

use serde_json::Value;

use super::format::{Around, Head, Ours, Script, Step};

impl Step {
    /// How large the view is to be.
    pub(super) fn viewport(width: u32, height: u32) -> Self {
        Self::SetViewport {
            width,
            height,
            device_scale_factor: 1.0,
            is_mobile: false,
            has_touch: false,
            is_landscape: false,
            around: Around::default(),
        }
    }
}

impl Script {
    /// Reads a file. The error says where it is wrong.
    pub fn read(text: &str) -> Result<Self, String> {
        let script: Self = serde_json::from_str(text).map_err(|error| format!("this is no recording of Chrome's form: {error}"))?;
        Ok(script)
    }

    /// The file.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// What it is and takes.
    #[must_use]
    pub fn head(&self) -> Head {
        self.steps
            .iter()
            .find_map(|step| match Ours::of(step) {
                Some(Ok(Ours::Script(head))) => Some(head),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// The same with another head.
    #[must_use]
    pub fn with_head(&self, head: Head) -> Self {
        let mut script = self.clone();
        let is_head = |step: &Step| matches!(Ours::of(step), Some(Ok(Ours::Script(_))));
        let new = Ours::Script(head).step();
        match script.steps.iter_mut().find(|step| is_head(step)) {
            Some(step) => *step = new,
            None => script.steps.insert(0, new),
        }
        script
    }

    /// The JSON Schema of the file.
    #[must_use]
    pub fn schema() -> Value {
        let mut schema = schemars::schema_for!(Self).to_value();
        // What stands in custom steps of ours.
        let ours = schemars::schema_for!(Ours).to_value();
        if let Some(map) = schema.as_object_mut() {
            map.insert("x-handiwork-steps".to_owned(), ours);
        }
        schema
    }
}
