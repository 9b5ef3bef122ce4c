//! What several commands need: a browser as the options say, secrets from the environment.

use std::path::PathBuf;

use handiwork::core::Secrets;
use handiwork::tools::browser::{Browser, BrowserConfig};
use serde::{Deserialize, Serialize};

use super::{Code, Failure};

/// Options for the browser.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub(crate) struct BrowserArgs {
    /// Show the browser's window
    #[arg(long)]
    headed: bool,
    /// The browser to use [default: the Chromium found on this machine]
    #[arg(long, env = "HANDIWORK_CHROMIUM", value_name = "FILE")]
    chromium: Option<PathBuf>,
    /// The only folder that files may be uploaded from
    #[arg(long, value_name = "DIR")]
    upload_dir: Option<PathBuf>,
}

impl BrowserArgs {
    /// The same options as words of a command line, for another process.
    pub(crate) fn words(&self) -> Result<Vec<String>, Failure> {
        let mut words = Vec::new();
        if self.headed {
            words.push("--headed".to_owned());
        }
        for (name, path) in [("--chromium", &self.chromium), ("--upload-dir", &self.upload_dir)] {
            if let Some(path) = path {
                let path = std::path::absolute(path).map_err(|error| Failure::new(Code::Usage, format!("{name}: {error}")))?;
                let text = path.to_str().ok_or_else(|| Failure::new(Code::Usage, format!("{name}: the path is no text")))?;
                words.extend([name.to_owned(), text.to_owned()]);
            }
        }
        Ok(words)
    }

    /// Settings as the options say.
    pub(crate) fn config(&self) -> Result<BrowserConfig, Failure> {
        let display = display();
        if self.headed && !cfg!(target_os = "macos") && !["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| display.contains_key(*name)) {
            return Err(Failure::new(Code::Missing, "a window can't be shown: neither DISPLAY nor WAYLAND_DISPLAY is set")
                .hint("run it on a desktop, come in by `ssh -X`, or start a screen of its own: `Xvfb :9 & export DISPLAY=:9`"));
        }
        Ok(BrowserConfig {
            executable: self.chromium.clone(),
            headless: !self.headed,
            upload_dir: self.upload_dir.clone(),
            display,
            ..BrowserConfig::default()
        })
    }

    /// The same with a window, for a person.
    pub(crate) fn with_window(self) -> Result<BrowserConfig, Failure> {
        Self { headed: true, ..self }.config()
    }

    /// Starts it.
    pub(crate) async fn launch(&self) -> Result<Browser, Failure> {
        Ok(Browser::launch(self.config()?).await?)
    }
}

/// Reads `NAME=ENV_VAR@ORIGIN`.
pub(crate) fn secrets(specs: &[String]) -> Result<Secrets, Failure> {
    let usage = |spec: &str, problem: String| {
        Failure::new(Code::Usage, format!("--secret {spec}: {problem}"))
            .hint("write --secret NAME=ENV_VAR@ORIGIN, such as password=SHOP_PASSWORD@https://shop.example")
    };
    let mut secrets = Secrets::default();
    for spec in specs {
        let (name, rest) = spec.split_once('=').ok_or_else(|| usage(spec, "there is no =".to_owned()))?;
        let (variable, origin) = rest.split_once('@').ok_or_else(|| usage(spec, "there is no @".to_owned()))?;
        let value = std::env::var(variable).map_err(|_| usage(spec, format!("the environment has no variable {variable}")))?;
        secrets.insert(name, value, origin).map_err(|error| usage(spec, error.to_string()))?;
    }
    Ok(secrets)
}

/// What a browser with a window needs to find the screen.
fn display() -> std::collections::BTreeMap<String, String> {
    let names = ["DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"];
    names.into_iter().filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?))).collect()
}
