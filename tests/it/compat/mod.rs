//! Models on servers of every kind: what is asked of the server, how its model is told of tools, what it is held to. Against
//! stand-ins whose requests are asserted, and against llama.cpp's own server.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test ends where it fails, in its helpers too")]

mod asking;
#[cfg(all(feature = "cli", feature = "browser"))]
mod both_ways;
#[cfg(feature = "local")]
mod llama_server;
mod ollama;
mod probing;

use std::time::Duration;

use handiwork::core::model::{Message, Request};
use handiwork::core::{Action, Context};
use handiwork_test_support::compat::{CompatStandIn, Said, Served};
use serde_json::{Value, json};

async fn serve(served: Served, answer: impl Fn(&Value, usize) -> Said + Send + Sync + 'static) -> CompatStandIn {
    CompatStandIn::start(served, answer).await.expect("the stand-in starts")
}

fn soon() -> Context {
    Context::default().within(Duration::from_secs(20))
}

/// A request with two tools on a small screen.
fn request() -> Request {
    Request {
        system: "You operate a web page.".to_owned(),
        tools: Action::specs(&["click", "fill"]),
        messages: vec![Message::user("Click Send.\n\ne3 textbox \"Name\"\ne4 button \"Send\"")],
        ..Request::default()
    }
}

/// The same call, natively and in the text of the protocol.
fn click() -> Value {
    json!({ "ref": "e4" })
}

fn by_prompt() -> Said {
    Said::text("{\"thought\":\"Send is e4.\"}\n{\"do\":\"click\",\"ref\":\"e4\"}")
}
