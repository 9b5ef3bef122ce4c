//! `handiwork doctor`: what is there, what is missing or damaged, and how to get it or repair it.

use handiwork::core::event::Instructions;
use handiwork::memory::{Examination, Store};
use handiwork::tools::browser::{Browser, BrowserConfig};
use serde::Serialize;

use super::paths::Paths;
use super::print::Out;
use super::{Code, Failure};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Repair the database: what can't be repaired is set aside, and nothing is thrown away
    #[arg(long)]
    repair: bool,
}

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
    /// What is wrong with the database, one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    examined: Option<Examination>,
}

/// Repairs the database, and tells what that meant.
async fn repair(paths: &Paths, out: Out) -> Result<(), Failure> {
    let file = paths.database();
    if !file.exists() {
        return Err(Failure::new(Code::Usage, format!("there is no database at {}", file.display())).hint("nothing has to be repaired"));
    }
    let examined = Store::repair(&file).await?;
    out.result(&examined, || {
        let mut lines = findings(&examined);
        if let Some(kept) = &examined.kept {
            lines.push(format!("the damaged file is kept: {}", kept.display()));
        }
        lines.push(match examined.findings.len() {
            0 => format!("{} is whole: {} runs", examined.file.display(), examined.runs),
            count => format!("{count} repaired: {}, {} runs", examined.file.display(), examined.runs),
        });
        lines.join("\n")
    });
    Ok(())
}

fn findings(examined: &Examination) -> Vec<String> {
    examined
        .findings
        .iter()
        .map(|finding| {
            let mark = if finding.repaired { "repaired" } else { "damaged " };
            let runs: Vec<&str> = finding.runs.iter().map(|run| run.0.as_str()).filter(|run| !finding.detail.contains(run)).collect();
            let about = if runs.is_empty() { String::new() } else { format!(" (in runs {})", runs.join(", ")) };
            let did = if finding.repaired { "done" } else { "--repair would" };
            format!("{mark}  {}{about}\n          {did}: {}", finding.detail, finding.repair)
        })
        .collect()
}

pub(crate) async fn run(args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    if args.repair {
        return repair(paths, out).await;
    }
    let mut checks = vec![browser().await, model(paths), words(paths), database(paths).await, pip().await, desktop(), ocr(paths)];
    match super::instructions::all(paths) {
        Ok(all) => checks.extend(all.iter().map(written)),
        Err(failure) => checks.push(Check {
            what: "written",
            ok: false,
            needed: true,
            found: failure.to_string(),
            fix: Some("make it readable, and shorter: it is part of every request to the model".to_owned()),
            examined: None,
        }),
    }
    let missing: Vec<&str> = checks.iter().filter(|check| check.needed && !check.ok).map(|check| check.what).collect();
    out.result(&checks, || {
        let lines: Vec<String> = checks
            .iter()
            .map(|check| {
                let mark = if check.ok {
                    "ok     "
                } else if check.examined.is_some() {
                    "DAMAGED"
                } else if check.needed {
                    "MISSING"
                } else {
                    "absent "
                };
                let fix = check.fix.as_ref().map(|fix| format!("\n                    {fix}")).unwrap_or_default();
                let mut lines = vec![format!("{mark}  {:<9}  {}{fix}", check.what, check.found)];
                lines.extend(check.examined.iter().flat_map(findings));
                lines.join("\n")
            })
            .collect();
        lines.join("\n")
    });
    if missing.is_empty() {
        return Ok(());
    }
    let damaged = checks.iter().any(|check| check.examined.as_ref().is_some_and(Examination::is_damaged));
    let failure = if damaged {
        Failure::new(Code::Store, "the database is damaged").hint("handiwork doctor --repair saves what can be saved")
    } else {
        Failure::new(Code::Missing, format!("missing: {}", missing.join(", ")))
    };
    Err(if out.json { failure.told() } else { failure })
}

/// Starts it: a browser that is there but can't be started is missing too.
async fn browser() -> Check {
    match Browser::launch(BrowserConfig::default()).await {
        Ok(browser) => {
            let found = browser.version();
            handiwork::core::Surface::close(&browser).await;
            Check { what: "browser", ok: true, needed: true, found, fix: None, examined: None }
        }
        Err(handiwork::core::SurfaceError::NotAvailable { problem, hint }) => {
            Check { what: "browser", ok: false, needed: true, found: problem, fix: Some(hint), examined: None }
        }
        Err(error) => Check {
            what: "browser",
            ok: false,
            needed: true,
            found: error.to_string(),
            fix: Some("apt-get install chromium-headless-shell".to_owned()),
            examined: None,
        },
    }
}

