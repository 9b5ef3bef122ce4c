//! Reads the cases and compares.

use super::{FinishReason, Reply, ToolCall, Value, call, json, settle};

const FILES: [(&str, &str); 8] = [
    ("deepseek", include_str!("corpus/deepseek.txt")),
    ("dsml", include_str!("corpus/dsml.txt")),
    ("tags", include_str!("corpus/tags.txt")),
    ("json", include_str!("corpus/json.txt")),
    ("think", include_str!("corpus/think.txt")),
    ("cut", include_str!("corpus/cut.txt")),
    ("fit", include_str!("corpus/fit.txt")),
    ("prose", include_str!("corpus/prose.txt")),
];

struct Case<'a> {
    file: &'a str,
    name: &'a str,
    sections: Vec<(&'a str, String)>,
}

impl Case<'_> {
    fn section(&self, key: &str) -> Option<&str> {
        self.sections.iter().find(|(other, _)| *other == key).map(|(_, text)| text.as_str())
    }

    fn reply(&self) -> Reply {
        let calls = self.section("native").unwrap_or_default().lines().map(|line| {
            let (name, args) = line.split_once(' ').expect("name and arguments");
            ToolCall { id: "native".to_owned(), ..call(name, serde_json::from_str(args).expect("JSON")) }
        });
        let finish = if self.section("finish") == Some("length") { FinishReason::Length } else { FinishReason::Stop };
        Reply {
            content: self.section("content").expect("a content").to_owned(),
            reasoning: self.section("reasoning").map(str::to_owned),
            calls: calls.collect(),
            finish,
            ..Reply::default()
        }
    }

    fn complaints(&self) -> Vec<String> {
        let given = self.reply();
        let made = settle(given.clone());
        let mut wrong = Vec::new();
        let wanted: Vec<&str> = self.section("calls").unwrap_or_default().lines().collect();
        let as_wanted = wanted.len() == made.calls.len() && wanted.iter().zip(&made.calls).all(|(line, call)| matches(line, call));
        if !as_wanted {
            wrong.push(format!("calls: {:?}", made.calls));
        }
        if made.content != self.section("left").unwrap_or_default() {
            wrong.push(format!("left: {:?}", made.content));
        }
        if made.reasoning.as_deref().unwrap_or_default() != self.section("thinks").unwrap_or_default() {
            wrong.push(format!("thinks: {:?}", made.reasoning));
        }
        let rescued = made.rescued.as_deref().unwrap_or("none");
        if self.section("dialect").is_some_and(|wanted| wanted != rescued) || (rescued == "none") != (made.calls.len() == given.calls.len())
        {
            wrong.push(format!("dialect: {rescued}"));
        }
        let finish = if rescued == "none" || given.finish == FinishReason::Length { given.finish } else { FinishReason::ToolCalls };
        if made.finish != finish {
            wrong.push(format!("finish: {:?}", made.finish));
        }
        if settle(made.clone()) != made {
            wrong.push("a second look makes something else of it".to_owned());
        }
        wrong
    }
}

fn matches(line: &str, call: &ToolCall) -> bool {
    let Some((name, rest)) = line.split_once(' ') else { return false };
    let fits = match (rest.strip_prefix('!'), &call.problem) {
        (Some(piece), Some(problem)) => problem.contains(piece) && call.args == json!({}),
        (None, None) => serde_json::from_str::<Value>(rest).expect("JSON") == call.args,
        _ => false,
    };
    name == call.name && fits
}

fn cases() -> Vec<Case<'static>> {
    let mut cases: Vec<Case<'static>> = Vec::new();
    for (file, text) in FILES {
        for piece in text.split("=== ").skip(1) {
            let mut lines = piece.trim_end_matches('\n').lines();
            let name = lines.next().expect("a name");
            let mut sections: Vec<(&str, Option<String>)> = Vec::new();
            for line in lines {
                match line.strip_prefix("--- ") {
                    Some(head) => sections.push(head.split_once(": ").map_or((head, None), |(key, value)| (key, Some(value.to_owned())))),
                    None => match &mut sections.last_mut().expect("a section").1 {
                        Some(text) => *text = format!("{text}\n{line}"),
                        empty => *empty = Some(line.to_owned()),
                    },
                }
            }
            let sections = sections.into_iter().map(|(key, text)| (key, text.unwrap_or_default())).collect();
            cases.push(Case { file, name, sections });
        }
    }
    cases
}

#[test]
fn every_reply_has_its_right_reading() {
    let cases = cases();
    assert!(cases.len() >= 60, "the corpus has {} cases", cases.len());
    let keys = ["content", "reasoning", "native", "finish", "calls", "left", "thinks", "dialect"];
    let mut wrong = Vec::new();
    for case in &cases {
        let unknown = case.sections.iter().filter(|(key, _)| !keys.contains(key)).map(|(key, _)| format!("no such section: {key}"));
        wrong.extend(unknown.chain(case.complaints()).map(|what| format!("{}: {}\n    {what}", case.file, case.name)));
    }
    assert!(wrong.is_empty(), "{} of {} cases are read wrongly:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn names_tell_cases_apart() {
    let mut names: Vec<&str> = cases().iter().map(|case| case.name).collect();
    names.sort_unstable();
    let twice: Vec<&[&str]> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert_eq!(twice, Vec::<&[&str]>::new());
}

/// Markup is for machines: outside backticks and fences none of it is left, wherever the reply ends.
#[test]
fn no_markup_is_left_of_any_beginning_of_a_case() {
    for case in cases().iter().filter(|case| case.file != "prose") {
        let given = case.reply();
        for (end, _) in given.content.char_indices().step_by(3) {
            let content = given.content[..end].to_owned();
            let made = settle(Reply { content, finish: FinishReason::Length, ..given.clone() });
            let left = made.content.replace("`</think>`", "");
            assert!(!left.contains(['｜', '▁']) && !left.contains("<tool_call>"), "{} at {end}: {left:?}", case.name);
        }
    }
}
