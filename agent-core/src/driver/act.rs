//! The acts of one turn: each call is resolved, decided, recorded, done and recorded again, by itself.
//!
//! A turn may hold several calls (a whole form at once). The first that fails ends it: what comes after it was planned for a
//! screen that is not there.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use super::Driver;
use crate::action::{Action, EffectClass, ToolUse};
use crate::event::{Event, Part, ShotRef};
use crate::journal::JournalError;
use crate::model::ToolCall;
use crate::policy::Decision;
use crate::receipt::{Reason, Receipt};
use crate::run::Status;
use crate::screen::Screen;
use crate::surface::{Refusal, Resolved, SurfaceError};
use crate::tool::{DynTool, ToolError};

/// What follows from one call.
#[derive(PartialEq, Eq)]
enum Then {
    /// The next call may be tried.
    GoOn,
    /// The rest of the turn is void.
    Stop,
    /// The surface was started again, and the rest of the turn still stands.
    Anew,
}

impl Driver {
    pub(super) async fn act(&mut self, calls: Vec<ToolCall>) -> Result<(), JournalError> {
        let mut left = calls.as_slice();
        while let Some((first, _)) = left.split_first() {
            let (now, later) = left.split_at_checked(self.reads_at_once(left)).unwrap_or((left, &[]));
            let then = if now.len() > 1 { self.at_once(now).await? } else { self.one(first).await? };
            if self.run.status() != Status::Running || then == Then::Anew {
                return Ok(());
            }
            if then == Then::Stop {
                let call_ids: Vec<String> = later.iter().map(|call| call.id.clone()).collect();
                if !call_ids.is_empty() {
                    let names: Vec<&str> = now.iter().map(|call| call.name.as_str()).collect();
                    let why = format!("not tried, because {} before it did not succeed", names.join(", "));
                    self.emit(Event::Dropped { call_ids, why }).await?;
                }
                return Ok(());
            }
            left = later;
        }
        Ok(())
    }

    async fn one(&mut self, call: &ToolCall) -> Result<Then, JournalError> {
        if let Some(problem) = &call.problem {
            return self.tool_result(call, Err(problem.clone()), 0).await;
        }
        let name = Action::called(&call.name, &call.args).0;
        let offered = self.parts.surface.as_ref().is_some_and(|surface| surface.info().actions.iter().any(|known| known == name));
        match Action::from_call(&call.name, &call.args).filter(|_| offered) {
            Some(Ok(action)) => self.surface_call(call, action).await,
            Some(Err(problem)) => self.receipt(call, Receipt::refused(Reason::BadArguments { problem }), 0, None).await,
            // What other surfaces do and this one does not, unless a tool is called so.
            None if !offered && self.parts.surface.is_some() && self.tool(call).is_none() && Action::NAMES.contains(&name) => {
                self.receipt(call, Receipt::refused(Reason::Unsupported { action: name.to_owned() }), 0, None).await
            }
            None => self.tool_call(call).await,
        }
    }

    async fn surface_call(&mut self, call: &ToolCall, action: Action) -> Result<Then, JournalError> {
        let Some(surface) = self.parts.surface.clone() else { return Ok(Then::Stop) };
        let began = Instant::now();
        let cx = self.surface_cx();
        let resolved = tokio::time::timeout(self.parts.limits.surface, surface.resolve(&cx, &action)).await;
        let resolved = match resolved {
            Ok(Ok(resolved)) => resolved,
            Ok(Err(Refusal::NotDispatched(reason))) => return self.receipt(call, Receipt::refused(reason), millis(began), None).await,
            // Nothing was done yet, so the call stands.
            Ok(Err(Refusal::Surface(error @ SurfaceError::Gone { .. }))) => {
                self.surface_died(&error).await?;
                return Ok(Then::Anew);
            }
            Ok(Err(Refusal::Surface(error))) => return self.surface_failed(call, &error, millis(began), None).await,
            Err(_) => {
                let error = SurfaceError::TimedOut { doing: format!("finding the target of {}", call.name), limit_ms: millis(began) };
                return self.surface_failed(call, &error, millis(began), None).await;
            }
        };
        if let Some(then) = self.forbidden(call, &resolved, true).await? {
            return Ok(then);
        }
        let shot = self.shot().await?;
        self.intend(call, &resolved).await?;
        let began = Instant::now();
        match self.bounded(&call.name, surface.dispatch(&cx, &resolved)).await {
            Ok(receipt) => {
                let took = millis(began);
                // Before the receipt: after a crash what it tells of must be there.
                if !matches!(receipt, Receipt::NotDispatched { .. }) && !resolved.action.fills() {
                    self.keep_state().await?;
                }
                self.receipt(call, receipt, took, shot).await
            }
            // Whether it was done is open; the same question as after a crash of our own.
            Err(error @ SurfaceError::Gone { .. }) => {
                self.surface_died(&error).await?;
                Ok(Then::Anew)
            }
            Err(error) => self.surface_failed(call, &error, millis(began), shot).await,
        }
    }

    async fn tool_call(&mut self, call: &ToolCall) -> Result<Then, JournalError> {
        let Some(tool) = self.tool(call) else {
            return self.tool_result(call, Err(format!("there is no tool named {}", call.name)), 0).await;
        };
        let action = Action::Tool(ToolUse { tool: call.name.clone(), args: call.args.clone() });
        let resolved = Resolved::new(action, None, tool.effect(&call.args));
        if let Some(then) = self.forbidden(call, &resolved, false).await? {
            return Ok(then);
        }
        self.intend(call, &resolved).await?;
        let (result, millis) = self.result_of(&*tool, call).await;
        self.came(call, result, millis).await
    }

