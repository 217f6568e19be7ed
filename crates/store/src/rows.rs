//! A request with everything that belongs to it, as rows: how it is read, and written back.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use signoff_contract::{CallbackState, CallbackView, PromptId, RequestId};
use signoff_core::request::{Presentation, Prompt, Request};

use crate::codec::{digest, from_json, millis, optional_time, status, submission, time, to_json};
use crate::outbox::{self, Outbox};
use crate::{Error, Key, Record};

/// A request, its prompts' outbox rows and its callback's state.
pub(crate) struct Stored {
    /// Its row number.
    pub(crate) n: i64,
    /// The request; its prompts stand in the order of `outbox`.
    pub(crate) request: Request,
    /// The channels' side of each prompt.
    pub(crate) outbox: Vec<Outbox>,
    /// Its callback, when one was asked for.
    pub(crate) callback: Option<CallbackView>,
    /// Whether its callback met someone who no longer waits for it.
    pub(crate) requester_gone: bool,
}

impl Stored {
    /// What callers get.
    pub(crate) fn into_record(self) -> Record {
        Record {
            request: self.request,
            callback: self.callback,
            requester_gone: self.requester_gone,
        }
    }

    /// The position of a prompt.
    pub(crate) fn position(&self, number: u8) -> Option<usize> {
        self.request
            .prompts
            .iter()
            .position(|prompt| prompt.number == number)
    }

    /// Makes the prompts say whether they show the end.
    pub(crate) fn settle_closed(&mut self) {
        for (prompt, outbox) in self.request.prompts.iter_mut().zip(&self.outbox) {
            if let Presentation::Shown { closed, .. } = &mut prompt.presentation {
                *closed = outbox.closed();
            }
        }
    }
}

/// The row number of a request that was not pruned.
pub(crate) fn find(conn: &Connection, key: &Key) -> Result<Option<i64>, Error> {
    let Some(n) = find_any(conn, key)? else {
        return Ok(None);
    };
    let kept = conn
        .prepare_cached("SELECT n FROM requests WHERE n = ?1 AND pruned_at IS NULL")?
        .query_row([n], |row| row.get(0));
    Ok(kept.optional()?)
}

/// The row number of a request, pruned or not.
pub(crate) fn find_any(conn: &Connection, key: &Key) -> Result<Option<i64>, Error> {
    let found = match key {
        Key::Id(id) => conn
            .prepare_cached("SELECT n FROM requests WHERE id = ?1")?
            .query_row([id.to_bytes()], |row| row.get(0)),
        Key::Named {
            project,
            correlation_id,
        } => conn
            .prepare_cached("SELECT n FROM requests WHERE project = ?1 AND correlation_id = ?2")?
            .query_row(params![project, correlation_id.as_str()], |row| row.get(0)),
    };
    Ok(found.optional()?)
}

/// The request with this row number.
pub(crate) fn load(conn: &Connection, n: i64) -> Result<Option<Stored>, Error> {
    let mut statement = conn.prepare_cached(
        "SELECT id, project, route, submission, masked, intent_digest, view_digest, min_approvals,
                submitted_by, submitted_for, created_at, expires_at, remind_at, state, claimed_at,
                execution, status, dialect
         FROM requests WHERE n = ?1",
    )?;
    let mut rows = statement.query([n])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let mut request = request(row)?;
    let (prompts, outbox) = prompts(conn, n)?;
    request.prompts = prompts;
    let callback = match request.submission.callback {
        Some(_) => Some(callback(conn, n)?),
        None => None,
    };
    let requester_gone = request.dialect.is_some()
        && callback
            .as_ref()
            .is_some_and(|callback| callback.state == CallbackState::Dead)
        && met_nobody(conn, n)?;
    let mut stored = Stored {
        n,
        request,
        outbox,
        callback,
        requester_gone,
    };
    stored.settle_closed();
    Ok(Some(stored))
}

/// The requests with these row numbers, in that order.
pub(crate) fn load_all(conn: &Connection, numbers: &[i64]) -> Result<Vec<Record>, Error> {
    let records = numbers
        .iter()
        .map(|&n| Ok(load(conn, n)?.map(Stored::into_record)));
    records.filter_map(Result::transpose).collect()
}

