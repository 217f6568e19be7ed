//! The secrets that the test plants, each with a name of its own, and the requests that carry them.

use serde_json::{Value, json};

use crate::service::House;

/// A value that anybody may read. The test looks for it with the same search, and must find it.
pub(super) const CONTROL: &str = "a-value-that-people-may-read-4700";

/// What people said: data, kept and delivered as they said it, and hidden everywhere else.
pub(super) const SAID: &str = "ghp_4740saidByAPersonABCDEFGHIJKLMNOP";
/// What a person wrote to the bot that answered nothing.
pub(super) const TYPED: &str = "ghp_4741typedToTheBotABCDEFGHIJKLMNOP";
/// In the query of a callback's address.
pub(super) const CALLBACK: &str = "callback-token-4742-abcdef";
/// A token as the name of a field, a parameter or a call.
pub(super) const NAMING: &str = "ghp_4750namesAFieldABCDEFGHIJKLMNOPQR";
/// A value that looks like nothing: no masking knows it, so no error may quote it.
pub(super) const VALUE: &str = "hostile-hunter2-4751-abcdef";
/// The same in an update of Telegram's.
pub(super) const STRANGE: &str = "strange-hunter2-4753-abcdef";
/// An API key that nobody made.
pub(super) const WRONG_KEY: &str = "sgn_4752ThisKeyWasNeverMadeByAnybodyAtAll4752-_";
/// What proves Telegram to the webhook, and what another sends instead.
pub(super) const WEBHOOK: &str = "webhook-secret-4761-abcdefgh";
pub(super) const WRONG_WEBHOOK: &str = "wrong-webhook-secret-4762-abcdefgh";
/// The signing secret to which receivers are being moved, and the bytes it stands for.
pub(super) const NEW_SIGNING: &str = "cm90YXRpbmctc2lnbmluZy1zZWNyZXQtNDc2Mw==";
pub(super) const NEW_SIGNING_BYTES: &[u8] = b"rotating-signing-secret-4763";

const UNDER_KEY: &str = "p&ss<w\"ord/é+=-4711-hunter2";
const NESTED: &str = "nested-hunter2-4712-abcdef";
const LISTED: &str = "listed-hunter2-4713-abcdef";
const NEIGHBOUR: &str = "named-by-its-neighbour-4714";
const FLAG: &str = "after-a-flag-4715-abcdef";
const KUBERNETES: &str = "in-a-kubernetes-secret-4716";
const TOKEN: &str = "ghp_4717inAPlainArgumentABCDEFGHIJKLM";
const KEY: &str = "ghp_4718asTheNameOfAnArgumentABCDEFGH";
const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0NzE5In0.c2lnbmF0dXJlLTQ3MTk";
const PRIVATE_KEY: &str = "MIIEvQ4720IBADANBgkqhkiG9w0BAQEFAASC";
const URL_PASSWORD: &str = "url-password-4721-abcdef";
const URL_SIGNATURE: &str = "4722abcdefghijklmnopqrstuvwxyz";
const BEARER: &str = "bearer-token-4723-abcdef";
const COOKIE: &str = "cookie-4724-abcdefghijkl";
const ASSIGNED: &str = "assigned-4725-abcdefghij";
const OWN_KEY: &str = "DE89 3704 0044 0532 4726";
const OWN_PATTERN: &str = "ACME-472700000001";
const TITLE: &str = "glpat-4728inTheTitleABCDEFGH";
const LINK: &str = "link-signature-4729-abcdef";
const AGENT: &str = "xoxb-4730-4730-inTheAgentsNameABCDEF";
const TOOL: &str = "npm_4731inTheToolsNameABCDEFGHIJKLMN";
const OPTION: &str = "hf_4732inAnOptionABCDEFGHIJKLMNOPQRS";
const DETAIL: &str = "sk-ant-4733inAnExecutionReportABCDEF";

/// What the operator's own masking knows, and a log that holds back nothing.
pub(super) const CONFIGURATION: &str = r#"
[masking]
keys = ["*iban*"]
patterns = ["ACME-[0-9]{12}"]

