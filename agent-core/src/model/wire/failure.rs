//! From what a server says in refusing to a [`ModelError`]. Pure.
//!
//! The kinds are made by what can be done about each: the retry layer and the person's next step follow from them.

use std::time::Duration;

use jiff::fmt::rfc2822;
use serde_json::Value;

use crate::model::ModelError;

/// Most characters of a server's words that are shown.
const LONGEST: usize = 500;

/// What was said besides the body.
#[derive(Debug, Default)]
pub(super) struct Headers<'a> {
    pub(super) retry_after: Option<&'a str>,
    pub(super) date: Option<&'a str>,
}

/// The error for a status that is not 200. `id` is the model that was asked.
pub(super) fn of_status(status: u16, headers: &Headers<'_>, body: &str, id: &str) -> ModelError {
    let detail = words(body);
    match status {
        _ if is_about_model(status, &detail) => {
            ModelError::NoSuchModel(format!("{id} ({detail}); GET /models of the same server lists what there is"))
        }
        401 | 403 => ModelError::Unauthorized(detail),
        402 => ModelError::NoBalance(detail),
        404 => ModelError::NoSuchModel(format!("{id}, or the address is wrong ({detail}); most servers want a base URL that ends in /v1")),
        408 | 500..=599 => ModelError::Server { status, detail, retry_after: retry_after(headers) },
        429 => ModelError::RateLimited { detail, retry_after: retry_after(headers) },
        400..=499 => too_long(&detail).unwrap_or(ModelError::BadRequest(detail)),
        _ => ModelError::Unreadable(format!("status {status}: {detail}")),
    }
}

/// The error for an error object that came within a stream.
pub(super) fn in_stream(error: &Value) -> ModelError {
    let detail = words(&error.to_string());
    let status = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok()).unwrap_or(500);
    match status {
        429 => ModelError::RateLimited { detail, retry_after: None },
        _ => too_long(&detail).unwrap_or(ModelError::Server { status, detail, retry_after: None }),
    }
}

/// DeepSeek tells an unknown model with 400.
fn is_about_model(status: u16, detail: &str) -> bool {
    let lower = detail.to_lowercase();
    status == 400 && (lower.contains("model not exist") || lower.contains("supported api model names"))
}

/// "This model's maximum context length is 65536 tokens. However, you requested 70000 tokens …"
fn too_long(detail: &str) -> Option<ModelError> {
    let (_, rest) = detail.split_once("maximum context length")?;
    let mut numbers = rest.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<usize>().ok());
    let (context, needed) = (numbers.next()?, numbers.next()?);
    (needed > context).then_some(ModelError::ContextFull { needed, context })
}

/// Seconds, or a date; a date is counted from the server's own clock.
fn retry_after(headers: &Headers<'_>) -> Option<Duration> {
    let text = headers.retry_after?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let now = rfc2822::parse(headers.date?).ok()?.timestamp();
    let then = rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(then.duration_since(now)).unwrap_or_default())
}

/// The server's words in a body: the message of an error object, or the body itself.
fn words(body: &str) -> String {
    let json = serde_json::from_str::<Value>(body).ok();
    let message = json.as_ref().and_then(|json| {
        let places = ["/error/message", "/message", "/error", "/detail"];
        places.iter().find_map(|place| json.pointer(place)?.as_str())
    });
    match message.unwrap_or(body).trim() {
        "" => "no reason was given".to_owned(),
        text => clip(text),
    }
}

/// The beginning of a text, on one line.
pub(super) fn clip(text: &str) -> String {
    let mut chars = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = chars.by_ref().take(LONGEST).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}
