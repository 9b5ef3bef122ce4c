//! How large a chunk may be at which speed.

use std::time::Duration;

use crate::model::local::pace::{LEAST, MOST, Pace};

#[test]
fn a_chunk_is_as_large_as_is_soon_over() {
    for (per_second, expected) in [(10_000, MOST), (61, MOST), (40, 64), (20, 32), (1, LEAST)] {
        let mut pace = Pace::default();
        assert_eq!(pace.chunk(), LEAST);
        pace.took(64, Duration::from_secs_f64(64.0 / f64::from(per_second)));
        assert_eq!(pace.chunk(), expected, "{per_second} tokens a second");
    }
}

#[test]
fn a_few_tokens_say_nothing_of_the_speed() {
    let mut pace = Pace::default();
    pace.took(128, Duration::from_millis(100));
    pace.took(1, Duration::from_millis(100));
    assert_eq!(pace.chunk(), MOST);
    pace.took(256, Duration::ZERO);
    assert_eq!(pace.chunk(), MOST);
}
