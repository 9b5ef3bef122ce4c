//! From windows and trees to the lines of a screen.

use std::collections::HashSet;

use atspi::{Role, State};
use handiwork_core::screen::{State as Word, Tab};
use handiwork_core::{Node, Screen, Verb};

use super::super::refs::{Known, Thing};
use super::super::tree::item::{App, Item};
use super::super::tree::roles::{self, Shown};
use super::super::x::Area;
use super::super::x::pixels::Pixels;
use super::super::x::windows::{Win, Windows};
use super::Eyes;
use super::told::{any_seen, choices, editor_in, is_open_menu, is_popup, labels_in, origin_of, point_of, title_of, top_for, value_of};

/// Children of a canvas that are told of: more is a document of its own.
const MOST_LINES: usize = 2_000;

/// A line, and what its ref stands for.
struct Row {
    node: Node,
    thing: Option<Thing>,
    window: u32,
    area: Area,
}

/// Where in a tree the walk is.
#[derive(Clone, Copy)]
struct Spot {
    depth: u16,
    clip: Area,
    in_popup: bool,
}

impl Eyes {
    /// The screen of what is known now.
    pub(super) fn compose(&mut self, windows: &Windows, pixels: &Pixels) -> Screen {
        let front = windows.front().cloned();
        let mut order: Vec<&Win> = front.iter().filter_map(|front| windows.get(front.id)).collect();
        order.extend(windows.all.iter().rev().filter(|win| front.as_ref().is_none_or(|front| front.id != win.id)));
        let mut rows: Vec<Row> = Vec::new();
        let mut notes: Vec<String> = Vec::new();
        for win in order {
            if win.passes || (win.popup && self.app_of(win).is_some()) || !any_seen(win, windows) {
                continue;
            }
            self.window_rows(win, windows, pixels, &mut rows, &mut notes);
        }
        let mut screen = Screen {
            title: front.as_ref().map_or_else(|| "desktop".to_owned(), title_of),
            url: front.as_ref().map_or_else(String::new, |win| format!("{}/", origin_of(win.pid, &win.class))),
            notes,
            ..Screen::default()
        };
        for row in rows {
            let Row { mut node, thing, window, area } = row;
            if let Some(thing) = thing {
                let win = windows.get(window);
                let origin = origin_of(win.and_then(|win| win.pid), win.map_or("", |win| &win.class));
                let known = Known { thing, window, role: node.role.clone(), name: node.name.clone(), area, origin };
                node.r#ref = Some(self.refs.show(known));
            }
            screen.nodes.push(node);
        }
        let plain: Vec<&Win> = windows.all.iter().filter(|win| !win.popup).collect();
        if plain.len() > 1 {
            let mut tabs: Vec<Tab> = plain
                .iter()
                .map(|win| Tab {
                    number: self.numbers.get(&win.id).copied().unwrap_or_default(),
                    title: title_of(win),
                    url: origin_of(win.pid, &win.class),
                    active: front.as_ref().is_some_and(|front| front.id == win.id),
                })
                .collect();
            tabs.sort_by_key(|tab| tab.number);
            screen.tabs = tabs;
        }
        screen
    }

    fn window_rows(&self, win: &Win, windows: &Windows, pixels: &Pixels, rows: &mut Vec<Row>, notes: &mut Vec<String>) {
        let active = windows.active == Some(win.id);
        let top = self.app_of(win).and_then(|app| top_for(app, win, windows).map(|top| (app, top)));
        let dialog = win.modal || top.is_some_and(|(_, top)| matches!(top.role, Role::Dialog | Role::FileChooser | Role::Alert));
        let mut hint = String::new();
        if win.modal {
            hint.push_str("waits for an answer");
        }
        rows.push(Row {
            node: Node {
                role: if dialog {
                    "dialog"
                } else if win.popup {
                    "menu"
                } else {
                    "window"
                }
                .to_owned(),
                name: title_of(win),
                states: if active { vec![Word::Focused] } else { Vec::new() },
                hint,
                rect: win.area.rect(),
                ..Node::default()
            },
            thing: Some(Thing::Window { id: win.id }),
            window: win.id,
            area: win.area,
        });
        let before = rows.len();
        if let Some((app, top)) = top {
            let mut walk = Walk { app, win, windows, rows, hidden: 0, labels: labels_in(app, top) };
            let spot = Spot { depth: 1, clip: win.area, in_popup: false };
            for child in &top.children {
                walk.element(child, spot);
            }
            let hidden = walk.hidden;
            if hidden > 0 {
                notes.push(format!("{hidden} more in {:?} are out of view; scroll to them", title_of(win)));
            }
        }
        self.seen_rows(win, windows, pixels, rows);
        if rows.len() == before {
            let silent = self.apps.values().any(|app| win.pid == Some(app.pid) && app.silent);
            if silent {
                notes.push(format!("the program of {:?} does not answer", title_of(win)));
            } else if self.reader.is_none() && self.app_of(win).is_none() {
                notes.push(format!("{:?} does not tell what is in it, and reading text off pixels is switched off", title_of(win)));
            }
        }
    }

