//! Choosing the next token under a grammar.
//!
//! The one decision: the model's own choice is tried first and the grammar asked about that one token only; the whole
//! vocabulary goes through the grammar only when neither it nor the next best tokens fit. That costs next to nothing as long
//! as the model says what the grammar allows, which it mostly does. And where the grammar leaves only one way to go on, the
//! model is not asked at all.

use std::sync::Arc;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;
use llama_cpp_2::token::logit_bias::LlamaLogitBias;

use super::broken;
use crate::model::ModelError;

/// How many of the best tokens are tried before the whole vocabulary is.
const SHORTLIST: i32 = 48;

/// Longest text that is known to come next, in bytes.
const LONGEST_AHEAD: usize = 600;

/// What stays the same for all replies of a model: tokens that may never be chosen, and how to choose.
#[derive(Debug)]
pub(super) struct Sampling {
    banned: Vec<LlamaLogitBias>,
    vocabulary: i32,
    temperature: f32,
    seed: u32,
    probes: Arc<Vec<(LlamaToken, Option<u8>)>>,
}

impl Sampling {
    pub(super) fn new(model: &LlamaModel, temperature: f32, seed: u32) -> Self {
        let vocab = model.vocab();
        // A control token's text would pass for text inside a string of the grammar.
        let banned = vocab
            .tokens()
            .filter(|token| vocab.is_control(*token) && !vocab.is_eog(*token))
            .map(|token| LlamaLogitBias::new(token, f32::NEG_INFINITY))
            .collect();
        let end = [vocab.eot(), vocab.eos()].into_iter().find(|token| token.0 >= 0 && vocab.is_eog(*token));
        let mut probes: Vec<(LlamaToken, Option<u8>)> = end.into_iter().map(|token| (token, None)).collect();
        let mut covered = [false; 256];
        for token in vocab.tokens() {
            if let [byte] = vocab.token_to_piece(token, false, None).as_slice()
                && let Some(done) = covered.get_mut(usize::from(*byte))
                && !std::mem::replace(done, true)
            {
                probes.push((token, Some(*byte)));
            }
        }
        // Without a token for each character nothing can be said about what must come next.
        if end.is_none() || !(b' '..=b'~').all(|byte| covered.get(usize::from(byte)) == Some(&true)) {
            probes.clear();
        }
        Self { banned, vocabulary: vocab.n_tokens(), temperature, seed, probes: Arc::new(probes) }
    }

    fn bias(&self) -> LlamaSampler {
        LlamaSampler::logit_bias(self.vocabulary, &self.banned)
    }

    fn choice(&self) -> Vec<LlamaSampler> {
        if self.temperature > 0.0 {
            vec![LlamaSampler::top_k(40), LlamaSampler::top_p(0.95, 1), LlamaSampler::temp(self.temperature), LlamaSampler::dist(self.seed)]
        } else {
            vec![LlamaSampler::greedy()]
        }
    }

    /// A picker for one reply.
    pub(super) fn picker(&self, model: &LlamaModel, grammar: Option<&str>) -> Result<Picker, ModelError> {
        let grammar = match grammar {
            Some(text) => Some(LlamaSampler::grammar(model, text, "root").map_err(|error| {
                tracing::error!(grammar = text, "the engine refuses a grammar");
                ModelError::BadRequest(format!("the constraint is too large or too deep for a grammar: {error}"))
            })?),
            None => None,
        };
        Ok(Picker {
            favourite: LlamaSampler::chain([self.bias()].into_iter().chain(self.choice()), true),
            shortlist: LlamaSampler::chain([self.bias(), LlamaSampler::top_k(SHORTLIST)], true),
            everything: self.bias(),
            choice: LlamaSampler::chain(self.choice(), true),
            grammar,
            probes: Arc::clone(&self.probes),
        })
    }
}

