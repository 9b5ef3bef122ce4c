//! What is wrong with a store, and putting it right.
//!
//! The one decision: nothing is taken away without being told, and nothing is thrown away at all. What can be made anew from the
//! entries is; a run with damaged entries is set aside as it is; a damaged blob or fact is moved to the table `set_aside`; and a
//! file whose structure is damaged is kept beside the new one that its rows were saved into.

use std::path::{Path, PathBuf};

use handiwork_core::{BlobId, Entry, Journal as _, RunId};
use serde::{Deserialize, Serialize};

use crate::check::{Problem, caught};
use crate::error::{Doing, StoreError};
use crate::facts;
use crate::facts::row::Row;
use crate::journal::rows_of;
use crate::line::Line;
use crate::own::{self, Own};
use crate::store::{Setup, Store, now};

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `file`, `index`, `words`, `vectors`, `count`, `line`, `run`, `blob`, `fact` or `lock`.
    pub what: String,
    /// What it is.
    pub detail: String,
    /// The runs that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<RunId>,
    /// What a repair does about it, or did.
    pub repair: String,
    /// Whether that was done.
    pub repaired: bool,
}

impl Finding {
    pub(crate) fn new(what: &str, detail: impl Into<String>, repair: impl Into<String>) -> Self {
        Self { what: what.to_owned(), detail: detail.into(), runs: Vec::new(), repair: repair.into(), repaired: false }
    }

    fn about(mut self, runs: impl IntoIterator<Item = RunId>) -> Self {
        self.runs.extend(runs);
        self
    }

    /// Whether anything was, or is, damaged; a lock file that was left is only untidy.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        self.what != "lock"
    }
}

/// What a store was found to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examination {
    /// The database.
    pub file: PathBuf,
    /// Its bytes.
    pub bytes: u64,
    /// Runs in it.
    pub runs: u64,
    /// Runs of these that were set aside by an earlier repair.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<RunId>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// Where the damaged file is kept, if it had to be replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<PathBuf>,
}

impl Examination {
    /// Whether there is damage that was not repaired.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.findings.iter().any(|finding| finding.is_damage() && !finding.repaired)
    }
}

/// How to open a file that may be damaged.
pub(crate) fn unchecked() -> Setup {
    Setup { check: false, ..Setup::default() }
}

impl Store {
    /// Looks at everything in the file, and changes nothing.
    pub async fn examine(path: &Path) -> Result<Examination, StoreError> {
        let mut seen = Examination::of(path);
        let (store, problems) = opened(path).await?;
        seen.findings.extend(problems.iter().map(told));
        if let Some(store) = store {
            // Where the structure is damaged, rows are looked at when they are saved.
            if !problems.iter().any(|problem| matches!(problem, Problem::Structure(_))) {
                store.contents(&mut seen, false).await?;
            }
            store.close().await;
        }
        Ok(seen)
    }

    /// Repairs what can be repaired. Nobody may be driving a run meanwhile.
    pub async fn repair(path: &Path) -> Result<Examination, StoreError> {
        let whole = path.canonicalize();
        let path = whole.as_deref().unwrap_or(path);
        Self::nobody_drives(path)?;
        let mut seen = Examination::of(path);
        let (store, problems) = opened(path).await?;
        let mut broken = problems.iter().any(|problem| matches!(problem, Problem::Structure(_)));
        seen.findings.extend(problems.iter().map(told));
        if let Some(store) = store {
            if !broken {
                store.rebuild(&problems).await?;
                let left = [store.check_own().await?.1, store.check_whole().await?].concat();
                broken = !left.is_empty();
                if !broken {
                    store.contents(&mut seen, true).await?;
                }
            }
            store.close().await;
        }
        if broken {
            let store = crate::salvage::salvage(path, &mut seen).await?;
            store.contents(&mut seen, true).await?;
            store.close().await;
        }
        for finding in &mut seen.findings {
            finding.repaired = true;
        }
        seen.bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        Ok(seen)
    }

