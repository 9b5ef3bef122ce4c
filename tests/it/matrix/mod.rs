//! The matrix: a button in every kind of frame and shadow tree, in every state. It must be seen exactly when a person would see
//! it, and clicked exactly when a person could. What was clicked is what the page told its server.
//!
//! All cells run with `make matrix`; a slice of them, in which every frame, shadow tree and state occurs, with every test run.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "make reads what it prints")]
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends where it fails, in its helpers too")]

use std::fmt::Write as _;
use std::sync::Arc;

use handiwork_core::action::{Click, Navigate, Wait};
use handiwork_core::{Action, Context, Node, Reason, Receipt, Ref, Refusal, Screen, Secrets, State, Surface};
use handiwork_test_support::fixtures::Fixtures;
use handiwork_test_support::fixtures::matrix::Cell;
use handiwork_tools::browser::{Browser, BrowserConfig};

/// A browser in which every site has a process of its own.
struct Bench {
    browser: Browser,
    site: Fixtures,
    cx: Context,
    seed: u64,
}

impl Bench {
    async fn new(seed: u64) -> Self {
        let config = BrowserConfig::default();
        let browser = Browser::launch(config).await.expect("a browser: apt-get install chromium-headless-shell");
        Self { browser, site: Fixtures::start().await.expect("a server"), cx: Context::new(Arc::new(Secrets::default())), seed }
    }

    async fn act(&self, action: impl Into<Action>) -> Receipt {
        match self.browser.resolve(&self.cx, &action.into()).await {
            Ok(resolved) => self.browser.dispatch(&self.cx, &resolved).await.expect("a receipt"),
            Err(Refusal::NotDispatched(reason)) => Receipt::refused(reason),
            Err(Refusal::Surface(error)) => panic!("{error}"),
        }
    }

    async fn screen(&self) -> Screen {
        self.browser.observe(&self.cx).await.expect("a screen")
    }

    /// Numbers of the buttons that were clicked in a cell.
    fn hits(&self, cell: Cell) -> Vec<String> {
        let of = format!("{}/{}/{}", cell.frame, cell.shadow, cell.state);
        let told = self.site.told();
        let own = told.iter().filter(|told| told.what == "hit" && told.field("cell") == Some(&of));
        own.filter_map(|told| told.field("number").map(str::to_owned)).collect()
    }

