//! Checking the whole audit: every request's chain, then the seals over them.

use rusqlite::{Connection, OptionalExtension as _, Row};
use signoff_contract::{Digest, EventResource};
use signoff_core::audit::{self, Head};
use tokio::sync::oneshot;

use crate::events::{COLUMNS, INSTALLATION, event};
use crate::{Error, Store, Verified};

/// How many events pass between two calls of `progress`.
const STRIDE: u64 = 1_000;

/// Why a check stopped.
enum Stop {
    /// At a broken row.
    Broken { row: String, why: String },
    /// It could not read.
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Error(error.into())
    }
}

impl Store {
    /// Reads the whole audit in one snapshot, on a thread of its own, and stops at the first
    /// broken row. `progress` hears the number of events checked, now and then.
    pub async fn verify_audit(
        &self,
        progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<Verified, Error> {
        let conn = self.own_connection()?;
        let (reply, answer) = oneshot::channel();
        std::thread::Builder::new()
            .name("store-verify".to_owned())
            .spawn(move || {
                let _ = reply.send(verify(&conn, progress));
            })
            .map_err(|_| Error::Unavailable {
                doing: "starting a thread",
                source: None,
            })?;
        answer.await.unwrap_or_else(|_| {
            Err(Error::Unavailable {
                doing: "the check of the audit broke off",
                source: None,
            })
        })
    }
}

fn verify(conn: &Connection, progress: impl FnMut(u64)) -> Result<Verified, Error> {
    let snapshot = conn.unchecked_transaction()?;
    let checked = chains(&snapshot, progress)
        .and_then(|events| requests(&snapshot).map(|()| events))
        .and_then(|events| seals(&snapshot).map(|last_seal| (events, last_seal)));
    match checked {
        Ok((events, last_seal)) => {
            let sealed = last_seal.map_or(0, |(seq, _)| seq);
            Ok(Verified::Intact {
                events,
                last_seal,
                unsealed: events.saturating_sub(sealed),
            })
        }
        Err(Stop::Broken { row, why }) => Ok(Verified::Broken { row, why }),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// Every event of every chain; how many there are.
fn chains(conn: &Connection, mut progress: impl FnMut(u64)) -> Result<u64, Stop> {
    let sql = format!(
        "SELECT {COLUMNS}, e.chain FROM events e LEFT JOIN requests r ON r.n = e.chain
         LEFT JOIN seals s ON s.event = e.position
         ORDER BY e.chain, e.number"
    );
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut events = 0;
    let mut place: Option<(i64, Head)> = None;
    while let Some(row) = rows.next()? {
        let chain: i64 = row.get(13)?;
        let here = readable(row)?;
        if chain != INSTALLATION && here.request_id.is_none() {
            return broken(
                &name(&here),
                format!("its request (row {chain}) is missing"),
            );
        }
        let head = place.filter(|(of, _)| *of == chain).map(|(_, head)| head);
        match audit::verify(head, &here) {
            Ok(head) => place = Some((chain, head)),
            Err(why) => return broken(&name(&here), why.to_string()),
        }
        events += 1;
        if events % STRIDE == 0 {
            progress(events);
        }
    }
    progress(events);
    Ok(events)
}

/// A row that cannot even be read is a broken row.
fn readable(row: &Row<'_>) -> Result<EventResource, Stop> {
    event(row).or_else(|error| {
        let number: Option<i64> = row.get(2).ok();
        let chain: Option<i64> = row.get(13).ok();
        let row = format!("event {} of chain {}", words(number), words(chain));
        let source = std::error::Error::source(&error).map(ToString::to_string);
        broken(&row, format!("{error}: {}", source.unwrap_or_default()))
    })
}

/// Every request has a chain, the chain's last word is the request's status, and nothing is gone
/// but what the chain says was pruned.
fn requests(conn: &Connection) -> Result<(), Stop> {
    let mut statement = conn.prepare(
        "SELECT r.id, r.status,
                (SELECT e.approval_state FROM events e WHERE e.chain = r.n
                 ORDER BY e.number DESC LIMIT 1),
                r.pruned_at IS NOT NULL,
                EXISTS (SELECT 1 FROM events e
                        WHERE e.chain = r.n AND e.event_type = 'request.pruned')
         FROM requests r ORDER BY r.n",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = signoff_contract::RequestId::from_bytes(row.get(0)?);
        let status: String = row.get(1)?;
        match row.get::<_, Option<String>>(2)? {
            None => {
                return broken(
                    &format!("request {id}"),
                    "its events are missing".to_owned(),
                );
            }
            Some(last) if last != status => {
                let why = format!("it is {status}, but its last event left it {last}");
                return broken(&format!("request {id}"), why);
            }
            Some(_) => {}
        }
        match (row.get(3)?, row.get(4)?) {
            (true, false) => {
                let why = "its content is gone, and no event says that it was pruned".to_owned();
                return broken(&format!("request {id}"), why);
            }
            (false, true) => {
                let why = "it was pruned, and its content is there again".to_owned();
                return broken(&format!("request {id}"), why);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Every seal, in order; the last one.
fn seals(conn: &Connection) -> Result<Option<(u64, Digest)>, Stop> {
    let sql = format!(
        "SELECT {COLUMNS}, s.seq, s.event, s.hash, s.project, e.position
         FROM seals s LEFT JOIN events e ON e.position = s.event
         LEFT JOIN requests r ON r.n = e.chain
         ORDER BY s.seq"
    );
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut last: Option<(u64, Digest)> = None;
    let mut position = 0;
    while let Some(row) = rows.next()? {
        let (seq, sealed): (u64, i64) = (row.get(13)?, row.get(14)?);
        let hash = Digest::from_bytes(row.get(15)?);
        if seq != last.map_or(1, |(seq, _)| seq + 1) {
            return broken(
                &format!("seal {seq}"),
                "the seal before it is missing".to_owned(),
            );
        }
        if row.get::<_, Option<i64>>(17)?.is_none() {
            return broken(
                &format!("seal {seq}"),
                format!("its event (row {sealed}) is missing"),
            );
        }
        unsealed_between(conn, position, sealed, seq)?;
        let event = readable_at(row, seq)?;
        if audit::seal(last.map(|(_, hash)| hash), seq, event.hash) != hash {
            let why = "it does not follow from the seal before it and its event".to_owned();
            return broken(&format!("seal {seq}, {}", name(&event)), why);
        }
        if row.get::<_, Option<String>>(16)? != event.project {
            let why = "it names another project than its event".to_owned();
            return broken(&format!("seal {seq}, {}", name(&event)), why);
        }
        position = sealed;
        last = Some((seq, hash));
    }
    Ok(last)
}

fn readable_at(row: &Row<'_>, seq: u64) -> Result<EventResource, Stop> {
    event(row).or_else(|error| broken(&format!("the event of seal {seq}"), error.to_string()))
}

/// Seals go up with the commits, and leave no event out.
fn unsealed_between(conn: &Connection, from: i64, to: i64, seq: u64) -> Result<(), Stop> {
    if to <= from {
        return broken(
            &format!("seal {seq}"),
            "it is out of the order of commits".to_owned(),
        );
    }
    if to == from + 1 {
        return Ok(());
    }
    let missed: Option<(i64, i64)> = conn
        .prepare_cached(
            "SELECT chain, number FROM events WHERE position > ?1 AND position < ?2 LIMIT 1",
        )?
        .query_row([from, to], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match missed {
        None => Ok(()),
        Some((chain, number)) => broken(
            &format!("event {number} of chain {chain}"),
            format!("its seal is missing; it lies before seal {seq}"),
        ),
    }
}

/// How people are told of an event.
fn name(event: &EventResource) -> String {
    let of = event
        .request_id
        .map_or_else(|| "the installation".to_owned(), |id| id.to_string());
    let seq = event
        .seq
        .map_or_else(|| "not sealed".to_owned(), |seq| format!("seal {seq}"));
    format!(
        "event {} of {of} ({}, {seq})",
        event.number, event.event_type
    )
}

fn words(number: Option<i64>) -> String {
    number.map_or_else(|| "?".to_owned(), |number| number.to_string())
}

fn broken<T>(row: &str, why: String) -> Result<T, Stop> {
    Err(Stop::Broken {
        row: row.to_owned(),
        why,
    })
}
