//! Scripts: what is read and written, and what is made of a run.

mod ladder;
mod learned;

use super::format::{Ours, Step};
use super::*;

#[test]
fn what_chrome_writes_is_read_and_written_as_it_was() {
    for text in [
        include_str!("../../../examples/tasks/chrome-sign-in.json"),
        include_str!("../../../examples/tasks/chrome-frame.json"),
        include_str!("../../../examples/tasks/chrome-new-tab.json"),
    ] {
        let script = Script::read(text).expect("a recording");
        let (was, now): (Value, Value) = (serde_json::from_str(text).expect("json"), serde_json::from_str(&script.write()).expect("json"));
        for (number, (was, now)) in was["steps"].as_array().expect("steps").iter().zip(now["steps"].as_array().expect("steps")).enumerate()
        {
            for (key, value) in was.as_object().expect("a step") {
                let now = &now[key];
                let same = now == value || now.as_f64().is_some() && now.as_f64() == value.as_f64();
                assert!(same || value == &json!([]), "step {number}: {key} was {value}, is {now}");
            }
        }
        let ready = Ready::of(&script, &Values::new()).expect("it can be replayed");
        assert!(!ready.parts.is_empty());
    }
}

#[test]
fn variables_are_filled_in_and_wrong_ones_are_named() {
    let head = json!({ "goal": "Pay {{amount}} to {{who}}", "variables": {
        "amount": { "type": "number", "minimum": 1, "default": "5" }, "who": { "type": "string", "minLength": 2 } } });
    let text = json!({ "title": "t", "steps": [
        { "type": "customStep", "name": "x-handiwork-script", "parameters": head },
        { "type": "change", "selectors": [["#who"]], "value": "{{who}} / {{secret:pin}}" },
        { "type": "change", "selectors": [["#amount"]], "value": "{{amount}}" },
    ] });
    let script = Script::read(&text.to_string()).expect("a script");
    let given = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Values>();
    let values = script.values(&given(&[("who", "Ana")])).expect("all values");
    let ready = Ready::of(&script, &values).expect("ready");
    assert_eq!(ready.goal, "Pay 5 to Ana");
    let What::On { deed: Deed::Change(value), .. } = &ready.parts[0].what else { panic!("{ready:?}") };
    assert_eq!(value, "Ana / {{secret:pin}}");
    for (pairs, says) in [
        (&[][..], "\"who\" has no value"),
        (&[("who", "A")][..], "does not fit"),
        (&[("who", "Ana"), ("amount", "0")][..], "does not fit"),
        (&[("who", "Ana"), ("amount", "x")][..], "it is no number"),
        (&[("who", "Ana"), ("whom", "x")][..], "no variable \"whom\"; it has: amount, who"),
    ] {
        let error = script.values(&given(pairs)).expect_err("wrong");
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn steps_are_done_for_each_row_of_a_list() {
    let each = |rows: &str, value: &str| {
        json!({ "title": "t", "steps": [
            { "type": "customStep", "name": "x-handiwork-each", "parameters": { "in": rows, "steps": [
                { "type": "change", "selectors": [["#who"]], "value": value },
                { "type": "click", "selectors": [["#add"]], "offsetX": 1, "offsetY": 1 },
            ] } },
        ] })
    };
    let script = Script::read(&each("{{people}}", "{{item.name}} of {{team}} ({{item.age}})").to_string()).expect("a script");
    assert_eq!(script.variables().into_iter().collect::<Vec<_>>(), ["people", "team"]);
    let people = r#"[{"name": "Ana \"A\" Lopez", "age": 41}, {"name": "Bo", "age": null}]"#;
    let given = Values::from([("people".to_owned(), people.to_owned()), ("team".to_owned(), "Sales".to_owned())]);
    let ready = Ready::of(&script, &script.values(&given).expect("values")).expect("ready");
    let texts: Vec<&str> = ready
        .parts
        .iter()
        .filter_map(|part| if let What::On { deed: Deed::Change(text), .. } = &part.what { Some(text.as_str()) } else { None })
        .collect();
    assert_eq!(texts, ["Ana \"A\" Lopez of Sales (41)", "Bo of Sales ()"]);
    assert_eq!(ready.parts.len(), 4);
    let wrong = Script::read(&each("Ana, Bo", "{{item}}").to_string()).expect("a script");
    let error = Ready::of(&wrong, &Values::new()).expect_err("no list");
    assert!(error.contains("is no list of rows"), "{error}");
}

#[test]
fn what_is_wrong_in_a_file_is_named_with_its_step() {
    let wrong = |step: Value| {
        let script = Script::read(&json!({ "title": "t", "steps": [{ "type": "navigate", "url": "http://a.example" }, step] }).to_string());
        script.and_then(|script| Ready::of(&script, &Values::new())).expect_err("wrong")
    };
    assert!(wrong(json!({ "type": "fly" })).contains("unknown variant `fly`"));
    assert!(wrong(json!({ "type": "waitForExpression", "expression": "x" })).starts_with("step 2: an expression is not run"));
    assert!(wrong(json!({ "type": "click", "selectors": [], "offsetX": 1, "offsetY": 1 })).contains("step 2: there is no selector"));
    assert!(wrong(json!({ "type": "customStep", "name": "x-handiwork-fly", "parameters": {} })).contains("x-handiwork-fly"));
    let empty =
        json!({ "type": "customStep", "name": "x-handiwork-milestone", "parameters": { "when": { "kind": "text", "contains": " " } } });
    assert!(wrong(empty).contains("nothing that can be checked"));
}

#[test]
fn what_is_exported_names_what_chrome_cannot_do() {
    let marks = json!({ "role": "combobox", "options": [["Travel", "t1"]] });
    let text = json!({ "title": "t", "steps": [
        { "type": "customStep", "name": "x-handiwork-next", "parameters": { "intent": "choose", "marks": marks } },
        { "type": "change", "selectors": [["#c"]], "value": "{{kind}}" },
        { "type": "change", "selectors": [["#p"]], "value": "{{secret:pin}}" },
        { "type": "customStep", "name": "x-handiwork-milestone", "parameters": { "when": { "kind": "text", "contains": "Filed" } } },
        { "type": "customStep", "name": "x-handiwork-press", "parameters": { "keys": "Control+a" } },
    ] });
    let script = Script::read(&text.to_string()).expect("a script");
    let (chrome, lost) = export::for_chrome(&script, &Values::from([("kind".to_owned(), "Travel".to_owned())]));
    let value = |step: &Step| if let Step::Change { value, .. } = step { value.clone() } else { String::new() };
    assert_eq!(chrome.steps.iter().map(value).collect::<Vec<_>>(), ["t1", "{{secret:pin}}", "", "", "", ""]);
    assert!(lost.len() == 2 && lost[0].contains("secret") && lost[1].contains("Filed"), "{lost:?}");
    assert!(chrome.steps.iter().all(|step| Ours::of(step).is_none()));
}

#[test]
fn the_schema_of_the_file_takes_what_is_written() {
    let schema = Script::schema();
    let validator = handiwork_core::schema::validator(&schema).expect("a schema");
    let text = include_str!("../../../examples/tasks/chrome-new-tab.json");
    let value: Value = serde_json::from_str(&Script::read(text).expect("a recording").write()).expect("json");
    handiwork_core::schema::check(&validator, &value).expect("it fits");
}

/// `docs/script.schema.json` is what `handiwork script schema` prints.
#[test]
fn the_schema_in_the_docs_is_this_one() {
    let docs: Value = serde_json::from_str(include_str!("../../../docs/script.schema.json")).expect("json");
    assert_eq!(docs, Script::schema(), "write it anew: handiwork script schema > docs/script.schema.json");
}
