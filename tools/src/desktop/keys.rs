//! Keys by their DOM names, and by the names of X that models were taught for computers.

use enigo::Key;

const NAMED: &[(&[&str], Key)] = &[
    (&["control", "ctrl", "control_l"], Key::Control),
    (&["shift", "shift_l"], Key::Shift),
    (&["alt", "option", "alt_l"], Key::Alt),
    (&["meta", "cmd", "command", "super", "super_l", "win"], Key::Meta),
    (&["enter", "return", "kp_enter"], Key::Return),
    (&["tab"], Key::Tab),
    (&["escape", "esc"], Key::Escape),
    (&["backspace"], Key::Backspace),
    (&["delete", "del"], Key::Delete),
    (&["insert"], Key::Insert),
    (&["home"], Key::Home),
    (&["end"], Key::End),
    (&["pageup", "page_up", "prior"], Key::PageUp),
    (&["pagedown", "page_down", "next"], Key::PageDown),
    (&["arrowup", "up"], Key::UpArrow),
    (&["arrowdown", "down"], Key::DownArrow),
    (&["arrowleft", "left"], Key::LeftArrow),
    (&["arrowright", "right"], Key::RightArrow),
    (&["space", " ", "spacebar"], Key::Space),
    (&["plus"], Key::Unicode('+')),
    (&["minus"], Key::Unicode('-')),
    (&["equal"], Key::Unicode('=')),
    (&["comma"], Key::Unicode(',')),
    (&["period"], Key::Unicode('.')),
    (&["slash"], Key::Unicode('/')),
    (&["f1"], Key::F1),
    (&["f2"], Key::F2),
    (&["f3"], Key::F3),
    (&["f4"], Key::F4),
    (&["f5"], Key::F5),
    (&["f6"], Key::F6),
    (&["f7"], Key::F7),
    (&["f8"], Key::F8),
    (&["f9"], Key::F9),
    (&["f10"], Key::F10),
    (&["f11"], Key::F11),
    (&["f12"], Key::F12),
];

/// Reads a chord, such as `Control+Shift+a`: the keys that are held, and the last one. The error says what is wrong with it.
pub(crate) fn parse(chord: &str) -> Result<Vec<Key>, String> {
    // A plus at the end is the key itself.
    let (held, last) = match chord.strip_suffix('+') {
        Some(held) => (held.strip_suffix('+').unwrap_or(held), "plus"),
        None => chord.rsplit_once('+').unwrap_or(("", chord)),
    };
    let mut out = Vec::new();
    for part in held.split('+').filter(|part| !part.is_empty()) {
        match named(part) {
            Some(key @ (Key::Control | Key::Shift | Key::Alt | Key::Meta)) => out.push(key),
            _ => return Err(unknown(part)),
        }
    }
    let last = if last.trim().is_empty() { last } else { last.trim() };
    let key = named(last).or_else(|| {
        let mut letters = last.chars();
        letters.next().filter(|c| letters.next().is_none() && !c.is_control()).map(Key::Unicode)
    });
    let key = key.ok_or_else(|| unknown(last))?;
    // With a modifier a capital letter is the key of the letter.
    let key = match key {
        Key::Unicode(c) if c.is_ascii_uppercase() && !out.is_empty() => Key::Unicode(c.to_ascii_lowercase()),
        other => other,
    };
    out.push(key);
    Ok(out)
}

fn named(name: &str) -> Option<Key> {
    let lower = if name == " " { " ".to_owned() } else { name.trim().to_lowercase() };
    NAMED.iter().find(|(names, _)| names.contains(&lower.as_str())).map(|(_, key)| *key)
}

fn unknown(name: &str) -> String {
    format!(
        "{name:?} is not a key; use a DOM name such as Enter, Tab, Escape, ArrowDown, F5 or a character, with Control+, Alt+, Shift+ or Meta+ before it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_are_read_by_either_kind_of_name() {
        assert_eq!(parse("Control+Shift+S").expect("a chord"), [Key::Control, Key::Shift, Key::Unicode('s')]);
        assert_eq!(parse("ctrl+a").expect("a chord"), [Key::Control, Key::Unicode('a')]);
        assert_eq!(parse("Page_Down").expect("a key"), [Key::PageDown]);
        assert_eq!(parse("A").expect("a key"), [Key::Unicode('A')]);
        assert_eq!(parse("Control++").expect("a chord"), [Key::Control, Key::Unicode('+')]);
        assert_eq!(parse("ä").expect("a key"), [Key::Unicode('ä')]);
        assert!(parse("Hyper+x").expect_err("no key").contains("Enter, Tab"));
        assert!(parse("Escapade").is_err());
    }
}
