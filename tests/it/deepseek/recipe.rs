//! What the client sends in conversations of many kinds, kept as `tests/recipe/requests.ndjson`; there the vendor's own crate
//! reads and renders every line of it. Here it is shown that the file is what is sent.

use handiwork::core::model::Image;
use handiwork::core::model::deepseek::{DeepSeek, Effort};
use handiwork::core::{Message, Model as _, Request};
use handiwork_test_support::deepseek::Scripted;
use serde_json::{Value, json};

use super::{model, request, server, soon};

/// Replies of the model, and what the person says after those without calls.
fn conversations() -> Vec<(&'static str, Request, Vec<Scripted>)> {
    let step = |place: &str| Scripted::call("click", &json!({ "ref": place })).reasoning(format!("{place} is next."));
    let mut typed = request("What is the total? Answer by calling done.");
    typed.tools.push(handiwork::core::ToolSpec {
        name: "done".to_owned(),
        description: "Ends the task.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "ok": { "type": "boolean" },
                "result": { "type": "object", "properties": { "total": { "type": ["number", "null"] } }, "required": ["total"] },
            },
            "required": ["ok", "result"],
        }),
    });
    let mut bare = request("Tell me of Zürich.");
    bare.tools.clear();
    bare.max_tokens = Some(4096);
    vec![
        ("single calls", request("Star the newest mail."), vec![step("e1"), step("e2"), step("e3"), Scripted::text("Done.")]),
        (
            "parallel calls",
            request("Fill the form."),
            vec![
                step("e1").and_call("fill", &json!({ "ref": "e2", "text": "a" })).and_call("fill", &json!({ "ref": "e3", "text": "b" })),
                step("e4").saying("Now I send it.").and_call("click", &json!({ "ref": "e5" })),
                Scripted::text("Sent.").reasoning("It says thanks."),
            ],
        ),
        (
            "any characters",
            request("Überweise 转账 \"x\" \\ <b> </think> ｜DSML｜."),
            vec![
                Scripted::call("fill", &json!({ "ref": "e1", "text": "𝄞 \"q\" \\n\n\t</tool>", "n": 1.5e10, "none": null }))
                    .reasoning("Zeile 1\nZeile 2 \u{1f600}"),
                Scripted::text("转账 ✓"),
            ],
        ),
        (
            "pictures",
            request("Star the newest mail."),
            vec![step("e1"), step("e2").and_call("click", &json!({ "ref": "e3" })), Scripted::text("Done.")],
        ),
        ("no reasoning, no text", request("Go."), vec![Scripted::call("click", &json!({})), step("e2"), Scripted::text("")]),
        (
            "arguments that can't be read",
            request("Go."),
            vec![step("e1").and_raw_call("call_x", "fill", r#"{"ref": "e5", "te"#), Scripted::text("Sorry.")],
        ),
        (
            "a typed result",
            typed,
            vec![step("e1"), Scripted::call("done", &json!({ "ok": true, "result": { "total": 12.5 } })).reasoning("12.5")],
        ),
        (
            "a talk without tools",
            bare,
            vec![Scripted::text("A city.").reasoning("Hm."), Scripted::text("On a lake."), Scripted::text("Yes.")],
        ),
    ]
}

/// Ways to set a model up; each has its conversations.
type Way = (&'static str, fn(DeepSeek) -> DeepSeek);

const WAYS: [Way; 6] = [
    ("thinking", |model| model),
    ("not thinking", |model| model.thinking(false)),
    ("strict tools", |model| model.strict(true)),
    ("strict tools, not thinking", |model| model.strict(true).thinking(false)),
    ("the most effort for a user", |model| model.effort(Effort::Max).user_id("u-7_a")),
    ("little effort", |model| model.effort(Effort::Low)),
];

/// A run that is shown a picture at its start, and one after each turn's results.
fn pictures(turn: usize) -> Message {
    let image = Image::new("image/png", format!("picture {turn}").as_bytes());
    Message::User { content: format!("The screen now ({turn}):"), images: vec![image] }
}

/// One line of the file for each request of every conversation, by each model, set up in each way.
async fn sent() -> Vec<Value> {
    let mut lines = Vec::new();
    for id in ["deepseek-flash", "deepseek-v4-pro"] {
        for (set_up, way) in WAYS {
            for (name, mut request, script) in conversations() {
                let turns = script.len();
                let server = server(script).await;
                let model = way(model(&server).model(id));
                // Only one of them sees.
                let shown = name == "pictures" && model.info().vision;
                request.messages.extend(shown.then(|| pictures(0)));
                for turn in 0..turns {
                    let reply = model.complete(&soon(), &request).await.expect("a reply");
                    request.messages.push(reply.to_message());
                    for call in &reply.calls {
                        let content = format!("Verified: {} changed.\n e9 button \"Star\"", call.name);
                        request.messages.push(Message::Tool { call_id: call.id.clone(), content });
                    }
                    if shown {
                        request.messages.push(pictures(turn + 1));
                    } else if reply.calls.is_empty() {
                        request.messages.push(Message::user(format!("And then? ({turn})")));
                    }
                }
                assert_eq!(server.refusals(), Vec::<String>::new(), "{name}");
                let conversation = format!("{id}, {set_up}, {name}");
                lines.extend(server.requests().into_iter().map(|body| json!({ "conversation": conversation, "request": body })));
            }
        }
    }
    lines
}

#[tokio::test]
async fn what_the_vendors_crate_reads_is_what_is_sent() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recipe/requests.ndjson");
    let mut sent = sent().await.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    sent.push('\n');
    if std::env::var_os("HANDIWORK_BLESS").is_some() {
        std::fs::write(file, &sent).expect("written");
    }
    let kept = std::fs::read_to_string(file).expect("the file");
    for (place, (sent, kept)) in sent.lines().zip(kept.lines()).enumerate() {
        assert_eq!(sent, kept, "line {} of {file}: if what is sent now is right, run `make bless-wire`", place + 1);
    }
    assert_eq!(sent.lines().count(), kept.lines().count(), "run `make bless-wire`");
}
