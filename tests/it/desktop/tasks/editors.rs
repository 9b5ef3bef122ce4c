//! Editors: what they have saved is read from the file.

use std::path::Path;

use super::super::hand::Hand;

const LETTER: &str = "Dear friend,\nthe apples are ripe, and the apples are sweet.\nCome soon.\n";

pub(super) fn letter(folder: &Path) {
    std::fs::write(folder.join("letter.txt"), LETTER).expect("written");
}

fn line(hand: &Hand) -> String {
    format!("The {} is beside the {}, number {}.", hand.word(1), hand.word(2), hand.number(3, 100, 999))
}

pub(super) async fn write_in_mousepad(hand: &mut Hand) -> Result<(), String> {
    let wanted = line(hand);
    let field = hand.need("textbox", "").await?;
    hand.type_into(&field, &wanted).await?;
    hand.key("Control+s").await?;
    hand.save_as("note.txt").await?;
    hand.file("note.txt", |text| text.trim_end() == wanted).await
}

pub(super) async fn replace_in_mousepad(hand: &mut Hand) -> Result<(), String> {
    let word = hand.word(1);
    hand.click("menuitem", "Search").await?;
    hand.click("menuitem", "Find and Replace...").await?;
    let find = hand.need("combobox", "Search for").await?;
    hand.fill(&find, "apples").await?;
    let replace = hand.need("combobox", "Replace with").await?;
    hand.fill(&replace, word).await?;
    for direction in ["Up", "Down"] {
        let line = hand.need("combobox", "Search direction").await?;
        hand.select(&line, direction).await?;
    }
    let all = hand.need("checkbox", "Replace all in:").await?;
    hand.check(&all, true).await?;
    hand.click("button", "Replace All").await?;
    hand.click("button", "Close").await?;
    hand.key("Control+s").await?;
    let wanted = LETTER.replace("apples", word);
    hand.file("letter.txt", |text| text == wanted).await
}

pub(super) async fn open_by_dialog(hand: &mut Hand) -> Result<(), String> {
    let added = line(hand);
    hand.key("Control+o").await?;
    // A path that is typed opens the field for it.
    hand.need("button", "Open").await?;
    hand.type_text("/").await?;
    let field = hand.need("textbox", "").await?;
    let path = hand.path("letter.txt").display().to_string();
    hand.fill(&field, &path).await?;
    hand.click("button", "Open").await?;
    let field = loop_until(hand, "Dear friend").await?;
    hand.type_into(&field, &added).await?;
    hand.key("Control+s").await?;
    let wanted = format!("{LETTER}{added}");
    hand.file("letter.txt", |text| text.trim_end() == wanted.trim_end()).await
}

/// The field that holds a text.
async fn loop_until(hand: &mut Hand, part: &str) -> Result<crate::oracles::hand::Line, String> {
    for _ in 0..40 {
        let text = hand.look().await;
        if let Some(line) =
            text.live().find(|line| line.role == "textbox" && line.value.as_deref().is_some_and(|value| value.contains(part)))
        {
            return Ok(line.clone());
        }
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    }
    Err(format!("no field holds {part:?}"))
}

pub(super) async fn write_in_gedit(hand: &mut Hand) -> Result<(), String> {
    let wanted = line(hand);
    let field = hand.need("textbox", "").await?;
    hand.type_into(&field, &wanted).await?;
    hand.click("button", "Save").await?;
    let path = hand.path("note.txt").display().to_string();
    let field = hand.need("textbox", "Name").await?;
    hand.fill(&field, &path).await?;
    // The dialog has its own button of that name, the newest on the screen.
    hand.key("Enter").await?;
    hand.file("note.txt", |text| text.trim_end() == wanted).await
}

pub(super) async fn replace_in_gedit(hand: &mut Hand) -> Result<(), String> {
    let word = hand.word(1);
    hand.key("Control+h").await?;
    let find = hand.need("combobox", "Find").await?;
    hand.fill(&find, "apples").await?;
    let replace = hand.need("combobox", "Replace with").await?;
    hand.fill(&replace, word).await?;
    hand.click("button", "Replace All").await?;
    hand.click("button", "Close").await.or(hand.key("Escape").await)?;
    hand.key("Control+s").await?;
    let wanted = LETTER.replace("apples", word);
    hand.file("letter.txt", |text| text == wanted).await
}

