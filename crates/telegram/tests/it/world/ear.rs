//! Something that hears what a test says, when a test says so: recordings are texts here, and what
//! one "says" is looked up by its bytes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use signoff_engine::{
    Confirm, Recording, SpeechRules, TranscribeError, Transcriber, Transcript, Turn,
};
use signoff_telegram_sim::VoiceNote;
use tokio::sync::{Semaphore, watch};

/// What hears, in tests.
pub(crate) struct Ear {
    rules: SpeechRules,
    /// One listens at a time.
    turns: Arc<Semaphore>,
    /// Held while [`Self::holds`].
    open: watch::Sender<bool>,
    scripts: Mutex<HashMap<Vec<u8>, Script>>,
    begun: watch::Sender<usize>,
    ended: AtomicUsize,
}

/// What comes of one recording.
type Script = Result<(String, f32), TranscribeError>;

impl Ear {
    /// One that confirms by this rule, and doubts what is under 0.6.
    pub(crate) fn new(confirm: Confirm) -> Arc<Self> {
        Self::with(confirm, Duration::from_mins(1))
    }

    /// The same, that listens for so long at most.
    pub(crate) fn with(confirm: Confirm, timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            rules: SpeechRules {
                max_seconds: 300,
                max_bytes: 20_000_000,
                timeout,
                confirm,
                min_probability: 0.6,
            },
            turns: Arc::new(Semaphore::new(1)),
            open: watch::Sender::new(true),
            scripts: Mutex::default(),
            begun: watch::Sender::new(0),
            ended: AtomicUsize::new(0),
        })
    }

    /// A recording that says this, clearly.
    pub(crate) fn hears(&self, text: &str) -> VoiceNote {
        self.hears_with(text, 0.97)
    }

    /// A recording that says this, as surely as that.
    pub(crate) fn hears_with(&self, text: &str, probability: f32) -> VoiceNote {
        self.scripted(text, Ok((text.to_owned(), probability)))
    }

    /// A recording that comes to nothing.
    pub(crate) fn fails(&self, error: TranscribeError) -> VoiceNote {
        self.scripted(&error.to_string(), Err(error))
    }

    fn scripted(&self, name: &str, script: Script) -> VoiceNote {
        let mut scripts = self.scripts.lock().unwrap();
        let bytes = format!("recording {} of {name:?}", scripts.len()).into_bytes();
        scripts.insert(bytes.clone(), script);
        VoiceNote::ogg(bytes, 3)
    }

    /// From now on listening goes on until [`Self::goes_on`].
    pub(crate) fn holds(&self) {
        self.open.send_replace(false);
    }

    /// What was held comes to its end.
    pub(crate) fn goes_on(&self) {
        self.open.send_replace(true);
    }

    /// Waits until listening has begun so often.
    pub(crate) async fn has_begun(&self, times: usize) {
        let mut begun = self.begun.subscribe();
        let begun = begun.wait_for(|begun| *begun >= times);
        let begun = tokio::time::timeout(Duration::from_secs(20), begun).await;
        begun.expect("listening begins").expect("the ear is there");
    }

    /// How often listening came to its end.
    pub(crate) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    /// How often listening began.
    pub(crate) fn begun(&self) -> usize {
        *self.begun.borrow()
    }
}

#[async_trait]
impl Transcriber for Ear {
    fn rules(&self) -> &SpeechRules {
        &self.rules
    }

    fn busy(&self) -> bool {
        self.turns.available_permits() == 0
    }

    async fn turn(&self) -> Turn {
        let permit = Arc::clone(&self.turns).acquire_owned().await;
        Turn::new(permit.expect("nobody closes it"))
    }

    async fn transcribe(
        &self,
        turn: Turn,
        recording: Recording,
    ) -> Result<Transcript, TranscribeError> {
        let _turn = turn;
        self.begun.send_modify(|begun| *begun += 1);
        let mut open = self.open.subscribe();
        let open = open.wait_for(|open| *open).await;
        drop(open.expect("the ear is there"));
        self.ended.fetch_add(1, Ordering::SeqCst);
        let scripts = self.scripts.lock().unwrap();
        let script = scripts.get(recording.bytes.as_ref());
        let script = script.expect("a recording of this test").clone();
        script.map(|(text, mean_probability)| Transcript {
            text,
            language: Some("en".to_owned()),
            mean_probability,
            segments: Vec::new(),
            audio: Duration::from_millis(2_500),
            took: Duration::from_millis(70),
            model: "test-ear".to_owned(),
            model_digest: Some("00ff".to_owned()),
        })
    }
}
