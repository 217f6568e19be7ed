//! The outbox of channels: leasing prompts and taking their results.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use signoff_contract::{PromptId, RequestId};
use signoff_core::request::{Event, Presentation};

use crate::codec::{millis, time};
use crate::outbox::Remind;
use crate::rows::{self, Stored};
use crate::transition::{Outcome, apply_event};
use crate::writer::Tx;
use crate::{DuePrompt, Error, Key, PromptResult, Record, Store, Transitioned};

/// The priorities, from the first: a new card, a closing, a notice or reminder.
const PRIORITIES: std::ops::RangeInclusive<u8> = 0..=2;

/// A prompt that looks due to a reader.
struct Candidate {
    n: i64,
    priority: u8,
    due_at: i64,
}

/// What the writer leased.
struct Leased {
    n: i64,
    request: i64,
    revision: u64,
    remind: bool,
    refs: Vec<String>,
    attempts: u32,
}

impl Store {
    /// Takes due prompts of a channel until `until`: at most one a place, none in
    /// `busy_places`, new cards before closings before notices and reminders, then the one
    /// that was due first. How many wait in one place costs nothing.
    pub async fn lease_prompts(
        &self,
        channel: &str,
        busy_places: &[String],
        limit: u32,
        until: Timestamp,
    ) -> Result<Vec<DuePrompt>, Error> {
        let (channel, busy, now) = (channel.to_owned(), busy_places.to_vec(), self.clock().now());
        // Readers search and load, so that the writer has only to take.
        let found = self
            .read(move |conn| candidates(conn, &channel, &busy, limit, now))
            .await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let leased = self
            .write(move |tx| {
                let leased = found
                    .iter()
                    .map(|candidate| Error::pass_over(lease(tx, candidate.n, until), candidate.n));
                leased
                    .filter_map(Result::transpose)
                    .collect::<Result<Vec<_>, _>>()
            })
            .await?;
        if leased.is_empty() {
            return Ok(Vec::new());
        }
        self.read(move |conn| {
            let due = leased.into_iter().map(|leased| {
                let n = leased.n;
                Error::pass_over(due_prompt(conn, leased), n)
            });
            due.filter_map(Result::transpose).collect()
        })
        .await
    }

    /// Takes the result of showing a prompt. The first show, and a failure before any, are
    /// events of the request, applied in the same transaction; a failure after it was shown
    /// ends the prompt's updates and leaves the request alone. `None` when no event followed.
    pub async fn finish_prompt(
        &self,
        id: PromptId,
        revision: u64,
        result: PromptResult,
    ) -> Result<Option<Transitioned>, Error> {
        self.write(move |tx| finish(tx, id, revision, result)).await
    }

    /// Notes one more place where a prompt stands (a card whose sending seemed to have failed)
    /// and makes the prompt due, so that this place shows the truth too. `false` when it was
    /// known, or when there is no such prompt.
    pub async fn adopt_prompt_ref(
        &self,
        request: RequestId,
        prompt: u8,
        prompt_ref: String,
    ) -> Result<bool, Error> {
        self.write(move |tx| {
            let Some((mut stored, at)) = locate(tx.conn, request, prompt)? else {
                return Ok(false);
            };
            let news = stored.outbox[at].adopt(prompt_ref, tx.now);
            if news {
                stored.outbox[at].save(tx.conn, &stored.request.prompts[at].presentation)?;
                tx.signals.prompts = true;
            }
            Ok(news)
        })
        .await
    }

    /// A prompt by its request and number: the request, the prompt's id, where it stands, and
    /// the revision that should be seen.
    pub async fn prompt(
        &self,
        request: RequestId,
        prompt: u8,
    ) -> Result<Option<(Record, PromptId, Vec<String>, u64)>, Error> {
        self.read(move |conn| {
            let found = locate(conn, request, prompt)?;
            Ok(found.map(|(stored, at)| {
                let id = stored.request.prompts[at].id;
                let (places, revision) = (stored.outbox[at].places(), stored.outbox[at].wanted);
                (stored.into_record(), id, places, revision)
            }))
        })
        .await
    }

    /// When the channel's soonest prompt is due; a leased one counts with its lease's end.
    pub async fn next_prompt_due(&self, channel: &str) -> Result<Option<Timestamp>, Error> {
        let channel = channel.to_owned();
        self.read(move |conn| {
            let mut soonest: Option<i64> = None;
            each_place(conn, &channel, |place| {
                for priority in PRIORITIES {
                    let first = first(conn, &channel, place, priority)?;
                    let due = first.map(|candidate| candidate.due_at);
                    soonest = soonest.into_iter().chain(due).min();
                }
                Ok(())
            })?;
            soonest.map(time).transpose()
        })
        .await
    }
}

