//! What programs say, made plain: names, states and places that are mistaken are mended.

use atspi::{Role, State};

use super::super::x::Area;
use super::item::{Abilities, App, Item};
use super::read::Reference;

/// What an element is called, without names that are only its class: GTK 4 gives them to what has none.
pub(super) fn said(name: String) -> String {
    let rest = ["Gtk", "Adw", "Gdk"].iter().find_map(|kit| name.strip_prefix(kit));
    let class =
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()) && rest.chars().all(|c| c.is_ascii_alphanumeric()));
    if class {
        return String::new();
    }
    // What is on it and what it is called, both: "7 7".
    let middle = name.len() / 2;
    match (name.get(..middle), name.get(middle..)) {
        (Some(first), Some(second)) if !first.is_empty() && second.strip_prefix(' ') == Some(first) => first.to_owned(),
        _ => name,
    }
}

/// A description without what Qt writes it with.
pub(super) fn unmarked(about: String) -> String {
    if !about.starts_with('<') || !about.contains("</") {
        return about;
    }
    let mut out = String::new();
    let mut inside = false;
    for letter in about.chars() {
        match letter {
            '<' => inside = true,
            '>' if inside => inside = false,
            _ if inside => {}
            _ => out.push(letter),
        }
    }
    let plain = out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&nbsp;", " ").replace("&amp;", "&");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// GTK 4 says of its windows only that they are showing; of all else it says whether it is visible.
pub(super) fn show_visible(four: bool, item: &mut Item) {
    if four && item.is(State::Visible) {
        item.states |= State::Showing as u64;
    }
}

pub(super) fn bits(states: &[u32]) -> u64 {
    u64::from(states.first().copied().unwrap_or_default()) | u64::from(states.get(1).copied().unwrap_or_default()) << 32
}

/// An element of which nothing is known but its place in the tree.
pub(super) fn unread(path: &str, parent: &str) -> Item {
    Item {
        path: path.to_owned(),
        parent: parent.to_owned(),
        children: Vec::new(),
        role: Role::Unknown,
        name: String::new(),
        about: String::new(),
        states: 0,
        can: Abilities::default(),
        area: None,
        text: None,
        value: None,
        labels: Vec::new(),
        count: -1,
        whole: false,
    }
}

pub(super) fn begun(
    object: &Reference,
    parent: &Reference,
    role: u32,
    name: String,
    about: String,
    states: &[u32],
    interfaces: &[String],
) -> Item {
    Item {
        role: Role::try_from(role).unwrap_or(Role::Unknown),
        name: said(name),
        about: unmarked(about),
        states: bits(states),
        can: Abilities::of(interfaces),
        ..unread(object.1.as_str(), parent.1.as_str())
    }
}

/// Whether an element may have children that the cache does not tell of.
pub(super) fn is_unsure(item: &Item) -> bool {
    let holds = matches!(
        item.role,
        Role::Panel
            | Role::RootPane
            | Role::Filler
            | Role::Frame
            | Role::Dialog
            | Role::ScrollPane
            | Role::SplitPane
            | Role::Section
            | Role::DocumentWeb
    );
    item.count < 0 || item.count as usize != item.children.len() || holds && item.children.is_empty()
}

/// A pane that fills its parent and says that it is elsewhere is mistaken, and so is all that is in it.
pub(super) fn mend_places(app: &mut App, paths: &[String]) {
    for path in paths {
        let Some(item) = app.items.get(path).filter(|item| matches!(item.role, Role::RootPane | Role::Panel)) else { continue };
        let Some(parent) = app.items.get(&item.parent) else { continue };
        let (Some(area), Some(around)) = (item.area, parent.area) else { continue };
        let off = (around.x - area.x, around.y - area.y);
        let fills = (area.w, area.h) == (around.w, around.h) && parent.children.len() == 1;
        if !fills || off == (0, 0) || app.window_relative {
            continue;
        }
        let known = app.shift(path);
        let mut inside = Vec::new();
        app.walk(path, &mut |item, _| {
            inside.push(item.path.clone());
            true
        });
        app.shifts.insert(path.clone(), (known.0 + off.0, known.1 + off.1));
        for path in inside {
            if let Some(area) = app.items.get_mut(&path).and_then(|item| item.area.as_mut()) {
                (area.x, area.y) = (area.x + off.0, area.y + off.1);
            }
        }
    }
}

/// Elements that are not shown, in such as are shown and, if areas are given, were painted anew.
pub(super) fn hidden_in(app: &App, areas: Option<&[Area]>) -> Vec<String> {
    if areas.is_some_and(<[Area]>::is_empty) {
        return Vec::new();
    }
    let painted = |item: &Item| match (areas, item.area) {
        (Some(areas), Some(area)) => areas.iter().any(|changed| !changed.within(area).is_empty()),
        _ => true,
    };
    let around = visible(app);
    let inside = around.iter().filter_map(|path| app.items.get(path)).filter(|item| painted(item)).flat_map(|item| item.children.iter());
    inside.filter(|path| app.items.get(*path).is_some_and(|item| !item.is_shown())).cloned().collect()
}

/// Paths of all elements that are shown, with those around them.
pub(super) fn visible(app: &App) -> Vec<String> {
    let mut out = Vec::new();
    app.walk(&app.root, &mut |item, depth| {
        let shown = depth == 0 || item.is_shown();
        if shown && depth > 0 {
            out.push(item.path.clone());
        }
        shown
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_a_person_would_say() {
        for (told, wanted) in [
            ("GtkBox", ""),
            ("Gtk", "Gtk"),
            ("7 7", "7"),
            ("Save as Save as", "Save as"),
            ("ab ab c", "ab ab c"),
            ("GtkBox of tea", "GtkBox of tea"),
        ] {
            assert_eq!(said(told.to_owned()), wanted, "{told}");
        }
    }

    #[test]
    fn descriptions_are_told_without_their_marks() {
        let told = "<p style='white-space:pre'>Calculate number of words\n(slow &amp; long)</p>".to_owned();
        assert_eq!(unmarked(told), "Calculate number of words (slow & long)");
        for plain in ["a < b", "<none>", "Save (Ctrl+S)"] {
            assert_eq!(unmarked(plain.to_owned()), plain);
        }
    }
}
