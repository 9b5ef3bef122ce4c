//! Two conversations on one set of weights: neither costs the other its cache.

use handiwork::core::Message;
use handiwork::core::model::local::{LocalConfig, LocalModel};
use handiwork::core::model::{CallRule, Constraint, Request, Usage};
use serde_json::json;

use super::support::{ask, file, request};

async fn several(conversations: usize) -> LocalModel {
    let path = file().await;
    let config = LocalConfig { context: 2048, conversations, threads: Some(1), ..LocalConfig::new(path, "smollm2-135m") };
    tokio::task::spawn_blocking(move || LocalModel::load(config)).await.unwrap().unwrap()
}

fn start(task: &str) -> Request {
    let mut request = request(task);
    let fill = CallRule { tool: "fill".to_owned(), allowed: [("ref".to_owned(), vec![json!("e1 Name")])].into() };
    request.constraint = Some(Constraint { calls: vec![fill], most_calls: 1, ..Constraint::default() });
    request.max_tokens = Some(40);
    request
}

/// One turn of a conversation.
async fn turn(model: &LocalModel, request: &mut Request) -> Usage {
    let reply = ask(model, request).await;
    request.messages.push(reply.to_message());
    request.messages.push(Message::user("~ e1 textbox \"Name\" value=\"Ana\""));
    reply.usage
}

fn fresh(usage: &Usage) -> u64 {
    usage.prompt - usage.cached
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_the_same_time_keep_their_caches() {
    let model = several(2).await;
    let other = model.clone();
    let run = |model: LocalModel, task: &'static str| async move {
        let mut request = start(task);
        let mut all = Vec::new();
        for _ in 0..4 {
            all.push(turn(&model, &mut request).await);
        }
        all
    };
    let (one, two) = tokio::join!(run(model.clone(), "Sign up Ana."), run(other, "Register Bruno with news from the shop."));
    let (first, second) = (fresh(&one[0]).max(fresh(&two[0])), fresh(&one[0]).min(fresh(&two[0])));
    assert!(first > 150 && second < first / 2, "the system prompt was read {first} and {second} tokens long");
    for usage in one.iter().skip(1).chain(two.iter().skip(1)) {
        assert!(fresh(usage) < 60, "{one:?} and {two:?}");
    }
    let expected: u64 = one.iter().chain(&two).map(|usage| fresh(usage) + usage.completion).sum();
    assert!(model.evaluated_tokens() <= expected, "{} for {expected}", model.evaluated_tokens());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_one_drives_out_the_one_that_rested_longest() {
    let model = several(2).await;
    let mut talks = ["Sign up Ana.", "Register Bruno with news.", "Enter the name Clara."].map(start);
    let [ana, bruno, clara] = &mut talks;
    turn(&model, ana).await;
    turn(&model, bruno).await;
    assert!(fresh(&turn(&model, ana).await) < 60);
    assert!(fresh(&turn(&model, clara).await) < 100, "what is common is not read again");
    assert!(fresh(&turn(&model, ana).await) < 60, "it was in use not long ago");
    let back = turn(&model, bruno).await;
    assert!(back.cached > 100 && fresh(&back) > 60, "only what is common was left of it: {back:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_do_not_hear_each_other() {
    let model = several(3).await;
    let question = |text: &str| Request {
        system: "You are a helpful assistant.".to_owned(),
        messages: vec![Message::user(text)],
        max_tokens: Some(12),
        ..Request::default()
    };
    let first = question("Remember the word banana, and say only yes.");
    let second = question("What is the capital of France? Answer in one word.");
    let alone = ask(&several(1).await, &second).await.content;
    ask(&model, &first).await;
    let beside = ask(&model, &second).await;
    assert!(beside.usage.cached > 5 && beside.content.contains("Paris") && alone.contains("Paris"), "{beside:?}, alone {alone}");
    assert!(!beside.content.to_lowercase().contains("banana"), "{beside:?}");
}
