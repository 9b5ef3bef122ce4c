//! Files in the exact form of Chrome's own export: with a frame, with a new tab, and with selectors only.

use handiwork::core::{Outcome, Secrets};
use handiwork::planners::Replay;
use handiwork::planners::script::{Ready, Script, Values, export};
use handiwork_test_support::demo::{DemoConfig, DemoSite};
use handiwork_test_support::fixtures::Fixtures;

async fn replayed(text: &str, origin: &str) -> Outcome {
    let script = export::at_origin(&Script::read(text).expect("a recording"), origin);
    let ready = Ready::of(&script, &Values::new()).expect("ready");
    let run = super::run(Replay::new(ready), "replay", Secrets::default(), &[]).await;
    run.outcome().expect("over").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_chrome_recorded_is_replayed() {
    let demo = DemoSite::start(DemoConfig::default()).await.expect("a site");
    let outcome = replayed(include_str!("../../../examples/tasks/chrome-sign-in.json"), &demo.origin()).await;
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let site = Fixtures::start().await.expect("a site");
    let outcome = replayed(include_str!("../../../examples/tasks/chrome-frame.json"), site.url("").trim_end_matches('/')).await;
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    let told: Vec<String> = site.told().into_iter().map(|told| told.what).collect();
    assert!(told.contains(&"framed".to_owned()) && told.contains(&"shadow".to_owned()), "{told:?}");
    let outcome = replayed(include_str!("../../../examples/tasks/chrome-new-tab.json"), site.url("").trim_end_matches('/')).await;
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
}
