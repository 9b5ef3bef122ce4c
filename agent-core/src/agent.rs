//! The agent: a model, a planner and what it may use, ready to run goals.
//!
//! `agent.run("…")` does nothing until it is awaited or streamed. Awaiting consumes the same stream that a live viewer reads.

mod build;
mod error;
mod finished;

use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::{FutureExt, StreamExt};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::condition::Condition;
use crate::driver::{Driver, Inbox, Parts, RunStream, Said, Stop, Update};
use crate::event::{Event, Instructions, Started, VERSION};
use crate::journal::Journal;
use crate::planner::Planner;
use crate::policy::Policy;
use crate::probe::Probe;
use crate::run::{Run, RunError, RunId};
use crate::surface::Surface;
use crate::tool::schema_of;

pub use build::AgentBuilder;
pub use error::AgentError;
pub use finished::{Finished, TypedRun};

/// A model with hands. Cheap to clone; may run several goals one after another.
#[derive(Clone)]
pub struct Agent {
    parts: Arc<Parts>,
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent").field("model", self.parts.model.info()).field("surface", &self.parts.surface).finish_non_exhaustive()
    }
}

impl Agent {
    /// A run towards `goal`. Nothing happens until it is awaited or streamed.
    pub fn run(&self, goal: impl Into<String>) -> RunBuilder {
        self.builder(Run::new(RunId::generate()), goal.into())
    }

    /// Goes on with a run: one that rests, whose process died, or that ended without having come to an end of its own
    /// ([`Outcome::is_resumable`](crate::Outcome::is_resumable)). Nothing that was done is done again, and no reply that had come is paid for twice.
    pub fn resume(&self, run: Run) -> Result<RunBuilder, AgentError> {
        let now = (self.parts.planner.name().to_owned(), self.parts.planner.version());
        match run.started() {
            Some(started) if started.forgotten.is_some() => Err(AgentError::Forgotten),
            Some(started) if started.planner != now => Err(AgentError::OtherPlanner { was: started.planner.clone(), now }),
            Some(_) => Ok(self.builder(run, String::new())),
            None => Err(AgentError::Run(RunError::NotStarted)),
        }
    }

    /// The same for a child run: with its parent's journal, and other rules.
    pub(crate) fn under(&self, journal: Arc<dyn Journal>, rules: impl FnOnce(&Policy) -> Policy) -> Self {
        let mut parts = (*self.parts).clone();
        parts.policy = rules(&parts.policy);
        parts.journal = journal;
        Self { parts: Arc::new(parts) }
    }

    pub(crate) fn surface(&self) -> Option<&Arc<dyn Surface>> {
        self.parts.surface.as_ref()
    }

    pub(crate) fn planner(&self) -> &dyn Planner {
        &*self.parts.planner
    }

    fn builder(&self, run: Run, goal: String) -> RunBuilder {
        RunBuilder {
            agent: self.clone(),
            run,
            goal,
            url: None,
            schema: None,
            answer: None,
            probes: Vec::new(),
            checks: Vec::new(),
            settings: None,
            instructions: Vec::new(),
            said: Vec::new(),
            inbox: None,
            stop: futures::future::pending().boxed(),
        }
    }
}

/// A run that is about to begin.
pub struct RunBuilder {
    agent: Agent,
    run: Run,
    goal: String,
    url: Option<String>,
    schema: Option<Value>,
    answer: Option<(bool, String)>,
    probes: Vec<Probe>,
    checks: Vec<Condition>,
    settings: Option<Value>,
    instructions: Vec<Instructions>,
    said: Vec<String>,
    inbox: Option<Inbox>,
    stop: Stop,
}

impl std::fmt::Debug for RunBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunBuilder").field("run", &self.run.id).field("goal", &self.goal).finish_non_exhaustive()
    }
}

impl RunBuilder {
    /// Names the run; otherwise it gets a new id.
    pub fn id(mut self, id: RunId) -> Self {
        self.run.id = id;
        self
    }

    /// Begins on this page.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Declares how to find out whether an action was done that a crash cut off; may be given several times. The most particular
    /// one answers. Without one the person is asked.
    pub fn probe(mut self, probe: Probe) -> Self {
        self.probes.push(probe);
        self
    }

