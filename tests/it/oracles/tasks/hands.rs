//! What needs a steady hand: dragging, drawing, selecting, typing.

use super::*;

pub(super) async fn drag_items(hand: &mut Hand<'_>) -> Done {
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

pub(super) async fn sort_numbers(hand: &mut Hand<'_>) -> Done {
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

pub(super) async fn highlight(hand: &mut Hand<'_>) -> Done {
    let text = hand.look().await;
    let line = text.lines.iter().filter(|line| line.role != "button").nth(1).cloned().ok_or("no text")?;
    hand.act(SelectText { r#ref: None, text: Some(line.name) }).await;
    submit(hand).await
}

pub(super) async fn tic_tac_toe(hand: &mut Hand<'_>) -> Done {
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
pub(super) fn place(line: &Line) -> Option<(i64, i64)> {
    let (_, rest) = line.all.split_once(" at ")?;
    let (x, rest) = rest.split_once(',')?;
    let y: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
    Some((x.parse().ok()?, y.parse().ok()?))
}

pub(super) async fn grid(hand: &mut Hand<'_>) -> Done {
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

pub(super) async fn resize(hand: &mut Hand<'_>) -> Done {
    let area = hand.need("textbox", "").await?;
    let smaller = hand.goal.contains("smaller");
    let by = if smaller { -15.0 } else { 25.0 };
    let (dx, dy) = if hand.goal.contains("width") { (by, 0.0) } else { (0.0, by) };
    if let Some(handle) = hand.look().await.live().find(|line| line.role == "handle" && line.has("(se-resize")).cloned() {
        hand.drag(&handle, dx, dy).await;
        return submit(hand).await;
    }
    let (w, h) = size(&area).ok_or("no size is told")?;
    let grab = Some(Point { x: w - 4.0, y: h - 4.0 });
    hand.act(Drag { r#ref: area.r#ref.ok_or("no ref")?, to: None, dx: Some(dx), dy: Some(dy), path: Vec::new(), grab }).await;
    submit(hand).await
}

/// Width and height, where a line tells them.
pub(super) fn size(line: &Line) -> Option<(f64, f64)> {
    let words = line.all.split([' ', '(', ',', ';', ')']);
    words.filter_map(|word| word.split_once('×')).find_map(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)))
}

pub(super) async fn editor(hand: &mut Hand<'_>) -> Done {
    let all = hand.goal.contains("everything") || hand.goal.contains("all the text");
    let part = between(&hand.goal, "give the text ", " the ").ok();
    let style = hand.goal.split(" and press").next().and_then(|text| text.split(" the ").last()).unwrap_or_default().to_lowercase();
    let field = hand.need("textbox", "").await?;
    let select = SelectText { r#ref: field.r#ref, text: part.filter(|_| !all) };
    let word = ["bold", "italic", "underline"].into_iter().find(|word| style.contains(word));
    let text = hand.look().await;
    if let Some(word) = word {
        hand.act(select).await;
        let button = text.live().find(|line| line.has(&format!("ql-{word}"))).cloned().ok_or("no button")?;
        hand.click(&button).await;
    } else {
        let picker = text.live().find(|line| line.has("picker")).cloned().ok_or("no picker")?;
        hand.click(&picker).await;
        let colour = style.split_whitespace().last().unwrap_or_default().trim_end_matches('.').to_owned();
        // The list of colours is opened first: with it the editor loses the focus, and with that what was selected.
        hand.act(select).await;
        let text = hand.look().await;
        let item = text.live().find(|line| line.has(&colour)).cloned().ok_or(format!("no {colour}"))?;
        hand.click(&item).await;
    }
    submit(hand).await
}

pub(super) async fn terminal(hand: &mut Hand<'_>) -> Done {
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

pub(super) async fn type_line(hand: &mut Hand<'_>, text: &str) {
    for c in text.chars() {
        hand.key(&if c == ' ' { "Space".to_owned() } else { c.to_string() }).await;
    }
    hand.key("Enter").await;
}

/// How digits are drawn in four by seven boxes: that much a person knows, or sees in the example.
pub(super) const DIGITS: [&str; 10] = [
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

pub(super) async fn number(hand: &mut Hand<'_>) -> Done {
    let digit: usize = first_quoted(hand)?.parse().map_err(|_| "no digit")?;
    let boxes: Vec<Line> = hand.look().await.all("checkbox").into_iter().cloned().collect();
    for (line, _) in boxes.iter().zip(DIGITS[digit].chars()).filter(|(_, dot)| *dot == '#') {
        hand.check(line).await;
    }
    submit(hand).await
}
