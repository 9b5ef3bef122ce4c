//! Pieces of GBNF, the grammar notation of llama.cpp.
//!
//! The one decision: only canonical JSON is in the language (no white space, one way to escape, one way to write a number), so
//! that what was generated and what it is later rendered to are the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::model::protocol::REF_PATTERN;

/// Longest string that may be generated, in characters.
const LONGEST_STRING: u64 = 600;
/// Most items of a generated array or keys of a free object.
const MOST_ITEMS: u32 = 16;

/// Rules that every grammar may refer to. A `char` has one spelling: what must be escaped is, nothing else, and control
/// characters other than newline and tab don't occur.
const SHARED: &str = r#"plain ::= [^"\\\x00-\x1F\x7F] | "\\" ["\\]
char ::= [^"\\\x00-\x1F\x7F] | "\\" ["\\nt]
string ::= "\"" char{0,600} "\""
natural ::= "0" | [1-9] [0-9]{0,14}
integer ::= "0" | "-"? [1-9] [0-9]{0,14}
number ::= integer | "-"? ("0" | [1-9] [0-9]{0,8}) "." [0-9]{0,3} [1-9]
boolean ::= "true" | "false"
ref ::= "\"e" [0-9]{1,7} "\""
value ::= string | number | boolean | "null" | array | object
array ::= "[" (value ("," value){0,15})? "]"
object ::= "{" (string ":" value ("," string ":" value){0,15})? "}"
"#;

/// A grammar under construction.
#[derive(Debug, Default)]
pub(super) struct Rules {
    text: String,
    count: u32,
    /// Names by body: the same choice is one rule, however many calls have it.
    made: BTreeMap<String, String>,
}

impl Rules {
    /// Adds a rule under a name that starts with `stem` and returns the name.
    pub(super) fn add(&mut self, stem: &str, body: &str) -> String {
        if let Some(name) = self.made.get(body) {
            return name.clone();
        }
        self.count += 1;
        let stem: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
        let name = format!("{stem}-{}", self.count);
        let _ = writeln!(self.text, "{name} ::= {body}");
        self.made.insert(body.to_owned(), name.clone());
        name
    }

    /// The whole grammar, with `root` as its start.
    pub(super) fn finish(self, root: &str) -> String {
        format!("root ::= {root}\n{}{SHARED}", self.text)
    }

    /// What matches a value of this JSON Schema. What the schema says beyond types, values and lengths is checked on arrival.
    pub(super) fn schema(&mut self, schema: &Value) -> String {
        if let Some(values) = schema.get("enum").and_then(Value::as_array).filter(|values| !values.is_empty()) {
            return self.one_of(values);
        }
        if let Some(value) = schema.get("const") {
            return literal(&value.to_string());
        }
        if let Some(branches) = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)?.as_array()) {
            let bodies: Vec<String> = branches.iter().map(|branch| self.schema(branch)).collect();
            return if bodies.is_empty() { "value".to_owned() } else { format!("({})", bodies.join(" | ")) };
        }
        match schema.get("type") {
            Some(Value::String(kind)) => self.typed(kind, schema),
            Some(Value::Array(kinds)) if !kinds.is_empty() => {
                let bodies: Vec<String> = kinds.iter().filter_map(Value::as_str).map(|kind| self.typed(kind, schema)).collect();
                format!("({})", bodies.join(" | "))
            }
            _ => "value".to_owned(),
        }
    }

    fn typed(&mut self, kind: &str, schema: &Value) -> String {
        match kind {
            "string" if schema.get("pattern").and_then(Value::as_str) == Some(REF_PATTERN) => "ref".to_owned(),
            "string" => match schema.get("maxLength").and_then(Value::as_u64) {
                Some(most) if most < LONGEST_STRING => self.add("string", &format!("\"\\\"\" char{{0,{most}}} \"\\\"\"")),
                _ => "string".to_owned(),
            },
            "integer" if schema.get("minimum").and_then(Value::as_f64).is_some_and(|least| least >= 0.0) => "natural".to_owned(),
            "integer" | "number" | "boolean" => kind.to_owned(),
            "null" => "\"null\"".to_owned(),
            "array" => {
                let item = schema.get("items").map_or_else(|| "value".to_owned(), |items| self.schema(items));
                let item = self.add("item", &item);
                self.add("array", &format!("\"[\" ({item} (\",\" {item}){{0,{}}})? \"]\"", MOST_ITEMS - 1))
            }
            "object" => self.object(schema),
            _ => "value".to_owned(),
        }
    }

    fn object(&mut self, schema: &Value) -> String {
        let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|properties| !properties.is_empty()) else {
            return "object".to_owned();
        };
        let required = required(schema);
        let (first, then): (Vec<_>, Vec<_>) = properties.iter().partition(|(key, _)| required.contains(&key.as_str()));
        if first.is_empty() {
            // Which comma comes first can't be told without a rule for each key; a free object is checked on arrival.
            return "object".to_owned();
        }
        let mut body = literal("{");
        for (index, (key, value)) in first.into_iter().enumerate() {
            let value = self.schema(value);
            let _ = write!(body, " {} {value}", literal(&format!("{}{}:", if index > 0 { "," } else { "" }, Value::from(key.as_str()))));
        }
        for (key, value) in then {
            let value = self.schema(value);
            let _ = write!(body, " ({} {value})?", literal(&format!(",{}:", Value::from(key.as_str()))));
        }
        self.add("object", &format!("{body} \"}}\""))
    }

    /// What matches exactly one of the values.
    pub(super) fn one_of(&mut self, values: &[Value]) -> String {
        let texts: Vec<String> = values.iter().map(Value::to_string).collect();
        let body = trie(&texts.iter().map(|text| text.chars().collect()).collect::<Vec<Vec<char>>>());
        self.add("one", &body)
    }
}

/// Names of the required properties.
pub(super) fn required(schema: &Value) -> Vec<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Text as a GBNF literal.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 || c == '\x7f' => {
                let _ = write!(out, "\\x{:02X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// An alternation with common beginnings factored out: the engine follows all alternatives at once, and a hundred refs that
/// begin alike would cost a hundred times as much as one.
fn trie(texts: &[Vec<char>]) -> String {
    let common = common_prefix(texts);
    let mut branches: BTreeMap<char, Vec<Vec<char>>> = BTreeMap::new();
    let mut ends = false;
    for text in texts {
        let tail: Vec<char> = text.iter().skip(common.len()).copied().collect();
        match tail.first() {
            Some(first) => branches.entry(*first).or_default().push(tail),
            None => ends = true,
        }
    }
    let head = (!common.is_empty()).then(|| literal(&common.iter().collect::<String>()));
    let tails: Vec<String> = branches.into_values().map(|texts| trie(&texts)).collect();
    let tail = match (tails.is_empty(), ends) {
        (true, _) => None,
        (false, false) => Some(format!("({})", tails.join(" | "))),
        (false, true) => Some(format!("({})?", tails.join(" | "))),
    };
    match (head, tail) {
        (Some(head), Some(tail)) => format!("{head} {tail}"),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => "\"\"".to_owned(),
    }
}

fn common_prefix(texts: &[Vec<char>]) -> Vec<char> {
    let Some(first) = texts.first() else { return Vec::new() };
    let length = texts.iter().map(|text| first.iter().zip(text).take_while(|(a, b)| a == b).count()).min().unwrap_or(0);
    first.iter().take(length).copied().collect()
}
