//! One element of a program's accessibility tree, as it was read last.

use atspi::{Role, State};

use super::super::x::Area;

/// What an element can do, by AT-SPI's interfaces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Abilities {
    pub(crate) action: bool,
    pub(crate) component: bool,
    pub(crate) editable: bool,
    pub(crate) selection: bool,
    pub(crate) table: bool,
    pub(crate) text: bool,
    pub(crate) value: bool,
}

impl Abilities {
    pub(crate) fn of(interfaces: &[String]) -> Self {
        let has = |name: &str| interfaces.iter().any(|one| one.strip_prefix("org.a11y.atspi.") == Some(name));
        Self {
            action: has("Action"),
            component: has("Component"),
            editable: has("EditableText"),
            selection: has("Selection"),
            table: has("Table"),
            text: has("Text"),
            value: has("Value"),
        }
    }
}

/// One element.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) path: String,
    pub(crate) parent: String,
    /// Paths of its children, in order.
    pub(crate) children: Vec<String>,
    pub(crate) role: Role,
    pub(crate) name: String,
    /// What else a person would be told of it.
    pub(crate) about: String,
    pub(crate) states: u64,
    pub(crate) can: Abilities,
    /// Where it is on the display. None if it is nowhere.
    pub(crate) area: Option<Area>,
    pub(crate) text: Option<String>,
    /// What a slider or the like stands at.
    pub(crate) value: Option<f64>,
    /// The elements whose text is its label.
    pub(crate) labels: Vec<String>,
    /// How many children it says that it has.
    pub(crate) count: i32,
    /// Whether all of it was read: what is not shown is known by role and name only.
    pub(crate) whole: bool,
}

impl Item {
    pub(crate) fn is(&self, state: State) -> bool {
        self.states & state as u64 != 0
    }

    /// Whether it is drawn.
    pub(crate) fn is_shown(&self) -> bool {
        self.is(State::Showing) && self.is(State::Visible)
    }

    /// Whether it can be used.
    pub(crate) fn is_enabled(&self) -> bool {
        self.is(State::Sensitive) || self.is(State::Enabled)
    }

    /// Whether what it holds is not to be told.
    pub(crate) fn is_hidden_text(&self) -> bool {
        self.role == Role::PasswordText
    }
}

/// The cells in view of a table that makes them up.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Grid {
    /// Row and column of the first and of the last one.
    pub(crate) corners: [(i32, i32); 2],
    /// Paths by row and column. Another one at each time that the program makes the cell up.
    pub(crate) cells: std::collections::BTreeMap<(i32, i32), String>,
}

/// A program's tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct App {
    /// Its name on the bus.
    pub(crate) bus: String,
    pub(crate) root: String,
    pub(crate) pid: u32,
    pub(crate) name: String,
    /// Whether its elements tell where they are from their window's corner on, as GTK 4 does.
    pub(crate) window_relative: bool,
    /// Whether it makes its elements when asked for them, so that its cache is not all of it.
    pub(crate) lazy: bool,
    /// Whether it does not say when something is shown that was there before, as Qt does not.
    pub(crate) mute: bool,
    /// Whether it is a browser: what is chosen by a call there is chosen without the page being told.
    pub(crate) browser: bool,
    /// By how much what is in a pane is elsewhere than it says: LibreOffice leaves out its menu bar.
    pub(crate) shifts: std::collections::HashMap<String, (i32, i32)>,
    /// Cells in view of the tables that make them up.
    pub(crate) grids: std::collections::HashMap<String, Grid>,
    pub(crate) items: std::collections::HashMap<String, Item>,
    /// Its windows when it was read last.
    pub(crate) windows: Vec<u32>,
    /// It did not answer in time.
    pub(crate) silent: bool,
}

impl App {
    /// An element and all that is in it, in order, with its depth.
    pub(crate) fn walk<'a>(&'a self, from: &str, see: &mut impl FnMut(&'a Item, usize) -> bool) {
        let mut open = vec![(from.to_owned(), 0_usize)];
        let mut seen = std::collections::HashSet::new();
        while let Some((path, depth)) = open.pop() {
            let Some(item) = self.items.get(&path).filter(|_| seen.insert(path.clone())) else { continue };
            if see(item, depth) {
                open.extend(item.children.iter().rev().map(|child| (child.clone(), depth + 1)));
            }
        }
    }

    /// The frames and dialogs.
    pub(crate) fn tops(&self) -> Vec<&Item> {
        self.items.get(&self.root).into_iter().flat_map(|root| root.children.iter()).filter_map(|path| self.items.get(path)).collect()
    }

    /// What a cell is known by for longer than its program knows it: its table and its name.
    pub(crate) fn lasting(&self, item: &Item) -> String {
        if self.grids.contains_key(&item.parent) { format!("{}#{}", item.parent, item.name) } else { item.path.clone() }
    }

    /// The path that stands for a lasting one now.
    pub(crate) fn current(&self, lasting: &str) -> Option<String> {
        let Some((table, name)) = lasting.split_once('#') else { return Some(lasting.to_owned()) };
        let grid = self.grids.get(table)?;
        grid.cells.values().find(|path| self.items.get(*path).is_some_and(|item| item.name == name)).cloned()
    }

    /// By how much an element is elsewhere than it says.
    pub(crate) fn shift(&self, path: &str) -> (i32, i32) {
        if self.shifts.is_empty() {
            return (0, 0);
        }
        let mut at = path;
        for _ in 0..200 {
            if let Some(shift) = self.shifts.get(at) {
                return *shift;
            }
            match self.items.get(at) {
                Some(item) if !item.parent.is_empty() && item.parent != at => at = &item.parent,
                _ => return (0, 0),
            }
        }
        (0, 0)
    }

    /// The element that is a child of the root and has this one in it.
    pub(crate) fn top_of(&self, path: &str) -> Option<&Item> {
        let mut at = self.items.get(path)?;
        for _ in 0..200 {
            if at.parent == self.root || at.parent.is_empty() {
                return Some(at);
            }
            at = self.items.get(&at.parent)?;
        }
        None
    }
}
