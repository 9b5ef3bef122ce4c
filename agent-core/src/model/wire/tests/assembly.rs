//! From pieces to a reply.

use serde_json::{Value, json};

use crate::context::Progress;
use crate::model::compat::Dialect;
use crate::model::wire::assembly::Assembly;
use crate::model::{FinishReason, ModelError, Reply, ToolCall, Usage};

fn assemble(dialect: Dialect, chunks: &[Value]) -> Result<Reply, ModelError> {
    let mut assembly = Assembly::new(dialect);
    for chunk in chunks {
        assembly.push(&chunk.to_string(), |_| {})?;
    }
    assembly.finish(3)
}

#[allow(clippy::needless_pass_by_value, reason = "reads better where it is called")]
fn delta(delta: Value) -> Value {
    json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }], "usage": null })
}

fn end(reason: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
}

fn fragment(index: usize, id: Option<&str>, name: Option<&str>, arguments: &str) -> Value {
    let mut fragment = json!({ "index": index, "function": { "arguments": arguments } });
    if let (Some(id), Some(name)) = (id, name) {
        fragment["id"] = id.into();
        fragment["type"] = "function".into();
        fragment["function"]["name"] = name.into();
    }
    delta(json!({ "tool_calls": [fragment] }))
}

#[test]
fn calls_interleave_and_keep_their_order_and_ids() {
    let reply = assemble(
        Dialect::DEEPSEEK,
        &[
            delta(json!({ "role": "assistant", "content": null, "reasoning_content": "" })),
            delta(json!({ "reasoning_content": "Two " })),
            delta(json!({ "reasoning_content": "calls." })),
            fragment(1, Some("call_01_ÿ/+=="), Some("fill"), "{\"ref\":"),
            fragment(0, Some("call_00"), Some("click"), "{\"ref\""),
            fragment(1, None, None, "\"e2\"}"),
            fragment(0, None, None, ":\"e1\"}"),
            json!({ "choices": [{ "delta": { "content": "" }, "finish_reason": "tool_calls" }],
                "usage": { "prompt_tokens": 100, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36, "completion_tokens": 20, "completion_tokens_details": { "reasoning_tokens": 5 } } }),
        ],
    );
    let reply = reply.expect("a reply");
    let call = |id: &str, name: &str, element: &str| ToolCall {
        id: id.to_owned(),
        name: name.to_owned(),
        args: json!({ "ref": element }),
        problem: None,
        raw: None,
    };
    assert_eq!(reply.calls, [call("call_00", "click", "e1"), call("call_01_ÿ/+==", "fill", "e2")]);
    assert_eq!((reply.content.as_str(), reply.reasoning.as_deref()), ("", Some("Two calls.")));
    assert_eq!(reply.usage, Usage { prompt: 100, cached: 64, completion: 20, reasoning: 5 });
    assert_eq!(reply.finish, FinishReason::ToolCalls);
}

#[test]
fn progress_is_what_came_and_nothing_empty() {
    let mut seen = Vec::new();
    let mut assembly = Assembly::new(Dialect::DEEPSEEK);
    for chunk in [
        delta(json!({ "content": "", "reasoning_content": "" })),
        delta(json!({ "reasoning_content": "Hm" })),
        delta(json!({ "content": "Hi" })),
    ] {
        assembly.push(&chunk.to_string(), |progress| seen.push(progress)).expect("read");
    }
    assert_eq!(seen, [Progress::Reasoning("Hm".to_owned()), Progress::Text("Hi".to_owned())]);
}

#[test]
fn arguments_are_an_object_or_a_problem() {
    let table = [
        ("", json!({}), None),
        ("  \n", json!({}), None),
        ("null", json!({}), None),
        ("{\"b\": 1, \"a\": 2.0}", json!({ "b": 1, "a": 2.0 }), None),
        ("\"{\\\"a\\\":1}\"", json!({ "a": 1 }), None),
        ("{\"a\":", json!({}), Some("not valid JSON")),
        ("[1]", json!({}), Some("not an array")),
        ("\"e4\"", json!({}), Some("not a string")),
        ("4", json!({}), Some("not a bare value")),
    ];
    for (text, args, problem) in table {
        let reply = assemble(Dialect::DEEPSEEK, &[fragment(0, Some("c"), Some("t"), text), end("tool_calls")]).expect("a reply");
        let [call] = reply.calls.as_slice() else { panic!("{reply:?}") };
        assert_eq!(call.args, args, "{text:?}");
        match (problem, &call.problem) {
            (None, None) => {}
            (Some(part), Some(told)) => assert!(told.contains(part), "{text:?}: {told}"),
            (expected, told) => panic!("{text:?}: {expected:?} {told:?}"),
        }
    }
    let cut = assemble(Dialect::DEEPSEEK, &[fragment(0, Some("c"), Some("t"), "{\"a\":"), end("length")]).expect("a reply");
    assert_eq!(cut.finish, FinishReason::Length);
    assert!(cut.calls[0].problem.as_ref().is_some_and(|problem| problem.contains("limit of tokens")), "{cut:?}");
}

