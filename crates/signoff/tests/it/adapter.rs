//! The configuration of `signoff adapter telegram`, and what the service says of such a channel.

use crate::world::{MINIMAL, World};

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// What an adapter needs, and no more.
fn minimal() -> String {
    format!(
        "[adapter]\ngateway = \"http://127.0.0.1:7080\"\nsecret = \"{SECRET}\"\n[store]\n\
         url = \"sqlite:apart.db\"\n[telegram]\ntoken = \"123456789:a-token-of-the-test\"\n"
    )
}

fn errors(config: &str) -> String {
    let run = World::with(config).run(&["adapter", "telegram"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(run.stdout, "");
    run.stderr
}

#[test]
fn everything_that_an_adapter_lacks_is_named() {
    insta::assert_snapshot!(errors(""));
}

#[test]
fn everything_that_is_wrong_with_an_adapter_is_named() {
    insta::assert_snapshot!(errors(
        "[adapter]\ngateway = \"signoff\"\nlisten = \"here\"\nchannel = \"api\"\nsecret = \"hunter2\"\n\
         [store]\nurl = \"postgres://a:hunter2@db\"\n[telegram]\ntoken = \"hunter2\"\n",
    ));
}

#[test]
fn an_adapters_file_is_checked_as_one_and_secrets_come_from_files_and_the_environment() {
    World::with(&minimal()).ok(&["config", "check"]);
    let mut world = World::with(&minimal().replace(
        &format!("secret = \"{SECRET}\""),
        "secret_file = \"secret\"",
    ));
    let missing = world.run(&["config", "check"]);
    assert!(
        missing.stderr.contains("adapter.secret_file"),
        "{missing:?}"
    );
    world.write("secret", SECRET);
    world.ok(&["config", "check"]);
    world.set("SIGNOFF_ADAPTER__SECRET", "hunter2");
    let refused = world.run(&["config", "check"]);
    assert!(
        refused.stderr.contains("SIGNOFF_ADAPTER__SECRET"),
        "{refused:?}"
    );
    assert!(!refused.stderr.contains("hunter2"), "{refused:?}");
}

#[test]
fn what_is_the_services_is_not_read_by_the_adapter_and_the_other_way_round() {
    let world = World::with(&format!("{MINIMAL}\n[adapter]\nsecret = \"{SECRET}\"\n"));
    let run = world.ok(&["config", "check"]);
    assert!(
        run.stderr.contains("is for `signoff adapter telegram`"),
        "{run:?}"
    );
}

#[test]
fn telegram_is_a_channel_of_its_own_or_an_adapters_and_not_both() {
    let channel = format!(
        "\n[[channels]]\nname = \"telegram\"\nurl = \"http://127.0.0.1:7090\"\nsecret = \"{SECRET}\"\n"
    );
    let route = "\n[[routes]]\nname = \"group\"\napprovers = [\"ann\"]\nchannels = [\"telegram\"]\n\
                 telegram_chat_id = -100123\n";
    World::with(&format!("{MINIMAL}{channel}{route}")).ok(&["config", "check"]);
    let bot = "\n[telegram]\ntoken = \"123456789:a-token-of-the-test\"\n";
    let both = World::with(&format!("{MINIMAL}{channel}{bot}")).run(&["config", "check"]);
    assert!(both.stderr.contains("channels[0].name"), "{both:?}");
    assert!(both.stderr.contains("signoff adapter telegram"), "{both:?}");
}

#[test]
fn both_files_of_the_guide_are_sound() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/telegram-apart.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let files: Vec<String> = guide
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```").map(|(file, _)| file.to_owned()))
        .map(|file| file.replace("whsec_…", SECRET))
        .map(|file| file.replace("123456789:…", "123456789:a-token-of-the-test"))
        .collect();
    assert_eq!(files.len(), 2);
    for file in files {
        let run = World::with(&file).ok(&["config", "check"]);
        assert!(!run.stderr.contains("warning"), "{file}\n{run:?}");
    }
}

#[test]
fn the_doctor_looks_at_an_adapter_from_its_own_side() {
    // Nothing listens at either address.
    let nowhere = "api_url = \"http://127.0.0.1:1\"\n";
    let config = minimal().replace("127.0.0.1:7080", "127.0.0.1:1") + nowhere;
    let run = World::with(&config).run(&["doctor"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    let says = |word: &str, what: &str| {
        let words = |line: &&&str| line.starts_with(word) && line.contains(what);
        assert!(
            lines.iter().any(|line| words(&line)),
            "{word} {what}: {run:?}"
        );
    };
    says("ok", "configuration");
    says("ok", "database");
    says("BAD", "service");
    says("BAD", "telegram");
    assert!(run.stdout.contains("[adapter] gateway"), "{run:?}");
}
