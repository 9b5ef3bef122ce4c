//! Tables that make up their cells as they are asked for: a sheet has thousands of millions of them.
//!
//! The one decision: those in view are asked for, found by what lies at the table's corners; and they are asked for again only where
//! pixels have changed.

use std::collections::HashSet;

use atspi::State;
use futures::{StreamExt as _, stream};

use super::super::x::Area;
use super::bus::{Bus, CallError};
use super::item::{App, Grid};
use super::plain::unread;
use super::read::Reference;

const TABLE: &str = "org.a11y.atspi.Table";
const COMPONENT: &str = "org.a11y.atspi.Component";
/// Most cells in view.
const MOST: usize = 2_400;
/// Calls that are under way at the same time.
const AT_ONCE: usize = 32;

impl Bus {
    /// Learns of the cells in view.
    pub(super) async fn cells(&self, app: &mut App, changed: &[Area], fresh: &mut HashSet<String>) -> Result<(), CallError> {
        let tables: Vec<(String, Option<Area>)> = app
            .items
            .values()
            .filter(|item| item.can.table && item.is(State::ManagesDescendants) && item.is_shown())
            .map(|item| (item.path.clone(), item.area))
            .collect();
        app.grids.retain(|table, _| tables.iter().any(|(known, ..)| known == table));
        for (table, area) in tables {
            let known = app.grids.contains_key(&table);
            if known && area.is_some_and(|area| !changed.iter().any(|changed| !changed.within(area).is_empty())) {
                continue;
            }
            self.cells_of(app, &table, changed, fresh).await?;
        }
        Ok(())
    }

    async fn cells_of(&self, app: &mut App, table: &str, changed: &[Area], fresh: &mut HashSet<String>) -> Result<(), CallError> {
        let bus = app.bus.clone();
        let to = (bus.as_str(), table);
        // Where it says that it is: points are asked about in the same way.
        let Ok(((x, y, w, h),)) = self.call::<_, ((i32, i32, i32, i32),)>(to, COMPONENT, "GetExtents", &(0_u32,)).await else {
            return Ok(());
        };
        if w < 4 || h < 4 {
            return Ok(());
        }
        let Ok(columns) = self.get::<i32>(to, TABLE, "NColumns").await else { return Ok(()) };
        let (first, last) =
            futures::join!(self.cell_at(&bus, table, (x + 3, y + 3), columns), self.cell_at(&bus, table, (x + w - 4, y + h - 4), columns));
        let (Some(first), Some(last)) = (first, last) else { return Ok(()) };
        let old = app.grids.remove(table).unwrap_or_default();
        let mut grid = Grid { corners: [first, last], ..Grid::default() };
        let mut wanted = Vec::new();
        for row in first.0..=last.0 {
            for column in first.1..=last.1 {
                let known = old.cells.get(&(row, column)).filter(|_| old.corners == grid.corners);
                // As long as nothing was painted over it, it is the same.
                let same = known.filter(|path| {
                    let area = app.items.get(*path).and_then(|item| item.area);
                    area.is_some_and(|area| !changed.iter().any(|changed| !changed.within(area).is_empty()))
                });
                match same {
                    Some(path) => drop(grid.cells.insert((row, column), path.clone())),
                    None if wanted.len() < MOST => wanted.push((row, column)),
                    None => {}
                }
            }
        }
        let cells: Vec<((i32, i32), Option<Reference>)> = stream::iter(wanted)
            .map(|(row, column)| {
                let bus = bus.clone();
                async move {
                    let cell = self
                        .call::<_, (Reference,)>((&bus, table), TABLE, "GetAccessibleAt", &(row, column))
                        .await
                        .ok()
                        .map(|(cell,)| cell);
                    ((row, column), cell)
                }
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let mut asked = Vec::new();
        for (place, cell) in cells {
            let Some((_, path)) = cell.filter(|(name, _)| *name == bus) else { continue };
            let path = path.to_string();
            app.items.entry(path.clone()).or_insert_with(|| unread(&path, table));
            asked.push(path.clone());
            grid.cells.insert(place, path);
        }
        for gone in old.cells.values().filter(|path| !grid.cells.values().any(|kept| kept == *path)) {
            app.items.remove(gone);
        }
        if let Some(item) = app.items.get_mut(table) {
            item.children = grid.cells.values().cloned().collect();
        }
        app.grids.insert(table.to_owned(), grid);
        self.basics(app, &asked).await?;
        fresh.extend(asked);
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
