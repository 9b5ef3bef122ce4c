//! Requests as handiwork sends them, and the stand-in's rules, before the vendor's own crate.
//!
//! `requests.ndjson` is written by `tests/it/deepseek/recipe.rs`, which keeps it true: what is in it is what the client sends.
//! So neither side needs the other's dependencies.

use std::collections::HashMap;

use deepseek_recipe::openai::ChatCompletionRequest;
use deepseek_recipe::request::{ConversationRequest, ConversionOptions, ModelVersion, ProtocolRequest as _, ReasoningContentBehavior};
use deepseek_recipe_encoding::{PromptEncoding as _, dsv4::DeepseekV4Encoding, dsv41::DeepseekV41Encoding};
use serde_json::Value;

fn read(body: &Value) -> Result<ConversationRequest, String> {
    let options = ConversionOptions::new()
        .with_model_versions_by_name([("deepseek-flash", ModelVersion::DeepseekV41Flash), ("deepseek-v4-pro", ModelVersion::DeepseekV4Pro)])
        .with_reasoning_content_behavior(ReasoningContentBehavior::Reject);
    let request: ChatCompletionRequest = serde_json::from_value(body.clone()).map_err(|error| error.to_string())?;
    request.convert(options).map_err(|error| error.to_string())
}

fn render(request: &ConversationRequest) -> String {
    match request.model_version {
        ModelVersion::DeepseekV41Flash => DeepseekV41Encoding::new().render_conversation(&request.conversation).prompt,
        _ => DeepseekV4Encoding::new().render_conversation(&request.conversation).prompt,
    }
}

/// Each line is `{conversation, request}`.
fn lines() -> Vec<(String, Value)> {
    let text = include_str!("../requests.ndjson");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    lines.map(|line| (line["conversation"].as_str().expect("a name").to_owned(), line["request"].clone())).collect()
}

/// Without tools the reasoning of earlier turns is not rendered: what is sent of it is free, and of no use.
fn keeps_reasoning(body: &Value) -> bool {
    body["thinking"]["type"] == "enabled" && body["tools"].is_array()
}

#[test]
fn every_request_is_read_and_rendered() {
    let lines = lines();
    assert!(lines.len() >= 20, "{} requests", lines.len());
    for kind in ["\"strict\":true", "\"image_url\"", "\"reasoning_effort\":\"max\"", "\"user_id\"", "\"max_tokens\""] {
        assert!(lines.iter().any(|(_, body)| body.to_string().contains(kind)), "no request has {kind}");
    }
    for (name, body) in &lines {
        let request = read(body).unwrap_or_else(|error| panic!("{name}: {error}\n{body}"));
        assert_eq!(request.conversation.thinking_mode, body["thinking"]["type"] == "enabled", "{name}");
        let prompt = render(&request);
        // Nothing that was said is lost on the way: each text of each message stands in the prompt.
        let fields: &[&str] = if keeps_reasoning(body) { &["content", "reasoning_content"] } else { &["content"] };
        for message in body["messages"].as_array().expect("messages") {
            let parts = message["content"].as_array().into_iter().flatten().filter_map(|part| part["text"].as_str());
            for text in fields.iter().filter_map(|field| message[*field].as_str()).chain(parts) {
                assert!(prompt.contains(text), "{name}: {text:?} of {} is not in\n{prompt}", message["role"]);
            }
        }
        for tool in body["tools"].as_array().into_iter().flatten() {
            assert!(prompt.contains(tool["function"]["name"].as_str().expect("a name")), "{name}: a tool is not in the prompt");
        }
    }
}

#[test]
fn each_request_begins_with_the_one_before_it() {
    let mut last: HashMap<String, String> = HashMap::new();
    let mut pairs = 0;
    for (name, body) in lines().into_iter().filter(|(_, body)| keeps_reasoning(body) || body["thinking"]["type"] == "disabled") {
        let prompt = render(&read(&body).expect("it is read"));
        if let Some(before) = last.insert(name.clone(), prompt.clone()) {
            assert!(prompt.starts_with(&before), "{name}: the prefix is lost:\n{before}\n\n{prompt}");
            pairs += 1;
        }
    }
    assert!(pairs >= 10, "{pairs} pairs");
}

#[test]
fn the_rules_of_the_stand_in_are_the_vendors() {
    let table: Value = serde_json::from_str(include_str!("../../support/src/deepseek/rules/breaches.json")).expect("a table");
    let mut wrong = Vec::new();
    for row in table["rows"].as_array().expect("rows") {
        let mut body = table["good"].clone();
        for (pointer, value) in row["set"].as_object().expect("an object") {
            let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
            match body.pointer_mut(parent).expect("the parent is there") {
                Value::Array(items) => items[key.parse::<usize>().expect("a place")] = value.clone(),
                Value::Object(fields) if value.is_null() => drop(fields.shift_remove(key)),
                Value::Object(fields) => drop(fields.insert(key.to_owned(), value.clone())),
                other => panic!("{other}"),
            }
        }
        let result = read(&body).map(|_| ());
        let agrees = match (row["vendor"].as_str(), &result) {
            (Some("takes"), Ok(())) | (Some("refuses"), Err(_)) => true,
            (Some("same"), Err(why)) => why.contains(row["says"].as_str().expect("words")),
            _ => false,
        };
        if !agrees {
            wrong.push(format!("{} {}: {result:?}", row["rule"], row["set"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
