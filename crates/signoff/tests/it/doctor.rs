//! `signoff doctor` says what does not work, and what to do.

use std::net::TcpListener;

use crate::world::{MINIMAL, SIGNING_SECRET, World};

#[test]
fn what_cannot_work_is_bad_and_has_a_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let world = World::with(&MINIMAL.replace("127.0.0.1:0", &format!("127.0.0.1:{port}")));
    // Whoever has the port is not Signoff, and closes.
    let stranger = std::thread::spawn(move || drop(taken.accept()));
    let run = world.run(&["doctor", "--json"]);
    stranger.join().unwrap();
    assert_eq!(run.code, Some(1), "{run:?}");
    let checks: Vec<serde_json::Value> = serde_json::from_str(&run.stdout).unwrap();
    let state = |name: &str| {
        let check = checks.iter().find(|check| check["name"] == name).unwrap();
        (
            check["state"].as_str().unwrap(),
            !check["remedy"].as_str().unwrap().is_empty(),
        )
    };
    assert_eq!(state("configuration"), ("good", false));
    assert_eq!(state("database"), ("good", false));
    assert_eq!(state("clock"), ("good", false));
    assert_eq!(state("port"), ("bad", true));
    assert_eq!(state("telegram"), ("doubtful", true));
    assert_eq!(state("speech"), ("good", false));
    assert_eq!(state("approvers"), ("bad", true));
    assert_eq!(state("callbacks"), ("good", false));
}

#[test]
fn the_port_of_the_drop_in_endpoints_is_looked_at_too() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap();
    let world = World::with(&format!("{MINIMAL}\n[compat]\nlisten = \"{at}\"\n"));
    let stranger = std::thread::spawn(move || drop(taken.accept()));
    let run = world.run(&["doctor"]);
    stranger.join().unwrap();
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stdout
            .contains(&format!("another program listens on {at}")),
        "{run:?}"
    );
    assert!(
        run.stdout.contains("choose another [compat] listen"),
        "{run:?}"
    );
}

#[test]
fn whether_adapters_listen_and_whom_they_reach_is_said() {
    let there = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let (at, nowhere) = (there.local_addr().unwrap(), gone.local_addr().unwrap());
    drop(gone);
    let channel = |name: &str, at| {
        format!(
            "[[channels]]\nkind = \"http\"\nname = {name:?}\nurl = \"http://{at}\"\nsecret = {SIGNING_SECRET:?}\n"
        )
    };
    let ann = MINIMAL.replace(
        "name = \"ann\"",
        "name = \"ann\"\nidentities = { telegram = \"1001\" }",
    );
    let config = format!(
        "{ann}\n{}\n{}",
        channel("chat", at),
        channel("mail", nowhere)
    );
    let run = World::with(&config).run(&["doctor"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    for said in [
        &format!("chat: something listens at {at}"),
        &format!("mail: nothing listens at {nowhere}"),
        "approvers[0].identities.telegram: reaches nobody",
        "ann cannot be reached",
    ] {
        assert!(run.stdout.contains(said), "{said}: {run:?}");
    }
    assert!(!run.stdout.contains("over the API only"), "{run:?}");
}

#[test]
fn a_file_in_the_place_of_the_other_is_called_by_its_name() {
    let adapters = format!("[adapter]\nsecret = {SIGNING_SECRET:?}\n[telegram]\ntoken = \"1:x\"\n");
    let run = World::with(&adapters).run(&["serve"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("this file is an adapter's"), "{run:?}");
    let run = World::with(MINIMAL).run(&["adapter", "telegram"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("this file is a service's"), "{run:?}");
    assert!(!run.stderr.contains("store.url"), "{run:?}");
}

#[test]
fn a_bad_configuration_is_all_that_is_said() {
    let run = World::with("[server]\nlisten = \"x\"\n").run(&["doctor"]);
    assert_eq!(run.code, Some(1));
    insta::assert_snapshot!(run.stdout);
}
