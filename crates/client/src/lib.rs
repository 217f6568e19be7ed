//! An async client of Signoff's native API, for control planes written in Rust.
//!
//! ```
//! # mod service { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/service.rs")); }
//! # use service::Service;
//! use serde_json::json;
//! use signoff_client::{Ask, Client, Status};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyhow::Result<()> {
//! # let service = Service::start().await?;
//! # let (url, key) = (service.url.as_str(), service.key.as_str());
//! # service.ann_will("approve");
//! let client = Client::new(url, key)?;
//! let arguments = json!({ "namespace": "prod", "image": "registry/billing:1.2.3" });
//! let ask = Ask::approval("run-42:deploy", "Deploy billing-api 1.2.3", "k8s.deploy", arguments)
//!     .justification("Fixes the double charge reported this morning.")
//!     .ttl_seconds(3600);
//! client.submit(&ask).await?;
//! let request = client.outcome("run-42:deploy").await?;
//! assert_eq!(request.status, Status::Approved);
//! # Ok(()) }
//! ```
//!
//! - [`Ask`] is what is asked: an approval of an exact action, or a question.
//! - [`Client::submit`] is safe to repeat for ever: the same body never asks twice.
//! - [`Client::outcome`] waits until people have decided, also while the service is away.
//! - [`Client::events`] follows everything that happens in the project, without gaps.
//! - [`Callback::verify`] proves that a callback came from Signoff, and reads it.
//!
//! The types of requests and outcomes are those of `signoff-contract`, given again here.

mod ask;
mod callback;
mod client;
mod error;
mod events;

pub use ask::Ask;
pub use callback::{Callback, Refused};
pub use client::{Client, Page};
pub use error::{Error, InvalidSetup};
pub use signoff_contract::signature::{InvalidSecret, SigningSecret, Unverified};
pub use signoff_contract::{
    Answer, Code, CorrelationId, Decision, DecisionBody, Digest, EventResource, ExecutionBody,
    ExecutionResult, FieldError, Kind, Outcome, Problem, RequestResource, Risk, Status, Via,
};

#[expect(
    clippy::disallowed_methods,
    reason = "a peer's clock is the machine's; what depends on it can be given a time"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
