//! The bytes of a conversation's pictures, for as long as a model is asked. They are in the journal and nowhere else.

use crate::journal::{Journal, JournalError};
use crate::model::{Message, Request};

/// The request with the bytes of its pictures; none if it holds no picture.
pub(super) async fn load(journal: &dyn Journal, request: &Request) -> Result<Option<Request>, JournalError> {
    if request.images().next().is_none() {
        return Ok(None);
    }
    let mut whole = request.clone();
    for message in &mut whole.messages {
        let Message::User { images, .. } = message else { continue };
        for image in images {
            image.bytes = Some(journal.get_blob(&image.blob).await?.into());
        }
    }
    Ok(Some(whole))
}
