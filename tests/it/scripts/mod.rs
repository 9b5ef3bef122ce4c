//! Scripts with a real browser and a real site: made of a run, replayed with other values, exported and imported.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests")]

mod chrome;
mod claim;
#[path = "../../../benches/heal/oracle.rs"]
mod oracle;
mod recorded;
mod rows;

use std::sync::Arc;

use handiwork::core::journal::MemoryJournal;
use handiwork::core::model::NoModel;
use handiwork::core::{AgentBuilder, Outcome, Policy, Run, Secrets};
use handiwork::planners::Replay;
use handiwork::planners::script::{Ready, Script, Values, from_run};
use handiwork::tools::browser::{Browser, BrowserConfig};
use handiwork_test_support::demo::DemoSite;
use oracle::{Deed, Oracle};
use serde_json::{Value, json};

fn deed(action: &'static str, role: &str, name: &str, args: Value) -> Deed {
    Deed { action, role: role.to_owned(), name: name.to_owned(), row: None, args }
}

/// Signing in and filing a claim, as somebody does who knows the site.
fn filing(site: &DemoSite, employee: &str, what: &str, amount: &str, date: &str, category: &str) -> Oracle {
    let fill = |name: &str, text: &str| deed("fill", "textbox", name, json!({ "text": text }));
    let click = |role: &str, name: &str| deed("click", role, name, json!({}));
    Oracle {
        start: site.url(),
        deeds: vec![
            fill("User name", "dana"),
            fill("Password", "{{secret:password}}"),
            click("button", "Sign in"),
            click("link", "New claim"),
            fill("Employee", employee),
            fill("Description", what),
            deed("fill", "spinbutton", "Amount (EUR)", json!({ "text": amount })),
            fill("Date", date),
            deed("select", "combobox", "Category", json!({ "option": category })),
            click("button", "Review claim"),
            click("button", "Confirm and file claim"),
        ],
    }
}

/// Runs a planner in a new browser.
async fn run(planner: impl handiwork::core::Planner + 'static, goal: &str, secrets: Secrets, checks: &[&str]) -> Run {
    let browser = Browser::launch(BrowserConfig::default()).await.expect("a browser");
    let agent = AgentBuilder::new(NoModel::default(), planner).surface(browser).policy(Policy::allow()).secrets(secrets);
    let builder = agent.journal(Arc::new(MemoryJournal::default())).build().run(goal);
    let builder = checks.iter().fold(builder, |run, check| run.check(check.parse().expect("a check")));
    builder.finish().await.expect("no journal failure").run
}

fn secrets(site: &DemoSite) -> Secrets {
    let mut secrets = Secrets::default();
    secrets.insert("password", "quiet-harbour-71", &site.origin()).expect("a secret");
    secrets
}

/// A script of a run that filed a claim.
async fn recorded(site: &DemoSite) -> Script {
    let goal = "Sign in as dana. File a claim for Ana Lopez: train to Hamburg, 86.40 euros, on 3 November 2026, travel.";
    let run =
        run(filing(site, "Ana Lopez", "train to Hamburg", "86.40", "2026-11-03", "Travel"), goal, secrets(site), &["text has Ana Lopez"])
            .await;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}", run.outcome());
    from_run::from_run(&run).expect("a script")
}

async fn replayed(script: &Script, values: &Values, site: &DemoSite) -> Run {
    let values = script.values(values).expect("values");
    let ready = Ready::of(script, &values).expect("ready");
    run(Replay::new(ready), "replay", secrets(site), &[]).await
}

fn values(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
