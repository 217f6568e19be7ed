//! What the service does for the channel, asked over HTTP.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use signoff_contract::PromptId;
use signoff_contract::adapter::{
    Actor, HandleAnswer, MAX_NOTE_MS, MAX_USER_CHARS, NoteAnswer, NoteBody, NoteSpeech, NoteState,
    OpenedHandle, PairingAnswer, PairingBody, PairingResult, PendingAnswer, PersonAnswer,
    PromptMessage, ResponseAnswer, ResponseBody, ResponseResult,
};
use signoff_core::Masker;
use signoff_engine::{
    AnswerResult, Answered, Error, Gateway, HeardNote, Opened, Pairing, PendingPrompt, Person,
    PromptCard, PromptRef, Response, UserIdentity, adapters,
};

use crate::convert;
use crate::places::Places;
use crate::service::{CallError, Service};

/// How many handles are remembered, to spare a question before each response.
const REMEMBERED: usize = 10_000;
/// Somebody who is nobody: for questions in which it does not matter who asks.
const NOBODY: &str = "0";

/// The service's side of the channel, in another process.
pub struct Remote {
    service: Arc<Service>,
    places: Places,
    masker: Masker,
    /// Handle → the prompt that it belongs to.
    known: Mutex<HashMap<String, Of>>,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// Which prompt a handle belongs to.
#[derive(Debug, Clone, Copy)]
struct Of {
    prompt: PromptId,
    deadline: Timestamp,
}

impl Remote {
    /// Asks this service. What a chat is to echo is masked here, by the same rules as there.
    pub fn new(service: Arc<Service>, places: Places, masker: Masker) -> Self {
        Self {
            service,
            places,
            masker,
            known: Mutex::default(),
        }
    }

    async fn opened(&self, handle: &str, user_id: &str) -> Result<Option<OpenedHandle>, Error> {
        // What clients send need not be on any button; what is no handle need not be asked about.
        let of_handles = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if handle.is_empty() || handle.len() > 64 || !handle.chars().all(of_handles) {
            return Ok(None);
        }
        let operation = format!("handles/{handle}");
        let target = self.service.target(&operation, &[("user_id", user_id)]);
        let answer: HandleAnswer = self.service.get(target).await?;
        if let Some(opened) = &answer.opened {
            self.learn(handle, &opened.prompt);
        }
        Ok(answer.opened)
    }

    fn learn(&self, handle: &str, prompt: &PromptMessage) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let of = Of {
            prompt: prompt.prompt_id,
            deadline: prompt.expires_at,
        };
        known.insert(handle.to_owned(), of);
    }

    /// Which prompt a handle belongs to; `None` when it is none of this channel's.
    async fn of(&self, handle: &str) -> Result<Option<Of>, Error> {
        let known = |known: &Mutex<HashMap<String, Of>>| {
            let known = known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(handle).copied()
        };
        if let Some(of) = known(&self.known) {
            return Ok(Some(of));
        }
        self.opened(handle, NOBODY).await?;
        Ok(known(&self.known))
    }

    /// The card, and everywhere it stands.
    async fn card(&self, prompt: PromptMessage) -> Result<(PromptCard, Vec<PromptRef>), Error> {
        let mut refs = self.places.refs(prompt.prompt_id).await?;
        if refs.is_empty() {
            refs.extend(prompt.prompt_ref.clone().map(PromptRef));
        }
        let card = adapters::card(prompt).map_err(|why| Error::Unreachable(why.to_string()))?;
        Ok((card, refs))
    }

