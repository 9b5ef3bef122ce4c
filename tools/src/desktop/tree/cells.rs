//! Tables that make up their cells as they are asked for: a sheet has thousands of millions of them.
//!
//! The one decision: those in view are asked for, found by what lies at the table's corners; and they are asked for again only where
//! pixels have changed.

use std::collections::HashSet;

use atspi::State;
use futures::{StreamExt as _, stream};

use super::super::x::Area;
use super::bus::{Bus, CallError};
use super::item::App;
use super::read::{Reference, unread};

const TABLE: &str = "org.a11y.atspi.Table";
const COMPONENT: &str = "org.a11y.atspi.Component";
/// Most cells in view.
const MOST: i32 = 2_400;
/// Calls that are under way at the same time.
const AT_ONCE: usize = 32;

impl Bus {
    /// Learns of the cells in view.
    pub(super) async fn cells(&self, app: &mut App, changed: &[Area], fresh: &mut HashSet<String>) -> Result<(), CallError> {
        let tables: Vec<(String, Option<Area>, bool)> = app
            .items
            .values()
            .filter(|item| item.can.table && item.is(State::ManagesDescendants) && item.is_shown())
            .map(|item| (item.path.clone(), item.area, item.children.is_empty()))
            .collect();
        for (table, area, empty) in tables {
            if let Some(area) = area.filter(|_| !empty)
                && !changed.iter().any(|changed| !changed.within(area).is_empty())
            {
                continue;
            }
            self.cells_of(app, &table, fresh).await?;
        }
        Ok(())
    }

    async fn cells_of(&self, app: &mut App, table: &str, fresh: &mut HashSet<String>) -> Result<(), CallError> {
        let bus = app.bus.clone();
        let to = (bus.as_str(), table);
        // Where it says that it is: points are asked about in the same way.
        let Ok(((x, y, w, h),)) = self.call::<_, ((i32, i32, i32, i32),)>(to, COMPONENT, "GetExtents", &(0_u32,)).await else { return Ok(()) };
        if w < 4 || h < 4 {
            return Ok(());
        }
        let Ok(columns) = self.get::<i32>(to, TABLE, "NColumns").await else { return Ok(()) };
        let (first, last) = futures::join!(self.cell_at(&bus, table, (x + 3, y + 3), columns), self.cell_at(&bus, table, (x + w - 4, y + h - 4), columns));
        let (Some((row, column)), Some((end_row, end_column))) = (first, last) else { return Ok(()) };
        let mut wanted = Vec::new();
        for at_row in row..=end_row {
            for at_column in column..=end_column {
                if (wanted.len() as i32) < MOST {
                    wanted.push((at_row, at_column));
                }
            }
        }
        let cells: Vec<Option<Reference>> = stream::iter(wanted)
            .map(|(row, column)| {
                let bus = bus.clone();
                async move { self.call::<_, (Reference,)>((&bus, table), TABLE, "GetAccessibleAt", &(row, column)).await.ok().map(|(cell,)| cell) }
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let mut children = Vec::new();
        let mut unknown = Vec::new();
        for (_, path) in cells.into_iter().flatten().filter(|(name, _)| *name == bus) {
            let path = path.to_string();
            if !app.items.contains_key(&path) {
                app.items.insert(path.clone(), unread(&path, table));
                unknown.push(path.clone());
            }
            children.push(path);
        }
        if let Some(item) = app.items.get_mut(table) {
            for gone in item.children.clone().iter().filter(|path| !children.contains(path)) {
                let gone = gone.clone();
                fresh.remove(&gone);
            }
            item.children = children;
        }
        self.basics(app, &unknown).await?;
        fresh.extend(unknown);
        Ok(())
    }

    /// Row and column of the cell at a point.
    async fn cell_at(&self, bus: &str, table: &str, (x, y): (i32, i32), columns: i32) -> Option<(i32, i32)> {
        let ((name, path),): (Reference,) = self.call((bus, table), COMPONENT, "GetAccessibleAtPoint", &(x, y, 0_u32)).await.ok()?;
        if path.as_str().ends_with("/null") || name.is_empty() {
            return None;
        }
        let index: i32 = self.call((&name, path.as_str()), "org.a11y.atspi.Accessible", "GetIndexInParent", &()).await.ok()?;
        (columns > 0 && index >= 0).then(|| (index / columns, index % columns))
    }
}
