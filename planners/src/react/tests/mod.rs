//! React by tables: real runs of the driver over a scripted surface, and what is asked of the model in them.

mod delegate;
mod led;
mod liars;
mod words;

use handiwork_core::agent::AgentBuilder;
use handiwork_core::event::{Entry, Part};
use handiwork_core::model::{Message, ModelInfo, Reply};
use handiwork_core::testing::{ScriptedModel, ScriptedSurface, button, call, text, textbox};
use handiwork_core::{Event, Model as _, Next, Outcome, Planner as _, Request, Run, Screen, Secrets, State};
use serde_json::{Value, json};
use std::sync::Arc;

use super::React;

fn form() -> ScriptedSurface {
    let screen = Screen {
        title: "Form".to_owned(),
        url: "https://shop.example/".to_owned(),
        nodes: vec![
            textbox(1, "Name", ""),
            textbox(2, "Mail", ""),
            button(3, "Send"),
            text("We answer on working days, mostly within a day or two."),
        ],
        ..Screen::default()
    };
    ScriptedSurface::new(screen, |screen, action| {
        if action.name() == "click" && action.target().is_some_and(|r| r.0 == 3) {
            screen.url = "https://shop.example/thanks".to_owned();
            screen.nodes = vec![text("Thanks")];
        }
    })
}

fn fill(r: &str, text: &str) -> handiwork_core::ToolCall {
    call("fill", json!({ "ref": r, "text": text }))
}

fn click(r: &str) -> handiwork_core::ToolCall {
    call("click", json!({ "ref": r }))
}

fn done(answer: &str) -> handiwork_core::ToolCall {
    call("done", json!({ "ok": true, "answer": answer }))
}

async fn run_with(model: ScriptedModel, surface: ScriptedSurface, schema: Option<Value>) -> (Run, Vec<Request>) {
    let model = Arc::new(model);
    let agent = AgentBuilder::new(model.clone(), React::default()).surface(surface).build();
    let mut builder = agent.run(if schema.is_some() { "which number is on the form?" } else { "send the form as Ana" });
    if let Some(schema) = schema {
        builder = builder.output_schema(schema);
    }
    let run = builder.finish().await.expect("no journal failure").run;
    (run, model.requests())
}

async fn outcome(model: ScriptedModel) -> (Outcome, Run, Vec<Request>) {
    let (run, requests) = run_with(model, form(), None).await;
    (run.outcome().expect("over").clone(), run, requests)
}

fn done_with(text: &str) -> Outcome {
    Outcome::Done { text: text.to_owned(), value: None }
}

#[tokio::test]
async fn a_whole_form_in_one_turn() {
    let model = ScriptedModel::new().calls([fill("e1", "Ana"), fill("e2", "ana@example.com"), click("e3")]).calls([done("sent")]);
    let (outcome, run, requests) = outcome(model).await;
    assert_eq!(outcome, done_with("sent"));
    assert_eq!((run.steps(), run.verified(), requests.len()), (2, 3, 2));
}

/// What was said stays said: each request begins with all messages of the one before, and tools and system prompt never change.
#[tokio::test]
async fn the_history_is_append_only() {
    let model = ScriptedModel::new()
        .calls([fill("e1", "Ana")])
        .says("hm")
        .calls([click("e9"), click("e3")])
        .calls([fill("e2", "x"), done("early")])
        .calls([click("e3")])
        .calls([done("sent")]);
    let (_, _, requests) = outcome(model).await;
    assert_eq!(requests.len(), 6);
    for pair in requests.windows(2) {
        assert!(pair[1].messages.starts_with(&pair[0].messages), "{:#?}", pair[1].messages);
        assert!(pair[1].messages.len() > pair[0].messages.len());
        assert_eq!((&pair[0].system, &pair[0].tools), (&pair[1].system, &pair[1].tools));
    }
}

