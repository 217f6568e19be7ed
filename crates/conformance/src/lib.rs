//! Checks of what others build to Signoff's contract, from the outside: adapters, receivers of
//! callbacks, and services that speak the native API. The checks trust nothing of Signoff's own
//! code but the contract, so that they can judge that code too.

pub mod adapter;
mod check;
mod peer;
pub mod receiver;
mod report;
pub mod service;

pub use check::{Check, Examination, Finding, Miss, Outcome, Verdict};
pub use peer::Unreachable;
pub use report::Report;

/// Every check of every kind of peer: the kind, and its checks in the order of looking.
pub const ALL: &[(&str, &[Check])] = &[
    ("adapter", adapter::CHECKS),
    ("receiver", receiver::CHECKS),
    ("service", service::CHECKS),
];
