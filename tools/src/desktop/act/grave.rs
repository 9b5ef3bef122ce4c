//! How grave an action is on a desktop.
//!
//! The one decision: words decide as in the browser, and beside them what a program is: a line in a terminal is a command, and nobody
//! knows what it does.

use handiwork_core::{Action, EffectClass, Target};

use super::super::Place;
use super::super::eyes::Look;
use crate::grave::is_grave;

/// Programs that run what is typed.
const TERMINALS: &[&str] = &[
    "xterm",
    "gnome-terminal",
    "konsole",
    "xfce4-terminal",
    "mate-terminal",
    "urxvt",
    "rxvt",
    "st",
    "alacritty",
    "kitty",
    "lxterminal",
    "uxterm",
    "terminator",
];
/// What takes unsaved work along.
const LOSES: &[&str] = &["close without saving", "don't save", "discard", "overwrite", "nicht speichern", "verwerfen", "不保存", "丢弃"];

/// Whether a program is a terminal, by its origin.
pub(crate) fn is_terminal(origin: &str) -> bool {
    let name = origin.trim_start_matches("app://");
    TERMINALS.iter().any(|known| name == *known || name.starts_with(&format!("{known}-")) || name.ends_with("-terminal"))
}

/// How grave it is.
pub(crate) fn of(action: &Action, target: Option<&Target>, look: &Look, place: &Place) -> EffectClass {
    let base = action.effect();
    let Some(target) = target else {
        return match action {
            Action::Launch(launch) => of_launch(&launch.program, place),
            _ => base,
        };
    };
    let name = target.name.to_lowercase();
    let grave = is_grave(&target.name) || LOSES.iter().any(|word| name.contains(word));
    match action {
        // What is pasted may hold a line, which is a command.
        Action::MiddleClick(_) | Action::Paste(_) if is_terminal(&target.origin) => EffectClass::Irreversible,
        Action::Click(_) | Action::DoubleClick(_) | Action::MiddleClick(_) => match target.role.as_str() {
            "window" | "dialog" | "tab" | "textbox" | "combobox" | "columnheader" | "spinbutton" | "img" if !grave => EffectClass::Read,
            // A menu that opens others does nothing itself.
            "menuitem" | "button" if !grave && opens(target, look) => EffectClass::Read,
            "option" | "treeitem" | "cell" if matches!(action, Action::Click(_)) => EffectClass::Read,
            "text" if !grave && matches!(action, Action::Click(_)) => EffectClass::Write,
            _ if grave => EffectClass::Irreversible,
            _ => EffectClass::Write,
        },
        Action::RightClick(_) | Action::Hover(_) => EffectClass::Read,
        Action::Press(press) => of_press(&press.keys, target, look),
        Action::Hold(hold) => of_press(&hold.keys, target, look),
        Action::Mouse(mouse) if is_terminal(&target.origin) && mouse.button == Some(handiwork_core::action::Button::Middle) => {
            EffectClass::Irreversible
        }
        Action::ClickAt(at) if is_terminal(&target.origin) && at.button == Some(handiwork_core::action::Button::Middle) => {
            EffectClass::Irreversible
        }
        Action::Type(typed) if is_terminal(&target.origin) && typed.text.contains(['\n', '\r']) => EffectClass::Irreversible,
        Action::Fill(fill) if is_terminal(&target.origin) && fill.text.contains(['\n', '\r']) => EffectClass::Irreversible,
        Action::Mouse(mouse)
            if matches!(mouse.r#do, handiwork_core::action::MouseDeed::Move | handiwork_core::action::MouseDeed::Scroll) =>
        {
            EffectClass::Read
        }
        // What lies at the point is judged as if it was clicked.
        Action::Mouse(_) | Action::ClickAt(_) => {
            let (x, y) = match action {
                Action::Mouse(mouse) => (mouse.x.unwrap_or_default(), mouse.y.unwrap_or_default()),
                Action::ClickAt(at) => (at.x, at.y),
                _ => (0.0, 0.0),
            };
            let hit = look.screen.nodes.iter().filter(|node| {
                let rect = node.rect;
                x >= rect.x && y >= rect.y && x < rect.x + rect.w && y < rect.y + rect.h
            });
            let hit = hit.min_by(|one, other| (one.rect.w * one.rect.h).total_cmp(&(other.rect.w * other.rect.h)));
            if grave || hit.is_some_and(|node| is_grave(&node.name)) { EffectClass::Irreversible } else { EffectClass::Write }
        }
        Action::CloseTab(_) => EffectClass::Write,
        _ => base,
    }
}

fn opens(target: &Target, look: &Look) -> bool {
    look.screen.get(target.r#ref).is_some_and(|node| {
        node.states.iter().any(|state| matches!(state, handiwork_core::State::Collapsed | handiwork_core::State::Expanded))
    })
}

