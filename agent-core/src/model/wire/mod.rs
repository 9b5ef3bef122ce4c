//! The one exchange over HTTP that all servers of the protocol share.
//!
//! How servers differ is a row of a table ([`Dialect`]), never a branch. A reply is always streamed and used whole or not at all.
//! Nothing waits for ever: connecting, every silence and the whole exchange have a limit each. No proxy is used but one that is
//! given, no redirect is followed (the key would go with it), and the key is in no error and no `Debug` output.

mod ask;
mod assembly;
mod body;
mod check;
mod failure;
mod lines;
pub(super) mod settings;
mod sse;
mod strict;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response};
use serde_json::{Map, Value};
use tokio::time::timeout;

use crate::context::{Context, Progress};
use crate::model::compat::Dialect;
use crate::model::{ModelError, Reply, Request, rescue};
use assembly::Assembly;
pub(super) use check::Rules;
use failure::Headers;
use settings::Settings;
use sse::Sse;

const CONNECT: Duration = Duration::from_secs(10);

/// The longest that an exchange may take when its context has no deadline.
pub(super) const LONGEST: Duration = Duration::from_mins(30);

/// More of a reply than this is no reply.
const MOST_BYTES: usize = 64 << 20;

/// How much of a refusal is read.
const MOST_REFUSAL: usize = 64 << 10;

