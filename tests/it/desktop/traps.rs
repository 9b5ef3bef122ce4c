//! What goes wrong on a desktop: each ends as a typed reason or as the right thing, nothing hangs, and nothing is left.

use std::process::Command;
use std::time::Duration;

use handiwork_core::action::{Click, ClickAt, Fill, Launch, Press, Type};
use handiwork_core::{Action, Context, EffectClass, Reason, Receipt, Ref, Refusal, Secrets, Surface, SurfaceError};
use handiwork_tools::desktop::{Desktop, DesktopConfig, Display, OcrConfig, Region};

use super::hand::Hand;

pub(super) async fn desktop(launch: &[&str]) -> Desktop {
    let launch = vec![launch.iter().map(|word| (*word).to_owned()).collect()];
    Desktop::open(DesktopConfig { launch, ..DesktopConfig::default() }).await.expect("a desktop")
}

pub(super) async fn try_to(desktop: &Desktop, action: impl Into<Action>) -> Result<Receipt, SurfaceError> {
    let cx = Context::default().within(Duration::from_secs(25));
    match desktop.resolve(&cx, &action.into()).await {
        Ok(resolved) => desktop.dispatch(&cx, &resolved).await,
        Err(Refusal::NotDispatched(reason)) => Ok(Receipt::refused(reason)),
        Err(Refusal::Surface(error)) => Err(error),
    }
}

async fn screen(desktop: &Desktop) -> handiwork_core::Screen {
    desktop.observe(&Context::default()).await.expect("a screen")
}

