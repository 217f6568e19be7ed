//! `signoff ask` and `signoff approvals`, over the API of a real service.

use std::process::Child;
use std::time::Instant;

use crate::world::{MINIMAL, PATIENCE, Run, Service, World, ended};

/// A service, a folder for the one who asks and one for ann.
struct House {
    _service: Service,
    asks: World,
    ann: World,
}

fn house() -> House {
    let home = World::with(MINIMAL);
    let (asking, deciding) = home.keys();
    let service = Service::start(&home);
    let mut ann = World::with("");
    ann.set("SIGNOFF_URL", &service.url);
    // A key in a file, as on a terminal server.
    let file = ann.write("key", &format!("{deciding}\n"));
    ann.set("SIGNOFF_KEY_FILE", file.to_str().unwrap());
    let mut asks = home;
    asks.set("SIGNOFF_URL", &service.url);
    asks.set("SIGNOFF_KEY", &asking);
    House {
        _service: service,
        asks,
        ann,
    }
}

impl House {
    /// Asks, and waits until the request is there for ann.
    fn ask(&self, id: &str, args: &[&str]) -> Child {
        let all: Vec<&str> = ["ask", "Deploy billing?", "--correlation-id", id]
            .iter()
            .chain(args)
            .copied()
            .collect();
        let child = self.asks.start(&all);
        let deadline = Instant::now() + PATIENCE;
        while self.ann.run(&["approvals", "show", id]).code != Some(0) {
            assert!(Instant::now() < deadline, "{id} is not there");
        }
        child
    }

    fn ann(&self, args: &[&str]) -> Run {
        let all: Vec<&str> = ["approvals"].iter().chain(args).copied().collect();
        self.ann.ok(&all)
    }
}

const APPROVAL: [&str; 4] = [
    "--tool",
    "k8s.deploy",
    "--arguments",
    r#"{"image":"billing:1.2.3","password":"hunter2!"}"#,
];

#[test]
fn every_outcome_has_its_exit_code() {
    let house = house();
    let asked = house.ask("yes", &APPROVAL);
    house.ann(&["approve", "yes", "--yes"]);
    let run = ended(asked);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(0), "approved\n"),
        "{run:?}"
    );

    let asked = house.ask("no", &APPROVAL);
    house.ann(&["deny", "no", "--reason", "not on a Friday"]);
    let run = ended(asked);
    assert_eq!((run.code, run.stdout.as_str()), (Some(3), "denied\n"));
    assert!(run.stderr.contains("reason: not on a Friday"), "{run:?}");

    let asked = house.ask("gone", &APPROVAL);
    house.asks.ok(&["approvals", "cancel", "gone"]);
    assert_eq!(ended(asked).code, Some(8));

    let ten: Vec<&str> = APPROVAL.iter().chain(&["--ttl", "10"]).copied().collect();
    let asked = house.ask("late", &ten);
    assert_eq!(ended(asked).code, Some(4));
}

#[test]
fn a_question_prints_the_option_or_the_words() {
    let house = house();
    let options = ["--option", "canary=Canary, 10 %", "--option", "wait=Delay"];
    let asked = house.ask("which", &options);
    house.ann(&["answer", "which", "--option", "canary"]);
    let run = ended(asked);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "canary\n"));

    let asked = house.ask("words", &options);
    house.ann(&["answer", "words", "--text", "after lunch"]);
    assert_eq!(ended(asked).stdout, "after lunch\n");
}

#[test]
fn asking_again_waits_for_the_same_answer() {
    let house = house();
    let first = house.ask("again", &APPROVAL);
    let second = house.ask("again", &APPROVAL);
    house.ann(&["deny", "again"]);
    assert_eq!((ended(first).code, ended(second).code), (Some(3), Some(3)));
    let other = house.asks.run(&[
        "ask",
        "Another title",
        "--tool",
        "t",
        "--correlation-id",
        "again",
    ]);
    assert_eq!(other.code, Some(6), "{other:?}");
}

