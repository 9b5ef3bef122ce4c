//! What works with a desktop: Linux with X11.

use handiwork::core::{Context, Ref, Refusal};
use handiwork::tools::desktop::{DesktopConfig, Display, OcrConfig, Picture, Region};

use super::super::paths::Paths;
use super::super::{Code, Failure};
use super::{DesktopArgs, Ocr, size};

pub(crate) use handiwork::tools::desktop::{Desktop, DesktopConfig as Config};

/// Takes a desktop.
pub(crate) async fn open(config: &Config) -> Result<Desktop, Failure> {
    Ok(Desktop::open(config.clone()).await?)
}

/// A picture of it, or of an element.
pub(crate) async fn picture(desktop: &Desktop, cx: &Context, element: Option<Ref>) -> Result<Option<Picture>, Refusal> {
    desktop.picture(cx, element.map_or(Region::All, Region::Element), 1.0).await
}

/// Packages that private displays need and this machine has not. None where there can be none.
#[allow(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
pub(crate) fn missing_packages() -> Option<Vec<&'static str>> {
    Some(Desktop::missing_packages())
}

impl DesktopArgs {
    /// Settings as the options say.
    pub(crate) fn config(&self, paths: &Paths) -> Result<Config, Failure> {
        let display = if let Some(name) = &self.display {
            Display::Own {
                name: name.clone(),
                bus: std::env::var("DBUS_SESSION_BUS_ADDRESS").ok(),
                ours: std::env::var("DISPLAY").as_ref() == Ok(name),
                environment: environment(),
            }
        } else {
            let (width, height) = size(&self.size)?;
            Display::Private { width, height }
        };
        let folder = self.folder.as_ref().map(std::path::absolute).transpose();
        let folder = folder.map_err(|error| Failure::new(Code::Usage, format!("--folder: {error}")))?;
        if let Some(folder) = folder.as_ref().filter(|folder| !folder.is_dir()) {
            return Err(Failure::new(Code::Usage, format!("--folder {}: there is no such folder", folder.display())).hint("make it first"));
        }
        let launch = self.launch.iter().map(|command| split(command)).collect::<Result<_, _>>()?;
        Ok(DesktopConfig { display, launch, folder, ocr: self.ocr(paths), layout: self.layout.clone(), ..DesktopConfig::default() })
    }

    /// Takes the desktop.
    pub(crate) async fn open(&self, paths: &Paths) -> Result<Desktop, Failure> {
        open(&self.config(paths)?).await
    }

    fn ocr(&self, paths: &Paths) -> OcrConfig {
        let folder = paths.models();
        let tesseract = || OcrConfig::Tesseract { languages: languages() };
        match self.ocr {
            Ocr::Paddle => OcrConfig::Paddle { folder },
            Ocr::Tesseract => tesseract(),
            Ocr::Auto if folder.join("det.onnx").is_file() && folder.join("rec.onnx").is_file() => OcrConfig::Paddle { folder },
            Ocr::Auto if std::path::Path::new("/usr/bin/tesseract").is_file() => tesseract(),
            Ocr::Auto | Ocr::Off => OcrConfig::Off,
        }
    }
}

/// English, and Chinese where it is installed.
fn languages() -> String {
    let chinese = ["4.00", "5"]
        .iter()
        .any(|version| std::path::Path::new(&format!("/usr/share/tesseract-ocr/{version}/tessdata/chi_sim.traineddata")).is_file());
    if chinese { "eng+chi_sim".to_owned() } else { "eng".to_owned() }
}

/// What a program needs to get on to a person's own display.
fn environment() -> Vec<(String, String)> {
    let names = ["XAUTHORITY", "XDG_RUNTIME_DIR", "HOME", "LANG", "LC_ALL", "XDG_DATA_DIRS", "XDG_CURRENT_DESKTOP"];
    names.into_iter().filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?))).collect()
}

fn split(command: &str) -> Result<Vec<String>, Failure> {
    handiwork::tools::desktop::words(command)
        .map_err(|problem| Failure::new(Code::Usage, format!("--launch: {problem}")).hint("for example: --launch \"mousepad notes.txt\""))
}
