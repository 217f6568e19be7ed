//! Examines a control plane's receiver of callbacks: plays Signoff to it, and those who are not.

mod checks;
mod effects;
mod forgeries;
mod message;
mod outbox;
mod outcomes;
mod repeats;
mod signatures;

use std::collections::BTreeSet;

use signoff_contract::CorrelationId;
use signoff_contract::signature::SigningSecret;
use url::Url;

pub use checks::CHECKS;
pub use effects::Seen;

use crate::{Examination, Report, Unreachable, peer};
use outbox::Outbox;

/// What the requests of an examination are about, in the order in which they may be given names.
pub const REQUESTS: &[&str] = &[
    "approved",
    "denied",
    "answered",
    "own-words",
    "expired",
    "failed",
    "cancelled",
    "largest",
    "unknown-fields",
    "spelled",
    "secrets",
    "rotated-before",
    "rotated-after",
    "versions",
    "together",
    "newer",
    "older",
    "late",
    "forged",
];

/// A receiver, and what it shares with Signoff.
#[derive(Debug)]
pub struct Receiver {
    url: Url,
    secrets: Vec<SigningSecret>,
    names: Vec<CorrelationId>,
    seen: Option<Seen>,
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
    /// Each request has a name of its own, and each outcome an effect of its own.
    #[error("the names of {} different requests are needed; these are {given}", REQUESTS.len())]
    Names {
        /// How many there are.
        given: usize,
    },
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
        let run: u32 = rand::random();
        let name = |name: &&str| format!("conformance-{run:08x}:{name}").parse().ok();
        Ok(Self {
            url,
            secrets,
            names: REQUESTS.iter().filter_map(name).collect(),
            seen: None,
        })
    }

    /// The same for a control plane that takes only outcomes of requests it knows: these wait in it, as many as
    /// there are [`REQUESTS`].
    ///
    /// # Errors
    /// [`InvalidSetup::Names`]
    pub fn waiting_for(mut self, names: Vec<CorrelationId>) -> Result<Self, InvalidSetup> {
        let given = names.iter().collect::<BTreeSet<_>>().len();
        if given != REQUESTS.len() || given != names.len() {
            return Err(InvalidSetup::Names { given });
        }
        self.names = names;
        Ok(self)
    }

    /// The same for a control plane that says what it has acted on.
    #[must_use]
    pub fn seen(mut self, seen: Seen) -> Self {
        self.seen = Some(seen);
        self
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
    let outbox = Outbox::new(&receiver)?;
    let outbox = &outbox;
    match outcomes::approved(outbox) {
        Ok(approved) => {
            outcomes::examine(&mut examination, outbox, &approved).await;
            signatures::examine(&mut examination, outbox).await;
            repeats::examine(&mut examination, outbox, &approved).await;
            forgeries::examine(&mut examination, outbox, &approved).await;
            effects::examine(&mut examination, outbox, receiver.seen.as_ref()).await;
        }
        Err(miss) => {
            examination
                .check(&checks::APPROVED, async { Err(miss) })
                .await;
        }
    }
    Ok(examination.report())
}
