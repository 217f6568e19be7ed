//! The outbox of callbacks: rendering into it, leasing, attempts, sending again.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::json;
use signoff_contract::{CallbackState, CallbackView, DeliveryId, RequestId};
use signoff_core::audit::{Actor, Entry};
use signoff_core::render::callback_body;
use signoff_core::request::{Event, Request};

use crate::codec::{millis, optional_time, time};
use crate::rows::{self, expect_one};
use crate::submit::delivery_id;
use crate::transition::{apply_event, audit};
use crate::writer::Tx;
use crate::{Attempt, CallbackResult, DueCallback, Error, Manners, Reached, ResendKey, Store};

/// A callback ready to be inserted.
pub(crate) struct Prepared {
    url: String,
    origin: String,
    body: Vec<u8>,
}

impl Prepared {
    /// The callback of a request that has ended; `None` when it asked for none.
    pub(crate) fn new(request: &Request, at: Timestamp) -> Result<Option<Self>, Error> {
        let Some(target) = &request.submission.callback else {
            return Ok(None);
        };
        let body = callback_body(request, at)
            .map_err(|error| Error::corrupt("a callback's body", error))?;
        Ok(Some(Self {
            url: target.url.to_string(),
            origin: target.url.origin().ascii_serialization(),
            body,
        }))
    }

    /// Puts it into the outbox, due now.
    pub(crate) fn insert(&self, tx: &mut Tx<'_>, n: i64, project: &str) -> Result<(), Error> {
        let id = delivery_id(tx);
        tx.conn
            .prepare_cached(
                "INSERT INTO callbacks (id, request, project, url, origin, state, due_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, 'due', ?6)",
            )?
            .execute(params![
                id.to_bytes(),
                n,
                project,
                self.url,
                self.origin,
                millis(tx.now)
            ])?;
        let callback = tx.conn.last_insert_rowid();
        tx.conn
            .prepare_cached("INSERT INTO callback_bodies (callback, body) VALUES (?1, ?2)")?
            .execute(params![callback, self.body])?;
        tx.signals.callbacks = true;
        Ok(())
    }
}

impl Store {
    /// Takes due callbacks until `until`, of each receiver at most as many as `room` says of its
    /// origin (scheme, host and port). Every receiver's first comes before any receiver's second,
    /// so that dead receivers starve nobody.
    pub async fn lease_callbacks(
        &self,
        room: impl Fn(&str) -> u32 + Send + 'static,
        limit: u32,
        until: Timestamp,
    ) -> Result<Vec<DueCallback>, Error> {
        let now = self.clock().now();
        let found = self
            .read(move |conn| candidates(conn, &room, limit, now))
            .await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let leased = self.write(move |tx| lease(tx, found, until)).await?;
        if leased.is_empty() {
            return Ok(Vec::new());
        }
        self.read(move |conn| {
            let due = leased
                .into_iter()
                .map(|n| Error::pass_over(due_callback(conn, n), n));
            due.filter_map(Result::transpose).collect()
        })
        .await
    }

    /// Takes the result of an attempt: the attempt's row, the callback's state and the
    /// request's events, in one commit. An unknown `id` changes nothing.
    pub async fn finish_callback(
        &self,
        id: DeliveryId,
        attempt: Attempt,
        result: CallbackResult,
    ) -> Result<(), Error> {
        self.write(move |tx| finish(tx, id, &attempt, result)).await
    }

    /// Makes a callback due now again: same id, same body, the retry schedule from its start.
    /// `None` when there is none such, or when `key` names several.
    pub async fn resend_callback(
        &self,
        project: Option<&str>,
        key: &ResendKey,
        by: &str,
    ) -> Result<Option<DeliveryId>, Error> {
        let (project, key, by) = (project.map(str::to_owned), key.clone(), by.to_owned());
        self.write(move |tx| resend(tx, project.as_deref(), &key, by))
            .await
    }
}

/// Row numbers of what looks due to a reader: a loose scan, one seek to get to an origin.
fn candidates(
    conn: &Connection,
    room: impl Fn(&str) -> u32,
    limit: u32,
    now: Timestamp,
) -> Result<Vec<i64>, Error> {
    let mut of_origin = conn.prepare_cached(
        "SELECT due_at, n FROM callbacks WHERE origin = ?1 AND due_at <= ?2
         ORDER BY due_at LIMIT ?3",
    )?;
    let mut found: Vec<(usize, i64, i64)> = Vec::new();
    each_origin(conn, |origin| {
        let room = room(origin);
        if room == 0 {
            return Ok(());
        }
        let due = of_origin.query_map(params![origin, millis(now), room], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        for (rank, row) in due.enumerate() {
            let (due_at, n) = row?;
            found.push((rank, due_at, n));
        }
        Ok(())
    })?;
    found.sort_unstable();
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found.into_iter().map(|(_, _, n)| n).collect())
}

