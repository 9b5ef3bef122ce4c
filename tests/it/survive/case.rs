//! One run of the sweep: begun, killed, resumed to its end, and judged by what the server has counted.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use handiwork_core::{Event, Run, RunId};
use handiwork_memory::Store;
use handiwork_test_support::demo::{DemoConfig, DemoSite};

use super::child::{DONE, ORDERS, Orders, WAITS};
use super::kill::Point;
use super::script::STEPS;

/// Longest that a process may take; more is a hang.
const LIMIT: Duration = Duration::from_mins(2);
/// How often a run may be resumed before something is wrong.
const MOST_RESUMPTIONS: u32 = 6;
/// How long the server takes to do what it was asked to: longer than a process takes to die.
pub(super) const DELAY: Duration = Duration::from_millis(300);

/// What came of a case.
#[derive(Debug, Default, Clone)]
pub(super) struct Verdict {
    /// There are fewer passages of the point than this in a whole run.
    pub(super) beyond: bool,
    pub(super) lost: Vec<String>,
    pub(super) duplicated: Vec<String>,
    pub(super) asked: usize,
    pub(super) asked_outside: usize,
    pub(super) hung: bool,
    pub(super) orphans: usize,
    /// Replies that were asked for again although they had come.
    pub(super) paid_again: usize,
    /// Anything else that should not be.
    pub(super) problems: Vec<String>,
}

impl Verdict {
    pub(super) fn is_right(&self) -> bool {
        self.lost.is_empty()
            && self.duplicated.is_empty()
            && self.asked_outside == 0
            && !self.hung
            && self.orphans == 0
            && self.paid_again == 0
            && self.problems.is_empty()
    }
}

/// What the server must have counted exactly once. Signing in and drafts are not among it: a session that went with the browser is
/// opened again, and so is a draft whose address only the browser knew.
pub(super) const EFFECTS: [(&str, &str); 4] = [("noted", "alpha rope"), ("noted", "beta sail"), ("digest_sent", ""), ("filed", "")];

pub(super) async fn count(site: &DemoSite, what: &str, about: &str) -> usize {
    let effects = site.effects().await.expect("the server's state");
    effects.iter().filter(|effect| effect.what == what && (about.is_empty() || effect.about == about)).count()
}

/// What a person would find out who is asked whether something was done: they look at the server.
pub(super) async fn look(site: &DemoSite, question: &str) -> bool {
    // A person is not that quick either.
    tokio::time::sleep(DELAY * 2).await;
    let (what, about) = match question {
        question if question.contains("Send digest") => ("digest_sent", ""),
        // What came of it went with the browser, so it is to be done again.
        question if question.contains("Review claim") || question.contains("Sign in") => return false,
        question if question.contains("Confirm") => ("filed", ""),
        _ => ("noted", ""),
    };
    count(site, what, about).await > 0
}

enum Ended {
    Code(i32),
    Killed,
    Hung,
}

async fn process(orders: &Orders) -> (Ended, String) {
    let child = tokio::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "survive::child::browser_process_that_is_killed", "--nocapture"])
        .env(ORDERS, serde_json::to_string(orders).expect("JSON"))
        .env("TMPDIR", &orders.home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("this program again");
    match tokio::time::timeout(LIMIT, child.wait_with_output()).await {
        Err(_) => (Ended::Hung, String::new()),
        Ok(output) => {
            let output = output.expect("an output");
            let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            (output.status.code().map_or(Ended::Killed, Ended::Code), said)
        }
    }
}