#[test]
fn a_card_in_the_terminal_shows_what_will_run_and_hides_secrets() {
    let house = house();
    let more = [
        "--risk",
        "high",
        "--justification",
        "Fixes \u{1b}[2Jthe charge.",
        "--agent",
        "bot",
    ];
    let all: Vec<&str> = APPROVAL
        .iter()
        .chain(&more[..2])
        .chain(&more[4..])
        .copied()
        .collect();
    let asked = house.ask("card", &all);
    let card = house.ann(&["show", "card"]).stdout;
    assert!(card.contains("\"image\": \"billing:1.2.3\""), "{card}");
    assert!(!card.contains("hunter2"), "{card}");
    let list = house.ann(&["list"]).stdout;
    assert!(list.contains("card") && list.contains("high"), "{list}");
    // Nobody approves what was not shown: there is no terminal here to show it on.
    let blind = house.ann.run(&["approvals", "approve", "card"]);
    assert_eq!(blind.code, Some(1));
    assert!(blind.stderr.contains("--yes"), "{blind:?}");
    house.ann(&["deny", "card"]);
    ended(asked);
    // Controls are refused by the service, so they never reach a terminal.
    let run = house
        .asks
        .run(&["ask", "x", "--tool", "t", "--justification", more[3]]);
    assert_eq!(run.code, Some(6));
}

#[test]
fn json_carries_the_whole_request() {
    let house = house();
    let all: Vec<&str> = APPROVAL.iter().chain(&["--json"]).copied().collect();
    let asked = house.ask("json", &all);
    house.ann(&["approve", "json", "--yes", "--json"]);
    let run = ended(asked);
    let request: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(request["outcome"]["decided_by"][0]["name"], "ann");
    assert_eq!(request["action"]["masked"][0], "/password");
}

#[test]
fn bodies_come_from_files_and_flags_replace_their_fields() {
    let house = house();
    house.asks.write("body.json", r#"{"kind":"question","title":"old","options":[{"id":"a","label":"A"},{"id":"b","label":"B"}]}"#);
    let args = [
        "ask",
        "new",
        "--body",
        "@body.json",
        "--correlation-id",
        "file",
        "--no-wait",
        "--json",
    ];
    let run = house.asks.ok(&args);
    assert!(run.stdout.contains("\"title\": \"new\""), "{run:?}");

    house
        .asks
        .write("double.json", r#"{"amount":1,"amount":1000}"#);
    let run = house.asks.run(&[
        "ask",
        "Pay?",
        "--tool",
        "pay",
        "--arguments",
        "@double.json",
    ]);
    assert_eq!(run.code, Some(6));
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn invalid_input_names_everything_that_is_wrong() {
    let house = house();
    let args = [
        "ask",
        " ",
        "--option",
        "a=",
        "--correlation-id",
        "bad",
        "--risk",
        "huge",
        "--ttl",
        "1",
    ];
    let run = house.asks.run(&args);
    assert_eq!((run.code, run.stdout.as_str()), (Some(6), ""));
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn who_says_neither_tool_nor_options_is_told_of_both() {
    let run = house().asks.run(&["ask", "Really?"]);
    assert_eq!(run.code, Some(6), "{run:?}");
    assert!(
        run.stderr.contains("--tool NAME") && run.stderr.contains("--option ID=LABEL"),
        "{run:?}"
    );
}

#[test]
fn a_service_that_is_not_there_is_7_and_a_key_that_is_none_is_6() {
    let mut world = World::with("");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    world.set("SIGNOFF_URL", &format!("http://{nobody}"));
    let run = world.run(&["ask", "x", "--tool", "t"]);
    assert_eq!(run.code, Some(6), "{run:?}");
    let run = world.run(&["ask", "x", "--tool", "t", "--key", "sgn_not-a-key"]);
    assert_eq!(run.code, Some(6));
    assert!(!run.stderr.contains("not-a-key"), "{run:?}");
    let key = format!("sgn_{}", "a".repeat(43));
    let run = world.run(&["ask", "x", "--tool", "t", "--key", &key]);
    assert_eq!(run.code, Some(7), "{run:?}");
    assert!(!run.stderr.contains(&key), "{run:?}");
}
