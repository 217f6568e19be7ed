//! Sound that somebody sent: a voice note, an audio file, a round video, a document with sound.
//! What its sender declares is believed nowhere: sizes are counted while they arrive, and what a
//! file holds its decoder finds out.

use serde::Deserialize;

/// The endings of files that hold sound, for documents whose media type says nothing.
const ENDINGS: [&str; 9] = [
    "ogg", "oga", "opus", "mp3", "m4a", "wav", "webm", "flac", "aac",
];

/// A file in Telegram's store, as an update names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Sound {
    /// What `getFile` takes. It stays valid as long as Telegram keeps the message.
    #[serde(default)]
    pub(crate) file_id: String,
    /// As its sender declares it.
    #[serde(default)]
    pub(crate) mime_type: Option<String>,
    #[serde(default)]
    file_name: Option<String>,
}

impl Sound {
    /// Whether a document says that it holds sound.
    pub(super) fn is_declared(&self) -> bool {
        let mime_type = self.mime_type.as_deref().unwrap_or_default();
        let name = self.file_name.as_deref().unwrap_or_default();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        mime_type.starts_with("audio/")
            || mime_type == "application/ogg"
            || ENDINGS
                .iter()
                .any(|known| ending.eq_ignore_ascii_case(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(mime_type: &str, file_name: &str) -> Sound {
        let file_id = "f".to_owned();
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Sound {
            file_id,
            mime_type: some(mime_type),
            file_name: some(file_name),
        }
    }

    #[test]
    fn a_document_is_sound_by_its_type_or_its_ending() {
        for (mime_type, file_name) in [
            ("audio/mp4", ""),
            ("audio/ogg; codecs=opus", "x.bin"),
            ("application/ogg", ""),
            ("application/octet-stream", "Memo.M4A"),
            ("", "a.b.opus"),
        ] {
            assert!(document(mime_type, file_name).is_declared(), "{file_name}");
        }
        for (mime_type, file_name) in [
            ("", ""),
            ("application/pdf", "voice.pdf"),
            ("text/plain", "ogg"),
            ("video/mp4", "clip.mp4"),
        ] {
            assert!(!document(mime_type, file_name).is_declared(), "{file_name}");
        }
    }
}
