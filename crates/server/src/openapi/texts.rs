//! What the texts of a body may hold, as patterns in the document: the rule of the contract's reader,
//! which is the same for many fields and so is written here once and not beside each.

use std::collections::BTreeMap;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// Not blank, and without control characters, line breaks and bidirectional controls.
const LINE: &str = r"^(?=[\s\S]*\S)[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$";
/// The same, and it may be empty.
const LINE_OR_NOTHING: &str = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$";
/// Without control characters and bidirectional controls; tabs and line breaks are fine.
const LINES: &str = r"^(?:[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|[\t\n]|\r\n)*$";
/// The same, and not blank.
const SOME_LINES: &str =
    r"^(?=[\s\S]*\S)(?:[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|[\t\n]|\r\n)*$";

/// Each text that a caller sends, by schema.
const TEXTS: &[(&str, &str, &str)] = &[
    ("Submission", "title", LINE),
    ("Submission", "context", LINES),
    ("Submission", "justification", LINES),
    ("Submission", "risk_assessment", LINES),
    ("Submission", "route", LINE),
    ("Action", "tool", LINE),
    ("QuestionOption", "label", LINE),
    ("QuestionOption", "description", LINES),
    ("Requester", "agent", LINE_OR_NOTHING),
    ("Requester", "run_id", LINE_OR_NOTHING),
    ("Requester", "run_label", LINE_OR_NOTHING),
    ("Requester", "runtime_mode", LINE_OR_NOTHING),
    ("Link", "label", LINE),
    ("CancelBody", "reason", LINES),
    ("DecisionBody", "text", SOME_LINES),
    ("DecisionBody", "reason", LINES),
    ("ExecutionBody", "detail", LINES),
];

/// Writes the patterns into the schemas.
pub(super) fn describe(schemas: &mut BTreeMap<String, RefOr<Schema>>) {
    for (schema, field, pattern) in TEXTS {
        let Some(RefOr::T(Schema::Object(object))) = schemas.get_mut(*schema) else {
            continue;
        };
        if let Some(RefOr::T(Schema::Object(text))) = object.properties.get_mut(*field) {
            text.pattern = Some((*pattern).to_owned());
        }
    }
}
