//! Voice notes that an adapter listens to.

use std::time::Duration;

use jiff::SignedDuration;
use signoff_contract::adapter::{Actor, NoteAnswer, NoteBody, NoteResult, NoteState};
use signoff_core::request::Speech;

use super::events_of;
use crate::ports::{Gateway as _, HeardNote, UserIdentity};
use crate::{Engine, Error};

impl Engine {
    /// How far a voice note has come that answers a prompt of this channel. One that was heard
    /// reached the adapter so long `ago`.
    pub async fn adapter_note(
        &self,
        channel: &str,
        body: NoteBody,
        ago: SignedDuration,
    ) -> Result<NoteAnswer, Error> {
        let recorded = NoteAnswer {
            result: NoteResult::Recorded,
        };
        let nobody = UserIdentity {
            channel: channel.to_owned(),
            user_id: String::new(),
            display_name: String::new(),
        };
        if self.open(&body.handle, &nobody).await?.is_none() {
            return Ok(recorded);
        }
        let note = events_of(channel, &body.note);
        let within = body.within_ms.map(Duration::from_millis);
        match body.state {
            NoteState::Received => {
                let within = within.unwrap_or_default();
                self.note_received(&body.handle, &note, within).await?;
            }
            NoteState::Heard => {
                let (
                    Some(Actor {
                        user_id,
                        display_name,
                    }),
                    Some(speech),
                ) = (body.actor, body.speech)
                else {
                    return Ok(recorded);
                };
                let heard = HeardNote {
                    note,
                    handle: body.handle,
                    actor: UserIdentity {
                        channel: channel.to_owned(),
                        user_id,
                        display_name,
                    },
                    speech: Speech {
                        audio_ms: speech.audio_ms,
                        language: speech.language,
                        mean_probability: speech.mean_probability,
                        model: speech.model,
                        model_digest: speech.model_digest,
                        took_ms: speech.took_ms,
                        received_at: self.before(ago),
                    },
                    confirm_within: within,
                };
                self.note_transcribed(heard).await?;
            }
            NoteState::Settled => self.note_settled(&body.handle, &note).await?,
        }
        Ok(recorded)
    }
}
