//! Models that think before they reply, shown with a template that behaves as that of the DeepSeek R1 distills does.

use handiwork::core::Context;
use handiwork::core::Message;
use handiwork::core::Progress;
use handiwork::core::model::local::{LocalConfig, LocalModel};
use handiwork::core::model::{CallRule, Constraint, FinishReason, Model as _, Request};
use serde_json::json;

use super::support::{LIMIT, ask, file, request};

const R1_LIKE: &str = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' }}{% if m.role == 'assistant' and '</think>' in m.content %}{{ m.content.split('</think>')[-1] }}{% else %}{{ m.content }}{% endif %}{{ '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}{% endif %}";
/// Tokens of `<think>` and a line break, at most.
const OPENING: u64 = 6;

async fn thinking(thinking: Option<u32>) -> LocalModel {
    let path = file().await;
    let config = LocalConfig {
        context: 4096,
        threads: Some(1),
        thinking,
        template: Some(R1_LIKE.to_owned()),
        ..LocalConfig::new(path, "smollm2-135m")
    };
    tokio::task::spawn_blocking(move || LocalModel::load(config)).await.unwrap().unwrap()
}

fn held() -> Request {
    let mut request = request("Sign up Ana.");
    let fill = CallRule { tool: "fill".to_owned(), allowed: [("ref".to_owned(), vec![json!("e1 Name")])].into() };
    request.constraint = Some(Constraint { calls: vec![fill], most_calls: 1, thought: 100, ..Constraint::default() });
    request.max_tokens = Some(60);
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thought_within_its_budget_comes_before_calls_that_fit() {
    let model = thinking(Some(48)).await;
    let (sender, heard) = futures::channel::mpsc::unbounded();
    let cx = Context::default().within(LIMIT).with_progress(sender);
    let reply = model.complete(&cx, &held()).await.unwrap();
    drop(cx);
    assert_eq!(
        (reply.finish, reply.calls.len(), reply.calls[0].args["ref"].as_str()),
        (FinishReason::ToolCalls, 1, Some("e1 Name")),
        "{reply:?}"
    );
    let thought = reply.reasoning.clone().unwrap();
    assert!(!thought.is_empty() && !thought.contains("think>"), "{reply:?}");
    // The budget, and what ends the thought.
    assert!(reply.usage.reasoning > 2 && reply.usage.reasoning <= 48 + 10, "{reply:?}");
    assert!(reply.usage.completion > reply.usage.reasoning, "{reply:?}");
    let said: Vec<Progress> = futures::StreamExt::collect(heard).await;
    let told: String =
        said.iter().filter_map(|progress| if let Progress::Reasoning(text) = progress { Some(text.as_str()) } else { None }).collect();
    assert_eq!(told.trim(), thought);
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_thoughts_are_dropped_and_cost_only_what_follows_them() {
    let model = thinking(Some(64)).await;
    let mut request = held();
    let mut last: Option<(u64, u64)> = None;
    for turn in 0..3 {
        let before = model.evaluated_tokens();
        let reply = ask(&model, &request).await;
        let (evaluated, usage) = (model.evaluated_tokens() - before, reply.usage);
        if let Some((prompt, said)) = last {
            // Up to where the last thought began all is kept; the thought itself is in no later prompt.
            assert!(usage.cached < prompt && usage.cached + OPENING >= prompt, "turn {turn}: {usage:?} after {prompt}");
            assert!(usage.prompt <= prompt + said + 40, "turn {turn}: {usage:?} after {prompt} with {said} of reply");
        }
        assert!(evaluated <= usage.prompt - usage.cached + usage.completion, "turn {turn}: {evaluated} for {usage:?}");
        assert!(usage.reasoning > if turn == 0 { 60 } else { 2 }, "{usage:?}");
        last = Some((usage.prompt, usage.completion - usage.reasoning));
        assert!(reply.reasoning.is_some());
        request.messages.push(reply.to_message());
        request.messages.push(Message::user("~ e1 textbox \"Name\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_budget_there_is_no_thought() {
    let reply = ask(&thinking(None).await, &Request { max_tokens: Some(200), ..held() }).await;
    assert_eq!((reply.usage.reasoning, reply.calls.len()), (0, 1), "{reply:?}");
}
