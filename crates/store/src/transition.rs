//! Changing a request: load, `core::request::apply`, write everything that follows.

use std::mem;

use rusqlite::{OptionalExtension as _, params};
use signoff_contract::{CallbackState, RequestId, Status};
use signoff_core::audit::Actor;
use signoff_core::request::{
    Effect, Event, Presentation, REFUSALS_RECORDED, Rejection, Work, apply, recorded, refusal,
};

use crate::codec::{from_json, millis, to_json};
use crate::rows::{self, Stored};
use crate::writer::Tx;
use crate::{Command, Error, FirstAnswer, Record, Store, Ticked, Transitioned, callbacks, events};

/// What an event did, with the request as it is now.
pub(crate) enum Outcome {
    Applied(Effect),
    Rejected(Rejection),
}

impl Outcome {
    pub(crate) fn into_transitioned(self, stored: Stored) -> Transitioned {
        let record: Record = stored.into_record();
        match self {
            Self::Applied(effect) => Transitioned::Applied { record, effect },
            Self::Rejected(rejection) => Transitioned::Rejected { record, rejection },
        }
    }
}

impl Store {
    /// Applies one event to one request; `None` when there is no such request. A refusal that
    /// an auditor wants to know of is committed to the audit all the same. When the deadline has
    /// come, it is applied first: the time of the commit decides.
    pub async fn transition(&self, command: Command) -> Result<Option<Transitioned>, Error> {
        self.write(move |tx| transition(tx, command)).await
    }

    /// Ends pending requests whose deadline has come and that no voice note holds, the most overdue
    /// first, at most `limit`.
    pub async fn expire_due(&self, limit: u32) -> Result<Ticked, Error> {
        let sql = "SELECT n FROM requests WHERE status = 'pending' AND expires_at <= ?1
                         AND (held_until IS NULL OR held_until <= ?1)
                   ORDER BY expires_at LIMIT ?2";
        self.write(move |tx| tick(tx, sql, limit, &Event::DeadlinePassed))
            .await
    }

    /// Applies the reminders that are due, the most overdue first, at most `limit`.
    pub async fn remind_due(&self, limit: u32) -> Result<Ticked, Error> {
        let sql = "SELECT n FROM requests WHERE remind_at IS NOT NULL AND remind_at <= ?1
                         AND (held_until IS NULL OR expires_at > ?1)
                   ORDER BY remind_at LIMIT ?2";
        self.write(move |tx| tick(tx, sql, limit, &Event::ReminderDue))
            .await
    }
}

fn transition(tx: &mut Tx<'_>, command: Command) -> Result<Option<Transitioned>, Error> {
    let Command {
        key,
        event,
        event_id,
    } = command;
    let Some(n) = rows::find(tx.conn, &key)? else {
        return Ok(None);
    };
    let Some(mut stored) = rows::load(tx.conn, n)? else {
        return Ok(None);
    };
    if let Some(event_id) = &event_id
        && let Some((of, first)) = first_answer(tx, event_id)?
    {
        if of != n {
            return refuse_reuse(tx, stored, &event).map(Some);
        }
        return Ok(Some(Transitioned::Duplicate {
            record: stored.into_record(),
            first,
        }));
    }
    if stored.request.status() == Status::Pending && tx.now >= stored.request.expires_at {
        // The deadline came first, though its tick did not: who is late reads how it ended.
        apply_event(tx, &mut stored, &Event::DeadlinePassed)?;
    }
    let outcome = apply_event(tx, &mut stored, &event)?;
    if let Some(event_id) = &event_id {
        keep_answer(tx, n, event_id, &outcome)?;
    }
    Ok(Some(outcome.into_transitioned(stored)))
}

/// Applies an event and writes all that follows from it; `stored` is the request afterwards.
/// Outbox rows that the caller changed before are the caller's to save.
pub(crate) fn apply_event(
    tx: &mut Tx<'_>,
    stored: &mut Stored,
    event: &Event,
) -> Result<Outcome, Error> {
    let transition = match apply(&stored.request, event.clone(), tx.now) {
        Ok(transition) => transition,
        Err(rejection) => {
            audit_refusal(tx, stored, event, &rejection)?;
            return Ok(Outcome::Rejected(rejection));
        }
    };
    let before = mem::replace(&mut stored.request, transition.request);
    let after = &stored.request;
    let ended = !before.status().is_terminal() && after.status().is_terminal();
    let own_row_changed = before.state != after.state
        || before.remind_at != after.remind_at
        || before.claimed_at != after.claimed_at
        || before.execution != after.execution;
    if own_row_changed {
        rows::save_request(tx.conn, stored.n, after)?;
        tx.signals.deadlines = true;
    }
    audit(tx, stored, transition.audit)?;
    for work in transition.work {
        do_work(tx, stored, work, ended)?;
    }
    let prompts = stored
        .request
        .prompts
        .iter()
        .zip(&before.prompts)
        .zip(&stored.outbox);
    for ((now, then), outbox) in prompts {
        if !same_place(&now.presentation, &then.presentation) {
            outbox.save(tx.conn, &now.presentation)?;
        }
    }
    stored.settle_closed();
    if ended {
        tx.move_pending(&stored.request.project, -1);
        tx.signals.ended.push(stored.request.id);
    }
    Ok(Outcome::Applied(transition.effect))
}

