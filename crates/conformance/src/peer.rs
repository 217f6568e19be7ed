//! Those who are examined, as seen over the network.

use std::time::Duration;

use url::Url;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// Nothing answers where the peer should be, so there is nothing to examine.
#[derive(Debug, thiserror::Error)]
#[error("nothing answers at {at}: {why}")]
pub struct Unreachable {
    at: String,
    why: String,
}

impl Unreachable {
    /// Nothing can be sent there.
    pub(crate) fn because(url: &Url, error: reqwest::Error) -> Self {
        let at = origin(url);
        let why = causes(error);
        Self { at, why }
    }
}

/// Whether there is something at this address at all.
pub(crate) async fn reach(url: &Url) -> Result<(), Unreachable> {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or_default();
    let connected = tokio::net::TcpStream::connect((host, port));
    let why = match tokio::time::timeout(CONNECT, connected).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no connection within {} s", CONNECT.as_secs()),
    };
    let at = origin(url);
    Err(Unreachable { at, why })
}

/// The peer as it may be named: an address may carry a token behind this.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// A client that does what it is told and nothing else.
pub(crate) fn http() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
}

/// Why there is no answer, with its causes, and without the address.
pub(crate) fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[expect(
    clippy::disallowed_methods,
    reason = "the kit is another party, with the clock of its machine"
)]
/// The time, for messages that claim to be of now.
pub(crate) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
