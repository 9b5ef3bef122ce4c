//! One conversation at a time with a loaded model, on its thread.
//!
//! The KV cache is kept between requests. The one decision: what is in it is known by token ids, and the ids of text that was
//! generated are remembered with the text, since a model under a grammar does not always choose the tokens that a tokeniser
//! would. So a request that continues a conversation costs the tokens of what is new, and nothing else. Text of the reply that
//! must come next anyway is read in one step with what was chosen before it.

use std::sync::atomic::{AtomicU64, Ordering};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::session::LlamaStateSeqFlags;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use super::cores::Watch;
use super::sample::{Ahead, Picker, Sampling};
use super::template::{Piece, Template};
use super::worker::{Generated, Job, context};
use super::{CHUNK, broken};
use crate::context::Progress;
use crate::model::{FinishReason, ModelError, Usage};

/// A piece of the newest prompt or reply, with its tokens.
#[derive(Debug)]
struct Known {
    bytes: Vec<u8>,
    control: bool,
    tokens: Vec<LlamaToken>,
}

/// How many threads work on a context of which size.
#[derive(Debug)]
pub(super) struct Crew {
    pub(super) size: u32,
    pub(super) threads: usize,
    /// Who looks whether that many are still of use; nobody when the number was given.
    pub(super) watch: Option<Watch>,
}

/// A model with its cache.
pub(super) struct Session<'model> {
    model: &'model LlamaModel,
    context: LlamaContext<'model>,
    template: Template,
    sampling: Sampling,
    batch: LlamaBatch<'static>,
    bos: String,
    /// What is in the KV cache.
    held: Vec<LlamaToken>,
    known: Vec<Known>,
    crew: Crew,
    evaluated: &'model AtomicU64,
}

impl<'model> Session<'model> {
    pub(super) fn new(
        model: &'model LlamaModel,
        context: LlamaContext<'model>,
        sampling: Sampling,
        crew: Crew,
        evaluated: &'model AtomicU64,
    ) -> Self {
        let vocab = model.vocab();
        let spelled = |token: LlamaToken| match token.0 {
            0.. => String::from_utf8_lossy(&vocab.token_to_piece(token, true, None)).into_owned(),
            _ => String::new(),
        };
        let (bos, eos) = (spelled(vocab.bos()), spelled(vocab.eos()));
        let source = model.chat_template(None).ok().and_then(|template| template.to_string().ok());
        let template = Template::new(source.as_deref(), &bos, &eos);
        let batch = LlamaBatch::new(CHUNK, 1);
        Self { model, context, template, sampling, batch, bos, held: Vec::new(), known: Vec::new(), crew, evaluated }
    }

    /// Answers one request. Ends early, with an error that nobody hears, when nobody waits for the answer any more.
    pub(super) fn run(&mut self, job: &Job) -> Result<Generated, ModelError> {
        let mut picker = self.sampling.picker(self.model, job.grammar.as_deref())?;
        let prompt = self.tokenize(self.template.render(&job.turns));
        let mut reply = Draft::default();
        self.foresee(&mut picker, &mut reply, job)?;
        let (needed, size) = (prompt.len() + job.most_tokens, self.context.n_ctx() as usize);
        if needed > size {
            return Err(ModelError::ContextFull { needed, context: size });
        }
        let cached = self.read(&prompt, &mut reply, job).inspect_err(|_| self.known.clear())?;
        let finish = self.write(&mut picker, &mut reply, job).inspect_err(|_| self.known.clear())?;
        let usage = Usage { prompt: prompt.len() as u64, cached: cached as u64, completion: reply.count as u64, reasoning: 0 };
        let read = reply.bytes.get(..reply.read_bytes).unwrap_or_default().to_vec();
        self.known.push(Known { bytes: read, control: false, tokens: reply.read });
        Ok(Generated { bytes: reply.bytes, usage, finish })
    }

    /// The tokens of a prompt. Pieces that are known keep the tokens that they were read or generated with.
    fn tokenize(&mut self, pieces: Vec<Piece>) -> Vec<LlamaToken> {
        let vocab = self.model.vocab();
        let mut old = std::mem::take(&mut self.known).into_iter();
        let mut same = true;
        for (index, piece) in pieces.into_iter().enumerate() {
            let bytes = piece.text.into_bytes();
            let known = old.next().filter(|known| same && known.control == piece.control && bytes.starts_with(&known.bytes));
            same = known.as_ref().is_some_and(|known| known.bytes.len() == bytes.len());
            let (mut tokens, done) = known.map_or((Vec::new(), 0), |known| (known.tokens, known.bytes.len()));
            let rest = bytes.get(done..).unwrap_or_default();
            if !rest.is_empty() {
                let special = index == 0 && vocab.should_add_bos() && !bytes.starts_with(self.bos.as_bytes());
                tokens.extend(vocab.tokenize(rest, special, piece.control));
            }
            self.known.push(Known { bytes, control: piece.control, tokens });
        }
        self.known.iter().flat_map(|known| known.tokens.iter().copied()).collect()
    }

