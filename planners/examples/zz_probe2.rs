//! temporary probe
use handiwork_core::agent::AgentBuilder;
use handiwork_core::model::local::{LocalConfig, LocalModel};
use handiwork_core::testing::*;
use handiwork_core::*;
use handiwork_planners::React;
use futures::StreamExt;
use std::sync::Arc;

fn n(r: u32, role: &str, name: &str, verbs: &[Verb]) -> Node { Node { r#ref: Some(Ref(r)), role: role.into(), name: name.into(), verbs: verbs.to_vec(), ..Node::default() } }
fn heading(t: &str) -> Node { Node { role: "heading".into(), name: t.into(), ..Node::default() } }
fn req(mut node: Node, hint: &str) -> Node { node.states.push(State::Required); node.hint = hint.into(); node }
fn sign_in() -> Screen {
    let mut pw = textbox(4, "Password", ""); pw.hint = "password".into();
    Screen { title: "Sign in · Ledgerline".into(), url: "http://127.0.0.1:8080/sign-in".into(), nodes: vec![n(1,"link","Ledgerline",&[Verb::Click]), heading("Sign in"), text("Use your company account."), textbox(3, "User name", ""), pw, button(5, "Sign in")], ..Screen::default() }
}
fn list() -> Screen {
    Screen { title: "Claims · Ledgerline".into(), url: "http://127.0.0.1:8080/claims".into(), nodes: vec![n(10,"link","Ledgerline",&[Verb::Click]), n(11,"link","Claims",&[Verb::Click]), n(12,"link","New claim",&[Verb::Click]), text("Signed in as dana"), button(13,"Sign out"), heading("Your claims"), text("No claims yet."), n(14,"link","New claim",&[Verb::Click])], ..Screen::default() }
}
fn form() -> Screen {
    let mut cat = n(24,"combobox","Category",&[Verb::Select]); cat.value=Some("Choose…".into()); cat.options=["Choose…","Travel","Meals","Lodging","Office supplies","Training","Software","Other"].iter().map(|s|s.to_string()).collect();
    let mut card = n(25,"checkbox","Paid with company card",&[Verb::Check, Verb::Click]); card.states.push(State::Unchecked);
    Screen { title: "New claim · Ledgerline".into(), url: "http://127.0.0.1:8080/claims/new".into(), nodes: vec![n(10,"link","Ledgerline",&[Verb::Click]), n(11,"link","Claims",&[Verb::Click]), n(12,"link","New claim",&[Verb::Click]), text("Signed in as dana"), button(13,"Sign out"), heading("New claim"), req(textbox(20,"Title",""),""), req(textbox(21,"Employee",""),""), req(textbox(22,"Amount (EUR)",""),"number"), req(textbox(23,"Date",""),"date, YYYY-MM-DD"), cat, card, n(26,"button","Receipt",&[Verb::Upload]), button(27,"Continue"), n(28,"link","Cancel",&[Verb::Click])], ..Screen::default() }
}
fn surface() -> ScriptedSurface {
    ScriptedSurface::new(sign_in(), |screen, action| {
        let val = |s: &Screen, r: u32| s.get(Ref(r)).and_then(|n| n.value.clone()).unwrap_or_default();
        match action {
            Action::Select(s) => { for node in &mut screen.nodes { if node.r#ref == Some(s.r#ref) { node.value = Some(s.option.clone()); } } }
            Action::Check(c) => { for node in &mut screen.nodes { if node.r#ref == Some(c.r#ref) { node.states = vec![if c.checked {State::Checked} else {State::Unchecked}]; } } }
            Action::Click(c) => match c.r#ref.0 {
                5 => { if val(screen,3)=="dana" && val(screen,4)=="pw-4711" { *screen = list() } else { screen.nodes.push(text("Wrong user name or password.")) } }
                12 | 14 => *screen = form(),
                11 | 10 => *screen = list(),
                13 => *screen = sign_in(),
                28 => *screen = list(),
                25 => for node in &mut screen.nodes { if node.r#ref == Some(Ref(25)) { node.states = vec![if node.states==[State::Checked] {State::Unchecked} else {State::Checked}]; } },
                27 => {
                    let missing: Vec<u32> = [20,21,22,23].into_iter().filter(|r| val(screen,*r).is_empty()).collect();
                    if !missing.is_empty() || val(screen,24)=="Choose…" { screen.nodes.push(text("Please fill in all required fields.")); return; }
                    let rows: Vec<String> = [(20,"Title"),(21,"Employee"),(22,"Amount"),(23,"Date"),(24,"Category")].iter().map(|(r,l)| format!("{l}: {}", val(screen,*r))).collect();
                    let card = screen.get(Ref(25)).unwrap().states.contains(&State::Checked);
                    let mut nodes: Vec<Node> = form().nodes.into_iter().take(5).collect();
                    nodes.push(heading("Check your claim")); nodes.extend(rows.iter().map(|r| text(r))); nodes.push(text(&format!("Paid with company card: {}", if card {"yes"} else {"no"})));
                    nodes.push(button(30,"Confirm and file claim")); nodes.push(n(31,"link","Edit",&[Verb::Click]));
                    *screen = Screen { title: "Check your claim · Ledgerline".into(), url: "http://127.0.0.1:8080/claims/review".into(), nodes, ..Screen::default() };
                }
                31 => *screen = form(),
                30 => { let mut nodes: Vec<Node> = form().nodes.into_iter().take(5).collect(); let old = screen.nodes.clone(); nodes.push(heading("Claim C-1001 was filed")); nodes.extend(old.into_iter().filter(|n| n.role=="text").skip(1)); nodes.push(n(40,"link","Back to claims",&[Verb::Click])); *screen = Screen { title: "Claim C-1001 · Ledgerline".into(), url: "http://127.0.0.1:8080/claims/C-1001".into(), nodes, ..Screen::default() }; }
                _ => {}
            }
            _ => {}
        }
    })
}
#[tokio::main]
async fn main() {
    let file = std::env::args().nth(1).unwrap();
    let model = Arc::new(LocalModel::load(LocalConfig { threads: std::env::var("T").ok().and_then(|t| t.parse().ok()), ..LocalConfig::new(file, "m") }).unwrap());
    let c = |n: &str, a: serde_json::Value| call(n, a);
    use serde_json::json;
    let goal = "Sign in as dana with the password secret. File an expense claim for Ana Lopez: train to Hamburg, 86.40 euros, on 3 November 2026, travel, paid with the company card.";
    let script = || ScriptedModel::new().with_info(ModelInfo{ small: true, constrained: true, ..Default::default()})
      .calls([c("fill", json!({"ref":"e3 User name","text":"dana"})), c("fill", json!({"ref":"e4 Password","text":"{{secret:password}}"})), c("click", json!({"ref":"e5 Sign in"}))])
      .calls([c("click", json!({"ref":"e12 New claim"}))])
      .calls([c("fill", json!({"ref":"e20 Title","text":"Train to Hamburg"})), c("fill", json!({"ref":"e21 Employee","text":"Ana Lopez"})), c("fill", json!({"ref":"e22 Amount (EUR)","text":"86.40"})), c("fill", json!({"ref":"e23 Date","text":"2026-11-03"})), c("select", json!({"ref":"e24 Category","option":"Travel"})), c("check", json!({"ref":"e25 Paid with company card","checked":true})), c("click", json!({"ref":"e27 Continue"}))])
      .calls([c("click", json!({"ref":"e30 Confirm and file claim"}))])
      .calls([c("done", json!({"ok":true,"answer":"x"}))]);
    let mut secrets = Secrets::default(); secrets.insert("password","pw-4711","http://127.0.0.1:8080").unwrap();
    let scripted = Arc::new(script());
    let agent = AgentBuilder::new(scripted.clone(), React::default()).surface(surface()).secrets(secrets).policy(Policy::allow()).build();
    agent.run(goal).finish().await.unwrap();
    let reqs = scripted.requests();
    for (at, want) in [(1,"New claim"),(3,"Confirm"),(4,"done")] {
            let r = reqs[at].clone();
            let t = std::time::Instant::now();
            let reply = model.complete(&Context::default(), &r).await.unwrap();
            println!("want {want}: [{} ms] {:?} => {}", t.elapsed().as_millis(), reply.reasoning.unwrap_or_default(), reply.calls.iter().map(|c| format!("{} {}", c.name, c.args)).collect::<Vec<_>>().join(" ; "));
    }
}
