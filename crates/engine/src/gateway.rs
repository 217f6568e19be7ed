//! What the engine does for channels.

mod notes;

use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use signoff_contract::Kind;
use signoff_core::request::{self, Effect, Event, Prompt, Rejection, Reply, Request, Responder};
use signoff_core::{Handle, Meaning};
use signoff_store::{Command, FirstAnswer, Key, Paired, Record, Transitioned};

use crate::ports::{
    AnswerResult, Answered, Gateway, HeardNote, Opened, Pairing, PendingPrompt, Person, PromptRef,
    Response, UserIdentity,
};
use crate::{Engine, Error};

/// How many pending requests are looked through for one person or place: as many as a project may
/// have by default. A channel shows as many of them as its messages hold, and says how many more.
const LIST_LIMIT: u32 = 1_000;

/// A prompt as it is kept, found through its handle.
struct Found {
    handle: Handle,
    record: Record,
    prompt: Prompt,
    refs: Vec<PromptRef>,
    revision: u64,
}

#[async_trait]
impl Gateway for Engine {
    async fn respond(&self, response: Response) -> Result<Answered, Error> {
        let Some(found) = self.find(&response.handle, &response.actor.channel).await? else {
            return Ok(Answered {
                result: AnswerResult::NotOurs,
                card: None,
                repeated: false,
            });
        };
        let reply = match self.reply(&found, response.text) {
            Ok(reply) => reply,
            Err(why) => {
                let card = self.card(&found.record, &found.prompt, found.revision);
                let result = AnswerResult::Invalid {
                    why: why.to_owned(),
                };
                return Ok(Answered {
                    result,
                    card: Some(card),
                    repeated: false,
                });
            }
        };
        let event = Event::Responded(request::Response {
            by: self.responder(&response.actor),
            channel: response.actor.channel,
            reply,
            via: response.via,
            received_at: response.occurred_at,
            eligible: self.eligible(&found.record.request),
            note: response.note,
        });
        let key = Key::Id(found.handle.request);
        let command = Command {
            key,
            event,
            event_id: Some(response.event_id),
        };
        let (record, result, repeated) = match self.store.transition(command).await? {
            None => {
                let result = AnswerResult::NotOurs;
                return Ok(Answered {
                    result,
                    card: None,
                    repeated: false,
                });
            }
            Some(Transitioned::Applied { record, effect }) => (record, accepted(effect), false),
            Some(Transitioned::Rejected { record, rejection }) => {
                (record, refused(rejection), false)
            }
            Some(Transitioned::Duplicate { record, first }) => match first {
                FirstAnswer::Applied(effect) => (record, accepted(effect), true),
                FirstAnswer::Rejected(rejection) => (record, refused(rejection), true),
            },
        };
        if result == AnswerResult::Applied && !repeated {
            self.metrics
                .decided_in_channel(record.request.created_at, self.clock().now());
        }
        let card = self.card(&record, &found.prompt, found.revision);
        Ok(Answered {
            result,
            card: Some(card),
            repeated,
        })
    }

    async fn note_received(&self, handle: &str, note: &str, within: Duration) -> Result<(), Error> {
        self.receive_note(handle, note, within).await
    }

    async fn note_transcribed(&self, heard: HeardNote) -> Result<(), Error> {
        self.transcribed_note(heard).await
    }

    async fn note_settled(&self, handle: &str, note: &str) -> Result<(), Error> {
        self.settle_note(handle, note).await
    }

    async fn open(&self, handle: &str, actor: &UserIdentity) -> Result<Option<Opened>, Error> {
        let Some(found) = self.find(handle, &actor.channel).await? else {
            return Ok(None);
        };
        Ok(Some(Opened {
            meaning: found.handle.meaning,
            request_id: found.handle.request,
            refusal: self.refusal(&found, actor),
            card: self.card(&found.record, &found.prompt, found.revision),
            refs: found.refs,
        }))
    }

    async fn adopt(&self, handle: &str, at: PromptRef) -> Result<(), Error> {
        if let Ok(Handle {
            request, prompt, ..
        }) = self.store.secrets().handles.open(handle)
        {
            self.store.adopt_prompt_ref(request, prompt, at.0).await?;
        }
        Ok(())
    }

    async fn pending(&self, actor: &UserIdentity) -> Result<Vec<PendingPrompt>, Error> {
        let Some(name) = self.directory.approver_of(&actor.channel, &actor.user_id) else {
            return Ok(Vec::new());
        };
        let mut waiting = Vec::new();
        for record in self.store.pending_for(&name, LIST_LIMIT).await? {
            let voted = record.request.votes().iter().any(|vote| vote.by == name);
            let own = record.request.submitted_for.as_ref() == Some(&name);
            let prompt = record
                .request
                .prompts
                .iter()
                .find(|p| p.channel == actor.channel && p.approvers.contains(&name));
            if let Some(number) = prompt
                .map(|prompt| prompt.number)
                .filter(|_| !voted && !own)
            {
                waiting.extend(self.pending_prompt(&record, number).await?);
            }
        }
        Ok(waiting)
    }

    async fn person(&self, actor: &UserIdentity) -> Result<Option<Person>, Error> {
        let name = self.directory.approver_of(&actor.channel, &actor.user_id);
        Ok(name.map(|name| self.known(&name)))
    }