[log]
level = "trace"
"#;

/// What is planted in requests, by names.
pub(super) const IN_REQUESTS: &[(&str, &str)] = &[
    ("the value of a secret key", UNDER_KEY),
    ("a nested value", NESTED),
    ("an item of a list", LISTED),
    ("a value named by its neighbour", NEIGHBOUR),
    ("what follows a flag", FLAG),
    ("a Kubernetes secret", KUBERNETES),
    ("a token in an argument", TOKEN),
    ("a token as a key", KEY),
    ("a JSON web token", JWT),
    ("a private key", PRIVATE_KEY),
    ("a password in a URL", URL_PASSWORD),
    ("a signature in a URL", URL_SIGNATURE),
    ("a bearer token", BEARER),
    ("a cookie", COOKIE),
    ("an assignment in prose", ASSIGNED),
    ("what the operator's key hides", OWN_KEY),
    ("what the operator's pattern hides", OWN_PATTERN),
    ("a token in the title", TITLE),
    ("a token in a link", LINK),
    ("a token in the agent's name", AGENT),
    ("a token in the tool's name", TOOL),
    ("a token in an option", OPTION),
    ("a token in a report", DETAIL),
];

impl House {
    /// An approval with a secret in every place that one may stand in.
    pub(super) fn telling(&self, name: &str) -> Value {
        let mut body = self.approval(name);
        body["title"] = format!("Rotate {TITLE} in {name}").into();
        body["context"] = format!("Run it with\npassword={ASSIGNED}\nand wait.").into();
        body["justification"] = format!("The token {TOKEN} was seen.").into();
        body["risk_assessment"] = format!("Customer {OWN_PATTERN} pays twice.").into();
        body["requester"] = json!({ "agent": format!("bot {AGENT}"), "run_label": TOKEN });
        body["links"] = json!([
            { "label": TOKEN, "url": format!("https://b.example/x?token={LINK}") },
        ]);
        body["callback"]["url"] = format!("{}?token={CALLBACK}", self.receiver.url).into();
        body["action"] = json!({ "tool": format!("use {TOOL}"), "arguments": {
            "note": CONTROL,
            "password": UNDER_KEY,
            "database": { "credentials": { "api_key": NESTED } },
            "access_tokens": [LISTED, [LISTED]],
            "environment": [{ "name": "DB_PASSWORD", "value": NEIGHBOUR }],
            "command": ["run", "--password", FLAG],
            "manifest": { "kind": "Secret", "data": { "x": KUBERNETES } },
            "plain": format!("it is {TOKEN}."),
            KEY: "the name of this argument",
            "headers": format!("Authorization: Bearer {BEARER}\nCookie: session={COOKIE}"),
            "text": JWT,
            "pem": format!("-----BEGIN PRIVATE KEY-----\n{PRIVATE_KEY}\n-----END PRIVATE KEY-----"),
            "from": format!("postgres://app:{URL_PASSWORD}@db/app"),
            "to": format!("https://s.example/x?X-Amz-Signature={URL_SIGNATURE}"),
            "customer_iban": OWN_KEY,
            "account": format!("customer {OWN_PATTERN}"),
        } });
        body
    }

    /// The same with more arguments than a message takes, so that they go as a file.
    pub(super) fn telling_much(&self, name: &str) -> Value {
        let mut body = self.telling(name);
        let lines: Vec<String> = (0..200).map(|n| format!("step {n} of {CONTROL}")).collect();
        body["action"]["arguments"]["steps"] = lines.into();
        body
    }

    /// A question whose options hold secrets.
    pub(super) fn asking(&self, name: &str) -> Value {
        let mut body = self.question(name);
        body["title"] = format!("Which of {TITLE}?").into();
        body["options"][0]["label"] = format!("Use {OPTION}").into();
        body["options"][1]["description"] = format!("password={ASSIGNED}").into();
        body
    }
}

/// What an executor reports.
pub(super) fn report() -> Value {
    json!({ "result": "failed", "detail": format!("refused: {DETAIL}") })
}
