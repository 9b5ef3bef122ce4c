//! Taking words out of journals and blobs.

use std::collections::BTreeSet;

use handiwork_core::journal::Claim;
use handiwork_core::memory::Viewer;
use handiwork_core::{BlobId, Entry, Event, Journal as _, RunId};
use serde_json::{Map, Value};

use crate::body;
use crate::error::StoreError;
use crate::journal::write_blob;
use crate::line::Line;
use crate::store::{Store, now};

use super::Forgotten;
use super::words::Needle;

/// A run without the words.
struct Rewritten {
    entries: Vec<Entry>,
    changed: BTreeSet<u64>,
    /// Pictures of screens that the words stood on, and what only belongs to the entries as they were.
    dropped: BTreeSet<BlobId>,
    /// Whether it is somebody else's.
    others: bool,
}

impl Store {
    /// Takes the words out of every journal of the viewer's runs.
    pub(super) async fn rewrite_runs(&self, viewer: &Viewer, needle: &Needle, done: &mut Forgotten) -> Result<(), StoreError> {
        let ids: Vec<String> =
            self.reading(sqlx::query_scalar("SELECT id FROM runs WHERE damaged IS NULL ORDER BY id").fetch_all(&self.pool)).await?;
        let mut orphans = BTreeSet::new();
        for id in ids.into_iter().map(RunId) {
            let Some(new) = self.without(viewer, &id, needle).await? else { continue };
            if new.others {
                done.others = true;
                continue;
            }
            // Whoever drives it would go on writing what it knows.
            let _claim: Box<dyn Claim> = self.claim(&id).await?;
            let Some(new) = self.without(viewer, &id, needle).await? else { continue };
            let before = self.blobs_of(&id).await?;
            self.replace(&id, &new).await?;
            let after = self.blobs_of(&id).await?;
            orphans.extend(before.difference(&after).chain(&new.dropped).cloned());
            done.entries += new.changed.len() as u64;
            done.runs.push(id);
        }
        for blob in orphans {
            // Another run may show the same, and has its own reason to.
            if !self.is_referred_to(&blob).await? {
                done.blobs += u64::from(self.drop_blob(&blob).await?);
            }
        }
        Ok(())
    }

    /// The run without the words; none if they are not in it.
    async fn without(&self, viewer: &Viewer, id: &RunId, needle: &Needle) -> Result<Option<Rewritten>, StoreError> {
        let entries = self.load(id).await?;
        let users = entries.first().and_then(|entry| match &entry.event {
            Event::Started(started) => started.viewer.as_ref(),
            _ => None,
        });
        let others = users.is_some_and(|owner| owner.scope.user != viewer.scope.user);
        let mut new = Rewritten { entries: Vec::with_capacity(entries.len()), changed: BTreeSet::new(), dropped: BTreeSet::new(), others };
        // Whether the words stand on the screen as it was seen last.
        let mut shown = false;
        for entry in entries {
            let seq = entry.seq;
            let mut value = serde_json::to_value(&entry.event).map_err(|error| unfit(id, seq, &error))?;
            let found = take_out(&mut value, needle);
            if matches!(entry.event, Event::Observed { .. }) {
                shown = found;
            }
            if let Some(fields) = value.as_object_mut() {
                let picture = shown.then(|| fields.remove("shot")).flatten().as_ref().and_then(blob_of);
                new.dropped.extend(picture);
            }
            let event: Event = serde_json::from_value(value).map_err(|error| unfit(id, seq, &error))?;
            if event != entry.event {
                new.changed.insert(seq);
            }
            new.entries.push(Entry { event, ..entry });
        }
        if new.changed.is_empty() {
            return Ok(None);
        }
        for entry in &mut new.entries {
            match &mut entry.event {
                Event::Started(started) => started.forgotten = Some(now()),
                // It is encrypted, so nobody can tell what is in it.
                Event::Checkpoint { state, .. } => new.dropped.extend(state.take()),
                _ => continue,
            }
            new.changed.insert(entry.seq);
        }
        Ok(Some(new))
    }

    /// Writes the entries in the place of those that are there.
    async fn replace(&self, id: &RunId, new: &Rewritten) -> Result<(), StoreError> {
        let mut packed = Vec::new();
        for entry in new.entries.iter().filter(|entry| new.changed.contains(&entry.seq)) {
            packed.push((entry, body::pack(&entry.event)?));
        }
        let began = new.entries.first().map_or(0, |entry| entry.at);
        self.writing(async {
            let mut tx = self.begin().await?;
            for (entry, packed) in &packed {
                for (blob, bytes) in &packed.blobs {
                    write_blob(&mut tx, blob, bytes).await?;
                }
                let seq = entry.seq as i64;
                sqlx::query("UPDATE entries SET body = ?, checksum = ? WHERE run = ? AND seq = ?")
                    .bind(&packed.body)
                    .bind(body::checksum(id, seq, entry.at, &packed.body))
                    .bind(&id.0)
                    .bind(seq)
                    .execute(&mut *tx)
                    .await?;
            }
            let mut line = Line::new(id, began);
            new.entries.iter().for_each(|entry| line.apply(entry));
            line.write(&mut tx).await?;
            self.commit(tx).await
        })
        .await?;
        Ok(())
    }

