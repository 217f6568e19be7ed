//! Reading one request, waiting for it, and lists.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::bench::{Bench, REQUESTS};
use super::caller::ensure;
use super::checks;
use crate::{Examination, Miss, Outcome};

/// How much later than it should an answer may come, for a busy machine.
const LATE: Duration = Duration::from_secs(5);
/// How many pages of two are looked through: others may ask meanwhile.
const PAGES: usize = 200;

/// Tries each.
pub(super) async fn examine(examination: &mut Examination, bench: &Bench) {
    let unknown = async {
        bench
            .plane
            .get(&bench.path("nothing"))
            .await?
            .is(404)
            .map(drop)
    };
    examination.check(&checks::READ_UNKNOWN, unknown).await;
    examination
        .check(&checks::READ_ENCODED, encoded(bench))
        .await;
    examination
        .check(&checks::WAIT_HOLDS, wait_holds(bench))
        .await;
    examination
        .check(&checks::WAIT_WAKES, wait_wakes(bench))
        .await;
    examination
        .check(&checks::WAIT_LIMIT, wait_limit(bench))
        .await;
    examination.check(&checks::LIST_PAGES, pages(bench)).await;
    examination
        .check(&checks::LIST_FILTERS, filters(bench))
        .await;
    examination
        .check(&checks::LIST_LIMITS, list_limits(bench))
        .await;
}

async fn encoded(bench: &Bench) -> Outcome {
    let name = "a:b@c+d=e";
    let asked = bench.approval_waits(name).await?;
    let mut path = bench.id(name);
    for (plain, encoded) in [(":", "%3A"), ("@", "%40"), ("+", "%2B"), ("=", "%3D")] {
        path = path.replace(plain, encoded);
    }
    let read = bench
        .plane
        .get(&format!("{REQUESTS}/{path}"))
        .await?
        .is(200)?;
    ensure(read.body["id"] == asked["id"], || read.text.clone())
}

async fn wait_holds(bench: &Bench) -> Outcome {
    bench.approval_waits("held").await?;
    let path = format!("{}?wait_seconds=1", bench.path("held"));
    let began = Instant::now();
    let answer = bench.plane.get(&path).await?.is(200)?;
    let took = began.elapsed();
    let second = Duration::from_secs(1);
    // A clock may tick a little faster than another.
    ensure(
        took + Duration::from_millis(50) >= second && took < second + LATE,
        || format!("it took {took:.1?}, and not a second"),
    )?;
    let status = &answer.body["status"];
    ensure(status == "pending", || format!("it is {status}"))
}

async fn wait_wakes(bench: &Bench) -> Outcome {
    bench.approval_waits("woken").await?;
    let path = format!("{}?wait_seconds=30", bench.path("woken"));
    let deciding = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let decided = bench
            .decides("woken", &json!({ "decision": "approve" }))
            .await;
        (decided, Instant::now())
    };
    let waiting = async { (bench.plane.get(&path).await, Instant::now()) };
    let ((waited, answered), (decided, then)) = tokio::join!(waiting, deciding);
    decided?.good()?;
    let waited = waited?.is(200)?;
    let status = &waited.body["status"];
    ensure(status == "approved", || format!("it is {status}"))?;
    let late = answered.saturating_duration_since(then);
    ensure(late < LATE, || {
        format!("it came {late:.1?} after the decision")
    })
}

async fn wait_limit(bench: &Bench) -> Outcome {
    bench.approval_waits("limited").await?;
    let path = format!("{}?wait_seconds=61", bench.path("limited"));
    bench.plane.get(&path).await?.is(400)?;
    Ok(())
}

fn items(page: &Value) -> Result<&Vec<Value>, Miss> {
    let items = page["items"].as_array();
    items.ok_or_else(|| Miss::failed(format!("there are no items: {page}")))
}

async fn pages(bench: &Bench) -> Outcome {
    let names = ["paged-1", "paged-2", "paged-3", "paged-4", "paged-5"];
    let mut wanted = Vec::new();
    for name in names {
        bench.approval_waits(name).await?;
        wanted.insert(0, bench.id(name));
        // So that the next one is newer also by a clock of milliseconds.
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let (mut all, mut ours) = (BTreeSet::new(), Vec::new());
    let mut path = format!("{REQUESTS}?limit=2");
    for _ in 0..PAGES {
        let page = bench.plane.get(&path).await?.is(200)?;
        let items = items(&page.body)?;
        ensure(items.len() <= 2, || {
            format!("a page of two has {}", items.len())
        })?;
        for item in items {
            let id = item["correlation_id"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            ensure(all.insert(id.clone()), || format!("{id} is on two pages"))?;
            if wanted.contains(&id) {
                ours.push(id);
            }
        }
        match page.body["next_cursor"].as_str() {
            Some(cursor) if ours.len() < wanted.len() => {
                path = format!("{REQUESTS}?limit=2&cursor={cursor}");
            }
            _ => break,
        }
    }
    ensure(ours == wanted, || {
        format!("the pages have {ours:?}, and not {wanted:?}")
    })
}

async fn filters(bench: &Bench) -> Outcome {
    bench.approval_waits("filtered").await?;
    bench.asks(&bench.question("filtered-question")).await?;
    let done = json!({ "decision": "deny" });
    bench.asks(&bench.question("filtered-denied")).await?;
    bench.decides("filtered-denied", &done).await?.good()?;
    let cases = [
        ("status=pending&kind=question", "filtered-question"),
        ("status=pending&kind=approval", "filtered"),
        ("status=denied&kind=question", "filtered-denied"),
    ];
    for (query, name) in cases {
        let path = format!("{REQUESTS}?limit=200&{query}");
        let page = bench.plane.get(&path).await?.is(200)?;
        let list = items(&page.body)?;
        let id = json!(bench.id(name));
        ensure(list.iter().any(|item| item["correlation_id"] == id), || {
            format!("{query}: {id} is not there")
        })?;
        let stranger = list.iter().find(|item| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().any(|(name, value)| item[name] != value)
        });
        ensure(stranger.is_none(), || {
            format!("{query}: there is {stranger:?}")
        })?;
    }
    Ok(())
}

async fn list_limits(bench: &Bench) -> Outcome {
    for query in ["limit=0", "limit=201", "status=perhaps", "cursor=%21"] {
        let path = format!("{REQUESTS}?{query}");
        bench.plane.get(&path).await?.is(400)?;
    }
    Ok(())
}
