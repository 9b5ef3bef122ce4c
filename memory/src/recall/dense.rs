//! Looking for facts by what their words mean.
//!
//! The signs of a vector say nearly all about what may be near; the vectors themselves are compared afterwards.

use sqlx::SqliteConnection;

use crate::facts::bits::signs;
use crate::scope::Reach;

/// The facts within reach whose vectors have the most signs in common with this one.
pub(super) async fn search(connection: &mut SqliteConnection, reach: &Reach, vector: &[u8], most: usize) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT fact FROM facts_bits WHERE bits MATCH vec_bit(?1) AND k = ?2 AND owner = ?3 AND scope IN (SELECT value FROM json_each(?4))",
    )
    .bind(signs(vector))
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .bind(reach.owner)
    .bind(&reach.ids)
    .fetch_all(connection)
    .await
}
