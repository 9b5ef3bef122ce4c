//! What the browser told us of since an action began: navigations, dialogs, tabs, requests, and what went wrong.

use std::collections::BTreeSet;

use handiwork_core::{Change, Context};

use super::Browser;
use super::changes::{Pulse, endpoint};
use super::state::Happening;
use super::watch::Watch;

/// Most tabs that are told of one by one.
const MOST_TABS: usize = 5;

impl Browser {
    /// What went wrong by the action. None of it is an effect by itself.
    pub(super) fn asides(&self, cx: &Context, watch: &Watch, pulse: &Pulse) -> Vec<Change> {
        let clean = |text: &str| cx.secrets().redact(text);
        let refused = self.state().since(watch.mark).into_iter().filter_map(|happening| match happening {
            Happening::Refused { tab, status, method, url, main: false, idle: false }
                if tab == watch.before.tab && !watch.polled.contains(&(method.clone(), endpoint(&url))) =>
            {
                Some(Change::HttpError { status, url: clean(&url) })
            }
            _ => None,
        });
        let complaints = pulse.complaints.iter().map(|text| Change::ConsoleError { text: clean(text) });
        refused.take(5).chain(complaints).collect()
    }

    /// What the browser told us of since the watch began.
    pub(super) fn happened(&self, watch: &Watch, clean: &impl Fn(&str) -> String) -> Vec<Change> {
        let mut out = Vec::new();
        let mut from = watch.before.screen.url.clone();
        let (mut navigated, mut moved, mut opened, mut stormed) = (None, None, BTreeSet::new(), None);
        for happening in self.state().since(watch.mark) {
            match happening {
                Happening::Navigated { tab, url } if tab == watch.before.tab => navigated = Some(clean(&url)),
                Happening::Url { tab, url } if tab == watch.before.tab => moved = Some(clean(&url)),
                Happening::Asked { kind, message, .. } => out.push(Change::DialogOpened { kind, message: clean(&message) }),
                Happening::Storm { count, .. } => stormed = Some(count),
                Happening::Refused { tab, status, url, main: true, .. } if tab == watch.before.tab => {
                    out.push(Change::HttpError { status, url: clean(&url) });
                }
                Happening::Dialog { kind, message, answer } => out.push(Change::Dialog { kind, message: clean(&message), answer }),
                Happening::Opened { tab, url } => {
                    opened.insert(tab);
                    if opened.len() > MOST_TABS {
                        continue;
                    }
                    let url = self.state().tab(tab).map_or(url, |tab| tab.url);
                    out.push(Change::TabOpened { number: tab, url: clean(&url) });
                }
                Happening::Closed { tab } => out.push(Change::TabClosed { number: tab }),
                Happening::Request { tab, method, url, quiet: false, .. }
                    if (tab == watch.before.tab || opened.contains(&tab))
                        && !matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS")
                        && !watch.polled.contains(&(method.clone(), endpoint(&url))) =>
                {
                    out.push(Change::Network { method, url: clean(&url) });
                }
                _ => {}
            }
        }
        if opened.len() > MOST_TABS {
            out.push(Change::Told { text: format!("{} more tabs opened; close what is not needed", opened.len() - MOST_TABS) });
        }
        out.extend(stormed.map(storm));
        match (navigated, moved) {
            (Some(to), _) => out.insert(0, Change::Navigated { from: std::mem::take(&mut from), to }),
            (None, Some(to)) if to != from => out.insert(0, Change::Url { from: std::mem::take(&mut from), to }),
            _ => {}
        }
        out
    }
}

/// A page that opens dialogs without end.
pub(crate) fn storm(count: u32) -> Change {
    Change::Told { text: format!("this page opens dialogs without end: {count} so far, each was answered") }
}
