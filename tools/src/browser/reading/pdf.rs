//! The text of a PDF, by pages.
//!
//! A PDF says where each piece of text is drawn, not what a line or a word is. Pieces are taken in the order in which they are
//! drawn, which for what programs write is the order of reading; places tell where a word, a line or a paragraph ends. The file
//! comes from anywhere, so all is limited: what is unpacked, how many pages, how much text.

use std::collections::BTreeMap;

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Encoding, LoadOptions, Object};

/// Most bytes that one stream of the file may unpack to.
const UNPACKED: usize = 32 << 20;
/// Most pages that are read.
const MOST_PAGES: usize = 500;
/// Most characters in all.
const MOST_TEXT: usize = 2_000_000;
/// Width of a character that no font tells, in thousandths of the size.
const WIDTH: f64 = 500.0;

/// What a PDF says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// Its title; empty if it has none.
    pub title: String,
    /// Text of each page. A page that is only a picture has none.
    pub pages: Vec<String>,
    /// Whether it has more pages or more text than is read.
    pub incomplete: bool,
}

/// Reads a PDF. Computes only; a malformed file is an error in words. It may take long, so call it on a thread for that.
pub fn text(bytes: &[u8]) -> Result<Text, String> {
    let options = LoadOptions { max_decompressed_size: Some(UNPACKED), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| error.to_string())?;
    if document.is_encrypted() {
        return Err("it is encrypted and needs a password".to_owned());
    }
    let mut out = Text { title: title(&document).unwrap_or_default(), ..Text::default() };
    let mut total = 0;
    for (place, page) in document.page_iter().enumerate() {
        if place >= MOST_PAGES || total >= MOST_TEXT {
            out.incomplete = true;
            break;
        }
        // A page that can't be read does not make the others unreadable.
        let text = page_text(&document, page).unwrap_or_else(|problem| {
            out.incomplete = true;
            format!("(this page can't be read: {problem})")
        });
        total += text.len();
        out.pages.push(text);
    }
    if out.pages.is_empty() { Err("it has no pages".to_owned()) } else { Ok(out) }
}

fn title(document: &Document) -> Option<String> {
    let info = document.trailer.get(b"Info").ok()?;
    let info = document.dereference(info).ok()?.1.as_dict().ok()?;
    let raw = info.get(b"Title").ok()?.as_str().ok()?;
    let title = if let Some(utf16) = raw.strip_prefix(&[0xfe, 0xff]) {
        let units: Vec<u16> = utf16.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        String::from_utf16_lossy(&units)
    } else {
        String::from_utf8_lossy(raw).into_owned()
    };
    Some(title.trim().to_owned())
}

/// A font as far as text needs it.
struct Font<'a> {
    encoding: Option<Encoding<'a>>,
    widths: BTreeMap<u32, f64>,
    default: f64,
    /// Bytes of a code.
    bytes: usize,
}

fn number(object: &Object) -> Option<f64> {
    object.as_float().ok().map(f64::from)
}

