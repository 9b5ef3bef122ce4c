//! How an event is written down, and read again.
//!
//! Pure. A top-level field whose JSON is large (a screen, mostly) is taken out and becomes a blob, and its hash stands in its
//! place as `{"$blob": "…"}`; that is done for every event alike, so a new event needs nothing here. A field that happens to
//! look like such a stand-in is taken out too, whatever its size: a stand-in in the store is then always ours.

use std::collections::BTreeMap;

use handiwork_core::screen::hex;
use handiwork_core::{BlobId, Event, JournalError, RunId};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// A field of more bytes than this is taken out.
pub(crate) const INLINE: usize = 4096;

const STAND_IN: &str = "$blob";

/// An event as it is stored.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) body: String,
    pub(crate) blobs: BTreeMap<BlobId, Vec<u8>>,
}

/// Writes an event down. What could not be read again is refused: better now than when the run is resumed.
pub(crate) fn pack(event: &Event) -> Result<Packed, JournalError> {
    let unfit = |error: serde_json::Error| JournalError::Store {
        doing: "written",
        detail: format!("a {} event has no JSON form: {error}", event.kind()),
        hint: "a number in it is not finite, or this is a bug of handiwork: please report it".to_owned(),
    };
    let value = serde_json::to_value(event).map_err(unfit)?;
    serde_json::from_value::<Event>(value.clone()).map_err(unfit)?;
    let Value::Object(mut fields) = value else {
        return Ok(Packed { body: value.to_string(), blobs: BTreeMap::new() });
    };
    let mut blobs = BTreeMap::new();
    for (name, field) in &mut fields {
        if name == "type" {
            continue;
        }
        let text = field.to_string();
        if text.len() > INLINE || stands_for(field).is_some() {
            let id = BlobId::of(text.as_bytes());
            *field = json!({ STAND_IN: id.0 });
            blobs.insert(id, text.into_bytes());
        }
    }
    Ok(Packed { body: Value::Object(fields).to_string(), blobs })
}

/// The blob that a field stands for.
fn stands_for(field: &Value) -> Option<BlobId> {
    let fields = field.as_object().filter(|fields| fields.len() == 1)?;
    fields.get(STAND_IN)?.as_str().map(|id| BlobId(id.to_owned()))
}

/// A stored body, taken apart; see [`Unpacked::finish`].
#[derive(Debug)]
pub(crate) struct Unpacked {
    fields: Map<String, Value>,
}

impl Unpacked {
    pub(crate) fn parse(body: &str) -> Result<Self, serde_json::Error> {
        Ok(Self { fields: serde_json::from_str(body)? })
    }

    /// The type, as the body tells it.
    pub(crate) fn kind(&self) -> &str {
        self.fields.get("type").and_then(Value::as_str).unwrap_or_default()
    }

    /// The fields that are elsewhere.
    pub(crate) fn missing(&self) -> Vec<(String, BlobId)> {
        self.fields.iter().filter_map(|(name, field)| Some((name.clone(), stands_for(field)?))).collect()
    }

    pub(crate) fn fill(&mut self, name: &str, bytes: &[u8]) -> Result<(), serde_json::Error> {
        let value = serde_json::from_slice(bytes)?;
        self.fields.insert(name.to_owned(), value);
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Event, serde_json::Error> {
        serde_json::from_value(Value::Object(self.fields))
    }
}

/// What a row must have beside it. Covers its place, too: a row moved to another run or place is damage.
pub(crate) fn checksum(run: &RunId, seq: i64, at: i64, body: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    // The length keeps the id apart from what follows it.
    hash.update((run.0.len() as u64).to_le_bytes());
    hash.update(run.0.as_bytes());
    hash.update(seq.to_le_bytes());
    hash.update(at.to_le_bytes());
    hash.update(body.as_bytes());
    hash.finalize().to_vec()
}

/// What to say of a row whose checksum is another one.
pub(crate) fn mismatch(expected: &[u8], found: &[u8]) -> String {
    let short = |bytes: &[u8]| hex(bytes).chars().take(12).collect::<String>();
    format!("its checksum is {}…, it should be {}…", short(found), short(expected))
}
