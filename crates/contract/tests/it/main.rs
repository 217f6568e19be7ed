//! The tests of the wire contract, one binary.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

mod adapter;
mod bad_bodies;
mod bad_fields;
mod bodies;
mod canonical;
mod compat;
mod identifiers;
mod problems;
mod properties;
mod reading;
mod signatures;
mod submissions;
mod vectors;
