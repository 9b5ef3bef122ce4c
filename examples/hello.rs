//! The smallest agent with a browser: it reads a page and answers in a type of its own.
//!
//! Why it exists: to show that a typed result needs no parsing and no provider's help, and that the model may run in the same
//! process. `cargo run --example hello -- URL` uses the local default model (`handiwork model pull default` fetches it), or
//! DeepSeek when `DEEPSEEK_API_KEY` is set.

use handiwork::prelude::*;

#[derive(Deserialize, JsonSchema)]
struct Page {
    /// what the page is about, in a sentence
    about: String,
    /// the texts of its most important links or buttons
    actions: Vec<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "https://www.rust-lang.org/".to_owned());
    let builder = if let Ok(key) = std::env::var("DEEPSEEK_API_KEY") {
        Agent::builder(DeepSeek::from_key(key))
    } else {
        let home = std::env::var("HOME")?;
        let file = handiwork::catalogue::resolve(format!("{home}/.local/share/handiwork/models").as_ref(), "default")?;
        Agent::builder(LocalModel::load(LocalConfig::new(file, "default"))?)
    };
    let agent = builder.surface(Browser::launch(BrowserConfig::default()).await?).policy(Policy::read_only()).build();
    let page = agent.run("What is this page about, and what can be done on it?").url(url).output::<Page>().await?;
    #[allow(clippy::print_stdout, reason = "a program that prints")]
    {
        println!("{}\n  {}", page.about, page.actions.join("\n  "));
    }
    Ok(())
}
