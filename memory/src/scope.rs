//! Who sees what. Every fact that leaves the store was let through here.
//!
//! The one decision: a [`Reach`] is worked out once for a viewer, and what reads facts is given it and nothing else: there is no
//! way to a row of `facts` for somebody outside this crate that does not go through [`Reach::ids`].

use handiwork_core::memory::{Scope, Viewer};
use sha2::{Digest as _, Sha256};
use sqlx::SqliteConnection;

/// The scopes that a viewer may see.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    /// Stands for the user.
    pub(crate) owner: i64,
    /// Their numbers, as JSON, for `IN (SELECT value FROM json_each(?))`.
    pub(crate) ids: String,
    /// Their numbers.
    pub(crate) scopes: Vec<i64>,
}

impl Reach {
    /// What `viewer` may see.
    pub(crate) async fn of(connection: &mut SqliteConnection, viewer: &Viewer) -> Result<Self, sqlx::Error> {
        let Scope { user, agent, site, run } = &viewer.scope;
        let scopes: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM scopes WHERE user = ?1 AND (?5 OR ((agent = '' OR agent = ?2) AND (site = '' OR site = ?3) AND (run = '' OR run = ?4))) \
             ORDER BY id",
        )
        .bind(user)
        .bind(agent.as_deref().unwrap_or_default())
        .bind(site.as_deref().unwrap_or_default())
        .bind(run.as_deref().unwrap_or_default())
        .bind(viewer.whole)
        .fetch_all(connection)
        .await?;
        let ids = format!("[{}]", scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
        Ok(Self { owner: owner(user), ids, scopes })
    }
}

/// Stands for a user where a number is wanted.
pub(crate) fn owner(user: &str) -> i64 {
    let hash = Sha256::digest(user.as_bytes());
    hash.iter().take(8).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte))
}

/// The number of a scope, which is made if need be.
pub(crate) async fn number(connection: &mut SqliteConnection, scope: &Scope) -> Result<i64, sqlx::Error> {
    let Scope { user, agent, site, run } = scope;
    let parts = [agent, site, run].map(|part| part.as_deref().unwrap_or_default());
    let known = sqlx::query_scalar("SELECT id FROM scopes WHERE user = ? AND agent = ? AND site = ? AND run = ?")
        .bind(user)
        .bind(parts[0])
        .bind(parts[1])
        .bind(parts[2])
        .fetch_optional(&mut *connection)
        .await?;
    match known {
        Some(id) => Ok(id),
        None => {
            sqlx::query_scalar("INSERT INTO scopes (user, agent, site, run) VALUES (?, ?, ?, ?) RETURNING id")
                .bind(user)
                .bind(parts[0])
                .bind(parts[1])
                .bind(parts[2])
                .fetch_one(connection)
                .await
        }
    }
}