    /// Declares what must be so for the goal to be reached; may be given several times. Whatever a model says, the run is not done
    /// before all of it holds.
    pub fn check(mut self, condition: Condition) -> Self {
        self.checks.push(condition);
        self
    }

    /// Keeps this with the run, for whoever resumes it. Nothing in this crate reads it.
    pub fn settings(mut self, settings: Value) -> Self {
        self.settings = Some(settings);
        self
    }

    /// Gives it what the person has written down for such runs; may be given several times, the weightiest first.
    pub fn instructions(mut self, instructions: Instructions) -> Self {
        self.instructions.push(instructions);
        self
    }

    /// Stops the run when `stop` is ready; it gives the reason. What is under way is dropped, calls that were not tried get a
    /// result that says so, and the run ends as [`Outcome::Stopped`](crate::Outcome::Stopped), from which it can be resumed.
    pub fn stop_when(mut self, stop: impl Future<Output = String> + Send + 'static) -> Self {
        self.stop = stop.boxed();
        self
    }

    /// Says something to the run: a resumed one hears it before it goes on. One that was over goes on with it.
    pub fn say(mut self, text: impl Into<String>) -> Self {
        self.said.push(text.into());
        self
    }

    /// Listens to this while the run goes on. What is said reaches the model with its next turn; a claim to be done that came before
    /// it is not taken.
    pub fn inbox(mut self, inbox: UnboundedReceiver<Said>) -> Self {
        self.inbox = Some(inbox);
        self
    }

    /// Answers the question that the run rests on.
    pub fn answer(mut self, approved: bool, text: impl Into<String>) -> Self {
        self.answer = Some((approved, text.into()));
        self
    }

    /// Wants a result that fits this JSON Schema.
    pub fn output_schema(mut self, schema: Value) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Wants a result of type `T`.
    pub fn output<T: DeserializeOwned + JsonSchema>(self) -> TypedRun<T> {
        TypedRun { run: self.output_schema(schema_of::<T>()), result: PhantomData }
    }

    /// The run's updates as they come. Dropping the stream stops the run.
    pub fn stream(self) -> RunStream {
        let first = self.first_events();
        let (updates, seen) = unbounded();
        let (progress, progress_seen) = unbounded();
        let driver = Driver::new(self.agent.parts, self.run, updates, progress).with_inbox(self.inbox);
        RunStream::new(Box::pin(driver.drive(first, self.stop)), seen, progress_seen)
    }

    /// Runs until the run rests or is over, and gives all of it, whatever the outcome.
    pub async fn finish(self) -> Result<Finished, AgentError> {
        let mut run = self.run.clone();
        let mut stream = self.stream();
        while let Some(update) = stream.next().await {
            if let Update::Entry(entry) = update? {
                run.apply(*entry)?;
            }
        }
        Ok(Finished { run })
    }

    fn first_events(&self) -> Vec<Event> {
        let parts = &self.agent.parts;
        if self.run.next_seq() > 0 {
            let answer = self.answer.iter().map(|(approved, text)| Event::Answer { approved: *approved, text: text.clone() });
            return answer.chain(self.said.iter().map(|text| Event::Said { text: text.clone(), message: None })).collect();
        }
        vec![Event::Started(Box::new(Started {
            version: VERSION,
            goal: self.goal.clone(),
            url: self.url.clone(),
            planner: (parts.planner.name().to_owned(), parts.planner.version()),
            model: parts.model.info().clone(),
            helpers: parts.helpers.iter().map(|helper| helper.info.clone()).collect(),
            others: parts.others.iter().map(|model| model.info().clone()).collect(),
            surface: parts.surface.as_ref().map(|surface| surface.info()),
            tools: parts.tools.iter().map(|tool| tool.spec()).collect(),
            policy: parts.policy.clone(),
            secrets: parts.secrets.names().map(|(name, origin)| (name.to_owned(), origin.to_owned())).collect(),
            output_schema: self.schema.clone(),
            probes: self.probes.clone(),
            checks: self.checks.clone(),
            viewer: parts.memory.is_some().then(|| parts.viewer.clone()),
            instructions: self.instructions.clone(),
            forgotten: None,
            settings: self.settings.clone(),
        }))]
    }
}

impl IntoFuture for RunBuilder {
    type Output = Result<String, AgentError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.finish().await?.outcome()?.0) })
    }
}