    async fn pair(&self, token: &str, actor: &UserIdentity) -> Result<Pairing, Error> {
        if let Some(name) = self.directory.approver_of(&actor.channel, &actor.user_id) {
            return Ok(Pairing::TakenBy(self.known(&name)));
        }
        let token_sha256 = Sha256::digest(token.as_bytes()).into();
        let paired = self
            .store
            .pair(token_sha256, &actor.channel, &actor.user_id)
            .await?;
        self.refresh_identities().await?;
        Ok(match paired {
            Paired::Paired { approver } => Pairing::Paired(self.known(&approver)),
            Paired::TakenBy { approver } => Pairing::TakenBy(self.known(&approver)),
            Paired::InvalidToken => Pairing::InvalidToken,
        })
    }

    async fn pending_in(&self, channel: &str, place: &str) -> Result<Vec<PendingPrompt>, Error> {
        let mut waiting = Vec::new();
        for (record, number) in self
            .store
            .pending_in_place(channel, place, LIST_LIMIT)
            .await?
        {
            waiting.extend(self.pending_prompt(&record, number).await?);
        }
        Ok(waiting)
    }

    fn mask(&self, text: &str) -> String {
        self.masker.text(text)
    }
}

impl Engine {
    /// The prompt behind a handle of ours that was shown in this channel.
    async fn find(&self, handle: &str, channel: &str) -> Result<Option<Found>, Error> {
        let Ok(handle) = self.store.secrets().handles.open(handle) else {
            return Ok(None);
        };
        let Some((record, _, refs, revision)) =
            self.store.prompt(handle.request, handle.prompt).await?
        else {
            return Ok(None);
        };
        let prompt = record
            .request
            .prompts
            .iter()
            .find(|p| p.number == handle.prompt)
            .cloned();
        Ok(prompt
            .filter(|prompt| prompt.channel == channel)
            .map(|prompt| Found {
                handle,
                record,
                prompt,
                refs: refs.into_iter().map(PromptRef).collect(),
                revision,
            }))
    }

    /// What pressing the button, or writing after it, says.
    fn reply(&self, found: &Found, text: Option<String>) -> Result<Reply, &'static str> {
        let submission = &found.record.request.submission;
        let words = text
            .filter(|t| !t.trim().is_empty())
            .map(|text| self.masker.words(text));
        match found.handle.meaning {
            Meaning::Approve => Ok(Reply::Approve),
            Meaning::Deny | Meaning::DenyWithReason => Ok(Reply::Deny { reason: words }),
            Meaning::Decline if submission.kind == Kind::Question => {
                Ok(Reply::Deny { reason: words })
            }
            Meaning::CustomAnswer => words.map(Reply::Custom).ok_or("the answer is empty"),
            Meaning::Option(index) => submission
                .options
                .get(usize::from(index))
                .map(|option| Reply::Choose {
                    option_id: option.id.clone(),
                })
                .ok_or("the question has no such option"),
            Meaning::Decline => Err("only a question can be declined"),
            Meaning::Show => Err("this button only shows the request"),
        }
    }

    fn responder(&self, actor: &UserIdentity) -> Responder {
        match self.directory.approver_of(&actor.channel, &actor.user_id) {
            Some(name) => Responder::Approver(name),
            None => Responder::Stranger(format!("{}:{}", actor.channel, actor.user_id)),
        }
    }

    /// Who may decide the request now.
    fn eligible(&self, request: &Request) -> Vec<String> {
        self.directory.eligible(&request.project, &request.route)
    }

    /// Why this person could not respond now, before a conversation is opened with them. The
    /// response itself is judged again, when it is committed.
    fn refusal(&self, found: &Found, actor: &UserIdentity) -> Option<AnswerResult> {
        let request = &found.record.request;
        let probe = Event::Responded(request::Response {
            by: self.responder(actor),
            channel: actor.channel.clone(),
            reply: Reply::Deny { reason: None },
            via: signoff_contract::Via::Button,
            received_at: self.clock().now(),
            eligible: self.eligible(request),
            note: None,
        });
        request::apply(request, probe, self.clock().now())
            .err()
            .map(refused)
    }

    async fn pending_prompt(
        &self,
        record: &Record,
        number: u8,
    ) -> Result<Option<PendingPrompt>, Error> {
        let found = self.store.prompt(record.request.id, number).await?;
        let prompt = record
            .request
            .prompts
            .iter()
            .find(|prompt| prompt.number == number);
        let (Some((record, _, refs, revision)), Some(prompt)) = (found, prompt) else {
            return Ok(None);
        };
        Ok(Some(PendingPrompt {
            show: self.seal(&record, number, Meaning::Show),
            short_id: record.request.id.short(),
            card: self.card(&record, prompt, revision),
            refs: refs.into_iter().map(PromptRef).collect(),
        }))
    }

    fn known(&self, name: &str) -> Person {
        let approver = self.directory.approver(name);
        Person {
            name: name.to_owned(),
            roles: approver
                .map(|known| known.roles.clone())
                .unwrap_or_default(),
            language: approver.and_then(|known| known.language.clone()),
        }
    }
}

fn accepted(effect: Effect) -> AnswerResult {
    match effect {
        Effect::Recorded { have, need } => AnswerResult::Recorded { have, need },
        Effect::ConfirmationRequired => AnswerResult::ConfirmRequired,
        Effect::Decided | Effect::Noted => AnswerResult::Applied,
    }
}

fn refused(rejection: Rejection) -> AnswerResult {
    match rejection {
        Rejection::AlreadyDecided { .. } => AnswerResult::Stale,
        Rejection::Expired { .. } => AnswerResult::Expired,
        Rejection::NotAuthorised { needed } => AnswerResult::NotAuthorised { needed },
        Rejection::OwnRequest { .. } => AnswerResult::OwnRequest,
        Rejection::AlreadyVoted { have, need, .. } => AnswerResult::Duplicate { have, need },
        other => AnswerResult::Invalid {
            why: other.to_string(),
        },
    }
}
