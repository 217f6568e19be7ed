//! One attempt of one callback, against real receivers on loopback.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jiff::{SignedDuration, Timestamp};
use signoff_contract::signature::{self, Headers, SigningSecret};
use signoff_contract::{DeliveryId, RequestId};
use signoff_engine::callback::{AllowList, Sender, Sent, Verdict};
use signoff_store::{DueCallback, Manners, Reached};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const OLDER: &str = "whsec_GBkaGxwdHh8gISIjJCUmJygpKissLS4v";

pub(crate) fn secrets() -> Vec<SigningSecret> {
    [SECRET, OLDER]
        .map(|text| SigningSecret::parse(text).expect("a secret"))
        .to_vec()
}

pub(crate) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

pub(crate) fn callback(url: &str) -> DueCallback {
    DueCallback {
        id: DeliveryId::from_parts(1, 2),
        project: "default".to_owned(),
        request_id: RequestId::from_parts(1, 3),
        url: url.to_owned(),
        body: br#"{"type":"request.approved"}"#.to_vec(),
        attempts: 0,
        first_attempt_at: None,
        in_doubt: 0,
        manners: Manners::Native,
    }
}

async fn send(url: &str) -> Sent {
    let sender = Sender::new(Arc::new(AllowList::loopback()));
    sender.send(&callback(url), &secrets(), now()).await
}

/// A receiver with this handler; answers its URL.
async fn receiver(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/hook")
}

async fn answering(status: StatusCode, headers: &[(&'static str, &'static str)]) -> String {
    let headers: Vec<_> = headers.to_vec();
    receiver(Router::new().route(
        "/hook",
        post(move || async move {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.insert(name, value.parse().expect("a header"));
            }
            (status, map, "said")
        }),
    ))
    .await
}

/// A receiver that writes these bytes for whatever it is asked, and then keeps the line open.
async fn raw(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut asked = [0; 4096];
        let _ = stream.read(&mut asked).await;
        let _ = stream.write_all(bytes).await;
        std::future::pending::<()>().await;
    });
    format!("http://{address}/hook")
}

