//! Signoff's use cases, the ports that channels plug into, and the background work.
//!
//! [`Engine`] is the service without its surfaces: the HTTP API calls its use cases, channels
//! call it through [`Gateway`] and are called through [`Channel`]. Background work is a set of
//! idempotent `tick`s ([`workers`]); the loops around them only wait. Requests change in
//! `signoff-core`, and are kept by `signoff-store`; nothing here speaks HTTP to callers but the
//! callback sender, which alone opens connections to addresses that callers gave.

pub mod adapters;
pub mod callback;
mod cards;
pub mod directory;
mod engine;
mod error;
mod gateway;
pub mod keys;
pub mod metrics;
pub mod ports;
mod usecases;
mod waiters;
pub mod workers;

pub use directory::{Approver, Directory, Place, Project, Route};
pub use engine::{Engine, Readiness, Settings};
pub use error::Error;
pub use keys::{ApiKey, Caller, ConfiguredKey, Scope};
pub use ports::{
    AnswerResult, Answered, Button, ButtonAction, Channel, ChannelError, ChannelHealth,
    ChannelStore, Confirm, Gateway, HeardNote, Notice, Opened, Pairing, PendingPrompt, Person,
    PromptCard, PromptRef, Reachability, Recipient, Recording, Response, Segment, SpeechRules,
    TranscribeError, Transcriber, Transcript, Turn, UserIdentity,
};
pub use signoff_store::{Clock, Conversation, Error as StoreError, InboxRow, Store};
pub use usecases::{DropInSubmitted, ListQuery, Page, Submitted, Waiting};
