//! A program with a large tree: looked at whole, looked at after a letter has been typed, and walked by python3-pyatspi.

use std::time::Instant;

use handiwork::core::action::Type;
use handiwork::core::{Action, Context, Surface as _};
use handiwork::tools::desktop::{Desktop, DesktopConfig, Display};
use serde_json::{Value, json};

/// How often each is measured; the median is told.
const TURNS: usize = 7;

/// The plain walk: role, name, states and place of each element, one after the other. Tells how many there are and how long it took.
const WALK: &str = r"
import pyatspi, sys, time
app = next(app for app in pyatspi.Registry.getDesktop(0) if app and sys.argv[1] in app.name)
def walk(one):
    one.getRoleName(); one.name; one.getState().getStates()
    try: one.queryComponent().getExtents(0)
    except NotImplementedError: pass
    n = 1
    for i in range(min(one.childCount, 3000)):
        child = one.getChildAtIndex(i)
        if child is not None: n += walk(child)
    return n
began = time.perf_counter()
n = walk(app)
print(n, time.perf_counter() - began)
";

/// A window with two thousand elements in it, of which a part is in view.
const MANY: &str = r#"
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
window = Gtk.Window(title="many"); window.set_default_size(1200, 760)
scroll = Gtk.ScrolledWindow(); grid = Gtk.Grid(); scroll.add(grid)
box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL); entry = Gtk.Entry(); box.pack_start(entry, False, False, 0); box.pack_start(scroll, True, True, 0)
for n in range(1000):
    grid.attach(Gtk.Label(label=f"label {n}"), n % 10 * 2, n // 10, 1, 1)
    grid.attach(Gtk.CheckButton.new(), n % 10 * 2 + 1, n // 10, 1, 1)
window.add(box); window.connect("destroy", Gtk.main_quit); window.show_all(); entry.grab_focus(); Gtk.main()
"#;

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

pub(crate) async fn measure() -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("many");
    std::fs::write(&script, format!("#!/usr/bin/python3\n{MANY}")).expect("written");
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a program");
    let launch = vec![vec![script.display().to_string()]];
    let host = Desktop::open(DesktopConfig { launch, ..DesktopConfig::default() }).await.expect("a desktop");
    let environment = host.environment().await;
    let bus = environment.iter().find(|(name, _)| name == "DBUS_SESSION_BUS_ADDRESS").map(|(_, value)| value.clone());
    let cx = Context::default();
    let (mut whole, mut walked, mut part) = (Vec::new(), Vec::new(), Vec::new());
    let mut nodes = 0.0;
    for turn in 0..TURNS {
        let output = std::process::Command::new("/usr/bin/python3")
            .args(["-c", WALK, "many"])
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("python3");
        let told: Vec<f64> = String::from_utf8_lossy(&output.stdout).split_whitespace().filter_map(|word| word.parse().ok()).collect();
        assert_eq!(told.len(), 2, "{}", String::from_utf8_lossy(&output.stderr));
        nodes = told[0];
        walked.push(told[1]);
        let display = Display::Own { name: host.display().await, bus: bus.clone(), ours: false, environment: Vec::new() };
        let fresh = Desktop::open(DesktopConfig { display, ..DesktopConfig::default() }).await.expect("a desktop");
        let began = Instant::now();
        let screen = fresh.observe(&cx).await.expect("a screen");
        whole.push(began.elapsed().as_secs_f64());
        assert!(screen.nodes.len() > 100, "{}", screen.render());
        drop(fresh);
        // The one that was there all the time sees what has changed.
        let typed = Action::from(Type { r#ref: None, text: char::from(b'a' + turn as u8).to_string() });
        let resolved = host.resolve(&cx, &typed).await.expect("resolved");
        assert!(host.dispatch(&cx, &resolved).await.expect("a receipt").is_verified());
        let display = host.display().await;
        let tool = std::process::Command::new("xdotool").args(["type", "x"]).env("DISPLAY", &display).status().expect("xdotool");
        assert!(tool.success());
        let began = Instant::now();
        host.observe(&cx).await.expect("a screen");
        part.push(began.elapsed().as_secs_f64());
    }
    host.close().await;
    let (whole, walked, part) = (median(whole), median(walked), median(part));
    // A look waits until nothing has moved for 90 ms, which no walk does: told apart.
    let rest = 0.09;
    println!("\n| {nodes:.0} nodes, median of {TURNS} | seconds | of the walk |\n|---|---|---|");
    for (name, seconds) in [
        ("python3-pyatspi, plain walk", walked),
        ("whole look, with 90 ms of rest", whole),
        ("whole look, without", whole - rest),
        ("look after one letter, with rest", part),
        ("look after one letter, without", part - rest),
    ] {
        println!("| {name} | {seconds:.3} | {:.3} |", seconds / walked);
    }
    println!();
    let round = |value: f64| (value * 1000.0).round() / 1000.0;
    json!({ "nodes": nodes, "walk_seconds": round(walked), "look_seconds": round(whole), "look_to_walk": round(whole / walked), "changed_seconds": round(part), "changed_to_look": round((part - rest).max(0.0) / (whole - rest).max(0.001)) })
}
