//! An approver decides through the API, or the requester withdraws.

use signoff_contract::{CancelBody, CorrelationId, Decision, DecisionBody, RequestResource, Via};
use signoff_core::request::{Event, Rejection, Reply, Responder, Response};

use super::key;
use crate::keys::{Caller, Scope};
use crate::{Engine, Error};

impl Engine {
    /// Decides as the key's approver.
    pub async fn decide(
        &self,
        caller: &Caller,
        id: &CorrelationId,
        body: DecisionBody,
    ) -> Result<RequestResource, Error> {
        caller.require(Scope::DecisionsWrite)?;
        let Some(approver) = &caller.approver else {
            return Err(Error::Forbidden(Scope::DecisionsWrite.as_str()));
        };
        let record = self.existing(&key(caller, id)).await?;
        let response = Response {
            by: Responder::Approver(approver.clone()),
            channel: "api".to_owned(),
            reply: self.decided(body),
            via: Via::Api,
            received_at: self.clock().now(),
            eligible: self
                .directory
                .eligible(&caller.project, &record.request.route),
            note: None,
        };
        match self.change(caller, id, Event::Responded(response)).await {
            // The answer to the first was lost, say: the vote is there, and repeating is safe.
            Err(Error::Rejected {
                rejection: Rejection::AlreadyVoted { .. },
                ..
            }) => self.current(caller, id).await,
            other => other,
        }
    }

    /// Withdraws the request.
    pub async fn cancel(
        &self,
        caller: &Caller,
        id: &CorrelationId,
        body: CancelBody,
    ) -> Result<RequestResource, Error> {
        caller.require(Scope::RequestsWrite)?;
        let reason = body.reason.map(|reason| self.masker.words(reason));
        let by = caller.key.clone();
        self.change(caller, id, Event::Cancelled { by, reason })
            .await
    }

    fn decided(&self, body: DecisionBody) -> Reply {
        match (body.decision, body.option_id, body.text) {
            (Decision::Approve, ..) => Reply::Approve,
            (Decision::Deny, ..) => Reply::Deny {
                reason: body.reason.map(|reason| self.masker.words(reason)),
            },
            (Decision::Answer, Some(option_id), _) => Reply::Choose { option_id },
            (Decision::Answer, None, text) => {
                Reply::Custom(self.masker.words(text.unwrap_or_default()))
            }
        }
    }
}
