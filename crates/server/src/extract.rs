//! Extractors: what a handler is handed has been proved before it runs.

mod body;
mod caller;
mod name;
mod query;

pub(crate) use body::JsonBody;
pub(crate) use caller::{Authenticated, DecisionsWrite, RequestsRead, RequestsWrite};
pub(crate) use name::Named;
pub(crate) use query::{NoQuery, QueryReader};
