//! What a long task takes of a model's input, and how much of that is in the provider's cache.
//!
//! Forty entries are added on a page that grows by each (`page.html`), in a real browser, with a stand-in for the API that simulates
//! its prefix cache. The same task is counted three times: as the planner tells it, with the screen rewritten at each step, and as
//! browser-use tells it (`record_browser_use.py`, by its own package). Then sixty steps with a small window: the conversation is made
//! shorter on the way, and must keep the plan's milestones.
//!
//! Counted are the stand-in's tokens (four bytes each) for all three; the tools' own schemas by DeepSeek's tokenizer, in the script
//! that starts this.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::indexing_slicing, reason = "a program that prints, and ends where it fails")]

use std::path::PathBuf;
use std::sync::Arc;

use handiwork::core::model::Usage;
use handiwork::core::model::deepseek::{DeepSeek, known_price};
use handiwork::core::{AgentBuilder, Budgets, Event, Policy, Run, Screen, Surface as _};
use handiwork::planners::{Plan, React};
use handiwork::tools::browser::{Browser, BrowserConfig};
use handiwork_test_support::deepseek::{Scripted, StandIn};
use serde_json::{Value, json};

/// Entries of the task.
const STEPS: usize = 40;

/// Entries of the long one, and the tokens from which on its conversation is made shorter.
const LONG: usize = 60;
const WINDOW: u32 = 5_000;

const GOAL: &str =
    "On the ledger page, add the entries 'entry 1' to 'entry 40', one after the other, in order. Then say how many entries there are.";

#[tokio::main]
async fn main() {
    let url = page().await;
    if let Some(out) = std::env::var_os("CONTEXT_SERVE") {
        // For the recording of another tool: the address, until this is ended.
        std::fs::write(out, &url).expect("the address");
        return std::future::pending().await;
    }
    let (run, bodies) = forty(&url).await;
    let entries = run.screen().map(Screen::render).unwrap_or_default();
    assert!(entries.contains(&format!("{STEPS} entries")), "the task was not done:\n{entries}");
    if let Some(file) = std::env::var_os("CONTEXT_TOOLS") {
        std::fs::write(file, bodies[0]["tools"].to_string()).expect("the tools");
    }
    let ours = run.usage();
    let hit_rate = ours.cached as f64 / ours.prompt as f64;
    let rewritten = simulated(&rewritten(&run, &bodies), ours.completion);
    let other = recorded().map(|bodies| simulated(&bodies, 0));
    let long = long(&url).await;
    let four = |x: f64| (x * 10_000.0).round() / 10_000.0;
    let line = json!({
        "bar": "context", "steps": STEPS, "requests": bodies.len(), "hit_rate": four(hit_rate),
        "tokens": ours.prompt, "tokens_rewritten": rewritten.prompt, "tokens_browser_use": other.map(|usage| usage.prompt),
        "usd": usd(&ours), "usd_rewritten": usd(&rewritten), "usd_browser_use": other.map(|usage| usd(&usage)),
        "hit_rate_rewritten": four(rewritten.cached as f64 / rewritten.prompt as f64),
        "hit_rate_browser_use": other.map(|usage| four(usage.cached as f64 / usage.prompt as f64)),
        "long": long,
    });
    println!("{line}");
}

