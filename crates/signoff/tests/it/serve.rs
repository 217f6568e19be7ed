//! The lifecycle of `signoff serve`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::world::{MINIMAL, Service, World, ended, signal};

fn get(url: &str) -> (u16, String) {
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

#[test]
fn a_port_0_becomes_a_real_one_and_a_signal_ends_it_with_0() {
    let world = World::with(MINIMAL);
    let service = Service::start(&world);
    assert!(!service.url.ends_with(":0"), "{}", service.url);
    assert_eq!(get(&format!("{}/healthz", service.url)).0, 200);
    service.signal("TERM");
    let (code, log) = service.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("stopped"), "{log}");
}

#[test]
fn an_interrupt_ends_it_like_a_termination() {
    let world = World::with(MINIMAL);
    let service = Service::start(&world);
    service.signal("INT");
    assert_eq!(service.ended().0, Some(0));
}

#[test]
fn a_waiting_caller_gets_an_answer_before_the_service_stops() {
    let mut world = World::with(MINIMAL);
    let (asks, _) = world.keys();
    let service = Service::start(&world);
    world.set("SIGNOFF_URL", &service.url);
    world.set("SIGNOFF_KEY", &asks);
    world.ok(&[
        "ask",
        "Deploy?",
        "--tool",
        "deploy",
        "--correlation-id",
        "one",
        "--no-wait",
    ]);
    let host = service.url.strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&host).unwrap();
    let request = format!(
        "GET /v1/requests/one?wait_seconds=60 HTTP/1.1\r\nhost: {host}\r\n\
         authorization: Bearer {asks}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    service.signal("TERM");
    let (code, log) = service.ended();
    assert_eq!(code, Some(0), "{log}");
    let mut answer = String::new();
    // Whether it was accepted before the signal is a race; if it was, it was answered in full.
    let _ = stream.read_to_string(&mut answer);
    assert!(
        answer.is_empty() || answer.contains("\"pending\""),
        "{answer}"
    );
}

/// A request whose body never comes to its end; it is being answered when this returns.
fn half_a_request(service: &Service, key: &str) -> TcpStream {
    let host = service.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!(
        "POST /v1/requests HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: 10\r\nexpect: 100-continue\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    // The service asks for the body, so its handler waits for it.
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100");
    stream
}

#[test]
fn what_does_not_end_is_cut_off_when_the_time_is_up() {
    let mut world = World::with(MINIMAL);
    world.set("SIGNOFF_SERVER__SHUTDOWN_TIMEOUT_SECONDS", "1");
    let (asks, _) = world.keys();
    let service = Service::start(&world);
    let stream = half_a_request(&service, &asks);
    service.signal("TERM");
    let (code, log) = service.ended();
    drop(stream);
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("the time was up"), "{log}");
}

#[test]
fn a_second_signal_stops_at_once() {
    let mut world = World::with(MINIMAL);
    world.set("SIGNOFF_SERVER__SHUTDOWN_TIMEOUT_SECONDS", "3600");
    let (asks, _) = world.keys();
    let service = Service::start(&world);
    let stream = half_a_request(&service, &asks);
    service.signal("TERM");
    service.wait_for("once more stops at once");
    service.signal("TERM");
    let (code, log) = service.ended();
    drop(stream);
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("stopping at once"), "{log}");
}

#[test]
fn a_second_service_on_one_database_is_refused() {
    let world = World::with(MINIMAL);
    let service = Service::start(&world);
    let run = world.run(&["serve"]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr
            .contains("another Signoff service runs on this database"),
        "{run:?}"
    );
    drop(service);
    // `kill -9` leaves no lock behind.
    let service = Service::start(&world);
    service.signal("TERM");
    assert_eq!(service.ended().0, Some(0));
}

#[test]
fn a_taken_port_is_named_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut world = World::with(MINIMAL);
    world.set(
        "SIGNOFF_SERVER__LISTEN",
        &taken.local_addr().unwrap().to_string(),
    );
    let run = world.run(&["serve"]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("choose another [server] listen"),
        "{run:?}"
    );
}

#[test]
fn keys_made_and_revoked_while_it_runs_work_and_stop_working() {
    let mut world = World::with(MINIMAL);
    let service = Service::start(&world);
    let (asks, _) = world.keys();
    world.set("SIGNOFF_URL", &service.url);
    world.set("SIGNOFF_KEY", &asks);
    // A key is noticed within a second; the first use is allowed to be too early.
    let deadline = std::time::Instant::now() + crate::world::PATIENCE;
    while world.run(&["approvals", "list"]).code != Some(0) {
        assert!(std::time::Instant::now() < deadline);
    }
    world.ok(&["key", "revoke", "asks"]);
    while world.run(&["approvals", "list"]).code != Some(6) {
        assert!(std::time::Instant::now() < deadline);
    }
    assert!(!service.log().contains(&asks));
}

#[test]
fn json_logs_are_json_and_the_environment_sets_the_level() {
    let mut world = World::with(&format!(
        "{MINIMAL}\n[log]\nformat = \"json\"\nlevel = \"error\"\n"
    ));
    world.set("SIGNOFF_LOG", "trace");
    let service = Service::start(&world);
    service.signal("TERM");
    let (_, log) = service.ended();
    assert!(log.lines().count() > 1);
    for line in log.lines() {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok(),
            "{line}"
        );
    }
}

#[test]
fn ctrl_c_while_asking_cancels_the_request() {
    let mut world = World::with(MINIMAL);
    let (asks, _) = world.keys();
    let service = Service::start(&world);
    world.set("SIGNOFF_URL", &service.url);
    world.set("SIGNOFF_KEY", &asks);
    let child = world.start(&[
        "ask",
        "Deploy?",
        "--tool",
        "deploy",
        "--correlation-id",
        "gone",
    ]);
    let deadline = std::time::Instant::now() + crate::world::PATIENCE;
    while !world
        .run(&["approvals", "show", "gone", "--json"])
        .stdout
        .contains("\"pending\"")
    {
        assert!(std::time::Instant::now() < deadline);
    }
    signal(&child, "INT");
    let run = ended(child);
    assert_eq!(run.code, Some(130), "{run:?}");
    let shown = world.ok(&["approvals", "show", "gone", "--json"]).stdout;
    assert!(shown.contains("\"status\": \"cancelled\""), "{shown}");
}

#[test]
fn a_full_disk_stops_the_service_and_loses_nothing_that_was_accepted() {
    let mut world = World::with(MINIMAL);
    let (asks, _) = world.keys();
    let arguments = format!("{{\"text\":\"{}\"}}", "word ".repeat(12_000));
    world.write("arguments.json", &arguments);
    world.set("SIGNOFF_KEY", &asks);
    let service = Service::start_on_a_small_disk(&world);
    world.set("SIGNOFF_URL", &service.url);
    let mut accepted = Vec::new();
    for number in 0..200 {
        let id = format!("r{number}");
        let asked = [
            "ask",
            "Go?",
            "--tool",
            "t",
            "--arguments",
            "@arguments.json",
            "--no-wait",
        ];
        let args: Vec<&str> = asked
            .iter()
            .chain(&["--correlation-id", &id])
            .copied()
            .collect();
        match world.run(&args).code {
            Some(0) => accepted.push(id),
            code => {
                assert_eq!(code, Some(7));
                break;
            }
        }
    }
    let (code, log) = service.ended();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("the store failed; Signoff stops"), "{log}");

    let service = Service::start(&world);
    world.set("SIGNOFF_URL", &service.url);
    assert!(!accepted.is_empty());
    for id in accepted {
        world.ok(&["approvals", "show", &id]);
    }
}
