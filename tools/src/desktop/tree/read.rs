//! Reading a program's tree: all of it once, and then what has changed.
//!
//! One call of the cache interface tells of all elements; where each is, and what it holds, has to be asked for. The one decision: only
//! what is shown is asked about, and of that only what is new, what the program has said to have changed, and what lies where pixels
//! have changed. A program that says nothing is found out by its pixels, one that paints nothing by its words.

use std::collections::{HashMap, HashSet};

use atspi::{Role, State};
use futures::{StreamExt as _, stream};
use zbus::zvariant::OwnedObjectPath;

use super::super::x::Area;
use super::bus::{Bus, CallError, Dirt};
use super::item::{Abilities, App, Item};
use super::roles;

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
/// Calls that are under way at the same time.
const AT_ONCE: usize = 48;
/// Most characters of a text that are read.
const MOST_TEXT: usize = 20_000;
/// An element with more children than this makes them up as they are asked for.
const MOST_CHILDREN: i32 = 3_000;
/// Most elements that are asked about for one program.
const MOST: usize = 20_000;

pub(super) type Reference = (String, OwnedObjectPath);
/// One element in the cache: itself, its program, its parent, index, number of children, interfaces, name, role, description, states.
type Cached = (Reference, Reference, Reference, i32, i32, Vec<String>, String, u32, String, Vec<u32>);
/// The same as older programs tell it, with its children by name.
type Older = (Reference, Reference, Reference, Vec<Reference>, Vec<String>, String, u32, String, Vec<u32>);

/// What is known to have changed.
pub(crate) struct News<'a> {
    pub(crate) dirt: &'a Dirt,
    /// Where pixels have changed.
    pub(crate) areas: &'a [Area],
}

impl Bus {
    /// Programs that are on the bus, each with the path of its root.
    pub(crate) async fn programs(&self) -> Result<Vec<(String, String)>, CallError> {
        let to = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root");
        let all: Vec<Reference> = self.call(to, ACCESSIBLE, "GetChildren", &()).await?;
        Ok(all.into_iter().map(|(bus, path)| (bus, path.to_string())).collect())
    }

    /// What a program is.
    pub(crate) async fn introduce(&self, bus: &str, root: &str) -> Result<App, CallError> {
        let to = (bus, root);
        let pid = self.pid(bus).await.unwrap_or_default();
        let name: String = self.get(to, ACCESSIBLE, "Name").await?;
        let kit: String = self.get(to, "org.a11y.atspi.Application", "ToolkitName").await.unwrap_or_default();
        let version: String = self.get(to, "org.a11y.atspi.Application", "Version").await.unwrap_or_default();
        let four = kit.eq_ignore_ascii_case("gtk") && version.starts_with('4');
        let lazy = four || kit.eq_ignore_ascii_case("chromium") || kit.to_lowercase().contains("gecko") || name == "soffice";
        Ok(App { bus: bus.to_owned(), root: root.to_owned(), pid, name, window_relative: four, lazy, ..App::default() })
    }

    /// Reads what has changed of a program; all of it if nothing of it is known. `origin` tells where the window of a frame is.
    pub(crate) async fn read(&self, app: &mut App, news: &News<'_>, origin: &(dyn Fn(&App, &Item) -> Option<(i32, i32)> + Sync)) -> Result<(), CallError> {
        // One that has hung says nothing, and so seems to be as it was.
        if let Err(CallError::Silent) = self.get::<String>((&app.bus, &app.root), ACCESSIBLE, "Name").await {
            return Err(CallError::Silent);
        }
        let anew = app.items.is_empty();
        let mut fresh: HashSet<String> = HashSet::new();
        if anew || !news.dirt.structure.is_empty() {
            self.structure(app, &mut fresh).await?;
        } else {
            let asked: Vec<String> = news.dirt.elements.iter().filter(|path| app.items.contains_key(*path)).cloned().collect();
            self.basics(app, &asked).await?;
            fresh.extend(asked);
        }
        fresh.extend(news.dirt.elements.iter().cloned());
        if anew || !news.dirt.structure.is_empty() || app.lazy {
            self.complete(app, &mut fresh).await?;
        }
        self.cells(app, news.areas, &mut fresh).await?;
        let shown = visible(app);
        let touched = |item: &Item| item.area.is_some_and(|area| news.areas.iter().any(|changed| !changed.within(area).is_empty()));
        let mut asked: Vec<String> = Vec::new();
        for path in shown.iter().take(MOST) {
            let Some(item) = app.items.get(path) else { continue };
            if !item.whole || fresh.contains(path) || touched(item) {
                asked.push(path.clone());
            }
        }
        // What was not said to have changed but was painted anew may have another name or state.
        if !anew {
            let quiet: Vec<String> = asked.iter().filter(|path| !fresh.contains(*path) && app.items.get(*path).is_some_and(|item| item.whole)).cloned().collect();
            self.basics(app, &quiet).await?;
        }
        self.places(app, &asked, origin).await?;
        mend_places(app, &asked);
        self.contents(app, &asked).await?;
        Ok(())
    }

