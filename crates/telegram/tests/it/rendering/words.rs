//! The catalogue's sentences, filled in without the renderer's own code around them.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};

/// The languages, and their catalogues.
pub(super) const LANGUAGES: [(&str, &str); 3] = [
    ("en", include_str!("../../../locales/en.ftl")),
    ("ru", include_str!("../../../locales/ru.ftl")),
    ("zh-Hans", include_str!("../../../locales/zh-Hans.ftl")),
];

/// One language's catalogue.
pub(super) struct Words {
    pub(super) tag: &'static str,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    pub(super) fn of(index: usize) -> Self {
        let (tag, source) = LANGUAGES[index % LANGUAGES.len()];
        let resource = FluentResource::try_new(source.to_owned()).expect("a catalogue");
        let mut bundle = FluentBundle::new(vec![tag.parse().expect("a language")]);
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).expect("no message twice");
        Self { tag, bundle }
    }

    pub(super) fn say(&self, id: &str) -> String {
        self.fill(id, &[])
    }

    pub(super) fn with(&self, id: &str, values: &[(&'static str, &str)]) -> String {
        let values: Vec<_> = values
            .iter()
            .map(|(name, value)| (*name, FluentValue::from(*value)))
            .collect();
        self.fill(id, &values)
    }

    pub(super) fn count(&self, id: &str, values: &[(&'static str, usize)]) -> String {
        let values: Vec<_> = values
            .iter()
            .map(|(name, value)| (*name, FluentValue::from(*value)))
            .collect();
        self.fill(id, &values)
    }

    pub(super) fn fill(&self, id: &str, values: &[(&'static str, FluentValue<'_>)]) -> String {
        let message = self.bundle.get_message(id);
        let pattern = message
            .and_then(|message| message.value())
            .unwrap_or_else(|| panic!("{} has no {id}", self.tag));
        let args: FluentArgs<'_> = values
            .iter()
            .map(|(name, value)| (*name, value.clone()))
            .collect();
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(&args), &mut errors)
            .into_owned();
        assert!(errors.is_empty(), "{id}: {errors:?}");
        text
    }
}
