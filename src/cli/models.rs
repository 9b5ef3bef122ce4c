//! Which model: `deepseek[:ID]`, `local[:NAME]`, `openai:BASE_URL#ID`.

use std::path::Path;
use std::sync::Arc;

use handiwork::core::Model;
use handiwork::core::model::{compat::OpenAiCompat, deepseek::DeepSeek};

use super::paths::Paths;
use super::{Code, Failure, print};

/// What `--model` takes.
pub(crate) const HELP: &str =
    "deepseek[:ID] | local[:NAME or FILE] | openai:BASE_URL#ID [default: deepseek when DEEPSEEK_API_KEY is set, else local]";

/// How a model on this machine is run; others take no notice.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Local models")]
#[cfg_attr(not(feature = "local"), allow(dead_code, reason = "read by local models only"))]
pub(crate) struct LocalArgs {
    /// Tokens of the conversation that the model keeps in view [default: 16384]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(256..))]
    ctx: Option<u32>,
    /// Threads to compute with [default: one for each physical core that is free]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    threads: Option<u16>,
    /// Layers to put on a graphics card, where handiwork was built for one
    #[arg(long, value_name = "N", default_value_t = 0)]
    gpu_layers: u32,
    /// Let a model that can (r1) think for at most so many tokens before each reply
    #[arg(long, value_name = "TOKENS")]
    think: Option<u32>,
    /// Load the model although it does not seem to fit the memory
    #[arg(long)]
    force_load: bool,
}

/// Makes the model that `spec` names.
pub(crate) async fn open(spec: Option<&str>, local_args: &LocalArgs, paths: &Paths) -> Result<Arc<dyn Model>, Failure> {
    let key = std::env::var("DEEPSEEK_API_KEY").ok().filter(|key| !key.trim().is_empty());
    let spec = spec.unwrap_or(if key.is_some() { "deepseek" } else { "local" });
    let (kind, rest) = spec.split_once(':').map_or((spec, None), |(kind, rest)| (kind, Some(rest)));
    match kind {
        "deepseek" => {
            let key = key.ok_or_else(|| {
                Failure::new(Code::Missing, "no key for DeepSeek")
                    .hint("set DEEPSEEK_API_KEY, or use a model on this machine: --model local")
            })?;
            let mut model = DeepSeek::from_key(key);
            if let Some(id) = rest {
                model = model.model(id);
            }
            if let Ok(url) = std::env::var("DEEPSEEK_BASE_URL") {
                model = model.base_url(url);
            }
            Ok(Arc::new(model))
        }
        "openai" => {
            let (url, id) = rest.and_then(|rest| rest.rsplit_once('#')).ok_or_else(|| {
                Failure::new(Code::Usage, format!("\"{spec}\" names no server and model"))
                    .hint("write openai:BASE_URL#ID, such as openai:http://127.0.0.1:11434/v1#qwen3")
            })?;
            Ok(Arc::new(OpenAiCompat::new(url, id, std::env::var("OPENAI_API_KEY").ok())))
        }
        "local" => local(rest.unwrap_or("default"), local_args, paths).await,
        _ => Err(Failure::new(Code::Usage, format!("no model is called \"{spec}\"")).hint(HELP)),
    }
}

#[cfg(feature = "local")]
async fn local(name: &str, args: &LocalArgs, paths: &Paths) -> Result<Arc<dyn Model>, Failure> {
    use handiwork::core::model::local::{LocalConfig, LocalModel};

    let as_file = Path::new(name);
    let file = if as_file.is_file() {
        as_file.to_path_buf()
    } else {
        handiwork::catalogue::resolve(&paths.models(), name).map_err(|error| {
            Failure::new(Code::Missing, error).hint(format!("handiwork model pull {name}    (or set DEEPSEEK_API_KEY to use DeepSeek)"))
        })?
    };
    print::note(&format!("loading {}", file.display()));
    let id = file.file_stem().map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned());
    let mut config = LocalConfig::new(file, id);
    config.context = args.ctx.unwrap_or(config.context);
    config.threads = args.threads.map(usize::from);
    config.gpu_layers = args.gpu_layers;
    config.thinking = args.think;
    config.force = args.force_load;
    let model = tokio::task::spawn_blocking(move || LocalModel::load(config)).await.map_err(|error| Failure::new(Code::Model, error))?;
    Ok(Arc::new(model.map_err(|error| Failure::new(Code::Model, error))?))
}

#[cfg(not(feature = "local"))]
async fn local(_: &str, _: &LocalArgs, _: &Paths) -> Result<Arc<dyn Model>, Failure> {
    Err(Failure::new(Code::Missing, "this handiwork was built without local models")
        .hint("build it with --features local, or set DEEPSEEK_API_KEY"))
}
