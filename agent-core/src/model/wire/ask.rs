//! Short questions to a server, beside the exchange itself: what it is, which models it has.
//!
//! The one decision: an answer of any status is an answer; only a server that can't be reached at all is an error.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use super::{MOST_REFUSAL, Wire, cause, failure};
use crate::model::ModelError;

/// More of an answer than this is not read: a list of models is long, but not that long.
const MOST_ANSWER: usize = 64 * MOST_REFUSAL;

impl Wire {
    /// GETs `path` below the server's root, or POSTs `body` to it. Gives the status and the body, null when it is no JSON.
    /// [`ModelError::Unreachable`] when nobody answers within `limit`.
    pub(in crate::model) async fn ask(&self, path: &str, body: Option<&Value>, limit: Duration) -> Result<(u16, Value), ModelError> {
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
            while let Ok(Some(chunk)) = response.chunk().await {
                bytes.extend_from_slice(&chunk);
                if bytes.len() > MOST_ANSWER {
                    return Err(ModelError::Unreadable(format!("{url} gave more than {} MiB", MOST_ANSWER >> 20)));
                }
            }
            let answer = serde_json::from_slice(&bytes).unwrap_or_default();
            tracing::debug!(%url, status, body = %failure::clip(&String::from_utf8_lossy(&bytes)), "asked");
            Ok((status, answer))
        };
        timeout(limit, exchange).await.unwrap_or_else(|_| Err(unreachable(format!("no answer within {} s", limit.as_secs_f64().ceil()))))
    }

    /// The server's address without the `/v1` of the protocol.
    pub(in crate::model) fn root(&self) -> &str {
        let base = self.base.trim_end_matches('/');
        base.strip_suffix("/v1").unwrap_or(base)
    }
}
