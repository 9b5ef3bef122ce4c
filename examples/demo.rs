//! The demo behind `make demo`: a model on this machine signs in to a web application and files an expense claim.
//!
//! Why it exists: it is the shortest honest proof of the whole. The site is a real server with a database, the agent is the
//! `handiwork` command as anybody would call it, and whether it succeeded is read from the server's state, never from what the
//! page or the model says. Then the run is made a script, and that files another claim without a model. With `--five` the model does it
//! for five different sentences.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a program that prints; JSON values can be indexed safely"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use handiwork_test_support::demo::{Claim, DemoConfig, DemoSite};
use serde_json::{Value, json};

/// A sentence, and the claim that the server must hold after it.
struct Case {
    sentence: &'static str,
    employee: &'static str,
    amount_cents: i64,
    date: &'static str,
    category: &'static str,
    company_card: bool,
    /// A word that the title must hold.
    title: &'static str,
}

const CASES: [Case; 5] = [
    Case {
        sentence: "File an expense claim for Ana Lopez: train to Hamburg, 86.40 euros, on 3 November 2026, travel, paid with the company card.",
        employee: "Ana Lopez",
        amount_cents: 8640,
        date: "2026-11-03",
        category: "Travel",
        company_card: true,
        title: "Hamburg",
    },
    Case {
        sentence: "Please claim 23.75 for Jonas Weber. He had lunch with a customer on 2026-10-21, so the category is meals. He paid it himself.",
        employee: "Jonas Weber",
        amount_cents: 2375,
        date: "2026-10-21",
        category: "Meals",
        company_card: false,
        title: "unch",
    },
    Case {
        sentence: "Mei Tanaka stayed one night at the Hotel Bristol on September 9, 2026. It cost 149 euros, lodging, on the company card. File that as a claim.",
        employee: "Mei Tanaka",
        amount_cents: 14900,
        date: "2026-09-09",
        category: "Lodging",
        company_card: true,
        title: "ristol",
    },
    Case {
        sentence: "New claim, employee Samuel Okoro, description \"Rust workshop\", amount 420.00, date 2026-08-17, category Training, not paid with the company card.",
        employee: "Samuel Okoro",
        amount_cents: 42000,
        date: "2026-08-17",
        category: "Training",
        company_card: false,
        title: "Rust workshop",
    },
    Case {
        sentence: "Enter an expense for Lucia Moretti: printer paper, 12.90 euros, bought on 28 October 2026, office supplies, with her own money.",
        employee: "Lucia Moretti",
        amount_cents: 1290,
        date: "2026-10-28",
        category: "Office supplies",
        company_card: false,
        title: "aper",
    },
];

/// What the script files after the model has filed the first one.
const AGAIN: Case = Case {
    sentence: "",
    employee: "Mei Tanaka",
    amount_cents: 14900,
    date: "2026-09-09",
    category: "Lodging",
    company_card: true,
    title: "One night at the Hotel Bristol",
};

const USER: &str = "dana";