/// Calls `visit` with every origin that has a callback with a due time.
fn each_origin(
    conn: &Connection,
    mut visit: impl FnMut(&str) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut next = conn.prepare_cached(
        "SELECT origin FROM callbacks WHERE origin > ?1 AND due_at IS NOT NULL
         ORDER BY origin LIMIT 1",
    )?;
    // No origin is the empty text.
    let mut here = String::new();
    while let Some(origin) = next.query_row([&here], |row| row.get(0)).optional()? {
        here = origin;
        visit(&here)?;
    }
    Ok(())
}

/// The soonest due time of all callbacks.
pub(crate) fn soonest(conn: &Connection) -> Result<Option<Timestamp>, Error> {
    let mut first = conn.prepare_cached(
        "SELECT due_at FROM callbacks WHERE origin = ?1 AND due_at IS NOT NULL
         ORDER BY due_at LIMIT 1",
    )?;
    let mut soonest: Option<i64> = None;
    each_origin(conn, |origin| {
        let due: i64 = first.query_row([origin], |row| row.get(0))?;
        soonest = Some(soonest.map_or(due, |soonest| soonest.min(due)));
        Ok(())
    })?;
    soonest.map(time).transpose()
}

fn lease(tx: &mut Tx<'_>, found: Vec<i64>, until: Timestamp) -> Result<Vec<i64>, Error> {
    let mut take = tx.conn.prepare_cached(
        "UPDATE callbacks SET leased_from = due_at, due_at = ?3, in_doubt = in_doubt + 1
         WHERE n = ?1 AND due_at <= ?2",
    )?;
    let mut leased = Vec::with_capacity(found.len());
    for n in found {
        if take.execute(params![n, millis(tx.now), millis(until)])? == 1 {
            leased.push(n);
        }
    }
    Ok(leased)
}

fn due_callback(conn: &Connection, n: i64) -> Result<Option<DueCallback>, Error> {
    let mut statement = conn.prepare_cached(
        "SELECT c.id, c.project, r.id, c.url, b.body, c.attempts, c.first_attempt_at, c.in_doubt,
                r.dialect IS NOT NULL
         FROM callbacks c JOIN requests r ON r.n = c.request
         JOIN callback_bodies b ON b.callback = c.n
         WHERE c.n = ?1",
    )?;
    let mut rows = statement.query([n])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(DueCallback {
        id: DeliveryId::from_bytes(row.get(0)?),
        project: row.get(1)?,
        request_id: RequestId::from_bytes(row.get(2)?),
        url: row.get(3)?,
        body: row.get(4)?,
        attempts: row.get(5)?,
        first_attempt_at: optional_time(row.get(6)?)?,
        // The lease counts as one: it is the attempt that follows.
        in_doubt: row.get::<_, u32>(7)?.saturating_sub(1),
        manners: if row.get(8)? {
            Manners::DropIn
        } else {
            Manners::Native
        },
    }))
}

