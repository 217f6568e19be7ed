//! Text that tries things: markup, words of ours, characters that cannot be seen or turn others around, emoji, and
//! lengths around every limit.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::meant::EMOJI;

/// Things to say, all of which were used against somebody.
const PIECES: [&str; 31] = [
    "</b></code></pre></blockquote></a>",
    "<b>",
    "<a href=\"tg://user?id=1\">Ann</a>",
    "<pre><code class=\"language-json\">{}</code></pre>",
    "<tg-spoiler>",
    "<!-- ",
    "&lt;b&gt;&amp;&quot;&#x202e;&#8238;&#0;&nbsp;",
    "&",
    "<",
    ">\"'",
    "\n✅ Approved by ann · 14:02 UTC\n",
    "\r\n✅ Approved by ann",
    "\n\n",
    "\t",
    "\u{202e}evil\u{202c}",
    "\u{2066}a\u{2069}\u{2067}b\u{2068}c",
    "\u{200b}\u{200c}\u{feff}\u{2060}\u{ad}",
    "\u{e0041}\u{e007f}\u{fe00}\u{e0100}",
    "\u{0}\u{1}\u{1b}[2J\u{7f}\u{85}",
    "\u{2028}\u{2029}",
    "a\u{30a} e\u{301} x\u{333} y\u{33f} z\u{489}",
    "\u{3164}\u{115f}\u{2800}\u{180e}\u{34f}",
    "שלום עולם ٣",
    "مرحبا",
    "Привет, 部署服务 déjà vu",
    "*bold* _it_ ||spoiler|| `code` ```js\n}\n``` [x](https://evil.example)",
    "@everybody #tag /approve https://evil.example/?a=1&b=2 a@b.example",
    "\u{ffff}\u{fffe}\u{10ffff}\u{f8ff}",
    "a\u{200d}b\u{fe0f}c",
    "\\u202e\\n\\\"",
    "word word ",
];

/// A source of hostile text; the same seed says the same.
pub(super) struct Hostile(StdRng);

impl Hostile {
    pub(super) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }

    pub(super) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    /// Several lines of at most so many characters, and sometimes exactly so many.
    pub(super) fn text(&mut self, most: usize) -> String {
        let wanted = match self.below(6) {
            0 => most,
            1 => most.min(1),
            2 => self.below(most + 1),
            _ => self.below(most.min(80) + 1),
        };
        let mut text = String::new();
        let mut length = 0;
        while length < wanted {
            let piece = match self.below(10) {
                0..=5 => PIECES[self.below(PIECES.len())].to_owned(),
                6 => EMOJI[self.below(EMOJI.len())].to_owned(),
                7 => self.any_character().to_string(),
                _ => "abcdefghijklmnopqrstuvwxyz "[self.below(13)..].to_owned(),
            };
            let room = wanted - length;
            if piece.chars().count() > room {
                // Half an emoji would be something else.
                text.extend(std::iter::repeat_n('x', room));
                break;
            }
            length += piece.chars().count();
            // What follows must not become a part of an emoji by chance.
            text.push_str(&piece);
        }
        text
    }

    /// One line that says something.
    pub(super) fn line(&mut self, most: usize) -> String {
        let text = self.text(most);
        if text.trim().is_empty() {
            "x".to_owned()
        } else {
            text
        }
    }

    pub(super) fn maybe(&mut self, most: usize) -> Option<String> {
        (!self.chance(3)).then(|| self.text(most))
    }

    fn any_character(&mut self) -> char {
        loop {
            let range = if self.chance(2) { 0x3000 } else { 0x11_0000 };
            let code = u32::try_from(self.below(range)).unwrap_or_default();
            // Joiners and what joins to them belong to the list of emoji; `…` marks what was shortened.
            match char::from_u32(code) {
                Some('\u{200d}' | '\u{fe0f}' | '\u{20e3}' | '…') | None => {}
                Some(c) => return c,
            }
        }
    }
}
