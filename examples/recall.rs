//! How well memory finds what was said: each turn of long conversations is remembered, and each question is asked of it.
//!
//! Why it exists: what a memory is worth is whether the right thing comes back. This measures it on LoCoMo dialogues
//! (`--locomo FILE`, which is not part of this project: its licence forbids that), with the library's own settings and no
//! model: the share of the turns that hold the answer among the first 5, 10 and 20, and the reciprocal rank of the first.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use handiwork::core::memory::{Embedder, Memory as _, NewFact, Query, Viewer};
use handiwork::memory::Store;
use serde_json::{Value, json};

/// What is measured of one way of looking.
#[derive(Debug, Default, Clone)]
struct Sums {
    questions: f64,
    at: [f64; 3],
    reciprocal: f64,
}

const AT: [usize; 3] = [5, 10, 20];

impl Sums {
    fn add(&mut self, found: &[&str], evidence: &[String]) {
        self.questions += 1.0;
        for (sum, at) in self.at.iter_mut().zip(AT) {
            let hits = evidence.iter().filter(|id| found.iter().take(at).any(|found| found == id)).count();
            *sum += hits as f64 / evidence.len() as f64;
        }
        let first = found.iter().position(|found| evidence.iter().any(|id| id == found));
        self.reciprocal += first.map_or(0.0, |place| 1.0 / (place + 1) as f64);
    }

    fn mean(&self) -> [f64; 4] {
        let [a, b, c] = self.at;
        [a, b, c, self.reciprocal].map(|sum| sum / self.questions.max(1.0))
    }
}

/// A way of looking: the whole store, or one of its two halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Fused,
    Words,
    Static,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Fused => "fused",
            Self::Words => "words",
            Self::Static => "static",
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (mut file, mut models) = (None, None);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--locomo" => file = args.next().map(PathBuf::from),
            "--models" => models = args.next().map(PathBuf::from),
            other => bail!("{other} is not known; usage: recall --locomo FILE [--models DIR]"),
        }
    }
    let file = file.context("which dialogues? recall --locomo FILE")?;
    let models =
        models.or_else(|| std::env::var_os("HANDIWORK_MODELS").map(PathBuf::from)).unwrap_or_else(|| PathBuf::from("target/models"));
    eprintln!("vectors of words: {}", models.display());
    handiwork::catalogue::pull(&models, "words", |_, _| {}).await?;
    let embedder: Arc<dyn Embedder> = Arc::new(handiwork::word_vectors(&models)?.context("the vectors were pulled, and are not there")?);
    let text = std::fs::read_to_string(&file).with_context(|| format!("{} can't be read", file.display()))?;
    let dialogues: Vec<Value> = serde_json::from_str(&text).with_context(|| format!("{} is no LoCoMo file", file.display()))?;

    let mut sums: BTreeMap<(Way, i64), Sums> = BTreeMap::new();
    let (mut turns, mut asked, mut wrote, mut sought) = (0, 0, 0.0, 0.0);
    for dialogue in &dialogues {
        let folder = tempfile::tempdir()?;
        let (facts, ids) = turns_of(dialogue);
        turns += facts.len();
        let store = Store::open(&folder.path().join("memory.db")).await?.with_embedder(Arc::clone(&embedder));
        let began = Instant::now();
        let kept = store.remember_all(&facts).await?;
        wrote += began.elapsed().as_secs_f64();
        let named: BTreeMap<i64, &str> = kept.iter().zip(&ids).filter_map(|(kept, id)| Some((kept.id()?, id.as_str()))).collect();
        // The same store, found by its words alone.
        let words = Store::open(&folder.path().join("memory.db")).await?;
        let vectors: Vec<(&str, Vec<f32>)> =
            facts.iter().zip(&ids).filter_map(|(fact, id)| Some((id.as_str(), embedder.embed(&fact.text).ok()??))).collect();
        for (question, category, evidence) in questions(dialogue, &ids) {
            asked += 1;
            let query = Query::new(question).limit(AT[2]);
            for (way, store) in [(Way::Fused, &store), (Way::Words, &words)] {
                let began = Instant::now();
                let found = store.recall(&Viewer::default(), &query).await?;
                if way == Way::Fused {
                    sought += began.elapsed().as_secs_f64();
                }
                let found: Vec<&str> = found.facts.iter().filter_map(|found| named.get(&found.fact.id).copied()).collect();
                for category in [category, 0] {
                    sums.entry((way, category)).or_default().add(&found, &evidence);
                }
            }
            let found = nearest(embedder.as_ref(), question, &vectors);
            for category in [category, 0] {
                sums.entry((Way::Static, category)).or_default().add(&found, &evidence);
            }
        }
        words.close().await;
        store.close().await;
    }
    println!("{} dialogues, {turns} turns, {asked} questions", dialogues.len());
    println!("{:<8} {:>9} {:>10} {:>7} {:>7} {:>7} {:>7}", "", "category", "questions", "r@5", "r@10", "r@20", "MRR");
    for ((way, category), sums) in &sums {
        let [a, b, c, mrr] = sums.mean();
        let category = if *category == 0 { "all".to_owned() } else { category.to_string() };
        println!("{:<8} {category:>9} {:>10} {a:>7.3} {b:>7.3} {c:>7.3} {mrr:>7.3}", way.name(), sums.questions);
    }
    let mean = |way: Way| sums.get(&(way, 0)).map(Sums::mean).unwrap_or_default();
    let round = |x: f64| (x * 1000.0).round() / 1000.0;
    let [r5, r10, r20, mrr] = mean(Way::Fused).map(round);
    println!(
        "{}",
        json!({
            "bar": "recall", "r10": r10, "r5": r5, "r20": r20, "mrr": mrr,
            "words_r10": round(mean(Way::Words)[1]), "static_r10": round(mean(Way::Static)[1]), "questions": asked, "turns": turns,
            "ms_a_turn": round(wrote * 1000.0 / turns.max(1) as f64), "ms_a_question": round(sought * 1000.0 / f64::from(asked.max(1))),
        })
    );
    Ok(())
}

