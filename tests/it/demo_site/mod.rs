//! The demo site does what a real one does, and its database tells what was done.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends where it fails, in its helpers too")]

mod client;

use client::Client;
use handiwork_test_support::demo::{CATEGORIES, Claim, DemoConfig, DemoError, DemoSite};
use reqwest::StatusCode;

const PASSWORD: &str = "rope & anchor 5";
const GOOD: [(&str, &str); 6] = [
    ("employee", "Ana Silva"),
    ("title", "Train to Hamburg"),
    ("amount", "84.50"),
    ("date", "2026-03-12"),
    ("category", "Travel"),
    ("company_card", "yes"),
];

fn config() -> DemoConfig {
    DemoConfig {
        password: PASSWORD.into(),
        admin_password: Some("keel 77".into()),
        state_token: Some("judge".into()),
        ..DemoConfig::default()
    }
}

async fn site() -> DemoSite {
    DemoSite::start(config()).await.expect("the site starts")
}

/// The good fields with some replaced, and the token.
fn with<'a>(csrf: &'a str, other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = GOOD.iter().copied().filter(|(name, _)| other.iter().all(|(replaced, _)| replaced != name));
    kept.chain(other.iter().copied()).chain([("csrf", csrf)]).collect()
}

async fn file_one(browser: &mut Client, csrf: &str, other: &[(&str, &str)], file: Option<(&str, &[u8])>) -> String {
    let entered = browser.post_multipart("/claims/new", &with(csrf, other), file).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
    let filed = browser.post(&entered.location, &[("csrf", csrf)]).await;
    assert_eq!(filed.status, StatusCode::SEE_OTHER, "{}", filed.text);
    filed.location
}

async fn claims(site: &DemoSite) -> Vec<Claim> {
    site.claims().await.expect("claims")
}

#[tokio::test]
async fn signing_in_takes_the_right_password() {
    let site = site().await;
    let mut browser = Client::new(&site);
    let form = browser.get("/sign-in").await;
    assert!(form.set_cookie.contains("HttpOnly") && form.set_cookie.contains("SameSite=Lax"), "{}", form.set_cookie);
    assert!(form.text.contains("<label for=\"user\">User name</label>") && form.text.contains("type=\"password\""));

    let refused = browser.post("/sign-in", &[("csrf", &form.csrf()), ("user", "dana"), ("password", "wrong")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("The user name or the password is not right.") && !refused.text.contains("wrong"));
    assert!(refused.text.contains("value=\"dana\""), "the name is kept");
    assert_eq!(site.sign_ins().await.expect("count"), 0);

    let before = browser.cookie.clone();
    browser.sign_in("dana", PASSWORD).await;
    assert_ne!(browser.cookie, before, "the session is a new one");
    assert_eq!(site.sign_ins().await.expect("count"), 1);
    let page = browser.get("/claims").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("You have not filed any claims yet.") && page.text.contains("href=\"/claims/new\""));

    let out = browser.post("/sign-out", &[("csrf", &page.csrf())]).await;
    assert_eq!(out.location, "/sign-in");
    browser.cookie = before;
    assert_eq!(browser.get("/claims").await.location, "/sign-in", "an old session is worth nothing");
    site.stop().await;
}

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_sign_in() {
    let site = site().await;
    let mut browser = Client::new(&site);
    for path in ["/claims", "/claims/new", "/claims/C-1001", "/claims/review/0", "/admin"] {
        let page = browser.get(path).await;
        assert_eq!((page.status, page.location.as_str()), (StatusCode::SEE_OTHER, "/sign-in"), "{path}");
    }
    let page = browser.post_multipart("/claims/new", &GOOD, None).await;
    assert_eq!(page.location, "/sign-in");
    assert_eq!(claims(&site).await, []);
}

