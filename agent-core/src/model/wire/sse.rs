//! Server-sent events: bytes in, the data of events out.
//!
//! Pure, and fed with whatever the network gives: a piece may end in the middle of a line, of a line's end or of a character.
//! Bytes are therefore kept until their line is whole and only then read as text. After the WHATWG HTML standard, section 9.2, but
//! for one thing: a line that is not UTF-8 is an error and not patched up, for a patched argument would be acted on.

use crate::model::ModelError;

/// The data of an event.
type Data = Result<String, ModelError>;

/// A reader of one stream.
#[derive(Debug, Default)]
pub(super) struct Sse {
    line: Vec<u8>,
    data: Option<String>,
    signs: usize,
    after_cr: bool,
    begun: bool,
}

impl Sse {
    /// Takes the next bytes; gives the data of each event that they complete, in order, so that what is wrong after the end of a
    /// reply does not spoil it.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Data> {
        let mut events = Vec::new();
        for &byte in bytes {
            let second_half = std::mem::take(&mut self.after_cr) && byte == b'\n';
            match byte {
                _ if second_half => {}
                b'\r' | b'\n' => {
                    self.after_cr = byte == b'\r';
                    events.extend(self.end_line());
                }
                other => self.line.push(other),
            }
        }
        events
    }

    /// The stream is over. The data of a last event that nothing ended, if there is one.
    pub(super) fn finish(mut self) -> Option<Data> {
        self.end_line().or(self.data.map(Ok))
    }

    /// Comments and idle blank lines so far. Servers send them to show that they are still there.
    pub(super) fn signs_of_life(&self) -> usize {
        self.signs
    }

    fn end_line(&mut self) -> Option<Data> {
        let bytes = std::mem::take(&mut self.line);
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            Err(error) => return Some(Err(ModelError::Unreadable(format!("a line of it is not UTF-8 ({error})")))),
        };
        let line = if std::mem::replace(&mut self.begun, true) { text } else { text.strip_prefix('\u{feff}').unwrap_or(text) };
        if line.is_empty() {
            self.signs += usize::from(self.data.is_none());
            return self.data.take().map(Ok);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        match field {
            "" => self.signs += 1,
            "data" => {
                let value = value.strip_prefix(' ').unwrap_or(value);
                match &mut self.data {
                    Some(data) => {
                        data.push('\n');
                        data.push_str(value);
                    }
                    None => self.data = Some(value.to_owned()),
                }
            }
            _ => {}
        }
        None
    }
}
