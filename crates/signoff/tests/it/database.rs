//! The commands that work on the database directly.

use crate::world::{MINIMAL, World};

#[test]
fn a_key_is_shown_once_and_kept_as_a_hash() {
    let world = World::with(MINIMAL);
    let key = world.key(&["control-plane", "--scope", "requests:write"]);
    assert!(key.starts_with("sgn_") && key.len() == 47, "{key}");
    let list = world.ok(&["key", "list"]).stdout;
    assert!(
        list.contains("control-plane") && !list.contains(&key),
        "{list}"
    );
    for entry in std::fs::read_dir(world.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(
            !bytes
                .windows(key.len())
                .any(|window| window == key.as_bytes())
        );
    }
    let revoked = world.ok(&["key", "revoke", "control-plane", "--json"]);
    assert!(revoked.stdout.contains("control-plane"));
    assert_eq!(world.run(&["key", "revoke", "control-plane"]).code, Some(1));
}

#[test]
fn keys_follow_the_rules_of_the_configuration() {
    let world = World::with(MINIMAL);
    let first = world.ok(&["key", "create", "first", "--scope", "admin"]);
    assert!(first.stderr.starts_with("made the database /"), "{first:?}");
    let refused = [
        &["k", "--scope", "decisions:write"][..],
        &[
            "k",
            "--scope",
            "decisions:write",
            "--scope",
            "requests:write",
            "--approver",
            "ann",
        ],
        &["k", "--scope", "requests:read", "--approver", "ann"],
        &["k", "--scope", "decisions:write", "--approver", "bob"],
        &["k", "--scope", "admin", "--project", "other"],
    ];
    let said: Vec<String> = refused
        .iter()
        .map(|args| {
            let all: Vec<&str> = ["key", "create"].iter().chain(*args).copied().collect();
            let run = world.run(&all);
            assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
            run.stderr
        })
        .collect();
    insta::assert_snapshot!(said.concat());
    world.key(&["k", "--scope", "admin"]);
    let again = world.run(&["key", "create", "k", "--scope", "admin"]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(1), ""));
}

#[test]
fn a_key_for_the_configuration_fits_into_it() {
    let world = World::with(MINIMAL);
    let args = [
        "cp",
        "--scope",
        "requests:write",
        "--approver",
        "ann",
        "--print-config",
    ];
    let section = world.key(&args);
    world.write("signoff.toml", &format!("{MINIMAL}\n{section}\n"));
    world.ok(&["config", "check"]);
    let list = world.ok(&["key", "list", "--json"]).stdout;
    assert!(
        list.contains("\"cp\"") && list.contains("\"created_at\": null"),
        "{list}"
    );
}

#[test]
fn reading_commands_do_not_make_a_database() {
    let world = World::with(MINIMAL);
    for args in [
        &["key", "list"][..],
        &["audit", "verify"],
        &["callbacks", "list"],
    ] {
        let run = world.run(args);
        assert_eq!(run.code, Some(1));
        assert!(
            run.stderr.contains("there is no database /") && run.stderr.contains("/signoff.db"),
            "{run:?}"
        );
    }
    assert!(!world.path().join("signoff.db").exists());
}

#[test]
fn approvers_are_listed_and_invited_only_when_there_is_a_bot() {
    let world = World::with(MINIMAL);
    world.key(&["k", "--scope", "admin"]);
    let run = world.ok(&["approvers", "list"]);
    insta::assert_snapshot!(format!("{}{}", run.stdout, run.stderr));
    let run = world.run(&["approvers", "invite", "ann"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("[telegram]"), "{run:?}");
}

#[test]
fn a_signing_secret_that_is_made_can_be_used() {
    let world = World::with(MINIMAL);
    let secret = world.ok(&["callbacks", "secret"]).stdout;
    let config = MINIMAL.replace(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwe1zB3v7f5X8=",
        secret.trim(),
    );
    world.write("signoff.toml", &config);
    world.ok(&["config", "check"]);
}

#[test]
fn resending_what_is_not_there_fails() {
    let world = World::with(MINIMAL);
    world.key(&["k", "--scope", "admin"]);
    let run = world.run(&["callbacks", "resend", "run-42"]);
    assert_eq!(run.code, Some(1));
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn the_command_line_that_makes_no_sense_exits_with_2() {
    let world = World::with(MINIMAL);
    for args in [
        &["frobnicate"][..],
        &[],
        &["key", "create"],
        &["ask"],
        &["key", "create", "k", "--scope", "x"],
    ] {
        let run = world.run(args);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{args:?}");
    }
    assert_eq!(world.run(&["--help"]).code, Some(0));
}
