//! Telegram's HTML, written so that it always parses, and counted as Telegram counts.
//!
//! Only `&`, `<` and `>` are escaped (<https://core.telegram.org/bots/api#html-style>), and `"`
//! within attributes. Nothing from outside becomes markup.

use std::fmt::Write as _;

/// The longest text of a message, in characters after entity parsing
/// (<https://core.telegram.org/bots/api#sendmessage>); the server counts Unicode code points
/// (`MessageContent.cpp`).
pub(crate) const MAX_CHARS: usize = 4_096;

/// The longest text of a message before parsing, in bytes (telegram-bot-api `Client.cpp`,
/// "Text is too long").
pub(crate) const MAX_BYTES: usize = 32_768;

/// A text with markup, and how long it is for Telegram.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Html {
    markup: String,
    chars: usize,
}

impl Html {
    /// The markup.
    pub(crate) fn into_markup(self) -> String {
        self.markup
    }

    /// Its length after entity parsing.
    pub(crate) fn chars(&self) -> usize {
        self.chars
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
            self.chars += 1;
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
        self.chars += other.chars;
        self
    }

    fn within(&mut self, open: &str, text: &str, close: &str) -> &mut Self {
        self.markup.push_str(open);
        self.text(text);
        self.markup.push_str(close);
        self
    }
}

/// The text, cut to so many characters; a cut shows as `…`.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
