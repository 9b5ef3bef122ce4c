//! Nothing lost, nothing twice, nothing hangs, nothing left behind: runs that are killed at every boundary of their journal, and
//! resumed in another process, with a real browser, a real store, and a server that counts.
//!
//! `make survive` runs all of it; a slice runs with every test run.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "make reads what it prints")]
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends where it fails, in its helpers too")]

mod browser;
mod case;
mod child;
mod kill;
mod many;
mod script;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use case::Verdict;
use kill::Point;
use rustix::process::Signal;

/// Cases at once.
const LANES: usize = 3;

/// Runs all cases, a few at a time.
async fn all<C, F>(cases: Vec<C>, run: impl Fn(C) -> F + Clone + Send + Sync + 'static) -> Vec<(C, Verdict)>
where
    C: Copy + std::fmt::Debug + Send + Sync + 'static,
    F: Future<Output = Verdict> + Send,
{
    let next = Arc::new(AtomicUsize::new(0));
    let cases = Arc::new(cases);
    let lanes = (0..LANES).map(|_| {
        let (next, cases, run) = (Arc::clone(&next), Arc::clone(&cases), run.clone());
        tokio::spawn(async move {
            let mut done = Vec::new();
            while let Some(&case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                let verdict = run(case).await;
                if !verdict.is_right() {
                    eprintln!("  {case:?}: {verdict:?}");
                }
                done.push((case, verdict));
            }
            done
        })
    });
    let mut done = Vec::new();
    for lane in lanes.collect::<Vec<_>>() {
        done.extend(lane.await.expect("no panic"));
    }
    done
}

async fn killed(cases: Vec<(Point, u32)>, forgetful: bool) -> Vec<((Point, u32), Verdict)> {
    all(cases, move |(point, n)| case::run(point, n, forgetful)).await
}

async fn struck(cases: Vec<(Signal, Point, u32)>) -> Vec<((Signal, Point, u32), Verdict)> {
    all(cases, |(signal, point, n)| browser::run(signal, point, n)).await
}

/// Acts and replies of a whole run, by a run in which nothing is killed.
const ACTS: u32 = 20;
const REPLIES: u32 = script::STEPS as u32;

fn boundaries() -> Vec<(Point, u32)> {
    let of = |point: Point| 1..=if point == Point::DuringReply { REPLIES } else { ACTS };
    Point::ALL.into_iter().flat_map(|point| of(point).map(move |n| (point, n))).collect()
}

fn sum<C>(verdicts: &[(C, Verdict)], of: impl Fn(&Verdict) -> usize) -> usize {
    verdicts.iter().map(|(_, verdict)| of(verdict)).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_run_is_killed_at_some_boundaries() {
    // An act of each kind: a sign-in, a note, what can't be taken back, a form, its confirmation.
    let cases = vec![
        (Point::BeforeIntent, 4),
        (Point::AfterDispatch, 4),
        (Point::MidDispatch, 7),
        (Point::BeforeReceipt, 9),
        (Point::BeforeDispatch, 10),
        (Point::AfterDispatch, 10),
        (Point::AfterReceipt, 15),
        (Point::BeforeDispatch, 18),
        (Point::AfterDispatch, 19),
        (Point::DuringReply, 9),
        (Point::AfterReceipt, ACTS + 1),
    ];
    let verdicts = killed(cases, false).await;
    for ((point, n), verdict) in &verdicts {
        assert!(verdict.is_right(), "{point:?} {n}: {verdict:?}");
        assert_eq!(verdict.beyond, *n > ACTS, "{point:?} {n}: a run has {ACTS} acts");
    }
    assert!(sum(&verdicts, |verdict| verdict.asked) > 0, "what can't be known is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_intent_a_browser_run_does_things_twice() {
    let verdicts = killed(vec![(Point::AfterDispatch, 7), (Point::AfterDispatch, 10)], true).await;
    let wrong = sum(&verdicts, |verdict| verdict.duplicated.len() + verdict.lost.len());
    assert!(wrong > 0, "the sweep can't find what it is for: {verdicts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_browser_is_killed_or_stopped_at_some_acts() {
    let cases = vec![
        (Signal::KILL, Point::MidDispatch, 1),
        (Signal::KILL, Point::BeforeDispatch, 7),
        (Signal::STOP, Point::MidDispatch, 7),
        (Signal::KILL, Point::MidDispatch, 10),
        (Signal::STOP, Point::BeforeDispatch, 15),
        (Signal::KILL, Point::BeforeDispatch, 18),
    ];
    for (case, verdict) in struck(cases).await {
        assert!(verdict.is_right(), "{case:?}: {verdict:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "for whoever looks for a fault: SURVIVE_ACTS=4,10 SURVIVE_SHOW=1"]
async fn a_browser_stopped_in_some_acts() {
    let acts = std::env::var("SURVIVE_ACTS").unwrap_or_else(|_| "4,10".to_owned());
    let acts = acts.split(',').filter_map(|act| act.parse().ok());
    let verdicts = struck(acts.map(|act| (Signal::STOP, Point::MidDispatch, act)).collect()).await;
    assert!(verdicts.iter().all(|(_, verdict)| verdict.is_right()), "{verdicts:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "most of an hour: make survive"]
async fn the_whole_sweep() {
    let sweeps: usize = std::env::var("SURVIVE_SWEEPS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let cases = boundaries();
    let mut verdicts = Vec::new();
    for sweep in 1..=sweeps {
        let done = killed(cases.clone(), false).await;
        println!("sweep {sweep}: {} of {} right", done.iter().filter(|(_, verdict)| verdict.is_right()).count(), done.len());
        verdicts.extend(done);
    }
    let forgetful = killed(cases.iter().copied().filter(|(point, _)| *point == Point::AfterDispatch).collect(), true).await;
    println!(
        "without the intent: {} duplicated, {} lost in {} runs",
        sum(&forgetful, |v| v.duplicated.len()),
        sum(&forgetful, |v| v.lost.len()),
        forgetful.len()
    );
    println!("replies paid for again: {}", sum(&verdicts, |verdict| verdict.paid_again));
    let acts = || [Point::BeforeDispatch, Point::MidDispatch].into_iter().flat_map(|point| (1..=ACTS).map(move |n| (point, n)));
    let signals = [Signal::KILL, Signal::STOP].into_iter().flat_map(|signal| acts().map(move |(point, n)| (signal, point, n)));
    let struck = struck(signals.collect()).await;
    let recovered = struck.iter().filter(|(_, verdict)| verdict.is_right()).count();
    println!(
        "browser killed or stopped: {recovered} of {} recovered, {} hangs",
        struck.len(),
        sum(&struck, |verdict| usize::from(verdict.hung))
    );
    let problems = sum(&verdicts, |verdict| verdict.problems.len() + usize::from(verdict.beyond));
    println!(
        "{}",
        serde_json::json!({
            "bar": "survive",
            "boundaries": cases.len(),
            "runs": verdicts.len(),
            "lost": sum(&verdicts, |verdict| verdict.lost.len()),
            "duplicated": sum(&verdicts, |verdict| verdict.duplicated.len()),
            "asked": sum(&verdicts, |verdict| verdict.asked),
            "asked_outside": sum(&verdicts, |verdict| verdict.asked_outside),
            "hangs": sum(&verdicts, |verdict| usize::from(verdict.hung)),
            "orphans": sum(&verdicts, |verdict| verdict.orphans),
        })
    );
    assert!(verdicts.iter().all(|(_, verdict)| verdict.is_right() && !verdict.beyond), "see above: {problems} more problems");
    assert_eq!(recovered, struck.len(), "see above");
    assert!(sum(&forgetful, |verdict| verdict.duplicated.len() + verdict.lost.len()) > 0, "the sweep can't find what it is for");
}
