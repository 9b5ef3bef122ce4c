//! A model's own chat template, taken from its file.
//!
//! The one decision: a template never sees the text of a conversation, only marks that stand for it. The marks are replaced
//! after rendering, and each [`Piece`] says whether it came from the template. So what a web page says is always tokenised as
//! plain text: it can't open a turn of its own by spelling a control token.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};

use super::draft::THOUGHT_ENDS;
use crate::model::protocol::{Role, Turn};

/// What begins a block of thought.
const THOUGHT_BEGINS: &str = "<think>";
/// What is used when a file has no template, or one that can't be rendered.
const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}\
                      {% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// A stretch of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The text.
    pub(super) text: String,
    /// Whether the template wrote it, so that control tokens in it are meant.
    pub(super) control: bool,
}

/// How conversations are written for one model.
#[derive(Debug)]
pub(super) struct Template {
    environment: Environment<'static>,
    bos: String,
    eos: String,
    takes_system: bool,
    /// Whether it knows blocks of thought.
    has_thought: bool,
    /// Whether replies shall begin with one.
    thinking: bool,
}

impl Template {
    /// The template `source`, or ChatML when it is missing or of no use.
    pub(super) fn new(source: Option<&str>, bos: &str, eos: &str) -> Self {
        let own = source.and_then(|source| Self::probed(source, bos, eos));
        own.or_else(|| Self::probed(CHATML, bos, eos)).unwrap_or_else(|| Self {
            environment: Environment::new(),
            bos: bos.to_owned(),
            eos: eos.to_owned(),
            takes_system: true,
            has_thought: false,
            thinking: false,
        })
    }

    /// The same, sending the model into a block of thought where the template knows such blocks.
    pub(super) fn thinking(self, thinking: bool) -> Self {
        Self { thinking, ..self }
    }

    /// Whether prompts end in an open block of thought.
    pub(super) fn thinks(&self) -> bool {
        self.has_thought && self.thinking
    }

    fn probed(source: &str, bos: &str, eos: &str) -> Option<Self> {
        let mut environment = Environment::new();
        // As the library that templates are written for has it.
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().ok()?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |text: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, text))
        });
        // Fixed when the model is loaded: a prompt that changes at midnight would empty the cache.
        let loaded = jiff::Timestamp::now();
        environment.add_function("strftime_now", move |format: String| -> Result<String, Error> {
            let zoned = loaded.to_zoned(jiff::tz::TimeZone::UTC);
            jiff::fmt::strtime::format(&format, &zoned).map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
        });
        environment.add_template_owned("chat", source.to_owned()).ok()?;
        let has_thought = source.contains(THOUGHT_ENDS);
        let (bos, eos) = (bos.to_owned(), eos.to_owned());
        let mut template = Self { environment, bos, eos, takes_system: true, has_thought, thinking: false };
        let turn = |role| Turn { role, content: "x".to_owned() };
        let turns = [turn(Role::System), turn(Role::User), turn(Role::Assistant), turn(Role::User)];
        if template.try_render(&turns).is_some() {
            return Some(template);
        }
        template.takes_system = false;
        template.try_render(&turns).is_some().then_some(template)
    }

    /// The prompt that asks for the next turn of the assistant.
    pub(super) fn render(&self, turns: &[Turn]) -> Vec<Piece> {
        self.try_render(turns).unwrap_or_else(|| plain(turns))
    }

    fn try_render(&self, turns: &[Turn]) -> Option<Vec<Piece>> {
        let turns = if self.takes_system { turns.to_vec() } else { merge_system(turns) };
        let messages: Vec<Value> =
            turns.iter().enumerate().map(|(index, turn)| context! { role => turn.role.name(), content => mark(index) }).collect();
        let text = self
            .environment
            .get_template("chat")
            .and_then(|template| {
                template.render(context! {
                    messages, add_generation_prompt => true, bos_token => self.bos.as_str(), eos_token => self.eos.as_str(), enable_thinking => self.thinks(),
                })
            })
            .inspect_err(|error| tracing::debug!(%error, "the chat template can't be rendered"))
            .ok()?;
        let mut pieces = Vec::new();
        let mut left = text.as_str();
        for (index, turn) in turns.into_iter().enumerate() {
            let (before, after) = left.split_once(&mark(index))?;
            pieces.push(Piece { text: before.to_owned(), control: true });
            pieces.push(Piece { text: self.kept(turn), control: false });
            left = after;
        }
        pieces.push(Piece { text: self.ending(left), control: true });
        pieces.retain(|piece| !piece.text.is_empty());
        Some(pieces)
    }

    /// What the template would keep of a turn if it saw it: reasoning models don't get their earlier thoughts back.
    fn kept(&self, turn: Turn) -> String {
        match turn.content.rsplit_once(THOUGHT_ENDS) {
            Some((_, said)) if self.has_thought && turn.role == Role::Assistant => said.trim_start().to_owned(),
            _ => turn.content,
        }
    }

    /// How the prompt ends. Reasoning models are sent into a block of thought by their templates; it is closed at once unless
    /// they shall think.
    fn ending(&self, text: &str) -> String {
        let opened = text.trim_end().ends_with(THOUGHT_BEGINS);
        match (opened, self.thinks()) {
            (true, false) => format!("{text}\n{THOUGHT_ENDS}\n\n"),
            (false, true) => format!("{text}{THOUGHT_BEGINS}\n"),
            _ => text.to_owned(),
        }
    }
}

/// A mark of private-use characters that no template touches, unique for each turn.
fn mark(index: usize) -> String {
    format!("\u{E000}{index}\u{E001}")
}

/// The system prompt at the head of the first user turn, for templates without a system role.
fn merge_system(turns: &[Turn]) -> Vec<Turn> {
    let system: Vec<&str> = turns.iter().filter(|turn| turn.role == Role::System).map(|turn| turn.content.as_str()).collect();
    let mut out: Vec<Turn> = turns.iter().filter(|turn| turn.role != Role::System).cloned().collect();
    if let Some(first) = out.first_mut().filter(|_| !system.is_empty()) {
        first.content = format!("{}\n\n{}", system.join("\n\n"), first.content);
    }
    out
}

/// A conversation that a template refuses (it begins with an assistant's turn, say), in a form that any model can read.
fn plain(turns: &[Turn]) -> Vec<Piece> {
    let mut out = Vec::new();
    for turn in turns {
        out.push(Piece { text: format!("<|im_start|>{}\n", turn.role.name()), control: true });
        out.push(Piece { text: turn.content.clone(), control: false });
        out.push(Piece { text: "<|im_end|>\n".to_owned(), control: true });
    }
    out.push(Piece { text: "<|im_start|>assistant\n".to_owned(), control: true });
    out
}