/// The page, served on loopback.
async fn page() -> String {
    let page = include_str!("page.html");
    let app = axum::Router::new().route("/", axum::routing::get(move || async move { axum::response::Html(page) }));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// The ref of the newest line that has these words.
fn find(request: &Value, words: &str) -> String {
    let texts = said(request);
    let line = texts.iter().rev().flat_map(|text| text.lines().rev()).find(|line| line.contains(words)).expect("it is on a screen");
    let is_ref = |word: &&str| word.strip_prefix('e').is_some_and(|number| number.parse::<u32>().is_ok());
    line.split_whitespace().find(is_ref).expect("a ref").to_owned()
}

/// What was said in each message, without the plan.
fn said(request: &Value) -> Vec<&str> {
    let all = request["messages"].as_array().expect("messages").iter().filter_map(|message| message["content"].as_str());
    all.map(|text| text.split_once("\n\nPlan:").map_or(text, |(before, _)| before)).collect()
}

/// Adds one entry, as browser-use is made to as well: both acts in one reply.
fn add(request: &Value, number: usize) -> Scripted {
    Scripted::call("fill", &json!({ "ref": find(request, "textbox \"Entry\""), "text": format!("entry {number}") }))
        .and_call("click", &json!({ "ref": find(request, "button \"Add\"") }))
        .saying(format!("Entry {number} comes next. The last one was added, as the status line says."))
}

async fn agent(server: &StandIn, plan: Option<Plan>, react: React) -> (handiwork::Agent, Arc<Browser>) {
    let browser = Arc::new(Browser::launch(BrowserConfig::default()).await.expect("a browser"));
    let model = DeepSeek::from_key(StandIn::KEY).base_url(server.url());
    let policy = Policy::allow().budgets(Budgets { steps: Some(200), ..Budgets::default() });
    let builder = match plan {
        Some(plan) => AgentBuilder::new(model, plan),
        None => AgentBuilder::new(model, react),
    };
    (builder.shared_surface(browser.clone()).policy(policy).build(), browser)
}

async fn forty(url: &str) -> (Run, Vec<Value>) {
    let done = || Scripted::call("done", &json!({ "ok": true, "answer": format!("There are {STEPS} entries.") }));
    let answer = move |request: &Value, turn: usize| if turn < STEPS { add(request, turn + 1) } else { done() };
    let server = StandIn::answering(answer).await.expect("a server");
    let (agent, browser) = agent(&server, None, React::default()).await;
    let run = agent.run(GOAL).url(url).finish().await.expect("no journal failure").run;
    browser.close().await;
    assert!(server.refusals().is_empty(), "{:?}", server.refusals());
    (run, server.requests())
}

/// The same requests with the screen told only once, at the end, and whole: what most tools do.
fn rewritten(run: &Run, bodies: &[Value]) -> Vec<Value> {
    let mut screens: Vec<&Screen> = Vec::new();
    let mut newest = None;
    for event in run.events() {
        match event {
            Event::Observed { screen, .. } => newest = Some(screen),
            Event::Asked { .. } => screens.extend(newest),
            _ => {}
        }
    }
    let mut out = Vec::with_capacity(bodies.len());
    for (body, screen) in bodies.iter().zip(screens) {
        let mut body = body.clone();
        let messages = body["messages"].as_array_mut().expect("messages");
        for message in messages.iter_mut() {
            if let Some(text) =
                message["content"].as_str().and_then(|text| text.split_once("\n\nScreen:\n")).map(|(before, _)| before.to_owned())
            {
                message["content"] = Value::from(text);
            }
        }
        let last = messages.last_mut().expect("one");
        let text = format!("{}\n\nScreen:\n{}", last["content"].as_str().unwrap_or_default(), screen.render().trim_end());
        last["content"] = Value::from(text);
        out.push(body);
    }
    out
}

/// What browser-use has sent for the same task, if it was recorded.
fn recorded() -> Option<Vec<Value>> {
    let file = PathBuf::from(std::env::var_os("CONTEXT_BROWSER_USE")?);
    let text = std::fs::read_to_string(file).ok()?;
    let bodies: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    (bodies.len() >= STEPS).then_some(bodies)
}

fn simulated(bodies: &[Value], completion: u64) -> Usage {
    let mut usage = Usage { completion, ..Usage::default() };
    for (prompt, cached) in StandIn::simulated(bodies) {
        usage.prompt += prompt;
        usage.cached += cached;
    }
    usage
}

/// At the prices of deepseek-flash outside of peak hours. Output is not counted for whom it is not known.
fn usd(usage: &Usage) -> f64 {
    let price = known_price("deepseek-flash", 1_796_000_000_000).expect("a price");
    (price.cost(usage) * 1e6).round() / 1e6
}

/// Sixty steps in a window that holds about fifteen of them.
async fn long(url: &str) -> Value {
    let milestones = json!({ "milestones": [
        { "what": "ten entries", "kind": "text", "value": "10 entries" },
        { "what": "thirty entries", "kind": "text", "value": "30 entries" },
        { "what": "all entries", "kind": "text", "value": format!("{LONG} entries") },
    ]});
    let done = || Scripted::call("done", &json!({ "ok": true, "answer": format!("There are {LONG} entries.") }));
    let answer = move |request: &Value, _: usize| {
        let last = request["messages"].as_array().and_then(|messages| messages.last()).and_then(|message| message["content"].as_str());
        if last.is_some_and(|text| text.starts_with("This conversation is about to be replaced")) {
            return Scripted::text(
                "Entries were added one by one with the textbox and the button Add; the status line counts them. Go on with the next number.",
            );
        }
        let all = request["messages"].to_string();
        if !all.contains("Plan:") {
            return Scripted::call("plan", &milestones);
        }
        let entries = counted(&said(request).join("\n"));
        if entries >= LONG { done() } else { add(request, entries + 1) }
    };
    let server = StandIn::answering(answer).await.expect("a server");
    let react = React { compact_tokens: WINDOW, ..React::default() };
    let (agent, browser) = agent(&server, Some(Plan { react, ..Plan::default() }), React::default()).await;
    let goal = GOAL.replace("40", &LONG.to_string());
    let run = agent.run(goal).url(url).finish().await.expect("no journal failure").run;
    browser.close().await;
    assert!(server.refusals().is_empty(), "{:?}", server.refusals());
    let replies = |of: &str| run.events().filter(|event| matches!(event, Event::Replied { role, .. } if role == of)).count();
    let largest = run.replies().map(|reply| reply.usage.prompt).max().unwrap_or_default();
    // Right after each time that it was made shorter, the milestones that had been reached are told as such.
    let bodies = server.requests();
    let anew: Vec<(usize, String)> = bodies
        .iter()
        .filter(|body| {
            body["messages"].to_string().contains("Your notes of what was done so far")
                && body["messages"].as_array().is_some_and(|all| all.len() == 2)
        })
        .map(|body| (counted(&said(body).join("\n")), body["messages"].to_string()))
        .collect();
    let kept = anew.iter().all(|(entries, text)| {
        let ticked = |least: usize, mark: &str| *entries < least || text.contains(mark);
        text.contains("Plan:") && ticked(10, "[x] ten entries") && ticked(30, "[x] thirty entries")
    });
    json!({
        "steps": replies("act"), "compactions": replies("compact"), "window": WINDOW, "largest_prompt": largest,
        "milestones_kept": kept && anew.len() == replies("compact"), "done": matches!(run.outcome(), Some(handiwork::core::Outcome::Done { .. })),
    })
}

/// What the status line has come to: it only ever grows.
fn counted(text: &str) -> usize {
    let before = text.match_indices(" entries").filter_map(|(at, _)| text.get(..at));
    let number = |before: &str| {
        let digits: String = before.chars().rev().take_while(char::is_ascii_digit).collect();
        digits.chars().rev().collect::<String>().parse().ok()
    };
    before.filter_map(number).max().unwrap_or(0)
}
