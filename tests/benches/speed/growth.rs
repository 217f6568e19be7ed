//! Whether lists, the expiry tick and a decision take longer the more requests there are: 10⁴,
//! 10⁵ and 10⁶ in the store, a tenth of them pending, in one run and warm.
//!
//! 10⁴ requests come through the engine; the larger stores hold copies of all their rows, made
//! in SQL. A tick ends one request; a decision and a tick wait for one flush each.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use rusqlite::Connection;
use signoff_contract::{CorrelationId, Status};
use signoff_engine::workers::Deadlines;
use signoff_engine::{Clock, Engine, Gateway as _, ListQuery, UserIdentity};
use tokio::task::JoinSet;

use crate::Scale;
use crate::load::approval;
use crate::receivers::approve;
use crate::report::{Row, Sample, ms};
use crate::world;

/// How many requests come through the engine.
const BASE: usize = 10_000;
/// One in so many stays pending.
const ONE_PENDING_IN: usize = 10;
/// One in so many is of the second project.
const ONE_ELSEWHERE_IN: usize = 7;
const PEOPLE: usize = 100;
/// How often each thing is done before it counts, and then.
const TIMES: (usize, usize) = (20, 150);
/// The most that the largest store may take, of what the smallest takes.
const AT_MOST: f64 = 2.0;
/// How much longer the copies' deadlines are, each time, in milliseconds.
const LATER: i64 = 100_000_000;

/// What is done.
const WHAT: [&str; 6] = [
    "list, first page of 50",
    "list, pending of one project, 50",
    "what waits for one person",
    "what waits in one chat",
    "expiry tick that ends one",
    "one decision",
];

/// Which of them answer with as many requests as wait, and so have no goal here.
const GROWS: [usize; 2] = [2, 3];

pub(crate) async fn run(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let base = scale.pick(BASE, 500);
    let sizes: &[usize] = scale.pick(&[1, 10, 100], &[1, 2]);
    let folder = world::folder()?;
    let database = folder.path().join("base.db");
    fill(&database, base).await?;
    let mut medians: Vec<[Duration; WHAT.len()]> = Vec::new();
    for times in sizes {
        let grown = folder.path().join("grown.db");
        std::fs::copy(&database, &grown)?;
        multiply(&grown, *times)?;
        medians.push(measure(&grown, base, scale).await?);
        for end in ["", "-wal", "-shm", ".lock"] {
            let _ = std::fs::remove_file(folder.path().join(format!("grown.db{end}")));
        }
    }
    let rows = WHAT.iter().enumerate().map(|(at, what)| {
        let took: Vec<Duration> = medians.iter().map(|of_size| of_size[at]).collect();
        let (first, last) = (took[0], took[took.len() - 1]);
        let ratio = last.as_secs_f64() / first.as_secs_f64();
        let took: Vec<String> = took.into_iter().map(ms).collect();
        let what = format!("{what}, at 10⁴ / 10⁵ / 10⁶ requests, p50");
        let took = took.join(" / ");
        if GROWS.contains(&at) {
            return Row::fact(format!("{what}: 10, 100 and 1,000 wait"), took);
        }
        Row::new(
            what,
            "≤ 2 × from first to last",
            format!("{took} ({ratio:.2} ×)"),
            ratio <= AT_MOST,
        )
    });
    Ok(rows.collect())
}

