//! Commands that give files: pictures, prints, downloads and what an address holds.
//!
//! What may be large comes as a stream and is read in pieces up to a limit, so that no page can fill our memory.

use base64::Engine as _;
use chromiumoxide::cdp::browser_protocol::browser::{
    BrowserContextId, CancelDownloadParams, SetDownloadBehaviorBehavior, SetDownloadBehaviorParams,
};
use chromiumoxide::cdp::browser_protocol::io::{CloseParams, ReadParams, StreamHandle};
use chromiumoxide::cdp::browser_protocol::network::{LoadNetworkResourceOptions, LoadNetworkResourceParams};
use chromiumoxide::cdp::browser_protocol::page::{
    CaptureScreenshotFormat, CaptureScreenshotParams, FrameId, GetLayoutMetricsParams, PrintToPdfParams, PrintToPdfTransferMode, Viewport,
};

use super::connection::{CallError, Connection, Until};
use super::session::Session;

/// Bytes that are asked for at once.
const PIECE: i64 = 1 << 20;

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picture {
    Png,
    Jpeg,
    Webp,
}

/// A part of a page, in CSS pixels from the top left corner of the document: x, y, width, height.
pub(crate) type Area = (f64, f64, f64, f64);

/// The size of a document and how far it is scrolled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Layout {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) scrolled: (f64, f64),
    pub(crate) view: (f64, f64),
}

/// What an address holds, or why that is not known.
#[derive(Debug)]
pub(crate) enum Fetched {
    Bytes(Vec<u8>),
    TooLarge,
    /// The status, or the browser's word for what went wrong.
    Failed(String),
}

/// Has all downloads of a context put into a folder, each under its own id, and told of.
pub(crate) fn download_to(connection: &Connection, folder: &str, context: Option<&str>) {
    let mut command = SetDownloadBehaviorParams::new(SetDownloadBehaviorBehavior::AllowAndName);
    command.download_path = Some(folder.to_owned());
    command.events_enabled = Some(true);
    command.browser_context_id = context.map(BrowserContextId::new);
    connection.tell(None, &command);
}

/// Ends a download; what came of it so far is thrown away.
pub(crate) fn cancel_download(connection: &Connection, guid: &str) {
    connection.tell(None, &CancelDownloadParams::new(guid));
}

impl Session {
    /// A picture of the view, or of an area of the document, also beyond the view.
    pub(crate) async fn capture(&self, picture: Picture, area: Option<Area>, beyond: bool, until: Until) -> Result<Vec<u8>, CallError> {
        let (format, quality) = match picture {
            Picture::Png => (CaptureScreenshotFormat::Png, None),
            Picture::Jpeg => (CaptureScreenshotFormat::Jpeg, Some(80)),
            Picture::Webp => (CaptureScreenshotFormat::Webp, Some(80)),
        };
        let clip = area.map(|(x, y, width, height)| Viewport { x, y, width, height, scale: 1.0 });
        let command = CaptureScreenshotParams {
            format: Some(format),
            quality,
            clip,
            capture_beyond_viewport: Some(beyond),
            ..CaptureScreenshotParams::default()
        };
        let answer = self.connection.call(Some(&self.id), &command, until).await?;
        decode(answer.data.as_ref())
    }

    /// The size of the document in this tab.
    pub(crate) async fn layout(&self, until: Until) -> Result<Layout, CallError> {
        let answer = self.connection.call(Some(&self.id), &GetLayoutMetricsParams::default(), until).await?;
        let (size, view) = (answer.css_content_size, answer.css_layout_viewport);
        Ok(Layout {
            width: size.width,
            height: size.height,
            scrolled: (view.page_x as f64, view.page_y as f64),
            view: (view.client_width as f64, view.client_height as f64),
        })
    }

    /// The page as a PDF, with its backgrounds. `None` if it is larger than `most` bytes.
    pub(crate) async fn print(&self, most: u64, until: Until) -> Result<Option<Vec<u8>>, CallError> {
        let command = PrintToPdfParams {
            print_background: Some(true),
            prefer_css_page_size: Some(true),
            transfer_mode: Some(PrintToPdfTransferMode::ReturnAsStream),
            ..PrintToPdfParams::default()
        };
        let answer = self.connection.call(Some(&self.id), &command, until).await?;
        let stream = answer.stream.ok_or_else(|| CallError::Unreadable("no stream of the print".to_owned()))?;
        self.drain(stream, most, until).await
    }

    /// What `url` holds, asked for by the browser on behalf of a frame, with the cookies that it has for it.
    pub(crate) async fn fetch(&self, frame: &str, url: &str, most: u64, until: Until) -> Result<Fetched, CallError> {
        let options = LoadNetworkResourceOptions { disable_cache: false, include_credentials: true };
        let mut command = LoadNetworkResourceParams::new(url, options);
        command.frame_id = Some(FrameId::new(frame));
        let answer = self.connection.call(Some(&self.id), &command, until).await?.resource;
        let status = answer.http_status_code.unwrap_or_default();
        match answer.stream {
            Some(stream) if answer.success => Ok(self.drain(stream, most, until).await?.map_or(Fetched::TooLarge, Fetched::Bytes)),
            _ if status >= 400.0 => Ok(Fetched::Failed(format!("the server answered {status:.0}"))),
            _ => Ok(Fetched::Failed(answer.net_error_name.unwrap_or_else(|| "it could not be loaded".to_owned()))),
        }
    }

    /// All of a stream, unless it is longer than `most` bytes.
    async fn drain(&self, stream: StreamHandle, most: u64, until: Until) -> Result<Option<Vec<u8>>, CallError> {
        let mut out = Vec::new();
        let mut fits = true;
        loop {
            let mut command = ReadParams::new(stream.clone());
            command.size = Some(PIECE);
            let piece = self.connection.call(Some(&self.id), &command, until).await?;
            if piece.base64_encoded == Some(true) {
                out.extend(decode(&piece.data)?);
            } else {
                out.extend(piece.data.as_bytes());
            }
            fits = fits && out.len() as u64 <= most;
            if piece.eof || !fits {
                break;
            }
        }
        self.connection.tell(Some(&self.id), &CloseParams::new(stream));
        Ok(fits.then_some(out))
    }
}

fn decode(data: &str) -> Result<Vec<u8>, CallError> {
    base64::engine::general_purpose::STANDARD.decode(data).map_err(|error| CallError::Unreadable(error.to_string()))
}
