//! What the model said goes back as it came: its reasoning where the model wants it, ids and arguments byte for byte.

use handiwork::core::Model as _;
use handiwork_test_support::deepseek::{Scripted, models};
use serde_json::{Value, json};

use super::super::{model, request, server, soon};
use super::{act, extend, messages, talk};

#[tokio::test]
async fn reasoning_goes_back_to_v4_always() {
    for id in models::LISTED {
        let server = server(vec![act("e1"), Scripted::call("click", &json!({ "ref": "e2" })), Scripted::text("ok"), act("e3")]).await;
        let (model, mut request) = (model(&server).model(id), request("Go."));
        for _ in 0..4 {
            let reply = model.complete(&soon(), &request).await.expect("a reply");
            extend(&mut request, &reply);
        }
        assert_eq!(server.refusals(), Vec::<String>::new());
        let sent = server.requests();
        let of = |body: &Value| -> Vec<Value> {
            let turns = messages(std::slice::from_ref(body)).filter(|message| message["role"] == "assistant");
            turns.map(|turn| turn["reasoning_content"].clone()).collect()
        };
        assert_eq!(
            sent.iter().map(of).collect::<Vec<_>>(),
            [vec![], vec![json!("e1.")], vec![json!("e1."), json!("")], vec![json!("e1."), json!(""), json!("")]]
        );
    }
}

#[tokio::test]
async fn reasoning_never_goes_back_to_first_generation_r1() {
    let server = server(vec![Scripted::text("ok").reasoning("Hm."); 3]).await;
    let (model, mut request) = (model(&server).model(models::R1), request("Go."));
    // It has no tools.
    request.tools.clear();
    for _ in 0..3 {
        let reply = model.complete(&soon(), &request).await.expect("a reply");
        assert_eq!(reply.reasoning.as_deref(), Some("Hm."), "it is read all the same");
        extend(&mut request, &reply);
    }
    assert_eq!(server.refusals(), Vec::<String>::new());
    let sent = server.requests();
    assert_eq!(messages(&sent[2..]).filter(|message| message["role"] == "assistant").count(), 2);
    assert!(messages(&sent).all(|message| message.get("reasoning_content").is_none()));
}

#[tokio::test]
async fn content_is_never_null() {
    let sent = talk(vec![act("e1"), Scripted::call("click", &json!({})), Scripted::text(""), Scripted::text("ok")], request("Go.")).await;
    assert!(messages(&sent).all(|message| message["content"].is_string()), "{sent:?}");
    assert_eq!(sent[3]["messages"][2]["content"], "");
}

#[tokio::test]
async fn arguments_go_back_byte_for_byte() {
    let said = [
        "{\"ref\":\"e1\"}",
        "{ \"text\" :\t\"b\" ,\n  \"ref\":\"e2\"}\n",
        "{\"z\":1,\"ref\":\"e3\",\"a\":{\"y\":[ ],\"b\":1.50}}",
        "{\"ref\":\"\\u00e9\\/\\ud834\\udd1e\"}",
        "{\"n\":1e3,\"ref\":\"e5\",\"m\":-0}",
    ];
    let reply = said.iter().enumerate().fold(Scripted::text("").reasoning("All."), |reply, (place, arguments)| {
        reply.and_raw_call(format!("call_{place}"), "fill", *arguments)
    });
    let sent = talk(vec![reply, act("e9"), Scripted::text("ok")], request("Go.")).await;
    for body in &sent[1..] {
        let calls = body["messages"][2]["tool_calls"].as_array().expect("calls");
        let back: Vec<&str> = calls.iter().filter_map(|call| call["function"]["arguments"].as_str()).collect();
        assert_eq!(back, said);
    }
}

#[tokio::test]
async fn each_result_has_the_id_of_its_call() {
    let ids = ["call_01_sTrAnGe/+==~é", " ", "0", "a\"b\\c\n", "\u{1f600}"];
    let reply = ids.iter().fold(Scripted::text(""), |reply, id| reply.and_raw_call(*id, "click", r#"{"ref": "e1"}"#));
    let sent = talk(vec![reply, Scripted::text("ok")], request("Go.")).await;
    let turns = sent[1]["messages"].as_array().expect("messages");
    let asked: Vec<&Value> = turns[2]["tool_calls"].as_array().expect("calls").iter().map(|call| &call["id"]).collect();
    let told: Vec<&Value> = turns[3..].iter().map(|result| &result["tool_call_id"]).collect();
    let ids: Vec<Value> = ids.map(Value::from).to_vec();
    let ids: Vec<&Value> = ids.iter().collect();
    assert_eq!((&asked, &told), (&ids, &ids));
}
