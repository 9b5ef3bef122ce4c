//! The tasks, each a few lines. An oracle knows the task and reads the screen; it knows nothing of the page's inside.

mod fields;
mod hands;
mod sites;
mod words;

use handiwork_core::Receipt;
use handiwork_core::action::{Copy, Direction, Drag, Expand, Fill, Hover, Paste, Point, SelectText, Type};

use super::hand::{Hand, Line, Text};
use fields::*;
use hands::*;
use sites::*;
use words::*;

pub(super) const ALL: &[&str] = &[
    "click-button",
    "click-link",
    "click-dialog",
    "click-dialog-2",
    "click-checkboxes",
    "click-checkboxes-large",
    "click-collapsible",
    "click-color",
    "click-menu",
    "click-option",
    "click-scroll-list",
    "click-shades",
    "click-tab",
    "click-tab-2",
    "click-test",
    "click-test-2",
    "click-widget",
    "choose-date-easy",
    "choose-date",
    "choose-list",
    "enter-text",
    "enter-text-dynamic",
    "enter-password",
    "enter-date",
    "focus-text",
    "focus-text-2",
    "form-sequence",
    "form-sequence-2",
    "login-user",
    "login-user-popup",
    "navigate-tree",
    "search-engine",
    "social-media",
    "email-inbox",
    "email-inbox-reply",
    "use-autocomplete",
    "use-slider",
    "use-spinner",
    "drag-box",
    "drag-items",
    "drag-sort-numbers",
    "drag-circle",
    "highlight-text",
    "copy-paste",
    "scroll-text",
    "text-transform",
    "tic-tac-toe",
    "read-table",
    "simple-arithmetic",
    "find-word",
    "grid-coordinate",
    "resize-textarea",
    "multi-layouts",
    "number-checkboxes",
    "buy-ticket",
    "book-flight",
    "daily-calendar",
    "terminal",
    "text-editor",
    "unicode-test",
];

type Done = Result<(), String>;

