//! Secrets that betray themselves by how they look, and what operators add to them.
//!
//! A shape is here when a text that has it is almost certainly a secret. The first group of a
//! pattern, where it has one, is the secret; what stands around it stays readable.

use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::InvalidPattern;
use super::spans::Spans;

/// The longest pattern of an operator's, in bytes, and the most memory its compiled form takes.
const MAX_PATTERN_BYTES: usize = 1_000;
const MAX_COMPILED_BYTES: usize = 1 << 20;
/// No shape is shorter.
const SHORTEST: usize = 8;

/// What must hold beside the pattern: the text, and where the secret is in it.
type Check = fn(&str, &Range<usize>) -> bool;

struct Shape {
    /// Something short that is in every match: a text without any is passed over quickly.
    needle: &'static str,
    pattern: &'static str,
    check: Check,
}

const fn shape(needle: &'static str, pattern: &'static str, check: Check) -> Shape {
    Shape {
        needle,
        pattern,
        check,
    }
}

/// Formats are the vendors' own; lengths are lower bounds, since vendors lengthen them.
const SHAPES: &[Shape] = &[
    // AWS access key ids: long-term, temporary, bearer, context.
    shape(
        r"AKIA|ASIA|ABIA|ACCA",
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
        stands_alone,
    ),
    // GitHub: personal, OAuth, user, server, refresh, fine-grained.
    shape(r"gh[pousr]_", r"gh[pousr]_[A-Za-z0-9]{20,}", always),
    shape(r"github_pat_", r"github_pat_[A-Za-z0-9_]{20,}", always),
    // GitLab: personal, deploy, runner, CI, trigger, feed and so on.
    shape(
        r"gl[a-z]+-",
        r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas|ffct)-[A-Za-z0-9_.-]{18,}",
        starts_word,
    ),
    // Slack tokens and webhooks; Discord webhooks.
    shape(
        r"xox[a-z]",
        r"xox[abeoprs](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}",
        always,
    ),
    shape(r"xapp-", r"xapp-[0-9]-[A-Za-z0-9-]{10,}", always),
    shape(
        r"hooks\.slack",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_+-]{16,})",
        always,
    ),
    shape(
        r"discord",
        r"discord(?:app)?\.com/api/webhooks/[0-9]+/([A-Za-z0-9_-]{30,})",
        always,
    ),
    // Stripe secret and restricted keys; Standard Webhooks and Stripe signing secrets.
    shape(
        r"[sr]k_",
        r"(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{16,}",
        starts_word,
    ),
    shape(r"whsec_", r"whsec_[A-Za-z0-9+/=_-]{16,}", always),
    // Ours.
    shape(r"sgn_", r"sgn_[A-Za-z0-9_-]{32,}", starts_word),
    // Google API keys, OAuth access tokens and client secrets.
    shape(r"AIza", r"AIza[A-Za-z0-9_-]{30,}", always),
    shape(r"ya29\.", r"ya29\.[A-Za-z0-9_-]{20,}", always),
    shape(r"GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{20,}", always),
    // JSON web tokens, signed (three parts, the last may be empty) or encrypted (five).
    shape(
        r"eyJ",
        r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,3}",
        always,
    ),
    // Private keys in PEM; without an end, to the end.
    shape(
        r"-----BEGIN",
        r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
        always,
    ),
    shape(r"AGE-SECRET", r"AGE-SECRET-KEY-1[0-9A-Z]{50,}", always),
    // Package registries, model hosts, mail, infrastructure.
    shape(r"npm_", r"npm_[A-Za-z0-9]{30,}", starts_word),
    shape(r"pypi-", r"pypi-[A-Za-z0-9_-]{30,}", starts_word),
    shape(r"hf_", r"hf_[A-Za-z0-9]{30,}", starts_word),
    shape(
        r"sk-",
        r"sk-(?:ant|proj|svcacct|admin|or)-[A-Za-z0-9_-]{16,}",
        starts_word,
    ),
    shape(r"sk-", r"sk-[A-Za-z0-9]{32,}", starts_word),
    shape(
        r"SG\.",
        r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
        starts_word,
    ),
    shape(r"do[opr]_v1_", r"do[opr]_v1_[a-f0-9]{32,}", starts_word),
    shape(r"dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}", always),
    shape(r"shp[a-z]+_", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}", always),
    shape(r"hv[sbr]\.", r"hv[sbr]\.[A-Za-z0-9_-]{20,}", starts_word),
    shape(r"lin_api_", r"lin_api_[A-Za-z0-9]{30,}", starts_word),
    // HTTP: bearer tokens, basic credentials, cookies.
    shape(
        r"(?i:bearer)",
        r"(?i:bearer)[ \t]+([A-Za-z0-9._~+/=-]{8,})",
        is_no_word,
    ),
    shape(
        r"(?i:basic)",
        r"(?i:basic)[ \t]+([A-Za-z0-9+/]{6,}={0,2})",
        is_basic_auth,
    ),
    shape(
        r"(?i:authorization)",
        r#"(?i:authorization)["']?[ \t]*[:=][ \t]*["']?(?i:basic|token|digest|apikey|bearer)[ \t]+([^\s"'⟨]+)"#,
        always,
    ),
    shape(
        r"(?i:cookie:)",
        r#"(?i:cookie):[ \t]*([^\r\n"'=⟨]*=[^\r\n"']*)"#,
        always,
    ),
    // URLs: a password, or a user name that only a token can be; signatures in queries.
    shape(
        r"://",
        r#"://[^\s/?#@:"'<>]*:([^\s/?#"'<>]+)@"#,
        is_no_reference,
    ),
    shape(r"://", r"://([A-Za-z0-9_~.-]{20,})@", always),
    shape(
        r"(?i:sig=|signature=)",
        r#"[?&](?i:sig|signature|x-amz-signature|x-goog-signature)=([^&\s"'#]{16,})"#,
        always,
    ),
    // `curl -u user:password`.
    shape(
        r"curl",
        r#"(?-u:\bcurl\b)[^\n|;]*?[ \t](?:-u|--user)[ =]?["']?[^\s:"']+:([^\s"'⟨]+)"#,
        is_no_reference,
    ),
];

