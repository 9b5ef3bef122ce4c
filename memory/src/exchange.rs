//! Facts as lines of JSON, out of one store and into another.

use handiwork_core::memory::{By, Fact, MemoryError, NewFact, Remembered, Viewer};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::facts::list::FactFilter;
use crate::store::Store;

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Imported {
    /// Facts that are kept now.
    pub kept: u64,
    /// Facts that were known already.
    pub known: u64,
    /// Lines that were not taken, with why.
    pub refused: Vec<(u64, String)>,
}

impl Store {
    /// All facts of the viewer, also those that hold no longer: one JSON object a line.
    pub async fn export_facts(&self, viewer: &Viewer) -> Result<String, MemoryError> {
        let facts = self.facts(viewer, &FactFilter { closed: true, ..FactFilter::default() }).await?;
        let mut out = String::new();
        for fact in facts {
            // A fact has no part that has no JSON.
            out.push_str(&serde_json::to_string(&fact).unwrap_or_default());
            out.push('\n');
        }
        Ok(out)
    }

    /// Takes in what [`Store::export_facts`] gave, or lines with as little as `{"text": "…"}`. Whoever they were of, they are the
    /// viewer's now. A line that can't be taken is told, and the others are.
    pub async fn import_facts(&self, viewer: &Viewer, lines: &str) -> Result<Imported, StoreError> {
        let mut done = Imported::default();
        let (mut facts, mut numbers) = (Vec::new(), Vec::new());
        for (number, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let number = number as u64 + 1;
            match read(line) {
                Ok(mut fact) => {
                    fact.scope.user.clone_from(&viewer.scope.user);
                    facts.push(fact);
                    numbers.push(number);
                }
                Err(why) => done.refused.push((number, why)),
            }
        }
        for (outcome, number) in self.remember_all(&facts).await?.into_iter().zip(numbers) {
            match outcome {
                Remembered::Kept { .. } => done.kept += 1,
                Remembered::Known { .. } => done.known += 1,
                Remembered::Refused { why } => done.refused.push((number, why)),
                _ => {}
            }
        }
        done.refused.sort();
        Ok(done)
    }
}

/// A line, as a fact that is to be kept.
fn read(line: &str) -> Result<NewFact, String> {
    if let Ok(fact) = serde_json::from_str::<Fact>(line) {
        let Fact { text, kind, scope, source, about, thread, speaker, valid_from, valid_to, confidence, .. } = fact;
        return Ok(NewFact {
            text,
            kind,
            scope,
            source,
            about,
            thread,
            speaker,
            valid_from: Some(valid_from),
            valid_to,
            confidence: Some(confidence),
            recalled: Vec::new(),
        });
    }
    let mut fact: NewFact = serde_json::from_str(line).map_err(|error| format!("it is no fact: {error}"))?;
    fact.recalled.clear();
    if fact.source.run.is_none() && fact.source.origin.is_none() && fact.source.by == By::Person && !fact.source.trusted {
        // Nothing is said of where it comes from but that a person put it here.
        fact.source.by = By::Import;
        fact.source.trusted = true;
    }
    Ok(fact)
}
