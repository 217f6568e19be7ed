//! A card's layout: what stands where, and what moves into documents when it does not fit.
//!
//! The layout depends on what was submitted only, never on how the request stands: room is kept
//! for the card's changing end, so that a card which fitted when it was open fits when it is
//! closed, and keeps its arguments.

use jiff::Timestamp;
use signoff_contract::{Link, QuestionOption, RequestResource, Requester};
use signoff_engine::{Button, ButtonAction, PromptCard};

use super::document::{self, Document};
use super::html::{Html, MAX_BYTES, MAX_UNITS, cut};
use super::keyboard::{self, Keyboard};
use super::{kind_word, line, literal, prose, risk_symbol, risk_word, tail};
use crate::texts::{self, Language};

/// UTF-16 code units kept for the card's end.
const TAIL_UNITS: usize = 700;
/// Bytes of markup kept for the card's end.
const TAIL_BYTES: usize = 6_000;
/// The longest address that is linked when texts had to be shortened, in bytes.
const LONGEST_LINK: usize = 300;
/// How much of each text may be kept, tried in this order when texts must be shortened.
const CUTS: [usize; 7] = [1_000, 600, 300, 150, 80, 40, 20];

/// Whether the documents of a card are with the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attachments {
    /// They are, or there are none.
    Posted,
    /// They were not posted, or could not be: nobody approves what they could not see, and no
    /// file is spoken of.
    Missing,
}

/// A card as Telegram shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RenderedCard {
    /// The text (parse mode HTML).
    pub(crate) html: String,
    /// No rows: no buttons (any more).
    pub(crate) keyboard: Keyboard,
    /// To be posted before the card.
    pub(crate) documents: Vec<Document>,
}

/// How much of a request stands in the message itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Detail {
    inline_arguments: bool,
    /// The most UTF-16 code units of each text.
    cut: Option<usize>,
}

impl Detail {
    const FULL: Self = Self {
        inline_arguments: true,
        cut: None,
    };

    /// From everything to the least that is shown: first the arguments move into a file, then
    /// texts are shortened, and the arguments stay where they are as long as they fit.
    fn levels() -> impl Iterator<Item = Self> {
        let all = std::iter::once(None).chain(CUTS.into_iter().map(Some));
        all.flat_map(|cut| {
            [true, false].map(|inline_arguments| Self {
                inline_arguments,
                cut,
            })
        })
    }

    fn short(self, text: &str) -> String {
        self.cut
            .map_or_else(|| text.to_owned(), |most| cut(text, most))
    }
}

/// Renders a card for a reader of this language at this time.
pub(crate) fn card(
    card: &PromptCard,
    language: Language,
    now: Timestamp,
    attachments: Attachments,
) -> RenderedCard {
    let request = &card.request;
    let (detail, mut html) = fitting(request, language);
    let documents = documents(request, language, detail);
    let unseen = !documents.is_empty() && attachments == Attachments::Missing;
    if unseen {
        html = body(request, language, detail, Attachments::Missing);
    }
    let room = tail::Room {
        units: MAX_UNITS.saturating_sub(html.units()),
        bytes: MAX_BYTES.saturating_sub(html.bytes()),
    };
    html.append(&tail::tail(card, language, now, unseen, room));
    let buttons: Vec<&Button> = card
        .buttons
        .iter()
        .filter(|button| !unseen || is_refusal(&button.action))
        .collect();
    RenderedCard {
        html: html.into_markup().trim_end().to_owned(),
        keyboard: keyboard::of_card(language, &buttons),
        documents,
    }
}

/// Whether the button says no.
fn is_refusal(action: &ButtonAction) -> bool {
    match action {
        ButtonAction::Deny | ButtonAction::DenyWithReason | ButtonAction::Decline => true,
        ButtonAction::Approve | ButtonAction::Choose { .. } | ButtonAction::CustomAnswer => false,
    }
}

/// The most detailed body that fits.
fn fitting(request: &RequestResource, language: Language) -> (Detail, Html) {
    let mut last = (Detail::FULL, Html::default());
    for detail in Detail::levels() {
        let html = body(request, language, detail, Attachments::Posted);
        let fits = html.units() <= MAX_UNITS - TAIL_UNITS && html.bytes() <= MAX_BYTES - TAIL_BYTES;
        last = (detail, html);
        if fits {
            break;
        }
    }
    last
}

fn documents(request: &RequestResource, language: Language, detail: Detail) -> Vec<Document> {
    if detail == Detail::FULL {
        return Vec::new();
    }
    let action = request.action.as_ref().filter(|_| !detail.inline_arguments);
    let hides = action.is_some_and(|a| literal::hides_characters(&a.tool, &a.arguments));
    let mut documents = Vec::new();
    if action.is_some() {
        documents.extend(document::arguments(language, request));
    }
    if detail.cut.is_some() || hides {
        documents.push(document::full_text(language, request));
    }
    documents
}

