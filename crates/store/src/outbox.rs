//! A prompt's row in the outbox: what its channel should show, does show, and when to act.
//!
//! Plain arithmetic on one row; the commands around it are in `prompts.rs`.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use signoff_core::request::{Closed, Presentation};

use crate::Error;
use crate::codec::{from_json, millis, optional_time, to_json};
use crate::rows::{expect_one, presentation};

/// The channel whose prompts are always presented: whoever asks the API sees them.
const ALWAYS_PRESENTED: &str = "api";

/// Whether a reminder is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remind {
    /// No.
    No,
    /// Yes, and nobody works on it.
    Wanted,
    /// Yes, and the current lease includes it.
    Leased,
}

/// The outbox side of one prompt.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outbox {
    pub(crate) n: i64,
    pub(crate) wanted: u64,
    pub(crate) shown: u64,
    pub(crate) closing: Option<u64>,
    pub(crate) remind: Remind,
    pub(crate) refs: Vec<String>,
    pub(crate) adopted: Vec<String>,
    pub(crate) attempts: u32,
    pub(crate) due_at: Option<Timestamp>,
    pub(crate) leased_from: Option<Timestamp>,
    pub(crate) given_up: bool,
}

impl Outbox {
    /// A new prompt's row: due at once when people are still to see it.
    pub(crate) fn new(shown: &Presentation, channel: &str, ended: bool, now: Timestamp) -> Self {
        let waits = matches!(shown, Presentation::Waiting) && channel != ALWAYS_PRESENTED;
        Self {
            n: 0,
            wanted: 1,
            shown: u64::from(matches!(shown, Presentation::Shown { .. })),
            closing: ended.then_some(1),
            remind: Remind::No,
            refs: Vec::new(),
            adopted: Vec::new(),
            attempts: 0,
            due_at: (waits && !ended).then_some(now),
            leased_from: None,
            given_up: false,
        }
    }

    /// Whether what people see is the request's end.
    pub(crate) fn closed(&self) -> Closed {
        match self.closing {
            Some(closing) if self.shown >= closing => Closed::Yes,
            _ => Closed::No,
        }
    }

    /// Everywhere it stands.
    pub(crate) fn places(&self) -> Vec<String> {
        merged(self.refs.clone(), &self.adopted)
    }

    /// New card before closing before notices.
    fn priority(&self) -> u8 {
        match (self.shown, self.closing) {
            (0, _) => 0,
            (shown, Some(closing)) if shown < closing => 1,
            _ => 2,
        }
    }

    /// The request looks different now; `ended` when it has just ended.
    pub(crate) fn want_update(
        &mut self,
        at: &Presentation,
        channel: &str,
        ended: bool,
        now: Timestamp,
    ) {
        if matches!(at, Presentation::Failed { .. }) && self.places().is_empty() {
            return;
        }
        self.wanted += 1;
        if ended {
            self.closing = Some(self.wanted);
        }
        if channel == ALWAYS_PRESENTED {
            self.shown = self.wanted;
            return;
        }
        self.reschedule(now);
    }

    /// Attention is wanted.
    pub(crate) fn want_reminder(&mut self, channel: &str, now: Timestamp) {
        if channel != ALWAYS_PRESENTED && self.shown > 0 && self.closing.is_none() {
            self.remind = Remind::Wanted;
            self.reschedule(now);
        }
    }

    /// It turns out to stand in one more place; whether that is news.
    pub(crate) fn adopt(&mut self, place: String, now: Timestamp) -> bool {
        if self.refs.contains(&place) || self.adopted.contains(&place) {
            return false;
        }
        self.adopted.push(place);
        self.wanted += 1;
        if let Some(closing) = &mut self.closing {
            *closing = self.wanted;
        }
        self.given_up = false;
        self.reschedule(now);
        true
    }

    /// Nobody has seen it, and nobody needs to any more. After a failed attempt somebody may have
    /// seen it all the same (its answer was lost): then the channel is asked once more.
    fn is_moot(&self) -> bool {
        self.closing.is_some()
            && self.shown == 0
            && self.attempts == 0
            && self.refs.is_empty()
            && self.adopted.is_empty()
    }