#[tokio::test]
async fn a_receiver_gets_the_stored_body_and_one_signature_a_secret() {
    let (got, mut requests) = mpsc::channel(1);
    let url = receiver(Router::new().route(
        "/hook",
        post(
            move |headers: HeaderMap, body: axum::body::Bytes| async move {
                got.send((headers, body)).await.expect("the test listens");
            },
        ),
    ))
    .await;
    let sent = send(&url).await;
    assert_eq!(
        (sent.verdict, sent.attempt.status),
        (Verdict::Taken, Some(200))
    );
    let (headers, body) = requests.recv().await.expect("a request");
    assert_eq!(&body[..], br#"{"type":"request.approved"}"#);
    let header = |name: &str| headers[name].to_str().expect("text").to_owned();
    let (id, timestamp, signature) = (
        header(signature::HEADER_ID),
        header(signature::HEADER_TIMESTAMP),
        header(signature::HEADER_SIGNATURE),
    );
    assert_eq!(id, DeliveryId::from_parts(1, 2).to_string());
    assert_eq!(signature.split(' ').count(), 2);
    for secret in secrets() {
        let headers = Headers {
            id: &id,
            timestamp: &timestamp,
            signature: &signature,
        };
        signature::verify(&[secret], headers, &body, now(), signature::TOLERANCE)
            .expect("each secret verifies alone");
    }
}

#[tokio::test]
async fn what_a_status_means() {
    for (status, verdict) in [
        (StatusCode::OK, Verdict::Taken),
        (StatusCode::NO_CONTENT, Verdict::Taken),
        (StatusCode::GONE, Verdict::Gone),
        (StatusCode::NOT_FOUND, Verdict::Failed { retry_after: None }),
        (
            StatusCode::INTERNAL_SERVER_ERROR,
            Verdict::Failed { retry_after: None },
        ),
    ] {
        let sent = send(&answering(status, &[]).await).await;
        assert_eq!(
            (sent.verdict, sent.attempt.status),
            (verdict, Some(status.as_u16()))
        );
    }
}

#[tokio::test]
async fn what_a_status_means_to_a_caller_of_a_drop_in_endpoint() {
    let failed = Verdict::Failed { retry_after: None };
    let refused = |status| Verdict::Refused { status };
    for (status, in_doubt, verdict, reached) in [
        (200, 0, Verdict::Taken, Reached::Maybe),
        (204, 0, Verdict::Taken, Reached::Maybe),
        // It knows nothing of this: it was never asked, or it forgot.
        (404, 0, Verdict::Forgotten, Reached::No),
        // It knows nothing of this any more: an attempt before has arrived after all.
        (404, 1, Verdict::Taken, Reached::No),
        (400, 0, refused(400), Reached::No),
        (400, 1, refused(400), Reached::No),
        (401, 0, refused(401), Reached::No),
        (405, 0, refused(405), Reached::No),
        (410, 0, refused(410), Reached::No),
        (302, 0, refused(302), Reached::No),
        (429, 0, failed, Reached::No),
        (500, 0, failed, Reached::No),
        (503, 1, failed, Reached::No),
        // The gateway sent it on and waited in vain.
        (504, 0, failed, Reached::Maybe),
    ] {
        let code = StatusCode::from_u16(status).expect("a status");
        let url = answering(code, &[]).await;
        let callback = DueCallback {
            in_doubt,
            manners: Manners::DropIn,
            ..callback(&url)
        };
        let sender = Sender::new(Arc::new(AllowList::loopback()));
        let sent = sender.send(&callback, &secrets(), now()).await;
        assert_eq!(
            (sent.verdict, sent.attempt.reached),
            (verdict, reached),
            "{status}, {in_doubt} in doubt"
        );
    }
}

#[tokio::test]
async fn an_attempt_without_an_answer_may_have_arrived_and_one_without_a_connection_has_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let taking = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut start = [0; 16];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut start)
            .await
            .expect("a request");
    });
    let sent = send(&url).await;
    taking.await.expect("it was taken and dropped");
    assert_eq!(sent.attempt.reached, Reached::Maybe, "{sent:?}");
    // Nobody listens there any more.
    let sent = send(&url).await;
    assert_eq!(sent.attempt.reached, Reached::No, "{sent:?}");
    let sent = send("http://192.0.2.1/hook").await;
    assert_eq!(sent.attempt.reached, Reached::No, "{sent:?}");
}

