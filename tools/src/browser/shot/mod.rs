//! Pictures: of the view, of all of the page, of one element; with the refs of the screen drawn on it if wanted.
//!
//! The one decision: refs are drawn on the pixels, never into the page ([`draw`]), so a page can't tell that it is looked at, and
//! what it shows is what a person would see. No picture is taken of a document that a secret was put into.

mod draw;
mod glyphs;
#[cfg(test)]
mod tests;

use std::time::Duration;

use handiwork_core::{Context, Node, Reason, Rect, Ref, Refusal, Shot};
use serde_json::json;

use super::Browser;
use super::action::facts::Facts;
use super::cdp::{Area, CallError, Picture as Format, Until};
use super::screen::Look;
use super::screen::refs::is_shown;
use draw::Mark;

/// Highest picture, in pixels: beyond that browsers repeat the page from its top.
const HIGHEST: f64 = 16_000.0;
/// Widest picture, in pixels.
const WIDEST: f64 = 8_000.0;
/// How often a picture is taken again because the page moved meanwhile.
const TRIES: u32 = 3;
/// The longest that a picture of a busy page is waited for.
const LONGEST: Duration = Duration::from_secs(15);
/// Pixels that an element may move between the look and the picture.
const STILL: f64 = 2.0;

/// What is on a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// What is in view.
    #[default]
    View,
    /// All of the page, from its top to its end or 16,000 pixels down. Only what is in view has refs.
    Full,
    /// One element; it is scrolled into view.
    Element(Ref),
}

/// How a picture is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImageFormat {
    /// Exact pixels.
    #[default]
    Png,
    /// Small.
    Jpeg,
    /// Smaller.
    Webp,
}

/// Which picture is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShotOptions {
    /// What is on it.
    pub scope: Scope,
    /// Whether the refs are drawn on it. Such a picture is always a PNG, and elements on it that had no ref get one.
    pub refs: bool,
    /// How it is written.
    pub format: ImageFormat,
}

/// A picture and what is marked on it.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The picture. Its size is that of what it shows, in CSS pixels, which are its pixels.
    pub shot: Shot,
    /// The refs that are drawn, with the boxes of their elements in pixels of the picture.
    pub refs: Vec<(Ref, Rect)>,
}

impl Browser {
    /// Takes a picture. `None` when a secret could be on it.
    pub async fn shot(&self, cx: &Context, options: ShotOptions) -> Result<Option<Picture>, Refusal> {
        let until = self.until(cx);
        let _turn = self.turn(until).await?;
        self.take(cx, options, until.at_most(LONGEST)).await
    }

    async fn take(&self, cx: &Context, options: ShotOptions, until: Until) -> Result<Option<Picture>, Refusal> {
        let failed = |error: CallError| Refusal::Surface(error.surface("taking a picture of the page"));
        let tab = self.tab().map_err(failed)?;
        if tab.crashed {
            return Err(Reason::Crashed.into());
        }
        if let Scope::Element(r) = options.scope {
            // Into view first, so that what is marked on it is known.
            self.place_of(r, until).await?;
        }
        let mut tries = 0;
        loop {
            tries += 1;
            // Looked at in any case: only a look finds what the page shows of a secret.
            let look = self.look(cx, options.refs, until).await.map_err(failed)?;
            if look.leaky || self.may_show_secret(tab.number, until).await.map_err(failed)? {
                return Ok(None);
            }
            let layout = tab.session.layout(until).await.map_err(failed)?;
            let (area, beyond) = match options.scope {
                Scope::View => ((layout.scrolled.0, layout.scrolled.1, layout.view.0, layout.view.1), false),
                Scope::Full => ((0.0, 0.0, layout.width, layout.height), true),
                Scope::Element(r) => {
                    let (x, y, w, h) = self.place_of(r, until).await?;
                    let inside = x >= 0.0 && y >= 0.0 && x + w <= layout.view.0 && y + h <= layout.view.1;
                    ((x + layout.scrolled.0, y + layout.scrolled.1, w, h), !inside)
                }
            };
            let area = whole(area);
            let format = match options.format {
                _ if options.refs => Format::Png,
                ImageFormat::Png => Format::Png,
                ImageFormat::Jpeg => Format::Jpeg,
                ImageFormat::Webp => Format::Webp,
            };
            // Without an area the browser gives the view as it is, which disturbs it least.
            let clip = (options.scope != Scope::View).then_some(area);
            let bytes = tab.session.capture(format, clip, beyond, until).await.map_err(failed)?;
            let after = self.look(cx, false, until).await.map_err(failed)?;
            if after.leaky {
                return Ok(None);
            }
            if options.refs && moved(&look, &after) && tries < TRIES {
                continue;
            }
            let media_type = match format {
                Format::Png => "image/png",
                Format::Jpeg => "image/jpeg",
                Format::Webp => "image/webp",
            };
            let shot = Shot { bytes, media_type, size: (area.2, area.3) };
            if !options.refs {
                return Ok(Some(Picture { shot, refs: Vec::new() }));
            }
            let from = (layout.scrolled.0 - area.0, layout.scrolled.1 - area.1);
            let marks: Vec<Mark> = look.screen.nodes.iter().filter_map(|node| mark(node, from, area)).collect();
            return drawn(shot, marks, until).await.map(Some);
        }
    }

