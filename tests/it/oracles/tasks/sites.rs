//! Small sites: a search engine, mail, a network, tickets, a calendar.

use super::*;

pub(super) async fn search(hand: &mut Hand<'_>) -> Done {
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

pub(super) async fn social(hand: &mut Hand<'_>) -> Done {
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
                let item = text.live().find(|line| line.name.to_lowercase().starts_with(&what)).cloned().ok_or("no such item")?;
                hand.click(&item).await;
            }
            return Ok(());
        }
        let region = text.live().find(|line| line.has("scrollable")).cloned();
        hand.scroll(region.as_ref(), Direction::Down).await;
    }
    Err("the user is not there".to_owned())
}

pub(super) async fn email(hand: &mut Hand<'_>) -> Done {
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
    let button = open
        .live()
        .find(|line| line.all.to_lowercase().contains(if forward { "forward" } else { "reply" }))
        .cloned()
        .ok_or("no way to answer")?;
    hand.click(&button).await;
    let open = hand.look().await;
    let fields: Vec<Line> = open.all("textbox").into_iter().cloned().collect();
    let said = if forward { after(&hand.goal, "forward that email to ")?.trim_end_matches('.').to_owned() } else { first_quoted(hand)? };
    let field = if forward { fields.first() } else { fields.last() }.ok_or("no field")?;
    hand.fill(field, &said).await;
    let send = hand.look().await.live().find(|line| line.has("send")).cloned().ok_or("no way to send")?;
    tell(hand.click(&send).await)
}

pub(super) async fn autocomplete(hand: &mut Hand<'_>) -> Done {
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

pub(super) async fn layouts(hand: &mut Hand<'_>) -> Done {
    let genre = between(&hand.goal, "Search for ", " movies")?;
    let director = between(&hand.goal, "directed by ", " from")?;
    let year = after(&hand.goal, "from year ")?.trim_end_matches('.').to_owned();
    let text = hand.look().await;
    let is_label = |line: &Line| {
        line.role == "text" && ["genre", "year", "date", "director"].iter().any(|word| line.all.to_lowercase().contains(word))
    };
    // A label stands above its field or below it, in all of the form alike; the goal is a text too.
    let form: Vec<&Line> = text.lines.iter().skip(1).filter(|line| is_label(line) || line.role == "textbox").collect();
    let above = form.first().is_some_and(|line| line.role == "text");
    let mut fills = Vec::new();
    for (at, line) in form.iter().enumerate().filter(|(_, line)| line.role == "textbox") {
        let label = if above { at.checked_sub(1).and_then(|at| form.get(at)) } else { form.get(at + 1) };
        let label = label.filter(|line| line.role == "text").map(|line| line.name.to_lowercase()).unwrap_or_default();
        let own = format!("{label} {}", line.all.to_lowercase());
        let value = if own.contains("genre") {
            &genre
        } else if own.contains("year") || own.contains("date") {
            &year
        } else {
            &director
        };
        fills.push(((*line).clone(), value.clone()));
    }
    for (line, value) in fills {
        hand.fill(&line, &value).await;
    }
    submit(hand).await
}

pub(super) async fn ticket(hand: &mut Hand<'_>) -> Done {
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

pub(super) async fn flight(hand: &mut Hand<'_>) -> Done {
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

pub(super) async fn calendar(hand: &mut Hand<'_>) -> Done {
    let (length, name) = (between(&hand.goal, "Create a ", " event")?, first_quoted(hand)?);
    let start = between(&hand.goal, "between ", " and ")?.to_lowercase();
    let first: f64 = length.split(' ').next().and_then(|text| text.parse().ok()).ok_or("no length")?;
    let halves = if length.contains("hour") { first * 2.0 } else { first / 30.0 };
    // All hours of the day are told at once, with refs; the one that is wanted is scrolled to by the drag itself.
    let region = hand.look().await.live().find(|line| line.has("scrollable")).cloned().ok_or("no day")?;
    let day = told(&hand.act(Expand { r#ref: region.r#ref.ok_or("no ref")? }).await)?;
    let rows = day.lines().map(str::trim).skip_while(|row| *row != format!("\"{start}\""));
    let slots = rows.filter_map(|row| row.split(' ').next()?.parse().ok()).take((9.0 - halves) as usize);
    let (dy, grab) = ((halves - 1.0) * 20.4 + 2.0, None);
    for slot in slots {
        let drag = Drag { r#ref: slot, to: None, dx: Some(0.0), dy: Some(dy), path: Vec::new(), grab };
        // One that is taken lies under what it is taken by.
        if hand.act(drag).await.is_verified() {
            break;
        }
    }
    // Without its usual fonts the page draws the event beside the mouse; then it is released on it by a click.
    if hand.look().await.find("textbox", "Event name").is_none() {
        hand.press_on("", "New event").await?;
    }
    let field = hand.need("textbox", "Event name").await?;
    hand.fill(&field, &name).await;
    press(hand, "button", "Create").await
}
