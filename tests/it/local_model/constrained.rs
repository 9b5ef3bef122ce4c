//! Whatever the model would like to say: a reply names tools, elements and values that are there.

use handiwork::core::Ref;
use handiwork::core::model::protocol::render_reply;
use handiwork::core::model::{CallRule, Constraint, FinishReason, Model as _};
use serde_json::{Value, json};

use super::support::{ask, model, request};

fn rule(tool: &str, allowed: &[(&str, &[&str])]) -> CallRule {
    let values = |values: &[&str]| values.iter().map(|value| json!(value)).collect();
    CallRule { tool: tool.to_owned(), allowed: allowed.iter().map(|(key, all)| ((*key).to_owned(), values(all))).collect() }
}

fn constraint(calls: Vec<CallRule>) -> Constraint {
    Constraint { calls, most_calls: 3, ..Constraint::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_keeps_to_each_of_many_constraints() {
    let model = model().await;
    assert!(model.info().constrained && model.info().small);
    let long: Vec<String> = (100..220).map(|n| format!("e{n} Row {n}")).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let cases = [
        constraint(vec![rule("click", &[("ref", &["e4"])])]),
        constraint(vec![rule("click", &[("ref", &long)])]),
        constraint(vec![rule("select", &[("ref", &["e2"]), ("option", &["中国", "中华", "日本語"])])]),
        constraint(vec![rule("select", &[("ref", &["e2"]), ("option", &["She said \"no\"\\", "tab\there"])])]),
        Constraint { thought: 60, most_calls: 1, ..constraint(vec![rule("check", &[("ref", &["e3"])]), rule("press", &[("ref", &[])])]) },
        Constraint {
            alone: vec!["scroll".to_owned()],
            ..constraint(vec![rule("scroll", &[("ref", &[])]), rule("click", &[("ref", &["e4"])])])
        },
        Constraint {
            first: vec![rule("fill", &[("ref", &["e1 Name"]), ("text", &["Ana"])]), rule("check", &[("ref", &["e3"])])],
            ..constraint(vec![rule("click", &[("ref", &["e4"])])])
        },
    ];
    for case in cases {
        let mut request = request("Sign up Ana from China.");
        request.constraint = Some(case.clone());
        let reply = ask(&model, &request).await;
        assert_eq!(reply.content, "", "{reply:?}");
        assert!(!reply.calls.is_empty(), "{reply:?}");
        assert_eq!(reply.finish, FinishReason::ToolCalls, "{reply:?}");
        assert!(reply.reasoning.as_ref().is_none_or(|thought| thought.chars().count() <= case.thought as usize), "{reply:?}");
        assert!(reply.calls.len() <= case.first.len() + case.most_calls as usize, "{reply:?}");
        assert!(reply.calls.len() == 1 || reply.calls.iter().all(|call| !case.alone.contains(&call.name)), "{reply:?}");
        for (index, call) in reply.calls.iter().enumerate() {
            assert_eq!(call.problem, None);
            let fits = |rule: &CallRule| {
                rule.tool == call.name
                    && rule.allowed.iter().all(|(key, values)| call.args.get(key).is_none_or(|value| values.contains(value)))
            };
            let rules = case.first.get(index).map_or(case.calls.as_slice(), std::slice::from_ref);
            assert!(rules.iter().any(fits), "{call:?} is not one of {rules:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_constraint_calls_fit_the_schemas() {
    let model = model().await;
    let reply = ask(&model, &request("Fill in the name Ana.")).await;
    assert!(!reply.calls.is_empty());
    for call in reply.calls.iter().filter(|call| call.problem.is_none()) {
        let spec = handiwork::core::Action::specs(&[&call.name]);
        assert_eq!(spec.len(), 1, "{call:?}");
        let action = handiwork::core::Action::from_call(&call.name, &call.args).unwrap();
        assert!(action.is_ok(), "{call:?}: {action:?}");
        if let Some(target) = call.args.get("ref").and_then(Value::as_str) {
            assert!(target.parse::<Ref>().is_ok(), "{target}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tools_it_is_text_and_the_same_every_time() {
    let model = model().await;
    let mut request = request("");
    request.tools.clear();
    request.messages = vec![handiwork::core::Message::user("What is the capital of France? Answer in one word.")];
    request.max_tokens = Some(12);
    let first = ask(&model, &request).await;
    assert!(first.content.contains("Paris"), "{first:?}");
    let again = ask(&model, &request).await;
    assert_eq!((again.content, again.calls.len()), (first.content, 0));
    assert_eq!(again.usage.cached, again.usage.prompt - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_cut_off_says_so() {
    let model = model().await;
    let mut request = request("Sign up.");
    request.constraint = Some(constraint(vec![rule("fill", &[("ref", &["e1"])])]));
    request.max_tokens = Some(5);
    let reply = ask(&model, &request).await;
    assert_eq!((reply.finish, reply.usage.completion), (FinishReason::Length, 5), "{reply:?}");
    assert!(reply.calls.last().is_some_and(|call| call.problem.is_some()), "{}", render_reply(None, &reply.content, &reply.calls));
}
