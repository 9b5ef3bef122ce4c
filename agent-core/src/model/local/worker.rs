//! The thread that owns a loaded model.
//!
//! The engine's context belongs to one thread; requests come over a channel and are answered in turn. The one decision: a
//! cancel needs no signal of its own, since the thread looks between small steps whether anybody still waits for the answer.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};
use tokio::sync::oneshot;

use super::cores::{self, Watch};
use super::memory::{self, MemoryEstimate};
use super::session::{Crew, Session};
use super::{LocalConfig, broken, gguf, pace, unusable};
use crate::context::Context;
use crate::model::protocol::Turn;
use crate::model::{FinishReason, ModelError, Usage};

/// Most conversations at a time; the engine can't tell more apart.
const MOST_CONVERSATIONS: usize = 64;

/// A request, ready for the engine.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) turns: Vec<Turn>,
    pub(super) grammar: Option<String>,
    pub(super) most_tokens: usize,
    pub(super) cx: Context,
    pub(super) answer: oneshot::Sender<Result<Generated, ModelError>>,
}

/// A reply as the engine made it.
#[derive(Debug, Default)]
pub(super) struct Generated {
    pub(super) bytes: Vec<u8>,
    pub(super) thought: Vec<u8>,
    pub(super) usage: Usage,
    pub(super) finish: FinishReason,
}

/// What is known of a model once it is loaded.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) context: u32,
    pub(super) parameters: u64,
    /// Whether replies begin with free thought.
    pub(super) thinks: bool,
}

/// A running thread.
#[derive(Debug)]
pub(super) struct Worker {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Worker {
    /// Loads the model on a thread of its own and waits until it is ready.
    pub(super) fn start(config: LocalConfig, evaluated: Arc<AtomicU64>) -> Result<(Self, Facts), ModelError> {
        let (jobs, inbox) = channel();
        let (ready, loaded) = channel();
        let thread = std::thread::Builder::new()
            .name("local-model".to_owned())
            .spawn(move || serve(&config, &evaluated, &inbox, &ready))
            .map_err(|error| broken(format!("no thread for the model: {error}")))?;
        let worker = Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)) };
        let facts = loaded.recv().map_err(|_| broken("the model's thread ended while loading".to_owned()))??;
        Ok((worker, facts))
    }

    /// Hands over a request; `false` when the thread is gone.
    pub(super) fn send(&self, job: Job) -> bool {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok())
    }
}

impl Drop for Worker {
    /// Waits for the thread, which ends after its current step: nobody can be waiting for an answer here. The engine must not
    /// be in the middle of a computation when the process ends.
    fn drop(&mut self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

fn serve(config: &LocalConfig, evaluated: &AtomicU64, inbox: &Receiver<Job>, ready: &Sender<Result<Facts, ModelError>>) {
    let model = match load(config) {
        Ok(model) => model,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    let (mut session, facts) = match open(config, &model, evaluated) {
        Ok(opened) => opened,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    if ready.send(Ok(facts)).is_err() {
        return;
    }
    for job in inbox {
        if job.answer.is_closed() {
            continue;
        }
        let answer = session.run(&job);
        let _ = job.answer.send(answer);
    }
}

/// The engine is set up once for the process.
fn backend() -> Result<&'static LlamaBackend, ModelError> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    let backend = BACKEND.get_or_init(|| {
        send_logs_to_tracing(LogOptions::default());
        LlamaBackend::init().map_err(|error| error.to_string())
    });
    backend.as_ref().map_err(|error| broken(format!("the inference engine can't be set up: {error}")))
}

fn load(config: &LocalConfig) -> Result<LlamaModel, ModelError> {
    let outline = gguf::check(&config.path).map_err(|why| unusable(config, &why))?;
    let estimate = MemoryEstimate::of(&outline, config);
    tracing::debug!(%estimate, "loading a model");
    // Where layers go to a graphics card, nobody here knows what is free there.
    if let Some(free) = memory::free().filter(|_| config.gpu_layers == 0) {
        estimate.fits(config, free)?;
    }
    let parameters = LlamaModelParams::default().with_n_gpu_layers(config.gpu_layers).with_use_mmap(true);
    LlamaModel::load_from_file(backend()?, &config.path, &parameters)
        .map_err(|error| unusable(config, &format!("can't be loaded ({error}); it may be of a kind that this version does not know")))
}

fn open<'model>(
    config: &LocalConfig,
    model: &'model LlamaModel,
    evaluated: &'model AtomicU64,
) -> Result<(Session<'model>, Facts), ModelError> {
    let size = config.context.min(model.n_ctx_train()).max(pace::LEAST as u32);
    let threads = config.threads.unwrap_or_else(cores::physical).max(1);
    // Who names a number of threads gets it.
    let watch = config.threads.is_none().then(|| Watch::new(threads));
    let conversations = config.conversations.clamp(1, MOST_CONVERSATIONS);
    let mut crew = Crew { size, conversations, threads, watch };
    let context = context(model, &crew, threads)?;
    if conversations == 1 {
        // The engine rounds it up.
        crew.size = context.n_ctx();
    }
    let (size, parameters) = (crew.size, model.n_params());
    let session = Session::new(model, context, config, crew, evaluated);
    let facts = Facts { context: size, parameters, thinks: session.thinks() };
    Ok((session, facts))
}

/// A context for these conversations that works with so many threads.
pub(super) fn context<'model>(model: &'model LlamaModel, crew: &Crew, threads: usize) -> Result<LlamaContext<'model>, ModelError> {
    let count = i32::try_from(threads).unwrap_or(1);
    let total = crew.size.saturating_mul(crew.conversations as u32);
    let parameters = LlamaContextParams::default()
        .with_n_ctx(std::num::NonZeroU32::new(total))
        .with_n_seq_max(crew.conversations as u32)
        // One store for all, so that what they have in common is kept once.
        .with_kv_unified(crew.conversations > 1)
        .with_n_batch(pace::MOST as u32)
        .with_n_ubatch(pace::MOST as u32)
        .with_n_threads(count)
        .with_n_threads_batch(count)
        .with_no_perf(true);
    model.new_context(backend()?, parameters).map_err(|error| ModelError::Local {
        problem: format!("no memory for a context of {total} tokens ({error})"),
        hint: "close other programs, or use a smaller context or model".to_owned(),
    })
}
