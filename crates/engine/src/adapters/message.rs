//! From a card to what an adapter is told.

use signoff_contract::Status;
use signoff_contract::adapter::{
    ButtonStyle, FreeText, FreeTextPurpose, PromptButton, PromptMessage, PromptPhase,
    PromptRecipient,
};

use super::words::Words;
use crate::ports::{ButtonAction, PromptCard};

/// The message that shows this card, which stands where the adapter said last.
pub(crate) fn message(card: PromptCard, prompt_ref: Option<String>) -> PromptMessage {
    let language = language(&card).to_owned();
    let words = Words::of(&language);
    let notice = words.notice(&card);
    let mut buttons = Vec::with_capacity(card.buttons.len());
    let mut free_text = None;
    for button in card.buttons {
        let handle = button.handle;
        let (label, style) = match button.action {
            ButtonAction::Approve => (words.approve.to_owned(), ButtonStyle::Primary),
            ButtonAction::Deny => (words.deny.to_owned(), ButtonStyle::Danger),
            ButtonAction::Choose { label, .. } => (label, ButtonStyle::Default),
            ButtonAction::Decline => (words.decline.to_owned(), ButtonStyle::Danger),
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
            })
            .collect(),
        buttons,
        free_text,
        notice,
        remind: card.remind,
        language,
        expires_at: card.request.expires_at,
        request: card.request,
    }
}

/// The language of those who read it, if it is one; else the request's.
fn language(card: &PromptCard) -> &str {
    let mut known = card.recipients.iter().map(|one| one.language.as_deref());
    match known.next().flatten() {
        Some(first) if known.all(|other| other == Some(first)) => first,
        _ => &card.language,
    }
}