fn body(
    request: &RequestResource,
    language: Language,
    detail: Detail,
    attachments: Attachments,
) -> Html {
    let posted = attachments == Attachments::Posted;
    let mut html = Html::default();
    html.text(risk_symbol(request.risk)).text(" ");
    html.bold(&kind_word(language, request.kind));
    html.text(&format!(" · {} · ", risk_word(language, request.risk)));
    html.code(&request.id.short()).line_end();
    html.bold(&detail.short(&line(&request.title)))
        .line_end()
        .line_end();
    asker(request, language, detail, &mut html);
    let fields = [
        (texts::label_context(language), &request.context),
        (texts::label_why(language), &request.justification),
        (texts::label_risk(language), &request.risk_assessment),
    ];
    for (label, text) in fields {
        if let Some(text) = text {
            field(&label, &prose(text), |text| detail.short(text), &mut html);
        }
    }
    for (index, option) in request.options.iter().enumerate() {
        choice(index, option, detail, &mut html);
    }
    action(request, language, detail, posted, &mut html);
    if posted && detail.cut.is_some() {
        html.text(&texts::texts_attached(language)).line_end();
    }
    links(&request.links, detail, &mut html);
    html
}

/// Who asks: `deploy-bot · run 42 (run:dev) · full-env`.
fn asker(request: &RequestResource, language: Language, detail: Detail, html: &mut Html) {
    let mut parts = Vec::new();
    if let Some(Requester {
        agent,
        run_id,
        run_label,
        runtime_mode,
    }) = &request.requester
    {
        parts.extend(agent.as_deref().map(line));
        let run = run_id
            .as_deref()
            .map(|run| texts::run(language, &line(run)));
        match (run, run_label.as_deref().map(line)) {
            (Some(run), Some(label)) => parts.push(format!("{run} ({label})")),
            (run, label) => parts.extend(run.or(label)),
        }
        parts.extend(runtime_mode.as_deref().map(line));
    }
    if request.project != DEFAULT_PROJECT {
        parts.push(texts::project(language, &line(&request.project)));
    }
    if !parts.is_empty() {
        let parts: Vec<String> = parts.iter().map(|part| detail.short(part)).collect();
        html.text(&parts.join(" · ")).line_end();
    }
}

/// The project that exists always; naming it on a card says nothing.
const DEFAULT_PROJECT: &str = "default";

/// A labelled text, shortened. One of several lines is quoted, so that no line of it can be taken
/// for one of ours; also when a single line of it is left, so that all of them look alike.
pub(super) fn field(label: &str, text: &str, short: impl Fn(&str) -> String, html: &mut Html) {
    html.bold(label);
    if text.contains('\n') {
        html.line_end().quote(&short(text.trim_matches('\n')));
    } else {
        html.text("  ").text(&short(text));
    }
    html.line_end();
}

fn choice(index: usize, option: &QuestionOption, detail: Detail, html: &mut Html) {
    html.text(&format!("{}. ", index + 1))
        .bold(&detail.short(&line(&option.label)))
        .line_end();
    if let Some(description) = &option.description {
        let description = prose(description);
        if description.contains('\n') {
            html.quote(&detail.short(description.trim_matches('\n')));
        } else {
            html.text("    ").text(&detail.short(&description));
        }
        html.line_end();
    }
}

/// What exactly will run, how many values are hidden, and the digest of what is shown.
fn action(
    request: &RequestResource,
    language: Language,
    detail: Detail,
    posted: bool,
    html: &mut Html,
) {
    let Some(action) = &request.action else {
        return;
    };
    html.line_end();
    if detail.inline_arguments {
        html.json_block(&literal::action(&action.tool, &action.arguments));
    } else {
        html.code(&detail.short(&literal::tool_name(&action.tool)))
            .line_end();
        if posted {
            html.text(&texts::arguments_attached(language));
        }
    }
    html.line_end();
    if !action.masked.is_empty() {
        let count = u64::try_from(action.masked.len()).unwrap_or(u64::MAX);
        html.text(&texts::hidden_values(language, count))
            .text(" · ");
    }
    if let Some(digest) = &request.view_digest {
        if detail.inline_arguments {
            html.text(&digest.short());
        } else {
            html.text("SHA-256 ")
                .code(digest.to_string().trim_start_matches("sha256:"));
        }
    }
    html.line_end();
}

/// Links, each with the host that it really leads to.
fn links(links: &[Link], detail: Detail, html: &mut Html) {
    for link in links
        .iter()
        .filter(|link| matches!(link.url.scheme(), "http" | "https"))
    {
        let label = detail.short(&line(&link.label));
        if detail.cut.is_none() || link.url.as_str().len() <= LONGEST_LINK {
            html.text("🔗 ").link(link.url.as_str(), &label);
        } else {
            html.text("🔗 ").text(&label);
        }
        let host = link.url.host_str().unwrap_or_default();
        let host = link
            .url
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        html.text(&format!(" ({})", detail.short(&line(&host))))
            .line_end();
    }
}