    /// Brings the cache to hold exactly the prompt and what is pending of the reply; returns how many tokens of the prompt
    /// were there.
    fn read(&mut self, prompt: &[LlamaToken], reply: &mut Draft, job: &Job) -> Result<usize, ModelError> {
        let wanted: Vec<LlamaToken> = prompt.iter().chain(&reply.pending).copied().collect();
        let common = self.held.iter().zip(&wanted).take_while(|(held, wanted)| held == wanted).count();
        // The last token is always read again: its logits are what the reply goes on from.
        let mut kept = common.min(wanted.len().saturating_sub(1));
        if kept < self.held.len() && self.context.kv_cache_seq_rm(0, Some(kept as u32), None).is_err() {
            // Recurrent models can't forget a part.
            self.context.clear_kv_cache();
            kept = 0;
        }
        self.held.truncate(kept);
        let fresh = wanted.get(kept..).unwrap_or_default();
        let total = fresh.len() as u32;
        let mut done = 0;
        job.cx.report(Progress::Reading { done, total });
        for chunk in fresh.chunks(CHUNK) {
            self.decode(chunk, job)?;
            done += chunk.len() as u32;
            job.cx.report(Progress::Reading { done, total });
        }
        reply.settle();
        Ok(kept.min(prompt.len()))
    }

    fn write(&mut self, picker: &mut Picker, reply: &mut Draft, job: &Job) -> Result<FinishReason, ModelError> {
        let vocab = self.model.vocab();
        loop {
            reply.report(job);
            if reply.count >= job.most_tokens {
                return Ok(FinishReason::Length);
            }
            let token = picker.pick(&self.context)?;
            if vocab.is_eog(token) {
                return Ok(FinishReason::Stop);
            }
            picker.accept(token)?;
            reply.push(token, vocab.token_to_piece(token, false, None));
            if self.foresee(picker, reply, job)? {
                reply.report(job);
                return Ok(FinishReason::Stop);
            }
            if reply.count < job.most_tokens {
                for chunk in reply.pending.chunks(CHUNK) {
                    self.decode(chunk, job)?;
                }
                reply.settle();
            }
        }
    }

    /// Appends what must come next; `true` when that is the end.
    fn foresee(&self, picker: &mut Picker, reply: &mut Draft, job: &Job) -> Result<bool, ModelError> {
        let text = match picker.ahead() {
            Ahead::End => return Ok(true),
            Ahead::Text(text) => text,
        };
        // Half a character would be read as another one.
        let text = complete_utf8(&text);
        if text.is_empty() {
            return Ok(false);
        }
        let vocab = self.model.vocab();
        let mut tokens = vocab.tokenize(text.as_bytes(), false, false);
        // In the middle of a word the tokeniser's cut is not where the model's would be; it shall choose that token itself.
        let open = text.ends_with(|c: char| c.is_alphanumeric() || c == ' ' || !c.is_ascii());
        if open {
            tokens.pop();
        }
        for token in tokens {
            if reply.count >= job.most_tokens {
                return Ok(false);
            }
            picker.accept(token)?;
            reply.push(token, vocab.token_to_piece(token, false, None));
        }
        Ok(!open && picker.ahead() == Ahead::End)
    }

    /// Moves to a context with more or fewer threads when others use the processor less or more than before. The logits are
    /// lost with the old context, so this must come before something is evaluated.
    fn adapt(&mut self) {
        let Some(threads) = self.crew.watch.as_mut().and_then(Watch::threads).filter(|threads| *threads != self.crew.threads) else {
            return;
        };
        let moved = self.context.state_seq_get(0, LlamaStateSeqFlags::empty()).ok().and_then(|state| {
            let mut next = context(self.model, self.crew.size, threads).ok()?;
            next.state_seq_set(&state, 0).ok()?;
            Some(next)
        });
        match moved {
            Some(next) => {
                tracing::debug!(was = self.crew.threads, now = threads, "another number of threads");
                self.context = next;
                self.crew.threads = threads;
            }
            // Without the memory for a second context it stays as it is.
            None => self.crew.watch = None,
        }
    }

    fn decode(&mut self, tokens: &[LlamaToken], job: &Job) -> Result<(), ModelError> {
        if job.answer.is_closed() {
            return Err(broken("nobody waits for this reply any more".to_owned()));
        }
        self.adapt();
        self.batch.clear();
        for (index, token) in tokens.iter().enumerate() {
            let place = (self.held.len() + index) as i32;
            let last = index + 1 == tokens.len();
            self.batch.add(*token, place, &[0], last).map_err(|error| broken(error.to_string()))?;
        }
        self.context.decode(&mut self.batch).map_err(|error| {
            // What the cache holds after a failure is not known.
            self.context.clear_kv_cache();
            self.held.clear();
            broken(format!("the engine can't go on: {error}"))
        })?;
        self.held.extend_from_slice(tokens);
        self.evaluated.fetch_add(tokens.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// A reply in the making.
#[derive(Debug, Default)]
struct Draft {
    /// All of it.
    bytes: Vec<u8>,
    /// Number of its tokens.
    count: usize,
    /// How much of it has been reported.
    reported: usize,
    /// Its newest tokens, which the engine has not read yet.
    pending: Vec<LlamaToken>,
    /// Its tokens that the engine has read, and their text.
    read: Vec<LlamaToken>,
    /// How many bytes these are.
    read_bytes: usize,
}

impl Draft {
    fn push(&mut self, token: LlamaToken, piece: Vec<u8>) {
        self.count += 1;
        self.pending.push(token);
        self.bytes.extend(piece);
    }

    /// All that was pending has been read.
    fn settle(&mut self) {
        self.read.append(&mut self.pending);
        self.read_bytes = self.bytes.len();
    }

    /// Tells whoever watches of the text that is new, in whole characters.
    fn report(&mut self, job: &Job) {
        let text = self.bytes.get(self.reported..).map(complete_utf8).unwrap_or_default();
        if !text.is_empty() {
            job.cx.report(Progress::Text(text.to_owned()));
            self.reported += text.len();
        }
    }
}

/// The longest beginning that is whole characters.
fn complete_utf8(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => bytes.get(..error.valid_up_to()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default(),
    }
}
