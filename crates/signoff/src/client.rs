//! The connection of the commands that talk to a running service, and what they say when it fails.

mod connect;
mod report;

pub(crate) use connect::Connection;
pub(crate) use report::report;
