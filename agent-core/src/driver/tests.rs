//! How a model is asked: with pictures from the journal, billed by the hour, its words kept without secrets, again after a failure.

use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc;
use serde_json::json;

use crate::agent::AgentBuilder;
use crate::context::{Context, Progress};
use crate::event::{Event, Outcome, Part};
use crate::journal::{BlobId, Journal, MemoryJournal};
use crate::layer::{Layer, Retry};
use crate::model::{Image, Message, Model, ModelError, ModelInfo, Peak, Price, Reply, Request, ToolCall, Usage};
use crate::planner::{Next, Planner};
use crate::run::Run;
use crate::secret::Secrets;
use crate::testing::{ScriptedModel, call};

/// Asks once.
#[derive(Debug)]
struct Once(Request);

impl Planner for Once {
    fn name(&self) -> &'static str {
        "once"
    }

    fn version(&self) -> u32 {
        1
    }

    fn next(&self, run: &Run) -> Next {
        match run.last_reply() {
            None => Next::Ask { role: "act".to_owned(), request: Box::new(self.0.clone()) },
            Some(reply) => Next::End(Outcome::Done { text: reply.content.clone(), value: None }),
        }
    }
}

async fn run_of(model: impl Model + 'static, request: Request, journal: Arc<MemoryJournal>, secrets: Secrets) -> Run {
    let agent = AgentBuilder::new(model, Once(request)).journal(journal).secrets(secrets).build();
    agent.run("go").finish().await.expect("no journal failure").run
}

fn look(blob: &BlobId) -> Request {
    let image = Image { media_type: "image/png".to_owned(), blob: blob.clone(), bytes: None };
    Request { messages: vec![Message::User { content: "Look.".to_owned(), images: vec![image] }], ..Request::default() }
}

#[tokio::test]
async fn pictures_are_read_from_the_journal_for_a_model_that_sees() {
    let journal = Arc::new(MemoryJournal::default());
    let blob = journal.put_blob(b"picture").await.expect("kept");
    let sees = |vision| Arc::new(ScriptedModel::new().with_info(ModelInfo { vision, ..ModelInfo::default() }).says("a cat"));
    let model = sees(true);
    let run = run_of(model.clone(), look(&blob), journal.clone(), Secrets::default()).await;
    assert_eq!(run.outcome(), Some(&Outcome::Done { text: "a cat".to_owned(), value: None }));
    let bytes: Vec<Vec<u8>> = model.requests()[0].images().map(|image| image.bytes.as_deref().expect("bytes").to_vec()).collect();
    assert_eq!(bytes, [b"picture"]);

    let blind = sees(false);
    let run = run_of(blind.clone(), look(&blob), journal.clone(), Secrets::default()).await;
    assert!(matches!(run.outcome(), Some(Outcome::Broken { part: Part::Model, error }) if error.contains("the model sees none")));
    assert!(blind.requests().is_empty(), "it was not even asked");

    let agent = AgentBuilder::new(sees(true), Once(look(&BlobId::of(b"gone")))).journal(journal).build();
    assert!(agent.run("go").finish().await.is_err(), "a picture that is gone is not left out silently");
}

#[tokio::test]
async fn a_reply_is_billed_by_the_hour_in_which_it_was_asked_for() {
    let always = Peak { factor: 3.0, days: (1..=7).collect(), hours: vec![(0, 24)].into() };
    let never = Peak { days: Vec::new().into(), ..always.clone() };
    for (peak, usd) in [(None, 0.5), (Some(never), 0.5), (Some(always), 1.5)] {
        let info = ModelInfo { price: Some(Price { hit: 0.0, miss: 5.0, output: 0.0 }), peak, ..ModelInfo::default() };
        let usage = Usage { prompt: 100_000, ..Usage::default() };
        let model = ScriptedModel::new().with_info(info).then(Ok(Reply { usage, ..Reply::default() }));
        let run = run_of(model, Request::default(), Arc::default(), Secrets::default()).await;
        assert!((run.cost_usd() - usd).abs() < 1e-9, "{} {usd}", run.cost_usd());
        let again: Run = serde_json::from_str(&serde_json::to_string(&run).expect("JSON")).expect("a run");
        assert_eq!(again.cost_usd().to_bits(), run.cost_usd().to_bits(), "a replay costs the same");
    }
}

