//! The HTML parse mode, as strict as the server's own parser (`parse_html` in `TDLib`): unknown or
//! unclosed tags and a bare `<` are refused, with the server's words and byte offsets.

use super::link::link_target;
use super::{RawEntity, Style};

type Parsed = (String, Vec<RawEntity>);

const TAGS: [&str; 16] = [
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "span",
    "pre",
    "code",
    "blockquote",
];

struct OpenTag {
    name: String,
    argument: String,
    utf16_offset: usize,
    byte_offset: usize,
}

/// The source, read byte by byte; reading past the end gives 0, which counts as white space like in the original.
struct Source<'a>(&'a [u8]);

impl Source<'_> {
    fn at(&self, position: usize) -> u8 {
        self.0.get(position).copied().unwrap_or(0)
    }

    fn lower(&self, from: usize, to: usize) -> String {
        self.raw(from, to).to_ascii_lowercase()
    }

    fn raw(&self, from: usize, to: usize) -> String {
        String::from_utf8_lossy(self.0.get(from..to.min(self.0.len())).unwrap_or_default())
            .into_owned()
    }

    fn skip_spaces(&self, mut position: usize) -> usize {
        while self.at(position) != 0 && is_space(self.at(position)) {
            position += 1;
        }
        position
    }
}

/// Parses `html` into plain text and entities with UTF-16 offsets, sorted by offset and falling length.
///
/// # Errors
/// The server's sentence, without the `Bad Request: can't parse entities: ` that the API puts before it.
pub(crate) fn parse(html: &str) -> Result<Parsed, String> {
    let source = Source(html.as_bytes());
    let mut text = String::with_capacity(html.len());
    let mut utf16 = 0;
    let mut open: Vec<OpenTag> = Vec::new();
    let mut entities: Vec<RawEntity> = Vec::new();
    let mut lone_surrogate = false;
    let mut position = 0;
    while position < html.len() {
        if let Some((code, next)) = character_reference(&source, position) {
            match char::from_u32(code) {
                Some(character) => text.push(character),
                None => lone_surrogate = true,
            }
            utf16 += if code > 0xffff { 2 } else { 1 };
            position = next;
        } else if source.at(position) != b'<' {
            let Some(character) = html[position..].chars().next() else {
                break;
            };
            utf16 += character.len_utf16();
            text.push(character);
            position += character.len_utf8();
        } else if source.at(position + 1) == b'/' {
            let (tag, next) = end_tag(&source, position, &mut open)?;
            if utf16 > tag.utf16_offset {
                close(tag, &text, utf16, &mut entities)?;
            }
            position = next;
        } else {
            let (name, argument, next) = start_tag(&source, position)?;
            open.push(OpenTag {
                name,
                argument,
                utf16_offset: utf16,
                byte_offset: text.len(),
            });
            position = next;
        }
    }
    if let Some(tag) = open.last() {
        return Err(format!(
            "Can't find end tag corresponding to start tag \"{}\"",
            tag.name
        ));
    }
    if lone_surrogate {
        return Err("Text contains invalid Unicode characters after decoding HTML entities, check for unmatched \
                    surrogate code units"
            .to_owned());
    }
    Ok((text, entities))
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x0b)
}

/// Decodes `&lt;`, `&#60;` and the like at `position`. Unknown names stay text, and the `;` is optional.
fn character_reference(source: &Source<'_>, position: usize) -> Option<(u32, usize)> {
    if source.at(position) != b'&' {
        return None;
    }
    let mut end = position + 1;
    let code = if source.at(end) == b'#' {
        end += 1;
        let radix = if source.at(end) == b'x' { 16 } else { 10 };
        if radix == 16 {
            end += 1;
        }
        let mut code = 0_u32;
        while let Some(digit) = char::from(source.at(end)).to_digit(radix) {
            code = code.wrapping_mul(radix).wrapping_add(digit);
            end += 1;
        }
        if code == 0 || code >= 0x0010_ffff || end - position >= 10 {
            return None;
        }
        code
    } else {
        while source.at(end).is_ascii_alphabetic() {
            end += 1;
        }
        match source.raw(position + 1, end).as_str() {
            "lt" => u32::from('<'),
            "gt" => u32::from('>'),
            "amp" => u32::from('&'),
            "quot" => u32::from('"'),
            _ => return None,
        }
    };
    Some((code, if source.at(end) == b';' { end + 1 } else { end }))
}

/// Reads `<name attributes…>` and returns the name, its one meaningful argument and the position after `>`.
fn start_tag(source: &Source<'_>, begin: usize) -> Result<(String, String, usize), String> {
    let mut position = begin + 1;
    while !is_space(source.at(position)) && source.at(position) != b'>' {
        position += 1;
    }
    if source.at(position) == 0 {
        return Err(format!("Unclosed start tag at byte offset {begin}"));
    }
    let name = source.lower(begin + 1, position);
    if !TAGS.contains(&name.as_str()) {
        return Err(format!(
            "Unsupported start tag \"{name}\" at byte offset {begin}"
        ));
    }
    let mut argument = String::new();
    while source.at(position) != b'>' {
        position = source.skip_spaces(position);
        if source.at(position) == b'>' {
            break;
        }
        let attribute;
        (attribute, position) = attribute_name(source, position, &name, begin)?;
        if source.at(position) != b'=' {
            if name == "blockquote" && attribute == "expandable" {
                "1".clone_into(&mut argument);
            }
            continue;
        }
        let value;
        (value, position) = attribute_value(source, position + 1, &name, begin)?;
        if let Some(found) = meaning(&name, &attribute, value) {
            argument = found;
        }
    }
    if name == "span" && argument != "spoiler" {
        return Err(format!(
            "Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"
        ));
    }
    Ok((name, argument, position + 1))
}

