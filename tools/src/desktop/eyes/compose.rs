//! From windows and trees to the lines of a screen.

use std::collections::HashSet;
use std::path::Path;

use atspi::{Role, State};
use handiwork_core::screen::{State as Word, Tab};
use handiwork_core::{Node, Screen, Verb};

use super::super::refs::{Known, Thing};
use super::super::tree::item::{App, Item};
use super::super::tree::roles::{self, Shown};
use super::super::x::pixels::Pixels;
use super::super::x::windows::{Win, Windows};
use super::super::x::Area;
use super::{Eyes, window_of};

/// Most choices of a list that are told of.
const MOST_OPTIONS: usize = 120;
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
            title: front.as_ref().map_or_else(|| "desktop".to_owned(), |win| title_of(win)),
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
                role: if dialog { "dialog" } else if win.popup { "menu" } else { "window" }.to_owned(),
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
            let mut walk = Walk { eyes: self, app, win, windows, rows, hidden: 0, labels: labels_in(app, top) };
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
                row.window == win.id && row.area.holds(line.area.middle().0, line.area.middle().1) && (row.node.name.contains(line.text.trim()) || row.node.value.as_ref().is_some_and(|value| value.contains(line.text.trim())))
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
    eyes: &'a Eyes,
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
                let useful = !name.is_empty() || item.can.selection && matches!(role, "listbox" | "tree") || matches!(role, "dialog" | "alert" | "table");
                let deeper = if seen && useful {
                    self.push(item, spot.depth, role, &name, part, true);
                    Spot { depth: spot.depth + 1, ..below }
                } else {
                    below
                };
                if role == "document" && item.children.is_empty() && let Some(text) = &item.text {
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
                if role == "cell" && self.is_of_sheet(item) && item.text.as_deref().unwrap_or_default().is_empty() && !item.is(State::Focused) {
                    return;
                }
                let name = self.name_of(item);
                self.push(item, spot.depth, role, &name, part, true);
                let leaf = matches!(role, "button" | "combobox" | "checkbox" | "radio" | "slider" | "spinbutton" | "progressbar" | "menuitemcheckbox" | "menuitemradio");
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
        let labels: Vec<&str> = item.labels.iter().filter_map(|path| self.app.items.get(path)).map(|label| label.name.trim()).filter(|name| !name.is_empty()).collect();
        if !labels.is_empty() {
            return labels.join(" ").trim_end_matches(':').to_owned();
        }
        // What is written in it.
        let inside = matches!(item.role, Role::Button | Role::ToggleButton | Role::PageTab | Role::ListItem | Role::TableCell | Role::MenuItem | Role::Menu | Role::CheckBox | Role::RadioButton | Role::TreeItem);
        if inside {
            let mut texts: Vec<String> = Vec::new();
            let limit = 6;
            self.app.walk(&item.path, &mut |child, depth| {
                let name = child.name.trim();
                if depth > 0 && matches!(child.role, Role::Label | Role::Static) && !name.is_empty() && texts.len() < limit && !texts.iter().any(|text| text == name) {
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
                node.hint = item.about.trim().to_owned();
            }
        }
        if matches!(item.role, Role::DrawingArea | Role::Canvas | Role::Icon) && node.name.is_empty() {
            node.hint = format!("{}×{}", area.w, area.h);
        }
        let thing = usable.then(|| Thing::Element { bus: self.app.bus.clone(), path: self.app.lasting(item) });
        self.rows.push(Row { node, thing, window: self.win.id, area });
        let _ = self.eyes;
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
fn choices(app: &App, item: &Item, value: Option<String>) -> (Option<String>, Vec<String>) {
    let mut options = Vec::new();
    let mut chosen = None;
    app.walk(&item.path, &mut |child, depth| {
        if depth > 0 && matches!(child.role, Role::MenuItem | Role::ListItem | Role::TableCell) && !child.name.trim().is_empty() && options.len() < MOST_OPTIONS {
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

fn value_of(item: &Item) -> Option<String> {
    if item.is_hidden_text() {
        return None;
    }
    let text = item.text.as_ref().filter(|_| roles::takes_text(item) || matches!(item.role, Role::Text | Role::Terminal));
    let text = text.filter(|_| item.role != Role::TableCell).map(|text| text.trim_end_matches('\n').to_owned());
    text.or_else(|| item.value.map(|value| if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }))
}

fn is_popup(item: &Item) -> bool {
    matches!(item.role, Role::Menu | Role::PopupMenu | Role::Window | Role::MenuItem | Role::CheckMenuItem | Role::RadioMenuItem)
}

fn is_open_menu(app: &App, item: &Item) -> bool {
    item.role == Role::ComboBox && item.children.iter().filter_map(|path| app.items.get(path)).any(|child| child.is_shown() && matches!(child.role, Role::Menu | Role::Window | Role::PopupMenu | Role::List | Role::ListBox | Role::Panel))
        || matches!(item.role, Role::Menu)
}

/// Elements below one that are labels of others.
fn labels_in(app: &App, top: &Item) -> HashSet<String> {
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
    [(mx, my), (mx - qx, my), (mx + qx, my), (mx, my - qy), (mx, my + qy), (mx - qx, my - qy), (mx + qx, my + qy)].into_iter().find(|(x, y)| {
        windows.at(*x, *y).is_some_and(|top| top.id == win.id || in_popup && top.pid == win.pid && top.popup)
    })
}

/// Whether any of a window can be seen.
fn any_seen(win: &Win, windows: &Windows) -> bool {
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
    let name = file.as_deref().and_then(Path::file_name).and_then(|name| name.to_str()).map(|name| name.trim_end_matches(" (deleted)").to_owned());
    let name = name.unwrap_or_else(|| class.to_owned());
    let safe: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') { c } else { '-' }).collect();
    format!("app://{}", if safe.is_empty() { "unknown".to_owned() } else { safe })
}