    /// Lines that were read off pixels.
    fn seen_rows(&self, win: &Win, windows: &Windows, pixels: &Pixels, rows: &mut Vec<Row>) {
        let Some(seen) = self.seen.get(&win.id) else { return };
        for (number, line) in seen.lines.iter().take(MOST_LINES) {
            if point_of(line.area, win, windows, false).is_none() {
                continue;
            }
            // What the tree has told is not told again.
            let told = rows.iter().any(|row| {
                row.window == win.id
                    && row.area.holds(line.area.middle().0, line.area.middle().1)
                    && (row.node.name.contains(line.text.trim())
                        || row.node.value.as_ref().is_some_and(|value| value.contains(line.text.trim())))
            });
            if told {
                continue;
            }
            let shape = super::shapes::of(pixels, line.area);
            rows.push(Row {
                node: Node {
                    depth: 1,
                    role: shape.role.to_owned(),
                    name: line.text.trim().to_owned(),
                    hint: shape.colours,
                    verbs: vec![if shape.role == "textbox" { Verb::Fill } else { Verb::Click }],
                    rect: line.area.rect(),
                    ..Node::default()
                },
                thing: Some(Thing::Seen { window: win.id, number: *number }),
                window: win.id,
                area: line.area,
            });
        }
    }
}

struct Walk<'a, 'r> {
    app: &'a App,
    win: &'a Win,
    windows: &'a Windows,
    rows: &'r mut Vec<Row>,
    hidden: usize,
    /// Elements that are labels of others, and so are told with them.
    labels: HashSet<String>,
}

impl Walk<'_, '_> {
    fn element(&mut self, path: &str, spot: Spot) {
        let Some(item) = self.app.items.get(path) else { return };
        if !item.is_shown() {
            return;
        }
        let spot = Spot { in_popup: spot.in_popup || is_popup(item), ..spot };
        let shown = roles::shown(item);
        if shown == Shown::Not {
            return;
        }
        // A bar without a height is not drawn, whatever those in it say.
        if item.role == Role::MenuBar && item.can.component && item.area.is_none() {
            return;
        }
        let area = item.area.unwrap_or(spot.clip);
        let part = if spot.in_popup { area } else { area.within(spot.clip) };
        let clips = matches!(item.role, Role::ScrollPane | Role::Viewport) && !area.is_empty();
        let below = if clips { Spot { clip: part, ..spot } } else { spot };
        match shown {
            Shown::Through => self.children(item, below),
            Shown::Text => {
                let text = if item.name.trim().is_empty() { item.text.as_deref().unwrap_or_default() } else { &item.name };
                if !text.trim().is_empty() && !self.labels.contains(path) && self.is_seen(item, part, spot.in_popup) {
                    self.push(item, spot.depth, "text", text.trim(), part, false);
                }
                self.children(item, below);
            }
            Shown::Group(role) => {
                let seen = item.area.is_none() || self.is_seen(item, part, spot.in_popup);
                let name = self.name_of(item);
                let useful = !name.is_empty()
                    || item.can.selection && matches!(role, "listbox" | "tree")
                    || matches!(role, "dialog" | "alert" | "table");
                let deeper = if seen && useful {
                    self.push(item, spot.depth, role, &name, part, true);
                    Spot { depth: spot.depth + 1, ..below }
                } else {
                    below
                };
                if role == "document"
                    && item.children.is_empty()
                    && let Some(text) = &item.text
                {
                    for line in text.lines().filter(|line| !line.trim().is_empty()) {
                        self.push(item, deeper.depth, "text", line.trim(), part, false);
                    }
                }
                self.children(item, deeper);
            }
            Shown::Control(role) => {
                if !self.is_seen(item, part, spot.in_popup) {
                    if item.area.is_some() && part.is_empty() {
                        self.hidden += 1;
                    }
                    // A tab that can't be seen may hold a page that can.
                    if item.role == Role::PageTab {
                        self.children(item, below);
                    }
                    return;
                }
                // Of the cells of a sheet those are told of that hold something.
                if role == "cell"
                    && self.is_of_sheet(item)
                    && item.text.as_deref().unwrap_or_default().is_empty()
                    && !item.is(State::Focused)
                {
                    return;
                }
                let name = self.name_of(item);
                self.push(item, spot.depth, role, &name, part, true);
                let leaf = matches!(
                    role,
                    "button"
                        | "combobox"
                        | "checkbox"
                        | "radio"
                        | "slider"
                        | "spinbutton"
                        | "progressbar"
                        | "menuitemcheckbox"
                        | "menuitemradio"
                );
                if !leaf || is_open_menu(self.app, item) {
                    self.children(item, Spot { depth: spot.depth + 1, ..below });
                }
            }
            Shown::Not => {}
        }
    }