pub(super) async fn solve(task: &str, hand: &mut Hand<'_>) -> Done {
    match task {
        "click-button" | "unicode-test" => press(hand, "button", &first_quoted(hand)?).await,
        "click-link" => press(hand, "", &first_quoted(hand)?).await,
        "click-dialog" => press(hand, "button", "Close").await,
        "click-dialog-2" => {
            let wanted = first_quoted(hand)?;
            press(hand, "button", if wanted == "x" { "Close" } else { &wanted }).await
        }
        "click-checkboxes" | "click-checkboxes-large" | "click-option" => choices(hand).await,
        "click-collapsible" => {
            let first = hand.look().await.live().next().cloned().ok_or("nothing")?;
            hand.click(&first).await;
            submit(hand).await
        }
        "click-color" => {
            let colour = between(&hand.goal, "on the ", " colored")?;
            let text = hand.look().await;
            let box_of = |line: &&Line| line.has(&format!("({colour} ")) && !line.has("query");
            let found = text.live().find(box_of).cloned().ok_or(colour)?;
            tell(hand.click(&found).await)
        }
        "click-shades" => {
            let colour = between(&hand.goal, "shades of ", " and")?;
            for line in hand.look().await.live().filter(|line| line.has(&format!("{colour} square"))) {
                hand.click(line).await;
            }
            submit(hand).await
        }
        "click-menu" => {
            let path = after(&hand.goal, "Select ")?;
            let steps: Vec<&str> = path.split('>').map(str::trim).collect();
            let (last, before) = steps.split_last().ok_or("no path")?;
            for step in before {
                let line = hand.need("", step).await?;
                hand.act(Hover { r#ref: line.r#ref.ok_or("no ref")? }).await;
            }
            press(hand, "", last).await
        }
        "click-scroll-list" => {
            let names = between(&hand.goal, "Select ", " from the scroll list")?;
            let list = hand.need("listbox", "").await?;
            hand.select(&list, &names).await;
            submit(hand).await
        }
        "click-tab" => press(hand, "", after(&hand.goal, "Click on ")?.trim_end_matches('.')).await,
        "click-tab-2" => {
            let wanted = first_quoted(hand)?;
            for tab in ["Tab #1", "Tab #2", "Tab #3"] {
                hand.press_on("", tab).await?;
                if let Some(line) = hand.look().await.find("", &wanted).cloned() {
                    return tell(hand.click(&line).await);
                }
            }
            Err("in no tab".to_owned())
        }
        "click-test" => press(hand, "button", "").await,
        "click-test-2" => press(hand, "button", "ONE").await,
        "click-widget" => widget(hand).await,
        "choose-date-easy" | "choose-date" => {
            let date = between(&hand.goal, "Select ", " as the date")?;
            let field = hand.need("textbox", "").await?;
            pick_date(hand, &field, &date).await?;
            submit(hand).await
        }
        "choose-list" => {
            let name = between(&hand.goal, "Select ", " from the list")?;
            let list = hand.need("combobox", "").await?;
            hand.select(&list, &name).await;
            submit(hand).await
        }
        "enter-text" | "enter-text-dynamic" | "enter-password" => {
            let text = first_quoted(hand)?;
            fill_all(hand, &text).await
        }
        "enter-date" => {
            let date = iso(&between(&hand.goal, "Enter ", " as the date")?)?;
            fill_all(hand, &date).await
        }
        "focus-text" => press(hand, "textbox", "").await,
        "focus-text-2" => {
            let nth = ordinal(&hand.goal)?;
            let field = hand.look().await.all("textbox").get(nth - 1).map(|line| (*line).clone()).ok_or("too few")?;
            tell(hand.click(&field).await)
        }
        "form-sequence" => {
            let value = between(&hand.goal, "Select ", " with")?;
            slide(hand, &value).await?;
            let nth = ordinal(&hand.goal)?;
            let one = hand.look().await.all("checkbox").get(nth - 1).map(|line| (*line).clone()).ok_or("too few")?;
            hand.check(&one).await;
            submit(hand).await
        }
        "form-sequence-2" => {
            let radio = ordinal(between(&hand.goal, "Check the ", " radio")?.as_str())?;
            let field = ordinal(&between(&hand.goal, "into the ", " textbox")?)?;
            let number = first_quoted(hand)?;
            let text = hand.look().await;
            let (one, other) = (text.all("radio")[radio - 1].clone(), text.all("textbox")[field - 1].clone());
            hand.check(&one).await;
            hand.fill(&other, &number).await;
            submit(hand).await
        }
        "login-user" | "login-user-popup" => login(hand).await,
        "navigate-tree" => tree(hand).await,
        "search-engine" => search(hand).await,
        "social-media" => social(hand).await,
        "email-inbox" | "email-inbox-reply" => email(hand).await,
        "use-autocomplete" => autocomplete(hand).await,
        "use-slider" => {
            let value = between(&hand.goal, "Select ", " with")?;
            slide(hand, &value).await?;
            submit(hand).await
        }
        "use-spinner" => {
            let value = between(&hand.goal, "Select ", " with")?;
            let field = hand.need("spinbutton", "").await?;
            hand.fill(&field, &value).await;
            submit(hand).await
        }
        "drag-box" => {
            let (small, large) = (hand.need("", "s").await?, hand.need("", "L").await?);
            hand.drag_to(&small, &large).await;
            submit(hand).await
        }
        "drag-items" => drag_items(hand).await,
        "drag-sort-numbers" => sort_numbers(hand).await,
        "drag-circle" => {
            let circle = hand.look().await.live().find(|line| line.has("circle")).cloned().ok_or("no circle")?;
            let way = between(&hand.goal, "circle ", " then")?;
            let (dx, dy) = match way.as_str() {
                "left" => (-20.0, 0.0),
                "right" => (20.0, 0.0),
                "up" => (0.0, -20.0),
                _ => (0.0, 20.0),
            };
            hand.drag(&circle, dx, dy).await;
            submit(hand).await
        }
        "highlight-text" => highlight(hand).await,
        "copy-paste" => {
            let text = hand.look().await;
            let (from, to): (Vec<&Line>, Vec<&Line>) = text.all("textbox").into_iter().partition(|line| line.has("textarea"));
            let (from, to) = (from.first().copied().cloned().ok_or("no text")?, to.first().copied().cloned().ok_or("no field")?);
            hand.act(SelectText { r#ref: from.r#ref, text: None }).await;
            hand.act(Copy {}).await;
            hand.act(Paste { r#ref: to.r#ref }).await;
            submit(hand).await
        }
        "scroll-text" => {
            let text = hand.look().await;
            let (area, field) = (text.all("textbox")[0].clone(), text.all("textbox")[1].clone());
            let all = told(&hand.act(Expand { r#ref: area.r#ref.ok_or("no ref")? }).await)?;
            let word = last_word(&all)?;
            hand.fill(&field, &word).await;
            submit(hand).await
        }
        "text-transform" => {
            let text = hand.look().await;
            let shown = text.lines.iter().filter(|line| line.role == "text").nth(1).map(|line| line.name.clone()).ok_or("no text")?;
            fill_all(hand, &shown).await
        }
        "tic-tac-toe" => tic_tac_toe(hand).await,
        "read-table" => {
            let what = between(&hand.goal, "value of ", " into")?;
            let text = hand.look().await;
            let row =
                text.lines.iter().find_map(|line| line.name.strip_prefix(&format!("{what} | ")).map(str::to_owned)).ok_or("no row")?;
            fill_all(hand, &row).await
        }
        "simple-arithmetic" => {
            let text = hand.look().await;
            let sum = text.lines.iter().find(|line| line.name.ends_with('=')).map(|line| line.name.clone()).ok_or("no sum")?;
            fill_all(hand, &calculate(&sum)?).await
        }
        "find-word" => {
            let nth = ordinal(&hand.goal)?;
            let text = hand.look().await;
            let shown = text.lines.iter().filter(|line| line.role == "text").nth(1).ok_or("no text")?;
            let word = shown.name.split_whitespace().nth(nth - 1).ok_or("too short")?;
            fill_all(hand, word.trim_matches(|c: char| !c.is_alphanumeric())).await
        }
        "grid-coordinate" => grid(hand).await,
        "resize-textarea" => resize(hand).await,
        "multi-layouts" => layouts(hand).await,
        "buy-ticket" => ticket(hand).await,
        "book-flight" => flight(hand).await,
        "text-editor" => editor(hand).await,
        "terminal" => terminal(hand).await,
        "daily-calendar" => calendar(hand).await,
        "number-checkboxes" => number(hand).await,
        other => Err(format!("no oracle for {other}")),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "a receipt that is done with")]
fn tell(receipt: Receipt) -> Done {
    if receipt.is_verified() { Ok(()) } else { Err(receipt.to_string()) }
}

fn told(receipt: &Receipt) -> Result<String, String> {
    if receipt.is_verified() { Ok(receipt.to_string()) } else { Err(receipt.to_string()) }
}

fn first_quoted(hand: &Hand<'_>) -> Result<String, String> {
    hand.quoted().first().cloned().ok_or_else(|| "nothing in quotes".to_owned())
}

async fn press(hand: &mut Hand<'_>, role: &str, name: &str) -> Done {
    tell(hand.press_on(role, name).await?)
}

/// The button that ends a task.
async fn submit(hand: &mut Hand<'_>) -> Done {
    let text = hand.look().await;
    let names = ["Submit", "submit", "Search", "Login", "OK"];
    let named = names.iter().find_map(|name| text.find("", name));
    // Else the last thing to press.
    let button = named
        .or_else(|| text.live().filter(|line| line.role == "button" || line.role == "clickable").last())
        .ok_or("nothing to submit by")?;
    tell(hand.click(button).await)
}

async fn fill_all(hand: &mut Hand<'_>, text: &str) -> Done {
    for field in hand.look().await.all("textbox") {
        hand.fill(field, text).await;
    }
    submit(hand).await
}