#[test]
fn the_text_of_arguments_is_kept_where_it_is_not_what_would_be_written() {
    let table = [
        ("{\"ref\": \"e4\"}", Some("{\"ref\": \"e4\"}")),
        ("{\"a\":1e2,\"b\":\"\\u00e9\"}", Some("{\"a\":1e2,\"b\":\"\\u00e9\"}")),
        ("{\"ref\":\"e4\"}", None),
        ("", None),
        ("null", None),
        ("\"{\\\"a\\\":1}\"", None),
        ("{\"a\":", None),
    ];
    for (text, raw) in table {
        let reply = assemble(Dialect::DEEPSEEK, &[fragment(0, Some("c"), Some("t"), text), end("tool_calls")]).expect("a reply");
        assert_eq!(reply.calls[0].raw.as_deref(), raw, "{text:?}");
    }
}

#[test]
fn pieces_out_of_order_are_errors_and_never_another_reply() {
    let text = || delta(json!({ "content": "x" }));
    let late = assemble(Dialect::DEEPSEEK, &[text(), end("stop"), text()]).expect_err("after the end");
    assert!(matches!(&late, ModelError::Unreadable(told) if told.contains("after its end")), "{late}");
    let headless = assemble(Dialect::DEEPSEEK, &[fragment(0, None, None, "{}"), end("tool_calls")]).expect_err("no beginning");
    assert!(matches!(headless, ModelError::Truncated(_)) && headless.is_transient(), "{headless}");
    // Said twice, an end and a usage are said once.
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 10, "completion_tokens": 2 } });
    let twice = assemble(Dialect::DEEPSEEK, &[text(), end("stop"), end("stop"), usage.clone(), usage]).expect("a reply");
    assert_eq!((twice.content.as_str(), twice.usage.prompt, twice.usage.completion), ("x", 10, 2));
    // A server that gives every call the index 0 means several calls.
    let begun = |id| fragment(0, Some(id), Some("t"), "{");
    let reply =
        assemble(Dialect::GENERIC, &[begun("a"), fragment(0, None, None, "}"), begun("b"), fragment(0, None, None, "}"), end("stop")]);
    let ids: Vec<String> = reply.expect("a reply").calls.into_iter().filter(|call| call.problem.is_none()).map(|call| call.id).collect();
    assert_eq!(ids, ["a", "b"]);
    let repeated = assemble(Dialect::GENERIC, &[begun("a"), fragment(0, Some("a"), Some("t"), "}"), end("stop")]).expect("a reply");
    assert_eq!(repeated.calls.len(), 1, "an id that is repeated begins nothing");
}

#[test]
fn ends_are_told_apart() {
    let text = delta(json!({ "content": "x" }));
    for (word, finish) in [
        ("stop", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
        ("new", FinishReason::Stop),
    ] {
        assert_eq!(assemble(Dialect::DEEPSEEK, &[text.clone(), end(word)]).expect("a reply").finish, finish, "{word}");
    }
    assert_eq!(
        assemble(Dialect::GENERIC, &[fragment(0, Some("c"), Some("t"), "{}"), end("stop")]).expect("a reply").finish,
        FinishReason::ToolCalls
    );
    for broken in [vec![text.clone()], vec![text, end("insufficient_system_resource")]] {
        let error = assemble(Dialect::DEEPSEEK, &broken).expect_err("broken off");
        assert!(matches!(error, ModelError::Truncated(_)) && error.is_transient(), "{error}");
    }
}

#[test]
fn other_servers_habits() {
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": { "cached_tokens": 99 } } });
    let whole = delta(json!({ "reasoning": "Hm.", "tool_calls": [{ "function": { "name": "t", "arguments": { "a": 1 } } }] }));
    let reply = assemble(Dialect::OLLAMA, &[whole, end("tool_calls"), usage]).expect("a reply");
    assert_eq!(reply.reasoning.as_deref(), Some("Hm."));
    assert_eq!((reply.calls[0].id.as_str(), &reply.calls[0].args), ("call_3_0", &json!({ "a": 1 })), "an id is made, the object is taken");
    assert_eq!(reply.usage, Usage { prompt: 10, cached: 10, completion: 2, reasoning: 0 }, "no more is cached than there was");
    let by_id = |id: &str| delta(json!({ "tool_calls": [{ "id": id, "function": { "name": "t", "arguments": "{" } }] }));
    let rest = delta(json!({ "tool_calls": [{ "function": { "arguments": "}" } }] }));
    let reply = assemble(Dialect::GENERIC, &[by_id("a"), rest.clone(), by_id("b"), rest, end("tool_calls")]).expect("a reply");
    let ids: Vec<&str> = reply.calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!((ids, reply.calls.iter().all(|call| call.problem.is_none())), (vec!["a", "b"], true), "without an index");
}

#[test]
fn what_is_no_chunk_is_unreadable() {
    let mut assembly = Assembly::new(Dialect::DEEPSEEK);
    assert!(matches!(assembly.push("<html>", |_| {}), Err(ModelError::Unreadable(_))));
    assert!(matches!(
        assembly.push(&fragment(4_000_000_000, Some("c"), Some("t"), "").to_string(), |_| {}),
        Err(ModelError::Unreadable(_))
    ));
    let error = assembly.push(r#"{"error":{"message":"slot is gone","code":503}}"#, |_| {}).expect_err("an error");
    assert!(matches!(&error, ModelError::Server { status: 503, detail, .. } if detail == "slot is gone"), "{error}");
}
