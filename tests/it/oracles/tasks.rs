//! The tasks, each a few lines. An oracle knows the task and reads the screen; it knows nothing of the page's inside.

use handiwork_core::Receipt;
use handiwork_core::action::{Copy, Direction, Drag, Expand, Fill, Hover, Paste, Point, SelectText, Type};

use super::hand::{Hand, Line, Text};

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
            let fields = text.all("textbox");
            let (from, to) = (fields[0].clone(), fields[1].clone());
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

fn tell(receipt: Receipt) -> Done {
    if receipt.is_verified() { Ok(()) } else { Err(receipt.to_string()) }
}

fn told(receipt: &Receipt) -> Result<String, String> {
    if receipt.is_verified() { Ok(receipt.to_string()) } else { Err(receipt.to_string()) }
}

fn first_quoted(hand: &Hand<'_>) -> Result<String, String> {
    hand.quoted().first().cloned().ok_or_else(|| "nothing in quotes".to_owned())
}

fn between(text: &str, from: &str, to: &str) -> Result<String, String> {
    let (_, rest) = text.split_once(from).ok_or_else(|| format!("no {from:?} in {text:?}"))?;
    let (found, _) = rest.split_once(to).ok_or_else(|| format!("no {to:?} in {text:?}"))?;
    Ok(found.to_owned())
}

fn after(text: &str, from: &str) -> Result<String, String> {
    text.split_once(from).map(|(_, rest)| rest.to_owned()).ok_or_else(|| format!("no {from:?} in {text:?}"))
}

/// The number of the first word such as "3rd".
fn ordinal(text: &str) -> Result<usize, String> {
    let ends = ["st", "nd", "rd", "th"];
    let number = |word: &str| ends.iter().find_map(|end| word.trim_matches(',').strip_suffix(end)?.parse().ok());
    text.split_whitespace().find_map(number).ok_or_else(|| format!("no ordinal in {text:?}"))
}

/// MM/DD/YYYY as YYYY-MM-DD.
fn iso(date: &str) -> Result<String, String> {
    match date.split('/').collect::<Vec<_>>()[..] {
        [month, day, year] => Ok(format!("{year}-{month:0>2}-{day:0>2}")),
        _ => Err(format!("{date} is no date")),
    }
}

fn last_word(text: &str) -> Result<String, String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.last().map(str::to_owned).ok_or_else(|| "no word".to_owned())
}

fn calculate(sum: &str) -> Result<String, String> {
    let parts: Vec<&str> = sum.split_whitespace().collect();
    let number = |text: &str| text.parse::<i64>().map_err(|error| format!("{text}: {error}"));
    let [left, sign, right, ..] = parts[..] else { return Err(sum.to_owned()) };
    let (left, right) = (number(left)?, number(right)?);
    Ok(match sign {
        "+" => left + right,
        "-" => left - right,
        _ => left * right,
    }
    .to_string())
}

async fn press(hand: &mut Hand<'_>, role: &str, name: &str) -> Done {
    tell(hand.press_on(role, name).await?)
}

/// The button that ends a task.
async fn submit(hand: &mut Hand<'_>) -> Done {
    let text = hand.look().await;
    let names = ["Submit", "submit", "Search", "Login", "OK"];
    let button = names.iter().find_map(|name| text.find("", name)).ok_or("nothing to submit by")?;
    tell(hand.click(button).await)
}

async fn fill_all(hand: &mut Hand<'_>, text: &str) -> Done {
    for field in hand.look().await.all("textbox") {
        hand.fill(field, text).await;
    }
    submit(hand).await
}

async fn choices(hand: &mut Hand<'_>) -> Done {
    let wanted = between(&hand.goal, "Select ", " and click")?;
    let names: Vec<&str> = wanted.split(", ").collect();
    let (mut done, mut left) = (Vec::new(), true);
    while left {
        let text = hand.look().await;
        let next = text.live().find(|line| names.contains(&line.name.as_str()) && !done.contains(&line.name)).cloned();
        match next {
            Some(line) => {
                hand.check(&line).await;
                done.push(line.name.clone());
            }
            None => left = false,
        }
    }
    submit(hand).await
}

