//! Runs that are told to stop, that change to another model, and that are driven by somebody else.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use serde_json::json;

use crate::agent::AgentBuilder;
use crate::event::{Event, Outcome, Part};
use crate::journal::{Journal, JournalError, MemoryJournal};
use crate::model::{ModelError, ModelInfo, Price};
use crate::planner::{Next, Planner};
use crate::run::{Run, RunId, Status};
use crate::testing::{ScriptedModel, call};
use crate::tool::{Tool, ToolError};
use crate::{AgentError, Context, EffectClass};

/// Asks, makes the calls, asks again, until there are none.
#[derive(Debug)]
struct Loop;

impl Planner for Loop {
    fn name(&self) -> &'static str {
        "loop"
    }

    fn version(&self) -> u32 {
        1
    }

    fn next(&self, run: &Run) -> Next {
        let pending: Vec<_> = run.pending().into_iter().cloned().collect();
        match run.last_reply() {
            _ if !pending.is_empty() => Next::Act(pending),
            Some(reply) if reply.calls.is_empty() => Next::End(Outcome::Done { text: reply.content.clone(), value: None }),
            _ => Next::Ask { role: "act".to_owned(), request: Box::default() },
        }
    }
}

/// The same by name, of another version.
#[derive(Debug)]
struct Other;

impl Planner for Other {
    fn name(&self) -> &'static str {
        "loop"
    }

    fn version(&self) -> u32 {
        2
    }

    fn next(&self, _: &Run) -> Next {
        Next::End(Outcome::Failed { reason: String::new() })
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

/// A tool that never comes back.
struct Endless(Arc<tokio::sync::Notify>);

impl Tool for Endless {
    const NAME: &'static str = "endless";
    type Args = Nothing;
    type Output = ();

    fn description(&self) -> &'static str {
        "Never ends."
    }

    fn effect(&self, _: &Nothing) -> EffectClass {
        EffectClass::Write
    }

    async fn call(&self, _: &Context, _: Nothing) -> Result<(), ToolError> {
        self.0.notify_one();
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_run_that_is_told_to_stop_leaves_no_call_without_an_answer() {
    let begun = Arc::new(tokio::sync::Notify::new());
    let journal = Arc::new(MemoryJournal::default());
    let model = || ScriptedModel::new().calls([call("endless", json!({})), call("endless", json!({}))]).says("over");
    let agent = AgentBuilder::new(model(), Loop).tool(Endless(begun.clone())).journal(journal.clone()).build();
    let stop = async move {
        begun.notified().await;
        "the person pressed Ctrl-C".to_owned()
    };
    let run = agent.run("wait").stop_when(stop).finish().await.expect("no journal failure").run;
    let Some(Outcome::Stopped { why }) = run.outcome() else { panic!("{:?}", run.outcome()) };
    assert!(why.contains("Ctrl-C"));
    assert!(run.events().any(|event| matches!(event, Event::Dropped { call_ids, .. } if call_ids == &["call-1-1"])), "{run:?}");
    let open = run.open_intent().expect("what was under way is open");
    assert_eq!(open.call_id, "call-1-0");
    assert_eq!(journal.load(&run.id).await.expect("journal"), run.entries());

    // It goes on with the question whether that was done, and ends.
    let agent = AgentBuilder::new(ScriptedModel::new().says("over"), Loop).tool(Endless(Arc::default())).journal(journal).build();
    let run = agent.resume(run).expect("the same planner").finish().await.expect("no journal failure").run;
    assert!(matches!(run.status(), Status::Waiting { question } if question.contains("endless")), "{:?}", run.status());
    let run = agent.resume(run).expect("the same planner").answer(true, "it was").finish().await.expect("no journal failure").run;
    assert_eq!(run.outcome(), Some(&Outcome::Done { text: "over".to_owned(), value: None }));
    assert!(matches!(agent.resume(run).expect("the same planner").await.as_deref(), Ok("over")), "an end is an end");
}

#[tokio::test]
async fn another_model_is_asked_when_one_fails_and_the_bill_is_right() {
    let priced =
        |id: &str, miss| ModelInfo { id: id.to_owned(), price: Some(Price { hit: 0.0, miss, output: 0.0 }), ..ModelInfo::default() };
    let refused = || ModelError::Unauthorized("no".to_owned());
    let first = ScriptedModel::new().with_info(priced("first", 1000.0)).fails(refused());
    let second = ScriptedModel::new().with_info(priced("second", 2000.0)).fails(refused());
    let third = ScriptedModel::new().with_info(priced("third", 10.0)).says("ok");
    let agent = AgentBuilder::new(first, Loop).fallback(second).fallback(third).build();
    let run = agent.run("go").finish().await.expect("no journal failure").run;
    let names: Vec<(&str, &str)> = run
        .events()
        .filter_map(|event| match event {
            Event::FellBack { from, to, .. } => Some((from.as_str(), to.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(names, [("first", "second"), ("second", "third")]);
    assert!((run.cost_usd() - 0.001).abs() < 1e-9, "{}", run.cost_usd());

    // A request that is wrong is wrong everywhere.
    let wrong = ScriptedModel::new().fails(ModelError::BadRequest("no".to_owned()));
    let agent = AgentBuilder::new(wrong, Loop).fallback(ScriptedModel::new().says("never")).build();
    let run = agent.run("go").finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Broken { part: Part::Model, .. })));
}

#[tokio::test]
async fn a_broken_run_is_resumed_and_pays_for_no_reply_twice() {
    let journal = Arc::new(MemoryJournal::default());
    let model = ScriptedModel::new().calls([call("nothing", json!({}))]).fails(ModelError::NoBalance("0".to_owned()));
    let run = AgentBuilder::new(model, Loop).journal(journal.clone()).build().run("go").finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Broken { .. })));
    let model = Arc::new(ScriptedModel::new().says("ok"));
    let agent = AgentBuilder::new(model.clone(), Loop).journal(journal).build();
    let run = agent.resume(run).expect("the same planner").finish().await.expect("no journal failure").run;
    assert_eq!(run.outcome(), Some(&Outcome::Done { text: "ok".to_owned(), value: None }));
    assert_eq!((model.requests().len(), run.steps()), (1, 2));
}

#[tokio::test]
async fn a_run_is_driven_by_one_at_a_time_and_by_its_own_planner() {
    let journal = Arc::new(MemoryJournal::default());
    let id = RunId::generate();
    let claim = journal.claim(&id).await.expect("free");
    let agent = AgentBuilder::new(ScriptedModel::new().says("ok"), Loop).journal(journal).build();
    let taken = agent.run("go").id(id.clone()).finish().await;
    assert!(matches!(&taken, Err(AgentError::Journal(JournalError::InUse { .. }))), "{taken:?}");
    drop(claim);
    let mut stream = agent.run("go").id(id).stream();
    assert!(tokio::time::timeout(Duration::from_secs(5), stream.next()).await.expect("in time").expect("an update").is_ok());
    drop(stream);

    let run = AgentBuilder::new(ScriptedModel::new().says("ok"), Loop).build().run("go").finish().await.expect("no journal failure").run;
    let error = AgentBuilder::new(ScriptedModel::new(), Other).build().resume(run).expect_err("another version");
    assert!(matches!(&error, AgentError::OtherPlanner { .. }) && error.to_string().contains("version 1"), "{error}");
}
