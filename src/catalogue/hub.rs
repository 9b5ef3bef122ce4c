//! The model hub, over HTTPS.
//!
//! Files are gigabytes and connections break. The one decision: what has arrived is kept under the file's name with `.part`, and
//! a later request asks for the rest only, under the condition that the file is still the one with that tag. The hash over
//! everything is the judge, so a tag that lies costs time and nothing else.

use std::error::Error as _;
use std::time::Duration;

use futures::StreamExt as _;
use reqwest::header::{self, HeaderMap};
use reqwest::{Client, Response, StatusCode, redirect};
use serde::Deserialize;

use super::pull::Listener;
use super::sink::Sink;

/// Where the hub is, unless a mirror is given.
pub const HUB: &str = "https://huggingface.co";

/// The hub is often out of reach, and the next source waits: so the wait for a connection is short.
const CONNECT: Duration = Duration::from_secs(8);
/// Longest silence within a download.
const SILENCE: Duration = Duration::from_mins(1);
/// How often a download is taken up again, as long as each time brings something new.
const ATTEMPTS: u32 = 8;
/// Wait before it is.
const PAUSE: Duration = Duration::from_millis(300);

/// A file of a repository.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The hub's address, without a slash at its end.
    pub(super) hub: &'a str,
    pub(super) repo: &'a str,
    pub(super) revision: &'a str,
    pub(super) file: &'a str,
}

impl Place<'_> {
    fn url(&self) -> String {
        let Self { hub, repo, revision, file } = self;
        format!("{hub}/{repo}/resolve/{revision}/{file}")
    }
}

/// What the hub says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// A row of a repository's file listing.
#[derive(Debug, Deserialize)]
struct Row {
    path: String,
    lfs: Option<Lfs>,
}

#[derive(Debug, Deserialize)]
struct Lfs {
    oid: String,
    size: u64,
}

/// Size and hash of a file: from the listing of its repository, else from the headers of the file itself.
pub(super) async fn facts(place: &Place<'_>) -> Result<Facts, String> {
    let Place { hub, repo, revision, file } = place;
    let client = client(redirect::Policy::default())?;
    let folder = file.rsplit_once('/').map(|(folder, _)| format!("/{folder}")).unwrap_or_default();
    let listing = client.get(format!("{hub}/api/models/{repo}/tree/{revision}{folder}"));
    let answer = within(listing.send()).await?;
    if answer.status().is_success() {
        let rows: Vec<Row> = within(answer.json()).await.map_err(|why| format!("its file listing can't be read: {why}"))?;
        let row = rows.into_iter().find(|row| row.path == *file).and_then(|row| row.lfs);
        if let Some(facts) = row.and_then(|lfs| sound(&lfs.oid, lfs.size)) {
            return Ok(facts);
        }
    }
    // The file's own answer leads elsewhere, and it is the first answer that has the headers.
    let direct = self::client(redirect::Policy::none())?;
    let answer = within(direct.head(place.url()).send()).await?;
    let status = answer.status();
    if !status.is_success() && !status.is_redirection() {
        return Err(format!("it answered with status {status}"));
    }
    let text = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let size = text("x-linked-size").and_then(|size| size.parse().ok());
    let facts = text("x-linked-etag").zip(size).and_then(|(tag, size)| sound(tag.trim_matches('"'), size));
    facts.ok_or_else(|| format!("it does not tell size and hash of {file}"))
}

fn sound(hash: &str, bytes: u64) -> Option<Facts> {
    let hash = hash.strip_prefix("sha256:").unwrap_or(hash).to_ascii_lowercase();
    (hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && bytes > 0).then_some(Facts { bytes, sha256: hash })
}

/// Fetches what the sink does not have yet.
pub(super) async fn fetch(mut sink: Sink, place: &Place<'_>, listener: Listener<'_>) -> Result<Sink, String> {
    let client = client(redirect::Policy::default())?;
    let mut attempt = 1;
    while sink.done() < sink.total() {
        listener(sink.done(), sink.total());
        let before = sink.done();
        match rest(&client, &mut sink, place, listener).await {
            Ok(()) => {}
            Err(Trouble::Final(why)) => return Err(why),
            Err(Trouble::Broken(why)) => {
                if sink.done() <= before || attempt >= ATTEMPTS {
                    return Err(format!("{why}; {} of {} bytes are kept for the next time", sink.done(), sink.total()));
                }
                tracing::debug!(why, done = sink.done(), "a download is taken up again");
                attempt += 1;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    Ok(sink)
}

/// Why a download ended early.
enum Trouble {
    /// The connection; what came is of use.
    Broken(String),
    /// Asking again is of no use.
    Final(String),
}

async fn rest(client: &Client, sink: &mut Sink, place: &Place<'_>, listener: Listener<'_>) -> Result<(), Trouble> {
    let mut answer = ask(client, sink, place).await?;
    if answer.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        // What is here can't be a beginning of what is there.
        sink.restart().map_err(Trouble::Final)?;
        answer = ask(client, sink, place).await?;
    }
    let status = answer.status();
    if !status.is_success() {
        return Err(Trouble::Final(format!("it answered with status {status}")));
    }
    let begins = if status == StatusCode::PARTIAL_CONTENT { first_byte(answer.headers()) } else { Some(0) };
    if begins != Some(sink.done()) {
        // It sends the whole file: it knows no ranges, or has another file by now.
        sink.restart().map_err(Trouble::Final)?;
        if begins != Some(0) {
            return Err(Trouble::Final("it sent another part of the file than was asked for; run the pull again".to_owned()));
        }
    }
    let offered = answer.content_length().map(|length| length + sink.done());
    if let Some(offered) = offered.filter(|offered| *offered != sink.total()) {
        return Err(Trouble::Final(format!("it offers {offered} bytes instead of {}", sink.total())));
    }
    sink.remember(strong_tag(answer.headers())).map_err(Trouble::Final)?;
    let mut body = answer.bytes_stream();
    while let Some(chunk) = body.next().await {
        sink.write(&chunk.map_err(|error| Trouble::Broken(reason(&error)))?).map_err(Trouble::Final)?;
        listener(sink.done(), sink.total());
    }
    if sink.done() < sink.total() {
        return Err(Trouble::Broken("the download ended early".to_owned()));
    }
    Ok(())
}

async fn ask(client: &Client, sink: &Sink, place: &Place<'_>) -> Result<Response, Trouble> {
    let mut request = client.get(place.url());
    if sink.done() > 0 {
        request = request.header(header::RANGE, format!("bytes={}-", sink.done()));
        if let Some(tag) = sink.tag() {
            request = request.header(header::IF_RANGE, tag);
        }
    }
    within(request.send()).await.map_err(Trouble::Broken)
}

/// Where a part begins, by its header `Content-Range: bytes 5-9/10`.
fn first_byte(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

/// The tag, if it promises the same bytes.
fn strong_tag(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ETAG)?.to_str().ok().filter(|tag| tag.starts_with('"'))
}

fn client(redirects: redirect::Policy) -> Result<Client, String> {
    Client::builder()
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .redirect(redirects)
        .user_agent(concat!("handiwork/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| reason(&error))
}

async fn within<T>(asked: impl Future<Output = Result<T, reqwest::Error>>) -> Result<T, String> {
    tokio::time::timeout(SILENCE, asked)
        .await
        .map_err(|_| format!("no answer within {} s", SILENCE.as_secs()))?
        .map_err(|error| reason(&error))
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
