//! What callers with a key can do, one file each.

mod adapter;
mod authenticate;
mod compat;
mod decide;
mod execute;
mod query;
mod submit;

use signoff_contract::json::ReadError;
use signoff_contract::{CorrelationId, RequestResource};
use signoff_core::render;
use signoff_core::request::{Event, Rejection};
use signoff_store::{Command, Key, Record, Transitioned};

use crate::keys::Caller;
use crate::{Engine, Error};

pub use adapter::Waiting;
pub use compat::DropInSubmitted;
pub use query::{ListQuery, Page};
pub use submit::Submitted;

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        Self::InvalidJson(error)
    }
}

/// The request of the caller's project with this name.
fn key(caller: &Caller, id: &CorrelationId) -> Key {
    Key::Named {
        project: caller.project.clone(),
        correlation_id: id.clone(),
    }
}

/// The record as its requester sees it.
fn resource(record: &Record) -> RequestResource {
    render::resource(&record.request, record.callback.clone())
}

impl Engine {
    /// The request as it is, for a caller whose scope was checked for what it just did.
    async fn current(&self, caller: &Caller, id: &CorrelationId) -> Result<RequestResource, Error> {
        Ok(resource(&self.existing(&key(caller, id)).await?))
    }

    /// The request, or why there is none.
    async fn existing(&self, key: &Key) -> Result<Record, Error> {
        match self.store.request(key).await? {
            Some(record) => Ok(record),
            None => Err(self.missing(key).await),
        }
    }

    /// Why there is no such request: it was pruned, or never there.
    async fn missing(&self, key: &Key) -> Error {
        match self.store.tombstone(key).await {
            Ok(Some(tombstone)) => Error::Pruned(tombstone),
            Ok(None) => Error::NotFound("request"),
            Err(error) => error.into(),
        }
    }

    /// Applies an event for a caller: the resource afterwards, or why not.
    async fn change(
        &self,
        caller: &Caller,
        id: &CorrelationId,
        event: Event,
    ) -> Result<RequestResource, Error> {
        let key = key(caller, id);
        let command = Command {
            key: key.clone(),
            event,
            event_id: None,
        };
        match self.store.transition(command).await? {
            None => Err(self.missing(&key).await),
            Some(Transitioned::Applied { record, .. } | Transitioned::Duplicate { record, .. }) => {
                Ok(resource(&record))
            }
            Some(Transitioned::Rejected { record, rejection }) => Err(rejected(&record, rejection)),
        }
    }
}

fn rejected(record: &Record, rejection: Rejection) -> Error {
    Error::Rejected {
        rejection,
        outcome: render::outcome(&record.request).map(Box::new),
    }
}
