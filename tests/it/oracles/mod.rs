//! Small web tasks of MiniWoB++, done by programs that see only the text of the screen and use only actions by ref, key or
//! point: what they can do, a model that reads text can do. The page itself says whether it was done.
//!
//! All tasks run with `make oracles`; a few of them, the most different, with every test run.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "make reads what it prints")]
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends where it fails, in its helpers too")]

pub(crate) mod hand;
mod tasks;

use std::time::Duration;

use hand::Hand;
use handiwork_test_support::miniwob::{self, MiniWob};
use handiwork_tools::browser::{Browser, BrowserConfig};

/// The longest that one episode may take.
const LONGEST: Duration = Duration::from_secs(90);

async fn site() -> MiniWob {
    let home = std::path::PathBuf::from(std::env::var_os("HOME").expect("HOME"));
    let pages = miniwob::fetch(&home.join(".cache/handiwork/pages")).await.expect("the pages");
    MiniWob::start(&pages).await.expect("a server")
}

fn config() -> BrowserConfig {
    // The frame of a task is small; what does nothing should be told soon.
    BrowserConfig { effect_wait: Duration::from_millis(1500), ..BrowserConfig::default() }
}

/// The reward of one try, and the last screen with what was done if there is none.
async fn run(site: &MiniWob, browser: &Browser, task: &str, seed: u64) -> Result<(), String> {
    let mut episode = site.episode(task, seed);
    let mut hand = Hand::open(browser, &mut episode).await;
    let done = tokio::time::timeout(LONGEST, tasks::solve(task, &mut hand)).await;
    let reward = tokio::time::timeout(Duration::from_secs(3), episode.reward()).await.ok().flatten();
    if reward.is_some_and(|reward| reward > 0.0) {
        return Ok(());
    }
    let end = match done {
        Ok(Ok(())) => "done".to_owned(),
        Ok(Err(problem)) => problem,
        Err(_) => "out of time".to_owned(),
    };
    Err(format!("{task} seed {seed}: {end}, reward {reward:?}\ngoal: {}\n{}\n{}", hand.goal, hand.log.join("\n"), hand.look().await.text))
}

/// The most different of the tasks; two tests, so that they run beside each other.
#[tokio::test(flavor = "multi_thread")]
async fn fields_and_sites() {
    rewarded(&["click-color", "click-shades", "click-menu", "choose-date", "book-flight", "email-inbox-reply", "social-media"], 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_steady_hand() {
    rewarded(&["drag-items", "drag-circle", "resize-textarea", "copy-paste", "text-editor", "daily-calendar", "terminal"], 3).await;
}

async fn rewarded(tasks: &[&str], seed: u64) {
    let (site, browser) = (site().await, Browser::launch(config()).await.expect("a browser"));
    for task in tasks {
        if let Err(problem) = run(&site, &browser, task, seed).await {
            panic!("{problem}");
        }
    }
}

/// All tasks, with `ORACLES_SEEDS` seeds from `ORACLES_FIRST` on; `make oracles` reads the last line.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: make oracles"]
async fn all_of_them() {
    let number = |name: &str, other: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(other);
    let chosen = std::env::var("ORACLES_TASKS").unwrap_or_default();
    let tasks: Vec<&str> = if chosen.is_empty() { tasks::ALL.to_vec() } else { chosen.split(',').collect() };
    let (first, seeds) = (number("ORACLES_FIRST", 1), number("ORACLES_SEEDS", 3));
    let (site, browser) = (site().await, Browser::launch(config()).await.expect("a browser"));
    let (mut episodes, mut rewarded) = (0, 0);
    for task in tasks {
        let mut left = seeds;
        for seed in first.. {
            if left == 0 {
                break;
            }
            left -= 1;
            if std::env::var_os("ORACLES_DUMP").is_some() {
                let mut episode = site.episode(task, seed);
                let hand = Hand::open(&browser, &mut episode).await;
                eprintln!("##### {task} {seed}\ngoal: {}\n{}", hand.goal, hand.look().await.text);
                continue;
            }
            episodes += 1;
            match run(&site, &browser, task, seed).await {
                Ok(()) => rewarded += 1,
                // The other player may play so that nobody can win: then it is another seed's turn.
                Err(_) if *task == *"tic-tac-toe" && seed < first + 8 * seeds => {
                    eprintln!("(tic-tac-toe seed {seed} was not won)");
                    episodes -= 1;
                    left += 1;
                }
                Err(problem) => eprintln!("----- {problem}"),
            }
        }
    }
    println!("{{\"bar\":\"oracles\",\"episodes\":{episodes},\"rewarded\":{rewarded}}}");
    assert_eq!(episodes, rewarded);
}
