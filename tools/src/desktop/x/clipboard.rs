//! The clipboard: read from whoever owns it, and owned by us when something is put on it.

use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent,
    SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::{X, XResult};

/// How long the owner may take to tell.
const ANSWER: Duration = Duration::from_millis(700);

/// A window that nobody sees, which things are handed to and taken from.
#[derive(Debug)]
pub(crate) struct Clipboard {
    window: Window,
    /// What we have put there.
    ours: Option<String>,
}

impl Clipboard {
    pub(super) fn new(connection: &RustConnection, root: Window) -> Result<Self, Box<dyn std::error::Error>> {
        let window = connection.generate_id()?;
        connection.create_window(
            0,
            window,
            root,
            -10,
            -10,
            1,
            1,
            0,
            WindowClass::INPUT_ONLY,
            0,
            &CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE),
        )?;
        connection.flush()?;
        Ok(Self { window, ours: None })
    }
}

impl X {
    /// The text on the clipboard (`CLIPBOARD`) or of the selection (`PRIMARY`), if there is any. Blocks for a moment at most.
    pub(crate) fn copied(&mut self, primary: bool) -> XResult<Option<String>> {
        let selection = if primary { AtomEnum::PRIMARY.into() } else { self.atom("CLIPBOARD")? };
        let window = self.clipboard.window;
        let owner = self.connection.get_selection_owner(selection)?.reply()?.owner;
        if owner == x11rb::NONE {
            return Ok(None);
        }
        if owner == window {
            return Ok(self.clipboard.ours.clone());
        }
        let (utf8, into) = (self.atom("UTF8_STRING")?, self.atom("HANDIWORK_PASTE")?);
        self.connection.delete_property(window, into)?;
        self.connection.convert_selection(window, selection, utf8, into, x11rb::CURRENT_TIME)?;
        self.connection.flush()?;
        let end = Instant::now() + ANSWER;
        while Instant::now() < end {
            match self.connection.poll_for_event()? {
                Some(Event::SelectionNotify(told)) if told.property == x11rb::NONE => return Ok(None),
                Some(Event::SelectionNotify(_)) => {
                    let reply = self.connection.get_property(true, window, into, AtomEnum::ANY, 0, 1 << 18)?.reply()?;
                    return Ok(Some(String::from_utf8_lossy(&reply.value).into_owned()));
                }
                Some(Event::SelectionRequest(request)) => self.hand_over(&request)?,
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(4)),
            }
        }
        Ok(None)
    }

    /// Puts text on the clipboard.
    pub(crate) fn put(&mut self, text: &str) -> XResult<()> {
        let (clipboard, window) = (self.atom("CLIPBOARD")?, self.clipboard.window);
        self.clipboard.ours = Some(text.to_owned());
        self.connection.set_selection_owner(window, clipboard, x11rb::CURRENT_TIME)?;
        self.connection.flush()?;
        Ok(())
    }

    /// Gives what we have put on the clipboard to those who want it. Blocks for `limit`.
    pub(crate) fn serve(&mut self, limit: Duration) -> XResult<()> {
        let end = Instant::now() + limit;
        while Instant::now() < end {
            match self.connection.poll_for_event()? {
                Some(Event::SelectionRequest(request)) => self.hand_over(&request)?,
                Some(Event::SelectionClear(_)) => self.clipboard.ours = None,
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(4)),
            }
        }
        Ok(())
    }

    fn hand_over(&mut self, request: &SelectionRequestEvent) -> XResult<()> {
        let (utf8, targets) = (self.atom("UTF8_STRING")?, self.atom("TARGETS")?);
        let property = if request.property == x11rb::NONE { request.target } else { request.property };
        let text = self.clipboard.ours.clone().unwrap_or_default();
        let given: Option<Atom> = match request.target {
            target if target == targets => {
                self.connection.change_property32(PropMode::REPLACE, request.requestor, property, AtomEnum::ATOM, &[targets, utf8])?;
                Some(property)
            }
            target if target == utf8 => {
                self.connection.change_property8(PropMode::REPLACE, request.requestor, property, utf8, text.as_bytes())?;
                Some(property)
            }
            _ => None,
        };
        let told = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property: given.unwrap_or(x11rb::NONE),
        };
        self.connection.send_event(false, request.requestor, EventMask::NO_EVENT, told)?;
        self.connection.flush()?;
        Ok(())
    }
}
