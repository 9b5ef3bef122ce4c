//! Several tries, a second model and helpers by the command line; what came to each server is looked at.

use handiwork_test_support::compat::{CompatStandIn, Kind, Said, Served};
use handiwork_test_support::deepseek::{Scripted, StandIn};
use handiwork_test_support::fixtures::Fixtures;
use serde_json::{Value, json};

use super::{handiwork, run};

#[tokio::test(flavor = "multi_thread")]
async fn the_best_of_several_tries_is_taken_and_billed() {
    let home = tempfile::tempdir().expect("a folder");
    let site = Fixtures::start().await.expect("a site");
    let (show, right) = (site.url("form"), site.url("keep/set/right"));
    // The second try goes where the check holds; the first says that it is done, and gives up when that is not believed.
    let server = StandIn::answering(move |request, turn| {
        let turns = request["messages"].as_array().expect("messages").iter().filter(|message| message["role"] == "assistant").count();
        match (turn < 2, turns) {
            (true, 0) => Scripted::call("done", &json!({ "ok": true, "answer": "Done." })),
            (true, _) => Scripted::call("done", &json!({ "ok": false, "answer": "I can't." })),
            (false, 0) => Scripted::call("navigate", &json!({ "url": right })),
            (false, _) => Scripted::call("done", &json!({ "ok": true, "answer": "It is stored." })),
        }
    })
    .await
    .expect("a server");
    let mut command = handiwork(
        home.path(),
        &["run", "Store it", "--url", &show, "--check", "text has Stored", "--best-of", "3", "--at-once", "1", "--json", "--disposable"],
    );
    command.env("DEEPSEEK_API_KEY", StandIn::KEY).env("DEEPSEEK_BASE_URL", server.url());
    let ran = run(command).await;
    assert_eq!((ran.code, &ran.json()["text"]), (Some(0), &json!("It is stored.")), "{ran:?}");
    assert!(ran.json()["cost_usd"].as_f64().expect("a number") > 0.0 && ran.err.contains("and all checks hold"), "{ran:?}");
    let id = ran.json()["run"].as_str().expect("an id").to_owned();
    let listed = run(handiwork(home.path(), &["runs", "--json"])).await.json();
    let ids: Vec<&str> = listed.as_array().expect("a list").iter().map(|run| run["id"].as_str().expect("an id")).collect();
    assert_eq!(ids.len(), 3, "the run and its tries: {ids:?}");
    assert!(ids.iter().all(|other| other.starts_with(&id)));
    let shown = run(handiwork(home.path(), &["show", &id])).await;
    assert!(shown.code == Some(0) && shown.out.contains("came back"), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_private_stays_with_the_first_model() {
    let home = tempfile::tempdir().expect("a folder");
    let (public, private) = (Fixtures::start().await.expect("a site"), Fixtures::start().await.expect("a site"));
    let within = private.url("keep/set/zephyr-4711");
    let go = json!({ "url": within.clone() });
    let remote = StandIn::answering(move |_, turn| match turn {
        0 => Scripted::call("navigate", &go),
        _ => Scripted::call("done", &json!({ "ok": true, "answer": "leaked" })),
    })
    .await
    .expect("a server");
    let local = CompatStandIn::start(Served::new(Kind::LlamaServer, "here"), |_, _| {
        Said::call("done", &json!({ "ok": true, "answer": "It says: Stored." }))
    })
    .await
    .expect("a server");
    let origin = private.url("");
    let model = format!("llama-server:{}", local.url());
    let begin = public.url("form");
    let args = [
        "run",
        "What is on the inner page?",
        "--url",
        &begin,
        "--model",
        &model,
        "--remote-model",
        "deepseek",
        "--private-origin",
        &origin,
        "--json",
    ];
    let mut command = handiwork(home.path(), &args);
    command.env("DEEPSEEK_API_KEY", StandIn::KEY).env("DEEPSEEK_BASE_URL", remote.url());
    let ran = run(command).await;
    assert_eq!((ran.code, &ran.json()["text"]), (Some(0), &json!("It says: Stored.")), "{ran:?}");
    let sent = remote.requests();
    assert!(sent.len() == 1 && local.conversations().len() == 1, "{} there, {} here", sent.len(), local.conversations().len());
    assert!(!sent.iter().map(Value::to_string).any(|text| text.contains("4711") || text.contains("Stored")), "{sent:?}");
    assert!(ran.err.contains("is asked from now on"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_reads_in_a_browser_of_its_own() {
    let home = tempfile::tempdir().expect("a folder");
    let site = Fixtures::start().await.expect("a site");
    let long = site.url("long");
    let server = StandIn::answering(move |_, turn| match turn {
        0 => Scripted::call("delegate", &json!({ "to": "reader", "goal": "Read the long page", "url": long })),
        _ => Scripted::call("done", &json!({ "ok": true, "answer": "It is long." })),
    })
    .await
    .expect("a server");
    let reader = CompatStandIn::start(Served::new(Kind::LlamaServer, "reader"), |_, _| {
        Said::call("done", &json!({ "ok": true, "answer": "I have read it." }))
    })
    .await
    .expect("a server");
    let helper = format!("reader=llama-server:{}: reads long pages", reader.url());
    let begin = site.url("form");
    let mut command = handiwork(home.path(), &["run", "What does the long page say?", "--url", &begin, "--helper", &helper, "--json"]);
    command.env("DEEPSEEK_API_KEY", StandIn::KEY).env("DEEPSEEK_BASE_URL", server.url());
    let ran = run(command).await;
    assert_eq!((ran.code, &ran.json()["text"]), (Some(0), &json!("It is long.")), "{ran:?}");
    let told = server.requests().pop().expect("a request").to_string();
    assert!(told.contains("I have read it.") && reader.conversations().len() == 1, "{told}");
    let wrong = run(handiwork(home.path(), &["run", "x", "--helper", "reader"])).await;
    assert!(wrong.code == Some(2) && wrong.err.contains("NAME=MODEL"), "{wrong:?}");
}
