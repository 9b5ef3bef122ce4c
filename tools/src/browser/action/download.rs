//! Download: a click, and the file that comes of it.

use std::sync::PoisonError;

use handiwork_core::action::Button;
use handiwork_core::{Change, Context, Progress, Reason, Receipt, Resolved};
use tokio::time::Instant;

use super::super::Browser;
use super::super::cdp::Until;
use super::super::watch::Counts;
use super::{Halt, verdict};

impl Browser {
    pub(super) async fn download(&self, cx: &Context, resolved: &Resolved, until: Until) -> Result<Receipt, Halt> {
        let found = self.again_found(cx, resolved, until).await?;
        let began = Instant::now();
        let files = self.downloads.mark();
        let act = async {
            self.press_mouse(&found, Button::Left, 1, until).await?;
            cx.report(Progress::Waiting("for the file".to_owned()));
            let soon = Self::but_a_moment(until);
            // A server may take its time before it sends the first byte; a page that asks for nothing won't.
            let patience = self.config.effect_wait * 3;
            while !self.download_begins(files, soon.at_most(patience)).await {
                if soon.is_over() || self.tab().is_ok_and(|tab| tab.pending.is_none()) {
                    return Ok(Err(None));
                }
            }
            let came = self.files_since(cx, files, soon).await;
            Ok(came.map(|came| came.into_iter().map(|(_, change)| change).collect::<Vec<Change>>()).map_err(Some))
        };
        // What is said of the file is kept aside: other effects of the click are told with it.
        let mut came = Err(None);
        let act = async {
            came = act.await?;
            Ok(came.clone().unwrap_or_default())
        };
        let changes = self.acting(cx, Some((found.r#ref, found.id)), Counts::default(), until, act).await?;
        match came {
            Ok(_) => Ok(verdict(changes)),
            Err(Some(reason)) => Err(Halt::Refused(reason)),
            Err(None) => Err(Halt::Refused(Reason::NoDownload { waited_ms: began.elapsed().as_millis() as u64 })),
        }
    }

    /// What is said of a navigation that gave a file. A PDF can be read as if it were shown.
    pub(super) async fn got_file(&self, cx: &Context, number: u32, files: u64, until: Until) -> Result<Receipt, Halt> {
        let came = self.files_since(cx, files, Self::but_a_moment(until)).await?;
        let mut changes = Vec::new();
        for (kept, change) in came {
            if let Change::Downloaded { url, .. } = &change
                && kept.is_pdf
                && let Ok(token) = self.token_of(number, until).await
            {
                *self.pdf.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, token, kept.file.clone(), url.clone()));
                changes.push(Change::Told { text: "it is a PDF: read gives its text; the page is still the one before".to_owned() });
            }
            changes.insert(0, change);
        }
        Ok(verdict(changes))
    }

    /// What names the document in a tab.
    pub(crate) async fn token_of(&self, number: u32, until: Until) -> Result<String, super::CallError> {
        let tab = self.state().tab(number).ok_or(super::CallError::Detached)?;
        Ok(self.world(number, &tab.session.id, until).await?.1)
    }
}
