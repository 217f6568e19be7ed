//! The contract's test vectors, as they are published.

use serde::Deserialize;
use serde_json::Value;

use crate::Miss;

/// A body, and what becomes of it.
#[derive(Debug, Deserialize)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) body: String,
    #[serde(default)]
    pub(super) intent_digest: Value,
    pub(super) problem: Option<Expected>,
}

/// How a body is refused.
#[derive(Debug, Deserialize)]
pub(super) struct Expected {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) errors: Vec<Value>,
}

/// An action and its digest.
#[derive(Debug, Deserialize)]
pub(super) struct Digested {
    pub(super) action: Value,
    pub(super) digest: String,
}

#[derive(Deserialize)]
struct Vectors<Case> {
    cases: Vec<Case>,
}

/// Bodies of `POST /v1/requests`.
pub(super) fn submissions() -> Result<Vec<Case>, Miss> {
    read(include_str!(
        "../../../../contracts/vectors/submissions.json"
    ))
}

/// Actions.
pub(super) fn digests() -> Result<Vec<Digested>, Miss> {
    read(include_str!("../../../../contracts/vectors/digests.json"))
}

fn read<Case: for<'de> Deserialize<'de>>(text: &str) -> Result<Vec<Case>, Miss> {
    let vectors: Vectors<Case> = serde_json::from_str(text).map_err(Miss::not_tried)?;
    Ok(vectors.cases)
}

impl Case {
    /// Its body, to make one under another name of it.
    pub(super) fn value(&self) -> Result<Value, Miss> {
        serde_json::from_str(&self.body).map_err(Miss::not_tried)
    }
}
