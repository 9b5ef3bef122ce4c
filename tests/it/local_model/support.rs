//! The model, fetched once and loaded by each test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use handiwork::catalogue;
use handiwork::core::model::local::{LocalConfig, LocalModel};
use handiwork::core::model::{Message, Model, Reply, Request};
use handiwork::core::{Action, Context};

/// Longest time that a reply of the small model may take here.
pub(crate) const LIMIT: Duration = Duration::from_mins(5);

/// Where models for tests are kept, across test runs.
fn folder() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache"));
    cache.join("handiwork/test-models")
}

/// The test model's file; fetched by whoever comes first, in this process or another.
pub(crate) async fn file() -> PathBuf {
    let dir = folder();
    std::fs::create_dir_all(&dir).unwrap();
    let lock = File::create(dir.join(".lock")).unwrap();
    let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await.unwrap().unwrap();
    let path = match catalogue::resolve(&dir, "test") {
        Ok(path) => path,
        Err(_) => catalogue::pull(&dir, "test", |_, _| ()).await.expect("the test model can be fetched"),
    };
    drop(lock);
    path
}

/// One thread: tests share the machine, and threads of one model wait for each other.
pub(super) fn load(path: &Path) -> LocalModel {
    LocalModel::load(LocalConfig { context: 4096, threads: Some(1), ..LocalConfig::new(path, "smollm2-135m") }).unwrap()
}

/// The model, loaded for one test. It is the test's own, so that it is at rest when the test's process ends: the engine must
/// not be computing while the process is torn down.
pub(super) async fn model() -> LocalModel {
    let path = file().await;
    tokio::task::spawn_blocking(move || load(&path)).await.unwrap()
}

pub(super) async fn ask(model: &LocalModel, request: &Request) -> Reply {
    model.complete(&Context::default().within(LIMIT), request).await.unwrap()
}

/// A request with the usual tools and a small screen.
pub(super) fn request(task: &str) -> Request {
    let screen = "Sign up\n  e1 textbox \"Name\"\n  e2 combobox \"Country\" options=[\"中国\", \"Portugal\"]\n  e3 checkbox \"News\"\n  e4 button \"Send\"\n";
    Request {
        system: "You operate a web page.".to_owned(),
        tools: Action::specs(&["click", "fill", "select", "check", "press", "scroll"]),
        messages: vec![Message::user(format!("{task}\n\n{screen}"))],
        constraint: None,
        max_tokens: Some(200),
    }
}
