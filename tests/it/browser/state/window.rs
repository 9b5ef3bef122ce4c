//! A screen that nobody looks at, for windows.

use std::io::BufRead as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// An X server, which ends with this.
pub(crate) struct Screen {
    child: Child,
    /// Its name.
    pub(crate) display: String,
}

impl Screen {
    /// None where there is no X server, or no Chromium that can show a window: such a test is then skipped.
    pub(crate) fn start() -> Option<Self> {
        if !["/usr/bin/chromium", "/usr/lib/chromium/chromium"].iter().any(|path| Path::new(path).is_file()) {
            return None;
        }
        // The server finds a free number by itself and tells it.
        let mut child = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let told = child.stdout.take();
        let mut screen = Self { child, display: String::new() };
        let mut number = String::new();
        std::io::BufReader::new(told?).read_line(&mut number).ok()?;
        screen.display = format!(":{}", number.trim());
        Some(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
