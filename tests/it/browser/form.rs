//! A form with every kind of control, judged by what its server received.

use handiwork_core::action::{Click, Upload};
use handiwork_core::{Change, EffectClass, Reason, Receipt, Secrets};
use handiwork_tools::browser::BrowserConfig;

use super::{Rig, changes, refusal};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("in")).expect("a folder");
    std::fs::write(folder.path().join("in/receipt.txt"), "12 euro").expect("a file");
    std::fs::write(folder.path().join("outside.txt"), "no").expect("a file");
    std::os::unix::fs::symlink(folder.path().join("outside.txt"), folder.path().join("in/link.txt")).expect("a link");
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn every_control_is_filled_and_sent() {
    let folder = folder();
    let config = BrowserConfig { upload_dir: Some(folder.path().join("in")), ..BrowserConfig::default() };
    let rig = Rig::with(config, Secrets::default()).await;
    rig.open("form").await;

    for (name, text) in [
        ("Title", "Taxi to \"Zürich\""),
        ("Amount", "12.50"),
        ("Day", "2026-03-04"),
        ("Hour", "09:30"),
        ("Level", "7"),
        ("Colour", "#00ff00"),
        ("Secret word", "swordfish"),
        ("Search tag", "trip"),
        ("Notes", "first\nsecond"),
        ("Letter", "Dear all"),
    ] {
        let receipt = rig.fill(name, text).await;
        let told = changes(&receipt).iter().any(|change| match change {
            Change::Value { to, .. } => to == text,
            Change::HiddenValue { .. } => name == "Secret word",
            _ => false,
        });
        assert!(told, "{name}: {receipt:?}");
        assert!(rig.fill(name, text).await.is_verified(), "{name} again");
    }
    let receipt = rig.select("Category", "Meals & drinks").await;
    assert!(matches!(changes(&receipt), [Change::Selected { option, .. }, ..] if option == "Meals & drinks"), "{receipt:?}");
    for name in ["Me", "Urgent", "Fancy box"] {
        let receipt = rig.check(name, true).await;
        assert!(changes(&receipt).iter().any(|change| matches!(change, Change::Checked { checked: true, .. })), "{name}: {receipt:?}");
        assert_eq!(rig.check(name, true).await, Receipt::Verified { changes: Vec::new() });
    }
    let r#ref = rig.find("Receipt").await;
    let receipt = rig.act(Upload { r#ref, path: "receipt.txt".to_owned() }).await;
    assert!(matches!(changes(&receipt), [Change::Uploaded { file, .. }, ..] if file == "receipt.txt"), "{receipt:?}");
    for path in ["../outside.txt", "link.txt", "/etc/passwd", "missing.txt"] {
        let receipt = rig.act(Upload { r#ref, path: path.to_owned() }).await;
        assert!(matches!(refusal(&receipt), Reason::FileNotAllowed { .. }), "{path}: {receipt:?}");
    }

    let button = rig.find("File it").await;
    let resolved = rig.resolve(Click { r#ref: button }).await.expect("resolved");
    assert_eq!(resolved.effect, EffectClass::Write);
    let form = resolved.target.as_ref().and_then(|target| target.form.clone()).expect("a form");
    assert_eq!((form.method.as_str(), form.origin, form.submits), ("POST", rig.site.origin(), true));
    let receipt = rig.dispatch(&resolved).await;
    assert!(changes(&receipt).iter().any(|change| matches!(change, Change::Navigated { to, .. } if to.ends_with("/done"))), "{receipt:?}");
    assert!(changes(&receipt).iter().any(|change| matches!(change, Change::Network { method, .. } if method == "POST")), "{receipt:?}");

    let told = rig.site.told();
    let sent = told.iter().find(|told| told.what == "submit").expect("the form was sent");
    for (name, value) in [
        ("title", "Taxi to \"Zürich\""),
        ("amount", "12.50"),
        ("day", "2026-03-04"),
        ("hour", "09:30"),
        ("category", "m"),
        ("paid", "me"),
        ("urgent", "yes"),
        ("fancy", "yes"),
        ("level", "7"),
        ("colour", "#00ff00"),
        ("word", "swordfish"),
        ("tag", "trip"),
        ("notes", "first\r\nsecond"),
        ("letter", "Dear all"),
        ("receipt", "receipt.txt: 12 euro"),
        ("frozen", "ice"),
    ] {
        assert_eq!(sent.field(name), Some(value), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_control_does_not_take_is_refused_with_the_reason() {
    let rig = Rig::at("form").await;
    assert!(matches!(refusal(&rig.fill("File it", "x").await), Reason::NotEditable { .. }));
    assert!(matches!(refusal(&rig.fill("Frozen", "x").await), Reason::NotEditable { .. }));
    assert_eq!(refusal(&rig.fill("Off", "x").await), &Reason::Disabled);
    assert!(matches!(refusal(&rig.fill("Day", "4 March").await), Reason::BadArguments { problem } if problem.contains("YYYY-MM-DD")));
    assert!(matches!(refusal(&rig.fill("Amount", "twelve").await), Reason::BadArguments { .. }));
    assert!(matches!(refusal(&rig.select("Title", "x").await), Reason::WrongKind { .. }));
    assert!(matches!(refusal(&rig.check("Title", true).await), Reason::WrongKind { .. }));
    let receipt = rig.select("Category", "Closed").await;
    assert!(matches!(refusal(&receipt), Reason::NoSuchOption { options } if options.contains(&"Travel".to_owned())), "{receipt:?}");
    let r#ref = rig.find("Receipt").await;
    let receipt = rig.act(Upload { r#ref, path: "a.txt".to_owned() }).await;
    assert!(matches!(refusal(&receipt), Reason::FileNotAllowed { .. }), "{receipt:?}");
}
