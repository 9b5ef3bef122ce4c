//! The browser is killed, or stopped, under a run: at each act, before it and in the middle of it. The run goes on in a new one.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use handiwork_core::event::Revival;
use handiwork_core::run::Status;
use handiwork_core::{
    Action, AgentBuilder, Checkpoint, Context, Event, MemoryJournal, Outcome, Policy, Probe, Receipt, Refusal, Resolved, Restore, Restored,
    RunBuilder, Screen, Secrets, Shot, Surface, SurfaceError, SurfaceInfo,
};
use handiwork_planners::React;
use handiwork_test_support::demo::{DemoConfig, DemoSite};
use handiwork_tools::browser::{Browser, BrowserConfig};
use rustix::process::{Pid, Signal, kill_process};

use super::case::{DELAY, EFFECTS, Verdict, count, left, look, show};
use super::child::{key, probes};
use super::kill::{Killer, Point};
use super::script::{STEPS, Script};

/// A run that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(150);

/// A browser that gets a signal at one act.
#[derive(Debug)]
struct Victim {
    inner: Arc<Browser>,
    killer: Killer,
    signal: Signal,
}

impl Victim {
    fn strike(&self) {
        if let Some(pid) = self.inner.pid().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)) {
            let _ = kill_process(pid, self.signal);
        }
    }
}

#[async_trait]
impl Surface for Victim {
    fn info(&self) -> SurfaceInfo {
        self.inner.info()
    }

    async fn observe(&self, cx: &Context) -> Result<Screen, SurfaceError> {
        self.inner.observe(cx).await
    }

    async fn resolve(&self, cx: &Context, action: &Action) -> Result<Resolved, Refusal> {
        self.inner.resolve(cx, action).await
    }

    async fn dispatch(&self, cx: &Context, resolved: &Resolved) -> Result<Receipt, SurfaceError> {
        if self.killer.at(Point::BeforeDispatch) {
            self.strike();
        }
        let mid = self.killer.at(Point::MidDispatch);
        let striking = async {
            if mid {
                tokio::time::sleep(Duration::from_millis(80)).await;
                self.strike();
            }
        };
        tokio::join!(self.inner.dispatch(cx, resolved), striking).0
    }

    async fn screenshot(&self, cx: &Context) -> Result<Option<Shot>, SurfaceError> {
        self.inner.screenshot(cx).await
    }

    async fn checkpoint(&self, cx: &Context) -> Result<Option<Checkpoint>, SurfaceError> {
        self.inner.checkpoint(cx).await
    }

    async fn restore(&self, cx: &Context, from: &Restore<'_>) -> Result<Restored, SurfaceError> {
        self.inner.restore(cx, from).await
    }

    async fn probe(&self, cx: &Context, probe: &Probe) -> Result<bool, SurfaceError> {
        self.inner.probe(cx, probe).await
    }
}

/// Runs the task with a signal to the browser at the `n`-th passage of a point.
pub(super) async fn run(signal: Signal, point: Point, n: u32) -> Verdict {
    let site = DemoSite::start(DemoConfig { delay: DELAY, ..DemoConfig::default() }).await.expect("a site");
    let home = tempfile::tempdir().expect("a folder");
    let profile = home.path().join("browser");
    let mut verdict = Verdict::default();
    match tokio::time::timeout(LIMIT, drive(signal, point, n, &site, &profile)).await {
        Ok(found) => verdict = found,
        Err(_) => verdict.hung = true,
    }
    tokio::time::sleep(DELAY * 2).await;
    for (what, about) in EFFECTS {
        match count(&site, what, about).await {
            0 => verdict.lost.push(format!("{what} {about}")),
            1 => {}
            _ => verdict.duplicated.push(format!("{what} {about}")),
        }
    }
    verdict.orphans = left(home.path()).await;
    site.stop().await;
    verdict
}

async fn drive(signal: Signal, point: Point, n: u32, site: &DemoSite, profile: &std::path::Path) -> Verdict {
    let mut verdict = Verdict::default();
    let origin = site.origin();
    let config = BrowserConfig { profile: Some(profile.to_owned()), state_key: Some(key()), ..BrowserConfig::default() };
    let inner = Arc::new(Browser::launch(config).await.expect("a browser"));
    let mut secrets = Secrets::default();
    secrets.insert("password", &DemoConfig::default().password, &origin).expect("an origin");
    let agent = AgentBuilder::new(Script::new(&origin), React::default())
        .surface(Victim { inner: inner.clone(), killer: Killer::new(Some((point, n))), signal })
        .journal(Arc::new(MemoryJournal::default()))
        .secrets(secrets)
        .policy(Policy::allow())
        .build();
    let builder = agent.run("Sign in, put two notes on the board, send the digest, and file a claim.").url(site.url());
    let builder = probes(&origin).into_iter().fold(builder, RunBuilder::probe);
    let mut run = builder.finish().await.expect("no journal failure").run;
    while let Status::Waiting { question } = run.status() {
        let answer = look(site, question).await;
        run = agent.resume(run).expect("the same planner").answer(answer, "I looked").finish().await.expect("no journal failure").run;
    }
    inner.close().await;
    let revived = run.events().filter(|event| matches!(event, Event::Revived { why: Revival::Relaunched, .. })).count();
    if !matches!(run.outcome(), Some(Outcome::Done { .. })) {
        verdict.problems.push(format!("ended: {:?}", run.status()).chars().take(600).collect());
    }
    if revived != 1 {
        verdict.problems.push(format!("started again {revived} times"));
    }
    if !(verdict.problems.is_empty() && run.replies().count() <= STEPS) && std::env::var_os("SURVIVE_SHOW").is_some() {
        show(&run);
    }
    verdict.paid_again = run.replies().count().saturating_sub(STEPS);
    verdict.asked = run.events().filter(|event| matches!(event, Event::Question { .. })).count();
    verdict
}
