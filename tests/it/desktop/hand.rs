//! The hand of an oracle on a desktop: it reads lines of text, and acts by what stands on them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use handiwork_core::action::{
    Check, Click, Copy, Direction, Drag, Fill, Launch, Paste, Press, Scroll, Select, SelectText, SwitchTab, Type,
};
use handiwork_core::{Action, Context, Receipt, Refusal, Surface};
use handiwork_tools::desktop::{Desktop, DesktopConfig, OcrConfig};

use crate::oracles::hand::{Line, Text};

/// The folder with the networks that read; it is filled once.
pub(super) async fn ocr() -> OcrConfig {
    let home = PathBuf::from(std::env::var_os("HOME").expect("HOME"));
    let folder = home.join(".cache/handiwork/test-models");
    std::fs::create_dir_all(&folder).expect("a folder");
    for name in ["pp-ocrv6-det", "pp-ocrv6-rec"] {
        handiwork::catalogue::pull(&folder, name, |_, _| {}).await.expect("the networks");
    }
    OcrConfig::Paddle { folder }
}

pub(super) struct Hand {
    pub(super) desktop: Desktop,
    pub(super) folder: tempfile::TempDir,
    cx: Context,
    pub(super) log: Vec<String>,
    pub(super) seed: u64,
}

impl Hand {
    /// A desktop with a program on it. Files are made by `prepare` before.
    pub(super) async fn open(launch: &[&str], seed: u64, prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        prepare(folder.path());
        let config = DesktopConfig {
            launch: vec![launch.iter().map(|word| word.replace("{folder}", &folder.path().display().to_string())).collect()],
            folder: Some(folder.path().to_path_buf()),
            ocr: ocr().await,
            ..DesktopConfig::default()
        };
        let desktop = Desktop::open(config).await.expect("a desktop");
        Self { desktop, folder, cx: Context::default(), log: Vec::new(), seed }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A number that belongs to the seed, from `least` to `most`.
    pub(super) fn number(&self, which: u64, least: u64, most: u64) -> u64 {
        let mixed = (self.seed * 7919 + which * 104_729 + 13).wrapping_mul(2_654_435_761) >> 7;
        least + mixed % (most - least + 1)
    }

    /// A word that belongs to the seed.
    pub(super) fn word(&self, which: u64) -> &'static str {
        const WORDS: [&str; 12] =
            ["harbour", "lantern", "meadow", "orchard", "pebble", "quarry", "ribbon", "saddle", "timber", "velvet", "willow", "zephyr"];
        WORDS[self.number(which, 0, 11) as usize]
    }

    pub(super) async fn look(&self) -> Text {
        let text = self.desktop.observe(&self.cx).await.expect("a screen").render();
        let lines = text.lines().skip(1).map(Line::of).collect();
        Text { text, lines }
    }

    pub(super) async fn act(&mut self, action: impl Into<Action>) -> Receipt {
        let action = action.into();
        let receipt = match self.desktop.resolve(&self.cx, &action).await {
            Ok(resolved) => self.desktop.dispatch(&self.cx, &resolved).await.expect("a receipt"),
            Err(Refusal::NotDispatched(reason)) => Receipt::refused(reason),
            Err(Refusal::Surface(error)) => panic!("{error}"),
        };
        self.log.push(format!("{} -> {receipt}", serde_json::to_string(&action).unwrap_or_default()));
        receipt
    }

    /// Does it, and must be told that it had an effect.
    pub(super) async fn surely(&mut self, action: impl Into<Action>) -> Result<(), String> {
        let receipt = self.act(action).await;
        if receipt.is_verified() { Ok(()) } else { Err(format!("no effect: {receipt}")) }
    }

