//! The catalogue against a server that speaks as the model hub does: a listing, a redirect to another host, ranges, tags, and
//! connections that break.

use std::fs;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures::{StreamExt as _, stream};

use crate::catalogue::{CatalogueError, Contents, ENTRIES, Entry, Source, check_entry, pull_entry, sha256_of};

const SOURCES: &[Source] = &[Source::Hub { repo: "maker/model-GGUF", revision: "main", file: "model.gguf" }];

/// How the hub behaves.
#[derive(Debug, Clone)]
struct Manner {
    file: Vec<u8>,
    /// The tag of the file on the host that has it.
    tag: &'static str,
    lists: bool,
    links: bool,
    ranges: bool,
    /// After how many bytes the connections break, one after the other.
    breaks: Vec<usize>,
}

impl Default for Manner {
    fn default() -> Self {
        let file = (0..300_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        Self { file, tag: "\"one\"", lists: true, links: true, ranges: true, breaks: Vec::new() }
    }
}

/// The two hosts, and what the second one was asked.
struct Hub {
    address: String,
    manner: Arc<Mutex<Manner>>,
    asked: Arc<Mutex<Vec<Option<String>>>>,
}

#[derive(Clone)]
struct Shared {
    manner: Arc<Mutex<Manner>>,
    asked: Arc<Mutex<Vec<Option<String>>>>,
    files: SocketAddr,
}

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

impl Hub {
    async fn start(manner: Manner) -> Self {
        let (manner, asked) = (Arc::new(Mutex::new(manner)), Arc::default());
        let shared = Shared { manner: Arc::clone(&manner), asked: Arc::clone(&asked), files: ([127, 0, 0, 1], 0).into() };
        let files = serve(Router::new().route("/blob", get(blob)).with_state(shared.clone())).await;
        let router = Router::new()
            .route("/api/models/{maker}/{name}/tree/{revision}", get(listing))
            .route("/{maker}/{name}/resolve/{revision}/{file}", get(resolve))
            .with_state(Shared { files, ..shared });
        Self { address: format!("http://{}", serve(router).await), manner, asked }
    }

    /// What the file's host was asked for since the last time.
    fn asked(&self) -> Vec<Option<String>> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    async fn pull(&self, dir: &std::path::Path, entry: Entry) -> Result<std::path::PathBuf, CatalogueError> {
        pull_entry(&self.address, dir, entry, |_, _| ()).await
    }
}

fn hash(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    sha256_of(file.path()).unwrap()
}

async fn listing(State(shared): State<Shared>, UrlPath((_, _, revision)): UrlPath<(String, String, String)>) -> Response {
    let manner = shared.manner.lock().unwrap().clone();
    if !manner.lists || revision != "main" {
        return StatusCode::NOT_FOUND.into_response();
    }
    axum::Json(serde_json::json!([
        { "type": "file", "oid": "0123", "size": 1519, "path": ".gitattributes" },
        { "type": "file", "oid": "4567", "size": manner.file.len(), "path": "model.gguf",
          "lfs": { "oid": hash(&manner.file), "size": manner.file.len(), "pointerSize": 135 }, "xetHash": "89ab" },
    ]))
    .into_response()
}

async fn resolve(State(shared): State<Shared>) -> Response {
    let manner = shared.manner.lock().unwrap().clone();
    let mut response = (StatusCode::FOUND, [(header::LOCATION, format!("http://{}/blob", shared.files))]).into_response();
    if manner.links {
        let tag = format!("\"{}\"", hash(&manner.file));
        response.headers_mut().insert("x-linked-etag", tag.parse().unwrap());
        response.headers_mut().insert("x-linked-size", manner.file.len().into());
    }
    response
}

async fn blob(State(shared): State<Shared>, method: Method, headers: HeaderMap) -> Response {
    assert_eq!(method, Method::GET);
    let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok()).map(ToOwned::to_owned);
    let range = text(header::RANGE);
    shared.asked.lock().unwrap().push(range.clone());
    let mut manner = shared.manner.lock().unwrap();
    let (size, tag) = (manner.file.len(), manner.tag);
    let from: Option<usize> = range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let same = text(header::IF_RANGE).is_none_or(|wanted| wanted == tag);
    let from = from.filter(|_| manner.ranges && same);
    if from.is_some_and(|from| from >= size) {
        return (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, format!("bytes */{size}"))]).into_response();
    }
    let body = manner.file[from.unwrap_or(0)..].to_vec();
    let mut response = Response::builder().header(header::ETAG, tag).header(header::CONTENT_LENGTH, body.len());
    if let Some(from) = from {
        response = response.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, format!("bytes {from}-{}/{size}", size - 1));
    }
    let broken = (!manner.breaks.is_empty()).then(|| manner.breaks.remove(0));
    let body = match broken {
        None => Body::from(body),
        Some(after) => {
            let sent = body[..after.min(body.len())].chunks(1 << 16).map(Bytes::copy_from_slice).map(Ok).collect::<Vec<_>>();
            let pieces = sent.into_iter().chain([Err(std::io::Error::other("broken"))]);
            // Each piece is on its way before the next one is made.
            Body::from_stream(stream::iter(pieces).then(|piece| async {
                tokio::task::yield_now().await;
                piece
            }))
        }
    };
    response.body(body).unwrap()
}

