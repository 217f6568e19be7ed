//! A caller reads: one request, now or when it has ended; many; what happened.

use std::time::Duration;

use signoff_contract::{
    CorrelationId, EventResource, FieldError, Kind, RequestId, RequestResource, Status,
    problem::FieldCode,
};
use signoff_store::{ListFilter, Record};
use tokio::sync::watch;

use super::{key, resource};
use crate::keys::{Caller, Scope};
use crate::{Engine, Error};

/// Which requests to list.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// Only with this status.
    pub status: Option<Status>,
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// At most so many.
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// One page of requests, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The requests.
    pub items: Vec<RequestResource>,
    /// Where the next page begins; `None` on the last.
    pub next_cursor: Option<String>,
}

impl Engine {
    /// The request as it is now.
    pub async fn get(&self, caller: &Caller, id: &CorrelationId) -> Result<RequestResource, Error> {
        Ok(resource(&self.record(caller, id).await?))
    }

    /// The request when it has ended, or as it is after `at_most`.
    pub async fn wait(
        &self,
        caller: &Caller,
        id: &CorrelationId,
        at_most: Duration,
    ) -> Result<RequestResource, Error> {
        let record = self.record(caller, id).await?;
        if record.request.status().is_terminal() {
            return Ok(resource(&record));
        }
        let waiting = self.waiters.join(record.request.id);
        let mut ended = std::pin::pin!(waiting.notified());
        // Listen first, look second: an end between the two is not missed.
        ended.as_mut().enable();
        let record = self.record(caller, id).await?;
        if record.request.status().is_terminal() {
            return Ok(resource(&record));
        }
        // Ended or not, what counts is the request as it is then.
        let _ = tokio::time::timeout(at_most, ended).await;
        Ok(resource(&self.record(caller, id).await?))
    }

    /// A page of the project's requests, newest first.
    pub async fn list(&self, caller: &Caller, query: ListQuery) -> Result<Page, Error> {
        caller.require(Scope::RequestsRead)?;
        let before = match &query.cursor {
            None => None,
            Some(cursor) => Some(cursor.parse::<RequestId>().map_err(|_| {
                let detail = "a cursor is the next_cursor of an earlier page, unchanged";
                Error::Invalid(vec![FieldError::new(
                    "?cursor",
                    FieldCode::InvalidFormat,
                    detail,
                )])
            })?),
        };
        let limit = query.limit.saturating_add(1);
        let filter = ListFilter {
            status: query.status,
            kind: query.kind,
            before,
            limit,
        };
        let mut records = self.store.requests(&caller.project, filter).await?;
        let page = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let more = records.len() > page;
        records.truncate(page);
        let next_cursor = records
            .last()
            .filter(|_| more)
            .map(|last| last.request.id.to_string());
        Ok(Page {
            items: records.iter().map(resource).collect(),
            next_cursor,
        })
    }

    /// What happened to a request, in order; also when the rest of it was pruned.
    pub async fn events(
        &self,
        caller: &Caller,
        id: &CorrelationId,
    ) -> Result<Vec<EventResource>, Error> {
        let request = match self.record(caller, id).await {
            Ok(record) => record.request.id,
            Err(Error::Pruned(tombstone)) => tombstone.id,
            Err(error) => return Err(error),
        };
        Ok(self.store.events(request).await?)
    }

    /// What happened in the project after the sealed number `after`.
    pub async fn events_after(
        &self,
        caller: &Caller,
        after: u64,
        limit: u32,
    ) -> Result<Vec<EventResource>, Error> {
        caller.require(Scope::RequestsRead)?;
        Ok(self
            .store
            .sealed_events(&caller.project, after, limit)
            .await?)
    }

    /// Changes whenever events were sealed; holds the last number.
    pub fn event_changes(&self) -> watch::Receiver<u64> {
        self.store.changes().seals.subscribe()
    }

    async fn record(&self, caller: &Caller, id: &CorrelationId) -> Result<Record, Error> {
        caller.require(Scope::RequestsRead)?;
        self.existing(&key(caller, id)).await
    }
}
