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
    ];
    for file in files {
        let world = World::with(&file);
        for args in [
            &["config", "check"][..],
            &["config", "check", "--json"],
            &["doctor"],
            &["serve"],
        ] {
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
