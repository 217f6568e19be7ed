//! Every text in every language.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentValue;
use proptest::prelude::*;

use super::bundles::try_format;
use super::{Language, messages, *};

const SOURCES: [(Language, &str); 3] = [
    (Language::English, include_str!("../../locales/en.ftl")),
    (Language::Russian, include_str!("../../locales/ru.ftl")),
    (
        Language::ChineseSimplified,
        include_str!("../../locales/zh-Hans.ftl"),
    ),
];

/// Message → its variables, as the resource's text has them.
fn messages_of(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line
            .split_once(" = ")
            .filter(|_| !line.starts_with([' ', '}']))
        {
            current = name.to_owned();
            assert!(
                found.insert(current.clone(), BTreeSet::new()).is_none(),
                "{name} is there twice"
            );
        }
        for rest in line.split('$').skip(1) {
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(rest.len());
            found
                .get_mut(&current)
                .unwrap()
                .insert(rest[..end].to_owned());
        }
    }
    found
}

#[test]
fn every_language_says_the_same_things_with_the_same_variables() {
    let declared: BTreeMap<String, BTreeSet<String>> = messages::ALL
        .iter()
        .map(|(id, variables)| {
            (
                (*id).to_owned(),
                variables.iter().map(|v| (*v).to_owned()).collect(),
            )
        })
        .collect();
    for (language, source) in SOURCES {
        assert_eq!(messages_of(source), declared, "{}", language.tag());
    }
}

/// Values to try a message with: several where plurals may matter.
fn samples(variables: &'static [&'static str]) -> Vec<Vec<(&'static str, FluentValue<'static>)>> {
    let numbers: &[u64] = if variables.contains(&"count") {
        &[1, 2, 5, 21, 100]
    } else {
        &[2]
    };
    numbers
        .iter()
        .map(|number| {
            let value = |name: &&'static str| match *name {
                "count" | "need" | "max" | "shown" => FluentValue::from(*number),
                "have" => FluentValue::from(1_u64),
                other => FluentValue::from(format!("‹{other}›")),
            };
            variables.iter().map(|name| (*name, value(name))).collect()
        })
        .collect()
}

#[test]
fn everything_said_reads_like_this() {
    for (language, _) in SOURCES {
        let mut said = Vec::new();
        for (id, variables) in messages::ALL {
            for sample in samples(variables) {
                let text = try_format(language, id, &sample).unwrap();
                said.push(format!("{id}: {text}"));
            }
        }
        let said = said.join("\n");
        assert!(
            !said.contains(['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}']),
            "isolation marks"
        );
        insta::assert_snapshot!(format!("texts-{}", language.tag()), said);
    }
}

#[test]
fn a_function_speaks_each_language() {
    let said = Language::ALL.map(|language| pending_some(language, 3));
    assert_eq!(
        said,
        [
            "3 requests wait for you:",
            "Вас ждут 3 запроса:",
            "有 3 个请求等您决定："
        ]
    );
}

#[test]
fn tags_of_all_shapes_find_their_language() {
    let cases = [
        ("en", Some(Language::English)),
        ("en-GB", Some(Language::English)),
        ("ru-RU", Some(Language::Russian)),
        ("RU", Some(Language::Russian)),
        ("zh", Some(Language::ChineseSimplified)),
        ("zh-CN", Some(Language::ChineseSimplified)),
        ("zh_CN", Some(Language::ChineseSimplified)),
        ("zh-hans-cn", Some(Language::ChineseSimplified)),
        ("zh-Hant-TW", Some(Language::ChineseSimplified)),
        ("de", None),
        ("russian-language", None),
        ("", None),
    ];
    for (tag, expected) in cases {
        assert_eq!(Language::from_tag(tag), expected, "{tag:?}");
    }
    assert_eq!(
        Language::first_of([Some("de"), None, Some("ru")]),
        Language::Russian
    );
    assert_eq!(Language::first_of([Some("de")]), Language::English);
}

#[test]
fn what_is_short_on_telegram_is_short_in_every_language() {
    for language in Language::ALL {
        for placeholder in [placeholder_reason(language), placeholder_answer(language)] {
            assert!(placeholder.chars().count() <= 64, "{placeholder}");
        }
        let commands = [
            command_pending(language),
            command_show(language),
            command_deny(language),
            command_cancel(language),
            command_whoami(language),
            command_help(language),
        ];
        for command in commands {
            assert!((3..=256).contains(&command.chars().count()), "{command}");
        }
        for answer in [
            confirm_risk(language),
            confirm_hidden(language),
            not_saved_yet(language),
        ] {
            assert!(answer.chars().count() <= 200, "{answer}");
        }
    }
}

proptest! {
    #[test]
    fn values_come_through_as_they_are(name in "\\PC{0,40}") {
        for language in Language::ALL {
            prop_assert!(said_ended(language).len() > 3);
            prop_assert!(pairing_taken(language, &name).contains(&name));
        }
    }
}
