//! Receivers that misbehave on the line: what becomes of the attempt, and what is kept of it.

use std::sync::Arc;
use std::time::Duration;

use signoff_engine::callback::{AllowList, Network, Sender, Sent, Verdict};
use tokio::time::Instant;

use crate::lines::{Authority, Line, Receiver, self_signed};
use crate::sender::{callback, now, secrets};

const FAILED: Verdict = Verdict::Failed { retry_after: None };
const MIB: usize = 1024 * 1024;

async fn send(url: &str) -> Sent {
    let sender = Sender::new(Arc::new(AllowList::loopback()));
    sender.send(&callback(url), &secrets(), now()).await
}

/// What becomes of a callback to a receiver with this line.
async fn to(line: Line) -> Sent {
    send(&Receiver::at("127.0.0.1:0", line).await.url()).await
}

#[tokio::test]
async fn a_line_that_breaks_before_the_answer_is_a_failed_attempt() {
    let broken = "no valid answer: connection error: Connection reset by peer (os error 104)";
    let closed = "no valid answer: connection closed before message completed";
    for (line, detail) in [
        (Line::BreaksAfter(""), broken),
        (Line::BreaksAfter("HTTP/1.1 2"), broken),
        (Line::HangsUpAfter(""), closed),
        (Line::HangsUpAfter("HTTP/1.1 200 OK\r\ncontent-le"), closed),
        (
            Line::HangsUpAfter("nonsense\r\n\r\n"),
            "no valid answer: invalid HTTP version parsed",
        ),
    ] {
        let sent = to(line).await;
        assert_eq!(
            (sent.verdict, sent.attempt.status),
            (FAILED, None),
            "{line:?}"
        );
        assert_eq!(sent.attempt.detail, detail, "{line:?}");
    }
}

#[tokio::test]
async fn a_status_that_arrived_counts_whatever_becomes_of_the_body() {
    let ok = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
    let error = "HTTP/1.1 500 No\r\ncontent-length: 10\r\n\r\nhalf";
    let gone = "HTTP/1.1 410 Gone\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    for (line, verdict, status, detail) in [
        (Line::BreaksAfter(ok), Verdict::Taken, 200, "half"),
        (Line::HangsUpAfter(ok), Verdict::Taken, 200, "half"),
        (Line::BreaksAfter(error), FAILED, 500, "half"),
        (Line::Says(gone), Verdict::Gone, 410, ""),
    ] {
        let sent = to(line).await;
        let found = (
            sent.verdict,
            sent.attempt.status,
            sent.attempt.detail.as_str(),
        );
        assert_eq!(found, (verdict, Some(status), detail), "{line:?}");
    }
}

#[tokio::test]
async fn an_endless_head_is_given_up_before_it_fills_the_memory() {
    for (first, again) in [
        (
            "HTTP/1.1 200 OK\r\n",
            "x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n",
        ),
        (
            "HTTP/1.1 200 OK\r\nx: ",
            "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
        ),
    ] {
        let receiver = Receiver::at("127.0.0.1:0", Line::Repeats(first, again, 0)).await;
        let sent = send(&receiver.url()).await;
        assert_eq!((sent.verdict, sent.attempt.status), (FAILED, None));
        assert_eq!(
            sent.attempt.detail,
            "no valid answer: message head is too large"
        );
        // What it got rid of stands in the system's buffers, at most.
        assert!(receiver.written() < 16 * MIB, "{}", receiver.written());
    }
}

#[tokio::test]
async fn an_endless_body_is_hung_up_on_after_four_kibibytes() {
    let head = "HTTP/1.1 503 No\r\ncontent-length: 99999999999\r\n\r\n";
    let text = "0123456789abcdef0123456789abcdef";
    let receiver = Receiver::at("127.0.0.1:0", Line::Repeats(head, text, 0)).await;
    let sent = send(&receiver.url()).await;
    assert_eq!((sent.verdict, sent.attempt.status), (FAILED, Some(503)));
    assert_eq!(sent.attempt.detail, text.repeat(4_096 / text.len()));
    assert!(receiver.written() < 16 * MIB, "{}", receiver.written());
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_is_given_ten_seconds_in_all() {
    let line = Line::Repeats("HTTP/1.1 200 OK\r\n", "x: y\r\n", 500);
    let began = Instant::now();
    let sent = to(line).await;
    assert_eq!((sent.verdict, sent.attempt.status), (FAILED, None));
    assert_eq!(sent.attempt.detail, "no answer within 10 s");
    assert!(began.elapsed() < Duration::from_secs(11));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips_is_read_for_ten_seconds_in_all_and_the_status_counts() {
    let line = Line::Repeats("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n", "x", 500);
    let began = Instant::now();
    let sent = to(line).await;
    assert_eq!(
        (sent.verdict, sent.attempt.status),
        (Verdict::Taken, Some(200))
    );
    assert!(
        (1..=21).contains(&sent.attempt.detail.len()),
        "{}",
        sent.attempt.detail
    );
    assert!(began.elapsed() < Duration::from_secs(11));
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_is_a_failed_attempt_that_says_how() {
    let trusted = Authority::named("trusted");
    let unknown = Authority::named("unknown");
    let untrusted = "no connection: invalid peer certificate: UnknownIssuer";
    for (tls, detail) in [
        (self_signed("localhost"), untrusted),
        (unknown.signs("localhost", false), untrusted),
        (
            trusted.signs("localhost", true),
            "no connection: invalid peer certificate: certificate expired: ",
        ),
        (
            trusted.signs("other.example", false),
            "no connection: invalid peer certificate: certificate not valid for name \"localhost\"",
        ),
    ] {
        let sent = over_tls(&trusted, tls).await;
        assert_eq!(
            (sent.verdict, sent.attempt.status),
            (FAILED, None),
            "{detail}"
        );
        assert!(
            sent.attempt.detail.starts_with(detail),
            "{}",
            sent.attempt.detail
        );
    }
    let sent = over_tls(&trusted, trusted.signs("localhost", false)).await;
    assert_eq!(
        (sent.verdict, sent.attempt.status),
        (Verdict::Taken, Some(204))
    );
}

async fn over_tls(trusted: &Authority, tls: tokio_rustls::rustls::ServerConfig) -> Sent {
    let line = Line::Says("HTTP/1.1 204 No Content\r\n\r\n");
    let receiver = Receiver::with_tls(tls, line).await;
    let network = Network {
        roots: vec![trusted.certificate.clone()],
        ..Network::default()
    };
    let sender = Sender::on(network, Arc::new(AllowList::loopback()));
    let url = format!("https://localhost:{}/hook", receiver.address.port());
    sender.send(&callback(&url), &secrets(), now()).await
}

#[tokio::test]
async fn what_is_no_tls_is_said_to_be_none() {
    let receiver = Receiver::at("127.0.0.1:0", Line::Says("HTTP/1.1 200 OK\r\n\r\n")).await;
    let url = receiver.url().replace("http:", "https:");
    let sent = send(&url).await;
    assert_eq!((sent.verdict, sent.attempt.status), (FAILED, None));
    let detail = &sent.attempt.detail;
    assert!(
        detail.starts_with("no connection: received corrupt message"),
        "{detail}"
    );
}