#[tokio::test]
async fn the_conversation_reads_like_this() {
    let model = ScriptedModel::new().calls([fill("e1", "Ana"), click("e9"), click("e3")]).calls([done("no")]);
    let (_, _, requests) = outcome(model).await;
    let shown: Vec<String> = requests[1]
        .messages
        .iter()
        .map(|message| match message {
            Message::User { content, .. } => format!("user: {content}"),
            Message::Assistant { calls, .. } => format!("assistant: {} calls", calls.len()),
            Message::Tool { call_id, content } => format!("{call_id}: {content}"),
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    user: Goal: send the form as Ana

    Screen:
    Form — https://shop.example/
      e1 textbox "Name" value=""
      e2 textbox "Mail" value=""
      e3 button "Send"
      "We answer on working days, mostly within a day or two."
    assistant: 3 calls
    call-1-0: done: e1 now holds "Ana"; screen: 0 lines new, 1 changed, 0 gone
    call-1-1: not done: e9 is no longer on the page; use a ref from the newest screen
    call-1-2: not tried, because click before it did not succeed

    Screen:
    Form — https://shop.example/ (what changed)
    ~ e1 textbox "Name" value="Ana"
    "#);
}

#[tokio::test]
async fn done_is_not_taken_together_with_other_calls() {
    let model = ScriptedModel::new().calls([fill("e1", "Ana"), click("e3"), done("blind")]).calls([done("seen")]);
    let (outcome, _, requests) = outcome(model).await;
    assert_eq!(outcome, done_with("seen"));
    assert!(format!("{:?}", requests[1].messages).contains("look at what came of the other calls"));
}

#[tokio::test]
async fn done_over_an_unsent_form_is_questioned_once() {
    let stubborn = || ScriptedModel::new().calls([fill("e1", "Ana"), fill("e2", "ana@example.com")]).calls([done("it is filled")]);
    let (end, _, requests) = outcome(stubborn().calls([click("e3")]).calls([done("sent")])).await;
    assert_eq!(end, done_with("sent"));
    assert!(format!("{:?}", requests[2].messages).contains("nothing has been sent since"));
    // One that wants nothing sent is questioned once; one that does is not reached by that.
    let agent = AgentBuilder::new(stubborn().calls([done("that is all")]), React::default()).surface(form()).build();
    assert_eq!(agent.run("fill in the form for Ana").await.expect("done"), "that is all");
    let (end, ..) = outcome((0..3).fold(stubborn(), |model, _| model.calls([done("sent")]))).await;
    assert!(matches!(end, Outcome::Failed { ref reason } if reason.contains("nothing was sent after that")), "{end:?}");
}

#[tokio::test]
async fn giving_up_is_a_failure() {
    let model = ScriptedModel::new().calls([call("done", json!({ "ok": false, "answer": "there is no such button" }))]);
    let (outcome, ..) = outcome(model).await;
    assert_eq!(outcome, Outcome::Failed { reason: "there is no such button".to_owned() });
}

#[tokio::test]
async fn a_run_that_gets_nowhere_is_ended() {
    let mut model = ScriptedModel::new();
    for turn in 0..20 {
        model = if turn % 2 == 0 { model.calls([click("e77")]) } else { model.says("let me think") };
    }
    let (outcome, run, _) = outcome(model).await;
    assert!(matches!(outcome, Outcome::Failed { ref reason } if reason.contains("6 turns")), "{outcome:?}");
    assert_eq!(run.steps(), 6);
}

#[tokio::test]
async fn an_empty_reply_is_nudged_twice_and_no_more() {
    let silent = |times: usize| (0..times).fold(ScriptedModel::new(), |model, _| model.says(" \n"));
    let sent = |model: ScriptedModel| model.calls([fill("e2", "ana@example.com"), click("e3")]).calls([done("sent")]);
    let (end, _, requests) = outcome(sent(silent(2))).await;
    assert_eq!((end, requests.len()), (done_with("sent"), 4));
    for request in &requests[1..3] {
        let Some(Message::User { content, .. }) = request.messages.last() else { panic!("{:?}", request.messages) };
        assert!(content.starts_with("Your reply was empty."), "{content}");
    }
    let (end, run, requests) = outcome(silent(9)).await;
    assert!(matches!(end, Outcome::Broken { part: Part::Model, ref error } if error.contains("3 replies in a row were empty")), "{end:?}");
    assert_eq!((run.steps(), requests.len()), (3, 3));
    let (end, ..) = outcome(sent(silent(2).says("hm").says("").says(""))).await;
    assert_eq!(end, done_with("sent"), "only those in a row count");
}

/// A run that was left in the midst of a turn: what the model is told is fit to be sent, and says what was not done.
#[tokio::test]
async fn calls_that_nothing_came_of_are_answered() {
    let model = ScriptedModel::new().calls([fill("e1", "Ana"), click("e3")]).calls([done("sent")]);
    let (_, run, _) = outcome(model).await;
    let is_fill = |event: &Event| matches!(event, Event::Receipt { call_id, .. } if call_id == "call-1-0");
    let cut = run.events().position(is_fill).expect("the receipt of fill") + 1;
    let ask = Event::Asked { role: "act".to_owned(), request_hash: String::new() };
    let mut left = Run::from_entries(run.id.clone(), run.entries()[..cut].to_vec()).expect("a run");
    left.apply(Entry { seq: left.next_seq(), at: 0, event: ask }).expect("an event");
    let messages = super::transcript::messages(
        &left,
        left.started().expect("started"),
        &super::React::default().telling(left.started().expect("started"), false),
    );
    let [.., Message::Assistant { calls, .. }, Message::Tool { call_id, .. }, Message::Tool { content, .. }] = messages.as_slice() else {
        panic!("{messages:#?}")
    };
    assert_eq!((calls.len(), call_id.as_str()), (2, "call-1-0"));
    assert!(content.starts_with("not carried out"), "{content}");
}

#[tokio::test]
async fn a_typed_result_is_checked_on_arrival() {
    let schema = json!({ "type": "object", "properties": { "number": { "type": "integer" } }, "required": ["number"] });
    let result = |value: Value| call("done", json!({ "ok": true, "answer": "a", "result": value }));
    let model = ScriptedModel::new()
        .calls([result(json!({ "number": "seven" }))])
        .calls([done("forgot it")])
        .calls([result(json!({ "number": 7 }))]);
    let (run, requests) = run_with(model, form(), Some(schema)).await;
    assert_eq!(run.outcome(), Some(&Outcome::Done { text: "a".to_owned(), value: Some(json!({ "number": 7 })) }));
    let said = format!("{:?}", requests[2].messages);
    assert!(said.contains("is not of type") && said.contains("result is missing"), "{said}");
}

#[tokio::test]
async fn without_a_surface_words_are_the_answer() {
    let agent = AgentBuilder::new(ScriptedModel::new().says(" 42 "), React::default()).build();
    assert_eq!(agent.run("what is 6 * 7?").await.expect("done"), "42");
}

#[tokio::test]
async fn the_first_page_is_opened_by_the_loop_and_must_open() {
    let blank = Screen { url: "about:blank".to_owned(), ..Screen::default() };
    let opening = |works: bool| {
        ScriptedSurface::new(blank.clone(), move |screen, action| {
            if let (handiwork_core::Action::Navigate(navigate), true) = (action, works) {
                screen.url.clone_from(&navigate.url);
                screen.nodes = vec![text("Hello")];
            }
        })
    };
    let model = Arc::new(ScriptedModel::new().calls([done("read")]));
    let agent = AgentBuilder::new(model.clone(), React::default()).surface(opening(true)).build();
    assert_eq!(agent.run("read").url("https://a.example/").await.expect("done"), "read");
    assert!(
        matches!(&model.requests()[0].messages[..], [Message::User { content, .. }] if content.contains("https://a.example/") && !content.contains("about:blank"))
    );
    let agent = AgentBuilder::new(ScriptedModel::new(), React::default()).surface(opening(false)).build();
    let run = agent.run("read").url("https://a.example/").finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Failed { reason }) if reason.contains("could not be opened")));
    let run = agent.run("read").url("file:///etc/passwd").finish().await.expect("no journal failure").run;
    assert!(matches!(run.outcome(), Some(Outcome::Failed { reason }) if reason.contains("only http and https")));
}

