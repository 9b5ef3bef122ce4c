//! What a model may ask for that can't be: each gets a reason of its own, and nothing is done.

use handiwork_core::action::{Check, Click, Fill, Navigate, OpenTab, Select, SwitchTab, Type, Upload, Wait};
use handiwork_core::{Action, Reason, Ref, Secrets};
use handiwork_tools::browser::BrowserConfig;

use super::{Rig, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn refs_that_are_wrong() {
    let rig = Rig::at("form").await;
    let unknown = Ref(4711);
    let all: Vec<Action> = vec![
        Click { r#ref: unknown }.into(),
        Fill { r#ref: unknown, text: "x".to_owned() }.into(),
        Select { r#ref: unknown, option: "x".to_owned() }.into(),
        Check { r#ref: unknown, checked: true }.into(),
        Upload { r#ref: unknown, path: "x".to_owned() }.into(),
        Type { r#ref: Some(unknown), text: "x".to_owned() }.into(),
        Wait { text: None, gone: Some(unknown), url: None, idle: None }.into(),
    ];
    for action in all {
        assert_eq!(refusal(&rig.act(action).await), &Reason::UnknownRef { r#ref: unknown });
    }
    let screen = rig.screen().await;
    let first = screen.nodes.iter().find_map(|node| node.r#ref).expect("a ref");
    assert!(rig.act(OpenTab { url: rig.site.url("done") }).await.is_verified());
    let elsewhere = rig.act(Click { r#ref: first }).await;
    let Reason::BadArguments { problem } = refusal(&elsewhere) else { panic!("{elsewhere:?}") };
    assert!(problem.contains("tab 1") && problem.contains("switch_tab"), "{problem}");
    assert!(rig.act(SwitchTab { tab: 1 }).await.is_verified());
    rig.open("done").await;
    assert_eq!(refusal(&rig.act(Click { r#ref: first }).await), &Reason::Stale { r#ref: first });
    assert!(rig.site.told().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn elements_of_another_kind() {
    let rig = Rig::at("effects").await;
    let button = rig.find("Late").await;
    assert!(matches!(refusal(&rig.fill("Late", "x").await), Reason::NotEditable { role } if role == "button"));
    assert!(matches!(refusal(&rig.select("Late", "x").await), Reason::WrongKind { .. }));
    assert!(matches!(refusal(&rig.check("Late", true).await), Reason::WrongKind { .. }));
    let upload = rig.act(Upload { r#ref: button, path: "x".to_owned() }).await;
    assert!(matches!(refusal(&upload), Reason::WrongKind { .. } | Reason::FileNotAllowed { .. }), "{upload:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_none() {
    let rig = Rig::at("done").await;
    for url in ["", "   ", "not a url", "javascript:alert(1)", "file:///etc/passwd", "chrome://crash", "view-source:http://x/", "http://"] {
        let receipt = rig.act(Navigate { url: url.to_owned() }).await;
        assert!(matches!(refusal(&receipt), Reason::BadArguments { .. }), "{url:?}: {receipt:?}");
    }
    assert!(rig.screen().await.render().contains("Thank you"));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_outside_of_the_folder() {
    let (jail, outside) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    std::fs::write(outside.path().join("secret.txt"), "secret").expect("written");
    std::os::unix::fs::symlink(outside.path().join("secret.txt"), jail.path().join("link.txt")).expect("linked");
    std::os::unix::fs::symlink(outside.path(), jail.path().join("folder")).expect("linked");
    std::fs::create_dir(jail.path().join("inner")).expect("made");
    let config = BrowserConfig { upload_dir: Some(jail.path().to_path_buf()), ..BrowserConfig::default() };
    let rig = Rig::with(config, Secrets::default()).await;
    rig.open("form").await;
    let screen = rig.screen().await;
    let field = screen.nodes.iter().find(|node| node.verbs.contains(&handiwork_core::Verb::Upload)).and_then(|node| node.r#ref);
    let field = field.unwrap_or_else(|| panic!("no upload field on\n{}", screen.render()));
    let absolute = outside.path().join("secret.txt").display().to_string();
    for path in ["../secret.txt", "link.txt", "folder/secret.txt", "missing.txt", "inner", "", absolute.as_str(), "/etc/passwd", "a\0b"] {
        let receipt = rig.act(Upload { r#ref: field, path: path.to_owned() }).await;
        assert!(matches!(refusal(&receipt), Reason::FileNotAllowed { .. }), "{path:?}: {receipt:?}");
    }
}
