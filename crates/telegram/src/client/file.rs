//! Files that people sent: where they are, and their bytes, which stay in memory.
//!
//! <https://core.telegram.org/bots/api#getfile>: up to 20 MB, behind a link that holds for an hour.
//! The link contains the token: it is asked for anew each time, and never leaves this file.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use teloxide_core::payloads::GetFile;
use teloxide_core::types::FileId;

use super::classify::{Envelope, classify};
use super::{ApiError, Client, Processed, network};

/// The longest that a file may take to arrive: others wait for their turn meanwhile.
const FILE_TIMEOUT: Duration = Duration::from_secs(30);
/// The name under which downloads are counted among the calls.
const DOWNLOAD: &str = "file";
/// How much of a refusal is read.
const REFUSAL_BYTES: usize = 16 * 1024;

/// Why a file did not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileError {
    /// It is larger than what is taken.
    #[error("the file is too large")]
    TooLarge,
    /// Telegram does not have it (any more), or not for us.
    #[error("Telegram does not give the file: {description}")]
    Gone { description: String },
    /// Anything else.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl Client {
    /// The bytes of a file, at most `limit` of them, whatever anybody declared.
    pub(crate) async fn file(&self, file_id: &str, limit: usize) -> Result<Vec<u8>, FileError> {
        let payload = GetFile::new(FileId(file_id.to_owned()));
        let file = self.call(&payload).await.map_err(refused)?;
        let path = file.get("file_path").and_then(|path| path.as_str());
        let path = path.filter(|path| is_plain(path)).ok_or_else(|| {
            let description = "it has no path that can be fetched over HTTP".to_owned();
            FileError::Gone { description }
        })?;
        let fetched = self.fetch(path, limit).await;
        let outcome = match &fetched {
            Ok(_) => "ok",
            Err(FileError::Api(error)) => error.label(),
            Err(FileError::TooLarge | FileError::Gone { .. }) => "refused",
        };
        self.metrics.called(DOWNLOAD, outcome);
        fetched
    }

    async fn fetch(&self, path: &str, limit: usize) -> Result<Vec<u8>, FileError> {
        let base = self.api_url.as_str().trim_end_matches('/');
        let url = format!("{base}/file/bot{}/{path}", self.token.expose_secret());
        let request = self.http.get(url).timeout(FILE_TIMEOUT);
        let mut response = request.send().await.map_err(network)?;
        let status = response.status();
        let limit = if status.is_success() {
            limit
        } else {
            REFUSAL_BYTES
        };
        let mut bytes = Vec::new();
        while let Some(part) = response.chunk().await.map_err(network)? {
            if bytes.len() + part.len() > limit {
                return Err(FileError::TooLarge);
            }
            bytes.extend_from_slice(&part);
        }
        if status.is_success() {
            return Ok(bytes);
        }
        let status = status.as_u16();
        Err(match (status, serde_json::from_slice::<Envelope>(&bytes)) {
            // The link's hour is over, or the file is.
            (404, _) => FileError::Gone {
                description: "404".to_owned(),
            },
            (_, Ok(envelope)) => {
                let envelope = envelope.without(self.token.expose_secret());
                FileError::Api(classify(envelope, status))
            }
            (500.., Err(_)) => FileError::Api(ApiError::Server { status }),
            (_, Err(_)) => FileError::Api(ApiError::Network {
                processed: Processed::Maybe,
                cause: format!("the file did not come ({status})"),
            }),
        })
    }
}

/// What a refusal of `getFile` means: asking again does not help.
fn refused(error: ApiError) -> FileError {
    match error {
        ApiError::Refused { description, .. } if description.ends_with("file is too big") => {
            FileError::TooLarge
        }
        ApiError::Refused { description, .. } | ApiError::Unreachable { description, .. } => {
            FileError::Gone { description }
        }
        error => FileError::Api(error),
    }
}

/// Whether a path leads to a file below the bot's own: a server with local files names paths of
/// its disk, which are not ours to read.
fn is_plain(path: &str) -> bool {
    let step = |part: &str| !matches!(part, "" | "." | "..");
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    path.chars().all(safe) && path.split('/').all(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_below_the_bot_are_fetched() {
        for path in ["voice/file_1.oga", "documents/file-2.m4a", "x"] {
            assert!(is_plain(path), "{path}");
        }
        for path in [
            "",
            "/var/lib/telegram-bot-api/1:x/voice/file_1.oga",
            "../bot2/voice",
            "voice/../../x",
            "voice//x",
            "voice/x?y",
            "voice/%2e%2e/x",
            "http://elsewhere/x",
        ] {
            assert!(!is_plain(path), "{path}");
        }
    }
}
