//! What DeepSeek's models cost, and what else differs between them. Data only; each row says from when it holds.

use std::borrow::Cow;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use crate::model::compat::{Dialect, Replay};
use crate::model::{Peak, Price};

/// The model that is used when none is named.
pub const DEFAULT_MODEL: &str = "deepseek-flash";

/// One line of the price list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceRow {
    /// The model's id.
    pub id: &'static str,
    /// The first day, in UTC, on which it is known to hold.
    pub from: Date,
    /// Off-peak, in USD per million tokens.
    pub price: Price,
}

/// DeepSeek's prices, oldest first for each model. A new price is a new row: the old ones say what earlier runs cost.
pub const PRICES: &[PriceRow] = &[
    PriceRow { id: "deepseek-flash", from: date(2026, 11, 1), price: Price { hit: 0.003, miss: 0.15, output: 0.60 } },
    PriceRow { id: "deepseek-v4-pro", from: date(2026, 11, 1), price: Price { hit: 0.022, miss: 0.66, output: 1.98 } },
];

/// DeepSeek's peak hours: Monday to Friday, 01:00 to 04:00 and 06:00 to 10:00 UTC, at twice the price.
pub const PEAK: Peak = Peak { factor: 2.0, days: Cow::Borrowed(&[1, 2, 3, 4, 5]), hours: Cow::Borrowed(&[(1, 4), (6, 10)]) };

/// Most requests of one account at the same time, by model id.
pub const CONCURRENCY: &[(&str, usize)] = &[("deepseek-flash", 2500), ("deepseek-v4-pro", 500)];

/// Models that see pictures.
pub const VISION: &[&str] = &["deepseek-flash"];

/// How the ids of first-generation R1 begin: it refuses to be given its own reasoning.
const FORGETFUL: &[&str] = &["deepseek-reasoner", "deepseek-r1"];

/// The price of a model at `at`, in milliseconds since 1970-01-01 UTC, if it is in the table. Before its first row the first one
/// holds.
#[must_use]
pub fn known_price(id: &str, at: i64) -> Option<Price> {
    row_of(id, at).map(|row| row.price)
}

/// Since when that price holds.
pub(super) fn priced_since(id: &str, at: i64) -> Option<String> {
    row_of(id, at).map(|row| row.from.to_string())
}

fn row_of(id: &str, at: i64) -> Option<&'static PriceRow> {
    let day = jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(TimeZone::UTC).date();
    let rows = || PRICES.iter().filter(|row| row.id == id);
    rows().filter(|row| row.from <= day).max_by_key(|row| row.from).or_else(|| rows().min_by_key(|row| row.from))
}

/// The same for any id. One that is not in the table counts as the dearest one that is: a budget then ends a run too early rather
/// than too late.
#[must_use]
pub fn price_of(id: &str, at: i64) -> Price {
    known_price(id, at).unwrap_or_else(|| {
        let none = Price { hit: 0.0, miss: 0.0, output: 0.0 };
        PRICES.iter().fold(none, |dearest, row| if row.price.output > dearest.output { row.price } else { dearest })
    })
}

/// How many requests of an account may be under way for a model; the least of all for one that is not in the table.
pub(super) fn concurrency_of(id: &str) -> usize {
    let known = CONCURRENCY.iter().find(|(known, _)| *known == id).map(|(_, most)| *most);
    known.or_else(|| CONCURRENCY.iter().map(|(_, most)| *most).min()).unwrap_or(1)
}

/// Whether a model is given its own earlier reasoning.
pub(super) fn replay_of(id: &str) -> Replay {
    let id = id.to_ascii_lowercase();
    if FORGETFUL.iter().any(|start| id.starts_with(start)) { Replay::Never } else { Dialect::DEEPSEEK.replay }
}
