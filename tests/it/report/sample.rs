//! A run as the loop would have written it, with every kind of event in it and a page that means harm.

use std::collections::BTreeMap;

use handiwork_core::event::{Part, ShotRef, Started, VERSION};
use handiwork_core::memory::{FactKind, Provenance, Recalled, Scope, Scores};
use handiwork_core::model::{FinishReason, Price};
use handiwork_core::{
    Action, BlobId, Change, EffectClass, Entry, Event, Fact, Form, ModelInfo, Node, Outcome, Policy, Reason, Receipt, Rect, Ref, Reply,
    Resolved, Run, RunId, Screen, SurfaceInfo, Target, ToolCall, ToolSpec, Usage, Verb,
};
use serde_json::{Value, json};

pub(super) const HOSTILE: &str = "<script>alert('page')</script>";
pub(super) const ORIGIN: &str = "http://127.0.0.1:4870";

/// Entries with a clock that goes on by itself.
pub(super) struct Sample {
    entries: Vec<Entry>,
    now: i64,
    pub(super) shots: BTreeMap<BlobId, Vec<u8>>,
}

impl Sample {
    pub(super) fn empty() -> Self {
        Self { entries: Vec::new(), now: 1_774_000_000_000, shots: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, after: i64, event: Event) {
        self.now += after;
        self.entries.push(Entry { seq: self.entries.len() as u64, at: self.now, event });
    }

    pub(super) fn run(&self) -> Run {
        Run::from_entries(RunId("0199aa".to_owned()), self.entries.clone()).expect("the entries are a run")
    }

    pub(super) fn picture(&mut self, bytes: &[u8], media_type: &str) -> ShotRef {
        let blob = BlobId::of(bytes);
        self.shots.insert(blob.clone(), bytes.to_vec());
        ShotRef { blob, media_type: media_type.to_owned(), size: (1280.0, 800.0) }
    }

    pub(super) fn start(&mut self) {
        // As JSON, like a journal: a field that comes later has its default here too.
        let started = json!({
            "version": VERSION,
            "goal": format!("Sign in at {ORIGIN}/ and file a claim of 84.50 EUR for Ana's train to Hamburg on 12 March 2026"),
            "planner": ["react", 1],
            "model": ModelInfo {
                provider: "deepseek".into(),
                id: "deepseek-chat".into(),
                context: 131_072,
                price: Some(Price { hit: 0.028, miss: 0.28, output: 0.42 }),
                ..ModelInfo::default()
            },
            "surface": SurfaceInfo { kind: "browser".into(), actions: ["navigate", "click", "fill", "select", "check"].map(str::to_owned).to_vec() },
            "tools": [ToolSpec { name: "lookup".into(), description: "Looks up a rate.".into(), parameters: json!({ "type": "object" }) }],
            "policy": Policy::ask(),
            "secrets": [["password", ORIGIN]],
        });
        let started: Started = serde_json::from_value(started).expect("a start");
        self.add(0, Event::Started(Box::new(started)));
    }

    pub(super) fn reply(&mut self, content: &str, reasoning: Option<&str>, calls: &[(&str, &str, Value)]) {
        self.add(20, Event::Asked { role: "act".into(), request_hash: "00".into() });
        let calls = calls
            .iter()
            .map(|(id, name, args)| ToolCall { id: (*id).into(), name: (*name).into(), args: args.clone(), problem: None, raw: None })
            .collect();
        let usage = Usage { prompt: 2_412, cached: 1_920, completion: 143, reasoning: 40 };
        let finish = FinishReason::ToolCalls;
        let reply = Reply { content: content.into(), reasoning: reasoning.map(str::to_owned), calls, usage, finish, rescued: None };
        self.add(2_310, Event::Replied { role: "act".into(), reply, cost_usd: 0.000_25, millis: 2_310 });
    }

    pub(super) fn intent(&mut self, call_id: &str, action: (&str, &Value), target: Option<Target>, effect: EffectClass) {
        let action = Action::from_call(action.0, action.1).expect("known action").expect("right arguments");
        self.add(30, Event::Intent { call_id: call_id.into(), resolved: Resolved::new(action, target, effect), screen_hash: None });
    }

    pub(super) fn receipt(&mut self, call_id: &str, receipt: Receipt, shot: Option<ShotRef>) {
        self.add(180, Event::Receipt { call_id: call_id.into(), receipt, millis: 180, shot });
    }
}

pub(super) fn target(number: u32, role: &str, name: &str, rect: [f64; 4], submits: bool) -> Target {
    let form = submits.then(|| Form { method: "POST".into(), origin: ORIGIN.into(), submits });
    let [x, y, w, h] = rect;
    Target { r#ref: Ref(number), role: role.into(), name: name.into(), origin: ORIGIN.into(), form, rect: Rect { x, y, w, h } }
}

pub(super) fn screen(title: &str, path: &str, nodes: &[(u32, &str, &str)]) -> Screen {
    let nodes = nodes.iter().map(|(r, role, name)| Node {
        r#ref: (*r > 0).then_some(Ref(*r)),
        role: (*role).into(),
        name: (*name).into(),
        verbs: vec![Verb::Click],
        ..Node::default()
    });
    Screen {
        title: title.into(),
        url: format!("{ORIGIN}{path}"),
        nodes: nodes.collect(),
        notes: vec!["3 more below".into()],
        tabs: Vec::new(),
    }
}

fn verified(changes: impl IntoIterator<Item = Change>) -> Receipt {
    Receipt::Verified { changes: changes.into_iter().collect() }
}

/// The sample; `pictures` are what the form, the review and the end look like.
pub(super) fn whole(pictures: [&[u8]; 3]) -> Sample {
    let mut s = Sample::empty();
    s.start();
    s.add(
        40,
        Event::Recalled {
            query: "expense claims".into(),
            site: None,
            facts: vec![Recalled {
                fact: Fact {
                    id: 1,
                    text: "Ana's full name is Ana Silva.".into(),
                    kind: FactKind::Fact,
                    scope: Scope::default(),
                    source: Provenance { run: Some("0199a0".into()), ..Provenance::person() },
                    about: None,
                    thread: None,
                    speaker: None,
                    valid_from: 0,
                    valid_to: None,
                    recorded_at: 0,
                    closed_at: None,
                    closed_by: None,
                    confidence: 1.0,
                    uses: 2,
                    used_at: Some(0),
                },
                score: 0.5,
                scores: Scores::default(),
            }],
            notes: vec![],
        },
    );
    let rows = [(0, "heading", "Sign in"), (1, "textbox", "User name"), (2, "textbox", "Password"), (3, "button", "Sign in")];
    s.add(420, Event::Observed { screen: screen("Sign in · Harbour Expenses", "/sign-in", &rows), shot: None });

    let fills = [
        ("c1", "fill", json!({ "ref": "e1", "text": "dana" })),
        ("c2", "fill", json!({ "ref": "e2", "text": "{{secret:password}}" })),
        ("c3", "click", json!({ "ref": "e3" })),
    ];
    s.reply("I sign in first.", Some("The page is a sign-in form.\nThe password is a secret, so I write its placeholder."), &fills);
    let sign_in = s.picture(pictures[0], "image/png");
    s.intent("c1", ("fill", &fills[0].2), Some(target(1, "textbox", "User name", [452.0, 247.0, 354.0, 42.0], false)), EffectClass::Write);
    s.receipt("c1", verified([Change::Value { r#ref: Ref(1), from: String::new(), to: "dana".into() }]), Some(sign_in));
    s.intent("c2", ("fill", &fills[1].2), Some(target(2, "textbox", "Password", [452.0, 335.0, 354.0, 42.0], false)), EffectClass::Write);
    s.receipt("c2", verified([Change::HiddenValue { r#ref: Ref(2) }]), None);
    s.intent("c3", ("click", &fills[2].2), Some(target(3, "button", "Sign in", [452.0, 400.0, 354.0, 42.0], true)), EffectClass::Write);
    s.receipt("c3", verified([Change::Navigated { from: format!("{ORIGIN}/sign-in"), to: format!("{ORIGIN}/claims/new") }]), None);

    let mut rows = vec![
        (0, "heading", "New claim"),
        (4, "textbox", "Employee"),
        (5, "textbox", "Title"),
        (6, "spinbutton", "Amount (EUR)"),
        (7, "textbox", "Date"),
        (8, "combobox", "Category"),
        (9, "checkbox", "Paid with company card"),
        (10, "button", "Review claim"),
        (0, "text", HOSTILE),
    ];
    s.add(300, Event::Observed { screen: screen(HOSTILE, "/claims/new", &rows), shot: None });
    let calls = [
        ("c4", "fill", json!({ "ref": "e4", "text": "Ana Silva" })),
        ("c5", "select", json!({ "ref": "e8", "option": "Trains" })),
        ("c6", "click", json!({ "ref": "e10" })),
    ];
    s.reply("", None, &calls);
    let form = s.picture(pictures[1], "image/png");
    s.intent("c4", ("fill", &calls[0].2), Some(target(4, "textbox", "Employee", [273.0, 197.0, 352.0, 42.0], false)), EffectClass::Write);
    s.receipt("c4", verified([Change::Value { r#ref: Ref(4), from: String::new(), to: "Ana Silva".into() }]), Some(form.clone()));
    s.intent(
        "c5",
        ("select", &calls[1].2),
        Some(target(8, "combobox", "Category", [273.0, 371.0, 352.0, 42.0], false)),
        EffectClass::Write,
    );
    s.receipt(
        "c5",
        Receipt::refused(Reason::NoSuchOption { options: vec!["Travel".into(), "Meals".into(), "Lodging".into()] }),
        Some(form.clone()),
    );
    s.add(2, Event::Dropped { call_ids: vec!["c6".into()], why: "not tried, because select before it did not succeed".into() });

    rows.push((0, "text", "Saved as draft"));
    s.add(250, Event::Observed { screen: screen(HOSTILE, "/claims/new", &rows), shot: None });
    let calls = [
        ("c7", "lookup", json!({ "currency": "EUR", "note": "x".repeat(300) })),
        ("c8", "click", json!({ "ref": "e10" })),
        ("c9", "click", json!({ "ref": "e99" })),
        ("c10", "click", json!({ "ref": "e10" })),
    ];
    s.reply("The category is called Travel.", None, &calls);
    s.add(90, Event::ToolResult { call_id: "c7".into(), result: Ok(json!({ "rate": 1.0 })), millis: 90 });
    let review = target(10, "button", "Review claim", [273.0, 479.0, 160.0, 42.0], true);
    s.intent("c8", ("click", &calls[1].2), Some(review.clone()), EffectClass::Write);
    s.receipt("c8", Receipt::NoEffect, Some(form.clone()));
    s.receipt("c9", Receipt::refused(Reason::UnknownRef { r#ref: Ref(99) }), None);
    s.intent("c10", ("click", &calls[3].2), Some(review), EffectClass::Write);
    s.receipt("c10", Receipt::Unknown { why: "the page did not answer within 5000 ms".into() }, Some(form));

    let rows = [(0, "heading", "Review claim"), (11, "button", "Confirm and file claim")];
    s.add(700, Event::Observed { screen: screen("Review claim", "/claims/review/1", &rows), shot: None });
    let click = json!({ "ref": "e11" });
    s.reply("", None, &[("c11", "click", click.clone())]);
    let confirm = target(11, "button", "Confirm and file claim", [273.0, 563.0, 240.0, 42.0], true);
    let hash =
        Resolved::new(Action::from_call("click", &click).expect("known").expect("right"), Some(confirm.clone()), EffectClass::Irreversible)
            .hash;
    s.add(
        3,
        Event::Question {
            call_id: Some("c11".into()),
            text: format!("May I click the button \"Confirm and file claim\" on {ORIGIN}?"),
            hash: Some(hash),
        },
    );
    s.add(4_000, Event::Answer { approved: true, text: "Yes, file it.".into() });
    let before = s.picture(pictures[2], "image/png");
    s.intent("c11", ("click", &click), Some(confirm), EffectClass::Irreversible);
    s.receipt(
        "c11",
        verified([Change::Navigated { from: format!("{ORIGIN}/claims/review/1"), to: format!("{ORIGIN}/claims/C-1001") }]),
        Some(before.clone()),
    );
    let rows = [(0, "heading", "Claim C-1001 was filed")];
    s.add(200, Event::Observed { screen: screen("Claim C-1001", "/claims/C-1001", &rows), shot: Some(before) });
    s.reply("", None, &[("c12", "done", json!({ "answer": "Claim C-1001 was filed." }))]);
    s.add(3, Event::Ended { outcome: Outcome::Done { text: "Claim C-1001 was filed.".into(), value: Some(json!({ "claim": "C-1001" })) } });
    s
}

/// The same outcome words for each way to end.
pub(super) fn endings() -> Vec<(Outcome, &'static str)> {
    vec![
        (Outcome::Done { text: "well".into(), value: None }, "Done"),
        (Outcome::Failed { reason: "no such claim".into() }, "Failed"),
        (Outcome::BudgetExceeded { what: "50 of 50 steps are used".into() }, "Budget exceeded"),
        (Outcome::Broken { part: Part::Surface, error: "the browser is gone".into() }, "Broken"),
    ]
}
