//! `make bench-local`: the in-process model beside llama.cpp's own server, on the same file, threads and context.
//!
//! The one decision: only ratios count. The machine is rarely quiet, so the two take turns, and what is reported is the median
//! of the ratios of neighbours. Its last line is JSON.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a bench ends where it fails")]
#![allow(clippy::print_stdout, reason = "that is what it is for")]

mod peer;
mod task;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Parser;
use futures::StreamExt as _;
use futures::channel::mpsc::unbounded;
use handiwork::catalogue;
use handiwork::core::model::local::{LocalConfig, LocalModel};
use handiwork::core::model::{Message, Model as _, Reply, Request};
use handiwork::core::{Context, Progress};
use serde_json::json;

use peer::Peer;

/// Longest time for one reply.
const LIMIT: Duration = Duration::from_mins(10);

/// Measures local models.
#[derive(Debug, Parser)]
struct Args {
    /// A model of the catalogue, or a file
    #[arg(long, default_value = "default")]
    model: String,
    /// Steps of the task
    #[arg(long, default_value_t = 10)]
    steps: usize,
    /// How often each side reads and writes
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Words to read in each round
    #[arg(long, default_value_t = 400)]
    words: usize,
    /// Tokens to write in each round
    #[arg(long, default_value_t = 48)]
    write: u32,
    #[arg(long, default_value_t = 4096)]
    ctx: u32,
    /// Threads of each side [default: one for each processor]
    #[arg(long)]
    threads: Option<usize>,
    /// Passed by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// Tokens and seconds.
#[derive(Debug, Clone, Copy)]
struct Speed {
    read: u64,
    reading: f64,
    written: u64,
    writing: f64,
}

impl Speed {
    fn input(&self) -> f64 {
        self.read as f64 / self.reading
    }

