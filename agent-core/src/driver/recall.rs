//! What is known beyond the run: asked for by a planner, and written to and asked by a model's calls.

use super::Driver;
use crate::context::Place;
use crate::event::{Event, Part};
use crate::journal::JournalError;
use crate::memory::{By, MemoryError, Provenance, Query, RECALL, Recollection, Viewer};

/// Most facts that are recalled at once.
const MOST_FACTS: usize = 12;

impl Driver {
    /// Recalls facts. A memory that does not answer ends the run: what it would have said may be what makes the run safe.
    pub(super) async fn recall(&mut self, query: String, site: Option<String>) -> Result<(), JournalError> {
        let limit = self.parts.limits.tool;
        let viewer = self.viewer(site.as_deref());
        let asked = Query::new(query.as_str()).limit(MOST_FACTS);
        let found = match &self.parts.memory {
            Some(memory) => tokio::time::timeout(limit, memory.recall(&viewer, &asked)).await.unwrap_or_else(|_| {
                Err(MemoryError {
                    doing: "read",
                    detail: format!("no answer within {} s", limit.as_secs()),
                    hint: "run again; if it stays, look at what else uses the database".to_owned(),
                })
            }),
            None => Ok(Recollection::default()),
        };
        let Recollection { facts, notes } = match found {
            Ok(found) => found,
            Err(error) => return self.broken(Part::Memory, &error).await,
        };
        let ids: Vec<i64> = facts.iter().map(|found| found.fact.id).collect();
        self.emit(Event::Recalled { query, site, facts, notes }).await?;
        if let Some(memory) = self.parts.memory.as_ref().filter(|_| !ids.is_empty()) {
            // That it is counted is of use to later runs only.
            if !matches!(tokio::time::timeout(limit, memory.used(&ids)).await, Ok(Ok(()))) {
                tracing::debug!("the use of facts was not counted");
            }
        }
        Ok(())
    }

    /// Who looks, on which site.
    fn viewer(&self, site: Option<&str>) -> Viewer {
        let mut viewer = self.run.started().and_then(|started| started.viewer.clone()).unwrap_or_else(|| self.parts.viewer.clone());
        viewer.scope.site = site.map(str::to_owned).or(viewer.scope.site);
        viewer.scope.run = Some(self.run.id.to_string());
        viewer
    }

    /// Where a call is made now.
    pub(super) fn place(&self) -> Place {
        let origin = self.run.screen().and_then(|screen| Some(crate::secret::origin_of(&screen.url)).filter(|origin| origin != "null"));
        let mut recalled = Vec::new();
        // Whatever a page, a tool or an untrusted fact has told may have led to what is said.
        let mut trusted = origin.is_none();
        for event in self.run.events() {
            match event {
                Event::Recalled { facts, .. } => trusted &= facts.iter().all(|found| found.fact.source.trusted),
                Event::Observed { .. } | Event::ToolResult { result: Ok(_), .. } => trusted = false,
                _ => {}
            }
            match event {
                Event::Recalled { facts, .. } => recalled.extend(facts.iter().map(|found| found.fact.id)),
                Event::ToolResult { call_id, result: Ok(value), .. } if self.run.call(call_id).is_some_and(|call| call.name == RECALL) => {
                    let facts = value.get("facts").and_then(serde_json::Value::as_array);
                    recalled.extend(facts.into_iter().flatten().filter_map(|fact| fact.get("id")?.as_i64()));
                }
                _ => {}
            }
        }
        let source = Provenance {
            by: By::Model,
            run: Some(self.run.id.to_string()),
            event: Some(self.run.next_seq()),
            trusted,
            origin: origin.clone(),
        };
        Place { viewer: self.viewer(origin.as_deref()), source, recalled }
    }
}
