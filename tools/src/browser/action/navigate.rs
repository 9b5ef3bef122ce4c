//! Navigate and back: another document in this tab.

use std::time::Duration;

use handiwork_core::{Change, Context, Reason, Receipt};

use super::super::Browser;
use super::super::cdp::{CallError, Until};
use super::super::happened::storm;
use super::super::state::{Happening, Tab};
use super::{Halt, verdict};

/// How long after a broken-off navigation a download may begin.
const BEGIN: Duration = Duration::from_secs(1);

impl Browser {
    pub(super) async fn navigate(&self, cx: &Context, url: &str, until: Until) -> Result<Receipt, Halt> {
        let tab = self.tab_for(until).await.map_err(Halt::before)?;
        if tab.hung {
            // Its script would keep the page from being left.
            tab.session.terminate();
        }
        let (mark, files) = (self.state().mark(), self.downloads.mark());
        let from = tab.url.clone();
        self.state().set_acting(true);
        let outcome = self.open(&tab, url, mark, until).await;
        let receipt = match outcome {
            Ok(Ok(())) => self.arrived(cx, &tab, &from, mark, until).await,
            // The address gave a file instead of a page.
            Ok(Err(error)) if error.ends_with("ERR_ABORTED") && self.download_begins(files, until.at_most(BEGIN)).await => {
                self.got_file(cx, tab.number, files, until).await
            }
            Ok(Err(error)) => {
                let reason = Reason::NavigationFailed { url: cx.secrets().redact(url), error: explain(&error) };
                Err(Halt::Refused(reason))
            }
            Err(error) => Err(Halt::during(error)),
        };
        self.state().set_acting(false);
        self.state().told_since(mark);
        receipt
    }

    /// The tab in front, or a new one if all were closed.
    async fn tab_for(&self, until: Until) -> Result<Tab, CallError> {
        if self.state().active().is_none() {
            let mut bell = self.state().bell();
            self.new_target("about:blank", until).await?;
            while self.state().active().is_none() {
                if tokio::time::timeout_at(until.end, bell.changed()).await.is_err() {
                    return Err(CallError::TimedOut(until.limit.as_millis() as u64));
                }
            }
        }
        self.tab()
    }

    async fn open(&self, tab: &Tab, url: &str, mark: u64, until: Until) -> Result<Result<(), String>, CallError> {
        match tab.session.navigate(url, until).await? {
            Err(error) => Ok(Err(error)),
            Ok(another) => {
                self.until_changed(tab.number, mark, another, until).await;
                Ok(Ok(()))
            }
        }
    }

    /// Waits until the browser has told of the new address.
    async fn until_changed(&self, number: u32, mark: u64, another: bool, until: Until) {
        let mut bell = self.state().bell();
        let until = until.at_most(Duration::from_secs(10));
        loop {
            let seen = self.state().since(mark).iter().any(|happening| match happening {
                Happening::Navigated { tab, .. } | Happening::Asked { tab, .. } => *tab == number,
                Happening::Url { tab, .. } => !another && *tab == number,
                _ => false,
            });
            if seen || tokio::time::timeout_at(until.end, bell.changed()).await.is_err() {
                return;
            }
        }
    }

    /// Lets the new document come to rest and tells where we are.
    async fn arrived(&self, cx: &Context, tab: &Tab, from: &str, mark: u64, until: Until) -> Result<Receipt, Halt> {
        match self.settle(mark, until).await {
            Ok(()) | Err(CallError::Detached | CallError::Dialog { .. }) => {}
            Err(error) => return Err(Halt::during(error)),
        }
        let clean = |text: &str| cx.secrets().redact(text);
        let (mut changes, mut to, mut navigated, mut stormed) = (Vec::new(), None, false, None);
        for happening in self.state().since(mark) {
            match happening {
                Happening::Navigated { tab: number, url } if number == tab.number => (to, navigated) = (Some(url), true),
                Happening::Url { tab: number, url } if number == tab.number => to = Some(url),
                Happening::Dialog { kind, message, answer } => changes.push(Change::Dialog { kind, message: clean(&message), answer }),
                Happening::Asked { kind, message, .. } => changes.push(Change::DialogOpened { kind, message: clean(&message) }),
                Happening::Storm { count, .. } => stormed = Some(count),
                Happening::Refused { tab: number, status, url, main: true, .. } if number == tab.number => {
                    changes.push(Change::HttpError { status, url: clean(&url) });
                }
                _ => {}
            }
        }
        changes.extend(stormed.map(storm));
        if let Some(to) = to {
            let (from, to) = (clean(from), clean(&to));
            changes.insert(0, if navigated { Change::Navigated { from, to } } else { Change::Url { from, to } });
        }
        if let Ok(look) = self.look(cx, false, until).await {
            self.remember(look);
        }
        Ok(verdict(changes))
    }

