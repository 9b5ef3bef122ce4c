//! Each rule of the vendor's documents by its name, asserted on the request that the stand-in received.
//!
//! What each sentence of the vendor's documents is shown by (beside these, `breaches.json` has a row for each refusal):
//!
//! | sentence | test |
//! |---|---|
//! | `n` other than 1; role `developer` | `n_is_never_other_than_one`, `no_role_developer` |
//! | `tool_calls: []` | `no_empty_lists_of_calls_or_tools` |
//! | one tool message for each id | `each_call_has_exactly_one_result`, `a_call_without_a_result_is_not_sent`, `a_result_without_a_call_is_not_sent` |
//! | invalid JSON in stored arguments | `stored_arguments_are_always_valid_json` |
//! | `tool_choice` while thinking | `no_tool_choice_while_thinking`, `settings::tool_choice_is_never_sent` |
//! | `json_schema`; the word "json" | `no_response_format_beside_tools`, `settings::json_mode_needs_the_word_json` |
//! | prefix with tools or JSON mode | `no_prefix` |
//! | strict: all or none, `/beta`, closed, required, no lengths | `strict_is_all_or_none`, `settings::strict_*`, `settings::a_tool_without_a_strict_form_is_not_sent`, `runs::a_whole_run_is_strict` |
//! | names of tools; at most 128 | `tool_names_fit_the_pattern`, `at_most_128_tools` |
//! | temperature, `max_tokens`, `user_id` | `settings::no_temperature_while_thinking`, `max_tokens_is_what_was_asked`, `settings::user_ids_separate_caches` |
//! | images in user messages only, results are strings | `images::*`, `results_of_tools_are_strings` |
//! | reasoning: never to R1, always to V4, `""` not null | `replay::reasoning_never_goes_back_to_first_generation_r1`, `replay::reasoning_goes_back_to_v4_always`, `what_is_empty_is_an_empty_string`, `replay::content_is_never_null` |
//! | ids and arguments byte for byte | `replay::arguments_go_back_byte_for_byte`, `replay::each_result_has_the_id_of_its_call` |
//! | thinking and effort never change in a run | `thinking_and_effort_are_fixed_for_a_run`, `settings::effort_is_the_same_in_all_turns` |
//! | the stream's order, end, usage, keep-alives, finish reasons | `stream::*` |
//! | errors; what is asked again | `errors::only_429_500_and_503_are_asked_again`, `errors::transport_errors_are_asked_again` |
//! | limits of concurrency | `slots::*` |
//! | the prefix cache: hits, and what breaks it | `cache::*`, `runs::a_run_is_cached_to_the_end_of_the_request_before`, `runs::another_effort_finds_nothing_in_the_cache` |
//! | prices, hits, peak | `runs::a_run_is_billed_for_hits_and_misses`, `runs::a_run_in_the_peak_costs_the_table_times_the_factor` |

mod cache;
mod errors;
mod images;
mod replay;
mod runs;
mod settings;
mod slots;
mod stream;

use handiwork::core::model::compat::{Dialect, OpenAiCompat, Replay};
use handiwork::core::model::deepseek::{DeepSeek, Effort};
use handiwork::core::{Message, Model as _, ModelError, Reply, Request, ToolSpec};
use handiwork_test_support::deepseek::{Scripted, StandIn, models};
use serde_json::{Value, json};

use super::{model, request, server, soon};

/// A conversation to its end: results for calls, a word of the person otherwise. What was sent.
async fn talk(script: Vec<Scripted>, mut request: Request) -> Vec<Value> {
    let turns = script.len();
    let server = server(script).await;
    let model = model(&server);
    for _ in 0..turns {
        let reply = model.complete(&soon(), &request).await.expect("a reply");
        extend(&mut request, &reply);
    }
    assert_eq!(server.refusals(), Vec::<String>::new());
    server.requests()
}

fn extend(request: &mut Request, reply: &Reply) {
    request.messages.push(reply.to_message());
    request.messages.extend(reply.calls.iter().map(|call| Message::Tool { call_id: call.id.clone(), content: "done".to_owned() }));
    if reply.calls.is_empty() {
        request.messages.push(Message::user("And now?"));
    }
}

