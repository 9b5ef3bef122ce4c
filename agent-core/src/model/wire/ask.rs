//! Short questions to a server, beside the exchange itself: what it is, which models it has, what is left of the balance.
//!
//! The one decision: they have one way over the wire, and who asks says which statuses are answers.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;

use super::failure::{self, Headers};
use super::{MOST_REFUSAL, Wire, cause};
use crate::model::ModelError;

/// More of an answer than this is not read: a list of models is long, but not that long.
const MOST_ANSWER: usize = 64 * MOST_REFUSAL;
/// The longest that an answer about the account may take.
const LONGEST: Duration = Duration::from_secs(30);

impl Wire {
    /// GETs `path` below the server's root, or POSTs `body` to it. Gives the status and the body, null when it is no JSON: an
    /// answer of any status is one. [`ModelError::Unreachable`] when nobody answers within `limit`.
    pub(in crate::model) async fn ask(&self, path: &str, body: Option<&Value>, limit: Duration) -> Result<(u16, Value), ModelError> {
        let (status, text) = self.question(path, body, limit).await?;
        tracing::debug!(path, status, body = %failure::clip(&text), "asked");
        Ok((status, serde_json::from_str(&text).unwrap_or_default()))
    }

    /// GETs `path` below the API's root. Status 200 is the answer; everything else is the same error that it would be of a
    /// conversation.
    pub(in crate::model) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ModelError> {
        let (status, text) = self.question(path, None, LONGEST).await?;
        match status {
            200 => serde_json::from_str(&text)
                .map_err(|error| ModelError::Unreadable(format!("{path} gave what is no answer ({error}): {}", failure::clip(&text)))),
            404 => Err(ModelError::BadRequest(format!("{}{path} is not there; only DeepSeek's own API has it", self.root()))),
            _ => Err(failure::of_status(status, &Headers::default(), &text, path)),
        }
    }

    /// The status and the text of an answer, in which the key never is.
    async fn question(&self, path: &str, body: Option<&Value>, limit: Duration) -> Result<(u16, String), ModelError> {
        let url = format!("{}{path}", self.root());
        if let Err(error) = url::Url::parse(&url) {
            return Err(ModelError::BadRequest(format!("{:?} is no address of a server: {error}", self.base)));
        }
        let unreachable = |detail: String| ModelError::Unreachable { url: self.base.clone(), detail };
        let client = self.client()?;
        let request = match body {
            Some(body) => client.post(&url).json(body),
            None => client.get(&url),
        };
        let exchange = async {
            let mut response = request.headers(self.headers()?).send().await.map_err(|error| unreachable(cause(&error)))?;
            let status = response.status().as_u16();
            let mut bytes = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| ModelError::Truncated(cause(&error)))? {
                bytes.extend_from_slice(&chunk);
                if bytes.len() > MOST_ANSWER {
                    return Err(ModelError::Unreadable(format!("{path} gave more than {} MiB", MOST_ANSWER >> 20)));
                }
            }
            Ok((status, self.without_key(&String::from_utf8_lossy(&bytes))))
        };
        timeout(limit, exchange).await.unwrap_or_else(|_| Err(unreachable(format!("no answer within {} s", limit.as_secs_f64().ceil()))))
    }

    /// The server's address without the `/v1` of the protocol, or the `/beta` of DeepSeek's.
    pub(in crate::model) fn root(&self) -> &str {
        let base = self.base.trim_end_matches('/');
        ["/v1", "/beta"].iter().find_map(|end| base.strip_suffix(end)).unwrap_or(base)
    }
}
