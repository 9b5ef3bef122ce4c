//! The provider's prefix cache: what an append-only conversation finds in it, and what breaks it.

use handiwork::core::model::deepseek::{DeepSeek, Effort};
use handiwork::core::{Message, Model as _, Request};
use handiwork_test_support::deepseek::{Scripted, StandIn};

use super::super::{model, request, server, soon};
use super::{act, extend};

#[tokio::test]
async fn the_prefix_cache_holds_to_the_end_of_the_request_before() {
    let server = StandIn::answering(|_, number| act(&format!("e{number}"))).await.expect("starts");
    let (model, mut request) = (model(&server), request(&"A long goal. ".repeat(100)));
    let mut before = 0;
    for step in 0..5 {
        let usage = model.complete(&soon(), &request).await.map(|reply| {
            extend(&mut request, &reply);
            reply.usage
        });
        let usage = usage.expect("a reply");
        assert_eq!(usage.cached % 64, 0, "whole units");
        assert!(usage.cached + 64 > before && usage.cached <= usage.prompt, "step {step}: {usage:?}, {before} before");
        before = usage.prompt;
    }
}

#[tokio::test]
async fn what_changes_the_beginning_loses_the_cache() {
    let long = "A long goal. ".repeat(100);
    let changes: [fn(&mut Request); 4] = [
        |request| request.system.push_str(" It is 10:31."),
        |request| request.tools.reverse(),
        |request| drop(request.tools.pop()),
        |request| request.messages[0] = Message::user("Another goal."),
    ];
    for change in changes {
        let server = server(vec![act("e1"), act("e2"), act("e3")]).await;
        let (model, mut request) = (model(&server), request(&long));
        let reply = model.complete(&soon(), &request).await.expect("a reply");
        extend(&mut request, &reply);
        assert!(model.complete(&soon(), &request).await.expect("a reply").usage.cached > 0);
        change(&mut request);
        assert_eq!(model.complete(&soon(), &request).await.expect("a reply").usage.cached, 0);
    }
    let server = server(vec![act("e1"), Scripted::text("ok")]).await;
    let reply = model(&server).complete(&soon(), &request(&long)).await.expect("a reply");
    let mut next = request(&long);
    extend(&mut next, &reply);
    let other = model(&server).thinking(false).complete(&soon(), &next).await.expect("a reply");
    assert_eq!(other.usage.cached, 0, "thinking was switched off");
}

/// What a second request finds, if the first one's conversation went on and then something was changed.
async fn found(first: impl Fn(DeepSeek) -> DeepSeek, then: impl Fn(DeepSeek) -> DeepSeek, change: impl Fn(&mut Request)) -> (u64, u64) {
    let server = server(vec![act("e1").reasoning("A thought. ".repeat(100)), act("e2")]).await;
    let mut request = request(&"A long goal, as json. ".repeat(100));
    let reply = first(model(&server)).complete(&soon(), &request).await.expect("a reply");
    extend(&mut request, &reply);
    change(&mut request);
    let usage = then(model(&server)).complete(&soon(), &request).await.expect("a reply").usage;
    assert_eq!(server.refusals(), Vec::<String>::new());
    (usage.cached, reply.usage.prompt)
}

#[tokio::test]
async fn another_setting_finds_nothing() {
    let ways: [fn(DeepSeek) -> DeepSeek; 6] = [
        |model| model.effort(Effort::Max),
        |model| model.thinking(false),
        |model| model.json(true),
        |model| model.strict(true),
        |model| model.model("deepseek-v4-pro"),
        |model| model.user_id("another"),
    ];
    for (place, way) in ways.into_iter().enumerate() {
        assert_eq!(found(|model| model, way, |_| ()).await.0, 0, "setting {place}");
        let (cached, before) = found(way, way, |_| ()).await;
        assert!(cached >= before / 64 * 64, "setting {place} from the beginning: {cached} of {before}");
    }
}

#[tokio::test]
async fn dropped_reasoning_is_found_only_to_where_it_stood() {
    let (whole, before) = found(|model| model, |model| model, |_| ()).await;
    let drop_it = |request: &mut Request| {
        for message in &mut request.messages {
            if let Message::Assistant { reasoning, .. } = message {
                *reasoning = None;
            }
        }
    };
    let (cached, _) = found(|model| model, |model| model, drop_it).await;
    assert!(whole > before + 200, "the end of the output is found too: {whole}, {before}");
    assert_eq!(cached, before / 64 * 64);
}
