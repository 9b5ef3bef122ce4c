//! How many threads there should be, from what the kernel says.

use crate::model::local::cores::{Ticks, physical};

#[test]
fn the_kernels_numbers_are_read() {
    let machine = "cpu  100 1 20 1000 30 2 3 4 5 0\ncpu0 50 0 10 500 15 1 1 2 2 0\ncpu1 50 1 10 500 15 1 2 2 3 0\nintr 5\n";
    let process = "77 (a) b (c) S 1 77 77 0 -1 4194304 100 0 0 0 40 2 0 0 20 0 4 0 100 0 0";
    assert_eq!(Ticks::read(machine, process), Some(Ticks { all: 1160, idle: 1030, own: 42, processors: 2 }));
    assert_eq!(Ticks::read("something else", process), None);
    assert!(physical() >= 1);
}

#[test]
fn others_take_threads_away_and_we_do_not() {
    let ticks = |all, idle, own| Ticks { all, idle, own, processors: 4 };
    let start = ticks(0, 0, 0);
    for (now, threads) in [
        // An idle machine, and one that only we use.
        (ticks(400, 400, 0), 4),
        (ticks(400, 0, 400), 4),
        // Others use a little, one core, two and a half, all.
        (ticks(400, 370, 0), 4),
        (ticks(400, 100, 200), 3),
        (ticks(400, 0, 150), 1),
        (ticks(400, 0, 0), 1),
        // No time has passed.
        (start, 4),
    ] {
        assert_eq!(now.threads_since(start, 4), threads, "{now:?}");
    }
}
