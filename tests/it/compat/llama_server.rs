//! llama.cpp's own HTTP server with a real model: asked what it is, then held to a grammar by prompt.
//!
//! The server is in the package `xllamacpp` (34 MB, no dependencies), which pip puts into the cache folder once.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use handiwork::core::model::compat::{OpenAiCompat, Tools};
use handiwork::core::model::{CallRule, Constraint, FinishReason, Message, Model as _, ModelError, Request};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::request;
use crate::local_model::support::{LIMIT, file};

const PACKAGE: &str = "xllamacpp==2026.10.11549";

/// Prints its address, then serves until its input ends: so it ends with the test.
const PROGRAM: &str = r"
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.hostnames, params.port = ['127.0.0.1'], 0
params.n_ctx, params.n_parallel, params.warmup, params.use_jinja = 4096, 1, False, sys.argv[2] == 'jinja'
# Tests share the machine, and threads of one model wait for each other.
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
";

/// The folder with the package; filled by whoever comes first.
async fn package() -> PathBuf {
    let cache = file().await.parent().and_then(Path::parent).expect("the cache folder").to_path_buf();
    let folder = cache.join("python").join(PACKAGE);
    std::fs::create_dir_all(cache.join("python")).expect("a folder");
    let lock = File::create(cache.join("python/.lock")).expect("a lock");
    let _lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await.expect("a thread").expect("the lock");
    if !folder.join("xllamacpp").is_dir() {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", "--target"]).arg(&folder).arg(PACKAGE);
        let output =
            tokio::time::timeout(LIMIT, pip.stdin(Stdio::null()).kill_on_drop(true).output()).await.expect("pip ends").expect("pip runs");
        assert!(output.status.success(), "pip can't install {PACKAGE}: {}", String::from_utf8_lossy(&output.stderr));
    }
    folder
}

async fn start(jinja: &str) -> (Child, String) {
    let mut command = Command::new("python3");
    command.arg("-c").arg(PROGRAM).arg(file().await).arg(jinja).env("PYTHONPATH", package().await);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().expect("python3");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let line = tokio::time::timeout(Duration::from_mins(2), lines.next_line()).await.expect("it starts").expect("a line");
    (child, line.expect("an address"))
}

#[tokio::test]
async fn the_real_llama_server_is_known_and_held_to_a_grammar() {
    let (_server, url) = start("jinja").await;
    let model = OpenAiCompat::connect(&url, "", None).await.expect("a server");
    let info = model.info();
    assert_eq!((info.provider.as_str(), info.context, info.small, info.constrained), ("llama-server", 4096, true, true));
    assert!(info.id.contains("smollm2"), "{info:?}");
    assert_eq!((model.capabilities().tools, model.capabilities().thinks), (Some(false), Some(false)));
    assert_eq!(model.capabilities().parameters, Some(134_515_008));

    // It can name nothing but what is there, however little it understands.
    let rule = CallRule { tool: "click".to_owned(), allowed: [("ref".to_owned(), vec![json!("e4"), json!("e7")])].into() };
    let constraint = Constraint { calls: vec![rule], most_calls: 1, thought: 40, ..Constraint::default() };
    let mut asked = Request { constraint: Some(constraint), max_tokens: Some(80), ..request() };
    let cx = handiwork::core::Context::default().within(LIMIT);
    let reply = model.complete(&cx, &asked).await.expect("a reply");
    let call = reply.calls.first().expect("a call");
    assert_eq!((call.name.as_str(), reply.calls.len(), reply.finish, reply.content.as_str()), ("click", 1, FinishReason::ToolCalls, ""));
    assert!(call.args == json!({ "ref": "e4" }) || call.args == json!({ "ref": "e7" }), "{call:?}");
    assert!(reply.reasoning.is_some() && reply.usage.prompt > 50, "{reply:?}");

    // The conversation goes on append-only, so the server's own cache holds.
    asked.messages.extend([reply.to_message(), Message::Tool { call_id: call.id.clone(), content: "NoEffect".to_owned() }]);
    let second = model.complete(&cx, &asked).await.expect("a reply");
    assert!(second.usage.cached >= reply.usage.prompt - 16, "{:?} after {:?}", second.usage, reply.usage);

    let long = Request { messages: vec![Message::user("word ".repeat(9000))], ..request() };
    let error = model.complete(&cx, &long).await.expect_err("too long");
    assert!(matches!(error, ModelError::ContextFull { needed: 9000.., context: 4096 }), "{error:?}");
}

/// Started without `--jinja` it refuses tools with 500, and the same question by prompt is answered.
#[tokio::test]
async fn the_real_llama_server_without_tools_is_asked_by_prompt() {
    let (_server, url) = start("plain").await;
    let cx = handiwork::core::Context::default().within(LIMIT);
    let constraint = Constraint { most_calls: 1, ..Constraint::default() };
    let asked = Request { constraint: Some(constraint), max_tokens: Some(60), ..request() };
    let unasked = OpenAiCompat::new(format!("{url}/v1"), "any", None).dialect(handiwork::core::model::compat::Dialect::LLAMA_SERVER);
    let reply = unasked.complete(&cx, &asked).await.expect("a reply");
    assert!(reply.calls.len() == 1 && reply.calls.iter().all(|call| ["click", "fill"].contains(&call.name.as_str())), "{reply:?}");
    let natively = OpenAiCompat::new(format!("{url}/v1"), "any", None).tools(Tools::Native);
    let error = natively.complete(&cx, &asked).await.expect_err("refused");
    assert!(error.to_string().contains("--jinja"), "{error}");
}
