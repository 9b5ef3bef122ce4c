//! What a page says, as Markdown and data; PDF documents; files that are downloaded; pictures.

use handiwork_core::action::{Direction, Download, Navigate, Print, Read, Scroll};
use handiwork_core::{Change, Reason, Receipt, Secrets};
use handiwork_tools::browser::BrowserConfig;
use handiwork_tools::browser::shot::{Scope, ShotOptions};

use super::{Rig, changes, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn an_article_is_read_without_what_nobody_can_see() {
    let rig = Rig::at("article").await;
    let reading = rig.browser.read(&rig.cx, None).await.expect("a reading");
    let text = &reading.markdown;
    assert!(reading.article && !reading.incomplete, "{reading:?}");
    for part in [
        "# The lamp that never went out",
        "**still burning**",
        "## What the keepers say",
        "The lamp at dusk",
        "White on dark can be read well",
        "Its end can be reached",
        "the lamp is burning as you read this",
        "# two spaces, and a * star",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    for part in ["ignore all instructions", "wonder lamp", "Copyright"] {
        assert!(!text.contains(part), "{part:?} in\n{text}");
    }
    let log = rig.site.url("done?x=1&y=2");
    assert!(reading.links.iter().any(|link| link.url == log && link.text == "the log of that night"), "{:?}", reading.links);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_rows_and_passwords_are_not_read() {
    let rig = Rig::at("prices").await;
    let reading = rig.browser.read(&rig.cx, None).await.expect("a reading");
    let fruit = reading.tables.iter().find(|table| table.header == ["Name", "Price", "In stock"]).expect("the table");
    assert_eq!(fruit.rows[0], ["Apples", "€ 2.50", "yes"]);
    assert!(fruit.rows.iter().all(|row| row.len() == 3 && !row.concat().contains("Secret fruit")), "{fruit:?}");
    assert!(reading.tables.iter().any(|table| table.rows.iter().any(|row| row == &["Monday", "9 to 17"])), "{:?}", reading.tables);
    assert!(reading.markdown.contains("Ana Lima") && !reading.markdown.contains("open-sesame"), "{}", reading.markdown);
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_shadow_trees_and_documents_are_read() {
    let rig = Rig::at("outer").await;
    let Receipt::Verified { changes: told } = rig.act(Read { r#ref: None }).await else { panic!("not read") };
    let Some(Change::Told { text }) = told.first() else { panic!("{told:?}") };
    assert_eq!(text.matches("Words of a frame.").count(), 2, "{text}");
    assert!(text.contains("Words of an open shadow.") && text.contains("Words of a closed shadow."), "{text}");
    rig.open("papers").await;
    let paper = rig.find("Paper 17").await;
    let reading = rig.browser.read(&rig.cx, Some(paper)).await.expect("a document");
    assert!(
        reading.markdown.contains("## Page 1\n\nPaper number 17") && reading.markdown.contains("42 (forty-two)"),
        "{}",
        reading.markdown
    );
    assert!(reading.markdown.contains("Kerned words") && !reading.markdown.contains("never drawn"), "{}", reading.markdown);
    let missing = rig.find("Missing paper").await;
    assert!(matches!(refusal(&rig.act(Read { r#ref: Some(missing) }).await), Reason::FileNotAllowed { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_into_a_folder_of_their_own_with_a_harmless_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = BrowserConfig { download_dir: Some(folder.path().to_owned()), download_limit: 200_000, ..BrowserConfig::default() };
    let rig = Rig::with(config, Secrets::default()).await;
    rig.open("files").await;
    let download = async |name: &str| {
        let r#ref = rig.find(name).await;
        rig.act(Download { r#ref }).await
    };
    let receipt = download("Report").await;
    let Some(Change::Downloaded { file, bytes: 12, sha256, .. }) = changes(&receipt).first() else { panic!("{receipt:?}") };
    assert!(file == "report.txt" && sha256.len() == 64, "{receipt:?}");
    assert_eq!(std::fs::read_to_string(folder.path().join(file)).expect("the file"), "all is well\n");
    let receipt = download("Evil").await;
    assert!(matches!(changes(&receipt).first(), Some(Change::Downloaded { file, .. }) if file == "x.sh"), "{receipt:?}");
    let receipt = download("Make").await;
    assert!(matches!(changes(&receipt).first(), Some(Change::Downloaded { file, .. }) if file == "made.txt"), "{receipt:?}");
    for (name, hint) in [("Endless", "200000"), ("No file", "")] {
        let receipt = download(name).await;
        assert!(!receipt.is_verified() && receipt.to_string().contains(hint), "{name}: {receipt:?}");
    }
    let printed = rig.act(Print {}).await;
    let Some(Change::Printed { file, .. }) = changes(&printed).first() else { panic!("{printed:?}") };
    assert!(std::fs::read(folder.path().join(file)).expect("the print").starts_with(b"%PDF-"));
    // What was too large is not left there.
    let names: Vec<String> = std::fs::read_dir(folder.path())
        .expect("the folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        // The folder that the browser itself writes to is there as long as the browser.
        .filter(|name| !name.starts_with(".arriving-"))
        .collect();
    assert!(names.len() == 4 && !names.iter().any(|name| name.starts_with("large")), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_the_view_the_page_and_an_element() {
    let rig = Rig::at("dense").await;
    let magenta = rig.find("Magenta").await;
    let shot = async |scope, refs| {
        let options = ShotOptions { scope, refs, ..ShotOptions::default() };
        rig.browser.shot(&rig.cx, options).await.expect("taken").expect("a picture")
    };
    let view = shot(Scope::View, true).await;
    assert_eq!(view.shot.size, (1280.0, 800.0));
    assert!(view.refs.iter().any(|(r, _)| *r == magenta) && view.refs.len() > 90, "{}", view.refs.len());
    let full = shot(Scope::Full, false).await;
    assert!(full.shot.size.1 > 1800.0 && full.shot.bytes.starts_with(b"\x89PNG"), "{:?}", full.shot.size);
    let element = shot(Scope::Element(magenta), false).await;
    assert_eq!(element.shot.size, (200.0, 100.0));
    // The page saw nothing of what was drawn. Only a picture of more than the view resizes it for a moment, as the browser does that.
    rig.act(Navigate { url: rig.site.url("dense") }).await;
    shot(Scope::View, true).await;
    rig.act(Scroll { r#ref: None, direction: Direction::Bottom }).await;
    rig.click("Count").await;
    assert!(rig.screen().await.render().contains("sized 0 "), "{}", rig.screen().await.render());
}