async fn r(desktop: &Desktop, role: &str, name: &str) -> Ref {
    let screen = screen(desktop).await;
    let found = screen.nodes.iter().find(|node| node.role == role && (name.is_empty() || node.name == name)).and_then(|node| node.r#ref);
    found.unwrap_or_else(|| panic!("no {role} {name:?} on\n{}", screen.render()))
}

pub(super) fn on(display: &str, program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).env("DISPLAY", display).output().expect(program);
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Ends it, and sees that nothing is left.
pub(super) async fn ends(desktop: Desktop) {
    desktop.close().await;
    assert_eq!(desktop.processes().await, Vec::<u32>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_closes_takes_its_refs_with_it() {
    let desktop = desktop(&["galculator"]).await;
    let seven = r(&desktop, "button", "7").await;
    let display = desktop.display().await;
    on(&display, "xdotool", &["search", "--name", "galculator", "windowkill"]);
    for _ in 0..50 {
        if Command::new("xdotool")
            .args(["search", "--name", "galculator"])
            .env("DISPLAY", &display)
            .output()
            .expect("xdotool")
            .stdout
            .is_empty()
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let receipt = try_to(&desktop, Click { r#ref: seven }).await.expect("a receipt");
    assert!(matches!(receipt, Receipt::NotDispatched { reason: Reason::Stale { .. } }), "{receipt:?}");
    assert!(screen(&desktop).await.nodes.is_empty());
    let unknown = try_to(&desktop, Click { r#ref: Ref(9_999) }).await.expect("a receipt");
    assert!(matches!(unknown, Receipt::NotDispatched { reason: Reason::UnknownRef { .. } }), "{unknown:?}");
    ends(desktop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_window_covers_is_not_clicked() {
    let desktop = desktop(&["galculator"]).await;
    let seven = r(&desktop, "button", "7").await;
    let window = r(&desktop, "window", "galculator").await;
    // A window that says nothing of itself, over all of it.
    let receipt = try_to(&desktop, Launch { program: "xterm -geometry 200x60+0+0".to_owned() }).await.expect("a receipt");
    assert!(receipt.is_verified(), "{receipt:?}");
    let receipt = try_to(&desktop, Click { r#ref: seven }).await.expect("a receipt");
    assert!(matches!(receipt, Receipt::NotDispatched { reason: Reason::Covered { .. } }), "{receipt:?}");
    let screen = screen(&desktop).await;
    assert!(screen.get(seven).is_none() && screen.tabs.len() == 2, "{}", screen.render());
    // Raised again it can be clicked.
    let tab = screen.tabs.iter().find(|tab| tab.title == "galculator").expect("a window").number;
    let receipt = try_to(&desktop, handiwork_core::action::SwitchTab { tab }).await.expect("a receipt");
    assert!(receipt.is_verified(), "{receipt:?}");
    let receipt = try_to(&desktop, Click { r#ref: seven }).await.expect("a receipt");
    assert!(receipt.is_verified(), "{receipt:?}");
    let _ = window;
    ends(desktop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modal_dialog_is_told_and_answered() {
    let mut hand = Hand::open(&["mousepad"], 1, |_| {}).await;
    let field = hand.need("textbox", "").await.expect("a field");
    hand.fill(&field, "not saved").await.expect("filled");
    let receipt = hand.act(Press { keys: "Control+w".to_owned(), r#ref: None }).await;
    let told = receipt.to_string();
    assert!(told.contains("dialog") || told.contains("opened"), "{told}");
    // What lies below it gets no click: the dialog is in front.
    let text = hand.look().await;
    assert!(text.text.contains("dialog") || text.text.contains("Save Changes"), "{}", text.text);
    let lose = text.live().find(|line| line.name.contains("Don't Save")).cloned().expect("a button");
    let resolved = hand.desktop.resolve(&Context::default(), &Click { r#ref: lose.r#ref.expect("a ref") }.into()).await.expect("resolved");
    assert_eq!(resolved.effect, EffectClass::Irreversible, "what throws work away is asked about");
    let receipt = hand.act(Click { r#ref: lose.r#ref.expect("a ref") }).await;
    assert!(receipt.is_verified(), "{receipt:?}");
    hand.desktop.close().await;
    assert!(hand.desktop.processes().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_has_hung_is_told_and_stops_nothing() {
    let desktop = desktop(&["galculator"]).await;
    let seven = r(&desktop, "button", "7").await;
    let pid: i32 = on(&desktop.display().await, "xdotool", &["search", "--name", "galculator", "getwindowpid"]).parse().expect("a pid");
    let pid = rustix::process::Pid::from_raw(pid).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).expect("stopped");
    let result = try_to(&desktop, Click { r#ref: seven }).await;
    let told = match result {
        Err(error) => error.to_string(),
        Ok(receipt) => receipt.to_string(),
    };
    assert!(told.contains("does not answer"), "{told}");
    let text = screen(&desktop).await.render();
    assert!(text.contains("does not answer") && text.contains("galculator"), "{text}");
    // Another program beside it works.
    let receipt = try_to(&desktop, Launch { program: "mousepad".to_owned() }).await.expect("a receipt");
    assert!(receipt.is_verified(), "{receipt:?}");
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).expect("goes on");
    ends(desktop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_display_and_no_program_are_told_with_what_to_do() {
    let own = |name: &str| Display::Own { name: name.to_owned(), bus: None, ours: false, environment: Vec::new() };
    let error = Desktop::open(DesktopConfig { display: own(":4711"), ..DesktopConfig::default() }).await.expect_err("no display");
    let told = error.to_string();
    assert!(matches!(error, SurfaceError::NotAvailable { .. }) && told.contains(":4711") && told.contains("private"), "{told}");
    let launch = vec![vec!["no-such-program".to_owned()]];
    let error = Desktop::open(DesktopConfig { launch, ..DesktopConfig::default() }).await.expect_err("no program");
    assert!(error.to_string().contains("no program"), "{error}");
    let ocr = OcrConfig::Paddle { folder: "/nonexistent".into() };
    let error = Desktop::open(DesktopConfig { ocr, ..DesktopConfig::default() }).await.expect_err("no networks");
    assert!(error.to_string().contains("handiwork model pull ocr"), "{error}");
}

/// A display that is there, without a message bus: nothing tells what it shows, so it is read off its pixels.
#[tokio::test(flavor = "multi_thread")]
async fn without_accessibility_there_are_windows_and_pixels() {
    let host = desktop(&["xterm", "-fa", "Monospace", "-fs", "14", "-e", "sh", "-c", "echo hello harbour; exec sleep 1000"]).await;
    let name = host.display().await;
    let display = Display::Own { name, bus: None, ours: false, environment: Vec::new() };
    let blind = Desktop::open(DesktopConfig { display: display.clone(), ..DesktopConfig::default() }).await.expect("a desktop");
    let text = screen(&blind).await.render();
    assert!(text.contains("does not tell what is in it"), "{text}");
    drop(blind);
    let reading =
        Desktop::open(DesktopConfig { display, ocr: super::hand::ocr().await, ..DesktopConfig::default() }).await.expect("a desktop");
    let seen = screen(&reading).await;
    assert!(seen.nodes.iter().any(|node| node.name.contains("hello harbour") && node.r#ref.is_some()), "{}", seen.render());
    drop(reading);
    assert!(!host.processes().await.is_empty(), "what is not its own is left alone");
    ends(host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_scaled_and_points_are_checked() {
    let desktop = desktop(&["galculator"]).await;
    let cx = Context::default();
    let window = r(&desktop, "window", "galculator").await;
    let whole = desktop.picture(&cx, Region::All, 0.5).await.expect("taken").expect("a picture");
    assert_eq!((whole.size, whole.area), ((640, 400), (0, 0, 1280, 800)));
    let part = desktop.picture(&cx, Region::Element(window), 1.0).await.expect("taken").expect("a picture");
    assert!(part.size.0 < 1280 && part.size == (part.area.2, part.area.3), "{part:?}");
    assert!(desktop.picture(&cx, Region::Part(5_000, 0, 10, 10), 1.0).await.is_err());
    assert!(desktop.picture(&cx, Region::Monitor(7), 1.0).await.expect_err("no monitor").to_string().contains("no monitor 7"));
    let outside = try_to(&desktop, ClickAt { x: 5_000.0, y: 1.0, r#ref: None, button: None, count: None }).await.expect("a receipt");
    assert!(matches!(outside, Receipt::NotDispatched { reason: Reason::OutOfView { .. } }), "{outside:?}");
    ends(desktop).await;
}

/// A display that becomes smaller: what was outside is gone, and nothing is clicked where it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_that_is_taken_away() {
    let desktop = desktop(&["galculator"]).await;
    let display = desktop.display().await;
    let cx = Context::default();
    on(&display, "xrandr", &["--setmonitor", "left", "640/170x800/210+0+0", "screen"]);
    on(&display, "xrandr", &["--setmonitor", "right", "640/170x800/210+640+0", "none"]);
    let second = desktop.picture(&cx, Region::Monitor(1), 1.0).await.expect("taken").expect("a picture");
    assert_eq!(second.area, (640, 0, 640, 800));
    on(&display, "xrandr", &["--delmonitor", "right"]);
    let told = desktop.picture(&cx, Region::Monitor(1), 1.0).await.expect_err("it is gone").to_string();
    assert!(told.contains("there are 1"), "{told}");
    let seven = r(&desktop, "button", "7").await;
    assert!(try_to(&desktop, Click { r#ref: seven }).await.expect("a receipt").is_verified());
    ends(desktop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_keyboards_type_the_same() {
    for layout in ["us", "de"] {
        let config =
            DesktopConfig { layout: Some(layout.to_owned()), launch: vec![vec!["mousepad".to_owned()]], ..DesktopConfig::default() };
        let desktop = Desktop::open(config).await.expect("a desktop");
        let field = r(&desktop, "textbox", "").await;
        let text = "zy-ZY {[<@\\|~#'\"+*]}> ß ä É €";
        let receipt = try_to(&desktop, Type { r#ref: Some(field), text: text.to_owned() }).await.expect("a receipt");
        assert!(receipt.is_verified(), "{layout}: {receipt:?}");
        let held = screen(&desktop).await.get(field).and_then(|node| node.value.clone()).unwrap_or_default();
        assert_eq!(held, text, "{layout}");
        // Another one while it runs.
        on(&desktop.display().await, "setxkbmap", &[if layout == "us" { "de" } else { "us" }]);
        let receipt = try_to(&desktop, Type { r#ref: Some(field), text: " yz;".to_owned() }).await.expect("a receipt");
        assert!(receipt.is_verified(), "{layout}: {receipt:?}");
        let held = screen(&desktop).await.get(field).and_then(|node| node.value.clone()).unwrap_or_default();
        assert_eq!(held, format!("{text} yz;"), "{layout}");
        ends(desktop).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_goes_to_its_program_only_and_is_on_no_picture() {
    let desktop = desktop(&["mousepad"]).await;
    let mut secrets = Secrets::default();
    secrets.insert("pin", "hunter2-4711", "app://mousepad").expect("an origin");
    secrets.insert("other", "swordfish-9", "app://gedit").expect("an origin");
    let cx = Context::new(std::sync::Arc::new(secrets));
    let field = r(&desktop, "textbox", "").await;
    let fill = |name: &str| Action::from(Fill { r#ref: field, text: format!("{{{{secret:{name}}}}}") });
    let refused = desktop.resolve(&cx, &fill("other")).await.expect_err("another program");
    assert!(matches!(&refused, Refusal::NotDispatched(Reason::SecretNotAllowed { .. })), "{refused}");
    let resolved = desktop.resolve(&cx, &fill("pin")).await.expect("resolved");
    assert_eq!(resolved.target.as_ref().map(|target| target.origin.as_str()), Some("app://mousepad"));
    let receipt = desktop.dispatch(&cx, &resolved).await.expect("a receipt");
    assert!(receipt.is_verified(), "{receipt:?}");
    let text = desktop.observe(&cx).await.expect("a screen").render();
    assert!(text.contains("{{secret:pin}}") && !text.contains("hunter2"), "{text}");
    assert!(!receipt.to_string().contains("hunter2"), "{receipt}");
    assert!(desktop.screenshot(&cx).await.expect("asked").is_none(), "the secret would be on it");
    ends(desktop).await;
}

/// Keys without a ref go to the window that was decided on, and to no other that has come in front since.
#[tokio::test(flavor = "multi_thread")]
async fn keys_go_to_the_window_that_was_decided_on() {
    let desktop = desktop(&["mousepad"]).await;
    let cx = Context::default();
    let typed = Action::from(Type { r#ref: None, text: "for mousepad".to_owned() });
    let resolved = desktop.resolve(&cx, &typed).await.expect("resolved");
    let receipt = try_to(&desktop, Launch { program: "galculator".to_owned() }).await.expect("a receipt");
    assert!(receipt.is_verified(), "{receipt:?}");
    let receipt = desktop.dispatch(&cx, &resolved).await.expect("a receipt");
    assert!(matches!(receipt, Receipt::NotDispatched { reason: Reason::Changed { .. } }), "{receipt:?}");
    ends(desktop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_terminal_runs_is_asked_about() {
    let desktop = desktop(&["xterm"]).await;
    let cx = Context::default();
    let effect = async |action: Action| desktop.resolve(&cx, &action).await.expect("resolved").effect;
    assert_eq!(effect(Type { r#ref: None, text: "ls".to_owned() }.into()).await, EffectClass::Write);
    assert_eq!(effect(Type { r#ref: None, text: "rm -rf x\n".to_owned() }.into()).await, EffectClass::Irreversible);
    for keys in ["Enter", "Control+j", "Control+m"] {
        assert_eq!(effect(Press { keys: keys.to_owned(), r#ref: None }.into()).await, EffectClass::Irreversible, "{keys}");
        let hold = handiwork_core::action::Hold { keys: keys.to_owned(), seconds: 0.1 };
        assert_eq!(effect(hold.into()).await, EffectClass::Irreversible, "{keys}");
    }
    assert_eq!(effect(Launch { program: "mousepad --preferences".to_owned() }.into()).await, EffectClass::Irreversible);
    assert_eq!(effect(Launch { program: "mousepad notes.txt".to_owned() }.into()).await, EffectClass::Write);
    assert_eq!(effect(Launch { program: "mousepad".to_owned() }.into()).await, EffectClass::Write);
    assert_eq!(effect(Launch { program: "rm -rf /tmp/x".to_owned() }.into()).await, EffectClass::Irreversible);
    assert_eq!(effect(Launch { program: "xterm".to_owned() }.into()).await, EffectClass::Irreversible);
    ends(desktop).await;
}

/// The display itself dies under it.
#[tokio::test(flavor = "multi_thread")]
async fn a_display_that_dies_is_told_and_made_again() {
    let desktop = desktop(&["mousepad"]).await;
    let cx = Context::default();
    let before = screen(&desktop).await;
    let field = r(&desktop, "textbox", "").await;
    let file = before.nodes.iter().find(|node| node.name == "File").and_then(|node| node.r#ref).expect("a menu");
    let kept = desktop.checkpoint(&cx).await.expect("asked").expect("a checkpoint");
    let server = kept.process.clone().expect("a server").pid;
    rustix::process::kill_process(rustix::process::Pid::from_raw(server as i32).expect("a pid"), rustix::process::Signal::KILL)
        .expect("killed");
    let error = desktop.observe(&cx).await.expect_err("it is gone");
    assert!(matches!(error, SurfaceError::Gone { .. }), "{error}");
    let from = handiwork_core::Restore { process: kept.process.as_ref(), state: Some(&kept.state), screen: Some(&before), next_ref: 500 };
    let restored = desktop.restore(&cx, &from).await.expect("made again");
    assert!(restored.kept.contains(&file), "{restored:?}");
    assert!(restored.lost.iter().any(|lost| lost.contains("had not saved")), "{restored:?}");
    let receipt = try_to(&desktop, Click { r#ref: file }).await.expect("a receipt");
    assert!(receipt.is_verified(), "{receipt:?}");
    let stale = try_to(&desktop, Click { r#ref: field }).await.expect("a receipt");
    assert!(restored.kept.contains(&field) || matches!(stale, Receipt::NotDispatched { reason: Reason::Stale { .. } }), "{stale:?}");
    ends(desktop).await;
}
