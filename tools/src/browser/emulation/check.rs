//! What may be emulated. Each refusal says what to give instead.

use std::fmt::Display;

use url::Url;

use super::{Emulation, EmulationError, Proxy};

/// All names of time zones that the browser knows.
const ZONES: &str = include_str!("zones.txt");
/// Largest side of a view, in CSS pixels: beyond it Chromium draws nothing.
const LARGEST: u32 = 10_000;
/// Headers that are not sent to every server: what they say is for one of them, or is the browser's own business.
const NOT_FOR_ALL: &[(&str, &str)] = &[
    ("authorization", "it would be sent to every server that a page names; log in once and use a profile"),
    ("proxy-authorization", "it would be sent to every server that a page names; use a proxy that asks for no password"),
    ("cookie", "it would be sent to every server that a page names; use a profile"),
    ("user-agent", "set it as the user agent, so that scripts are told the same"),
    ("accept-language", "set it as the locale, so that scripts are told the same"),
    ("host", "the browser sets it"),
    ("content-length", "the browser sets it"),
    ("connection", "the browser sets it"),
    ("transfer-encoding", "the browser sets it"),
    ("upgrade", "the browser sets it"),
];

pub(super) fn refuse(setting: &'static str, given: impl Display, problem: impl Display, hint: impl Display) -> EmulationError {
    EmulationError { setting, given: given.to_string(), problem: problem.to_string(), hint: hint.to_string() }
}

pub(super) fn all(made: &Emulation) -> Result<(), EmulationError> {
    if let Some((width, height)) = made.viewport
        && ![width, height].iter().all(|side| (1..=LARGEST).contains(side))
    {
        let given = format!("{width}x{height}");
        return Err(refuse("viewport", given, "a page can't have that size", format!("give 1 to {LARGEST} for each side")));
    }
    if let Some(scale) = made.scale {
        number("scale", scale, 0.25, 8.0)?;
    }
    if let Some(place) = made.geolocation {
        number("latitude", place.latitude, -90.0, 90.0)?;
        number("longitude", place.longitude, -180.0, 180.0)?;
        number("accuracy", place.accuracy, 0.0, 20_000_000.0)?;
    }
    if let Some(agent) = &made.user_agent
        && (agent.is_empty() || !agent.chars().all(|letter| letter == ' ' || letter.is_ascii_graphic()))
    {
        return Err(refuse("user agent", agent, "it is empty or has other letters than ASCII", "give it as a browser sends it"));
    }
    if let Some(locale) = &made.locale {
        check_locale(locale)?;
    }
    if let Some(zone) = &made.timezone {
        check_zone(zone)?;
    }
    made.headers.iter().try_for_each(|(name, value)| check_header(name, value))
}

fn number(setting: &'static str, given: f64, least: f64, most: f64) -> Result<(), EmulationError> {
    // Not a number is in no range.
    if (least..=most).contains(&given) {
        Ok(())
    } else {
        Err(refuse(setting, given, "it is out of range", format!("give {least} to {most}")))
    }
}

fn check_locale(locale: &str) -> Result<(), EmulationError> {
    let hint = "give language and region, such as de-DE or pt-BR";
    if locale.contains('_') {
        return Err(refuse("locale", locale, "its parts are joined by an underscore", format!("write {}", locale.replace('_', "-"))));
    }
    let mut parts = locale.split('-');
    let language = parts.next().unwrap_or_default();
    let is_language = (2..=3).contains(&language.len()) && language.bytes().all(|letter| letter.is_ascii_alphabetic());
    let rest_fits = parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|letter| letter.is_ascii_alphanumeric()));
    if is_language && rest_fits { Ok(()) } else { Err(refuse("locale", locale, "that is no language tag", hint)) }
}

fn check_zone(zone: &str) -> Result<(), EmulationError> {
    let all = || ZONES.split_whitespace();
    if all().any(|known| known == zone) {
        return Ok(());
    }
    let wanted = zone.to_lowercase().replace(' ', "_");
    let place = wanted.rsplit('/').next().unwrap_or_default();
    let near = all().find(|known| known.to_lowercase() == wanted).or_else(|| {
        let close = |known: &&str| known.rsplit('/').next().is_some_and(|name| is_near(&name.to_lowercase(), place));
        all().find(close)
    });
    let hint = near.map_or_else(|| "give a name such as Europe/Berlin or UTC".to_owned(), |near| format!("did you mean {near}?"));
    Err(refuse("timezone", zone, "there is no such time zone", hint))
}

/// The same, or one letter apart.
fn is_near(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if short.len() < 4 || long.len() - short.len() > 1 {
        return one == other;
    }
    let same = short.bytes().zip(long.bytes()).take_while(|(a, b)| a == b).count();
    let (rest, longer) = (short.as_bytes().get(same..).unwrap_or_default(), long.as_bytes().get(same..).unwrap_or_default());
    let skip = usize::from(short.len() == long.len());
    rest.get(skip.min(rest.len())..) == longer.get(1.min(longer.len())..)
}

fn check_header(name: &str, value: &str) -> Result<(), EmulationError> {
    let is_token = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    if !is_token {
        return Err(refuse("header", name, "that is no name of a header", "give a name such as X-Test"));
    }
    if let Some((_, why)) = NOT_FOR_ALL.iter().find(|(other, _)| name.eq_ignore_ascii_case(other)) {
        return Err(refuse("header", name, "it is not set this way", why));
    }
    if value.bytes().any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f) {
        // The value itself is not told: it may be a key.
        return Err(refuse("header", name, "its value has line breaks or control characters", "give one line of text"));
    }
    Ok(())
}

pub(super) fn proxy(server: &str, bypass: Vec<String>) -> Result<Proxy, EmulationError> {
    let hint = "give it as http://HOST:PORT or socks5://HOST:PORT";
    let url = Url::parse(server).map_err(|error| refuse("proxy", server, error, hint))?;
    if !url.username().is_empty() || url.password().is_some() {
        let shown = format!("{}://…@{}", url.scheme(), url.host_str().unwrap_or_default());
        return Err(refuse(
            "proxy",
            shown,
            "a name and password in it can't be used",
            "use a proxy that asks for none, such as one on this machine that adds them",
        ));
    }
    if !matches!(url.scheme(), "http" | "https" | "socks4" | "socks5") {
        return Err(refuse("proxy", server, "that kind of proxy is not known", hint));
    }
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else { return Err(refuse("proxy", server, "it names no host", hint)) };
    let port = url.port_or_known_default().or_else(|| url.scheme().starts_with("socks").then_some(1080));
    let Some(port) = port else { return Err(refuse("proxy", server, "it names no port", hint)) };
    if !matches!(url.path(), "" | "/") || url.query().is_some() {
        return Err(refuse("proxy", server, "it has a path", hint));
    }
    if let Some(wrong) = bypass.iter().find(|host| host.is_empty() || host.contains([';', ',', ' '])) {
        return Err(refuse("proxy bypass", wrong, "that is no host", "give hosts one by one, such as *.example.com"));
    }
    Ok(Proxy { server: format!("{}://{host}:{port}", url.scheme()), bypass })
}
