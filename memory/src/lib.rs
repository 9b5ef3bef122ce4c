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

mod audit;
mod body;
mod check;
mod claim;
mod claim_of;
mod digest;
mod embed;
mod erase;
mod error;
mod exchange;
mod facts;
mod gate;
mod journal;
mod line;
mod own;
mod prune;
mod recall;
mod repair;
mod runs;
mod salvage;
mod scope;
mod store;
mod vec_ext;
mod wal;
mod when;
mod words;

pub use audit::{Audit, Compacted};
pub use embed::StaticEmbedder;
pub use erase::{Forget, Forgotten};
pub use error::StoreError;
pub use exchange::Imported;
pub use facts::list::FactFilter;
pub use prune::{Old, Prunable, Pruned};
pub use repair::{Examination, Finding};
pub use runs::RunSummary;
pub use store::Store;
