//! Asks a page, beside what is on the screen, whether something was done.
//!
//! The page is opened by the same browser with the same cookies, read with the same eyes as any page, and closed. The one decision:
//! "no" is said only of a page that came as it was asked for. An error, another page (mostly: one to log in at) or one that is not
//! whole is no answer, for a wrong "no" would have something done twice.

use std::time::Duration;

use handiwork_core::policy::{UrlClass, classify};
use handiwork_core::{Probe, SurfaceError};
use serde_json::Value;

use super::super::Browser;
use super::super::cdp::{self, CallError, Until};
use super::super::reading::Told;
use super::super::state::Happening;

/// How long a page may take to come and to come to rest.
const COMING: Duration = Duration::from_secs(20);
/// How long after a broken-off navigation a download may begin.
const BEGIN: Duration = Duration::from_secs(1);
/// Tags around a part of a line; all others begin another one.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup",
    "time", "u", "var",
];

impl Browser {
    pub(crate) async fn ask_probe(&self, probe: &Probe, until: Until) -> Result<bool, SurfaceError> {
        if let UrlClass::Refused { why } = classify(&probe.url) {
            return Err(no_answer(&probe.url, &why, "declare a probe with an http or https address"));
        }
        let until = until.at_most(COMING);
        let opened = async {
            let (target, session) = self.unseen_page(until).await?;
            Ok((self.state().hide(&target, &session), target))
        };
        let (number, target) = opened.await.map_err(|error: CallError| error.surface("opening a page for a probe"))?;
        let files = self.downloads.mark();
        let said = self.read_hidden(&probe.url, number, files, until).await;
        cdp::drop_tab(&self.connection(), &target);
        self.state().unhide();
        self.downloads.forget_since(&self.connection(), files);
        let (told, came_as) = match said {
            Ok(Ok(said)) => said,
            Ok(Err(problem)) => return Err(no_answer(&probe.url, &problem, "look at it by hand, and answer the question")),
            Err(CallError::TimedOut(ms)) => {
                return Err(no_answer(&probe.url, &format!("it was not there within {ms} ms"), "look whether its server runs"));
            }
            Err(error) => return Err(error.surface("reading the page of a probe")),
        };
        let holds = probe.holds_on(&text(&told.items));
        if holds {
            return Ok(true);
        }
        if told.incomplete {
            return Err(no_answer(&probe.url, "not all of it could be read", "declare a probe with a smaller page"));
        }
        if !same_page(&probe.url, &came_as) {
            let problem = format!("it leads to {came_as}");
            return Err(no_answer(&probe.url, &problem, "log in there, or declare the probe with that address"));
        }
        Ok(false)
    }

    /// What the page says, and at which address it is; or why it is none.
    async fn read_hidden(&self, url: &str, number: u32, files: u64, until: Until) -> Result<Result<(Told, String), String>, CallError> {
        let Some(tab) = self.state().tab(number) else { return Err(CallError::Detached) };
        // A page that is left before its first document is there tells of none.
        self.world(number, &tab.session.id, until).await?;
        if let Err(problem) = self.open_in(&tab, url, until).await? {
            if problem.ends_with("ERR_ABORTED") {
                // A file: it is told of a moment later, and is to be forgotten then.
                self.download_begins(files, until.at_most(BEGIN)).await;
            }
            return Ok(Err(problem));
        }
        let refused = self.state().beside().into_iter().rev().find_map(|happening| match happening {
            Happening::Refused { status, main: true, .. } => Some(status),
            _ => None,
        });
        if let Some(status) = refused {
            return Ok(Err(format!("the server answered with HTTP {status}")));
        }
        let key = tab.session.id.as_str();
        let Some(now) = self.state().tab(number).filter(|now| !now.crashed) else { return Err(CallError::Detached) };
        if until.is_over() {
            return Err(CallError::TimedOut(until.limit.as_millis() as u64));
        }
        let told = self.told(number, key, None, 0, 0, until).await?;
        Ok(told.map(|told| (told, now.url)).ok_or_else(|| "it went away while it was read".to_owned()))
    }
}

fn no_answer(url: &str, problem: &str, hint: &str) -> SurfaceError {
    SurfaceError::NotAvailable { problem: format!("the probe {url} has no answer: {problem}"), hint: hint.to_owned() }
}

/// Whether an address is the one that was asked for, but for what servers put right by themselves.
fn same_page(asked: &str, came: &str) -> bool {
    let place = |url: &str| {
        let url = url::Url::parse(url).ok()?;
        Some((url.host_str()?.to_owned(), url.path().trim_end_matches('/').to_owned()))
    };
    place(asked) == place(came)
}

/// The words of what was read.
fn text(items: &[Value]) -> String {
    let mut out = String::new();
    let mut open: Vec<bool> = Vec::new();
    for item in items {
        match item {
            Value::String(text) => out.push_str(text),
            Value::Array(tag) => {
                let inline = tag.first().and_then(Value::as_str).is_some_and(|name| INLINE.contains(&name));
                open.push(inline);
                if !inline {
                    out.push('\n');
                }
            }
            _ => {
                if open.pop() == Some(false) {
                    out.push('\n');
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_of_a_line_stay_together_and_lines_apart() {
        let items = json!([["p", {}], "Team ", ["b", {}], "lun", 0, "ch", 0, ["td", {}], "12", 0, ["td", {}], "50", 0]);
        let said = text(items.as_array().expect("a list"));
        assert_eq!(said.split_whitespace().collect::<Vec<_>>(), ["Team", "lunch", "12", "50"]);
    }

    #[test]
    fn another_page_is_no_answer() {
        assert!(same_page("http://a.example/claims", "https://a.example/claims/?page=1#top"));
        assert!(
            !same_page("http://a.example/claims", "http://a.example/sign-in?next=/claims")
                && !same_page("http://a.example/", "http://b.example/")
        );
    }
}
