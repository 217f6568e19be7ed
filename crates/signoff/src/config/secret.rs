//! A secret in the configuration: a text that is never printed.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is shown instead of a secret.
pub(crate) const HIDDEN: &str = "•••";

/// A text that `Debug` and `Serialize` hide.
#[derive(Clone)]
pub(crate) struct Secret(SecretString);

impl Secret {
    /// The text, for the one place that needs it.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(HIDDEN)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::from)
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "writeOnly": true })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Settings, Source, check, load};

    /// Everything that the configuration becomes on its way to the service, printed at each step.
    #[test]
    fn no_step_from_the_file_to_the_settings_prints_a_secret() {
        let secrets = [
            "7000000001:AAhunter2-hunter2-hunter2-hunter2-hunter2",
            "whsec_aHVudGVyMi1odW50ZXIyLWh1bnRlcjIy",
            "hunter2-webhook",
        ];
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("signoff.toml");
        let [token, signing, webhook] = secrets;
        let text = format!(
            "[server]\npublic_url = \"https://signoff.example.org\"\n[telegram]\nupdates = \"webhook\"\n\
             webhook_secret = \"{webhook}\"\n[callbacks]\nsigning_secrets = [\"{signing}\"]\n\
             [[approvers]]\nname = \"ann\"\n[[routes]]\nname = \"default\"\napprovers = [\"ann\"]\n"
        );
        std::fs::write(&file, text).unwrap();
        let source = Source {
            file: Some(file),
            variables: vec![("SIGNOFF_TELEGRAM__TOKEN".to_owned(), token.to_owned())],
        };
        let loaded = load(&source).unwrap();
        let checked = check(&loaded).unwrap();
        let settings: &Settings = &checked.settings;
        let client =
            signoff_client::Client::new("http://127.0.0.1", &format!("sgn_{:h<43}", "hunter2"));
        let printed = format!(
            "{source:?} {loaded:#?} {checked:#?} {settings:?} {:?} {}",
            client.unwrap(),
            serde_json::to_string(&loaded.config).unwrap(),
        );
        assert!(printed.contains("signoff.example.org"), "{printed}");
        for secret in secrets
            .into_iter()
            .chain(["hunter2", "aHVudGVy", "104, 117"])
        {
            assert!(!printed.contains(secret), "{secret}: {printed}");
        }
    }
}
