//! The home folder of a private display: programs find settings in it by which they stand still and greet nobody.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// What scrolls, fades and blinks is not worth waiting for.
const GTK: &str = "[Settings]\ngtk-enable-animations=false\ngtk-cursor-blink=false\ngtk-overlay-scrolling=false\n";

/// The one profile. Without `MOZ_LEGACY_PROFILES` in the environment Firefox would make another one.
const PROFILES: &str =
    "[Profile0]\nName=handiwork\nIsRelative=1\nPath=handiwork\nDefault=1\n\n[General]\nStartWithLastProfile=1\nVersion=2\n";

/// No welcome, nothing sent home, no question after it was ended, nothing that slides.
const FIREFOX: &[(&str, &str)] = &[
    ("browser.aboutwelcome.enabled", "false"),
    ("browser.startup.page", "0"),
    ("browser.shell.checkDefaultBrowser", "false"),
    ("browser.newtabpage.enabled", "false"),
    ("browser.sessionstore.resume_from_crash", "false"),
    ("toolkit.startup.max_resumed_crashes", "-1"),
    ("datareporting.policy.dataSubmissionEnabled", "false"),
    ("datareporting.healthreport.uploadEnabled", "false"),
    ("toolkit.telemetry.reportingpolicy.firstRun", "false"),
    ("app.normandy.enabled", "false"),
    ("network.captive-portal-service.enabled", "false"),
    ("network.connectivity-service.enabled", "false"),
    ("ui.prefersReducedMotion", "1"),
    ("ui.caretBlinkTime", "0"),
    ("general.smoothScroll", "false"),
];

/// Makes it, and the folder for sockets beside it: nobody else gets into either.
pub(super) fn make(home: &Path, runtime: &Path) -> std::io::Result<()> {
    for folder in [home, runtime] {
        fs::DirBuilder::new().mode(0o700).create(folder)?;
    }
    for version in ["gtk-3.0", "gtk-4.0"] {
        write(&home.join(".config").join(version).join("settings.ini"), GTK)?;
    }
    let firefox = home.join(".mozilla/firefox");
    write(&firefox.join("profiles.ini"), PROFILES)?;
    let settings: Vec<String> = FIREFOX.iter().map(|(name, value)| format!("user_pref(\"{name}\", {value});\n")).collect();
    write(&firefox.join("handiwork/user.js"), &settings.concat())
}

fn write(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, text)
}
