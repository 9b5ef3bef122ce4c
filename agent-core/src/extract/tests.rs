//! Extraction with a scripted model: what is checked does not depend on which model it is.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Extract, ExtractError, Extracted, extract};
use crate::context::Context;
use crate::model::Message;
use crate::reading::Reading;
use crate::testing::{ScriptedModel, call};

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
struct Item {
    name: String,
    price: f64,
    sold_out: Option<bool>,
}

fn reading() -> Reading {
    let markdown = "# Shop\n\n| Thing | Price |\n| ----- | ----- |\n| Blue mug | € 12,50 |\n| Red mug | € 9,00 (sold out) |\n".to_owned();
    Reading { title: "Shop".to_owned(), url: "https://shop.example/".to_owned(), markdown, ..Reading::default() }
}

fn blue(quote: &str) -> serde_json::Value {
    json!({
        "result": [{ "name": "Blue mug", "price": 12.5, "sold_out": null }],
        "sources": [{ "at": "/0/name", "quote": "Blue mug" }, { "at": "/0/price", "quote": quote }],
    })
}

async fn run(model: &ScriptedModel) -> Result<Extracted<Vec<Item>>, ExtractError> {
    extract(model, &Context::default(), &reading(), "All mugs with their prices.").await
}

#[tokio::test]
async fn what_is_quoted_is_believed() {
    let model = ScriptedModel::new().calls([call("extracted", blue("€ 12,50"))]);
    let got = run(&model).await.expect("a value");
    assert_eq!(got.value, [Item { name: "Blue mug".to_owned(), price: 12.5, sold_out: None }]);
    assert!(got.unverified.is_empty());
    assert_eq!(got.sources.get("/0/price").map(String::as_str), Some("€ 12,50"));
    assert_eq!(got.usage.prompt, 100);
    let request = model.requests().remove(0);
    let Some(Message::User { content, .. }) = request.messages.first() else { panic!("no question") };
    assert!(content.contains("All mugs") && content.contains("Red mug"), "{content}");
    assert_eq!(request.tools[0].parameters["properties"]["result"]["type"], "array");
}

#[tokio::test]
async fn a_lie_is_caught_asked_about_once_and_reported() {
    let lie = || {
        json!({ "result": [{ "name": "Blue mug", "price": 1.0, "sold_out": true }],
        "sources": [{ "at": "/result/0/name", "quote": "Blue mug" }, { "at": "0/price", "quote": "only € 1,00" }] })
    };
    let model = ScriptedModel::new().calls([call("extracted", lie())]).calls([call("extracted", lie())]);
    let got = run(&model).await.expect("a value");
    assert_eq!(got.unverified.keys().collect::<Vec<_>>(), ["/0/price", "/0/sold_out"]);
    assert!(got.unverified["/0/price"].contains("does not stand on the page"), "{:?}", got.unverified);
    assert_eq!(got.sources.len(), 1);
    assert_eq!(got.usage.prompt, 200);
    let again = model.requests().remove(1);
    let Some(Message::Tool { content, .. }) = again.messages.last() else { panic!("{again:?}") };
    assert!(content.contains("/0/price: its quote does not stand on the page"), "{content}");

    let model = ScriptedModel::new().calls([call("extracted", lie())]).calls([call("extracted", lie())]);
    let (page, cx) = (reading(), Context::default());
    let strict = Extract::new(&page, "All mugs.").strict(true).run::<Vec<Item>>(&model, &cx).await;
    let Err(ExtractError::Unverified(doubts)) = strict else { panic!("{strict:?}") };
    assert_eq!(doubts.len(), 2);
}

#[tokio::test]
async fn a_true_quote_for_another_value_is_a_lie_too() {
    // The words stand on the page, but they are the price of the other mug.
    let model = ScriptedModel::new().calls([call("extracted", blue("€ 9,00"))]).calls([call("extracted", blue("€ 12,50"))]);
    let got = run(&model).await.expect("a value");
    assert!(got.unverified.is_empty(), "corrected on the second try: {got:?}");
    assert_eq!(model.requests().len(), 2);
}

#[tokio::test]
async fn what_does_not_fit_is_asked_for_again_and_then_an_error() {
    let wrong = || call("extracted", json!({ "result": [{ "name": 7 }], "sources": [] }));
    let model = ScriptedModel::new().calls([wrong()]).says("I can't.");
    let error = run(&model).await.expect_err("no value").to_string();
    assert!(error.contains("no call of extracted"), "{error}");
    let model = ScriptedModel::new().says("Blue mug, 12.50").calls([call("extracted", blue("€ 12,50"))]);
    assert!(run(&model).await.expect("a value").unverified.is_empty());
}

#[test]
fn a_long_page_is_cut_at_a_line() {
    let page = Reading { markdown: "line one\nline two\nline three".to_owned(), ..Reading::default() };
    assert_eq!(page.head(100), (page.markdown.as_str(), 0));
    assert_eq!(page.head(20), ("line one\nline two", 11));
    let endless = Reading { markdown: "ü".repeat(50), ..Reading::default() };
    assert_eq!(endless.head(20).1, 30);
}
