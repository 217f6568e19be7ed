//! Signoff's domain, without I/O: what a request is, how it changes, and what must happen then.
//!
//! The heart is [`request::apply`]: one pure function that every change goes through. Time
//! comes in as a parameter; what must happen afterwards goes out as data ([`request::Work`]),
//! which the store commits together with the new state and the audit entries.
//! Nothing here knows of HTTP, Telegram, a database or a clock.

pub mod audit;
mod dialect;
pub mod errors;
pub mod handle;
pub mod masking;
pub mod panics;
pub mod render;
pub mod request;
pub mod retry;

pub use handle::{Handle, HandleKey, HandleKeys, Meaning};
pub use masking::{Masked, Masker};