async fn widget(hand: &mut Hand<'_>) -> Done {
    let kind = first_quoted(hand)?;
    let text = hand.look().await;
    let fits = |line: &&Line| match kind.as_str() {
        "textarea" => line.has("textarea"),
        "text" => line.role == "textbox" && !line.has("textarea"),
        other => line.role == other,
    };
    let line = text.live().find(fits).cloned().ok_or(kind)?;
    if matches!(line.role.as_str(), "checkbox" | "radio") { tell(hand.check(&line).await) } else { tell(hand.click(&line).await) }
}

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// The month that a calendar shows, counted from the year 0.
fn month_shown(text: &Text) -> Option<i64> {
    let words: Vec<&str> = text.text.split(|c: char| !c.is_alphanumeric()).collect();
    words.windows(2).find_map(|pair| {
        let month = MONTHS.iter().position(|month| *month == pair[0])?;
        Some(pair[1].parse::<i64>().ok()? * 12 + month as i64)
    })
}

async fn pick_date(hand: &mut Hand<'_>, field: &Line, date: &str) -> Done {
    let parts: Vec<i64> = date.split('/').filter_map(|part| part.parse().ok()).collect();
    let [month, day, year] = parts[..] else { return Err(date.to_owned()) };
    hand.click(field).await;
    for _ in 0..40 {
        let text = hand.look().await;
        let shown = month_shown(&text).ok_or("no calendar")?;
        let wanted = year * 12 + month - 1;
        if shown == wanted {
            let line = text.live().find(|line| line.name == day.to_string()).cloned().ok_or("no such day")?;
            return tell(hand.click(&line).await);
        }
        let names = if shown > wanted { ["Prev", "prev"] } else { ["Next", "next"] };
        let line = text.live().find(|line| names.iter().any(|name| line.has(name))).cloned().ok_or("no way to another month")?;
        hand.click(&line).await;
    }
    Err("too far".to_owned())
}

async fn slide(hand: &mut Hand<'_>, value: &str) -> Done {
    let wanted: i64 = value.parse().map_err(|_| value.to_owned())?;
    let text = hand.look().await;
    let handle = text.live().find(|line| line.role == "slider" || line.has("slider-handle")).cloned().ok_or("no slider")?;
    hand.click(&handle).await;
    for _ in 0..60 {
        let text = hand.look().await;
        let now = text.lines.iter().skip(1).find_map(|line| line.name.parse::<i64>().ok()).ok_or("no number")?;
        if now == wanted {
            return Ok(());
        }
        hand.key(if now < wanted { "ArrowRight" } else { "ArrowLeft" }).await;
    }
    Err("it does not move".to_owned())
}

async fn login(hand: &mut Hand<'_>) -> Done {
    let (user, password) = (hand.quoted()[0].clone(), hand.quoted()[1].clone());
    for _ in 0..6 {
        let text = hand.look().await;
        // A message that lies over the form is closed first.
        let close = text.live().find(|line| matches!(line.name.as_str(), "Close" | "No" | "Cancel" | "X" | "x" | "Exit"));
        if let Some(close) = close.cloned() {
            hand.click(&close).await;
            continue;
        }
        let fields: Vec<Line> = text.all("textbox").into_iter().cloned().collect();
        let [name, word] = &fields[..] else { return Err("two fields were to be there".to_owned()) };
        if name.value.as_deref() != Some(&user) {
            hand.fill(name, &user).await;
        } else if word.value.as_deref().is_none_or(str::is_empty) {
            hand.fill(word, &password).await;
        } else {
            return submit(hand).await;
        }
    }
    submit(hand).await
}