    /// Which elements there are.
    async fn structure(&self, app: &mut App, fresh: &mut HashSet<String>) -> Result<(), CallError> {
        let to = (app.bus.as_str(), "/org/a11y/atspi/cache");
        let mut items: HashMap<String, Item> = HashMap::new();
        let mut order: Vec<(String, String, i32)> = Vec::new();
        match self.call::<_, Vec<Cached>>(to, "org.a11y.atspi.Cache", "GetItems", &()).await {
            Ok(cached) => {
                for (object, _, parent, index, count, interfaces, name, role, about, states) in cached {
                    let item = begun(&object, &parent, role, name, about, &states, &interfaces);
                    order.push((item.parent.clone(), item.path.clone(), index));
                    let mut item = item;
                    item.count = count;
                    if count > MOST_CHILDREN {
                        item.states |= State::ManagesDescendants as u64;
                    }
                    items.insert(item.path.clone(), item);
                }
            }
            Err(CallError::Silent) => return Err(CallError::Silent),
            Err(CallError::Refused(_)) => {
                if let Ok(cached) = self.call::<_, Vec<Older>>(to, "org.a11y.atspi.Cache", "GetItems", &()).await {
                    for (object, _, parent, children, interfaces, name, role, about, states) in cached {
                        let mut item = begun(&object, &parent, role, name, about, &states, &interfaces);
                        item.children = children.into_iter().map(|(_, path)| path.to_string()).collect();
                        items.insert(item.path.clone(), item);
                    }
                }
            }
        }
        order.sort_by_key(|(_, _, index)| *index);
        for (parent, path, _) in order {
            if let Some(parent) = items.get_mut(&parent) {
                parent.children.push(path);
            }
        }
        if !items.contains_key(&app.root) {
            items.insert(app.root.clone(), unread(&app.root, ""));
        }
        for (path, item) in &mut items {
            show_visible(app.window_relative, item);
            match app.items.remove(path) {
                // What is known of it stands, as long as the program says the same of it.
                Some(old) if old.whole && (old.states, &old.name, old.role) == (item.states, &item.name, item.role) => {
                    (item.area, item.text, item.value, item.labels, item.whole) = (old.area, old.text, old.value, old.labels, true);
                }
                _ => {
                    fresh.insert(path.clone());
                }
            }
        }
        // Cells are in no cache.
        for (table, grid) in &app.grids {
            if let Some(item) = items.get_mut(table) {
                item.children = grid.cells.values().cloned().collect();
                for path in grid.cells.values() {
                    if let Some(cell) = app.items.remove(path) {
                        items.insert(path.clone(), cell);
                        fresh.remove(path);
                    }
                }
            }
        }
        app.items = items;
        Ok(())
    }

    /// Asks for children that the cache does not tell of, level by level.
    async fn complete(&self, app: &mut App, fresh: &mut HashSet<String>) -> Result<(), CallError> {
        let mut level: Vec<String> = vec![app.root.clone()];
        let mut seen: HashSet<String> = HashSet::new();
        while !level.is_empty() && app.items.len() < MOST {
            level.retain(|path| seen.insert(path.clone()));
            let shown = |path: &&String| app.items.get(*path).is_some_and(|item| **path == app.root || item.is_shown() && !item.is(State::ManagesDescendants));
            let (asked, known): (Vec<&String>, Vec<&String>) =
                level.iter().filter(shown).partition(|path| app.items.get(*path).is_some_and(|item| app.lazy || is_unsure(item)));
            let known: Vec<String> = known.into_iter().filter_map(|path| app.items.get(path)).flat_map(|item| item.children.clone()).collect();
            let asked: Vec<String> = asked.into_iter().cloned().collect();
            let bus = app.bus.clone();
            let told: Vec<(String, Result<Vec<Reference>, CallError>)> = stream::iter(asked)
                .map(|path| {
                    let bus = bus.clone();
                    async move {
                        let children = self.call((&bus, &path), ACCESSIBLE, "GetChildren", &()).await;
                        (path, children)
                    }
                })
                .buffered(AT_ONCE)
                .collect()
                .await;
            let mut next = known;
            let mut unknown = Vec::new();
            for (path, children) in told {
                let children = match children {
                    Ok(children) => children,
                    Err(CallError::Silent) => return Err(CallError::Silent),
                    Err(CallError::Refused(_)) => continue,
                };
                let children: Vec<String> = children.into_iter().filter(|(bus, _)| *bus == app.bus).map(|(_, path)| path.to_string()).collect();
                for child in &children {
                    if !app.items.contains_key(child) {
                        app.items.insert(child.clone(), unread(child, &path));
                        unknown.push(child.clone());
                    }
                    if let Some(item) = app.items.get_mut(child) {
                        item.parent.clone_from(&path);
                    }
                }
                next.extend(children.iter().cloned());
                if let Some(item) = app.items.get_mut(&path) {
                    item.children = children;
                }
            }
            self.basics(app, &unknown).await?;
            fresh.extend(unknown);
            level = next;
        }
        Ok(())
    }

