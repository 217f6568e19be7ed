//! Taking a request in: everything that can be computed is, before the writer sees it.

use rusqlite::{OptionalExtension as _, params};
use signoff_contract::compat::Dialect;
use signoff_contract::{CallbackState, CallbackView, CorrelationId, DeliveryId, Digest, Status};
use signoff_core::audit::Subject;
use signoff_core::request::{Request, Transition, Work, open};

use crate::codec::{millis, to_json};
use crate::outbox::Outbox;
use crate::rows::{self, expect_one, presentation};
use crate::writer::Tx;
use crate::{Error, Key, NewRequest, Record, Store, Submitted, callbacks, events, retention};

impl Store {
    /// Takes a request in, or finds that it was taken in before.
    pub async fn submit(&self, new: NewRequest) -> Result<Submitted, Error> {
        let prepared = Prepared::new(new, self.clock().now())?;
        let (prepared, taken) = self.write_repeatable(prepared, Prepared::submit).await?;
        Ok(match taken {
            Taken::In(n) => Submitted::Created(prepared.into_record(n)),
            Taken::Not(submitted) => *submitted,
        })
    }

    /// What a submission with this name and body would meet: its earlier self
    /// ([`Submitted::Replayed`], [`Submitted::Pruned`]), another one ([`Submitted::Conflict`]), or nothing.
    pub async fn replay(
        &self,
        project: &str,
        correlation_id: &CorrelationId,
        body_mac: &[u8; 32],
    ) -> Result<Option<Submitted>, Error> {
        let key = Key::Named {
            project: project.to_owned(),
            correlation_id: correlation_id.clone(),
        };
        let body_mac = *body_mac;
        self.read(move |conn| earlier(conn, &key, &body_mac)).await
    }
}

/// A submission with its rows ready.
struct Prepared {
    request: Request,
    outbox: Vec<Outbox>,
    events: Vec<events::Prepared>,
    callback: Option<callbacks::Prepared>,
    body_mac: [u8; 32],
    max_pending: u32,
    submission: String,
    masked: String,
    state: String,
    approvers: Vec<String>,
    dialect: Option<String>,
    /// Under which no second request of the project may be pending.
    pending_name: Option<String>,
}

/// What the writer did with a submission.
enum Taken {
    /// It has this row now.
    In(i64),
    /// It stays out; this is the answer.
    Not(Box<Submitted>),
}

impl Prepared {
    fn new(new: NewRequest, now: jiff::Timestamp) -> Result<Self, Error> {
        let NewRequest {
            request,
            unreachable,
            body_mac,
            max_pending,
        } = new;
        let Transition {
            request,
            audit,
            work,
            ..
        } = open(request, &unreachable, now);
        let subject = Subject {
            request_id: request.id,
            project: &request.project,
            correlation_id: &request.submission.correlation_id,
        };
        let events = events::prepare(Some(subject), None, audit, now)?;
        let callback = if work.contains(&Work::SendCallback) {
            callbacks::Prepared::new(&request, now)?
        } else {
            None
        };
        let ended = request.status().is_terminal();
        let outbox = request.prompts.iter();
        let outbox = outbox
            .map(|prompt| Outbox::new(&prompt.presentation, &prompt.channel, ended, now))
            .collect();
        let approvers = request
            .prompts
            .iter()
            .map(|prompt| to_json(&prompt.approvers));
        Ok(Self {
            outbox,
            events,
            callback,
            body_mac,
            max_pending,
            submission: to_json(&request.submission)?,
            masked: to_json(&request.masked)?,
            state: to_json(&request.state)?,
            dialect: request.dialect.as_ref().map(to_json).transpose()?,
            pending_name: request.dialect.as_ref().map(Dialect::key),
            approvers: approvers.collect::<Result<_, _>>()?,
            request,
        })
    }

    fn submit(&self, tx: &mut Tx<'_>) -> Result<Taken, Error> {
        let pending = self.request.status() == Status::Pending;
        if pending && tx.pending(&self.request.project) >= u64::from(self.max_pending) {
            let earlier = self.earlier(tx)?;
            let answer = earlier.unwrap_or(Submitted::TooManyPending);
            return Ok(Taken::Not(Box::new(answer)));
        }
        let Some(n) = self.insert_request(tx)? else {
            let gone = || Error::unknown("a request that was there", "gone");
            let earlier = self.earlier(tx)?.ok_or_else(gone)?;
            return Ok(Taken::Not(Box::new(earlier)));
        };
        self.insert_prompts(tx, n)?;
        events::insert(tx, n, &self.events)?;
        if let Some(callback) = &self.callback {
            callback.insert(tx, n, &self.request.project)?;
        }
        if pending {
            tx.move_pending(&self.request.project, 1);
            tx.signals.deadlines = true;
        } else {
            tx.signals.ended.push(self.request.id);
        }
        Ok(Taken::In(n))
    }

