//! What a server means by a refusal, by the words of its dialect. Pure.

use super::Dialect;
use crate::model::ModelError;

/// Whether it refuses tools as such.
pub(super) fn of_tools(dialect: &Dialect, error: &ModelError) -> bool {
    words(error).is_some_and(|text| dialect.no_tools.iter().any(|words| text.contains(words)))
}

/// The same error, or [`ModelError::ContextFull`] if that is what it means.
pub(super) fn typed(dialect: &Dialect, error: ModelError, context: u32) -> ModelError {
    let Some(text) = words(&error) else { return error };
    let Some(at) = dialect.too_long.iter().find_map(|words| text.find(words)) else { return error };
    // "request (18010 tokens) exceeds the available context size (4096 tokens)": the larger number is what was needed.
    let numbers: Vec<usize> = text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
    let after = text.get(at..).unwrap_or_default();
    let told = after.split(|c: char| !c.is_ascii_digit()).find_map(|digits| digits.parse::<usize>().ok());
    let context = told.unwrap_or(context as usize);
    let needed = numbers.into_iter().filter(|number| *number > context).max().unwrap_or(context + 1);
    ModelError::ContextFull { needed, context }
}

/// The server's words, in lower case. Some say 500 where they mean 400.
fn words(error: &ModelError) -> Option<String> {
    match error {
        ModelError::BadRequest(detail) | ModelError::Server { detail, .. } => Some(detail.to_lowercase()),
        _ => None,
    }
}
