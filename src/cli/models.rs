//! Which model, and how it is asked: `--model`, `--protocol`, `--context`.
//!
//! The one decision: a name is `KIND[:REST]`, and a server of the table of dialects is a kind by its name there.

use std::path::Path;
use std::sync::Arc;

use handiwork::core::Model;
use handiwork::core::layer::Layered;
use handiwork::core::model::compat::{CapabilityCache, Dialect, OpenAiCompat, Prompted, Tools};
use handiwork::core::model::deepseek::DeepSeek;
use handiwork::core::testing::{Cassette, Recorder};
use serde::{Deserialize, Serialize};

use super::paths::Paths;
#[cfg(feature = "local")]
use super::print;
use super::{Code, Failure};

/// What `--model` takes.
const HELP: &str = "deepseek[:ID] | local[:NAME or FILE] | ollama:[URL#]ID | llama-server[:URL] | vllm:URL[#ID] | sglang:URL[#ID] | \
                    lmstudio:[URL#]ID | openai:BASE_URL#ID | cassette:FILE [default: deepseek when DEEPSEEK_API_KEY is set, else local]";

#[derive(Debug, Clone, Default, clap::Args, Serialize, Deserialize)]
pub(crate) struct ModelArgs {
    #[arg(long, help = HELP)]
    model: Option<String>,
    /// How the model is told of tools: by the server's own protocol, or by prompt with one JSON object per line
    #[arg(long, value_enum, default_value_t = Protocol::Auto)]
    protocol: Protocol,
    /// Tokens of the model's context, where it can be chosen: ollama and local; for other servers, what they were started with
    #[arg(long, alias = "ctx", value_name = "N", value_parser = clap::value_parser!(u32).range(256..))]
    context: Option<u32>,
    #[command(flatten)]
    local: LocalArgs,
}

/// How a model on this machine is run; others take no notice.
#[derive(Debug, Clone, Default, clap::Args, Serialize, Deserialize)]
#[command(next_help_heading = "Local models")]
#[cfg_attr(not(feature = "local"), allow(dead_code, reason = "read by local models only"))]
pub(crate) struct LocalArgs {
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

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
enum Protocol {
    #[default]
    /// Tools where the model has them, else JSON
    Auto,
    /// Native tools only
    Tools,
    /// Always by prompt
    Json,
}

impl ModelArgs {
    /// The same options for another model.
    pub(crate) fn named(&self, model: &str) -> Self {
        Self { model: Some(model.to_owned()), ..self.clone() }
    }

    /// Whether this is the model that they name.
    pub(crate) fn is(&self, model: &str) -> bool {
        self.model.as_deref() == Some(model)
    }

