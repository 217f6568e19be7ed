//! What is a secret and what is not: keys and texts, one a line.

use serde_json::json;
use signoff_core::Masker;

use crate::support::{object, submission};

/// So many characters that fit every token's alphabet, all different enough.
pub(crate) fn filler(length: usize) -> String {
    "aB3dE5fG7hJ9kL2mN4pQ6rS8tU1vW0xY"
        .chars()
        .cycle()
        .take(length)
        .collect()
}

fn digits_and_capitals(length: usize) -> String {
    "A2B3C4D5E6F7".chars().cycle().take(length).collect()
}

fn hex(length: usize) -> String {
    "0a1b2c3d4e5f6789".chars().cycle().take(length).collect()
}

/// One secret of each known shape. Put together here, so that no scanner takes them for real.
pub(crate) fn secrets() -> Vec<String> {
    let pem_body = filler(64);
    vec![
        format!("AKIA{}", digits_and_capitals(16)),
        format!("ASIA{}", digits_and_capitals(16)),
        format!("ghp_{}", filler(36)),
        format!("gho_{}", filler(36)),
        format!("ghs_{}", filler(36)),
        format!("github_pat_{}_{}", filler(22), filler(59)),
        format!("glpat-{}", filler(20)),
        format!("xoxb-123456789012-{}", filler(24)),
        format!("xoxp-123456789012-{}", filler(24)),
        format!("xapp-1-A0123-{}", filler(24)),
        format!("sk_live_{}", filler(24)),
        format!("rk_live_{}", filler(24)),
        format!("whsec_{}", filler(32)),
        format!("sgn_{}", filler(43)),
        format!("AIza{}", filler(35)),
        format!("ya29.{}", filler(40)),
        format!("GOCSPX-{}", filler(28)),
        format!("eyJ{}.eyJ{}.{}", filler(20), filler(30), filler(43)),
        format!("-----BEGIN RSA PRIVATE KEY-----\n{pem_body}\n-----END RSA PRIVATE KEY-----"),
        format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{pem_body}"),
        format!("123456789:AA{}", filler(33)),
        format!("npm_{}", filler(36)),
        format!("pypi-{}", filler(80)),
        format!("hf_{}", filler(34)),
        format!("sk-{}", filler(48)),
        format!("sk-proj-{}", filler(48)),
        format!("sk-ant-api03-{}", filler(80)),
        format!("SG.{}.{}", filler(22), filler(43)),
        format!("dop_v1_{}", hex(64)),
        format!("dckr_pat_{}", filler(27)),
        format!("shpat_{}", hex(32)),
        format!("hvs.{}", filler(24)),
        format!("lin_api_{}", filler(40)),
    ]
}

#[test]
fn a_value_that_is_a_known_token_is_hidden_whole() {
    let masker = Masker::default();
    for secret in secrets() {
        let length = secret.chars().count();
        assert_eq!(
            masker.text(&secret),
            format!("••• {length} characters hidden"),
            "{secret}"
        );
    }
}

#[test]
fn a_known_token_within_a_text_is_hidden_where_it_stands() {
    let masker = Masker::default();
    for secret in secrets()
        .iter()
        .filter(|secret| !secret.ends_with(&filler(64)))
    {
        let length = secret.chars().count();
        let shown = masker.text(&format!("before ({secret}) after"));
        assert_eq!(
            shown,
            format!("before (⟨••• {length} characters hidden⟩) after"),
            "{secret}"
        );
    }
}

#[test]
fn what_the_text_around_it_calls_a_secret_is_hidden() {
    let basic = "dXNlcjpodW50ZXIy";
    let table = [
        "Authorization: Bearer {abcdefgh12345678}",
        "use bearer {abcdefghijklmnopqrst}",
        &format!("curl -H 'Authorization: Basic {{{basic}}}' https://example.org"),
        "Cookie: {sid=abc; theme=dark}",
        "postgres://app:{hunter2}@db.example.org:5432/app?sslmode=require",
        "https://{abcdef0123456789abcdef}@git.example.org/repo",
        "https://hooks.slack.com/services/{T00000000/B00000000/XXXXXXXXXXXX}",
        "https://x.blob.example.org/c?se=2026&sig={abcdefghijklmnopqrstuv}&sv=1",
        "curl -u admin:{hunter2} https://example.org",
        "mysql --user root --password={hunter2} -e 'select 1'",
        "mysql --password {hunter2} -e 'select 1'",
        "deploy --api-key \"{two words}\" --force",
        "PGPASSWORD={hunter2} psql",
        "export DB_PASSWORD='{hunter two}'",
        "Server=db;User Id=sa;Password={hunter2};Encrypt=yes",
        "https://example.org/?user=ann&access_token={hunter2}&page=2",
        "curl -d '{\"user\":\"ann\",\"password\":\"{hunt\\\"er2}\"}'",
        "curl -d \"{\\\"password\\\":\\\"{hunter2}\\\"}\"",
        "apiVersion: v1\nstringData:\n  db-password: {hunter2}\n  user: ann\n",
        "  - password: \"{hunter 2}\"",
        "password := \"{hunter2}\"",
        "password = {hunter2}",
        "{ user: \"ann\", clientSecret: \"{hunter2}\" }",
        "'api_key' => '{hunter2}'",
        "пароль={охотник2}",
    ];
    for line in table {
        let (text, expected) = marked(line);
        assert_eq!(Masker::default().text(&text), expected);
    }
}

