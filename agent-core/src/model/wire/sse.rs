//! Server-sent events: bytes in, the data of events out.
//!
//! Pure, and fed with whatever the network gives: a piece may end in the middle of a line, of a line's end or of a character.
//! Bytes are therefore kept until their line is whole and only then read as text. After the WHATWG HTML standard, section 9.2.

/// A reader of one stream.
#[derive(Debug, Default)]
pub(super) struct Sse {
    line: Vec<u8>,
    data: Option<String>,
    comments: usize,
    after_cr: bool,
    begun: bool,
}

impl Sse {
    /// Takes the next bytes; gives the data of each event that they complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<String> {
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
    pub(super) fn finish(mut self) -> Option<String> {
        self.end_line().or(self.data)
    }

    /// Comments so far. Servers send them to show that they are still there.
    pub(super) fn comments(&self) -> usize {
        self.comments
    }

    fn end_line(&mut self) -> Option<String> {
        let bytes = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&bytes);
        let line = if std::mem::replace(&mut self.begun, true) { &*text } else { text.trim_start_matches('\u{feff}') };
        if line.is_empty() {
            return self.data.take();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        match field {
            "" => self.comments += 1,
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