    fn output(&self) -> f64 {
        self.written as f64 / self.writing
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let file = file(&args.model)?;
    let peer = Peer::start(&file, args.ctx, threads).await?;
    // One conversation, as the server has.
    let config = LocalConfig { context: args.ctx, conversations: 1, threads: Some(threads), ..LocalConfig::new(&file, "bench") };
    println!("{} on {threads} threads; estimate {}", file.display(), LocalModel::estimate(&config)?);
    let model = tokio::task::spawn_blocking(move || LocalModel::load(config)).await??;

    let rounds = side_by_side(&args, &model, &peer).await?;
    let of = |pick: &dyn Fn(&(Speed, Speed)) -> f64| median(rounds.iter().map(pick).collect());
    let (input, output) = (of(&|(ours, _)| ours.input()), of(&|(ours, _)| ours.output()));
    let (server_in, server_out) = (of(&|(_, peer)| peer.input()), of(&|(_, peer)| peer.output()));
    let vs_in = of(&|(ours, peer)| ours.input() / peer.input());
    let vs_out = of(&|(ours, peer)| ours.output() / peer.output());
    println!("{:<12} {:>12} {:>12} {:>8}", "tokens/s", "handiwork", "server", "ratio");
    println!("{:<12} {input:>12.1} {server_in:>12.1} {vs_in:>8.2}", "in");
    println!("{:<12} {output:>12.1} {server_out:>12.1} {vs_out:>8.2}", "out");

    let mut held = Vec::new();
    let mut request = task::begin(None);
    let (mut asked, mut reuse) = (Vec::new(), Vec::new());
    for step in 0..args.steps {
        // The same conversation from another beginning, so that nothing of it is known when it is asked below.
        asked.push(Request { messages: request.messages.clone(), ..task::begin(Some(step + 1)) });
        let (reply, with) = timed(&model, &request).await?;
        reuse.push(with);
        request.messages.push(reply.to_message());
        request.messages.push(task::changed(step));
    }
    println!("{:>4} {:>10} {:>10} {:>12} {:>12}", "step", "reuse, s", "cold, s", "read, reuse", "read, cold");
    let mut cold = Vec::new();
    for (step, (again, with)) in asked.iter().zip(&reuse).enumerate() {
        let (_, without) = timed(&model, again).await?;
        println!("{:>4} {:>10.2} {:>10.2} {:>12} {:>12}", step + 1, with.total(), without.total(), with.read, without.read);
        held.extend([*with, without].map(|speed| speed.writing / speed.written.max(1) as f64));
        cold.push(without.total());
    }
    let reuse: Vec<f64> = reuse.iter().map(Speed::total).collect();
    // How much longer a token of a reply takes than one of free text; below 0 where the grammar says what must come next.
    // The first step has nothing to reuse, and counts all the same: a task has one.
    let (reuse, cold) = (mean(&reuse), mean(&cold));
    let result = json!({
        "bar": "bench-local", "tokens_in_per_second": round(input), "tokens_out_per_second": round(output),
        "vs_server_in": round(vs_in), "vs_server_out": round(vs_out),
        "step_seconds_reuse": round(reuse), "step_seconds_cold": round(cold), "reuse_speedup": round(cold / reuse),
        "grammar_cost": round(median(held) * output - 1.0), "peak_rss_mb": peak_of("self"), "server_rss_mb": peer.peak(),
    });
    println!("{result}");
    Ok(())
}

/// The model's file: by path, or in the folder of the program.
fn file(model: &str) -> Result<PathBuf> {
    let folder = std::env::var_os("HANDIWORK_MODELS").map(PathBuf::from);
    let folder = folder.or_else(|| std::env::home_dir().map(|home| home.join(".local/share/handiwork/models")));
    Ok(catalogue::resolve(&folder.context("there is no home folder")?, model)?)
}

/// Both sides in turn, each first as often as the other. What is read is new in each round.
async fn side_by_side(args: &Args, model: &LocalModel, peer: &Peer) -> Result<Vec<(Speed, Speed)>> {
    let mut rounds = Vec::new();
    for round in 0..args.rounds {
        let text = story(round, args.words);
        let request = Request { messages: vec![Message::user(&text)], max_tokens: Some(args.write), ..Request::default() };
        let pair = if round % 2 == 0 {
            let ours = timed(model, &request).await?.1;
            (ours, peer.measure(&text, args.write).await?)
        } else {
            let theirs = peer.measure(&text, args.write).await?;
            (timed(model, &request).await?.1, theirs)
        };
        rounds.push(pair);
    }
    Ok(rounds)
}

/// Plain text that begins differently in each round.
fn story(round: usize, words: usize) -> String {
    let stock = ["button", "invoice", "search", "claim", "window", "number", "letter", "open", "page", "customer", "report", "list"];
    let some: Vec<&str> = (0..words).map(|index| stock[(index * index + index * 7 + round * 5) % stock.len()]).collect();
    format!(
        "{} words, set {}: {}. Tell a long story in which all of these words occur.",
        round + 1,
        stock[round % stock.len()],
        some.join(" ")
    )
}

impl Speed {
    fn total(&self) -> f64 {
        self.reading + self.writing
    }
}

/// One reply, with the time until all was read and the time for the rest.
async fn timed(model: &LocalModel, request: &Request) -> Result<(Reply, Speed)> {
    let (sender, mut heard) = unbounded();
    let cx = Context::default().within(LIMIT).with_progress(sender);
    let began = Instant::now();
    let listening = tokio::spawn(async move {
        let mut read = None;
        while let Some(progress) = heard.next().await {
            if let Progress::Reading { done, total } = progress
                && done == total
            {
                read = Some((u64::from(total), Instant::now()));
            }
        }
        read
    });
    let reply = model.complete(&cx, request).await?;
    let ended = Instant::now();
    drop(cx);
    let (read, at) = listening.await?.context("nothing was read")?;
    let speed = Speed { read, reading: (at - began).as_secs_f64(), written: reply.usage.completion, writing: (ended - at).as_secs_f64() };
    Ok((reply, speed))
}

/// Most memory that a process has had, in megabytes.
fn peak_of(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or(0) / 1000
}

fn mean(all: &[f64]) -> f64 {
    all.iter().sum::<f64>() / all.len().max(1) as f64
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

fn round(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
