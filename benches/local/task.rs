//! A task as an agent has it: a system prompt with tools, a screen, and after each step what changed.

use std::fmt::Write as _;

use handiwork::Action;
use handiwork::core::model::{CallRule, Constraint, Message, Request};
use serde_json::json;

const SYSTEM: &str = "You operate a web page for a person. You see it as text: one line for each element, with its ref, its role \
                      and its name. Reply with the next action. Act only on refs that are on the screen. After each action you \
                      are told what changed. Do what the person asks for and nothing else; say so when it is done or can't be.";
const FIELDS: [&str; 10] =
    ["First name", "Last name", "E-mail", "Phone", "Street", "Postal code", "City", "Company", "Order number", "Comment"];

/// The request of the first step. `cold` makes it one that shares nothing with any other.
pub(crate) fn begin(cold: Option<usize>) -> Request {
    let mut screen = String::from("Claims — Example Insurance — https://claims.example/new\n");
    for (index, field) in FIELDS.iter().enumerate() {
        let _ = writeln!(screen, "  e{} textbox \"{field}\" required value=\"\"", 2 * index + 1);
        let _ = writeln!(screen, "  e{} button \"Explain {}\"", 2 * index + 2, field.to_lowercase());
    }
    for row in 0..14 {
        let _ = writeln!(screen, "  e{} link \"Claim {} of {} March: {}\"", 40 + row, 7000 + row * 37, row + 1, ["open", "paid"][row % 2]);
    }
    screen.push_str("  e90 button \"Send claim\"\n");
    let task = "Fill in the form for Ana Pereira, ana@example.com, Rua Augusta 5, 1100-048 Lisboa, and send it.";
    Request {
        system: cold.map_or_else(|| SYSTEM.to_owned(), |number| format!("({number}) {SYSTEM}")),
        tools: Action::specs(&["click", "fill", "select", "check", "press", "scroll", "back", "wait"]),
        messages: vec![Message::user(format!("{task}\n\n{screen}"))],
        constraint: Some(constraint()),
        max_tokens: Some(80),
    }
}

/// What the person's page says after step `step`.
pub(crate) fn changed(step: usize) -> Message {
    let (field, number) = (FIELDS[step % FIELDS.len()], 2 * (step % FIELDS.len()) + 1);
    Message::user(format!(
        "verified: 3 changes\n~ e{number} textbox \"{field}\" required value=\"step {step}\"\n+ e{} \"Saved a draft, {step} of 10 fields\"\n- e{} \"Please fill in {field}\"",
        100 + step,
        200 + step
    ))
}

fn constraint() -> Constraint {
    let refs = (0..FIELDS.len()).map(|index| json!(format!("e{} {}", 2 * index + 1, FIELDS[index]))).collect();
    let buttons = vec![json!("e90 Send claim")];
    let rule = |tool: &str, refs| CallRule { tool: tool.to_owned(), allowed: [("ref".to_owned(), refs)].into() };
    Constraint { calls: vec![rule("fill", refs), rule("click", buttons)], most_calls: 1, thought: 120, ..Constraint::default() }
}
