//! A channel in a process of its own: the two ports between a channel and the engine, over the HTTP
//! adapter contract (contracts/ADAPTERS.md).
//!
//! [`Remote`] is the [`Gateway`](signoff_engine::Gateway) of such a channel: it asks the service.
//! [`Prompts`] is what serves the operation that the service calls, and shows each prompt through
//! the very [`Channel`](signoff_engine::Channel) that the service would call in its own process.
//! Where prompts stand, and which revision was taken, is kept in the adapter's own store
//! ([`Places`]): the contract's `prompt_ref` has room for one place, a channel may use several.

mod convert;
mod gateway;
mod places;
mod prompts;
mod refresh;
mod serve;
mod service;

pub use gateway::Remote;
pub use places::Places;
pub use prompts::Prompts;
pub use service::{Service, ServiceSettings};
