//! Words of a command line as an action: `fill e3 "some text"`, `drag e5 to=e7`, `wait text=Done`.
//!
//! Each verb takes its usual arguments by place, and any of them by name. The action itself says what is wrong with them.

use handiwork::core::Action;
use serde_json::{Map, Value, json};

/// Verb, arguments by place (`?` may be left out), all others, an example.
type Way = (&'static str, &'static [&'static str], &'static [&'static str], &'static str);

const WAYS: &[Way] = &[
    ("navigate", &["url"], &[], "navigate https://example.org"),
    ("back", &[], &[], "back"),
    ("forward", &[], &[], "forward"),
    ("reload", &[], &[], "reload"),
    ("click", &["ref"], &[], "click e5"),
    ("double_click", &["ref"], &[], "double_click e5"),
    ("right_click", &["ref"], &[], "right_click e5"),
    ("middle_click", &["ref"], &[], "middle_click e5"),
    ("hover", &["ref"], &[], "hover e5"),
    ("click_at", &["x", "y", "ref?"], &["button", "count"], "click_at 120 80 e5"),
    ("drag", &["ref", "to?"], &["dx", "dy", "path", "grab"], "drag e5 e7, drag e5 dx=40 dy=0"),
    ("fill", &["ref", "text"], &[], "fill e3 \"Ada Lovelace\""),
    ("type", &["ref?", "text"], &[], "type \"Ada\", type e3 \"Ada\""),
    ("press", &["keys", "ref?"], &[], "press Enter, press Control+a e3"),
    ("select", &["ref", "option"], &[], "select e4 Spain"),
    ("check", &["ref", "checked?"], &[], "check e6, check e6 false"),
    ("select_text", &["ref?", "text?"], &[], "select_text e3 \"some words\""),
    ("copy", &[], &[], "copy"),
    ("paste", &["ref?"], &[], "paste e3"),
    ("scroll", &["direction", "ref?"], &[], "scroll down, scroll bottom e8"),
    ("wait", &["text?"], &["gone", "url", "idle"], "wait \"Thank you\", wait gone=e5, wait idle=true"),
    ("switch_tab", &["tab"], &[], "switch_tab 2"),
    ("open_tab", &["url"], &[], "open_tab https://example.org"),
    ("close_tab", &["tab"], &[], "close_tab 2"),
    ("resize", &["width", "height"], &[], "resize 390 844"),
    ("upload", &["ref", "path"], &[], "upload e9 invoice.pdf"),
    ("download", &["ref"], &[], "download e5"),
    ("print", &[], &[], "print"),
    ("find", &["text"], &[], "find \"Total\""),
    ("expand", &["ref"], &[], "expand e8"),
    ("read", &["ref?"], &[], "read, read e8"),
    ("launch", &["program"], &[], "launch \"mousepad notes.txt\""),
    ("mouse", &["do", "x?", "y?"], &["to", "dx", "dy", "button", "count", "held"], "mouse move 100 200, mouse scroll 100 200 dy=3"),
    ("hold", &["keys", "seconds"], &[], "hold ArrowDown 1.5"),
];

/// All verbs with an example each, for `handiwork act --help`.
pub(super) fn help() -> String {
    let width = WAYS.iter().map(|(verb, ..)| verb.len()).max().unwrap_or(0);
    let lines: Vec<String> = WAYS.iter().map(|(verb, .., example)| format!("  {verb:width$}  {example}")).collect();
    format!("Actions, with an example each:\n{}", lines.join("\n"))
}

/// The action that the words mean, or what is wrong with them.
pub(super) fn action(words: &[String]) -> Result<Action, String> {
    let (verb, rest) = words.split_first().ok_or_else(|| format!("say what to do. {}", verbs()))?;
    let wanted = verb.replace('-', "_").to_lowercase();
    let way = WAYS.iter().find(|(name, ..)| *name == wanted).ok_or_else(|| format!("there is no action {verb:?}. {}", verbs()))?;
    let (name, places, others, example) = way;
    let usage = |problem: String| format!("{name}: {problem}; for example: {example}");
    let is_known = |key: &str| others.contains(&key) || places.iter().any(|place| place.trim_end_matches('?') == key);
    let mut args = Map::new();
    let mut free = Vec::new();
    for word in rest {
        match word.split_once('=').filter(|(key, _)| is_known(key)) {
            Some((key, value)) => {
                args.insert(key.to_owned(), value_of(name, key, value).map_err(usage)?);
            }
            None => free.push(word.as_str()),
        }
    }
    let open: Vec<&str> = places.iter().copied().filter(|place| !args.contains_key(place.trim_end_matches('?'))).collect();
    let needed = open.iter().filter(|place| !place.ends_with('?')).count();
    if free.len() < needed {
        return Err(usage(format!("it takes {}", spelled(places))));
    }
    if free.len() > open.len() {
        return Err(usage(format!("{:?} is too much; text of several words is put in quotes", free.last().copied().unwrap_or_default())));
    }
    // What may be left out is filled only if there are more words than are needed.
    let mut spare = free.len() - needed;
    let mut words = free.into_iter();
    for place in open {
        let optional = place.ends_with('?');
        if optional && spare == 0 {
            continue;
        }
        spare -= usize::from(optional);
        let key = place.trim_end_matches('?');
        if let Some(word) = words.next() {
            args.insert(key.to_owned(), value_of(name, key, word).map_err(usage)?);
        }
    }
    if *name == "check" {
        args.entry("checked").or_insert(Value::Bool(true));
    }
    match Action::from_call(name, &Value::Object(args)) {
        Some(Ok(action)) => Ok(action),
        Some(Err(problem)) => Err(usage(problem)),
        None => Err(usage("it is not known here".to_owned())),
    }
}

fn verbs() -> String {
    format!("There are: {}", WAYS.iter().map(|(verb, ..)| *verb).collect::<Vec<_>>().join(", "))
}

fn spelled(places: &[&str]) -> String {
    let one = |place: &&str| match place.strip_suffix('?') {
        Some(place) => format!("[{}]", place.to_uppercase()),
        None => place.to_uppercase(),
    };
    places.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn value_of(verb: &str, key: &str, word: &str) -> Result<Value, String> {
    let number = |word: &str| word.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let point = |word: &str| -> Option<Value> {
        let (x, y) = word.split_once(',')?;
        Some(json!({ "x": number(x)?, "y": number(y)? }))
    };
    match key {
        "dx" | "dy" if verb == "mouse" => {
            word.parse::<i32>().map(|number| json!(number)).map_err(|_| format!("{key} is a whole number, not {word:?}"))
        }
        "x" | "y" | "dx" | "dy" | "seconds" => {
            number(word).map(|number| json!(number)).ok_or_else(|| format!("{key} is a number, not {word:?}"))
        }
        "width" | "height" | "tab" | "count" => {
            word.parse::<u32>().map(|number| json!(number)).map_err(|_| format!("{key} is a whole number, not {word:?}"))
        }
        "checked" | "idle" => word.parse::<bool>().map(Value::Bool).map_err(|_| format!("{key} is true or false, not {word:?}")),
        "to" if verb == "mouse" => point(word).ok_or_else(|| format!("{key} is a point such as 4,10, not {word:?}")),
        "grab" => point(word).ok_or_else(|| format!("{key} is a point such as 4,10, not {word:?}")),
        // The path of a file is another thing.
        "path" if verb == "drag" => {
            let points: Option<Vec<Value>> = word.split_whitespace().map(point).collect();
            points.map(Value::Array).ok_or_else(|| format!("{key} is points such as \"10,0 20,5\", not {word:?}"))
        }
        "ref" | "to" | "gone" if !is_ref(word) => {
            Err(format!("{word:?} is no ref; a ref stands before its element on the screen, such as e5"))
        }
        _ => Ok(Value::String(word.to_owned())),
    }
}

fn is_ref(word: &str) -> bool {
    word.strip_prefix('e').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<String, String> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        action(&words).map(|action| serde_json::to_string(&action).expect("JSON"))
    }

    #[test]
    fn each_example_is_understood_and_each_action_has_one() {
        for (verb, .., examples) in WAYS {
            for example in examples.split(", ") {
                let words = example.split_once(" \"").map_or_else(
                    || example.split(' ').map(str::to_owned).collect::<Vec<_>>(),
                    |(head, text)| head.split(' ').map(str::to_owned).chain([text.trim_end_matches('"').to_owned()]).collect(),
                );
                let action = action(&words).unwrap_or_else(|problem| panic!("{example}: {problem}"));
                assert_eq!(action.name(), *verb, "{example}");
            }
        }
        let known: Vec<&str> = WAYS.iter().map(|(verb, ..)| *verb).collect();
        for name in Action::NAMES {
            assert!(known.contains(name), "{name} has no words");
        }
    }

    #[test]
    fn optional_words_are_filled_from_the_left() {
        assert_eq!(parsed(&["type", "Ada"]).expect("text"), r#"{"name":"type","args":{"text":"Ada"}}"#);
        assert_eq!(parsed(&["type", "e3", "Ada"]).expect("both"), r#"{"name":"type","args":{"ref":"e3","text":"Ada"}}"#);
        assert_eq!(parsed(&["check", "e3"]).expect("on"), r#"{"name":"check","args":{"ref":"e3","checked":true}}"#);
        assert_eq!(parsed(&["fill", "e3", "text=a=b"]).expect("by name"), r#"{"name":"fill","args":{"ref":"e3","text":"a=b"}}"#);
        assert_eq!(parsed(&["Double-Click", "e3"]).expect("as spoken"), r#"{"name":"double_click","args":{"ref":"e3"}}"#);
    }

    #[test]
    fn what_is_wrong_is_told_with_an_example() {
        for (words, part) in [
            (&[][..], "say what to do"),
            (&["jump"][..], "There are: navigate"),
            (&["fill", "e3"][..], "it takes REF TEXT"),
            (&["click", "Save"][..], "is no ref"),
            (&["fill", "e3", "Ada", "Lovelace"][..], "put in quotes"),
            (&["click_at", "a", "2"][..], "x is a number"),
            (&["scroll", "sideways"][..], "for example: scroll down"),
        ] {
            let problem = parsed(words).expect_err("a problem");
            assert!(problem.contains(part), "{words:?}: {problem}");
        }
    }
}
