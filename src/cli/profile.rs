//! `--profile`, and `handiwork profile`: who the browser is logged in as.
//!
//! What is kept is encrypted with a key that is not beside it: `HANDIWORK_KEY`, or a file in the user's folder for settings.

use clap::Subcommand;
use handiwork::core::{Context, Surface as _};
use handiwork::tools::browser::profile::{Key, ProfileError, Profiles, StorageState};
use handiwork::tools::browser::{Browser, BrowserConfig};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::paths::Paths;
use super::print::{self, Out};
use super::setup::BrowserArgs;
use super::{Code, Failure};

/// The variable that holds the key, if it is not in its file.
const VARIABLE: &str = "HANDIWORK_KEY";

/// Who to be.
#[derive(Debug, clap::Args, Serialize, Deserialize)]
pub(crate) struct ProfileArgs {
    /// Be logged in as this profile, made by `handiwork login`; what changes is saved back
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Args {
    /// List profiles
    List,
    /// Delete a profile
    Delete {
        /// Its name
        name: String,
    },
}

impl ProfileArgs {
    /// Its name, if one was given.
    pub(crate) fn name(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// Starts a browser that is logged in.
    pub(crate) async fn launch(&self, browser: &BrowserArgs, paths: &Paths) -> Result<Browser, Failure> {
        self.launch_with(None, browser, paths).await
    }

    /// The same for a run, whose browser can be made again elsewhere: with the key to profiles its logins are kept too.
    pub(crate) async fn launch_lasting(&self, browser: &BrowserArgs, paths: &Paths) -> Result<Browser, Failure> {
        let key = key(paths).inspect_err(|failure| print::note(&format!("logins of this run can't be kept for a resumption: {failure}")));
        self.launch_with(key.ok(), browser, paths).await
    }

    async fn launch_with(&self, state_key: Option<Key>, browser: &BrowserArgs, paths: &Paths) -> Result<Browser, Failure> {
        let storage = self.profile.as_deref().map(|name| profiles(paths)?.load(name).map_err(Failure::from)).transpose()?;
        Ok(Browser::launch(BrowserConfig { storage, state_key, ..browser.config()? }).await?)
    }

    /// Saves what has changed and closes the browser. What can't be saved spoils nothing that was done.
    pub(crate) async fn close(&self, browser: &Browser, paths: &Paths) {
        if let Some(name) = &self.profile {
            let saved = match browser.storage_state(&Context::default()).await {
                Ok(state) => save(name, &state, paths),
                Err(error) => Err(error.into()),
            };
            if let Err(failure) = saved {
                print::note(&format!("profile {name} stays as it was: {failure}"));
            }
        }
        browser.close().await;
    }
}

/// The profiles and the key to them.
pub(crate) fn profiles(paths: &Paths) -> Result<Profiles, Failure> {
    Ok(Profiles::new(paths.profiles(), key(paths)?))
}

/// The key for what a run keeps of its logins, if there is one.
pub(crate) fn state_key(paths: &Paths) -> Option<Key> {
    key(paths).inspect_err(|failure| print::note(&format!("logins can't be kept for a resumption: {failure}"))).ok()
}

/// The key; made at the first use.
fn key(paths: &Paths) -> Result<Key, Failure> {
    Ok(match std::env::var(VARIABLE) {
        Ok(text) if !text.trim().is_empty() => Key::from_hex(&text),
        _ => Key::at(&paths.key()),
    }?)
}

/// Saves a state under a name.
pub(crate) fn save(name: &str, state: &StorageState, paths: &Paths) -> Result<(), Failure> {
    Ok(profiles(paths)?.save(name, state)?)
}

pub(crate) fn run(args: Args, paths: &Paths, out: Out) -> Result<(), Failure> {
    match args {
        Args::List => {
            let names = Profiles::list(&paths.profiles())?;
            out.result(&names, || {
                if names.is_empty() { "no profiles; handiwork login --profile NAME URL makes one".to_owned() } else { names.join("\n") }
            });
        }
        Args::Delete { name } => {
            Profiles::delete(&paths.profiles(), &name)?;
            out.result(&json!({ "deleted": name }), || format!("deleted {name}"));
        }
    }
    Ok(())
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        let code = match error {
            ProfileError::NoSuch { .. } | ProfileError::BadName { .. } => Code::Usage,
            ProfileError::Key { .. } | ProfileError::WrongKey { .. } => Code::Missing,
            _ => Code::Store,
        };
        Self::new(code, error)
    }
}
