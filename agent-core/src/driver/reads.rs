//! Calls that change nothing are made at the same time, and told in their order; what changes something waits for them.

use std::sync::Arc;

use futures::StreamExt;
use serde_json::json;
use tokio::sync::Barrier;

use crate::agent::AgentBuilder;
use crate::event::{Event, Outcome};
use crate::journal::MemoryJournal;
use crate::planner::{Next, Planner};
use crate::policy::Policy;
use crate::run::Run;
use crate::testing::{ScriptedModel, call};
use crate::tool::{Tool, ToolError};
use crate::{Context, EffectClass};

/// Makes the calls of one reply.
#[derive(Debug)]
struct Once;

impl Planner for Once {
    fn name(&self) -> &'static str {
        "once"
    }

    fn version(&self) -> u32 {
        1
    }

    fn next(&self, run: &Run) -> Next {
        let pending: Vec<_> = run.pending().into_iter().cloned().collect();
        match run.last_reply() {
            None => Next::Ask { role: "act".to_owned(), request: Box::default() },
            Some(_) if !pending.is_empty() => Next::Act(pending),
            Some(_) => Next::End(Outcome::Done { text: String::new(), value: None }),
        }
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Which {
    number: u32,
}

/// Comes back only when as many are under way as the barrier wants.
struct Together(Barrier);

impl Tool for Together {
    const NAME: &'static str = "look_up";
    type Args = Which;
    type Output = u32;

    fn description(&self) -> &'static str {
        "Looks something up."
    }

    fn effect(&self, _: &Which) -> EffectClass {
        EffectClass::Read
    }

    async fn call(&self, _: &Context, which: Which) -> Result<u32, ToolError> {
        self.0.wait().await;
        if which.number == 7 { Err(ToolError::Retry("there is no seventh".to_owned())) } else { Ok(which.number) }
    }
}

struct Write;

impl Tool for Write {
    const NAME: &'static str = "write";
    type Args = Which;
    type Output = u32;

    fn description(&self) -> &'static str {
        "Writes something."
    }

    async fn call(&self, _: &Context, which: Which) -> Result<u32, ToolError> {
        Ok(which.number)
    }
}

async fn run(numbers: [u32; 3]) -> Run {
    let calls = numbers.map(|number| call("look_up", json!({ "number": number })));
    let model = ScriptedModel::new().calls(calls.into_iter().chain([call("write", json!({ "number": 4 }))]));
    let agent = AgentBuilder::new(model, Once).tool(Together(Barrier::new(3))).tool(Write).policy(Policy::allow());
    // One by one they would wait for each other for ever.
    let run = agent.build().run("look").finish();
    tokio::time::timeout(std::time::Duration::from_mins(1), run).await.expect("they are made at the same time").expect("a run").run
}

#[tokio::test]
async fn reads_are_made_at_once_and_told_in_order() {
    let run = run([3, 1, 2]).await;
    let kinds: Vec<&str> = run.events().map(Event::kind).filter(|kind| ["intent", "tool_result"].contains(kind)).collect();
    assert_eq!(kinds, ["intent", "intent", "intent", "tool_result", "tool_result", "tool_result", "intent", "tool_result"]);
    let told: Vec<u64> = run
        .events()
        .filter_map(|event| if let Event::ToolResult { result: Ok(value), .. } = event { value.as_u64() } else { None })
        .collect();
    assert_eq!(told, [3, 1, 2, 4]);
}

#[tokio::test]
async fn one_that_fails_ends_the_turn_after_the_others_are_told() {
    let run = run([1, 7, 2]).await;
    let results = run.events().filter(|event| matches!(event, Event::ToolResult { .. })).count();
    assert_eq!(results, 3);
    let dropped =
        run.events().find_map(|event| if let Event::Dropped { call_ids, why } = event { Some((call_ids.len(), why)) } else { None });
    assert_eq!(dropped.map(|(count, why)| (count, why.contains("did not succeed"))), Some((1, true)));
}

/// After a crash in the middle of them all are made again that have no result, and none that has.
#[tokio::test]
async fn a_crash_in_the_middle_loses_none_of_them() {
    let whole = run([3, 1, 2]).await;
    let first = whole.entries().iter().position(|entry| matches!(entry.event, Event::Intent { .. })).expect("an intent");
    for cut in first + 1..whole.entries().len() {
        let left = Run::from_entries(whole.id.clone(), whole.entries()[..cut].to_vec()).expect("a run");
        let missing = left.pending().len();
        let reads = left.pending().iter().filter(|call| call.name == "look_up").count();
        let journal = Arc::new(MemoryJournal::default());
        for entry in left.entries() {
            crate::journal::Journal::append(&*journal, &left.id, entry).await.expect("appended");
        }
        let tool = Together(Barrier::new(reads.max(1)));
        let agent = AgentBuilder::new(ScriptedModel::new(), Once).tool(tool).tool(Write).policy(Policy::allow()).journal(journal);
        let mut run = left.clone();
        let mut stream = agent.build().resume(left).expect("resumable").stream();
        while let Some(update) = stream.next().await {
            if let crate::Update::Entry(entry) = update.expect("no journal failure") {
                run.apply(*entry).expect("it fits");
            }
        }
        // What changes something and was cut off is asked about; everything else is done.
        if let crate::Status::Waiting { .. } = run.status() {
            assert_eq!(run.open_intent().map(|open| open.resolved.effect), Some(EffectClass::Write), "cut {cut}");
            continue;
        }
        assert!(run.pending().is_empty(), "cut {cut}: {missing} were missing");
        let results = run.events().filter(|event| matches!(event, Event::ToolResult { .. })).count();
        assert_eq!(results, 4, "cut {cut}");
    }
}
