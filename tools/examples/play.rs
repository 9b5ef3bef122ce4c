#![allow(warnings)]
use handiwork_core::{Action, Context, Receipt, Refusal, Screen, Surface};
use handiwork_tools::browser::{Browser, BrowserConfig};
use serde_json::Value;
fn fix(v: &mut Value, s: &Screen) {
    match v {
        Value::String(t) if t.starts_with('@') => {
            let want = t[1..].to_owned();
            let n = s.nodes.iter().filter(|n| n.r#ref.is_some()).find(|n| {
                n.name == want || n.role == want || (want.starts_with('~') && (n.name.contains(&want[1..]) || n.hint.contains(&want[1..])))
            });
            match n {
                Some(n) => *t = n.r#ref.unwrap().to_string(),
                None => println!("   !! no {want}\n{}", s.render()),
            }
        }
        Value::Array(a) => a.iter_mut().for_each(|v| fix(v, s)),
        Value::Object(o) => o.values_mut().for_each(|v| fix(v, s)),
        _ => {}
    }
}
#[tokio::main]
async fn main() {
    let browser = Browser::launch(BrowserConfig::default()).await.unwrap();
    let cx = Context::default();
    let text = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let (name, args) = line.split_once(' ').unwrap_or((line, "{}"));
        let screen = browser.observe(&cx).await.unwrap();
        if name == "screen" {
            println!("{}", screen.render());
            continue;
        }
        let mut args: Value = if name == "open" { serde_json::json!({"url": args}) } else { serde_json::from_str(args).unwrap() };
        let name = if name == "open" { "navigate" } else { name };
        fix(&mut args, &screen);
        let t = std::time::Instant::now();
        let action = Action::from_call(name, &args).expect("action").expect("args");
        let r = match browser.resolve(&cx, &action).await {
            Ok(r) => {
                let e = r.effect;
                match browser.dispatch(&cx, &r).await {
                    Ok(x) => format!("[{e:?}] {x} "),
                    Err(e) => format!("ERR {e}"),
                }
            }
            Err(e) => format!("refused: {e}"),
        };
        println!("{line}\n   => {r}  ({} ms)", t.elapsed().as_millis());
    }
    browser.close().await;
}
