//! Calls written in every dialect and cut anywhere: what is read is what was written, or says that it is not all.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::Map;

use super::{FinishReason, Reply, ToolCall, Value, call, json, settle};

/// How to write a list of calls.
#[derive(Debug, Clone, Copy)]
enum Dialect {
    Flat,
    Fenced,
    OpenAi,
    Hermes,
    V3,
    V31,
    Ascii,
    Dsml { list: &'static str, space: &'static str },
    Invoke,
    Function,
    Llama,
    Mistral,
}

const DIALECTS: [Dialect; 14] = [
    Dialect::Flat,
    Dialect::Fenced,
    Dialect::OpenAi,
    Dialect::Hermes,
    Dialect::V3,
    Dialect::V31,
    Dialect::Ascii,
    Dialect::Dsml { list: "function_calls", space: "" },
    Dialect::Dsml { list: "tool_calls", space: "" },
    Dialect::Dsml { list: "calls", space: " " },
    Dialect::Invoke,
    Dialect::Function,
    Dialect::Llama,
    Dialect::Mistral,
];

impl Dialect {
    /// Whether strings stand in it as they are: then none of its own tags can be in them.
    fn is_raw(self) -> bool {
        matches!(self, Self::Dsml { .. } | Self::Invoke | Self::Function)
    }

    fn write(self, calls: &[ToolCall]) -> String {
        let each = |form: &dyn Fn(&ToolCall) -> String, between: &str| calls.iter().map(form).collect::<Vec<_>>().join(between);
        let named = |key: &'static str| move |call: &ToolCall| json!({ "name": call.name, key: call.args }).to_string();
        match self {
            Self::Flat => each(&crate::model::protocol::render_call, "\n"),
            Self::Fenced => format!("```json\n{}\n```", each(&named("arguments"), "\n")),
            Self::OpenAi => {
                let calls = each(
                    &|call| {
                        let function = json!({ "name": call.name, "arguments": call.args.to_string() });
                        json!({ "id": "x", "type": "function", "function": function }).to_string()
                    },
                    ", ",
                );
                format!("{{\"tool_calls\": [{calls}]}}")
            }
            Self::Hermes => each(&|call| format!("<tool_call>\n{}\n</tool_call>", named("arguments")(call)), "\n"),
            Self::V3 => {
                let form = |call: &ToolCall| {
                    format!("<｜tool▁call▁begin｜>function<｜tool▁sep｜>{}\n```json\n{}\n```<｜tool▁call▁end｜>", call.name, call.args)
                };
                format!("<｜tool▁calls▁begin｜>{}<｜tool▁calls▁end｜>", each(&form, "\n"))
            }
            Self::V31 => {
                let form = |call: &ToolCall| format!("<｜tool▁call▁begin｜>{}<｜tool▁sep｜>{}<｜tool▁call▁end｜>", call.name, call.args);
                format!("<｜tool▁calls▁begin｜>{}<｜tool▁calls▁end｜>", each(&form, ""))
            }
            Self::Ascii => {
                let form = |call: &ToolCall| format!("<|tool_call_begin|>{}<|tool_sep|>{}<|tool_call_end|>", call.name, call.args);
                format!("<|tool_calls_begin|>{}<|tool_calls_end|>", each(&form, ""))
            }
            Self::Dsml { list, space } => {
                let mark = format!("｜DSML｜{space}");
                let parameter = |(key, value): (&String, &Value)| {
                    let (kind, text) = value.as_str().map_or_else(|| ("false", value.to_string()), |text| ("true", text.to_owned()));
                    format!("<{mark}parameter name=\"{key}\" string=\"{kind}\">{text}</{mark}parameter>\n")
                };
                let form = |call: &ToolCall| format!("<{mark}invoke name=\"{}\">\n{}</{mark}invoke>\n", call.name, tagged(call, parameter));
                format!("<{mark}{list}>\n{}</{mark}{list}>", each(&form, ""))
            }
            Self::Invoke => {
                let parameter = |(key, value): (&String, &Value)| format!("<parameter name=\"{key}\">{}</parameter>\n", bare(value));
                let form = |call: &ToolCall| format!("<invoke name=\"{}\">\n{}</invoke>\n", call.name, tagged(call, parameter));
                format!("<function_calls>\n{}</function_calls>", each(&form, ""))
            }
            Self::Function => {
                let parameter = |(key, value): (&String, &Value)| format!("<parameter={key}>\n{}\n</parameter>\n", bare(value));
                let form = |call: &ToolCall| {
                    format!("<tool_call>\n<function={}>\n{}</function>\n</tool_call>", call.name, tagged(call, parameter))
                };
                each(&form, "\n")
            }
            Self::Llama => format!("<|python_tag|>{}", each(&named("parameters"), "; ")),
            Self::Mistral => format!("[TOOL_CALLS] [{}]", each(&named("arguments"), ", ")),
        }
    }
}

fn tagged(call: &ToolCall, form: impl Fn((&String, &Value)) -> String) -> String {
    call.args.as_object().into_iter().flatten().map(form).collect()
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Text as people type it, and some that looks like markup.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~é转\\n]{0,20}",
        Just("</tool_call> {\"do\":\"click\",\"ref\":\"e1\"}".to_owned()),
        Just("```\n<｜tool▁call▁end｜>".to_owned()),
        Just("a </think> b".to_owned()),
        Just("5".to_owned()),
        Just("true".to_owned()),
        Just("\\\"}]".to_owned()),
    ]
}

