//! Which model: `deepseek[:ID]`, `local[:NAME]`, `openai:BASE_URL#ID`, `cassette:FILE`.

use std::path::Path;
use std::sync::Arc;

use handiwork::core::Model;
use handiwork::core::layer::Layered;
use handiwork::core::model::{compat::OpenAiCompat, deepseek::DeepSeek};
use handiwork::core::testing::{Cassette, Recorder};

use super::paths::Paths;
use super::{Code, Failure, print};

/// What `--model` takes.
pub(crate) const HELP: &str = "deepseek[:ID] | local[:NAME or FILE] | openai:BASE_URL#ID | cassette:FILE [default: deepseek when DEEPSEEK_API_KEY is set, else local]";

/// Makes the model that `spec` names.
pub(crate) async fn open(spec: Option<&str>, paths: &Paths) -> Result<Arc<dyn Model>, Failure> {
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
        "cassette" => {
            let file = rest.ok_or_else(|| Failure::new(Code::Usage, "no cassette is named").hint("write cassette:FILE"))?;
            Ok(Arc::new(Cassette::open(file).map_err(|error| Failure::new(Code::Missing, error))?))
        }
        "local" => local(rest.unwrap_or("default"), paths).await,
        _ => Err(Failure::new(Code::Usage, format!("no model is called \"{spec}\"")).hint(HELP)),
    }
}

/// The same model, with what it is asked and says written to `file`.
pub(crate) fn recorded(model: Arc<dyn Model>, file: &Path) -> Result<Arc<dyn Model>, Failure> {
    let recorder = Recorder::create(file).map_err(|error| Failure::new(Code::Missing, error))?;
    Ok(Arc::new(Layered::new(model, Arc::new(recorder))))
}

#[cfg(feature = "local")]
async fn local(name: &str, paths: &Paths) -> Result<Arc<dyn Model>, Failure> {
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
    let config = LocalConfig { path: file, id, ..LocalConfig::default() };
    let model = tokio::task::spawn_blocking(move || LocalModel::load(config)).await.map_err(|error| Failure::new(Code::Model, error))?;
    Ok(Arc::new(model.map_err(|error| Failure::new(Code::Model, error))?))
}

#[cfg(not(feature = "local"))]
async fn local(_: &str, _: &Paths) -> Result<Arc<dyn Model>, Failure> {
    Err(Failure::new(Code::Missing, "this handiwork was built without local models")
        .hint("build it with --features local, or set DEEPSEEK_API_KEY"))
}
