//! Memory with ten thousand to a million facts: how fast they are written and found, what finding them fast costs, and how large
//! it all is; beside plain FTS5 and beside brute force over vectors of floats, in the same run.
//!
//! Facts are made of the words of the tokenizer's vocabulary, which is ordered by how frequent they are, drawn as often as words
//! of a natural language are (Zipf's law), with a number of names that are in a few facts only.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::indexing_slicing, reason = "a program that prints, and ends where it fails")]
#![allow(unsafe_code, reason = "the brute force beside ours needs the extension in connections of its own")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use handiwork::core::memory::{Embedder, Memory as _, NewFact, Query, Remembered, Viewer};
use handiwork::memory::{StaticEmbedder, Store};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{ConnectOptions as _, Connection as _};

/// Questions of each kind.
const QUESTIONS: usize = 60;

/// Numbers that look random and are the same for the same seed.
struct Lot(u64);

impl Lot {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() * limit as f64) as usize
    }
}

/// Words, the most frequent first.
struct Language {
    words: Vec<String>,
    /// How many of all words are one of the first so many.
    share: Vec<f64>,
}

impl Language {
    fn of(tokenizer: &Path) -> Self {
        let file: Value = serde_json::from_slice(&std::fs::read(tokenizer).expect("the tokenizer")).expect("json");
        let vocabulary = file["model"]["vocab"].as_object().expect("a vocabulary");
        let mut words: Vec<(u64, String)> = vocabulary
            .iter()
            .filter_map(|(token, id)| {
                let word = token.strip_prefix('▁')?;
                let plain = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
                plain.then(|| (id.as_u64().expect("a number"), word.to_owned()))
            })
            .collect();
        words.sort();
        let mut share = Vec::with_capacity(words.len());
        let mut sum = 0.0;
        for rank in 0..words.len() {
            sum += 1.0 / (rank as f64 + 2.7).powf(1.05);
            share.push(sum);
        }
        share.iter_mut().for_each(|part| *part /= sum);
        Self { words: words.into_iter().map(|(_, word)| word).collect(), share }
    }

    fn word(&self, lot: &mut Lot) -> &str {
        let at = lot.next();
        &self.words[self.share.partition_point(|share| *share < at).min(self.words.len() - 1)]
    }

    /// A fact of eight to sixteen words, one of them a name that is in about ten facts.
    fn fact(&self, lot: &mut Lot, facts: usize) -> String {
        let length = 8 + lot.below(9);
        let mut text: Vec<String> = (0..length).map(|_| self.word(lot).to_owned()).collect();
        let place = lot.below(length);
        text[place] = format!("nm{}", lot.below(facts / 10 + 1));
        text.join(" ")
    }
}

#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    fn at(&mut self, share: f64) -> f64 {
        self.0.sort_by(f64::total_cmp);
        let place = ((self.0.len() as f64 * share) as usize).min(self.0.len().saturating_sub(1));
        (self.0.get(place).copied().unwrap_or_default() * 100.0).round() / 100.0
    }

    fn add(&mut self, began: Instant) {
        self.0.push(began.elapsed().as_secs_f64() * 1000.0);
    }
}

/// Questions of a kind.
struct Asked {
    kind: &'static str,
    texts: Vec<String>,
}

fn questions(language: &Language, facts: &[String], lot: &mut Lot) -> Vec<Asked> {
    let some = |lot: &mut Lot, facts: &[String]| facts[lot.below(facts.len())].clone();
    let rare = (0..QUESTIONS)
        .map(|_| {
            let fact = some(lot, facts);
            let name = fact.split(' ').find(|word| word.starts_with("nm")).expect("a name").to_owned();
            format!("what about {name} and {}", language.words[2_000 + lot.below(3_000)])
        })
        .collect();
    let common =
        (0..QUESTIONS).map(|_| (0..4).map(|_| language.words[40 + lot.below(200)].clone()).collect::<Vec<_>>().join(" ")).collect();
    // Half of the words of a fact: is that fact found?
    let known = (0..QUESTIONS)
        .map(|_| some(lot, facts).split(' ').filter(|word| !word.starts_with("nm")).step_by(2).collect::<Vec<_>>().join(" "))
        .collect();
    vec![Asked { kind: "rare", texts: rare }, Asked { kind: "common", texts: common }, Asked { kind: "known", texts: known }]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let models = std::env::var_os("HANDIWORK_MODELS").map(PathBuf::from).expect("HANDIWORK_MODELS says where the vectors of words are");
    let tokenizer = models.join("l2_supercat_tokenizer_config.json");
    let words = StaticEmbedder::load("wordllama-256", &models.join("l2_supercat_256.safetensors"), &tokenizer).expect("vectors of words");
    let words: Arc<dyn Embedder> = Arc::new(words);
    let language = Language::of(&tokenizer);
    let sizes = std::env::var("BENCH_FACTS").unwrap_or_else(|_| "10000,100000,1000000".to_owned());
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let sizes: Vec<usize> = sizes.split(',').map(|size| size.trim().parse().expect("BENCH_FACTS holds numbers")).collect();
    let mut last = Value::Null;
    for size in sizes {
        last = one(size, seed, &language, &words).await;
        println!("{}", serde_json::to_string_pretty(&last).expect("json"));
    }
    println!("{last}");
}

