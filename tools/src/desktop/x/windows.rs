//! Windows: which there are, where, whose, and which of them lies on top.
//!
//! The one decision: what is on top of what is asked of the server itself, from its root, and not of the window manager: menus and
//! pop-ups, which cover as well as any window, are no windows to a manager.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, EventMask, InputFocus, MapState, StackMode, Window,
};

use super::{Area, X, XResult};

/// A window that can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Win {
    /// The program's own window.
    pub(crate) id: u32,
    /// The child of the root that it is in: its frame, or itself.
    pub(crate) frame: u32,
    /// Where its content is.
    pub(crate) area: Area,
    /// Where it is with its frame.
    pub(crate) outer: Area,
    /// The process that it belongs to.
    pub(crate) pid: Option<u32>,
    pub(crate) title: String,
    /// Its class, such as `Mousepad`.
    pub(crate) class: String,
    /// Whether it is no window to the window manager: a menu, a pop-up.
    pub(crate) popup: bool,
    /// Whether it is only painted through: a shadow, a hint at the mouse.
    pub(crate) passes: bool,
    /// Whether it waits for an answer before its owner can go on.
    pub(crate) modal: bool,
    /// The window that it belongs to.
    pub(crate) owner: Option<u32>,
}

/// All windows, the lowest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Windows {
    pub(crate) all: Vec<Win>,
    /// The one that has the keyboard.
    pub(crate) active: Option<u32>,
    /// Whether a window manager is there.
    pub(crate) managed: bool,
}

impl Windows {
    /// The window that a click at this point reaches.
    pub(crate) fn at(&self, x: i32, y: i32) -> Option<&Win> {
        self.all.iter().rev().find(|win| !win.passes && win.outer.holds(x, y))
    }

    pub(crate) fn get(&self, id: u32) -> Option<&Win> {
        self.all.iter().find(|win| win.id == id)
    }

    /// The one that has the keyboard, or else the uppermost one.
    pub(crate) fn front(&self) -> Option<&Win> {
        self.active.and_then(|id| self.get(id)).or_else(|| self.all.iter().rev().find(|win| !win.popup))
    }
}

impl X {
    /// All windows that are shown.
    pub(crate) fn windows(&mut self) -> XResult<Windows> {
        let names = Names {
            clients: self.atom("_NET_CLIENT_LIST_STACKING")?,
            active: self.atom("_NET_ACTIVE_WINDOW")?,
            pid: self.atom("_NET_WM_PID")?,
            title: self.atom("_NET_WM_NAME")?,
            state: self.atom("_NET_WM_STATE")?,
            modal: self.atom("_NET_WM_STATE_MODAL")?,
            hidden: self.atom("_NET_WM_STATE_HIDDEN")?,
            kind: self.atom("_NET_WM_WINDOW_TYPE")?,
            tooltip: self.atom("_NET_WM_WINDOW_TYPE_TOOLTIP")?,
            check: self.atom("_NET_SUPPORTING_WM_CHECK")?,
            wm_state: self.atom("WM_STATE")?,
        };
        let clients = self.words(self.root, names.clients)?;
        let active = self.words(self.root, names.active)?.first().copied().filter(|id| *id != 0);
        let managed = !self.words(self.root, names.check)?.is_empty();
        let tops = self.connection.query_tree(self.root)?.reply()?.children;
        let mut all = Vec::new();
        for top in tops {
            // A window may go while it is looked at: then it is not there.
            if let Ok(Some(win)) = self.window(top, &clients, &names) {
                all.push(win);
            }
        }
        Ok(Windows { all, active, managed })
    }

