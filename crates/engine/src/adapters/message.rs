//! From a card to what an adapter is told, and back again for an adapter in Rust.

use signoff_contract::Status;
use signoff_contract::adapter::{
    ButtonStyle, FreeText, FreeTextPurpose, HandleMeaning, NoticeKind, PromptButton, PromptMessage,
    PromptNotice, PromptPhase, PromptRecipient,
};

use super::words::Words;
use crate::ports::{Button, ButtonAction, Notice, PromptCard, Recipient};

/// The message that shows this card, which stands where the adapter said last.
pub(crate) fn message(card: PromptCard, prompt_ref: Option<String>) -> PromptMessage {
    let language = language(&card).to_owned();
    let words = Words::of(&language);
    let notice = words.notice(&card);
    let mut buttons = Vec::with_capacity(card.buttons.len());
    let mut free_text = None;
    for button in card.buttons {
        let handle = button.handle;
        let mut option_id = None;
        let (action, label, style) = match button.action {
            ButtonAction::Approve => {
                let label = words.approve.to_owned();
                (HandleMeaning::Approve, label, ButtonStyle::Primary)
            }
            ButtonAction::Deny => {
                let label = words.deny.to_owned();
                (HandleMeaning::Deny, label, ButtonStyle::Danger)
            }
            ButtonAction::Choose {
                option_id: id,
                label,
            } => {
                option_id = Some(id);
                (HandleMeaning::Choose, label, ButtonStyle::Default)
            }
            ButtonAction::Decline => {
                let label = words.decline.to_owned();
                (HandleMeaning::Decline, label, ButtonStyle::Danger)
            }
            ButtonAction::DenyWithReason => {
                let purpose = FreeTextPurpose::Reason;
                free_text = Some(FreeText { handle, purpose });
                continue;
            }
            ButtonAction::CustomAnswer => {
                let purpose = FreeTextPurpose::Answer;
                free_text = Some(FreeText { handle, purpose });
                continue;
            }
        };
        buttons.push(PromptButton {
            handle,
            label,
            style,
            action: Some(action),
            option_id,
        });
    }
    let recipients = card.recipients.into_iter();
    PromptMessage {
        prompt_id: card.prompt_id,
        revision: card.revision,
        state: if card.request.status == Status::Pending {
            PromptPhase::Open
        } else {
            PromptPhase::Closed
        },
        prompt_ref,
        recipients: recipients
            .map(|recipient| PromptRecipient {
                approver: recipient.approver,
                address: card.place.clone(),
                user_id: recipient.user_id,
                language: recipient.language,
            })
            .collect(),
        buttons,
        free_text,
        notice,
        remind: card.remind,
        language,
        expires_at: card.request.expires_at,
        request: card.request,
        approvals: card.approvals,
        approvals_needed: card.approvals_needed,
        asks_twice: card.asks_twice,
        notices: card.notices.into_iter().map(in_data).collect(),
        show: None,
    }
}

fn in_data(notice: Notice) -> PromptNotice {
    let (kind, text) = match notice {
        Notice::RequesterUnreachable => (NoticeKind::RequesterUnreachable, None),
        Notice::RequesterGone => (NoticeKind::RequesterGone, None),
        Notice::TimedOut(words) => (NoticeKind::TimedOut, Some(words)),
    };
    PromptNotice { kind, text }
}

/// A message that does not say in data what it says in words: its Signoff is older than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the prompt does not say what its buttons stand for: this Signoff is too old")]
pub struct WordsOnly;

/// The card of a message: what the channel port wants of it, whichever process it is in.
///
/// # Errors
/// [`WordsOnly`] when a button does not say what it stands for.
pub fn card(message: PromptMessage) -> Result<PromptCard, WordsOnly> {
    let place = message.recipients.first().map(|one| one.address.clone());
    let recipients = message.recipients.into_iter().map(|one| Recipient {
        approver: one.approver,
        user_id: one.user_id,
        language: one.language,
    });
    let mut buttons = Vec::with_capacity(message.buttons.len() + 1);
    for button in message.buttons {
        let action = match (button.action, button.option_id) {
            (Some(HandleMeaning::Approve), _) => ButtonAction::Approve,
            (Some(HandleMeaning::Deny), _) => ButtonAction::Deny,
            (Some(HandleMeaning::Decline), _) => ButtonAction::Decline,
            (Some(HandleMeaning::Choose), Some(option_id)) => ButtonAction::Choose {
                option_id,
                label: button.label,
            },
            _ => return Err(WordsOnly),
        };
        let handle = button.handle;
        buttons.push(Button { handle, action });
    }
    if let Some(FreeText { handle, purpose }) = message.free_text {
        let (action, at) = match purpose {
            FreeTextPurpose::Reason => (ButtonAction::DenyWithReason, buttons.len()),
            // Declining comes last.
            FreeTextPurpose::Answer => (
                ButtonAction::CustomAnswer,
                buttons
                    .iter()
                    .position(|button| button.action == ButtonAction::Decline)
                    .unwrap_or(buttons.len()),
            ),
        };
        buttons.insert(at, Button { handle, action });
    }
    let notices = message.notices.into_iter();
    Ok(PromptCard {
        prompt_id: message.prompt_id,
        revision: message.revision,
        place: place.unwrap_or_default(),
        recipients: recipients.collect(),
        buttons,
        approvals: message.approvals,
        approvals_needed: message.approvals_needed,
        asks_twice: message.asks_twice,
        notices: notices
            .map(|notice| match notice.kind {
                NoticeKind::RequesterUnreachable => Notice::RequesterUnreachable,
                NoticeKind::RequesterGone => Notice::RequesterGone,
                NoticeKind::TimedOut => Notice::TimedOut(notice.text.unwrap_or_default()),
            })
            .collect(),
        remind: message.remind,
        language: crate::cards::language(message.request.language.clone()),
        request: message.request,
    })
}

/// The language of those who read it, if it is one; else the request's.
fn language(card: &PromptCard) -> &str {
    let mut known = card.recipients.iter().map(|one| one.language.as_deref());
    match known.next().flatten() {
        Some(first) if known.all(|other| other == Some(first)) => first,
        _ => &card.language,
    }
}
