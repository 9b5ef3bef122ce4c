//! What a site answers: pages from templates, or where to go next.
//!
//! The one decision: a page follows from its address and from what the server was sent so far; there is no other state.

use std::collections::HashMap;
use std::sync::LazyLock;

use minijinja::{Environment, Value, context};

use super::judge::Posted;

/// A request for a page.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) path: &'a str,
    pub(super) query: &'a HashMap<String, String>,
    /// All that was sent so far.
    pub(super) log: &'a [Posted],
}

/// A page, before it is rendered.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) template: &'static str,
    pub(super) about: Value,
}

impl Page {
    pub(super) fn new(template: &'static str, about: Value) -> Self {
        Self { template, about }
    }

    /// A page that only says something.
    pub(super) fn note(template: &'static str, title: &str, text: &str) -> Self {
        Self::new(template, context! { title, text })
    }

    pub(super) fn render(&self) -> Result<String, minijinja::Error> {
        PAGES.get_template(self.template)?.render(&self.about)
    }
}

/// The answer to a request that changes something.
#[derive(Debug)]
pub(super) enum Answer {
    /// Go to this address.
    Go(String),
    /// A short text, for a script of the page.
    Said(String),
    /// There is no such address.
    Missing,
}

static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    for (name, source) in [
        ("mail.css", include_str!("pages/mail.css")),
        ("mail_layout.html", include_str!("pages/mail_layout.html")),
        ("mail_inbox.html", include_str!("pages/mail_inbox.html")),
        ("mail_sent.html", include_str!("pages/mail_sent.html")),
        ("shop.css", include_str!("pages/shop.css")),
        ("shop_layout.html", include_str!("pages/shop_layout.html")),
        ("shop_home.html", include_str!("pages/shop_home.html")),
        ("shop_product.html", include_str!("pages/shop_product.html")),
        ("shop_checkout.html", include_str!("pages/shop_checkout.html")),
        ("shop_done.html", include_str!("pages/shop_done.html")),
        ("tracker.css", include_str!("pages/tracker.css")),
        ("tracker_layout.html", include_str!("pages/tracker_layout.html")),
        ("tracker_list.html", include_str!("pages/tracker_list.html")),
        ("tracker_new.html", include_str!("pages/tracker_new.html")),
        ("tracker_issue.html", include_str!("pages/tracker_issue.html")),
        ("admin.css", include_str!("pages/admin.css")),
        ("admin_layout.html", include_str!("pages/admin_layout.html")),
        ("admin_users.html", include_str!("pages/admin_users.html")),
        ("admin_edit.html", include_str!("pages/admin_edit.html")),
        ("admin_user.html", include_str!("pages/admin_user.html")),
    ] {
        // A template that does not parse stays out; asking for it is then an error that names it.
        if let Err(error) = pages.add_template(name, source) {
            tracing::error!(%error, name, "a template of a site for healing");
        }
    }
    pages
});
