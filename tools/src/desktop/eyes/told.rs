//! What an element or a window is to a person: its name, what it holds, where it can be clicked.

use std::collections::HashSet;
use std::path::Path;

use atspi::{Role, State};

use super::super::tree::item::{App, Item};
use super::super::tree::roles;
use super::super::x::Area;
use super::super::x::windows::{Win, Windows};
use super::window_of;

/// Most choices of a list that are told of.
const MOST_OPTIONS: usize = 120;

/// The field inside of a combobox that takes text.
pub(crate) fn editor_in<'a>(app: &'a App, item: &Item) -> Option<&'a Item> {
    let mut found = None;
    app.walk(&item.path, &mut |child, depth| {
        if depth > 0 && found.is_none() && matches!(child.role, Role::Entry | Role::Text) && child.is(State::Editable) {
            found = app.items.get(&child.path);
        }
        depth < 3
    });
    found
}

/// What is chosen in a combobox, and what can be.
pub(super) fn choices(app: &App, item: &Item, value: Option<String>) -> (Option<String>, Vec<String>) {
    let mut options = Vec::new();
    let mut chosen = None;
    app.walk(&item.path, &mut |child, depth| {
        if depth > 0
            && matches!(child.role, Role::MenuItem | Role::ListItem | Role::TableCell)
            && !child.name.trim().is_empty()
            && options.len() < MOST_OPTIONS
        {
            options.push(child.name.trim().to_owned());
            if child.is(State::Selected) {
                chosen = Some(child.name.trim().to_owned());
            }
        }
        depth < 5
    });
    let editor = editor_in(app, item).and_then(|editor| editor.text.clone());
    let named = Some(item.name.trim().to_owned()).filter(|name| options.contains(name));
    (editor.or(value.filter(|value| !value.is_empty())).or(chosen).or(named), options)
}

pub(super) fn value_of(item: &Item) -> Option<String> {
    if item.is_hidden_text() {
        return None;
    }
    let text = item.text.as_ref().filter(|_| roles::takes_text(item) || matches!(item.role, Role::Text | Role::Terminal));
    let text = text.filter(|_| item.role != Role::TableCell).map(|text| text.trim_end_matches('\n').to_owned());
    text.or_else(|| item.value.map(|value| if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }))
}

pub(super) fn is_popup(item: &Item) -> bool {
    matches!(item.role, Role::Menu | Role::PopupMenu | Role::Window | Role::MenuItem | Role::CheckMenuItem | Role::RadioMenuItem)
}

/// Whether it is a menu, or a combobox that is open.
pub(super) fn is_open_menu(app: &App, item: &Item) -> bool {
    let closed = item.is(State::Expandable) && !item.is(State::Expanded);
    item.role == Role::ComboBox
        && !closed
        && item.children.iter().filter_map(|path| app.items.get(path)).any(|child| {
            child.is_shown()
                && child.area.is_some()
                && matches!(child.role, Role::Menu | Role::Window | Role::PopupMenu | Role::List | Role::ListBox | Role::Panel)
        })
        || matches!(item.role, Role::Menu)
}

/// Elements below one that are labels of others.
pub(super) fn labels_in(app: &App, top: &Item) -> HashSet<String> {
    let mut out = HashSet::new();
    app.walk(&top.path, &mut |item, _| {
        out.extend(item.labels.iter().cloned());
        true
    });
    out
}

/// The frame or dialog of a program that is this window.
pub(crate) fn top_for<'a>(app: &'a App, win: &Win, windows: &Windows) -> Option<&'a Item> {
    app.tops().into_iter().filter(|top| top.is_shown()).find(|top| window_of(app, top, windows).is_some_and(|found| found.id == win.id))
}

/// A point at which a click reaches what is there, if there is one.
pub(crate) fn point_of(area: Area, win: &Win, windows: &Windows, in_popup: bool) -> Option<(i32, i32)> {
    let (mx, my) = area.middle();
    let (qx, qy) = (area.w / 4, area.h / 4);
    [(mx, my), (mx - qx, my), (mx + qx, my), (mx, my - qy), (mx, my + qy), (mx - qx, my - qy), (mx + qx, my + qy)]
        .into_iter()
        .find(|(x, y)| windows.at(*x, *y).is_some_and(|top| top.id == win.id || in_popup && top.pid == win.pid && top.popup))
}

/// Whether any of a window can be seen.
pub(super) fn any_seen(win: &Win, windows: &Windows) -> bool {
    let area = win.outer;
    let steps = 6;
    (0..=steps).any(|row| {
        (0..=steps).any(|column| {
            let (x, y) = (area.x + (area.w - 1) * column / steps, area.y + (area.h - 1) * row / steps);
            windows.at(x, y).is_some_and(|top| top.id == win.id)
        })
    })
}

pub(crate) fn title_of(win: &Win) -> String {
    if win.title.trim().is_empty() { win.class.clone() } else { win.title.trim().to_owned() }
}

/// Which program a window belongs to, as an origin: the file that its process runs.
pub(crate) fn origin_of(pid: Option<u32>, class: &str) -> String {
    let file = pid.and_then(|pid| std::fs::read_link(format!("/proc/{pid}/exe")).ok());
    let name =
        file.as_deref().and_then(Path::file_name).and_then(|name| name.to_str()).map(|name| name.trim_end_matches(" (deleted)").to_owned());
    let name = name.unwrap_or_else(|| class.to_owned());
    let safe: String =
        name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') { c } else { '-' }).collect();
    format!("app://{}", if safe.is_empty() { "unknown".to_owned() } else { safe })
}
