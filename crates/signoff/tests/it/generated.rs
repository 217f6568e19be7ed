//! The generated files: the same every time, and true.

use std::fs;

use crate::world::{SIGNING_SECRET, World};

#[test]
fn generating_twice_gives_the_same_bytes() {
    let world = World::with("");
    let first = world.ok(&["internal", "generate", "--out", "a"]).stdout;
    let second = world.ok(&["internal", "generate", "--out", "b"]).stdout;
    assert_eq!(first, second);
    for name in first.lines() {
        let read = |root: &str| fs::read_to_string(world.path().join(root).join(name)).unwrap();
        assert_eq!(read("a"), read("b"), "{name}");
    }
    let all = [
        "contracts/openapi.json",
        "contracts/config.schema.json",
        "signoff.example.toml",
        "docs/cli.md",
        "docs/checks.md",
    ];
    assert!(
        all.iter()
            .all(|name| first.lines().any(|line| line == *name)),
        "{first}"
    );
}

#[test]
fn every_line_of_the_example_is_valid_once_its_secrets_are_replaced() {
    let world = World::with("");
    world.ok(&["internal", "generate", "--out", "."]);
    let example = fs::read_to_string(world.path().join("signoff.example.toml")).unwrap();

    // As it stands only the placeholder is wrong.
    let run = world.run(&["config", "check", "--config", "signoff.example.toml"]);
    assert_eq!(run.code, Some(1));
    insta::assert_snapshot!(run.stderr);

    // Prose has a space after its #, a commented key has not.
    let uncommented: Vec<String> = example
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if !key.is_empty() && !key.starts_with(' ') => key.to_owned(),
            _ => line.to_owned(),
        })
        .filter(|line| !line.split(" = ").next().unwrap().ends_with("_file"))
        .map(|line| line.replace("whsec_replace-me", SIGNING_SECRET))
        .collect();
    world.write("all.toml", &uncommented.join("\n"));
    world.ok(&["config", "check", "--config", "all.toml"]);
}
