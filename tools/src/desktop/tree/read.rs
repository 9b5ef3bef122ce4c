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
use super::plain::{begun, bits, hidden_in, is_unsure, mend_places, said, show_visible, unmarked, unread, visible};

pub(super) const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
/// Calls that are under way at the same time.
pub(super) const AT_ONCE: usize = 48;
/// An element with more children than this makes them up as they are asked for.
const MOST_CHILDREN: i32 = 3_000;
/// Most elements that are asked about for one program.
const MOST: usize = 20_000;

pub(super) type Reference = (String, OwnedObjectPath);
/// One element in the cache: itself, its program, its parent, index, number of children, interfaces, name, role, description, states.
type Cached = (Reference, Reference, Reference, i32, i32, Vec<String>, String, u32, String, Vec<u32>);
/// The same as older programs tell it, with its children by name.
type Older = (Reference, Reference, Reference, Vec<Reference>, Vec<String>, String, u32, String, Vec<u32>);

/// Tells where the window of a frame is.
pub(crate) type Origin<'a> = dyn Fn(&App, &Item) -> Option<(i32, i32)> + Sync + 'a;

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
        let browser = kit.eq_ignore_ascii_case("chromium") || kit.to_lowercase().contains("gecko");
        let mute = kit.eq_ignore_ascii_case("qt");
        let lazy = four || browser || mute || name == "soffice";
        Ok(App { bus: bus.to_owned(), root: root.to_owned(), pid, name, window_relative: four, lazy, mute, browser, ..App::default() })
    }

    /// Reads what has changed of a program; all of it if nothing of it is known. `origin` tells where the window of a frame is.
    pub(crate) async fn read(&self, app: &mut App, news: &News<'_>, origin: &Origin<'_>) -> Result<(), CallError> {
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
        if app.mute && !anew {
            self.unhide(app, Some(news.areas)).await?;
        }
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
            let quiet: Vec<String> = asked
                .iter()
                .filter(|path| !fresh.contains(*path) && app.items.get(*path).is_some_and(|item| item.whole))
                .cloned()
                .collect();
            self.basics(app, &quiet).await?;
        }
        let before: HashMap<String, Area> = asked.iter().filter_map(|path| Some((path.clone(), app.items.get(path)?.area?))).collect();
        self.places(app, &asked, origin).await?;
        let is_moved = |path: &String| match (before.get(path), app.items.get(path).and_then(|item| item.area)) {
            (Some(was), Some(is)) => (was.w, was.h) == (is.w, is.h) && (was.x, was.y) != (is.x, is.y),
            _ => false,
        };
        if asked.iter().any(is_moved) {
            // What was scrolled has taken along, and into view, what could not be seen; nobody says so.
            self.unhide(app, None).await?;
            if app.lazy {
                self.complete(app, &mut fresh).await?;
            }
            let known: HashSet<&String> = asked.iter().collect();
            let rest: Vec<String> = visible(app).into_iter().filter(|path| !known.contains(path)).take(MOST).collect();
            self.places(app, &rest, origin).await?;
            asked.extend(rest.into_iter().filter(|path| app.items.get(path).is_some_and(|item| !item.whole)));
        }
        mend_places(app, &asked);
        self.contents(app, &asked).await?;
        Ok(())
    }

    /// Finds out which elements are shown that were not: of those in such as were painted anew, or of all.
    async fn unhide(&self, app: &mut App, areas: Option<&[Area]>) -> Result<(), CallError> {
        let (bus, hidden) = (app.bus.clone(), hidden_in(app, areas));
        let told: Vec<(String, Result<Vec<u32>, CallError>)> = stream::iter(hidden)
            .map(|path| {
                let bus = bus.clone();
                async move {
                    let states = self.call((&bus, &path), ACCESSIBLE, "GetState", &()).await;
                    (path, states)
                }
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let is_shown = |states: &Vec<u32>| bits(states) & State::Showing as u64 != 0;
        let shown: Vec<String> = told.into_iter().filter(|(_, states)| states.as_ref().is_ok_and(is_shown)).map(|(path, _)| path).collect();
        self.basics(app, &shown).await
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
        // What a closed combobox offers is told of too.
        let mut offers: HashSet<String> = HashSet::new();
        while !level.is_empty() && app.items.len() < MOST {
            level.retain(|path| seen.insert(path.clone()));
            let shown = |path: &&String| {
                app.items.get(*path).is_some_and(|item| {
                    **path == app.root || offers.contains(*path) || item.is_shown() && !item.is(State::ManagesDescendants)
                })
            };
            let (asked, known): (Vec<&String>, Vec<&String>) =
                level.iter().filter(shown).partition(|path| app.items.get(*path).is_some_and(|item| app.lazy || is_unsure(item)));
            let known: Vec<String> =
                known.into_iter().filter_map(|path| app.items.get(path)).flat_map(|item| item.children.clone()).collect();
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
                let children: Vec<String> =
                    children.into_iter().filter(|(bus, _)| *bus == app.bus).map(|(_, path)| path.to_string()).collect();
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
            let is_offer = |path: &&String| {
                let parent = app.items.get(*path).map_or("", |item| item.parent.as_str());
                offers.contains(parent) || app.items.get(parent).is_some_and(|parent| parent.role == Role::ComboBox)
            };
            let more: Vec<String> = next.iter().filter(is_offer).cloned().collect();
            offers.extend(more);
            level = next;
        }
        self.order_choices(app).await
    }

    /// The choices of a closed list are told in any order; which is the second one is asked for.
    async fn order_choices(&self, app: &mut App) -> Result<(), CallError> {
        let boxes = app.items.values().filter(|item| item.role == Role::ComboBox && item.is_shown());
        let lists: Vec<String> = boxes
            .flat_map(|item| item.children.iter())
            .filter(|path| app.items.get(*path).is_some_and(|list| list.children.len() > 1))
            .cloned()
            .collect();
        for list in lists {
            let told: Vec<Reference> = match self.call((&app.bus, &list), ACCESSIBLE, "GetChildren", &()).await {
                Ok(told) => told,
                Err(CallError::Silent) => return Err(CallError::Silent),
                Err(CallError::Refused(_)) => continue,
            };
            let order: Vec<String> =
                told.into_iter().map(|(_, path)| path.to_string()).filter(|path| app.items.contains_key(path)).collect();
            if let Some(item) = app.items.get_mut(&list).filter(|item| item.children.len() == order.len()) {
                item.children = order;
            }
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
            about: unmarked(about.unwrap_or_default()),
            states: bits(&states?),
            can: Abilities::of(&interfaces.unwrap_or_default()),
        })
    }
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
