//! What came of an examination: for people, for programs, and for CI servers.

use std::fmt::Write as _;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use crate::{Finding, Verdict};

/// What came of an examination.
#[derive(Debug, Clone)]
pub struct Report {
    subject: String,
    findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn new(subject: String, findings: Vec<Finding>) -> Self {
        Self { subject, findings }
    }

    /// What was found, in the order of looking.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether something was looked at, and everything of it is true. What was not tried is not
    /// known to be true.
    pub fn passed(&self) -> bool {
        let all = |finding: &Finding| finding.verdict == Verdict::Passed;
        !self.findings.is_empty() && self.findings.iter().all(all)
    }

    /// One line for people: `passed  adapter.prompts.unknown_closed  An unknown prompt may arrive closed`, and for
    /// what did not pass a second and third one that say why, and where the contract says so.
    pub fn line(finding: &Finding) -> String {
        let (word, why) = word(&finding.verdict);
        let mut line = format!("{word:<9} {}\n", finding.check.id);
        let _ = write!(line, "          {}", finding.check.sentence);
        if let Some(why) = why {
            let why = printable(why);
            let _ = write!(
                line,
                "\n          {why}\n          see {}",
                finding.check.link
            );
        }
        line
    }

    /// How many of each, as a sentence.
    pub fn summary(&self) -> String {
        let [passed, failed, not_tried] = self.counts();
        let so = match (failed, not_tried) {
            (0, 1..) => "; it has not passed until all are tried",
            _ => "",
        };
        format!(
            "{}: {passed} passed, {failed} failed, {not_tried} not tried{so}",
            self.subject
        )
    }

    /// All of it as JSON.
    pub fn json(&self) -> Value {
        let [passed, failed, not_tried] = self.counts();
        let checks = self.findings.iter().map(|finding| {
            let (verdict, why) = word(&finding.verdict);
            json!({
                "id": finding.check.id,
                "sentence": finding.check.sentence,
                "link": finding.check.link,
                "verdict": verdict.replace(' ', "_"),
                "why": why,
                "milliseconds": u64::try_from(finding.took.as_millis()).unwrap_or(u64::MAX),
            })
        });
        json!({
            "subject": self.subject,
            "passed": self.passed(),
            "counts": { "passed": passed, "failed": failed, "not_tried": not_tried },
            "checks": checks.collect::<Vec<_>>(),
        })
    }

    /// All of it as `JUnit` XML, which CI servers read.
    ///
    /// # Errors
    /// When it cannot be written as XML.
    pub fn junit(&self) -> anyhow::Result<String> {
        let mut suite = TestSuite::new(self.subject.as_str());
        for finding in &self.findings {
            let (word, why) = word(&finding.verdict);
            let mut status = match &finding.verdict {
                Verdict::Passed => TestCaseStatus::success(),
                Verdict::Failed(_) => TestCaseStatus::non_success(NonSuccessKind::Failure),
                Verdict::NotTried(_) => TestCaseStatus::non_success(NonSuccessKind::Error),
            };
            if let Some(why) = why {
                status.set_message(word);
                let said = [finding.check.sentence, why, finding.check.link].join("\n");
                status.set_description(said);
            }
            let mut case = TestCase::new(finding.check.id, status);
            case.set_classname("signoff-conformance");
            case.set_time(finding.took);
            suite.add_test_case(case);
        }
        let mut report = quick_junit::Report::new("signoff conformance");
        report.add_test_suite(suite);
        Ok(report.to_string()?)
    }

    fn counts(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for finding in &self.findings {
            counts[match finding.verdict {
                Verdict::Passed => 0,
                Verdict::Failed(_) => 1,
                Verdict::NotTried(_) => 2,
            }] += 1;
        }
        counts
    }
}

fn word(verdict: &Verdict) -> (&'static str, Option<&str>) {
    match verdict {
        Verdict::Passed => ("passed", None),
        Verdict::Failed(seen) => ("failed", Some(seen)),
        Verdict::NotTried(why) => ("not tried", Some(why)),
    }
}

/// What others sent must not steer the terminal.
fn printable(text: &str) -> String {
    let plain = |it: char| if it.is_control() { ' ' } else { it };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Check, Examination, Miss};

    const FINE: Check = Check {
        id: "some.fine",
        sentence: "It is fine.",
        link: "contracts/ADAPTERS.md",
    };
    const BAD: Check = Check {
        id: "some.bad",
        sentence: "It is <good>.",
        link: "contracts/ADAPTERS.md#signatures",
    };
    const SKIPPED: Check = Check {
        id: "some.skipped",
        ..FINE
    };

    async fn report() -> Report {
        let mut examination = Examination::of("the adapter at http://a", |_| {});
        assert!(examination.check(&FINE, async { Ok(()) }).await);
        let bad = async { Err(Miss::failed("it sent \u{1b}[2J & <nothing>")) };
        assert!(!examination.check(&BAD, bad).await);
        let skipped = async { Err(Miss::not_tried("nobody presses")) };
        assert!(!examination.check(&SKIPPED, skipped).await);
        examination.report()
    }

    #[tokio::test]
    async fn only_what_was_tried_and_is_true_passes() {
        let examination = Examination::of("nothing", |_| {});
        assert!(!examination.report().passed(), "nothing was looked at");
        assert!(!report().await.passed());
        let mut examination = Examination::of("it", |_| {});
        examination.check(&FINE, async { Ok(()) }).await;
        assert!(examination.report().passed());
        let mut examination = Examination::of("it", |_| {});
        let skipped = async { Err(Miss::not_tried("nobody presses")) };
        examination.check(&SKIPPED, skipped).await;
        let report = examination.report();
        assert!(!report.passed());
        assert_eq!(
            report.summary(),
            "it: 0 passed, 0 failed, 1 not tried; it has not passed until all are tried"
        );
    }

    #[tokio::test]
    async fn what_did_not_pass_says_why_and_where_to_read() {
        let report = report().await;
        let line = Report::line(&report.findings()[1]);
        assert!(line.starts_with("failed    some.bad\n"), "{line}");
        for part in ["it sent  [2J & <nothing>", "ADAPTERS.md#signatures"] {
            assert!(line.contains(part), "{line}");
        }
        assert!(
            report
                .summary()
                .ends_with("1 passed, 1 failed, 1 not tried")
        );
        let json = report.json();
        assert_eq!(json["passed"], false);
        assert_eq!(json["checks"][2]["verdict"], "not_tried");
        assert_eq!(json["checks"][2]["why"], "nobody presses");
        let junit = report.junit().expect("XML");
        assert!(
            junit.contains("tests=\"3\"") && junit.contains("failures=\"1\""),
            "{junit}"
        );
        assert!(
            junit.contains("errors=\"1\"") && junit.contains("&lt;nothing&gt;"),
            "{junit}"
        );
        assert!(!junit.contains('\u{1b}'), "{junit}");
    }
}