    /// Runs a cell; the error says what was not as a person would have it.
    async fn run(&self, cell: Cell) -> Result<(), String> {
        let name = Cell::name(self.seed);
        let opened = self.act(Navigate { url: self.site.url(&cell.path(self.seed)) }).await;
        if !opened.is_verified() {
            return Err(format!("not opened: {opened:?}"));
        }
        let mut before = self.screen().await;
        if named(&before, "Change").is_empty() {
            self.act(wait("Change")).await;
            before = self.screen().await;
        }
        let wrong = |what: &str, screen: &Screen| Err(format!("{what}\n{}", screen.render()));
        let (first, change) = match (&named(&before, &name)[..], &named(&before, "Change")[..]) {
            ([first], [change]) => (*first, *change),
            _ => return wrong("one button and one Change were to be seen at first", &before),
        };
        let changed = self.act(Click { r#ref: change }).await;
        let after = self.screen().await;
        let seen = named(&after, &name);
        let is_seen = seen.contains(&first);
        let text = after.render();
        let (shows, wanted) = match cell.state {
            "visible" | "moving" | "restless" => (seen == [first], vec!["1"]),
            "covered" => (seen.is_empty() && text.contains("We use cookies"), vec![]),
            "transparent" | "clipped" | "off-screen" => (seen.is_empty() && !text.contains(&name), vec![]),
            "scrolled-away" => (seen.is_empty() && text.contains("below"), vec!["1"]),
            "disabled" => (is_seen && node(&after, first).is_some_and(|node| node.states.contains(&State::Disabled)), vec![]),
            "late" => (!is_seen, vec!["2"]),
            "re-rendered" => (seen.len() == 1 && !is_seen, vec!["2"]),
            "duplicate" => (seen.len() == 2 && is_seen, vec!["1"]),
            other => return Err(format!("no such state: {other}")),
        };
        if !shows || !changed.is_verified() {
            return wrong(&format!("after {changed:?} it is not shown as it is"), &after);
        }
        let receipt = self.act(Click { r#ref: first }).await;
        let refused = |test: fn(&Reason) -> bool| matches!(&receipt, Receipt::NotDispatched { reason } if test(reason));
        let told = match cell.state {
            "covered" => refused(|reason| matches!(reason, Reason::Covered { by } if by.contains("Cookies"))),
            "transparent" | "clipped" | "off-screen" => refused(|reason| matches!(reason, Reason::Hidden | Reason::Covered { .. })),
            "disabled" => refused(|reason| matches!(reason, Reason::Disabled)),
            "restless" => refused(|reason| matches!(reason, Reason::Moving)),
            "late" | "re-rendered" => refused(|reason| matches!(reason, Reason::Stale { .. })),
            _ => receipt.is_verified(),
        };
        if !told {
            return wrong(&format!("the click ended as {receipt:?}"), &after);
        }
        // What came anew is another button, with a ref of its own.
        if matches!(cell.state, "late" | "re-rendered") {
            let appeared = self.act(wait(&name)).await;
            let screen = self.screen().await;
            let [anew] = named(&screen, &name)[..] else { return wrong(&format!("it did not come back: {appeared:?}"), &screen) };
            let receipt = self.act(Click { r#ref: anew }).await;
            if anew == first || !receipt.is_verified() {
                return wrong(&format!("the new one {anew} after {first}: {receipt:?}"), &screen);
            }
        }
        let wanted = if cell.state == "restless" { Vec::new() } else { wanted };
        let hits = self.hits(cell);
        if hits == wanted { Ok(()) } else { Err(format!("the server was told of {hits:?}, not of {wanted:?}; {receipt:?}")) }
    }

    async fn run_all(&self, cells: impl IntoIterator<Item = Cell>) -> (usize, String) {
        let (mut right, mut wrong) = (0, String::new());
        let only = std::env::var("MATRIX_ONLY").unwrap_or_default();
        for cell in cells.into_iter().filter(|cell| format!("{cell:?}").contains(&only)) {
            let began = std::time::Instant::now();
            let ran = self.run(cell).await;
            if std::env::var_os("MATRIX_VERBOSE").is_some() {
                eprintln!("{cell:?} {:?} in {:?}", ran.is_ok(), began.elapsed());
            }
            match ran {
                Ok(()) => right += 1,
                Err(problem) => {
                    let _ = writeln!(wrong, "{cell:?}, seed {}: {problem}", self.seed);
                }
            }
        }
        (right, wrong)
    }
}

fn wait(text: &str) -> Wait {
    Wait { text: Some(text.to_owned()), gone: None, url: None, idle: None }
}

fn named(screen: &Screen, name: &str) -> Vec<Ref> {
    screen.nodes.iter().filter(|node| node.name == name).filter_map(|node| node.r#ref).collect()
}

fn node(screen: &Screen, r: Ref) -> Option<&Node> {
    screen.nodes.iter().find(|node| node.r#ref == Some(r))
}

/// Every other cell has another frame, shadow tree and state, so that each occurs in a small part of them.
async fn slice(of: usize, seed: u64) {
    let cells: Vec<Cell> = Cell::all().into_iter().enumerate().filter(|(at, _)| (at + at / 12) % 6 == of).map(|(_, cell)| cell).collect();
    let (right, wrong) = Bench::new(seed).await.run_all(cells.clone()).await;
    assert_eq!(right, cells.len(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slice_of_the_matrix() {
    slice(0, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slice_of_the_matrix_with_other_hosts() {
    slice(3, 23).await;
}

/// All cells, with the seed `MATRIX_SEED`; `make matrix` reads the last line.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: make matrix"]
async fn the_whole_matrix() {
    let seeds: Vec<u64> =
        std::env::var("MATRIX_SEEDS").unwrap_or_else(|_| "1".to_owned()).split(',').filter_map(|seed| seed.parse().ok()).collect();
    let (mut cells, mut right, mut wrong) = (0, 0, String::new());
    for seed in seeds {
        let (done, problems) = Bench::new(seed).await.run_all(Cell::all()).await;
        cells += Cell::all().len();
        right += done;
        wrong += &problems;
    }
    eprint!("{wrong}");
    println!("{{\"bar\":\"matrix\",\"cells\":{cells},\"right\":{right}}}");
    assert_eq!(right, cells);
}
