use handiwork_core::action::*;
use handiwork_core::*;
use handiwork_test_support::fixtures::Fixtures;
use handiwork_tools::browser::*;
#[tokio::main]
async fn main() {
    let site = Fixtures::start().await.unwrap();
    let b = Browser::launch(BrowserConfig { download_limit: 100_000, ..Default::default() }).await.unwrap();
    let cx = Context::default();
    let act = async |a: Action| match b.resolve(&cx, &a).await { Ok(r) => format!("{:?}", b.dispatch(&cx, &r).await), Err(e) => format!("{e:?}") };
    for page in std::env::args().skip(1) {
        println!("{}", act(Navigate { url: site.url(&page) }.into()).await);
        let s = b.observe(&cx).await.unwrap();
        println!("{}", s.render());
        let t = std::time::Instant::now();
        match b.read(&cx, None).await { Ok(r) => println!("--- {:?} article={} inc={}\n{}\n{:?}\n{:?}", t.elapsed(), r.article, r.incomplete, r.markdown, r.tables, r.links), Err(e) => println!("{e:?}") }
        if page == "dense" || page == "form" || page == "mixed" { use shot::*;
          let far = s.nodes.iter().find(|n| n.name == "Magenta").and_then(|n| n.r#ref);
          let mut all = vec![("view", Scope::View), ("full", Scope::Full)];
          if let Some(r) = far { all.push(("el", Scope::Element(r))); }
          for (n, scope) in all { for refs in [false, true] { let t = std::time::Instant::now();
            let p = b.shot(&cx, ShotOptions { scope, refs, ..Default::default() }).await.unwrap().unwrap();
            println!("{n} {refs} {:?} {:?} {} {:?}", t.elapsed(), p.shot, p.refs.len(), p.shot.size);
            std::fs::write(format!("/tmp/rd/{page}-{n}-{refs}.png"), &p.shot.bytes).unwrap(); } }
          act(Scroll { direction: Direction::Bottom, r#ref: None }.into()).await;
          let s = b.observe(&cx).await.unwrap();
          for n in s.nodes.iter().filter(|n| n.name == "Count") { println!("{}", act(Click { r#ref: n.r#ref.unwrap() }.into()).await); }
          println!("{}", b.observe(&cx).await.unwrap().render());
        }
        if page == "papers" || page == "files" {
            for n in s.nodes.iter().filter(|n| n.r#ref.is_some()) {
                let r = n.r#ref.unwrap();
                let t = std::time::Instant::now();
                if page == "dense" || page == "form" || page == "mixed" { use shot::*;
          let far = s.nodes.iter().find(|n| n.name == "Magenta").and_then(|n| n.r#ref);
          let mut all = vec![("view", Scope::View), ("full", Scope::Full)];
          if let Some(r) = far { all.push(("el", Scope::Element(r))); }
          for (n, scope) in all { for refs in [false, true] { let t = std::time::Instant::now();
            let p = b.shot(&cx, ShotOptions { scope, refs, ..Default::default() }).await.unwrap().unwrap();
            println!("{n} {refs} {:?} {:?} {} {:?}", t.elapsed(), p.shot, p.refs.len(), p.shot.size);
            std::fs::write(format!("/tmp/rd/{page}-{n}-{refs}.png"), &p.shot.bytes).unwrap(); } }
          act(Scroll { direction: Direction::Bottom, r#ref: None }.into()).await;
          let s = b.observe(&cx).await.unwrap();
          for n in s.nodes.iter().filter(|n| n.name == "Count") { println!("{}", act(Click { r#ref: n.r#ref.unwrap() }.into()).await); }
          println!("{}", b.observe(&cx).await.unwrap().render());
        }
        if page == "papers" { println!("{:?}", b.read(&cx, Some(r)).await); }
                else if n.name != "Slow" { println!("click {} {} {:?}", n.name, act(Click { r#ref: r }.into()).await, t.elapsed()); 
                  println!("download {} {} {:?}", n.name, act(Download { r#ref: r }.into()).await, t.elapsed()); }
                println!("{:?}", b.observe(&cx).await.unwrap().notes);
            }
        }
    }
    println!("{}", act(Print {}.into()).await);
    println!("{}", act(Navigate { url: site.url("file/plain") }.into()).await);
    println!("{}", act(Navigate { url: site.url("file/cookie.pdf") }.into()).await);
    println!("{:?}", b.read(&cx, None).await);
    for f in std::fs::read_dir(b.download_dir()).unwrap() { let f = f.unwrap(); println!("{:?} {:?}", f.file_name(), f.metadata().unwrap().permissions());
      if f.file_name().to_string_lossy().ends_with(".pdf") { println!("{:?}", handiwork_tools::browser::reading::pdf::text(&std::fs::read(f.path()).unwrap())); } }
    b.close().await;
}
