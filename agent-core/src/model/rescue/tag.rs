//! Tags, as models spell them.
//!
//! The same token comes as `<｜tool▁calls▁begin｜>`, `<|tool_calls_begin|>` or `<| tool calls begin |>`, by who tokenised, copied
//! or imitated it. So a tag is known by its letters alone, and by whether there were bars and the mark of DeepSeek's own markup.

/// Longest tag that is looked at, in bytes.
const LONGEST: usize = 400;

/// What tags that belong to calls are called, letters only.
const WORDS: [&str; 15] = [
    "toolcallsbegin",
    "toolcallsend",
    "toolcallbegin",
    "toolcallend",
    "toolsep",
    "tooloutputsbegin",
    "tooloutputsend",
    "tooloutputbegin",
    "tooloutputend",
    "functioncalls",
    "function",
    "invoke",
    "parameter",
    "endofsentence",
    "pythontag",
];

/// One tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) close: bool,
    /// It had bars: nobody writes that in prose.
    pub(super) special: bool,
    /// It had DeepSeek's mark.
    pub(super) dsml: bool,
    /// Its letters and digits, in lower case.
    pub(super) word: String,
    pub(super) attrs: &'a str,
    pub(super) len: usize,
}

fn is_bar(c: char) -> bool {
    matches!(c, '|' | '｜')
}

fn squeeze(text: &str) -> String {
    text.strip_prefix("antml:").unwrap_or(text).chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The text after `<`, without slash, bars and mark: `(rest, close, special, dsml)`.
fn opening(text: &str) -> Option<(&str, bool, bool, bool)> {
    let text = text.strip_prefix('<')?;
    let (text, close) = text.strip_prefix('/').map_or((text, false), |rest| (rest, true));
    let rest = text.trim_start_matches(|c: char| is_bar(c) || c == ' ');
    let skipped = text.get(..text.len() - rest.len()).unwrap_or_default();
    let special = skipped.contains(is_bar);
    if !special && !skipped.is_empty() {
        return None;
    }
    match rest.strip_prefix("DSML") {
        Some(rest) => Some((rest.trim_start_matches(|c: char| is_bar(c) || matches!(c, ' ' | '▁')), close, true, true)),
        None => Some((rest, close, special, false)),
    }
}

impl<'a> Tag<'a> {
    /// The tag that `text` begins with.
    pub(super) fn at(text: &'a str) -> Option<Self> {
        let (rest, close, special, dsml) = opening(text)?;
        let spaced = special && !dsml;
        let after = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '▁' | ':') || (spaced && c == ' '));
        let word = squeeze(rest.get(..rest.len() - after.len())?);
        if word.is_empty() {
            return None;
        }
        let mut quote = None;
        let end = after.char_indices().take_while(|(at, _)| *at < LONGEST).find(|(_, c)| {
            match (quote, *c) {
                (None, '>') => return true,
                (None, '"') => quote = Some('"'),
                (Some(open), c) if open == c => quote = None,
                _ => {}
            }
            false
        })?;
        let attrs = after.get(..end.0)?;
        if spaced && !attrs.chars().all(|c| is_bar(c) || c == ' ') {
            return None;
        }
        Some(Self { close, special, dsml, word, attrs, len: text.len() - after.len() + end.0 + 1 })
    }

    pub(super) fn opens(&self, word: &str) -> bool {
        !self.close && self.word == word
    }

    pub(super) fn closes(&self, word: &str) -> bool {
        self.close && self.word == word
    }

    /// The value of an attribute; of `<function=x>` the name is `x`.
    pub(super) fn attr(&self, key: &str) -> Option<&'a str> {
        if let Some(bare) = self.attrs.trim_start().strip_prefix('=').filter(|_| key == "name") {
            return Some(bare.trim().trim_matches(['"', '\'']));
        }
        let mut left = self.attrs;
        while let Some((before, after)) = left.split_once(key) {
            let boundary = before.is_empty() || before.ends_with(char::is_whitespace);
            if let Some(value) = after.trim_start().strip_prefix('=').filter(|_| boundary) {
                let value = value.trim_start();
                let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
                return match quote {
                    Some(quote) => value.get(1..)?.split(quote).next(),
                    None => value.split_whitespace().next(),
                };
            }
            left = after;
        }
        None
    }
}

/// The first tag in `text` that is `wanted`, and where it begins.
pub(super) fn find<'a>(text: &'a str, wanted: impl Fn(&Tag<'a>) -> bool) -> Option<(usize, Tag<'a>)> {
    text.match_indices('<').find_map(|(at, _)| Some((at, Tag::at(text.get(at..)?).filter(|tag| wanted(tag))?)))
}

/// Where a tag begins that `text` breaks off in.
pub(super) fn broken_off(text: &str) -> Option<usize> {
    let at = text.rfind('<')?;
    let tail = text.get(at..)?;
    let (rest, _, special, dsml) = opening(tail)?;
    if tail.contains(['>', '`', '\n']) {
        return None;
    }
    let word = squeeze(rest.split(['=', '"']).next().unwrap_or_default().split(' ').next().unwrap_or_default());
    let least = match special {
        true if tail.contains('｜') => 0,
        true => 3,
        false => 5,
    };
    let known = WORDS.iter().chain(&["toolcalls", "dsml"]).any(|known| known.starts_with(word.as_str()));
    (dsml || (word.len() >= least && known)).then_some(at)
}
