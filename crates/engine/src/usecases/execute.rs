//! An executor takes an approval for use and reports what became of it.

use signoff_contract::{ClaimBody, CorrelationId, ExecutionBody, RequestResource};
use signoff_core::request::{Event, Rejection};

use super::key;
use crate::keys::{Caller, Scope};
use crate::{Engine, Error};

impl Engine {
    /// Takes the approval for use, once, by the digest of what is about to run.
    pub async fn claim(
        &self,
        caller: &Caller,
        id: &CorrelationId,
        body: ClaimBody,
    ) -> Result<RequestResource, Error> {
        caller.require(Scope::RequestsWrite)?;
        let by = caller.key.clone();
        self.change(
            caller,
            id,
            Event::Claimed {
                by,
                intent_digest: body.intent_digest,
            },
        )
        .await
    }

    /// Records what became of the approved action. The same report again is answered as the
    /// first was: its answer may have been lost.
    pub async fn report_execution(
        &self,
        caller: &Caller,
        id: &CorrelationId,
        body: ExecutionBody,
    ) -> Result<RequestResource, Error> {
        caller.require(Scope::RequestsWrite)?;
        let by = caller.key.clone();
        let result = body.result;
        let detail = body.detail.map(|detail| self.masker.text(&detail));
        let reported = Event::ExecutionReported {
            by,
            result,
            detail: detail.clone(),
        };
        match self.change(caller, id, reported).await {
            Err(Error::Rejected {
                rejection: Rejection::AlreadyReported { .. },
                outcome,
            }) => {
                let record = self.existing(&key(caller, id)).await?;
                match &record.request.execution {
                    Some(first) if first.result == result && first.detail == detail => {
                        Ok(super::resource(&record))
                    }
                    first => {
                        let reported = first.as_ref().map_or(result, |first| first.result);
                        let rejection = Rejection::AlreadyReported { reported };
                        Err(Error::Rejected { rejection, outcome })
                    }
                }
            }
            other => other,
        }
    }
}
