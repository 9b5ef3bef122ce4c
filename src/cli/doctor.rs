//! `handiwork doctor`: what is there, what is missing, and how to get it.

use handiwork::memory::Store;
use handiwork::tools::browser::{Browser, BrowserConfig};
use serde::Serialize;

use super::paths::Paths;
use super::print::Out;
use super::{Code, Failure};

/// One thing looked at.
#[derive(Debug, Serialize)]
struct Check {
    what: &'static str,
    ok: bool,
    /// Whether nothing works without it.
    needed: bool,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

pub(crate) async fn run(paths: &Paths, out: Out) -> Result<(), Failure> {
    let checks = vec![browser().await, model(paths), database(paths).await, pip().await];
    let missing: Vec<&str> = checks.iter().filter(|check| check.needed && !check.ok).map(|check| check.what).collect();
    out.result(&checks, || {
        let lines: Vec<String> = checks
            .iter()
            .map(|check| {
                let mark = if check.ok {
                    "ok     "
                } else if check.needed {
                    "MISSING"
                } else {
                    "absent "
                };
                let fix = check.fix.as_ref().map(|fix| format!("\n                    {fix}")).unwrap_or_default();
                format!("{mark}  {:<9}  {}{fix}", check.what, check.found)
            })
            .collect();
        lines.join("\n")
    });
    if missing.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(Code::Missing, format!("missing: {}", missing.join(", ")));
    Err(if out.json { failure.told() } else { failure })
}

/// Starts it: a browser that is there but can't be started is missing too.
async fn browser() -> Check {
    match Browser::launch(BrowserConfig::default()).await {
        Ok(browser) => {
            let found = browser.version();
            handiwork::core::Surface::close(&browser).await;
            Check { what: "browser", ok: true, needed: true, found, fix: None }
        }
        Err(handiwork::core::SurfaceError::NotAvailable { problem, hint }) => {
            Check { what: "browser", ok: false, needed: true, found: problem, fix: Some(hint) }
        }
        Err(error) => Check {
            what: "browser",
            ok: false,
            needed: true,
            found: error.to_string(),
            fix: Some("apt-get install chromium-headless-shell".to_owned()),
        },
    }
}

fn model(paths: &Paths) -> Check {
    let key = std::env::var("DEEPSEEK_API_KEY").is_ok_and(|key| !key.trim().is_empty());
    let installed: Vec<String> = handiwork::catalogue::list(&paths.models())
        .into_iter()
        .filter(|listed| listed.installed)
        .map(|listed| listed.entry.name.to_owned())
        .collect();
    let mut found: Vec<String> = installed.iter().map(|name| format!("local {name}")).collect();
    if key {
        found.insert(0, "a key for DeepSeek".to_owned());
    }
    if found.is_empty() {
        let fix = "handiwork model pull default   (1.1 GB), or set DEEPSEEK_API_KEY";
        return Check {
            what: "model",
            ok: false,
            needed: true,
            found: "no key for DeepSeek and no local model".to_owned(),
            fix: Some(fix.to_owned()),
        };
    }
    Check { what: "model", ok: true, needed: true, found: found.join(", "), fix: None }
}

async fn database(paths: &Paths) -> Check {
    let file = paths.database();
    match Store::open(&file).await {
        Ok(store) => {
            store.close().await;
            Check { what: "database", ok: true, needed: true, found: file.display().to_string(), fix: None }
        }
        Err(error) => Check {
            what: "database",
            ok: false,
            needed: true,
            found: error.to_string(),
            fix: Some("or use another folder: --home DIR".to_owned()),
        },
    }
}

async fn pip() -> Check {
    let asked = tokio::process::Command::new("python3").args(["-m", "pip", "--version"]).kill_on_drop(true).output();
    match tokio::time::timeout(std::time::Duration::from_secs(20), asked).await {
        Ok(Ok(output)) if output.status.success() => {
            let found = String::from_utf8_lossy(&output.stdout).split(" from ").next().unwrap_or_default().trim().to_owned();
            Check { what: "pip", ok: true, needed: false, found, fix: None }
        }
        _ => Check {
            what: "pip",
            ok: false,
            needed: false,
            found: "used to fetch models when their hub can't be reached".to_owned(),
            fix: Some("apt-get install python3-pip".to_owned()),
        },
    }
}
