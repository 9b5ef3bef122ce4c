//! The stream reader, however the bytes are cut.

use proptest::prelude::*;

use crate::model::ModelError;
use crate::model::wire::sse::Sse;

type Data = Result<String, String>;

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Data>, usize, Option<Data>) {
    let mut reader = Sse::default();
    let told = |data: Result<String, ModelError>| data.map_err(|error| error.to_string());
    let events = pieces.into_iter().flat_map(|piece| reader.feed(piece)).map(told).collect();
    let signs = reader.signs_of_life();
    (events, signs, reader.finish().map(told))
}

fn events(text: &str) -> Vec<String> {
    read([text.as_bytes()]).0.into_iter().map(|data| data.expect("UTF-8")).collect()
}

#[test]
fn events_by_the_standard() {
    let table: &[(&str, &[&str])] = &[
        ("data: a\n\ndata: b\n\n", &["a", "b"]),
        ("data:a\r\n\r\ndata:  b\r\rdata: c\n\n", &["a", " b", "c"]),
        ("data: one\ndata: two\ndata\n\n", &["one\ntwo\n"]),
        (": keep-alive\n\n: keep-alive\n\ndata: x\n\n", &["x"]),
        ("event: message\nid: 7\nretry: 10\ndata: x\nunknown: y\n\n", &["x"]),
        ("\u{feff}data: x\n\n", &["x"]),
        ("\n\n\ndata: \n\n", &[""]),
        ("datax: no\n\ndata: a:b\n\n", &["a:b"]),
        ("data: unfinished\n", &[]),
    ];
    for (text, expected) in table {
        assert_eq!(events(text), *expected, "{text:?}");
    }
}

#[test]
fn the_end_gives_what_was_not_ended() {
    let finish = |text: &str| read([text.as_bytes()]).2.transpose().expect("UTF-8");
    assert_eq!(finish("data: [DONE]").as_deref(), Some("[DONE]"));
    assert_eq!(finish("data: [DONE]\n").as_deref(), Some("[DONE]"));
    assert_eq!(finish("data: [DONE]\n\n"), None);
    assert_eq!(finish(": comment"), None);
}

/// A stream with every kind of line end, comments, and characters of one to four bytes.
const STREAM: &str = ": keep-alive\n\ndata: {\"a\":\"é€𝄞 转账\"}\r\n\r\n: ok\ndata: zwei\rdata: Zeilen ü\r\rdata: [DONE]\n\n";

#[test]
fn cut_in_two_at_every_byte() {
    let bytes = STREAM.as_bytes();
    let whole = read([bytes]);
    assert_eq!(whole.0, ["{\"a\":\"é€𝄞 转账\"}", "zwei\nZeilen ü", "[DONE]"].map(|data| Ok(data.to_owned())));
    assert_eq!(whole.1, 3, "two comments and one blank line that ends nothing");
    for at in 0..=bytes.len() {
        let (left, right) = bytes.split_at(at);
        assert_eq!(read([left, right]), whole, "cut at {at}");
    }
    assert_eq!(read(bytes.chunks(1)), whole, "byte by byte");
}

#[test]
fn what_is_not_utf8_is_an_error_in_its_place() {
    let bytes = b"data: a\n\ndata: \xff\n\ndata: b\n\n";
    let whole = read([bytes.as_slice()]);
    let [Ok(a), Err(wrong), Ok(b)] = whole.0.as_slice() else { panic!("{whole:?}") };
    assert!(a == "a" && b == "b" && wrong.contains("not UTF-8"), "{wrong}");
    assert_eq!(read(bytes.chunks(1)), whole, "byte by byte");
    let cut = read([b"data: \xe8\xbd".as_slice()]).2.expect("a last line");
    assert!(cut.is_err(), "a character that is cut in two at the end");
}

proptest! {
    /// Whatever the stream and wherever it is cut: the events are the same.
    #[test]
    fn cuts_change_nothing(
        lines in proptest::collection::vec((r"(data: ?|: ?|event: |)[^\r\n]{0,12}", prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("\n\n")]), 0..12),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let text: String = lines.iter().flat_map(|(line, end)| [line.as_str(), *end]).collect();
        let bytes = text.as_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
        prop_assert_eq!(read(pieces), read([bytes]));
    }
}
