//! Whatever is missing or wrong ends in an error that says what to do, and in an exit code of the documented table.

use std::fs;

use handiwork_test_support::deepseek::{Scripted, StandIn};
use handiwork_test_support::demo::{DemoConfig, DemoSite};
use serde_json::json;
use tokio::process::Command;

use super::{Ran, handiwork, isolate, run};

/// What a command must end with: the code of the table, and words that say what to do.
#[track_caller]
fn ends(ran: &Ran, code: i32, says: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    for words in says {
        assert!(ran.err.contains(words), "{words:?} is not in {ran:?}");
    }
    assert!(!ran.err.contains("panicked") && !ran.err.contains("RUST_BACKTRACE"), "{ran:?}");
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[tokio::test]
async fn the_table_of_exit_codes_is_in_the_help() {
    let home = home();
    let ran = run(handiwork(home.path(), &["--help"])).await;
    assert_eq!(ran.code, Some(0));
    let documented = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md")).expect("the page");
    for code in ["0", "1", "2", "3", "4", "5", "6", "7", "8", "130"] {
        assert!(ran.out.lines().any(|line| line.trim_start().starts_with(code)), "{code}: {}", ran.out);
        assert!(documented.contains(&format!("| {code} |")), "{code}");
    }
}

#[tokio::test]
async fn wrong_usage() {
    let home = home();
    let cases: [(&[&str], &[&str]); 9] = [
        (&["run"], &["GOAL"]),
        (&["run", "x", "--protocol", "yaml"], &["auto", "tools", "json"]),
        (&["run", "x", "--model", "local", "--protocol", "tools"], &["no tools of its own", "leave --protocol out"]),
        (&["run", "x", "--context", "12"], &["256"]),
        (&["run", "x", "--secret", "password"], &["there is no =", "NAME=ENV_VAR@ORIGIN"]),
        (&["run", "x", "--secret", "password=NOT_THERE@https://a.example"], &["no variable NOT_THERE"]),
        (&["run", "x", "--model", "gpt"], &["no model is called", "deepseek[:ID]"]),
        (&["run", "x", "--model", "openai:http://127.0.0.1:1"], &["openai:BASE_URL#ID"]),
        (&["show", "nothing-like-it"], &["handiwork runs"]),
    ];
    for (args, says) in cases {
        ends(&run(handiwork(home.path(), args)).await, 2, says);
    }
    for url in ["file:///etc/passwd", "127.0.0.1", "http://user@127.0.0.1/"] {
        ends(&run(handiwork(home.path(), &["screen", "--url", url])).await, 2, &[]);
    }
}

#[tokio::test]
async fn no_key() {
    let home = home();
    let ran = run(handiwork(home.path(), &["run", "x", "--model", "deepseek"])).await;
    ends(&ran, 3, &["no key for DeepSeek", "DEEPSEEK_API_KEY", "--model local"]);
}

#[tokio::test]
async fn no_model() {
    let home = home();
    ends(&run(handiwork(home.path(), &["run", "x"])).await, 3, &["handiwork model pull default", "DEEPSEEK_API_KEY"]);
    ends(&run(handiwork(home.path(), &["run", "x", "--model", "local:no-such"])).await, 3, &["no-such"]);
    ends(&run(handiwork(home.path(), &["model", "check", "default"])).await, 3, &["handiwork model pull"]);
    ends(&run(handiwork(home.path(), &["model", "pull", "no-such"])).await, 3, &["no-such", "qwen2.5-coder-1.5b"]);
}

#[tokio::test]
async fn a_broken_gguf() {
    let home = home();
    let file = home.path().join("broken.gguf");
    fs::write(&file, [b"GGUF\x03\0\0\0".as_slice(), &[0xff; 4096]].concat()).expect("written");
    let model = format!("local:{}", file.display());
    ends(&run(handiwork(home.path(), &["run", "x", "--model", &model])).await, 6, &["broken.gguf"]);
}

#[tokio::test]
async fn no_chromium() {
    let home = home();
    let ran = run(handiwork(home.path(), &["screen", "--url", "http://127.0.0.1:1/", "--chromium", "/no/such/browser"])).await;
    ends(&ran, 3, &["/no/such/browser"]);
    let ran = run(handiwork(home.path(), &["screen", "--json", "--url", "http://127.0.0.1:1/", "--chromium", "/bin/true"])).await;
    assert!(matches!(ran.code, Some(3 | 8)), "{ran:?}");
    assert_eq!(ran.json()["exit_code"], json!(ran.code), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_network() {
    let home = home();
    // A page that nobody serves, a model's server that nobody runs. The address is refused at once, as without a network.
    let ran = run(handiwork(home.path(), &["screen", "--url", "http://127.0.0.1:9/"])).await;
    ends(&ran, 1, &["http://127.0.0.1:9/", "check the address"]);
    let ran = run(handiwork(home.path(), &["run", "x", "--timeout", "20", "--model", "openai:http://127.0.0.1:9/v1#m"])).await;
    ends(&ran, 6, &["can't be reached", "--model local"]);
    let ran = run(handiwork(home.path(), &["run", "x", "--model", "ollama:http://127.0.0.1:9#m"])).await;
    ends(&ran, 6, &["can't be reached", "ollama serve"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_and_a_used_up_budget() {
    let home = home();
    let server = StandIn::start(vec![]).await.expect("a server");
    let mut command = handiwork(home.path(), &["run", "x"]);
    command.env("DEEPSEEK_API_KEY", "sk-wrong").env("DEEPSEEK_BASE_URL", server.url());
    let ran = run(command).await;
    ends(&ran, 6, &["check the key"]);
    assert!(!ran.err.contains("sk-wrong"), "{ran:?}");

    let server = StandIn::answering(|_, _| Scripted::text("hm")).await.expect("a server");
    let mut command = handiwork(home.path(), &["run", "x", "--max-steps", "2"]);
    command.env("DEEPSEEK_API_KEY", StandIn::KEY).env("DEEPSEEK_BASE_URL", server.url());
    ends(&run(command).await, 5, &["2 of 2 steps", "--max-steps"]);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_port_in_use() {
    let site = DemoSite::start(DemoConfig::default()).await.expect("a site");
    let error = DemoSite::start(DemoConfig { port: site.port(), ..DemoConfig::default() }).await.expect_err("an error");
    assert!(error.to_string().contains(&site.port().to_string()), "{error}");
    site.stop().await;
}

#[tokio::test]
async fn a_damaged_database() {
    let home = home();
    let data = home.path().join("data");
    fs::create_dir_all(&data).expect("a folder");
    fs::write(data.join("handiwork.db"), "this is no database, and it is longer than the header of one would be: ".repeat(40))
        .expect("written");
    let ran = run(handiwork(home.path(), &["runs"])).await;
    ends(&ran, 7, &["handiwork.db"]);
}

/// On a disk of 64 KB, which is really full. Needs what `make test` runs with: root, or user namespaces.
#[tokio::test]
async fn a_full_disk() {
    let home = home();
    let script = r#"mkdir -p "$0/data" && mount -t tmpfs -o size=64k tmpfs "$0/data" && exec "$1" runs"#;
    for flags in [["--mount", "--propagation=private"].as_slice(), &["--mount", "--map-root-user", "--propagation=private"]] {
        let mut command = Command::new("unshare");
        command.args(flags).args(["sh", "-c", script]).arg(home.path()).arg(env!("CARGO_BIN_EXE_handiwork"));
        isolate(&mut command, home.path());
        let ran = run(command).await;
        if ran.err.contains("unshare:") || ran.err.contains("mount:") {
            continue;
        }
        ends(&ran, 7, &["hint:", "space"]);
        return;
    }
    panic!("no small disk can be made here: run the tests as root, or allow user namespaces");
}
