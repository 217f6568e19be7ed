//! Connections: stopping, being cut off, bytes that nobody reads.

use std::time::Duration;

use reqwest::StatusCode;
use signoff_server::{Ended, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::world::{PATIENCE, World, key_of};

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_while_it_is_still_being_sent() {
    let world = World::start().await;
    let key = key_of("plane");
    let head = format!(
        "POST /v1/requests HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
         transfer-encoding: chunked\r\n\r\n"
    );
    let mut bytes = head.into_bytes();
    for _ in 0..1_000 {
        bytes.extend_from_slice(b"400\r\n");
        bytes.extend_from_slice(&[b'x'; 0x400]);
        bytes.extend_from_slice(b"\r\n");
    }
    let answer = world.raw(&bytes).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(
        answer.contains("\"code\":\"payload_too_large\""),
        "{answer}"
    );
    // Whoever is not told sends the next request into a connection that closes.
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
}

#[tokio::test]
async fn a_body_that_says_it_is_too_long_is_refused_before_it_is_sent() {
    let world = World::start().await;
    let key = key_of("plane");
    let mut socket = TcpStream::connect(world.address)
        .await
        .expect("a connection");
    let head = format!(
        "POST /v1/requests HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
         expect: 100-continue\r\ncontent-length: 1000000000\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.expect("written");
    let mut answer = [0; 12];
    let read = tokio::time::timeout(PATIENCE, socket.read_exact(&mut answer)).await;
    read.expect("in time").expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn what_is_sent_after_a_refusal_does_not_destroy_the_answer() {
    let world = World::start().await;
    let key = key_of("plane");
    let head = format!(
        "POST /v1/requests HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
         content-length: 1000000\r\n\r\n"
    );
    let mut socket = TcpStream::connect(world.address)
        .await
        .expect("a connection");
    socket.write_all(head.as_bytes()).await.expect("written");
    socket.readable().await.expect("an answer");
    // The service has answered and closed its side; this caller has not looked yet.
    let mut answer = vec![0; 4];
    socket.read_exact(&mut answer).await.expect("an answer");
    while socket.try_read_buf(&mut answer).is_ok_and(|read| read > 0) {}
    for _ in 0..16 {
        let sent = socket.write_all(&[b'x'; 1_024]).await;
        sent.expect("the service still takes what is sent");
        tokio::task::yield_now().await;
    }
    socket.shutdown().await.expect("closed");
    let rest = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await;
    rest.expect("in time").expect("an end, not a reset");
    assert!(answer.starts_with(b"HTTP/1.1 413 "));
}

#[tokio::test]
async fn stopping_waits_for_what_runs_and_cuts_off_what_does_not_end() {
    let app = axum::Router::new().route(
        "/forever",
        axum::routing::get(|| async { std::future::pending::<()>().await }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let shutdown = CancellationToken::new();
    let grace = Duration::from_millis(100);
    let serving = tokio::spawn(serve(listener, app, shutdown.clone(), grace));
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    // A first answer proves that the connection was accepted; the second never comes.
    let pipelined =
        b"GET /none HTTP/1.1\r\nhost: x\r\n\r\nGET /forever HTTP/1.1\r\nhost: x\r\n\r\n";
    socket.write_all(pipelined).await.expect("written");
    let mut first = [0; 12];
    socket.read_exact(&mut first).await.expect("an answer");
    shutdown.cancel();
    let ended = tokio::time::timeout(PATIENCE, serving)
        .await
        .expect("in time")
        .expect("no panic");
    assert_eq!(ended, Ended::CutOff { connections: 1 });
}

#[tokio::test]
async fn an_idle_service_stops_at_once_and_takes_no_more_connections() {
    let world = World::start().await;
    let address = world.address;
    world
        .as_("plane")
        .get("/v1/requests")
        .await
        .expect(StatusCode::OK);
    assert_eq!(world.stop().await, Ended::Drained);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn head_is_answered_like_get_without_the_body() {
    let world = World::start().await;
    let key = key_of("plane");
    let ask = |method: &str, path: &str| {
        format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
             x-request-id: same\r\nconnection: close\r\n\r\n"
        )
    };
    for path in ["/v1/requests", "/v1/requests/none", "/nowhere"] {
        let get = world.raw(ask("GET", path).as_bytes()).await;
        let head = world.raw(ask("HEAD", path).as_bytes()).await;
        let without_date = |text: &str| {
            let head = text.split("\r\n\r\n").next().unwrap_or_default();
            head.lines()
                .filter(|line| !line.starts_with("date"))
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(without_date(&head), without_date(&get), "{path}");
        assert!(head.ends_with("\r\n\r\n"));
    }
}
