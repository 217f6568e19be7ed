//! What callers with a key can do, one file each.

mod authenticate;
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
        let record = self.store.request(&key(caller, id)).await?;
        Ok(resource(&record.ok_or(Error::NotFound("request"))?))
    }

    /// Applies an event for a caller: the resource afterwards, or why not.
    async fn change(
        &self,
        caller: &Caller,
        id: &CorrelationId,
        event: Event,
    ) -> Result<RequestResource, Error> {
        let command = Command {
            key: key(caller, id),
            event,
            event_id: None,
        };
        match self.store.transition(command).await? {
            None => Err(Error::NotFound("request")),
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