fn made_call() -> impl Strategy<Value = ToolCall> {
    let some_ref = "e[1-9][0-9]{0,2}";
    prop_oneof![
        some_ref.prop_map(|target| call("click", json!({ "ref": target }))),
        (some_ref, words()).prop_map(|(target, text)| call("fill", json!({ "ref": target, "text": text }))),
        (some_ref, any::<bool>()).prop_map(|(target, checked)| call("check", json!({ "ref": target, "checked": checked }))),
        (words(), proptest::option::of(any::<i32>())).prop_map(|(query, limit)| {
            let mut args = Map::from_iter([("query".to_owned(), Value::from(query))]);
            args.extend(limit.map(|limit| ("limit".to_owned(), Value::from(limit))));
            call("find", Value::Object(args))
        }),
        (any::<i32>(), words(), any::<bool>())
            .prop_map(|(id, text, strict)| call("plan", json!({ "steps": [{ "id": id, "text": text }], "strict": strict }))),
        Just(call("now", json!({}))),
    ]
}

/// Calls that can be written in this dialect.
fn written() -> impl Strategy<Value = (Dialect, Vec<ToolCall>)> {
    (prop::sample::select(DIALECTS.to_vec()), prop::collection::vec(made_call(), 1..4)).prop_filter(
        "a raw value can't hold tags",
        |(dialect, calls)| {
            let text = calls.iter().fold(String::new(), |mut all, call| {
                let _ = write!(all, "{}", call.args);
                all
            });
            !dialect.is_raw() || !text.contains('<')
        },
    )
}

fn plain(calls: &[ToolCall]) -> Vec<(&str, &Value)> {
    calls.iter().map(|call| (call.name.as_str(), &call.args)).collect()
}

fn read(content: &str, finish: FinishReason) -> Reply {
    settle(Reply { content: content.to_owned(), finish, ..Reply::default() })
}

const PROSE: [&str; 4] = ["", "I fill the form now.\n\n", "Seen: a < b, {x}, [y].\n", "Zürich `</think>` 转账:\n"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read((dialect, calls) in written(), prose in prop::sample::select(PROSE.to_vec())) {
        let text = format!("{prose}{}", dialect.write(&calls));
        let reply = read(&text, FinishReason::Stop);
        prop_assert_eq!(plain(&reply.calls), plain(&calls), "{}", text);
        prop_assert!(reply.calls.iter().all(|call| call.problem.is_none()), "{:?} in {}", reply.calls, text);
        prop_assert_eq!(reply.content, prose.trim(), "{}", text);
    }

    #[test]
    fn what_is_cut_is_a_beginning_or_says_so((dialect, calls) in written(), prose in prop::sample::select(PROSE.to_vec()), at in any::<prop::sample::Index>()) {
        let text = format!("{prose}{}", dialect.write(&calls));
        let mut end = at.index(text.len() + 1);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let cut = &text[..end];
        let reply = read(cut, FinishReason::Length);
        let whole = reply.calls.iter().take_while(|call| call.problem.is_none()).count();
        prop_assert!(reply.calls.len() <= whole + 1, "only the last can be cut: {:?} in {}", reply.calls, cut);
        prop_assert!(reply.calls.iter().skip(whole).all(|call| call.args == Value::Object(Map::new())), "{:?}", reply.calls);
        prop_assert!(whole <= calls.len(), "{:?} in {}", reply.calls, cut);
        prop_assert_eq!(plain(&reply.calls[..whole]), plain(&calls[..whole]), "{}", cut);
        let said = prose.get(..end).unwrap_or(prose).trim();
        prop_assert!(reply.content.starts_with(said), "{:?} in {}", reply.content, cut);
    }

    #[test]
    fn words_alone_are_never_eaten(text in "[a-zA-Z0-9 .,:;!?<>{}\\[\\]()|'\"`#*é转\\n-]{0,120}") {
        let reply = read(&text, FinishReason::Stop);
        prop_assert_eq!((reply.content, reply.calls.len()), (text, 0));
    }

    #[test]
    fn no_soup_of_markup_makes_it_panic(pieces in prop::collection::vec(prop::sample::select(vec![
        "<", "</", "｜", "|", "DSML", "tool▁calls▁begin", "tool_call", "invoke", " name=\"click\"", "parameter", "=", ">", "<think>", "</think>",
        "{", "}", "[", "]", "\"do\":\"click\"", "\"ref\":\"e1\"", ",", "```", "\n", "`", "[TOOL_CALLS]", "<｜tool▁sep｜>", "é", "\\", "\"",
    ]), 0..24)) {
        let reply = read(&pieces.concat(), FinishReason::Stop);
        for call in &reply.calls {
            prop_assert!(super::super::object::is_name(&call.name), "{:?}", call);
            let empty = call.args.as_object().is_some_and(Map::is_empty);
            prop_assert!(call.args.is_object() && (call.problem.is_none() || empty), "{:?}", call);
        }
    }
}
