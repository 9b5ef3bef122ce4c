//! A person at their own display: the hands wait for them, and stop when they say so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use handiwork_core::action::ClickAt;
use handiwork_core::{Reason, Receipt};
use handiwork_tools::desktop::{Desktop, DesktopConfig, Display};

use super::traps::{desktop, ends, on, try_to};

fn stopped(receipt: &Receipt) -> bool {
    matches!(receipt, Receipt::NotDispatched { reason: Reason::Denied { why } } if why.contains("stopped"))
}

/// Clicks until the hands have seen that they are to stop.
async fn is_stopped(guest: &Desktop, click: ClickAt) {
    for _ in 0..5 {
        if stopped(&try_to(guest, click.clone()).await.expect("a receipt")) {
            return;
        }
    }
    panic!("they have not stopped");
}

/// The person at their own display comes first.
#[tokio::test(flavor = "multi_thread")]
async fn the_corner_stops_the_hands_for_good() {
    let host = desktop(&["galculator"]).await;
    let display = Display::Own { name: host.display().await, bus: None, ours: false, environment: Vec::new() };
    let guest = Desktop::open(DesktopConfig { display, ..DesktopConfig::default() }).await.expect("a desktop");
    let at = |x: f64, y: f64| ClickAt { x, y, r#ref: None, button: None, count: None };
    let first = try_to(&guest, at(640.0, 700.0)).await.expect("a receipt");
    assert!(!matches!(first, Receipt::NotDispatched { .. }), "{first:?}");
    on(&host.display().await, "xdotool", &["mousemove", "0", "0"]);
    is_stopped(&guest, at(640.0, 700.0)).await;
    on(&host.display().await, "xdotool", &["mousemove", "300", "300"]);
    let receipt = try_to(&guest, at(640.0, 700.0)).await.expect("a receipt");
    assert!(stopped(&receipt), "{receipt:?}");
    drop(guest);
    ends(host).await;
}

/// While the person moves the mouse the hands wait.
#[tokio::test(flavor = "multi_thread")]
async fn the_hands_wait_for_the_person() {
    let host = desktop(&["galculator"]).await;
    let name = host.display().await;
    let display = Display::Own { name: name.clone(), bus: None, ours: false, environment: Vec::new() };
    let guest = Desktop::open(DesktopConfig { display, ..DesktopConfig::default() }).await.expect("a desktop");
    let moved = Arc::new(AtomicU32::new(0));
    let moving = {
        let moved = Arc::clone(&moved);
        tokio::task::spawn_blocking(move || {
            for step in 0..30 {
                on(&name, "xdotool", &["mousemove", &(300 + step * 5).to_string(), "300"]);
                moved.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(40));
            }
        })
    };
    while moved.load(Ordering::SeqCst) < 5 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let click = ClickAt { x: 640.0, y: 700.0, r#ref: None, button: None, count: None };
    let receipt = try_to(&guest, click).await.expect("a receipt");
    assert!(!matches!(receipt, Receipt::NotDispatched { .. }), "{receipt:?}");
    assert_eq!(moved.load(Ordering::SeqCst), 30, "it clicked while the person was at it");
    moving.await.expect("it ends");
    drop(guest);
    ends(host).await;
}

/// So do the keys, held while a program has the keyboard; after that only a new start goes on.
#[tokio::test(flavor = "multi_thread")]
async fn the_keys_stop_the_hands_for_good() {
    let host = desktop(&["galculator"]).await;
    let name = host.display().await;
    let display = Display::Own { name: name.clone(), bus: None, ours: false, environment: Vec::new() };
    let config = DesktopConfig { display, ..DesktopConfig::default() };
    let guest = Desktop::open(config.clone()).await.expect("a desktop");
    let click = ClickAt { x: 640.0, y: 700.0, r#ref: None, button: None, count: None };
    for keys in [["keydown", "Control_L", "keydown", "Alt_L", "keydown", "x"], ["keyup", "x", "keyup", "Alt_L", "keyup", "Control_L"]] {
        on(&name, "xdotool", &keys);
        // An effect is waited for meanwhile, for longer than it takes to see the keys.
        let receipt = try_to(&guest, click.clone()).await.expect("a receipt");
        assert!(!matches!(receipt, Receipt::NotDispatched { .. }), "other keys do not: {receipt:?}");
    }
    on(&name, "xdotool", &["keydown", "Control_L", "keydown", "Alt_L", "keydown", "Escape"]);
    is_stopped(&guest, click.clone()).await;
    on(&name, "xdotool", &["keyup", "Escape", "keyup", "Alt_L", "keyup", "Control_L"]);
    let receipt = try_to(&guest, click.clone()).await.expect("a receipt");
    assert!(stopped(&receipt), "{receipt:?}");
    drop(guest);
    let again = Desktop::open(config).await.expect("a desktop");
    let receipt = try_to(&again, click).await.expect("a receipt");
    assert!(!matches!(receipt, Receipt::NotDispatched { .. }), "{receipt:?}");
    drop(again);
    ends(host).await;
}
