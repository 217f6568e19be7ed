//! The page of the conformance kit's checks, from the kit.

use std::fmt::Write as _;

/// What the page begins with.
const HEAD: &str = "\
<!-- Generated from the program; `make generate` writes it. -->

# Checks

What [`signoff conformance`](conformance.md) tries, in this order. Each sentence leads to where the contract says so.
";

/// The page.
pub(super) fn page() -> String {
    let mut text = HEAD.to_owned();
    // Writing to a String cannot fail.
    for (kind, checks) in signoff_conformance::ALL {
        let _ = writeln!(
            text,
            "\n## `signoff conformance {kind}`\n\n| check | what must be true |\n|---|---|"
        );
        for check in *checks {
            let link = match check.link.strip_prefix("docs/") {
                Some(beside) => beside.to_owned(),
                None => format!("../{}", check.link),
            };
            let _ = writeln!(text, "| `{}` | [{}]({link}) |", check.id, check.sentence);
        }
    }
    text
}