    /// What a tool gives, within its deadline, and how long it took.
    async fn result_of(&self, tool: &dyn DynTool, call: &ToolCall) -> (Result<Value, ToolError>, u64) {
        let began = Instant::now();
        let limit = self.parts.limits.tool;
        let cx = self.cx.clone().within(limit).at(self.place());
        let result = tokio::time::timeout(limit, tool.call(&cx, call.args.clone()))
            .await
            .unwrap_or_else(|_| Err(ToolError::Retry(format!("no result within {} s", limit.as_secs()))));
        (result, millis(began))
    }

    async fn came(&mut self, call: &ToolCall, result: Result<Value, ToolError>, millis: u64) -> Result<Then, JournalError> {
        match result {
            Ok(value) => self.tool_result(call, Ok(value), millis).await,
            Err(ToolError::Retry(why)) => self.tool_result(call, Err(why), millis).await,
            Err(ToolError::Fatal(why)) => {
                self.tool_result(call, Err(why.clone()), millis).await?;
                self.broken(Part::Tool, &why).await?;
                Ok(Then::Stop)
            }
        }
    }

    /// How many of the first calls can be made at the same time: tools that change nothing, and may be called without a question.
    fn reads_at_once(&self, calls: &[ToolCall]) -> usize {
        let reads = |call: &ToolCall| {
            let Some(tool) = self.tool(call) else { return false };
            let action = Action::Tool(ToolUse { tool: call.name.clone(), args: call.args.clone() });
            let resolved = Resolved::new(action, None, tool.effect(&call.args));
            resolved.effect == EffectClass::Read && self.policy().decide(&resolved, &self.run) == Decision::Allow
        };
        calls.iter().take_while(|call| call.problem.is_none() && reads(call)).count().max(1)
    }

    /// Makes calls that change nothing at the same time; what came of them is recorded in their order.
    async fn at_once(&mut self, calls: &[ToolCall]) -> Result<Then, JournalError> {
        let mut tools = Vec::with_capacity(calls.len());
        for call in calls {
            let Some(tool) = self.tool(call) else { continue };
            let action = Action::Tool(ToolUse { tool: call.name.clone(), args: call.args.clone() });
            self.intend(call, &Resolved::new(action, None, EffectClass::Read)).await?;
            tools.push((call, tool));
        }
        let results = futures::future::join_all(tools.iter().map(|(call, tool)| self.result_of(&**tool, call))).await;
        let mut then = Then::GoOn;
        for ((call, _), (result, millis)) in tools.into_iter().zip(results) {
            if self.came(call, result, millis).await? == Then::Stop {
                then = Then::Stop;
            }
            if self.run.status() != Status::Running {
                break;
            }
        }
        Ok(then)
    }

    /// The tool that a call names, if it names none of the surface's actions.
    fn tool(&self, call: &ToolCall) -> Option<Arc<dyn DynTool>> {
        self.parts.tools.iter().find(|tool| tool.spec().name == call.name).cloned()
    }

    /// Asks policy. `Some` when the call is not to be made now; a question rests the run with the call still to be made.
    async fn forbidden(&mut self, call: &ToolCall, resolved: &Resolved, on_surface: bool) -> Result<Option<Then>, JournalError> {
        let why = match self.policy().decide(resolved, &self.run) {
            Decision::Allow => return Ok(None),
            Decision::Ask(text) => {
                self.emit(Event::Question { call_id: Some(call.id.clone()), text, hash: Some(resolved.hash.clone()) }).await?;
                return Ok(Some(Then::Stop));
            }
            Decision::Deny(why) => why,
        };
        let then = if on_surface {
            self.receipt(call, Receipt::refused(Reason::Denied { why }), 0, None).await?
        } else {
            self.tool_result(call, Err(format!("not allowed: {why}")), 0).await?
        };
        Ok(Some(then))
    }

    async fn intend(&mut self, call: &ToolCall, resolved: &Resolved) -> Result<(), JournalError> {
        let screen_hash = self.run.screen().map(Screen::hash);
        self.emit(Event::Intent { call_id: call.id.clone(), resolved: resolved.clone(), screen_hash }).await
    }

    async fn surface_failed(
        &mut self,
        call: &ToolCall,
        error: &SurfaceError,
        millis: u64,
        shot: Option<ShotRef>,
    ) -> Result<Then, JournalError> {
        self.receipt(call, Receipt::Unknown { why: error.to_string() }, millis, shot).await?;
        // A page that did not answer in time may answer again; a surface that is gone will not.
        if !matches!(error, SurfaceError::TimedOut { .. }) {
            self.broken(Part::Surface, error).await?;
        }
        Ok(Then::Stop)
    }

    async fn receipt(&mut self, call: &ToolCall, receipt: Receipt, millis: u64, shot: Option<ShotRef>) -> Result<Then, JournalError> {
        let then = if receipt.is_verified() { Then::GoOn } else { Then::Stop };
        self.emit(Event::Receipt { call_id: call.id.clone(), receipt, millis, shot }).await?;
        Ok(then)
    }

    async fn tool_result(&mut self, call: &ToolCall, result: Result<Value, String>, millis: u64) -> Result<Then, JournalError> {
        let then = if result.is_ok() { Then::GoOn } else { Then::Stop };
        self.emit(Event::ToolResult { call_id: call.id.clone(), result, millis }).await?;
        Ok(then)
    }
}

fn millis(began: Instant) -> u64 {
    began.elapsed().as_millis() as u64
}
