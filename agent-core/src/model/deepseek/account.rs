//! What an account has: its balance, and the models that it may ask. Amounts stay the decimal text that the provider sends; they
//! are shown, never computed with.

use serde::{Deserialize, Serialize};

use super::DeepSeek;
use super::price::known_price;
use crate::clock::now_ms;
use crate::model::{ModelError, Price};

/// What is left to spend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Whether it is enough to be answered.
    #[serde(rename = "is_available")]
    pub available: bool,
    /// By currency.
    #[serde(rename = "balance_infos", default)]
    pub amounts: Vec<Amount>,
}

/// An amount in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// `CNY` or `USD`.
    pub currency: String,
    /// All of it, such as `110.00`.
    #[serde(rename = "total_balance")]
    pub total: String,
    /// Of this, what was given; it expires.
    #[serde(rename = "granted_balance", default)]
    pub granted: String,
    /// Of this, what was paid in.
    #[serde(rename = "topped_up_balance", default)]
    pub topped_up: String,
}

/// A model that there is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelListing {
    /// Its id, as [`DeepSeek::model`] takes it.
    pub id: String,
    /// Whose it is.
    pub owned_by: String,
    /// Its price off-peak, in USD per million tokens, if it is in our table.
    pub price: Option<Price>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    data: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    #[serde(default)]
    owned_by: String,
}

impl DeepSeek {
    /// What the account has left. Ends within 30 seconds.
    pub async fn balance(&self) -> Result<Balance, ModelError> {
        self.wire.get("/user/balance").await
    }

    /// The models that there are. Ids change several times a year, so this and not a table of ours is the truth. Ends within 30
    /// seconds.
    pub async fn models(&self) -> Result<Vec<ModelListing>, ModelError> {
        let Listed { data } = self.wire.get("/models").await?;
        let now = now_ms();
        Ok(data.into_iter().map(|Row { id, owned_by }| ModelListing { price: known_price(&id, now), id, owned_by }).collect())
    }
}