#[tokio::test]
async fn the_receivers_wish_is_read_in_both_forms() {
    let in_two_minutes = ("retry-after", "Sun, 01 Mar 2026 12:02:00 GMT");
    for (header, wish) in [
        (("retry-after", "120"), Some(SignedDuration::from_secs(120))),
        (in_two_minutes, Some(SignedDuration::from_secs(120))),
        // The two forms that HTTP has given up, and that must be read all the same.
        (
            ("retry-after", "Sunday, 01-Mar-26 12:02:00 GMT"),
            Some(SignedDuration::from_secs(120)),
        ),
        (
            ("retry-after", "Sun Mar  1 12:02:00 2026"),
            Some(SignedDuration::from_secs(120)),
        ),
        (("retry-after", "Sun, 01 Mar 2026 11:00:00 GMT"), None),
        (("retry-after", "0"), Some(SignedDuration::ZERO)),
        (
            ("retry-after", "99999999999999999999999"),
            Some(SignedDuration::from_secs(i64::from(u32::MAX))),
        ),
        (("retry-after", "-5"), None),
        (("retry-after", "1e9"), None),
        (("retry-after", "1.5"), None),
        (("retry-after", ""), None),
        (("retry-after", "Sun, 99 Mar 2026 12:02:00 GMT"), None),
        (("retry-after", "soon"), None),
    ] {
        let sent = send(&answering(StatusCode::TOO_MANY_REQUESTS, &[header]).await).await;
        assert_eq!(
            sent.verdict,
            Verdict::Failed { retry_after: wish },
            "{header:?}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = answering(StatusCode::OK, &[]).await;
    let elsewhere: &'static str = Box::leak(elsewhere.into_boxed_str());
    let url = answering(StatusCode::TEMPORARY_REDIRECT, &[("location", elsewhere)]).await;
    let sent = send(&url).await;
    assert_eq!(sent.verdict, Verdict::Failed { retry_after: None });
    assert_eq!(sent.attempt.status, Some(307));
}

#[tokio::test]
async fn an_endless_answer_is_read_to_four_kibibytes_and_its_status_counts() {
    let url = receiver(Router::new().route(
        "/hook",
        post(|| async {
            let endless =
                futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(1_000)));
            Body::from_stream(endless)
        }),
    ))
    .await;
    let sent = send(&url).await;
    assert_eq!(sent.verdict, Verdict::Taken);
    assert_eq!(sent.attempt.detail.len(), 4_096);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_says_nothing_is_given_ten_seconds() {
    let url = raw(b"").await;
    let began = tokio::time::Instant::now();
    let sent = send(&url).await;
    assert_eq!(sent.verdict, Verdict::Failed { retry_after: None });
    assert_eq!(sent.attempt.detail, "no answer within 10 s");
    assert!(began.elapsed() < Duration::from_secs(11));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_does_not_undo_the_status() {
    let url = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
    let sent = send(&url).await;
    assert_eq!(
        (sent.verdict, sent.attempt.detail.as_str()),
        (Verdict::Taken, "half")
    );
}

#[tokio::test]
async fn nonsense_for_an_answer_is_a_failed_attempt() {
    for bytes in [
        &b"nonsense\r\n\r\n"[..],
        b"HTTP/1.1 9999 No\r\n\r\n",
        b"\0\0\0\0",
    ] {
        let sent = send(&raw(bytes).await).await;
        assert_eq!(sent.verdict, Verdict::Failed { retry_after: None });
        assert_eq!(sent.attempt.status, None);
    }
}

#[tokio::test]
async fn a_refused_connection_is_said_without_the_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let sent = send(&format!("http://{address}/hook?token=secret-in-url")).await;
    assert_eq!(sent.verdict, Verdict::Failed { retry_after: None });
    assert!(
        sent.attempt.detail.contains("refused"),
        "{}",
        sent.attempt.detail
    );
    assert!(
        !sent.attempt.detail.contains("secret-in-url"),
        "{}",
        sent.attempt.detail
    );
}

#[tokio::test]
async fn what_the_allow_list_no_longer_admits_is_not_sent() {
    let url = answering(StatusCode::OK, &[]).await;
    let list = AllowList::parse(&["hooks.example.org"]).expect("an entry");
    let sent = Sender::new(Arc::new(list))
        .send(&callback(&url), &secrets(), now())
        .await;
    assert_eq!(sent.verdict, Verdict::Failed { retry_after: None });
    assert!(
        sent.attempt.detail.contains("callbacks.allow"),
        "{}",
        sent.attempt.detail
    );
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_not_connected_to() {
    // `localhost` is allowed as a name, but no entry names the address behind it.
    let url = answering(StatusCode::OK, &[])
        .await
        .replace("127.0.0.1", "localhost");
    let list = AllowList::parse(&["localhost"]).expect("an entry");
    let sent = Sender::new(Arc::new(list))
        .send(&callback(&url), &secrets(), now())
        .await;
    assert_eq!(sent.verdict, Verdict::Failed { retry_after: None });
    assert!(
        sent.attempt
            .detail
            .contains("no address of the name is allowed"),
        "{}",
        sent.attempt.detail
    );
}
