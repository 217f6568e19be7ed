//! Audit rows: how events get onto their chains and are read back.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use signoff_contract::{CorrelationId, Digest, EventResource, RequestId};
use signoff_core::audit::{self, Entry, Head, Subject};

use crate::codec::{correlation_id, digest, millis, status, time, to_json};
use crate::rows;
use crate::writer::Tx;
use crate::{Error, Store};

/// The chain of the installation's own events; requests have their row numbers.
pub(crate) const INSTALLATION: i64 = 0;

/// The columns that [`event`] reads, of `events e`, `requests r` and `seals s`.
pub(crate) const COLUMNS: &str = "s.seq, r.id, e.number, r.project, r.correlation_id, \
     e.event_type, e.actor_type, e.actor_id, e.approval_state, e.at, e.payload, \
     e.previous_hash, e.hash";

/// An event as [`COLUMNS`] give it.
pub(crate) fn event(row: &Row<'_>) -> Result<EventResource, Error> {
    let text = |column| {
        row.get_ref(column)?
            .as_str_or_null()
            .map_err(rusqlite::Error::from)
    };
    Ok(EventResource {
        seq: row.get(0)?,
        request_id: row
            .get::<_, Option<[u8; 16]>>(1)?
            .map(RequestId::from_bytes),
        number: row.get(2)?,
        project: row.get(3)?,
        correlation_id: text(4)?.map(correlation_id).transpose()?,
        event_type: row.get(5)?,
        actor_type: row.get(6)?,
        actor_id: row.get(7)?,
        approval_state: text(8)?.map(status).transpose()?,
        at: time(row.get(9)?)?,
        payload: crate::codec::from_json("an event's payload", text(10)?.unwrap_or_default())?,
        previous_hash: digest(row, 11)?,
        hash: Digest::from_bytes(row.get(12)?),
    })
}

/// An event ready to be inserted.
pub(crate) struct Prepared {
    event: EventResource,
    payload: String,
}

/// Puts entries behind `head`, in order.
pub(crate) fn prepare(
    subject: Option<Subject<'_>>,
    mut head: Option<Head>,
    entries: Vec<Entry>,
    now: jiff::Timestamp,
) -> Result<Vec<Prepared>, Error> {
    let prepare = |entry| {
        let event = audit::chain(subject, head, entry, now);
        head = Some(audit::head_after(&event));
        let payload = to_json(&event.payload)?;
        Ok(Prepared { event, payload })
    };
    entries.into_iter().map(prepare).collect()
}

/// Inserts events into a chain.
pub(crate) fn insert(tx: &mut Tx<'_>, chain: i64, events: &[Prepared]) -> Result<(), Error> {
    let mut statement = tx.conn.prepare_cached(
        "INSERT INTO events (chain, number, event_type, actor_type, actor_id, approval_state, at,
                             payload, previous_hash, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for Prepared { event, payload } in events {
        statement.execute(params![
            chain,
            event.number,
            event.event_type,
            event.actor_type,
            event.actor_id,
            event.approval_state.map(signoff_contract::Status::as_str),
            millis(event.at),
            payload,
            event.previous_hash.as_ref().map(Digest::as_bytes),
            event.hash.as_bytes(),
        ])?;
    }
    tx.signals.events |= !events.is_empty();
    Ok(())
}

/// Adds entries to the chain of a request.
pub(crate) fn append(
    tx: &mut Tx<'_>,
    n: i64,
    (id, project, correlation_id): (RequestId, &str, &CorrelationId),
    entries: Vec<Entry>,
) -> Result<(), Error> {
    let subject = Subject {
        request_id: id,
        project,
        correlation_id,
    };
    let events = prepare(Some(subject), head(tx.conn, n)?, entries, tx.now)?;
    insert(tx, n, &events)
}

/// Adds an entry to the installation's own chain.
pub(crate) fn append_installation(tx: &mut Tx<'_>, entry: Entry) -> Result<(), Error> {
    let events = prepare(None, head(tx.conn, INSTALLATION)?, vec![entry], tx.now)?;
    insert(tx, INSTALLATION, &events)
}

fn head(conn: &Connection, chain: i64) -> Result<Option<Head>, Error> {
    let row = conn
        .prepare_cached(
            "SELECT number, hash, at FROM events WHERE chain = ?1 ORDER BY number DESC LIMIT 1",
        )?
        .query_row([chain], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    row.map(|(number, hash, at)| {
        Ok(Head {
            number,
            hash: Digest::from_bytes(hash),
            at: time(at)?,
        })
    })
    .transpose()
}

impl Store {
    /// The events of a request, in order, also of one that was pruned; empty when there is none.
    pub async fn events(&self, request: RequestId) -> Result<Vec<EventResource>, Error> {
        self.read(move |conn| {
            let Some(n) = rows::find_any(conn, &crate::Key::Id(request))? else {
                return Ok(Vec::new());
            };
            let sql = format!(
                "SELECT {COLUMNS} FROM events e JOIN requests r ON r.n = e.chain
                 LEFT JOIN seals s ON s.event = e.position
                 WHERE e.chain = ?1 ORDER BY e.number"
            );
            let mut statement = conn.prepare_cached(&sql)?;
            collect(&mut statement, [n])
        })
        .await
    }
}

/// Every event that a query with [`COLUMNS`] gives.
pub(crate) fn collect(
    statement: &mut rusqlite::Statement<'_>,
    params: impl rusqlite::Params,
) -> Result<Vec<EventResource>, Error> {
    let mut rows = statement.query(params)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(event(row)?);
    }
    Ok(events)
}
