//! The write-ahead log, as bytes.
//!
//! SQLite reads its log up to the first frame that does not fit, takes the rest for a write that was never finished, and folds in
//! what it has read as soon as the file is closed: after that, nothing tells that there was more. So the log is looked at before
//! SQLite sees it. The one decision: what can be a write that was cut off (a frame that does not fit, and after it at most one
//! commit, because each is on the disk before the next begins) is left to SQLite; more is damage.
//! Format: <https://sqlite.org/fileformat2.html#the_write_ahead_log>.

use std::io;
use std::path::Path;

use crate::claim::beside;

const HEADER: usize = 32;
const FRAME: usize = 24;

/// A log, read whole.
struct Log {
    bytes: Vec<u8>,
    page: usize,
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

/// SQLite's checksum: over words of the byte order that the magic number tells.
fn sum(bytes: &[u8], big: bool, (mut one, mut two): (u32, u32)) -> (u32, u32) {
    let read = |word: &[u8]| word.try_into().map_or(0, if big { u32::from_be_bytes } else { u32::from_le_bytes });
    for pair in bytes.chunks_exact(8) {
        let (first, second) = pair.split_at(4);
        one = one.wrapping_add(read(first)).wrapping_add(two);
        two = two.wrapping_add(read(second)).wrapping_add(one);
    }
    (one, two)
}

impl Log {
    fn read(database: &Path) -> io::Result<Option<Self>> {
        let bytes = match std::fs::read(beside(database, "-wal")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        // All our files have pages of this size; a header that says otherwise is damaged.
        let page = 4096;
        Ok((bytes.len() > HEADER).then_some(Self { bytes, page }))
    }

    fn is_big(&self) -> bool {
        self.bytes.get(3).is_some_and(|last| last & 1 == 1)
    }

    fn header(&self) -> &[u8] {
        self.bytes.get(..HEADER).unwrap_or_default()
    }

    fn frames(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.get(HEADER..).unwrap_or_default().chunks_exact(FRAME + self.page)
    }

    /// Commits that stand behind the first frame that does not fit, and that frame's number.
    fn behind(&self) -> (usize, usize) {
        let header = self.header();
        let salts = header.get(16..24);
        let whole = header.get(..24).unwrap_or_default();
        let mut running = sum(whole, self.is_big(), (0, 0));
        let magic = word(header, 0).is_some_and(|magic| magic & !1 == 0x377f_0682);
        let mut fits = magic && Some(running.0) == word(header, 24) && Some(running.1) == word(header, 28);
        let (mut first, mut commits) = (0, 0);
        for (number, frame) in self.frames().enumerate() {
            let ours = frame.get(8..16) == salts;
            if fits {
                let sums = sum(frame.get(..8).unwrap_or_default(), self.is_big(), running);
                running = sum(frame.get(FRAME..).unwrap_or_default(), self.is_big(), sums);
                fits = ours && Some(running.0) == word(frame, 16) && Some(running.1) == word(frame, 20);
                if fits {
                    continue;
                }
                first = number + 1;
            }
            // With a damaged header the salts say nothing; frames of an older round of the log can't be told apart then.
            if ours && word(frame, 4).is_some_and(|pages| pages != 0) {
                commits += 1;
            }
        }
        (commits, first)
    }
}

/// What is wrong with the log of this database, if it can't be a write that was cut off.
pub(crate) fn damage(database: &Path) -> io::Result<Option<String>> {
    let Some(log) = Log::read(database)? else { return Ok(None) };
    let (commits, first) = log.behind();
    if commits < 2 {
        return Ok(None);
    }
    // Another process may have begun the log anew while it was read; then its header is another one now.
    let again = Log::read(database)?;
    if again.is_none_or(|again| again.header() != log.header() || again.behind().0 < 2) {
        return Ok(None);
    }
    Ok(Some(format!("its write-ahead log is damaged at frame {first}, and {commits} changes stand behind it")))
}

/// Makes SQLite read all of a log: its checksums are written anew, over whatever is there. What is damaged in it is then found by
/// the rows' own checksums.
pub(crate) fn mend(database: &Path) -> io::Result<()> {
    let Some(mut log) = Log::read(database)? else { return Ok(()) };
    // Of the header, everything but the salts is the same in each log of ours; they are those of most frames.
    let mut counted = std::collections::BTreeMap::<Vec<u8>, usize>::new();
    for frame in log.frames() {
        *counted.entry(frame.get(8..16).unwrap_or_default().to_vec()).or_default() += 1;
    }
    let own = log.header().get(16..24).unwrap_or_default().to_vec();
    let known = counted.contains_key(&own).then_some(own);
    let most = counted.into_iter().max_by_key(|(_, count)| *count).map(|(salts, _)| salts);
    let Some(salts) = known.or(most) else { return Ok(()) };
    let page = log.page;
    let mut put = |at: usize, value: &[u8]| {
        if let Some(there) = log.bytes.get_mut(at..at + value.len()) {
            there.copy_from_slice(value);
        }
    };
    put(0, &0x377f_0682_u32.to_be_bytes());
    put(4, &3_007_000_u32.to_be_bytes());
    put(8, &(page as u32).to_be_bytes());
    put(16, &salts);
    let mut running = sum(log.bytes.get(..24).unwrap_or_default(), false, (0, 0));
    let (header, frames) = log.bytes.split_at_mut(HEADER);
    let seal = |place: Option<&mut [u8]>, running: (u32, u32)| {
        if let Some(place) = place {
            place.copy_from_slice(&[running.0.to_be_bytes(), running.1.to_be_bytes()].concat());
        }
    };
    seal(header.get_mut(24..32), running);
    let mut misses = 0;
    for frame in frames.chunks_exact_mut(FRAME + page) {
        // One frame may have lost its salts; where several follow, an older round of the log begins.
        if frame.get(8..16) == Some(&salts) {
            misses = 0;
        } else if misses == 1 {
            break;
        } else if let Some(place) = frame.get_mut(8..16) {
            misses = 1;
            place.copy_from_slice(&salts);
        }
        running = sum(frame.get(..8).unwrap_or_default(), false, running);
        running = sum(frame.get(FRAME..).unwrap_or_default(), false, running);
        seal(frame.get_mut(16..24), running);
    }
    std::fs::write(beside(database, "-wal"), log.bytes)
}
