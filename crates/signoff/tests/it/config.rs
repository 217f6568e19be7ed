//! What is in force: the file, the environment over it, secrets from files, nothing shown.

use crate::world::{MINIMAL, SIGNING_SECRET, World};

const TOKEN: &str = "123456:AAbbccddeeff-the-secret-part";

#[test]
fn what_is_in_force_is_printed_with_defaults_and_without_secrets() {
    let world = World::with(&format!("{MINIMAL}\n[telegram]\ntoken = \"{TOKEN}\"\n"));
    let run = world.ok(&["config", "check"]);
    insta::assert_snapshot!(run.stdout);
    assert_eq!(run.stderr, "signoff.toml: fine\n");
}

#[test]
fn the_environment_wins_and_is_named() {
    let mut world = World::with(MINIMAL);
    world.set("SIGNOFF_SERVER__LISTEN", "127.0.0.1:9");
    world.set("SIGNOFF_SERVER__SHUTDOWN_TIMEOUT_SECONDS", "7");
    world.set("SIGNOFF_CALLBACKS__ALLOW", "10.0.0.0/8, hooks.example.org");
    world.set("SIGNOFF_MASKING__KEYS", "[\"*iban*\", \"a,b\"]");
    world.set("SIGNOFF_TELEGRAM__TOKEN", TOKEN);
    world.set("SIGNOFF_TELEGRAM__PROTECT_CONTENT", "true");
    let run = world.ok(&["config", "check"]);
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn names_that_kubernetes_injects_are_ignored_and_empty_values_are_not_there() {
    let mut world = World::with(MINIMAL);
    world.set("SIGNOFF_PORT", "tcp://10.0.0.1:7080");
    world.set("SIGNOFF_SERVICE_HOST", "10.0.0.1");
    world.set("SIGNOFF_PORT_7080_TCP_ADDR", "10.0.0.1");
    world.set("SIGNOFF_TELEGRAM__TOKEN", "");
    world.set("SIGNOFF_SERVER__LISTEN", "");
    let run = world.ok(&["config", "check"]);
    assert!(
        run.stdout.contains("listen = \"127.0.0.1:0\""),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("[telegram]"), "{}", run.stdout);
}

#[test]
fn the_environment_alone_is_enough() {
    let mut world = World::with("");
    std::fs::remove_file(world.path().join("signoff.toml")).unwrap();
    world.set("SIGNOFF_CALLBACKS__SIGNING_SECRETS", SIGNING_SECRET);
    let run = world.ok(&["config", "check"]);
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn secrets_come_from_files_and_the_environment_replaces_either_form() {
    let mut world = World::with(&MINIMAL.replace(
        "signing_secrets = [\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwe1zB3v7f5X8=\"]",
        "signing_secrets_file = \"secrets\"\n[telegram]\ntoken_file = \"token\"",
    ));
    world.write(
        "secrets",
        &format!("# the old and the new one\n{SIGNING_SECRET}\n\n{SIGNING_SECRET}\n"),
    );
    world.write("token", &format!("{TOKEN}\n"));
    world.ok(&["config", "check"]);

    // The file is gone, and the environment has the token itself.
    std::fs::remove_file(world.path().join("token")).unwrap();
    assert_eq!(world.run(&["config", "check"]).code, Some(1));
    world.set("SIGNOFF_TELEGRAM__TOKEN", TOKEN);
    world.ok(&["config", "check"]);
}

#[test]
fn no_command_prints_a_secret_whatever_is_wrong() {
    let secret = "a-secret-that-nobody-may-see";
    let files = [
        format!("[telegram]\ntoken = \"{secret}\"\nwebhook_secret = \"{secret} {secret}\""),
        format!("[telegram]\ntoken = \"{secret}\nupdates = \"polling\""),
        format!("[telegram]\ntoken = [\"{secret}\"]\nwebhook_secret = {{ a = \"{secret}\" }}"),
        format!("[callbacks]\nsigning_secrets = [\"{secret}\", \"whsec_{secret}\"]"),
        format!("[callbacks]\nsigning_secrets = \"{secret}\""),
        format!("[store]\nurl = \"postgres://signoff:{secret}@db/signoff\""),
        format!("[telegram]\ntoken = \"{secret}\"\ntoken = \"{secret}\""),
        format!("[callbacks]\nallow = [\"https://u:{secret}@h.example/?token={secret}\"]"),
        format!("[telegram]\ntoken_file = \"{secret}\"\nwebhook_secret_file = \"{secret}\""),
        format!("[callbacks]\nsigning_secrets_file = \"{secret}\""),
        format!("[telegram]\napi_url = \"https://u:{secret}@api.example\""),
        format!("[server]\npublic_url = \"https://signoff.example/?key={secret}\""),
        format!("[telegram]\ntoken = {secret}"),
        format!("[callbacks]\nsigning_secrets = [\"{secret}\" \"{secret}\"]"),
        format!("[callbacks]\nsigning_secrets = '''{secret}"),
    ];
    never_prints(secret, &files);
}

#[test]
fn a_token_under_a_wrong_key_or_in_the_place_of_a_key_is_hidden_all_the_same() {
    for token in [
        "7000000001:AAhunter2-hunter2-hunter2-hunter2-hunter2",
        "whsec_aHVudGVyMi1odW50ZXIyLWh1bnRlcjItaHVudGVyMg",
        "sgn_hunter2hunter2hunter2hunter2hunter2hunter2h",
    ] {
        let files = [
            format!("[server]\nlisten = \"{token}\""),
            format!("[log]\nlevel = \"{token}=\""),
            format!("[telegram]\nupdates = \"{token}\""),
            format!("[telegram]\n\"{token}\" = \"token\""),
            format!("\"{token}\" = 1"),
            format!("[[routes]]\nname = \"default\"\napprovers = [\"{token}\"]"),
            format!("[[api_keys]]\nname = \"a\"\nkey_sha256 = \"{token}\"\nscopes = [\"{token}\"]"),
            format!("[telegram]\ntoken_file = \"/run/secrets/{token}\""),
        ];
        never_prints(&token[12..30], &files);
    }
}

#[test]
fn a_file_of_secrets_without_an_end_is_a_clear_error() {
    let world = World::with("[telegram]\ntoken_file = \"/dev/zero\"\n");
    let run = world.run(&["config", "check"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let said = "telegram.token_file (signoff.toml): the file /dev/zero is longer than 64 KiB";
    assert!(run.stderr.contains(said), "{run:?}");
    let run = world.run(&["approvals", "list", "--key-file", "/dev/zero"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let said = "no API key: the file /dev/zero is longer than 64 KiB";
    assert!(run.stderr.contains(said), "{run:?}");
}

#[test]
fn a_password_in_the_services_url_is_neither_taken_nor_printed() {
    let mut world = World::with("");
    world.set("SIGNOFF_KEY", &format!("sgn_{:h<43}", ""));
    world.set("SIGNOFF_URL", "http://u:hunter2@127.0.0.1:1");
    for args in [
        &["approvals", "list"][..],
        &["approvals", "list", "--help"],
        &["ask", "--help"],
        &["approvals", "list", "--url", "nonsense hunter2"],
        &[
            "approvals",
            "list",
            "--url",
            "http://127.0.0.1:1/?key=hunter2",
        ],
        &["approvals", "list", "--key", "hunter2"],
        &["approvals", "list", "--key-file", "hunter2"],
    ] {
        let run = world.run(args);
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
    }
    let run = world.run(&["approvals", "list"]);
    assert!(
        run.stderr.contains("a user, a password or a query"),
        "{run:?}"
    );
}

/// Every command that reads such a configuration refuses it, without saying the secret.
fn never_prints(secret: &str, files: &[String]) {
    let commands = [
        &["config", "check"][..],
        &["config", "check", "--json"],
        &["doctor"],
        &["serve"],
    ];
    for (number, file) in files.iter().enumerate() {
        let world = World::with(file);
        // Each start takes a while: of these four, which say the same, two see each file.
        for args in [commands[number % 4], commands[(number + 1) % 4]] {
            let run = world.run(args);
            assert_eq!(run.code, Some(1), "{file}: {run:?}");
            assert!(
                !run.stdout.contains(secret) && !run.stderr.contains(secret),
                "{run:?}"
            );
        }
    }
}

#[test]
fn config_check_speaks_json() {
    let world = World::with(MINIMAL);
    let run = world.ok(&["config", "check", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(shown["valid"], true);
    assert_eq!(shown["config"]["callbacks"]["signing_secrets"][0], "•••");

    world.write("signoff.toml", "[server]\nlisten = \"here\"\n");
    let run = world.run(&["config", "check", "--json"]);
    assert_eq!(run.code, Some(1));
    let shown: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(shown["valid"], false);
    assert_eq!(shown["errors"][0]["key"], "server.listen");
}

#[test]
fn routes_that_are_probably_not_meant_so_are_doubted() {
    let group = MINIMAL.replace(
        "name = \"default\"",
        "name = \"deflt\"\ntelegram_chat_id = 1000000001002",
    );
    let telegram = format!("\n[telegram]\ntoken = \"{TOKEN}\"\n");
    let run = World::with(&(group + &telegram)).ok(&["config", "check"]);
    for doubt in [
        "none is called \"default\"",
        "write -1000000001002 for a group",
    ] {
        assert!(run.stderr.contains(doubt), "{doubt}: {run:?}");
    }
}

#[test]
fn a_level_that_is_none_is_refused_and_not_silence() {
    let log = format!("{MINIMAL}\n[log]\nlevel = \"loud\"\n");
    let run = World::with(&log).run(&["config", "check"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stderr
            .contains("log.level (signoff.toml): \"loud\" is neither"),
        "{run:?}"
    );
    let mut world = World::with(MINIMAL);
    world.set("SIGNOFF_LOG", "verbose");
    let run = world.run(&["serve"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stderr.contains("\"verbose\" is none of trace"),
        "{run:?}"
    );
}
