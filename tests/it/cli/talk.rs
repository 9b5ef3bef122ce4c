//! Talking with a run: a word into one that is under way, an answer to what the model wants to know, and a follow-up to one that is
//! over; what the person declares to be checked; and a budget that no call may exceed.

use std::time::{Duration, Instant};

use handiwork_test_support::deepseek::{Scripted, StandIn};
use handiwork_test_support::fixtures::Fixtures;
use serde_json::{Value, json};

use super::{Ran, handiwork, run};

fn done(answer: &str) -> Scripted {
    Scripted::call("done", &json!({ "ok": true, "answer": answer }))
}

/// All that the person and the loop have said in a request.
fn said(request: &Value) -> String {
    request["messages"].as_array().expect("messages").iter().map(|message| message["content"].as_str().unwrap_or_default()).collect()
}

struct World {
    home: tempfile::TempDir,
    site: Fixtures,
    server: StandIn,
}

impl World {
    async fn of(model: impl Fn(&Value, usize) -> Scripted + Send + Sync + 'static) -> Self {
        Self {
            home: tempfile::tempdir().expect("a folder"),
            site: Fixtures::start().await.expect("a site"),
            server: StandIn::answering(model).await.expect("a server"),
        }
    }

    fn command(&self, args: &[&str]) -> tokio::process::Command {
        let mut command = handiwork(self.home.path(), args);
        command.env("DEEPSEEK_API_KEY", StandIn::KEY).env("DEEPSEEK_BASE_URL", self.server.url());
        command
    }

    async fn run(&self, args: &[&str]) -> Ran {
        run(self.command(args)).await
    }

    async fn id(&self) -> String {
        self.run(&["runs", "--json"]).await.json()[0]["id"].as_str().expect("a run").to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_and_what_is_over_goes_on() {
    let world = World::of(|request, turn| match turn {
        0 => Scripted::call("ask_person", &json!({ "question": "Which colour?" })),
        1 => done(if said(request).contains("dark green") { "It is dark green." } else { "It was not told." }),
        2 => done(if said(request).contains("The person says: And its size?") { "It is small." } else { "It was not told." }),
        _ => done(if said(request).contains("The person says: Say it louder.") { "IT IS SMALL." } else { "It was not told." }),
    })
    .await;
    let url = world.site.url("/form");
    let asks = world.run(&["run", "Tell me what colour it is.", "--url", &url]).await;
    assert!(asks.code == Some(4) && asks.err.contains("Which colour?"), "{asks:?}");
    let id = world.id().await;
    let answered = world.run(&["resume", &id, "--answer", "dark green", "--json"]).await;
    assert_eq!((answered.code, &answered.json()["text"]), (Some(0), &json!("It is dark green.")), "{answered:?}");
    let more = world.run(&["resume", &id, "--say", "And its size?", "--json"]).await;
    assert_eq!((more.code, &more.json()["text"]), (Some(0), &json!("It is small.")), "{more:?}");
    // The same by a word that is left for it.
    let told = world.run(&["tell", &id, "Say it louder."]).await;
    assert!(told.code == Some(0) && told.out.contains("it goes on with that by"), "{told:?}");
    let louder = world.run(&["resume", &id, "--json"]).await;
    assert_eq!((louder.code, &louder.json()["text"]), (Some(0), &json!("IT IS SMALL.")), "{louder:?}");
    let over = world.run(&["resume", &id]).await;
    assert!(over.code == Some(2) && over.err.contains("--say"), "heard once: {over:?}");
    assert_eq!(world.server.refusals(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_reaches_a_run_that_is_under_way() {
    // The model goes on looking until it is told to stop.
    let world = World::of(|request, turn| {
        if said(request).contains("The person says: That is enough.") {
            return done("I was told to stop.");
        }
        // Each page is another one, so that the loop finds nothing wrong with it.
        let text = said(request);
        let at = text.rfind("http://127.0.0.1:").expect("an address");
        let address: String = text[at..].chars().take_while(|c| !c.is_whitespace() && *c != '?').collect();
        Scripted::call("navigate", &json!({ "url": format!("{address}?turn={turn}") }))
    })
    .await;
    let url = world.site.url("/long");
    let begun = world.command(&["run", "Tell me what is on the page.", "--url", &url, "--json", "--max-steps", "200"]);
    let running = tokio::spawn(run(begun));
    let end = Instant::now() + Duration::from_mins(1);
    while world.server.requests().is_empty() {
        assert!(Instant::now() < end, "it does not begin");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let id = world.id().await;
    let told = world.run(&["tell", &id, "That is enough."]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    let ended = running.await.expect("it ends");
    assert!(ended.code == Some(0) && ended.json()["text"] == "I was told to stop.", "{ended:?}");
    assert!(!world.home.path().join("inbox").join(&id).exists(), "what was heard is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_checked_is_and_no_call_exceeds_the_budget() {
    let world = World::of(|_, _| done("All is well.")).await;
    let url = world.site.url("/form");
    let refused = world.run(&["run", "Say whether all is well.", "--url", &url, "--check", "text has never on this page", "--json"]).await;
    assert!(refused.code != Some(0) && refused.json()["text"].as_str().expect("text").contains("never on this page"), "{refused:?}");
    let asked = world.server.requests().len();
    assert_eq!(asked, 3, "two refusals, and the end");
    let wrong = world.run(&["run", "x", "--url", &url, "--check", "all is well"]).await;
    assert!(wrong.code == Some(2) && wrong.err.contains("is no check"), "{wrong:?}");
    let poor = world.run(&["run", "Say whether all is well.", "--url", &url, "--budget", "0.0001", "--json"]).await;
    assert!(
        poor.json()["outcome"] == "budget_exceeded" && poor.json()["text"].as_str().expect("text").contains("next call could cost"),
        "{poor:?}"
    );
    assert_eq!(world.server.requests().len(), asked, "no call was made");
}