/// Without its prompts.
fn request(row: &Row<'_>) -> Result<Request, Error> {
    let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
    let execution: Option<String> = row.get(15)?;
    let dialect: Option<String> = row.get(17)?;
    let request = Request {
        id: RequestId::from_bytes(row.get(0)?),
        project: row.get(1)?,
        route: row.get(2)?,
        submission: submission(text(3)?)?,
        masked: from_json("the list of masked values", text(4)?)?,
        intent_digest: digest(row, 5)?,
        view_digest: digest(row, 6)?,
        min_approvals: row.get(7)?,
        submitted_by: row.get(8)?,
        submitted_for: row.get(9)?,
        created_at: time(row.get(10)?)?,
        expires_at: time(row.get(11)?)?,
        remind_at: optional_time(row.get(12)?)?,
        state: from_json("a request's state", text(13)?)?,
        claimed_at: optional_time(row.get(14)?)?,
        execution: execution
            .map(|text| from_json("an execution", &text))
            .transpose()?,
        dialect: dialect
            .map(|text| from_json("a dialect", &text))
            .transpose()?,
        prompts: Vec::new(),
    };
    // The status column is what deadlines and lists go by: the two must say the same.
    if status(text(16)?)? != request.status() {
        return Err(Error::unknown(
            &format!("the status of {}", request.id),
            text(16)?,
        ));
    }
    Ok(request)
}

fn prompts(conn: &Connection, n: i64) -> Result<(Vec<Prompt>, Vec<Outbox>), Error> {
    let mut statement = conn.prepare_cached(
        "SELECT n, wanted, shown, closing, remind, refs, adopted, attempts, due_at, leased_from,
                given_up, id, number, channel, place, approvers, state, shown_at, cause
         FROM prompts WHERE request = ?1 ORDER BY number",
    )?;
    let mut rows = statement.query([n])?;
    let (mut prompts, mut outboxes) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        outboxes.push(outbox::from_row(row)?);
        prompts.push(prompt(row)?);
    }
    Ok((prompts, outboxes))
}

fn prompt(row: &Row<'_>) -> Result<Prompt, Error> {
    let state: String = row.get(16)?;
    let presentation = match state.as_str() {
        "waiting" => Presentation::Waiting,
        "shown" => Presentation::Shown {
            at: time(row.get(17)?)?,
            closed: signoff_core::request::Closed::No,
        },
        "failed" => Presentation::Failed {
            cause: row.get(18)?,
        },
        other => return Err(Error::unknown("a prompt's state", other)),
    };
    Ok(Prompt {
        id: PromptId::from_bytes(row.get(11)?),
        number: row.get(12)?,
        channel: row.get(13)?,
        place: row.get(14)?,
        approvers: from_json(
            "a prompt's approvers",
            row.get_ref(15)?.as_str().map_err(rusqlite::Error::from)?,
        )?,
        presentation,
    })
}

/// How the callback of a request that asked for one stands.
pub(crate) fn callback(conn: &Connection, n: i64) -> Result<CallbackView, Error> {
    let row = conn
        .prepare_cached(
            "SELECT state, total_attempts, delivered_at FROM callbacks WHERE request = ?1",
        )?
        .query_row([n], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((state, attempts, delivered_at)) = row else {
        let state = CallbackState::Waiting;
        return Ok(CallbackView {
            state,
            attempts: 0,
            delivered_at: None,
        });
    };
    let state = match state.as_str() {
        "due" => CallbackState::Due,
        "delivered" => CallbackState::Delivered,
        "dead" => CallbackState::Dead,
        other => return Err(Error::unknown("a callback's state", other)),
    };
    Ok(CallbackView {
        state,
        attempts,
        delivered_at: optional_time(delivered_at)?,
    })
}

/// Whether the last attempt of a dead callback was answered that its receiver knows nothing of it.
fn met_nobody(conn: &Connection, n: i64) -> Result<bool, Error> {
    Ok(conn
        .prepare_cached("SELECT 1 FROM callbacks WHERE request = ?1 AND last_status = 404")?
        .exists([n])?)
}

/// Writes what can change in a request's own row.
pub(crate) fn save_request(conn: &Connection, n: i64, request: &Request) -> Result<(), Error> {
    let execution = request.execution.as_ref().map(to_json).transpose()?;
    let changed = conn
        .prepare_cached(
            "UPDATE requests SET status = ?2, state = ?3, remind_at = ?4, claimed_at = ?5,
                    execution = ?6, held_until = ?7
             WHERE n = ?1",
        )?
        .execute(params![
            n,
            request.status().as_str(),
            to_json(&request.state)?,
            request.remind_at.map(millis),
            request.claimed_at.map(millis),
            execution,
            request.held_until().map(millis),
        ])?;
    expect_one(changed, "a request")
}

/// The columns of a presentation: state, since when, cause.
pub(crate) fn presentation(shown: &Presentation) -> (&'static str, Option<i64>, Option<&str>) {
    match shown {
        Presentation::Waiting => ("waiting", None, None),
        Presentation::Shown { at, .. } => ("shown", Some(millis(*at)), None),
        Presentation::Failed { cause } => ("failed", None, Some(cause)),
    }
}

/// Exactly one row must have changed.
pub(crate) fn expect_one(changed: usize, what: &str) -> Result<(), Error> {
    if changed == 1 {
        return Ok(());
    }
    Err(Error::unknown(
        &format!("the number of rows changed for {what}"),
        &changed.to_string(),
    ))
}
