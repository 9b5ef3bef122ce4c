//! What a person does in a window is recorded, and replayed with other values. Here the person's mouse and keys are moved by us: what
//! the browser gets is the same.

use std::sync::Arc;

use handiwork::core::model::NoModel;
use handiwork::core::{AgentBuilder, Outcome, Policy};
use handiwork::planners::script::by_hand::script_of;
use handiwork::tools::browser::{BrowserConfig, Recorder};
use handiwork_test_support::demo::{DemoConfig, DemoSite};
use serde_json::json;

use super::{deed, filing, replayed, secrets, values};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_does_is_recorded() {
    let site = DemoSite::start(DemoConfig::default()).await.expect("a site");
    let recorder = Recorder::open(BrowserConfig::default(), &site.url()).await.expect("a window");
    let mut by_person = filing(&site, "Ana Lopez", "train to Hamburg", "86.40", "", "");
    // Keys, as a person has them: what is set by script is nobody's deed.
    by_person.deeds[7] = deed("type", "textbox", "Date", json!({ "text": "11032026" }));
    by_person.deeds[8] = deed("press", "combobox", "Category", json!({ "keys": "t" }));
    let agent = AgentBuilder::new(NoModel::default(), by_person)
        .shared_surface(Arc::clone(recorder.browser()) as Arc<dyn handiwork::core::Surface>)
        .policy(Policy::allow())
        .secrets(secrets(&site))
        .build();
    let run = agent.run("by hand").finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}", run.outcome());
    let seen = recorder.finish().await;
    let script = script_of(&site.url(), "", &seen).expect("a script");
    let text = script.write();
    assert_eq!(script.variables().into_iter().collect::<Vec<_>>(), ["amount", "category", "date", "employee", "title", "user"], "{text}");
    assert!(text.contains("{{secret:password}}") && !text.contains("quiet-harbour"), "{text}");

    let other = values(&[("employee", "Bo Chen"), ("title", "lunch"), ("amount", "12.50"), ("date", "2026-10-21"), ("category", "Meals")]);
    let run = replayed(&script, &other, &site).await;
    assert!(matches!(run.outcome(), Some(Outcome::Done { .. })), "{:?}\n{text}", run.outcome());
    let claims = site.claims().await.expect("claims");
    let filed: Vec<_> = claims.iter().map(|claim| (claim.employee.as_str(), claim.date.as_str(), claim.category.as_str())).collect();
    assert_eq!(filed, [("Ana Lopez", "2026-11-03", "Travel"), ("Bo Chen", "2026-10-21", "Meals")]);
}
