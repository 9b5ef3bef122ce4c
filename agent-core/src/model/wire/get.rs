//! Short questions beside the exchange itself, such as for the balance. The one decision: the answer is JSON with status 200, and
//! everything else is the same error that it would be of a conversation.

use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::failure::{self, Headers};
use super::{MOST_REFUSAL, Wire, cause, timed_out};
use crate::model::ModelError;

/// The longest that an answer may take.
const LONGEST: Duration = Duration::from_secs(30);

/// More of an answer than this is no answer.
const MOST_BYTES: usize = 16 * MOST_REFUSAL;

impl Wire {
    /// GETs `path` below the API's root, which is the base URL without `/v1` or `/beta`.
    pub(in crate::model) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ModelError> {
        timeout(LONGEST, self.fetch(path)).await.unwrap_or_else(|_| Err(timed_out(LONGEST)))
    }

    async fn fetch<T: DeserializeOwned>(&self, path: &str) -> Result<T, ModelError> {
        let base = self.base.trim_end_matches('/');
        let root = ["/v1", "/beta"].iter().find_map(|end| base.strip_suffix(end)).unwrap_or(base);
        let url = format!("{root}{path}");
        if let Err(error) = url::Url::parse(&url) {
            return Err(ModelError::BadRequest(format!("{:?} is no address of a server: {error}", self.base)));
        }
        let sent = self.client()?.get(&url).headers(self.headers()?).send().await;
        let mut response = sent.map_err(|error| ModelError::Unreachable { url: self.base.clone(), detail: cause(&error) })?;
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| ModelError::Truncated(cause(&error)))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MOST_BYTES {
                return Err(ModelError::Unreadable(format!("{url} gave more than {} MiB", MOST_BYTES >> 20)));
            }
        }
        let text = self.without_key(&String::from_utf8_lossy(&bytes));
        match status {
            200 => serde_json::from_str(&text)
                .map_err(|error| ModelError::Unreadable(format!("{url} gave what is no answer ({error}): {}", failure::clip(&text)))),
            404 => Err(ModelError::BadRequest(format!("{url} is not there; only DeepSeek's own API has it"))),
            _ => Err(failure::of_status(status, &Headers::default(), &text, path)),
        }
    }
}
