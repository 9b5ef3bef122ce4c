//! "The third textbox": elements that a goal names by their place.

/// Words for the first few places.
const WORDS: [&str; 10] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
/// How far behind its number the kind of element may stand: "the 3rd empty text field".
const REACH: usize = 3;

/// How people call elements of a role.
fn called(role: &str) -> &'static [&'static str] {
    match role {
        "textbox" | "searchbox" | "spinbutton" => &["textbox", "textboxes", "field", "input", "box", "textfield"],
        "checkbox" => &["checkbox", "checkboxes", "box"],
        "radio" => &["radio", "option"],
        "button" => &["button"],
        "link" => &["link"],
        "combobox" | "listbox" => &["dropdown", "list", "select", "menu"],
        "slider" => &["slider"],
        "tab" => &["tab"],
        "row" => &["row"],
        _ => &[],
    }
}

/// The place, from 1, as people write it.
pub(in crate::react) fn ordinal(place: usize) -> String {
    let ending = match (place % 10, place % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{place}{ending}")
}

/// Whether the goal speaks of the element at this place, from 1, among all `of` elements of its role.
pub(in crate::react) fn names_place(goal: &str, role: &str, place: usize, of: usize) -> bool {
    let goal = goal.to_lowercase();
    let words: Vec<&str> = goal.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let number = ordinal(place);
    let is_place = |word: &str| {
        word == number || WORDS.get(place.wrapping_sub(1)).is_some_and(|name| *name == word) || (word == "last" && place == of && of > 1)
    };
    words
        .iter()
        .enumerate()
        .any(|(at, word)| is_place(word) && words.iter().skip(at + 1).take(REACH).any(|word| called(role).contains(word)))
}
