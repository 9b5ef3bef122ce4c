//! The store against real files, and real damage to them.

mod claims;
mod damage;
mod facts;

#[cfg(target_os = "linux")]
mod faults;
mod flips;
mod journal;
mod older;
mod prune;
mod runs;

use std::path::{Path, PathBuf};

use handiwork_core::action::{Click, Fill};
use handiwork_core::event::{Instructions, ShotRef, Started};
use handiwork_core::memory::{EmbedError, Embedder, Provenance, Query, Recalled, Scores, Viewer};
use handiwork_core::model::{FinishReason, Price};
use handiwork_core::{
    Action, BlobId, Change, EffectClass, Entry, Event, Fact, Form, Memory as _, ModelInfo, Node, Outcome, Policy, Receipt, Ref, Reply,
    Resolved, RunId, Screen, SurfaceInfo, Target, ToolCall, ToolSpec, Usage,
};
use serde_json::json;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::Store;
use crate::store::Setup;

pub(super) struct Place {
    _folder: tempfile::TempDir,
    pub(super) file: PathBuf,
}

pub(super) fn place() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("deep/er/store.db");
    Place { _folder: folder, file }
}

pub(super) async fn open(file: &Path) -> Store {
    Store::open(file).await.expect("opens")
}

pub(super) async fn open_with(file: &Path, setup: Setup) -> Store {
    Store::open_with(file, setup).await.expect("opens")
}

/// The file, past all of our code.
pub(super) async fn raw(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).connect().await.expect("connects")
}

pub(crate) fn run(id: &str) -> RunId {
    RunId(id.to_owned())
}

pub(crate) fn entries(events: Vec<Event>) -> Vec<Entry> {
    events.into_iter().zip(0..).map(|(event, seq)| Entry { seq, at: 1_795_000_000_000 + seq as i64, event }).collect()
}

/// A fact as it is read, of the one user and said by the person.
pub(crate) fn a_fact(id: i64, text: &str) -> Fact {
    Fact {
        id,
        text: text.to_owned(),
        kind: handiwork_core::memory::FactKind::Fact,
        scope: handiwork_core::Scope::default(),
        source: Provenance::person(),
        about: None,
        thread: None,
        speaker: None,
        valid_from: 5,
        valid_to: None,
        recorded_at: 6,
        closed_at: None,
        closed_by: None,
        confidence: 1.0,
        uses: 0,
        used_at: None,
    }
}

/// What is found of a query, best first.
pub(crate) async fn found(store: &Store, viewer: &Viewer, query: &str) -> Result<Vec<Fact>, String> {
    let found = store.recall(viewer, &Query::new(query)).await.map_err(|error| error.to_string())?;
    Ok(found.facts.into_iter().map(|found| found.fact).collect())
}

/// Vectors without any weights: each word has one of its own, drawn from its letters.
#[derive(Debug)]
pub(crate) struct Drawn;

impl Embedder for Drawn {
    fn name(&self) -> &'static str {
        "drawn"
    }

    fn embed(&self, text: &str) -> Result<Option<Vec<f32>>, EmbedError> {
        let mut sum = vec![0.0_f32; 256];
        for stem in crate::words::stems(text) {
            let mut state = crate::gate::gist(&stem) as u64 | 1;
            for part in &mut sum {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *part += ((state >> 40) as f32 / 8_388_608.0) - 1.0;
            }
        }
        let length = sum.iter().map(|part| part * part).sum::<f32>().sqrt();
        Ok((length > 0.0).then(|| sum.iter().map(|part| part / length).collect()))
    }
}

pub(crate) fn answer(text: &str) -> Event {
    Event::Answer { approved: true, text: text.to_owned() }
}

pub(crate) fn started(goal: &str) -> Event {
    Event::Started(Box::new(Started {
        version: 1,
        goal: goal.to_owned(),
        url: Some("https://shop.example/".to_owned()),
        planner: ("react".to_owned(), 1),
        model: ModelInfo {
            provider: "deepseek".to_owned(),
            id: "deepseek-flash".to_owned(),
            context: 1_000_000,
            price: Some(Price { hit: 0.5, miss: 0.25, output: 2.0 }),
            ..ModelInfo::default()
        },
        surface: Some(SurfaceInfo { kind: "browser".to_owned(), actions: vec!["click".to_owned()] }),
        tools: vec![ToolSpec { name: "add".to_owned(), description: "Adds.".to_owned(), parameters: json!({ "type": "object" }) }],
        policy: Policy::ask().origins(["https://shop.example"]),
        secrets: vec![("password".to_owned(), "https://shop.example".to_owned())],
        output_schema: Some(json!({ "$blob": "looks like a stand-in, is none" })),
        probes: Vec::new(),
        checks: Vec::new(),
        helpers: Vec::new(),
        others: Vec::new(),
        viewer: Some(Viewer::default()),
        instructions: vec![Instructions { from: "HANDIWORK.md".to_owned(), site: None, text: "Be brief.".to_owned() }],
        forgotten: None,
        settings: Some(json!({ "headless": true })),
    }))
}