async fn tree(hand: &mut Hand<'_>) -> Done {
    let wanted = first_quoted(hand)?;
    let mut opened: Vec<String> = Vec::new();
    for _ in 0..20 {
        let text = hand.look().await;
        if let Some(line) = text.live().find(|line| line.name == wanted).cloned() {
            return tell(hand.click(&line).await);
        }
        let branch = text.live().find(|line| line.has("expandable") && !opened.contains(&line.name)).cloned();
        let branch = branch.ok_or("nothing left to open")?;
        opened.push(branch.name.clone());
        hand.click(&branch).await;
    }
    Err("too deep".to_owned())
}

async fn search(hand: &mut Hand<'_>) -> Done {
    let (word, nth) = (first_quoted(hand)?, ordinal(&hand.goal)?);
    let field = hand.need("textbox", "").await?;
    hand.fill(&field, &word).await;
    press(hand, "button", "Search").await?;
    // Three results are on a page.
    for page in 0..(nth - 1) / 3 {
        let next = hand.look().await.live().find(|line| line.name == (page + 2).to_string()).cloned().ok_or("no such page")?;
        hand.click(&next).await;
    }
    let text = hand.look().await;
    let is_result = |line: &&&Line| {
        line.name.parse::<usize>().is_err()
            && matches!(line.role.as_str(), "link" | "clickable")
            && line.name.chars().any(char::is_alphabetic)
    };
    let live: Vec<&Line> = text.live().collect();
    let line = live.iter().filter(is_result).nth((nth - 1) % 3).copied().cloned().ok_or("no such result")?;
    tell(hand.click(&line).await)
}

