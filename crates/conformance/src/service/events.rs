//! The audit events of a request, and the stream of a project's.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::bench::Bench;
use super::caller::ensure;
use super::checks;
use crate::{Examination, Miss, Outcome, peer};

/// How long an event may take to come.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(100);
/// The most events that are read: others may be busy meanwhile.
const MOST: usize = 5_000;

/// One event of the stream.
#[derive(Debug, Clone, PartialEq)]
struct Streamed {
    id: u64,
    event: String,
    data: Value,
}

/// Tries each.
pub(super) async fn examine(examination: &mut Examination, bench: &Bench) {
    examination
        .check(&checks::EVENTS_LISTED, listed(bench))
        .await;
    let followed = followed(bench).await;
    let read = || followed.as_ref().map_err(Clone::clone);
    let streamed = async { streamed(bench, read()?).await };
    examination.check(&checks::EVENTS_STREAMED, streamed).await;
    let order = async {
        let ids: Vec<u64> = read()?.iter().map(|event| event.id).collect();
        let fall = ids.windows(2).find(|pair| pair[0] >= pair[1]);
        ensure(fall.is_none(), || {
            format!("there are these one after the other: {fall:?}")
        })
    };
    examination.check(&checks::EVENTS_ORDER, order).await;
    let resumed = async { resumed(bench, read()?).await };
    examination.check(&checks::EVENTS_RESUMED, resumed).await;
}

/// The events of this request, once they have their place in the stream.
async fn events(bench: &Bench, name: &str) -> Result<Vec<Value>, Miss> {
    let path = format!("{}/events", bench.path(name));
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = bench.plane.get(&path).await?.is(200)?;
        let items = answer.body["items"].as_array();
        let items = items.ok_or_else(|| answer.unexpected("items"))?;
        if items.iter().all(|event| event["seq"].is_u64()) {
            return Ok(items.clone());
        }
        ensure(Instant::now() < end, || "seq stays null".to_owned())?;
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listed(bench: &Bench) -> Outcome {
    bench.approved("listed").await?;
    let events = events(bench, "listed").await?;
    let position = |wanted: &str| {
        events
            .iter()
            .position(|event| event["event_type"] == wanted)
    };
    let (asked, decided) = (
        position("approval.requested"),
        position("approval.approved"),
    );
    let in_order = asked == Some(0) && decided.is_some();
    let types = || {
        let types = events.iter().map(|event| event["event_type"].to_string());
        format!("the events are {}", types.collect::<Vec<_>>().join(", "))
    };
    ensure(in_order, types)?;
    let counted = (1..)
        .zip(&events)
        .all(|(number, event)| event["number"] == number);
    let mine = json!(bench.id("listed"));
    ensure(
        counted && events.iter().all(|event| event["correlation_id"] == mine),
        || format!("they are {}", Value::from(events.clone())),
    )
}

/// The stream from the first of these requests to the decision of the second, which comes while it is followed.
async fn followed(bench: &Bench) -> Result<Vec<Streamed>, Miss> {
    bench.approved("streamed").await?;
    let events = events(bench, "streamed").await?;
    let first = events.first().and_then(|event| event["seq"].as_u64());
    let first = first.ok_or_else(|| Miss::failed("the request has no event"))?;
    bench.approval_waits("followed").await?;
    let deciding = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let approve = json!({ "decision": "approve" });
        bench.decides("followed", &approve).await?.good()
    };
    let last = bench.id("followed");
    let until = |event: &Streamed| {
        event.event == "approval.approved" && event.data["correlation_id"] == last
    };
    let (read, decided) = tokio::join!(read(bench, first - 1, until), deciding);
    decided?;
    read
}