/// Chooses the tokens of one reply.
#[derive(Debug)]
pub(super) struct Picker {
    favourite: LlamaSampler,
    shortlist: LlamaSampler,
    everything: LlamaSampler,
    choice: LlamaSampler,
    grammar: Option<LlamaSampler>,
    probes: Arc<Vec<(LlamaToken, Option<u8>)>>,
}

/// What a grammar says of the place behind what it has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ahead {
    /// The reply can only end here.
    End,
    /// These bytes must come next; there may be none.
    Text(Vec<u8>),
}

impl Picker {
    /// The next token, after the newest decoded one. It is not part of the reply yet: see [`Picker::accept`].
    pub(super) fn pick(&mut self, context: &LlamaContext<'_>) -> Result<LlamaToken, ModelError> {
        let favourite = self.favourite.sample(context, -1);
        if self.allows(favourite) {
            return Ok(favourite);
        }
        let all = context.token_data_array_ith(-1);
        let mut few = all.clone();
        self.shortlist.apply(&mut few);
        if let Some(token) = self.choose(few) {
            return Ok(token);
        }
        let mut all = all;
        self.everything.apply(&mut all);
        self.choose(all).ok_or_else(|| broken("the model has nothing to say that its grammar allows".to_owned()))
    }

    /// The choice among the tokens that the grammar allows.
    fn choose(&mut self, mut tokens: LlamaTokenDataArray) -> Option<LlamaToken> {
        if let Some(grammar) = &mut self.grammar {
            grammar.apply(&mut tokens);
        }
        tokens.data.retain(|token| token.logit().is_finite());
        if tokens.data.is_empty() {
            return None;
        }
        tokens.selected = None;
        self.choice.apply(&mut tokens);
        tokens.selected_token()
    }

    /// Whether the grammar allows this token next.
    fn allows(&mut self, token: LlamaToken) -> bool {
        let Some(grammar) = &mut self.grammar else { return true };
        let mut one = LlamaTokenDataArray::new(vec![LlamaTokenData::new(token, 1.0, 0.0)], false);
        grammar.apply(&mut one);
        one.data.first().is_some_and(|token| token.logit().is_finite())
    }

    /// Makes a token part of the reply.
    pub(super) fn accept(&mut self, token: LlamaToken) -> Result<(), ModelError> {
        match &mut self.grammar {
            // After a failure the grammar's state is void and asking it again would abort the process.
            Some(grammar) => grammar.try_accept(token).map_err(|error| broken(format!("the grammar lost its way: {error}"))),
            None => Ok(()),
        }
    }

    /// What must come next, whatever the model says. Such text need not be asked for token by token: it is read like a prompt.
    pub(super) fn ahead(&mut self) -> Ahead {
        let mut text = Vec::new();
        let Some(grammar) = &mut self.grammar else { return Ahead::Text(text) };
        let Some(mut next) = only(grammar, &self.probes) else { return Ahead::Text(text) };
        let mut scout = grammar.clone();
        while let (token, Some(byte)) = next {
            if text.len() >= LONGEST_AHEAD || scout.try_accept(token).is_err() {
                return Ahead::Text(text);
            }
            text.push(byte);
            match only(&mut scout, &self.probes) {
                Some(one) => next = one,
                None => return Ahead::Text(text),
            }
        }
        if text.is_empty() { Ahead::End } else { Ahead::Text(text) }
    }
}

/// The one way to go on, if there is exactly one: a byte, or the end.
fn only(grammar: &mut LlamaSampler, probes: &[(LlamaToken, Option<u8>)]) -> Option<(LlamaToken, Option<u8>)> {
    let mut tokens = LlamaTokenDataArray::new(probes.iter().map(|(token, _)| LlamaTokenData::new(*token, 1.0, 0.0)).collect(), false);
    grammar.apply(&mut tokens);
    let mut open = tokens.data.iter().zip(probes).filter(|(token, _)| token.logit().is_finite()).map(|(_, probe)| *probe);
    let first = open.next()?;
    open.next().is_none().then_some(first)
}