#[tokio::test]
async fn a_claim_is_filed_after_its_review_and_only_once() {
    let site = site().await;
    let mut browser = Client::new(&site);
    let csrf = browser.sign_in("dana", PASSWORD).await;
    let form = browser.get("/claims/new").await;
    for category in CATEGORIES {
        assert!(form.text.contains(&format!("<option>{category}</option>")), "{category}");
    }

    let entered = browser.post_multipart("/claims/new", &with(&csrf, &[]), Some(("ticket.pdf", b"%PDF-1.4\r\n\x00\xff"))).await;
    let review = browser.get(&entered.location).await;
    for part in
        ["Ana Silva", "Train to Hamburg", "84.50 EUR", "2026-03-12", "Travel", "Yes", "ticket.pdf", "Confirm and file claim", ">Edit</a>"]
    {
        assert!(review.text.contains(part), "{part}");
    }
    assert_eq!(claims(&site).await, [], "nothing is filed before it is confirmed");

    let filed = browser.post(&entered.location, &[("csrf", &csrf)]).await;
    assert_eq!(filed.location, "/claims/C-1001");
    assert!(browser.get(&filed.location).await.text.contains("Claim C-1001 was filed"));
    let again = browser.post(&entered.location, &[("csrf", &csrf)]).await;
    assert_eq!(again.location, "/claims/C-1001", "sent twice, filed once");
    assert_eq!(browser.get(&entered.location).await.location, "/claims/C-1001");

    let all = claims(&site).await;
    let [claim] = all.as_slice() else { panic!("one claim, not {}", all.len()) };
    assert_eq!((claim.id.as_str(), claim.employee.as_str(), claim.title.as_str()), ("C-1001", "Ana Silva", "Train to Hamburg"));
    assert_eq!(
        (claim.amount_cents, claim.date.as_str(), claim.category.as_str(), claim.company_card),
        (8450, "2026-03-12", "Travel", true)
    );
    assert_eq!((claim.filed_by.as_str(), claim.approved), ("dana", false));
    let file = claim.receipt_file.as_ref().expect("a file");
    assert_eq!((file.name.as_str(), file.len), ("ticket.pdf", 12));
    assert_eq!(file.sha256, handiwork_core::BlobId::of(b"%PDF-1.4\r\n\x00\xff").0);

    let done: Vec<String> = site.effects().await.expect("effects").into_iter().map(|effect| effect.what).collect();
    assert_eq!(done, ["signed_in", "drafted", "filed"]);
    assert!(browser.get("/claims").await.text.contains("84.50"));
    site.stop().await;
}

#[tokio::test]
async fn what_will_not_do_is_said_beside_its_field() {
    let site = DemoSite::start(DemoConfig { today: Some("2026-03-31".into()), ..config() }).await.expect("site");
    let mut browser = Client::new(&site);
    let csrf = browser.sign_in("dana", PASSWORD).await;
    for (field, value, message) in [
        ("employee", "  ", "Enter the name of the employee."),
        ("title", "", "Enter a description."),
        ("amount", "", "Enter the amount."),
        ("amount", "0.00", "The amount must be more than 0."),
        ("amount", "-5", "The amount must be more than 0."),
        ("amount", "12.345", "Use at most two digits after the point."),
        ("amount", "a lot", "Enter an amount such as 12.50."),
        ("date", "", "Enter the date."),
        ("date", "2026-02-30", "This is not a date."),
        ("date", "2026-04-01", "The date is in the future."),
        ("category", "", "Choose a category."),
        ("category", "Yachts", "Choose a category."),
    ] {
        let page = browser.post_multipart("/claims/new", &with(&csrf, &[(field, value)]), None).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}");
        assert!(
            page.text.contains(&format!("<p class=\"problem\" id=\"{field}-problem\">{message}</p>")),
            "{field}={value}: {}",
            page.text
        );
        assert!(page.text.contains("1 field needs your attention."), "{field}={value}");
        let kept = GOOD.iter().find(|(name, _)| *name != field && *name != "category" && *name != "company_card").expect("another field");
        assert!(page.text.contains(&format!("value=\"{}\"", kept.1)), "what was entered is kept: {kept:?}");
    }
    assert_eq!(claims(&site).await, []);
}

#[tokio::test]
async fn a_claim_can_be_edited_before_it_is_filed() {
    let site = site().await;
    let mut browser = Client::new(&site);
    let csrf = browser.sign_in("dana", PASSWORD).await;
    let entered = browser.post_multipart("/claims/new", &with(&csrf, &[]), Some(("ticket.pdf", b"ticket"))).await;
    let draft = entered.location.trim_start_matches("/claims/review/").to_owned();
    let form = browser.get(&format!("/claims/new?draft={draft}")).await;
    for part in [
        "value=\"Ana Silva\"",
        "value=\"84.50\"",
        "<option selected>Travel</option>",
        "value=\"yes\" checked",
        "Kept from before: ticket.pdf",
    ] {
        assert!(form.text.contains(part), "{part}");
    }
    let filed = file_one(&mut browser, &csrf, &[("draft", &draft), ("amount", "90"), ("company_card", "")], None).await;
    assert_eq!(filed, "/claims/C-1001");
    let claim = claims(&site).await.remove(0);
    assert_eq!((claim.amount_cents, claim.company_card), (9000, false));
    assert_eq!(claim.receipt_file.map(|file| file.name).as_deref(), Some("ticket.pdf"), "the file of before is kept");
}