/// A loose index scan: one seek to get to the next place, one for each priority in it.
fn candidates(
    conn: &Connection,
    channel: &str,
    busy: &[String],
    limit: u32,
    now: Timestamp,
) -> Result<Vec<Candidate>, Error> {
    let mut found = Vec::new();
    each_place(conn, channel, |place| {
        if busy.iter().any(|busy| busy == place) {
            return Ok(());
        }
        for priority in PRIORITIES {
            let first = first(conn, channel, place, priority)?;
            if let Some(candidate) = first.filter(|first| first.due_at <= millis(now)) {
                found.push(candidate);
                break;
            }
        }
        Ok(())
    })?;
    found.sort_by_key(|candidate| (candidate.priority, candidate.due_at, candidate.n));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// Calls `visit` with every place of the channel that has a prompt with a due time.
fn each_place(
    conn: &Connection,
    channel: &str,
    mut visit: impl FnMut(&str) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut first = conn.prepare_cached(
        "SELECT place FROM prompts WHERE channel = ?1 AND due_at IS NOT NULL
         ORDER BY place LIMIT 1",
    )?;
    let mut next = conn.prepare_cached(
        "SELECT place FROM prompts WHERE channel = ?1 AND place > ?2 AND due_at IS NOT NULL
         ORDER BY place LIMIT 1",
    )?;
    let mut place: Option<String> = first.query_row([channel], |row| row.get(0)).optional()?;
    while let Some(here) = place {
        visit(&here)?;
        place = next
            .query_row([channel, &here], |row| row.get(0))
            .optional()?;
    }
    Ok(())
}

fn first(
    conn: &Connection,
    channel: &str,
    place: &str,
    priority: u8,
) -> Result<Option<Candidate>, Error> {
    let found = conn
        .prepare_cached(
            "SELECT n, due_at FROM prompts
             WHERE channel = ?1 AND place = ?2 AND priority = ?3 AND due_at IS NOT NULL
             ORDER BY due_at LIMIT 1",
        )?
        .query_row(params![channel, place, priority], |row| {
            Ok(Candidate {
                n: row.get(0)?,
                priority,
                due_at: row.get(1)?,
            })
        })
        .optional()?;
    Ok(found)
}

/// Takes one, if it is still due.
fn lease(tx: &mut Tx<'_>, n: i64, until: Timestamp) -> Result<Option<Leased>, Error> {
    let request: Option<i64> = tx
        .conn
        .prepare_cached("SELECT request FROM prompts WHERE n = ?1 AND due_at <= ?2")?
        .query_row(params![n, millis(tx.now)], |row| row.get(0))
        .optional()?;
    let Some(request) = request else {
        return Ok(None);
    };
    let Some(mut stored) = rows::load(tx.conn, request)? else {
        return Ok(None);
    };
    let Some(at) = stored.outbox.iter().position(|outbox| outbox.n == n) else {
        return Ok(None);
    };
    let outbox = &mut stored.outbox[at];
    let taken = outbox.lease(until);
    outbox.save(tx.conn, &stored.request.prompts[at].presentation)?;
    Ok(taken.then(|| Leased {
        n,
        request,
        revision: outbox.wanted,
        remind: outbox.remind == Remind::Leased,
        refs: outbox.refs.clone(),
        attempts: outbox.attempts,
    }))
}

/// The leased prompt with its request, which may be newer than the revision: then another
/// update follows, and shows the same.
fn due_prompt(conn: &Connection, leased: Leased) -> Result<Option<DuePrompt>, Error> {
    let Some(stored) = rows::load(conn, leased.request)? else {
        return Ok(None);
    };
    let at = stored.outbox.iter().position(|outbox| outbox.n == leased.n);
    let Some(prompt) = at.map(|at| stored.request.prompts[at].clone()) else {
        return Ok(None);
    };
    Ok(Some(DuePrompt {
        prompt,
        revision: leased.revision,
        remind: leased.remind,
        refs: leased.refs,
        attempts: leased.attempts,
        record: stored.into_record(),
    }))
}

fn locate(
    conn: &Connection,
    request: RequestId,
    prompt: u8,
) -> Result<Option<(Stored, usize)>, Error> {
    let Some(n) = rows::find(conn, &Key::Id(request))? else {
        return Ok(None);
    };
    let Some(stored) = rows::load(conn, n)? else {
        return Ok(None);
    };
    Ok(stored.position(prompt).map(|at| (stored, at)))
}

fn finish(
    tx: &mut Tx<'_>,
    id: PromptId,
    revision: u64,
    result: PromptResult,
) -> Result<Option<Transitioned>, Error> {
    let request: Option<i64> = tx
        .conn
        .prepare_cached("SELECT request FROM prompts WHERE id = ?1")?
        .query_row([id.to_bytes()], |row| row.get(0))
        .optional()?;
    let Some(request) = request else {
        return Ok(None);
    };
    let Some(mut stored) = rows::load(tx.conn, request)? else {
        return Ok(None);
    };
    let found = stored
        .request
        .prompts
        .iter()
        .position(|prompt| prompt.id == id);
    let Some(at) = found else { return Ok(None) };
    let seen = matches!(
        stored.request.prompts[at].presentation,
        Presentation::Shown { .. }
    );
    let number = stored.request.prompts[at].number;
    let outbox = &mut stored.outbox[at];
    let event = match result {
        PromptResult::Shown { refs } => {
            // A channel that stands nowhere had nothing to close: nobody saw the request there.
            let stands = !refs.is_empty();
            outbox.was_shown(revision, refs, tx.now);
            (!seen && stands).then_some(Event::PromptShown { prompt: number })
        }
        PromptResult::Retry { at, cause } => {
            tracing::debug!(prompt = %id, cause, "a prompt will be tried again");
            outbox.try_again(at);
            None
        }
        PromptResult::Released => {
            outbox.release();
            None
        }
        PromptResult::Failed { cause } => {
            outbox.give_up();
            (!seen).then_some(Event::PromptFailed {
                prompt: number,
                cause,
            })
        }
    };
    outbox.save(tx.conn, &stored.request.prompts[at].presentation)?;
    stored.settle_closed();
    tx.signals.prompts = true;
    let Some(event) = event else { return Ok(None) };
    match apply_event(tx, &mut stored, &event)? {
        // The prompt had failed for good before: nothing new.
        Outcome::Rejected(_) => Ok(None),
        applied @ Outcome::Applied(_) => Ok(Some(applied.into_transitioned(stored))),
    }
}
