//! Recording: a layer next to the model, so that each attempt is seen, failed ones too.
//!
//! A line is written as soon as its exchange is over. A process that is killed leaves all lines before, each of them whole.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{CassetteError, FORMAT};
use crate::context::Context;
use crate::layer::Layer;
use crate::model::{Model, ModelError, Reply, Request};

/// Records all exchanges with a model into a file. Add it last, so that it is next to the model.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: Mutex<File>,
}

impl Recorder {
    /// Begins a new cassette at `path`; one that is there is written over.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, CassetteError> {
        let path = path.as_ref().to_path_buf();
        match File::create(&path) {
            Ok(file) => Ok(Self { path, file: Mutex::new(file) }),
            Err(source) => Err(CassetteError::File { path, doing: "written", source }),
        }
    }

    fn write(&self, line: &Value) -> Result<(), ModelError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // In one piece, and past every buffer of ours: a crash leaves whole lines.
        file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.flush()).map_err(|error| ModelError::Cassette {
            problem: format!("the cassette {} can't be written: {error}", self.path.display()),
            hint: "free space or record elsewhere".to_owned(),
        })
    }
}

#[async_trait]
impl Layer for Recorder {
    async fn complete(&self, cx: &Context, request: &Request, next: &dyn Model) -> Result<Reply, ModelError> {
        let outcome = next.complete(cx, request).await;
        let (kind, said) = match &outcome {
            Ok(reply) => ("reply", json!(reply)),
            Err(error) => ("error", without_times(json!(error))),
        };
        let mut line = json!({ "format": FORMAT, "model": next.info(), "request": request, kind: said });
        let calls = line.pointer_mut("/reply/calls").and_then(Value::as_array_mut).into_iter().flatten();
        for call in calls.filter_map(Value::as_object_mut) {
            // In the text of arguments a value may be escaped, so that it is not found there.
            if call.get("raw").and_then(Value::as_str).is_some_and(|raw| cx.secrets().hide_in(raw)) {
                call.shift_remove("raw");
            }
        }
        cx.secrets().redact_json(&mut line);
        self.write(&line)?;
        outcome
    }
}

/// A replay need not wait for as long as the provider asked for then.
fn without_times(mut error: Value) -> Value {
    for fields in error.as_object_mut().into_iter().flat_map(|kinds| kinds.values_mut()).filter_map(Value::as_object_mut) {
        fields.shift_remove("retry_after");
    }
    error
}