    /// Makes anew what follows from the tables.
    async fn rebuild(&self, problems: &[Problem]) -> Result<(), StoreError> {
        let has = |kind: fn(&Problem) -> bool| problems.iter().any(kind);
        let (index, words) = (has(|problem| matches!(problem, Problem::Index(_))), has(|problem| matches!(problem, Problem::Words(_))));
        let vectors = has(|problem| matches!(problem, Problem::Vectors(_)));
        if problems.is_empty() {
            return Ok(());
        }
        let rebuilt = async {
            let mut tx = self.begin().await?;
            let mut own = match Own::read(&mut tx).await? {
                Some(own) if own.is_sound() => own,
                damaged => {
                    let new = Own::new(&mut tx).await?;
                    let known = damaged.filter(|own| own.id.len() == new.id.len());
                    let (id, commits) = known.map_or((new.id.clone(), 0), |own| (own.id, own.commits.max(0)));
                    let version = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut *tx).await?;
                    Own { id, commits, version, ..new }
                }
            };
            own.tables = own::tables(&mut tx).await?;
            own.write(&mut tx).await?;
            if index {
                sqlx::query("REINDEX").execute(&mut *tx).await?;
            }
            if words {
                sqlx::query("INSERT INTO facts_words (facts_words) VALUES ('rebuild')").execute(&mut *tx).await?;
                sqlx::query("INSERT INTO facts_words (facts_words, rank) VALUES ('secure-delete', 1)").execute(&mut *tx).await?;
            }
            if vectors {
                facts::bits::rebuild_bits(&mut tx).await?;
            }
            // From here on this counts as everything that was acknowledged.
            self.commit(tx).await
        };
        // What can't be made anew is found again by the check that follows, and then the rows are saved into a new file.
        let _ = self.at_length(Doing::Writing, caught(rebuilt)).await?;
        Ok(())
    }

    /// Looks at every run, blob, fact and lock, and puts right what is not.
    pub(crate) async fn contents(&self, seen: &mut Examination, repair: bool) -> Result<(), StoreError> {
        let ids: Vec<String> = self.reading(sqlx::query_scalar("SELECT id FROM runs ORDER BY id").fetch_all(&self.pool)).await?;
        seen.runs = ids.len() as u64;
        for id in ids.into_iter().map(RunId) {
            self.look_at_run(&id, seen, repair).await?;
        }
        self.look_at_blobs(seen, repair).await?;
        self.look_at_facts(seen, repair).await?;
        for file in self.stale_locks() {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            seen.findings.push(Finding::new("lock", format!("{name} was left by a process that was killed"), "remove it"));
            if repair {
                Self::drop_lock(&file);
            }
        }
        Ok(())
    }

    async fn look_at_run(&self, id: &RunId, seen: &mut Examination, repair: bool) -> Result<(), StoreError> {
        let line = self.reading(caught(async { Line::read(&mut *self.pool.acquire().await?, id).await })).await?;
        let line = line.ok().flatten();
        let rows = self.reading(caught(async { rows_of(&mut *self.pool.acquire().await?, id).await })).await?;
        let (mut entries, mut problem): (Vec<Entry>, Option<String>) = (Vec::new(), None);
        match rows {
            Err(unreadable) => problem = Some(unreadable),
            Ok(rows) => {
                for (place, row) in rows.into_iter().enumerate() {
                    match self.entry(id, place as i64, row).await {
                        Ok(entry) => entries.push(entry),
                        Err(error) => {
                            problem = Some(error.to_string());
                            break;
                        }
                    }
                }
            }
        }
        let sound = line.as_ref().filter(|line| line.problem().is_none());
        let (count, aside) = (sound.map(|line| line.entries), sound.and_then(|line| line.damaged.clone()));
        if problem.is_none() && count.is_some_and(|count| count != entries.len() as i64) {
            problem = Some(format!("{} entries were written, {} are there", count.unwrap_or_default(), entries.len()));
        }
        let began = entries.first().map(|entry| entry.at).or(line.as_ref().map(|line| line.started_at)).unwrap_or_default();
        let mut folded = Line::new(id, began);
        entries.iter().for_each(|entry| folded.apply(entry));
        let finding = match (problem, aside) {
            (Some(_), Some(_)) => {
                seen.set_aside.push(id.clone());
                return Ok(());
            }
            (Some(problem), None) => {
                folded.entries = count.unwrap_or(folded.entries);
                folded.damaged = Some(problem.clone());
                Finding::new("run", format!("run {id}: {problem}"), "set it aside: it is listed as damaged, and nothing is read from it")
            }
            (None, Some(_)) => Finding::new("run", format!("run {id} was set aside, and is whole again"), "list it again"),
            (None, None) if sound.is_none() => {
                Finding::new("line", format!("the line of run {id} in the list is damaged"), "make it anew from the run's entries")
            }
            (None, None) => return Ok(()),
        };
        seen.findings.push(finding.about([id.clone()]));
        if repair {
            self.writing(async {
                let mut tx = self.begin().await?;
                folded.write(&mut tx).await?;
                self.commit(tx).await
            })
            .await?;
        }
        Ok(())
    }

    async fn look_at_blobs(&self, seen: &mut Examination, repair: bool) -> Result<(), StoreError> {
        let ids: Vec<Vec<u8>> = self.reading(sqlx::query_scalar("SELECT CAST(id AS BLOB) FROM blobs").fetch_all(&self.pool)).await?;
        for id in ids {
            let text = String::from_utf8_lossy(&id).into_owned();
            let Err(error) = self.get_blob(&BlobId(text.clone())).await else { continue };
            let runs =
                sqlx::query_scalar::<_, String>("SELECT DISTINCT run FROM entries WHERE instr(body, ?) > 0 ORDER BY run").bind(&text);
            let runs: Vec<String> = self.reading(runs.fetch_all(&self.pool)).await?;
            let finding = Finding::new("blob", error.to_string(), "move it to the table set_aside; what refers to it does without");
            seen.findings.push(finding.about(runs.into_iter().map(RunId)));
            if repair {
                self.set_aside(
                    "blob",
                    &id,
                    "DELETE FROM blobs WHERE CAST(id AS BLOB) = ?",
                    "SELECT bytes FROM blobs WHERE CAST(id AS BLOB) = ?2",
                )
                .await?;
            }
        }
        Ok(())
    }

    async fn look_at_facts(&self, seen: &mut Examination, repair: bool) -> Result<(), StoreError> {
        let ids: Vec<i64> = self.reading(sqlx::query_scalar("SELECT id FROM facts").fetch_all(&self.pool)).await?;
        for id in ids {
            let row = caught(async { Row::read(&mut *self.pool.acquire().await?, id).await });
            if self.reading(row).await?.is_ok_and(|row| row.is_some_and(|row| row.is_sound())) {
                continue;
            }
            seen.findings.push(Finding::new("fact", format!("fact {id} is not what was written"), "move it to the table set_aside"));
            if repair {
                let id = id.to_string();
                self.unhook_fact(id.parse().unwrap_or_default()).await?;
                self.set_aside(
                    "fact",
                    id.as_bytes(),
                    "DELETE FROM facts WHERE id = CAST(CAST(? AS TEXT) AS INTEGER)",
                    "SELECT CAST(text AS BLOB) FROM facts WHERE id = CAST(CAST(?2 AS TEXT) AS INTEGER)",
                )
                .await?;
            }
        }
        Ok(())
    }

    /// Takes out what belongs to a fact that is about to be set aside. Its words may not be those that it had put into the index,
    /// so that is made anew.
    async fn unhook_fact(&self, id: i64) -> Result<(), StoreError> {
        let unhooked = async {
            let mut tx = self.begin().await?;
            sqlx::query("DELETE FROM fact_uses WHERE fact = ?").bind(id).execute(&mut *tx).await?;
            sqlx::query("UPDATE facts SET words = NULL, text = '' WHERE id = ?").bind(id).execute(&mut *tx).await?;
            sqlx::query("INSERT INTO facts_words (facts_words) VALUES ('rebuild')").execute(&mut *tx).await?;
            facts::bits::unindex_bits(&mut tx, id).await?;
            self.commit(tx).await
        };
        self.writing(unhooked).await?;
        Ok(())
    }

    async fn set_aside(&self, what: &str, id: &[u8], delete: &'static str, content: &'static str) -> Result<(), StoreError> {
        let moved = async {
            let mut tx = self.begin().await?;
            let insert = format!("INSERT INTO set_aside (at, what, detail, content) VALUES (?1, ?3, CAST(?2 AS TEXT), ({content}))");
            sqlx::query(sqlx::AssertSqlSafe(insert)).bind(now()).bind(id).bind(what).execute(&mut *tx).await?;
            sqlx::query(delete).bind(id).execute(&mut *tx).await?;
            self.commit(tx).await
        };
        self.writing(moved).await?;
        Ok(())
    }
}

