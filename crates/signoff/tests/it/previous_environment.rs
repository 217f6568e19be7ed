//! The environment of the bots that Signoff replaces: what of it is in force, and what is refused.

use crate::world::{MINIMAL, Run, World};

const TOKEN: &str = "123456:AAbbccddeeff-the-secret-part";

/// An approver's environment, as small as it can be.
fn approver(chat: &str) -> World {
    let mut world = World::bare();
    world.set("TG_APPROVER_TOKEN", TOKEN);
    world.set("TG_APPROVER_CHAT_ID", chat);
    world.set("SIGNOFF_STORE__URL", "sqlite:signoff.db");
    world
}

fn check(world: &World) -> Run {
    world.run(&["config", "check"])
}

/// All that is refused, or nothing.
fn errors(world: &World) -> String {
    let run = check(world);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(!run.stderr.contains("the-secret-part"), "{run:?}");
    run.stderr
}

#[test]
fn a_token_and_a_private_chat_are_a_whole_configuration() {
    let run = check(&approver("1001"));
    assert_eq!(run.code, Some(0), "{run:?}");
    insta::assert_snapshot!(run.stdout);
    assert!(
        run.stderr.contains("callbacks.allow"),
        "the key is named: {}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains("no file, the environment and defaults: fine"),
        "{}",
        run.stderr
    );
}

#[test]
fn every_variable_of_theirs_has_its_key() {
    let mut world = World::bare();
    for (name, value) in [
        ("TOKEN", TOKEN),
        ("CHAT_ID", "-1001234567890"),
        ("HTTP_HOST", "::1"),
        ("HTTP_PORT", "9090"),
        ("LANG", "RU"),
        ("EXECUTION_TIMEOUT", "1h30m"),
        ("TIMEOUT_MESSAGE", "Никто не ответил"),
        ("WEBHOOK_URL", "https://bot.example.org/tg/webhook"),
        ("WEBHOOK_SECRET", "hunter2-webhook"),
        ("STT_TIMEOUT", "30s"),
        ("SHUTDOWN_TIMEOUT", "2500ms"),
        ("LOG_LEVEL", "WARN"),
        ("SERVICE_NAME", "telegram-executor"),
        ("OPENAI_API_KEY", "sk-hunter2hunter2hunter2"),
    ] {
        world.set(&format!("TG_EXECUTOR_{name}"), value);
    }
    world.set("SIGNOFF_APPROVER_IDS", "1001, 1002");
    world.set("SIGNOFF_STORE__URL", "sqlite:signoff.db");
    let run = check(&world);
    assert_eq!(run.code, Some(0), "{run:?}");
    insta::assert_snapshot!(run.stdout);
    for (name, said) in [
        (
            "TG_EXECUTOR_OPENAI_API_KEY",
            "speech is recognised on this machine",
        ),
        ("TG_EXECUTOR_STT_TIMEOUT", "no model is named"),
    ] {
        assert!(
            run.stderr.contains(name) && run.stderr.contains(said),
            "{}",
            run.stderr
        );
    }
    assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
}

#[test]
fn with_a_model_their_time_for_hearing_is_kept() {
    let mut world = approver("1001");
    world.set("TG_APPROVER_STT_TIMEOUT", "45s");
    world.set("SIGNOFF_SPEECH__ENGINE", "http");
    world.set("SIGNOFF_SPEECH__MODEL", "small");
    world.set(
        "SIGNOFF_SPEECH__URL",
        "http://127.0.0.1:8000/v1/audio/transcriptions",
    );
    let run = check(&world);
    assert_eq!(run.code, Some(0), "{run:?}");
    let line = "timeout_seconds = 45  # TG_APPROVER_STT_TIMEOUT";
    assert!(run.stdout.contains(line), "{}", run.stdout);
    assert!(!run.stderr.contains("STT_TIMEOUT"), "{}", run.stderr);
}

#[test]
fn the_environment_of_signoff_lies_over_theirs() {
    let mut world = approver("1001");
    world.set("TG_APPROVER_APPROVAL_TIMEOUT", "10m");
    world.set("SIGNOFF_COMPAT__TIMEOUT_SECONDS", "7");
    world.set("SIGNOFF_COMPAT__METADATA", "true");
    world.set("SIGNOFF_CALLBACKS__ALLOW", "mcp.example.org");
    let run = check(&world);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("timeout_seconds = 7"), "{}", run.stdout);
    assert!(run.stdout.contains("metadata = true"), "{}", run.stdout);
    assert!(!run.stderr.contains("callbacks.allow"), "{}", run.stderr);
}

#[test]
fn a_group_is_refused_until_it_is_said_who_may_decide_in_it() {
    let mut world = approver("-1001234567890");
    let said = errors(&world);
    assert!(
        said.contains("TG_APPROVER_CHAT_ID") && said.contains("SIGNOFF_APPROVER_IDS=1001,1002"),
        "{said}"
    );
    let serving = world.run(&["serve"]);
    assert_eq!(serving.code, Some(1), "{serving:?}");
    assert!(
        serving.stderr.contains("SIGNOFF_APPROVER_IDS"),
        "{serving:?}"
    );
    world.set("SIGNOFF_APPROVER_IDS", "1001,@ann");
    assert!(errors(&world).contains("\"@ann\" is no Telegram user id"));
}

