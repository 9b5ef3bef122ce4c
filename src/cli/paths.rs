//! Where things are kept. The only place that asks for the home directory.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

use super::{Code, Failure};

/// The folders and files of one user.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    home: PathBuf,
    /// Where settings are, and keys: not beside what they open.
    settings: PathBuf,
}

impl Paths {
    /// In `home`, or in the user's data folder.
    pub(crate) fn find(home: Option<PathBuf>) -> Result<Self, Failure> {
        if let Some(home) = home {
            let settings = home.join("settings");
            return Ok(Self { home, settings });
        }
        let base = etcetera::choose_base_strategy().map_err(|error| {
            Failure::new(Code::Missing, format!("the home directory is not known: {error}")).hint("give a folder: --home DIR")
        })?;
        Ok(Self { home: base.data_dir().join("handiwork"), settings: base.config_dir().join("handiwork") })
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.home.join("handiwork.db")
    }

    /// The folder of all this.
    pub(crate) fn home(&self) -> &std::path::Path {
        &self.home
    }

    /// Sockets, locks and logs of sessions.
    pub(crate) fn sessions(&self) -> PathBuf {
        self.home.join("sessions")
    }

    /// What is said to runs and not heard yet: a folder for each.
    pub(crate) fn inboxes(&self) -> PathBuf {
        self.home.join("inbox")
    }

    /// Who the browser can be logged in as, encrypted.
    pub(crate) fn profiles(&self) -> PathBuf {
        self.home.join("profiles")
    }

    /// The key to them.
    pub(crate) fn key(&self) -> PathBuf {
        self.settings.join("key")
    }

    /// What the person has written down for sites: `<host>.md` each.
    pub(crate) fn sites(&self) -> PathBuf {
        self.settings.join("sites")
    }

    /// Scripts that runs have left: a folder for each user.
    pub(crate) fn scripts(&self) -> PathBuf {
        self.home.join("scripts")
    }

    /// Those of one user.
    pub(crate) fn scripts_of(&self, user: &str) -> PathBuf {
        // No name may lead out of the folder, and no two to the same.
        self.scripts().join(user.bytes().fold(String::new(), |name, byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => name + &char::from(byte).to_string(),
            _ => format!("{name}_{byte:02x}"),
        }))
    }

    /// What model servers have said of themselves.
    pub(crate) fn servers(&self) -> PathBuf {
        self.home.join("servers.json")
    }

    /// Downloaded models. They are large: a project-wide home shares the user's folder only when told to.
    pub(crate) fn models(&self) -> PathBuf {
        std::env::var_os("HANDIWORK_MODELS").map_or_else(|| self.home.join("models"), PathBuf::from)
    }
}
