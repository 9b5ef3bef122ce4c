//! What the model says of itself.

use super::{Dialect, OpenAiCompat};
use crate::model::Model as _;

#[test]
fn the_key_is_in_no_debug_output() {
    let nearby = format!("{:?}", OpenAiCompat::new("http://127.0.0.1:1/v1", "m", Some("sk-canary-2".to_owned())));
    assert!(!nearby.contains("canary"), "{nearby}");
}

#[test]
fn what_a_model_is() {
    let nearby = OpenAiCompat::new("http://127.0.0.1:1/v1", "m", None).context(8192).dialect(Dialect::OLLAMA).small(true);
    assert_eq!((nearby.info().context, nearby.info().small, nearby.info().price), (8192, true, None));
}
