//! The engine, with a gate in front of it that tests close.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use signoff_engine::{
    Answered, Engine, Error, Gateway, HeardNote, Opened, Pairing, PendingPrompt, Person, PromptRef,
    Response, UserIdentity,
};
use tokio::sync::Semaphore;

/// The engine, with a gate in front of it that tests close.
pub(crate) struct Gate {
    engine: Arc<Engine>,
    /// Whether responses pass. Closed by taking its one permit.
    open: Semaphore,
    failures: AtomicU32,
}

impl Gate {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            open: Semaphore::new(1),
            failures: AtomicU32::new(0),
        }
    }

    /// Holds every response until [`Self::opens`].
    pub(crate) fn closes(&self) {
        self.open.try_acquire().expect("it is open").forget();
    }

    pub(crate) fn opens(&self) {
        self.open.add_permits(1);
    }

    /// The next responses fail, as if the store did not answer.
    pub(crate) fn fails(&self, times: u32) {
        self.failures.store(times, Ordering::SeqCst);
    }
}

#[async_trait]
impl Gateway for Gate {
    async fn respond(&self, response: Response) -> Result<Answered, Error> {
        let _passing = self.open.acquire().await.expect("the gate stands");
        let fails = self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if fails.is_ok() {
            return Err(Error::NotFound("store, as far as this test is concerned"));
        }
        self.engine.respond(response).await
    }

    async fn note_received(&self, handle: &str, note: &str, within: Duration) -> Result<(), Error> {
        self.engine.note_received(handle, note, within).await
    }

    async fn note_transcribed(&self, heard: HeardNote) -> Result<(), Error> {
        self.engine.note_transcribed(heard).await
    }

    async fn note_settled(&self, handle: &str, note: &str) -> Result<(), Error> {
        self.engine.note_settled(handle, note).await
    }

    async fn open(&self, handle: &str, actor: &UserIdentity) -> Result<Option<Opened>, Error> {
        self.engine.open(handle, actor).await
    }

    async fn adopt(&self, handle: &str, at: PromptRef) -> Result<(), Error> {
        self.engine.adopt(handle, at).await
    }

    async fn pending(&self, actor: &UserIdentity) -> Result<Vec<PendingPrompt>, Error> {
        self.engine.pending(actor).await
    }

    async fn person(&self, actor: &UserIdentity) -> Result<Option<Person>, Error> {
        self.engine.person(actor).await
    }

    async fn pair(&self, token: &str, actor: &UserIdentity) -> Result<Pairing, Error> {
        self.engine.pair(token, actor).await
    }

    async fn pending_in(&self, channel: &str, place: &str) -> Result<Vec<PendingPrompt>, Error> {
        self.engine.pending_in(channel, place).await
    }

    fn mask(&self, text: &str) -> String {
        self.engine.mask(text)
    }
}
