//! A script of what a person did: each deed is a step, what was filled in is a variable, and where it led to is asserted.

use std::collections::BTreeMap;

use handiwork_core::Condition;
use handiwork_core::marks::{Deed, Did, Marks, Recorded};
use serde_json::{Map, Value, json};

use super::format::{About, Around, AssertedEvent, Head, Ours, Pointed, Script, Selector, Step, VERSION};
use super::from_run::words;

/// The script. `goal` says what it is for, with the values as they were typed; with none all that was filled in are variables. None if
/// nothing was done.
#[must_use]
pub fn script_of(url: &str, goal: &str, seen: &[Recorded]) -> Option<Script> {
    let deeds = straightened(seen);
    if !deeds.iter().any(|one| matches!(one, Recorded::Deed(_))) {
        return None;
    }
    let mut draft = Draft { goal, ..Draft::default() };
    let mut steps = vec![Step::Navigate { url: url.to_owned(), around: Around::default() }];
    for (at, one) in deeds.iter().enumerate() {
        let Recorded::Deed(deed) = one else { continue };
        let led = deeds.get(at + 1).and_then(|next| if let Recorded::Page(url) = next { Some(url.as_str()) } else { None });
        steps.extend(draft.steps(deed, led));
    }
    // Where it ended is asserted, if it led anywhere.
    if let Some(Recorded::Page(last)) = deeds.iter().rev().find(|one| matches!(one, Recorded::Page(_))) {
        let path = words::stem(&path_of(last));
        if path != "/" && path != path_of(url) {
            steps.push(Ours::Milestone { what: String::new(), when: Condition::Url { contains: path } }.step());
        }
    }
    Some(draft.script(url, steps))
}

/// Without what was done over: of a field that was filled again at once only the last value counts; and without the pages that opened by
/// themselves before anything was done.
fn straightened(seen: &[Recorded]) -> Vec<Recorded> {
    let mut out: Vec<Recorded> = Vec::new();
    for one in seen {
        match (out.last_mut(), one) {
            (None, Recorded::Page(_)) => continue,
            (Some(Recorded::Page(last)), Recorded::Page(next)) => {
                // A page that leads on by itself.
                last.clone_from(next);
                continue;
            }
            (Some(Recorded::Deed(last)), Recorded::Deed(next))
                if last.did == next.did && matches!(last.did, Did::Fill | Did::Select) && last.marks.selectors == next.marks.selectors =>
            {
                last.clone_from(next);
                continue;
            }
            _ => {}
        }
        out.push(one.clone());
    }
    out
}

fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
    path.split(['?', '#']).next().unwrap_or(path).to_owned()
}

fn origin_of(url: &str) -> String {
    let end = url.find("://").map(|at| at + 3).and_then(|from| url.get(from..)?.find('/').map(|at| at + from));
    end.and_then(|end| url.get(..end)).unwrap_or(url).to_owned()
}

/// A script in the making.
#[derive(Default)]
struct Draft<'a> {
    goal: &'a str,
    variables: BTreeMap<String, Value>,
    /// Secrets: name and the origin that gets them.
    secrets: BTreeMap<String, String>,
}

