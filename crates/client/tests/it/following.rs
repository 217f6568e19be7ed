//! The event stream, also over restarts.

use std::pin::pin;

use futures_util::StreamExt as _;
use serde_json::json;
use signoff_client::{Ask, Client, Error};

use crate::service::Service;

fn ask(id: &str) -> Ask {
    Ask::approval(id, "Deploy", "deploy", json!({}))
}

#[tokio::test]
async fn nothing_is_lost_or_given_twice_when_the_service_restarts() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let client = service.client();
    client.submit(&ask("a")).await?;
    let mut events = pin!(client.events(None));
    let first = events.next().await.expect("it never ends")?;
    assert_eq!(first.event_type, "approval.requested");
    let service = service
        .restarts(async || {
            // Whatever was already on its way comes first.
            loop {
                match events.next().await.expect("it never ends") {
                    Ok(event) => assert!(event.seq > first.seq),
                    Err(error) => {
                        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
                        break;
                    }
                }
            }
        })
        .await?;
    service.client().submit(&ask("b")).await?;
    let mut seqs = vec![first.seq];
    loop {
        let event = events.next().await.expect("it never ends")?;
        seqs.push(event.seq);
        if event.correlation_id.is_some_and(|id| id.as_str() == "b") {
            break;
        }
    }
    let mut sorted = seqs.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(seqs, sorted, "in order, each once");
    let again = service.client();
    let mut again = pin!(again.events(first.seq));
    let next = again.next().await.expect("it never ends")?;
    assert!(next.seq > first.seq, "after the one that was named");
    Ok(())
}

#[tokio::test]
async fn a_stream_that_will_never_come_ends_with_the_reason() -> anyhow::Result<()> {
    let service = Service::start().await?;
    let stranger = Client::new(&service.url, &format!("sgn_{:_<43}", "stranger"))?;
    let mut events = pin!(stranger.events(None));
    let error = events.next().await.expect("the reason").unwrap_err();
    assert_eq!(error.problem().map(|problem| problem.status), Some(401));
    assert!(events.next().await.is_none());
    Ok(())
}
