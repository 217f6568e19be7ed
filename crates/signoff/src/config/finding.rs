//! What is wrong with a configuration: where, which rule, and what to do.

use std::fmt;

use signoff_core::Masker;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The key's path: `routes[0].approvers`.
    pub(crate) key: String,
    /// Where the value came from: the file, or the environment variable.
    pub(crate) origin: Option<String>,
    /// What is wrong, naming the rule. Never a secret's value.
    pub(crate) rule: String,
    /// What to do.
    pub(crate) remedy: String,
}

impl Finding {
    /// Something wrong with the key at this path. Rules quote names and words, never the values of
    /// secrets; whatever looks like a token all the same, because somebody put it in the wrong
    /// place, is hidden.
    pub(crate) fn new(
        key: impl Into<String>,
        rule: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let masker = Masker::default();
        Self {
            key: masker.text(&key.into()),
            origin: None,
            rule: masker.text(&rule.into()),
            remedy: masker.text(&remedy.into()),
        }
    }

    /// The same, saying where the value came from.
    #[must_use]
    pub(crate) fn from(self, origin: impl Into<String>) -> Self {
        Self {
            origin: Some(origin.into()),
            ..self
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.key.as_str(), &self.origin) {
            ("", Some(origin)) => write!(f, "{origin}")?,
            ("", None) => f.write_str("the configuration")?,
            (key, Some(origin)) => write!(f, "{key} ({origin})")?,
            (key, None) => f.write_str(key)?,
        }
        write!(f, ": {}", self.rule)?;
        if !self.remedy.is_empty() {
            write!(f, "\n  -> {}", self.remedy)?;
        }
        Ok(())
    }
}

/// Everything that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    /// `value` when nothing is wrong.
    pub(crate) fn none_or<T>(found: Vec<Finding>, value: T) -> Result<T, Self> {
        if found.is_empty() {
            Ok(value)
        } else {
            Err(Self(found))
        }
    }
}

impl From<Finding> for Findings {
    fn from(finding: Finding) -> Self {
        Self(vec![finding])
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [_] => f.write_str("the configuration has an error")?,
            several => write!(f, "the configuration has {} errors", several.len())?,
        }
        self.0
            .iter()
            .try_for_each(|finding| write!(f, "\n{finding}"))
    }
}

impl std::error::Error for Findings {}
