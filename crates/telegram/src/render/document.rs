//! What does not fit into a message, as files that are posted before the card.
//!
//! The arguments go as canonical JSON: the file's SHA-256 is the view digest on the card. That
//! file holds every character as it is, so where some would mislead a reader, and where texts
//! had to be shortened, a second file has everything written out for people.

use signoff_contract::json::{Member, canonical_members};
use signoff_contract::{Digest, RequestResource, Requester};

use super::{kind_word, literal, prose, risk_word};
use crate::texts::{self, Language};

/// The type of the canonical arguments.
const CANONICAL: &str = "application/json";

/// A file to post before a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) file_name: String,
    pub(crate) mime_type: &'static str,
    pub(crate) caption: String,
    pub(crate) bytes: Vec<u8>,
}

impl Document {
    /// Tells it from the other files of its request, whatever language its reader has: the
    /// canonical arguments by their content too, a text by its name.
    pub(crate) fn identity(&self) -> String {
        if self.mime_type == CANONICAL {
            format!("{} {}", self.file_name, Digest::of_bytes(&self.bytes))
        } else {
            self.file_name.clone()
        }
    }
}

/// The arguments in canonical form; `None` for a question without an action.
pub(super) fn arguments(language: Language, request: &RequestResource) -> Option<Document> {
    let action = request.action.as_ref()?;
    let id = request.id.short();
    Some(Document {
        file_name: format!("signoff-{id}-arguments.json"),
        mime_type: CANONICAL,
        caption: texts::arguments_caption(language, &id),
        bytes: canonical_members(&mut [
            ("arguments", Member::Object(&action.arguments)),
            ("tool", Member::Text(&action.tool)),
        ]),
    })
}

/// Everything that the card says, in full, with hidden characters shown.
pub(super) fn full_text(language: Language, request: &RequestResource) -> Document {
    let mut page = Page::default();
    page.line(&format!(
        "{} · {} · {}",
        kind_word(language, request.kind),
        risk_word(language, request.risk),
        request.id,
    ));
    page.section("").line(&prose(&request.title));
    if let Some(Requester {
        agent,
        run_id,
        run_label,
        runtime_mode,
    }) = &request.requester
    {
        let parts = [agent, run_id, run_label, runtime_mode];
        let parts: Vec<String> = parts
            .into_iter()
            .flatten()
            .map(|part| prose(part))
            .collect();
        page.line(&parts.join(" · "));
    }
    let fields = [
        (texts::label_context(language), &request.context),
        (texts::label_why(language), &request.justification),
        (texts::label_risk(language), &request.risk_assessment),
    ];
    for (label, field) in fields {
        if let Some(field) = field {
            page.section(&label).line(&prose(field));
        }
    }
    if !request.options.is_empty() {
        page.section(&texts::label_options(language));
    }
    for (index, option) in request.options.iter().enumerate() {
        page.line(&format!("{}. {}", index + 1, prose(&option.label)));
        if let Some(description) = &option.description {
            page.line(&format!("   {}", prose(description)));
        }
    }
    if let Some(action) = &request.action {
        page.section("")
            .line(&literal::action(&action.tool, &action.arguments));
    }
    if !request.links.is_empty() {
        page.section(&texts::label_links(language));
    }
    for link in &request.links {
        page.line(&format!("{}: {}", prose(&link.label), link.url));
    }
    let id = request.id.short();
    Document {
        file_name: format!("signoff-{id}.txt"),
        mime_type: "text/plain; charset=utf-8",
        caption: texts::texts_caption(language, &id),
        bytes: page.0.into_bytes(),
    }
}

/// Plain text in sections.
#[derive(Debug, Default)]
struct Page(String);

impl Page {
    fn line(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self.0.push('\n');
        self
    }

    /// An empty line, and a heading where there is one.
    fn section(&mut self, heading: &str) -> &mut Self {
        self.0.push('\n');
        if heading.is_empty() {
            self
        } else {
            self.line(&format!("== {heading} =="))
        }
    }
}