impl<'a> Font<'a> {
    fn new(document: &'a Document, font: &'a Dictionary) -> Self {
        let resolve = |object: &'a Object| document.dereference(object).map(|(_, object)| object).ok();
        let array = |dictionary: &'a Dictionary, key: &[u8]| Some(resolve(dictionary.get(key).ok()?)?.as_array().ok()?.as_slice());
        let encoding = font.get_font_encoding_with_limit(document, UNPACKED).ok();
        let composite = font.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"Type0");
        let mut out = Font { encoding, widths: BTreeMap::new(), default: WIDTH, bytes: if composite { 2 } else { 1 } };
        if composite {
            let inner = array(font, b"DescendantFonts").and_then(|fonts| resolve(fonts.first()?)?.as_dict().ok());
            if let Some(inner) = inner {
                out.default = inner.get(b"DW").ok().and_then(number).unwrap_or(1000.0);
                let mut entries = array(inner, b"W").unwrap_or_default().iter();
                // Either `first [w w w]` or `first last w`.
                while let (Some(first), Some(next)) = (entries.next().and_then(number), entries.next()) {
                    let first = first as u32;
                    if let Some(list) = resolve(next).and_then(|next| next.as_array().ok()) {
                        out.widths.extend((first..).zip(list.iter().filter_map(number)));
                    } else if let (Some(last), Some(width)) = (number(next), entries.next().and_then(number)) {
                        out.widths.extend((first..=(last as u32).min(first.saturating_add(0xffff))).map(|code| (code, width)));
                    }
                }
            }
        } else if let Some(list) = array(font, b"Widths") {
            let first = font.get(b"FirstChar").ok().and_then(number).unwrap_or(0.0) as u32;
            out.widths.extend((first..).zip(list.iter().filter_map(|width| number(resolve(width)?))));
        }
        out
    }

    fn text(&self, bytes: &[u8]) -> String {
        let text = self.encoding.as_ref().and_then(|encoding| encoding.bytes_to_string(bytes).ok()).unwrap_or_default();
        text.chars().filter(|c| !c.is_control() && *c != '\u{fffd}').collect()
    }

    /// Sum of the widths, in thousandths of the size, and how many characters and spaces there are.
    fn width(&self, bytes: &[u8]) -> (f64, usize, usize) {
        let codes = bytes.chunks(self.bytes).map(|code| code.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)));
        codes.fold((0.0, 0, 0), |(sum, count, spaces), code| {
            let space = usize::from(self.bytes == 1 && code == 32);
            (sum + self.widths.get(&code).unwrap_or(&self.default), count + 1, spaces + space)
        })
    }
}

/// An affine map: a b c d e f.
type Matrix = [f64; 6];
const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `first`, then `second`.
fn chain(first: Matrix, second: Matrix) -> Matrix {
    let [a, b, c, d, e, f] = first;
    let [g, h, i, j, k, l] = second;
    [a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l]
}

/// What decides where text is drawn.
#[derive(Clone, Copy)]
struct Pen<'a> {
    page: Matrix,
    font: Option<&'a Font<'a>>,
    size: f64,
    spacing: f64,
    word_spacing: f64,
    stretch: f64,
    leading: f64,
    rise: f64,
    /// Invisible, as the text of a scan is.
    mode: i64,
}

/// Puts pieces together.
#[derive(Default)]
struct Lines {
    out: String,
    /// Where the last piece ended, and its size.
    last: Option<(f64, f64, f64)>,
}

impl Lines {
    fn push(&mut self, text: &str, at: (f64, f64), end: (f64, f64), size: f64) {
        if text.is_empty() {
            return;
        }
        if let Some((x, y, was)) = self.last {
            let (gap, drop, unit) = (at.0 - x, (at.1 - y).abs(), size.max(was).max(1.0));
            if drop > unit * 1.7 {
                self.end("\n\n");
            } else if drop > unit * 0.5 || gap < -unit * 2.0 {
                self.end("\n");
            } else if gap > unit * 0.15 && !self.out.ends_with(char::is_whitespace) && !text.starts_with(char::is_whitespace) {
                self.out.push_str(if gap > unit * 1.5 { "  " } else { " " });
            }
        }
        self.out.push_str(text);
        self.last = Some((end.0, end.1, size));
    }

    fn end(&mut self, with: &str) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push_str(with);
        }
    }
}

