//! What a page believes of the machine that it is on: size, language, time zone, place, and what is sent with each request.
//!
//! An [`Emulation`] is made by its builder only, which refuses what the browser would refuse or, worse, silently ignore. So an
//! emulation that exists is one that works, on every page, frame and window that opens.

mod check;
mod devices;
#[cfg(test)]
mod tests;

pub use devices::{DEVICES, Device};

/// A value that can't be used, and what to give instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} {given:?} can't be used: {problem}; {hint}")]
pub struct EmulationError {
    /// The setting: `timezone`, `latitude`.
    pub setting: &'static str,
    /// What was given.
    pub given: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to give instead.
    pub hint: String,
}

/// Where the browser says that it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Geolocation {
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
    /// How exact that is, in metres.
    pub accuracy: f64,
}

/// Which colours pages are asked to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourScheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// What all requests go through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    pub(crate) server: String,
    pub(crate) bypass: Vec<String>,
}

impl Proxy {
    /// Hosts that are asked without it. Chromium goes around a proxy for this machine by default; here it does so for none that
    /// is not named.
    pub(crate) fn bypass_list(&self) -> String {
        std::iter::once("<-loopback>").chain(self.bypass.iter().map(String::as_str)).collect::<Vec<_>>().join(";")
    }
}

/// What pages are made to believe. The default changes nothing.
#[derive(Clone, Default, PartialEq)]
pub struct Emulation {
    pub(crate) viewport: Option<(u32, u32)>,
    pub(crate) scale: Option<f64>,
    pub(crate) mobile: bool,
    pub(crate) touch: bool,
    pub(crate) user_agent: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) timezone: Option<String>,
    pub(crate) geolocation: Option<Geolocation>,
    pub(crate) colour_scheme: Option<ColourScheme>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) proxy: Option<Proxy>,
}

impl std::fmt::Debug for Emulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A header's value may be a key of the site's.
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Emulation")
            .field("viewport", &self.viewport)
            .field("scale", &self.scale)
            .field("mobile", &self.mobile)
            .field("touch", &self.touch)
            .field("user_agent", &self.user_agent)
            .field("locale", &self.locale)
            .field("timezone", &self.timezone)
            .field("geolocation", &self.geolocation)
            .field("colour_scheme", &self.colour_scheme)
            .field("headers", &headers)
            .field("proxy", &self.proxy)
            .finish()
    }
}

impl Emulation {
    /// Nothing changed yet.
    #[must_use]
    pub fn builder() -> EmulationBuilder {
        EmulationBuilder::default()
    }

    /// What `Accept-Language` says.
    pub(crate) fn languages(&self) -> Option<String> {
        let locale = self.locale.as_deref()?;
        Some(match locale.split_once('-') {
            Some((language, _)) => format!("{locale},{language}"),
            None => locale.to_owned(),
        })
    }
}

/// Collects settings; [`EmulationBuilder::build`] checks them.
#[derive(Debug, Clone, Default)]
pub struct EmulationBuilder {
    device: Option<String>,
    viewport: Option<(u32, u32)>,
    scale: Option<f64>,
    mobile: Option<bool>,
    touch: Option<bool>,
    user_agent: Option<String>,
    proxy: Option<(String, Vec<String>)>,
    made: Emulation,
}

impl EmulationBuilder {
    /// Size, scale, touch and user agent of a device in [`DEVICES`]; what is set besides wins.
    pub fn device(mut self, name: impl Into<String>) -> Self {
        self.device = Some(name.into());
        self
    }

    /// Width and height of the view, in CSS pixels.
    pub fn viewport(mut self, width: u32, height: u32) -> Self {
        self.viewport = Some((width, height));
        self
    }

    /// Device pixels for each CSS pixel. In a context, frames of other sites keep the browser's own: Chromium can change that for
    /// a whole process only.
    pub fn scale(mut self, scale: f64) -> Self {
        self.scale = Some(scale);
        self
    }

    /// Whether pages are laid out as on a phone.
    pub fn mobile(mut self, mobile: bool) -> Self {
        self.mobile = Some(mobile);
        self
    }

    /// Whether there is a touch screen.
    pub fn touch(mut self, touch: bool) -> Self {
        self.touch = Some(touch);
        self
    }

    /// What the browser calls itself.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Language and region, such as `de-DE`: for pages, for servers, and for how numbers and dates are written.
    pub fn locale(mut self, locale: impl Into<String>) -> Self {
        self.made.locale = Some(locale.into());
        self
    }

    /// Name of a time zone, such as `Europe/Berlin`.
    pub fn timezone(mut self, zone: impl Into<String>) -> Self {
        self.made.timezone = Some(zone.into());
        self
    }

    /// The place that pages are told when they ask; they are allowed to.
    pub fn geolocation(mut self, latitude: f64, longitude: f64, accuracy: f64) -> Self {
        self.made.geolocation = Some(Geolocation { latitude, longitude, accuracy });
        self
    }

    /// Light or dark.
    pub fn colour_scheme(mut self, scheme: ColourScheme) -> Self {
        self.made.colour_scheme = Some(scheme);
        self
    }

    /// A header that is sent with every request, to every server.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.made.headers.push((name.into(), value.into()));
        self
    }

    /// What all requests go through, such as `http://127.0.0.1:3128`, and hosts that are asked without it.
    pub fn proxy(mut self, server: impl Into<String>, bypass: &[&str]) -> Self {
        self.proxy = Some((server.into(), bypass.iter().map(|host| (*host).to_owned()).collect()));
        self
    }

    /// Checks all of it.
    pub fn build(self) -> Result<Emulation, EmulationError> {
        let device = self.device.as_deref().map(devices::find).transpose()?;
        let mut made = self.made;
        made.viewport = self.viewport.or(device.map(|device| device.viewport));
        made.scale = self.scale.or(device.map(|device| device.scale));
        made.mobile = self.mobile.or(device.map(|device| device.mobile)).unwrap_or(false);
        made.touch = self.touch.or(device.map(|device| device.mobile)).unwrap_or(false);
        made.user_agent = self.user_agent.or(device.map(|device| device.user_agent.to_owned()));
        if let Some((server, bypass)) = self.proxy {
            made.proxy = Some(check::proxy(&server, bypass)?);
        }
        check::all(&made)?;
        Ok(made)
    }
}
