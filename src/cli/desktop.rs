//! `--desktop`: a desktop instead of a browser, private unless told otherwise.

use std::path::PathBuf;

use handiwork::tools::desktop::{Desktop, DesktopConfig, Display, OcrConfig};
use serde::{Deserialize, Serialize};

use super::paths::Paths;
use super::{Code, Failure};

/// How text is read off pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ocr {
    /// Whichever is here, PP-OCR first
    #[default]
    Auto,
    /// The networks of PP-OCR: handiwork model pull ocr
    Paddle,
    /// The program tesseract
    Tesseract,
    /// Not at all
    Off,
}

/// Options for the desktop.
#[derive(Debug, Clone, Default, clap::Args, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DesktopArgs {
    /// Work on a desktop instead of in a browser: a private one that nobody sees, with nothing of yours on it
    #[arg(long)]
    desktop: bool,
    /// A program to start there, with its arguments. May be given several times
    #[arg(long, value_name = "COMMAND", requires = "desktop")]
    launch: Vec<String>,
    /// The folder that programs work in [default: an empty one that is thrown away]
    #[arg(long, value_name = "DIR", requires = "desktop")]
    folder: Option<PathBuf>,
    /// Size of the private desktop
    #[arg(long, value_name = "WIDTHxHEIGHT", requires = "desktop", default_value = "1280x800")]
    size: String,
    /// Keyboard layout of the private desktop, such as us or de
    #[arg(long, value_name = "LAYOUT", requires = "desktop")]
    layout: Option<String>,
    /// Your own desktop instead, such as :0. Put the mouse into the upper left corner, or hold Control+Alt+Escape, to stop it for good
    #[arg(long, value_name = "DISPLAY", requires = "desktop", conflicts_with_all = ["layout"])]
    display: Option<String>,
    /// How text is read where a program does not tell what it shows
    #[arg(long, value_enum, default_value_t, requires = "desktop")]
    ocr: Ocr,
}

impl DesktopArgs {
    /// Whether it is a desktop at all.
    pub(crate) const fn is_wanted(&self) -> bool {
        self.desktop
    }

    /// Whether nothing is said of what it is to be like.
    pub(crate) fn is_plain(&self) -> bool {
        self.launch.is_empty()
            && self.folder.is_none()
            && self.layout.is_none()
            && self.display.is_none()
            && self.size == "1280x800"
            && self.ocr == Ocr::Auto
    }

    /// The same without options.
    pub(crate) fn plain() -> Self {
        Self { desktop: true, size: "1280x800".to_owned(), ..Self::default() }
    }

    /// The same options as words of a command line, for another process.
    pub(crate) fn words(&self) -> Result<Vec<String>, Failure> {
        let mut words = vec!["--desktop".to_owned(), "--size".to_owned(), self.size.clone()];
        for command in &self.launch {
            words.extend(["--launch".to_owned(), command.clone()]);
        }
        if let Some(folder) = &self.folder {
            let path = std::path::absolute(folder).map_err(|error| Failure::new(Code::Usage, format!("--folder: {error}")))?;
            words.extend(["--folder".to_owned(), path.display().to_string()]);
        }
        for (name, value) in [("--layout", &self.layout), ("--display", &self.display)] {
            words.extend(value.iter().flat_map(|value| [name.to_owned(), value.clone()]));
        }
        let ocr = clap::ValueEnum::to_possible_value(&self.ocr).map(|value| value.get_name().to_owned());
        words.extend(ocr.into_iter().flat_map(|value| ["--ocr".to_owned(), value]));
        Ok(words)
    }

    /// Settings as the options say.
    pub(crate) fn config(&self, paths: &Paths) -> Result<DesktopConfig, Failure> {
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
        Ok(Desktop::open(self.config(paths)?).await?)
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

/// A size such as 1280x800.
pub(super) fn size(text: &str) -> Result<(u32, u32), Failure> {
    let wrong = || Failure::new(Code::Usage, format!("{text:?} is no size from 320x240 to 7680x4320")).hint("for example: --size 1280x800");
    let (width, height) = text.split_once('x').ok_or_else(wrong)?;
    let (width, height): (u32, u32) = (width.parse().map_err(|_| wrong())?, height.parse().map_err(|_| wrong())?);
    if (320..=7680).contains(&width) && (240..=4320).contains(&height) { Ok((width, height)) } else { Err(wrong()) }
}

fn split(command: &str) -> Result<Vec<String>, Failure> {
    handiwork::tools::desktop::words(command)
        .map_err(|problem| Failure::new(Code::Usage, format!("--launch: {problem}")).hint("for example: --launch \"mousepad notes.txt\""))
}