#[tokio::main]
async fn main() -> ExitCode {
    match demo().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn demo() -> anyhow::Result<()> {
    let five = std::env::args().any(|arg| arg == "--five");
    let handiwork = beside_me()?;
    let local = std::env::var("DEEPSEEK_API_KEY").map_or(true, |key| key.trim().is_empty());
    if local {
        println!("No DEEPSEEK_API_KEY: a model on this machine will do it. Fetching it, if it is not here yet (1.1 GB).");
        command(&handiwork, &["model", "pull", "default"], &[], None).await?;
    }
    let cases = if five { &CASES[..] } else { &CASES[..1] };
    let (mut successes, mut seconds, mut steps) = (0, 0.0, 0.0);
    for (number, case) in cases.iter().enumerate() {
        match one(&handiwork, number + 1, case, (!five).then_some(&AGAIN)).await {
            Ok(result) => {
                successes += 1;
                seconds += result["seconds"].as_f64().unwrap_or_default();
                steps += result["steps"].as_f64().unwrap_or_default();
            }
            Err(error) => println!("FAILED: {error:#}\n"),
        }
    }
    if five {
        let per_step = if steps > 0.0 { (seconds / steps * 100.0).round() / 100.0 } else { 0.0 };
        println!("{}", json!({ "bar": "demo", "runs": cases.len(), "successes": successes, "seconds_per_step": per_step }));
    }
    if successes < cases.len() {
        bail!("{successes} of {} claims were filed as they should", cases.len());
    }
    Ok(())
}

/// One sentence on a fresh site, judged by the site's state.
async fn one(handiwork: &Path, number: usize, case: &Case, again: Option<&Case>) -> anyhow::Result<Value> {
    let password = format!("canary-{:x}-{number}", std::process::id());
    let site = DemoSite::start(DemoConfig { user: USER.to_owned(), password: password.clone(), ..DemoConfig::default() }).await?;
    let report = PathBuf::from("target/demo").join(format!("report-{number}.html"));
    std::fs::create_dir_all("target/demo")?;
    println!("The site runs on {}. The goal:\n  {}\n", site.url(), case.sentence);
    let goal = format!("Sign in as {USER} with the password secret. {}", case.sentence);
    let secret = format!("password=DEMO_PASSWORD@{}", site.origin());
    let url = site.url();
    let args = ["run", &goal, "--url", &url, "--secret", &secret, "--report", &report.to_string_lossy(), "--json"];
    let ran = command(handiwork, &args, &[("DEMO_PASSWORD", &password)], Some(Duration::from_mins(20))).await;
    let claims = site.claims().await?;
    let output = ran?;
    let result: Value = serde_json::from_str(output.trim()).with_context(|| format!("this is not JSON: {output}"))?;
    judge(case, &claims)?;
    if result["verified"].as_u64().unwrap_or_default() < 4 {
        bail!("fewer than 4 verified receipts: {result}");
    }
    let html = std::fs::read_to_string(&report)?;
    if html.contains(&password) || output.contains(&password) {
        bail!("the password is in the report or the result");
    }
    println!("\nThe claim is on the server, with the right fields.");
    println!(
        "  {} steps, {} verified actions, {:.0} s",
        result["steps"],
        result["verified"],
        result["seconds"].as_f64().unwrap_or_default()
    );
    println!(
        "  {} tokens in ({} of them cached), {} out, ${:.4}",
        result["tokens"]["in"],
        result["tokens"]["cached"],
        result["tokens"]["out"],
        result["cost_usd"].as_f64().unwrap_or_default()
    );
    println!("  report: {}", std::fs::canonicalize(&report)?.display());
    println!("  journal: handiwork show {}\n", result["run"].as_str().unwrap_or_default());
    if let Some(again) = again {
        replay(handiwork, &site, &result, case, again, &[("DEMO_PASSWORD", &password)], &secret).await?;
    }
    site.stop().await;
    Ok(result)
}

/// The run is made a script, which files another claim without a model.
async fn replay(
    handiwork: &Path,
    site: &DemoSite,
    first: &Value,
    case: &Case,
    again: &Case,
    env: &[(&str, &str)],
    secret: &str,
) -> anyhow::Result<()> {
    let file = "target/demo/claim.json";
    command(handiwork, &["script", "from-run", first["run"].as_str().unwrap_or_default(), "-o", file], &[], None).await?;
    let told: Value = serde_json::from_str(command(handiwork, &["script", "check", file, "--json"], &[], None).await?.trim())?;
    let amount = format!("{}.{:02}", again.amount_cents / 100, again.amount_cents % 100);
    let wanted = [
        ("Employee", again.employee),
        ("Description", again.title),
        ("Amount (EUR)", &amount),
        ("Date", again.date),
        ("Category", again.category),
    ];
    let variables = told["variables"].as_object().context("no variables")?;
    let mut args = vec!["replay".to_owned(), file.to_owned(), "--secret".to_owned(), secret.to_owned(), "--json".to_owned()];
    let mut set = Vec::new();
    for (label, value) in wanted {
        // The names of variables are those that the form gives its fields.
        if let Some(name) = variables.iter().find(|(_, schema)| schema["title"] == label).map(|(name, _)| name) {
            args.extend(["--set".to_owned(), format!("{name}={value}")]);
            set.push(label);
        }
    }
    if !set.contains(&"Employee") || !set.contains(&"Amount (EUR)") {
        bail!("the script has no variables for employee and amount: {variables:?}");
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let second: Value = serde_json::from_str(command(handiwork, &args, env, Some(Duration::from_mins(5))).await?.trim())?;
    let claims = site.claims().await?;
    let [one, two] = claims.as_slice() else { bail!("the server holds {} claims instead of 2", claims.len()) };
    let (old, new) = if one.employee == case.employee { (one, two) } else { (two, one) };
    if old.employee != case.employee
        || new.employee != again.employee
        || new.amount_cents != again.amount_cents
        || second["model_calls"] != 0
    {
        bail!("the claims are not as they should be: {claims:?}; {second}");
    }
    let seconds = |value: &Value| value["seconds"].as_f64().unwrap_or_default();
    let usd = |value: &Value| value["cost_usd"].as_f64().unwrap_or_default();
    println!(
        "\nBoth claims are on the server. The model took {:.0} s and ${:.4}; the script took {:.1} s, {} model calls and ${:.4}.\n  script: {file}\n",
        seconds(first),
        usd(first),
        seconds(&second),
        second["model_calls"],
        usd(&second)
    );
    Ok(())
}

fn judge(case: &Case, claims: &[Claim]) -> anyhow::Result<()> {
    let [claim] = claims else { bail!("the server holds {} claims instead of 1", claims.len()) };
    let right = claim.employee == case.employee
        && claim.amount_cents == case.amount_cents
        && claim.date == case.date
        && claim.category == case.category
        && claim.company_card == case.company_card
        && claim.title.contains(case.title)
        && claim.filed_by == USER;
    if !right {
        bail!("the server holds another claim than it should: {claim:?}");
    }
    Ok(())
}

/// The `handiwork` that was built beside this example.
fn beside_me() -> anyhow::Result<PathBuf> {
    let me = std::env::current_exe()?;
    let file = me.ancestors().nth(2).context("no target folder")?.join("handiwork");
    if !file.is_file() {
        bail!("{} is not there; build it first: cargo build --bin handiwork", file.display());
    }
    Ok(file)
}

/// Runs the command, showing what it says to the person watching, and gives what it prints.
async fn command(handiwork: &Path, args: &[&str], env: &[(&str, &str)], limit: Option<Duration>) -> anyhow::Result<String> {
    println!(
        "$ handiwork {}",
        args.iter().map(|arg| if arg.contains(' ') { format!("{arg:?}") } else { (*arg).to_owned() }).collect::<Vec<_>>().join(" ")
    );
    let child = tokio::process::Command::new(handiwork)
        .args(args)
        .envs(env.iter().copied())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output =
        tokio::time::timeout(limit.unwrap_or(Duration::from_hours(1)), child.wait_with_output()).await.context("it took too long")??;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("handiwork ended with {}: {}", output.status, text.trim());
    }
    Ok(text)
}
