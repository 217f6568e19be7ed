//! What an adapter sends, after its channel was proved: it speaks for the people of that channel,
//! about that channel's prompts, and for nothing else.

use jiff::SignedDuration;
use signoff_contract::adapter::{
    PairingAnswer, PairingBody, PairingResult, PendingAnswer, ReceiptAnswer, ReceiptBody,
    ReceiptResult, ReceiptState, ResponseAnswer, ResponseBody, ResponseResult,
};

use crate::adapters::{Receipt, answered, message};
use crate::ports::{AnswerResult, Answered, Gateway as _, Pairing, Response, UserIdentity};
use crate::{Engine, Error};

/// How many waiting prompts one answer lists: each may carry 64 KiB of arguments.
const LISTED: usize = 50;

impl Engine {
    /// A person of this channel responds; it happened so long ago.
    pub async fn adapter_respond(
        &self,
        channel: &str,
        body: ResponseBody,
        ago: SignedDuration,
    ) -> Result<ResponseAnswer, Error> {
        let actor = UserIdentity {
            channel: channel.to_owned(),
            user_id: body.actor.user_id,
            display_name: body.actor.display_name,
        };
        let opened = self.open(&body.handle, &actor).await?;
        let own = opened.is_some_and(|opened| opened.card.prompt_id == body.prompt_id);
        let Answered { result, card, .. } = if own {
            let now = self.clock().now();
            self.respond(Response {
                // Two adapters may count their events alike.
                event_id: format!("{channel}/{}", body.event_id),
                handle: body.handle,
                actor: actor.clone(),
                text: body.text,
                via: body.via,
                occurred_at: now
                    .checked_sub(ago.max(SignedDuration::ZERO))
                    .unwrap_or(now),
                note: None,
            })
            .await?
        } else {
            Answered {
                result: AnswerResult::NotOurs,
                card: None,
                repeated: false,
            }
        };
        let own_language = self.person(&actor).await?.and_then(|known| known.language);
        let language = own_language
            .or_else(|| card.as_ref().map(|card| card.language.clone()))
            .unwrap_or_default();
        Ok(ResponseAnswer {
            message: answered(&language, &result, card.as_ref()),
            result: word(&result),
            outcome: card.and_then(|card| card.request.outcome),
        })
    }

    /// What became of a prompt of this channel that its adapter took and did not show at once.
    pub fn adapter_receipt(&self, channel: &str, body: ReceiptBody) -> ReceiptAnswer {
        let receipt = match body.state {
            ReceiptState::Shown => Receipt::Shown {
                prompt_ref: body.prompt_ref,
            },
            ReceiptState::Failed => Receipt::Failed {
                retryable: body.retryable,
                detail: body.detail,
            },
        };
        let waited = self
            .receipts()
            .take(channel, body.prompt_id, body.revision, receipt);
        ReceiptAnswer {
            result: if waited {
                ReceiptResult::Recorded
            } else {
                ReceiptResult::Stale
            },
        }
    }

    /// What waits for a person of this channel.
    pub async fn adapter_pending(
        &self,
        channel: &str,
        user_id: String,
    ) -> Result<PendingAnswer, Error> {
        let actor = UserIdentity {
            channel: channel.to_owned(),
            display_name: user_id.clone(),
            user_id,
        };
        let waiting = self.pending(&actor).await?;
        let more = waiting.len().saturating_sub(LISTED);
        let listed = waiting.into_iter().take(LISTED);
        Ok(PendingAnswer {
            prompts: listed
                .map(|one| message(one.card, one.refs.into_iter().next().map(|at| at.0)))
                .collect(),
            more: u64::try_from(more).unwrap_or(u64::MAX),
        })
    }

    /// A person of this channel redeems the token of an invitation.
    pub async fn adapter_pair(
        &self,
        channel: &str,
        body: PairingBody,
    ) -> Result<PairingAnswer, Error> {
        let actor = UserIdentity {
            channel: channel.to_owned(),
            user_id: body.user_id,
            display_name: body.display_name,
        };
        let (result, person) = match self.pair(&body.token, &actor).await? {
            Pairing::Paired(person) => (PairingResult::Paired, Some(person)),
            Pairing::TakenBy(person) => (PairingResult::Taken, Some(person)),
            Pairing::InvalidToken => (PairingResult::InvalidToken, None),
        };
        Ok(PairingAnswer {
            result,
            approver: person.map(|person| person.name),
        })
    }
}

fn word(result: &AnswerResult) -> ResponseResult {
    match result {
        AnswerResult::Applied => ResponseResult::Applied,
        AnswerResult::Recorded { .. } => ResponseResult::Recorded,
        AnswerResult::ConfirmRequired => ResponseResult::ConfirmRequired,
        AnswerResult::Duplicate { .. } => ResponseResult::Duplicate,
        AnswerResult::Stale => ResponseResult::Stale,
        AnswerResult::Expired => ResponseResult::Expired,
        AnswerResult::NotAuthorised { .. } | AnswerResult::OwnRequest => {
            ResponseResult::NotAuthorised
        }
        AnswerResult::Invalid { .. } | AnswerResult::NotOurs => ResponseResult::Invalid,
    }
}