impl Draft<'_> {
    /// A name that is not taken yet.
    fn name(marks: &Marks, taken: impl Fn(&str) -> bool) -> String {
        let stem = words::slug(if marks.field.is_empty() || marks.field.contains('=') { &marks.name } else { &marks.field });
        let mut free = stem.clone();
        let mut number = 2;
        while taken(&free) {
            free = format!("{stem}_{number}");
            number += 1;
        }
        free
    }

    /// What a field gets: a variable, a secret, or what was typed.
    fn value(&mut self, deed: &Deed) -> String {
        if deed.secret {
            let name = Self::name(&deed.marks, |name| self.secrets.contains_key(name));
            self.secrets.insert(name.clone(), origin_of(&deed.url));
            return format!("{{{{secret:{name}}}}}");
        }
        let value = deed.value.trim();
        if value.is_empty() || !(self.goal.is_empty() || words::is_said(self.goal, value)) {
            return deed.value.clone();
        }
        let same = |schema: &Value| schema.get("default").and_then(Value::as_str) == Some(value);
        if let Some((name, _)) = self.variables.iter().find(|(_, schema)| same(schema)) {
            return format!("{{{{{name}}}}}");
        }
        let name = Self::name(&deed.marks, |name| self.variables.contains_key(name));
        let title = deed.marks.name.trim_end_matches(['*', ' ', ':']);
        let mut schema = json!({ "type": "string", "default": value });
        if let (Some(map), false) = (schema.as_object_mut(), title.is_empty()) {
            map.insert("title".to_owned(), Value::from(title));
        }
        self.variables.insert(name.clone(), schema);
        format!("{{{{{name}}}}}")
    }

    fn steps(&mut self, deed: &Deed, led: Option<&str>) -> Vec<Step> {
        let mut marks = deed.marks.clone();
        let selectors: Vec<Selector> = std::mem::take(&mut marks.selectors).into_iter().map(|one| Selector::Through(vec![one])).collect();
        let frame = (!marks.frame.is_empty()).then(|| marks.frame.clone());
        let asserted_events = led.map(|url| AssertedEvent::Navigation { url: Some(url.to_owned()), title: None }).into_iter().collect();
        let around = Around { frame, asserted_events, ..Around::default() };
        let verb = match deed.did {
            Did::Click => "click",
            Did::Fill => "fill",
            Did::Select => "select",
            Did::Check => "check",
            Did::Upload => "upload",
            Did::Press => "press",
        };
        let intent = format!("{verb} {} {:?}", marks.role, marks.name);
        let checked = (deed.did == Did::Check).then_some(deed.checked);
        let about = Ours::Next(Box::new(About { intent, checked, marks: Some(marks), ..About::default() })).step();
        let pointed = |selectors, around| Step::Click(Pointed { selectors, offset_x: 1.0, offset_y: 1.0, button: None, around });
        match deed.did {
            Did::Click | Did::Check => vec![about, pointed(selectors, around)],
            Did::Fill | Did::Select => vec![about, Step::Change { selectors, value: self.value(deed), around }],
            Did::Upload => vec![about, Ours::Upload { selectors, path: deed.value.clone(), frame: around.frame }.step()],
            Did::Press => vec![Ours::Press { keys: deed.value.clone() }.step()],
        }
    }

    fn script(self, url: &str, steps: Vec<Step>) -> Script {
        let mut goal = self.goal.to_owned();
        for (name, schema) in &self.variables {
            if let Some(value) = schema.get("default").and_then(Value::as_str) {
                goal = words::replace(&goal, value, &format!("{{{{{name}}}}}"));
            }
        }
        let title = if self.goal.is_empty() { format!("Recorded on {}", origin_of(url)) } else { words::title(self.goal) };
        let mut all = vec![Ours::Script(Head { version: VERSION, goal, variables: self.variables, run: None, record: None }).step()];
        all.extend(self.secrets.into_iter().map(|(secret, origin)| Ours::Secret { secret, origin }.step()));
        all.extend(steps);
        Script { title, timeout: None, steps: all, rest: Map::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Ready;
    use crate::script::Values;

    fn deed(did: Did, name: &str, value: &str) -> Recorded {
        let marks = Marks {
            role: "textbox".to_owned(),
            name: name.to_owned(),
            field: name.to_lowercase(),
            selectors: vec![format!("#{name}")],
            ..Marks::default()
        };
        Recorded::Deed(Box::new(Deed {
            did,
            url: "https://shop.example/form".to_owned(),
            marks,
            value: value.to_owned(),
            checked: false,
            secret: name == "Pin",
        }))
    }

    #[test]
    fn what_was_done_over_is_done_once_and_hidden_values_are_secrets() {
        let page = |path: &str| Recorded::Page(format!("https://shop.example{path}"));
        let seen = [
            page("/form"),
            deed(Did::Fill, "Name", "An"),
            deed(Did::Fill, "Name", "Ana"),
            deed(Did::Fill, "Pin", ""),
            deed(Did::Fill, "Note", "soon"),
            deed(Did::Click, "Send", ""),
            page("/moving"),
            page("/done/17?x=1"),
        ];
        let script = script_of("https://shop.example/", "Send it for Ana", &seen).expect("a script");
        assert_eq!(
            (script.head().goal.as_str(), script.variables().into_iter().collect::<Vec<_>>()),
            ("Send it for {{name}}", vec!["name".to_owned()])
        );
        let ready = Ready::of(&script, &script.values(&Values::new()).expect("as recorded")).expect("it can be replayed");
        assert_eq!(ready.secrets.get("pin").map(String::as_str), Some("https://shop.example"));
        assert_eq!(ready.parts.len(), 6, "{}", script.write());
        assert_eq!(ready.ends().next(), Some(&Condition::Url { contains: "/done".to_owned() }));
        // Without a goal all that was filled in may vary.
        let free = script_of("https://shop.example/", "", &seen).expect("a script");
        assert_eq!(free.variables().into_iter().collect::<Vec<_>>(), ["name", "note"]);
        assert_eq!(script_of("https://shop.example/", "", &seen[..1]), None);
    }
}
