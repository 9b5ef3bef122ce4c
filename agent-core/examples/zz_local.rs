//! scratch
use handiwork_core::model::local::*;
use handiwork_core::*;
use std::time::Instant;
fn main() {
    let name = std::env::args().nth(1).unwrap();
    let home = std::env::var("HOME").unwrap();
    let path = format!("{home}/.local/share/handiwork/models/{name}.gguf");
    let t = Instant::now();
    let m = LocalModel::load(LocalConfig::new(path, "x")).unwrap();
    println!("load {:?} {:?}", t.elapsed(), m.info());
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tools = Action::specs(&["click", "fill", "select", "check", "press", "scroll"]);
    let mut tools = tools; tools.push(ToolSpec{name:"done".into(),description:"The task is done.".into(),parameters:serde_json::json!({"type":"object","properties":{"summary":{"type":"string","description":"What was done."}},"required":["summary"]})});
    let mut screen = Screen { title: "New claim".into(), url: "http://127.0.0.1/claims/new".into(), ..Default::default() };
    let mut add = |n: u32, role: &str, name: &str, verbs: Vec<Verb>, value: Option<&str>, options: Vec<&str>| screen.nodes.push(Node { r#ref: Some(Ref(n)), role: role.into(), name: name.into(), value: value.map(Into::into), verbs, options: options.into_iter().map(Into::into).collect(), ..Default::default() });
    for i in 1..=15 { add(i, "link", &format!("Menu entry {i}"), vec![Verb::Click], None, vec![]); }
    add(16, "textbox", "Person", vec![Verb::Fill], Some(""), vec![]);
    add(17, "spinbutton", "Amount (EUR)", vec![Verb::Fill], Some(""), vec![]);
    add(18, "textbox", "Date", vec![Verb::Fill], Some(""), vec![]);
    add(19, "combobox", "Category", vec![Verb::Select], Some("Other"), vec!["Other", "Travel", "Meals", "Office"]);
    add(20, "checkbox", "Receipt attached", vec![Verb::Check], None, vec![]);
    add(21, "button", "Submit claim", vec![Verb::Click], None, vec![]);
    for i in 22..=40 { add(i, "link", &format!("Footer {i}"), vec![Verb::Click], None, vec![]); }
    let refs = |v: Verb| screen.accepting(v).iter().map(|r| serde_json::json!(r.to_string())).collect::<Vec<_>>();
    let rule = |t: &str, v: Verb| model::CallRule { tool: t.into(), allowed: [("ref".to_owned(), refs(v))].into() };
    let c = Constraint { first: vec![], calls: vec![rule("click", Verb::Click), rule("fill", Verb::Fill),
        model::CallRule{tool:"select".into(), allowed:[("ref".to_owned(),refs(Verb::Select)),("option".to_owned(),["Other","Travel","Meals","Office"].iter().map(|x|serde_json::json!(x)).collect())].into()},
        rule("check", Verb::Check), model::CallRule{tool:"done".into(),allowed:Default::default()}], alone: vec!["done".into()], most_calls: 6, thought: 200 };
    let mut req = Request { system: "You operate a web page for a person. Do the task with as few calls as needed. Fill every field that the task names before you submit.".into(), tools, messages: vec![Message::user(format!("Task: File a claim for Ana Silva: 42.50 EUR for a train ticket on 3 March 2026, category Travel, receipt attached.\n\nScreen:\n{}", screen.render()))], constraint: Some(c), max_tokens: None };
    if name.contains("135") { req.max_tokens = Some(128); }
    for turn in 0..3 {
        let t = Instant::now();
        let cx = Context::default();
        let (tx, mut rx) = futures::channel::mpsc::unbounded();
        let cx = cx.with_progress(tx);
        let before = m.evaluated_tokens();
        let h = std::thread::spawn(move || { let mut read=None; let rt = tokio::runtime::Builder::new_current_thread().build().unwrap(); while let Some(p)=rt.block_on(futures::StreamExt::next(&mut rx)) { if let Progress::Text(_) = p { read.get_or_insert_with(Instant::now); } } read });
        let r = rt.block_on(m.complete(&cx, &req)).unwrap();
        drop(cx);
        let end = Instant::now();
        let first = h.join().unwrap().unwrap_or(end);
        let read = first - t; let write = end - first;
        println!("{}", model::protocol::render_reply(r.reasoning.as_deref(), &r.content, &r.calls));
        println!("turn {turn}: {:?} {:?} total {:?} read {:.1}/s write {:.1}/s evaluated {}", r.usage, r.finish, t.elapsed(), (r.usage.prompt - r.usage.cached) as f64 / read.as_secs_f64(), r.usage.completion as f64 / write.as_secs_f64(), m.evaluated_tokens() - before);
        req.messages.push(r.to_message());
        for c in &r.calls { req.messages.push(Message::Tool { call_id: c.id.clone(), content: "done".into() }); }
        req.messages.push(Message::user("What changed:\n~ e16 textbox \"Person\" value=\"Ana Silva\""));
    }
}