fn model(paths: &Paths) -> Check {
    let key = std::env::var("DEEPSEEK_API_KEY").is_ok_and(|key| !key.trim().is_empty());
    let installed: Vec<String> = handiwork::catalogue::list(&paths.models())
        .into_iter()
        .filter(|listed| listed.installed && listed.entry.is_model())
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
            examined: None,
        };
    }
    Check { what: "model", ok: true, needed: true, found: found.join(", "), fix: None, examined: None }
}

/// Vectors of words, without which facts are found by their words alone.
fn words(paths: &Paths) -> Check {
    let here = handiwork::word_vectors(&paths.models());
    let (ok, found) = match &here {
        Ok(Some(_)) => (true, "facts are found by words and by meaning".to_owned()),
        Ok(None) => (false, "facts are found by their words alone".to_owned()),
        Err(error) => (false, error.to_string()),
    };
    let fix = (!ok).then(|| "handiwork model pull words   (18 MB)".to_owned());
    Check { what: "words", ok, needed: false, found, fix, examined: None }
}

/// What a private display takes.
fn desktop() -> Check {
    let Some(missing) = super::desktop::missing_packages() else {
        let found = "desktops can be worked on Linux with X11 only".to_owned();
        return Check { what: "desktop", ok: false, needed: false, found, fix: None, examined: None };
    };
    let found = if missing.is_empty() { "private displays can be started" } else { "no private displays: --desktop needs them" };
    let fix = (!missing.is_empty()).then(|| format!("apt-get install --no-install-recommends {}", missing.join(" ")));
    Check { what: "desktop", ok: missing.is_empty(), needed: false, found: found.to_owned(), fix, examined: None }
}

/// What reads text off pixels.
fn ocr(paths: &Paths) -> Check {
    let here = ["det.onnx", "rec.onnx"].iter().all(|name| paths.models().join(name).is_file());
    let found =
        if here { "text is read off pixels by PP-OCR" } else { "text on a desktop is read off pixels by tesseract, if that is installed" };
    let fix = (!here).then(|| "handiwork model pull ocr   (31 MB)".to_owned());
    Check { what: "ocr", ok: here, needed: false, found: found.to_owned(), fix, examined: None }
}

/// What the person has written down.
fn written(instructions: &Instructions) -> Check {
    let lines = instructions.text.trim().lines().count();
    let site = instructions.site.as_ref().map(|site| format!(" for {site}")).unwrap_or_default();
    let found = format!("{}: {lines} lines{site}", instructions.from);
    Check { what: "written", ok: true, needed: false, found, fix: None, examined: None }
}

async fn database(paths: &Paths) -> Check {
    let file = paths.database();
    let looked = if file.exists() { Store::examine(&file).await.map(Some) } else { Store::open(&file).await.map(|_| None) };
    match looked {
        Ok(None) => Check { what: "database", ok: true, needed: true, found: file.display().to_string(), fix: None, examined: None },
        Ok(Some(examined)) => {
            let ok = !examined.is_damaged();
            let mut found = format!("{}, {} runs", file.display(), examined.runs);
            if !examined.set_aside.is_empty() {
                found.push_str(&format!(", {} of them set aside as damaged", examined.set_aside.len()));
            }
            let fix = (!ok).then(|| "handiwork doctor --repair".to_owned());
            Check { what: "database", ok, needed: true, found, fix, examined: (!examined.findings.is_empty()).then_some(examined) }
        }
        Err(error) => Check {
            what: "database",
            ok: false,
            needed: true,
            found: error.to_string(),
            fix: Some("or use another folder: --home DIR".to_owned()),
            examined: None,
        },
    }
}

async fn pip() -> Check {
    let asked = tokio::process::Command::new("python3").args(["-m", "pip", "--version"]).kill_on_drop(true).output();
    match tokio::time::timeout(std::time::Duration::from_secs(20), asked).await {
        Ok(Ok(output)) if output.status.success() => {
            let found = String::from_utf8_lossy(&output.stdout).split(" from ").next().unwrap_or_default().trim().to_owned();
            Check { what: "pip", ok: true, needed: false, found, fix: None, examined: None }
        }
        _ => Check {
            what: "pip",
            ok: false,
            needed: false,
            found: "used to fetch models when their hub can't be reached".to_owned(),
            fix: Some("apt-get install python3-pip".to_owned()),
            examined: None,
        },
    }
}
