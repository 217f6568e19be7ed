//! Between columns and types: times, identifiers, digests, JSON.

use jiff::Timestamp;
use rusqlite::Row;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use signoff_contract::{
    Action, CallbackTarget, CorrelationId, Digest, Kind, Link, QuestionOption, Requester, Risk,
    Status, Submission,
};

use crate::Error;

/// The form of a time in a column: milliseconds since the epoch.
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The time of a column.
pub(crate) fn time(millis: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(millis).map_err(|error| Error::corrupt("a time", error))
}

/// The time of a column that may be empty.
pub(crate) fn optional_time(millis: Option<i64>) -> Result<Option<Timestamp>, Error> {
    millis.map(time).transpose()
}

/// The digest of a column that may be empty.
pub(crate) fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Digest>> {
    Ok(row
        .get::<_, Option<[u8; 32]>>(column)?
        .map(Digest::from_bytes))
}

/// The JSON of a value.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::corrupt("a value to be stored", error))
}

/// The value of a column's JSON.
pub(crate) fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::corrupt(what, error))
}

/// The status of a column.
pub(crate) fn status(word: &str) -> Result<Status, Error> {
    Status::from_word(word).ok_or_else(|| Error::unknown("a status", word))
}

/// The correlation id of a column.
pub(crate) fn correlation_id(text: &str) -> Result<CorrelationId, Error> {
    text.parse()
        .map_err(|error| Error::corrupt("a correlation id", error))
}

/// The submission of a column.
pub(crate) fn submission(text: &str) -> Result<Submission, Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    StoredSubmission::deserialize(&mut json).map_err(|error| Error::corrupt("a submission", error))
}

/// How a submission is read back. The contract's type cannot be read from JSON, so that nobody
/// gets one past its validation; what lies in the store was validated before it was masked.
#[derive(Deserialize)]
#[serde(remote = "Submission")]
struct StoredSubmission {
    correlation_id: CorrelationId,
    kind: Kind,
    title: String,
    #[serde(default)]
    context: Option<String>,
    #[serde(default)]
    justification: Option<String>,
    #[serde(default)]
    risk_assessment: Option<String>,
    risk: Risk,
    #[serde(default)]
    action: Option<Action>,
    #[serde(default)]
    options: Vec<QuestionOption>,
    allow_custom: bool,
    #[serde(default)]
    requester: Option<Requester>,
    #[serde(default)]
    links: Vec<Link>,
    #[serde(default)]
    route: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    ttl_seconds: Option<u64>,
    #[serde(default)]
    callback: Option<CallbackTarget>,
}
