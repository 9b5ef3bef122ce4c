//! `--desktop`: a desktop instead of a browser, private unless told otherwise.
//!
//! The one decision: the options are there on every system; what works with a desktop is in one module ([`here`]), and its other face says
//! that there is none.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Code, Failure};

#[cfg(all(feature = "desktop", target_os = "linux"))]
mod here;
#[cfg(not(all(feature = "desktop", target_os = "linux")))]
#[path = "absent.rs"]
mod here;

pub(crate) use here::{Config, Desktop, missing_packages, open, picture};

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
}

/// A size such as 1280x800.
pub(super) fn size(text: &str) -> Result<(u32, u32), Failure> {
    let wrong = || Failure::new(Code::Usage, format!("{text:?} is no size from 320x240 to 7680x4320")).hint("for example: --size 1280x800");
    let (width, height) = text.split_once('x').ok_or_else(wrong)?;
    let (width, height): (u32, u32) = (width.parse().map_err(|_| wrong())?, height.parse().map_err(|_| wrong())?);
    if (320..=7680).contains(&width) && (240..=4320).contains(&height) { Ok((width, height)) } else { Err(wrong()) }
}
