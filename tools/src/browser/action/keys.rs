//! Keys by their DOM names, as a US keyboard sends them.

use super::super::cdp::Key;

const ALT: i64 = 1;
const CONTROL: i64 = 2;
const META: i64 = 4;
const SHIFT: i64 = 8;

/// Names that a model may use, DOM name and code, virtual key code, text.
const NAMED: &[(&[&str], &str, &str, i64, &str)] = &[
    (&["shift"], "Shift", "ShiftLeft", 16, ""),
    (&["enter", "return"], "Enter", "Enter", 13, "\r"),
    (&["tab"], "Tab", "Tab", 9, ""),
    (&["escape", "esc"], "Escape", "Escape", 27, ""),
    (&["backspace"], "Backspace", "Backspace", 8, ""),
    (&["delete", "del"], "Delete", "Delete", 46, ""),
    (&["insert"], "Insert", "Insert", 45, ""),
    (&["home"], "Home", "Home", 36, ""),
    (&["end"], "End", "End", 35, ""),
    (&["pageup"], "PageUp", "PageUp", 33, ""),
    (&["pagedown"], "PageDown", "PageDown", 34, ""),
    (&["arrowup", "up"], "ArrowUp", "ArrowUp", 38, ""),
    (&["arrowdown", "down"], "ArrowDown", "ArrowDown", 40, ""),
    (&["arrowleft", "left"], "ArrowLeft", "ArrowLeft", 37, ""),
    (&["arrowright", "right"], "ArrowRight", "ArrowRight", 39, ""),
    (&["space", " ", "spacebar"], " ", "Space", 32, " "),
    (&["contextmenu"], "ContextMenu", "ContextMenu", 93, ""),
    (&["plus"], "+", "Equal", 187, "+"),
];
/// Characters with their code, virtual key code, and the character with Shift.
const PUNCTUATION: &[(char, &str, i64, char)] = &[
    ('-', "Minus", 189, '_'),
    ('=', "Equal", 187, '+'),
    ('[', "BracketLeft", 219, '{'),
    (']', "BracketRight", 221, '}'),
    ('\\', "Backslash", 220, '|'),
    (';', "Semicolon", 186, ':'),
    ('\'', "Quote", 222, '"'),
    (',', "Comma", 188, '<'),
    ('.', "Period", 190, '>'),
    ('/', "Slash", 191, '?'),
    ('`', "Backquote", 192, '~'),
    ('1', "Digit1", 49, '!'),
    ('2', "Digit2", 50, '@'),
    ('3', "Digit3", 51, '#'),
    ('4', "Digit4", 52, '$'),
    ('5', "Digit5", 53, '%'),
    ('6', "Digit6", 54, '^'),
    ('7', "Digit7", 55, '&'),
    ('8', "Digit8", 56, '*'),
    ('9', "Digit9", 57, '('),
    ('0', "Digit0", 48, ')'),
];

/// A key of [`NAMED`] by its first name's DOM spelling.
pub(crate) fn named(name: &str) -> Key {
    let lower = name.to_lowercase();
    let found = NAMED.iter().find(|(names, ..)| names.contains(&lower.as_str()));
    found.map_or_else(Key::default, |(_, key, code, number, text)| Key {
        name: (*key).to_owned(),
        code: (*code).to_owned(),
        number: *number,
        text: (*text).to_owned(),
        ..Key::default()
    })
}

/// The key that writes a character, if a US keyboard has one.
pub(super) fn of_char(c: char) -> Option<Key> {
    let key =
        |code: String, number: i64, modifiers: i64| Key { name: c.to_string(), code, number, text: c.to_string(), modifiers, command: "" };
    if c == ' ' {
        return Some(named("space"));
    }
    if c.is_ascii_alphabetic() {
        let upper = c.to_ascii_uppercase();
        return Some(key(format!("Key{upper}"), i64::from(u32::from(upper)), if c.is_ascii_uppercase() { SHIFT } else { 0 }));
    }
    PUNCTUATION.iter().find_map(|(plain, code, number, shifted)| match c {
        _ if c == *plain => Some(key((*code).to_owned(), *number, 0)),
        _ if c == *shifted => Some(key((*code).to_owned(), *number, SHIFT)),
        _ => None,
    })
}

