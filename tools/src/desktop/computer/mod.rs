//! The vocabularies of computer-use models: JSON in, receipts and pictures out.
//!
//! A model that sees pictures, served elsewhere, can drive the same hands. The one decision: what a vocabulary calls things is a table
//! ([`table`]), and what it means is one [`Step`] for all of them, which is an [`Action`] wherever it does something; so policy judges it,
//! and it comes back with a receipt, as any other.

mod table;
#[cfg(test)]
mod tests;

use std::time::Duration;

use handiwork_core::{Action, Context, Decision, Policy, Receipt, Refusal, Run, RunId, Surface as _, SurfaceError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Desktop, Picture, Region};

/// Whose words are spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Vocabulary {
    /// Anthropic's computer tool, all versions: `{"action": "left_click", "coordinate": [x, y]}`.
    #[default]
    Anthropic,
    /// OpenAI's computer tool: `{"type": "click", "x": 1, "y": 2, "button": "left"}`.
    OpenAi,
    /// UI-TARS: `{"action": "click", "start_box": "(x,y)"}`.
    UiTars,
}

/// What numbers mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coordinates {
    /// Pixels of the picture that the model was given.
    #[default]
    Pixels,
    /// From 0 to 999, whatever the size.
    Thousandths,
}

/// How a model is served.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// Whose words it speaks.
    pub vocabulary: Vocabulary,
    /// What its numbers mean.
    pub coordinates: Coordinates,
    /// The largest picture that it is given; what is larger is made smaller, and its numbers are made larger again.
    pub largest: Option<(u32, u32)>,
    /// What may be done.
    pub policy: Policy,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// Something is done.
    Act(Action),
    /// A picture is wanted.
    Picture,
    /// A part is wanted, larger: left, top, width, height in pixels of the display.
    Zoom(i32, i32, u32, u32),
    /// It wants to know where the mouse is.
    Cursor,
    /// It waits.
    Wait(Duration),
    /// It says that it is done.
    Done(String),
    /// It wants something of the person.
    Ask(String),
}

/// What came of a call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// What came of each act.
    pub receipts: Vec<Receipt>,
    /// The same in words, or what was asked for.
    pub text: String,
    /// The display afterwards. None while a secret could be on it.
    pub picture: Option<Picture>,
    /// What the person must say first: nothing was done.
    pub question: Option<String>,
    /// Whether the model says that it is done.
    pub done: bool,
}

/// The display as a model sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// Size of the display.
    pub display: (u32, u32),
    /// Size of the picture of it.
    pub shown: (u32, u32),
    /// What numbers mean.
    pub coordinates: Coordinates,
}

impl Frame {
    /// By how much pictures are made smaller.
    fn scale(&self) -> f64 {
        f64::from(self.shown.0) / f64::from(self.display.0.max(1))
    }

    /// A point of the display.
    ///
    /// # Errors
    /// A sentence if it is outside.
    pub fn point(&self, x: f64, y: f64) -> Result<(f64, f64), String> {
        let (width, height) = match self.coordinates {
            Coordinates::Pixels => (f64::from(self.shown.0), f64::from(self.shown.1)),
            Coordinates::Thousandths => (1_000.0, 1_000.0),
        };
        if !(x.is_finite() && y.is_finite() && (0.0..width).contains(&x) && (0.0..height).contains(&y)) {
            return Err(format!("({x}, {y}) is outside: x must be from 0 to {:.0}, y from 0 to {:.0}", width - 1.0, height - 1.0));
        }
        // The middle of the pixel that is meant.
        let of = |value: f64, from: f64, to: u32| (((value + 0.5) * f64::from(to) / from).floor()).min(f64::from(to) - 1.0);
        Ok((of(x, width, self.display.0), of(y, height, self.display.1)))
    }
}

/// What a call asks for.
///
/// # Errors
/// A sentence for the model: what is wrong with the call.
pub fn read(vocabulary: Vocabulary, call: &Value, frame: &Frame) -> Result<Vec<Step>, String> {
    table::read(vocabulary, call, frame)
}

