//! The exchange with servers that stream one JSON object a line instead of events.

use serde_json::Value;
use tokio::time::timeout;

use super::{LONGEST, MOST_BYTES, Wire, cause, timed_out};
use crate::context::Context;
use crate::model::ModelError;

impl Wire {
    /// POSTs `body` to `path` below the server's root and gives each line of the answer to `each`, until that says it was the
    /// last one. A stream that ends before is [`ModelError::Truncated`].
    pub(in crate::model) async fn lines(
        &self,
        cx: &Context,
        path: &str,
        id: &str,
        body: &Value,
        mut each: impl FnMut(&str) -> Result<bool, ModelError> + Send,
    ) -> Result<(), ModelError> {
        let limit = cx.left(LONGEST);
        let exchange = async {
            let mut response = self.send(&format!("{}{path}", self.root()), id, body).await?;
            let (mut line, mut bytes) = (Vec::new(), 0);
            loop {
                let chunk = match timeout(self.dialect.silence, response.chunk()).await {
                    Ok(Ok(Some(chunk))) => chunk,
                    Ok(Ok(None)) => {
                        let done = !line.is_empty() && each(&String::from_utf8_lossy(&line))?;
                        let early = || ModelError::Truncated("the stream ended before the last line".to_owned());
                        return if done { Ok(()) } else { Err(early()) };
                    }
                    Ok(Err(error)) => return Err(ModelError::Truncated(cause(&error))),
                    Err(_) => return Err(ModelError::Truncated(format!("nothing came for {} s", self.dialect.silence.as_secs()))),
                };
                bytes += chunk.len();
                if bytes > MOST_BYTES {
                    return Err(ModelError::Unreadable(format!("it is longer than {} MiB", MOST_BYTES >> 20)));
                }
                for &byte in &chunk {
                    if byte != b'\n' {
                        line.push(byte);
                        continue;
                    }
                    // Bytes are read as text only when their line is whole: a chunk may end within a character.
                    let whole = std::mem::take(&mut line);
                    let text = String::from_utf8_lossy(&whole);
                    if !text.trim().is_empty() && each(&text)? {
                        return Ok(());
                    }
                }
            }
        };
        let ended = timeout(limit, exchange).await.unwrap_or_else(|_| Err(timed_out(limit)));
        ended.map_err(|error| self.without_key_in(error))
    }
}
