//! JSON as this contract reads and writes it: strict in, canonical out.
//!
//! Reading refuses what two readers could understand differently, because an approval is a
//! digest over what was read: duplicate keys, numbers that a double cannot carry exactly as
//! whole numbers, lone surrogates. Writing is RFC 8785. What the fields of a body mean is not
//! known here.

mod canonical;
mod read;

pub(crate) use canonical::write_object;
pub use canonical::{Member, canonical, canonical_members};
pub(crate) use read::read_collecting;
pub use read::{ReadError, read};

/// The largest whole number that every JSON reader agrees on, 2^53 − 1 (RFC 7493, section 2.2).
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// How many objects and arrays may lie within one another. Ours: deeper data is no human's to read.
pub const MAX_DEPTH: usize = 64;
