//! The pages of `docs/errors/`, one for each problem code, from the contract's own texts.

use std::fmt::Write as _;

use signoff_contract::problem::TYPE_BASE;
use signoff_contract::{Code, FieldCode};

/// The index's file name.
const INDEX: &str = "README.md";

/// What every page says of its origin.
const GENERATED: &str = "<!-- Generated from signoff-contract; `make generate` writes it. -->";

/// The name and the Markdown of each page: an index, then one for each code, named like it.
pub fn error_pages() -> Vec<(String, String)> {
    let index = (INDEX.to_owned(), index());
    let pages = Code::ALL.iter().map(|code| (file_name(*code), page(*code)));
    std::iter::once(index).chain(pages).collect()
}

fn file_name(code: Code) -> String {
    format!("{}.md", code.as_str())
}

/// One code's page, in Markdown.
pub(crate) fn page(code: Code) -> String {
    let retry = if code.is_retryable() {
        "The same HTTP request may succeed later without a change."
    } else {
        "The same HTTP request will fail again."
    };
    let (word, status, title) = (code.as_str(), code.status(), code.title());
    let (why, fix, url) = (code.explanation(), code.remedy(), code.type_url());
    format!(
        "{GENERATED}\n# {title}\n\n`{word}`, HTTP {status}, `{url}`\n\n\
         ## Why it happens\n\n{why}\n\n## What to do\n\n{fix}\n\n{retry}\n"
    )
}

fn index() -> String {
    let mut text = format!(
        "{GENERATED}\n# Errors\n\n\
         Every error of the HTTP API is an `application/problem+json` document (RFC 9457). \
         Programs match `code`; people read `title` and `detail`; `type` is `{TYPE_BASE}` and the \
         code. Codes are never renamed; new ones may come.\n\n\
         | code | status | meaning |\n|---|---|---|\n"
    );
    // Writing to a String cannot fail.
    for code in Code::ALL {
        let (word, status, title) = (code.as_str(), code.status(), code.title());
        let _ = writeln!(
            text,
            "| [`{word}`]({}) | {status} | {title} |",
            file_name(*code)
        );
    }
    text.push_str(
        "\n## What can be wrong with a field\n\n\
         `validation_failed` lists everything that is wrong in `errors`: `field` is a JSON pointer \
         into the body, `?name` for a query parameter, or the name of a header.\n\n\
         | code | meaning |\n|---|---|\n",
    );
    for code in FieldCode::ALL {
        let _ = writeln!(text, "| `{}` | {} |", code.as_str(), code.explanation());
    }
    text
}
