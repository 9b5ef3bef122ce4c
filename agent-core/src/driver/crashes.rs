//! Any sequence of actions, crashed at any places, resumed each time: what the world has been told, and what the planner knows, is
//! what it would be without a crash.
//!
//! The world is a server that counts, and a page that is lost with each crash. A crash is a future that is dropped at an exact
//! place: before or after an entry is written, before or after the server is told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::future::{Either, select};
use proptest::prelude::*;
use tokio::sync::Notify;

use crate::action::{Click, Fill, Find};
use crate::event::{Event, Outcome};
use crate::journal::{Claim, Journal, JournalError, MemoryJournal};
use crate::model::ToolCall;
use crate::planner::{Next, Planner};
use crate::policy::Policy;
use crate::run::{Run, RunId, Status};
use crate::testing::{ScriptedModel, button, textbox};
use crate::{
    Action, AgentBuilder, BlobId, Change, Checkpoint, Context, EffectClass, Entry, Probe, ProcessMark, Reason, Receipt, Ref, Refusal,
    Resolved, Restore, Restored, Screen, Surface, SurfaceError, SurfaceInfo,
};

const NOTE: Ref = Ref(1);
const ADD: Ref = Ref(2);
const PAY: Ref = Ref(3);

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
enum Op {
    Fill(u8),
    /// Sends the field; a probe can tell whether it did.
    Add,
    /// Can't be taken back, and nothing tells whether it was done but the person.
    Pay,
    Look,
}