/// Begins a run, kills it at the `n`-th passage of `point`, and resumes it to its end.
pub(super) async fn run(point: Point, n: u32, forgetful: bool) -> Verdict {
    let site = DemoSite::start(DemoConfig { delay: DELAY, ..DemoConfig::default() }).await.expect("a site");
    let home = tempfile::tempdir().expect("a folder");
    let id = RunId::generate();
    let mut orders = Orders {
        home: home.path().to_owned(),
        url: site.url(),
        origin: site.origin(),
        password: DemoConfig::default().password,
        run: id.0.clone(),
        resume: false,
        answer: None,
        kill: Some((point, n)),
        forgetful,
    };
    let mut verdict = Verdict::default();
    for turn in 0..=MOST_RESUMPTIONS {
        let (ended, said) = process(&orders).await;
        match ended {
            Ended::Code(DONE) => {
                verdict.beyond = turn == 0;
                break;
            }
            Ended::Killed if turn == 0 => {}
            Ended::Code(WAITS) => {}
            Ended::Hung => {
                verdict.hung = true;
                break;
            }
            Ended::Code(_) | Ended::Killed => {
                let said: Vec<String> = said
                    .lines()
                    .filter(|line| line.contains("ended:") || line.contains("problem:") || line.contains("panicked"))
                    .map(|line| line.chars().take(600).collect())
                    .collect();
                verdict.problems.push(format!("process {turn}: {}", said.join(" | ")));
                break;
            }
        }
        if turn == MOST_RESUMPTIONS {
            verdict.problems.push("it does not come to an end".to_owned());
        }
        orders = Orders { resume: true, kill: None, answer: None, ..orders };
        if let Some(question) = question(&orders).await {
            orders.answer = Some(look(&site, &question).await);
        }
    }
    // A moment for what the server was asked to and may not have done yet.
    tokio::time::sleep(DELAY * 2).await;
    for (what, about) in EFFECTS {
        let name = format!("{what} {about}");
        match count(&site, what, about).await {
            0 => verdict.lost.push(name),
            1 => {}
            _ => verdict.duplicated.push(name),
        }
    }
    for claim in site.claims().await.expect("the server's state") {
        let told = (
            claim.employee.as_str(),
            claim.title.as_str(),
            claim.amount_cents,
            claim.date.as_str(),
            claim.category.as_str(),
            claim.company_card,
        );
        if told != ("Ana Lopez", "Train to Hamburg", 8640, "2026-11-03", "Travel", true) {
            verdict.problems.push(format!("the claim is another one: {told:?}"));
        }
    }
    if let Ok(run) = load(&orders).await {
        let replies = run.replies().count();
        verdict.paid_again = replies.saturating_sub(STEPS);
        verdict.asked = run.events().filter(|event| matches!(event, Event::Question { .. })).count();
        verdict.asked_outside = if point.may_ask() { 0 } else { verdict.asked };
        if !verdict.is_right() && std::env::var_os("SURVIVE_SHOW").is_some() {
            show(&run);
        }
    }
    verdict.orphans = left(home.path()).await;
    site.stop().await;
    verdict
}

/// What happened, for whoever wants to know why.
pub(super) fn show(run: &Run) {
    for entry in run.entries() {
        let text = serde_json::to_string(&entry.event).unwrap_or_default();
        eprintln!("{} {}", entry.seq, text.chars().take(400).collect::<String>());
    }
}

async fn load(orders: &Orders) -> Result<Run, Box<dyn std::error::Error>> {
    let store = Store::open(&orders.database()).await?;
    let run = store.load_run(&RunId(orders.run.clone())).await;
    store.close().await;
    Ok(run?)
}

/// What the run waits to be told.
async fn question(orders: &Orders) -> Option<String> {
    match load(orders).await.ok()?.status() {
        handiwork_core::Status::Waiting { question } => Some(question.to_owned()),
        _ => None,
    }
}

/// Processes of the run that are still there after a while. All of them have its folder in their environment.
pub(super) async fn left(home: &Path) -> usize {
    let end = tokio::time::Instant::now() + Duration::from_secs(10);
    let home = home.as_os_str().as_encoded_bytes();
    let of_run =
        |pid: &u32| std::fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environ| environ.windows(home.len()).any(|part| part == home));
    loop {
        let left = pids().filter(of_run).count();
        if left == 0 || tokio::time::Instant::now() > end {
            return left;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn pids() -> impl Iterator<Item = u32> {
    let all = std::fs::read_dir("/proc").expect("/proc");
    all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}
