//! Examines a control plane's receiver of callbacks: plays Signoff to it, and those who are not.

mod checks;
mod message;
mod outbox;
mod outcomes;

use signoff_contract::signature::SigningSecret;
use url::Url;

pub use checks::CHECKS;

use crate::{Examination, Report, Unreachable, peer};
use outbox::Outbox;

/// A receiver, and what it shares with Signoff.
#[derive(Debug)]
pub struct Receiver {
    url: Url,
    secrets: Vec<SigningSecret>,
}

/// Why nothing can be examined.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSetup {
    /// Callbacks go over HTTP.
    #[error("a receiver has an address that begins with http:// or https://")]
    Url,
    /// Nothing could be signed.
    #[error("a receiver is checked with one of its signing secrets")]
    NoSecret,
}

impl Receiver {
    /// The receiver at this address, which is to believe whatever any of these secrets signed.
    ///
    /// # Errors
    /// [`InvalidSetup`]
    pub fn new(url: Url, secrets: Vec<SigningSecret>) -> Result<Self, InvalidSetup> {
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(InvalidSetup::Url);
        }
        if secrets.is_empty() {
            return Err(InvalidSetup::NoSecret);
        }
        Ok(Self { url, secrets })
    }

    /// Where it is, without what an address may hold that is nobody's business.
    pub fn origin(&self) -> String {
        peer::origin(&self.url)
    }
}

/// Examines a receiver.
///
/// # Errors
/// [`Unreachable`] when nothing answers at its address.
pub async fn examine(
    receiver: Receiver,
    mut examination: Examination,
) -> Result<Report, Unreachable> {
    peer::reach(&receiver.url).await?;
    let outbox = Outbox::new(receiver)?;
    outcomes::examine(&mut examination, &outbox).await;
    Ok(examination.report())
}
