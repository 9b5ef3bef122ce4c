//! Checksums of rows: SHA-256 over their columns, each kept apart from its neighbours.

use sha2::{Digest as _, Sha256};

/// A checksum in the making.
#[derive(Debug)]
pub(crate) struct Digest(Sha256);

impl Digest {
    /// Of a row of `table`: a row moved to another table is damage.
    pub(crate) fn of(table: &str) -> Self {
        Self(Sha256::new()).bytes(table.as_bytes())
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub(crate) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    pub(crate) fn number(mut self, number: i64) -> Self {
        self.0.update(number.to_le_bytes());
        self
    }

    /// Nothing is not the empty text.
    pub(crate) fn maybe_text(self, text: Option<&str>) -> Self {
        match text {
            None => self.number(0),
            Some(text) => self.number(1).text(text),
        }
    }

    pub(crate) fn maybe_number(self, number: Option<i64>) -> Self {
        match number {
            None => self.number(0),
            Some(number) => self.number(1).number(number),
        }
    }

    pub(crate) fn end(self) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}