async fn social(hand: &mut Hand<'_>) -> Done {
    let user = between(&hand.goal, "user ", ", click")?;
    let what = first_quoted(hand)?.to_lowercase();
    let icon = match what.as_str() {
        "share via dm" | "copy link to tweet" | "embed tweet" | "mute" | "block" | "report" => "more".to_owned(),
        other => other.to_owned(),
    };
    for _ in 0..12 {
        let text = hand.look().await;
        let at = text.lines.iter().position(|line| line.role == "text" && line.has(&format!("{user} ")));
        let found = at.and_then(|at| {
            let own = text.lines.iter().skip(at + 1).take_while(|line| !(line.role == "text" && line.has(" @") && line.has("ago")));
            own.filter(|line| line.r#ref.is_some()).find(|line| line.has(&icon)).cloned()
        });
        if let Some(line) = found {
            hand.click(&line).await;
            if icon != what {
                let text = hand.look().await;
                let item = text.live().find(|line| line.name.to_lowercase() == what).cloned().ok_or("no such item")?;
                hand.click(&item).await;
            }
            return Ok(());
        }
        let region = text.live().find(|line| line.has("scrollable")).cloned();
        hand.scroll(region.as_ref(), Direction::Down).await;
    }
    Err("the user is not there".to_owned())
}

async fn email(hand: &mut Hand<'_>) -> Done {
    let who = hand.goal.split("email by ").nth(1).and_then(|rest| rest.split([' ', ',']).next()).ok_or("no name")?.to_owned();
    let mut mail = None;
    for _ in 0..6 {
        let text = hand.look().await;
        if let Some(at) = text.lines.iter().position(|line| line.r#ref.is_some() && line.name.starts_with(&who)) {
            mail = Some((text, at));
            break;
        }
        let region = text.live().find(|line| line.has("scrollable")).cloned();
        hand.scroll(region.as_ref(), Direction::Down).await;
    }
    let (text, at) = mail.ok_or("no such mail")?;
    let icon = |word: &str| text.lines[at + 1..].iter().find(|line| line.has(word)).cloned().ok_or(format!("no {word}"));
    if hand.goal.contains("trash") || hand.goal.contains("delete") {
        return tell(hand.click(&icon("trash")?).await);
    }
    if hand.goal.contains("star") || hand.goal.contains("important") {
        return tell(hand.click(&icon("star")?).await);
    }
    hand.click(&text.lines[at]).await;
    let forward = hand.goal.contains("forward");
    let open = hand.look().await;
    let button = open.live().find(|line| line.has(if forward { "forward" } else { "reply" })).cloned().ok_or("no way to answer")?;
    hand.click(&button).await;
    let open = hand.look().await;
    let fields: Vec<Line> = open.all("textbox").into_iter().cloned().collect();
    let said = if forward { after(&hand.goal, "forward that email to ")?.trim_end_matches('.').to_owned() } else { first_quoted(hand)? };
    let field = if forward { fields.first() } else { fields.last() }.ok_or("no field")?;
    hand.fill(field, &said).await;
    let send = hand.look().await.live().find(|line| line.has("send")).cloned().ok_or("no way to send")?;
    tell(hand.click(&send).await)
}

async fn autocomplete(hand: &mut Hand<'_>) -> Done {
    let words = hand.quoted();
    let field = hand.need("textbox", "").await?;
    hand.act(Type { r#ref: field.r#ref, text: words[0].clone() }).await;
    let end = words.get(1).cloned().unwrap_or_default();
    let text = hand.look().await;
    let fits = |line: &&Line| line.role != "textbox" && line.name.starts_with(&words[0]) && line.name.ends_with(&end);
    let line = text.live().find(fits).cloned().ok_or("no such item")?;
    hand.click(&line).await;
    submit(hand).await
}

async fn drag_items(hand: &mut Hand<'_>) -> Done {
    let (name, way) = after(&hand.goal, "Drag ")?.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).ok_or("no name")?;
    let text = hand.look().await;
    let items: Vec<Line> = text.live().cloned().collect();
    let at = items.iter().position(|line| line.name == name).ok_or("no such item")?;
    let to = match way.trim_end_matches('.') {
        "to the top" => 0,
        "to the bottom" => items.len() - 1,
        "down by one position" => at + 1,
        "up by one position" => at - 1,
        other => ordinal(other)? - 1,
    };
    tell(hand.drag_to(&items[at], &items[to]).await)
}

async fn sort_numbers(hand: &mut Hand<'_>) -> Done {
    for _ in 0..12 {
        let text = hand.look().await;
        let items: Vec<Line> = text.live().filter(|line| line.name.parse::<i64>().is_ok()).cloned().collect();
        let numbers: Vec<i64> = items.iter().filter_map(|line| line.name.parse().ok()).collect();
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        let Some(wrong) = (0..numbers.len()).find(|at| numbers[*at] != sorted[*at]) else { return submit(hand).await };
        let from = numbers.iter().position(|number| *number == sorted[wrong]).ok_or("lost")?;
        hand.drag_to(&items[from], &items[wrong]).await;
    }
    Err("it does not get sorted".to_owned())
}

async fn highlight(hand: &mut Hand<'_>) -> Done {
    let text = hand.look().await;
    let line = text.lines.iter().filter(|line| line.role != "button").nth(1).cloned().ok_or("no text")?;
    hand.act(SelectText { r#ref: None, text: Some(line.name) }).await;
    submit(hand).await
}

async fn tic_tac_toe(hand: &mut Hand<'_>) -> Done {
    const LINES: [[usize; 3]; 8] = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6]];
    for _ in 0..5 {
        let text = hand.look().await;
        let cells: Vec<Line> = text.live().filter(|line| line.has("ttt-") || line.role == "clickable").cloned().collect();
        if cells.len() != 9 {
            return Ok(());
        }
        let marks: Vec<char> = cells
            .iter()
            .map(|line| {
                if line.has("mark-x") {
                    'x'
                } else if line.has("mark-o") {
                    'o'
                } else {
                    ' '
                }
            })
            .collect();
        let finish = |mark: char| {
            LINES.iter().find_map(|line| {
                let own = line.iter().filter(|at| marks[**at] == mark).count();
                line.iter().copied().find(|at| own == 2 && marks[*at] == ' ')
            })
        };
        let best = [4, 0, 8, 2, 6, 1, 3, 5, 7].into_iter().find(|at| marks[*at] == ' ');
        let Some(at) = finish('x').or_else(|| finish('o')).or(best) else { return Ok(()) };
        hand.click(&cells[at]).await;
    }
    Ok(())
}

/// The middle of what a line tells the place of.
fn place(line: &Line) -> Option<(i64, i64)> {
    let (_, rest) = line.all.split_once(" at ")?;
    let (x, rest) = rest.split_once(',')?;
    let y: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
    Some((x.parse().ok()?, y.parse().ok()?))
}

async fn grid(hand: &mut Hand<'_>) -> Done {
    let wanted = between(&hand.goal, "(", ")")?;
    let (x, y) = wanted.split_once(',').ok_or("no pair")?;
    let (x, y): (i64, i64) = (x.trim().parse().map_err(|_| "x")?, y.trim().parse().map_err(|_| "y")?);
    let text = hand.look().await;
    let dots: Vec<(Line, (i64, i64))> = text.live().filter_map(|line| Some((line.clone(), place(line)?))).collect();
    let (mut xs, mut ys): (Vec<i64>, Vec<i64>) = dots.iter().map(|(_, at)| *at).unzip();
    xs.sort_unstable();
    xs.dedup();
    ys.sort_unstable();
    ys.dedup();
    // From -2 to 2 on both axes, upwards.
    let (column, row) = (*xs.get((x + 2) as usize).ok_or("x")?, *ys.get((2 - y) as usize).ok_or("y")?);
    let dot = dots.iter().find(|(_, at)| *at == (column, row)).map(|(line, _)| line.clone()).ok_or("no dot")?;
    tell(hand.click(&dot).await)
}

async fn resize(hand: &mut Hand<'_>) -> Done {
    let area = hand.need("textbox", "").await?;
    let (w, h) = size(&area).ok_or("no size is told")?;
    let smaller = hand.goal.contains("smaller");
    let by = if smaller { -15.0 } else { 25.0 };
    let (dx, dy) = if hand.goal.contains("width") { (by, 0.0) } else { (0.0, by) };
    let grab = Some(Point { x: w - 4.0, y: h - 4.0 });
    hand.act(Drag { r#ref: area.r#ref.ok_or("no ref")?, to: None, dx: Some(dx), dy: Some(dy), path: Vec::new(), grab }).await;
    submit(hand).await
}

/// Width and height, where a line tells them.
fn size(line: &Line) -> Option<(f64, f64)> {
    let words = line.all.split([' ', '(', ',', ';', ')']);
    words.filter_map(|word| word.split_once('×')).find_map(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)))
}

async fn layouts(hand: &mut Hand<'_>) -> Done {
    let genre = between(&hand.goal, "Search for ", " movies")?;
    let director = between(&hand.goal, "directed by ", " from")?;
    let year = after(&hand.goal, "from year ")?.trim_end_matches('.').to_owned();
    let text = hand.look().await;
    let mut label = String::new();
    let mut fills = Vec::new();
    for line in &text.lines {
        if line.role == "text" {
            label = line.name.to_lowercase();
        }
        if line.role == "textbox" {
            let own = format!("{label} {}", line.all.to_lowercase());
            let value = if own.contains("genre") {
                &genre
            } else if own.contains("year") {
                &year
            } else {
                &director
            };
            fills.push((line.clone(), value.clone()));
        }
    }
    for (line, value) in fills {
        hand.fill(&line, &value).await;
    }
    submit(hand).await
}

/// Minutes of "3h 43m".
fn minutes(text: &str) -> Option<i64> {
    let (hours, rest) = text.split_once("h ")?;
    Some(hours.trim().parse::<i64>().ok()? * 60 + rest.trim().trim_end_matches('m').parse::<i64>().ok()?)
}

fn price(text: &str) -> Option<i64> {
    text.split_once('$')?.1.parse().ok()
}

async fn ticket(hand: &mut Hand<'_>) -> Done {
    let text = hand.look().await;
    let (mut last, mut best): (i64, Option<(i64, Line)>) = (0, None);
    for line in &text.lines {
        last = minutes(&line.name).unwrap_or(last);
        if let (Some(cost), true) = (price(&line.name), line.r#ref.is_some()) {
            let by = if hand.goal.contains("duration") { last } else { cost };
            let sign = if hand.goal.contains("longest") || hand.goal.contains("most expensive") { -1 } else { 1 };
            if best.as_ref().is_none_or(|(known, _)| by * sign < *known) {
                best = Some((by * sign, line.clone()));
            }
        }
    }
    let (_, line) = best.ok_or("no ticket")?;
    tell(hand.click(&line).await)
}

async fn flight(hand: &mut Hand<'_>) -> Done {
    let from = between(&hand.goal, "from: ", " to: ")?;
    let to = between(&hand.goal, "to: ", " on ")?;
    let date = after(&hand.goal, " on ")?.trim_end_matches('.').to_owned();
    for (name, city) in [("From:", from), ("To:", to)] {
        let field = hand.need("textbox", name).await?;
        let start: String = city.split([',', '(']).next().unwrap_or(&city).trim().to_owned();
        hand.act(Fill { r#ref: field.r#ref.ok_or("no ref")?, text: String::new() }).await;
        hand.act(Type { r#ref: field.r#ref, text: start }).await;
        let text = hand.look().await;
        let line = text.live().find(|line| line.role != "textbox" && line.name.contains(&city)).cloned().ok_or(format!("no {city}"))?;
        hand.click(&line).await;
    }
    let field = hand.look().await.live().find(|line| line.has("readonly")).cloned().ok_or("no date field")?;
    pick_date(hand, &field, &date).await?;
    press(hand, "", "Search").await?;
    let (mut best, mut last): (Option<(i64, Line)>, i64) = (None, 0);
    let shortest = hand.goal.contains("shortest");
    for _ in 0..8 {
        let text = hand.look().await;
        for line in &text.lines {
            last = duration(&line.name).unwrap_or(last);
            if let (Some(cost), true) = (price(&line.name), line.r#ref.is_some()) {
                let by = if shortest { last } else { cost };
                if best.as_ref().is_none_or(|(known, _)| by < *known) {
                    best = Some((by, line.clone()));
                }
            }
        }
        let region = text.live().find(|line| line.has("scrollable")).cloned();
        if matches!(hand.scroll(region.as_ref(), Direction::Down).await, Receipt::NoEffect) {
            break;
        }
    }
    let (_, line) = best.ok_or("no flight")?;
    tell(hand.click(&line).await)
}

fn duration(text: &str) -> Option<i64> {
    let at = text.find("h ")?;
    let hours: String = text[..at].chars().rev().take_while(char::is_ascii_digit).collect::<Vec<_>>().into_iter().rev().collect();
    let rest: String = text[at + 2..].chars().take_while(char::is_ascii_digit).collect();
    Some(hours.parse::<i64>().ok()? * 60 + rest.parse::<i64>().unwrap_or(0))
}

async fn editor(hand: &mut Hand<'_>) -> Done {
    let all = hand.goal.contains("everything") || hand.goal.contains("all the text");
    let part = between(&hand.goal, "give the text ", " the ").ok();
    let style = hand.goal.split(" and press").next().and_then(|text| text.split(" the ").last()).unwrap_or_default().to_lowercase();
    let field = hand.need("textbox", "").await?;
    hand.act(SelectText { r#ref: field.r#ref, text: part.filter(|_| !all) }).await;
    let word = ["bold", "italic", "underline"].into_iter().find(|word| style.contains(word));
    let text = hand.look().await;
    match word {
        Some(word) => {
            let button = text.live().find(|line| line.has(&format!("ql-{word}"))).cloned().ok_or("no button")?;
            hand.click(&button).await;
        }
        None => {
            let picker = text.live().find(|line| line.has("picker")).cloned().ok_or("no picker")?;
            hand.click(&picker).await;
            let colour = style.split_whitespace().last().unwrap_or_default().trim_end_matches('.').to_owned();
            let text = hand.look().await;
            let item = text.live().find(|line| line.has(&colour)).cloned().ok_or(format!("no {colour}"))?;
            hand.click(&item).await;
        }
    }
    submit(hand).await
}

async fn terminal(hand: &mut Hand<'_>) -> Done {
    let line = hand.look().await.live().next().cloned();
    if let Some(line) = line {
        hand.click(&line).await;
    }
    type_line(hand, "ls").await;
    let text = hand.look().await.text;
    let words: Vec<&str> = text.split_whitespace().map(|word| word.trim_matches(['"', '\\'])).collect();
    let ending = hand.goal.split("extension ").nth(1).map(|rest| rest.trim_end_matches('.').trim_matches(['"', '.']).to_owned());
    let at = words.iter().rposition(|word| *word == "ls").unwrap_or(0);
    let is_file = |word: &&&str| match &ending {
        Some(ending) => word.ends_with(&format!(".{ending}")),
        None => {
            !word.contains('.')
                && word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
                && !word.is_empty()
                && **word != "text"
                && !word.starts_with("user")
        }
    };
    let file = words[at + 1..].iter().find(is_file).ok_or("no such file")?;
    let command = format!("rm {file}");
    type_line(hand, &command).await;
    Ok(())
}

async fn type_line(hand: &mut Hand<'_>, text: &str) {
    for c in text.chars() {
        hand.key(&if c == ' ' { "Space".to_owned() } else { c.to_string() }).await;
    }
    hand.key("Enter").await;
}

async fn calendar(hand: &mut Hand<'_>) -> Done {
    let (length, name) = (between(&hand.goal, "Create a ", " event")?, first_quoted(hand)?);
    let start = between(&hand.goal, "between ", " and ")?.to_lowercase();
    let first: f64 = length.split(' ').next().and_then(|text| text.parse().ok()).ok_or("no length")?;
    let halves = if length.contains("hour") { first * 2.0 } else { first / 30.0 };
    let mut found = None;
    for _ in 0..12 {
        let text = hand.look().await;
        let at = text.lines.iter().position(|line| line.name == start);
        let enough = |at: usize| text.lines.len() > at + 7;
        if let Some(at) = at.filter(|at| enough(*at)) {
            found = text.lines[at + 1..].iter().find(|line| line.r#ref.is_some()).cloned();
            break;
        }
        let region = text.live().find(|line| line.has("scrollable")).cloned();
        hand.scroll(region.as_ref(), Direction::Down).await;
    }
    let slot = found.ok_or("no such hour")?;
    hand.drag(&slot, 0.0, (halves - 1.0) * 20.4 + 2.0).await;
    let field = hand.need("textbox", "Event name").await?;
    hand.fill(&field, &name).await;
    press(hand, "button", "Create").await
}

/// How digits are drawn in four by seven boxes: that much a person knows, or sees in the example.
const DIGITS: [&str; 10] = [
    ".##.#..##..##..##..##..#.##.",
    "..#..##...#...#...#...#...#.",
    ".##.#..##..#..#..#..#...####",
    ".##.#..#...#.##....##..#.##.",
    "#...#.#.#.#.####..#...#...#.",
    "#####...#...###....##..#.##.",
    ".##.#..##...###.#..##..#.##.",
    "#####..#...#..#...#..#...#..",
    ".##.#..##..#.##.#..##..#.##.",
    ".##.#..##..#.###...##..#.##.",
];

async fn number(hand: &mut Hand<'_>) -> Done {
    let digit: usize = first_quoted(hand)?.parse().map_err(|_| "no digit")?;
    let boxes: Vec<Line> = hand.look().await.all("checkbox").into_iter().cloned().collect();
    for (line, _) in boxes.iter().zip(DIGITS[digit].chars()).filter(|(_, dot)| *dot == '#') {
        hand.check(line).await;
    }
    submit(hand).await
}