    /// Waits until a line of this role and name is there.
    pub(super) async fn need(&mut self, role: &str, name: &str) -> Result<Line, String> {
        let mut last = String::new();
        for _ in 0..40 {
            let text = self.look().await;
            if let Some(line) = text.find(role, name) {
                return Ok(line.clone());
            }
            last = text.text;
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        Err(format!("no {role} {name:?} on\n{last}"))
    }

    /// Clicks the line of this role and name.
    pub(super) async fn click(&mut self, role: &str, name: &str) -> Result<(), String> {
        let line = self.need(role, name).await?;
        self.surely(Click { r#ref: line.r#ref.expect("a ref") }).await
    }

    pub(super) async fn fill(&mut self, line: &Line, text: &str) -> Result<(), String> {
        self.surely(Fill { r#ref: line.r#ref.expect("a ref"), text: text.to_owned() }).await
    }

    pub(super) async fn type_into(&mut self, line: &Line, text: &str) -> Result<(), String> {
        self.surely(Type { r#ref: line.r#ref, text: text.to_owned() }).await
    }

    pub(super) async fn type_text(&mut self, text: &str) -> Result<(), String> {
        self.surely(Type { r#ref: None, text: text.to_owned() }).await
    }

    pub(super) async fn key(&mut self, keys: &str) -> Result<(), String> {
        self.surely(Press { keys: keys.to_owned(), r#ref: None }).await
    }

    pub(super) async fn check(&mut self, line: &Line, checked: bool) -> Result<(), String> {
        self.surely(Check { r#ref: line.r#ref.expect("a ref"), checked }).await
    }

    pub(super) async fn select(&mut self, line: &Line, option: &str) -> Result<(), String> {
        self.surely(Select { r#ref: line.r#ref.expect("a ref"), option: option.to_owned() }).await
    }

    pub(super) async fn scroll(&mut self, line: &Line) -> Result<(), String> {
        self.surely(Scroll { direction: Direction::Down, r#ref: line.r#ref }).await
    }

    pub(super) async fn drag(&mut self, line: &Line, from: (f64, f64), by: (f64, f64)) -> Result<(), String> {
        let grab = handiwork_core::action::Point { x: from.0, y: from.1 };
        self.surely(Drag {
            r#ref: line.r#ref.expect("a ref"),
            to: None,
            dx: Some(by.0),
            dy: Some(by.1),
            path: Vec::new(),
            grab: Some(grab),
        })
        .await
    }

    /// Fills the dialog of GTK 3 that asks where to save, and saves. GTK forgets a click on its button while it still reads the folder, so
    /// the button is clicked again if it is still there.
    pub(super) async fn save_as(&mut self, name: &str) -> Result<(), String> {
        let path = self.path(name).display().to_string();
        let field = self.need("textbox", "Name").await?;
        self.fill(&field, &path).await?;
        self.click("button", "Save").await?;
        for _ in 0..10 {
            let text = self.look().await;
            if text.find("textbox", "Name").is_none() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        self.click("button", "Save").await
    }

    pub(super) async fn copy_all(&mut self, line: &Line) -> Result<(), String> {
        self.surely(SelectText { r#ref: line.r#ref, text: None }).await?;
        self.surely(Copy {}).await
    }

    pub(super) async fn paste(&mut self, line: &Line) -> Result<(), String> {
        self.surely(Paste { r#ref: line.r#ref }).await
    }

    pub(super) async fn switch(&mut self, tab: u32) -> Result<(), String> {
        self.surely(SwitchTab { tab }).await
    }

    pub(super) async fn launch(&mut self, program: &str) -> Result<(), String> {
        self.surely(Launch { program: program.to_owned() }).await
    }

    /// What another program says that a program of this display has copied.
    pub(super) async fn copied(&self) -> String {
        let display = self.desktop.display().await;
        let run = |program: &str, args: &[&str]| {
            let output = std::process::Command::new(program).args(args).env("DISPLAY", &display).output().expect(program);
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        run("xdotool", &["key", "ctrl+c"]);
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let text = run("xclip", &["-o", "-selection", "clipboard"]);
            if !text.trim().is_empty() {
                return text.trim().to_owned();
            }
        }
        String::new()
    }

    /// Waits until a file says something that is wanted.
    pub(super) async fn file(&self, name: &str, wanted: impl Fn(&str) -> bool) -> Result<(), String> {
        let mut held = String::new();
        for _ in 0..40 {
            held = std::fs::read_to_string(self.path(name)).unwrap_or_default();
            if wanted(&held) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(format!("{name} holds {held:?}"))
    }

    /// What a file holds now.
    pub(super) fn file_now(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }
}
