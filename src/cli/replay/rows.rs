//! The rows that a script is replayed for: from CSV or JSON, each with its values.

use std::path::Path;

use handiwork::planners::Script;
use handiwork::planners::script::Values;
use serde_json::Value;

use super::super::script;
use super::super::{Code, Failure};

/// A row, ready to be replayed.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Its number, from 1.
    pub(super) number: usize,
    pub(super) values: Values,
}

/// All rows of a file, over the values that hold for all. Every one is checked before the first is begun.
pub(super) fn read(file: &Path, for_all: &Values, of: &Script) -> Result<Vec<Row>, Failure> {
    let wrong = |why: String| Failure::new(Code::Usage, format!("--data {}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let is_json = file.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("json"));
    let rows = if is_json { from_json(&text) } else { from_csv(&text) }.map_err(wrong)?;
    if rows.is_empty() {
        return Err(wrong("there are no rows in it".to_owned()).hint("the first line of a CSV file has the names of the variables"));
    }
    (1..)
        .zip(rows)
        .map(|(number, row)| {
            let given: Values = for_all.clone().into_iter().chain(row).collect();
            let values = of.values(&given).map_err(|why| script::wrong(file, &format!("row {number}: {why}")))?;
            Ok(Row { number, values })
        })
        .collect()
}

fn from_csv(text: &str) -> Result<Vec<Values>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader.deserialize::<Values>().map(|row| row.map_err(|error| error.to_string())).collect()
}

fn from_json(text: &str) -> Result<Vec<Values>, String> {
    let rows: Vec<serde_json::Map<String, Value>> =
        serde_json::from_str(text).map_err(|error| format!("it is no list of objects: {error}"))?;
    let told = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(rows.into_iter().map(|row| row.into_iter().map(|(name, value)| (name, told(value))).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_from_csv_and_json_alike() {
        let csv = from_csv("\u{feff}who, amount\n\"Lopez, Ana\",86.40\nBo,5\n").expect("rows");
        let json = from_json(r#"[{"who":"Lopez, Ana","amount":"86.40"},{"who":"Bo","amount":5}]"#).expect("rows");
        assert_eq!(csv, json);
        assert!(from_csv("a,b\n1\n").expect_err("short").contains("record"));
        assert!(from_json("{}").is_err());
    }
}
