//! Voice notes on their way to becoming answers: holding the deadline, and the audit.

use std::time::Duration;

use jiff::SignedDuration;
use signoff_contract::RequestId;
use signoff_core::request::Event;
use signoff_store::{Command, Key};

use crate::ports::HeardNote;
use crate::{Engine, Error};

impl Engine {
    pub(super) async fn receive_note(
        &self,
        handle: &str,
        note: &str,
        within: Duration,
    ) -> Result<(), Error> {
        let Some(request) = self.request_of(handle) else {
            return Ok(());
        };
        let event = Event::NoteReceived {
            note: note.to_owned(),
            within: signed(within),
        };
        // Received again after it was settled, it must not hold again.
        let event_id = Some(format!("{note}/received"));
        self.note(request, event, event_id).await
    }

    pub(super) async fn transcribed_note(&self, heard: HeardNote) -> Result<(), Error> {
        let Some(request) = self.request_of(&heard.handle) else {
            return Ok(());
        };
        let event_id = Some(format!("{}/transcribed", heard.note));
        let event = Event::NoteTranscribed {
            note: heard.note,
            by: self.responder(&heard.actor),
            speech: heard.speech,
            confirm_within: heard.confirm_within.map(signed),
        };
        self.note(request, event, event_id).await
    }

    pub(super) async fn settle_note(&self, handle: &str, note: &str) -> Result<(), Error> {
        let Some(request) = self.request_of(handle) else {
            return Ok(());
        };
        let note = note.to_owned();
        self.note(request, Event::NoteSettled { note }, None).await
    }

    /// The request of a handle of ours.
    fn request_of(&self, handle: &str) -> Option<RequestId> {
        let opened = self.store.secrets().handles.open(handle);
        opened.ok().map(|handle| handle.request)
    }

    /// What the request makes of it concerns nobody: a note that holds nothing is heard all the
    /// same.
    async fn note(
        &self,
        request: RequestId,
        event: Event,
        event_id: Option<String>,
    ) -> Result<(), Error> {
        let key = Key::Id(request);
        let command = Command {
            key,
            event,
            event_id,
        };
        self.store.transition(command).await?;
        Ok(())
    }
}

fn signed(time: Duration) -> SignedDuration {
    SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX)
}
