//! What an adapter sends, after its channel was proved: it speaks for the people of that channel,
//! about that channel's prompts, and for nothing else.

mod asking;
mod notes;

use jiff::{SignedDuration, Timestamp};
use signoff_contract::adapter::{
    PairingAnswer, PairingBody, PairingResult, ReceiptAnswer, ReceiptBody, ReceiptResult,
    ReceiptState, ResponseAnswer, ResponseBody, ResponseResult,
};

use crate::adapters::{Receipt, answered, message};
use crate::ports::{
    AnswerResult, Answered, Gateway as _, Pairing, PromptCard, Response, UserIdentity,
};
use crate::{Engine, Error};

pub use asking::Waiting;

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
        let opened = opened.filter(|opened| opened.card.prompt_id == body.prompt_id);
        let Some(opened) = opened else {
            return self.answer(&actor, &AnswerResult::NotOurs, None).await;
        };
        let prompt_ref = opened.refs.into_iter().next().map(|at| at.0);
        let response = Response {
            event_id: events_of(channel, &body.event_id),
            handle: body.handle,
            actor: actor.clone(),
            text: body.text,
            via: body.via,
            occurred_at: self.before(ago),
            note: body.note.map(|note| events_of(channel, &note)),
        };
        let Answered {
            result,
            card,
            repeated,
        } = self.respond(response).await?;
        let answer = self.answer(&actor, &result, card.as_ref()).await?;
        Ok(ResponseAnswer {
            repeated,
            prompt: card.map(|card| message(card, prompt_ref)),
            ..answer
        })
    }

    /// A result in words for the person, and in data; without the prompt.
    async fn answer(
        &self,
        actor: &UserIdentity,
        result: &AnswerResult,
        card: Option<&PromptCard>,
    ) -> Result<ResponseAnswer, Error> {
        let own_language = self.person(actor).await?.and_then(|known| known.language);
        let language = own_language
            .or_else(|| card.map(|card| card.language.clone()))
            .unwrap_or_default();
        let (have, need) = match *result {
            AnswerResult::Recorded { have, need } | AnswerResult::Duplicate { have, need } => {
                (Some(have), Some(need))
            }
            _ => (None, None),
        };
        let may_decide = match result {
            AnswerResult::NotAuthorised { needed } => needed.clone(),
            _ => Vec::new(),
        };
        let outcome = card.and_then(|card| card.request.outcome.clone());
        let message = answered(&language, result, card);
        Ok(ResponseAnswer {
            have,
            need,
            may_decide,
            own_request: *result == AnswerResult::OwnRequest,
            ..ResponseAnswer::in_words(word(result), outcome, message)
        })
    }

    /// When it was that long ago: what the adapter's clock and ours agree on.
    fn before(&self, ago: SignedDuration) -> Timestamp {
        let now = self.clock().now();
        now.checked_sub(ago.max(SignedDuration::ZERO))
            .unwrap_or(now)
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

/// Two adapters may count their events alike.
fn events_of(channel: &str, event: &str) -> String {
    format!("{channel}/{event}")
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
