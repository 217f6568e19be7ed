//! One thing that must be true, and the record of having looked.

use std::fmt::Display;
use std::future::Future;
use std::time::{Duration, Instant};

use crate::Report;

/// One thing that must be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// What it is called for good: `adapter.revisions.lower_is_ignored`.
    pub id: &'static str,
    /// What must be true, as a sentence.
    pub sentence: &'static str,
    /// Where the contract says so: a page of the repository and the heading on it.
    pub link: &'static str,
}

/// Why a check did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// It is not true: what was seen instead.
    Failed(String),
    /// It could not be tried: why, and what would make it possible.
    NotTried(String),
}

impl Miss {
    /// What was seen instead.
    pub fn failed(seen: impl Display) -> Self {
        Self::Failed(seen.to_string())
    }

    /// Why it could not be tried.
    pub fn not_tried(why: impl Display) -> Self {
        Self::NotTried(why.to_string())
    }
}

/// Whatever goes wrong while a check is tried is what was seen instead.
impl From<anyhow::Error> for Miss {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(format!("{error:#}"))
    }
}

/// What trying a check gives.
pub type Outcome = Result<(), Miss>;

/// What became of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is true.
    Passed,
    /// It is not true: what was seen instead.
    Failed(String),
    /// It was not tried: why not. Whoever has a check that was not tried has not passed.
    NotTried(String),
}

/// A check and what became of it.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What had to be true.
    pub check: Check,
    /// What became of it.
    pub verdict: Verdict,
    /// How long looking took.
    pub took: Duration,
}

/// An examination under way: one check after another.
pub struct Examination {
    subject: String,
    findings: Vec<Finding>,
    tell: Box<dyn FnMut(&Finding) + Send>,
}

impl std::fmt::Debug for Examination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Examination")
            .field("subject", &self.subject)
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}

impl Examination {
    /// An examination of `subject`, a name and an address; `tell` hears each finding at once.
    pub fn of(subject: impl Into<String>, tell: impl FnMut(&Finding) + Send + 'static) -> Self {
        Self {
            subject: subject.into(),
            findings: Vec::new(),
            tell: Box::new(tell),
        }
    }

    /// Tries one check and notes what became of it; answers whether it passed.
    ///
    /// # Panics
    /// When the check was tried before: a report has one line for each.
    pub async fn check(&mut self, check: &Check, trial: impl Future<Output = Outcome>) -> bool {
        assert!(
            self.findings.iter().all(|known| known.check.id != check.id),
            "{} is tried twice",
            check.id
        );
        let begun = Instant::now();
        let verdict = match trial.await {
            Ok(()) => Verdict::Passed,
            Err(Miss::Failed(seen)) => Verdict::Failed(seen),
            Err(Miss::NotTried(why)) => Verdict::NotTried(why),
        };
        let passed = verdict == Verdict::Passed;
        let finding = Finding {
            check: *check,
            verdict,
            took: begun.elapsed(),
        };
        (self.tell)(&finding);
        self.findings.push(finding);
        passed
    }

    /// What came of it.
    pub fn report(self) -> Report {
        Report::new(self.subject, self.findings)
    }
}

/// Names checks, and lists them in this order: `NAME = "its.id", "What must be true.", "page#heading";`.
macro_rules! checks {
    ($(#[$about:meta])* $($name:ident = $id:literal, $sentence:literal, $link:literal;)+) => {
        $(
            pub(crate) const $name: $crate::Check = $crate::Check {
                id: $id,
                sentence: $sentence,
                link: $link,
            };
        )+
        $(#[$about])*
        pub const CHECKS: &[$crate::Check] = &[$($name),+];
    };
}
pub(crate) use checks;