    /// Role, name and state of elements.
    pub(super) async fn basics(&self, app: &mut App, paths: &[String]) -> Result<(), CallError> {
        let bus = app.bus.clone();
        let told: Vec<(String, Option<Basics>)> = stream::iter(paths.to_vec())
            .map(|path| {
                let bus = bus.clone();
                async move {
                    let basics = self.basics_of(&bus, &path).await.ok();
                    (path, basics)
                }
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        for (path, basics) in told {
            match (basics, app.items.get_mut(&path)) {
                (Some(basics), Some(item)) => {
                    basics.into_item(item);
                    show_visible(app.window_relative, item);
                }
                (None, Some(_)) => {
                    app.items.remove(&path);
                }
                (_, None) => {}
            }
        }
        Ok(())
    }

    /// What one element is now.
    pub(crate) async fn basics_of(&self, bus: &str, path: &str) -> Result<Basics, CallError> {
        let to = (bus, path);
        let (role, name, about, states, interfaces) = futures::join!(
            self.call::<_, u32>(to, ACCESSIBLE, "GetRole", &()),
            self.get::<String>(to, ACCESSIBLE, "Name"),
            self.get::<String>(to, ACCESSIBLE, "Description"),
            self.call::<_, Vec<u32>>(to, ACCESSIBLE, "GetState", &()),
            self.call::<_, Vec<String>>(to, ACCESSIBLE, "GetInterfaces", &()),
        );
        Ok(Basics {
            role: Role::try_from(role?).unwrap_or(Role::Unknown),
            name: said(name?),
            about: about.unwrap_or_default(),
            states: bits(&states?),
            can: Abilities::of(&interfaces.unwrap_or_default()),
        })
    }

    /// Where an element is on the display, if it is anywhere.
    pub(crate) async fn place_of(&self, app: &App, path: &str, origin: &(dyn Fn(&App, &Item) -> Option<(i32, i32)> + Sync)) -> Option<Area> {
        // 0: from the corner of the display; 1: of the window.
        let from: u32 = u32::from(app.window_relative);
        let (x, y, w, h): (i32, i32, i32, i32) = self
            .call::<_, ((i32, i32, i32, i32),)>((&app.bus, path), "org.a11y.atspi.Component", "GetExtents", &(from,))
            .await
            .map(|(area,)| area)
            .or(Err(()))
            .ok()?;
        let shift = app.shift(path);
        let (x, y) = (x.saturating_add(shift.0), y.saturating_add(shift.1));
        let (dx, dy) = if app.window_relative { app.top_of(path).and_then(|top| origin(app, top)).unwrap_or((0, 0)) } else { (0, 0) };
        // A menu that is closed is at the end of the world, and some elements have no size.
        let sane = |value: i32| (-30_000..30_000).contains(&value);
        (sane(x) && sane(y) && w > 0 && h > 0 && sane(w) && sane(h)).then(|| Area::new(x + dx, y + dy, w, h))
    }

    async fn places(&self, app: &mut App, paths: &[String], origin: &(dyn Fn(&App, &Item) -> Option<(i32, i32)> + Sync)) -> Result<(), CallError> {
        let places: Vec<(String, Option<Area>)> = {
            let app = &*app;
            let asked: Vec<String> = paths.iter().filter(|path| app.items.get(*path).is_some_and(|item| item.can.component)).cloned().collect();
            stream::iter(asked)
                .map(|path| async move {
                    let area = self.place_of(app, &path, origin).await;
                    (path, area)
                })
                .buffer_unordered(AT_ONCE)
                .collect()
                .await
        };
        for (path, area) in places {
            if let Some(item) = app.items.get_mut(&path) {
                item.area = area;
            }
        }
        Ok(())
    }

    /// What elements hold, and what they are called by others.
    async fn contents(&self, app: &mut App, paths: &[String]) -> Result<(), CallError> {
        let told: Vec<(String, Contents)> = {
            let app = &*app;
            stream::iter(paths.to_vec())
                .map(|path| async move {
                    let contents = match app.items.get(&path) {
                        Some(item) => self.contents_of(&app.bus, item).await,
                        None => Contents::default(),
                    };
                    (path, contents)
                })
                .buffer_unordered(AT_ONCE)
                .collect()
                .await
        };
        for (path, contents) in told {
            if let Some(item) = app.items.get_mut(&path) {
                (item.text, item.value, item.labels, item.whole) = (contents.text, contents.value, contents.labels, true);
                if item.about.is_empty() {
                    item.about = contents.placeholder;
                }
            }
        }
        Ok(())
    }

    pub(crate) async fn contents_of(&self, bus: &str, item: &Item) -> Contents {
        let to = (bus, item.path.as_str());
        let mut out = Contents::default();
        let field = roles::takes_text(item);
        if item.can.text && !item.is_hidden_text() && roles::text_matters(item) {
            out.text = self.text_of(bus, &item.path).await.ok();
        }
        if item.can.value && roles::value_matters(item.role) {
            out.value = self.get::<f64>(to, "org.a11y.atspi.Value", "CurrentValue").await.ok();
        }
        if item.name.trim().is_empty() && (field || roles::is_control(item)) {
            let relations: Vec<(u32, Vec<Reference>)> = self.call(to, ACCESSIBLE, "GetRelationSet", &()).await.unwrap_or_default();
            // 2: is labelled by.
            out.labels = relations.into_iter().filter(|(kind, _)| *kind == 2).flat_map(|(_, to)| to).map(|(_, path)| path.to_string()).collect();
            if field {
                let attributes: HashMap<String, String> = self.call(to, ACCESSIBLE, "GetAttributes", &()).await.unwrap_or_default();
                out.placeholder = attributes.get("placeholder-text").or_else(|| attributes.get("placeholder")).cloned().unwrap_or_default();
            }
        }
        out
    }

    /// The text that an element holds.
    pub(crate) async fn text_of(&self, bus: &str, path: &str) -> Result<String, CallError> {
        // To the end, by the number that all take for it: of a longer part than there is some tell nothing at all.
        let text: String = self.call((bus, path), "org.a11y.atspi.Text", "GetText", &(0_i32, -1_i32)).await?;
        Ok(text.replace('\u{fffc}', "").chars().take(MOST_TEXT).collect())
    }
}

/// What an element holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) text: Option<String>,
    pub(crate) value: Option<f64>,
    labels: Vec<String>,
    placeholder: String,
}

/// What an element is.
#[derive(Debug)]
pub(crate) struct Basics {
    pub(crate) role: Role,
    pub(crate) name: String,
    about: String,
    pub(crate) states: u64,
    pub(crate) can: Abilities,
}

impl Basics {
    pub(crate) fn into_item(self, item: &mut Item) {
        (item.role, item.name, item.about, item.states, item.can) = (self.role, self.name, self.about, self.states, self.can);
    }
}

/// What an element is called, without names that are only its class: GTK 4 gives them to what has none.
fn said(name: String) -> String {
    let rest = ["Gtk", "Adw", "Gdk"].iter().find_map(|kit| name.strip_prefix(kit));
    let class = rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()) && rest.chars().all(|c| c.is_ascii_alphanumeric()));
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

