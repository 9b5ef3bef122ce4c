//! From windows and trees to the lines of a screen.

use atspi::Role;
use handiwork_core::screen::{State as Word, Tab};
use handiwork_core::{Node, Screen, Verb};

use super::super::refs::{Known, Thing};
use super::super::x::Area;
use super::super::x::pixels::Pixels;
use super::super::x::windows::{Win, Windows};
use super::Eyes;
use super::told::{any_seen, labels_in, origin_of, point_of, title_of, top_for};
use super::walk::{Spot, Walk};

/// Children of a canvas that are told of: more is a document of its own.
const MOST_LINES: usize = 2_000;

/// A line, and what its ref stands for.
pub(super) struct Row {
    pub(super) node: Node,
    pub(super) thing: Option<Thing>,
    pub(super) window: u32,
    pub(super) area: Area,
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
            let spot = Spot { depth: 1, clip: win.area, in_popup: false, page: false, list: None };
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