/// Nine of ten have ended, nobody waits for anything.
async fn fill(database: &Path, count: usize) -> anyhow::Result<()> {
    let store = world::store(database, Clock::system())?;
    let engine = world::engine(store, PEOPLE, None, &mut Registry::default()).await?;
    let mut filling = JoinSet::new();
    for first in 0..64 {
        let engine = Arc::clone(&engine);
        filling.spawn(async move {
            for number in (first..count).step_by(64) {
                put(&engine, number).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(filled) = filling.join_next().await {
        filled??;
    }
    while engine.store().seal(1_000).await?.sealed > 0 {}
    drop(engine);
    let conn = Connection::open(database)?;
    crate::footprint::show_all(&conn)?;
    // One deadline a second, so that a tick can end exactly one.
    conn.execute_batch(
        "UPDATE requests SET expires_at = first + 1000 * rank
         FROM (SELECT n AS of, row_number() OVER (ORDER BY n) AS rank,
                      max(created_at) OVER () AS first
               FROM requests WHERE status = 'pending')
         WHERE n = of;
         UPDATE callbacks SET state = 'delivered', due_at = NULL, delivered_at = 0;
         PRAGMA wal_checkpoint(TRUNCATE);",
    )?;
    Ok(())
}

async fn put(engine: &Engine, number: usize) -> anyhow::Result<()> {
    // The pending ones are spread over all people.
    let person = (number / ONE_PENDING_IN) % PEOPLE;
    let mut body = approval(
        number,
        &format!("p{person}"),
        Some("http://127.0.0.1:9/hook"),
    );
    let project = if number.is_multiple_of(ONE_ELSEWHERE_IN) {
        body["route"] = "default".into();
        world::OTHER_PROJECT
    } else {
        "default"
    };
    let (requester, body) = (world::requester(project), body.to_string());
    engine.submit(&requester, body.as_bytes()).await?;
    if !number.is_multiple_of(ONE_PENDING_IN) {
        let decider = signoff_engine::Caller {
            project: project.to_owned(),
            approver: Some(if project == "default" {
                format!("p{person}")
            } else {
                "p0".to_owned()
            }),
            ..world::decider()
        };
        let id: CorrelationId = format!("run-{number}").parse()?;
        engine.decide(&decider, &id, approve()).await?;
    }
    Ok(())
}

/// So many times as many of every row.
fn multiply(database: &Path, times: usize) -> anyhow::Result<()> {
    let conn = Connection::open(database)?;
    conn.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;")?;
    let requests = last(&conn, "requests", "n")?;
    let positions = last(&conn, "events", "position")?;
    let seals = last(&conn, "seals", "seq")?;
    let prompts = last(&conn, "prompts", "n")?;
    let callbacks = last(&conn, "callbacks", "n")?;
    for copy in 1..i64::try_from(times)? {
        let at = |count: i64| count * copy;
        let (request, position, seal, prompt, callback) = (
            at(requests),
            at(positions),
            at(seals),
            at(prompts),
            at(callbacks),
        );
        let later = LATER * copy;
        conn.execute_batch(&format!(
            "INSERT INTO requests (n, id, project, correlation_id, route, kind, status, min_approvals,
                      submitted_by, submitted_for, created_at, expires_at, remind_at, claimed_at,
                      body_mac, intent_digest, view_digest, masked, state, execution, submission)
               SELECT n + {request}, CAST(substr(id, 1, 6) || randomblob(10) AS BLOB), project,
                      correlation_id || '-{copy}', route, kind, status, min_approvals,
                      submitted_by, submitted_for, created_at + {later}, expires_at + {later},
                      remind_at, claimed_at, body_mac, intent_digest, view_digest, masked, state,
                      execution, submission
               FROM requests WHERE n <= {requests};
             INSERT INTO prompts (n, id, request, number, channel, place, approvers, state,
                      shown_at, cause, wanted, shown, closing, refs, priority)
               SELECT n + {prompt}, randomblob(16), request + {request}, number, channel, place,
                      approvers, state, shown_at, cause, wanted, shown, closing, refs, priority
               FROM prompts WHERE n <= {prompts};
             INSERT INTO callbacks (n, id, request, project, url, origin, state, delivered_at)
               SELECT n + {callback}, randomblob(16), request + {request}, project, url, origin,
                      state, delivered_at
               FROM callbacks WHERE n <= {callbacks};
             INSERT INTO callback_bodies (callback, body)
               SELECT callback + {callback}, body FROM callback_bodies
               WHERE callback <= {callbacks};
             INSERT INTO events (position, chain, number, event_type, actor_type, actor_id,
                      approval_state, at, payload, previous_hash, hash)
               SELECT position + {position}, chain + {request}, number, event_type, actor_type,
                      actor_id, approval_state, at, payload, previous_hash, hash
               FROM events WHERE position <= {positions} AND chain > 0;
             INSERT INTO seals (seq, event, project, hash)
               SELECT seq + {seal}, event + {position}, project, hash FROM seals
               WHERE seq <= {seals};"
        ))?;
    }
    conn.execute_batch("COMMIT; PRAGMA journal_mode = WAL;")?;
    drop(conn);
    // Or the disk would be busy with these gigabytes while a commit waits for its own few.
    std::fs::File::open(database)?.sync_all()?;
    Ok(())
}

fn last(conn: &Connection, table: &str, column: &str) -> rusqlite::Result<i64> {
    let sql = format!("SELECT coalesce(max({column}), 0) FROM {table}");
    conn.query_row(&sql, [], |row| row.get(0))
}

/// The median of each thing.
async fn measure(
    database: &Path,
    base: usize,
    scale: Scale,
) -> anyhow::Result<[Duration; WHAT.len()]> {
    let (first, pending) = {
        let conn = Connection::open(database)?;
        let sql = "SELECT min(expires_at), count(*) FROM requests WHERE status = 'pending'";
        conn.query_row(sql, [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, usize>(1)?))
        })?
    };
    let now = Arc::new(AtomicI64::new(first - 500));
    let shown = Arc::clone(&now);
    let clock = Clock::from_fn(move || {
        Timestamp::from_millisecond(shown.load(Ordering::Relaxed)).unwrap_or(Timestamp::MAX)
    });
    let store = world::store(database, clock)?;
    let engine = world::engine(store, PEOPLE, None, &mut Registry::default()).await?;
    let (warm, counted) = scale.pick(TIMES, (2, 5));
    let requester = world::requester("default");
    let person = UserIdentity {
        channel: "telegram".to_owned(),
        user_id: (world::FIRST_ID + 30).to_string(),
        display_name: "P30".to_owned(),
    };
    let chat = person.user_id.clone();
    let deadlines = Deadlines::new(Arc::clone(&engine));
    // From the latest of the first rows, of the first project; ticks take the earliest.
    let mut numbers = (0..base)
        .rev()
        .filter(|n| n % ONE_PENDING_IN == 0 && n % ONE_ELSEWHERE_IN != 0);
    let mut took: [Vec<Duration>; WHAT.len()] = Default::default();
    // Each by itself: what reads a thousand requests would leave the caches cold for the next.
    for (what, took) in took.iter_mut().enumerate() {
        for time in 0..warm + counted {
            let number = (what == 5).then(|| numbers.next()).flatten();
            if what == 4 {
                now.fetch_add(1_000, Ordering::Relaxed);
            }
            let began = Instant::now();
            match what {
                0 | 1 => {
                    let query = ListQuery {
                        status: (what == 1).then_some(Status::Pending),
                        limit: 50,
                        ..ListQuery::default()
                    };
                    let page = engine.list(&requester, query).await?;
                    ensure!(!page.items.is_empty(), "an empty list");
                }
                2 => ensure!(!engine.pending(&person).await?.is_empty(), "nothing waits"),
                3 => ensure!(
                    !engine.pending_in("telegram", &chat).await?.is_empty(),
                    "nothing waits in the chat"
                ),
                4 => {
                    let report = deadlines.tick().await?;
                    ensure!(report.expired == 1, "{report:?}");
                }
                _ => {
                    let number = number.unwrap_or_default();
                    let id: CorrelationId = format!("run-{number}").parse()?;
                    let decider = signoff_engine::Caller {
                        approver: Some(format!("p{}", (number / ONE_PENDING_IN) % PEOPLE)),
                        ..world::decider()
                    };
                    engine.decide(&decider, &id, approve()).await?;
                }
            }
            if time >= warm {
                took.push(began.elapsed());
            }
        }
    }
    ensure!(pending > warm + counted, "too few pending");
    Ok(took.map(|took| Sample::new(took).p50()))
}