#[tokio::test]
async fn a_constrained_model_is_offered_what_is_there() {
    let info = ModelInfo { constrained: true, small: true, ..ModelInfo::default() };
    let model = Arc::new(ScriptedModel::new().with_info(info).calls([done("x")]));
    let mut password = textbox(4, "Password", "");
    password.hint = "password".to_owned();
    let mut off = button(5, "Off");
    off.states.push(State::Disabled);
    let screen = Screen {
        url: "https://a.example/".to_owned(),
        nodes: vec![textbox(1, "Name", ""), password, off, button(6, "On")],
        ..Screen::default()
    };
    let mut secrets = Secrets::default();
    secrets.insert("pin", "123456", "https://a.example").expect("origin");
    let agent =
        AgentBuilder::new(model.clone(), React::default()).surface(ScriptedSurface::new(screen, |_, _| {})).secrets(secrets).build();
    agent.run("look at it").await.expect("done");
    let constraint = model.requests()[0].constraint.clone().expect("constraint");
    let rules: Vec<String> = constraint.calls.iter().map(|rule| format!("{} {}", rule.tool, json!(rule.allowed))).collect();
    insta::assert_snapshot!(rules.join("\n"), @r#"
    click {"ref":["e6 On"]}
    "#);
    // Filled, or left as it is; only then may a link be followed or the work be ended.
    let left = constraint.or.clone().expect("another way");
    assert!(
        left.first.iter().all(|rule| rule.allowed["text"] == [json!("")]) && left.calls.iter().any(|rule| rule.tool == "done"),
        "{left:?}"
    );
    let first: Vec<String> = constraint.first.iter().map(|rule| format!("{} {}", rule.tool, json!(rule.allowed))).collect();
    assert_eq!(first, [r#"fill {"ref":["e1 Name"]}"#, r#"fill {"ref":["e4 Password"],"text":["{{secret:pin}}"]}"#]);
    assert!(model.info().small && model.requests()[0].system.contains("{{secret:pin}}"));
}

/// A field is decided on once; what it already holds is not put into it again; and what had no effect is not offered again.
#[tokio::test]
async fn a_constrained_model_is_led_through_the_fields() {
    let info = ModelInfo { constrained: true, small: true, ..ModelInfo::default() };
    let model = ScriptedModel::new()
        .with_info(info)
        .calls([fill("e1 Name", "Ana"), fill("e2 Mail", ""), click("e4 Help")])
        .calls([click("e3 Send")])
        .calls([done("sent")]);
    let surface = form();
    let model = Arc::new(model);
    let with_help = ScriptedSurface::new(
        {
            let mut screen = surface.screen();
            screen.nodes.push(button(4, "Help"));
            screen
        },
        |screen, action| {
            if action.name() == "click" && action.target().is_some_and(|r| r.0 == 3) {
                screen.url.push_str("thanks");
                screen.nodes = vec![text("Thanks")];
            }
        },
    );
    let agent = AgentBuilder::new(model.clone(), React::default()).surface(with_help.clone()).build();
    assert_eq!(agent.run("send").await.expect("done"), "sent");
    let names: Vec<String> = with_help.done().iter().map(|action| action.name().to_owned()).collect();
    assert_eq!(names, ["fill", "click", "click"], "the empty mail field was left alone");
    let constraints: Vec<_> = model.requests().into_iter().map(|request| request.constraint.expect("constraint")).collect();
    let first = |place: usize| constraints[place].first.iter().map(|rule| rule.tool.clone()).collect::<Vec<_>>();
    assert_eq!((first(0), first(1)), (vec!["fill".to_owned(), "fill".to_owned()], Vec::new()), "decided on once");
    let clicks =
        |place: usize| json!(constraints[place].calls.iter().find(|rule| rule.tool == "click").expect("click").allowed["ref"]).to_string();
    assert!(clicks(0).contains("Help") && !clicks(1).contains("Help") && clicks(1).contains("Send"), "{}", clicks(1));
    let said = format!("{:?}", model.requests()[1].messages);
    assert!(said.contains("left as it is"), "{said}");
}

/// Closed questions come first, an option that the goal names is the one meant, and files are those of the goal.
#[tokio::test]
async fn what_the_goal_names_is_what_is_offered() {
    let info = ModelInfo { constrained: true, small: true, ..ModelInfo::default() };
    let select = |options: &[&str]| handiwork_core::Node {
        r#ref: Some(handiwork_core::Ref(2)),
        role: "combobox".to_owned(),
        verbs: vec![handiwork_core::Verb::Select],
        options: options.iter().map(|option| (*option).to_owned()).collect(),
        ..handiwork_core::Node::default()
    };
    let file = handiwork_core::Node {
        r#ref: Some(handiwork_core::Ref(3)),
        verbs: vec![handiwork_core::Verb::Upload],
        ..handiwork_core::Node::default()
    };
    for (goal, options, expected) in [
        ("Fly on 3 May, window seat.", &["Aisle", "Window seat"][..], json!(["Window seat"])),
        ("Fly on 3 May.", &["Aisle", "Window seat"], json!(["Aisle", "Window seat"])),
        ("Take 2 of the 3.", &["1", "2", "3"], json!(["1", "2", "3"])),
        ("I'd rather have windows.", &["Aisle", "Window"], json!(["Aisle", "Window"])),
    ] {
        let screen = Screen { nodes: vec![textbox(1, "Name", ""), select(options), file.clone()], ..Screen::default() };
        let model = Arc::new(ScriptedModel::new().with_info(info.clone()).calls([done("x")]));
        let agent = AgentBuilder::new(model.clone(), React::default()).surface(ScriptedSurface::new(screen, |_, _| {})).build();
        agent.run(goal).await.expect("done");
        let constraint = model.requests()[0].constraint.clone().expect("constraint");
        assert_eq!((constraint.first[0].tool.as_str(), constraint.first[1].tool.as_str()), ("select", "fill"));
        assert_eq!(json!(constraint.first[0].allowed["option"]), expected, "{goal}");
        assert!(constraint.calls.iter().all(|rule| rule.tool != "upload"), "no file is named");
    }
    let screen = Screen { nodes: vec![file], ..Screen::default() };
    let model = Arc::new(ScriptedModel::new().with_info(info).calls([done("x")]));
    let agent = AgentBuilder::new(model.clone(), React::default()).surface(ScriptedSurface::new(screen, |_, _| {})).build();
    agent.run("Look at scans/ticket.pdf.").await.expect("done");
    let constraint = model.requests()[0].constraint.clone().expect("constraint");
    assert!(constraint.calls.iter().any(|rule| rule.tool == "upload" && rule.allowed["path"] == [json!("scans/ticket.pdf")]));
}

/// The same run gives the same answer, also when it was read back from its journal.
#[tokio::test]
async fn decided_by_the_run_alone() {
    let model =
        ScriptedModel::new().calls([fill("e1", "Ana"), click("e9")]).says("hm").calls([click("e3"), done("x")]).calls([done("sent")]);
    let (run, _) = run_with(model, form(), None).await;
    let planner: React = serde_json::from_str(&serde_json::to_string(&React::default()).expect("serialise")).expect("read");
    let mut part = Run::new(run.id.clone());
    for entry in run.entries() {
        part.apply(entry.clone()).expect("fits");
        let read: Run = serde_json::from_str(&serde_json::to_string(&part).expect("serialise")).expect("read");
        let next = planner.next(&read);
        assert_eq!(next, React::default().next(&part));
        if let Event::Ended { outcome } = &entry.event {
            assert!(matches!(outcome, Outcome::Done { .. }));
        }
        assert!(!matches!(next, Next::Recall { .. }));
    }
    let _: Reply = run.last_reply().expect("a reply").clone();
}
