//! What a constraint becomes as a grammar, by its text.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::action::Action;
use crate::model::local::grammar::of;
use crate::model::{CallRule, Constraint, ModelError, Request, ToolSpec};

fn rule(tool: &str, allowed: &[(&str, Value)]) -> CallRule {
    let values = |value: &Value| value.as_array().cloned().unwrap_or_default();
    CallRule { tool: tool.to_owned(), allowed: allowed.iter().map(|(key, value)| ((*key).to_owned(), values(value))).collect() }
}

fn request(calls: Vec<CallRule>) -> Request {
    let mut tools = Action::specs(&["click", "fill", "press", "scroll", "select"]);
    let parameters = json!({ "type": "object", "properties": { "total": { "type": "integer", "minimum": 0 }, "note": { "type": ["string", "null"], "maxLength": 9 } }, "required": ["total"] });
    tools.push(ToolSpec { name: "done".to_owned(), description: String::new(), parameters });
    let constraint = Constraint { first: vec![], calls, alone: vec!["done".to_owned()], most_calls: 3, thought: 80, or: None };
    Request { tools, constraint: Some(constraint), ..Request::default() }
}

/// The rules that are made for a request, without the ones that are always there.
fn text(request: &Request) -> String {
    let grammar = of(request, false).unwrap().unwrap();
    grammar.split("plain ::=").next().unwrap().to_owned()
}

#[test]
fn calls_are_alternatives_with_arguments_in_order() {
    let refs = json!(["e1", "e12", "e13", "e2"]);
    let calls = vec![
        rule("click", &[("ref", refs.clone())]),
        rule("press", &[("ref", refs)]),
        rule("scroll", &[("ref", json!([]))]),
        rule("done", &[]),
    ];
    insta::assert_snapshot!(text(&request(calls)), @r##"
    root ::= thought-11 reply-10
    one-1 ::= "\"e" ("1" ("\"" | "2\"" | "3\"") | "2\"")
    click-2 ::= "{\"do\":\"click\",\"ref\":" one-1 "}"
    press-3 ::= "{\"do\":\"press\",\"keys\":" string ",\"ref\":" one-1 "}"
    one-4 ::= "\"" ("bottom\"" | "down\"" | "left\"" | "right\"" | "top\"" | "up\"")
    scroll-5 ::= "{\"do\":\"scroll\",\"direction\":" one-4 "}"
    string-6 ::= "\"" char{0,9} "\""
    done-7 ::= "{\"do\":\"done\",\"total\":" natural (",\"note\":" (string-6))? "}"
    call-8 ::= click-2 | press-3 | scroll-5
    more-9 ::= "\n" call-8
    reply-10 ::= call-8 more-9{0,2} | done-7
    thought-11 ::= "{\"thought\":\"" plain{1,80} "\"}\n"
    "##);
}

#[test]
fn what_comes_first_is_in_order_and_never_left_out() {
    let mut request = request(vec![rule("click", &[("ref", json!(["e9"]))]), rule("done", &[])]);
    if let Some(constraint) = &mut request.constraint {
        constraint.first = vec![
            rule("fill", &[("ref", json!(["e1 Name"]))]),
            rule("fill", &[("ref", json!([]))]),
            rule("select", &[("ref", json!(["e2"])), ("option", json!(["旅行", "餐饮"]))]),
        ];
        constraint.thought = 0;
    }
    insta::assert_snapshot!(text(&request), @r##"
    root ::= whole-13
    one-1 ::= "\"e1 Name\""
    fill-2 ::= "{\"do\":\"fill\",\"ref\":" one-1 ",\"text\":" string "}"
    one-3 ::= "\"e2\""
    one-4 ::= "\"" ("旅行\"" | "餐饮\"")
    select-5 ::= "{\"do\":\"select\",\"ref\":" one-3 ",\"option\":" one-4 "}"
    one-6 ::= "\"e9\""
    click-7 ::= "{\"do\":\"click\",\"ref\":" one-6 "}"
    string-8 ::= "\"" char{0,9} "\""
    done-9 ::= "{\"do\":\"done\",\"total\":" natural (",\"note\":" (string-8))? "}"
    call-10 ::= click-7
    more-11 ::= "\n" call-10
    reply-12 ::= call-10 more-11{0,2} | done-9
    whole-13 ::= fill-2 "\n" select-5 "\n" reply-12
    "##);
}

#[test]
fn a_request_without_a_constraint_offers_all_tools_or_free_text() {
    let mut open = request(vec![]);
    open.constraint = None;
    let grammar = text(&open);
    for tool in ["click", "fill", "press", "scroll", "select", "done"] {
        assert!(grammar.contains(&format!("{{\\\"do\\\":\\\"{tool}\\\"")), "{grammar}");
    }
    open.tools.clear();
    assert_eq!(of(&open, false).unwrap(), None);
}

#[test]
fn a_constraint_that_can_not_be_met_is_an_error_that_says_why() {
    for (calls, word) in [
        (vec![rule("fly", &[])], "fly"),
        (vec![rule("click", &[("colour", json!(["red"]))])], "colour"),
        (vec![rule("click", &[("ref", json!([]))])], "no call"),
    ] {
        let error = of(&request(calls), false).unwrap_err();
        assert!(matches!(&error, ModelError::BadRequest(why) if why.contains(word)), "{error}");
    }
}

#[test]
fn schemas_of_all_kinds_become_rules() {
    let parameters = json!({
        "type": "object",
        "properties": {
            "line": { "type": "object", "properties": { "qty": { "type": "integer" }, "tag": { "type": "string" } }, "required": ["qty"] },
            "rows": { "type": "array", "items": { "anyOf": [{ "type": "number" }, { "const": "none" }] } },
            "any": {},
        },
        "required": ["line", "rows", "any"],
    });
    let tools = vec![ToolSpec { name: "t".to_owned(), description: String::new(), parameters }];
    let calls = vec![CallRule { tool: "t".to_owned(), allowed: BTreeMap::new() }];
    let request = Request { tools, constraint: Some(Constraint { calls, ..Constraint::default() }), ..Request::default() };
    insta::assert_snapshot!(text(&request), @r##"
    root ::= reply-6
    object-1 ::= "{" "\"qty\":" integer (",\"tag\":" string)? "}"
    item-2 ::= (number | "\"none\"")
    array-3 ::= "[" (item-2 ("," item-2){0,15})? "]"
    t-4 ::= "{\"do\":\"t\",\"line\":" object-1 ",\"rows\":" array-3 ",\"any\":" value "}"
    call-5 ::= t-4
    reply-6 ::= call-5
    "##);
}