fn do_work(tx: &mut Tx<'_>, stored: &mut Stored, work: Work, ended: bool) -> Result<(), Error> {
    match work {
        Work::UpdatePrompts | Work::Remind => {
            for (prompt, outbox) in stored.request.prompts.iter().zip(&mut stored.outbox) {
                let before = outbox.clone();
                if work == Work::Remind {
                    outbox.want_reminder(&prompt.channel, tx.now);
                } else {
                    outbox.want_update(&prompt.presentation, &prompt.channel, ended, tx.now);
                }
                if *outbox != before {
                    outbox.save(tx.conn, &prompt.presentation)?;
                    tx.signals.prompts = true;
                }
            }
        }
        Work::SendCallback => {
            if let Some(callback) = callbacks::Prepared::new(&stored.request, tx.now)? {
                callback.insert(tx, stored.n, &stored.request.project)?;
                if let Some(view) = &mut stored.callback {
                    view.state = CallbackState::Due;
                }
            }
        }
    }
    Ok(())
}

/// Adds entries to the request's chain.
pub(crate) fn audit(
    tx: &mut Tx<'_>,
    stored: &Stored,
    entries: Vec<signoff_core::audit::Entry>,
) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let request = &stored.request;
    let subject = (
        request.id,
        request.project.as_str(),
        &request.submission.correlation_id,
    );
    events::append(tx, stored.n, subject, entries)
}

/// Adds a refusal to the request's chain, if it is one to record and not one too many.
fn audit_refusal(
    tx: &mut Tx<'_>,
    stored: &Stored,
    event: &Event,
    rejection: &Rejection,
) -> Result<(), Error> {
    let Some(refusal) = refusal(&stored.request, event, rejection) else {
        return Ok(());
    };
    let Actor { kind, id } = &refusal.actor;
    let earlier = tx
        .conn
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM events WHERE chain = ?1 AND event_type = ?2
                 AND actor_type = ?3 AND actor_id = ?4 LIMIT ?5)",
        )?
        .query_row(
            params![stored.n, refusal.event_type, kind, id, REFUSALS_RECORDED],
            |row| row.get(0),
        )?;
    audit(tx, stored, recorded(refusal, earlier).into_iter().collect())
}

/// Whether two presentations have the same columns; `closed` follows from the outbox.
fn same_place(one: &Presentation, other: &Presentation) -> bool {
    match (one, other) {
        (Presentation::Shown { at: one, .. }, Presentation::Shown { at: other, .. }) => {
            one == other
        }
        (one, other) => one == other,
    }
}

fn tick(tx: &mut Tx<'_>, sql: &str, limit: u32, event: &Event) -> Result<Ticked, Error> {
    let due: Vec<i64> = tx
        .conn
        .prepare_cached(sql)?
        .query_map(params![millis(tx.now), limit], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut changed = Vec::with_capacity(due.len());
    for &n in &due {
        // One request that cannot be read must not keep the others from their deadline.
        match tx.step(|tx| tick_one(tx, n, event))? {
            Ok(request) => changed.extend(request),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(row = n, error, "a due request was passed over");
            }
        }
    }
    let full = u32::try_from(due.len()).is_ok_and(|found| found >= limit);
    let more = full && !changed.is_empty();
    Ok(Ticked { changed, more })
}

fn tick_one(tx: &mut Tx<'_>, n: i64, event: &Event) -> Result<Option<RequestId>, Error> {
    let Some(mut stored) = rows::load(tx.conn, n)? else {
        return Ok(None);
    };
    match apply_event(tx, &mut stored, event)? {
        Outcome::Applied(_) => Ok(Some(stored.request.id)),
        Outcome::Rejected(_) => Ok(None),
    }
}

/// What happened once must not decide two requests, whatever the channel makes of it the second
/// time.
fn refuse_reuse(tx: &mut Tx<'_>, stored: Stored, event: &Event) -> Result<Transitioned, Error> {
    let why = "this was the response to another request".to_owned();
    let rejection = Rejection::InvalidAnswer { why };
    audit_refusal(tx, &stored, event, &rejection)?;
    Ok(Outcome::Rejected(rejection).into_transitioned(stored))
}

/// The request that an event answered, and what it got then.
fn first_answer(tx: &Tx<'_>, event_id: &str) -> Result<Option<(i64, FirstAnswer)>, Error> {
    let answer: Option<(i64, String)> = tx
        .conn
        .prepare_cached("SELECT request, answer FROM answers WHERE event_id = ?1")?
        .query_row([event_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    answer
        .map(|(of, text)| Ok((of, from_json("an event's first answer", &text)?)))
        .transpose()
}

fn keep_answer(tx: &Tx<'_>, n: i64, event_id: &str, outcome: &Outcome) -> Result<(), Error> {
    let answer = match outcome {
        Outcome::Applied(effect) => FirstAnswer::Applied(*effect),
        Outcome::Rejected(rejection) => FirstAnswer::Rejected(rejection.clone()),
    };
    tx.conn
        .prepare_cached(
            "INSERT INTO answers (request, event_id, answer, at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![n, event_id, to_json(&answer)?, millis(tx.now)])?;
    Ok(())
}
