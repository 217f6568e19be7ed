//! What nobody decides in its time.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::bench::Bench;
use super::caller::{Answer, ensure};
use super::checks;
use crate::{Examination, Miss, Outcome};

/// The shortest time that a request can be given, in seconds.
const TTL_SECONDS: u64 = 10;
/// How much later than its time it may expire.
const LATE: Duration = Duration::from_secs(20);
/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// How long one answer is waited for, in seconds: less than the time it has, and so more than one of them.
const WAIT_SECONDS: u64 = 5;

/// What became of the request, and of the attempt to decide it afterwards.
pub(super) struct Expired {
    request: Value,
    decided: Answer,
}

/// Lets a request expire. It takes its time, so that it is begun before all else.
pub(super) async fn expire(bench: &Bench) -> Result<Expired, Miss> {
    let mut body = bench.approval("expires");
    body["ttl_seconds"] = json!(TTL_SECONDS);
    bench.asks(&body).await?;
    let end = Instant::now() + Duration::from_secs(TTL_SECONDS) + LATE;
    let path = format!("{}?wait_seconds={WAIT_SECONDS}", bench.path("expires"));
    let request = loop {
        let request = bench.plane.get(&path).await?.is(200)?.body;
        if request["status"] != "pending" {
            break request;
        }
        ensure(Instant::now() < end, || {
            format!("it waits {} s after its end still", LATE.as_secs())
        })?;
        // A service that does not hold the answer is not asked all the time.
        tokio::time::sleep(PAUSE).await;
    };
    let approve = json!({ "decision": "approve" });
    let decided = bench.decides("expires", &approve).await?;
    Ok(Expired { request, decided })
}

/// Tries each.
pub(super) async fn examine(
    examination: &mut Examination,
    bench: &Bench,
    expired: Result<Expired, Miss>,
) {
    let (request, decided) = match expired {
        Ok(expired) => (Ok(expired.request), Ok(expired.decided)),
        Err(miss) => (Err(miss.clone()), Err(miss)),
    };
    let in_time = async { expires(&request?) };
    examination.check(&checks::EXPIRES, in_time).await;
    let stays = async {
        decided?.refuses(409, "already_decided")?;
        let status = &bench.request("expires").await?["status"];
        ensure(status == "expired", || format!("it is {status} afterwards"))
    };
    examination.check(&checks::EXPIRED_STAYS, stays).await;
}

fn expires(request: &Value) -> Outcome {
    let status = &request["status"];
    ensure(status == "expired", || {
        format!("it is {status}: {}", request["outcome"])
    })?;
    let time = |value: &Value| {
        value
            .as_str()
            .and_then(|text| text.parse::<Timestamp>().ok())
    };
    let (wanted, seen) = (&request["expires_at"], &request["outcome"]["decided_at"]);
    let in_time = time(seen)
        .zip(time(wanted))
        .is_some_and(|(seen, wanted)| seen >= wanted);
    ensure(in_time, || {
        format!("it expired at {seen}, and should at {wanted}")
    })
}