#[test]
fn what_cannot_be_meant_is_refused_and_all_of_it_is_named() {
    let mut both = approver("1001");
    both.set("TG_EXECUTOR_TOKEN", TOKEN);
    let said = errors(&both);
    assert!(said.contains("one process is one bot"), "{said}");

    let mut world = World::bare();
    world.set("TG_APPROVER_TOKEN", TOKEN);
    for (name, value) in [
        ("HTTP_PORT", "tcp://10.0.0.1:8080"),
        ("APPROVAL_TIMEOUT", "soon"),
        ("SHUTDOWN_TIMEOUT", "10"),
        ("STT_TIMEOUT", "-1s"),
    ] {
        world.set(&format!("TG_APPROVER_{name}"), value);
    }
    let said = errors(&world);
    for name in [
        "CHAT_ID",
        "HTTP_PORT",
        "APPROVAL_TIMEOUT",
        "SHUTDOWN_TIMEOUT",
        "STT_TIMEOUT",
    ] {
        assert!(
            said.contains(&format!("TG_APPROVER_{name}")),
            "{name}: {said}"
        );
    }
    for chat in ["@ann", "0", "1.5", ""] {
        let said = errors(&approver(chat));
        assert!(said.contains("TG_APPROVER_CHAT_ID"), "{chat:?}: {said}");
    }
    let mut other = approver("1001");
    other.set("SIGNOFF_APPROVER_IDS", "1002");
    assert!(errors(&other).contains("the person of the private chat 1001"));
}

#[test]
fn with_half_a_webhook_it_polls_as_those_bots_did() {
    for (name, value, missing) in [
        (
            "WEBHOOK_URL",
            "https://bot.example.org/webhook",
            "WEBHOOK_SECRET",
        ),
        ("WEBHOOK_SECRET", "the-secret-of-the-hook", "WEBHOOK_URL"),
    ] {
        let mut world = approver("1001");
        world.set(&format!("TG_APPROVER_{name}"), value);
        let run = check(&world);
        assert_eq!(run.code, Some(0), "{run:?}");
        let said = format!("TG_APPROVER_{missing}: is missing");
        assert!(run.stderr.contains(&said), "{run:?}");
        assert!(run.stdout.contains("updates = \"polling\""), "{run:?}");
    }
}

#[test]
fn a_variable_that_no_bot_had_is_named_with_the_nearest() {
    let mut world = approver("1001");
    world.set("TG_APPROVER_APROVAL_TIMEOUT", "5m");
    // What Kubernetes puts beside a Service called tg-approver.
    world.set("TG_APPROVER_PORT", "tcp://10.0.0.1:8080");
    world.set("TG_APPROVER_PORT_8080_TCP", "tcp://10.0.0.1:8080");
    world.set("TG_APPROVER_SERVICE_HOST", "10.0.0.1");
    world.set("SIGNOFF_TELEGRAM_TOKEN", TOKEN);
    let run = check(&world);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.stderr
            .contains("the nearest: TG_APPROVER_APPROVAL_TIMEOUT"),
        "{run:?}"
    );
    assert!(
        run.stderr.contains("call it SIGNOFF_TELEGRAM__TOKEN"),
        "{run:?}"
    );
    for injected in ["APPROVER_PORT", "APPROVER_SERVICE"] {
        assert!(!run.stderr.contains(injected), "{run:?}");
    }
}

#[test]
fn without_any_configuration_that_is_what_is_said() {
    let run = check(&World::bare());
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stderr
            .contains("there is no configuration: no signoff.toml"),
        "{run:?}"
    );
    assert!(!run.stderr.contains("signing_secrets"), "{run:?}");
}

#[test]
fn a_file_is_the_whole_configuration_and_says_so() {
    let mut world = World::with(MINIMAL);
    world.set("TG_APPROVER_TOKEN", TOKEN);
    world.set("TG_APPROVER_CHAT_ID", "1001");
    let run = check(&world);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.stderr
            .contains("TG_APPROVER_… are set and have no effect"),
        "{run:?}"
    );
    assert!(
        !run.stdout.contains("[compat]") && !run.stdout.contains("[telegram]"),
        "{run:?}"
    );
}

#[test]
fn other_variables_of_that_name_make_no_bot() {
    // What Kubernetes puts beside a Service called tg-approver.
    let mut world = World::with(MINIMAL);
    world.set("TG_APPROVER_PORT", "tcp://10.0.0.1:8080");
    world.set("TG_APPROVER_SERVICE_HOST", "10.0.0.1");
    world.set("TG_APPROVER_LANG", "ru");
    let run = check(&world);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (Some(0), "signoff.toml: fine\n"),
        "{run:?}"
    );
}

#[test]
fn without_a_volume_the_database_is_made_here_and_that_is_said() {
    let mut world = World::bare();
    world.set("TG_APPROVER_TOKEN", TOKEN);
    world.set("TG_APPROVER_CHAT_ID", "1001");
    let run = check(&world);
    assert_eq!(run.code, Some(0), "{run:?}");
    // A machine that runs Signoff has the folder: either way it is said where the database is.
    let here = run.stdout.contains("url = \"sqlite:signoff.db\"");
    let there = run
        .stdout
        .contains("url = \"sqlite:/var/lib/signoff/signoff.db\"");
    assert!(here != there, "{run:?}");
    assert_eq!(
        here,
        run.stderr
            .contains("the database is made in the working directory"),
        "{run:?}"
    );
}
