//! Finding words in texts, however they are written there. Pure.

use handiwork_core::screen::hex;

/// Words that are to go, in each way that they may be written.
#[derive(Debug, Clone)]
pub(super) struct Needle {
    /// In lower case, longest first.
    forms: Vec<Vec<char>>,
    /// What stands in their place.
    token: String,
}

impl Needle {
    pub(super) fn new(text: &str, token: &str) -> Self {
        let lower: String = text.chars().map(low).collect();
        let json = serde_json::to_string(&lower).unwrap_or_default();
        let json = json.trim_matches('"').to_owned();
        let percent: String = lower.bytes().map(percent).collect();
        let html = lower.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let quoted = html.replace('"', "&quot;").replace('\'', "&#x27;");
        let escaped: String = lower.chars().map(|c| if c.is_ascii() { c.to_string() } else { unicode(c) }).collect();
        let mut forms: Vec<Vec<char>> = [lower, json, percent.clone(), percent.replace("%20", "+"), html, quoted, escaped]
            .iter()
            .map(|form| form.to_lowercase().chars().collect())
            .filter(|form: &Vec<char>| !form.is_empty())
            .collect();
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        Self { forms, token: token.to_owned() }
    }

    /// Whether the words stand in a text.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let is_in = |text: &str| {
            let lower: Vec<char> = text.chars().map(low).collect();
            (0..lower.len()).any(|at| self.at(&lower, at).is_some())
        };
        is_in(text) || decoded(text).is_some_and(|text| is_in(&text))
    }

    /// The text without the words, if they stand in it. Where letters of them are written by their numbers, the whole text is
    /// written out first.
    pub(super) fn taken_out(&self, text: &str) -> Option<String> {
        let Some(decoded) = decoded(text) else { return self.cut(text) };
        self.cut(&decoded).map(|out| self.cut(text).filter(|plain| !self.is_in(plain)).unwrap_or(out)).or_else(|| self.cut(text))
    }

    fn cut(&self, text: &str) -> Option<String> {
        let original: Vec<char> = text.chars().collect();
        let lower: Vec<char> = original.iter().copied().map(low).collect();
        let (mut out, mut at, mut found) = (String::new(), 0, false);
        while let Some(c) = original.get(at) {
            if let Some(length) = self.at(&lower, at) {
                out.push_str(&self.token);
                at += length;
                found = true;
            } else {
                out.push(*c);
                at += 1;
            }
        }
        found.then_some(out)
    }

    /// How many characters of the words stand at this place.
    fn at(&self, lower: &[char], at: usize) -> Option<usize> {
        let rest = lower.get(at..)?;
        self.forms.iter().find_map(|form| matched(rest, form))
    }

    /// Whether the words stand in bytes that are no text of ours: as UTF-8, or as UTF-16.
    pub(super) fn is_in_bytes(&self, bytes: &[u8]) -> bool {
        let lower = bytes.to_ascii_lowercase();
        if std::str::from_utf8(bytes).is_ok_and(|text| self.is_in(text)) {
            return true;
        }
        self.forms.iter().any(|form| {
            let text: String = form.iter().collect();
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            contains(&lower, text.as_bytes()) || contains(&lower, &wide)
        })
    }
}

/// How much of a text a form covers, if it stands at its beginning. A space stands for any number of them.
fn matched(text: &[char], form: &[char]) -> Option<usize> {
    let mut at = 0;
    let mut wanted = form.iter().peekable();
    while let Some(c) = wanted.next() {
        if c.is_whitespace() {
            while wanted.next_if(|c| c.is_whitespace()).is_some() {}
            let spaces = text.get(at..)?.iter().take_while(|c| c.is_whitespace()).count();
            if spaces == 0 {
                return None;
            }
            at += spaces;
        } else if text.get(at) == Some(c) {
            at += 1;
        } else {
            return None;
        }
    }
    Some(at)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    let Some((first, rest)) = part.split_first() else { return false };
    let mut from = 0;
    while let Some(found) = bytes.get(from..).and_then(|bytes| bytes.iter().position(|byte| byte == first)) {
        let after = from + found + 1;
        if bytes.get(after..after + rest.len()) == Some(rest) {
            return true;
        }
        from = after;
    }
    false
}

/// A text with each letter that is written by its number, as in JSON or in a URL, written out; none if there is no such letter.
fn decoded(text: &str) -> Option<String> {
    if !text.contains("\\u") && !text.contains('%') {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let (mut rest, mut found) = (text, false);
    while let Some(c) = rest.chars().next() {
        let number = |from: usize, to: usize| rest.get(from..to).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if let Some(unit) = rest.starts_with("\\u").then(|| number(2, 6)).flatten()
            && let Some(letter) = char::from_u32(unit)
        {
            bytes.extend(letter.to_string().into_bytes());
            rest = rest.get(6..).unwrap_or_default();
            found = true;
        } else if let Some(byte) = (c == '%').then(|| number(1, 3)).flatten() {
            bytes.push(byte as u8);
            rest = rest.get(3..).unwrap_or_default();
            found = true;
        } else {
            let length = c.len_utf8();
            bytes.extend(rest.bytes().take(length));
            rest = rest.get(length..).unwrap_or_default();
        }
    }
    found.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// In lower case, one character for one.
fn low(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) { (byte as char).to_string() } else { format!("%{}", hex(&[byte])) }
}

fn unicode(c: char) -> String {
    let mut units = [0; 2];
    c.encode_utf16(&mut units).iter().fold(String::new(), |text, unit| format!("{text}\\u{unit:04x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_however_they_are_written() {
        let needle = Needle::new("Blue \"Heron\" 7 & co 医院", "[x]");
        for text in [
            "a blue \"heron\" 7 & co 医院 b",
            "a BLUE  \"HERON\"\n7 & co 医院 b",
            r#"a blue \"heron\" 7 & co 医院 b"#,
            "a Blue%20%22Heron%22%207%20%26%20co%20%E5%8C%BB%E9%99%A2 b",
            "a Blue+%22Heron%22+7+%26+co+%e5%8c%bb%e9%99%a2 b",
            "a Blue &quot;Heron&quot; 7 &amp; co 医院 b",
            "a blue \"heron\" 7 & co \\u533b\\u9662 b",
        ] {
            assert_eq!(needle.taken_out(text).as_deref(), Some("a [x] b"), "{text}");
            assert!(needle.is_in(text));
        }
        assert_eq!(needle.taken_out("a blue heron"), None);
        let short = Needle::new("Heron seven", "[x]");
        assert_eq!(short.taken_out("100% \\u0048eron \\u0073even, 20%25").as_deref(), Some("100% [x], 20%"));
        assert_eq!(short.taken_out("/q?%48%65ron%20seven").as_deref(), Some("/q?[x]"));
        assert!(
            Needle::new("Heron", "").is_in_bytes("x\0h\0e\0r\0o\0n\0".as_bytes()) && Needle::new("Heron", "").is_in_bytes(b"..HERON..")
        );
    }
}
