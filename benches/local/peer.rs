//! llama.cpp's own server, from the Python package `xllamacpp`, as the measure of what is possible.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::Speed;

/// One version, so that figures can be compared from one day to the next.
const PACKAGE: &str = "xllamacpp==2026.10.11549";
const SERVER: &str = include_str!("server.py");
/// Longest time to install, to load a model, or to answer.
const LIMIT: Duration = Duration::from_mins(10);

/// The running server. It ends with the bench: its standard input does.
pub(crate) struct Peer {
    child: Child,
    address: String,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct Answer {
    timings: Timings,
}

#[derive(Deserialize)]
struct Timings {
    prompt_n: u64,
    prompt_ms: f64,
    predicted_n: u64,
    predicted_ms: f64,
}

impl Peer {
    pub(crate) async fn start(model: &Path, context: u32, threads: usize) -> Result<Self> {
        let python = environment().await?;
        let mut child = Command::new(python)
            .args(["-c", SERVER])
            .arg(model)
            .args([context.to_string(), threads.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let found = tokio::time::timeout(LIMIT, async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, address)) = line.split_once("address=") {
                    return Ok(address.trim().trim_end_matches('/').to_owned());
                }
            }
            bail!("llama.cpp's server ended before it listened")
        });
        let address = found.await.context("llama.cpp's server did not start in time")??;
        // What it says on the way must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, address, client: reqwest::Client::builder().timeout(LIMIT).no_proxy().build()? })
    }

    /// Reads a text and writes `most` tokens.
    pub(crate) async fn measure(&self, prompt: &str, most: u32) -> Result<Speed> {
        let body = json!({ "prompt": prompt, "n_predict": most, "temperature": 0, "ignore_eos": true, "cache_prompt": true });
        let answer = self.client.post(format!("{}/completion", self.address)).json(&body).send().await?.error_for_status()?;
        let Timings { prompt_n, prompt_ms, predicted_n, predicted_ms } = answer.json::<Answer>().await?.timings;
        Ok(Speed { read: prompt_n, reading: prompt_ms / 1e3, written: predicted_n, writing: predicted_ms / 1e3 })
    }

    /// Most memory that it has had, in megabytes.
    pub(crate) fn peak(&self) -> u64 {
        self.child.id().map_or(0, |id| crate::peak_of(&id.to_string()))
    }
}

/// A Python that has the package; made once, in the user's cache.
async fn environment() -> Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache"))).context("there is no cache folder")?;
    let folder = cache.join("handiwork/bench/venv");
    let python = folder.join("bin/python");
    let there = Command::new(&python).args(["-c", "import xllamacpp"]).stderr(Stdio::null()).status().await;
    if there.is_ok_and(|status| status.success()) {
        return Ok(python);
    }
    println!("installing {PACKAGE} into {}", folder.display());
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder)).await.context("apt-get install python3-venv")?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE])).await?;
    Ok(python)
}

async fn run(command: &mut Command) -> Result<()> {
    let status = tokio::time::timeout(LIMIT, command.kill_on_drop(true).status()).await??;
    if !status.success() {
        bail!("{:?} failed", command.as_std());
    }
    Ok(())
}
