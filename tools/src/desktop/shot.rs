//! Pictures of the display: whole, of a monitor, a window or a part, at the size that is wanted.
//!
//! The one decision: a display is reached by its name, which xcap takes from the process's environment only. So a private display is
//! read over our own connection, and xcap serves the display that the process itself is on; both are the same pixels.

use std::sync::PoisonError;

use handiwork_core::{Context, Reason, Ref, Refusal, Shot, SurfaceError, Target};
use tokio::time::Instant;

use super::Desktop;
use super::eyes::Eyes;
use super::refs::Thing;
use super::x::Area;
use super::x::worker::gone;

/// What is on a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Region {
    /// The whole display.
    #[default]
    All,
    /// One monitor, from 0.
    Monitor(usize),
    /// A window, or the element that a ref stands for.
    Element(Ref),
    /// A part of the display: left, top, width, height.
    Part(i32, i32, u32, u32),
}

/// A picture.
#[derive(Clone, PartialEq)]
pub struct Picture {
    /// PNG.
    pub png: Vec<u8>,
    /// Its width and height in its own pixels.
    pub size: (u32, u32),
    /// Where it was taken: left, top, width, height in pixels of the display.
    pub area: (i32, i32, u32, u32),
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}×{}, {} bytes)", self.size.0, self.size.1, self.png.len())
    }
}

impl Desktop {
    /// A picture, made smaller by `scale` (1 or less). None while a secret could be on it.
    ///
    /// # Errors
    /// A refusal if there is no such monitor or element; [`SurfaceError`] if the display is gone.
    pub async fn picture(&self, cx: &Context, region: Region, scale: f64) -> Result<Option<Picture>, Refusal> {
        let end = self.end(cx);
        let eyes = self.turn(end).await?;
        if self.may_show_secret(&eyes) {
            return Ok(None);
        }
        let place = self.place().await;
        let monitors =
            place.x.call("asking for the monitors", end, super::x::X::monitors).await?.map_err(|error| gone(error.to_string()))?;
        let (width, height) =
            place.x.call("measuring the display", end, super::x::X::measure).await?.map_err(|error| gone(error.to_string()))?;
        let area = match region {
            Region::All => Area::new(0, 0, width, height),
            Region::Monitor(number) => monitors.get(number).copied().ok_or_else(|| Reason::BadArguments {
                problem: format!("there is no monitor {number}; there are {} (from 0)", monitors.len()),
            })?,
            Region::Part(x, y, w, h) => Area::new(x, y, i32::try_from(w).unwrap_or(i32::MAX / 2), i32::try_from(h).unwrap_or(i32::MAX / 2)),
            Region::Element(r) => {
                let known = eyes.refs.find(r)?;
                match known.thing {
                    Thing::Window { id } => eyes.last.windows.get(id).map(|win| win.area).ok_or(Reason::Stale { r#ref: r })?,
                    _ => known.area,
                }
            }
        };
        let area = area.within(Area::new(0, 0, width, height));
        if area.is_empty() {
            return Err(Reason::OutOfView { width: f64::from(width), height: f64::from(height) }.into());
        }
        let pixels = self.pixels(&place, area, end).await?;
        let made =
            tokio::task::spawn_blocking(move || pixels.png(scale.clamp(0.05, 1.0))).await.map_err(|error| gone(error.to_string()))?;
        let (png, size) = made.map_err(|error| SurfaceError::Protocol { doing: "making a picture".to_owned(), detail: error })?;
        Ok(Some(Picture { png, size, area: (area.x, area.y, area.w as u32, area.h as u32) }))
    }

    async fn pixels(&self, place: &super::Place, area: Area, end: Instant) -> Result<super::x::pixels::Pixels, SurfaceError> {
        if matches!(self.config.display, super::Display::Own { ours: true, .. }) {
            let taken = tokio::task::spawn_blocking(move || super::x::screen::take(area)).await.map_err(|error| gone(error.to_string()))?;
            match taken {
                Ok(pixels) => return Ok(pixels),
                Err(error) => tracing::debug!(%error, "xcap took no picture; the X server is asked itself"),
            }
        }
        place.x.call("taking a picture", end, move |x| x.pixels(area)).await?.map_err(|error| gone(error.to_string()))
    }

    pub(super) async fn picture_of_all(&self, cx: &Context) -> Result<Option<Shot>, SurfaceError> {
        match self.picture(cx, Region::All, 1.0).await {
            Ok(picture) => Ok(picture.map(|picture| Shot {
                size: (f64::from(picture.size.0), f64::from(picture.size.1)),
                bytes: picture.png,
                media_type: "image/png",
            })),
            Err(Refusal::NotDispatched(_)) => Ok(None),
            Err(Refusal::Surface(error)) => Err(error),
        }
    }

    /// Notes that a window was given a secret.
    pub(super) fn keep_secret(&self, eyes: &Eyes, target: &Target) {
        if let Ok(known) = eyes.refs.find(target.r#ref) {
            self.secretive.lock().unwrap_or_else(PoisonError::into_inner).insert(known.window);
        }
    }

    /// Whether a window that was given a secret is still there.
    fn may_show_secret(&self, eyes: &Eyes) -> bool {
        self.secretive.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|id| eyes.last.windows.get(*id).is_some())
    }
}