#[tokio::test]
async fn a_form_without_its_token_is_refused() {
    let site = site().await;
    let mut browser = Client::new(&site);
    assert_eq!(
        browser.post("/sign-in", &[("user", "dana"), ("password", PASSWORD)]).await.status,
        StatusCode::FORBIDDEN,
        "no session at all"
    );
    browser.get("/sign-in").await;
    assert_eq!(browser.post("/sign-in", &[("user", "dana"), ("password", PASSWORD)]).await.status, StatusCode::FORBIDDEN);

    let csrf = browser.sign_in("dana", PASSWORD).await;
    let review = browser.post_multipart("/claims/new", &with(&csrf, &[]), None).await.location;
    for page in [
        browser.post_multipart("/claims/new", &GOOD, None).await,
        browser.post_multipart("/claims/new", &with("0", &[]), None).await,
        browser.post(&review, &[]).await,
        browser.post(&review, &[("csrf", "")]).await,
        browser.post("/sign-out", &[]).await,
    ] {
        assert_eq!(page.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(claims(&site).await, []);
}

#[tokio::test]
async fn what_people_enter_stays_text() {
    const NASTY: &str = "\"><script>alert(1)</script>'&";
    let site = site().await;
    let mut browser = Client::new(&site);
    let csrf = browser.sign_in("dana", PASSWORD).await;
    let wrong = browser.post_multipart("/claims/new", &with(&csrf, &[("title", NASTY), ("amount", NASTY)]), None).await;
    let filed = file_one(&mut browser, &csrf, &[("title", NASTY), ("employee", NASTY)], Some(("<b>.txt", b"x"))).await;
    let receipt = browser.get(&filed).await;
    let list = browser.get("/claims").await;
    let signing = Client::new(&site).get("/sign-in").await;
    for page in [&wrong, &receipt, &list, &signing] {
        assert!(!page.text.contains("<script") && !page.text.contains("<b>"), "{}", page.text);
    }
    assert!(receipt.text.contains("&lt;script&gt;alert(1)"), "{}", receipt.text);
    assert_eq!(claims(&site).await.remove(0).title, NASTY);
}

#[tokio::test]
async fn only_the_administrator_sees_the_admin_page() {
    let site = site().await;
    let mut browser = Client::new(&site);
    let csrf = browser.sign_in("dana", PASSWORD).await;
    file_one(&mut browser, &csrf, &[], None).await;
    file_one(&mut browser, &csrf, &[("title", "Dinner"), ("category", "Meals")], None).await;
    assert_eq!(browser.get("/admin").await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.post("/admin/C-1001/delete", &[("csrf", &csrf)]).await.status, StatusCode::FORBIDDEN);
    assert!(!browser.get("/claims").await.text.contains("href=\"/admin\""));

    let mut admin = Client::new(&site);
    let csrf = admin.sign_in("admin", "keel 77").await;
    let page = admin.get("/admin").await;
    assert!(page.text.contains("Approve C-1001") && page.text.contains("Delete C-1002"), "{}", page.text);
    assert_eq!(admin.post("/admin/C-1001/approve", &[("csrf", "0")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(admin.post("/admin/C-1001/approve", &[("csrf", &csrf)]).await.location, "/admin");
    assert_eq!(admin.post("/admin/C-1002/delete", &[("csrf", &csrf)]).await.location, "/admin");
    assert_eq!(admin.post("/admin/C-1002/delete", &[("csrf", &csrf)]).await.status, StatusCode::NOT_FOUND);
    let all = claims(&site).await;
    assert_eq!(all.iter().map(|claim| (claim.id.as_str(), claim.approved)).collect::<Vec<_>>(), [("C-1001", true)]);
    let last: Vec<_> = site.effects().await.expect("effects").into_iter().rev().take(2).map(|effect| (effect.what, effect.about)).collect();
    assert_eq!(last, [("deleted".to_owned(), "C-1002".to_owned()), ("approved".to_owned(), "C-1001".to_owned())]);
}

#[tokio::test]
async fn the_state_is_for_who_has_the_token() {
    let site = site().await;
    let mut browser = Client::new(&site);
    let csrf = browser.sign_in("dana", PASSWORD).await;
    file_one(&mut browser, &csrf, &[], None).await;
    assert_eq!(browser.get("/api/claims").await.status, StatusCode::FORBIDDEN, "a session is not enough");
    let http = reqwest::Client::builder().no_proxy().build().expect("client");
    let url = format!("{}/api/claims", site.origin());
    let listed: Vec<Claim> = http.get(&url).bearer_auth("judge").send().await.expect("answer").json().await.expect("claims");
    assert_eq!(listed, claims(&site).await);
    assert_eq!(http.get(&url).bearer_auth("other").send().await.expect("answer").status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_port_in_use_and_a_wrong_setting_are_clear_errors() {
    let first = site().await;
    let port = first.port();
    let error = DemoSite::start(DemoConfig { port, ..config() }).await.expect_err("the port is taken");
    assert!(matches!(error, DemoError::PortInUse { port: named } if named == port), "{error}");
    first.stop().await;
    let again = DemoSite::start(DemoConfig { port, ..config() }).await.expect("the port is free again");
    assert_eq!(claims(&again).await, [], "with nothing of the site before");
    for wrong in [
        DemoConfig { today: Some("tomorrow".into()), ..config() },
        DemoConfig { user: "admin".into(), ..config() },
        DemoConfig { password: String::new(), ..config() },
    ] {
        assert!(matches!(DemoSite::start(wrong).await, Err(DemoError::Config(_))));
    }
}
