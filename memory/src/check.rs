//! Whether the file is what was written to it.
//!
//! Entries, blobs, lines and facts are checked by their own checksums whenever they are read. What is checked here is the rest:
//! the structure of the file, its indexes, the index of words, the definitions of the tables, and that the newest commits have
//! not been lost. The one decision: a small file is checked whole each time it is opened, because that takes less time than
//! anybody notices; a large one once a day.

use sqlx::SqliteConnection;

use crate::claim::beside;
use crate::error::{Doing, StoreError, is_damage_at_first};
use crate::own::{self, Own};
use crate::store::{Store, now};

/// A file up to this size, with its log, is checked whole at each opening.
const SMALL: u64 = 32 << 20;

/// How long the last check of a larger one is good for, in milliseconds.
const GOOD_FOR: i64 = 86_400_000;

/// Problems that are told one by one.
const TOLD: usize = 20;

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// An index does not fit its table; it can be made anew.
    Index(String),
    /// The index of the facts' words.
    Words(String),
    /// The index of the facts' vectors.
    Vectors(String),
    /// What the file tells of itself.
    Own(String),
    /// So many commits that were acknowledged are not there.
    Lost(i64),
    /// Anything else: rows may be out of reach.
    Structure(String),
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Index(text) | Self::Words(text) | Self::Vectors(text) | Self::Own(text) | Self::Structure(text) => f.write_str(text),
            Self::Lost(count) => write!(
                f,
                "the newest {count} changes that were written are not in it: its -wal file was damaged or taken away, or this is an older copy"
            ),
        }
    }
}

impl Store {
    /// Checks what has to be checked when the file is opened.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let refused = |problems: &[Problem]| StoreError::Damaged {
            file: self.path().to_owned(),
            problems: problems.iter().take(TOLD).map(ToString::to_string).collect(),
        };
        let (own, problems) = self.check_own().await?;
        let small = self.size() <= SMALL;
        let age = own.map_or(i64::MAX, |own| now().saturating_sub(own.checked_at));
        if !problems.is_empty() {
            return Err(refused(&problems));
        }
        if !small && (0..GOOD_FOR).contains(&age) {
            return Ok(());
        }
        let problems = self.check_whole().await?;
        if !problems.is_empty() {
            return Err(refused(&problems));
        }
        if !small {
            self.writing(async {
                let mut tx = self.begin().await?;
                if let Some(own) = Own::read(&mut tx).await? {
                    Own { checked_at: now(), ..own }.write(&mut tx).await?;
                }
                self.commit(tx).await
            })
            .await?;
        }
        Ok(())
    }

    /// Bytes of the file and its log.
    pub(crate) fn size(&self) -> u64 {
        let of = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        of(self.path()) + of(&beside(self.path(), "-wal"))
    }

    /// What the file tells of itself, and what is wrong with that.
    pub(crate) async fn check_own(&self) -> Result<(Option<Own>, Vec<Problem>), StoreError> {
        // The mark before the count: whatever is written in between makes the count larger.
        let mark = own::acknowledged(self.path());
        let read = async {
            let mut tx = self.pool.begin().await?;
            let own = Own::read(&mut tx).await?;
            let tables = own::tables(&mut tx).await?;
            Ok((own, tables))
        };
        let (own, tables) = match self.reading(caught(read)).await? {
            Ok(read) => read,
            Err(problem) => return Ok((None, vec![Problem::Structure(problem)])),
        };
        let mut problems = Vec::new();
        match &own {
            Some(own) if own.is_sound() => {
                if own.tables != tables {
                    problems.push(Problem::Structure("the definitions of its tables are not those that were written".to_owned()));
                }
                if let Some((_, commits)) = mark.filter(|(id, commits)| *id == own.id && *commits > own.commits) {
                    problems.push(Problem::Lost(commits - own.commits));
                }
            }
            Some(_) => problems.push(Problem::Own("what it tells of itself has another checksum than it should".to_owned())),
            None => problems.push(Problem::Own("what it told of itself is gone".to_owned())),
        }
        Ok((own, problems))
    }

    /// Goes through all of the file.
    pub(crate) async fn check_whole(&self) -> Result<Vec<Problem>, StoreError> {
        let structure = async {
            let mut connection = self.pool.acquire().await?;
            structure(&mut connection).await
        };
        let mut problems = match self.at_length(Doing::Reading, caught(structure)).await? {
            Ok(problems) => problems,
            Err(problem) => vec![Problem::Structure(problem)],
        };
        match self.at_length(Doing::Reading, caught(self.words())).await? {
            Ok(None) => {}
            Ok(Some(problem)) | Err(problem) => problems.push(Problem::Words(format!("the index of the facts' words: {problem}"))),
        }
        match self.at_length(Doing::Reading, caught(self.vectors())).await? {
            Ok(None) => {}
            Ok(Some(problem)) | Err(problem) => problems.push(Problem::Vectors(format!("the index of the facts' vectors: {problem}"))),
        }
        Ok(problems)
    }

    /// Compares the index of vectors with the facts.
    async fn vectors(&self) -> Result<Option<String>, sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        crate::facts::bits::compare_bits(&mut tx).await
    }

    /// Compares the index of words with the facts. It is an INSERT to SQLite, so it needs the write lock, and writes nothing.
    async fn words(&self) -> Result<Option<String>, sqlx::Error> {
        let mut tx = self.begin().await?;
        sqlx::query("INSERT INTO facts_words (facts_words, rank) VALUES ('integrity-check', 1)").execute(&mut *tx).await?;
        let secure: Option<i64> =
            sqlx::query_scalar("SELECT v FROM facts_words_config WHERE k = 'secure-delete'").fetch_optional(&mut *tx).await?;
        Ok((secure != Some(1)).then(|| "it would keep what is forgotten".to_owned()))
    }
}

/// Damage as a value, every other error as one.
pub(crate) async fn caught<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<Result<T, String>, sqlx::Error> {
    match work.await {
        Err(error) if is_damage_at_first(&error) => Ok(Err(error.to_string())),
        done => done.map(Ok),
    }
}

async fn structure(connection: &mut SqliteConnection) -> Result<Vec<Problem>, sqlx::Error> {
    let told: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(200)").fetch_all(&mut *connection).await?;
    let mut problems: Vec<Problem> = told.into_iter().filter(|line| line != "ok").map(sorted).collect();
    let orphans: Vec<(Option<String>, Option<i64>)> =
        sqlx::query_as("SELECT \"table\", rowid FROM pragma_foreign_key_check LIMIT 20").fetch_all(&mut *connection).await?;
    problems.extend(orphans.into_iter().map(|(table, row)| {
        Problem::Structure(format!("row {} of {} belongs to nothing", row.unwrap_or_default(), table.unwrap_or_default()))
    }));
    Ok(problems)
}

fn sorted(line: String) -> Problem {
    let index =
        line.contains("missing from index") || line.starts_with("wrong # of entries in index") || line.starts_with("non-unique entry");
    if index {
        Problem::Index(line)
    } else if line.contains("facts_bits") {
        Problem::Vectors(line)
    } else if line.contains("facts_words") {
        Problem::Words(line)
    } else {
        Problem::Structure(line)
    }
}
