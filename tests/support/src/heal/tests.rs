//! What the sites and their judge promise, tried over plain HTTP.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Do, Kind, Mutation, Site, Values, World};

/// The whole answer, header and all.
async fn ask(world: &World, method: &str, path: &str, body: &str) -> String {
    let host = world.origin().replace("http://", "");
    let mut stream = TcpStream::connect(&host).await.expect("a connection");
    let kind = "application/x-www-form-urlencoded";
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

fn encoded(fields: &[(String, String)]) -> String {
    let escape = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "%{byte:02X}");
            out
        })
    };
    fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}

/// Sends all that the task asks for; the last answer.
async fn finish(world: &World, values: &Values) -> String {
    let mut last = String::new();
    for posted in world.site().wanted(values) {
        last = ask(world, "POST", &posted.path, &encoded(&posted.fields)).await;
    }
    last
}

#[tokio::test]
async fn the_right_requests_finish_a_task_and_the_last_page_says_so() {
    for site in Site::OWN {
        for seed in 0..12 {
            let (world, values) = (World::start(site, None).await.expect("a world"), site.values(seed));
            assert!(!world.judge(&values).await.expect("a log").finished, "{site}: nothing was done yet");
            let answer = finish(&world, &values).await;
            assert_eq!(world.judge(&values).await.expect("a log"), super::Judged { finished: true, wrong: Vec::new() }, "{site} {seed}");
            let to = answer.lines().find_map(|line| line.strip_prefix("location: ")).expect("where to go").trim().to_owned();
            let page = ask(&world, "GET", &to, "").await.replace("&#x27;", "'");
            for check in site.checks(&values) {
                match check.split_once(" has ") {
                    Some(("text", text)) => assert!(page.contains(text), "{site}: {text:?} in {page}"),
                    Some((_, part)) => assert!(to.contains(part), "{site}: {part:?} in {to}"),
                    None => assert!(check.starts_with("sent /"), "{check}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn anything_else_is_wrong_and_told() {
    for site in Site::OWN {
        let (world, values) = (World::start(site, None).await.expect("a world"), site.values(3));
        finish(&world, &values).await;
        finish(&world, &values).await;
        let judged = world.judge(&values).await.expect("a log");
        assert!(!judged.finished && judged.wrong.iter().all(|text| text.ends_with("a second time")), "{site}: {judged:?}");

        world.forget();
        let other = world.judge(&values).await.expect("a log");
        assert!(!other.finished && other.wrong.is_empty(), "{site}: {other:?}");

        let mut last = site.wanted(&values).pop().expect("a request");
        last.fields.pop();
        ask(&world, "POST", &last.path, &encoded(&last.fields)).await;
        ask(&world, "POST", "/decoy", "pressed=Send+later").await;
        finish(&world, &values).await;
        let judged = world.judge(&values).await.expect("a log");
        assert!(judged.finished, "{site}: {judged:?}");
        assert_eq!(judged.wrong.len(), 2, "{site}: {judged:?}");
        assert!(judged.wrong.iter().any(|text| text.contains("is missing")), "{site}: {judged:?}");
        assert!(judged.wrong.iter().any(|text| text.contains("/decoy")), "{site}: {judged:?}");
        assert!(!world.judge(&site.values(4)).await.expect("a log").finished, "{site}: with other values");
    }
}

#[tokio::test]
async fn an_order_before_the_cart_is_too_early() {
    let (world, values) = (World::start(Site::Shop, None).await.expect("a world"), Site::Shop.values(1));
    let wanted = Site::Shop.wanted(&values);
    for posted in wanted.iter().rev() {
        ask(&world, "POST", &posted.path, &encoded(&posted.fields)).await;
    }
    let judged = world.judge(&values).await.expect("a log");
    assert!(!judged.finished && judged.wrong.iter().any(|text| text.ends_with("too early")), "{judged:?}");
}

#[tokio::test]
async fn only_a_changed_world_has_the_script() {
    let mutation = Mutation { kinds: vec![Kind::Wrapped], seed: 1 };
    for site in Site::OWN {
        let plain = World::start(site, None).await.expect("a world");
        assert!(!ask(&plain, "GET", "/", "").await.contains("CONFIG"), "{site}");
        let changed = World::start(site, Some(mutation.clone())).await.expect("a world");
        let page = ask(&changed, "GET", "/", "").await;
        assert_eq!(page.matches("const CONFIG").count(), 1, "{site}");
    }
    let changed = World::start(Site::Claim, Some(mutation)).await.expect("a world");
    let page = ask(&changed, "GET", "/sign-in", "").await;
    assert!(page.contains("<script src=\"/redesign.js\">") && page.contains("script-src 'self'"), "{page}");
    assert!(ask(&changed, "GET", "/redesign.js", "").await.contains("const CONFIG"));
}

#[test]
fn the_same_seed_draws_the_same_and_the_next_one_draws_others() {
    for site in Site::ALL {
        assert_eq!(site.mutations(7, 80), site.mutations(7, 80));
        assert_ne!(site.mutations(7, 80), site.mutations(8, 80));
        for seed in 0..30 {
            assert_eq!(site.values(seed), site.values(seed));
            assert_ne!(site.values(seed), site.values(seed + 1));
            let names: Vec<&str> = site
                .values(seed)
                .map()
                .keys()
                .map(String::as_str)
                .map(|name| site.variables().iter().find(|known| **known == name).copied().expect("known"))
                .collect();
            assert_eq!(names.len(), site.variables().len());
        }
    }
}

#[test]
fn each_kind_comes_up_alone_and_with_others() {
    for site in Site::ALL {
        let all = site.mutations(11, 60);
        assert_eq!(all.len(), 60);
        let mut times: BTreeMap<Kind, usize> = BTreeMap::new();
        for kind in all.iter().flat_map(|mutation| &mutation.kinds) {
            *times.entry(*kind).or_default() += 1;
        }
        for kind in Kind::ALL {
            assert!(times.get(&kind).copied().unwrap_or(0) >= 2, "{site}: {kind}");
            assert!(all.iter().any(|mutation| mutation.kinds == [kind]), "{site}: {kind} alone");
        }
        assert!(all.iter().any(|mutation| mutation.kinds.len() == 3));
        assert!(all.iter().any(|mutation| !mutation.is_possible()));
    }
    assert_eq!(
        Mutation { kinds: vec![Kind::IdsRenamed, Kind::MovedToMenu], seed: 4 }.to_string(),
        "ids renamed + moved to a menu (seed 4)"
    );
}

#[test]
fn steps_end_with_a_press_and_use_each_variable() {
    for site in Site::ALL {
        let values = site.values(5);
        let steps = site.steps(&values);
        assert_eq!(steps.first(), Some(&Do::Open));
        assert!(matches!(steps.last(), Some(Do::Click { .. })));
        let said = serde_json::to_string(&steps).expect("as JSON");
        for (name, value) in values.iter() {
            assert!(said.contains(value), "{site}: {name} in {said}");
            assert!(site.goal(&values).contains(value), "{site}: {name} in the goal");
        }
    }
}
