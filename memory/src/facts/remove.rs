//! Taking a fact out, so that nothing of it stays in the table, its indexes or their free pages.

use sqlx::SqliteConnection;

use crate::scope::Reach;

use super::bits::unindex_bits;
use super::index::{index, unindex};
use super::row::sign;

/// Removes a fact that is within reach; false when there is none.
pub(crate) async fn remove(connection: &mut SqliteConnection, reach: &Reach, id: i64) -> Result<bool, sqlx::Error> {
    let found: Option<Option<i64>> =
        sqlx::query_scalar("SELECT after FROM facts WHERE id = ? AND scope IN (SELECT value FROM json_each(?))")
            .bind(id)
            .bind(&reach.ids)
            .fetch_optional(&mut *connection)
            .await?;
    let Some(before) = found else { return Ok(false) };
    let next: Vec<i64> = sqlx::query_scalar("SELECT id FROM facts WHERE after = ?").bind(id).fetch_all(&mut *connection).await?;
    let neighbours: Vec<i64> = before.iter().chain(&next).copied().collect();
    unindex(connection, id).await?;
    for neighbour in &neighbours {
        unindex(connection, *neighbour).await?;
    }
    unindex_bits(connection, id).await?;
    sqlx::query("DELETE FROM fact_uses WHERE fact = ?").bind(id).execute(&mut *connection).await?;
    let closed: Vec<i64> = sqlx::query_scalar("SELECT id FROM facts WHERE closed_by = ?").bind(id).fetch_all(&mut *connection).await?;
    sqlx::query("UPDATE facts SET closed_by = NULL WHERE closed_by = ?").bind(id).execute(&mut *connection).await?;
    sqlx::query("UPDATE facts SET after = ? WHERE after = ?").bind(before).bind(id).execute(&mut *connection).await?;
    sqlx::query("DELETE FROM facts WHERE id = ?").bind(id).execute(&mut *connection).await?;
    for changed in next.iter().chain(&closed) {
        sign(connection, *changed).await?;
    }
    for neighbour in &neighbours {
        index(connection, *neighbour).await?;
    }
    Ok(true)
}
