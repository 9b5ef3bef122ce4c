//! `make bench-desktop`: how well and how fast text is read off pixels, by two readers; and how fast a tree is looked at, beside the plain
//! walk of python3-pyatspi.
//!
//! Text is drawn by Chromium, which tells where each word is; so what is true is known. All times are of one run, and told as ratios too.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints what it measured")]
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a benchmark ends where it fails")]

mod page;
mod tree;

use std::path::PathBuf;
use std::time::Instant;

use handiwork::tools::desktop::{OcrConfig, ReadText, TextReader};

/// What was found of a page.
#[derive(Debug, Default, Clone, Copy)]
struct Found {
    words: usize,
    read: usize,
    /// Of those that were read: how many clicks into their middle hit the word.
    hit: usize,
}

impl Found {
    fn add(&mut self, other: Self) {
        (self.words, self.read, self.hit) = (self.words + other.words, self.read + other.read, self.hit + other.hit);
    }

    fn recall(self) -> f64 {
        self.read as f64 / self.words.max(1) as f64
    }

    fn hits(self) -> f64 {
        self.hit as f64 / self.read.max(1) as f64
    }
}

/// Compares what was read with what is there.
fn compare(truth: &[page::Word], read: &[ReadText]) -> Found {
    let mut found = Found { words: truth.len(), ..Found::default() };
    let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    for word in truth {
        let overlaps = |one: &&ReadText| {
            let (x, y, w, h) = one.area;
            f64::from(x) < word.x + word.w && f64::from(x + w) > word.x && f64::from(y) < word.y + word.h && f64::from(y + h) > word.y
        };
        let Some(one) = read.iter().filter(overlaps).find(|one| plain(&one.text) == plain(&word.text)) else { continue };
        found.read += 1;
        let (x, y) = (f64::from(one.area.0) + f64::from(one.area.2) / 2.0, f64::from(one.area.1) + f64::from(one.area.3) / 2.0);
        if x >= word.x && x <= word.x + word.w && y >= word.y && y <= word.y + word.h {
            found.hit += 1;
        }
    }
    found
}

#[tokio::main]
async fn main() {
    let seed: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let models = std::env::var_os("HANDIWORK_MODELS").map(PathBuf::from).expect("HANDIWORK_MODELS");
    let readers =
        [("pp-ocr", OcrConfig::Paddle { folder: models }), ("tesseract", OcrConfig::Tesseract { languages: "eng+chi_sim".to_owned() })];
    let pages = page::all(seed).await;
    let mut bars = Vec::new();
    println!("Reading text off pixels (seed {seed}), words of {} pages of 1280×800:\n", pages.len());
    println!("| reader | size | English, light | English, dark | Chinese, light | Chinese, dark | click in the word | seconds a page |");
    println!("|---|---|---|---|---|---|---|---|");
    for (name, config) in readers {
        let reader = TextReader::open(&config).expect("a reader");
        let began = Instant::now();
        let read: Vec<Vec<ReadText>> = pages.iter().map(|page| reader.read_png(&page.png).expect("read")).collect();
        let seconds = began.elapsed().as_secs_f64() / pages.len() as f64;
        let mut large = Found::default();
        for size in page::SIZES {
            let mut cells = Vec::new();
            let mut all = Found::default();
            for (chinese, dark) in [(false, false), (false, true), (true, false), (true, true)] {
                let mut found = Found::default();
                for (page, texts) in pages.iter().zip(&read).filter(|(page, _)| (page.chinese, page.dark) == (chinese, dark)) {
                    let truth: Vec<page::Word> = page.words.iter().filter(|word| word.size == size).cloned().collect();
                    found.add(compare(&truth, texts));
                }
                cells.push(format!("{:.3}", found.recall()));
                all.add(found);
            }
            if size >= 12 {
                large.add(all);
            }
            println!("| {name} | {size} px | {} | {:.3} | {seconds:.2} |", cells.join(" | "), all.hits());
        }
        bars.push(serde_json::json!({ "reader": name, "recall_from_12_px": round(large.recall()), "click_in_word": round(large.hits()), "seconds_a_page": round(seconds), "words": large.words }));
    }
    let trees = tree::measure().await;
    println!("{}", serde_json::json!({ "bar": "desktop-eyes", "ocr": bars, "tree": trees }));
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
