//! What people read: pure functions from typed data to plain text, one per thing said, in
//! every language. The words are in `locales/*.ftl` (Project Fluent); markup and escaping are
//! the renderer's business.

mod bundles;
mod language;
mod messages;

pub use language::Language;
pub(crate) use messages::*;

#[cfg(test)]
mod tests;