    /// The history entry before this one.
    pub(super) async fn way_back(&self, until: Until) -> Result<i64, Halt> {
        let tab = self.tab().map_err(Halt::before)?;
        let history = tab.session.history(until).await.map_err(Halt::before)?;
        let before = history.current.checked_sub(1).and_then(|index| history.entries.get(index));
        // The empty page that a tab begins with is nothing to go back to.
        before.filter(|(_, url)| url != "about:blank").map(|(id, _)| *id).ok_or(Halt::Refused(Reason::NoHistory))
    }

    /// The history entry after this one.
    pub(super) async fn way_forward(&self, until: Until) -> Result<i64, Halt> {
        let tab = self.tab().map_err(Halt::before)?;
        let history = tab.session.history(until).await.map_err(Halt::before)?;
        history.entries.get(history.current + 1).map(|(id, _)| *id).ok_or(Halt::Refused(Reason::NoHistory))
    }

    pub(super) async fn back(&self, cx: &Context, until: Until) -> Result<Receipt, Halt> {
        let entry = self.way_back(until).await?;
        self.go_to(cx, entry, until).await
    }

    pub(super) async fn forward(&self, cx: &Context, until: Until) -> Result<Receipt, Halt> {
        let entry = self.way_forward(until).await?;
        self.go_to(cx, entry, until).await
    }

    pub(super) async fn reload(&self, cx: &Context, until: Until) -> Result<Receipt, Halt> {
        let tab = self.tab().map_err(Halt::before)?;
        if tab.hung {
            tab.session.terminate();
        }
        let mark = self.state().mark();
        self.state().set_acting(true);
        let receipt = match tab.session.reload(until).await {
            Ok(()) => {
                self.until_changed(tab.number, mark, true, until).await;
                self.arrived(cx, &tab, &tab.url, mark, until).await
            }
            Err(error) => Err(Halt::during(error)),
        };
        self.state().set_acting(false);
        self.state().told_since(mark);
        receipt
    }

    async fn go_to(&self, cx: &Context, entry: i64, until: Until) -> Result<Receipt, Halt> {
        let tab = self.tab().map_err(Halt::before)?;
        let mark = self.state().mark();
        self.state().set_acting(true);
        let receipt = match tab.session.go_to(entry, until).await {
            Ok(()) => {
                self.until_changed(tab.number, mark, false, until).await;
                self.arrived(cx, &tab, &tab.url, mark, until).await
            }
            Err(error) => Err(Halt::during(error)),
        };
        self.state().set_acting(false);
        self.state().told_since(mark);
        receipt
    }
}

/// The browser's word for a failed navigation, with what can be done about it.
fn explain(error: &str) -> String {
    let hint = match error.trim_start_matches("net::") {
        "ERR_NAME_NOT_RESOLVED" => "no such host; check the spelling",
        "ERR_CONNECTION_REFUSED" => "nothing listens there; is the server running, and the port right?",
        "ERR_INTERNET_DISCONNECTED" | "ERR_NETWORK_CHANGED" | "ERR_ADDRESS_UNREACHABLE" => {
            "there is no way to that host; check the network"
        }
        "ERR_CONNECTION_TIMED_OUT" | "ERR_TIMED_OUT" => "the server does not answer; try again later",
        "ERR_CONNECTION_RESET" | "ERR_CONNECTION_CLOSED" | "ERR_EMPTY_RESPONSE" => "the server broke the connection off; try again",
        "ERR_TOO_MANY_REDIRECTS" => "the site redirects in a circle",
        "ERR_ABORTED" => "the address gives a download or nothing to show",
        "ERR_UNSAFE_PORT" => "browsers don't open this port",
        "ERR_BLOCKED_BY_CLIENT" | "ERR_BLOCKED_BY_ADMINISTRATOR" => "it is blocked here",
        code if code.starts_with("ERR_CERT") || code.starts_with("ERR_SSL") => "the site's certificate can't be trusted",
        _ => "check the address",
    };
    format!("{error} ({hint})")
}