fn attribute_name(
    source: &Source<'_>,
    from: usize,
    tag: &str,
    begin: usize,
) -> Result<(String, usize), String> {
    let mut position = from;
    while !is_space(source.at(position))
        && !matches!(source.at(position), b'=' | b'>' | b'/' | b'"' | b'\'')
    {
        position += 1;
    }
    if position == from {
        return Err(format!(
            "Empty attribute name in the tag \"{tag}\" at byte offset {begin}"
        ));
    }
    let name = source.raw(from, position);
    position = source.skip_spaces(position);
    if source.at(position) == 0 {
        return Err(format!(
            "Unclosed start tag \"{tag}\" at byte offset {begin}"
        ));
    }
    Ok((name, position))
}

fn attribute_value(
    source: &Source<'_>,
    from: usize,
    tag: &str,
    begin: usize,
) -> Result<(String, usize), String> {
    let mut position = source.skip_spaces(from);
    if source.at(position) == 0 {
        return Err(format!(
            "Unclosed start tag \"{tag}\" at byte offset {begin}"
        ));
    }
    let quote = source.at(position);
    let value = if quote == b'\'' || quote == b'"' {
        position += 1;
        let mut value = Vec::new();
        while source.at(position) != quote && source.at(position) != 0 {
            if let Some((code, next)) = character_reference(source, position) {
                let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                position = next;
            } else {
                value.push(source.at(position));
                position += 1;
            }
        }
        if source.at(position) == quote {
            position += 1;
        }
        String::from_utf8_lossy(&value).into_owned()
    } else {
        let token = position;
        while source.at(position).is_ascii_alphanumeric()
            || matches!(source.at(position), b'.' | b'-')
        {
            position += 1;
        }
        if !is_space(source.at(position)) && source.at(position) != b'>' {
            return Err(format!(
                "Unexpected end of name token at byte offset {token}"
            ));
        }
        source.lower(token, position)
    };
    if source.at(position) == 0 {
        return Err(format!("Unclosed start tag at byte offset {begin}"));
    }
    Ok((value, position))
}

/// The few attributes that mean something; all others are read and forgotten.
fn meaning(tag: &str, attribute: &str, value: String) -> Option<String> {
    match (tag, attribute) {
        ("a", "href") | ("tg-emoji", "emoji-id") => Some(value),
        ("code", "class") => value.strip_prefix("language-").map(str::to_owned),
        ("span", "class") => value.strip_prefix("tg-").map(str::to_owned),
        ("blockquote", "expandable") => Some("1".to_owned()),
        _ => None,
    }
}

fn end_tag(
    source: &Source<'_>,
    begin: usize,
    open: &mut Vec<OpenTag>,
) -> Result<(OpenTag, usize), String> {
    let Some(tag) = open.pop() else {
        return Err(format!("Unexpected end tag at byte offset {begin}"));
    };
    let mut position = begin + 1;
    while !is_space(source.at(position)) && source.at(position) != b'>' {
        position += 1;
    }
    let name = source.lower(begin + 2, position);
    position = source.skip_spaces(position);
    if source.at(position) != b'>' {
        return Err(format!("Unclosed end tag at byte offset {begin}"));
    }
    if !name.is_empty() && name != tag.name {
        return Err(format!(
            "Unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{name}>\"",
            tag.name
        ));
    }
    Ok((tag, position + 1))
}

/// Turns a closed, non-empty tag into an entity. `<pre><code class="language-…">` becomes one `pre`.
fn close(
    tag: OpenTag,
    text: &str,
    utf16: usize,
    entities: &mut Vec<RawEntity>,
) -> Result<(), String> {
    let (offset, length) = (tag.utf16_offset, utf16 - tag.utf16_offset);
    let same_range = |entity: &RawEntity| entity.offset == offset && entity.length == length;
    let style = match tag.name.as_str() {
        "b" | "strong" => Style::Bold,
        "i" | "em" => Style::Italic,
        "u" | "ins" => Style::Underline,
        "s" | "strike" | "del" => Style::Strikethrough,
        "tg-spoiler" | "span" => Style::Spoiler,
        "blockquote" if tag.argument.is_empty() => Style::Blockquote,
        "blockquote" => Style::ExpandableBlockquote,
        "tg-emoji" => match tag.argument.parse::<i64>() {
            Ok(id) if id != 0 => Style::CustomEmoji(tag.argument),
            _ => return Err("Invalid custom emoji identifier specified".to_owned()),
        },
        "a" => {
            let target = if tag.argument.is_empty() {
                text[tag.byte_offset..].to_owned()
            } else {
                tag.argument
            };
            match link_target(&target) {
                Some(style) => style,
                None => return Ok(()),
            }
        }
        "pre" => {
            if let Some(RawEntity {
                style: Style::Code(language),
                ..
            }) = entities.last().filter(|e| same_range(e))
                && !language.is_empty()
            {
                let style = Style::Pre(language.clone());
                entities.pop();
                style
            } else {
                Style::Pre(String::new())
            }
        }
        _ => {
            if entities
                .last()
                .is_some_and(|e| same_range(e) && e.style == Style::Pre(String::new()))
                && !tag.argument.is_empty()
            {
                entities.pop();
                Style::Pre(tag.argument)
            } else {
                Style::Code(tag.argument)
            }
        }
    };
    entities.push(RawEntity {
        style,
        offset,
        length,
    });
    Ok(())
}
