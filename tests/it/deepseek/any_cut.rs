//! Any reply, cut at any byte and delivered in any pieces, is the same reply or a typed error.

use handiwork::core::model::FinishReason;
use handiwork::core::model::deepseek::DeepSeek;
use handiwork::core::{Model as _, ModelError, Reply, Usage};
use handiwork_test_support::deepseek::{Fault, Place, Scripted, StandIn, Trouble};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

use super::{model, request, soon, tally, whole};

/// A reply as data, from which both the script and what must be read are made.
#[derive(Debug, Clone)]
struct Said {
    reasoning: Option<String>,
    text: String,
    calls: Vec<(String, String)>,
    usage_apart: bool,
    keep_alives: usize,
}

impl Said {
    fn args(text: &str) -> Value {
        json!({ "ref": "e1", "text": text })
    }

    fn scripted(&self) -> Scripted {
        let mut scripted = Scripted::text(self.text.clone()).usage(1000, 640, 77, 33).keep_alives(self.keep_alives);
        if let Some(reasoning) = &self.reasoning {
            scripted = scripted.reasoning(reasoning.clone());
        }
        for (place, (name, text)) in self.calls.iter().enumerate() {
            scripted = scripted.and_raw_call(format!("call_{place}"), name.clone(), Self::args(text).to_string());
        }
        if self.usage_apart { scripted.usage_apart() } else { scripted }
    }

    /// What must be read of it.
    fn fits(&self, reply: &Reply) -> bool {
        let calls: Vec<_> =
            reply.calls.iter().map(|call| (call.id.clone(), call.name.clone(), call.args.clone(), call.problem.clone())).collect();
        let said: Vec<_> = self
            .calls
            .iter()
            .enumerate()
            .map(|(place, (name, text))| (format!("call_{place}"), name.clone(), Self::args(text), None))
            .collect();
        let finish = if calls.is_empty() { FinishReason::Stop } else { FinishReason::ToolCalls };
        reply.content == self.text
            && reply.reasoning == Some(self.reasoning.clone().unwrap_or_default())
            && calls == said
            && reply.finish == finish
            && reply.usage == Usage { prompt: 1000, cached: 640, completion: 77, reasoning: 33 }
    }
}

fn said() -> impl Strategy<Value = Said> {
    let text = || prop_oneof!["[a-z \\n\"\\\\<>{}]{0,20}", "\\PC{0,12}", Just("转账 𝄞 é\u{301} \u{2028}\r\n".to_owned())];
    let call = (prop_oneof![Just("click".to_owned()), Just("fill".to_owned())], text());
    (proptest::option::of(text()), text(), proptest::collection::vec(call, 0..4), any::<bool>(), 0..3_usize)
        .prop_map(|(reasoning, text, calls, usage_apart, keep_alives)| Said { reasoning, text, calls, usage_apart, keep_alives })
}

/// How the reply comes: the sizes of its pieces, and the byte at which it is cut, and how.
type Way = (Said, Vec<usize>, Option<(usize, Fault)>);

/// A server that answers with whatever is set.
struct Line {
    /// One for all: making a client reads the machine's certificates.
    model: DeepSeek,
    _server: StandIn,
    now: Arc<Mutex<Option<Way>>>,
}

impl Line {
    async fn open() -> Self {
        let now: Arc<Mutex<Option<Way>>> = Arc::default();
        let (answers, plans) = (Arc::clone(&now), Arc::clone(&now));
        let answer = move |_: &Value, _| {
            let (said, sizes, _) = answers.lock().expect("a lock").clone().expect("something is set");
            said.scripted().in_pieces(sizes)
        };
        let plan = move |_| {
            let (_, _, cut) = plans.lock().expect("a lock").clone().expect("something is set");
            cut.map(|(at, fault)| Trouble::new(fault, Place::Byte(at)))
        };
        let server = StandIn::troubled(answer, plan).await.expect("starts");
        Self { model: model(&server), _server: server, now }
    }

    async fn ask(&self, said: &Said, sizes: Vec<usize>, cut: Option<(usize, Fault)>) -> Result<Reply, ModelError> {
        *self.now.lock().expect("a lock") = Some((said.clone(), sizes, cut));
        self.model.complete(&soon(), &request("Go.")).await
    }

    /// Asks, and says what is wrong with the outcome.
    async fn judge(&self, said: &Said, sizes: Vec<usize>, cut: Option<(usize, Fault)>) -> Result<bool, String> {
        match self.ask(said, sizes.clone(), cut.clone()).await {
            Ok(reply) if said.fits(&reply) => Ok(true),
            // A reset may come before what was written is read.
            Err(ModelError::Truncated(_) | ModelError::Unreadable(_)) if cut.is_some() => Ok(false),
            Err(ModelError::Unreachable { .. }) if matches!(cut, Some((_, Fault::Reset))) => Ok(false),
            other => Err(format!("{said:?} in {sizes:?} cut {cut:?}: {other:?}")),
        }
    }
}

#[tokio::test]
async fn every_byte() {
    let line = Line::open().await;
    let said = Said {
        reasoning: Some("Hm 转.".to_owned()),
        text: "é\n".to_owned(),
        calls: vec![("click".to_owned(), "𝄞".to_owned()), ("fill".to_owned(), "b".to_owned())],
        usage_apart: true,
        keep_alives: 1,
    };
    // Past the end nothing is cut, so the length is found by asking.
    let step = if whole() { 1 } else { 29 };
    let (mut at, mut whole_replies, mut cuts) = (0, 0, 0_usize);
    while whole_replies < 20 {
        assert!(at < 100_000, "no cut is ever past the end");
        whole_replies += usize::from(line.judge(&said, vec![512], Some((at, Fault::Truncate))).await.expect("the same, or a typed error"));
        at += step;
        cuts += 1;
    }
    assert!(cuts > 60, "{cuts} cuts");
    tally("cuts-of-one", cuts);
}

#[test]
fn any_reply_any_pieces_any_cut() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let line = runtime.block_on(Line::open());
    let cases = if whole() { 1000 } else { 40 };
    // PROPTEST_CASES holds over this.
    let config = ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(cases),
        ..ProptestConfig::default()
    };
    let asked = std::cell::Cell::new(0);
    let way = (said(), proptest::collection::vec(1..90_usize, 1..6), 0..9000_usize, any::<bool>());
    proptest!(config, |((said, sizes, at, reset) in way)| {
        let cut = (at, if reset { Fault::Reset } else { Fault::Truncate });
        let uncut = runtime.block_on(line.judge(&said, sizes.clone(), None));
        prop_assert_eq!(uncut, Ok(true));
        let outcome = runtime.block_on(line.judge(&said, sizes, Some(cut)));
        prop_assert!(outcome.is_ok(), "{:?}", outcome);
        asked.set(asked.get() + 2);
    });
    tally("cuts-of-any", asked.get());
}
