//! A gateway that says what a test wants it to say.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use signoff_core::Meaning;
use signoff_engine::{
    AnswerResult, Answered, Error, Gateway, HeardNote, Opened, Pairing, PendingPrompt, Person,
    PromptCard, PromptRef, Response, UserIdentity,
};

/// What happens next on the stage.
pub(super) struct Scene {
    pub(super) card: PromptCard,
    pub(super) result: AnswerResult,
    pub(super) pending: Vec<PendingPrompt>,
    /// Their language: everybody is Ann here.
    pub(super) language: &'static str,
}

/// The gateway.
pub(super) struct Stage(Mutex<Scene>);

impl Stage {
    pub(super) fn new(scene: Scene) -> Self {
        Self(Mutex::new(scene))
    }

    pub(super) fn scene(&self) -> MutexGuard<'_, Scene> {
        self.0.lock().unwrap()
    }

    fn ann(&self) -> Person {
        Person {
            name: "ann".to_owned(),
            roles: vec!["owner".to_owned()],
            language: Some(self.scene().language.to_owned()),
        }
    }
}

#[async_trait]
impl Gateway for Stage {
    async fn respond(&self, _: Response) -> Result<Answered, Error> {
        let scene = self.scene();
        Ok(Answered {
            result: scene.result.clone(),
            card: Some(scene.card.clone()),
            repeated: false,
        })
    }

    async fn note_received(&self, _: &str, _: &str, _: Duration) -> Result<(), Error> {
        Ok(())
    }

    async fn note_transcribed(&self, _: HeardNote) -> Result<(), Error> {
        Ok(())
    }

    async fn note_settled(&self, _: &str, _: &str) -> Result<(), Error> {
        Ok(())
    }

    async fn open(&self, handle: &str, _: &UserIdentity) -> Result<Option<Opened>, Error> {
        let scene = self.scene();
        let meaning = match handle {
            "approve" => Meaning::Approve,
            "reason" => Meaning::DenyWithReason,
            "answer" => Meaning::CustomAnswer,
            _ => return Ok(None),
        };
        Ok(Some(Opened {
            meaning,
            request_id: scene.card.request.id,
            refusal: None,
            card: scene.card.clone(),
            refs: Vec::new(),
        }))
    }

    async fn adopt(&self, _: &str, _: PromptRef) -> Result<(), Error> {
        Ok(())
    }

    async fn pending(&self, _: &UserIdentity) -> Result<Vec<PendingPrompt>, Error> {
        Ok(self.scene().pending.clone())
    }

    async fn person(&self, _: &UserIdentity) -> Result<Option<Person>, Error> {
        Ok(Some(self.ann()))
    }

    async fn pair(&self, _: &str, _: &UserIdentity) -> Result<Pairing, Error> {
        Ok(Pairing::TakenBy(self.ann()))
    }

    async fn pending_in(&self, _: &str, _: &str) -> Result<Vec<PendingPrompt>, Error> {
        Ok(self.scene().pending.clone())
    }

    fn mask(&self, text: &str) -> String {
        text.to_owned()
    }
}