fn finish(
    tx: &mut Tx<'_>,
    id: DeliveryId,
    attempt: &Attempt,
    result: CallbackResult,
) -> Result<(), Error> {
    let found: Option<(i64, i64, String, u32)> = tx
        .conn
        .prepare_cached("SELECT n, request, state, total_attempts FROM callbacks WHERE id = ?1")?
        .query_row([id.to_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((n, request, state, attempts)) = found else {
        return Ok(());
    };
    let number = attempts.saturating_add(1);
    count_attempt(tx, n, number, attempt)?;
    if state == "delivered" {
        // A second try whose lease had run out: the receiver has it, nothing is new.
        return Ok(());
    }
    let Some(mut stored) = rows::load(tx.conn, request)? else {
        return Err(Error::unknown("a callback's request", "gone"));
    };
    let (state, due_at, delivered_at) = match &result {
        CallbackResult::Delivered => ("delivered", None, Some(millis(tx.now))),
        CallbackResult::RetryAt(at) => ("due", Some(millis(*at)), None),
        CallbackResult::Dead { .. } => ("dead", None, None),
    };
    let changed = tx
        .conn
        .prepare_cached(
            "UPDATE callbacks SET state = ?2, due_at = ?3, delivered_at = ?4, leased_from = NULL
             WHERE n = ?1",
        )?
        .execute(params![n, state, due_at, delivered_at])?;
    expect_one(changed, "a callback")?;
    stored.callback = Some(rows::callback(tx.conn, request)?);
    tx.signals.callbacks = true;
    let event = match result {
        CallbackResult::Delivered => Event::CallbackDelivered { attempts: number },
        CallbackResult::RetryAt(at) => {
            let entry = attempt_failed(&stored.request, number, attempt, Some(at));
            return audit(tx, &stored, vec![entry]);
        }
        CallbackResult::Dead { cause } => {
            let entry = attempt_failed(&stored.request, number, attempt, None);
            audit(tx, &stored, vec![entry])?;
            Event::CallbackDied { cause }
        }
    };
    apply_event(tx, &mut stored, &event).map(drop)
}

fn count_attempt(tx: &Tx<'_>, n: i64, number: u32, attempt: &Attempt) -> Result<(), Error> {
    let Attempt {
        at,
        took_ms,
        status,
        detail,
        reached,
    } = attempt;
    let took_ms = i64::try_from(*took_ms).unwrap_or(i64::MAX);
    tx.conn
        .prepare_cached(
            "INSERT INTO attempts (callback, number, at, took_ms, status, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![n, number, millis(*at), took_ms, status, detail])?;
    let changed = tx
        .conn
        .prepare_cached(
            "UPDATE callbacks SET attempts = attempts + 1, total_attempts = ?2, last_status = ?3,
                    last_detail = ?4, first_attempt_at = coalesce(first_attempt_at, ?5),
                    in_doubt = max(0, in_doubt - ?6)
             WHERE n = ?1",
        )?
        .execute(params![
            n,
            number,
            status,
            detail,
            millis(*at),
            u32::from(*reached == Reached::No)
        ])?;
    expect_one(changed, "a callback")
}

/// The audit of a failed attempt. Without its detail: that can be the receiver's own words.
fn attempt_failed(
    request: &Request,
    number: u32,
    attempt: &Attempt,
    next: Option<Timestamp>,
) -> Entry {
    Entry {
        event_type: "callback.attempt_failed".to_owned(),
        actor: Actor::system("callback"),
        approval_state: Some(request.status()),
        payload: json!({
            "attempt": number,
            "http_status": attempt.status,
            "next_attempt_at": next.map(signoff_contract::time::format),
        }),
    }
}

fn resend(
    tx: &mut Tx<'_>,
    project: Option<&str>,
    key: &ResendKey,
    by: String,
) -> Result<Option<DeliveryId>, Error> {
    let select = "SELECT c.n, c.request, c.id FROM callbacks c JOIN requests r ON r.n = c.request";
    let (condition, value): (_, Box<dyn rusqlite::ToSql>) = match key {
        ResendKey::Delivery(id) => ("c.id = ?1", Box::new(id.to_bytes())),
        ResendKey::Correlation(id) => ("r.correlation_id = ?1", Box::new(id.as_str().to_owned())),
    };
    let border = if project.is_some() {
        "r.project = ?2"
    } else {
        "?2 IS NULL"
    };
    let sql = format!("{select} WHERE {condition} AND {border} LIMIT 2");
    let found: Vec<(i64, i64, [u8; 16])> = tx
        .conn
        .prepare(&sql)?
        .query_map(params![value, project], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<Result<_, _>>()?;
    let [(n, request, id)] = found[..] else {
        return Ok(None);
    };
    let changed = tx
        .conn
        .prepare_cached(
            "UPDATE callbacks SET state = 'due', due_at = ?2, leased_from = NULL, attempts = 0,
                    first_attempt_at = NULL, delivered_at = NULL
             WHERE n = ?1",
        )?
        .execute(params![n, millis(tx.now)])?;
    expect_one(changed, "a callback")?;
    let Some(mut stored) = rows::load(tx.conn, request)? else {
        return Err(Error::unknown("a callback's request", "gone"));
    };
    stored.callback = stored.callback.map(|view| CallbackView {
        state: CallbackState::Due,
        ..view
    });
    tx.signals.callbacks = true;
    apply_event(tx, &mut stored, &Event::CallbackResent { by })?;
    Ok(Some(DeliveryId::from_bytes(id)))
}