    fn earlier(&self, tx: &Tx<'_>) -> Result<Option<Submitted>, Error> {
        if let Some(name) = &self.pending_name {
            return pending(tx.conn, &self.request.project, name);
        }
        let key = Key::Named {
            project: self.request.project.clone(),
            correlation_id: self.request.submission.correlation_id.clone(),
        };
        earlier(tx.conn, &key, &self.body_mac)
    }

    /// The request as it was taken in, in this row.
    fn into_record(self, n: i64) -> Record {
        let state = match self.callback {
            Some(_) => CallbackState::Due,
            None => CallbackState::Waiting,
        };
        let target = self.request.submission.callback.as_ref();
        let callback = target.map(|_| CallbackView {
            state,
            attempts: 0,
            delivered_at: None,
        });
        let mut stored = rows::Stored {
            n,
            request: self.request,
            outbox: self.outbox,
            callback,
            requester_gone: false,
        };
        stored.settle_closed();
        stored.into_record()
    }

    /// The new row's number; `None` when the name is taken.
    fn insert_request(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Error> {
        let request = &self.request;
        let inserted = tx
            .conn
            .prepare_cached(
                "INSERT INTO requests (id, project, correlation_id, route, kind, status,
                     min_approvals, submitted_by, submitted_for, created_at, expires_at, remind_at,
                     claimed_at, body_mac, intent_digest, view_digest, masked, state, submission,
                     dialect, pending_name)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                         ?18, ?19, ?20, ?21)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                request.id.to_bytes(),
                request.project,
                request.submission.correlation_id.as_str(),
                request.route,
                request.submission.kind.as_str(),
                request.status().as_str(),
                request.min_approvals,
                request.submitted_by,
                request.submitted_for,
                millis(request.created_at),
                millis(request.expires_at),
                request.remind_at.map(millis),
                request.claimed_at.map(millis),
                self.body_mac,
                request.intent_digest.as_ref().map(Digest::as_bytes),
                request.view_digest.as_ref().map(Digest::as_bytes),
                self.masked,
                self.state,
                self.submission,
                self.dialect,
                self.pending_name,
            ])?;
        if inserted == 0 {
            return Ok(None);
        }
        expect_one(inserted, "a new request")?;
        Ok(Some(tx.conn.last_insert_rowid()))
    }

    fn insert_prompts(&self, tx: &mut Tx<'_>, n: i64) -> Result<(), Error> {
        let mut statement = tx.conn.prepare_cached(
            "INSERT INTO prompts (id, request, number, channel, place, approvers, state, shown_at,
                 cause, wanted, shown, closing, due_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?;
        let prompts = self
            .request
            .prompts
            .iter()
            .zip(&self.approvers)
            .zip(&self.outbox);
        for ((prompt, approvers), outbox) in prompts {
            let (state, shown_at, cause) = presentation(&prompt.presentation);
            statement.execute(params![
                prompt.id.to_bytes(),
                n,
                prompt.number,
                prompt.channel,
                prompt.place,
                approvers,
                state,
                shown_at,
                cause,
                outbox.wanted,
                outbox.shown,
                outbox.closing,
                outbox.due_at.map(millis),
            ])?;
            tx.signals.prompts |= outbox.due_at.is_some();
        }
        Ok(())
    }
}

/// Whether a request of this name is pending.
fn pending(
    conn: &rusqlite::Connection,
    project: &str,
    name: &str,
) -> Result<Option<Submitted>, Error> {
    let found = conn
        .prepare_cached(
            "SELECT 1 FROM requests
             WHERE project = ?1 AND pending_name = ?2 AND status = 'pending'",
        )?
        .exists(params![project, name])?;
    Ok(found.then_some(Submitted::AlreadyPending))
}

/// The request that has this name, compared by its body.
fn earlier(
    conn: &rusqlite::Connection,
    key: &Key,
    body_mac: &[u8; 32],
) -> Result<Option<Submitted>, Error> {
    let Some(n) = rows::find_any(conn, key)? else {
        return Ok(None);
    };
    let stored: Option<[u8; 32]> = conn
        .prepare_cached("SELECT body_mac FROM requests WHERE n = ?1")?
        .query_row([n], |row| row.get(0))
        .optional()?;
    if stored.as_ref() != Some(body_mac) {
        return Ok(Some(Submitted::Conflict));
    }
    if let Some(tombstone) = retention::tombstone(conn, n)? {
        return Ok(Some(Submitted::Pruned(tombstone)));
    }
    let record: Option<Record> = rows::load(conn, n)?.map(rows::Stored::into_record);
    Ok(record.map(Submitted::Replayed))
}

/// A new callback's identifier.
pub(crate) fn delivery_id(tx: &mut Tx<'_>) -> DeliveryId {
    let millis = u64::try_from(millis(tx.now)).unwrap_or(0);
    let random = tx.random_bits();
    DeliveryId::from_parts(millis, random)
}