/// Reads a chord, such as `Control+Shift+a`. The error says what is wrong with it.
pub(super) fn parse(chord: &str) -> Result<Key, String> {
    let unknown = |name: &str| {
        format!(
            "{name:?} is not a key; use a DOM name such as Enter, Tab, Escape, ArrowDown, F5 or a character, with Control+, Alt+, Shift+ or Meta+ before it"
        )
    };
    // A plus at the end is the key itself.
    let (held, name) = match chord.strip_suffix('+') {
        Some(held) => (held.strip_suffix('+').unwrap_or(held), "plus"),
        None => chord.rsplit_once('+').unwrap_or(("", chord)),
    };
    let mut modifiers = 0;
    for part in held.split('+').filter(|part| !part.is_empty()) {
        modifiers |= match part.trim().to_lowercase().as_str() {
            "control" | "ctrl" => CONTROL,
            "alt" | "option" => ALT,
            "shift" => SHIFT,
            "meta" | "cmd" | "command" => META,
            _ => return Err(unknown(part)),
        };
    }
    let trimmed = if name.trim().is_empty() { name } else { name.trim() };
    let mut key = find(trimmed).ok_or_else(|| unknown(name))?;
    key.modifiers |= modifiers;
    if modifiers & SHIFT != 0
        && let Some(c) = key.text.chars().next().filter(char::is_ascii_lowercase)
    {
        key.text = c.to_ascii_uppercase().to_string();
        key.name.clone_from(&key.text);
    }
    if modifiers & (CONTROL | ALT | META) != 0 {
        // A command, not a character.
        key.text.clear();
    }
    if modifiers == CONTROL || modifiers == META {
        key.command = command_of(&key.code);
    }
    Ok(key)
}

/// What an editor does on Control and a key.
fn command_of(code: &str) -> &'static str {
    match code {
        "KeyA" => "selectAll",
        "KeyC" => "copy",
        "KeyV" => "paste",
        "KeyX" => "cut",
        "KeyZ" => "undo",
        "KeyY" => "redo",
        _ => "",
    }
}

fn find(name: &str) -> Option<Key> {
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return Some(of_char(c).unwrap_or_else(|| Key { name: c.to_string(), text: c.to_string(), ..Key::default() }));
    }
    if let Some(number) = name.strip_prefix(['F', 'f']).and_then(|digits| digits.parse::<i64>().ok()).filter(|n| (1..=12).contains(n)) {
        return Some(Key { name: format!("F{number}"), code: format!("F{number}"), number: 111 + number, ..Key::default() });
    }
    let key = named(name);
    (!key.name.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_are_read() {
        let key = parse("Control+Shift+a").expect("a chord");
        assert_eq!((key.code.as_str(), key.modifiers, key.text.as_str()), ("KeyA", CONTROL | SHIFT, ""));
        assert_eq!(parse("Shift+b").expect("a chord").text, "B");
        assert_eq!(parse("enter").expect("a key").number, 13);
        assert_eq!(parse("Ctrl++").expect("a chord").modifiers, CONTROL);
        assert_eq!(parse("+").expect("a key").name, "+");
        assert_eq!(parse("F5").expect("a key").number, 116);
        assert_eq!(parse(" ").expect("a key").code, "Space");
        assert_eq!(parse("é").expect("a key").text, "é");
    }

    #[test]
    fn what_is_no_key_is_told() {
        for wrong in ["Hyper+a", "Entr", "F13", "", "Control+"] {
            let result = parse(wrong);
            assert!(result.as_ref().is_err_and(|why| why.contains("DOM name")) || wrong == "Control+", "{wrong}: {result:?}");
        }
    }

    #[test]
    fn characters_have_their_keys() {
        assert_eq!(of_char('A').map(|key| (key.code, key.modifiers)), Some(("KeyA".to_owned(), SHIFT)));
        assert_eq!(of_char('@').map(|key| (key.code, key.modifiers)), Some(("Digit2".to_owned(), SHIFT)));
        assert_eq!(of_char('ß'), None);
    }
}
