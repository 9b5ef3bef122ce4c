//! A look at a GGUF file before the engine sees it.
//!
//! The engine maps the file into memory and trusts much of what it says, so a file that was cut off or never was a model is
//! found here, by walking its header and comparing where its tensors end with where the file ends. On the way it is noted what
//! tells how much memory the model will take ([`Outline`]).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Most metadata keys or tensors that a sane file has.
const MOST_ENTRIES: u64 = 1 << 20;
/// Most dimensions of a tensor.
const MOST_DIMENSIONS: u32 = 4;

/// Longest text that is noted; architectures' names are short.
const LONGEST_TEXT: u64 = 64;

/// What a file says of its model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outline {
    /// Bytes of the file.
    pub(super) bytes: u64,
    /// `general.architecture`, which heads the other keys.
    pub(super) architecture: String,
    /// Tokens in its vocabulary.
    pub(super) vocabulary: u64,
    /// Whole numbers by key; of a list of them, one for each layer, the sum.
    numbers: BTreeMap<String, Number>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    One(u64),
    Sum(u64),
}

impl Outline {
    /// The number under `architecture.key`; of a list the sum.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        match self.get(key)? {
            Number::One(number) | Number::Sum(number) => Some(number),
        }
    }

    /// The number under `architecture.key` over all `layers`: what is said once holds for each.
    pub(super) fn over(&self, key: &str, layers: u64) -> Option<u64> {
        match self.get(key)? {
            Number::One(number) => Some(number.saturating_mul(layers)),
            Number::Sum(sum) => Some(sum),
        }
    }

    fn get(&self, key: &str) -> Option<Number> {
        self.numbers.get(&format!("{}.{key}", self.architecture)).copied()
    }
}

/// The outline of a sound file. `Err` says what is wrong with it, as the rest of a sentence that begins with its path.
pub(super) fn check(path: &Path) -> Result<Outline, String> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        _ => format!("can't be opened: {error}"),
    })?;
    let metadata = file.metadata().map_err(|error| format!("can't be read: {error}"))?;
    if !metadata.is_file() {
        return Err("is not a file".to_owned());
    }
    let mut header = Header { file: BufReader::with_capacity(1 << 16, file), at: 0, size: metadata.len() };
    header.walk().map_err(|error| match error {
        Broken::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => "is cut off in its header".to_owned(),
        Broken::Io(error) => format!("can't be read: {error}"),
        Broken::Because(why) => why,
    })
}

enum Broken {
    Io(io::Error),
    Because(String),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn because<T>(why: impl Into<String>) -> Result<T, Broken> {
    Err(Broken::Because(why.into()))
}

/// A value, as far as it is of interest.
enum Value {
    Number(u64),
    Text(String),
    Many { length: u64, sum: Option<u64> },
    Other,
}

struct Header {
    file: BufReader<File>,
    at: u64,
    size: u64,
}

impl Header {
    fn walk(&mut self) -> Result<Outline, Broken> {
        if self.size < 24 || &self.bytes::<4>()? != b"GGUF" {
            return because("is not a GGUF file");
        }
        match self.u32()? {
            2 | 3 => {}
            version if version.swap_bytes() <= 3 => return because("is a GGUF file for big-endian machines"),
            version => return because(format!("is a GGUF file of version {version}; versions 2 and 3 can be read")),
        }
        let (tensors, keys) = (self.u64()?, self.u64()?);
        if tensors == 0 {
            return because("holds no weights");
        }
        if tensors > MOST_ENTRIES || keys > MOST_ENTRIES {
            return because("has a damaged header");
        }
        let mut alignment = 32;
        let mut outline = Outline { bytes: self.size, ..Outline::default() };
        for _ in 0..keys {
            let key = String::from_utf8_lossy(&self.string()?).into_owned();
            let kind = self.u32()?;
            match (key.as_str(), self.value(kind, 0)?) {
                ("general.alignment", Value::Number(number)) if kind == 4 => alignment = number,
                ("general.architecture", Value::Text(text)) => outline.architecture = text,
                ("tokenizer.ggml.tokens", Value::Many { length, .. }) => outline.vocabulary = length,
                (_, Value::Number(number)) => {
                    outline.numbers.insert(key, Number::One(number));
                }
                (_, Value::Many { sum: Some(sum), .. }) => {
                    outline.numbers.insert(key, Number::Sum(sum));
                }
                _ => {}
            }
        }
        if !alignment.is_power_of_two() {
            return because("has a damaged header");
        }
        let mut end = 0;
        for _ in 0..tensors {
            end = end.max(self.tensor_end()?);
        }
        let needed = self.at.checked_next_multiple_of(alignment).unwrap_or(u64::MAX).saturating_add(end);
        if needed > self.size {
            return because(format!("is cut off: it has {} bytes and should have {needed}", self.size));
        }
        Ok(outline)
    }

