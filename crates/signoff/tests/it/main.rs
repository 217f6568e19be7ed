//! The program, run as its users run it: the built binary, files, the environment, and a real
//! service as a child process.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test; clippy.toml frees test functions alone"
)]

mod adapter;
mod ask;
mod bridge;
mod config;
mod config_errors;
mod conformance;
mod database;
mod demo;
mod doctor;
mod generated;
mod keeping;
mod previous;
mod previous_environment;
mod serve;
mod speech;
mod telegram;
mod world;