/// A screen of `lines` lines: 60 are well over the size at which a field becomes a blob.
pub(super) fn screen(lines: u32) -> Screen {
    let nodes = (0..lines).map(|n| Node {
        depth: 1,
        r#ref: Some(Ref(n)),
        role: "button".to_owned(),
        name: format!("Überweisung {n} 转账"),
        value: Some("\"quoted\"\n".to_owned()),
        ..Node::default()
    });
    Screen { title: "Bank".to_owned(), url: "https://bank.example/".to_owned(), nodes: nodes.collect(), ..Screen::default() }
}

pub(crate) fn replied() -> Event {
    let call = ToolCall {
        id: "call_00_ab".to_owned(),
        name: "click".to_owned(),
        args: json!({ "z": 1, "a": [null, 1.5] }),
        problem: Some("p".to_owned()),
        raw: Some("{ \"z\": 1 }".into()),
    };
    Event::Replied {
        role: "act".to_owned(),
        reply: Reply {
            content: "I click.".to_owned(),
            reasoning: Some(String::new()),
            calls: vec![call],
            usage: Usage { prompt: 1000, cached: 900, completion: 50, reasoning: 20 },
            finish: FinishReason::ToolCalls,
            rescued: None,
        },
        cost_usd: 0.125,
        millis: 900,
    }
}

/// One of each, some of them large.
pub(super) fn every_event() -> Vec<Event> {
    let target = Target {
        r#ref: Ref(4),
        role: "button".to_owned(),
        name: "Pay".to_owned(),
        origin: "https://shop.example".to_owned(),
        form: Some(Form { method: "POST".to_owned(), origin: "https://shop.example".to_owned(), submits: true }),
        rect: handiwork_core::Rect { x: 1.5, y: -2.0, w: 3.25, h: 4.0 },
    };
    let shot = ShotRef { blob: BlobId::of(b"picture"), media_type: "image/webp".to_owned(), size: (1280.0, 720.0) };
    let fact =
        Recalled { fact: a_fact(3, "She pays by card."), score: 0.25, scores: Scores { words: 0.25, prior: 1.0, ..Scores::default() } };
    let changes = vec![Change::Navigated { from: "a".to_owned(), to: "b".to_owned() }, Change::Focus { r#ref: None }];
    vec![
        started("Pay the bill"),
        Event::Observed { screen: screen(60), shot: Some(shot.clone()) },
        Event::Observed { screen: screen(1), shot: None },
        Event::Recalled { query: "pay".to_owned(), site: None, facts: vec![fact], notes: Vec::new() },
        Event::Asked { role: "act".to_owned(), request_hash: "00ff".to_owned() },
        replied(),
        Event::Intent {
            call_id: "call_00_ab".to_owned(),
            resolved: Resolved::new(Action::Click(Click { r#ref: Ref(4) }), Some(target), EffectClass::Irreversible),
            screen_hash: Some(screen(1).hash()),
        },
        Event::Intent {
            call_id: "call_01".to_owned(),
            resolved: Resolved::new(Action::Fill(Fill { r#ref: Ref(5), text: "{{secret:password}}".to_owned() }), None, EffectClass::Write),
            screen_hash: None,
        },
        Event::Receipt { call_id: "call_00_ab".to_owned(), receipt: Receipt::Verified { changes }, millis: 3, shot: Some(shot) },
        Event::Receipt { call_id: "call_01".to_owned(), receipt: Receipt::NoEffect, millis: 3, shot: None },
        Event::ToolResult { call_id: "c".to_owned(), result: Ok(json!({ "page": "x".repeat(100_000) })), millis: 1 },
        Event::ToolResult { call_id: "c".to_owned(), result: Err("no".to_owned()), millis: 1 },
        Event::Dropped { call_ids: vec!["c".to_owned()], why: "the one before failed".to_owned() },
        Event::Question { call_id: Some("c".to_owned()), text: "May I?".to_owned(), hash: Some("00".to_owned()) },
        answer("yes"),
        Event::Ended { outcome: Outcome::Done { text: "Paid.".to_owned(), value: Some(json!({ "total": 3 })) } },
    ]
}
