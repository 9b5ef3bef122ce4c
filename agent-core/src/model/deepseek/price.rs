//! What DeepSeek's models cost. Data only.

use crate::model::Price;

/// The model that is used when none is named.
pub const DEFAULT_MODEL: &str = "deepseek-flash";

/// Month of [`PRICES`].
pub const PRICES_AS_OF: &str = "2026-11";

/// DeepSeek's prices by model id, off-peak, in USD per million tokens.
pub const PRICES: &[(&str, Price)] = &[
    ("deepseek-flash", Price { hit: 0.003, miss: 0.15, output: 0.60 }),
    ("deepseek-v4-pro", Price { hit: 0.022, miss: 0.66, output: 1.98 }),
];

/// The price of a DeepSeek model. An id that is not in the table counts as the dearest one that is: a budget then ends a run too
/// early rather than too late.
#[must_use]
pub fn price_of(id: &str) -> Price {
    let known = PRICES.iter().find(|(known, _)| *known == id).map(|(_, price)| *price);
    known.unwrap_or_else(|| {
        let none = Price { hit: 0.0, miss: 0.0, output: 0.0 };
        PRICES.iter().fold(none, |dearest, (_, price)| if price.output > dearest.output { *price } else { dearest })
    })
}