/// The turns of a dialogue in their order, each with its id.
fn turns_of(dialogue: &Value) -> (Vec<NewFact>, Vec<String>) {
    let (mut facts, mut ids) = (Vec::new(), Vec::new());
    let talk = dialogue.get("conversation").unwrap_or(&Value::Null);
    for session in 1.. {
        let name = format!("session_{session}");
        if talk.get(&name).is_none() && talk.get(format!("{name}_date_time")).is_none() {
            break;
        }
        let at = talk.get(format!("{name}_date_time")).and_then(Value::as_str).and_then(time);
        for turn in talk.get(&name).and_then(Value::as_array).into_iter().flatten() {
            let text = |field: &str| turn.get(field).and_then(Value::as_str).unwrap_or_default();
            let said = [text("text"), text("blip_caption")].join(" ");
            let mut fact = NewFact::new(said.trim()).turn(&name, text("speaker"));
            fact.valid_from = at;
            facts.push(fact);
            ids.push(text("dia_id").to_owned());
        }
    }
    (facts, ids)
}

/// "1:56 pm on 8 May, 2023", as UTC.
fn time(text: &str) -> Option<i64> {
    let plain = text.replace(',', "").to_uppercase();
    let at = jiff::civil::DateTime::strptime("%I:%M %p on %d %B %Y", plain.replace(" ON ", " on ")).ok()?;
    Some(at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// Questions with their category and the turns that hold the answer, as far as these are there.
fn questions<'a>(dialogue: &'a Value, ids: &[String]) -> Vec<(&'a str, i64, Vec<String>)> {
    let all = dialogue.get("qa").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|qa| {
        let cited = qa.get("evidence")?.as_array()?.iter().filter_map(Value::as_str);
        let mut evidence: Vec<String> =
            cited.flat_map(|cited| cited.split([';', ',', ' '])).filter_map(normal).filter(|id| ids.contains(id)).collect();
        evidence.sort();
        evidence.dedup();
        (!evidence.is_empty()).then_some((qa.get("question")?.as_str()?, qa.get("category")?.as_i64()?, evidence))
    })
    .collect()
}

/// `D8:06` is `D8:6`.
fn normal(id: &str) -> Option<String> {
    let (session, turn) = id.trim().trim_start_matches(['D', '(']).split_once(':')?;
    let number = |text: &str| text.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u32>().ok();
    Some(format!("D{}:{}", number(session)?, number(turn)?))
}

/// The turns nearest to a question by their vectors alone.
fn nearest<'a>(embedder: &dyn Embedder, question: &str, vectors: &[(&'a str, Vec<f32>)]) -> Vec<&'a str> {
    let Ok(Some(question)) = embedder.embed(question) else { return Vec::new() };
    let mut near: Vec<(f32, &str)> =
        vectors.iter().map(|(id, vector)| (vector.iter().zip(&question).map(|(a, b)| a * b).sum(), *id)).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().map(|(_, id)| id).take(AT[2]).collect()
}