/// What comes after this event, until one that is such.
async fn read(
    bench: &Bench,
    after: u64,
    until: impl Fn(&Streamed) -> bool,
) -> Result<Vec<Streamed>, Miss> {
    let end = Instant::now() + PATIENCE;
    let late = |_| Miss::failed(format!("not within {} s", PATIENCE.as_secs()));
    let failed = |error| Miss::failed(peer::causes(error));
    let call = bench.plane.call(Method::GET, "/v1/events");
    let call = call.header("last-event-id", after).send();
    let mut answer = timeout_at(end, call).await.map_err(late)?.map_err(failed)?;
    let kind = answer.headers().get("content-type");
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let status = answer.status();
    ensure(
        status == 200 && kind.starts_with("text/event-stream"),
        || format!("the stream is answered with {status} and {kind:?}"),
    )?;
    let (mut events, mut unread) = (Vec::new(), Vec::new());
    while events.len() < MOST {
        let chunk = timeout_at(end, answer.chunk()).await.map_err(late)?;
        let Some(chunk) = chunk.map_err(failed)? else {
            return Err(Miss::failed("the stream ends"));
        };
        // A character may be cut in two, so that only whole events are read as text.
        unread.extend(chunk.iter().filter(|byte| **byte != b'\r'));
        while let Some(end) = unread.windows(2).position(|pair| pair == b"\n\n") {
            let event: Vec<u8> = unread.drain(..end + 2).collect();
            let Some(event) = parse(&String::from_utf8_lossy(&event))? else {
                continue;
            };
            let done = until(&event);
            events.push(event);
            if done {
                return Ok(events);
            }
        }
    }
    Err(Miss::not_tried(format!("{MOST} events came from others")))
}

/// One event; none of it is a comment.
fn parse(text: &str) -> Result<Option<Streamed>, Miss> {
    let field = |name: &str| {
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        let values = lines.filter(|(its, _)| *its == name);
        let values = values.map(|(_, value)| value.strip_prefix(' ').unwrap_or(value));
        values.collect::<Vec<_>>().join("\n")
    };
    let data = field("data");
    if data.is_empty() {
        return Ok(None);
    }
    let unread = || Miss::failed(format!("an event is {text:?}"));
    Ok(Some(Streamed {
        id: field("id").parse().map_err(|_| unread())?,
        event: field("event"),
        data: serde_json::from_str(&data).map_err(|_| unread())?,
    }))
}

async fn streamed(bench: &Bench, followed: &[Streamed]) -> Outcome {
    for name in ["streamed", "followed"] {
        let id = json!(bench.id(name));
        let decided = |event: &Value| event["event_type"] == "approval.approved";
        let mut listed = events(bench, name).await?;
        // What the people's places report may come later.
        listed.truncate(listed.iter().position(decided).map_or(0, |at| at + 1));
        let seen = followed
            .iter()
            .filter(|event| event.data["correlation_id"] == id);
        let seen: Vec<&Streamed> = seen.take(listed.len()).collect();
        ensure(seen.len() == listed.len(), || {
            format!("{} of {} events of {id} came", seen.len(), listed.len())
        })?;
        for (streamed, listed) in seen.into_iter().zip(&listed) {
            let same = streamed.data == *listed
                && listed["event_type"] == streamed.event.as_str()
                && listed["seq"] == streamed.id;
            ensure(same, || {
                format!("{streamed:?} came, and {listed} is listed")
            })?;
        }
    }
    Ok(())
}

async fn resumed(bench: &Bench, followed: &[Streamed]) -> Outcome {
    let half = followed.len() / 2;
    let (Some(had), Some(last)) = (followed[..half].last(), followed.last()) else {
        return Err(Miss::not_tried("the stream has too few events"));
    };
    let again = read(bench, had.id, |event| event.id >= last.id).await?;
    let wanted = &followed[half..];
    let differ = again
        .iter()
        .zip(wanted)
        .find(|(seen, wanted)| seen != wanted);
    ensure(differ.is_none() && again.len() == wanted.len(), || {
        let events = |events: &[Streamed]| match events {
            [first, .., last] => format!("{} events, {} to {}", events.len(), first.id, last.id),
            few => format!("{} events", few.len()),
        };
        let (seen, wanted) = (events(&again), events(wanted));
        format!("after {} come {seen}, and not {wanted}", had.id)
    })
}