    /// Where an element is in the view, scrolled into it: x, y, width and height.
    async fn place_of(&self, r: Ref, until: Until) -> Result<Area, Refusal> {
        let failed = |error: CallError| Refusal::Surface(error.surface("looking for the element"));
        let stale = || Refusal::from(Reason::Stale { r#ref: r });
        let known = self.refs().find(r)?;
        let tab = self.tab().map_err(failed)?;
        if tab.number != known.tab {
            return Err(stale());
        }
        let args = json!([known.id, { "scroll": true }]);
        let answer = self.call(tab.number, Some(&known.token), "inspect", &args, until).await.map_err(failed)?.ok_or_else(stale)?;
        let facts: Facts = serde_json::from_value(answer.value).map_err(|error| failed(CallError::Unreadable(error.to_string())))?;
        if facts.state != "there" {
            return Err(stale());
        }
        let facts = self.lift(tab.number, &known.token, facts, until).await.map_err(failed)?.ok_or_else(stale)?;
        facts.rect.filter(|(_, _, w, h)| *w >= 1.0 && *h >= 1.0).ok_or_else(|| Reason::Hidden.into())
    }
}

/// Whole pixels, within what a picture can hold.
fn whole((x, y, w, h): Area) -> Area {
    let (left, top) = (x.floor().max(0.0), y.floor().max(0.0));
    let (right, bottom) = ((x + w).ceil(), (y + h).ceil());
    (left, top, (right - left).clamp(1.0, WIDEST), (bottom - top).clamp(1.0, HIGHEST))
}

/// Whether what has a ref is somewhere else by now.
fn moved(before: &Look, after: &Look) -> bool {
    let placed = |look: &Look| -> Vec<(Ref, Rect)> {
        look.screen.nodes.iter().filter_map(|node| Some((node.r#ref.filter(|r| is_shown(*r))?, node.rect))).collect()
    };
    let after = placed(after);
    placed(before).into_iter().any(|(r, rect)| {
        after.iter().find(|(other, _)| *other == r).is_none_or(|(_, now)| (rect.x - now.x).abs() > STILL || (rect.y - now.y).abs() > STILL)
    })
}

/// The mark of a line of the screen, if it has a ref and is on the picture.
fn mark(node: &Node, from: (f64, f64), area: Area) -> Option<Mark> {
    let r#ref = node.r#ref.filter(|r| is_shown(*r))?;
    let Rect { x, y, w, h } = node.rect;
    let (left, top) = ((x + from.0).max(0.0), (y + from.1).max(0.0));
    let (right, bottom) = ((x + w + from.0).min(area.2), (y + h + from.1).min(area.3));
    // A box all around the picture marks nothing, and a sliver at its edge is not the element.
    let around = left <= 0.0 && top <= 0.0 && right >= area.2 && bottom >= area.3;
    (right - left >= 3.0 && bottom - top >= 3.0 && !around).then(|| Mark {
        r#ref,
        rect: Rect { x: left, y: top, w: right - left, h: bottom - top },
        kind: draw::Kind::of(node),
    })
}

async fn drawn(shot: Shot, marks: Vec<Mark>, until: Until) -> Result<Picture, Refusal> {
    let Shot { bytes, media_type, size } = shot;
    let refs = marks.iter().map(|mark| (mark.r#ref, mark.rect)).collect();
    let work = tokio::task::spawn_blocking(move || draw::draw(&bytes, &marks));
    match tokio::time::timeout_at(until.end, work).await {
        Ok(Ok(Ok(bytes))) => Ok(Picture { shot: Shot { bytes, media_type, size }, refs }),
        Ok(Ok(Err(detail))) => Err(Refusal::Surface(CallError::Unreadable(detail).surface("drawing on the picture"))),
        Ok(Err(error)) => Err(Refusal::Surface(CallError::Unreadable(error.to_string()).surface("drawing on the picture"))),
        Err(_) => Err(Refusal::Surface(until.error("drawing on the picture"))),
    }
}
