//! Upload: a file from the one folder that is allowed, and from nowhere else.

use std::path::PathBuf;

use handiwork_core::{Change, Context, Reason, Receipt, Resolved};
use serde_json::json;

use super::super::Browser;
use super::super::cdp::{CallError, Until};
use super::super::page::expression;
use super::super::watch::Counts;
use super::{Halt, verdict};

impl Browser {
    /// The file at `path`, if it is inside the folder that uploads are allowed from; links are followed first.
    pub(super) async fn allowed_file(&self, path: &str) -> Result<PathBuf, Reason> {
        let refuse = |problem: &str| Reason::FileNotAllowed { path: path.to_owned(), problem: problem.to_owned() };
        let Some(folder) = &self.config.upload_dir else { return Err(refuse("no folder for uploads is set, so none can be made")) };
        let folder = tokio::fs::canonicalize(folder).await.map_err(|_| refuse("the folder for uploads is not there"))?;
        // One answer for what is outside and what is missing outside: whether a file exists elsewhere is nobody's business.
        let file = tokio::fs::canonicalize(folder.join(path)).await.ok().filter(|file| file.starts_with(&folder));
        let file = file.ok_or_else(|| refuse("there is no such file in the folder for uploads"))?;
        let is_file = tokio::fs::metadata(&file).await.is_ok_and(|data| data.is_file());
        if is_file { Ok(file) } else { Err(refuse("it is not a file")) }
    }

    pub(super) async fn upload(&self, cx: &Context, resolved: &Resolved, path: &str, until: Until) -> Result<Receipt, Halt> {
        let file = self.allowed_file(path).await?;
        let found = self.again_found(cx, resolved, until).await?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let tab = self.state().tab(found.tab).ok_or(CallError::Detached).map_err(Halt::before)?;
        let session = tab.part_of(&found.token).to_owned();
        let (context, _) = self.world(found.tab, &session, until).await.map_err(Halt::before)?;
        let part = tab.part(&session).ok_or(CallError::Detached).map_err(Halt::before)?;
        let field = expression(&found.token, "fileField", &json!([found.id]));
        let files = vec![file.to_string_lossy().into_owned()];
        let uploaded = Change::Uploaded { r#ref: found.r#ref, file: name };
        let act = async {
            let given = part.session.set_files(context, field, files, until).await?;
            Ok(if given { vec![uploaded] } else { Vec::new() })
        };
        let mut changes = self.acting(cx, Some((found.r#ref, found.id)), Counts::default(), until, act).await?;
        changes.retain(|change| !matches!(change, Change::Value { .. }));
        Ok(verdict(changes))
    }
}