/// A text whose secret stands in the innermost braces: the text, and its masked form.
fn marked(line: &str) -> (String, String) {
    let end = line.find(['}']).expect("a secret in braces");
    let start = line[..end].rfind('{').expect("a secret in braces");
    let (before, secret, after) = (&line[..start], &line[start + 1..end], &line[end + 1..]);
    let length = secret.chars().count();
    (
        format!("{before}{secret}{after}"),
        format!("{before}⟨••• {length} characters hidden⟩{after}"),
    )
}

#[test]
fn ordinary_texts_are_left_alone() {
    let masker = Masker::default();
    for text in [
        "",
        "Deploy billing-api 1.2.3 to production",
        "registry.example.org/billing:1.2.3@sha256:0a1b2c3d4e5f67890a1b2c3d4e5f67890a1b2c3d4e5f6789",
        "API restarts, about 20 s of 502s: see risk-assessment-for-billing-api-1-2-3.",
        "https://git.example.org/pull/42?tab=files&page=2#diff-0123456789abcdef0123456789abcdef",
        "ssh://git@git.example.org:22/repo.git",
        "git@github.com:example/repo.git",
        "http://registry:4873/@scope/package",
        "docker run -u 1000:1000 image",
        "kubectl get pods -n prod -o json --field-selector=status.phase!=Running",
        "complete --max-tokens=4096 --token-count 12 --author=ann",
        "Use bearer authentication.",
        "Basic authentication is off.",
        "The password: it must be rotated by Friday.",
        "password=${DB_PASSWORD} token=$TOKEN secret=$(cat file)",
        "password=true, token: null",
        "if (password == null) return",
        "curl --user-agent x https://example.org:8443/a:b",
        "disk-task-skeleton-loading-wrapper-large-two sk-eleton-loading-wrapper-large",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf",
        "550e8400-e29b-41d4-a716-446655440000",
        "2026-01-02T03:04:05.678Z",
        "secretary: Ann; authority: council; monkey: yes",
        "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----",
        "••• 19 characters hidden",
        "password=⟨••• 19 characters hidden⟩ --token ⟨••• 3 characters hidden⟩",
        "Привет, как дела? 部署到生产环境",
    ] {
        assert_eq!(masker.text(text), text);
    }
}

#[test]
fn keys_that_hold_secrets() {
    for key in SECRET_KEYS {
        assert!(
            is_secret_key(&Masker::default(), key),
            "{key} holds a secret"
        );
    }
}

#[test]
fn keys_that_hold_none() {
    for key in PLAIN_KEYS {
        assert!(
            !is_secret_key(&Masker::default(), key),
            "{key} holds no secret"
        );
    }
}

#[test]
fn an_operators_glob_matches_through_case_and_separators() {
    let masker = Masker::new(&["*Acme_Code*".to_owned(), "exact".to_owned()], &[]).unwrap();
    for key in [
        "acme_code",
        "acmeCode",
        "X-ACME-CODE-2",
        "acme.code",
        "EXACT",
    ] {
        assert!(is_secret_key(&masker, key), "{key}");
    }
    for key in ["acme", "code", "exactly", "inexact"] {
        assert!(!is_secret_key(&masker, key), "{key}");
    }
}

fn is_secret_key(masker: &Masker, key: &str) -> bool {
    let mut submission = submission(signoff_contract::Kind::Approval);
    let action = submission.action.as_mut().unwrap();
    action.arguments = object(json!({ key: "plain" }));
    !masker.submission(submission).pointers.is_empty()
}

const SECRET_KEYS: [&str; 60] = [
    "password",
    "Password",
    "PASSWORD",
    "db_password",
    "dbPassword",
    "DB-PASSWORD",
    "user.password",
    "passwords",
    "passwd",
    "pwd",
    "MYSQL_PWD",
    "pass",
    "SMTP_PASS",
    "passphrase",
    "password2",
    "secret",
    "clientSecret",
    "client_secret",
    "secrets",
    "webhook_secret",
    "SecretAccessKey",
    "aws_secret_access_key",
    "token",
    "accessToken",
    "github-token",
    "GITHUB_TOKEN",
    "idToken",
    "token_value",
    "api_tokens",
    "apiKey",
    "api_key",
    "X-API-Key",
    "apikey",
    "APIKey",
    "private_key",
    "privateKey",
    "privateKeyPem",
    "credential",
    "credentials",
    "dbCredentials",
    "authorization",
    "Proxy-Authorization",
    "cookie",
    "Set-Cookie",
    "session",
    "session_id",
    "bearer",
    "access_key",
    "AccountKey",
    "connectionString",
    "connection_string",
    "dsn",
    "SENTRY_DSN",
    "signing_key",
    "encryptionKey",
    "recovery_codes",
    "pin",
    "otp",
    "пароль",
    "密码",
];

const PLAIN_KEYS: [&str; 52] = [
    "max_tokens",
    "maxTokens",
    "token_count",
    "tokens",
    "tokenType",
    "token_url",
    "tokenizer",
    "next_page_token",
    "nextToken",
    "stop_token",
    "author",
    "authors",
    "authority",
    "secretary",
    "secretName",
    "secret_arn",
    "secretKeyRef",
    "imagePullSecrets",
    "password_policy",
    "passwordMinLength",
    "password_field",
    "api_key_id",
    "access_key_id",
    "apiKeyName",
    "key",
    "keys",
    "primary_key",
    "publicKey",
    "ssh_public_key",
    "idempotency_key",
    "cache_key",
    "keyboard",
    "monkey",
    "compass",
    "passenger",
    "passed",
    "bypass",
    "session_count",
    "session_timeout",
    "cookie_policy",
    "credential_type",
    "authorization_url",
    "webhook_url",
    "url",
    "name",
    "namespace",
    "pinned",
    "opinion",
    "spin",
    "sign",
    "design",
    "dsn_region",
];