fn page_text(document: &Document, page: lopdf::ObjectId) -> Result<String, String> {
    let words = |error: lopdf::Error| error.to_string();
    let fonts = document.get_page_fonts(page).map_err(words)?;
    let fonts: BTreeMap<Vec<u8>, Font<'_>> = fonts.into_iter().map(|(name, font)| (name, Font::new(document, font))).collect();
    let content = document.get_page_content_with_limit(page, UNPACKED).map_err(words)?;
    let content = Content::decode(&content).map_err(words)?;
    let start =
        Pen { page: IDENTITY, font: None, size: 0.0, spacing: 0.0, word_spacing: 0.0, stretch: 1.0, leading: 0.0, rise: 0.0, mode: 0 };
    // Text that is not drawn may say anything; but that of a scan is all the text there is.
    let (mut pen, mut kept, mut lines, mut unseen) = (start, Vec::new(), Lines::default(), Lines::default());
    let (mut text, mut line) = (IDENTITY, IDENTITY);
    for operation in &content.operations {
        let operands = operation.operands.as_slice();
        let value = |place: usize| operands.get(place).and_then(number).unwrap_or(0.0);
        let matrix = || [value(0), value(1), value(2), value(3), value(4), value(5)];
        let mut down = |line: &mut Matrix, x: f64, y: f64| {
            *line = chain([1.0, 0.0, 0.0, 1.0, x, y], *line);
            text = *line;
        };
        let lines = if matches!(pen.mode, 3 | 7) { &mut unseen } else { &mut lines };
        match operation.operator.as_str() {
            "q" if kept.len() < 1000 => kept.push(pen),
            "Q" => pen = kept.pop().unwrap_or(pen),
            "cm" => pen.page = chain(matrix(), pen.page),
            "BT" => (text, line) = (IDENTITY, IDENTITY),
            "Tf" => {
                pen.font = operands.first().and_then(|name| name.as_name().ok()).and_then(|name| fonts.get(name));
                pen.size = value(1);
            }
            "Tc" => pen.spacing = value(0),
            "Tw" => pen.word_spacing = value(0),
            "Tz" => pen.stretch = value(0) / 100.0,
            "TL" => pen.leading = value(0),
            "Ts" => pen.rise = value(0),
            "Tr" => pen.mode = value(0) as i64,
            "Td" => down(&mut line, value(0), value(1)),
            "TD" => {
                pen.leading = -value(1);
                down(&mut line, value(0), value(1));
            }
            "Tm" => (text, line) = (matrix(), matrix()),
            "T*" => down(&mut line, 0.0, -pen.leading),
            "Tj" => show(&pen, &mut text, operands, lines),
            "TJ" => show(&pen, &mut text, operands.first().and_then(|list| list.as_array().ok()).map_or(&[], Vec::as_slice), lines),
            "'" => {
                down(&mut line, 0.0, -pen.leading);
                show(&pen, &mut text, operands, lines);
            }
            "\"" => {
                (pen.word_spacing, pen.spacing) = (value(0), value(1));
                down(&mut line, 0.0, -pen.leading);
                show(&pen, &mut text, operands.get(2..).unwrap_or_default(), lines);
            }
            _ => {}
        }
        if lines.out.len() > MOST_TEXT {
            break;
        }
    }
    let seen = lines.out.trim();
    Ok(if seen.is_empty() { unseen.out.trim() } else { seen }.to_owned())
}

/// Draws strings one after the other, moved apart by the numbers between them.
fn show(pen: &Pen<'_>, at: &mut Matrix, pieces: &[Object], lines: &mut Lines) {
    let Some(font) = pen.font else { return };
    let place = |at: Matrix| {
        let [a, b, _, d, x, y] = chain(chain([pen.size, 0.0, 0.0, pen.size, 0.0, pen.rise], at), pen.page);
        ((x, y), a.hypot(b).max(d.abs()))
    };
    for piece in pieces {
        let moved = if let Object::String(bytes, _) = piece {
            let (width, count, spaces) = font.width(bytes);
            let advance = (width / 1000.0 * pen.size + count as f64 * pen.spacing + spaces as f64 * pen.word_spacing) * pen.stretch;
            let (from, size) = place(*at);
            let next = chain([1.0, 0.0, 0.0, 1.0, advance, 0.0], *at);
            // What is smaller than this nobody can read.
            if size >= 1.0 {
                lines.push(&font.text(bytes), from, place(next).0, size);
            }
            advance
        } else {
            -number(piece).unwrap_or(0.0) / 1000.0 * pen.size * pen.stretch
        };
        *at = chain([1.0, 0.0, 0.0, 1.0, moved, 0.0], *at);
    }
}
