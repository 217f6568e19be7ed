//! HTML that escapes what it is given.

/// A page being written.
pub(super) struct Html(String);

impl Html {
    /// An empty page.
    pub(super) fn new() -> Self {
        Self(String::with_capacity(64 * 1024))
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// Markup of ours, as it is.
    pub(super) fn raw(&mut self, markup: &str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text, escaped.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                other => self.0.push(other),
            }
        }
        self
    }

    /// An element that holds a text.
    pub(super) fn element(&mut self, name: &str, text: &str) -> &mut Self {
        self.raw("<")
            .raw(name)
            .raw(">")
            .text(text)
            .raw("</")
            .raw(name)
            .raw(">\n")
    }

    /// A link within the page.
    pub(super) fn link(&mut self, to: &str, text: &str) -> &mut Self {
        self.raw("<a href=\"#")
            .text(to)
            .raw("\">")
            .text(text)
            .raw("</a>")
    }

    /// Text with `code` spans.
    pub(super) fn inline(&mut self, text: &str) -> &mut Self {
        for (at, part) in text.split('`').enumerate() {
            if at % 2 == 1 {
                self.raw("<code>").text(part).raw("</code>");
            } else {
                self.text(part);
            }
        }
        self
    }

    /// Paragraphs, with `code` spans.
    pub(super) fn prose(&mut self, text: &str) -> &mut Self {
        for paragraph in text
            .split("\n\n")
            .filter(|paragraph| !paragraph.trim().is_empty())
        {
            self.raw("<p>").inline(paragraph).raw("</p>\n");
        }
        self
    }
}

/// The name of a place in the page.
pub(super) fn anchor(kind: &str, name: &str) -> String {
    format!("{kind}-{name}")
}
