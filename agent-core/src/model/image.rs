//! A picture in a conversation. It is named by its blob, and its bytes are there only while a model is asked: so a request, its
//! hash and its journal stay small.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::ModelError;
use crate::journal::BlobId;

/// Media types that DeepSeek's models read, and most others too.
const READABLE: [&str; 4] = ["image/webp", "image/png", "image/jpeg", "image/gif"];

/// A picture for a model that sees.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// `image/webp`, `image/png`, `image/jpeg` or `image/gif`.
    pub media_type: String,
    /// Where its bytes are kept.
    pub blob: BlobId,
    /// Its bytes. The driver reads them from the journal before it asks.
    #[serde(skip)]
    pub bytes: Option<Arc<[u8]>>,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({}, {}, {} bytes)", self.media_type, self.blob, self.bytes.as_ref().map_or(0, |bytes| bytes.len()))
    }
}

impl Image {
    /// A picture of these bytes.
    #[must_use]
    pub fn new(media_type: impl Into<String>, bytes: &[u8]) -> Self {
        Self { media_type: media_type.into(), blob: BlobId::of(bytes), bytes: Some(bytes.into()) }
    }

    /// The picture in base 64, when its bytes are there.
    pub(crate) fn base64(&self) -> Option<String> {
        self.bytes.as_ref().map(|bytes| STANDARD.encode(bytes))
    }

    /// The picture as a `data:` URL.
    pub(crate) fn data_url(&self) -> Result<String, ModelError> {
        let Self { media_type, blob, bytes } = self;
        if !READABLE.contains(&media_type.as_str()) {
            let problem = format!("a picture is {media_type}, and models read {} only; convert it", READABLE.join(", "));
            return Err(ModelError::BadRequest(problem));
        }
        let Some(bytes) = bytes.as_ref().filter(|bytes| !bytes.is_empty()) else {
            return Err(ModelError::BadRequest(format!("the bytes of picture {blob} are not there; read them from the journal first")));
        };
        Ok(format!("data:{media_type};base64,{}", STANDARD.encode(bytes)))
    }
}
