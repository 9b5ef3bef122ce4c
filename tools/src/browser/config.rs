//! What a browser is launched with: plain values, nothing is read from the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use handiwork_core::SurfaceError;

use super::emulation::Emulation;
use super::profile::{Key, StorageState};

/// Where Chromium is looked for, smallest first: for work without a window the headless shell needs half the memory. The program
/// itself comes before the shell script of that name in `/usr/bin`, which would stay between us and it.
const HEADLESS: &[&str] = &[
    "/usr/lib/chromium/chromium-headless-shell",
    "/usr/bin/chromium-headless-shell",
    "/usr/bin/chrome-headless-shell",
    "/opt/chrome-headless-shell/chrome-headless-shell",
];
/// Full browsers, which can also show a window.
const FULL: &[&str] = &[
    "/usr/bin/chromium",
    "/usr/lib/chromium/chromium",
    "/usr/bin/chromium-browser",
    "/usr/lib/chromium-browser/chromium-browser",
    "/usr/bin/google-chrome-stable",
    "/usr/bin/google-chrome",
    "/opt/google/chrome/chrome",
    "/snap/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// What is done about a dialog of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DialogAnswer {
    /// It stays open and is shown on the screen with its buttons, for the model to answer. Until then its page does nothing else.
    #[default]
    Ask,
    /// It gets a yes at once, and is told.
    Accept,
    /// It gets a no at once, and is told.
    Dismiss,
}

/// What is done about the dialogs that a page opens. An `alert()` asks nothing: it is always accepted at once, and told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DialogPolicy {
    /// What `confirm()` gets.
    pub confirm: DialogAnswer,
    /// What `prompt()` gets.
    pub prompt: DialogAnswer,
    /// The text that an accepted `prompt()` gets; its own default text if there is none.
    pub prompt_text: Option<String>,
    /// What a page gets that asks before it is left.
    pub beforeunload: DialogAnswer,
}

/// Settings of a browser.
#[derive(Debug, Clone)]
pub struct BrowserConfig {
    /// The program; looked for in the usual places if not given.
    pub executable: Option<PathBuf>,
    /// Whether it runs without a window.
    pub headless: bool,
    /// Width and height of the viewport, in CSS pixels.
    pub viewport: (u32, u32),
    /// Folder of cookies and storage; without one they live in a temporary folder that goes away with the browser.
    pub profile: Option<PathBuf>,
    /// The only folder that files are uploaded from; without one none are.
    pub upload_dir: Option<PathBuf>,
    /// Where downloads and prints go, under names that can't do harm; without one it is a temporary folder that goes away with
    /// the browser.
    pub download_dir: Option<PathBuf>,
    /// Largest download, print or document that is read, in bytes.
    pub download_limit: u64,
    /// More command-line switches, added last.
    pub extra_args: Vec<String>,
    /// Variables that a headed browser needs to find its display: `DISPLAY`, `XAUTHORITY`, `WAYLAND_DISPLAY`,
    /// `XDG_RUNTIME_DIR`. Any other name is left out: no key of ours may reach the browser.
    pub display: BTreeMap<String, String>,
    /// Longest time for one observe, resolve or dispatch. A context with an earlier deadline wins.
    pub deadline: Duration,
    /// How long the effect of an action is looked for before the verdict is "no effect".
    pub effect_wait: Duration,
    /// Answers to dialogs.
    pub dialogs: DialogPolicy,
    /// Number of the first ref. A run that is continued goes on counting, since a ref is never given twice.
    pub first_ref: u32,
    /// What pages are made to believe of the machine that they are on.
    pub emulation: Emulation,
    /// Cookies and storage that it begins with.
    pub storage: Option<StorageState>,
    /// The key that a checkpoint is encrypted with. Without one it holds neither cookies nor storage, so that a run which goes on in
    /// another browser is logged out there.
    pub state_key: Option<Key>,
    /// Memory in bytes above which it is started again, between two actions and with the same pages, logins and refs. Known on
    /// Linux only. Not done while something is typed and not sent, or a dialog is open.
    pub memory_limit: Option<u64>,
}

/// Settings of a context: a part of a browser that shares nothing with others. What is not here is as in the browser around it.
#[derive(Debug, Clone, Default)]
pub struct ContextConfig {
    /// What pages are made to believe of the machine that they are on.
    pub emulation: Emulation,
    /// Cookies and storage that it begins with.
    pub storage: Option<StorageState>,
    /// Where its downloads go; without one it is a temporary folder that goes away with the context.
    pub download_dir: Option<PathBuf>,
    /// Number of the first ref; 0 is 1.
    pub first_ref: u32,
}

impl ContextConfig {
    /// All settings of a context in a browser with these.
    pub(crate) fn over(self, base: &BrowserConfig) -> BrowserConfig {
        let Self { emulation, storage, download_dir, first_ref } = self;
        // The folder is of the browser around it.
        BrowserConfig { emulation, storage, download_dir, first_ref: first_ref.max(1), profile: None, ..base.clone() }
    }
}

impl Default for BrowserConfig {
    fn default() -> Self {
        Self {
            executable: None,
            headless: true,
            viewport: (1280, 800),
            profile: None,
            upload_dir: None,
            download_dir: None,
            download_limit: 100 << 20,
            extra_args: Vec::new(),
            display: BTreeMap::new(),
            deadline: Duration::from_secs(30),
            effect_wait: Duration::from_millis(3500),
            dialogs: DialogPolicy::default(),
            first_ref: 1,
            emulation: Emulation::default(),
            storage: None,
            state_key: None,
            memory_limit: None,
        }
    }
}

impl BrowserConfig {
    /// The program that would be launched. A missing one is an error that says how to get it.
    pub fn find_executable(&self) -> Result<PathBuf, SurfaceError> {
        if let Some(path) = &self.executable {
            return if path.is_file() { Ok(path.clone()) } else { Err(not_found(format!("there is no browser at {}", path.display()))) };
        }
        let (first, second) = if self.headless { (HEADLESS, FULL) } else { (FULL, &[][..]) };
        let found = first.iter().chain(second).map(Path::new).find(|path| path.is_file());
        found.map(Path::to_path_buf).ok_or_else(|| {
            not_found(if self.headless { "no Chromium was found" } else { "no Chromium that can show a window was found" }.to_owned())
        })
    }
}

fn not_found(problem: String) -> SurfaceError {
    SurfaceError::NotAvailable {
        problem,
        hint: "install one with `apt-get install chromium-headless-shell` (headless) or `apt-get install chromium` (headed), or give its path; \
               `handiwork doctor` shows what is missing"
            .to_owned(),
    }
}