impl Op {
    fn action(&self) -> Action {
        match self {
            Self::Fill(n) => Fill { r#ref: NOTE, text: format!("note {n}") }.into(),
            Self::Add => Click { r#ref: ADD }.into(),
            Self::Pay => Click { r#ref: PAY }.into(),
            Self::Look => Find { text: "note".to_owned() }.into(),
        }
    }
}

/// Does them in order.
#[derive(Debug)]
struct InOrder(Vec<Op>);

impl Planner for InOrder {
    fn name(&self) -> &'static str {
        "in order"
    }

    fn version(&self) -> u32 {
        1
    }

    fn next(&self, run: &Run) -> Next {
        let done = run.events().filter(|event| matches!(event, Event::Receipt { .. })).count();
        let Some(op) = self.0.get(done) else { return Next::End(Outcome::Done { text: String::new(), value: None }) };
        let value = serde_json::to_value(op.action()).expect("JSON");
        let text = |key: &str| value[key].clone();
        let name = text("name").as_str().expect("a name").to_owned();
        Next::Act(vec![ToolCall { id: done.to_string(), name, args: text("args"), problem: None, raw: None }])
    }
}

/// Drops whoever passes the n-th place.
#[derive(Debug, Default)]
struct Places {
    left: AtomicUsize,
    crash: Notify,
}

impl Places {
    async fn pass(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.crash.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[derive(Debug)]
struct CrashJournal(Arc<MemoryJournal>, Arc<Places>);

#[async_trait]
impl Journal for CrashJournal {
    async fn claim(&self, run: &RunId) -> Result<Box<dyn Claim>, JournalError> {
        self.0.claim(run).await
    }

    async fn append(&self, run: &RunId, entry: &Entry) -> Result<(), JournalError> {
        self.1.pass().await;
        self.0.append(run, entry).await?;
        self.1.pass().await;
        Ok(())
    }

    async fn load(&self, run: &RunId) -> Result<Vec<Entry>, JournalError> {
        self.0.load(run).await
    }

    async fn put_blob(&self, bytes: &[u8]) -> Result<BlobId, JournalError> {
        self.0.put_blob(bytes).await
    }

    async fn get_blob(&self, id: &BlobId) -> Result<Vec<u8>, JournalError> {
        self.0.get_blob(id).await
    }
}

/// What lasts: the server.
#[derive(Debug, Default, Clone, PartialEq)]
struct Server {
    notes: Vec<String>,
    paid: usize,
}

/// What does not: the page.
#[derive(Debug)]
struct Page {
    server: Arc<Mutex<Server>>,
    field: Mutex<String>,
    process: ProcessMark,
    places: Arc<Places>,
}

impl Page {
    fn screen(&self) -> Screen {
        let field = self.field.lock().expect("no panic").clone();
        let nodes = vec![textbox(1, "Note", &field), button(2, "Add"), button(3, "Pay")];
        Screen { title: "Shop".to_owned(), url: "https://shop.example/".to_owned(), nodes, ..Screen::default() }
    }
}

#[async_trait]
impl Surface for Page {
    fn info(&self) -> SurfaceInfo {
        SurfaceInfo { kind: "page".to_owned(), actions: Action::NAMES.iter().map(|name| (*name).to_owned()).collect() }
    }

    async fn observe(&self, _: &Context) -> Result<Screen, SurfaceError> {
        Ok(self.screen())
    }

    async fn resolve(&self, _: &Context, action: &Action) -> Result<Resolved, Refusal> {
        let Some(r) = action.target() else { return Ok(Resolved::new(action.clone(), None, action.effect())) };
        let screen = self.screen();
        let node = screen.get(r).ok_or(Reason::Stale { r#ref: r })?;
        let target = crate::Target {
            r#ref: r,
            role: node.role.clone(),
            name: node.name.clone(),
            origin: "https://shop.example".to_owned(),
            form: None,
            rect: node.rect,
        };
        let effect = if r == PAY { EffectClass::Irreversible } else { action.effect() };
        Ok(Resolved::new(action.clone(), Some(target), effect))
    }

    async fn dispatch(&self, _: &Context, resolved: &Resolved) -> Result<Receipt, SurfaceError> {
        self.places.pass().await;
        let text = match &resolved.action {
            Action::Fill(fill) => {
                self.field.lock().expect("no panic").clone_from(&fill.text);
                "filled"
            }
            Action::Click(click) if click.r#ref == ADD => {
                // Sent, and the page is another one.
                let note = std::mem::take(&mut *self.field.lock().expect("no panic"));
                self.server.lock().expect("no panic").notes.push(note);
                let url = "https://shop.example/".to_owned();
                self.places.pass().await;
                return Ok(Receipt::Verified { changes: vec![Change::Navigated { from: url.clone(), to: url }] });
            }
            Action::Click(_) => {
                self.server.lock().expect("no panic").paid += 1;
                "paid"
            }
            _ => "looked",
        };
        self.places.pass().await;
        Ok(Receipt::Verified { changes: vec![Change::Told { text: text.to_owned() }] })
    }

    async fn checkpoint(&self, _: &Context) -> Result<Option<Checkpoint>, SurfaceError> {
        Ok(Some(Checkpoint { process: Some(self.process.clone()), state: vec![1], digest: "same".to_owned() }))
    }

    async fn restore(&self, _: &Context, from: &Restore<'_>) -> Result<Restored, SurfaceError> {
        assert_ne!(from.process, Some(&self.process), "what lives needs no restoring");
        Ok(Restored { kept: vec![NOTE, ADD, PAY], lost: Vec::new() })
    }

    async fn probe(&self, _: &Context, probe: &Probe) -> Result<bool, SurfaceError> {
        Ok(probe.holds_on(&self.server.lock().expect("no panic").notes.join("\n")))
    }
}

/// Runs `ops` with a crash after each of `crashes` places; gives the run, the server, and how often the person was asked.
async fn run(ops: &[Op], crashes: &[usize]) -> (Run, Server, usize) {
    let (journal, server) = (Arc::new(MemoryJournal::default()), Arc::new(Mutex::new(Server::default())));
    let id = RunId::generate();
    let (mut crashes, mut asked, mut life) = (crashes.iter(), 0, 0);
    loop {
        life += 1;
        assert!(life < 40, "it does not come to an end");
        let places = Arc::new(Places { left: AtomicUsize::new(crashes.next().copied().unwrap_or(usize::MAX)), crash: Notify::new() });
        let process = ProcessMark { pid: life, started: u64::from(life), boot: String::new() };
        let page = Page { server: Arc::clone(&server), field: Mutex::default(), process, places: Arc::clone(&places) };
        let agent = AgentBuilder::new(ScriptedModel::new(), InOrder(ops.to_vec()))
            .surface(page)
            .journal(Arc::new(CrashJournal(Arc::clone(&journal), Arc::clone(&places))))
            .policy(Policy::allow())
            .limits(crate::Limits { settle: std::time::Duration::ZERO, ..crate::Limits::default() })
            .build();
        let builder = match journal.load(&id).await {
            Ok(entries) => {
                let run = Run::from_entries(id.clone(), entries).expect("a run");
                let builder = agent.resume(run.clone()).expect("the same planner");
                if let Status::Waiting { .. } = run.status() {
                    // The person looks, and tells the truth.
                    let settled = run.events().filter(|event| matches!(event, Event::Receipt { .. })).count();
                    let paid = ops[..settled].iter().filter(|op| **op == Op::Pay).count();
                    asked += 1;
                    builder.answer(server.lock().expect("no panic").paid > paid, "I looked")
                } else {
                    builder
                }
            }
            Err(_) => agent.run("do it").id(id.clone()).probe(Probe::new("https://shop.example/", "{{Note}}").about("Add")),
        };
        let crashed = {
            let (running, crash) = (builder.finish(), places.crash.notified());
            futures::pin_mut!(running, crash);
            matches!(select(running, crash).await, Either::Right(_))
        };
        let run = journal.load(&id).await.map(|entries| Run::from_entries(id.clone(), entries).expect("a run"));
        if let Ok(run) = run
            && !crashed
            && run.outcome().is_some()
        {
            let end = server.lock().expect("no panic").clone();
            return (run, end, asked);
        }
    }
}

/// What the planner knows: which call had which verdict.
fn known(run: &Run) -> Vec<(String, bool)> {
    run.events()
        .filter_map(|event| match event {
            Event::Receipt { call_id, receipt, .. } => Some((call_id.clone(), receipt.is_verified())),
            _ => None,
        })
        .collect()
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    // Notes differ, so that a probe can tell them apart.
    let kinds = proptest::collection::vec(0..5_u8, 1..8);
    kinds.prop_map(|kinds| {
        let mut ops = Vec::new();
        for (place, kind) in kinds.into_iter().enumerate() {
            match kind {
                0 => ops.push(Op::Look),
                1 => ops.push(Op::Pay),
                2 => ops.push(Op::Fill(place as u8)),
                _ => ops.extend([Op::Fill(place as u8), Op::Add]),
            }
        }
        ops
    })
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn crashes_change_nothing(ops in ops(), crashes in proptest::collection::vec(1..60_usize, 0..5)) {
        let (whole, server, _) = block(run(&ops, &[]));
        let (resumed, after, asked) = block(run(&ops, &crashes));
        prop_assert_eq!(after, server);
        prop_assert_eq!(known(&resumed), known(&whole));
        prop_assert_eq!(resumed.outcome(), whole.outcome());
        prop_assert!(asked <= crashes.len());
        // Read again from its journal it decides the same at every entry.
        let planner = InOrder(ops);
        let read: Run = serde_json::from_str(&serde_json::to_string(&resumed).expect("JSON")).expect("a run");
        prop_assert_eq!(planner.next(&read), planner.next(&resumed));
    }
}

/// Each single place, for a run with an action of each kind.
#[test]
fn every_place_of_a_run_can_be_crashed_at() {
    let ops = [Op::Fill(1), Op::Add, Op::Look, Op::Pay, Op::Fill(2), Op::Fill(3), Op::Add, Op::Pay];
    let (whole, server, _) = block(run(&ops, &[]));
    let places = 2 * whole.entries().len() + 2 * ops.len();
    let mut asked = 0;
    for place in 1..=places {
        let (resumed, after, questions) = block(run(&ops, &[place]));
        assert_eq!(after, server, "crashed at {place}");
        assert_eq!(known(&resumed), known(&whole), "crashed at {place}");
        asked += questions;
    }
    // Two payments, each with four places between intent and receipt, and one on each side of them in the journal.
    assert!((8..=16).contains(&asked), "{asked}");
}
