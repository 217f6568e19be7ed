//! A voice note before it is sent.

use bytes::Bytes;

/// A voice note. Everything but the bytes is what the sender declares; Telegram does not check it, and a bot must not
/// trust it.
#[derive(Debug, Clone)]
pub struct VoiceNote {
    /// The file.
    pub bytes: Bytes,
    /// Declared duration.
    pub seconds: u32,
    /// Declared media type.
    pub mime_type: String,
    /// Declared size, when it is not the real one (to try the 20 MB rule without 20 MB).
    pub declared_size: Option<u64>,
}

impl VoiceNote {
    /// An OGG/Opus note, as Telegram's own clients record it.
    pub fn ogg(bytes: impl Into<Bytes>, seconds: u32) -> Self {
        Self {
            bytes: bytes.into(),
            seconds,
            mime_type: "audio/ogg".to_owned(),
            declared_size: None,
        }
    }

    /// The same note with another declared size.
    #[must_use]
    pub fn declared_as(self, bytes: u64) -> Self {
        Self {
            declared_size: Some(bytes),
            ..self
        }
    }
}
