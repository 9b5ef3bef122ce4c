//! Conversations with a loaded model, on its thread.
//!
//! The KV cache is kept between requests. The one decision: what is in it is known by token ids, and the ids of text that was
//! generated are remembered with the text, since a model under a grammar does not always choose the tokens that a tokeniser
//! would. So a request that continues a conversation costs the tokens of what is new, and nothing else. Text of the reply that
//! must come next anyway is read in one step with what was chosen before it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::session::LlamaStateSeqFlags;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

use super::cores::Watch;
use super::draft::{Draft, THOUGHT_ENDS, complete_utf8};
use super::pace::{self, Pace};
use super::sample::{Ahead, Picker, Sampling};
use super::slots::{Known, Slot, Slots};
use super::template::{Piece, Template};
use super::worker::{Generated, Job, context};
use super::{LocalConfig, broken};
use crate::context::Progress;
use crate::model::{FinishReason, ModelError, Usage};

/// Room that is kept for the words that end a thought.
const END_OF_THOUGHT: usize = 8;

/// How many threads work on a context of which size.
#[derive(Debug)]
pub(super) struct Crew {
    /// Most tokens of one conversation.
    pub(super) size: u32,
    /// How many conversations there can be at a time.
    pub(super) conversations: usize,
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
    slots: Slots,
    pace: Pace,
    /// Most tokens of thought before a reply.
    thought: usize,
    crew: Crew,
    evaluated: &'model AtomicU64,
}

impl<'model> Session<'model> {
    pub(super) fn new(
        model: &'model LlamaModel,
        context: LlamaContext<'model>,
        config: &LocalConfig,
        crew: Crew,
        evaluated: &'model AtomicU64,
    ) -> Self {
        let vocab = model.vocab();
        let spelled = |token: LlamaToken| match token.0 {
            0.. => String::from_utf8_lossy(&vocab.token_to_piece(token, true, None)).into_owned(),
            _ => String::new(),
        };
        let (bos, eos) = (spelled(vocab.bos()), spelled(vocab.eos()));
        let own = || model.chat_template(None).ok().and_then(|template| template.to_string().ok());
        let source = config.template.clone().or_else(own);
        let template = Template::new(source.as_deref(), &bos, &eos).thinking(config.thinking.is_some());
        let thought = config.thinking.filter(|_| template.thinks()).unwrap_or(0) as usize;
        let sampling = Sampling::new(model, config.temperature, config.seed);
        let (batch, slots) = (LlamaBatch::new(pace::MOST, 1), Slots::new(crew.conversations));
        Self { model, context, template, sampling, batch, bos, slots, pace: Pace::default(), thought, crew, evaluated }
    }

    /// Whether replies begin with free thought.
    pub(super) fn thinks(&self) -> bool {
        self.template.thinks()
    }

    /// Answers one request. Ends early, with an error that nobody hears, when nobody waits for the answer any more.
    pub(super) fn run(&mut self, job: &Job) -> Result<Generated, ModelError> {
        let mut picker = self.sampling.picker(self.model, job.grammar.as_deref())?;
        let mut slot = self.slots.take(&job.turns);
        let made = self.answer(&mut slot, &mut picker, job);
        if made.is_err() {
            slot.known.clear();
        }
        self.slots.put(slot);
        made
    }

    fn answer(&mut self, slot: &mut Slot, picker: &mut Picker, job: &Job) -> Result<Generated, ModelError> {
        let prompt = self.tokenize(slot, self.template.render(&job.turns));
        let (needed, size) = (prompt.len() + job.most_tokens, self.crew.size as usize);
        if needed > size {
            return Err(ModelError::ContextFull { needed, context: size });
        }
        let mut reply = Draft::default();
        let thinks = self.thinks();
        if !thinks {
            self.foresee(picker, &mut reply, job)?;
        }
        let cached = self.read(slot, &prompt, &mut reply, job)?;
        if thinks {
            self.think(slot, self.thought.min((size - needed).saturating_sub(END_OF_THOUGHT)), &mut reply, job)?;
            self.foresee(picker, &mut reply, job)?;
            self.catch_up(slot, &mut reply, job)?;
        }
        let finish = self.write(slot, picker, &mut reply, job)?;
        let usage = Usage {
            prompt: prompt.len() as u64,
            cached: cached as u64,
            completion: (reply.count + reply.thought_count) as u64,
            reasoning: reply.thought_count as u64,
        };
        // With a thought before it, the reply is not where it will be when it is history.
        if !thinks {
            let read = reply.bytes.get(..reply.read_bytes).unwrap_or_default().to_vec();
            slot.known.push(Known { bytes: read, control: false, tokens: reply.read });
        }
        Ok(Generated { bytes: reply.bytes, thought: reply.thought, usage, finish })
    }

