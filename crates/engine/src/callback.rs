//! Callbacks: where they may go ([`AllowList`]), and how one is sent ([`Sender`]).
//!
//! This is the only place that opens connections to addresses that callers gave.

mod guard;
mod manners;
mod networks;
mod resolver;
mod sender;

pub use guard::{AllowList, InvalidEntry, Refused};
pub use resolver::Lookup;
pub use sender::{Network, Sender, Sent, Verdict};
pub(crate) use sender::{describe, retry_after};
