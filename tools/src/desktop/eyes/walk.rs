//! From a program's tree to lines: what a person could see of it, by the names that a person would give.
//!
//! The one decision: containers are told of only where they say something, so a line is an element or a text and hardly ever a box.

use std::collections::HashSet;

use atspi::{Role, State};
use handiwork_core::{Node, Verb};

use super::super::refs::Thing;
use super::super::tree::item::{App, Item};
use super::super::tree::roles::{self, Shown};
use super::super::x::Area;
use super::super::x::windows::{Win, Windows};
use super::compose::Row;
use super::told::{choices, editor_in, is_open_menu, is_popup, point_of, value_of};

/// Where in a tree the walk is.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub(super) depth: u16,
    pub(super) clip: Area,
    pub(super) in_popup: bool,
    /// Whether it is in a page of the web.
    pub(super) page: bool,
    /// The list that has been opened, of which no more can be seen than it shows.
    pub(super) list: Option<Area>,
}

/// A walk through the tree of one window.
pub(super) struct Walk<'a, 'r> {
    pub(super) app: &'a App,
    pub(super) win: &'a Win,
    pub(super) windows: &'a Windows,
    pub(super) rows: &'r mut Vec<Row>,
    pub(super) hidden: usize,
    /// Elements that are labels of others, and so are told with them.
    pub(super) labels: HashSet<String>,
}

impl Walk<'_, '_> {
    pub(super) fn element(&mut self, path: &str, spot: Spot) {
        let Some(item) = self.app.items.get(path) else { return };
        if !item.is_shown() {
            // Chromium shows of a page what is in view.
            self.hidden += usize::from(spot.page && item.is(State::Visible));
            return;
        }
        let spot = Spot { in_popup: spot.in_popup || is_popup(item), ..spot };
        let shown = roles::shown(item);
        if shown == Shown::Not {
            return;
        }
        // A bar without a height is not drawn, whatever those in it say.
        if matches!(item.role, Role::MenuBar | Role::ToolBar) && item.can.component && item.area.is_none() {
            return;
        }
        // The list of a combobox is not one of its choices. Where a part of a long one is in view Chromium tells wrong places for all of
        // it; the box itself tells what it offers.
        if item.role == Role::Menu
            && let Some(parent) = self.app.items.get(&item.parent).filter(|parent| parent.role == Role::ComboBox)
        {
            let all = || item.children.iter().filter_map(|path| self.app.items.get(path)).all(Item::is_shown);
            if !self.app.browser || parent.area.is_none() || all() {
                self.children(item, spot);
            }
            return;
        }
        let area = item.area.unwrap_or(spot.clip);
        let part = match spot.list {
            Some(list) => area.within(list),
            None if spot.in_popup => area,
            None => area.within(spot.clip),
        };
        // In Qt whatever is in something shows within it only, and what scrolls has no role of its own.
        let holds = self.app.mute && item.area.is_some() && !spot.in_popup && matches!(shown, Shown::Through | Shown::Group(_));
        let clips = (holds || matches!(item.role, Role::ScrollPane | Role::Viewport)) && !area.is_empty();
        let below = if clips { Spot { clip: part, ..spot } } else { spot };
        let below = if item.role == Role::DocumentWeb { Spot { page: true, ..below } } else { below };
        // Qt's choices are as wide as they like.
        let of_box = || self.app.items.get(&item.parent).is_some_and(|parent| parent.role == Role::ComboBox);
        let is_list = matches!(item.role, Role::List | Role::ListBox) && item.area.is_some() && of_box();
        let below = if is_list { Spot { in_popup: true, list: item.area, ..below } } else { below };
        match shown {
            Shown::Through => self.children(item, below),
            Shown::Text => {
                let text = says(item);
                // Chromium has the text of a text, or of a link, in it once more.
                let again =
                    self.app.items.get(&item.parent).filter(|parent| parent.area.is_some()).is_some_and(|parent| {
                        match roles::shown(parent) {
                            Shown::Text => says(parent) == text,
                            Shown::Control(_) => self.name_of(parent) == text,
                            _ => false,
                        }
                    });
                if !text.is_empty() && !again && !self.labels.contains(path) && self.is_seen(item, part, spot.in_popup) {
                    self.push(item, spot.depth, "text", text, part, false);
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
                    // A tab that can't be seen may hold a page that can; Firefox opens the lists of pages in a box that is nowhere.
                    if item.role == Role::PageTab || item.role == Role::ComboBox && is_open_menu(self.app, item) {
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
            // Qt calls a field by the title of the box that it is in.
            let of_box = self.app.mute && (roles::takes_text(item) || roles::value_matters(item.role)) && self.is_title_around(item, own);
            return of_box.then(|| self.near_label(item)).flatten().unwrap_or_else(|| own.to_owned());
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
            // A description that begins with the name is the whole text of what is in it, once more.
            let about = item.about.trim();
            let again = about == node.name || node.name.len() >= 60 && about.starts_with(&node.name);
            if !about.is_empty() && !again {
                about.clone_into(&mut node.hint);
            }
        }
        if matches!(item.role, Role::DrawingArea | Role::Canvas | Role::Icon) && node.name.is_empty() {
            node.hint = format!("{}×{}", area.w, area.h);
        }
        // A label that says no more than the field that follows it.
        let takes = node.verbs.iter().any(|verb| matches!(verb, Verb::Fill | Verb::Select | Verb::Check));
        if takes && !node.name.is_empty() && self.rows.last().is_some_and(|row| self.is_label_of(row, &node)) {
            self.rows.pop();
        }
        let thing = usable.then(|| Thing::Element { bus: self.app.bus.clone(), path: self.app.lasting(item) });
        self.rows.push(Row { node, thing, window: self.win.id, area });
    }

    fn is_title_around(&self, item: &Item, title: &str) -> bool {
        let mut at = self.app.items.get(&item.parent);
        for _ in 0..3 {
            match at {
                Some(around) if around.name.trim() == title => return true,
                Some(around) => at = self.app.items.get(&around.parent),
                None => return false,
            }
        }
        false
    }

    fn is_label_of(&self, row: &Row, field: &Node) -> bool {
        let text = row.node.name.trim_end_matches(':').trim_end();
        // Firefox counts what a field holds to its label.
        let rest = text.strip_prefix(field.name.as_str()).map(str::trim_start);
        row.node.role == "text"
            && row.window == self.win.id
            && rest.is_some_and(|rest| rest.is_empty() || field.value.as_deref().is_some_and(|value| value.trim() == rest))
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

/// What a text says.
fn says(item: &Item) -> &str {
    let text = if item.name.trim().is_empty() { item.text.as_deref().unwrap_or_default() } else { &item.name };
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{fffc}')
}
