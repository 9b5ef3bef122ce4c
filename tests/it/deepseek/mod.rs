//! DeepSeek's API by the real wire, against the stand-in server; what was sent is asserted, not only what came back.
#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod account;
mod any_cut;
mod conversation;
mod failures;
mod faults;
mod recipe;
mod service;
mod typed;
mod wire_rules;

use std::time::Duration;

use handiwork::core::model::deepseek::DeepSeek;
use handiwork::core::{Context, Message, Request, ToolSpec};
use handiwork_test_support::deepseek::{Scripted, StandIn};
use serde_json::json;

async fn server(script: Vec<Scripted>) -> StandIn {
    StandIn::start(script).await.expect("the stand-in starts")
}

fn model(server: &StandIn) -> DeepSeek {
    DeepSeek::from_key(StandIn::KEY).base_url(server.url())
}

fn soon() -> Context {
    Context::default().within(Duration::from_secs(20))
}

fn request(goal: &str) -> Request {
    let tool = |name: &str| ToolSpec {
        name: name.to_owned(),
        description: format!("Does {name}."),
        parameters: json!({ "type": "object", "properties": { "ref": { "type": "string" } }, "required": ["ref"] }),
    };
    Request {
        system: "You act on screens.".to_owned(),
        tools: vec![tool("click"), tool("fill")],
        messages: vec![Message::user(goal)],
        ..Request::default()
    }
}

/// Whether the suites run whole: `make wire` names a folder for their counts.
fn whole() -> bool {
    std::env::var_os("HANDIWORK_WIRE").is_some()
}

/// Tells `make wire` how many cases there were.
fn tally(name: &str, cases: usize) {
    if let Some(folder) = std::env::var_os("HANDIWORK_WIRE") {
        std::fs::write(std::path::Path::new(&folder).join(name), cases.to_string()).expect("the folder is there");
    }
}
