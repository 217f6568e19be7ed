//! Formatted text: what the server does to a text before it becomes part of a message.
//!
//! The order is the server's: parse the markup, clean the characters, normalise the entities, trim,
//! refuse emptiness, count the characters.

mod clean;
mod find;
mod html;
mod link;
mod normalise;
#[cfg(test)]
mod tests;

use crate::wire::{InputEntity, MessageEntity, User};

/// What an entity does to its part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Style {
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Spoiler,
    Blockquote,
    ExpandableBlockquote,
    /// The language is kept only until the parser knows whether a `pre` surrounds it.
    Code(String),
    Pre(String),
    TextLink(String),
    TextMention(i64),
    CustomEmoji(String),
    /// Found by the server itself: `bot_command`, `mention`, `url`, `hashtag`, `email`.
    Found(&'static str),
}

/// An entity before the people it mentions are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawEntity {
    pub(crate) style: Style,
    pub(crate) offset: usize,
    pub(crate) length: usize,
}

impl RawEntity {
    pub(crate) fn end(&self) -> usize {
        self.offset + self.length
    }
}

/// Text with its entities, ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Formatted {
    pub(crate) text: String,
    pub(crate) entities: Vec<MessageEntity>,
}

/// Which markup a bot's text is in.
pub(crate) enum Markup {
    /// No markup; entities are given beside the text.
    Entities(Vec<InputEntity>),
    /// `parse_mode=HTML`.
    Html,
}

/// How long a text may be, and whether it may be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A message text: 1 to 4096 characters.
    Message,
    /// A caption: 0 to 1024 characters.
    Caption,
}

/// The highest number of characters (code points after parsing) of a message text.
pub(crate) const MAX_TEXT: usize = 4096;
/// A raw text of more bytes is refused before it is parsed (`MAX_TEXT_LENGTH` in the server).
pub(crate) const MAX_RAW_BYTES: usize = 1 << 15;
/// The highest number of characters (code points after parsing) of a caption.
pub(crate) const MAX_CAPTION: usize = 1024;

/// Runs a text through the server's whole pipeline.
///
/// # Errors
/// The server's sentence, before the prefix and casing rule of [`crate::api::ApiError`].
pub(crate) fn format(
    text: &str,
    markup: Markup,
    role: Role,
    known: &dyn Fn(i64) -> Option<User>,
) -> Result<Formatted, String> {
    let (text, entities) = match markup {
        Markup::Html => {
            html::parse(text).map_err(|reason| format!("Can't parse entities: {reason}"))?
        }
        Markup::Entities(entities) => (
            text.to_owned(),
            entities
                .into_iter()
                .filter_map(from_input)
                .collect::<Vec<_>>(),
        ),
    };
    let (text, mut entities) = clean::clean(&text, normalise::normalise(entities));
    let Some(text) = clean::trim(&text, &mut entities) else {
        return match role {
            Role::Message => Err("Text must be non-empty".to_owned()),
            Role::Caption => Ok(Formatted::default()),
        };
    };
    match role {
        Role::Message if text.chars().count() > MAX_TEXT => {
            return Err("Message is too long".to_owned());
        }
        Role::Caption if text.chars().count() > MAX_CAPTION => {
            return Err("Message caption is too long".to_owned());
        }
        _ => {}
    }
    let found = find::find(&text, &entities);
    entities.extend(found);
    let entities = normalise::normalise(entities)
        .into_iter()
        .filter_map(|e| to_wire(e, known))
        .collect();
    Ok(Formatted { text, entities })
}

/// What Telegram makes of a message in `parse_mode=HTML`: its text and entities. People it mentions are all known.
///
/// # Errors
/// The server's sentence.
pub fn message_of_html(html: &str) -> Result<(String, Vec<MessageEntity>), String> {
    if html.len() > MAX_RAW_BYTES {
        return Err("Text is too long".to_owned());
    }
    let anyone = |id| {
        Some(User {
            id,
            is_bot: false,
            first_name: "Anyone".to_owned(),
            last_name: None,
            username: None,
            language_code: None,
        })
    };
    let formatted = format(html, Markup::Html, Role::Message, &anyone)?;
    Ok((formatted.text, formatted.entities))
}

/// A text as a person types it: cleaned, trimmed, with commands, links and mentions found; `None` when nothing is left.
pub(crate) fn typed(text: &str) -> Option<Formatted> {
    let (text, mut entities) = clean::clean(text, Vec::new());
    let text = clean::trim(&text, &mut entities)?;
    let entities = find::find(&text, &[])
        .into_iter()
        .filter_map(|e| to_wire(e, &|_| None))
        .collect();
    Some(Formatted { text, entities })
}

/// Entities that a bot lists itself; those that the server finds on its own are ignored, as there.
fn from_input(entity: InputEntity) -> Option<RawEntity> {
    let style = match entity.kind.as_str() {
        "bold" => Style::Bold,
        "italic" => Style::Italic,
        "underline" => Style::Underline,
        "strikethrough" => Style::Strikethrough,
        "spoiler" => Style::Spoiler,
        "blockquote" => Style::Blockquote,
        "expandable_blockquote" => Style::ExpandableBlockquote,
        "code" => Style::Code(String::new()),
        "pre" => Style::Pre(entity.language.unwrap_or_default()),
        "text_link" => Style::TextLink(entity.url?),
        "custom_emoji" => Style::CustomEmoji(entity.custom_emoji_id?),
        _ => return None,
    };
    (entity.length > 0).then_some(RawEntity {
        style,
        offset: entity.offset,
        length: entity.length,
    })
}

fn to_wire(entity: RawEntity, known: &dyn Fn(i64) -> Option<User>) -> Option<MessageEntity> {
    let kind = match &entity.style {
        Style::Bold => "bold",
        Style::Italic => "italic",
        Style::Underline => "underline",
        Style::Strikethrough => "strikethrough",
        Style::Spoiler => "spoiler",
        Style::Blockquote => "blockquote",
        Style::ExpandableBlockquote => "expandable_blockquote",
        Style::Code(_) => "code",
        Style::Pre(_) => "pre",
        Style::TextLink(_) => "text_link",
        Style::TextMention(_) => "text_mention",
        Style::CustomEmoji(_) => "custom_emoji",
        Style::Found(kind) => kind,
    };
    let mut wire = MessageEntity::plain(kind, entity.offset, entity.length);
    match entity.style {
        Style::Pre(language) if !language.is_empty() => wire.language = Some(language),
        Style::TextLink(url) => wire.url = Some(url),
        Style::CustomEmoji(id) => wire.custom_emoji_id = Some(id),
        // The server drops a mention of somebody whom the bot has never met.
        Style::TextMention(id) => wire.user = Some(known(id)?),
        _ => {}
    }
    Some(wire)
}
