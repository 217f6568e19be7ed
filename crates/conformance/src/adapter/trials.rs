//! How each check is tried, by subject.

pub(super) mod answers;
pub(super) mod closing;
pub(super) mod delivery;
pub(super) mod responses;
pub(super) mod results;
pub(super) mod revisions;
pub(super) mod showing;
pub(super) mod signatures;
pub(super) mod tally;
