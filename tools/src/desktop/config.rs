//! What a desktop is to be like.

use std::path::PathBuf;
use std::time::Duration;

/// Which display is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Display {
    /// One of its own that nobody sees, with a window manager and a message bus of its own. All of it ends with the desktop. The safe
    /// default: nothing that is done there reaches the windows of a person.
    Private {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// One that is there, such as `:0`: a person's own. The hands stop while the person moves the mouse, and for good when the mouse
    /// is put into the upper left corner.
    Own {
        /// Its name, as in `DISPLAY`.
        name: String,
        /// Address of the session bus, as in `DBUS_SESSION_BUS_ADDRESS`. Without it nothing is seen but windows and pixels.
        bus: Option<String>,
        /// Whether it is the display that this process itself is on (its `DISPLAY`): then pictures are taken by xcap.
        ours: bool,
        /// More variables that programs need to get on to it: `XAUTHORITY`, `XDG_RUNTIME_DIR`, `HOME`.
        environment: Vec<(String, String)>,
    },
}

impl Default for Display {
    fn default() -> Self {
        Self::Private { width: 1280, height: 800 }
    }
}

/// How text is read off pixels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum OcrConfig {
    /// Not at all: what has no accessibility tree is a picture and nothing more.
    #[default]
    Off,
    /// By the models of PP-OCR in this folder: `det.onnx` and `rec.onnx`.
    Paddle {
        /// The folder.
        folder: PathBuf,
    },
    /// By the program `tesseract`.
    Tesseract {
        /// Its languages, such as `eng+chi_sim`.
        languages: String,
    },
}

/// Settings of a [`Desktop`](super::Desktop).
#[derive(Debug, Clone)]
pub struct DesktopConfig {
    /// Which display.
    pub display: Display,
    /// Programs that are started with it, each with its arguments.
    pub launch: Vec<Vec<String>>,
    /// The folder that programs are started in, and that `launch` finds files in. The home of a private display if there is none.
    pub folder: Option<PathBuf>,
    /// Whether the model may start programs by itself.
    pub may_launch: bool,
    /// How text is read where there is no accessibility tree.
    pub ocr: OcrConfig,
    /// Keyboard layout of a private display, such as `us` or `de`.
    pub layout: Option<String>,
    /// How long a look or an action may take.
    pub deadline: Duration,
    /// How long an effect of an action is waited for.
    pub effect_wait: Duration,
}

impl Default for DesktopConfig {
    fn default() -> Self {
        Self {
            display: Display::default(),
            launch: Vec::new(),
            folder: None,
            may_launch: true,
            ocr: OcrConfig::Off,
            layout: None,
            deadline: Duration::from_secs(30),
            effect_wait: Duration::from_millis(3_500),
        }
    }
}