/// How to talk to one server. Clones share their connections.
#[derive(Clone)]
pub(super) struct Wire {
    pub(super) base: String,
    key: Option<String>,
    pub(super) dialect: Dialect,
    pub(super) rules: Rules,
    pub(super) settings: Settings,
    pub(super) proxy: Option<String>,
    client: OnceLock<Result<Client, String>>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = self.key.as_ref().map(|_| "…");
        f.debug_struct("Wire").field("base", &self.base).field("key", &key).field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Wire {
    pub(super) fn new(base: String, key: Option<String>, dialect: Dialect) -> Self {
        let key = key.map(|key| key.trim().to_owned());
        Self { base, key, dialect, rules: Rules::LENIENT, settings: Settings::default(), proxy: None, client: OnceLock::new() }
    }

    pub(super) async fn complete(&self, cx: &Context, id: &str, request: &Request) -> Result<Reply, ModelError> {
        self.complete_with(cx, id, request, Map::new()).await
    }

    /// The same, with `more` fields in the body, such as a grammar.
    pub(super) async fn complete_with(
        &self,
        cx: &Context,
        id: &str,
        request: &Request,
        more: Map<String, Value>,
    ) -> Result<Reply, ModelError> {
        let mut body = body::body(id, &self.dialect, &self.settings, request)?;
        if let Value::Object(fields) = &mut body {
            fields.extend(more);
        }
        check::check(&body, &self.dialect, &self.rules).map_err(ModelError::BadRequest)?;
        let limit = cx.left(LONGEST);
        let exchange = async {
            let response = self.send(&self.url(), id, &body).await?;
            self.read(cx, response, request.messages.len()).await
        };
        let reply = timeout(limit, exchange).await.unwrap_or_else(|_| Err(timed_out(limit)));
        let reply = reply.map_err(|error| self.without_key_in(error))?;
        Ok(rescue::settle(self.relaxed(reply, request), request))
    }

    /// The reply without the nulls that only strict tools need.
    fn relaxed(&self, mut reply: Reply, request: &Request) -> Reply {
        for call in reply.calls.iter_mut().filter(|_| self.settings.strict) {
            if let Some(spec) = request.tools.iter().find(|spec| spec.name == call.name) {
                let strict = std::mem::take(&mut call.args);
                // The text as it came goes back, nulls and all.
                call.raw = call.raw.take().or_else(|| Some(strict.to_string().into()));
                call.args = strict::relax(&spec.parameters, strict);
            }
        }
        reply
    }

    /// Strict tools have an address of their own.
    fn url(&self) -> String {
        let base = self.base.trim_end_matches('/');
        let beta = if self.settings.strict && !base.ends_with("/beta") { "/beta" } else { "" };
        let base = if beta.is_empty() { base } else { base.strip_suffix("/v1").unwrap_or(base) };
        format!("{base}{beta}/chat/completions")
    }

    /// Made once, when first needed: making it reads the machine's certificates, and may fail.
    fn client(&self) -> Result<&Client, ModelError> {
        let client = self.client.get_or_init(|| {
            let mut builder = Client::builder()
                .no_proxy()
                .connect_timeout(CONNECT)
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(concat!("handiwork/", env!("CARGO_PKG_VERSION")));
            if let Some(proxy) = &self.proxy {
                builder =
                    builder
                        .proxy(reqwest::Proxy::all(proxy).map_err(|error| {
                            format!("the proxy can't be used: {}; give its address as http://HOST:PORT", cause(&error))
                        })?);
            }
            builder.build().map_err(|error| format!("no HTTPS client could be made: {}", cause(&error)))
        });
        client.as_ref().map_err(|error| ModelError::BadRequest(error.clone()))
    }

    fn headers(&self) -> Result<HeaderMap, ModelError> {
        let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/event-stream"))]);
        if let Some(key) = &self.key {
            let value = (!key.is_empty()).then(|| HeaderValue::try_from(format!("Bearer {key}")).ok()).flatten();
            let mut value = value.ok_or_else(|| ModelError::Unauthorized("it is empty, or holds characters that no key has".to_owned()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(headers)
    }

    /// Sends the request; gives the answer if it is one.
    async fn send(&self, url: &str, id: &str, body: &Value) -> Result<Response, ModelError> {
        if let Err(error) = url::Url::parse(url) {
            return Err(ModelError::BadRequest(format!("{:?} is no address of a server: {error}", self.base)));
        }
        let unreachable = |detail: String| ModelError::Unreachable { url: self.base.clone(), detail };
        let sent = timeout(self.dialect.silence, self.client()?.post(url).headers(self.headers()?).json(body).send()).await;
        let mut response = match sent {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_builder() => return Err(ModelError::BadRequest(cause(&error))),
            Ok(Err(error)) if error.is_timeout() => return Err(unreachable(format!("no connection within {} s", CONNECT.as_secs()))),
            Ok(Err(error)) => return Err(unreachable(cause(&error))),
            Err(_) => return Err(unreachable(format!("no answer within {} s", self.dialect.silence.as_secs()))),
        };
        let header = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (retry_after, date, media) = (header(RETRY_AFTER), header(DATE), header(CONTENT_TYPE).unwrap_or_default());
        let status = response.status().as_u16();
        if status != 200 {
            let text = refusal(&mut response).await;
            let headers = Headers { retry_after: retry_after.as_deref(), date: date.as_deref() };
            return Err(failure::of_status(status, &headers, &text, id));
        }
        if media.starts_with("text/html") || media.starts_with("application/json") {
            let text = refusal(&mut response).await;
            return Err(ModelError::Unreadable(format!("{url} gave {media}, not a stream of events: {}", failure::clip(&text))));
        }
        Ok(response)
    }

    async fn read(&self, cx: &Context, mut response: Response, place: usize) -> Result<Reply, ModelError> {
        let mut reader = Sse::default();
        let mut assembly = Assembly::new(self.dialect);
        let (mut bytes, mut waits, mut begun) = (0, 0, false);
        loop {
            let chunk = match timeout(self.dialect.silence, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) if reader.finish().is_some_and(|data| data.is_ok_and(|data| is_done(&data))) => return assembly.finish(place),
                Ok(Ok(None)) => return Err(ModelError::Truncated("the stream ended without [DONE]".to_owned())),
                Ok(Err(error)) => return Err(ModelError::Truncated(cause(&error))),
                Err(_) => return Err(ModelError::Truncated(format!("nothing came for {} s", self.dialect.silence.as_secs()))),
            };
            bytes += chunk.len();
            if bytes > MOST_BYTES {
                return Err(ModelError::Unreadable(format!("it is longer than {} MiB", MOST_BYTES >> 20)));
            }
            for data in reader.feed(&chunk) {
                let data = data?;
                if is_done(&data) {
                    return assembly.finish(place);
                }
                begun = true;
                assembly.push(&data, |progress| cx.report(progress))?;
            }
            if !begun && reader.signs_of_life() > waits {
                waits = reader.signs_of_life();
                cx.report(Progress::Waiting("the server has the request and has not begun to answer".to_owned()));
            }
        }
    }

    /// Servers, and what stands between, quote what they refuse.
    fn without_key_in(&self, error: ModelError) -> ModelError {
        error.map_words(|words| self.without_key(words))
    }

    fn without_key(&self, text: &str) -> String {
        match &self.key {
            Some(key) if !key.is_empty() => text.replace(key.as_str(), "[key]"),
            _ => text.to_owned(),
        }
    }
}

/// The error for a deadline that has passed.
pub(super) fn timed_out(limit: Duration) -> ModelError {
    ModelError::TimedOut(limit.as_secs_f64().ceil() as u64)
}

fn is_done(data: &str) -> bool {
    data.trim() == "[DONE]"
}

/// The beginning of a refusal's body; what came until it broke off, if it does.
async fn refusal(response: &mut Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Ok(Some(chunk))) = timeout(CONNECT, response.chunk()).await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= MOST_REFUSAL {
            break;
        }
    }
    bytes.truncate(MOST_REFUSAL);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The innermost reason: the outer ones only say that something failed.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