    fn is_of_sheet(&self, item: &Item) -> bool {
        self.app.grids.contains_key(&item.parent)
    }

    fn children(&mut self, item: &Item, spot: Spot) {
        for child in &item.children {
            self.element(child, spot);
        }
    }

    fn is_seen(&self, item: &Item, part: Area, in_popup: bool) -> bool {
        item.area.is_some() && !part.is_empty() && point_of(part, self.win, self.windows, in_popup).is_some()
    }

    /// What a person would call it.
    fn name_of(&self, item: &Item) -> String {
        let own = item.name.trim();
        if !own.is_empty() {
            return own.to_owned();
        }
        let labels: Vec<&str> = item
            .labels
            .iter()
            .filter_map(|path| self.app.items.get(path))
            .map(|label| label.name.trim())
            .filter(|name| !name.is_empty())
            .collect();
        if !labels.is_empty() {
            return labels.join(" ").trim_end_matches(':').to_owned();
        }
        // What is written in it.
        let inside = matches!(
            item.role,
            Role::Button
                | Role::ToggleButton
                | Role::PageTab
                | Role::ListItem
                | Role::TableCell
                | Role::MenuItem
                | Role::Menu
                | Role::CheckBox
                | Role::RadioButton
                | Role::TreeItem
        );
        if inside {
            let mut texts: Vec<String> = Vec::new();
            let limit = 6;
            self.app.walk(&item.path, &mut |child, depth| {
                let name = child.name.trim();
                if depth > 0
                    && matches!(child.role, Role::Label | Role::Static)
                    && !name.is_empty()
                    && texts.len() < limit
                    && !texts.iter().any(|text| text == name)
                {
                    texts.push(name.to_owned());
                }
                depth < 5
            });
            if !texts.is_empty() {
                return texts.join(" ");
            }
            if let Some(text) = item.text.as_ref().filter(|text| !text.trim().is_empty()) {
                return text.trim().to_owned();
            }
        }
        if roles::is_control(item) && !roles::takes_text(item) { item.about.trim().to_owned() } else { String::new() }
    }

    fn push(&mut self, item: &Item, depth: u16, role: &str, name: &str, area: Area, usable: bool) {
        let mut node = Node { depth, role: role.to_owned(), name: name.to_owned(), rect: area.rect(), ..Node::default() };
        if usable {
            node.states = roles::states(item);
            node.verbs = roles::verbs(item);
            node.value = value_of(item);
            if item.role == Role::TableCell && self.is_of_sheet(item) {
                node.value = Some(item.text.clone().unwrap_or_default());
                node.verbs = vec![Verb::Click, Verb::Fill];
            }
            if item.role == Role::ComboBox {
                (node.value, node.options) = choices(self.app, item, node.value);
                if node.value.as_deref() == Some(node.name.as_str()) {
                    // GTK calls it by what is chosen.
                    node.name = self.near_label(item).unwrap_or_default();
                }
                if item.is(State::Editable) || editor_in(self.app, item).is_some() {
                    node.verbs.push(Verb::Fill);
                }
            }
            if !item.about.is_empty() && item.about.trim() != node.name {
                item.about.trim().clone_into(&mut node.hint);
            }
        }
        if matches!(item.role, Role::DrawingArea | Role::Canvas | Role::Icon) && node.name.is_empty() {
            node.hint = format!("{}×{}", area.w, area.h);
        }
        let thing = usable.then(|| Thing::Element { bus: self.app.bus.clone(), path: self.app.lasting(item) });
        self.rows.push(Row { node, thing, window: self.win.id, area });
    }

    /// The text that stands left of a field, or above it.
    fn near_label(&self, item: &Item) -> Option<String> {
        let area = item.area?;
        let labels = self.app.items.values().filter(|other| other.role == Role::Label && other.is_shown() && !other.name.trim().is_empty());
        let near = labels.filter_map(|label| {
            let at = label.area?;
            let left = at.x + at.w <= area.x + 4 && (at.middle().1 - area.middle().1).abs() < area.h / 2 && area.x - at.x - at.w < 250;
            left.then(|| (area.x - at.x - at.w, label.name.trim().trim_end_matches(':').to_owned()))
        });
        near.min_by_key(|(far, _)| *far).map(|(_, name)| name)
    }
}
