//! Checks of what others build to Signoff's contract, from the outside: adapters, receivers of
//! callbacks, and services that speak the native API. The checks trust nothing of Signoff's own
//! code but the contract, so that they can judge that code too.

mod check;
mod report;

pub use check::{Check, Examination, Finding, Miss, Outcome, Verdict};
pub use report::Report;