    /// The tokens of a prompt. Pieces that are known keep the tokens that they were read or generated with.
    fn tokenize(&self, slot: &mut Slot, pieces: Vec<Piece>) -> Vec<LlamaToken> {
        let vocab = self.model.vocab();
        let mut old = std::mem::take(&mut slot.known).into_iter();
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
            slot.known.push(Known { bytes, control: piece.control, tokens });
        }
        slot.known.iter().flat_map(|known| known.tokens.iter().copied()).collect()
    }

    /// Brings the cache to hold exactly the prompt and what is pending of the reply; returns how many tokens of the prompt
    /// were there.
    fn read(&mut self, slot: &mut Slot, prompt: &[LlamaToken], reply: &mut Draft, job: &Job) -> Result<usize, ModelError> {
        let wanted: Vec<LlamaToken> = prompt.iter().chain(&reply.pending).copied().collect();
        self.borrow(slot, &wanted)?;
        // The last token is always read again: its logits are what the reply goes on from.
        let mut kept = slot.common(&wanted).min(wanted.len().saturating_sub(1));
        if kept < slot.held.len() && self.context.kv_cache_seq_rm(slot.sequence, Some(kept as u32), None).is_err() {
            // Recurrent models can't forget a part.
            self.drop_all_of(slot)?;
            kept = 0;
        }
        slot.held.truncate(kept);
        let mut fresh = wanted.get(kept..).unwrap_or_default();
        let total = fresh.len() as u32;
        job.cx.report(Progress::Reading { done: 0, total });
        while !fresh.is_empty() {
            let (chunk, rest) = fresh.split_at_checked(self.pace.chunk()).unwrap_or((fresh, &[]));
            let began = Instant::now();
            self.decode(slot, chunk, job)?;
            self.pace.took(chunk.len(), began.elapsed());
            fresh = rest;
            job.cx.report(Progress::Reading { done: total - fresh.len() as u32, total });
        }
        reply.settle();
        Ok(kept.min(prompt.len()))
    }

    /// Takes over the beginning that another conversation has in common with what is wanted, where it is longer than one's own.
    fn borrow(&mut self, slot: &mut Slot, wanted: &[LlamaToken]) -> Result<(), ModelError> {
        let own = slot.common(wanted);
        let Some((from, common)) = self.slots.lender(wanted).filter(|(_, common)| *common > own) else { return Ok(()) };
        // The state of a recurrent model is one for the whole sequence.
        if self.model.is_recurrent() || self.model.is_hybrid() {
            return Ok(());
        }
        self.drop_all_of(slot)?;
        self.context.kv_cache_seq_cp(from, slot.sequence, Some(0), Some(common as u32)).map_err(|error| broken(error.to_string()))?;
        slot.held.extend(wanted.iter().take(common));
        Ok(())
    }

    fn drop_all_of(&mut self, slot: &mut Slot) -> Result<(), ModelError> {
        slot.held.clear();
        self.context.kv_cache_seq_rm(slot.sequence, None, None).map_err(|error| broken(error.to_string()))
    }

    /// Lets the model think freely, for at most so many tokens; what ends the thought is pending afterwards.
    fn think(&mut self, slot: &mut Slot, most: usize, reply: &mut Draft, job: &Job) -> Result<(), ModelError> {
        let vocab = self.model.vocab();
        let mut picker = self.sampling.picker(self.model, None)?;
        let mut ended = false;
        while !ended && reply.thought_count < most {
            let token = picker.pick(&self.context)?;
            if vocab.is_eog(token) {
                break;
            }
            ended = reply.think(&vocab.token_to_piece(token, false, None));
            self.decode(slot, &[token], job)?;
            reply.report_thought(job, ended);
        }
        reply.report_thought(job, true);
        let end = if ended { "\n\n".to_owned() } else { format!("\n{THOUGHT_ENDS}\n\n") };
        reply.pending = vocab.tokenize(end.as_bytes(), false, true);
        reply.thought_count += reply.pending.len();
        Ok(())
    }

    fn write(&mut self, slot: &mut Slot, picker: &mut Picker, reply: &mut Draft, job: &Job) -> Result<FinishReason, ModelError> {
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
                self.catch_up(slot, reply, job)?;
            }
        }
    }

    /// Reads what is pending.
    fn catch_up(&mut self, slot: &mut Slot, reply: &mut Draft, job: &Job) -> Result<(), ModelError> {
        for chunk in reply.pending.chunks(pace::LEAST) {
            self.decode(slot, chunk, job)?;
        }
        reply.settle();
        Ok(())
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
    fn adapt(&mut self, slot: &Slot) {
        let Some(threads) = self.crew.watch.as_mut().and_then(Watch::threads).filter(|threads| *threads != self.crew.threads) else {
            return;
        };
        let mut held = self.slots.held().chain([slot.sequence].into_iter().filter(|_| !slot.held.is_empty()));
        let moved = context(self.model, &self.crew, threads).ok().and_then(|mut next| {
            held.try_for_each(|sequence| {
                let state = self.context.state_seq_get(sequence, LlamaStateSeqFlags::empty()).ok()?;
                next.state_seq_set(&state, sequence).ok().map(drop)
            })?;
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

    fn decode(&mut self, slot: &mut Slot, tokens: &[LlamaToken], job: &Job) -> Result<(), ModelError> {
        if job.answer.is_closed() {
            return Err(broken("nobody waits for this reply any more".to_owned()));
        }
        self.adapt(slot);
        self.batch.clear();
        for (index, token) in tokens.iter().enumerate() {
            let place = (slot.held.len() + index) as i32;
            let last = index + 1 == tokens.len();
            self.batch.add(*token, place, &[slot.sequence], last).map_err(|error| broken(error.to_string()))?;
        }
        self.context.decode(&mut self.batch).map_err(|error| {
            // What the cache holds after a failure is not known.
            self.context.clear_kv_cache();
            self.slots.forget();
            slot.held.clear();
            broken(format!("the engine can't go on: {error}"))
        })?;
        slot.held.extend_from_slice(tokens);
        self.evaluated.fetch_add(tokens.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}
