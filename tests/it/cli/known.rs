//! What a run has done once, the next one does by script: the real command, real Chromium and the demo's site; what the model is asked
//! is counted on the stand-in.

use std::sync::{Arc, Mutex};

use handiwork_test_support::deepseek::{Scripted, StandIn};
use handiwork_test_support::demo::{DemoConfig, DemoSite};
use serde_json::{Value, json};

use super::claim::find;
use super::{Ran, handiwork, run};

const PASSWORD: &str = "quiet-harbour-71";

/// A claim: employee, description, amount, date, category.
type Claim = [&'static str; 5];

/// How the goal says it, and how it is said in other words.
fn goal([employee, title, amount, date, category]: Claim) -> String {
    format!("Sign in as dana. File a claim for {employee}: \"{title}\", {amount} euros, on {date}, category \"{category}\".")
}

fn otherwise([employee, title, amount, date, category]: Claim) -> String {
    format!("Please sign in as dana and file a claim: \"{title}\" for {employee}, category \"{category}\", {amount} euros, on {date}.")
}

/// What a good model would do, read off the newest screen that it is sent.
fn good_model(request: &Value, claim: Claim) -> Scripted {
    let [employee, title, amount, date, category] = claim;
    let asked_for = |name: &str| request["tools"].as_array().is_some_and(|tools| tools.iter().any(|tool| tool["function"]["name"] == name));
    // Which element is meant today: it does not know.
    if asked_for("choose") {
        return Scripted::call("choose", &json!({ "number": 0 }));
    }
    if asked_for("values") {
        let names = json!({ "same_task": true, "user": "dana", "employee": employee, "title": title, "amount": amount, "date": date, "category": category });
        return Scripted::call("values", &names);
    }
    let at = |words: &str| find(request, words);
    let texts: Vec<&str> = request["messages"].as_array().expect("messages").iter().filter_map(|one| one["content"].as_str()).collect();
    // The newest that is told of decides.
    let signs = [
        "was filed",
        "button \"Confirm and file claim\"",
        "textbox \"Employee\"",
        "New claim\"",
        "button \"Start\"",
        "textbox \"User name\"",
    ];
    let newest = texts.iter().rev().flat_map(|text| text.lines().rev()).find_map(|line| signs.iter().find(|sign| line.contains(**sign)));
    match *newest.expect("a screen that is known") {
        "was filed" => Scripted::call("done", &json!({ "ok": true, "answer": "It was filed." })),
        "textbox \"User name\"" => Scripted::call("fill", &json!({ "ref": at("\"User name\""), "text": "dana" }))
            .and_call("fill", &json!({ "ref": at("\"Password\""), "text": "{{secret:password}}" }))
            .and_call("click", &json!({ "ref": at("button \"Sign in\"") })),
        "New claim\"" if texts.iter().any(|text| text.contains("textbox \"Employee\"")) => filled(&at, claim),
        "New claim\"" => Scripted::call("click", &json!({ "ref": at("link \"New claim\"") })),
        "button \"Start\"" => Scripted::call("click", &json!({ "ref": at("button \"Start\"") })),
        "textbox \"Employee\"" => filled(&at, claim),
        _ => Scripted::call("click", &json!({ "ref": at("button \"Confirm and file claim\"") })),
    }
}

fn filled(at: &dyn Fn(&str) -> String, [employee, title, amount, date, category]: Claim) -> Scripted {
    Scripted::call("fill", &json!({ "ref": at("\"Employee\""), "text": employee }))
        .and_call("fill", &json!({ "ref": at("\"Description\""), "text": title }))
        .and_call("fill", &json!({ "ref": at("\"Amount (EUR)\""), "text": amount }))
        .and_call("fill", &json!({ "ref": at("\"Date\""), "text": date }))
        .and_call("select", &json!({ "ref": at("\"Category\""), "option": category }))
        .and_call("click", &json!({ "ref": at("button \"Review claim\"") }))
}

struct Rig {
    home: tempfile::TempDir,
    server: StandIn,
    /// What the model is to file.
    claim: Arc<Mutex<Claim>>,
}

impl Rig {
    async fn run(&self, site: &DemoSite, claim: Claim, goal: &str, more: &[&str]) -> Ran {
        *self.claim.lock().expect("no panic") = claim;
        let (url, secret) = (site.url(), format!("password=PASSWORD@{}", site.origin()));
        let mut command = handiwork(self.home.path(), &["run", goal, "--json", "--yes", "--url", &url, "--secret", &secret]);
        command.args(["--check", "text has was filed"]).args(more);
        command.env("DEEPSEEK_API_KEY", StandIn::KEY).env("DEEPSEEK_BASE_URL", self.server.url()).env("PASSWORD", PASSWORD);
        let ran = run(command).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran
    }

    fn asked(&self) -> usize {
        self.server.requests().len()
    }
}

const ANA: Claim = ["Ana Lopez", "train to Hamburg", "86.40", "2026-11-03", "Travel"];
const BO: Claim = ["Bo Chen", "team lunch", "31.50", "2026-10-21", "Meals"];
const MEI: Claim = ["Mei Tanaka", "toner", "45.00", "2026-09-08", "Office supplies"];
const ZOE: Claim = ["Zoë Novak", "Rust course", "410.00", "2026-08-30", "Training"];

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_once_is_done_by_script_and_betters_it() {
    let claim = Arc::new(Mutex::new(ANA));
    let now = Arc::clone(&claim);
    let server = StandIn::answering(move |request, _| good_model(request, *now.lock().expect("no panic"))).await.expect("a server");
    let rig = Rig { home: tempfile::tempdir().expect("a folder"), server, claim };
    let site = DemoSite::start(DemoConfig::default()).await.expect("a site");

    // By the model; it leaves a script.
    let first = rig.run(&site, ANA, &goal(ANA), &[]).await;
    let by_model = rig.asked();
    assert!(by_model > 3 && first.err.contains("learned a script"), "{first:?}");
    // With other values: nobody is asked.
    let second = rig.run(&site, BO, &goal(BO), &[]).await;
    assert_eq!((rig.asked(), &second.json()["outcome"]), (by_model, &json!("done")), "{second:?}");
    assert!(second.err.contains("done before"), "{second:?}");
    // In other words: asked once, for the values.
    let third = rig.run(&site, MEI, &otherwise(MEI), &[]).await;
    assert_eq!(rig.asked(), by_model + 1, "{third:?}");
    // Not if that is not wanted.
    let by_hand = rig.run(&site, ZOE, &goal(ZOE), &["--scripts", "off"]).await;
    assert_eq!(rig.asked(), 2 * by_model + 1, "{by_hand:?}");
    let claims = site.claims().await.expect("claims");
    let filed: Vec<(&str, i64)> = claims.iter().map(|claim| (claim.employee.as_str(), claim.amount_cents)).collect();
    assert_eq!(filed, [("Ana Lopez", 8640), ("Bo Chen", 3150), ("Mei Tanaka", 4500), ("Zoë Novak", 41000)]);
    let port = site.port();
    site.stop().await;

    // The site is another one now: what leads to the form has another name, kind and way. The agent takes over there, and the script
    // is better afterwards.
    let script = "for (const link of document.querySelectorAll('a[href=\"/claims/new\"]')) { const start = document.createElement('button'); \
                  start.textContent = 'Start'; start.onclick = () => { location.href = '/claims/new'; }; \
                  if (link.closest('main')) link.after(start); link.remove(); }";
    let redesigned = DemoConfig { port, script: Some(script.to_owned()), ..DemoConfig::default() };
    let site = DemoSite::start(redesigned).await.expect("the same address");
    let before = rig.asked();
    let led = rig.run(&site, BO, &goal(BO), &[]).await;
    let asked = rig.asked() - before;
    // Which link is meant, and then from there on.
    assert!(asked == by_model && led.err.contains("is not there for certain"), "{asked} of {by_model}: {led:?}");
    let again = rig.run(&site, MEI, &goal(MEI), &[]).await;
    assert_eq!(rig.asked(), before + asked, "{again:?}");
    let claims = site.claims().await.expect("claims");
    assert_eq!(claims.iter().map(|claim| claim.employee.as_str()).collect::<Vec<_>>(), ["Bo Chen", "Mei Tanaka"]);

    // It is listed, and goes with the words that are to be forgotten.
    let list = async || run(handiwork(rig.home.path(), &["script", "list", "--json"])).await.json();
    let listed = list().await;
    let record = &listed["scripts"][0]["record"];
    assert_eq!((&record["tries"], &record["done"]), (&json!(1), &json!(1)), "{listed}");
    let forgotten = run(handiwork(rig.home.path(), &["memory", "forget", "--words", "Bo Chen", "--yes"])).await;
    assert_eq!(forgotten.code, Some(0), "{forgotten:?}");
    assert_eq!(list().await["scripts"], json!([]));
    site.stop().await;
}
