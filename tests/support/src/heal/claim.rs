//! The demo's site: a claim is filed.
//!
//! The one decision: it is the very site of the demo, with its sessions, tokens and content policy. What it was asked to do is read
//! from its own database, and told in the form in which the other sites log it.

use super::draw::Draw;
use super::judge::Posted;
use super::mutation::Mutation;
use super::site::{Do, Site, Target, Values};
use crate::demo::{DemoConfig, DemoError, DemoSite};

pub(super) const VARIABLES: [&str; 5] = ["employee", "title", "amount", "date", "category"];

pub(super) const TARGETS: [Target; 11] = [
    Target::new("/sign-in", "#user", "field"),
    Target::new("/sign-in", "#password", "field"),
    Target::new("/sign-in", "main button", "button"),
    Target::new("/claims", "a[href=\"/claims/new\"]", "link"),
    Target::new("/claims/new", "#employee", "field"),
    Target::new("/claims/new", "#title", "field"),
    Target::new("/claims/new", "#amount", "field"),
    Target::new("/claims/new", "#date", "field"),
    Target::new("/claims/new", "#category", "select"),
    Target::new("/claims/new", ".actions button", "button"),
    Target::new("/claims/review/", ".actions button", "button"),
];

/// What the site calls a claim that was filed.
const FILED: &str = "/claims";

pub(super) fn values(draw: &mut Draw) -> Values {
    let what = draw.one(&["train to Hamburg", "team lunch", "toner", "hotel in Porto", "Rust course", "editor licence", "ferry to Turku"]);
    Values::of([
        ("employee", draw.person()),
        ("title", format!("{what} {}", 1 + draw.below(400))),
        ("amount", format!("{}.{:02}", 3 + draw.below(900), 1 + draw.below(99))),
        ("date", format!("2026-{:02}-{:02}", 1 + draw.below(10), 1 + draw.below(28))),
        ("category", draw.turn(&["Travel", "Meals", "Lodging", "Office supplies", "Training", "Software"]).to_owned()),
    ])
}

pub(super) fn goal(values: &Values) -> String {
    let [employee, title, amount, date, category] = VARIABLES.map(|name| values.get(name));
    format!("Sign in as dana. File a claim for {employee}: \"{title}\", {amount} euros, on {date}, in the category \"{category}\".")
}

pub(super) fn steps(values: &Values) -> Vec<Do> {
    vec![
        Do::Open,
        Do::fill("User name", "dana"),
        Do::fill("Password", "{{secret:password}}"),
        Do::click("button", "Sign in"),
        Do::click("link", "New claim"),
        Do::fill("Employee", values.get("employee")),
        Do::fill("Description", values.get("title")),
        Do::fill("Amount (EUR)", values.get("amount")),
        Do::fill("Date", values.get("date")),
        Do::select("Category", values.get("category")),
        Do::click("button", "Review claim"),
        Do::click("button", "Confirm and file claim"),
    ]
}

pub(super) fn checks() -> Vec<String> {
    vec!["url has /claims/C-".to_owned(), "text has was filed".to_owned(), "sent /claims/review/".to_owned()]
}

pub(super) fn wanted(values: &Values) -> Vec<Posted> {
    let fields = VARIABLES.map(|name| (name, values.get(name)));
    vec![Posted::new(FILED, &[fields.as_slice(), &[("company_card", "false")]].concat())]
}

/// The site, changed or not.
pub(super) async fn start(mutation: Option<&Mutation>) -> Result<DemoSite, DemoError> {
    let script = mutation.map(|mutation| mutation.script(Site::Claim));
    DemoSite::start(DemoConfig { script, ..DemoConfig::default() }).await
}

/// What it was asked to do that changes something for others than the one who asked.
pub(super) async fn log(site: &DemoSite) -> Result<Vec<Posted>, DemoError> {
    let claims = site.claims().await?;
    let effects =
        site.effects().await?.into_iter().filter(|effect| !matches!(effect.what.as_str(), "signed_in" | "sign_in_refused" | "drafted"));
    let posted = effects.map(|effect| match claims.iter().find(|claim| effect.what == "filed" && claim.id == effect.about) {
        Some(claim) => {
            let amount = format!("{}.{:02}", claim.amount_cents / 100, claim.amount_cents % 100);
            let card = claim.company_card.to_string();
            let fields = [&claim.employee, &claim.title, &amount, &claim.date, &claim.category].map(String::as_str);
            let named: Vec<(&str, &str)> = VARIABLES.into_iter().zip(fields).chain([("company_card", card.as_str())]).collect();
            Posted::new(FILED, &named)
        }
        None => Posted::new(&format!("/{}", effect.what), &[("about", effect.about.as_str())]),
    });
    Ok(posted.collect())
}
