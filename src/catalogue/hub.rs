//! The model hub, over HTTPS.

use std::error::Error as _;
use std::time::Duration;

use futures::StreamExt as _;

use super::pull::{Listener, Sink};

/// The hub is often out of reach, and the next source waits: so the wait for a connection is short.
const CONNECT: Duration = Duration::from_secs(8);
/// Longest silence within a download.
const SILENCE: Duration = Duration::from_mins(1);

pub(super) async fn fetch(mut sink: Sink, repo: &str, revision: &str, file: &str, listener: Listener<'_>) -> Result<Sink, String> {
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .user_agent(concat!("handiwork/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| reason(&error))?;
    let url = format!("https://huggingface.co/{repo}/resolve/{revision}/{file}");
    let response = tokio::time::timeout(SILENCE, client.get(url).send())
        .await
        .map_err(|_| format!("no answer within {} s", SILENCE.as_secs()))?
        .map_err(|error| reason(&error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("it answered with status {status}"));
    }
    if let Some(length) = response.content_length().filter(|length| *length != sink.total()) {
        return Err(format!("it offers {length} bytes instead of {}", sink.total()));
    }
    let mut body = response.bytes_stream();
    while let Some(chunk) = body.next().await {
        sink.write(&chunk.map_err(|error| reason(&error))?)?;
        listener(sink.done(), sink.total());
    }
    Ok(sink)
}

/// An error with its innermost cause, which is the one that tells.
fn reason(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(next) = cause.and_then(|cause| cause.source()) {
        cause = Some(next);
    }
    let what = if error.is_connect() || error.is_timeout() { "can't be reached" } else { "the download failed" };
    cause.map_or_else(|| what.to_owned(), |cause| format!("{what}: {cause}"))
}
