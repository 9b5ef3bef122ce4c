//! Print: the page as a PDF file, in the folder for downloads.

use std::sync::Arc;

use handiwork_core::{Change, Context, Reason, Receipt};

use super::super::Browser;
use super::super::cdp::{CallError, Until};
use super::Halt;

impl Browser {
    pub(super) async fn print(&self, cx: &Context, until: Until) -> Result<Receipt, Halt> {
        let tab = self.tab().map_err(Halt::before)?;
        if tab.crashed {
            return Err(Reason::Crashed.into());
        }
        // Looked at first: what the page shows by now may be a secret that it was given earlier.
        let look = self.look(cx, false, until).await.map_err(Halt::before)?;
        if look.leaky || self.may_show_secret(tab.number, until).await.map_err(Halt::before)? {
            let why = "a secret was put into this page, so it is not printed; open another page first".to_owned();
            return Err(Reason::Denied { why }.into());
        }
        let limit = self.downloads.limit();
        let name = format!("{}.pdf", if look.screen.title.trim().is_empty() { "page" } else { look.screen.title.trim() });
        let bytes = tab.session.print(limit, until).await.map_err(Halt::before)?;
        let Some(bytes) = bytes else {
            let problem = format!("the print is larger than {limit} bytes, the most that is allowed");
            return Err(Reason::FileNotAllowed { path: name, problem }.into());
        };
        let (downloads, wanted) = (Arc::clone(&self.downloads), name.clone());
        let stored = tokio::time::timeout_at(until.end, tokio::task::spawn_blocking(move || downloads.store(&wanted, &bytes))).await;
        match stored {
            Ok(Ok(Ok(kept))) => {
                Ok(Receipt::Verified { changes: vec![Change::Printed { file: kept.file, bytes: kept.bytes, sha256: kept.sha256 }] })
            }
            Ok(Ok(Err(problem))) => Err(Reason::FileNotAllowed { path: name, problem }.into()),
            Ok(Err(error)) => Err(Halt::Unknown(error.to_string())),
            Err(_) => Err(Halt::during(CallError::TimedOut(until.limit.as_millis() as u64))),
        }
    }
}