    /// Takes it for showing, until then; `false` when there is nothing to do.
    pub(crate) fn lease(&mut self, until: Timestamp) -> bool {
        self.refs = self.places();
        self.adopted.clear();
        if self.is_moot() || self.given_up {
            self.due_at = None;
            self.leased_from = None;
            return false;
        }
        if self.remind == Remind::Wanted {
            self.remind = Remind::Leased;
        }
        self.leased_from = self.due_at;
        self.due_at = Some(until);
        true
    }

    /// It shows this revision, in these places.
    pub(crate) fn was_shown(&mut self, revision: u64, places: Vec<String>, now: Timestamp) {
        self.refs = merged(places, &self.adopted);
        self.adopted.clear();
        self.shown = self.shown.max(revision.min(self.wanted));
        self.attempts = 0;
        self.given_up = false;
        if self.remind == Remind::Leased {
            self.remind = Remind::No;
        }
        self.free();
        self.due_at = None;
        self.reschedule(now);
    }

    /// Not now.
    pub(crate) fn try_again(&mut self, at: Timestamp) {
        self.free();
        self.attempts = self.attempts.saturating_add(1);
        self.due_at = if self.is_moot() { None } else { Some(at) };
    }

    /// Nothing was tried.
    pub(crate) fn release(&mut self) {
        if let Some(before) = self.free() {
            self.due_at = if self.is_moot() { None } else { Some(before) };
        }
    }

    /// It can be shown no more.
    pub(crate) fn give_up(&mut self) {
        self.free();
        self.given_up = true;
        self.remind = Remind::No;
        self.due_at = None;
    }

    /// Ends the lease; when it was due before.
    fn free(&mut self) -> Option<Timestamp> {
        if self.remind == Remind::Leased {
            self.remind = Remind::Wanted;
        }
        self.refs = self.places();
        self.adopted.clear();
        self.leased_from.take()
    }

    /// Makes it due when something is to be shown. A lease and a backoff keep their times.
    fn reschedule(&mut self, now: Timestamp) {
        if self.leased_from.is_some() {
            return;
        }
        let behind = self.shown < self.wanted || self.remind != Remind::No;
        if !behind || self.is_moot() || self.given_up {
            self.due_at = None;
        } else if self.due_at.is_none() || self.attempts == 0 {
            self.due_at = Some(self.due_at.map_or(now, |due| due.min(now)));
        }
    }

    /// Writes the row back, with the prompt's presentation.
    pub(crate) fn save(&self, conn: &Connection, shown: &Presentation) -> Result<(), Error> {
        let (state, shown_at, cause) = presentation(shown);
        let changed = conn
            .prepare_cached(
                "UPDATE prompts SET state = ?2, shown_at = ?3, cause = ?4, wanted = ?5, shown = ?6,
                        closing = ?7, remind = ?8, refs = ?9, adopted = ?10, attempts = ?11,
                        priority = ?12, due_at = ?13, leased_from = ?14, given_up = ?15
                 WHERE n = ?1",
            )?
            .execute(params![
                self.n,
                state,
                shown_at,
                cause,
                self.wanted,
                self.shown,
                self.closing,
                self.remind as u8,
                to_json(&self.refs)?,
                to_json(&self.adopted)?,
                self.attempts,
                self.priority(),
                self.due_at.map(millis),
                self.leased_from.map(millis),
                self.given_up,
            ])?;
        expect_one(changed, "a prompt")
    }
}

/// Reads the columns 0 to 10 of the query in `rows.rs`.
pub(crate) fn from_row(row: &Row<'_>) -> Result<Outbox, Error> {
    let list = |column| {
        let text = row
            .get_ref(column)?
            .as_str()
            .map_err(rusqlite::Error::from)?;
        from_json("a prompt's places", text)
    };
    Ok(Outbox {
        n: row.get(0)?,
        wanted: row.get(1)?,
        shown: row.get(2)?,
        closing: row.get(3)?,
        remind: match row.get::<_, u8>(4)? {
            0 => Remind::No,
            1 => Remind::Wanted,
            _ => Remind::Leased,
        },
        refs: list(5)?,
        adopted: list(6)?,
        attempts: row.get(7)?,
        due_at: optional_time(row.get(8)?)?,
        leased_from: optional_time(row.get(9)?)?,
        given_up: row.get(10)?,
    })
}

fn merged(mut places: Vec<String>, more: &[String]) -> Vec<String> {
    for place in more {
        if !places.contains(place) {
            places.push(place.clone());
        }
    }
    places
}
