//! Where elements are, what they hold, and what they are called by others.

use std::collections::HashMap;

use futures::{StreamExt as _, stream};

use super::super::x::Area;
use super::bus::{Bus, CallError};
use super::item::{App, Item};
use super::read::{ACCESSIBLE, AT_ONCE, Origin, Reference};
use super::roles;

/// Most characters of a text that are read.
const MOST_TEXT: usize = 20_000;

impl Bus {
    /// Where an element is on the display, if it is anywhere.
    pub(crate) async fn place_of(&self, app: &App, path: &str, origin: &Origin<'_>) -> Option<Area> {
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

    pub(super) async fn places(&self, app: &mut App, paths: &[String], origin: &Origin<'_>) -> Result<(), CallError> {
        let places: Vec<(String, Option<Area>)> = {
            let app = &*app;
            let asked: Vec<String> =
                paths.iter().filter(|path| app.items.get(*path).is_some_and(|item| item.can.component)).cloned().collect();
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
    pub(super) async fn contents(&self, app: &mut App, paths: &[String]) -> Result<(), CallError> {
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
            out.labels =
                relations.into_iter().filter(|(kind, _)| *kind == 2).flat_map(|(_, to)| to).map(|(_, path)| path.to_string()).collect();
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
