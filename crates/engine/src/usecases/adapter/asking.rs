//! What an adapter asks: what waits, what a handle stands for, who somebody is. Nothing changes.

use signoff_contract::adapter::{
    HandleAnswer, HandleMeaning, OpenedHandle, PendingAnswer, PersonAnswer, PromptMessage,
};
use signoff_core::Meaning;

use crate::adapters::message;
use crate::ports::{Gateway as _, Opened, PendingPrompt, UserIdentity};
use crate::{Engine, Error};

/// How many waiting prompts one answer lists: each may carry 64 KiB of arguments.
const LISTED: usize = 50;

/// Whose waiting prompts are asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// Those that wait for this person, by the channel's own id.
    For(String),
    /// Those that stand in this place of the channel.
    In(String),
}

impl Engine {
    /// What waits in this channel, soonest deadline first, without so many of the first.
    pub async fn adapter_pending(
        &self,
        channel: &str,
        waiting: Waiting,
        skip: usize,
    ) -> Result<PendingAnswer, Error> {
        let all = match waiting {
            Waiting::For(user_id) => self.pending(&user(channel, user_id)).await?,
            Waiting::In(place) => self.pending_in(channel, &place).await?,
        };
        let more = all.len().saturating_sub(skip.saturating_add(LISTED));
        let listed = all.into_iter().skip(skip).take(LISTED);
        Ok(PendingAnswer {
            prompts: listed.map(listed_prompt).collect(),
            more: u64::try_from(more).unwrap_or(u64::MAX),
        })
    }

    /// What a handle of this channel stands for, and whether that person could respond with it now.
    pub async fn adapter_open(
        &self,
        channel: &str,
        handle: &str,
        user_id: String,
    ) -> Result<HandleAnswer, Error> {
        let actor = user(channel, user_id);
        let Some(opened) = self.open(handle, &actor).await? else {
            return Ok(HandleAnswer { opened: None });
        };
        let Opened {
            meaning,
            refusal,
            card,
            refs,
            ..
        } = opened;
        let refusal = match refusal {
            Some(refusal) => Some(self.answer(&actor, &refusal, Some(&card)).await?),
            None => None,
        };
        let (meaning, option_id) = match meaning {
            Meaning::Approve => (HandleMeaning::Approve, None),
            Meaning::Deny => (HandleMeaning::Deny, None),
            Meaning::DenyWithReason => (HandleMeaning::DenyWithReason, None),
            Meaning::CustomAnswer => (HandleMeaning::CustomAnswer, None),
            Meaning::Decline => (HandleMeaning::Decline, None),
            Meaning::Show => (HandleMeaning::Show, None),
            Meaning::Option(index) => {
                let option = card.request.options.get(usize::from(index));
                let id = option.map(|option| option.id.clone());
                (HandleMeaning::Choose, id)
            }
        };
        let prompt_ref = refs.into_iter().next().map(|at| at.0);
        Ok(HandleAnswer {
            opened: Some(OpenedHandle {
                meaning,
                option_id,
                refusal,
                prompt: message(card, prompt_ref),
            }),
        })
    }

    /// Who a user of this channel is.
    pub async fn adapter_person(
        &self,
        channel: &str,
        user_id: String,
    ) -> Result<PersonAnswer, Error> {
        let person = self.person(&user(channel, user_id)).await?;
        Ok(match person {
            Some(person) => PersonAnswer {
                approver: Some(person.name),
                roles: person.roles,
                language: person.language,
            },
            None => PersonAnswer {
                approver: None,
                roles: Vec::new(),
                language: None,
            },
        })
    }
}

fn user(channel: &str, user_id: String) -> UserIdentity {
    UserIdentity {
        channel: channel.to_owned(),
        display_name: user_id.clone(),
        user_id,
    }
}

fn listed_prompt(waiting: PendingPrompt) -> PromptMessage {
    let stands = waiting.refs.into_iter().next().map(|at| at.0);
    PromptMessage {
        show: Some(waiting.show),
        ..message(waiting.card, stands)
    }
}
