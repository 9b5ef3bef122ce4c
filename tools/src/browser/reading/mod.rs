//! Reading: what a page, an element or a PDF document says, as Markdown, tables and links.
//!
//! The page is taken as it is drawn, by the same rules as the screen ([`super::screen`]) but all of it: the script lists tags and
//! texts of what can be seen by scrolling. From that list HTML is made here, and Markdown of it ([`markdown`]). The one decision: the
//! page's own HTML is never read, so what is hidden in it is not there to be filtered out.

mod markdown;
pub mod pdf;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use handiwork_core::{Context, Reading, Reason, Ref, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Browser;
use super::cdp::{CallError, Fetched, Until};
use markdown::Source;

/// The longest that a frame is waited for.
const FRAME: Duration = Duration::from_secs(3);
/// How often a part is read again because closed shadow roots were found in it.
const ROUNDS: usize = 4;
/// Frames in frames that are followed.
const DEEPEST: usize = 8;
/// Most frames of one part.
const MOST_FRAMES: usize = 50;
/// Largest document that is fetched to be read, in bytes.
const LARGEST: u64 = 50 << 20;
/// The longest that making Markdown or reading a PDF may take.
const DIGESTING: Duration = Duration::from_secs(20);

/// What the script gives: texts, opened tags with their attributes, 0 for a closed one, and the numbers of frames to be filled in.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Told {
    title: String,
    url: String,
    #[serde(rename = "type")]
    kind: String,
    pub(crate) items: Vec<Value>,
    suspects: Vec<u64>,
    pub(crate) incomplete: bool,
}

/// What is to be read.
#[derive(Debug)]
enum What {
    /// The page in front, or the element with this token and number.
    Page(Option<(String, u64)>),
    /// The PDF at this address.
    Pdf(String),
    /// The PDF in the folder for downloads, with its address.
    File(String, String),
}

impl Browser {
    /// Reads the page in front, or an element of it. A PDF is read by its pages: one that was opened in this tab, or one that a
    /// link leads to.
    pub async fn read(&self, cx: &Context, element: Option<Ref>) -> Result<Reading, Refusal> {
        let until = self.until(cx);
        let _turn = self.turn(until).await?;
        self.read_now(cx, element, until).await
    }

