//! Long results: the model gets the beginning and a handle, and more if it asks.
//!
//! A page that is read whole may be longer than all that was said before. The one decision: the handle is the number of the entry in
//! the journal that holds the text (which a store keeps as a blob), so that nothing is kept a second time.

use handiwork_core::model::ToolSpec;
use handiwork_core::{Event, Run};
use serde_json::{Value, json};

/// Its name.
pub(super) const NAME: &str = "more";

/// Characters of a result that are told at once.
const PAGE: usize = 8_000;

/// What a model is told of it.
pub(super) fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.to_owned(),
        description: "Read on in a long result.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": { "handle": { "type": "integer" }, "from": { "type": "integer" } },
            "required": ["handle", "from"],
        }),
    }
}

/// What the model is told of a result: all of it, or the beginning.
pub(super) fn cut(seq: u64, text: String) -> String {
    if text.chars().nth(PAGE).is_none() {
        return text;
    }
    let whole = text.chars().count();
    let page: String = text.chars().take(PAGE).collect();
    format!("{page}\n… ({PAGE} of {whole} characters; more with handle={seq}, from={PAGE})")
}

/// The text of an entry, if it is the result of a call.
pub(super) fn text(event: &Event) -> Option<String> {
    match event {
        Event::Receipt { receipt, .. } => Some(receipt.to_string()),
        Event::ToolResult { result, .. } => Some(match result {
            Ok(Value::String(text)) => text.clone(),
            Ok(value) => value.to_string(),
            Err(why) => format!("error: {why}"),
        }),
        _ => None,
    }
}

/// A further piece of a result.
pub(super) fn more(run: &Run, args: &Value) -> Result<Value, String> {
    let number = |key: &str| args.get(key).and_then(Value::as_u64);
    let (handle, from) = number("handle").zip(number("from")).ok_or("it takes handle and from, both whole numbers")?;
    let entry = run.entries().iter().find(|entry| entry.seq == handle);
    let text = entry.and_then(|entry| text(&entry.event)).ok_or_else(|| format!("there is no result with the handle {handle}"))?;
    let whole = text.chars().count();
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    if from >= whole {
        return Err(format!("that result has {whole} characters, so there is nothing from {from} on"));
    }
    let page: String = text.chars().skip(from).take(PAGE).collect();
    let end = from + page.chars().count();
    let left =
        if end < whole { format!("\n… ({end} of {whole} characters; more with handle={handle}, from={end})") } else { String::new() };
    Ok(Value::from(format!("{page}{left}")))
}
