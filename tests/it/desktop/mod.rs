//! The desktop with real programs on a private display.
//!
//! What was done is judged by the programs themselves or by their files, never by the screen. All tasks run with `make desktop`; some of
//! them, with the programs that are small, with every test run.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "make reads what it prints")]
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends where it fails, in its helpers too")]

mod hand;
mod person;
mod tasks;
mod traps;

use std::time::Duration;

use handiwork_core::Surface as _;
use tasks::{TASKS, Task};

/// The longest that one task may take.
const LONGEST: Duration = Duration::from_secs(150);

/// Does a task once, and sees that nothing is left of it.
async fn run(task: &Task, seed: u64) -> Result<(), String> {
    let mut hand = hand::Hand::open(task.launch, seed, task.prepare).await;
    let done = tokio::time::timeout(LONGEST, (task.solve)(&mut hand)).await;
    let done = done.unwrap_or_else(|_| Err("out of time".to_owned()));
    let done = match done {
        Ok(()) => Ok(()),
        Err(problem) => {
            if let Some(file) = std::env::var_os("DESKTOP_SHOT") {
                let picture = hand.desktop.screenshot(&handiwork_core::Context::default()).await.ok().flatten();
                std::fs::write(file, picture.map(|shot| shot.bytes).unwrap_or_default()).expect("a picture");
            }
            let screen = tokio::time::timeout(Duration::from_secs(20), hand.look()).await.map(|text| text.text).unwrap_or_default();
            Err(format!("{} seed {seed}: {problem}\n{}\n{screen}", task.name, hand.log.join("\n")))
        }
    };
    hand.desktop.close().await;
    let left = hand.desktop.processes().await;
    if !left.is_empty() {
        return Err(format!("{} seed {seed}: processes are left: {left:?}", task.name));
    }
    done
}

async fn passes(names: &[&str]) {
    for name in names {
        let task = TASKS.iter().find(|task| task.name == *name).expect("a task");
        if let Err(problem) = run(task, 5).await {
            panic!("{problem}");
        }
    }
}

/// The small programs; two tests, so that they run beside each other.
#[tokio::test(flavor = "multi_thread")]
async fn calculators_and_terminals() {
    passes(&["galculator-product", "terminal-command"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor() {
    passes(&["mousepad-write", "mousepad-replace", "copy-between-windows"]).await;
}

/// All tasks, `DESKTOP_TRIES` times each; `make desktop` reads the last line.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes, and large programs: make desktop"]
async fn all_of_them() {
    let number = |name: &str, other: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(other);
    let chosen = std::env::var("DESKTOP_TASKS").unwrap_or_default();
    let (first, tries) = (number("DESKTOP_FIRST", 1), number("DESKTOP_TRIES", 3));
    let (mut tasks, mut runs, mut passed) = (0, 0, 0);
    for task in TASKS.iter().filter(|task| chosen.is_empty() || chosen.split(',').any(|name| name == task.name)) {
        tasks += 1;
        for seed in first..first + tries {
            runs += 1;
            let began = std::time::Instant::now();
            match run(task, seed).await {
                Ok(()) => {
                    passed += 1;
                    eprintln!("{:<28} seed {seed}: passed in {:.1} s", task.name, began.elapsed().as_secs_f64());
                }
                Err(problem) => eprintln!("----- {problem}"),
            }
        }
    }
    println!("{{\"bar\":\"desktop\",\"tasks\":{tasks},\"runs\":{runs},\"passed\":{passed}}}");
    assert_eq!(runs, passed);
}