    pub(crate) async fn read_now(&self, cx: &Context, element: Option<Ref>, until: Until) -> Result<Reading, Refusal> {
        let failed = |error: CallError| Refusal::Surface(error.surface("reading the page"));
        let tab = self.tab().map_err(failed)?;
        if tab.crashed {
            return Err(Reason::Crashed.into());
        }
        let mut reading = match self.what(tab.number, element, until).await? {
            What::Page(place) => {
                let (token, id) = place.map_or((None, 0), |(token, id)| (Some(token), id));
                let key = token.as_deref().map_or(tab.session.id.clone(), |token| tab.part_of(token).to_owned());
                let told = self.told(tab.number, &key, token.as_deref(), id, 0, until).await.map_err(failed)?;
                let told = match (told, element) {
                    (Some(told), _) => told,
                    (None, Some(r#ref)) => return Err(Reason::Stale { r#ref }.into()),
                    (None, None) => return Err(failed(CallError::Detached)),
                };
                if told.kind == "application/pdf" {
                    self.read_pdf(tab.number, &told.url, until).await?
                } else {
                    self.digest(cx, told, id == 0, until).await?
                }
            }
            What::Pdf(url) => self.read_pdf(tab.number, &url, until).await?,
            What::File(file, url) => self.read_file(file, url, until).await?,
        };
        redact(cx, &mut reading);
        Ok(reading)
    }

    /// What an element stands for: itself, or the PDF that it leads to.
    async fn what(&self, number: u32, element: Option<Ref>, until: Until) -> Result<What, Refusal> {
        let failed = |error: CallError| Refusal::Surface(error.surface("reading the page"));
        let Some(r) = element else {
            let opened = self.pdf.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some((tab, token, file, url)) = opened
                && tab == number
                && self.token_of(number, until).await.is_ok_and(|now| now == token)
            {
                return Ok(What::File(file, url));
            }
            return Ok(What::Page(None));
        };
        let known = self.refs().find(r)?;
        if known.tab != number {
            return Err(Reason::Stale { r#ref: r }.into());
        }
        let args = json!([known.id, { "free": true }]);
        let facts = self.call(number, Some(&known.token), "inspect", &args, until).await.map_err(failed)?;
        let facts = facts.map(|answer| answer.value).filter(|facts| facts.get("state").and_then(Value::as_str) == Some("there"));
        let href = facts.ok_or(Reason::Stale { r#ref: r })?.get("href").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_pdf = url::Url::parse(&href).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.path().rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("pdf"))
        });
        Ok(if is_pdf { What::Pdf(href) } else { What::Page(Some((known.token, known.id))) })
    }

    /// What a part of the tab says, its frames filled in. `None` if the element is gone.
    pub(crate) fn told<'a>(
        &'a self,
        number: u32,
        key: &'a str,
        token: Option<&'a str>,
        id: u64,
        depth: usize,
        until: Until,
    ) -> BoxFuture<'a, Result<Option<Told>, CallError>> {
        Box::pin(async move {
            let mut rounds = 0;
            let (token, mut told) = loop {
                rounds += 1;
                let Some(answer) = self.call_in(number, key, token, "serialise", &json!([id]), until).await? else { return Ok(None) };
                if answer.value.is_null() {
                    return Ok(None);
                }
                let told: Told = serde_json::from_value(answer.value).map_err(|error| CallError::Unreadable(error.to_string()))?;
                let again = !told.suspects.is_empty()
                    && rounds < ROUNDS
                    && self.open_closed(number, key, &told.suspects, until.at_most(FRAME)).await.unwrap_or(false);
                if !again {
                    break (answer.token, told);
                }
            };
            let frames: Vec<u64> = told.items.iter().filter_map(Value::as_u64).filter(|id| *id != 0).take(MOST_FRAMES).collect();
            let inner = frames.iter().map(|id| async {
                let limit = until.at_most(FRAME);
                let read = async {
                    let part = self.part_in(number, key, &token, *id, limit).await?.filter(|_| depth < DEEPEST);
                    let part = part.ok_or(CallError::Detached)?;
                    self.told(number, &part, None, 0, depth + 1, limit).await?.ok_or(CallError::Detached)
                };
                (*id, tokio::time::timeout_at(limit.end, read).await.unwrap_or(Err(CallError::TimedOut(0))))
            });
            let mut inner: BTreeMap<u64, Result<Told, CallError>> = join_all(inner).await.into_iter().collect();
            let items = std::mem::take(&mut told.items);
            for item in items {
                match item.as_u64().filter(|id| *id != 0).map(|id| inner.remove(&id)) {
                    None => told.items.push(item),
                    Some(Some(Ok(frame))) => {
                        told.items.extend(frame.items);
                        told.incomplete |= frame.incomplete;
                    }
                    Some(_) => told.incomplete = true,
                }
            }
            Ok(Some(told))
        })
    }

    /// Makes Markdown of what was told.
    async fn digest(&self, cx: &Context, told: Told, whole: bool, until: Until) -> Result<Reading, Refusal> {
        let clean = |text: &str| cx.secrets().redact(text);
        let html = markdown::html(&told.items, &clean);
        let source = Source { html, title: clean(&told.title), url: told.url, choose: whole };
        let incomplete = told.incomplete;
        let mut reading = blocking("reading the page", until, move || Ok(markdown::digest(&source))).await?;
        reading.incomplete |= incomplete;
        Ok(reading)
    }

    async fn read_pdf(&self, number: u32, url: &str, until: Until) -> Result<Reading, Refusal> {
        let failed = |error: CallError| Refusal::Surface(error.surface("fetching the document"));
        let refused = |problem: &str| Refusal::from(Reason::FileNotAllowed { path: url.to_owned(), problem: problem.to_owned() });
        let tab = self.state().tab(number).ok_or(CallError::Detached).map_err(failed)?;
        let frame = tab.part(&tab.session.id).map(|part| part.frame.clone()).unwrap_or_default();
        let limit = self.config.download_limit.min(LARGEST);
        match tab.session.fetch(&frame, url, limit, until).await.map_err(failed)? {
            Fetched::Bytes(bytes) => read_bytes(bytes, name_of(url), url.to_owned(), until).await,
            Fetched::TooLarge => Err(refused(&format!("it is larger than {limit} bytes, the most that is read"))),
            Fetched::Failed(why) => Err(refused(&why)),
        }
    }

    async fn read_file(&self, file: String, url: String, until: Until) -> Result<Reading, Refusal> {
        let path = self.downloads.folder().join(&file);
        let gone = |problem: String| Refusal::from(Reason::FileNotAllowed { path: file.clone(), problem });
        let size = tokio::fs::metadata(&path).await.map_err(|error| gone(error.to_string()))?.len();
        if size > LARGEST {
            return Err(gone(format!("it is larger than {LARGEST} bytes, the most that is read")));
        }
        let bytes = tokio::fs::read(&path).await.map_err(|error| gone(error.to_string()))?;
        read_bytes(bytes, file.clone(), url, until).await
    }
}

/// The last part of an address's path.
fn name_of(url: &str) -> String {
    let url = url::Url::parse(url).ok();
    let last = url.as_ref().and_then(|url| url.path_segments()?.next_back()).unwrap_or_default();
    last.to_owned()
}

async fn read_bytes(bytes: Vec<u8>, name: String, url: String, until: Until) -> Result<Reading, Refusal> {
    if !bytes.starts_with(b"%PDF-") {
        return Err(Reason::FileNotAllowed { path: url, problem: "it is not a PDF; open it to see what it is".to_owned() }.into());
    }
    let at = url.clone();
    let text =
        move || pdf::text(&bytes).map_err(|problem| Reason::FileNotAllowed { path: at, problem: format!("it can't be read: {problem}") });
    let document = blocking("reading the document", until, text).await?;
    let pages: Vec<String> =
        document.pages.iter().enumerate().map(|(place, page)| format!("## Page {}\n\n{}", place + 1, page.trim())).collect();
    let title = if document.title.is_empty() { name } else { document.title };
    Ok(Reading { title, url, markdown: pages.join("\n\n"), incomplete: document.incomplete, ..Reading::default() })
}

/// Does what computes for long on a thread of its own. A panic in it is an error; what takes too long is left to end by itself.
async fn blocking<T: Send + 'static>(
    doing: &str,
    until: Until,
    work: impl FnOnce() -> Result<T, Reason> + Send + 'static,
) -> Result<T, Refusal> {
    let until = until.at_most(DIGESTING);
    let problem = |problem: &str| Refusal::from(Reason::BadArguments { problem: problem.to_owned() });
    match tokio::time::timeout_at(until.end, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(done)) => Ok(done?),
        Ok(Err(_)) => Err(problem("its content is malformed and can't be read; look at the screen instead")),
        Err(_) => Err(Refusal::Surface(until.error(doing))),
    }
}

/// Takes the secrets out of what was read; the page may have echoed one in pieces.
fn redact(cx: &Context, reading: &mut Reading) {
    if cx.secrets().is_empty() {
        return;
    }
    let clean = |text: &mut String| *text = cx.secrets().redact(text);
    clean(&mut reading.title);
    clean(&mut reading.url);
    clean(&mut reading.markdown);
    for table in &mut reading.tables {
        clean(&mut table.caption);
        table.header.iter_mut().chain(table.rows.iter_mut().flatten()).for_each(clean);
    }
    for link in &mut reading.links {
        clean(&mut link.text);
        clean(&mut link.url);
    }
}