impl Examination {
    fn of(path: &Path) -> Self {
        let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        Self { file: path.to_owned(), bytes, runs: 0, set_aside: Vec::new(), findings: Vec::new(), kept: None }
    }
}

/// The file as far as it can be opened, and what is wrong with its structure.
async fn opened(path: &Path) -> Result<(Option<Store>, Vec<Problem>), StoreError> {
    let store = match Store::open_with(path, unchecked()).await {
        Ok(store) => store,
        Err(StoreError::Damaged { problems, .. }) => return Ok((None, problems.into_iter().map(Problem::Structure).collect())),
        Err(error) => return Err(error),
    };
    let (_, mut problems) = store.check_own().await?;
    problems.extend(store.check_whole().await?);
    Ok((Some(store), problems))
}

fn told(problem: &Problem) -> Finding {
    let (what, repair) = match problem {
        Problem::Index(_) => ("index", "make it anew from the table"),
        Problem::Words(_) => ("words", "make it anew from the facts"),
        Problem::Vectors(_) => ("vectors", "make it anew from the facts"),
        Problem::Own(_) => ("count", "write it anew"),
        Problem::Lost(_) => ("count", "go on with what is there; the changes can't be brought back"),
        Problem::Structure(_) => ("file", "save its rows into a new file, and keep this one"),
    };
    Finding::new(what, problem.to_string(), repair)
}