fn of_press(keys: &str, target: &Target, look: &Look) -> EffectClass {
    let last = keys.rsplit('+').next().unwrap_or(keys).to_lowercase();
    let plain = !keys.contains('+');
    match last.as_str() {
        // A terminal takes Control+j and Control+m for Enter, and other chords for whatever it likes.
        "enter" | "return" | "kp_enter" if is_terminal(&target.origin) => EffectClass::Irreversible,
        _ if !plain && is_terminal(&target.origin) => EffectClass::Irreversible,
        "enter" | "return" | "kp_enter" | "space" | " " => {
            // It presses what has the focus.
            let focused = look
                .screen
                .nodes
                .iter()
                .find(|node| node.states.contains(&handiwork_core::State::Focused) && node.role != "window" && node.role != "dialog");
            match focused {
                Some(node) if is_grave(&node.name) && matches!(node.role.as_str(), "button" | "menuitem") => EffectClass::Irreversible,
                _ => EffectClass::Write,
            }
        }
        "tab" | "escape" | "home" | "end" | "pageup" | "pagedown" | "arrowup" | "arrowdown" | "arrowleft" | "arrowright" | "up"
        | "down" | "left" | "right"
            if plain =>
        {
            EffectClass::Read
        }
        _ => EffectClass::Write,
    }
}

/// Programs that a person has on their menu show windows; any other may do anything.
fn of_launch(program: &str, place: &Place) -> EffectClass {
    // Switches can have a program run others; files and pages are what a person opens with it.
    let Ok(words) = super::windows::words(program) else { return EffectClass::Irreversible };
    let Some((name, args)) = words.split_first() else { return EffectClass::Irreversible };
    let name = name.as_str();
    let is_plain =
        |arg: &String| !arg.starts_with('-') && (!arg.contains(':') || arg.starts_with("http://") || arg.starts_with("https://"));
    if !args.iter().all(is_plain) {
        return EffectClass::Irreversible;
    }
    let plain = !name.contains('/') && !is_terminal(&format!("app://{name}"));
    let started = place.seat.programs.list().iter().any(|words| words.first().is_some_and(|word| word == name));
    if plain && (started || on_menu(name)) { EffectClass::Write } else { EffectClass::Irreversible }
}

/// Whether a program is on the machine's menu of programs.
fn on_menu(name: &str) -> bool {
    std::fs::read_dir("/usr/share/applications").into_iter().flatten().flatten().any(|entry| {
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        text.lines().any(|line| {
            line.strip_prefix("Exec=")
                .is_some_and(|exec| exec.split_whitespace().next().is_some_and(|word| word.rsplit('/').next() == Some(name)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_known_by_their_program() {
        for (origin, known) in
            [("app://xterm", true), ("app://gnome-terminal-server", true), ("app://mousepad", false), ("app://stellarium", false)]
        {
            assert_eq!(is_terminal(origin), known, "{origin}");
        }
    }
}
