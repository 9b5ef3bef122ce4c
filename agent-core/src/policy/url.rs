//! The one classifier of URLs: what may be opened at all.
//!
//! Only `http` and `https`, without user and password in the authority: the text before an `@` is how a forbidden host is made
//! to look like an allowed one.

/// What a URL is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlClass {
    /// A web page of this origin.
    Web {
        /// Scheme, host and port, without a default port.
        origin: String,
    },
    /// Not to be opened.
    Refused {
        /// Why, and what would do.
        why: String,
    },
}

/// Classifies `url` as a browser would read it.
#[must_use]
pub fn classify(url: &str) -> UrlClass {
    let refused = |why: String| UrlClass::Refused { why };
    let parsed = match url::Url::parse(url.trim()) {
        Ok(parsed) => parsed,
        Err(error) => return refused(format!("\"{url}\" is not an absolute URL ({error}); write it with http:// or https://")),
    };
    if !matches!(parsed.scheme(), "http" | "https") {
        return refused(format!("{}: addresses are not opened; only http and https are", parsed.scheme()));
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return refused("a URL with a user name or password in it is not opened".to_owned());
    }
    UrlClass::Web { origin: parsed.origin().ascii_serialization() }
}
