//! Markdown, tables and links of a page's visible parts, without a browser.

use serde_json::{Value, json};

use super::markdown::{self, Source};

/// A page as the script lists it: texts, opened tags, 0 for a closed one.
fn read(items: &[Value]) -> handiwork_core::Reading {
    let html = markdown::html(items, &|text: &str| text.replace("hunter2", "•••"));
    markdown::digest(&Source { html, title: "T".to_owned(), url: "http://127.0.0.1/a/b".to_owned(), choose: false })
}

fn open(tag: &str) -> Value {
    json!([tag, {}])
}

#[test]
fn text_of_a_page_can_not_become_markup_and_secrets_are_cut_out() {
    let reading = read(&[open("p"), json!("1 < 2 & <b>not bold</b> hunter2"), json!(0)]);
    assert!(reading.markdown.contains("1 \\< 2") || reading.markdown.contains("1 < 2"), "{:?}", reading.markdown);
    assert!(reading.markdown.contains("not bold") && !reading.markdown.contains("**not bold**"), "{:?}", reading.markdown);
    assert!(!reading.markdown.contains("hunter2"), "{:?}", reading.markdown);
}
