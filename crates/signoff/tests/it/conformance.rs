//! `signoff conformance` as a program: what it says, what it writes, and how it ends. Broken services are examined
//! in [`broken`].

mod broken;
mod proxy;
mod slips;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;
use signoff_conformance::service::CHECKS;

use crate::world::{MINIMAL, SIGNING_SECRET, Service, World, ended};

/// A receiver that answers everything with one status.
async fn receiver_that_answers(status: StatusCode) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/hooks?token=hunter2",
        listener.local_addr().unwrap()
    );
    let router = Router::new().route("/hooks", post(move || async move { status }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_are_said_as_they_come_and_written_for_programs_and_ci_servers() {
    let mut world = World::bare();
    world.set("SIGNOFF_SIGNING_SECRETS", SIGNING_SECRET);
    let url = receiver_that_answers(StatusCode::NOT_FOUND).await;
    let examined = [
        "conformance",
        "receiver",
        &url,
        "--json",
        "--junit",
        "findings.xml",
    ];
    let run = ended(world.start(&examined));
    assert_eq!(run.code, Some(1), "{run:?}");
    let first = "failed    receiver.outcomes.approved\n          An approval is answered with 2xx.\n          \
        it was answered with 404 Not Found\n          see docs/api.md#callback\n";
    assert!(run.stderr.starts_with(first), "{}", run.stderr);
    let last = run.stderr.lines().last().unwrap();
    assert!(
        last.starts_with("the receiver at http://127.0.0.1:"),
        "{last}"
    );
    assert!(last.contains(" failed, "), "{last}");
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    assert!(!run.stderr.contains(SIGNING_SECRET), "{}", run.stderr);
    let findings: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(findings["passed"], false);
    assert_eq!(findings["checks"][0]["id"], "receiver.outcomes.approved");
    let junit = std::fs::read_to_string(world.path().join("findings.xml")).unwrap();
    assert!(
        junit.contains("name=\"receiver.outcomes.approved\""),
        "{junit}"
    );
}

#[test]
fn what_cannot_be_examined_has_exit_codes_of_its_own() {
    let mut world = World::bare();
    let examined = ["conformance", "receiver", "http://127.0.0.1:9/"];
    let run = world.run(&examined);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("no signing secret"), "{}", run.stderr);
    world.set("SIGNOFF_SIGNING_SECRETS", "whsec_hunter2");
    let run = world.run(&examined);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    let file = format!("# the receiver's\n{SIGNING_SECRET}\n");
    world.write("secrets", &file);
    let run = world.run(&[&examined[..], &["--secrets-file", "secrets"]].concat());
    assert_eq!(run.code, Some(7), "{run:?}");
    assert!(
        run.stderr.contains("nothing answers at http://127.0.0.1:9"),
        "{}",
        run.stderr
    );
}

/// Two projects, in one of which ann decides over the API.
fn house() -> (World, Service, [String; 3]) {
    let config = format!(
        "{MINIMAL}
[[projects]]
name = \"default\"
max_pending = 100000
signing_secrets = [\"{SIGNING_SECRET}\"]
[[projects]]
name = \"other\"
signing_secrets = [\"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\"]
[[routes]]
name = \"checks\"
approvers = [\"ann\"]
[[routes]]
name = \"default\"
project = \"other\"
approvers = [\"ann\"]
"
    );
    let config = config.replacen(
        &format!("[callbacks]\nsigning_secrets = [\"{SIGNING_SECRET}\"]\n"),
        "",
        1,
    );
    let world = World::with(&config);
    let (asks, decides) = world.keys();
    let scopes = ["--scope", "requests:write", "--scope", "requests:read"];
    let elsewhere = [&["elsewhere", "--project", "other"][..], &scopes].concat();
    let other = world.key(&elsewhere);
    let service = Service::start(&world);
    (world, service, [asks, decides, other])
}

#[test]
fn our_own_service_passes_every_check() {
    let (mut world, service, [asks, decides, other]) = house();
    world.set("SIGNOFF_SIGNING_SECRETS", SIGNING_SECRET);
    world.set("SIGNOFF_KEY", &asks);
    world.write("ann.key", &decides);
    world.write("other.key", &other);
    world.set("SIGNOFF_OTHER_KEY_FILE", "other.key");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = free.local_addr().unwrap().to_string();
    drop(free);
    let callback_url = format!("http://{listen}/");
    let mut examined = vec!["conformance", "service", service.url.as_str(), "--json"];
    let missing = world.run(&examined);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(
        missing.stderr.contains("--approver-key-file"),
        "{missing:?}"
    );
    examined.extend(["--approver-key-file", "ann.key", "--route", "checks"]);
    examined.extend(["--listen", &listen, "--callback-url", &callback_url]);
    let run = world.run(&examined);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let findings: Value = serde_json::from_str(&run.stdout).unwrap();
    let tried = findings["checks"].as_array().unwrap().iter();
    let tried: Vec<&str> = tried.map(|check| check["id"].as_str().unwrap()).collect();
    let all: Vec<&str> = CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(tried, all, "in their order");
    for secret in [SIGNING_SECRET, &asks, &decides, &other] {
        assert!(!run.stderr.contains(secret) && !run.stdout.contains(secret));
    }
    // Nobody is left with cards that mean nothing.
    let waiting = world.ok(&["approvals", "list", "--url", &service.url]);
    assert!(
        !waiting.stdout.contains("conformance-"),
        "{}",
        waiting.stdout
    );
}
