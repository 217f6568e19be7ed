//! Masking: secrets are replaced before anything is stored, shown or logged.
//!
//! A string is hidden when its key says so (`keys.rs`, `names.rs`), when it has the shape of a
//! known secret or matches an operator's pattern (`shapes.rs`), or when text around it says so,
//! as in `password=…` (`assignments.rs`). What a reader sees instead is in `marker.rs`.
//!
//! Two limits to know of. **Only strings are ever masked**: a number, `true` or `null` under a
//! secret key stays as it is, so a numeric PIN must be sent as a string to be hidden. And a
//! secret with no tell-tale shape under a harmless key is not found; operators name such keys
//! and shapes in `[masking]`.
//!
//! Identifiers (`correlation_id`, an option's `id`, `route`, `language`) are never masked, nor
//! is the callback's URL, which no view carries: all are needed as they are.

use signoff_contract::{Digest, Submission};

use crate::request::Words;

mod arguments;
mod assignments;
mod keys;
mod marker;
mod names;
mod shapes;
mod spans;

use keys::KeyNames;
use shapes::Patterns;
use spans::Spans;

/// The most key globs and the most patterns an operator may give, each.
const MAX_OWN: usize = 200;

/// What stands among the pointers when the tool's name itself was masked. No JSON pointer looks so:
/// those begin with a slash.
pub const MASKED_TOOL: &str = "tool";

/// A submission without its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Masked {
    /// What was submitted, masked.
    pub submission: Submission,
    /// JSON pointers (RFC 6901) from the arguments' root, in canonical order and of the masked
    /// form, of every member or element whose string, or whose key, was changed.
    pub pointers: Vec<String>,
    /// Over the action as submitted.
    pub intent_digest: Option<Digest>,
    /// Over the action as masked.
    pub view_digest: Option<Digest>,
}

/// Finds secrets by key names and by shapes. The default knows the built-in lists only.
#[derive(Debug, Clone, Default)]
pub struct Masker {
    keys: KeyNames,
    patterns: Patterns,
}

/// A pattern of the operator's that cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("masking pattern {pattern:?} is not usable: {why}")]
pub struct InvalidPattern {
    /// The pattern.
    pub pattern: String,
    /// Why not.
    pub why: String,
}

impl InvalidPattern {
    fn new(pattern: &str, why: impl Into<String>) -> Self {
        Self {
            pattern: pattern.chars().take(100).collect(),
            why: why.into(),
        }
    }
}

impl Masker {
    /// The built-in lists and the operator's own: key globs (`*password*`) and regular
    /// expressions over values.
    ///
    /// In a glob `*` is the only wildcard; case and the separators `_`, `-`, `.` and space do
    /// not count, so `*api_key*` also means `apiKey` and `X-API-Key`. A regular expression
    /// hides what it matches, wherever that stands. Both are bounded in number and size.
    pub fn new(keys: &[String], patterns: &[String]) -> Result<Self, InvalidPattern> {
        if let Some(extra) = keys.get(MAX_OWN).or(patterns.get(MAX_OWN)) {
            return Err(InvalidPattern::new(
                extra,
                format!("more than {MAX_OWN} are given"),
            ));
        }
        Ok(Self {
            keys: KeyNames::new(keys)?,
            patterns: Patterns::new(patterns)?,
        })
    }

    /// Masks every human-readable field and the action's arguments; digests cover both forms.
    pub fn submission(&self, mut submission: Submission) -> Masked {
        let mut pointers = Vec::new();
        let (mut intent_digest, mut view_digest) = (None, None);
        if let Some(action) = &mut submission.action {
            let intent = Digest::of_action(&action.tool, &action.arguments);
            let tool_changed = self.in_place(&mut action.tool);
            pointers = self.arguments(&mut action.arguments);
            if tool_changed {
                pointers.insert(0, MASKED_TOOL.to_owned());
            }
            let unchanged = pointers.is_empty();
            intent_digest = Some(intent);
            view_digest = Some(if unchanged {
                intent
            } else {
                Digest::of_action(&action.tool, &action.arguments)
            });
        }
        self.prose(&mut submission);
        Masked {
            submission,
            pointers,
            intent_digest,
            view_digest,
        }
    }

    /// Masks secret shapes within running text.
    pub fn text(&self, text: &str) -> String {
        self.changed(text).unwrap_or_else(|| text.to_owned())
    }

    /// Whether a text has a secret in it.
    pub fn finds(&self, text: &str) -> bool {
        self.changed(text).is_some()
    }

    /// What somebody wrote, in both forms.
    pub fn words(&self, verbatim: String) -> Words {
        Words {
            masked: self.text(&verbatim),
            verbatim,
        }
    }

    /// Everything in a submission that people read, but the arguments.
    fn prose(&self, submission: &mut Submission) {
        self.in_place(&mut submission.title);
        let texts = [
            &mut submission.context,
            &mut submission.justification,
            &mut submission.risk_assessment,
        ];
        for text in texts.into_iter().flatten() {
            self.in_place(text);
        }
        for option in &mut submission.options {
            self.in_place(&mut option.label);
            if let Some(description) = &mut option.description {
                self.in_place(description);
            }
        }
        if let Some(requester) = &mut submission.requester {
            let fields = [
                &mut requester.agent,
                &mut requester.run_id,
                &mut requester.run_label,
                &mut requester.runtime_mode,
            ];
            for field in fields.into_iter().flatten() {
                self.in_place(field);
            }
        }
        for link in &mut submission.links {
            self.in_place(&mut link.label);
            if let Some(masked) = spans::masked_url(&link.url, |text| self.spans(text)) {
                link.url = masked;
            }
        }
    }

    /// Masks a string where it stands; whether it changed.
    fn in_place(&self, text: &mut String) -> bool {
        match self.changed(text) {
            Some(masked) => {
                *text = masked;
                true
            }
            None => false,
        }
    }

    /// The masked form of a text that has secrets; `None`, without allocating, of one that has not.
    fn changed(&self, text: &str) -> Option<String> {
        spans::masked(text, |text| self.spans(text))
    }

    /// Where the secrets in a text are.
    fn spans(&self, text: &str) -> Spans {
        let mut spans = Spans::default();
        shapes::find(text, &mut spans);
        self.patterns.find(text, &mut spans);
        assignments::find(text, &self.keys, &mut spans);
        spans
    }
}
