//! A script for Chrome's own tools: variables filled in, what is ours taken out, and what they can't do named.

use handiwork_core::marks::Marks;

use super::format::{Ours, Script, Step};
use super::parts::each;
use super::variables::{Values, filled_step};

/// A script that Chrome's recorder and `@puppeteer/replay` run, and what is lost in it, a sentence each.
pub fn for_chrome(script: &Script, values: &Values) -> (Script, Vec<String>) {
    let filled = script.filled(values);
    let mut lost = Vec::new();
    let mut marks: Option<Marks> = None;
    let mut steps = Vec::new();
    for (at, step) in filled.steps.iter().enumerate() {
        let mut miss = |what: &str| lost.push(format!("step {}: {what}", at + 1));
        match Ours::of(step) {
            None => {}
            Some(Ok(Ours::Next(about))) => {
                if !about.row.is_empty() {
                    miss(&format!("it is found by its row ({:?}), which Chrome can't do", about.row));
                }
                marks = about.marks;
                continue;
            }
            Some(Ok(Ours::Script(_) | Ours::Probe(_) | Ours::Secret { .. })) => continue,
            Some(Ok(Ours::Press { keys })) => {
                let parts: Vec<&str> = keys.split('+').collect();
                let key = |key: &str, down: bool| {
                    let (key, around) = (key.to_owned(), super::format::Around::default());
                    if down { Step::KeyDown { key, around } } else { Step::KeyUp { key, around } }
                };
                steps.extend(parts.iter().map(|part| key(part, true)));
                steps.extend(parts.iter().rev().map(|part| key(part, false)));
                continue;
            }
            Some(Ok(Ours::Milestone { when, .. })) => {
                miss(&format!("it is not asserted that {when}"));
                continue;
            }
            Some(Ok(Ours::Upload { path, .. })) => {
                miss(&format!("the file {path} is not uploaded"));
                continue;
            }
            Some(Ok(Ours::Extract { into, .. })) => {
                miss(&format!("{into} is not taken from the page"));
                continue;
            }
            Some(Ok(Ours::Each { rows, steps: inner })) => {
                match each(&rows) {
                    Ok(rows) => {
                        for row in rows {
                            let inner = inner.iter().map(|step| filled_step(step, &row)).collect();
                            let (part, more) = for_chrome(&Script { steps: inner, ..Script::default() }, values);
                            steps.extend(part.steps);
                            lost.extend(more);
                        }
                    }
                    Err(why) => miss(&why),
                }
                continue;
            }
            Some(Ok(Ours::Type { text })) => {
                miss(&format!("{text:?} is not typed without a field"));
                continue;
            }
            Some(Ok(Ours::Launch { program })) => {
                miss(&format!("{program} is not started: Chrome has no programs"));
                continue;
            }
            Some(Ok(Ours::Agent { goal })) => {
                miss(&format!("no agent does this: {goal}"));
                continue;
            }
            Some(Ok(Ours::When { when, .. })) => {
                miss(&format!("what is done only if {when} is left out"));
                continue;
            }
            Some(Err(why)) => {
                miss(&why);
                continue;
            }
        }
        let mut step = step.clone();
        if let Step::Change { value, .. } = &mut step {
            if value.contains("{{secret:") {
                miss("the value of a secret is not in the file: put it in by hand");
            }
            // Chrome chooses an option by its value, and not by what a person reads.
            let option = marks.iter().flat_map(|marks| &marks.options).find(|(label, _)| label == value);
            if let Some((_, known)) = option {
                value.clone_from(known);
            }
        }
        marks = None;
        steps.push(step);
    }
    (Script { steps, ..filled }, lost)
}

/// The same script for another deployment of its site: the origin that it begins on is replaced wherever it stands.
#[must_use]
pub fn at_origin(script: &Script, origin: &str) -> Script {
    let Some(from) = script.steps.iter().find_map(|step| if let Step::Navigate { url, .. } = step { Some(origin_of(url)) } else { None })
    else {
        return script.clone();
    };
    let text = serde_json::to_string(script).unwrap_or_default().replace(&from, origin.trim_end_matches('/'));
    serde_json::from_str(&text).unwrap_or_else(|_| script.clone())
}

fn origin_of(url: &str) -> String {
    let end = url.find("://").map(|at| at + 3).and_then(|from| url.get(from..)?.find('/').map(|at| at + from));
    end.and_then(|end| url.get(..end)).unwrap_or(url).to_owned()
}
