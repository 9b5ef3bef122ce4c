//! What a person enters for a claim, and whether it will do.
//!
//! A form that will not do is shown again with exactly what was entered, and a message beside each field that needs one.

use std::collections::BTreeMap;

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use serde::Serialize;

use super::CATEGORIES;
use super::store::Upload;

/// Longest text of a field, in characters.
const LONGEST: usize = 120;
/// Largest amount, in cents.
const LARGEST: i64 = 100_000_000;

/// What stood in the fields, as it came.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Fields {
    pub(super) employee: String,
    pub(super) title: String,
    pub(super) amount: String,
    pub(super) date: String,
    pub(super) category: String,
    pub(super) company_card: bool,
}

/// A form as it was sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent {
    pub(super) csrf: String,
    pub(super) draft: Option<String>,
    pub(super) fields: Fields,
    pub(super) file: Option<Upload>,
}

/// What was entered, once it will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entered {
    pub(super) employee: String,
    pub(super) title: String,
    pub(super) amount_cents: i64,
    pub(super) date: String,
    pub(super) category: String,
    pub(super) company_card: bool,
}

/// What is wrong, by field.
pub(super) type Problems = BTreeMap<&'static str, String>;

impl From<Entered> for Fields {
    fn from(entered: Entered) -> Self {
        Self {
            amount: money(entered.amount_cents),
            employee: entered.employee,
            title: entered.title,
            date: entered.date,
            category: entered.category,
            company_card: entered.company_card,
        }
    }
}

impl Sent {
    /// Reads a multipart form.
    pub(super) async fn read(mut multipart: Multipart) -> Result<Self, MultipartError> {
        let mut sent = Self::default();
        while let Some(field) = multipart.next_field().await? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "receipt" {
                let file = field.file_name().unwrap_or_default().to_owned();
                let bytes = field.bytes().await?.to_vec();
                sent.file = (!file.is_empty()).then_some(Upload { name: file, bytes });
                continue;
            }
            let text = field.text().await?.trim().to_owned();
            match name.as_str() {
                "csrf" => sent.csrf = text,
                "draft" => sent.draft = Some(text).filter(|text| !text.is_empty()),
                "employee" => sent.fields.employee = text,
                "title" => sent.fields.title = text,
                "amount" => sent.fields.amount = text,
                "date" => sent.fields.date = text,
                "category" => sent.fields.category = text,
                "company_card" => sent.fields.company_card = text == "yes",
                _ => {}
            }
        }
        Ok(sent)
    }
}

impl Fields {
    /// Checks what was entered; `today` is the last day that a claim may be for.
    pub(super) fn check(&self, today: Option<&str>) -> Result<Entered, Problems> {
        let mut problems = Problems::new();
        text(&mut problems, "employee", &self.employee, "Enter the name of the employee.");
        text(&mut problems, "title", &self.title, "Enter a description.");
        let amount = match amount(&self.amount) {
            Ok(cents) => cents,
            Err(problem) => {
                problems.insert("amount", problem.to_owned());
                0
            }
        };
        match (day(&self.date), today.and_then(day)) {
            (None, _) if self.date.is_empty() => drop(problems.insert("date", "Enter the date.".to_owned())),
            (None, _) => drop(problems.insert("date", "This is not a date.".to_owned())),
            (Some(date), Some(today)) if date > today => drop(problems.insert("date", "The date is in the future.".to_owned())),
            _ => {}
        }
        if !CATEGORIES.contains(&self.category.as_str()) {
            problems.insert("category", "Choose a category.".to_owned());
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Entered {
            employee: self.employee.clone(),
            title: self.title.clone(),
            amount_cents: amount,
            date: self.date.clone(),
            category: self.category.clone(),
            company_card: self.company_card,
        })
    }
}

/// Reads a day, strictly `YYYY-MM-DD`.
pub(super) fn day(text: &str) -> Option<jiff::civil::Date> {
    let date: jiff::civil::Date = text.parse().ok()?;
    (date.to_string() == text).then_some(date)
}

/// Cents as people read them.
pub(super) fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn text(problems: &mut Problems, field: &'static str, value: &str, missing: &str) {
    if value.is_empty() {
        problems.insert(field, missing.to_owned());
    } else if value.chars().count() > LONGEST {
        problems.insert(field, format!("Use at most {LONGEST} characters."));
    }
}

/// Reads an amount as a number field sends it, without going through floating point.
fn amount(text: &str) -> Result<i64, &'static str> {
    const NOT: &str = "Enter an amount such as 12.50.";
    if text.is_empty() {
        return Err("Enter the amount.");
    }
    if text.starts_with('-') {
        return Err("The amount must be more than 0.");
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || (whole.is_empty() && part.is_empty()) {
        return Err(NOT);
    }
    if part.trim_end_matches('0').len() > 2 {
        return Err("Use at most two digits after the point.");
    }
    let cents: i64 =
        format!("{whole}{:0<2}", part.get(..part.len().min(2)).unwrap_or_default()).parse().map_err(|_| "The amount is too large.")?;
    match cents {
        0 => Err("The amount must be more than 0."),
        1..=LARGEST => Ok(cents),
        _ => Err("The amount is too large."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_the_cent() {
        for (text, cents) in [
            ("84.5", 8450),
            ("84.50", 8450),
            ("84", 8400),
            ("0.01", 1),
            (".5", 50),
            ("7.", 700),
            ("12.500", 1250),
            ("1000000", 100_000_000),
        ] {
            assert_eq!(amount(text), Ok(cents), "{text}");
        }
        for text in ["", "0", "0.00", "-3", "1e3", "12,50", "1.005", ".", "abc", "1000000.01", "99999999999999999999"] {
            assert!(amount(text).is_err(), "{text}");
        }
    }

    #[test]
    fn money_is_the_inverse_of_amount() {
        for cents in [1, 10, 99, 100, 8450, 123_456] {
            assert_eq!(amount(&money(cents)), Ok(cents));
        }
    }

    #[test]
    fn days_are_strict() {
        assert!(day("2026-02-28").is_some());
        for text in ["2026-02-30", "2026-2-3", "28.02.2026", "", "2026-02-28T10:00"] {
            assert!(day(text).is_none(), "{text}");
        }
    }

    #[test]
    fn every_field_has_its_message() {
        let problems = Fields::default().check(None).expect_err("nothing is entered");
        assert_eq!(problems.into_keys().collect::<Vec<_>>(), ["amount", "category", "date", "employee", "title"]);
    }

    #[test]
    fn a_later_day_than_today_is_refused() {
        let fields = Fields {
            employee: "Ana".into(),
            title: "Train".into(),
            amount: "10".into(),
            date: "2026-03-02".into(),
            category: "Travel".into(),
            company_card: false,
        };
        assert!(fields.check(Some("2026-03-02")).is_ok());
        assert!(fields.check(Some("2026-03-01")).expect_err("future").contains_key("date"));
    }
}
