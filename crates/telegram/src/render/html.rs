//! Telegram's HTML, written so that it always parses, and counted as Telegram counts.
//!
//! Only `&`, `<` and `>` are escaped (<https://core.telegram.org/bots/api#html-style>), and `"`
//! within attributes. Nothing from outside becomes markup.

use std::fmt::Write as _;

/// The longest text of a message, in characters after entity parsing
/// (<https://core.telegram.org/bots/api#sendmessage>). The Bot API server counts Unicode code
/// points (`MessageContent.cpp`); here UTF-16 code units are, which are never fewer, as everything
/// else in Telegram counts.
pub(crate) const MAX_UNITS: usize = 4_096;

/// The longest text of a message before parsing, in bytes (telegram-bot-api `Client.cpp`,
/// "Text is too long").
pub(crate) const MAX_BYTES: usize = 32_768;

/// A text with markup, and how long it is for Telegram.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Html {
    markup: String,
    units: usize,
}

impl Html {
    /// The markup.
    pub(crate) fn into_markup(self) -> String {
        self.markup
    }

    /// Its length after entity parsing, in UTF-16 code units.
    pub(crate) fn units(&self) -> usize {
        self.units
    }

    /// Its length before parsing, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.markup.len()
    }

    /// Appends plain text.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.markup.push_str("&amp;"),
                '<' => self.markup.push_str("&lt;"),
                '>' => self.markup.push_str("&gt;"),
                _ => self.markup.push(c),
            }
            self.units += c.len_utf16();
        }
        self
    }

    /// Ends the line.
    pub(crate) fn line_end(&mut self) -> &mut Self {
        self.text("\n")
    }

    /// Appends bold text.
    pub(crate) fn bold(&mut self, text: &str) -> &mut Self {
        self.within("<b>", text, "</b>")
    }

    /// Appends text that is copied when it is tapped.
    pub(crate) fn code(&mut self, text: &str) -> &mut Self {
        self.within("<code>", text, "</code>")
    }

    /// Appends a block of JSON.
    pub(crate) fn json_block(&mut self, text: &str) -> &mut Self {
        self.within("<pre><code class=\"language-json\">", text, "</code></pre>")
    }

    /// Appends a quotation: what stands in it is visibly not ours.
    pub(crate) fn quote(&mut self, text: &str) -> &mut Self {
        self.within("<blockquote>", text, "</blockquote>")
    }

    /// Appends a link.
    pub(crate) fn link(&mut self, url: &str, text: &str) -> &mut Self {
        let escaped = url.replace('&', "&amp;").replace('"', "&quot;");
        let escaped = escaped.replace('<', "&lt;").replace('>', "&gt;");
        let _ = write!(self.markup, "<a href=\"{escaped}\">");
        self.text(text);
        self.markup.push_str("</a>");
        self
    }

    /// Appends a person's name so that they are notified, by their numeric id.
    pub(crate) fn mention(&mut self, user_id: &str, name: &str) -> &mut Self {
        if user_id.parse::<i64>().is_ok_and(|id| id > 0) {
            self.link(&format!("tg://user?id={user_id}"), name)
        } else {
            self.text(name)
        }
    }

    /// Appends another text.
    pub(crate) fn append(&mut self, other: &Self) -> &mut Self {
        self.markup.push_str(&other.markup);
        self.units += other.units;
        self
    }

    fn within(&mut self, open: &str, text: &str, close: &str) -> &mut Self {
        self.markup.push_str(open);
        self.text(text);
        self.markup.push_str(close);
        self
    }
}

/// The text, cut to so many UTF-16 code units; a cut shows as `…`, and leaves no half of an emoji.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most || text.encode_utf16().count() <= most {
        return text.to_owned();
    }
    let mut room = most.saturating_sub(1);
    let kept = text.char_indices().find(|(_, c)| {
        let fits = c.len_utf16() <= room;
        room = room.saturating_sub(c.len_utf16());
        !fits
    });
    let kept = kept.map_or(text, |(end, _)| &text[..end]);
    // A joiner that joins nothing would be an invisible character.
    let kept = kept.trim_end_matches('\u{200d}');
    format!("{}…", kept.trim_end())
}