fn always(_: &str, _: &Range<usize>) -> bool {
    true
}

/// No letter or digit stands right before it: `task-…` holds no `sk-…`.
fn starts_word(text: &str, span: &Range<usize>) -> bool {
    !text[..span.start].ends_with(|c: char| c.is_ascii_alphanumeric())
}

fn stands_alone(text: &str, span: &Range<usize>) -> bool {
    starts_word(text, span) && !text[span.end..].starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// "Bearer authentication" is prose: a token has a digit or is long.
fn is_no_word(text: &str, span: &Range<usize>) -> bool {
    let secret = &text[span.clone()];
    secret.len() >= 20 || secret.bytes().any(|byte| byte.is_ascii_digit())
}

/// `user:password` in base64.
fn is_basic_auth(text: &str, span: &Range<usize>) -> bool {
    STANDARD
        .decode(&text[span.clone()])
        .is_ok_and(|bytes| bytes.contains(&b':'))
}

fn is_no_reference(text: &str, span: &Range<usize>) -> bool {
    !is_reference(&text[span.clone()])
}

/// Whether a value only says where the secret comes from: `$TOKEN`, `${TOKEN}`, `$(…)`.
pub(super) fn is_reference(value: &str) -> bool {
    let Some(name) = value.strip_prefix('$') else {
        return false;
    };
    let name = match name.strip_prefix('{') {
        Some(inner) => inner.strip_suffix('}').unwrap_or(""),
        None => name,
    };
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    name.starts_with('(') || (!name.is_empty() && plain)
}

/// Patterns, and how to pass over texts that have none of them.
#[derive(Debug, Clone)]
struct Compiled {
    /// One for each pattern, matching at least wherever that matches.
    hints: RegexSet,
    each: Vec<Regex>,
}

impl Compiled {
    fn new(hints: &[&str], patterns: &[&str]) -> Result<Self, InvalidPattern> {
        let each = patterns
            .iter()
            .map(|pattern| compile(pattern))
            .collect::<Result<_, _>>()?;
        let hints = RegexSetBuilder::new(hints)
            .size_limit(MAX_COMPILED_BYTES * hints.len().max(4))
            .build()
            .map_err(|error| InvalidPattern::new("all together", error.to_string()))?;
        Ok(Self { hints, each })
    }

    /// The patterns that a text may have: none, without allocating, for most texts.
    fn hinted(&self, text: &str) -> impl Iterator<Item = (usize, &Regex)> {
        let hinted = self.hints.is_match(text).then(|| self.hints.matches(text));
        hinted
            .into_iter()
            .flatten()
            .filter_map(|index| Some((index, self.each.get(index)?)))
    }
}

fn compile(pattern: &str) -> Result<Regex, InvalidPattern> {
    RegexBuilder::new(pattern)
        .size_limit(MAX_COMPILED_BYTES)
        .dfa_size_limit(2 * MAX_COMPILED_BYTES)
        .build()
        .map_err(|error| InvalidPattern::new(pattern, error.to_string()))
}

static BUILT_IN: LazyLock<Option<Compiled>> = LazyLock::new(|| {
    let needles: Vec<&str> = SHAPES.iter().map(|shape| shape.needle).collect();
    let patterns: Vec<&str> = SHAPES.iter().map(|shape| shape.pattern).collect();
    Compiled::new(&needles, &patterns).ok()
});

/// Where a text has a well-known shape.
pub(super) fn find(text: &str, spans: &mut Spans) {
    if text.len() < SHORTEST {
        return;
    }
    let Some(compiled) = &*BUILT_IN else {
        // The patterns are constants and a test compiles them; without them all is hidden.
        spans.add(0..text.len());
        return;
    };
    for (index, pattern) in compiled.hinted(text) {
        for found in pattern.captures_iter(text) {
            let secret = found
                .get(1)
                .or_else(|| found.get(0))
                .map(|secret| secret.range());
            spans.add_if_some(secret.filter(|secret| (SHAPES[index].check)(text, secret)));
        }
    }
}

/// The operator's patterns.
#[derive(Debug, Clone, Default)]
pub(super) struct Patterns(Option<Compiled>);

impl Patterns {
    pub(super) fn new(patterns: &[String]) -> Result<Self, InvalidPattern> {
        if patterns.is_empty() {
            return Ok(Self(None));
        }
        for pattern in patterns {
            if pattern.len() > MAX_PATTERN_BYTES {
                let why = format!("it is longer than {MAX_PATTERN_BYTES} bytes");
                return Err(InvalidPattern::new(pattern, why));
            }
            if compile(pattern)?.is_match("") {
                return Err(InvalidPattern::new(pattern, "it matches the empty text"));
            }
        }
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        Compiled::new(&patterns, &patterns).map(|compiled| Self(Some(compiled)))
    }

    /// Where a text has what an operator called secret.
    pub(super) fn find(&self, text: &str, spans: &mut Spans) {
        let Some(compiled) = &self.0 else { return };
        for (_, pattern) in compiled.hinted(text) {
            for found in pattern.find_iter(text) {
                spans.add(found.range());
            }
        }
    }
}