fn act(place: &str) -> Scripted {
    Scripted::call("click", &json!({ "ref": place })).reasoning(format!("{place}."))
}

/// All messages of all requests.
fn messages(sent: &[Value]) -> impl Iterator<Item = &Value> {
    sent.iter().flat_map(|body| body["messages"].as_array().expect("messages"))
}

/// The client refuses it by itself: nothing is sent.
async fn not_sent(request: Request, says: &str) {
    let server = server(vec![Scripted::text("never")]).await;
    let error = model(&server).complete(&soon(), &request).await.expect_err("refused");
    assert!(matches!(error, ModelError::BadRequest(_)) && error.to_string().contains(says), "{error}");
    assert_eq!(server.recorded().len(), 0, "it was sent");
}

fn tools(names: impl IntoIterator<Item = String>) -> Vec<ToolSpec> {
    let tool = |name| ToolSpec { name, description: String::new(), parameters: json!({ "type": "object" }) };
    names.into_iter().map(tool).collect()
}

#[tokio::test]
async fn the_path_is_chat_completions() {
    let server = server(vec![Scripted::text("ok")]).await;
    model(&server).complete(&soon(), &request("Go.")).await.expect("a reply");
    assert_eq!(server.recorded()[0].path, "/chat/completions");
}

#[tokio::test]
async fn the_key_is_a_bearer_token() {
    let server = server(vec![Scripted::text("ok")]).await;
    model(&server).complete(&soon(), &request("Go.")).await.expect("a reply");
    let headers = &server.recorded()[0].headers;
    assert!(headers.contains(&("authorization".to_owned(), format!("Bearer {}", StandIn::KEY))));
}

#[tokio::test]
async fn n_is_never_other_than_one() {
    assert!(talk(vec![act("e1"), Scripted::text("ok")], request("Go.")).await.iter().all(|body| body.get("n").is_none_or(|n| *n == 1)));
}

#[tokio::test]
async fn no_role_developer() {
    let sent = talk(vec![act("e1"), Scripted::text("ok"), Scripted::text("ok")], request("Go.")).await;
    assert!(messages(&sent).all(|message| ["system", "user", "assistant", "tool"].iter().any(|role| message["role"] == *role)));
    assert!(sent.iter().all(|body| body["messages"][0]["role"] == "system"));
}

#[tokio::test]
async fn no_empty_lists_of_calls_or_tools() {
    let mut bare = request("Go.");
    bare.tools.clear();
    let sent =
        [talk(vec![Scripted::text("ok"), Scripted::text("ok")], bare).await, talk(vec![Scripted::text("ok"); 2], request("Go.")).await]
            .concat();
    assert!(messages(&sent).all(|message| message.get("tool_calls").is_none()));
    assert!(sent.iter().all(|body| body.get("tools").is_none_or(|tools| tools.as_array().is_some_and(|tools| !tools.is_empty()))));
}

