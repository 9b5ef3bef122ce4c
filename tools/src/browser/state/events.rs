//! What becomes of dialogs, answers and requests that the browser tells of.

use serde_json::Value;

use super::super::config::{DialogAnswer, DialogPolicy};
use super::super::dialog::Dialog;
use super::super::tab::Happening;
use super::{Inner, text};

/// Dialogs in a row that are each told.
pub(super) const TOLD: u32 = 5;
/// Dialogs in a row after which the script that opens them is stopped.
const STORM: u32 = 50;
/// How a note on too many of them begins.
const STORM_NOTE: &str = "this page opens";

impl Inner {
    pub(super) fn dialog(&mut self, number: u32, params: &Value, policy: &DialogPolicy) {
        let kind = text(params, "/type").to_owned();
        let message = text(params, "/message").to_owned();
        let default = text(params, "/defaultPrompt");
        let wanted = match kind.as_str() {
            "confirm" => policy.confirm,
            "prompt" => policy.prompt,
            "beforeunload" => policy.beforeunload,
            _ => DialogAnswer::Accept,
        };
        let serial = self.sequence;
        let acting = self.acting;
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        if tab.dialog.is_some() {
            return;
        }
        if tab.hidden {
            tab.session.answer_dialog(matches!(kind.as_str(), "alert" | "beforeunload"), None);
            return;
        }
        let accept = match wanted {
            DialogAnswer::Ask => {
                tab.dialog = Some(Dialog::new(serial, kind.clone(), message.clone(), default.to_owned()));
                tab.parts.values().for_each(|part| part.session.stop(&kind, &message));
                self.note(Happening::Asked { tab: number, kind, message });
                return;
            }
            DialogAnswer::Accept => true,
            DialogAnswer::Dismiss => false,
        };
        tab.storm += 1;
        let count = tab.storm;
        if count.is_multiple_of(STORM) {
            // The script that opens them may never come to an end by itself.
            tab.session.terminate();
        }
        let reply = (kind == "prompt" && accept).then(|| policy.prompt_text.clone().unwrap_or_else(|| default.to_owned()));
        tab.session.answer_dialog(accept, reply.as_deref());
        let answer = match (kind.as_str(), reply) {
            (_, Some(reply)) => format!("OK with {reply:?}"),
            ("beforeunload", None) => if accept { "Leave" } else { "Stay" }.to_owned(),
            _ => if accept { "OK" } else { "Cancel" }.to_owned(),
        };
        if count <= TOLD {
            self.untold.push((self.sequence, format!("{kind} dialog {message:?} opened and was answered: {answer}")));
            self.note(Happening::Dialog { kind, message, answer });
        } else if count == TOLD + 1 || count.is_multiple_of(STORM) {
            self.untold.retain(|(_, note)| !note.starts_with(STORM_NOTE));
            self.untold.push((self.sequence, format!("{STORM_NOTE} dialogs without end: {count} so far, each was answered")));
            if acting {
                self.note(Happening::Storm { tab: number, count });
            }
        }
    }

    /// The server's answer to a request.
    pub(super) fn answered(&mut self, number: u32, params: &Value) {
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        let status = params.pointer("/response/status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
        let id = text(params, "/requestId");
        let kind = text(params, "/type");
        let main = kind == "Document" && text(params, "/frameId") == tab.frame();
        if status < 400 || !(main || matches!(kind, "XHR" | "Fetch")) {
            return;
        }
        let sent = self.happened.iter().rev().find_map(|(_, happening)| match happening {
            Happening::Request { id: sent, method, idle, .. } if sent == id => Some((method.clone(), *idle)),
            _ => None,
        });
        let (method, idle) = sent.unwrap_or_default();
        let url = text(params, "/response/url").to_owned();
        self.note(Happening::Refused { tab: number, status, method, url, main, idle });
    }

    pub(super) fn request(&mut self, number: u32, params: &Value) {
        let Some(tab) = self.tabs.get_mut(&number) else { return };
        let id = text(params, "/requestId").to_owned();
        let kind = text(params, "/type");
        if kind == "Document" && text(params, "/frameId") == tab.frame() {
            tab.pending = Some(id.clone());
        }
        // Streams that never end are not waited for.
        if !matches!(kind, "EventSource" | "WebSocket" | "Media" | "Ping" | "Preflight") {
            tab.requests.insert(id.clone());
        }
        let quiet = matches!(kind, "Ping" | "CSPViolationReport" | "Preflight");
        let (method, url) = (text(params, "/request/method").to_owned(), text(params, "/request/url").to_owned());
        let idle = !self.acting;
        self.note(Happening::Request { tab: number, id, method, url, quiet, idle });
    }
}