    /// Where the next tensor ends, from the start of the data.
    fn tensor_end(&mut self) -> Result<u64, Broken> {
        self.string()?;
        let dimensions = self.u32()?;
        if dimensions > MOST_DIMENSIONS {
            return because("has a damaged header");
        }
        let mut elements = 1_u64;
        for _ in 0..dimensions {
            elements = elements.saturating_mul(self.u64()?);
        }
        let kind = self.u32()?;
        let offset = self.u64()?;
        let (block, bytes) = block_of(kind);
        Ok(offset.saturating_add((elements / block).saturating_mul(bytes)))
    }

    fn value(&mut self, kind: u32, depth: u8) -> Result<Value, Broken> {
        match kind {
            0 | 1 | 7 => self.skip(1)?,
            2 | 3 => self.skip(2)?,
            4 | 5 => return Ok(Value::Number(u64::from(self.u32()?))),
            6 => self.skip(4)?,
            10 | 11 => return Ok(Value::Number(self.u64()?)),
            12 => self.skip(8)?,
            8 => {
                let length = self.u64()?;
                if length > LONGEST_TEXT {
                    self.skip(length)?;
                } else {
                    let bytes = self.text(length)?;
                    return Ok(Value::Text(String::from_utf8_lossy(&bytes).into_owned()));
                }
            }
            9 if depth == 0 => return self.list(),
            _ => return because("has a damaged header"),
        }
        Ok(Value::Other)
    }

    fn list(&mut self) -> Result<Value, Broken> {
        let (kind, length) = (self.u32()?, self.u64()?);
        if length > self.size {
            return because("has a damaged header");
        }
        let mut sum = Some(0_u64);
        for _ in 0..length {
            sum = match (self.value(kind, 1)?, sum) {
                (Value::Number(number), Some(sum)) => Some(sum.saturating_add(number)),
                _ => None,
            };
        }
        Ok(Value::Many { length, sum })
    }

    fn skip(&mut self, count: u64) -> Result<(), Broken> {
        if count > self.size.saturating_sub(self.at) {
            return Err(Broken::Io(io::ErrorKind::UnexpectedEof.into()));
        }
        self.file.seek_relative(count as i64)?;
        self.at += count;
        Ok(())
    }

    fn string(&mut self) -> Result<Vec<u8>, Broken> {
        let length = self.u64()?;
        self.text(length)
    }

    fn text(&mut self, length: u64) -> Result<Vec<u8>, Broken> {
        if length > self.size.saturating_sub(self.at) {
            return Err(Broken::Io(io::ErrorKind::UnexpectedEof.into()));
        }
        let mut out = vec![0; length as usize];
        self.file.read_exact(&mut out)?;
        self.at += length;
        Ok(out)
    }

    fn u32(&mut self) -> Result<u32, Broken> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64, Broken> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let mut out = [0; N];
        self.file.read_exact(&mut out)?;
        self.at += N as u64;
        Ok(out)
    }
}

/// Elements and bytes of a block of a tensor type, by ggml's numbers; a type that is not known here counts as empty, so that
/// a newer engine's types are not refused.
fn block_of(kind: u32) -> (u64, u64) {
    match kind {
        0 | 26 => (1, 4),
        1 | 25 | 30 => (1, 2),
        2 | 20 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 | 21 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        16 => (256, 66),
        17 => (256, 74),
        18 => (256, 98),
        19 => (256, 50),
        22 => (256, 82),
        23 => (256, 136),
        24 => (1, 1),
        27 | 28 => (1, 8),
        29 => (256, 56),
        39 => (32, 17),
        _ => (1, 0),
    }
}
