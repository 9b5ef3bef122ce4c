//! The tasks: what is started, how it is done, and how it is judged.

mod calculators;
mod editors;
mod others;

use std::path::Path;
use std::pin::Pin;

use super::hand::Hand;

type Doing<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// One task.
pub(super) struct Task {
    pub(super) name: &'static str,
    /// The program and its arguments; `{folder}` is the folder of the task.
    pub(super) launch: &'static [&'static str],
    /// Makes files before anything is started.
    pub(super) prepare: fn(&Path),
    /// Does it, and judges it.
    pub(super) solve: for<'a> fn(&'a mut Hand) -> Doing<'a>,
}

fn nothing(_: &Path) {}

macro_rules! tasks {
    ($($name:literal, $launch:expr, $prepare:expr, $solve:path;)*) => {
        /// All of them.
        pub(super) const TASKS: &[Task] = &[$(Task { name: $name, launch: &$launch, prepare: $prepare, solve: |hand| Box::pin($solve(hand)) }),*];
    };
}

tasks! {
    "galculator-product", ["galculator"], nothing, calculators::product;
    "galculator-chain", ["galculator"], nothing, calculators::chain;
    "galculator-scientific", ["galculator"], nothing, calculators::scientific;
    "gnome-calculator-typed", ["gnome-calculator"], nothing, calculators::typed;
    "gnome-calculator-pressed", ["gnome-calculator"], nothing, calculators::pressed;
    "mousepad-write", ["mousepad"], nothing, editors::write_in_mousepad;
    "mousepad-replace", ["mousepad", "{folder}/letter.txt"], editors::letter, editors::replace_in_mousepad;
    "mousepad-open-dialog", ["mousepad"], editors::letter, editors::open_by_dialog;
    "gedit-write", ["gedit"], nothing, editors::write_in_gedit;
    "gedit-replace", ["gedit", "{folder}/letter.txt"], editors::letter, editors::replace_in_gedit;
    "featherpad-write", ["featherpad"], nothing, editors::write_in_featherpad;
    "featherpad-replace", ["featherpad", "{folder}/letter.txt"], editors::letter, editors::replace_in_featherpad;
    "featherpad-settings", ["featherpad"], nothing, editors::settings_of_featherpad;
    "copy-between-windows", ["mousepad", "{folder}/letter.txt"], editors::letter, editors::copy_between;
    "chinese-typed", ["mousepad"], nothing, editors::chinese;
    "calc-sheet", ["localc"], nothing, others::sheet;
    "calc-change", ["localc", "{folder}/stock.csv"], others::stock, others::change;
    "terminal-command", ["xterm"], nothing, others::command;
    "terminal-chinese", ["xterm", "-fa", "Noto Sans Mono CJK SC", "-fs", "14"], others::poem, others::chinese_seen;
    "chromium-form", ["chromium", "--user-data-dir={folder}/profile", "about:blank"], nothing, others::form_in_chromium;
    "firefox-form", ["firefox-esr"], nothing, others::form_in_firefox;
    "paint-line", ["mtpaint"], nothing, others::paint;
}
