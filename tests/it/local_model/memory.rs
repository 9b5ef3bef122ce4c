//! What a model is said to need of memory, and what it takes.

use std::process::Command;

use handiwork::core::model::ModelError;
use handiwork::core::model::local::{LocalConfig, LocalModel};

use super::support::{ask, file, request};

/// Tells the measuring half of the test which file to load.
const FILE: &str = "HANDIWORK_TEST_MEASURED_MODEL";

fn config(path: impl Into<std::path::PathBuf>) -> LocalConfig {
    LocalConfig { context: 8192, threads: Some(1), ..LocalConfig::new(path, "smollm2-135m") }
}

/// Most memory that this process has had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_estimate_is_near_what_a_model_takes() {
    let path = file().await;
    // In a process of its own: the tests beside this one have models too.
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "local_model::memory::measured", "--ignored", "--nocapture"])
        .env(FILE, &path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let taken: f64 = text.lines().find_map(|line| line.split("taken=").nth(1)).expect(&text).trim().parse().unwrap();
    let estimate = LocalModel::estimate(&config(path)).unwrap();
    let ratio = estimate.total() as f64 / taken;
    assert!((0.75..=1.25).contains(&ratio), "said {estimate}, taken {} MB", taken / 1e6);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the half of the test above that runs in its own process"]
#[allow(clippy::print_stdout, reason = "that is how the other half hears of it")]
async fn measured() {
    let path = std::env::var(FILE).expect("the test above sets it");
    let model = LocalModel::load(config(path)).unwrap();
    let mut request = request("Sign up Ana.");
    request.system = "Rule: be careful. ".repeat(200);
    ask(&model, &request).await;
    println!("taken={}", peak());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_fit_is_refused_before_it_is_loaded() {
    let path = file().await;
    let huge = LocalConfig { conversations: 60_000_000, ..config(&path) };
    let error = LocalModel::load(huge).unwrap_err();
    assert!(
        matches!(&error, ModelError::Local { problem, hint } if problem.contains("MB are free") && hint.contains("smaller model")),
        "{error}"
    );
}
