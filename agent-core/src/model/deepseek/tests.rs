//! What the model says of itself, its tables, and its slots.

use std::time::Duration;

use futures::channel::mpsc;

use super::slots::Slots;
use super::{Balance, DeepSeek, PEAK, PRICES, known_price, price, price_of};
use crate::context::{Context, Progress};
use crate::model::compat::Replay;
use crate::model::{Model as _, ModelError, Price, Usage};

#[test]
fn the_key_is_in_no_debug_output() {
    let remote = format!("{:?}", DeepSeek::from_key("sk-canary-1"));
    assert!(!remote.contains("canary"), "{remote}");
}

#[test]
fn what_a_model_is() {
    let model = DeepSeek::from_key("k");
    let info = model.info();
    assert_eq!((info.provider.as_str(), info.id.as_str(), info.context), ("deepseek", "deepseek-flash", 1_000_000));
    assert!(!info.constrained && !info.small && info.vision);
    assert_eq!((info.price, info.peak.as_ref()), (Some(PRICES[0].price), Some(&PEAK)));
    let pro = model.clone().model("deepseek-v4-pro");
    assert_eq!((pro.info().price, pro.info().vision), (Some(PRICES[1].price), false));
    let own = Price { hit: 1.0, miss: 2.0, output: 3.0 };
    let flat = model.clone().price(own);
    assert_eq!((flat.info().price, flat.info().peak.as_ref()), (Some(own), None), "what is said holds at all hours");
    assert_eq!(model.price(own).peak(PEAK).info().peak, Some(PEAK));
}

#[test]
fn first_generation_r1_is_not_given_its_reasoning() {
    let forgetful = |id: &str| price::replay_of(id) == Replay::Never;
    assert!(forgetful("deepseek-reasoner") && forgetful("DeepSeek-R1-0528") && forgetful("deepseek-r1-distill-qwen-7b"));
    assert!(!forgetful("deepseek-flash") && !forgetful("deepseek-v4-pro") && !forgetful("deepseek-v3.2"));
    let set = DeepSeek::from_key("k").model("deepseek-r1").replay(Replay::Always("reasoning_content"));
    assert_eq!(set.wire.dialect.replay, Replay::Always("reasoning_content"));
}

fn at(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().expect("a time").as_millisecond()
}

#[test]
fn peak_hours_to_the_millisecond() {
    // 23 November 2026 is a Monday.
    let table = [
        ("2026-11-23T00:59:59.999Z", 1.0),
        ("2026-11-23T01:00:00Z", 2.0),
        ("2026-11-23T03:59:59.999Z", 2.0),
        ("2026-11-23T04:00:00Z", 1.0),
        ("2026-11-23T05:59:59.999Z", 1.0),
        ("2026-11-23T06:00:00Z", 2.0),
        ("2026-11-23T09:59:59.999Z", 2.0),
        ("2026-11-23T10:00:00Z", 1.0),
        ("2026-11-27T09:59:59Z", 2.0),
        ("2026-11-28T02:00:00Z", 1.0),
        ("2026-11-29T07:00:00Z", 1.0),
        ("2026-11-30T09:00:00+08:00", 2.0),
        ("2026-11-29T23:30:00-02:00", 2.0),
    ];
    for (time, factor) in table {
        assert!((PEAK.factor_at(at(time)) - factor).abs() < f64::EPSILON, "{time}");
    }
    let usage = Usage { prompt: 3_000_000, cached: 2_000_000, completion: 1_000_000, reasoning: 0 };
    let info = DeepSeek::from_key("k").info().clone();
    let cost = |time| (info.cost(&usage, at(time)) * 1e9).round() / 1e9;
    assert_eq!((cost("2026-11-23T12:00:00Z"), cost("2026-11-23T02:00:00Z")), (0.756, 1.512));
    let kept: crate::ModelInfo = serde_json::from_value(serde_json::to_value(&info).expect("JSON")).expect("from a journal");
    assert_eq!(kept, info);
}

#[test]
fn prices_by_day() {
    assert_eq!(known_price("deepseek-flash", at("2026-11-23T00:00:00Z")), Some(PRICES[0].price));
    assert_eq!(known_price("deepseek-flash", 0), Some(PRICES[0].price), "before the first row, the first row");
    assert_eq!(known_price("deepseek-v9", 0), None);
    assert_eq!(price_of("deepseek-v9", 0), PRICES[1].price, "an unknown one is dear, so that a budget holds");
    let rows: Vec<_> = PRICES.iter().map(|row| (row.id, row.from)).collect();
    let mut sorted = rows.clone();
    sorted.sort_by_key(|row| row.1);
    sorted.dedup();
    assert_eq!(rows, sorted, "oldest first, and none twice");
}

#[tokio::test]
async fn slots_are_shared_by_clones_and_waited_for_within_the_deadline() {
    let slots = Slots::limited(1);
    let held = slots.take(&Context::default(), "a").await.expect("a slot");
    let (sender, mut told) = mpsc::unbounded();
    let short = Context::default().within(Duration::from_millis(5)).with_progress(sender);
    let error = slots.clone().take(&short, "b").await.expect_err("none is left");
    assert!(matches!(error, ModelError::TimedOut(_)), "{error}");
    assert!(matches!(told.try_recv(), Ok(Progress::Waiting(_))));
    drop(held);
    drop(slots.take(&Context::default().within(Duration::from_secs(20)), "b").await.expect("it is free again"));
    assert!(Slots::limited(0).take(&Context::default(), "a").await.is_ok(), "none at all would wait for ever");
}

#[tokio::test]
async fn without_a_limit_each_model_has_the_providers() {
    assert_eq!(["deepseek-flash", "deepseek-v4-pro", "new"].map(price::concurrency_of), [2500, 500, 500]);
    let slots = Slots::default();
    let mut held = Vec::new();
    for _ in 0..500 {
        held.push(slots.take(&Context::default(), "deepseek-v4-pro").await.expect("a slot"));
    }
    let now = Context::default().within(Duration::ZERO);
    assert!(slots.clone().take(&now, "deepseek-v4-pro").await.is_err());
    drop(slots.take(&now, "deepseek-flash").await.expect("another model has its own"));
}

#[test]
fn a_balance_is_read_as_it_is_sent() {
    let sent = r#"{"is_available":true,"balance_infos":[{"currency":"CNY","total_balance":"110.00","granted_balance":"10.00","topped_up_balance":"100.00"}]}"#;
    let balance: Balance = serde_json::from_str(sent).expect("a balance");
    assert_eq!((balance.available, balance.amounts[0].currency.as_str(), balance.amounts[0].total.as_str()), (true, "CNY", "110.00"));
    assert_eq!(serde_json::to_string(&balance).expect("JSON"), sent);
}
