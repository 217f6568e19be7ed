//! From a record to what a channel shows.

use signoff_contract::{CallbackState, Kind, RequestResource, Status};
use signoff_core::request::{Decided, Prompt, State};
use signoff_core::{Handle, Meaning, render};
use signoff_store::{DuePrompt, Record};

use crate::Engine;
use crate::ports::{Button, ButtonAction, Notice, PromptCard, Recipient};

/// The language of people who set none, when the request sets none either.
const DEFAULT_LANGUAGE: &str = "en";

impl Engine {
    /// The card of a prompt that is due.
    pub(crate) fn due_card(&self, due: &DuePrompt) -> PromptCard {
        let mut card = self.card(&due.record, &due.prompt, due.revision);
        card.remind = due.remind;
        card
    }

    /// The card of one prompt of a request.
    pub(crate) fn card(&self, record: &Record, prompt: &Prompt, revision: u64) -> PromptCard {
        let request = &record.request;
        PromptCard {
            prompt_id: prompt.id,
            revision,
            place: prompt.place.clone(),
            request: for_people(record),
            recipients: prompt
                .approvers
                .iter()
                .map(|name| self.recipient(name, prompt))
                .collect(),
            buttons: self.buttons(record, prompt.number),
            approvals: request.votes().iter().map(|vote| vote.by.clone()).collect(),
            approvals_needed: request.approvals_needed(),
            asks_twice: request.asks_twice(),
            notices: notices(record),
            remind: false,
            language: language(request.submission.language.clone()),
        }
    }

    fn recipient(&self, approver: &str, prompt: &Prompt) -> Recipient {
        Recipient {
            approver: approver.to_owned(),
            user_id: self
                .directory
                .user_id(approver, &prompt.channel)
                .unwrap_or_default(),
            language: self
                .directory
                .approver(approver)
                .and_then(|known| known.language.clone()),
        }
    }

    fn buttons(&self, record: &Record, prompt: u8) -> Vec<Button> {
        let request = &record.request;
        if request.status() != Status::Pending {
            return Vec::new();
        }
        let submission = &request.submission;
        let mut actions = Vec::new();
        match submission.kind {
            Kind::Approval => actions.extend([
                (Meaning::Approve, ButtonAction::Approve),
                (Meaning::Deny, ButtonAction::Deny),
                (Meaning::DenyWithReason, ButtonAction::DenyWithReason),
            ]),
            Kind::Question => {
                for (index, option) in (0_u8..).zip(&submission.options) {
                    let option_id = option.id.clone();
                    let label = option.label.clone();
                    let action = ButtonAction::Choose { option_id, label };
                    actions.push((Meaning::Option(index), action));
                }
                if submission.allow_custom {
                    actions.push((Meaning::CustomAnswer, ButtonAction::CustomAnswer));
                }
                actions.push((Meaning::Decline, ButtonAction::Decline));
            }
        }
        actions
            .into_iter()
            .map(|(meaning, action)| Button {
                handle: self.seal(record, prompt, meaning),
                action,
            })
            .collect()
    }

    /// The handle of one meaning of one prompt.
    pub(crate) fn seal(&self, record: &Record, prompt: u8, meaning: Meaning) -> String {
        let handle = Handle {
            request: record.request.id,
            prompt,
            meaning,
        };
        self.store.secrets().handles.seal(handle)
    }
}

/// The language of those who set none, of a request that may name one.
pub(crate) fn language(named: Option<String>) -> String {
    named.unwrap_or_else(|| DEFAULT_LANGUAGE.to_owned())
}

/// What a card says beside the request.
fn notices(record: &Record) -> Vec<Notice> {
    let mut notices = Vec::new();
    let callback = record.callback.as_ref();
    if callback.is_some_and(|callback| callback.state == CallbackState::Dead) {
        notices.push(if record.requester_gone {
            Notice::RequesterGone
        } else {
            Notice::RequesterUnreachable
        });
    }
    let dialect = record.request.dialect.as_ref();
    if record.request.status() == Status::Expired
        && let Some(said) = dialect.and_then(|dialect| dialect.timeout_message.clone())
    {
        notices.push(Notice::TimedOut(said));
    }
    notices
}

/// The resource with the words of its outcome masked: what people gave verbatim is for the
/// requester alone, and a chat has many readers.
fn for_people(record: &Record) -> RequestResource {
    let mut resource = render::resource(&record.request, record.callback.clone());
    let Some(outcome) = &mut resource.outcome else {
        return resource;
    };
    match &record.request.state {
        State::Approved(decided) | State::Denied(decided) => {
            let Decided { reason, answer, .. } = decided;
            outcome.reason = reason.as_ref().map(|reason| reason.words.masked.clone());
            if let (Some(shown), Some(given)) = (&mut outcome.answer, answer) {
                shown.text.clone_from(&given.words.masked);
            }
        }
        State::Cancelled { reason, .. } => {
            outcome.reason = reason.as_ref().map(|words| words.masked.clone());
        }
        State::Pending(_) | State::Expired { .. } | State::Failed { .. } => {}
    }
    resource
}