async fn one(size: usize, seed: u64, language: &Language, words: &Arc<dyn Embedder>) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let mut lot = Lot(seed);
    let facts: Vec<String> = (0..size).map(|_| language.fact(&mut lot, size)).collect();
    let asked = questions(language, &facts, &mut lot);

    let file = folder.path().join("memory.db");
    let store = Store::open(&file).await.expect("opens").with_embedder(Arc::clone(words));
    let began = Instant::now();
    // Two facts that say the same are one, so places and numbers part.
    let mut outcomes = Vec::with_capacity(size);
    for batch in facts.chunks(10_000) {
        let batch: Vec<NewFact> = batch.iter().map(NewFact::new).collect();
        let written = store.remember_all(&batch).await.expect("written");
        outcomes.extend(written);
    }
    let places: std::collections::HashMap<i64, i64> = outcomes
        .iter()
        .enumerate()
        .filter_map(|(place, outcome)| match outcome {
            Remembered::Kept { id, .. } => Some((*id, place as i64 + 1)),
            _ => None,
        })
        .collect();
    let kept = places.len();
    let rate = kept as f64 / began.elapsed().as_secs_f64();
    let mut ours = serde_json::Map::new();
    let mut hits = 0;
    let me = Viewer::default();
    // Once before the clock runs: what is read once stays in memory.
    let _ = store.recall(&me, &Query::new(asked[0].texts[0].as_str())).await.expect("recalled");
    for Asked { kind, texts } in &asked {
        let mut times = Times::default();
        for text in texts {
            let began = Instant::now();
            let found = store.recall(&me, &Query::new(text.as_str())).await.expect("recalled");
            times.add(began);
            hits += usize::from(*kind == "known" && found.facts.iter().any(|found| holds(&found.fact.text, text)));
        }
        ours.insert(format!("{kind}_p50_ms"), json!(times.at(0.5)));
        ours.insert(format!("{kind}_p95_ms"), json!(times.at(0.95)));
    }
    let known = hits as f64 / QUESTIONS as f64;
    let rss = status("VmRSS");
    let mut near = Vec::new();
    for text in &asked[2].texts {
        let found = store.nearest(&me, text, 10).await.expect("found");
        near.push(found.iter().filter_map(|id| places.get(id).copied()).collect::<Vec<i64>>());
    }
    store.close().await;
    let bytes = std::fs::metadata(&file).expect("there").len();

    let (plain, plain_hits) = plain(&folder.path().join("plain.db"), &facts, &asked).await;
    let (brute, exact) = brute(&folder.path().join("brute.db"), &facts, &asked, words).await;
    // Of the facts that half of their words were asked for: how many are among the ten nearest, exactly and by ours.
    let among = |found: &[Vec<i64>]| {
        let hit =
            |(text, ids): (&String, &Vec<i64>)| ids.iter().any(|id| facts.get(*id as usize - 1).is_some_and(|fact| holds(fact, text)));
        asked[2].texts.iter().zip(found).filter(|pair| hit(*pair)).count() as f64 / QUESTIONS as f64
    };
    let (known_exact, known_signs) = (among(&exact), among(&near));
    let overlap: Vec<f64> = near
        .iter()
        .zip(&exact)
        .map(|(near, exact)| exact.iter().filter(|id| near.contains(id)).count() as f64 / exact.len().max(1) as f64)
        .collect();
    let overlap = overlap.iter().sum::<f64>() / overlap.len().max(1) as f64;
    let round = |x: f64| (x * 1000.0).round() / 1000.0;
    json!({
        "bar": "memory", "facts": size, "kept": kept, "writes_a_second": rate.round(), "mib": bytes >> 20, "rss_mib": rss >> 10,
        "ours": ours, "plain_fts5": plain, "brute_f32": brute,
        "known_item_at_10": round(known), "known_item_plain": round(plain_hits), "lost_by_pruning": round((plain_hits - known).max(0.0)),
        "known_by_vectors_f32": round(known_exact), "known_by_vectors_ours": round(known_signs),
        "lost_by_quantising": round((known_exact - known_signs).max(0.0)), "same_ten_nearest": round(overlap),
    })
}

