//! What the service answers, in the port's words. (Prompts have their conversion in the engine,
//! beside the other way round.)

use signoff_contract::RequestId;
use signoff_contract::adapter::{HandleMeaning, OpenedHandle, ResponseAnswer, ResponseResult};
use signoff_core::Meaning;
use signoff_engine::AnswerResult;

/// What a response did.
pub(crate) fn result(answer: &ResponseAnswer) -> AnswerResult {
    let (have, need) = (
        answer.have.unwrap_or_default(),
        answer.need.unwrap_or_default(),
    );
    match answer.result {
        ResponseResult::Applied => AnswerResult::Applied,
        ResponseResult::Recorded => AnswerResult::Recorded { have, need },
        ResponseResult::ConfirmRequired => AnswerResult::ConfirmRequired,
        ResponseResult::Duplicate => AnswerResult::Duplicate { have, need },
        ResponseResult::Stale => AnswerResult::Stale,
        ResponseResult::Expired => AnswerResult::Expired,
        ResponseResult::NotAuthorised if answer.own_request => AnswerResult::OwnRequest,
        ResponseResult::NotAuthorised => AnswerResult::NotAuthorised {
            needed: answer.may_decide.clone(),
        },
        ResponseResult::Invalid => AnswerResult::Invalid {
            why: answer.message.clone(),
        },
    }
}

/// What a handle says, and of which request; `None` for an option that the question has not.
pub(crate) fn meaning(opened: &OpenedHandle) -> Option<(Meaning, RequestId)> {
    let request = &opened.prompt.request;
    let meaning = match opened.meaning {
        HandleMeaning::Approve => Meaning::Approve,
        HandleMeaning::Deny => Meaning::Deny,
        HandleMeaning::DenyWithReason => Meaning::DenyWithReason,
        HandleMeaning::CustomAnswer => Meaning::CustomAnswer,
        HandleMeaning::Decline => Meaning::Decline,
        HandleMeaning::Show => Meaning::Show,
        HandleMeaning::Choose => {
            let mut options = request.options.iter();
            let at = options.position(|option| opened.option_id.as_ref() == Some(&option.id))?;
            Meaning::Option(u8::try_from(at).ok()?)
        }
    };
    Some((meaning, request.id))
}