    /// All blobs that the entries of a run refer to.
    async fn blobs_of(&self, id: &RunId) -> Result<BTreeSet<BlobId>, StoreError> {
        let bodies = sqlx::query_scalar::<_, String>("SELECT body FROM entries WHERE run = ?").bind(&id.0).fetch_all(&self.pool);
        let mut blobs = BTreeSet::new();
        for body in self.reading(bodies).await? {
            if let Ok(value) = serde_json::from_str::<Value>(&body) {
                collect(&value, &mut blobs);
            }
        }
        Ok(blobs)
    }

    async fn is_referred_to(&self, blob: &BlobId) -> Result<bool, StoreError> {
        let used = sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT 1 FROM entries WHERE instr(body, ?) > 0)").bind(&blob.0);
        Ok(self.reading(used.fetch_one(&self.pool)).await?)
    }

    async fn drop_blob(&self, blob: &BlobId) -> Result<bool, StoreError> {
        let dropped = self.writing(async {
            let mut tx = self.begin().await?;
            let rows = sqlx::query("DELETE FROM blobs WHERE id = ?").bind(&blob.0).execute(&mut *tx).await?.rows_affected();
            self.commit(tx).await?;
            Ok(rows > 0)
        });
        Ok(dropped.await?)
    }

    /// Takes away what holds the words and is no entry: blobs that nothing refers to any more, and what a repair has set aside.
    pub(super) async fn drop_blobs(&self, needle: &Needle, done: &mut Forgotten) -> Result<(), StoreError> {
        let ids: Vec<String> = self.reading(sqlx::query_scalar("SELECT id FROM blobs").fetch_all(&self.pool)).await?;
        for id in ids {
            let bytes = sqlx::query_scalar::<_, Vec<u8>>("SELECT bytes FROM blobs WHERE id = ?").bind(&id).fetch_optional(&self.pool);
            if !self.reading(bytes).await?.is_some_and(|bytes| needle.is_in_bytes(&bytes)) {
                continue;
            }
            let id = BlobId(id);
            // The viewer's own runs have let go of theirs by now.
            if self.is_referred_to(&id).await? {
                done.others = true;
            } else {
                done.blobs += u64::from(self.drop_blob(&id).await?);
            }
        }
        let aside: Vec<(i64, String, Option<Vec<u8>>)> =
            self.reading(sqlx::query_as("SELECT id, detail, content FROM set_aside").fetch_all(&self.pool)).await?;
        for (id, detail, content) in aside {
            if needle.is_in(&detail) || content.is_some_and(|content| needle.is_in_bytes(&content)) {
                self.writing(async {
                    let mut tx = self.begin().await?;
                    sqlx::query("DELETE FROM set_aside WHERE id = ?").bind(id).execute(&mut *tx).await?;
                    self.commit(tx).await
                })
                .await?;
            }
        }
        Ok(())
    }
}

fn unfit(id: &RunId, seq: u64, error: &serde_json::Error) -> StoreError {
    StoreError::Untakeable { what: format!("entry {seq} of run {id}"), detail: error.to_string() }
}

/// Takes the words out of every text of a value, and tells whether they were there.
fn take_out(value: &mut Value, needle: &Needle) -> bool {
    match value {
        Value::String(text) => match needle.taken_out(text) {
            Some(without) => {
                *text = without;
                true
            }
            None => false,
        },
        // Each is looked at, also after the first that holds them.
        Value::Array(items) => items.iter_mut().map(|item| take_out(item, needle)).filter(|found| *found).count() > 0,
        Value::Object(fields) => {
            // A name can be of the person's making too: the argument of a tool, a field of a result.
            let names: Vec<String> = fields.keys().filter(|name| needle.is_in(name)).cloned().collect();
            let renamed = !names.is_empty();
            if renamed {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(name, value)| (needle.taken_out(&name).unwrap_or(name), value))
                    .collect::<Map<_, _>>();
            }
            fields.iter_mut().filter(|(name, _)| *name != "type").fold(renamed, |found, (_, value)| take_out(value, needle) || found)
        }
        _ => false,
    }
}

fn blob_of(shot: &Value) -> Option<BlobId> {
    Some(BlobId(shot.get("blob")?.as_str()?.to_owned()))
}

/// Every text that could be the number of a blob.
fn collect(value: &Value, blobs: &mut BTreeSet<BlobId>) {
    match value {
        Value::String(text) if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            blobs.insert(BlobId(text.clone()));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, blobs)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, blobs)),
        _ => {}
    }
}