#[tokio::test]
async fn the_text_of_arguments_hides_no_secret() {
    let mut secrets = Secrets::default();
    secrets.insert("pin", "wörd-4711", "https://a.example").expect("an origin");
    let raw = |id: &str, raw: &str| ToolCall {
        id: id.to_owned(),
        raw: Some(raw.into()),
        ..call("say", serde_json::from_str(raw).expect("JSON"))
    };
    let model = ScriptedModel::new().calls([raw("a", r#"{"text": "w\u00f6rd-4711"}"#), raw("b", r#"{"text": "hello"}"#)]);
    let run = run_of(model, Request::default(), Arc::default(), secrets).await;
    let reply = run.last_reply().expect("a reply");
    assert_eq!((&reply.calls[0].args, reply.calls[0].raw.as_deref()), (&json!({ "text": "{{secret:pin}}" }), None));
    assert_eq!(reply.calls[1].raw.as_deref(), Some(r#"{"text": "hello"}"#), "others go back as they came");
}

fn busy(retry_after: Duration) -> ModelError {
    ModelError::Server { status: 503, detail: "busy".to_owned(), retry_after: Some(retry_after) }
}

#[tokio::test]
async fn a_pause_that_would_outlast_the_deadline_is_not_begun() {
    let model = ScriptedModel::new().fails(busy(Duration::from_hours(1))).says("never");
    let cx = Context::default().within(Duration::from_mins(1));
    let retry = Retry { first: Duration::from_millis(1), ..Retry::default() };
    let error = retry.complete(&cx, &Request::default(), &model).await.expect_err("at once");
    assert!(matches!(error, ModelError::Server { status: 503, .. }), "{error}");
    assert_eq!(model.requests().len(), 1);
}

#[tokio::test]
async fn what_is_transient_is_asked_again_and_said_so() {
    let limited = ModelError::RateLimited { detail: "slow down".to_owned(), retry_after: Some(Duration::from_millis(2)) };
    let broken = ModelError::Truncated("nothing came".to_owned());
    let model = ScriptedModel::new().fails(busy(Duration::ZERO)).fails(limited).fails(broken).says("whole");
    let (sender, mut told) = mpsc::unbounded();
    let retry = Retry { first: Duration::from_millis(1), longest: Duration::from_millis(2), ..Retry::default() };
    let reply = retry.complete(&Context::default().with_progress(sender), &Request::default(), &model).await.expect("a reply");
    assert_eq!((reply.content.as_str(), model.requests().len()), ("whole", 4));
    for words in ["503", "slow down", "nothing came"] {
        let progress = told.try_recv().expect("progress");
        assert!(matches!(&progress, Progress::Waiting(why) if why.contains(words) && why.contains("asking again")), "{progress:?}");
    }
}

#[tokio::test]
async fn what_is_not_transient_is_not_asked_again() {
    for error in [
        ModelError::TimedOut(1),
        ModelError::NoBalance("0".to_owned()),
        ModelError::Unreadable("not UTF-8".to_owned()),
        ModelError::Server { status: 501, detail: String::new(), retry_after: None },
    ] {
        let model = ScriptedModel::new().fails(error).says("never");
        assert!(Retry::default().complete(&Context::default(), &Request::default(), &model).await.is_err());
        assert_eq!(model.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_discarded_reply_costs_the_run_nothing() {
    let info = ModelInfo { price: Some(Price { hit: 1.0, miss: 1.0, output: 1.0 }), ..ModelInfo::default() };
    let model = ScriptedModel::new().with_info(info).fails(ModelError::Truncated("cut".to_owned())).says("whole");
    let run = run_of(model, Request::default(), Arc::default(), Secrets::default()).await;
    let replies = run.events().filter(|event| matches!(event, Event::Replied { .. })).count();
    assert_eq!((replies, run.usage().prompt, run.usage().completion), (1, 100, 10));
}
