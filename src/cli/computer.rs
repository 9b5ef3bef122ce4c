//! `handiwork computer`: a computer-use model, served elsewhere, drives a desktop by JSON lines.
//!
//! Each line on stdin is a call in the model's own words; each line on stdout is what came of it: receipts, what to tell the model, and a
//! picture. What can't be taken back is not done without `--yes`: the answer says what must be asked.

use base64::Engine as _;
use handiwork::core::{Context, Policy, Surface as _};
use handiwork::tools::desktop::computer::{Answer, Coordinates, Settings, Vocabulary};
use serde_json::{Value, json};

use super::desktop::DesktopArgs;
use super::paths::Paths;
use super::{Code, Failure, print};

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Words {
    #[default]
    Anthropic,
    Openai,
    UiTars,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Numbers {
    /// Pixels of the picture
    #[default]
    Pixels,
    /// From 0 to 999
    Thousandths,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose words the model speaks
    #[arg(long, value_enum, default_value_t)]
    vocabulary: Words,
    /// What its numbers mean
    #[arg(long, value_enum, default_value_t)]
    coordinates: Numbers,
    /// The largest picture that it is given; its numbers are scaled back
    #[arg(long, value_name = "WIDTHxHEIGHT")]
    largest: Option<String>,
    /// Do what can't be taken back without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    desktop: DesktopArgs,
}

pub(crate) async fn run(args: Args, paths: &Paths) -> Result<(), Failure> {
    if !args.desktop.is_wanted() {
        return Err(Failure::new(Code::Usage, "say on which screen: --desktop").hint("handiwork computer --desktop --launch mousepad"));
    }
    let settings = Settings {
        vocabulary: match args.vocabulary {
            Words::Anthropic => Vocabulary::Anthropic,
            Words::Openai => Vocabulary::OpenAi,
            Words::UiTars => Vocabulary::UiTars,
        },
        coordinates: match args.coordinates {
            Numbers::Pixels => Coordinates::Pixels,
            Numbers::Thousandths => Coordinates::Thousandths,
        },
        largest: args.largest.as_deref().map(super::desktop::size).transpose()?,
        policy: if args.yes { Policy::allow() } else { Policy::ask() },
    };
    let desktop = args.desktop.open(paths).await?;
    let served = serve(&desktop, &settings).await;
    desktop.close().await;
    served
}

async fn serve(desktop: &handiwork::tools::desktop::Desktop, settings: &Settings) -> Result<(), Failure> {
    // A thread of its own: reading stdin can't be given up, and nobody waits for it at the end.
    let (told, mut lines) = tokio::sync::mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            if told.blocking_send(line).is_err() {
                return;
            }
        }
    });
    loop {
        let line = tokio::select! {
            line = lines.recv() => line.transpose().map_err(|error| Failure::new(Code::Usage, format!("stdin: {error}")))?,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        let Some(line) = line else { return Ok(()) };
        if line.trim().is_empty() {
            continue;
        }
        let answer = match serde_json::from_str::<Value>(&line) {
            Ok(call) => desktop.computer(&Context::default(), settings, &call).await?,
            Err(error) => Answer { text: format!("not understood: it is no JSON ({error})"), ..Answer::default() },
        };
        let picture = answer.picture.map(|picture| {
            json!({ "media_type": "image/png", "width": picture.size.0, "height": picture.size.1,
                "data": base64::engine::general_purpose::STANDARD.encode(&picture.png) })
        });
        let told = json!({ "text": answer.text, "receipts": answer.receipts, "question": answer.question, "done": answer.done, "screenshot": picture });
        print::line(&told.to_string());
        if answer.done {
            return Ok(());
        }
    }
}
