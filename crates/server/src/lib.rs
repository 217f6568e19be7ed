//! Signoff's HTTP surface: the native API, health, metrics, and its own description.
//!
//! [`router`] builds the routes over an [`Engine`](signoff_engine::Engine) and [`serve`] answers
//! connections with them. Every operation has a file named by its verb; its handler is load →
//! act → answer. Who calls and what they sent is proved by extractors (`extract`), every error
//! becomes one kind of document (`problem`), and what belongs to every answer (identifier, span,
//! metrics, a caught panic, a deadline) is in one layer (`envelope`). The drop-in endpoints, whose
//! callers know other documents and have no keys, are apart (`compat`). What a request is, who may
//! decide it and where it is kept is not known here: that is the engine's.

mod adapter;
mod app;
mod cancel;
mod claim;
mod compat;
mod connection;
mod decide;
mod docs;
mod envelope;
mod error_page;
mod error_pages;
mod events;
mod execution;
mod extract;
mod get;
mod health;
mod limits;
mod list;
mod metrics;
mod openapi;
mod problem;
mod request_id;
mod router;
mod serve;
mod stream;
mod submit;

pub use adapter::{AdapterSecrets, adapter_openapi};
pub use compat::{Callers, CompatOptions};
pub use error_pages::error_pages;
pub use openapi::openapi;
pub use router::{Routers, ServerOptions, enveloped, router, routers};
pub use serve::{ConnectionLimits, Ended, serve, serve_within};
