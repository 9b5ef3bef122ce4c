//! Forms: choices, dates, sliders, logins, trees.

use super::*;

pub(super) async fn choices(hand: &mut Hand<'_>) -> Done {
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

pub(super) async fn widget(hand: &mut Hand<'_>) -> Done {
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

pub(super) const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// The month that a calendar shows, counted from the year 0.
pub(super) fn month_shown(text: &Text) -> Option<i64> {
    let words: Vec<&str> = text.text.split(|c: char| !c.is_alphanumeric()).collect();
    words.windows(2).find_map(|pair| {
        let month = MONTHS.iter().position(|month| *month == pair[0])?;
        Some(pair[1].parse::<i64>().ok()? * 12 + month as i64)
    })
}

pub(super) async fn pick_date(hand: &mut Hand<'_>, field: &Line, date: &str) -> Done {
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

pub(super) async fn slide(hand: &mut Hand<'_>, value: &str) -> Done {
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

pub(super) async fn login(hand: &mut Hand<'_>) -> Done {
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

pub(super) async fn tree(hand: &mut Hand<'_>) -> Done {
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
