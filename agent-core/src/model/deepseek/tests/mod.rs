//! The pure parts: the stream reader, the request, the reply, the errors. The wire itself is tested against a stand-in server
//! in the root's tests.

mod failure;
mod reply;
mod request;
mod sse;

use super::{DeepSeek, Dialect, OpenAiCompat, PRICES, price_of};
use crate::model::Model as _;

#[test]
fn the_key_is_in_no_debug_output() {
    let remote = format!("{:?}", DeepSeek::from_key("sk-canary-1"));
    let nearby = format!("{:?}", OpenAiCompat::new("http://127.0.0.1:1/v1", "m", Some("sk-canary-2".to_owned())));
    assert!(!remote.contains("canary") && !nearby.contains("canary"), "{remote} {nearby}");
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
    let nearby = OpenAiCompat::new("http://127.0.0.1:1/v1", "m", None).context(8192).dialect(Dialect::OLLAMA).small(true);
    assert_eq!((nearby.info().context, nearby.info().small, nearby.info().price), (8192, true, None));
}
