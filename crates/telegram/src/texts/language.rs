//! The languages that this channel speaks, and how to find someone's.

use unic_langid::LanguageIdentifier;

/// A language that this channel speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English: the one that everything falls back to.
    #[default]
    English,
    /// Russian.
    Russian,
    /// Chinese, simplified.
    ChineseSimplified,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::English, Self::Russian, Self::ChineseSimplified];

    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
            Self::ChineseSimplified => "zh-Hans",
        }
    }

    /// The two letters that the Bot API takes for command lists (ISO 639-1).
    pub(crate) fn two_letters(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
            Self::ChineseSimplified => "zh",
        }
    }

    /// The language for a BCP 47 tag, in any case and with any region: `ru-RU`, `zh`,
    /// `zh-hans-cn`. Readers of traditional Chinese get simplified, which is nearer to them
    /// than English. `None` when the tag is of another language, or none at all.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let identifier: LanguageIdentifier = tag.trim().parse().ok()?;
        match identifier.language.as_str() {
            "en" => Some(Self::English),
            "ru" => Some(Self::Russian),
            "zh" | "cmn" => Some(Self::ChineseSimplified),
            _ => None,
        }
    }

    /// The first of these tags that names a language spoken here; English when none does.
    pub(crate) fn first_of<'a>(tags: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        tags.into_iter()
            .flatten()
            .find_map(Self::from_tag)
            .unwrap_or_default()
    }
}
