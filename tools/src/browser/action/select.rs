//! Select: an option of a native select, by its label. The list that a click opens is drawn by the system and not in the page,
//! so it is chosen as by the keyboard: the value is set and the page is told.

use handiwork_core::{Change, Context, Receipt, Resolved};
use serde_json::{Value, json};

use super::super::Browser;
use super::super::cdp::Until;
use super::super::watch::Counts;
use super::{Halt, already, verdict};

impl Browser {
    pub(super) async fn select(&self, cx: &Context, resolved: &Resolved, option: &str, until: Until) -> Result<Receipt, Halt> {
        let found = self.again_found(cx, resolved, until).await?;
        if found.facts.tag != "select" {
            return self.choose_in(cx, &found, option, until).await;
        }
        let chosen = self.tell(&found, "chosen", &json!([found.id, option]), until).await.map_err(Halt::before)?;
        let label = cx.secrets().redact(chosen.get("label").and_then(Value::as_str).unwrap_or(option));
        if chosen.get("already") == Some(&Value::Bool(true)) {
            return Ok(already());
        }
        let act = async { self.tell(&found, "choose", &json!([found.id, option]), until).await.map(|_| Vec::new()) };
        let changes = self.acting(cx, Some((found.r#ref, found.id)), Counts::default(), until, act).await?;
        let told = changes.into_iter().map(|change| match change {
            Change::Value { r#ref, to, .. } if r#ref == found.r#ref => {
                Change::Selected { r#ref, option: if to.is_empty() { label.clone() } else { to } }
            }
            other => other,
        });
        Ok(verdict(told.collect()))
    }
}
