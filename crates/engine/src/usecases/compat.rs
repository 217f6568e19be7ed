//! A caller of a drop-in endpoint asks. Its request gets a name of its own in the native contract;
//! the caller's name is unique only while it is pending, and an id is asked with again and again.

use rand::Rng;
use signoff_contract::compat::{Asked, Refusal};
use signoff_contract::{CorrelationId, RequestId};
use signoff_store::{NewRequest, Submitted as Stored};

use crate::keys::Caller;
use crate::{Engine, Error};

/// What became of a body that came through a drop-in endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DropInSubmitted {
    /// It is durable.
    Queued,
    /// One of this name is pending at that endpoint.
    AlreadyExists,
    /// It may not be asked.
    Refused(Refusal),
}

impl Engine {
    /// Takes what was asked, on this route of the caller's project: once it is answered, it is
    /// durable.
    pub async fn submit_drop_in(
        &self,
        caller: &Caller,
        route: &str,
        asked: Asked,
    ) -> Result<DropInSubmitted, Error> {
        let (mut submission, dialect) = asked.into_submission(self.native_name()?);
        submission.route = Some(route.to_owned());
        let Some(project) = self.directory.project(&caller.project) else {
            return Err(Error::NotFound("project"));
        };
        let Some(route) = self.directory.route(&caller.project, route) else {
            return Err(Error::NotFound("route"));
        };
        if let Some(callback) = &submission.callback
            && let Err(refused) = self.allow.check_url(&callback.url)
        {
            return Ok(DropInSubmitted::Refused(Refusal::callback(refused)));
        }
        let body_mac = self.body_mac(submission.correlation_id.as_str().as_bytes());
        let (mut request, unreachable) = self.new_request(caller, route, submission);
        request.dialect = Some(dialect);
        let max_pending = project.max_pending;
        let new = NewRequest {
            request,
            unreachable,
            body_mac,
            max_pending,
        };
        match self.store.submit(new).await? {
            Stored::Created(record) => {
                self.metrics.submitted(record.request.submission.kind);
                Ok(DropInSubmitted::Queued)
            }
            Stored::AlreadyPending => Ok(DropInSubmitted::AlreadyExists),
            Stored::TooManyPending => Err(Error::TooManyPending { max: max_pending }),
            // Names of 80 random bits do not meet.
            Stored::Replayed(_) | Stored::Pruned(_) | Stored::Conflict => {
                Err(Error::CorrelationConflict)
            }
        }
    }

    /// A name that no other request has.
    fn native_name(&self) -> Result<CorrelationId, Error> {
        let millis = u64::try_from(self.clock().now().as_millisecond()).unwrap_or(0);
        let unique = RequestId::from_parts(millis, rand::rng().random());
        let name = unique.to_string().replace(RequestId::PREFIX, "compat:");
        name.parse().map_err(|_| Error::CorrelationConflict)
    }
}
