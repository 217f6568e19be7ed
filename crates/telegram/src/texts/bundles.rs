//! The compiled-in Fluent resources.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::Language;

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> =
    LazyLock::new(|| bundle(Language::English, include_str!("../../locales/en.ftl")));
static RUSSIAN: LazyLock<Bundle> =
    LazyLock::new(|| bundle(Language::Russian, include_str!("../../locales/ru.ftl")));
static CHINESE: LazyLock<Bundle> = LazyLock::new(|| {
    bundle(
        Language::ChineseSimplified,
        include_str!("../../locales/zh-Hans.ftl"),
    )
});

/// A resource with a mistake keeps what could be read; the tests let none pass.
fn bundle(language: Language, source: &str) -> Bundle {
    let resource =
        FluentResource::try_new(source.to_owned()).unwrap_or_else(|(partial, _)| partial);
    let identifier: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    // Isolation marks are invisible characters, and this channel shows those.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

fn of(language: Language) -> &'static Bundle {
    match language {
        Language::English => &ENGLISH,
        Language::Russian => &RUSSIAN,
        Language::ChineseSimplified => &CHINESE,
    }
}

/// A message with its variables filled in, or the reasons why that did not work.
pub(super) fn try_format(
    language: Language,
    id: &str,
    variables: &[(&'static str, FluentValue<'_>)],
) -> Result<String, String> {
    let bundle = of(language);
    let pattern = bundle
        .get_message(id)
        .and_then(|message| message.value())
        .ok_or_else(|| format!("{} has no {id}", language.tag()))?;
    let args: FluentArgs<'_> = variables
        .iter()
        .map(|(name, value)| (*name, value.clone()))
        .collect();
    let mut errors = Vec::new();
    let text = bundle
        .format_pattern(pattern, Some(&args), &mut errors)
        .into_owned();
    match errors.first() {
        None => Ok(text),
        Some(error) => Err(format!("{}: {id}: {error}", language.tag())),
    }
}

/// A message with its variables filled in. The tests prove that every message is there in
/// every language; should one be missing all the same, its English, or its name, is shown.
pub(super) fn format(
    language: Language,
    id: &str,
    variables: &[(&'static str, FluentValue<'_>)],
) -> String {
    try_format(language, id, variables)
        .or_else(|_| try_format(Language::English, id, variables))
        .unwrap_or_else(|_| id.to_owned())
}
