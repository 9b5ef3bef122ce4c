//! What is recorded is what is replayed, and nothing else is.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::{Cassette, CassetteError, Recorder};
use crate::context::Context;
use crate::layer::Layered;
use crate::model::{Message, Model, ModelError, ModelInfo, Price, Reply, Request, Usage};
use crate::secret::Secrets;
use crate::testing::{ScriptedModel, call};

const CANARY: &str = "canary-7f3 & \"übung\"";

fn request(goal: &str) -> Request {
    Request { system: "You act on screens.".to_owned(), messages: vec![Message::user(goal)], ..Request::default() }
}

fn context() -> Context {
    let mut secrets = Secrets::default();
    secrets.insert("password", CANARY, "https://mail.example").expect("an origin");
    Context::new(Arc::new(secrets))
}

fn recorded(path: &Path, model: ScriptedModel) -> Layered {
    Layered::new(Arc::new(model), Arc::new(Recorder::create(path).expect("a cassette")))
}

fn model() -> ScriptedModel {
    let info =
        ModelInfo { id: "m".to_owned(), small: true, price: Some(Price { hit: 1.0, miss: 2.0, output: 3.0 }), ..ModelInfo::default() };
    let limited = ModelError::RateLimited { detail: "slow".to_owned(), retry_after: Some(std::time::Duration::from_mins(10)) };
    ScriptedModel::new().with_info(info).calls([call("click", json!({ "ref": "e1" }))]).fails(limited).says("Done.")
}

#[tokio::test]
async fn what_is_recorded_is_replayed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("c.ndjson");
    let live = recorded(&file, model());
    let mut first = Vec::new();
    for goal in ["one", "two\nlines", "three"] {
        first.push(live.complete(&context(), &request(goal)).await);
    }

    let cassette = Cassette::open(&file).expect("a cassette");
    assert_eq!((cassette.info(), cassette.unused()), (live.info(), 3));
    let replies: Vec<_> =
        [cassette.complete(&context(), &request("one")).await, cassette.complete(&context(), &request("two\nlines")).await].into();
    assert_eq!(replies[0].as_ref().expect("a reply"), first[0].as_ref().expect("a reply"));
    assert!(
        matches!(&replies[1], Err(ModelError::RateLimited { detail, retry_after: None }) if detail == "slow"),
        "without its times: {replies:?}"
    );
    assert_eq!(cassette.unused(), 1);
    let last = cassette.complete(&context(), &request("three")).await.expect("a reply");
    assert_eq!((last.content.as_str(), cassette.unused()), ("Done.", 0));
    let over = cassette.complete(&context(), &request("four")).await.expect_err("over").to_string();
    assert!(over.contains("is over: it has 3 exchanges, and this is request 4") && over.contains("--record"), "{over}");
}

#[tokio::test]
async fn another_request_is_an_error_that_shows_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("c.ndjson");
    // A screen of 300 lines, one of which is another one later.
    let screen = |odd: &str| (0..300).map(|n| if n == 150 { odd } else { "button\n" }).collect::<String>();
    let mut long = request(&screen("button \"Star\"\n"));
    recorded(&file, model()).complete(&context(), &long).await.expect("a reply");
    long.messages = vec![Message::user(screen("link \"Star\"\n"))];
    let cassette = Cassette::open(&file).expect("a cassette");
    let error = cassette.complete(&context(), &long).await.expect_err("another request");
    assert!(matches!(error, ModelError::Cassette { .. }) && !error.is_transient(), "{error}");
    let told = error.to_string();
    assert!(told.contains("\n-button \\\"Star\\\"\n+link \\\"Star\\\"\n") && told.contains("record it again"), "{told}");
    assert!(told.lines().count() < 12, "only what differs: {told}");
    assert_eq!(cassette.unused(), 1, "it is still to be asked");
}

#[tokio::test]
async fn no_secret_is_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("c.ndjson");
    let leaky = Reply { content: format!("it is {CANARY}"), usage: Usage::default(), ..Reply::default() };
    let model = ScriptedModel::new().then(Ok(leaky)).fails(ModelError::BadRequest(format!("no {CANARY}")));
    let live = recorded(&file, model);
    for _ in 0..2 {
        let _ = live.complete(&context(), &request(&format!("type {CANARY}"))).await;
    }
    let text = std::fs::read_to_string(&file).expect("the file");
    assert!(!text.contains("canary") && text.matches("{{secret:password}}").count() == 4, "{text}");
    let cassette = Cassette::open(&file).expect("a cassette");
    cassette.complete(&context(), &request(&format!("type {CANARY}"))).await.expect("the same request, with the same secret");
}

#[tokio::test]
async fn a_file_that_is_no_cassette_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("c.ndjson");
    let open = |text: &str| {
        std::fs::write(&file, text).expect("written");
        Cassette::open(&file).expect_err("no cassette").to_string()
    };
    assert!(open("").contains("is empty"));
    assert!(open("{\"format\":1}\n").contains("line 1"));
    let line = recorded_line(&folder.path().join("good.ndjson")).await;
    assert!(open(&line.replace("\"format\":1", "\"format\":9")).contains("format 9"));
    assert!(open(&format!("{line}\n{}", &line[..40])).contains("line 2"), "a line that was cut");
    let missing = Cassette::open(folder.path().join("none")).expect_err("nothing there");
    assert!(matches!(missing, CassetteError::File { doing: "read", .. }), "{missing}");
    assert!(matches!(Recorder::create(folder.path()), Err(CassetteError::File { doing: "written", .. })));
}

async fn recorded_line(path: &Path) -> String {
    recorded(path, model()).complete(&Context::default(), &request("one")).await.expect("a reply");
    std::fs::read_to_string(path).expect("the file").trim_end().to_owned()
}