    /// Whether what was recorded is replayed.
    pub(crate) fn is_cassette(&self) -> bool {
        self.model.as_ref().is_some_and(|model| model.starts_with("cassette:"))
    }
}

fn key() -> Option<String> {
    std::env::var("DEEPSEEK_API_KEY").ok().filter(|key| !key.trim().is_empty())
}

/// DeepSeek's default model, with the key and the address that the environment gives.
pub(crate) fn deepseek() -> Result<DeepSeek, Failure> {
    let key = key().ok_or_else(|| {
        Failure::new(Code::Missing, "no key for DeepSeek").hint("set DEEPSEEK_API_KEY, or use a model on this machine: --model local")
    })?;
    let model = DeepSeek::from_key(key);
    Ok(match std::env::var("DEEPSEEK_BASE_URL") {
        Ok(url) => model.base_url(url),
        Err(_) => model,
    })
}

/// Makes the model that the arguments name.
pub(crate) async fn open(args: &ModelArgs, paths: &Paths) -> Result<Arc<dyn Model>, Failure> {
    let spec = args.model.as_deref().unwrap_or(if key().is_some() { "deepseek" } else { "local" });
    let (kind, rest) = spec.split_once(':').map_or((spec, None), |(kind, rest)| (kind, Some(rest)));
    match kind {
        "deepseek" => remote(rest, args),
        "local" if args.protocol == Protocol::Tools => Err(Failure::new(Code::Usage, "a model in this process has no tools of its own")
            .hint("leave --protocol out: it is held to a grammar instead")),
        "local" => local(rest.unwrap_or("default"), args, paths).await,
        "openai" => {
            let rest = rest.filter(|rest| is_url(rest) && rest.contains('#')).ok_or_else(|| {
                Failure::new(Code::Usage, format!("\"{spec}\" names no server and model"))
                    .hint("write openai:BASE_URL#ID, such as openai:http://127.0.0.1:11434/v1#qwen3")
            })?;
            server(None, rest, args, paths).await
        }
        "cassette" => {
            let file = rest.ok_or_else(|| Failure::new(Code::Usage, "no cassette is named").hint("write cassette:FILE"))?;
            Ok(Arc::new(Cassette::open(file).map_err(|error| Failure::new(Code::Missing, error))?))
        }
        _ => match Dialect::KNOWN.into_iter().find(|dialect| dialect.name == kind) {
            Some(dialect) => server(Some(dialect), rest.unwrap_or_default(), args, paths).await,
            None => Err(Failure::new(Code::Usage, format!("no model is called \"{spec}\"")).hint(HELP)),
        },
    }
}

fn remote(id: Option<&str>, args: &ModelArgs) -> Result<Arc<dyn Model>, Failure> {
    if args.context.is_some() {
        return Err(Failure::new(Code::Usage, "the context of DeepSeek's own models is fixed").hint("leave --context out"));
    }
    let model: Arc<dyn Model> = Arc::new(id.into_iter().fold(deepseek()?, DeepSeek::model));
    Ok(if args.protocol == Protocol::Json { Arc::new(Prompted::new(model)) } else { model })
}

fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// A model on a server: `URL#ID`, or one of the two where the other is clear.
async fn server(dialect: Option<Dialect>, rest: &str, args: &ModelArgs, paths: &Paths) -> Result<Arc<dyn Model>, Failure> {
    let (url, id) = match (is_url(rest), dialect) {
        (true, _) => rest.rsplit_once('#').unwrap_or((rest, "")),
        (false, dialect) => (dialect.map_or("", |dialect| dialect.address), rest),
    };
    let tools = match args.protocol {
        Protocol::Auto => Tools::Auto,
        Protocol::Tools => Tools::Native,
        Protocol::Json => Tools::Prompted,
    };
    let key = std::env::var("OPENAI_API_KEY").ok();
    let cache = Arc::new(CapabilityCache::in_file(paths.servers()));
    let mut model = OpenAiCompat::new(url, id, key).tools(tools).cache(cache);
    if let Some(dialect) = dialect {
        model = model.dialect(dialect);
    }
    if let Some(context) = args.context {
        model = model.context(context);
    }
    let model = model.probed().await.map_err(|error| Failure::new(Code::Model, error))?;
    Ok(Arc::new(model))
}

/// The same model, with what it is asked and says written to `file`.
pub(crate) fn recorded(model: Arc<dyn Model>, file: &Path) -> Result<Arc<dyn Model>, Failure> {
    let recorder = Recorder::create(file).map_err(|error| Failure::new(Code::Missing, error))?;
    Ok(Arc::new(Layered::new(model, Arc::new(recorder))))
}

#[cfg(feature = "local")]
async fn local(name: &str, args: &ModelArgs, paths: &Paths) -> Result<Arc<dyn Model>, Failure> {
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
    config.context = args.context.unwrap_or(config.context);
    config.threads = args.local.threads.map(usize::from);
    config.gpu_layers = args.local.gpu_layers;
    config.thinking = args.local.think;
    config.force = args.local.force_load;
    let model = tokio::task::spawn_blocking(move || LocalModel::load(config)).await.map_err(|error| Failure::new(Code::Model, error))?;
    Ok(Arc::new(model.map_err(|error| Failure::new(Code::Model, error))?))
}

#[cfg(not(feature = "local"))]
#[allow(clippy::unused_async, reason = "with local models it waits")]
async fn local(_: &str, _: &ModelArgs, _: &Paths) -> Result<Arc<dyn Model>, Failure> {
    Err(Failure::new(Code::Missing, "this handiwork was built without local models")
        .hint("build it with --features local, or set DEEPSEEK_API_KEY"))
}