    async fn waiting(&self, of: (&str, &str)) -> Result<Vec<PendingPrompt>, Error> {
        let mut waiting: Vec<PendingPrompt> = Vec::new();
        let mut known = 0;
        loop {
            let skip = format!("{known}");
            let target = self.service.target("pending", &[of, ("skip", &skip)]);
            let page: PendingAnswer = self.service.get(target).await?;
            known += page.prompts.len();
            let last = page.more == 0 || page.prompts.is_empty();
            for prompt in page.prompts {
                // What was decided meanwhile lets others move up.
                if waiting.iter().any(|w| w.card.prompt_id == prompt.prompt_id) {
                    continue;
                }
                let show = prompt.show.clone().unwrap_or_default();
                self.learn(&show, &prompt);
                let short_id = prompt.request.id.short();
                let (card, refs) = self.card(prompt).await?;
                waiting.push(PendingPrompt {
                    show,
                    short_id,
                    card,
                    refs,
                });
            }
            if last {
                return Ok(waiting);
            }
        }
    }

    async fn note(&self, body: NoteBody) -> Result<(), Error> {
        let state = match body.state {
            NoteState::Received => "received",
            NoteState::Heard => "heard",
            NoteState::Settled => "settled",
        };
        let id = format!("{}-{state}", body.note);
        let told: Result<NoteAnswer, CallError> = self.service.post("notes", &id, &body).await;
        match told {
            Ok(_) => Ok(()),
            Err(CallError::Refused(why)) => {
                // It holds nothing then, and is heard all the same.
                tracing::error!("the service takes no word of a voice note: {why}");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl Gateway for Remote {
    async fn respond(&self, response: Response) -> Result<Answered, Error> {
        let not_ours = Answered {
            result: AnswerResult::NotOurs,
            card: None,
            repeated: false,
        };
        let Some(of) = self.of(&response.handle).await? else {
            return Ok(not_ours);
        };
        let body = ResponseBody {
            event_id: response.event_id,
            prompt_id: of.prompt,
            handle: response.handle,
            text: response.text.map(|text| lines(&text)),
            via: response.via,
            confidence: None,
            actor: actor(&response.actor),
            occurred_at: response.occurred_at,
            note: response.note,
        };
        let answer: Result<ResponseAnswer, CallError> =
            self.service.post("responses", &body.event_id, &body).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(CallError::Refused(why)) => {
                // It would be refused however often it is said.
                tracing::error!("the service cannot read a response: {why}");
                let result = AnswerResult::Invalid { why };
                return Ok(Answered { result, ..not_ours });
            }
            Err(error) => return Err(error.into()),
        };
        let result = convert::result(&answer);
        let Some(prompt) = answer.prompt else {
            let unknown = answer.result == ResponseResult::Invalid;
            let result = if unknown {
                AnswerResult::NotOurs
            } else {
                result
            };
            return Ok(Answered { result, ..not_ours });
        };
        let (card, _) = self.card(prompt).await?;
        Ok(Answered {
            result,
            card: Some(card),
            repeated: answer.repeated,
        })
    }

    async fn note_received(&self, handle: &str, note: &str, within: Duration) -> Result<(), Error> {
        self.note(NoteBody {
            note: note.to_owned(),
            handle: handle.to_owned(),
            state: NoteState::Received,
            within_ms: Some(within_ms(within)),
            actor: None,
            speech: None,
        })
        .await
    }

    async fn note_transcribed(&self, heard: HeardNote) -> Result<(), Error> {
        let speech = heard.speech;
        self.note(NoteBody {
            note: heard.note,
            handle: heard.handle,
            state: NoteState::Heard,
            within_ms: heard.confirm_within.map(within_ms),
            actor: Some(actor(&heard.actor)),
            speech: Some(NoteSpeech {
                audio_ms: speech.audio_ms,
                language: speech.language,
                mean_probability: speech.mean_probability,
                model: line(&speech.model, MAX_USER_CHARS),
                model_digest: speech.model_digest,
                took_ms: speech.took_ms,
                received_at: speech.received_at,
            }),
        })
        .await
    }

    async fn note_settled(&self, handle: &str, note: &str) -> Result<(), Error> {
        self.note(NoteBody {
            note: note.to_owned(),
            handle: handle.to_owned(),
            state: NoteState::Settled,
            within_ms: None,
            actor: None,
            speech: None,
        })
        .await
    }

    async fn open(&self, handle: &str, actor: &UserIdentity) -> Result<Option<Opened>, Error> {
        let Some(opened) = self.opened(handle, &actor.user_id).await? else {
            return Ok(None);
        };
        let Some((meaning, request_id)) = convert::meaning(&opened) else {
            return Ok(None);
        };
        let refusal = opened.refusal.as_ref().map(convert::result);
        let (card, refs) = self.card(opened.prompt).await?;
        Ok(Some(Opened {
            meaning,
            request_id,
            refusal,
            card,
            refs,
        }))
    }

    async fn adopt(&self, handle: &str, at: PromptRef) -> Result<(), Error> {
        if let Some(of) = self.of(handle).await? {
            let (prompt, deadline) = (of.prompt, of.deadline);
            self.places.adopt(prompt, handle, at, deadline).await?;
        }
        Ok(())
    }

    async fn pending(&self, actor: &UserIdentity) -> Result<Vec<PendingPrompt>, Error> {
        self.waiting(("user_id", &actor.user_id)).await
    }

    async fn person(&self, actor: &UserIdentity) -> Result<Option<Person>, Error> {
        let parameters = [("user_id", actor.user_id.as_str())];
        let target = self.service.target("person", &parameters);
        let answer: PersonAnswer = self.service.get(target).await?;
        Ok(answer.approver.map(|name| Person {
            name,
            roles: answer.roles,
            language: answer.language,
        }))
    }

    async fn pair(&self, token: &str, actor: &UserIdentity) -> Result<Pairing, Error> {
        let who = self::actor(actor);
        let body = PairingBody {
            token: token.to_owned(),
            user_id: who.user_id,
            display_name: who.display_name,
        };
        let id = format!("pair-{:016x}", rand::random::<u64>());
        let paired: Result<PairingAnswer, CallError> =
            self.service.post("pairings", &id, &body).await;
        let result = match paired {
            Ok(answer) => answer.result,
            // What somebody typed is no token at all.
            Err(CallError::Refused(_)) => PairingResult::InvalidToken,
            Err(error) => return Err(error.into()),
        };
        if result == PairingResult::InvalidToken {
            return Ok(Pairing::InvalidToken);
        }
        let person = self.person(actor).await?;
        let person = person
            .ok_or_else(|| Error::Unreachable("whoever was paired is not known".to_owned()))?;
        Ok(if result == PairingResult::Paired {
            Pairing::Paired(person)
        } else {
            Pairing::TakenBy(person)
        })
    }

    async fn pending_in(&self, _: &str, place: &str) -> Result<Vec<PendingPrompt>, Error> {
        self.waiting(("address", place)).await
    }

    fn mask(&self, text: &str) -> String {
        self.masker.text(text)
    }
}

fn within_ms(within: Duration) -> u64 {
    let ms = u64::try_from(within.as_millis()).unwrap_or(MAX_NOTE_MS);
    ms.clamp(1, MAX_NOTE_MS)
}

fn actor(identity: &UserIdentity) -> Actor {
    let called = line(&identity.display_name, MAX_USER_CHARS);
    Actor {
        user_id: identity.user_id.clone(),
        display_name: if called.is_empty() {
            identity.user_id.clone()
        } else {
            called
        },
    }
}

/// A name as the contract takes it: on one line, without what would make it read otherwise.
fn line(text: &str, most: usize) -> String {
    let plain: String = text
        .chars()
        .map(|c| if is_plain(c) { c } else { ' ' })
        .take(most)
        .collect();
    plain.trim().to_owned()
}

/// What somebody wrote, as the contract takes it: without invisible characters that turn lines
/// around.
fn lines(text: &str) -> String {
    text.chars()
        .filter(|c| is_plain(*c) || matches!(c, '\n' | '\t'))
        .collect()
}

fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