impl Desktop {
    /// Does what a computer-use model asks for.
    ///
    /// # Errors
    /// [`SurfaceError`] if the display fails. A call that makes no sense is told in the answer's text.
    pub async fn computer(&self, cx: &Context, settings: &Settings, call: &Value) -> Result<Answer, SurfaceError> {
        let frame = self.frame(cx, settings).await?;
        let steps = match read(settings.vocabulary, call, &frame) {
            Ok(steps) => steps,
            Err(problem) => return Ok(Answer { text: format!("not understood: {problem}"), ..Answer::default() }),
        };
        let mut answer = Answer::default();
        let mut texts = Vec::new();
        let mut zoomed = None;
        for step in steps {
            match step {
                Step::Act(action) => match self.judged(cx, settings, &action).await? {
                    Ok(receipt) => {
                        texts.push(receipt.to_string());
                        answer.receipts.push(receipt);
                    }
                    Err(question) => {
                        answer.question = Some(question);
                        break;
                    }
                },
                Step::Picture => {}
                Step::Zoom(x, y, w, h) => zoomed = self.shown(cx, Region::Part(x, y, w, h), 1.0).await?,
                Step::Cursor => {
                    let place = self.place().await;
                    let end = self.end(cx);
                    let at = place.x.call("asking where the mouse is", end, |x| x.pointer()).await?;
                    let at = at.map_err(|error| super::x::worker::gone(error.to_string()))?;
                    let back = |value: i32, from: u32, to: u32| f64::from(value) * f64::from(to) / f64::from(from.max(1));
                    let to = if settings.coordinates == Coordinates::Thousandths { (1_000, 1_000) } else { frame.shown };
                    texts.push(format!("X={:.0},Y={:.0}", back(at.0, frame.display.0, to.0), back(at.1, frame.display.1, to.1)));
                }
                Step::Wait(time) => tokio::time::sleep(cx.left(time.min(Duration::from_secs(30)))).await,
                Step::Done(text) | Step::Ask(text) if text.is_empty() => answer.done = true,
                Step::Done(text) => {
                    answer.done = true;
                    texts.push(text);
                }
                Step::Ask(text) => answer.question = Some(text),
            }
        }
        answer.text = texts.join("\n");
        answer.picture = match zoomed {
            Some(zoomed) => Some(zoomed),
            None => self.shown(cx, Region::All, frame.scale()).await?,
        };
        Ok(answer)
    }

    async fn frame(&self, cx: &Context, settings: &Settings) -> Result<Frame, SurfaceError> {
        let place = self.place().await;
        let size = place.x.call("measuring the display", self.end(cx), super::x::X::measure).await?;
        let (width, height) = size.map_err(|error| super::x::worker::gone(error.to_string()))?;
        let display = (width.max(1) as u32, height.max(1) as u32);
        let scale =
            settings.largest.map_or(1.0, |(w, h)| (f64::from(w) / f64::from(display.0)).min(f64::from(h) / f64::from(display.1)).min(1.0));
        let shown = (((f64::from(display.0) * scale).round() as u32).max(1), ((f64::from(display.1) * scale).round() as u32).max(1));
        Ok(Frame { display, shown, coordinates: settings.coordinates })
    }

    async fn shown(&self, cx: &Context, region: Region, scale: f64) -> Result<Option<Picture>, SurfaceError> {
        match self.picture(cx, region, scale).await {
            Ok(picture) => Ok(picture),
            Err(Refusal::NotDispatched(_)) => Ok(None),
            Err(Refusal::Surface(error)) => Err(error),
        }
    }

    /// The receipt of an act, or what must be asked first.
    async fn judged(&self, cx: &Context, settings: &Settings, action: &Action) -> Result<Result<Receipt, String>, SurfaceError> {
        let resolved = match self.resolve(cx, action).await {
            Ok(resolved) => resolved,
            Err(Refusal::NotDispatched(reason)) => return Ok(Ok(Receipt::refused(reason))),
            Err(Refusal::Surface(error)) => return Err(error),
        };
        match settings.policy.decide(&resolved, &Run::new(RunId::generate())) {
            Decision::Allow => Ok(Ok(self.dispatch(cx, &resolved).await?)),
            Decision::Deny(why) => Ok(Ok(Receipt::refused(handiwork_core::Reason::Denied { why }))),
            Decision::Ask(question) => Ok(Err(question)),
        }
    }
}