    fn window(&self, top: Window, clients: &[u32], names: &Names) -> XResult<Option<Win>> {
        let asked = (self.connection.get_window_attributes(top)?, self.connection.get_geometry(top)?);
        let (attributes, geometry) = (asked.0.reply()?, asked.1.reply()?);
        if attributes.map_state != MapState::VIEWABLE || attributes.class == x11rb::protocol::xproto::WindowClass::INPUT_ONLY {
            return Ok(None);
        }
        let border = i32::from(geometry.border_width);
        let outer = Area::new(
            i32::from(geometry.x),
            i32::from(geometry.y),
            i32::from(geometry.width) + 2 * border,
            i32::from(geometry.height) + 2 * border,
        );
        let id = if clients.contains(&top) || attributes.override_redirect { Some(top) } else { self.client_in(top, clients, names, 3)? };
        let Some(id) = id else { return Ok(None) };
        let area = if id == top {
            outer
        } else {
            let size = self.connection.get_geometry(id)?.reply()?;
            let place = self.connection.translate_coordinates(id, self.root, 0, 0)?.reply()?;
            Area::new(i32::from(place.dst_x), i32::from(place.dst_y), i32::from(size.width), i32::from(size.height))
        };
        // One or two pixels somewhere are no window to a person.
        if area.w < 4 || area.h < 4 {
            return Ok(None);
        }
        let states = self.words(id, names.state)?;
        if states.contains(&names.hidden) {
            return Ok(None);
        }
        let kinds = self.words(id, names.kind)?;
        let pid = self.words(id, names.pid)?.first().copied();
        let mut title = text(&self.property(id, names.title)?);
        if title.is_empty() {
            title = text(&self.property(id, AtomEnum::WM_NAME.into())?);
        }
        let class = self.property(id, AtomEnum::WM_CLASS.into())?;
        let class = class.split(|byte| *byte == 0).rfind(|part| !part.is_empty()).map(text).unwrap_or_default();
        let owner = self.words(id, AtomEnum::WM_TRANSIENT_FOR.into())?.first().copied().filter(|owner| *owner != 0 && *owner != self.root);
        Ok(Some(Win {
            id,
            frame: top,
            area,
            outer,
            pid,
            title,
            class,
            popup: attributes.override_redirect,
            passes: attributes.override_redirect && (kinds.contains(&names.tooltip) || self.passes_clicks(id)?),
            modal: states.contains(&names.modal),
            owner,
        }))
    }

    /// The program's window inside of a frame.
    fn client_in(&self, window: Window, clients: &[u32], names: &Names, depth: u32) -> XResult<Option<u32>> {
        let children = self.connection.query_tree(window)?.reply()?.children;
        for child in &children {
            if clients.contains(child) || !self.words(*child, names.wm_state)?.is_empty() {
                return Ok(Some(*child));
            }
        }
        if depth > 0 {
            for child in children {
                if let Some(found) = self.client_in(child, clients, names, depth - 1)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// Whether clicks go through the window.
    fn passes_clicks(&self, window: Window) -> XResult<bool> {
        use x11rb::protocol::shape::{ConnectionExt as _, SK};
        Ok(self.connection.shape_get_rectangles(window, SK::INPUT)?.reply().is_ok_and(|shape| shape.rectangles.is_empty()))
    }

    /// Gives a window the keyboard and lays it on top.
    pub(crate) fn activate(&mut self, id: u32, managed: bool) -> XResult<()> {
        if managed {
            let active = self.atom("_NET_ACTIVE_WINDOW")?;
            // 2: as if a person had done it by a pager.
            self.tell(id, active, [2, 0, 0, 0, 0])?;
        } else {
            self.connection.configure_window(id, &ConfigureWindowAux::new().stack_mode(StackMode::ABOVE))?;
            self.connection.set_input_focus(InputFocus::PARENT, id, x11rb::CURRENT_TIME)?;
        }
        self.connection.flush()?;
        Ok(())
    }

    /// Asks a window to close, as its cross does.
    pub(crate) fn close(&mut self, id: u32, managed: bool) -> XResult<()> {
        if managed {
            let close = self.atom("_NET_CLOSE_WINDOW")?;
            self.tell(id, close, [0, 2, 0, 0, 0])?;
        } else {
            let (protocols, delete) = (self.atom("WM_PROTOCOLS")?, self.atom("WM_DELETE_WINDOW")?);
            let message = ClientMessageEvent::new(32, id, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
            self.connection.send_event(false, id, EventMask::NO_EVENT, message)?;
        }
        self.connection.flush()?;
        Ok(())
    }

    fn tell(&self, id: u32, what: Atom, data: [u32; 5]) -> XResult<()> {
        let message = ClientMessageEvent::new(32, id, what, data);
        let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        self.connection.send_event(false, self.root, mask, message)?;
        Ok(())
    }
}

struct Names {
    clients: Atom,
    active: Atom,
    pid: Atom,
    title: Atom,
    state: Atom,
    modal: Atom,
    hidden: Atom,
    kind: Atom,
    tooltip: Atom,
    check: Atom,
    wm_state: Atom,
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(bytes.as_ref()).trim_end_matches('\0').to_owned()
}
