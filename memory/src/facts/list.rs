//! Facts as they are kept, without a question.

use handiwork_core::memory::{Fact, FactKind, MemoryError, Viewer};

use crate::scope::Reach;
use crate::store::Store;

use super::row::{COLUMNS, FROM, Row};

/// Which facts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactFilter {
    /// Only of this kind.
    pub kind: Option<FactKind>,
    /// Only about this site.
    pub site: Option<String>,
    /// Also those that hold no longer.
    pub closed: bool,
    /// Only after this number: for going through them in parts.
    pub after: i64,
    /// At most so many; 0 is all.
    pub limit: usize,
}

impl Store {
    /// The facts that `viewer` may see, oldest first.
    pub async fn facts(&self, viewer: &Viewer, filter: &FactFilter) -> Result<Vec<Fact>, MemoryError> {
        let rows = self.rows_of(viewer, filter).await?;
        rows.iter().map(|row| row.fact().map_err(|detail| self.damaged_fact(detail))).collect()
    }

    /// A fact, if `viewer` may see it.
    pub async fn fact(&self, viewer: &Viewer, id: i64) -> Result<Option<Fact>, MemoryError> {
        let filter = FactFilter { closed: true, after: id.saturating_sub(1), limit: 1, ..FactFilter::default() };
        Ok(self.facts(viewer, &filter).await?.into_iter().find(|fact| fact.id == id))
    }

    pub(crate) async fn rows_of(&self, viewer: &Viewer, filter: &FactFilter) -> Result<Vec<Row>, MemoryError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {FROM} WHERE f.id > ?1 AND f.scope IN (SELECT value FROM json_each(?2)) AND (?3 IS NULL OR f.kind = ?3) \
             AND (?4 IS NULL OR s.site = ?4) AND (?5 OR f.closed_at IS NULL) ORDER BY f.id LIMIT ?6"
        );
        let read = async {
            let mut connection = self.pool.acquire().await?;
            let reach = Reach::of(&mut connection, viewer).await?;
            sqlx::query_as::<_, Row>(sqlx::AssertSqlSafe(sql))
                .bind(filter.after)
                .bind(&reach.ids)
                .bind(filter.kind.map(FactKind::name))
                .bind(&filter.site)
                .bind(filter.closed)
                .bind(if filter.limit == 0 { -1 } else { i64::try_from(filter.limit).unwrap_or(-1) })
                .fetch_all(&mut *connection)
                .await
        };
        Ok(self.reading(read).await?)
    }
}
