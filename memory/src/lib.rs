//! What handiwork remembers, in one SQLite file: journals, blobs, facts.
//!
//! The one decision: everything is in the one file, the blobs too. An entry and its large parts are then written by one
//! transaction and one fsync, a full disk or a crash leaves both or neither, and a backup is one copy.
//!
//! ```no_run
//! # async fn example() -> Result<(), handiwork_memory::StoreError> {
//! let store = handiwork_memory::Store::open("/var/lib/app/handiwork.db".as_ref()).await?;
//! for run in store.runs(10).await? {
//!     let _line = format!("{} {} {}", run.id, run.status, run.goal);
//! }
//! # Ok(())
//! # }
//! ```

mod body;
mod check;
mod claim;
mod digest;
mod error;
mod facts;
mod journal;
mod line;
mod own;
mod prune;
mod repair;
mod runs;
mod salvage;
mod store;
mod wal;

pub use error::StoreError;
pub use prune::{Old, Prunable, Pruned};
pub use repair::{Examination, Finding};
pub use runs::RunSummary;
pub use store::Store;
