//! Callbacks as the service really sends them.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::routing::post;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use signoff_client::{Ask, Callback, Refused, SigningSecret, Status, Unverified};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::service::{SECRET, Service};

type Received = (HeaderMap, Bytes);

/// A control plane's endpoint, and what it receives.
async fn endpoint() -> anyhow::Result<(String, UnboundedReceiver<Received>)> {
    async fn take(State(to): State<UnboundedSender<Received>>, headers: HeaderMap, body: Bytes) {
        to.send((headers, body)).expect("someone listens");
    }
    let (sender, receiver) = unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hooks/signoff", listener.local_addr()?);
    let router = Router::new()
        .route("/hooks/signoff", post(take))
        .with_state(sender);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((url, receiver))
}

/// One callback that really came.
async fn received() -> anyhow::Result<Received> {
    let service = Service::start().await?;
    let (url, mut coming) = endpoint().await?;
    let ask = Ask::approval("a", "Deploy", "deploy", json!({})).callback(&url);
    service.client().submit(&ask).await?;
    service.ann_decides("a", "approve").await;
    Ok(coming.recv().await.expect("it comes"))
}

fn verify(secrets: &[&str], (headers, body): &Received) -> Result<Callback, Refused> {
    let secrets: Vec<SigningSecret> = secrets
        .iter()
        .map(|text| SigningSecret::parse(text).expect("a secret"))
        .collect();
    let header = |name: &str| headers.get_all(name).iter().map(HeaderValue::as_bytes);
    Callback::verify(&secrets, header, body)
}

#[tokio::test]
async fn a_callback_of_the_service_is_verified_and_read() -> anyhow::Result<()> {
    let received = received().await?;
    let callback = verify(&[SECRET], &received)?;
    assert_eq!(callback.event_type, "request.approved");
    assert_eq!(callback.request.status, Status::Approved);
    assert_eq!(callback.request.correlation_id.as_str(), "a");
    assert!(
        callback.id.starts_with("msg_") && !callback.id.is_empty(),
        "{}",
        callback.id
    );
    let next = "whsec_GBkaGxwdHh8gISIjJCUmJygpKissLS4v";
    verify(&[next, SECRET], &received)?;
    let wrong = verify(&[next], &received);
    assert!(matches!(
        wrong,
        Err(Refused::Unverified(Unverified::Signature))
    ));
    Ok(())
}

#[tokio::test]
async fn what_was_changed_replayed_or_stripped_is_refused() -> anyhow::Result<()> {
    let (headers, body) = received().await?;
    let forged = String::from_utf8(body.to_vec())?.replace("\"approve", "\"Approve");
    let forged = (headers.clone(), Bytes::from(format!("{forged} ")));
    assert!(matches!(
        verify(&[SECRET], &forged),
        Err(Refused::Unverified(Unverified::Signature))
    ));
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut without = headers.clone();
        without.remove(name);
        let refused = verify(&[SECRET], &(without, body.clone()));
        assert!(matches!(refused, Err(Refused::Header(missing)) if missing == name));
        let mut twice = headers.clone();
        twice.append(name, HeaderValue::from_static("1"));
        let refused = verify(&[SECRET], &(twice, body.clone()));
        assert!(matches!(refused, Err(Refused::Header(doubled)) if doubled == name));
    }
    let secrets = [SigningSecret::parse(SECRET)?];
    let header = |name: &str| headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let sent: i64 = headers["webhook-timestamp"].to_str()?.parse()?;
    let later = Timestamp::from_second(sent)?.checked_add(SignedDuration::from_secs(301))?;
    let replayed = Callback::verify_at(&secrets, header, &body, later);
    assert!(matches!(
        replayed,
        Err(Refused::Unverified(Unverified::TooOld))
    ));
    Ok(())
}
