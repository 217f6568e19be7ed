//! Signoff's wire contract, version 1: everything that two sides must agree on, and nothing else.
//!
//! Types of requests and answers, their validation, canonical JSON, digests and
//! signatures. There is no I/O here: a peer written in Rust needs this crate only.
//! How a request lives (`signoff-core`) and where it is kept (`signoff-store`) are elsewhere.

pub mod adapter;
pub mod bodies;
pub mod compat;
pub mod digest;
pub mod event;
pub mod ids;
pub mod json;
mod pointer;
pub mod problem;
mod reader;
pub mod resource;
pub mod signature;
pub mod submission;
pub mod time;

pub use bodies::{CancelBody, ClaimBody, Decision, DecisionBody, ExecutionBody, ExecutionResult};
pub use digest::Digest;
pub use event::EventResource;
pub use ids::{CorrelationId, DeliveryId, PromptId, RequestId};
pub use problem::{Code, FieldCode, FieldError, Problem};
pub use resource::{
    ActionView, Answer, CallbackState, CallbackView, Decider, DeciderType, Execution, Outcome,
    PromptState, PromptView, RequestResource, Status, Via,
};
pub use submission::{
    Action, CallbackTarget, Kind, Link, ParsedSubmission, QuestionOption, Requester, Risk,
    Submission,
};
