//! Types that print themselves: none of them has a field that is called like a secret and would be
//! printed as it is.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// What a field that holds a secret is called, or a part of it.
const NAMES: [&str; 6] = [
    "token",
    "secret",
    "password",
    "api_key",
    "signing",
    "variables",
];

/// Types whose `Debug` hides what they hold; each has a test of its own beside it.
const HIDING: [&str; 7] = [
    "Secret",
    "SecretString",
    "SecretBox<",
    "SigningSecret",
    "StoreSecrets",
    "Typed",
    "ApiKey",
];

/// Fields that are called so and hold none.
const NO_SECRETS: [(&str, &str, &str); 16] = [
    (
        "Path",
        "token",
        "a part of a JSON pointer: the name of a field",
    ),
    (
        "Settings",
        "api_keys",
        "hashes: what is kept of a key opens nothing",
    ),
    ("Telegram", "token_file", "where the secret is"),
    ("Telegram", "webhook_secret_file", "where the secret is"),
    ("Compat", "token_file", "where the secret is"),
    ("Args", "token_file", "where the secret is"),
    ("Heard", "tokens", "how many parts of words were heard"),
    ("AnswerSegment", "tokens", "parts of words that were heard"),
    ("Speech", "api_key_file", "where the secret is"),
    ("Channel", "secret_file", "where the secret is"),
    ("Callbacks", "signing_secrets_file", "where the secrets are"),
    ("Project", "signing_secrets_file", "where the secrets are"),
    ("Adapter", "secret_file", "where the secret is"),
    ("Args", "secret_file", "where the secret is"),
    ("Secrets", "secrets_file", "where the secrets are"),
    ("Args", "secrets", "that file, of the conformance kit"),
];

/// Every Rust file of what is shipped; the simulator's token is a toy.
fn sources(folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

/// The fields that a text prints and should not: type, field, its type.
fn printed(text: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let (mut prints, mut owner) = (false, None::<String>);
    for line in text.lines() {
        let words = line.trim_start();
        if words.starts_with("#[derive(") {
            prints = words.contains("Debug");
            continue;
        }
        if words.starts_with("#[") || words.starts_with("//") {
            continue;
        }
        let item = words
            .trim_start_matches("pub(crate) ")
            .trim_start_matches("pub(super) ");
        let item = item
            .trim_start_matches("pub(in ")
            .trim_start_matches("pub ");
        let begins = ["struct ", "enum "]
            .iter()
            .find_map(|kind| item.strip_prefix(kind));
        if let Some(rest) = begins {
            let name = rest
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next();
            owner = name
                .filter(|_| prints && line.ends_with('{'))
                .map(str::to_owned);
            prints = false;
        } else if line == "}" || line.starts_with("impl") {
            owner = None;
        } else if let Some((owner, (field, kind))) = owner.as_ref().zip(item.split_once(": ")) {
            let is_name = field.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            if is_name && NAMES.iter().any(|name| field.contains(name)) {
                found.push((
                    owner.clone(),
                    field.to_owned(),
                    kind.trim_end_matches(',').to_owned(),
                ));
            }
        } else {
            prints &= words.is_empty();
        }
    }
    found
}

#[test]
fn no_type_that_prints_itself_has_a_plain_field_for_a_secret() -> Result<()> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut files = Vec::new();
    for entry in fs::read_dir(&crates)? {
        let entry = entry?;
        if entry.file_name() != "telegram-sim" {
            sources(&entry.path().join("src"), &mut files)?;
        }
    }
    let (mut wrong, mut hidden) = (Vec::new(), 0);
    for file in files {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        for (owner, field, kind) in printed(&text) {
            let inner = kind
                .trim_start_matches("Option<")
                .trim_start_matches("Vec<")
                .trim_start_matches("&'a ");
            let hides = HIDING.iter().any(|hiding| {
                inner.trim_end_matches('>') == *hiding
                    || (hiding.ends_with('<') && inner.starts_with(hiding))
            });
            if hides {
                hidden += 1;
            } else if !NO_SECRETS
                .iter()
                .any(|(of, name, _)| (*of, *name) == (&owner, &field))
            {
                wrong.push(format!(
                    "{}: {owner}.{field} is {kind}, and Debug prints it",
                    file.display()
                ));
            }
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    ensure!(
        hidden >= 6,
        "only {hidden} fields were found: is this still how types are written?"
    );
    Ok(())
}

#[test]
fn a_type_that_would_print_a_secret_is_found() {
    let text = "/// A bot.\n#[derive(Debug, Clone)]\n#[serde(default)]\npub(crate) struct Bot {\n    \
        /// Its token.\n    #[serde(default)]\n    pub(crate) token: Option<String>,\n    name: String,\n}\n\
        #[derive(Clone)]\nstruct Quiet {\n    token: String,\n}\n";
    let found = printed(text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[0],
        ("Bot".into(), "token".into(), "Option<String>".into())
    );
}
