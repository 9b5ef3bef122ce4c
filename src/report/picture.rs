//! Pictures of the screen with the point of action on them, or the reason why there is none.
//!
//! A picture is put into the file as a data URI; only media types that can't hold a script are. The point is drawn by SVG
//! attributes in per cent of the viewport, so that it stays in place at any size and the content policy needs no inline style.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use handiwork_core::event::ShotRef;
use handiwork_core::{BlobId, Change, Receipt, Rect, Resolved};
use minijinja::{Value, context};

/// Media types that are shown.
const SHOWN: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/// The picture as the template reads it, or why it is not shown.
pub(super) fn of(shot: &ShotRef, rect: Option<Rect>, shots: &BTreeMap<BlobId, Vec<u8>>) -> Result<Value, String> {
    let Some(media_type) = SHOWN.iter().find(|known| **known == shot.media_type) else {
        return Err(format!("no picture: pictures of type {} are not shown", shot.media_type));
    };
    let Some(bytes) = shots.get(&shot.blob) else {
        return Err("no picture: it is missing from the store".to_owned());
    };
    // Made of a known media type and base64 only, so there is nothing to escape; escaping would lengthen each by a tenth.
    let src = Value::from_safe_string(format!("data:{media_type};base64,{}", BASE64.encode(bytes)));
    let (width, height) = shot.size;
    let mark = rect.and_then(|rect| mark(rect, shot.size));
    Ok(context! { src, width => width.round().max(1.0) as u32, height => height.round().max(1.0) as u32, mark })
}

/// Outline and centre of what can be seen of `rect`, in per cent of the viewport.
fn mark(rect: Rect, (width, height): (f64, f64)) -> Option<Value> {
    let (left, top) = (rect.x.max(0.0), rect.y.max(0.0));
    let (right, bottom) = ((rect.x + rect.w).min(width), (rect.y + rect.h).min(height));
    let visible = width > 0.0 && height > 0.0 && right > left && bottom > top;
    let percent = |part: f64, whole: f64| format!("{:.3}%", part / whole * 100.0);
    visible.then(|| {
        context! {
            x => percent(left, width),
            y => percent(top, height),
            w => percent(right - left, width),
            h => percent(bottom - top, height),
            cx => percent(f64::midpoint(left, right), width),
            cy => percent(f64::midpoint(top, bottom), height),
        }
    })
}

/// Whether a secret may be on the screen: from the moment one is put in until another document is there. Each picture is taken
/// just before its action, so a receipt is noticed after the reason for its own missing picture was asked for.
#[derive(Debug, Default)]
pub(super) struct SecretWatch {
    typed: bool,
}

impl SecretWatch {
    /// Why there is no picture now.
    pub(super) fn why_no_picture(&self) -> &'static str {
        if self.typed { "no picture: a secret was on the screen" } else { "no picture was taken" }
    }

    /// Takes notice of what was done.
    pub(super) fn done(&mut self, resolved: Option<&Resolved>, receipt: &Receipt) {
        let tried = !matches!(receipt, Receipt::NotDispatched { .. });
        if tried && resolved.is_some_and(|resolved| !resolved.action.secrets().is_empty()) {
            self.typed = true;
        }
        if let Receipt::Verified { changes } = receipt
            && changes.iter().any(|change| matches!(change, Change::Navigated { .. }))
        {
            self.typed = false;
        }
    }

    /// A picture was taken, so nothing secret was there.
    pub(super) fn pictured(&mut self) {
        self.typed = false;
    }
}