fn known(file: &[u8]) -> Entry {
    let sha256: &'static str = Box::leak(hash(file).into_boxed_str());
    Entry { contents: Contents::Known { bytes: file.len() as u64, sha256 }, ..from_hub() }
}

fn from_hub() -> Entry {
    Entry { name: "model", file: "model.gguf", contents: Contents::FromHub { about_bytes: 1_000_000 }, sources: SOURCES, ..ENTRIES[0] }
}

fn names(dir: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn size_and_hash_come_from_the_listing_or_else_from_the_link() {
    for (lists, links) in [(true, false), (false, true)] {
        let hub = Hub::start(Manner { lists, links, ..Manner::default() }).await;
        let dir = tempfile::tempdir().unwrap();
        let path = hub.pull(dir.path(), from_hub()).await.unwrap();
        let file = hub.manner.lock().unwrap().file.clone();
        assert_eq!(fs::read(&path).unwrap(), file);
        assert_eq!(fs::read_to_string(dir.path().join("model.gguf.sha256")).unwrap(), format!("{}  model.gguf\n", hash(&file)));
        assert_eq!(names(dir.path()), ["model.gguf", "model.gguf.sha256"]);
        // From now on the record is what counts.
        assert!(check_entry(dir.path(), &from_hub()).is_ok());
        fs::write(&path, "something else").unwrap();
        let error = check_entry(dir.path(), &from_hub()).unwrap_err().to_string();
        assert!(error.contains(&hash(&file)) && error.contains("handiwork model pull model"), "{error}");
    }
    let silent = Hub::start(Manner { lists: false, links: false, ..Manner::default() }).await;
    let error = silent.pull(tempfile::tempdir().unwrap().path(), from_hub()).await.unwrap_err().to_string();
    assert!(error.contains("does not tell size and hash of model.gguf"), "{error}");
}

#[tokio::test]
async fn a_broken_connection_costs_only_what_is_missing() {
    let hub = Hub::start(Manner { breaks: vec![400_000, 300_000], ..Manner::default() }).await;
    let file = hub.manner.lock().unwrap().file.clone();
    let dir = tempfile::tempdir().unwrap();
    let path = hub.pull(dir.path(), known(&file)).await.unwrap();
    assert_eq!(fs::read(path).unwrap(), file);
    assert_eq!(names(dir.path()), ["model.gguf"]);
    let asked = hub.asked();
    assert_eq!((asked.len(), asked[0].clone()), (3, None));
    assert!(asked[1..].iter().all(|range| range.as_deref().is_some_and(|range| range.starts_with("bytes="))), "{asked:?}");
}

#[tokio::test]
async fn what_an_earlier_pull_left_is_gone_on_with() {
    // The second connection brings nothing, so the first pull gives up.
    let hub = Hub::start(Manner { breaks: vec![500_000, 0], ..Manner::default() }).await;
    let file = hub.manner.lock().unwrap().file.clone();
    let dir = tempfile::tempdir().unwrap();
    let error = hub.pull(dir.path(), known(&file)).await.unwrap_err().to_string();
    assert!(error.contains("of 1200000 bytes are kept for the next time"), "{error}");
    assert_eq!(names(dir.path()), ["model.gguf.part", "model.gguf.part.etag"]);
    let kept = fs::read(dir.path().join("model.gguf.part")).unwrap();
    assert!(!kept.is_empty() && file.starts_with(&kept));
    hub.asked();
    let path = hub.pull(dir.path(), known(&file)).await.unwrap();
    assert_eq!(hub.asked(), [Some(format!("bytes={}-", kept.len()))]);
    assert_eq!(fs::read(path).unwrap(), file);
    assert_eq!(names(dir.path()), ["model.gguf"]);
}

#[tokio::test]
async fn another_file_by_now_or_no_ranges_begin_anew() {
    for (tag, ranges) in [("\"two\"", true), ("\"one\"", false)] {
        let hub = Hub::start(Manner { tag, ranges, ..Manner::default() }).await;
        let file = hub.manner.lock().unwrap().file.clone();
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("model.gguf.part"), [7; 1000]).unwrap();
        fs::write(dir.path().join("model.gguf.part.etag"), "\"one\"").unwrap();
        let path = hub.pull(dir.path(), known(&file)).await.unwrap();
        assert_eq!(fs::read(path).unwrap(), file);
        assert_eq!(hub.asked(), [Some("bytes=1000-".to_owned())]);
    }
}

