//! Callers who take their time, so as to take up the service: each is cut off, and nobody else waits for them.

use std::time::Duration;

use reqwest::StatusCode;
use signoff_server::ConnectionLimits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::world::{PATIENCE, World, key_of};

/// How long slow callers are borne with here.
const SHORT: Duration = Duration::from_millis(300);

const LIMITS: ConnectionLimits = ConnectionLimits {
    head: SHORT,
    stall: SHORT,
    connections: 64,
};

async fn world() -> World {
    World::start_within(LIMITS, |options| {
        options.body_timeout = Duration::from_secs(1);
    })
    .await
    .0
}

async fn connects(world: &World) -> TcpStream {
    let socket = TcpStream::connect(world.address).await;
    socket.expect("a connection")
}

/// Everything that still comes, until the service closes; and how long that took.
async fn until_closed(socket: &mut TcpStream) -> (String, Duration) {
    let from = Instant::now();
    let mut rest = Vec::new();
    // A reset is an end too.
    let _ = timeout(PATIENCE, socket.read_to_end(&mut rest))
        .await
        .expect("it is closed in time");
    (String::from_utf8_lossy(&rest).into_owned(), from.elapsed())
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_cut_off() {
    let world = world().await;
    let mut drips = Vec::new();
    for _ in 0..16 {
        drips.push(connects(&world).await);
    }
    let from = Instant::now();
    let head = b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ".iter();
    let mut open = true;
    for byte in head.chain([b'a'; 1_000].iter()) {
        for socket in &mut drips {
            open = socket.write_all(&[*byte]).await.is_ok();
        }
        // Whoever behaves is answered while the others drip.
        let answer = world.nobody().get("/healthz").await;
        assert_eq!(answer.status, StatusCode::OK);
        tokio::time::sleep(Duration::from_millis(20)).await;
        if !open || from.elapsed() > 4 * SHORT {
            break;
        }
    }
    for socket in &mut drips {
        let (rest, _) = until_closed(socket).await;
        assert!(
            !rest.contains(" 200 "),
            "a head that never ended was answered: {rest}"
        );
    }
    assert!(from.elapsed() >= SHORT, "nobody is cut off before the time");
}

#[tokio::test]
async fn a_connection_that_asks_nothing_more_is_closed() {
    let world = world().await;
    let mut socket = connects(&world).await;
    socket
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("written");
    let (answer, waited) = until_closed(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        waited + Duration::from_millis(20) >= SHORT,
        "it was kept for {waited:?} only"
    );
    let mut silent = connects(&world).await;
    let (answer, _) = until_closed(&mut silent).await;
    assert!(!answer.contains(" 200 "), "{answer}");
}

#[tokio::test]
async fn a_body_that_never_ends_is_refused_in_time() {
    let world = world().await;
    let key = key_of("plane");
    let mut socket = connects(&world).await;
    let head = format!(
        "POST /v1/requests HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-length: 5000\r\n\r\n{{"
    );
    socket.write_all(head.as_bytes()).await.expect("written");
    let (mut read, mut write) = socket.into_split();
    let dripping = tokio::spawn(async move {
        while write.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let mut answer = Vec::new();
    let ended = timeout(PATIENCE, read.read_to_end(&mut answer)).await;
    dripping.abort();
    let _ = ended.expect("it is closed in time");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(
        answer.contains("The body did not arrive within 1 s."),
        "{answer}"
    );
}

#[tokio::test]
async fn a_caller_who_does_not_read_is_cut_off() {
    let world = world().await;
    let mut socket = connects(&world).await;
    let asked = 2_000;
    let mut sent = 0;
    let pipelined = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(50);
    // Far more answers than the kernel keeps for somebody who takes none.
    while sent < asked {
        match timeout(2 * SHORT, socket.write_all(&pipelined)).await {
            Ok(Ok(())) => sent += 50,
            Ok(Err(_)) | Err(_) => break,
        }
    }
    tokio::time::sleep(3 * SHORT).await;
    let (answers, _) = until_closed(&mut socket).await;
    let answered = answers.matches("HTTP/1.1 200 ").count();
    assert!(
        answered < asked,
        "all {answered} were kept for somebody who did not read"
    );
    assert_eq!(world.nobody().get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn more_connections_than_there_are_places_wait_their_turn() {
    let limits = ConnectionLimits {
        head: PATIENCE,
        connections: 2,
        ..LIMITS
    };
    let (world, _) = World::start_within(limits, |_| ()).await;
    let ask = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut answer = [0; 12];
    let (mut first, mut second) = (connects(&world).await, connects(&world).await);
    for socket in [&mut first, &mut second] {
        socket.write_all(ask).await.expect("written");
        socket.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 200");
    }
    let mut third = connects(&world).await;
    third.write_all(ask).await.expect("written");
    let early = timeout(SHORT, third.read_exact(&mut answer)).await;
    assert!(early.is_err(), "there was no place, and it was answered");
    drop(first);
    let late = timeout(PATIENCE, third.read_exact(&mut answer)).await;
    late.expect("a place became free").expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200");
}