/// Whether a fact has all words that were asked for.
fn holds(fact: &str, words: &str) -> bool {
    let fact: Vec<&str> = fact.split(' ').collect();
    words.split(' ').all(|word| fact.contains(&word))
}

async fn open(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).create_if_missing(true).journal_mode(SqliteJournalMode::Wal).connect().await.expect("opens")
}

/// One table of words, and each question's words joined by OR.
async fn plain(file: &Path, facts: &[String], asked: &[Asked]) -> (Value, f64) {
    let mut db = open(file).await;
    sqlx::query("CREATE VIRTUAL TABLE t USING fts5 (text, tokenize = 'porter unicode61')").execute(&mut db).await.expect("made");
    let began = Instant::now();
    for batch in facts.chunks(10_000) {
        let mut tx = db.begin().await.expect("begun");
        for fact in batch {
            sqlx::query("INSERT INTO t (text) VALUES (?)").bind(fact).execute(&mut *tx).await.expect("written");
        }
        tx.commit().await.expect("written");
    }
    let rate = facts.len() as f64 / began.elapsed().as_secs_f64();
    let mut out = serde_json::Map::new();
    let mut hits = 0;
    for Asked { kind, texts } in asked {
        let mut times = Times::default();
        for text in texts {
            let query = text.split(' ').map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" OR ");
            let began = Instant::now();
            let found: Vec<String> = sqlx::query_scalar("SELECT text FROM t WHERE t MATCH ? ORDER BY rank LIMIT 10")
                .bind(query)
                .fetch_all(&mut db)
                .await
                .expect("found");
            times.add(began);
            hits += usize::from(*kind == "known" && found.iter().any(|found| holds(found, text)));
        }
        out.insert(format!("{kind}_p50_ms"), json!(times.at(0.5)));
        out.insert(format!("{kind}_p95_ms"), json!(times.at(0.95)));
    }
    db.close().await.expect("closed");
    out.insert("writes_a_second".to_owned(), json!(rate.round()));
    out.insert("mib".to_owned(), json!(std::fs::metadata(file).expect("there").len() >> 20));
    (Value::Object(out), hits as f64 / QUESTIONS as f64)
}

/// All vectors as floats, and each compared.
async fn brute(file: &Path, facts: &[String], asked: &[Asked], words: &Arc<dyn Embedder>) -> (Value, Vec<Vec<i64>>) {
    type Init = unsafe extern "C" fn(
        *mut libsqlite3_sys::sqlite3,
        *mut *mut std::os::raw::c_char,
        *const libsqlite3_sys::sqlite3_api_routines,
    ) -> std::os::raw::c_int;
    // SAFETY: the function has this type; it is registered once, before the connection that it is for is opened.
    unsafe {
        let init = std::mem::transmute::<*const (), Init>(sqlite_vec::sqlite3_vec_init as *const ());
        libsqlite3_sys::sqlite3_auto_extension(Some(init));
    }
    let bytes = |text: &str| {
        let vector = words.embed(text).expect("embedded")?;
        Some(vector.iter().flat_map(|part| part.to_le_bytes()).collect::<Vec<u8>>())
    };
    let mut db = open(file).await;
    sqlx::query("CREATE VIRTUAL TABLE v USING vec0 (id INTEGER PRIMARY KEY, vector FLOAT[256] distance_metric=cosine)")
        .execute(&mut db)
        .await
        .expect("made");
    for (from, batch) in facts.chunks(10_000).enumerate() {
        let mut tx = db.begin().await.expect("begun");
        for (n, fact) in batch.iter().enumerate() {
            let Some(vector) = bytes(fact) else { continue };
            let id = (from * 10_000 + n + 1) as i64;
            sqlx::query("INSERT INTO v (id, vector) VALUES (?, ?)").bind(id).bind(vector).execute(&mut *tx).await.expect("written");
        }
        tx.commit().await.expect("written");
    }
    let mut times = Times::default();
    let mut exact = Vec::new();
    for text in &asked[2].texts {
        let began = Instant::now();
        let found: Vec<i64> = match bytes(text) {
            Some(vector) => {
                sqlx::query_scalar("SELECT id FROM v WHERE vector MATCH ? AND k = 10").bind(vector).fetch_all(&mut db).await.expect("found")
            }
            None => Vec::new(),
        };
        times.add(began);
        exact.push(found);
    }
    db.close().await.expect("closed");
    let mib = std::fs::metadata(file).expect("there").len() >> 20;
    (json!({ "p50_ms": times.at(0.5), "p95_ms": times.at(0.95), "mib": mib }), exact)
}

/// A figure of this process, in KiB.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
