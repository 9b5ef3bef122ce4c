//! `handiwork prune`: old runs go, and the space they took is given back. Shown first, and asked about.

use handiwork::memory::{Old, Prunable, Store};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::paths::Paths;
use super::print::{self, Out};
use super::{Code, Failure};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Runs that ended longer ago than this, such as 30d, 12h or 2w
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: SignedDuration,
    /// Also runs that were interrupted, and did not go on for so long
    #[arg(long)]
    interrupted: bool,
    /// Delete without asking
    #[arg(long)]
    yes: bool,
}

/// A number and a unit. No unit is guessed: what is deleted depends on it.
fn age(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("{text:?} is no age: give a number and m, h, d or w, such as 30d");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u32 = digits.parse().map_err(|_| wrong())?;
    let minutes = match text.get(digits.len()..).unwrap_or_default() {
        "m" => 1,
        "h" => 60,
        "d" => 24 * 60,
        "w" => 7 * 24 * 60,
        _ => return Err(wrong()),
    };
    Ok(SignedDuration::from_mins(i64::from(number) * minutes))
}

pub(crate) async fn run(args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    let before = Timestamp::now().checked_sub(args.older_than).map_err(|error| Failure::new(Code::Usage, error))?;
    let old = Old { before: before.as_millisecond(), interrupted: args.interrupted };
    let store = Store::open(&paths.database()).await?;
    let found = store.prunable(old).await?;
    let done = prune(&args, &store, old, &found, out).await;
    store.close().await;
    done
}

async fn prune(args: &Args, store: &Store, old: Old, found: &Prunable, out: Out) -> Result<(), Failure> {
    let age = args.older_than;
    if found.runs.is_empty() && found.blobs == 0 {
        out.result(&json!({ "found": found, "pruned": null }), || {
            format!("nothing is older than {age:#}: the database has {}", size(found.size))
        });
        return Ok(());
    }
    let told = format!(
        "{} runs with {} entries and {} blobs: {} of {}",
        found.runs.len(),
        found.entries,
        found.blobs,
        size(found.bytes),
        size(found.size)
    );
    print::note(&told);
    if !args.yes {
        match print::confirm("Delete them for good?") {
            Some(true) => {}
            Some(false) => return Err(Failure::new(Code::NotReached, "nothing was deleted")),
            None => return Err(Failure::new(Code::Waiting, format!("{told}; nothing was deleted")).hint("add --yes to delete them")),
        }
    }
    let pruned = store.prune(old).await?;
    out.result(&json!({ "found": found, "pruned": pruned }), || {
        let kept = pruned
            .kept
            .as_ref()
            .map(|why| format!("; the file could not be made smaller ({why}), its space is used again"))
            .unwrap_or_default();
        format!(
            "deleted {} runs, {} entries, {} blobs; the database had {} and has {}{kept}",
            pruned.runs,
            pruned.entries,
            pruned.blobs,
            size(pruned.before),
            size(pruned.after)
        )
    });
    Ok(())
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "KB", "MB", "GB"];
    let mut size = bytes as f64;
    let mut unit = "B";
    for next in UNITS {
        unit = next;
        if size < 1000.0 {
            break;
        }
        if next != "GB" {
            size /= 1000.0;
        }
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{size:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::{age, size};

    #[test]
    fn an_age_has_a_unit() {
        assert_eq!(age("30d").map(|age| age.as_hours()), Ok(720));
        assert_eq!(age("2w").map(|age| age.as_hours()), Ok(336));
        assert_eq!(age("90m").map(|age| age.as_mins()), Ok(90));
        for wrong in ["30", "d", "-3d", "3y", "1.5d", "", "99999999999999999999d"] {
            assert!(age(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn sizes_are_told_for_people() {
        assert_eq!(
            ["999", "1500", "2000000", "3000000000000"].map(|n| size(n.parse().unwrap_or(0))),
            ["999 B", "1.5 KB", "2.0 MB", "3000.0 GB"]
        );
    }
}
