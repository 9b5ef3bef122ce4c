//! What the model says of itself.

use super::{DeepSeek, PRICES, price_of};
use crate::model::Model as _;

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
    assert!(!info.constrained && !info.small);
    assert_eq!(info.price, Some(PRICES[0].1));
    assert_eq!(DeepSeek::from_key("k").model("deepseek-v4-pro").info().price, Some(PRICES[1].1));
    assert_eq!(price_of("deepseek-v9"), PRICES[1].1, "an unknown one is dear, so that a budget holds");
}
