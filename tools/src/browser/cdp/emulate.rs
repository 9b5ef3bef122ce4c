//! Has a page believe what an [`Emulation`] says. Told to every session before its page runs, and never asked about: what a
//! kind of target does not know, it need not do.

use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams, SetGeolocationOverrideParams, SetLocaleOverrideParams,
    SetTimezoneOverrideParams, SetTouchEmulationEnabledParams, SetUserAgentOverrideParams, UserAgentBrandVersion, UserAgentMetadata,
};
use chromiumoxide::cdp::browser_protocol::network::{Headers, SetExtraHttpHeadersParams};
use chromiumoxide::types::Command;
use serde_json::{Map, Value};

use super::super::emulation::{ColourScheme, Emulation};
use super::session::{Session, Viewport};

/// Who uses a browser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Hands {
    /// We do.
    #[default]
    Ours,
    /// A person: its window and its dialogs are theirs.
    Person,
    /// A person, and what they do is recorded.
    Recorded,
}

/// What a browser is made to be, and what it calls itself when that is not changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disguise {
    pub(crate) emulation: Emulation,
    pub(crate) own_agent: String,
    /// Who uses it.
    pub(crate) hands: Hands,
    /// Whether the browser is somebody else's.
    pub(crate) guest: bool,
}

impl Session {
    /// For a page, or a frame that has a session of its own.
    pub(super) fn emulate(&self, disguise: &Disguise) {
        self.emulate_requests(disguise);
        let emulation = &disguise.emulation;
        self.emulate_clock(emulation);
        if emulation.touch {
            let mut touch = SetTouchEmulationEnabledParams::new(true);
            touch.max_touch_points = Some(5);
            self.say(&touch);
        }
        if let Some(place) = emulation.geolocation {
            self.say(&SetGeolocationOverrideParams {
                latitude: Some(place.latitude),
                longitude: Some(place.longitude),
                accuracy: Some(place.accuracy),
                ..SetGeolocationOverrideParams::default()
            });
        }
        if let Some(scheme) = emulation.colour_scheme {
            let value = match scheme {
                ColourScheme::Light => "light",
                ColourScheme::Dark => "dark",
            };
            let features = Some(vec![MediaFeature::new("prefers-color-scheme", value)]);
            self.say(&SetEmulatedMediaParams { features, ..SetEmulatedMediaParams::default() });
        }
    }

    /// The language and time zone of a process. The one who set them first takes them along when it goes, so they are set again
    /// in those that stay.
    pub(crate) fn emulate_clock(&self, emulation: &Emulation) {
        if let Some(locale) = &emulation.locale {
            self.say(&SetLocaleOverrideParams { locale: Some(locale.replace('-', "_")) });
        }
        if let Some(zone) = &emulation.timezone {
            self.say(&SetTimezoneOverrideParams::new(zone));
        }
    }

    /// What is sent with requests, also by a worker.
    pub(super) fn emulate_requests(&self, disguise: &Disguise) {
        let emulation = &disguise.emulation;
        if emulation.user_agent.is_some() || emulation.locale.is_some() {
            let agent = emulation.user_agent.as_ref().unwrap_or(&disguise.own_agent);
            let mut command = SetUserAgentOverrideParams::new(agent);
            command.accept_language = emulation.languages();
            command.user_agent_metadata = hints(agent, emulation.mobile);
            command.platform = emulation.user_agent.as_deref().and_then(platform).map(|(_, name)| name.to_owned());
            self.say(&command);
        }
        if !emulation.headers.is_empty() {
            let headers: Map<String, Value> =
                emulation.headers.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
            self.say(&SetExtraHttpHeadersParams::new(Headers::new(Value::Object(headers))));
        }
    }

    fn say<C: Command>(&self, command: &C) {
        self.connection.tell(Some(&self.id), command);
    }
}

/// The size of a page.
pub(super) fn metrics((width, height): Viewport, emulation: &Emulation) -> SetDeviceMetricsOverrideParams {
    SetDeviceMetricsOverrideParams::new(i64::from(width), i64::from(height), emulation.scale.unwrap_or(1.0), emulation.mobile)
}

/// What a user agent says in headers of their own, if it is a Chromium; others send none.
fn hints(agent: &str, mobile: bool) -> Option<UserAgentMetadata> {
    let version = agent.split("Chrome/").nth(1)?.split(' ').next()?;
    let major = version.split('.').next()?;
    let brands =
        |version: &str| Some(vec![UserAgentBrandVersion::new("Chromium", version), UserAgentBrandVersion::new("Not.A/Brand", "99")]);
    let (system, _) = platform(agent).unwrap_or(("Linux", ""));
    let model = agent.split("Android").nth(1).and_then(|rest| rest.split(')').next()?.split("; ").nth(1)).unwrap_or_default();
    Some(UserAgentMetadata {
        brands: brands(major),
        full_version_list: brands(version),
        platform: system.to_owned(),
        platform_version: String::new(),
        architecture: if mobile { "" } else { "x86" }.to_owned(),
        model: model.to_owned(),
        mobile,
        bitness: None,
        wow64: None,
        form_factors: None,
    })
}

/// The system in a user agent, by its name in hints and by its name in scripts.
fn platform(agent: &str) -> Option<(&'static str, &'static str)> {
    let known = [
        ("Android", ("Android", "Linux armv81")),
        ("iPhone", ("iOS", "iPhone")),
        ("iPad", ("iOS", "iPad")),
        ("Windows", ("Windows", "Win32")),
        ("Macintosh", ("macOS", "MacIntel")),
        ("Linux", ("Linux", "Linux x86_64")),
    ];
    known.into_iter().find(|(word, _)| agent.contains(word)).map(|(_, names)| names)
}