#[tokio::test]
async fn a_beginning_that_is_wrong_is_found_by_the_hash_and_removed() {
    let hub = Hub::start(Manner::default()).await;
    let file = hub.manner.lock().unwrap().file.clone();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("model.gguf.part"), [7; 1000]).unwrap();
    let error = hub.pull(dir.path(), known(&file)).await.unwrap_err().to_string();
    assert!(error.contains("its sha256 is") && error.contains("it was removed"), "{error}");
    assert!(names(dir.path()).is_empty());
    assert!(hub.pull(dir.path(), known(&file)).await.is_ok());
}

#[tokio::test]
async fn a_part_that_is_complete_or_too_long_is_no_trouble() {
    let hub = Hub::start(Manner::default()).await;
    let file = hub.manner.lock().unwrap().file.clone();
    let dir = tempfile::tempdir().unwrap();
    let part = dir.path().join("model.gguf.part");
    fs::write(&part, &file).unwrap();
    assert!(hub.pull(dir.path(), known(&file)).await.is_ok());
    assert!(hub.asked().is_empty(), "all of it was there");
    fs::remove_file(dir.path().join("model.gguf")).unwrap();
    fs::write(&part, [file.as_slice(), b"more"].concat()).unwrap();
    assert!(hub.pull(dir.path(), known(&file)).await.is_ok());
    assert_eq!(hub.asked(), [None]);
}

#[tokio::test]
async fn a_range_that_is_refused_begins_anew() {
    let hub = Hub::start(Manner::default()).await;
    let file = hub.manner.lock().unwrap().file.clone();
    let longer = [file.as_slice(), &vec![0; 50_000]].concat();
    let dir = tempfile::tempdir().unwrap();
    // For us the file is longer than for the hub, which has nothing behind its end.
    fs::write(dir.path().join("model.gguf.part"), vec![0; 1_200_001]).unwrap();
    let error = hub.pull(dir.path(), known(&longer)).await.unwrap_err().to_string();
    assert!(error.contains("it offers 1200000 bytes instead of 1250000"), "{error}");
    assert_eq!(hub.asked(), [Some("bytes=1200001-".to_owned()), None]);
}

#[tokio::test]
async fn a_file_without_a_record_is_hashed_and_kept() {
    let hub = Hub::start(Manner::default()).await;
    let file = hub.manner.lock().unwrap().file.clone();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("model.gguf"), &file).unwrap();
    let error = check_entry(dir.path(), &from_hub()).unwrap_err().to_string();
    assert!(error.contains("no record of its sha256"), "{error}");
    hub.pull(dir.path(), from_hub()).await.unwrap();
    assert!(hub.asked().is_empty());
    assert!(check_entry(dir.path(), &from_hub()).is_ok());
}

#[tokio::test]
async fn two_pulls_of_one_file_do_not_mix() {
    let hub = Hub::start(Manner::default()).await;
    let file = hub.manner.lock().unwrap().file.clone();
    let dir = tempfile::tempdir().unwrap();
    let other = fs::File::create(dir.path().join("model.gguf.part")).unwrap();
    other.lock().unwrap();
    let error = hub.pull(dir.path(), known(&file)).await.unwrap_err().to_string();
    assert!(error.contains("another process is fetching it"), "{error}");
    drop(other);
    assert!(hub.pull(dir.path(), known(&file)).await.is_ok());
}