/// Qt has a dialog and menus of its own.
pub(super) async fn write_in_featherpad(hand: &mut Hand) -> Result<(), String> {
    let wanted = line(hand);
    let field = hand.need("textbox", "").await?;
    hand.type_into(&field, &wanted).await?;
    hand.click("menuitem", "File").await?;
    hand.click("menuitem", "Save").await?;
    let path = hand.path("note.txt").display().to_string();
    let field = hand.need("textbox", "File name:").await?;
    hand.fill(&field, &path).await?;
    // The window below has a button of that name too; the dialog is told of first.
    hand.click("button", "Save").await?;
    hand.file("note.txt", |text| text.trim_end() == wanted).await
}

/// A dialog of Qt with boxes to choose from and to count with; what the program keeps of it is in its file of settings.
pub(super) async fn settings_of_featherpad(hand: &mut Hand) -> Result<(), String> {
    let (place, position) = [("South", 1), ("West", 2), ("East", 3)][hand.number(1, 0, 2) as usize];
    let space = hand.number(2, 2, 9);
    hand.click("menuitem", "Options").await?;
    hand.click("menuitem", "Preferences").await?;
    let line = hand.need("combobox", "Tab position").await?;
    hand.select(&line, place).await?;
    let line = hand.need("checkbox", "Use a shared search history").await?;
    hand.check(&line, true).await?;
    hand.click("tab", "Text").await?;
    // It is further down.
    if hand.look().await.find("spinbutton", "Text tab size").is_some() {
        return Err("it is told of what can't be seen".to_owned());
    }
    let line = hand.need("checkbox", "Wrap lines by default").await?;
    hand.scroll(&line).await?;
    let line = hand.need("spinbutton", "Text tab size").await?;
    hand.fill(&line, &space.to_string()).await?;
    hand.click("button", "Close").await?;
    // It is written when the program ends.
    hand.key("Control+q").await.or_else(|problem| if problem.contains("gone") { Ok(()) } else { Err(problem) })?;
    let environment = hand.desktop.environment().await;
    let home = environment.iter().find(|(name, _)| name == "HOME").map(|(_, value)| value.clone()).unwrap_or_default();
    let file = Path::new(&home).join(".config/featherpad/fp.conf");
    let wanted = [format!("tabPosition={position}"), "sharedSearchHistory=true".to_owned(), format!("textTabSize={space}")];
    let mut kept = String::new();
    for _ in 0..30 {
        kept = std::fs::read_to_string(&file).unwrap_or_default();
        if wanted.iter().all(|line| kept.contains(line)) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    Err(format!("the settings are\n{kept}"))
}

pub(super) async fn replace_in_featherpad(hand: &mut Hand) -> Result<(), String> {
    let word = hand.word(1);
    hand.click("menuitem", "Search").await?;
    hand.click("menuitem", "Replace").await?;
    for (called, text) in [("To be replaced", "apples"), ("Replacing text", word)] {
        let held = hand.look().await;
        let field = held.live().find(|line| line.role == "textbox" && line.has(called)).cloned();
        hand.fill(&field.ok_or_else(|| format!("no field {called:?} on\n{}", held.text))?, text).await?;
    }
    hand.click("button", "Replace all (F10)").await?;
    hand.key("Control+s").await?;
    let wanted = LETTER.replace("apples", word);
    hand.file("letter.txt", |text| text == wanted).await
}

pub(super) async fn copy_between(hand: &mut Hand) -> Result<(), String> {
    let text = hand.look().await;
    let field = text.find("textbox", "").cloned().ok_or("no field")?;
    hand.copy_all(&field).await?;
    hand.launch("mousepad --disable-server").await?;
    let text = hand.look().await;
    let field = text
        .live()
        .find(|line| line.role == "textbox" && line.value.as_deref() == Some(""))
        .cloned()
        .ok_or_else(|| format!("no empty field on\n{}", text.text))?;
    // There and back again: each window is raised by its number.
    hand.switch(1).await?;
    hand.switch(2).await?;
    hand.paste(&field).await?;
    hand.key("Control+s").await?;
    hand.save_as("copy.txt").await?;
    hand.file("copy.txt", |text| text.trim_end() == LETTER.trim_end()).await
}

pub(super) async fn chinese(hand: &mut Hand) -> Result<(), String> {
    let wanted = format!("你好，世界！第{}号门在{}东边。", hand.number(1, 10, 99), if hand.seed.is_multiple_of(2) { "河" } else { "山" });
    let field = hand.need("textbox", "").await?;
    hand.type_into(&field, &wanted).await?;
    let read = hand.look().await;
    let held = read.find("textbox", "").and_then(|line| line.value.clone()).unwrap_or_default();
    if held.trim_end() != wanted {
        return Err(format!("it reads {held:?}"));
    }
    hand.key("Control+s").await?;
    hand.save_as("note.txt").await?;
    hand.file("note.txt", |text| text.trim_end() == wanted).await
}
