//! Examines a service that speaks the native API: plays a control plane and a person who decides.

mod access;
mod bench;
mod callbacks;
mod caller;
mod checks;
mod claims;
mod decisions;
mod events;
mod expiry;
mod protocol;
mod read;
mod secrecy;
mod submit;
mod validation;
mod vectors;

use ::secrecy::SecretString;
use url::Url;

pub use callbacks::Callbacks;
pub use checks::CHECKS;

use crate::{Examination, Report, Unreachable, peer};
use bench::Bench;

/// A service, and those who may call it.
#[derive(Debug)]
pub struct Service {
    url: Url,
    key: SecretString,
    approver_key: SecretString,
    other_key: Option<SecretString>,
    callbacks: Option<Callbacks>,
    route: Option<String>,
}

/// A service has an address that begins with `http://` or `https://`, and no credentials in it.
#[derive(Debug, thiserror::Error)]
#[error("a service has an address that begins with http:// or https://, without a user or a query")]
pub struct InvalidUrl;

impl Service {
    /// The service at this address, with a key that asks and one that decides what it asks.
    ///
    /// # Errors
    /// [`InvalidUrl`]
    pub fn new(
        url: Url,
        key: SecretString,
        approver_key: SecretString,
    ) -> Result<Self, InvalidUrl> {
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if !plain || !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidUrl);
        }
        Ok(Self {
            url,
            key,
            approver_key,
            other_key: None,
            callbacks: None,
            route: None,
        })
    }

    /// The same with a key that asks in another project.
    #[must_use]
    pub fn other_project(mut self, key: SecretString) -> Self {
        self.other_key = Some(key);
        self
    }

    /// The same with a place to receive callbacks at.
    #[must_use]
    pub fn callbacks(mut self, callbacks: Callbacks) -> Self {
        self.callbacks = Some(callbacks);
        self
    }

    /// The same, asking on another route than the default.
    #[must_use]
    pub fn route(mut self, name: String) -> Self {
        self.route = Some(name);
        self
    }

    /// Where it is.
    pub fn origin(&self) -> String {
        peer::origin(&self.url)
    }
}

/// Examines a service.
///
/// # Errors
/// [`Unreachable`] when nothing answers at its address.
pub async fn examine(
    service: Service,
    mut examination: Examination,
) -> Result<Report, Unreachable> {
    peer::reach(&service.url).await?;
    let bench = Bench::new(&service)?;
    // What has to be waited for is waited for while all else is looked at.
    let looking = async {
        let examination = &mut examination;
        access::examine(examination, &bench).await;
        submit::examine(examination, &bench).await;
        validation::examine(examination, &bench).await;
        secrecy::examine(examination, &bench).await;
        read::examine(examination, &bench).await;
        decisions::examine(examination, &bench).await;
        claims::examine(examination, &bench).await;
        events::examine(examination, &bench).await;
        protocol::examine(examination, &bench).await;
    };
    let receiving = callbacks::receive(&bench, service.callbacks.as_ref());
    let expiring = expiry::expire(&bench);
    let (looking, receiving) = (Box::pin(looking), Box::pin(receiving));
    let ((), received, expired) = tokio::join!(looking, receiving, expiring);
    callbacks::examine(&mut examination, received).await;
    expiry::examine(&mut examination, &bench, expired).await;
    bench.tidies_up().await;
    Ok(examination.report())
}