/// GTK 4 says of its windows only that they are showing; of all else it says whether it is visible.
fn show_visible(four: bool, item: &mut Item) {
    if four && item.is(State::Visible) {
        item.states |= State::Showing as u64;
    }
}

fn bits(states: &[u32]) -> u64 {
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

fn begun(object: &Reference, parent: &Reference, role: u32, name: String, about: String, states: &[u32], interfaces: &[String]) -> Item {
    Item {
        role: Role::try_from(role).unwrap_or(Role::Unknown),
        name: said(name),
        about,
        states: bits(states),
        can: Abilities::of(interfaces),
        ..unread(object.1.as_str(), parent.1.as_str())
    }
}

/// Whether an element may have children that the cache does not tell of.
fn is_unsure(item: &Item) -> bool {
    let holds = matches!(item.role, Role::Panel | Role::RootPane | Role::Filler | Role::Frame | Role::Dialog | Role::ScrollPane | Role::SplitPane | Role::Section | Role::DocumentWeb);
    item.count < 0 || item.count as usize != item.children.len() || holds && item.children.is_empty()
}

/// A pane that fills its parent and says that it is elsewhere is mistaken, and so is all that is in it.
fn mend_places(app: &mut App, paths: &[String]) {
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

/// Paths of all elements that are shown, with those around them.
fn visible(app: &App) -> Vec<String> {
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
