//! Drawing by a seed: the same seed draws the same, on every machine.
//!
//! The one decision: splitmix64, written out here, so that no next version of a crate changes a run.

/// A source of numbers.
#[derive(Debug, Clone)]
pub(super) struct Draw {
    state: u64,
    seed: u64,
}

impl Draw {
    pub(super) fn new(seed: u64, about: &str) -> Self {
        // What the draw is about goes in, so that two sites do not draw alike.
        let mixed = about.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self { state: mixed, seed }
    }

    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or 0 where `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = end.max(1) as u64;
        usize::try_from((self.next() >> 11) % end).unwrap_or(0)
    }

    /// One of `all`; the default where there is none.
    pub(super) fn one<T: Copy + Default>(&mut self, all: &[T]) -> T {
        let at = self.below(all.len());
        all.get(at).copied().unwrap_or_default()
    }

    /// One of `all`, and surely another one for the next seed.
    pub(super) fn turn<T: Copy + Default>(&self, all: &[T]) -> T {
        let at = self.seed % all.len().max(1) as u64;
        usize::try_from(at).ok().and_then(|at| all.get(at)).copied().unwrap_or_default()
    }

    pub(super) fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }

    /// A person's name.
    pub(super) fn person(&mut self) -> String {
        format!("{} {}", self.one(&FIRST), self.one(&LAST))
    }
}

const FIRST: [&str; 16] = [
    "Amara", "Bjarne", "Chiara", "Dilan", "Elif", "Farid", "Greta", "Hugo", "Ilse", "Joaquín", "Katya", "Lorcan", "Mireille", "Noor",
    "Oskar", "Zoë",
];

const LAST: [&str; 16] = [
    "Abernathy",
    "Brandt",
    "Castellano",
    "Dvořák",
    "Eriksen",
    "Fontaine",
    "Gallagher",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Novak",
    "O'Brien",
    "Tanaka",
];
