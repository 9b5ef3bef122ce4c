//! Where there is no desktop to work on: each way to one says so.

use async_trait::async_trait;
use handiwork::core::{Action, Context, Receipt, Ref, Refusal, Resolved, Screen, Shot, Surface, SurfaceError, SurfaceInfo};

use super::super::paths::Paths;
use super::super::{Code, Failure};
use super::{DesktopArgs, size};

/// There is none.
#[derive(Debug)]
pub(crate) enum Desktop {}

/// What one would be like.
#[derive(Debug, Clone)]
pub(crate) enum Config {}

/// A picture of one.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) png: Vec<u8>,
    pub(crate) size: (u32, u32),
}

fn none() -> Failure {
    Failure::new(Code::Missing, "desktops can be worked on Linux with X11 only so far, in a build with the feature `desktop`")
        .hint("leave out --desktop to work in a browser")
}

pub(crate) async fn open(config: &Config) -> Result<Desktop, Failure> {
    match *config {}
}

pub(crate) async fn picture(desktop: &Desktop, _cx: &Context, _element: Option<Ref>) -> Result<Option<Picture>, Refusal> {
    match *desktop {}
}

pub(crate) fn missing_packages() -> Option<Vec<&'static str>> {
    None
}

impl DesktopArgs {
    pub(crate) fn config(&self, _paths: &Paths) -> Result<Config, Failure> {
        size(&self.size)?;
        Err(none())
    }

    pub(crate) async fn open(&self, paths: &Paths) -> Result<Desktop, Failure> {
        open(&self.config(paths)?).await
    }
}

#[async_trait]
impl Surface for Desktop {
    fn info(&self) -> SurfaceInfo {
        match *self {}
    }

    async fn observe(&self, _cx: &Context) -> Result<Screen, SurfaceError> {
        match *self {}
    }

    async fn resolve(&self, _cx: &Context, _action: &Action) -> Result<Resolved, Refusal> {
        match *self {}
    }

    async fn dispatch(&self, _cx: &Context, _resolved: &Resolved) -> Result<Receipt, SurfaceError> {
        match *self {}
    }

    async fn screenshot(&self, _cx: &Context) -> Result<Option<Shot>, SurfaceError> {
        match *self {}
    }
}
