//! Files: identifiers, download paths and their expiry.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;

/// Bots may download files of up to 20 MB.
pub(crate) const MAX_DOWNLOAD: u64 = 20 * 1024 * 1024;
/// A download link is good for at least one hour; here for exactly one, on the simulator's clock.
const LINK_LIFE: i64 = 3600;

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct StoredFile {
    pub(crate) bytes: Bytes,
    pub(crate) file_name: Option<String>,
    pub(crate) mime_type: Option<String>,
    /// Size as Telegram reports it; a test may declare one that the bytes do not have.
    pub(crate) size: u64,
    pub(crate) unique_id: String,
    pub(crate) path: String,
    link_until: i64,
}

/// All files by `file_id`.
#[derive(Debug, Default)]
pub(crate) struct Files {
    files: BTreeMap<String, StoredFile>,
}

impl Files {
    /// Keeps a file and returns its id.
    pub(crate) fn add(
        &mut self,
        folder: &str,
        bytes: Bytes,
        file_name: Option<String>,
        mime_type: Option<String>,
        declared_size: Option<u64>,
    ) -> (String, StoredFile) {
        let number = self.files.len() + 1;
        let random: [u8; 24] = rand::random();
        let file_id = format!("SimFile-{number}-{}", URL_SAFE_NO_PAD.encode(random));
        let extension = match folder {
            "voice" => "oga".to_owned(),
            _ => file_name
                .as_deref()
                .and_then(|n| n.rsplit_once('.'))
                .map_or("bin", |(_, e)| e)
                .to_owned(),
        };
        let size = declared_size.unwrap_or(bytes.len() as u64);
        let file = StoredFile {
            bytes,
            file_name,
            mime_type,
            size,
            unique_id: format!("Sim{number:04}"),
            path: format!("{folder}/file_{number}.{extension}"),
            link_until: i64::MIN,
        };
        self.files.insert(file_id.clone(), file.clone());
        (file_id, file)
    }

    /// The file with this id.
    pub(crate) fn get(&self, file_id: &str) -> Option<&StoredFile> {
        self.files.get(file_id)
    }

    /// Opens (or prolongs) the download link of a file.
    pub(crate) fn open_link(&mut self, file_id: &str, now: i64) {
        if let Some(file) = self.files.get_mut(file_id) {
            file.link_until = now + LINK_LIFE;
        }
    }

    /// The file behind an open download link.
    pub(crate) fn by_path(&self, path: &str, now: i64) -> Option<&StoredFile> {
        self.files
            .values()
            .find(|file| file.path == path && file.link_until > now)
    }
}