#[tokio::test]
async fn each_call_has_exactly_one_result() {
    let sent = talk(vec![act("e1").and_call("fill", &json!({ "ref": "e2" })), act("e3"), Scripted::text("ok")], request("Go.")).await;
    let last = sent.last().expect("a request");
    let roles: Vec<&str> = last["messages"].as_array().expect("messages").iter().filter_map(|message| message["role"].as_str()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool", "tool", "assistant", "tool"]);
}

#[tokio::test]
async fn a_call_without_a_result_is_not_sent() {
    let mut open = request("Go.");
    let calls = vec![handiwork::core::ToolCall { id: "a".to_owned(), name: "click".to_owned(), args: json!({}), problem: None, raw: None }];
    open.messages.push(Message::Assistant { content: String::new(), reasoning: None, calls: calls.clone() });
    not_sent(open.clone(), "have no results").await;
    open.messages.push(Message::user("never mind"));
    not_sent(open, "before the results").await;
    let mut twice = request("Go.");
    twice.messages.push(Message::Assistant { content: String::new(), reasoning: None, calls: [calls.clone(), calls].concat() });
    not_sent(twice, "the id \"a\"").await;
}

#[tokio::test]
async fn a_result_without_a_call_is_not_sent() {
    let mut stray = request("Go.");
    stray.messages.push(Message::Tool { call_id: "c".to_owned(), content: String::new() });
    not_sent(stray, "no call of the turn before waits for it").await;
}

#[tokio::test]
async fn stored_arguments_are_always_valid_json() {
    let broken = act("e1").and_raw_call("x", "fill", "{\"ref\": ").and_raw_call("y", "fill", "").and_raw_call("z", "fill", "[1]");
    let sent = talk(vec![broken, Scripted::text("ok")], request("Go.")).await;
    let calls = sent[1]["messages"][2]["tool_calls"].as_array().expect("calls");
    let arguments: Vec<&Value> = calls.iter().map(|call| &call["function"]["arguments"]).collect();
    assert_eq!(arguments, [&json!("{\"ref\":\"e1\"}"), &json!("{}"), &json!("{}"), &json!("{}")]);
}

#[tokio::test]
async fn no_tool_choice_while_thinking() {
    let sent = talk(vec![act("e1"), Scripted::text("ok")], request("Go.")).await;
    let free = |body: &Value| body.get("tool_choice").is_none_or(|choice| choice == "auto" || choice == "none");
    assert!(sent.iter().all(|body| body["thinking"]["type"] == "enabled" && free(body)));
}

#[tokio::test]
async fn no_response_format_beside_tools() {
    let sent = talk(vec![act("e1"), Scripted::text("ok")], request("Go.")).await;
    assert!(sent.iter().all(|body| body.get("response_format").is_none()), "typed output is a tool");
}

#[tokio::test]
async fn no_prefix() {
    let sent = talk(vec![act("e1"), Scripted::text("ok"), Scripted::text("ok")], request("Go.")).await;
    assert!(messages(&sent).all(|message| message.get("prefix").is_none()));
}

#[tokio::test]
async fn strict_is_all_or_none() {
    let sent = talk(vec![act("e1"), Scripted::text("ok")], request("Go.")).await;
    for body in &sent {
        let strict: Vec<&Value> = body["tools"].as_array().expect("tools").iter().map(|tool| &tool["function"]["strict"]).collect();
        assert!(strict.windows(2).all(|pair| pair[0] == pair[1]), "{strict:?}");
    }
}

#[tokio::test]
async fn tool_names_fit_the_pattern() {
    for name in ["", "a b", "übung", "a.b", &"a".repeat(65)] {
        let mut wrong = request("Go.");
        wrong.tools = tools([name.to_owned()]);
        not_sent(wrong, "can't be the name of a tool").await;
    }
    let mut longest = request("Go.");
    longest.tools = tools(["A-z_09".to_owned(), "a".repeat(64)]);
    talk(vec![Scripted::text("ok")], longest).await;
}

#[tokio::test]
async fn no_two_tools_of_one_name() {
    let mut twice = request("Go.");
    twice.tools = tools(["a".to_owned(), "a".to_owned()]);
    not_sent(twice, "two tools are named a").await;
}

#[tokio::test]
async fn at_most_128_tools() {
    let names = |count: usize| (0..count).map(|place| format!("t{place}"));
    let mut many = request("Go.");
    many.tools = tools(names(128));
    talk(vec![Scripted::text("ok")], many.clone()).await;
    many.tools = tools(names(129));
    not_sent(many, "128").await;
}

#[tokio::test]
async fn schemas_are_objects() {
    let mut wrong = request("Go.");
    wrong.tools[0].parameters = json!({ "type": "string" });
    not_sent(wrong, "\"type\": \"object\"").await;
}

#[tokio::test]
async fn turns_with_calls_carry_their_reasoning_for_ever() {
    let sent = talk(vec![act("e1"), Scripted::text("ok"), act("e2"), Scripted::text("ok")], request("Go.")).await;
    let last = sent.last().expect("a request")["messages"].as_array().expect("messages");
    let reasoning: Vec<&Value> =
        last.iter().filter(|message| message["role"] == "assistant").map(|message| &message["reasoning_content"]).collect();
    assert_eq!(reasoning, [&json!("e1."), &json!(""), &json!("e2.")]);
}

#[tokio::test]
async fn what_is_empty_is_an_empty_string() {
    let sent = talk(vec![Scripted::call("click", &json!({})), Scripted::text("")], request("Go.")).await;
    let turn = &sent[1]["messages"][2];
    assert_eq!((&turn["content"], &turn["reasoning_content"]), (&json!(""), &json!("")), "neither null nor absent");
}

#[tokio::test]
async fn ids_go_back_byte_for_byte() {
    let id = "call_00_é/+== \u{200b}x";
    let sent = talk(vec![Scripted::text("").and_raw_call(id, "click", "{}"), Scripted::text("ok")], request("Go.")).await;
    let messages = &sent[1]["messages"];
    assert_eq!((&messages[2]["tool_calls"][0]["id"], &messages[3]["tool_call_id"]), (&json!(id), &json!(id)));
}

#[tokio::test]
async fn r1_is_never_given_its_reasoning() {
    let mut bare = request("Go.");
    bare.tools.clear();
    let dialect = Dialect { replay: Replay::Never, ..Dialect::GENERIC };
    let server = server(vec![Scripted::text("ok").reasoning("Hm."), Scripted::text("ok")]).await;
    let model = OpenAiCompat::new(server.url(), models::R1, Some(StandIn::KEY.to_owned())).dialect(dialect);
    for _ in 0..2 {
        let reply = model.complete(&soon(), &bare).await.expect("a reply");
        extend(&mut bare, &reply);
    }
    assert_eq!(server.refusals(), Vec::<String>::new());
    assert!(messages(&server.requests()).all(|message| message.get("reasoning_content").is_none()));
}

#[tokio::test]
async fn thinking_and_effort_are_fixed_for_a_run() {
    let sent = talk(vec![act("e1"), Scripted::text("ok"), act("e2")], request("Go.")).await;
    let setting = |body: &Value| (body["thinking"].clone(), body.get("reasoning_effort").cloned(), body["model"].clone());
    assert!(sent.windows(2).all(|pair| setting(&pair[0]) == setting(&pair[1])));
}

#[tokio::test]
async fn max_tokens_is_what_was_asked() {
    let mut limited = request("Go.");
    limited.max_tokens = Some(4096);
    assert_eq!(talk(vec![Scripted::text("ok")], limited).await[0]["max_tokens"], 4096);
    assert!(talk(vec![Scripted::text("ok")], request("Go.")).await[0].get("max_tokens").is_none());
}

#[tokio::test]
async fn results_of_tools_are_strings() {
    let sent = talk(vec![act("e1"), Scripted::text("ok")], request("Go.")).await;
    assert!(messages(&sent).filter(|message| message["role"] == "tool").all(|message| message["content"].is_string()));
}

#[tokio::test]
async fn it_streams_and_asks_for_the_usage() {
    let sent = talk(vec![Scripted::text("ok")], request("Go.")).await;
    assert_eq!((&sent[0]["stream"], &sent[0]["stream_options"]), (&json!(true), &json!({ "include_usage": true })));
}

#[tokio::test]
async fn nothing_but_what_the_api_knows_is_sent() {
    let known = [
        "model",
        "messages",
        "tools",
        "tool_choice",
        "thinking",
        "reasoning_effort",
        "response_format",
        "max_tokens",
        "temperature",
        "top_p",
        "stop",
        "stream",
        "stream_options",
        "user_id",
    ];
    let ways: [fn(DeepSeek) -> DeepSeek; 4] = [
        |model| model,
        |model| model.effort(Effort::Max).user_id("u-7").strict(true),
        |model| model.thinking(false).temperature(0.3),
        |model| model.json(true),
    ];
    let server = server(vec![Scripted::text("ok"); ways.len()]).await;
    for way in ways {
        way(model(&server)).complete(&soon(), &Request { max_tokens: Some(99), ..request("Go, as json.") }).await.expect("a reply");
    }
    assert_eq!(server.refusals(), Vec::<String>::new());
    let sent = server.requests();
    let unknown: Vec<&String> =
        sent.iter().flat_map(|body| body.as_object().expect("an object").keys()).filter(|key| !known.contains(&key.as_str())).collect();
    assert_eq!(unknown, Vec::<&String>::new());
}
